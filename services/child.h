/*
 * What runs in the child between clone and exec: the steps of steps.def, and
 * nothing else. The state file is not mapped here.
 */
#ifndef SERVICES_CHILD_H
#define SERVICES_CHILD_H

#include "services/launch.h"

struct child {
	const struct table *table;
	const struct service_spec *spec;
	struct cgroup_home home;
	bool in_leaf;         /* the service has a leaf */
	bool born_into_leaf;  /* in v2 it is in it already */
	uint32_t namespaces;  /* CLONE_NEW*: those that were made with the child */
	bool stdin_is_null;   /* standard input is /dev/null already */
	int status_fd;        /* where to report */
	int netns_fd;         /* the kept network namespace, or -1 */
	int out_fd;           /* write end of the output pipe, or -1 */
	int self_fd;          /* minit's own program, for the log helper */
	int table_fd;
	const int *output_fds; /* read ends by output_slot, for the log helper */
	char detail[STATE_DETAIL]; /* what the failing step was about */
};

/* Runs the steps; ends in exec, or in a report and _exit(127). */
no_return void child_run(struct child *child);

/* The steps: 0 or -errno, with child->detail for the message. */
#define STEP(id, words) must_check int step_##id(struct child *child);
#include "services/steps.def"
#undef STEP

/* For the steps: names what it is about; returns err. */
int child_fail(struct child *child, int err, const char *detail);

/* The environment that step_environment made; NULL-terminated. */
extern char *child_environ[];

/* Its value of a variable, or NULL; sets one unless it is set ("NAME=value", kept). */
const char *child_getenv(const char *name);
int child_setenv_default(const char *name, const char *value);

#endif
