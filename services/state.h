/*
 * The state file: what is. A memfd of fixed-size records, mapped shared, which
 * outlives the process that runs minit's code: after a fatal signal, or when
 * asked to, minit executes itself and goes on from here. Whatever PID 1 must not
 * forget lives in it, and nowhere else.
 *
 * Each field names its only writer.
 */
#ifndef SERVICES_STATE_H
#define SERVICES_STATE_H

#include <sys/types.h>

#include "cgroup/spec.h"
#include "lib/clock.h"
#include "services/table.h"

#define STATE_MAGIC 0x31536d6d
#define STATE_CLIENTS 32
#define STATE_DETAIL 48
#define STATE_CHANGES 256
#define STATE_WHY 320 /* bytes of a service_why; in JSON none but quotes, backslashes and broken UTF-8 are longer */
#define STATE_SIGNALS 8 /* read at a time */
#define STATE_PATH 256

enum state {
#define STATE(name, ...) STATE_##name,
#include "services/states.def"
#undef STATE
	STATE_COUNT
};

enum event {
#define EVENT(name, ...) EVENT_##name,
#include "services/events.def"
#undef EVENT
	EVENT_COUNT
};

enum want { WANT_DOWN, WANT_UP };

/* How the last run ended. */
enum ending {
	ENDING_NONE,   /* has not ended yet */
	ENDING_EXIT,   /* status: exit code */
	ENDING_SIGNAL, /* status: signal */
	ENDING_OOM,    /* killed for memory; status: signal */
	ENDING_SPAWN,  /* never became the program: step, err, detail */
	ENDING_OVERDUE /* was not ready within start_timeout */
};

/* Written by services/state.c and its actions alone; put back as a whole when an event was cut short by a crash. */
struct life {
	uint8_t state;         /* enum state */
	uint8_t want;          /* enum want */
	uint8_t ending;        /* enum ending, of the last run */
	uint8_t step;          /* enum step, when ending is ENDING_SPAWN */
	uint8_t asked;         /* it is to end, or has ended, by our doing (stop, restart, lost need) */
	uint8_t killed;        /* how often SIGKILL was sent in this stop */
	uint8_t execed : 1;    /* this run has become the program */
	uint8_t blocked : 1;   /* WAITING, and what it needs is settled, or blocked itself: it waits in vain */
	uint8_t pressed : 2;   /* WAITING, and only for less pressure of this (enum pressure_of + 1) */
	uint8_t again;         /* a new run is asked for; this one, if there is one, is to end for it */
	int32_t status;        /* exit code or signal of the last run */
	int32_t err;           /* errno of the failed step */
	uint32_t failures;     /* in a row, cleared by a stable run */
	uint32_t starts;       /* runs begun since boot */
	uint32_t restarts;     /* of those, begun again by policy */
	uint32_t delay_ms;     /* of the last BACKOFF */
	uint32_t oom_kills;    /* count of the leaf when the last run ended */
	struct when since;     /* when the state was entered */
	struct when started;   /* when the last run began */
	struct when deadline;  /* of the state; WHEN_NEVER for none */
	char detail[STATE_DETAIL]; /* of the failed step, or empty */
};

/* What the child writes into the status pipe when a step fails or a default is left out: at once, as below PIPE_BUF. */
struct spawn_report {
	uint32_t step;             /* enum step */
	int32_t err;               /* errno; 0: a default cannot be had, and the child goes on */
	char detail[STATE_DETAIL]; /* what it was about, NUL-terminated */
};

/* Written by services/launch.c, pid and report by the kernel itself: never put back. */
struct handles {
	int32_t pid;       /* 0: not running */
	int32_t status_fd; /* read end: closed by exec, or one struct spawn_report; -1 for none */
	int32_t out[2];    /* pipe of its stdout and stderr, both ends ours; -1 for none */
	int32_t netns;     /* its kept network namespace, -1 for none */
	int32_t missing;   /* bits of enum missing: defaults that cannot be had here, left out */
	int32_t refused;   /* errno: something asked for cannot be had; tried again at each start */
	uint16_t refused_step; /* enum step; what of it is in report.detail */
	uint8_t tight : 1; /* its leaf has so little memory that a child must not share ours; services/leaf.c */
	uint8_t later : 1; /* its network is not made, as its link was not there; services/prepare.c */
	uint8_t moved : 1; /* its addresses have other MACs than before: who knows those is told; services/connect.c */
	uint8_t paused_for : 2; /* HANDLE_PAUSED, for this pressure (enum pressure_of + 1); 0: by hand. init/notice.c */
	uint8_t flags;     /* bits of enum handle_flag */
	uint16_t old_places; /* where else its leaf is, as of cgroup_old_places; services/leaf.c */
	uint32_t mark;     /* which number its processes bear, from 1; services/strays.h */
	uint32_t oom_known; /* OOM kills, of its processes one by one, that were heard of; init/notice.c */
	struct when oom_heard; /* when the last of them was */
	struct spawn_report report; /* of this run; err 0: none */
	struct net_settle settle;   /* what its network waits for; services/settle.c */
};

