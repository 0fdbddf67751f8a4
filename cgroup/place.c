#include "cgroup/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/text.h"

/* The lines of a file that may be longer than any buffer of ours; a line that is longer is passed over. */
struct lines {
	int fd;
	bool skip; /* the line at hand has lost its beginning */
	size_t at, len;
	char mem[4096];
};

static bool lines_fill(struct lines *l)
{
	ssize_t n;

	memmove(l->mem, l->mem + l->at, l->len - l->at);
	l->len -= l->at;
	l->at = 0;
	if (l->len == sizeof(l->mem)) {
		l->skip = true;
		l->len = 0;
	}
	n = read(l->fd, l->mem + l->len, sizeof(l->mem) - l->len);
	l->len += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static char *lines_next(struct lines *l)
{
	for (;;) {
		char *line = l->mem + l->at;
		char *end = memchr(line, '\n', l->len - l->at);
		bool whole = !l->skip;

		if (!end && !lines_fill(l))
			return NULL;
		if (!end)
			continue;
		*end = '\0';
		l->at = (size_t)(end + 1 - l->mem);
		l->skip = false;
		if (whole)
			return line;
	}
}

bool place_has(const struct place *place, const char *controller)
{
	return text_is_listed(place->controllers, controller);
}

static int copy_text(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(to, from, len + 1);
	return 0;
}

/* "4:cpu,cpuacct:/a/b": cgroups(7). */
static int parse_own(char *line, const char *controller, struct place *ret)
{
	char *list, *path = line;

	strsep(&path, ":");
	list = strsep(&path, ":");
	if (!list || !path || !text_is_listed(list, controller))
		return -ENOENT;
	if (!strncmp(path, "/..", 3) && (path[3] == '/' || !path[3]))
		return -EXDEV;
	if (copy_text(ret->controllers, sizeof(ret->controllers), list))
		return -ENAMETOOLONG;
	return copy_text(ret->path, sizeof(ret->path), path);
}

int place_find(int proc, const char *controller, struct place *ret)
{
	cleanup_fd int fd = openat(proc, "self/cgroup", O_RDONLY | O_CLOEXEC);
	struct lines lines = { .fd = fd };
	int err = -ENOENT;
	char *line;

	if (fd < 0)
		return -errno;
	while (err == -ENOENT && (line = lines_next(&lines)))
		err = parse_own(line, controller, ret);
	return err;
}

/* Spaces and the like stand as \040 in mountinfo. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] != '\\' || !s[1] || !s[2] || !s[3]) {
			*to++ = *s;
			continue;
		}
		*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
		s += 3;
	}
	*to = '\0';
}

int place_path(const struct place *place, char *root, char *point, char *ret, size_t size)
{
	const char *rest = place->path;
	struct buf b;
	size_t len;

	unescape(root);
	unescape(point);
	len = strcmp(root, "/") != 0 ? strlen(root) : 0;
	if (strncmp(rest, root, len) != 0 || (rest[len] != '/' && rest[len]))
		return -ENOENT;
	rest += len;
	buf_init(&b, ret, size);
	buf_fmt(&b, "%s%s", point, strcmp(rest, "/") != 0 ? rest : "");
	buf_char(&b, '\0');
	return buf_check(&b);
}

struct mount {
	char *root, *point, *type, *options;
};

/* "36 35 98:0 ROOT POINT rw,noatime master:1 - TYPE SOURCE OPTIONS": proc(5). */
static bool parse_mount(char *line, struct mount *ret)
{
	char *rest = strstr(line, " - ");

	if (!rest)
		return false;
	*rest = '\0';
	rest += 3;
	ret->type = strsep(&rest, " ");
	strsep(&rest, " ");
	ret->options = rest;
	for (int skip = 0; skip < 3; skip++)
		strsep(&line, " ");
	ret->root = strsep(&line, " ");
	ret->point = strsep(&line, " ");
	return ret->point && ret->options;
}

static bool is_hierarchy(const struct mount *mount, const struct place *place)
{
	char first[sizeof(place->controllers)];

	if (!place->controllers[0])
		return !strcmp(mount->type, "cgroup2");
	if (strcmp(mount->type, "cgroup") != 0)
		return false;
	memcpy(first, place->controllers, sizeof(first));
	first[strcspn(first, ",")] = '\0';
	return text_is_listed(mount->options, first);
}

/* Something else may be mounted above it, hence the look at what was opened. */
static int open_mount(const struct place *place, char *root, char *point)
{
	char path[4096];
	cleanup_fd int fd = -1;
	struct statfs fs;
	int err = place_path(place, root, point, path, sizeof(path));

	if (err)
		return err;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	if ((unsigned long)fs.f_type != (place->controllers[0] ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC))
		return -ENOENT;
	return fd_steal(&fd);
}

int place_open(int proc, const struct place *place)
{
	cleanup_fd int info = openat(proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct lines lines = { .fd = info };
	struct mount mount;
	int fd = -ENOENT;
	char *line;

	if (info < 0)
		return -errno;
	while (fd < 0 && (line = lines_next(&lines)))
		if (parse_mount(line, &mount) && is_hierarchy(&mount, place))
			fd = open_mount(place, mount.root, mount.point);
	return fd;
}

static long config(int fs, unsigned command, const char *key)
{
	return syscall(SYS_fsconfig, fs, command, key, NULL, 0);
}

static int config_controllers(int fs, const struct place *place)
{
	char list[sizeof(place->controllers)], *rest = list, *word;

	memcpy(list, place->controllers, sizeof(list));
	while (*list && (word = strsep(&rest, ",")))
		if (config(fs, FSCONFIG_SET_FLAG, word) < 0)
			return -errno;
	return config(fs, FSCONFIG_CMD_CREATE, NULL) < 0 ? -errno : 0;
}

int place_mount(const struct place *place)
{
	const char *type = place->controllers[0] ? "cgroup" : "cgroup2";
	cleanup_fd int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	cleanup_fd int top = -1;
	int fd, err;

	if (fs < 0)
		return -errno;
	err = config_controllers(fs, place);
	if (err)
		return err;
	top = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (top < 0)
		return -errno;
	fd = openat(top, place->path[1] ? place->path + 1 : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
