/*
 * The wrapper's life: options, the program, and then one wait for a signal after
 * the other. In the plain case these system calls are all there are:
 * rt_sigprocmask, rt_sigaction, getpid, clone; in the child rt_sigprocmask and
 * execve; then fstat, close_range, chdir, rt_sigtimedwait, exit_group.
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/enabled.h"
#include "wrap/pass.h"
#include "wrap/state.h"
#include "wrap/wrap.h"

#define EXIT_USAGE 2
#define EXIT_TIMED_OUT 124
#define EXIT_CANNOT_START 126

#define KILL_AGAIN_MS 500
#define KILLS_MAX 4

/* The child's frames lie this far below ours, which may go on beside it. */
#define CHILD_STACK_GAP 8192

/* start.S, or portable.c for machines that nobody has written it for. */
long wrap_spawn(unsigned long flags, void *stack, void (*run)(void *), void *arg);

static const char usage[] = "usage: minit [OPTIONS] [--] PROGRAM [ARGUMENT...]";

/* -- leaving ----------------------------------------------------------------------------------- */

static no_return void leave(struct wrap *w, int code)
{
	if (w->timed_out)
		code = EXIT_TIMED_OUT;
	if (w->options.ok[code / 32 & 7] >> code % 32 & 1)
		code = 0;
	if (w->self != 1 && w->child)
		terminal_take_back(w);
	say_verbose(w, "leaving with %d", code);
	for (;;)
		raw(SYS_exit_group, code);
}

static no_return void refuse(const struct mistake *m)
{
	if (!m->name[0])
		say("%s; %s", m->what, usage);
	else if (m->value)
		say("%s: \"%s\" %s", m->name, m->value, m->what);
	else if (m->what[0] == 'u') /* unknown option */
		say("%s %s; %s", m->what, m->name, usage);
	else
		say("%s: %s; %s", m->name, m->what, usage);
	for (;;)
		raw(SYS_exit_group, EXIT_USAGE);
}

/* -- time -------------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
	struct timespec ts = { 0 };

	raw(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void due_in(struct wrap *w, enum due due, int64_t ms)
{
	w->due[due] = now_ms() + MIN(ms, INT64_MAX / 2);
}

/* NULL when nothing is due ever: minit sleeps until there is a signal. */
static struct timespec *time_left(const struct wrap *w, struct timespec *ret)
{
	int64_t next = 0, ms;

	for (int i = 0; i < DUE_COUNT; i++)
		if (w->due[i] && (!next || w->due[i] < next))
			next = w->due[i];
	if (!next)
		return NULL;
	ms = MAX(next - now_ms(), 0);
	ret->tv_sec = ms / 1000;
	ret->tv_nsec = ms % 1000 * 1000000;
	return ret;
}

/* -- passing signals on ------------------------------------------------------------------------ */

static pid_t target(const struct wrap *w)
{
	bool group = option_on(&w->options, OPTION_group) || option_on(&w->options, OPTION_session);

	return group ? -w->child : w->child;
}

/* Not to be told whatever was asked for: somebody who wants a program stopped has to know why it does not stop. */
static void tell_refused(const struct wrap *w, int err, int sig)
{
	bool borrowed = !w->has_error && say_borrow(w->self, w->child);

	say_error(err, "signal %d cannot be passed on to process %d", sig, w->child);
	if (borrowed)
		say_give_back();
}

static void pass(struct wrap *w, int sig, const siginfo_t *info)
{
	int err;

	if (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)
		sig = terminal_stop_signal(w, sig);
	err = pass_on(target(w), sig, info);
	if (err < 0)
		tell_refused(w, err, sig);
	else
		say_verbose(w, "signal %d passed on to process %d", sig, w->child);
}

static void pass_term(struct wrap *w, const siginfo_t *info)
{
	w->due[DUE_TERM] = 0;
	if (option_on(&w->options, OPTION_all)) {
		w->told_all = true;
		below_signal(w, SIGTERM);
	} else {
		pass(w, SIGTERM, info);
	}
}

static bool is_fault(int sig)
{
	return sig == SIGILL || sig == SIGTRAP || sig == SIGABRT || sig == SIGBUS || sig == SIGFPE || sig == SIGSEGV ||
		sig == SIGSYS;
}

/* A pipe without a reader that we have written to: nobody's business. */
static bool is_our_own(const struct wrap *w, const siginfo_t *info)
{
	return info->si_signo == SIGPIPE && info->si_code == SI_USER && info->si_pid == w->self;
}

static void on_term(struct wrap *w, const siginfo_t *info)
{
	if (!option_on(&w->options, OPTION_stop_delay) || w->due[DUE_TERM] || w->told_all)
		pass_term(w, info);
	else
		due_in(w, DUE_TERM, w->options.stop_delay_ms);
}