enum handle_flag {
	HANDLE_PAUSED = 1, /* its leaf is frozen; services/leaf.c */
	HANDLE_OOM = 2,    /* it or its group was out of memory, and whom that took is not known yet; init/notice.c */
	HANDLE_STRAYS = 4, /* processes with its mark are being killed; services/strays.c */
	HANDLE_PAIR = 8,   /* the veth pair of its name is being made, by us; services/connect.c */
	HANDLE_HELD = 16,  /* it does not start until another table has taken the place of this one; init/exchange.c */
	/* Since a table took the place of another (services/carry.c): */
	HANDLE_KEPT = 32,  /* it was in that one, too: it is not started as at boot */
	HANDLE_ANEW = 64,  /* what it keeps is to be made, as at boot */
	HANDLE_WRITE = 128, /* limits are to be written while it runs */
};

enum missing {
	MISSING_LEAF = 1,
	MISSING_NETWORK = 2,
	MISSING_NAMESPACES = 4,
	MISSING_LIMITS = 8,
	MISSING_CAPS = 16,
	MISSING_KEYRING = 32,
	MISSING_SECCOMP = 64,
	MISSING_MOUNTS = 128,
	MISSING_DEVICES = 256,
	MISSING_GROUPS = 512, /* a cgroup namespace alone */
	MISSING_IDMAP = 1024, /* ids of the files of its root */
};

struct service {
	struct life life;
	struct handles handles;
};

/* The ruleset of the network; init/rules.c. */
struct rules_handles {
	int32_t fd;        /* socket for transactions, -1 for none */
	int32_t events_fd; /* hears what others change, -1 for none */
	uint32_t port;     /* of fd: what bears it is our own change */
	uint8_t made;      /* it is set up */
	uint8_t no_ipv6;   /* no bridge has it that is to: the rules go without; init/network.c, too */
	uint8_t hairpin;   /* ports of bridges have to send back: net/ruleset.h */
	uint8_t left;      /* the table before had rules between ports, and this one has none: services/carry.c */
};

/* What of the machine is to be made yet, or to be set, by its numbers in the table. */
struct network_due {
	uint64_t links;
	uint64_t links_set; /* there, and to be given what the table says */
	uint8_t bridges[TABLE_BRIDGES_MAX / 8];
	uint8_t bridges_set[TABLE_BRIDGES_MAX / 8]; /* there, and to be given what the table says */
	uint8_t shards[(NET_SHARDS + 7) / 8];
	uint8_t shards_set[(NET_SHARDS + 7) / 8];
	uint8_t iprules[TABLE_IPRULES_MAX / 8];
	uint8_t sysctls[TABLE_SYSCTLS_MAX / 8];
	uint8_t hostname, reserved[7]; /* no padding: it is compared as a whole */
};

/* How far another table is on its way into the place of one. */
enum exchange {
	EXCHANGE_NONE,
	EXCHANGE_AWAY, /* what is only in this one may be gone: should the other not come, it is made again */
	EXCHANGE_DONE, /* this is the other one, and what it has besides is not all made */
};

/* init/claims.h */
enum claim {
	CLAIM_NETWORK, /* that it is there: links and bridges */
	CLAIM_RULES,   /* the tables of the ruleset */
	CLAIM_NEAR,    /* the table of net/near.c */
	CLAIMS
};

