/*
 * A kernel for tests, instead of lib/sys.c, cgroup/ and net/: processes, pipes,
 * leaves and time, all in one struct without pointers of its own, so that a
 * test can copy the world, try something, and put it back.
 *
 * For links it needs -Wl,--wrap=read,--wrap=close,--wrap=clock_gettime.
 */
#ifndef FAKE_SYS_H
#define FAKE_SYS_H

#include "services/launch.h"

#define KERNEL_PROCESSES 256
#define KERNEL_FDS 96
#define KERNEL_PIPES 64
#define KERNEL_FD_BASE 1000 /* descriptors below are the real kernel's */

enum process_state { PROCESS_FREE, PROCESS_CHILD, PROCESS_RUNS, PROCESS_ZOMBIE };

struct process {
	uint8_t state;   /* enum process_state; CHILD: between clone and exec */
	uint8_t main;    /* a service was cloned as this, else a stray descendant */
	uint8_t doomed;  /* SIGKILL is on its way */
	uint8_t asked;   /* the stop signal has been sent */
	uint8_t grouped; /* a stray that is in the main process's group */
	uint8_t leaf;    /* it is in the leaf */
	uint8_t unmarked; /* bears no mark of the service */
	uint8_t service;
	uint8_t lowered_locks, lowered_rttime; /* by how much it has lowered them */
	uint32_t rttime; /* what the table gives it in place of a mark; 0: nothing */
	int8_t pipe;     /* whose write end it holds, or -1 */
	int32_t status;  /* of a zombie */
};

enum fd_kind { FD_FREE, FD_READ, FD_WRITE, FD_LEAF, FD_OWN };

struct kernel_fd {
	uint8_t kind;
	uint8_t pipe;
};

struct kernel_pipe {
	uint8_t used, spoken, heard;
	struct spawn_report report;
};

struct kernel {
	struct process process[KERNEL_PROCESSES]; /* pid = index + 2 */
	struct kernel_fd fd[KERNEL_FDS];
	struct kernel_pipe pipe[KERNEL_PIPES];
	uint32_t next_process;
	uint64_t oom_kills[32]; /* of the leaf of each service */
	uint32_t leafless;        /* bit per service: its processes are in no leaf */
	int64_t now_ms;
	int64_t clones;
	/* What the next calls answer; 0: they work. */
	bool has_net;     /* else a network namespace is refused */
	uint32_t pairs;   /* of networks, that are there */
	int clone_err, clone_into_err, clone_ns_err, pipe_err, filter_err, program_err;
	uint64_t last_clone_flags;
	bool last_clone_shares; /* our memory */
	int32_t last_clone_leaf; /* descriptor, or -1 */
	bool stillborn;          /* who is cloned onto a frame is dead before it runs */
	uint32_t noted;          /* bit per service: its leaf is marked as killed */
	char fault[160]; /* the first thing that must never be done, or empty */
};

extern struct kernel kernel;

/* The state file whose handles clone writes pids to; also what an execution in place keeps descriptors of. */
extern struct statefile *kernel_state;

/* Called before each call is carried out and after it: where a test crashes. NULL: nobody. */
extern void (*kernel_hook)(const char *call, bool done);

/* Called at each clone and each stop signal of a main process: what a test holds against the rules. */
extern void (*kernel_on_start)(uint32_t service);
extern void (*kernel_on_stop)(uint32_t service);

void kernel_reset(void);
printf_like(1, 2) void kernel_fault(const char *fmt, ...);

/* -- what happens outside of minit -- */

struct process *kernel_process(pid_t pid); /* NULL: there is none */
pid_t kernel_pid(const struct process *p);
struct process *kernel_main(uint32_t service); /* the main process that has not been reaped, or NULL */

void kernel_exec(struct process *p);                      /* the child becomes its program */
void kernel_fail(struct process *p, enum step step, int err); /* a step fails, the child leaves with 127 */
void kernel_note(struct process *p, enum step step);          /* a step does without a default, the child goes on */
void kernel_die(struct process *p, int status);           /* a wait status */
struct process *kernel_fork(struct process *p, bool grouped); /* a stray of its own; NULL when full */

unsigned kernel_alive(uint32_t service, bool only_leaf); /* processes of it that live */
bool kernel_readable(int fd);
unsigned kernel_open_pipes(void); /* descriptors of minit's own */

/* minit executes itself: what its state does not name is closed, and the new image opens some of its own. */
void kernel_reexec(void);

#endif
