/*
 * Terminals and job control.
 *
 * By default the program stays in minit's process group: then whoever has the
 * terminal, has it for both; a shell stops and continues both as one job; and
 * the terminal itself sends its signals to both, so they are not passed on.
 * Only where signals are to go to the program's whole group it leads one, and
 * is handed the terminal.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "wrap/pass.h"
#include "wrap/state.h"

/* -- whose terminal it is ---------------------------------------------------------------------- */

/* The controlling terminal, or -errno; without a /dev that which is one of our streams. */
static int open_terminal(void)
{
	long fd = raw(SYS_openat, AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int group;

	for (int stream = 0; fd == -ENOENT && stream <= 2; stream++)
		if (raw(SYS_ioctl, stream, TIOCGPGRP, &group) == 0)
			fd = raw(SYS_fcntl, stream, F_DUPFD_CLOEXEC, 3);
	return (int)fd;
}

static int owner_of(int fd)
{
	int group = 0;
	long err = raw(SYS_ioctl, fd, TIOCGPGRP, &group);

	return err < 0 ? -1 : group;
}

/* From a group that does not have it this is allowed, as SIGTTOU is blocked. */
static bool give_to(int fd, int group)
{
	return raw(SYS_ioctl, fd, TIOCSPGRP, &group) == 0;
}

static int own_group(void)
{
	return (int)raw(SYS_getpgid, 0);
}

void terminal_hand_over(struct wrap *w)
{
	int fd = open_terminal();
	bool ours = fd >= 0 && owner_of(fd) == own_group();

	raw(SYS_setpgid, 0, 0);
	if (ours)
		w->handed_over = give_to(fd, own_group());
	if (fd >= 0)
		raw(SYS_close, fd);
}

/* Not from a group that is alive and not the program's: that is a shell which has put us into the background. */
void terminal_take_back(struct wrap *w)
{
	int fd = open_terminal(), owner;

	if (fd < 0)
		return;
	owner = owner_of(fd);
	/* Group 1 is alive as long as we are, and kill(-1) would ask for all there is. */
	if (owner > 1 && (owner == w->child || raw(SYS_kill, -owner, 0) == -ESRCH))
		give_to(fd, own_group());
	raw(SYS_close, fd);
}

/* Letting go sends SIGHUP and SIGCONT to us too, if the session is ours: they are not for the program. */
void terminal_let_go(void)
{
	const uint64_t both = 1ull << (SIGHUP - 1) | 1ull << (SIGCONT - 1);
	const struct timespec at_once = { 0 };

	if (raw(SYS_getsid, 0) != raw(SYS_getpid) || raw(SYS_ioctl, 0, TIOCNOTTY) < 0)
		return;
	raw(SYS_rt_sigtimedwait, &both, 0, &at_once, sizeof(both));
	raw(SYS_rt_sigtimedwait, &both, 0, &at_once, sizeof(both));
}

void terminal_take(void)
{
	raw(SYS_ioctl, 0, TIOCSCTTY, 0);
}

/* -- stopping and going on --------------------------------------------------------------------- */

static void go_on(struct wrap *w)
{
	const uint64_t cont = 1ull << (SIGCONT - 1);
	const struct timespec at_once = { 0 };
	int fd = open_terminal();

	if (fd >= 0 && owner_of(fd) == own_group())
		give_to(fd, w->child);
	if (fd >= 0)
		raw(SYS_close, fd);
	raw(SYS_kill, -w->child, SIGCONT);
	raw(SYS_rt_sigtimedwait, &cont, 0, &at_once, sizeof(cont));
}

/* PID 1 cannot be stopped. */
void terminal_stop(struct wrap *w, int sig)
{
	bool by_us = sig == SIGSTOP && w->stop_sent;

	w->stop_sent = 0;
	if (w->self == 1 || (!by_us && sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU))
		return;
	if (w->handed_over)
		terminal_take_back(w);
	raw(SYS_kill, w->self, SIGSTOP);
	if (w->handed_over)
		go_on(w);
}

/*
 * What the terminal does to its group has met the program as well, if that is
 * still in ours. But a line that hangs up tells the leader of the session alone.
 */
bool terminal_sent_both(const struct wrap *w, int sig)
{
	switch (sig) {
	case SIGHUP:
	case SIGCONT:
		if (raw(SYS_getsid, 0) == w->self)
			return false;
		break;
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGWINCH:
		break;
	default:
		return false;
	}
	return w->child && raw(SYS_getpgid, w->child) == own_group();
}

/* -- what a signal would do -------------------------------------------------------------------- */

/* A set of signals in /proc/PID/status; all of them when it is not there. */
static uint64_t signal_set(const char *status, const char *name)
{
	const char *at = status;
	uint64_t set = 0;

	while (*at && strncmp(at, name, 7))
		at++;
	if (!*at)
		return ~set;
	for (at += 7; *at == ' ' || *at == '\t'; at++)
		;
	for (; *at > ' '; at++)
		set = set << 4 | (unsigned)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	return set;
}

/* What /proc has of a process that it calls by `name`. */
static bool read_status(const char *name, int len, char *status, size_t size)
{
	BUF_ON_STACK(path, 40);
	long fd, n;

	buf_fmt(&path, "/proc/%.*s/status", len, name);
	fd = raw(SYS_openat, AT_FDCWD, buf_text(&path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = raw(SYS_read, fd, status, size - 1);
	raw(SYS_close, fd);
	status[MAX(n, 0)] = '\0';
	return n > 0;
}

/* The line NSpid ends with the pid that the process has in its own namespace. */
static bool is_pid(const char *status, pid_t pid)
{
	BUF_ON_STACK(wanted, 16);
	const char *end;

	buf_fmt(&wanted, "\t%d\n", pid);
	while (*status && !behind(status, "NSpid:"))
		status++;
	end = status + strcspn(status, "\n");
	return *end && end + 1 - wanted.len > status && !strncmp(end + 1 - wanted.len, buf_text(&wanted), wanted.len);
}

/* The program's status: /proc may be that of a namespace further out, which knows our children by other numbers. */
static bool find_status(pid_t pid, char *status, size_t size)
{
	char children[128];
	long fd = raw(SYS_openat, AT_FDCWD, "/proc/thread-self/children", O_RDONLY | O_CLOEXEC), n;

	if (fd < 0)
		return false;
	n = raw(SYS_read, fd, children, sizeof(children) - 1);
	raw(SYS_close, fd);
	children[MAX(n, 0)] = '\0';
	for (const char *at = children; *at; at += strcspn(at, " "), at += *at == ' ')
		if (read_status(at, (int)strcspn(at, " "), status, size) && is_pid(status, pid))
			return true;
	return false;
}

/* Neither caught, ignored nor blocked. */
static bool is_default(pid_t pid, int sig)
{
	char status[2048];

	if (!find_status(pid, status, sizeof(status)))
		return false;
	return !((signal_set(status, "SigBlk:") | signal_set(status, "SigIgn:") | signal_set(status, "SigCgt:")) >>
		 (sig - 1) & 1);
}

/*
 * The kernel does not let these stop a group that has nobody to continue it: one
 * without a parent in another group of its session, as it is in a container.
 * Whoever sends one wants it stopped nevertheless, and a handler wants to see it.
 * dumb-init asks for no handler.
 */
int terminal_stop_signal(struct wrap *w, int sig)
{
	const uint32_t own = 1u << OPTION_group | 1u << OPTION_own_group;
	bool session = option_on(&w->options, OPTION_session);

	if (w->options.on & own && !session)
		return sig;
	if (!(session && w->options.persona == PERSONA_DUMB_INIT) && !is_default(w->child, sig))
		return sig;
	w->stop_sent = (uint8_t)sig;
	return SIGSTOP;
}
