#include "init/leftover.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/sys.h"

#define DEPTH_MAX 64

bool leftover_exist(void)
{
	return sys_has_children();
}

/* The parent of a process, or 0: fourth word of its stat, after a name that may hold anything (proc(5)). */
static pid_t parent_of(pid_t pid)
{
	BUF_ON_STACK(path, 32);
	char stat[512];
	char *p;
	pid_t parent = 0;

	buf_fmt(&path, "/proc/%d/stat", pid);
	if (fd_read_file(AT_FDCWD, buf_text(&path), stat, sizeof(stat)) < 0)
		return 0;
	p = strrchr(stat, ')');
	if (!p || strlen(p) < 5)
		return 0;
	for (p += 4; *p >= '0' && *p <= '9'; p++)
		parent = parent * 10 + (*p - '0');
	return parent;
}

static bool is_descendant(pid_t pid, pid_t self)
{
	for (int depth = 0; depth < DEPTH_MAX && pid > 1; depth++) {
		pid = parent_of(pid);
		if (pid == self)
			return true;
	}
	return false;
}

static void signal_entry(const char *name, pid_t self, int sig)
{
	pid_t pid = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		pid = pid * 10 + (*name - '0');
	if (*name == '\0' && pid > 1 && pid != self && is_descendant(pid, self))
		(void)sys_kill(pid, sig);
}

/* There is /proc/PID/task/TID/children, but not on every kernel (CONFIG_PROC_CHILDREN). */
static void signal_descendants(int sig)
{
	cleanup_fd int dir = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent) char mem[4096];
	pid_t self = getpid();
	long n;

	while (dir >= 0 && (n = syscall(SYS_getdents64, dir, mem, sizeof(mem))) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent *entry = (const struct dirent *)(const void *)(mem + at);

			signal_entry(entry->d_name, self, sig);
			at += entry->d_reclen;
		}
	}
}

void leftover_signal(enum mode mode, int sig)
{
	/* Asked twice: kill(-1) by anyone else would end what is not ours. */
	if (mode != MODE_SUBREAPER && getpid() == 1)
		(void)sys_kill(-1, sig);
	else
		signal_descendants(sig);
}
