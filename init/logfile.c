/* The files that services' output goes to, often in folders of these services: path_resolution(7), fifo(7). */
#include "init/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"

#define PART_MAX 256
#define FLAGS (O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)

/* Who could put a link there may write everywhere anyway. */
static bool is_trusted(int dir)
{
	struct stat st;

	return fd_stat(dir, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & S_IWOTH);
}

/* The folder that the first part of the path names. */
static int open_next(int dir, const char *path, size_t len)
{
	char part[PART_MAX];
	int fd;

	if (len >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, len);
	part[len] = '\0';
	fd = openat(dir, part, O_PATH | O_DIRECTORY | O_CLOEXEC | (is_trusted(dir) ? 0 : O_NOFOLLOW));
	return fd < 0 ? -errno : fd;
}

static int open_file(const char *path)
{
	int dir = fd_open("/", O_PATH | O_DIRECTORY), fd;
	const char *slash;

	for (path += strspn(path, "/"); dir >= 0 && (slash = strchr(path, '/')); path = slash + strspn(slash, "/")) {
		cleanup_fd int above = dir;

		dir = open_next(above, path, (size_t)(slash - path));
	}
	if (dir < 0)
		return dir;
	fd = openat(dir, path, FLAGS, 0640);
	fd = fd < 0 ? -errno : fd;
	fd_close(&dir);
	return fd;
}

/* A pipe without a reader is ENXIO already; one with a reader who does not read would hold up all services' output. */
int logfile_open(const char *path)
{
	cleanup_fd int fd = open_file(path);
	struct stat st;
	int err = fd < 0 ? fd : fd_stat(fd, &st);

	if (!err && S_ISFIFO(st.st_mode))
		err = -ENXIO;
	return err ? err : fd_steal(&fd);
}
