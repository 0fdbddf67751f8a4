#include "lib/children.h"

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

uint64_t children_mark(int proc, pid_t pid)
{
	static const char row[] = "Max file locks";
	BUF_ON_STACK(path, 32);
	char text[2048];
	const char *at;
	uint64_t mark = 0;

	buf_fmt(&path, "%d/limits", pid);
	if (fd_read_file(proc, buf_text(&path), text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, row);
	if (!at)
		return 0;
	at += strlen(row);
	at += strspn(at, " ");
	for (; *at >= '0' && *at <= '9'; at++)
		mark = mark * 10 + (uint64_t)(*at - '0');
	return mark;
}
