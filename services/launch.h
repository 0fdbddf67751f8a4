/*
 * The parent's side of a start: pipes, the clone, the verdict of the child.
 * Never blocks, and every call may be repeated after a crash in its middle:
 * what it did is in the service's handles.
 */
#ifndef SERVICES_LAUNCH_H
#define SERVICES_LAUNCH_H

#include <sys/resource.h>

#include "services/state.h"

enum step {
	STEP_clone, /* of the parent: pipes and the clone itself */
#define STEP(id, words) STEP_##id,
#include "services/steps.def"
#undef STEP
	STEP_calm,  /* of the parent too: is there calm to start in? */
	STEP_COUNT
};

const char *step_words(enum step step);

/* Appends what a start that has failed was about, why, and what to do. services/failure.c */
void failure_put(const struct supervisor *sv, uint32_t index, struct buf *b);

/* Memory for starts (services/frame.h). Before the first launch; without it each child has memory of its own. */
void launch_open(void);

/* How many starts may be begun now; 0: some are under way, and the status pipe of each will speak. */
unsigned launch_room(void);

/* CLONE_NEWNS | ... that it gets at the clone, of those that it is to have here. */
uint32_t launch_namespaces(const struct supervisor *sv, uint32_t index);

/* Begins a run, unless one is going on (after a crash). 0 or -errno. */
must_check int launch(struct supervisor *sv, uint32_t index);

/*
 * Reads the status pipe: 1 with *ret filled in when a step failed, 0 when the
 * child has become the program, -EAGAIN when it has not spoken yet, or is seen to
 * have been killed before its first step (its end is to come). The pipe is closed
 * but where there may be more.
 */
int launch_hear(struct supervisor *sv, uint32_t index, struct spawn_report *ret);

/* Sends the stop signal, and SIGCONT so that a stopped process hears it. */
void launch_stop(struct supervisor *sv, uint32_t index);

/* SIGKILL for all that the service is. May be repeated. */
void launch_kill(struct supervisor *sv, uint32_t index);

/*
 * The main process was killed, and not by minit, before it is reaped: so may all of its leaf have been
 * (cgroup.kill), which must not keep the next run from its start; see cgroup_leaf_fd. True when it was killed
 * for having been born there: it never ran, and can be started again at once, in another way.
 */
bool launch_note_killed(const struct supervisor *sv, uint32_t index);

/* Whether that process is none of the program, but stays before it: the reaper, or what passes on signals. */
bool launch_stays(const struct supervisor *sv, uint32_t index);

/* Whether what stays, and is dead, says that its exit code is the program's, and no signal that this died of. */
bool launch_has_exited(const struct supervisor *sv, uint32_t index);

/* The main process is dead: what is left of its leaf or its session is killed, the pid forgotten. */
void launch_reaped(struct supervisor *sv, uint32_t index);

/* True when nothing of the service is left but its dead main process. */
bool launch_is_empty(struct supervisor *sv, uint32_t index);

/* What RLIMIT_NOFILE was before minit raised it for itself: services get it back. rlim_max 0: never raised. */
extern struct rlimit launch_nofile;
void launch_raise_nofile(void);

/* Count of OOM kills in its leaf so far. */
uint64_t launch_oom_kills(const struct supervisor *sv, uint32_t index);

#endif
