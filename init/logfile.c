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

/* Another name of a file that is not the service's, where the kernel lets it make one (fs.protected_hardlinks = 0). */
static bool is_borrowed(int dir, int fd)
{
	struct stat st;

	return !is_trusted(dir) && fd_stat(fd, &st) == 0 && st.st_nlink > 1;
}

static int open_last(int dir, const char *name)
{
	cleanup_fd int fd = openat(dir, name, FLAGS, 0640);

	if (fd < 0)
		return -errno;
	return is_borrowed(dir, fd) ? -EMLINK : fd_steal(&fd);
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
	fd = open_last(dir, path);
	fd_close(&dir);
	return fd;
}

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
	cleanup_fd int fd = open_file(path);
	struct stat st;
	int err = fd < 0 ? fd : fd_stat(fd, &st);

	if (!err && !is_fit(path, st.st_mode))
		err = -ENXIO;
	return err ? err : fd_steal(&fd);
}
