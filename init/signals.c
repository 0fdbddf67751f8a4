#include "init/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/loop.h"
#include "init/reap.h"
#include "init/shutdown.h"
#include "lib/log.h"
#include "lib/signame.h"
#include "lib/sys.h"

enum action { IGNORE, FORWARD, REAP, STOP, POWEROFF, REBOOT, HALT };

static const struct {
	uint8_t number, machine, elsewhere;
} meanings[] = {
#define SIGNAL(number, machine, elsewhere, words) { number, machine, elsewhere },
#include "init/signals.def"
#undef SIGNAL
};

static struct supervisor *house;
static int fd = -1;

_Static_assert(sizeof(struct signalfd_siginfo) == sizeof(((struct statefile *)0)->heard[0]), "a signal as it is read");

static enum action action_for(uint32_t number)
{
	bool machine = house->state->mode == MODE_MACHINE;

	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (meanings[i].number == number)
			return machine ? meanings[i].machine : meanings[i].elsewhere;
	return machine ? IGNORE : FORWARD;
}

static void forward(int number)
{
	int main = house->table->main;

	if (main >= 0 && service_at(house, (uint32_t)main)->handles.pid)
		sys_kill(service_at(house, (uint32_t)main)->handles.pid, number);
}

/* again: minit crashed while it dealt with this very one, which may have begun already. */
static void stop(int number, enum goal goal, bool again)
{
	BUF_ON_STACK(name, 24);

	if (again && house->state->phase != PHASE_RUNNING)
		return;
	signal_put(&name, number);
	if (house->state->phase != PHASE_RUNNING) {
		log_warn(NULL, 0, "%s again: stopping at once", buf_text(&name));
		shutdown_hurry(house);
		return;
	}
	log_info(NULL, "%s: stopping", buf_text(&name));
	shutdown_begin(house, goal, 0);
}

static void act(int number, bool again)
{
	switch (action_for((uint32_t)number)) {
	case IGNORE: break;
	case REAP: break; /* done once for all of them, after the rest */
	case FORWARD: forward(number); break;
	case STOP: stop(number, GOAL_EXIT, again); break;
	case POWEROFF: stop(number, GOAL_POWEROFF, again); break;
	case REBOOT: stop(number, GOAL_REBOOT, again); break;
	case HALT: stop(number, GOAL_HALT, again); break;
	}
}

enum goal signals_goal(int number)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		if (meanings[i].number != number)
			continue;
		switch ((enum action)meanings[i].machine) {
		case POWEROFF: return GOAL_POWEROFF;
		case REBOOT: return GOAL_REBOOT;
		case HALT: return GOAL_HALT;
		default: return GOAL_NONE;
		}
	}
	return GOAL_NONE;
}

/* A signal is forgotten only when it has been dealt with: a crash in between finds it again. */
frequent static void deal(void)
{
	struct statefile *state = house->state;

	for (uint32_t i = 0; i < STATE_SIGNALS; i++) {
		bool again = state->dealing == i + 1;

		if (!state->heard[i][0])
			continue;
		state->dealing = i + 1;
		act((int)state->heard[i][0], again);
		state->heard[i][0] = 0;
		state->dealing = 0;
	}
}

frequent static void on_signals(uint32_t id, unsigned ready)
{
	ssize_t n;

	(void)id;
	(void)ready;
	do {
		n = read(fd, house->state->heard, sizeof(house->state->heard));
		deal();
	} while (n == sizeof(house->state->heard));
	reap_all(house);
}

void signals_resume(struct supervisor *sv)
{
	house = sv;
	deal();
}

/*
 * What whoever started minit ignored: services would inherit it, and with SIGCHLD
 * ignored children would be reaped by the kernel, unheard. By number, as libc
 * hides its own signals, 32 to 34.
 */
static void ignore_nothing(void)
{
	static const uint64_t by_default[4];
	uint64_t had[4];

	for (int sig = 1; sig <= SIGNAL_MAX; sig++)
		if (syscall(SYS_rt_sigaction, sig, NULL, had, sizeof(uint64_t)) == 0 && had[0] == (uintptr_t)SIG_IGN)
			syscall(SYS_rt_sigaction, sig, by_default, NULL, sizeof(uint64_t));
}

int signals_open(struct supervisor *sv)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP };
	sigset_t set;

	house = sv;
	ignore_nothing();
	sigfillset(&set);
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		sigdelset(&set, fatal[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return -errno;
	loop_handler(LOOP_SIGNALS, on_signals);
	loop_watch(LOOP_SIGNALS, 0, fd, LOOP_READ);
	return 0;
}