static void on_signal(struct wrap *w, const siginfo_t *info)
{
	int sig = info->si_signo;

	if (is_fault(sig) && info->si_code > 0)
		leave(w, 128 + sig);
	if (is_our_own(w, info))
		return;
	if (info->si_code == SI_KERNEL && terminal_sent_both(w, sig)) {
		if (sig == SIGTSTP && w->self == 1 && terminal_stop_signal(w, sig) == SIGSTOP)
			raw(SYS_kill, w->child, SIGSTOP);
		return;
	}
	sig = options_rewritten(&w->options, sig);
	if (!sig)
		return;
	if (!w->child && (sig == SIGTERM || sig == SIGINT))
		leave(w, 0);
	if (w->left)
		below_signal(w, sig);
	else if (w->child && sig == SIGTERM)
		on_term(w, info);
	else if (w->child)
		pass(w, sig, info);
}

/* -- the dead ---------------------------------------------------------------------------------- */

static bool must_stay(const struct wrap *w)
{
	return w->told_all || option_on(&w->options, OPTION_wait) || option_on(&w->options, OPTION_grace);
}

/* As dumb-init does, what is left of a session is told. */
static void after_program(struct wrap *w)
{
	say_verbose(w, "process %d has left with %d", w->child, w->code);
	if (option_on(&w->options, OPTION_session))
		raw(SYS_kill, -w->child, SIGTERM);
	if (!must_stay(w))
		leave(w, w->code);
	w->due[DUE_TERM] = w->due[DUE_TIMEOUT] = 0;
	if (!option_on(&w->options, OPTION_grace))
		return;
	if (!w->told_all)
		below_signal(w, SIGTERM);
	if (!w->due[DUE_KILL])
		due_in(w, DUE_KILL, w->options.grace_ms);
}

static void on_status(struct wrap *w, pid_t pid, int status)
{
	if (pid == w->child && WIFSTOPPED(status)) {
		terminal_stop(w, WSTOPSIG(status));
	} else if (pid == w->child) {
		w->left = true;
		w->code = pass_code(status);
	} else if (!WIFSTOPPED(status) && (option_on(&w->options, OPTION_warn) || w->options.verbose)) {
		say("process %d, an orphan, was reaped", pid);
	}
}

static void reap(struct wrap *w)
{
	bool had_left = w->left;
	int status = 0, pid;

	while ((pid = pass_reap(&status, WUNTRACED)) > 0)
		on_status(w, pid, status);
	if (pid < 0 && w->child)
		leave(w, w->left ? w->code : 127);
	if (w->left && !had_left)
		after_program(w);
	if (w->told_all)
		below_signal_missed(w, SIGTERM);
}

/*
 * As PID 1 we need not reap the program to know how it left: with us goes the
 * namespace, and the kernel reaps and accounts all that is in it. Another
 * death may hide behind this signal, but then it hides no longer than this.
 */
static void on_child(struct wrap *w, const siginfo_t *info)
{
	bool is_program = info->si_pid == w->child && w->child;

	if (w->self == 1 && is_program && !must_stay(w) && !option_on(&w->options, OPTION_session)) {
		if (info->si_code == CLD_EXITED)
			leave(w, info->si_status & 0xff);
		if (info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED)
			leave(w, 128 + info->si_status);
	}
	reap(w);
}

/* -- what is due ------------------------------------------------------------------------------- */

static void kill_all(struct wrap *w)
{
	if (w->kills++ == KILLS_MAX)
		leave(w, w->left ? w->code : 128 + SIGKILL); /* unkillable; nothing more can be done */
	below_signal(w, SIGKILL);
	due_in(w, DUE_KILL, KILL_AGAIN_MS);
}

static void on_time(struct wrap *w)
{
	static const siginfo_t from_us; /* all 0: SI_USER */
	int64_t now = now_ms();

	if (w->due[DUE_TIMEOUT] && w->due[DUE_TIMEOUT] <= now) {
		w->due[DUE_TIMEOUT] = 0;
		w->timed_out = true;
		if (option_on(&w->options, OPTION_grace))
			due_in(w, DUE_KILL, w->options.grace_ms);
		pass_term(w, &from_us);
	}
	if (w->due[DUE_TERM] && w->due[DUE_TERM] <= now)
		pass_term(w, &from_us);
	if (w->due[DUE_KILL] && w->due[DUE_KILL] <= now)
		kill_all(w);
}

static no_return void attend(struct wrap *w)
{
	struct timespec left;
	siginfo_t info;

	for (;;) {
		int sig = pass_next(&info, time_left(w, &left));

		if (sig == SIGCHLD)
			on_child(w, &info);
		if (sig > 0 && pass_is_sent(&info))
			on_signal(w, &info);
		if (sig == -EAGAIN)
			on_time(w);
	}
}

/* -- beginning --------------------------------------------------------------------------------- */

struct kernel_action {
	uintptr_t handler;
	unsigned long flags;
	uintptr_t restorer;
	uint64_t mask;
};

/* With SIGCHLD ignored the kernel would reap the program itself, and tell nobody how it left. */
static void hear_of_children(struct wrap *w)
{
	struct kernel_action by_default = { 0 }, old = { 0 };

	raw(SYS_rt_sigaction, SIGCHLD, &by_default, &old, sizeof(old.mask));
	w->ignores_children = old.handler == (uintptr_t)SIG_IGN;
}

