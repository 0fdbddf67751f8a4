#include "init/leftover.h"

#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/proc.h"
#include "lib/sys.h"

#define DEPTH_MAX 64

bool leftover_exist(void)
{
	return sys_has_children();
}

/* The parent of a process, or 0: fourth word of its stat, after a name that may hold anything (proc(5)). */
static pid_t parent_of(int proc, pid_t pid)
{
	BUF_ON_STACK(path, 32);
	char stat[512];
	char *p;
	pid_t parent = 0;

	buf_fmt(&path, "%d/stat", pid);
	if (fd_read_file(proc, buf_text(&path), stat, sizeof(stat)) < 0)
		return 0;
	p = strrchr(stat, ')');
	if (!p || strlen(p) < 5)
		return 0;
	for (p += 4; *p >= '0' && *p <= '9'; p++)
		parent = parent * 10 + (*p - '0');
	return parent;
}

static bool is_descendant(int proc, pid_t pid, pid_t self)
{
	for (int depth = 0; depth < DEPTH_MAX && pid > 1; depth++) {
		pid = parent_of(proc, pid);
		if (pid == self)
			return true;
	}
	return false;
}

struct wanted {
	pid_t self;
	int sig;
};

static int signal_entry(int proc, const char *name, unsigned type, void *arg)
{
	const struct wanted *w = arg;
	pid_t pid = 0;

	(void)type;
	for (; *name >= '0' && *name <= '9'; name++)
		pid = pid * 10 + (*name - '0');
	if (*name == '\0' && pid > 1 && pid != w->self && is_descendant(proc, pid, w->self))
		(void)sys_kill(pid, w->sig);
	return 0;
}

/* There is /proc/PID/task/TID/children, but not on every kernel (CONFIG_PROC_CHILDREN). */
static void signal_descendants(int sig)
{
	cleanup_fd int proc = proc_open();
	struct wanted wanted = { getpid(), sig };

	if (proc >= 0)
		(void)fd_each(proc, signal_entry, &wanted);
}

void leftover_signal(enum mode mode, int sig)
{
	/* Asked twice: kill(-1) by anyone else would end what is not ours. */
	if (mode != MODE_SUBREAPER && getpid() == 1)
		(void)sys_kill(-1, sig);
	else
		signal_descendants(sig);
}
