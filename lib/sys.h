/*
 * The kernel calls on which a supervisor's hardest bugs turn, one thin function
 * each: the seam at which the unit tests put a kernel of their own
 * (tests/fake/sys.c instead of lib/sys.c). Results are >= 0 or -errno.
 */
#ifndef LIB_SYS_H
#define LIB_SYS_H

#include <sys/types.h>

#include "lib/util.h"

/* Where a child runs that shares our memory: the caller's, until the child has executed its program or is dead. */
struct sys_frame {
	void *stack;       /* lowest address */
	size_t stack_size;
	void *tls;         /* SYS_TLS_SIZE bytes for its own thread pointer: errno is there */
};

#define SYS_TLS_SIZE 512

struct sys_clone {
	uint64_t flags;   /* CLONE_NEW*, CLONE_CLEAR_SIGHAND is added where it is known */
	int leaf_fd;      /* cgroup v2 directory to be born in, or -1 */
	pid_t *ret_pid;   /* written by the kernel itself, in the parent (CLONE_PARENT_SETTID) */
	const struct sys_frame *frame; /* NULL: memory of its own */
	void (*run)(void *arg);        /* with a frame: what the child does; must not return */
	void *arg;
};

/* True when a child can share our memory here: x86-64, and clone3 known. */
bool sys_can_share(void);

/*
 * With a frame, a child that shares our memory while both run (CLONE_VM without
 * CLONE_VFORK): -ENOSYS where that cannot be had. Its errno is its own; all else
 * it writes must be in the frame.
 *
 * Without one, a child with memory of its own: returns 0 in it, its pid in the parent,
 * -errno. Exit signal SIGCHLD. Falls back to clone(2) where clone3 answers
 * ENOSYS (container runtimes' seccomp profiles do); then a leaf is refused with
 * -EOPNOTSUPP and the child has to join it by itself. clone3(2).
 */
must_check pid_t sys_clone(const struct sys_clone *how);

/* kill(2); safe for a child that we alone reap: its pid is not reused before. */
int sys_kill(pid_t pid, int sig);

/* pidfd_open(2), O_CLOEXEC. */
must_check int sys_pidfd(pid_t pid);

struct sys_death {
	pid_t pid;
	int status; /* as waitpid(2) gives it */
};

/*
 * The next dead child without reaping it: its pid, 0 if there is none (or no
 * child at all). So that a crash between learning of a death and writing it
 * down finds the same death again. waitid(2) WNOWAIT.
 */
pid_t sys_peek_dead(struct sys_death *ret_death);

/* The soft RLIMIT_LOCKS of a child, dead or alive: what it leaves there is kept until it is reaped. 0: unknown. */
uint64_t sys_left_word(pid_t pid);

/* Reaps exactly this dead child. */
int sys_reap(pid_t pid);

/* There is a child, alive or not reaped yet. */
bool sys_has_children(void);

must_check int sys_pipe(int ret_ends[2], int flags); /* pipe2(2), O_CLOEXEC is added */

/* 0 when system calls can be filtered here: with no_new_privs set first, or without. Linux 4.14. seccomp(2). */
must_check int sys_can_filter(bool no_new_privs);
int sys_close_range(unsigned first, unsigned last, unsigned flags); /* close_range(2) */

#endif
