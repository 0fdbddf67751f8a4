/* Paths through folders that are not ours alone, as they are walked: path_resolution(7). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"

#define PART_MAX 256
#define LINKS_MOST 40 /* as many as the kernel follows */

/* A path on its way: what is left of it, and where that begins. */
struct way {
	int root, dir;
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
	w->dir = openat(w->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return w->dir < 0 ? -errno : 0;
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

/*
 * Another name of a file that is not theirs, where the kernel lets others make one (fs.protected_hardlinks = 0). Who
 * alone may write to the folder gives what is its own as many as it likes.
 */
static bool is_borrowed(int dir, int fd)
{
	struct stat folder, st;

	if (fd_stat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink < 2 || is_trusted(dir))
		return false;
	return fd_stat(dir, &folder) < 0 || folder.st_uid != st.st_uid || folder.st_mode & (S_IWGRP | S_IWOTH);
}

static int open_last(int dir, const char *name, int flags, mode_t mode)
{
	cleanup_fd int fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return -errno;
	return is_borrowed(dir, fd) ? -EMLINK : fd_steal(&fd);
}

/* What is left is a name alone: 1 when it was a link, of which something is left again. */
static int follow_last(struct way *w, const char *name)
{
	cleanup_fd int next = open_part(w->dir, name, strlen(name));
	int err = next >= 0 && is_link(next) ? take_link(w, next, "") : -ENOENT;

	if (err)
		return err == -ENOENT ? 0 : err; /* what else there is, open_last finds */
	err = w->left[0] == '/' ? to_root(w) : 0;
	return err ? err : 1;
}

/* To the folder of the last name: *ret_name, in w->left. */
static int go(struct way *w, int flags, const char **ret_name)
{
	const char *slash;
	int err = 1;

	while (err > 0) {
		*ret_name = w->left + strspn(w->left, "/");
		slash = strchr(*ret_name, '/');
		if (slash)
			err = take_part(w, *ret_name, slash);
		else
			err = flags & O_NOFOLLOW ? 0 : follow_last(w, *ret_name);
		err = slash && !err ? 1 : err;
	}
	return err;
}

int path_open_ours_in(int root, const char *path, int flags, unsigned mode)
{
	struct way w = { .root = root, .dir = -1 };
	int err = strlen(path) < sizeof(w.left) ? to_root(&w) : -ENAMETOOLONG;
	const char *name = "";

	if (!err) {
		memcpy(w.left, path, strlen(path) + 1);
		err = go(&w, flags, &name);
	}
	if (!err)
		err = open_last(w.dir, name, flags, mode);
	fd_close(&w.dir);
	return err;
}

int path_open_ours(const char *path, int flags, unsigned mode)
{
	cleanup_fd int root = fd_open("/", O_PATH | O_DIRECTORY);

	return root < 0 ? root : path_open_ours_in(root, path, flags, mode);
}

/* Linux before 5.6, and profiles of containers that are as old, refuse the one call. */
int path_find_ours(int root, const char *path)
{
	int fd = path_open(root, path, O_PATH);

	return fd == -ELOOP || fd == -ENOSYS || fd == -EPERM ? path_open_ours_in(root, path, O_PATH, 0) : fd;
}

int path_open_alone(int root, const char *path, int flags)
{
	const char *name = strrchr(path, '/') + 1;
	char folder[PATH_MAX];
	cleanup_fd int dir = -1, fd = -1;

	if (!*name || !strcmp(name, "..")) /* a directory, which has one name alone */
		return path_open(root, path, flags);
	if ((size_t)(name - path) >= sizeof(folder))
		return -ENAMETOOLONG;
	memcpy(folder, path, (size_t)(name - path));
	folder[name - path] = '\0';
	dir = path_open(root, folder, O_PATH | O_DIRECTORY);
	fd = dir < 0 ? dir : path_open(dir, name, flags);
	return fd >= 0 && is_borrowed(dir, fd) ? -EMLINK : fd_steal(&fd);
}
