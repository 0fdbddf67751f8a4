/* The wrapper while it runs. Inside wrap/ alone; all of it lies on the stack. */
#ifndef WRAP_STATE_H
#define WRAP_STATE_H

#include <sys/types.h>

#include "lib/raw.h"
#include "wrap/options.h"

enum due {
	DUE_TERM,    /* --stop-delay: SIGTERM goes on */
	DUE_TIMEOUT, /* --timeout: SIGTERM */
	DUE_KILL,    /* --grace: SIGKILL */
	DUE_COUNT
};

/* Variables that name the process they are for; they named us, and have to name the program (sd_listen_fds(3)). */
enum { NAMES_PID_COUNT = 3 };

struct wrap {
	struct wrap_options options;
	char **words;           /* the program and its arguments; the place in front is free */
	char **envp;
	const char *path;       /* its PATH, or NULL */
	char **names_pid[NAMES_PID_COUNT]; /* where they are in envp, or NULL */
	uint64_t mask;          /* as minit got it */
	bool ignores_children;  /* SIGCHLD was ignored when minit got it */
	bool left;              /* the program has left, with code */
	bool told_all;          /* --all: SIGTERM has gone to everything */
	bool timed_out;
	bool has_error;         /* standard error was kept: to be spoken to */
	uint8_t *told;          /* who below us has been told SIGTERM (below.c), or NULL */
	bool handed_over;       /* the terminal is the program's group's */
	uint8_t kills;
	uint8_t stop_sent;      /* SIGSTOP went on in place of this signal */
	pid_t self, child;      /* child: 0 in pause */
	int code;
	int64_t due[DUE_COUNT]; /* ms of the monotonic clock; 0: not due */
};

/* -- become.c: the child -- */

/* Becomes the program; runs in the child, which shares our memory. */
void become(void *wrap);

/* Notes the variables of envp that become() rewrites. */
void become_note_variable(struct wrap *w, char **variable);

/* -- terminal.c -- */

/* In the child: it leads a group of its own, which has the terminal if our group had it. */
void terminal_hand_over(struct wrap *w);

/* Our group has the terminal again, if it is the program's or nobody's now. */
void terminal_take_back(struct wrap *w);

/* Before and in a child with a session of its own: the terminal goes with it, if it was our session's. */
void terminal_let_go(void);
void terminal_take(void);

/* The program was stopped by sig: if it was job control, we stop with it, and go on with it. */
void terminal_stop(struct wrap *w, int sig);

/* True when the terminal has sent sig to our group and the program was in it. */
bool terminal_sent_both(const struct wrap *w, int sig);

/* The signal to stop the program with in place of sig, which a group without job control has no use for. */
int terminal_stop_signal(struct wrap *w, int sig);

/* -- below.c -- */

/* Sends sig to every process below us, once to each. */
void below_signal(struct wrap *w, int sig);

/* After somebody has died: to those too that were forked just when the last search went by. */
void below_signal_missed(struct wrap *w, int sig);

/* -- say.c -- */

/* A line to standard error, "minit: ...". Never waits: what cannot be written at once is lost. */
printf_like(1, 2) void say(const char *fmt, ...);

/* The same with an error behind it. */
printf_like(2, 3) void say_error(int err, const char *fmt, ...);

/* True when standard error is there for a while, that of the process pid or the terminal; to be given back. */
bool say_borrow(pid_t self, pid_t pid);
void say_give_back(void);

#define say_verbose(w, ...)                      \
	do                                       \
		if ((w)->options.verbose)        \
			say(__VA_ARGS__);        \
	while (0)

/* -- help.c -- */

/* What --help, --version or --licence say, to standard output. Returns the exit status. */
int help_say(const struct wrap_options *o);

#endif
