/* The files that services' output goes to, often in folders of these services: path_resolution(7), fifo(7). */
#include "init/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"

#define PART_MAX 256
#define LINKS_MOST 40 /* as many as the kernel follows */
#define FLAGS (O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)

/* A path on its way: what is left of it, and where that begins. */
struct way {
	int dir;
	unsigned links;
	char left[PATH_MAX];
};

/* Who could put a link there may write everywhere anyway. What an ACL gives to others shows as the group's. */
static bool is_trusted(int dir)
{
	struct stat st;

	return fd_stat(dir, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static bool is_link(int fd)
{
	struct stat st;

	return fd_stat(fd, &st) == 0 && S_ISLNK(st.st_mode);
}

static int open_part(int dir, const char *path, size_t len)
{
	char part[PART_MAX];
	int fd;

	if (len >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, len);
	part[len] = '\0';
	fd = openat(dir, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The kernel would follow what the link says through the folders of anybody: so it is gone through part by part. */
static int take_link(struct way *w, int link, const char *rest)
{
	char text[PATH_MAX];
	size_t len = strlen(rest);
	ssize_t n;

	if (!is_trusted(w->dir) || ++w->links > LINKS_MOST)
		return -ELOOP;
	n = readlinkat(link, "", text, sizeof(text));
	if (n < 0 || (size_t)n + len >= sizeof(w->left))
		return n < 0 ? -errno : -ENAMETOOLONG;
	memmove(w->left + n, rest, len + 1);
	memcpy(w->left, text, (size_t)n);
	return 0;
}

static int to_root(struct way *w)
{
	fd_close(&w->dir);
	w->dir = fd_open("/", O_PATH | O_DIRECTORY);
	return MIN(w->dir, 0);
}

/* The first part of what is left, before a slash. */
static int take_part(struct way *w, const char *at, const char *slash)
{
	cleanup_fd int next = open_part(w->dir, at, (size_t)(slash - at));

	if (next < 0)
		return next;
	if (is_link(next)) {
		int err = take_link(w, next, slash);

		return err || w->left[0] != '/' ? err : to_root(w);
	}
	fd_close(&w->dir);
	w->dir = fd_steal(&next);
	memmove(w->left, slash, strlen(slash) + 1);
	return 0;
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
	struct way w = { .dir = fd_open("/", O_PATH | O_DIRECTORY) };
	int err = w.dir < 0 ? w.dir : strlen(path) < sizeof(w.left) ? 0 : -ENAMETOOLONG;
	const char *at = w.left, *slash;

	if (!err)
		memcpy(w.left, path, strlen(path) + 1);
	while (!err) {
		at = w.left + strspn(w.left, "/");
		slash = strchr(at, '/');
		if (!slash)
			break;
		err = take_part(&w, at, slash);
	}
	if (!err)
		err = open_last(w.dir, at);
	fd_close(&w.dir);
	return err;
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
