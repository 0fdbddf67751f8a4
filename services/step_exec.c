/* The reaper of an own pid namespace, and the last step. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sys.h"
#include "services/child.h"
#include "services/exec.h"
#include "services/reaper.h"

#define ARGS_MAX 4096

static char *args[ARGS_MAX + 1];

/*
 * The first process of a pid namespace has the duties of an init, which a
 * program does not know: so minit stays there, and the program is its child. The
 * status pipe belongs to the program alone: its end means exec.
 */
int step_reaper(struct child *child)
{
	struct sys_clone how = { .leaf_fd = -1, .ret_pid = &(pid_t){ 0 } };
	pid_t pid;

	if (!(child->namespaces & CLONE_NEWPID) || !child->spec->init)
		return 0;
	pid = sys_clone(&how);
	if (pid < 0)
		return pid;
	if (pid > 0)
		reaper_run(pid);
	return setsid() < 0 ? -errno : 0;
}

static int gather_args(struct child *child)
{
	struct list exec = child->spec->exec;

	if (exec.count > ARGS_MAX)
		return -E2BIG;
	for (uint32_t i = 0; i < exec.count; i++)
		args[i] = (char *)table_item(child->table, exec, i);
	return 0;
}

/* The helper is this very program, wherever its file is by now. */
static int exec_self(struct child *child)
{
	syscall(SYS_execveat, child->self_fd, "", args, child_environ, AT_EMPTY_PATH);
	return -errno;
}

int step_exec(struct child *child)
{
	int err = gather_args(child);

	if (err)
		return child_fail(child, err, "too many arguments");
	if (child->spec->internal)
		return child_fail(child, exec_self(child), "minit itself");
	sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	return child_fail(child, exec_program(args, child_environ, child_getenv("PATH")), args[0]);
}
