#include "services/joined.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/proc.h"
#include "lib/sys.h"
#include "services/launch.h"

#define ANEW (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWCGROUP) /* with a user namespace: services/step_userns.c */

/* The first child: orphans come behind it. -EOPNOTSUPP without CONFIG_PROC_CHILDREN or /proc. */
static pid_t first_child(int proc, pid_t pid)
{
	BUF_ON_STACK(path, 48);
	char text[4096];
	ssize_t n;

	buf_fmt(&path, "%d/task/%d/children", (int)pid, (int)pid);
	n = fd_read_file(proc, buf_text(&path), text, sizeof(text));
	if (n < 0)
		return n == -ENOENT ? -EOPNOTSUPP : (pid_t)n;
	return n ? (pid_t)strtol(text, NULL, 10) : -ESRCH;
}

/*
 * Of the program behind the reaper, which alone is in some of its namespaces. The reaper reaps it, not we: so it is who
 * has the number if it still has it, and lives, when there is a descriptor.
 */
static int open_program(pid_t reaper)
{
	cleanup_fd int proc = proc_open();
	pid_t pid = proc < 0 ? -EOPNOTSUPP : first_child(proc, reaper);
	int fd = pid < 0 ? pid : sys_pidfd(pid);

	if (fd >= 0 && (first_child(proc, reaper) != pid || syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) < 0)) {
		fd_close(&fd);
		return -ESRCH;
	}
	return fd;
}

/* What stays before the program has not its pid namespace, clocks and ids, nor what is made anew with these. */
static bool needs_program(const struct supervisor *sv, const struct roots_spec *roots)
{
	const struct roots_spec *owner = &table_confine(sv->table, spec_at(sv, roots->join_service))->roots;
	uint32_t apart = CLONE_NEWUSER | CLONE_NEWTIME | (owner->join_flags & CLONE_NEWPID);

	return launch_stays(sv, roots->join_service) && roots->join_flags & (apart | (owner->uids.count ? ANEW : 0));
}

/* The number of a process of minit's is its own as long as nobody has reaped it, which is done here alone. */
int joined_open(const struct supervisor *sv, uint32_t index)
{
	const struct roots_spec *roots = &table_confine(sv->table, spec_at(sv, index))->roots;
	pid_t pid = service_at(sv, roots->join_service)->handles.pid;

	if (!pid)
		return -ENOENT;
	return needs_program(sv, roots) ? open_program(pid) : sys_pidfd(pid);
}