static void prepare(struct wrap *w)
{
	const uint32_t needs_orphans = 1u << OPTION_subreaper | 1u << OPTION_all | 1u << OPTION_wait |
		1u << OPTION_grace;

	hear_of_children(w);
	w->self = (pid_t)raw(SYS_getpid);
	if (w->self != 1 && w->options.on & needs_orphans)
		raw(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	if (w->options.parent_death)
		raw(SYS_prctl, PR_SET_PDEATHSIG, w->options.parent_death);
	if (option_on(&w->options, OPTION_session))
		terminal_let_go();
}

/*
 * The child shares our memory while both run, so nothing is copied. Only who
 * signals the group of the child has to wait until it leads one.
 */
static void start(struct wrap *w)
{
	unsigned long flags = CLONE_VM | SIGCHLD;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	long pid;

	if (w->options.on & (1u << OPTION_group | 1u << OPTION_session | 1u << OPTION_own_group))
		flags |= CLONE_VFORK;
	pid = wrap_spawn(flags, (void *)((here - CHILD_STACK_GAP) & ~(uintptr_t)15), become, w);
	if (pid < 0) {
		say_error((int)pid, "%s: cannot be started", w->words[0]);
		leave(w, EXIT_CANNOT_START);
	}
	w->child = (pid_t)pid;
	say_verbose(w, "%s is process %d", w->words[0], w->child);
	if (option_on(&w->options, OPTION_timeout))
		due_in(w, DUE_TIMEOUT, w->options.timeout_ms);
}

/* close_range is Linux 5.9; before, what has a number below the usual limit. */
static void close_all(unsigned first, unsigned last)
{
	if (raw(SYS_close_range, first, last) != -ENOSYS)
		return;
	for (unsigned fd = first; fd <= MIN(last, 1023u); fd++)
		raw(SYS_close, fd);
}

/* A pipe or a socket keeps nothing busy, and a refused signal has to be told somewhere. */
static bool keeps_error(const struct wrap *w)
{
	struct stat st;

	if (w->options.verbose || option_on(&w->options, OPTION_warn))
		return true;
	return raw(SYS_fstat, 2, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* Nothing is kept busy: no directory, no file, no terminal. */
static void let_go(struct wrap *w)
{
	w->has_error = keeps_error(w);
	if (w->has_error) {
		close_all(0, 1);
		close_all(3, ~0u);
	} else {
		close_all(0, ~0u);
	}
	raw(SYS_chdir, "/");
}

/* Most variables are told apart by their first letters, as there may be hundreds. */
static bool may_matter(const char *variable, enum persona persona)
{
	switch (variable[0]) {
	case 'P': return variable[1] == 'A';
	case 'L': return variable[1] == 'I';
	case 'M':
	case 'W': return true;
	default: return persona != PERSONA_MINIT;
	}
}

static void read_variables(struct wrap *w)
{
	struct mistake m;
	const char *path;

	for (char **at = w->envp; *at; at++) {
		if (!may_matter(*at, w->options.persona))
			continue;
		become_note_variable(w, at);
		path = behind(*at, "PATH=");
		if (path)
			w->path = path;
		if (!options_variable(&w->options, *at, &m))
			refuse(&m);
	}
}

static void read_words(struct wrap *w, char **argv)
{
	struct mistake m = { .what = "no program given" };
	int at = options_read(&w->options, argv, &m);

	if (at < 0)
		refuse(&m);
	w->words = argv + at;
	if (w->options.say != OPTION_COUNT)
		raw(SYS_exit_group, help_say(&w->options));
	if (!*w->words != option_on(&w->options, OPTION_pause)) {
		m.what = *w->words ? "with --pause no program is run" : m.what;
		refuse(&m);
	}
}

void wrap_main(char **argv, char **envp)
{
	const uint64_t all = PASS_ALL;
	struct wrap w;

	memset(&w, 0, sizeof(w));
	raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, &w.mask, sizeof(all));
	w.envp = envp;
	options_begin(&w.options, argv[0]);
	read_variables(&w);
	read_words(&w, argv);
	prepare(&w);
	if (!option_on(&w.options, OPTION_pause))
		start(&w);
	let_go(&w);
	attend(&w);
}

/* A machine's kernel passes on words that it does not know; they may look like options. */
static bool is_machine(void)
{
	return ENABLED(CONFIG_MACHINE) && raw(SYS_getpid) == 1 && raw(SYS_getpgid, 2) == 0;
}

static bool is_wrapper(char **argv)
{
	struct wrap_options o;

	if (!ENABLED(CONFIG_TABLE))
		return true;
	if (!argv[0] || !argv[1])
		return false;
	if (!strcmp(argv[1], "--"))
		return true;
	if (options_is_one(argv[1]))
		return !is_machine();
	options_begin(&o, argv[0]);
	return o.persona != PERSONA_MINIT;
}

/*
 * Called by start.S with the stack as the kernel has made it: argc, argv, NULL,
 * environment, NULL. Comes back if minit is not the wrapper.
 */
void wrap_entry(long *stack);

void wrap_entry(long *stack)
{
	char **argv = (char **)(stack + 1);

	if (is_wrapper(argv))
		wrap_main(argv, argv + stack[0] + 1);
}
