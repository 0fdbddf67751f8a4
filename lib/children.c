#include "lib/children.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/proc.h"

/* Numbers with a space behind each; one may be cut by the end of a read. */
void children_each(void (*each)(void *arg, int proc, pid_t pid), void *arg)
{
	cleanup_fd int proc = proc_open();
	cleanup_fd int fd = proc < 0 ? proc : openat(proc, "thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[512];
	pid_t pid = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			each(arg, proc, pid);
			pid = 0;
		}
	}
}

/* A row is its name, the soft limit, the hard one, and their unit. */
static int hard_limit(const char *text, const char *name, uint64_t *ret)
{
	const char *at = strstr(text, name);
	uint64_t limit = 0;

	if (!at)
		return -EBADMSG;
	at += strlen(name);
	at += strspn(at, " ");
	at += strcspn(at, " \n");
	at += strspn(at, " ");
	if (!strncmp(at, "unlimited", 9))
		limit = UINT64_MAX;
	for (; *at >= '0' && *at <= '9'; at++)
		limit = limit * 10 + (uint64_t)(*at - '0');
	*ret = limit;
	return 0;
}

int children_limits(int proc, pid_t pid, uint64_t *ret_locks, uint64_t *ret_rttime)
{
	BUF_ON_STACK(path, 32);
	char text[2048];
	ssize_t len;
	int err;

	buf_fmt(&path, "%d/limits", pid);
	len = fd_read_file(proc, buf_text(&path), text, sizeof(text));
	err = len < 0 ? (int)len : hard_limit(text, "Max file locks", ret_locks);
	return err ? err : hard_limit(text, "Max realtime timeout", ret_rttime);
}

bool children_in_group(int proc, pid_t pid, const char *name)
{
	BUF_ON_STACK(path, 32);
	char text[2048];
	size_t len = strlen(name);

	buf_fmt(&path, "%d/cgroup", pid);
	if (fd_read_file(proc, buf_text(&path), text, sizeof(text)) < 0)
		return false;
	for (const char *at = text; (at = strstr(at, name)); at++)
		if (at > text && at[-1] == '/' && strchr("/\n", at[len]))
			return true;
	return false;
}
