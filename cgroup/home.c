#include "cgroup/home.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/tree.h"
#include "lib/buf.h"
#include "lib/fd.h"

#define TRIES 4

struct home_name {
	char text[64];
};

static const char *own_name(struct home_name *name)
{
	struct stat ns = { 0 };
	struct buf b;

	buf_init(&b, name->text, sizeof(name->text));
	stat("/proc/self/ns/pid", &ns);
	buf_fmt(&b, "minit.%lu.%d", (unsigned long)ns.st_ino, getpid());
	return buf_text(&b);
}

static bool is_number(const char *s, size_t len)
{
	return len > 0 && strspn(s, "0123456789") == len;
}

/* minit.NUMBER.NUMBER, which no one else makes. */
static bool is_home(const char *name)
{
	const char *ns = name + 6, *pid;

	if (strncmp(name, "minit.", 6) != 0)
		return false;
	pid = strchr(ns, '.');
	return pid && is_number(ns, (size_t)(pid - ns)) && is_number(pid + 1, strlen(pid + 1));
}

static int open_locked(int parent, const char *name, int how)
{
	cleanup_fd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | how) < 0)
		return -errno;
	return fd_steal(&fd);
}

static int sweep_one(int parent, const char *name, void *arg)
{
	cleanup_fd int fd = -1;

	(void)arg;
	if (!is_home(name))
		return 0;
	fd = open_locked(parent, name, LOCK_NB);
	if (fd >= 0)
		tree_remove(parent, name);
	return 0;
}

/* A sweeper may have had it between mkdir and lock; then the name is gone or another's. */
static bool is_named(int fd, int parent, const char *name)
{
	struct stat here, there;

	return !fstat(fd, &here) && !fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) &&
	       here.st_ino == there.st_ino;
}

/*
 * The lock is waited for: besides a sweeper only a child of ours can have it, one
 * that was to try something out and is not gone yet when minit has executed itself.
 */
static int make_locked(int parent, const char *name)
{
	cleanup_fd int fd = -1;

	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = open_locked(parent, name, 0);
	if (fd < 0)
		return fd;
	return is_named(fd, parent, name) ? fd_steal(&fd) : -EAGAIN;
}

int home_make(int parent)
{
	struct home_name name;
	int fd = -EAGAIN;

	own_name(&name);
	tree_each(parent, sweep_one, NULL);
	for (int left = TRIES; left > 0 && (fd == -EAGAIN || fd == -ENOENT); left--)
		fd = make_locked(parent, name.text);
	return fd;
}

void home_remove(int32_t *home)
{
	cleanup_fd int parent = openat(*home, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct home_name name;

	own_name(&name);
	if (parent >= 0 && is_named(*home, parent, name.text))
		tree_remove(parent, name.text);
	fd_close(home);
}