/* What a connection is about. */
enum client_kind {
	CLIENT_READING, /* the request is not complete yet */
	CLIENT_STATUS,  /* cursor: 0 minit itself, then services + 1 */
	CLIENT_NAMED,   /* status of named services; cursor: 0 minit itself, then place in line */
	CLIENT_EVENTS,  /* cursor: the next service of the snapshot, then for ever beyond them */
	CLIENT_REEXEC,  /* waits for the new program's word */
	CLIENT_PROBE,   /* waits until it is known whether there is one; init/probe.c */
	CLIENT_RELOAD   /* waits until another table has taken the place of this one; init/exchange.c */
};

/* Beside the kind: its handler is at work. Found after an execution in place, the handler did not survive. */
#define CLIENT_BUSY 0x80

#define CURSOR_RELOADED UINT32_MAX

/* One connection to the control socket; written by init/control.c alone. */
struct client {
	int32_t fd;        /* -1: free */
	uint8_t kind;      /* enum client_kind, and CLIENT_BUSY */
	uint8_t trusted;   /* may change things: root, or minit's own user */
	uint16_t used;     /* bytes of line in use */
	uint32_t cursor;   /* next service to tell of; CURSOR_RELOADED: that the table is another, then of all */
	uint32_t lost;     /* events that did not fit */
	char line[240];    /* the request so far */
};

/* A limit that was changed by hand; written by services/changed.c alone. */
struct limit_change {
	uint32_t whose; /* index + 1 of the service, or of the group with CHANGED_GROUP; 0: free */
	char text[252]; /* the file, NUL, what it was given, NUL */
};

/* The event that is being worked on, so that a crash within it can be undone. */
struct inflight {
	uint32_t service;  /* index + 1; 0: none */
	uint32_t event;
	int32_t arg;
	int32_t reserved;
	struct life saved;
};

enum mode {
	MODE_MACHINE,   /* PID 1 of the machine */
	MODE_CONTAINER, /* PID 1 of a pid namespace */
	MODE_SUBREAPER, /* an ordinary process: minit run */
};

enum phase {
#define PHASE(name, ...) PHASE_##name,
#include "services/phases.def"
#undef PHASE
	PHASE_COUNT
};

/* Whose work is: of a set of them. */
enum mending {
	MENDING_BRIDGES = 1, /* to be made anew, or their ports to be joined to them again; init/bridges.c */
	MENDING_LINKS = 2,   /* the same of links, and to be ports of their masters again; init/uplinks.c */
	MENDING_OOM = 4,     /* whom an OOM took is to be looked for again; init/notice.c */
};

/* What to do when all is stopped. */
enum goal { GOAL_NONE, GOAL_EXIT, GOAL_POWEROFF, GOAL_REBOOT, GOAL_HALT };

/* How each state file begins, for ever: who cannot read the rest finds the program that can (init/reexec.c). */
struct state_head {
	uint32_t magic, layout;
	uint32_t size, count;
	int32_t pid, table_fd, state_fd, self_fd;
};

