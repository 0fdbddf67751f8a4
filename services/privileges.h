/*
 * What a service may do and how it is scheduled: a part of struct confine_spec, in the order in which alignment leaves
 * no gaps. 0 is "as minit has it" for all that has no bit in `given`.
 */
#ifndef SERVICES_PRIVILEGES_H
#define SERVICES_PRIVILEGES_H

#include "services/list.h"

/* capabilities(7) */
enum cap_set { CAPS_BOUNDING, CAPS_PERMITTED, CAPS_EFFECTIVE, CAPS_INHERITABLE, CAPS_AMBIENT, CAP_SETS };

#define CAPS_ALL UINT64_MAX /* "all": all that minit has itself */

/* How `caps` is given. */
enum caps_form {
	CAPS_BY_USER, /* not at all, or "default": the usual list for root, none for others */
	CAPS_LIST,    /* one list, in the place of each set */
	CAPS_TABLE,   /* the sets that `given` names, bit 1 << enum cap_set */
};

struct caps_spec {
	uint64_t set[CAP_SETS];
	uint8_t form;  /* enum caps_form */
	uint8_t given;
	uint8_t reserved[6];
};

/* sched_setattr(2) */
struct sched_spec {
	uint64_t runtime_ns, deadline_ns, period_ns;
	uint32_t policy;   /* SCHED_* + 1; 0: minit's own */
	uint32_t priority;
	uint32_t reset_on_fork;
	uint32_t reserved;
};

enum given { /* bits */
	GIVEN_NICE = 1,
	GIVEN_OOM_SCORE_ADJ = 2,
	GIVEN_KEYRING = 4,
	GIVEN_PATHS = 8,    /* without any, no path is allowed */
	GIVEN_BIND = 16,    /* without any, no port may be bound */
	GIVEN_CONNECT = 32,
	GIVEN_DUMP_FILTER = 64,
	GIVEN_GROUPS = 128, /* without any, it is in none */
	GIVEN_ALL = 255
};

enum keyring { KEYRING_INHERIT, KEYRING_PRIVATE };
enum coredump { COREDUMP_INHERIT, COREDUMP_NEVER };

struct privileges_spec {
	struct caps_spec caps;
	struct sched_spec sched;
	struct list read, write;   /* uint32_t offsets of paths; a leading '-': may be missing. landlock(7) */
	struct list bind, connect; /* uint32_t TCP ports. landlock(7) */
	struct list cpus;          /* uint64_t: the words of a mask, sched_setaffinity(2) */
	struct list nodes;         /* likewise, for numa; set_mempolicy(2) */
	uint32_t numa;             /* MPOL_* */
	uint32_t scope;            /* LANDLOCK_SCOPE_* */
	uint32_t securebits;       /* prctl(2), PR_SET_SECUREBITS */
	uint32_t personality;      /* personality(2) */
	uint32_t ioprio;           /* class << 13 | level, ioprio_set(2) */
	uint32_t dump_filter;      /* coredump_filter, core(5) */
	uint32_t apparmor_at, selinux_at; /* the label of the program */
	uint32_t tty_at;           /* path of its terminal */
	int32_t nice;
	int32_t oom_score_adj;
	uint32_t given;            /* bits of enum given */
	uint8_t keyring;           /* enum keyring */
	uint8_t coredump;          /* enum coredump */
	uint8_t reserved[6];
};

#endif
