/* The child, from the clone to the program. It shares our memory, and writes only what is the program's. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "lib/exec.h"
#include "wrap/pass.h"
#include "wrap/state.h"

#define EXIT_NOT_FOUND 127
#define EXIT_CANNOT 126

/* LISTEN_PIDFDID names the same process in another way; without it LISTEN_PID is believed. */
static const char variables[NAMES_PID_COUNT][16] = { "LISTEN_PID=", "WATCHDOG_PID=", "LISTEN_PIDFDID=" };

void become_note_variable(struct wrap *w, char **variable)
{
	for (int i = 0; i < NAMES_PID_COUNT; i++)
		if (behind(*variable, variables[i]))
			w->names_pid[i] = variable;
}

struct named {
	char text[32];
};

/* `NAME=pid` in place of the variable, if it has named minit. */
static bool rename_variable(char **variable, struct named *room, pid_t from, pid_t to)
{
	struct buf b = { .data = room->text, .size = sizeof(room->text) };
	size_t name = strcspn(*variable, "=") + 1;

	buf_fmt(&b, "%d", from);
	if (strcmp(*variable + name, buf_text(&b)))
		return false;
	buf_reset(&b);
	buf_fmt(&b, "%.*s%d", (int)name, *variable, to);
	buf_text(&b);
	*variable = room->text;
	return true;
}

static void drop_variable(char **variable)
{
	for (; *variable; variable++)
		variable[0] = variable[1];
}

/* The room has to be there until the exec, so it is the caller's. */
static void rename_variables(struct wrap *w, struct named room[2])
{
	pid_t pid;
	bool listens;

	if (!w->names_pid[0] && !w->names_pid[1])
		return;
	pid = (pid_t)raw(SYS_getpid);
	listens = w->names_pid[0] && rename_variable(w->names_pid[0], &room[0], w->self, pid);
	if (w->names_pid[1])
		rename_variable(w->names_pid[1], &room[1], w->self, pid);
	if (listens && w->names_pid[2])
		drop_variable(w->names_pid[2]);
}

static void take_place(struct wrap *w)
{
	if (option_on(&w->options, OPTION_session)) {
		raw(SYS_setsid);
		terminal_take();
	} else if (option_on(&w->options, OPTION_group) || option_on(&w->options, OPTION_own_group)) {
		terminal_hand_over(w);
	}
}

static void ignore_children(void)
{
	const struct {
		uintptr_t handler;
		unsigned long flags;
		uintptr_t restorer;
		uint64_t mask;
	} ignore = { .handler = (uintptr_t)SIG_IGN };

	raw(SYS_rt_sigaction, SIGCHLD, &ignore, 0, sizeof(ignore.mask));
}

static int fail(const struct wrap *w, const char *name, int err)
{
	if (err == -ENOENT && !*name) {
		say("the program's name is empty");
		return EXIT_CANNOT;
	}
	if (err == -ENOENT && exec_is_there(name, w->path)) {
		say("%s: cannot be executed: its interpreter is not there", name);
		return EXIT_CANNOT;
	}
	say_error(err, "%s: cannot be executed", name);
	return err == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT;
}

void become(void *wrap)
{
	struct wrap *w = wrap;
	const char *name = w->words[0];
	const uint64_t all = PASS_ALL;
	struct named room[2];
	int err;

	rename_variables(w, room);
	take_place(w);
	if (w->ignores_children)
		ignore_children();
	raw(SYS_rt_sigprocmask, SIG_SETMASK, &w->mask, 0, sizeof(w->mask));
	err = exec_program(w->words, w->envp, w->path);
	/* Standard error may be a pipe that nobody reads: its signal is not to be our end. */
	raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof(all));
	for (;;)
		raw(SYS_exit_group, fail(w, name, err));
}