struct statefile {
	uint32_t magic, layout;  /* STATE_MAGIC, layout_own.state; they and the next six are struct state_head */
	uint32_t size;           /* of the file, bytes */
	uint32_t count;          /* services, as in the table */
	int32_t pid;             /* whose state it is */
	int32_t table_fd;        /* memfd of the table */
	int32_t state_fd;        /* memfd of this */
	int32_t self_fd;         /* our own program, O_PATH: what a crash executes */
	int32_t control_fd;      /* listening socket, -1 for none; init/control.c */
	uint8_t mode;            /* enum mode; set at boot */
	uint8_t phase;           /* enum phase; init/shutdown.c */
	uint8_t goal;            /* enum goal; init/shutdown.c */
	uint8_t hurried;         /* a second stop signal came; init/shutdown.c */
	int32_t netns;           /* minit's own network namespace, when it makes others; -1 for none; init/run.c */
	uint32_t placed;         /* 1: cgroup_open is done; init/run.c */
	int32_t exit_status;     /* to leave with; init/shutdown.c */
	uint32_t prepared;       /* how many services have what they keep across runs, and how many of their networks
				    are connected, together; init/run.c */
	uint32_t admitted;       /* how many of the start order were told to start; init/run.c */
	struct when phase_deadline; /* init/shutdown.c */
	struct when stop_began;     /* init/shutdown.c */
	uint32_t stop_count;        /* services that were not settled then; init/shutdown.c */
	uint32_t client_slots;   /* of clients, how many were ever used: the rest is never touched; init/control.c */
	uint32_t change_slots;   /* the same of changes; services/changed.c */
	uint32_t marks;          /* how many numbers services were given; services/strays.h */
	uint32_t space;          /* inode of minit's pid namespace, 0 if it is not known; services/strays.c */
	uint32_t mending;        /* what has work left, or put off: enum mending */
	struct when booted;
	uint64_t orphans;        /* dead that were no service of ours, nor helpers; init/reap.c */
	uint32_t helpers;        /* children made for a moment, not reaped yet; who makes them, init/reap.c */
	uint64_t crashes;        /* fatal signals survived; init/crash.c */
	uint64_t reexecs;        /* executions in place, crashes included; init/crash.c */
	uint64_t events;         /* state changes told; services/state.c */
	uint32_t heard[STATE_SIGNALS][32]; /* signals read (signalfd(2)); [0] 0: dealt with; init/signals.c */
	uint32_t dealing;        /* index + 1 of the one that is being dealt with; init/signals.c */
	uint8_t bridges_made[TABLE_BRIDGES_MAX / 8]; /* a bit for each that was not there before; init/network.c */
	uint8_t shards_made[(NET_SHARDS + 7) / 8]; /* the same of shards */
	struct network_due due;                    /* services/carry.c, then init/network.c, init/uplinks.c */
	uint64_t links_made;     /* a bit for each link of the table that minit has made; init/uplinks.c */
	uint64_t links_there;    /* that there is, whatever it is by the table */
	uint64_t links_done;     /* that is as the table says */
	uint64_t links_carrier;  /* and has carrier */
	uint64_t links_leased;   /* that has an address by DHCP */
	uint64_t links_leased6;  /* that has one by DHCPv6 */
	uint64_t links_online;   /* with carrier and each lease that it is to have */
	struct cgroup_home cgroup;
	struct rules_handles rules; /* init/rules.c */
	int32_t claims[CLAIMS];     /* sockets, -1 for none; init/claims.c */
	int32_t next_table_fd;      /* what is to take the place of the table, -1 for none; init/exchange.c */
	int32_t last_table_fd;      /* what it has taken the place of, until that is not needed, -1 for none */
	uint32_t exchange;          /* enum exchange; init/exchange.c */
	int32_t returned;           /* errno, why the program that was to take over gave it back; 0: none; init/run.c */
	char program[STATE_PATH];   /* the file that minit was started from, "" if it is not known; init/run.c */
	struct inflight inflight; /* services/state.c */
	struct client clients[STATE_CLIENTS];
	struct limit_change changes[STATE_CHANGES]; /* whole pages: cost nothing until they are used */
	struct service services[];
};

_Static_assert(offsetof(struct statefile, self_fd) == offsetof(struct state_head, self_fd) &&
	       sizeof(struct state_head) == 32, "the head of a state file stays as it is");

/*
 * What the services floor works on. One per process; the pointers are to the
 * two mapped files. The hooks are how the floor above hears of things.
 */
struct supervisor {
	struct statefile *state;
	const struct table *table;
	uint32_t *queue;        /* ring of services to LOOK at; count entries */
	uint8_t *queued;        /* one flag per service: is in the ring */
	uint32_t queue_head, queue_len;
	uint32_t draining;      /* services in STATE_DRAINING */
	bool settling;          /* the ring is being worked off */
	bool reaping;           /* deaths are being told; init/reap.c */
	bool strays_known;      /* HANDLE_STRAYS holds, in this turn of the loop; services/strays.c */
	bool strays_due;        /* somebody waits for it to be known */
	uint32_t *pid_heads;    /* services by pid: bucket heads, then the next of each, index + 1 */
	uint32_t *pid_next;
	uint32_t pid_mask;
	struct net_session *net; /* open while the services are prepared, else NULL */
	bool stdin_is_null;     /* standard input is /dev/null: services need not open it */
	int *output_fds;        /* room for table->outputs descriptors: services/launch.c */
	int (*rules)(struct supervisor *sv); /* sets up the ruleset if it is not: 0 or -errno, logged; NULL: none */
	void (*on_change)(struct supervisor *sv, uint32_t index, enum state was); /* after each change of state */
	void (*on_deadline)(struct supervisor *sv, struct when when); /* something is due then, at the latest */
	void (*on_status_fd)(struct supervisor *sv, uint32_t index, int fd); /* watch it for reading; fd -1: no more */
	void (*on_network)(struct supervisor *sv); /* a network was made after boot: hear when it works; NULL: none */
	/* Its leaf is made. 0, or -errno of *ret_what, a key or "". NULL: none. */
	int (*on_leaf)(struct supervisor *sv, uint32_t index, const char **ret_what);
};

