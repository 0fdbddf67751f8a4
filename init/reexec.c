/*
 * Executing minit in place. The process stays the same, so its children stay
 * its children; what it knew is in the two memfds. What is not named here as
 * kept is closed by the exec itself.
 */
#include "init/reexec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "services/layout.h"

#define STACK_SIZE 16384
#define COUNTED 256 /* layouts below were counted by hand, by a minit that does not know of notes */

extern char **environ;

static struct supervisor *house;
static long owner; /* whose handlers these are: a fork has them too */
static char state_word[12];
static char *const words[] = { "minit", "@resume", state_word, NULL };

static void keep_one(int fd, bool keep)
{
	if (fd >= 0)
		fd_keep(fd, keep);
}

static void keep_services(const struct statefile *state, bool keep)
{
	for (uint32_t i = 0; i < state->count; i++) {
		const struct handles *h = &state->services[i].handles;

		keep_one(h->status_fd, keep);
		keep_one(h->out[0], keep);
		keep_one(h->out[1], keep);
		keep_one(h->netns, keep);
	}
}

void reexec_keep(const struct statefile *state, bool keep)
{
	keep_one(state->table_fd, keep);
	keep_one(state->last_table_fd, keep);
	keep_one(state->state_fd, keep);
	keep_one(state->self_fd, keep);
	keep_one(state->control_fd, keep);
	keep_one(state->netns, keep);
	keep_one(state->rules.fd, keep);
	keep_one(state->rules.events_fd, keep);
	for (size_t i = 0; i < CLAIMS; i++)
		keep_one(state->claims[i], keep);
	keep_one(state->cgroup.v2, keep);
	for (size_t i = 0; i < CGROUP_V1_COUNT; i++)
		keep_one(state->cgroup.v1[i], keep);
	for (size_t i = 0; i < state->client_slots; i++)
		keep_one(state->clients[i].fd, keep);
	keep_services(state, keep);
}

/*
 * Where the position in the state file is, which nobody needs: it is mapped. So it says, in a state of any layout,
 * why somebody has returned from here (an errno), and 0 when nobody has since the last execution.
 */
static void note(int state_fd, int err)
{
	lseek(state_fd, -err, SEEK_SET);
}

int reexec_returned(int state_fd)
{
	off_t at = lseek(state_fd, 0, SEEK_CUR);

	return at > 0 ? -(int)at : 0;
}

static int execute(int program)
{
	syscall(SYS_execveat, program, "", words, environ, AT_EMPTY_PATH);
	return -errno;
}

static int go_over(struct statefile *state, int program)
{
	int err;

	state->reexecs++;
	reexec_keep(state, true);
	note(state->state_fd, 0);
	err = execute(program);
	state->reexecs--;
	reexec_keep(state, false);
	return err;
}

int reexec_now(struct supervisor *sv, int program)
{
	return go_over(sv->state, program);
}

static void write_state_word(int fd)
{
	BUF_ON_STACK(b, sizeof(state_word));

	buf_fmt(&b, "%d", fd);
	buf_text(&b);
	for (size_t i = 0; i <= b.len; i++)
		state_word[i] = b.data[i];
}

/* A crash in between goes on from the state that there is. */
int reexec_onto(struct supervisor *sv, struct statefile *next)
{
	int err;

	write_state_word(next->state_fd);
	err = go_over(next, next->self_fd);
	write_state_word(sv->state->state_fd);
	return err;
}

no_return void reexec_stand_still(void)
{
	log_error(NULL, 0, "minit cannot be executed anew: services run on without supervision");
	for (;;)
		if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
			pause();
}

/* A child that has not become its program yet dies of its own faults. */
static void die_of(int sig)
{
	signal(sig, SIG_DFL);
	syscall(SYS_tgkill, getpid(), getpid(), sig);
	_exit(128 + sig);
}

/* That of a write that is cut short (cgroup/v2_limits.c) would go on over the exec, and its signals be passed on. */
static void end_timer(void)
{
	const struct itimerval never = { 0 };

	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_IGN); /* one that waits is gone; signals_open puts that right */
}

/*
 * All signals are blocked while this runs and stay so over the exec: one that
 * comes meanwhile waits until the new image has its handlers.
 */
static void on_fatal(int sig, siginfo_t *si, void *context)
{
	struct statefile *state = house->state; /* not mapped in a child */

	(void)si;
	(void)context;
	if (owner != syscall(SYS_getpid)) {
		die_of(sig);
		return;
	}
	end_timer();
	state->crashes++;
	state->reexecs++;
	reexec_keep(state, true);
	note(state->state_fd, 0);
	execute(state->self_fd);
	log_error(NULL, 0, "fatal signal %d", sig);
	reexec_stand_still();
}

/* -- what cannot go on ------------------------------------------------------------------------------ */

int reexec_head(int state_fd, struct state_head *ret)
{
	ssize_t n = pread(state_fd, ret, sizeof(*ret), 0);

	if (n < 0)
		return -errno;
	return n == sizeof(*ret) && ret->magic == STATE_MAGIC && ret->pid == getpid() ? 0 : -ESRCH;
}

no_return void reexec_return(int state_fd, const struct state_head *head, int err)
{
	log_error("reexec", 0, "this minit cannot go on from the state that it has got: %s", layout_why(err));
	if (!reexec_returned(state_fd)) {
		if (head->layout > COUNTED)
			note(state_fd, err);
		write_state_word(state_fd);
		execute(head->self_fd);
	}
	reexec_stand_still();
}

int reexec_arm(struct supervisor *sv)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP };
	struct sigaction action = { .sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_size = STACK_SIZE };
	sigset_t set;

	house = sv;
	owner = syscall(SYS_getpid);
	write_state_word(sv->state->state_fd);
	stack.ss_sp = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) < 0)
		return -errno;
	madvise(stack.ss_sp, STACK_SIZE, MADV_DONTFORK); /* a child dies of such a signal either way */
	sigfillset(&action.sa_mask);
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++) {
		if (sigaction(fatal[i], &action, NULL) < 0)
			return -errno;
		sigaddset(&set, fatal[i]);
	}
	return sigprocmask(SIG_UNBLOCK, &set, NULL) < 0 ? -errno : 0;
}
