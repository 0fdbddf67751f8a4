#include "lib/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"

#define PART_MAX 256
#define LOOKS_MOST 32

static int open_in(int root, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | resolve,
	};
	long fd;
	unsigned looks = 0;

	do /* with .. on the way a rename or a mount meanwhile, anywhere, is EAGAIN: openat2(2) */
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN && ++looks < LOOKS_MOST);
	return fd < 0 ? -errno : (int)fd;
}

int path_open(int root, const char *path, int flags)
{
	return open_in(root, path, flags, RESOLVE_NO_SYMLINKS);
}

int path_open_file(int own, int root, const char *path, int flags)
{
	cleanup_fd int at = path_open(root, path, O_PATH);
	BUF_ON_STACK(number, 16);
	struct stat st;
	int fd, err = at < 0 ? at : fd_stat(at, &st);

	if (err)
		return err;
	if (!S_ISREG(st.st_mode))
		return -EOPNOTSUPP;
	buf_fmt(&number, "%d", at);
	fd = openat(own, buf_text(&number), flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int path_open_here(int root, const char *path, int flags)
{
	return open_in(root, path, flags, RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

int path_open_within(int root, const char *path, int flags)
{
	return open_in(root, path, flags, 0);
}

/* One part of a path in a directory. It is only ever made where nothing is. */
static int open_part(int dir, const char *part, bool file)
{
	int fd = path_open(dir, part, O_PATH);

	if (fd != -ENOENT)
		return fd;
	if (!strcmp(part, ".."))
		return -EINVAL;
	if (file && mknodat(dir, part, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
		return -errno;
	if (!file && mkdirat(dir, part, 0755) < 0 && errno != EEXIST)
		return -errno;
	return path_open(dir, part, O_PATH);
}

/* Copies the next part of a path; returns what is behind it, or NULL when it is too long. */
static const char *next_part(const char *path, char *part)
{
	size_t len = strcspn(path, "/");

	if (len >= PART_MAX)
		return NULL;
	memcpy(part, path, len);
	part[len] = '\0';
	path += len;
	return path + strspn(path, "/");
}

int path_make(int root, const char *path, bool file)
{
	int at = path_open(root, path, O_PATH);
	char part[PART_MAX];

	if (at != -ENOENT)
		return at;
	at = path_open(root, "/", O_PATH | O_DIRECTORY);
	for (path += strspn(path, "/"); at >= 0 && *path;) {
		cleanup_fd int dir = at;

		path = next_part(path, part);
		if (!path)
			return -ENAMETOOLONG;
		at = !strcmp(part, "..") ? -EINVAL : open_part(dir, part, file && !*path);
	}
	return at;
}
