/*
 * What runs in the child between clone and exec: the steps of steps.def, and
 * nothing else. The state file is not to be touched here; a child with memory of
 * its own does not even have it mapped.
 */
#ifndef SERVICES_CHILD_H
#define SERVICES_CHILD_H

#include <sched.h>

#include "lib/sys.h"
#include "services/launch.h"
#include "services/reaper_program.h"
#include "services/strays.h"

#define CHILD_ENV_MAX 1024
#define CHILD_ARGS_MAX TABLE_ARGS_MAX

/*
 * All that a child writes besides its stack: it may share PID 1's memory. The
 * words of the program follow the environment, so that one page is touched.
 */
struct child_memory {
	size_t env_count;
	size_t text_used;
	char text[2048]; /* of the variables that were made here */
	/* environment, NULL, a free place for exec_program, program, NULL */
	char *words[CHILD_ENV_MAX + 1 + 1 + CHILD_ARGS_MAX + 1];
};

struct child {
	struct child_memory *memory;
	bool began;           /* it has run; where it shares PID 1's memory that sees it */
	const struct sys_frame *frame; /* where it runs when it shares PID 1's memory, else NULL */
	const struct sys_frame *reaper_frame; /* where what becomes the reaper runs then */
	const struct table *table;
	const struct service_spec *spec;
	struct cgroup_home home;
	bool in_leaf;         /* the service has a leaf */
	struct strays_mark mark; /* what its processes bear without a pid namespace of their own; services/strays.h */
	bool born_into_leaf;  /* in v2 it is in it already */
	uint32_t namespaces;  /* CLONE_NEW*: those that were made with the child */
	bool stdin_is_null;   /* standard input is /dev/null already */
	bool has_seccomp;     /* system calls can be filtered here */
	int status_fd;        /* where to report */
	int netns_fd;         /* the kept network namespace, or -1 */
	int out_fd;           /* write end of the output pipe, or -1 */
	int self_fd;          /* minit's own program, for the log helper */
	int table_fd;
	int reaper_fds[REAPER_PLACES]; /* the reaper's program, where it shares PID 1's memory and one is to stay */
	int reaper_pipe[2];   /* ends when the reaper has left that memory, and is held; -1: nobody to wait for */
	bool holds_reaper;    /* the reaper is held: its namespace has who may trace it; services/reaper.h */
	bool is_behind;       /* it is the program's child of the reaper */
	const int *output_fds; /* read ends by output_slot, for the log helper */
	int join_fd;          /* pidfd of the service whose namespaces are joined, or -errno (services/joined.h) */
	int root_fd;          /* minit's root, where the mounts of another are joined; or -1 (child_open_minits) */
	int image_fds[2];     /* mounts of the image that is its root, until they are taken, or -1; step_image */
	int userns_fd;        /* its user namespace until it is entered, or -1; step_idmap */
	int secrets_fd;       /* file system of its secrets until they are given to it, or -1; step_mounts */
	uint32_t uid;         /* its user, when it has one of its own */
	bool has_uid;
	uint8_t blamed;       /* enum step that is told of in the place of the one that failed; 0: none */
	char detail[STATE_DETAIL]; /* what the failing step was about */
};

/* Runs the steps; ends in exec, or in a report and _exit(127). */
no_return void child_run(struct child *child);

/* The same from this step on. */
no_return void child_run_from(struct child *child, enum step step);

/*
 * Opens an absolute path as minit sees it, also behind the join of another's mounts, where a link would else lead to
 * what the other has there. A descriptor, O_CLOEXEC, or -errno.
 */
must_check int child_open_minits(const struct child *child, const char *path, int flags);

/* Whether it becomes the reaper, and its own child the program. */
static inline bool child_stays(const struct child *child)
{
	return child->namespaces & CLONE_NEWPID && child->spec->init;
}

/* The steps: 0 or -errno, with child->detail for the message. */
#define STEP(id, words) must_check int step_##id(struct child *child);
#include "services/steps.def"
#undef STEP

/*
 * The child goes on as a child of this process, which then only passes on signals and how it ends. For a child with
 * memory of its own. 0 in it, or -errno. flags: CLONE_FS for a root that both are to enter (child_part).
 */
must_check int child_leave_reaper(struct child *child, uint64_t flags);

/* Behind a reaper: from now on root and working directory are the child's own. Nothing to do without one. */
must_check int child_part(struct child *child);

/* What an id of the service is outside of its user namespace; the same where it is in no range. */
uint32_t roots_outside(const struct table *t, struct list ranges, uint32_t id);

/* Whether an id of outside has a name in it. */
bool roots_names(const struct table *t, struct list ranges, uint32_t outside);

/* For the steps: names what it is about; returns err. */
int child_fail(struct child *child, int err, const char *detail);

/* Tells PID 1 of defaults that the child does without, and goes on. */
void child_note(struct child *child, enum step step, const char *what);

/* Before its user is changed: capabilities that are still needed are kept. 0 or -errno. services/step_caps.c */
must_check int caps_keep(struct child *child, uint32_t uid);

/* What confines it besides namespaces and leaf. */
static inline const struct confine_spec *child_confine(const struct child *child)
{
	return table_confine(child->table, child->spec);
}

/* Gives the leaf to the user, if the service is to have it: services/step_delegate.c. */
must_check int child_give_leaf(struct child *child, uint32_t uid, uint32_t gid);

/* Whether its own leaf in v1 can be seen among all the others alone, without a cgroup namespace that begins there. */
bool child_keeps_groups(const struct child *child);

/* Its value of a variable in the environment that step_environment made, or NULL. */
const char *child_getenv(const struct child *child, const char *name);

/* Sets one unless it is set. 0, or -E2BIG. */
int child_setenv_default(struct child *child, const char *name, const char *value);

#endif
