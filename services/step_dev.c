/* /dev of a service: what every program may have, devices of the table, terminals and shared memory of its own. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"
#include "services/view.h"

static const struct {
	char name[8];
	uint8_t major, minor;
} usual[] = {
	{ "null", 1, 3 }, { "zero", 1, 5 },    { "full", 1, 7 },
	{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

static const struct {
	char name[8], to[16];
} links[] = {
	{ "fd", "/proc/self/fd" },       { "stdin", "/proc/self/fd/0" }, { "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" }, { "ptmx", "pts/ptmx" },
};

/* Who may not make devices can still bind those that are there. */
static int bind_device(int dev, const char *name, int original)
{
	cleanup_fd int copy = mount_copy(original, "", false);
	cleanup_fd int at = copy < 0 ? copy : path_make(dev, name, true);

	return at < 0 ? at : mount_put(copy, at, "");
}

static int make_device(int dev, const char *name, const struct stat *st, int original)
{
	if (mknodat(dev, name, st->st_mode, st->st_rdev) == 0 || errno == EEXIST)
		return 0;
	return errno == EPERM ? bind_device(dev, name, original) : -errno;
}

/* In minit's own root the new /dev lies upon it, so it is opened before that. */
static int open_minits(struct view *v)
{
	if (v->dev < 0)
		v->dev = path_open(v->old, "/dev", O_PATH);
	return v->dev;
}

static int open_original(struct view *v, const char *name)
{
	int dev = open_minits(v);

	return dev < 0 ? dev : path_open(dev, name, O_PATH);
}

static int make_usual(struct view *v, int dev, size_t i)
{
	struct stat st = { .st_mode = S_IFCHR | 0666, .st_rdev = makedev(usual[i].major, usual[i].minor) };
	cleanup_fd int original = -1;

	if (mknodat(dev, usual[i].name, st.st_mode, st.st_rdev) == 0)
		return 0;
	original = open_original(v, usual[i].name);
	return original < 0 ? original : make_device(dev, usual[i].name, &st, original);
}

static int make_parent(int dev, const char *name)
{
	char parent[256];
	const char *slash = strrchr(name, '/');
	int fd;

	if (!slash)
		return 0;
	if ((size_t)(slash - name) >= sizeof(parent))
		return -ENAMETOOLONG;
	memcpy(parent, name, (size_t)(slash - name));
	parent[slash - name] = '\0';
	fd = path_make(dev, parent, false);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* One that is bound is minit's own, and has its owner. */
static int give_as(int dev, const char *name, const struct stat *owner)
{
	struct stat st;

	if (fstatat(dev, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (st.st_uid == owner->st_uid && st.st_gid == owner->st_gid)
		return 0;
	return fchownat(dev, name, owner->st_uid, owner->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* One of the table, as it is in minit's /dev: path begins with /dev/. */
static int make_listed(struct view *v, int dev, const char *path)
{
	const char *name = path + strlen("/dev/");
	cleanup_fd int original = open_original(v, name);
	struct stat st;
	int err;

	if (original < 0 || fd_stat(original, &st) < 0)
		return original < 0 ? original : -errno;
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return -ENODEV;
	err = make_parent(dev, name);
	if (!err)
		err = make_device(dev, name, &st, original);
	return err ? err : give_as(dev, name, &st);
}

static int make_nodes(struct view *v, int dev)
{
	const struct list nodes = v->roots->nodes;
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(usual) && !err; i++)
		err = make_usual(v, dev, i);
	for (size_t i = 0; i < ARRAY_LEN(links) && !err; i++)
		err = symlinkat(links[i].to, dev, links[i].name) < 0 ? -errno : 0;
	for (uint32_t i = 0; i < nodes.count && !err; i++) {
		err = make_listed(v, dev, table_item(v->child->table, nodes, i));
		if (err)
			child_fail(v->child, err, table_item(v->child->table, nodes, i));
	}
	return err;
}

/* In the working directory, which is the new /dev: nobody else can have put anything there. */
static int put_here(const char *name, const char *type, const char *options, unsigned long flags)
{
	return mkdir(name, 0755) < 0 ? -errno : mount_old(type, name, type, flags, options);
}

/*
 * The group of terminals is 5, tty, in all distributions. Where minit's own user namespace has none (EINVAL), nobody
 * can be in it, and a terminal is its user's alone.
 */
static int put_terminals(struct view *v)
{
	BUF_ON_STACK(group, 64);
	int err;

	buf_fmt(&group, "ptmxmode=0666,mode=0620,gid=%u", roots_outside(v->child->table, v->roots->gids, 5));
	err = put_here("pts", "devpts", buf_text(&group), MOUNTS_DEVICES);
	return err != -EINVAL ? err : mount_old("devpts", "pts", "devpts", MOUNTS_DEVICES, "ptmxmode=0666,mode=0600");
}

static int put_all_below(struct view *v, int dev)
{
	int err = fchdir(dev) < 0 ? -errno : 0;

	if (!err)
		err = put_terminals(v);
	if (!err)
		err = put_here("shm", "tmpfs", "mode=1777", MOUNTS_KERNEL_FILES);
	if (!err)
		err = put_here("mqueue", "mqueue", NULL, MOUNTS_KERNEL_FILES);
	return err == -ENODEV ? 0 : err; /* a kernel without POSIX message queues */
}

/* Mounts lie upon it, so it is attached before they are: only Linux 6.15 takes them earlier. */
static int make_dev(struct view *v)
{
	cleanup_fd int dev = mount_make("tmpfs", "mode=755,size=64k", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	cleanup_fd int at = dev < 0 ? dev : view_make(v, "/dev", false);
	mode_t mask;
	int err;

	if (at < 0 || (!v->own && open_minits(v) < 0))
		return at < 0 ? at : v->dev;
	err = view_give(v, dev);
	if (!err)
		err = mount_put(dev, at, "");
	mask = umask(0);
	if (!err)
		err = make_nodes(v, dev);
	if (!err)
		err = put_all_below(v, dev);
	umask(mask);
	return err;
}

/* minit's own, with all that lies upon it. */
static int copy_dev(struct view *v)
{
	const struct mount_change private = { .spread = SPREAD_PRIVATE, .recursive = true };
	cleanup_fd int copy = mount_copy(v->old, "dev", true);
	cleanup_fd int at = copy < 0 ? copy : view_make(v, "/dev", false);
	int err = at < 0 ? at : mount_change(copy, &private);

	return err ? err : mount_put(copy, at, "");
}

int view_dev(struct view *v)
{
	int err = 0;

	if (v->roots->dev == DEV_MINIMAL)
		err = make_dev(v);
	else if (v->roots->dev == DEV_ALL && v->own)
		err = copy_dev(v);
	if (err == -EROFS) /* a root without /dev that nothing can be written to */
		return view_unless_default(v, err, ASKED_DEV, "/dev");
	return err && !v->child->detail[0] ? child_fail(v->child, err, "/dev") : err;
}
