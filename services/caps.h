/* Which capabilities a service gets: worked out here, set by services/step_caps.c. capabilities(7). */
#ifndef SERVICES_CAPS_H
#define SERVICES_CAPS_H

#include "services/table.h"

/* What a process has. */
struct caps {
	uint64_t set[CAP_SETS];
};

/* What the kernel knows, and what minit has itself: nobody changes it after caps_read. */
extern struct caps caps_own;
extern uint64_t caps_known;
extern bool caps_root; /* minit's user is root */

/* At boot. services/privileges.c */
void caps_read(void);

/* Bits of enum missing: defaults of the service that cannot be had here; said once what. services/privileges.c */
int32_t privileges_missing(const struct table *t, const struct service_spec *spec);

struct caps_plan {
	struct caps caps;  /* before the exec */
	uint64_t lacking;  /* asked for, but minit does not have them */
	uint64_t gained;   /* not among those that are asked for so, but the exec would give it all the same */
	uint64_t lost;     /* asked for as permitted or effective, but the exec would take it away again */
	bool drops;        /* the bounding set gets smaller */
	bool must_drop;    /* and that matters: to do without is an error */
	bool is_work;      /* something is left to do once the user is changed */
	bool is_more;      /* and capset(2) alone does not do it */
};

/*
 * What an exec makes of the permitted set, all of which is effective then. root: it is root, and has not the
 * securebit noroot. capabilities(7), "Transformation of capabilities during execve()".
 */
uint64_t caps_behind_exec(const struct caps *caps, bool no_new_privs, bool root);

/*
 * What a service of minit's or its own user (`root`: is that root?) is to have, when it has got `now` so far.
 * `cleared`: the change of user from root to another one takes all away, unless PR_SET_KEEPCAPS was set before.
 */
struct caps_plan caps_plan(const struct confine_spec *spec, const struct caps *now, bool root, bool cleared);

/* What root has by default: the list of container runtimes. */
uint64_t caps_usual(void);

/* "net_admin"; "" for one without a name. */
const char *caps_name(unsigned cap);

#endif
