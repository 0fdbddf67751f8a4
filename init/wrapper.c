#include "init/wrapper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/sys.h"
#include "services/exec.h"
#include "services/reaper.h"

#define EXIT_USAGE 2

extern char **environ;

static int status_of(int err)
{
	return err == -ENOENT ? 127 : 126;
}

static void become(char **words, uint64_t mask)
{
	int err;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
	err = exec_program(words, environ, getenv("PATH"));
	log_error(words[0], -err, "cannot be executed");
	_exit(status_of(err));
}

static int usage(const char *what, const char *word)
{
	log_error(NULL, 0, "%s%s%s; usage: minit [--] prog args...", what, *word ? " " : "", word);
	return EXIT_USAGE;
}

/* Blocked before the clone: a signal that comes early waits and is passed on. */
static int run(char **words)
{
	struct sys_clone how = { .leaf_fd = -1, .ret_pid = &(pid_t){ 0 } };
	const uint64_t all = ~(uint64_t)0;
	uint64_t mask = 0;
	pid_t pid;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof(all));
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = sys_clone(&how);
	if (pid < 0) {
		log_error(words[0], -pid, "cannot be started");
		return 126;
	}
	if (pid == 0)
		become(words, mask);
	reaper_run(pid);
}

int wrapper_main(int argc, char **argv)
{
	int at = 1;

	if (at < argc && !strcmp(argv[at], "--"))
		at++;
	else if (at < argc && argv[at][0] == '-')
		return usage("unknown option", argv[at]);
	if (at >= argc)
		return usage("no program given", "");
	return run(argv + at);
}
