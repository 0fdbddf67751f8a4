/* The files that services' output goes to, often in folders of these services: path_resolution(7), fifo(7). */
#include "init/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"

#define FLAGS (O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)

/*
 * A pipe whose reader does not read would hold up all services' output. A device that the service itself must not open
 * it may yet be able to make; those in /dev are the machine's.
 */
static bool is_fit(const char *path, mode_t mode)
{
	return S_ISREG(mode) || (S_ISCHR(mode) && !strncmp(path, "/dev/", strlen("/dev/")));
}

int logfile_open(const char *path)
{
	cleanup_fd int fd = path_open_ours(path, FLAGS, 0640);
	struct stat st;
	int err = fd < 0 ? fd : fd_stat(fd, &st);

	if (!err && !is_fit(path, st.st_mode))
		err = -ENXIO;
	return err ? err : fd_steal(&fd);
}
