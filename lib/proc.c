#include "lib/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/mount.h"

static int open_directory(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static bool is_own(int proc)
{
	char self[16] = "";
	BUF_ON_STACK(number, 16);

	buf_fmt(&number, "%d", (int)getpid());
	return readlinkat(proc, "self", self, sizeof(self) - 1) > 0 && !strcmp(self, buf_text(&number));
}

int proc_open(void)
{
	cleanup_fd int proc = open_directory(AT_FDCWD, "/proc");
	cleanup_fd int own = -1;

	if (proc >= 0 && is_own(proc))
		return fd_steal(&proc);
	own = mount_make("proc", NULL, 0);
	return own < 0 ? own : open_directory(own, ".");
}