/* Makes the state file for `table` with every service DOWN: its memfd, or -errno; *ret is the mapping. */
must_check int state_create(const struct table *table, struct statefile **ret);

/* Maps a state file and checks it. NULL with *ret_err = -errno; -EPROTO: of another layout, or none. */
struct statefile *state_map(int memfd, int *ret_err);

/*
 * The state for a table that takes the place of sv's: services that are in both go on, with the rest of what minit
 * knows; what differs (services/differ.h) is marked in their handles, and what has to be made anew has none of it any
 * more. Its memfd, or -errno; *ret is the mapping. Nothing of sv's own state is changed. services/carry.c
 */
must_check int state_carry(const struct supervisor *sv, const struct table *to, struct statefile **ret);

/* What it costs a service that is number `there` of another table: bits of services/differ.h. services/carry.c */
unsigned state_cost(const struct supervisor *sv, uint32_t index, const struct table *to, uint32_t there);

/* Notes what `to` has to make of the network where `from` is in force. services/carry.c */
void state_note_due(struct network_due *due, const struct table *from, const struct table *to);

/* The leaf is to be made anew, and counts from the beginning. Before the first event of its state file. */
void state_forget_leaf(struct service *s);

/* Memory for the ring and scratch of sv (one mapping). Before the first event. 0 or -errno. */
must_check int supervisor_init(struct supervisor *sv, struct statefile *state, const struct table *table);

/*
 * The only way in: tells service `index` that `event` has happened. arg: the
 * wait status for EXIT, 1 for a RESTART by policy, else 0. Then works off what
 * followed from it. Never allocates. The hooks may call it; nothing recurses
 * along dependencies.
 */
void service_event(struct supervisor *sv, uint32_t index, enum event event, int arg);

/* Puts `index` into the ring of services to LOOK at; service_settle works it off. */
void service_look(struct supervisor *sv, uint32_t index);
void service_settle(struct supervisor *sv);

/* A process died that is no service: it may have been the last of a leaf that is being emptied. */
void service_orphan(struct supervisor *sv);

/*
 * After an execution in place: undoes and repeats the event that was cut short,
 * and lets every service look again.
 */
void service_recover(struct supervisor *sv);

/*
 * Sends TIMEOUT to every service whose deadline has passed, and returns the
 * earliest deadline that is left.
 */
struct when service_timeouts(struct supervisor *sv, struct when now);

/* Begun, ready or not yet, and not told to end. */
static inline bool life_runs(const struct life *life)
{
	return life->state == STATE_STARTING || life->state == STATE_UP;
}

bool service_is_active(const struct service *s); /* a process of it may exist */
bool service_is_ready(const struct supervisor *sv, uint32_t index); /* what needs it may start */
bool service_is_ready_in(const struct supervisor *sv, uint32_t index, enum state state); /* would be, in that state */
bool service_is_settled(const struct service *s); /* will not change by itself: DOWN, FAILED, DONE */

/* Which settled service one that is blocked waits for in the end, or -1 when it is not blocked. */
int service_blocker(const struct supervisor *sv, uint32_t index);

const char *state_name(enum state state); /* "starting" */
const char *event_name(enum event event);

/*
 * Appends why the service is in its state: "exit 3", "killed by SIGSEGV", "waiting for db", "out of memory"; room for
 * STATE_WHY.
 */
void service_why(const struct supervisor *sv, uint32_t index, struct buf *b);

static inline struct service *service_at(const struct supervisor *sv, uint32_t index)
{
	return &sv->state->services[index];
}

static inline const struct service_spec *spec_at(const struct supervisor *sv, uint32_t index)
{
	return table_service(sv->table, index);
}

static inline const char *service_name(const struct supervisor *sv, uint32_t index)
{
	return table_text(sv->table, spec_at(sv, index)->name_at);
}

/* Index of the service whose main process this is, or -1. */
int service_by_pid(const struct supervisor *sv, pid_t pid);

/* For services/launch.c: handles.pid of the service has been set / is about to be cleared. */
void service_pid_add(struct supervisor *sv, uint32_t index);
void service_pid_drop(struct supervisor *sv, uint32_t index);

#endif
