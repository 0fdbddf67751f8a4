#include "init/rescue.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "init/power.h"
#include "init/signals.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/sys.h"

#define SHELL "/bin/sh"

extern char **environ;

void console_sane(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return;
	t.c_cflag |= CREAD;
	t.c_iflag |= ICRNL | IXON;
	t.c_iflag &= ~(tcflag_t)(IGNCR | INLCR | IXOFF);
	t.c_oflag |= OPOST | ONLCR;
	t.c_lflag |= ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	tcsetattr(fd, TCSANOW, &t);
}

/* `failed` is closed by the exec, or told why there is none. */
no_return static void be_shell(const sigset_t *none, int failed)
{
	static char arg0[] = "-sh"; /* a login shell reads /etc/profile */
	static char *const argv[] = { arg0, NULL };
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	setsid();
	for (int i = 0; fd >= 0 && i <= 2; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	/* Without it a shell has no job control, and Ctrl-C reaches nobody. */
	ioctl(STDIN_FILENO, TIOCSCTTY, 1);
	console_sane(STDIN_FILENO);
	sigprocmask(SIG_SETMASK, none, NULL);
	execve(SHELL, argv, environ);
	(void)!write(failed, &errno, sizeof(errno));
	_exit(127);
}

/* Reaps whoever has died: true when the shell was among them. */
static bool reap_until(pid_t shell)
{
	bool ended = false;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		ended |= pid == shell;
	return ended;
}

/*
 * A PID 1 gets only the signals it handles or blocks: so these are blocked and
 * waited for. Not shorter than a second: on a console that nobody types at, the
 * shell ends at once, again and again.
 */
static void wait_for(pid_t shell, const sigset_t *set)
{
	static const struct timespec second = { .tv_sec = 1 };
	struct when least = when_in(when_now(), 1000);
	bool ended = false;
	int sig;

	while (!ended || when_before(when_now(), least)) {
		ended |= reap_until(shell);
		sig = ended ? sigtimedwait(set, NULL, &second) : sigwaitinfo(set, NULL);
		if (sig > 0 && signals_goal(sig) != GOAL_NONE) {
			sync();
			power_leave(signals_goal(sig));
		}
	}
}

static int run_shell(const sigset_t *set, const sigset_t *before)
{
	int ends[2], err = sys_pipe(ends, 0);
	pid_t pid;

	if (err)
		return err;
	pid = fork();
	if (pid == 0)
		be_shell(before, ends[1]);
	close(ends[1]);
	if (pid > 0 && read(ends[0], &err, sizeof(err)) != sizeof(err))
		wait_for(pid, set);
	close(ends[0]);
	return pid < 0 ? -EAGAIN : -err;
}

int rescue_shell(void)
{
	sigset_t set, before;
	int err;

	if (access(SHELL, X_OK) < 0)
		return -ENOENT;
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &before);
	log_info("rescue", "a shell on the console; when it ends the table is read again");
	err = run_shell(&set, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (err)
		log_error("rescue", -err, SHELL);
	return err ? -ENOENT : 0;
}

void rescue_halt(void)
{
	log_error("rescue", 0, "there is no " SHELL " to run: the machine is halted");
	sync();
	power_leave(GOAL_HALT);
}
