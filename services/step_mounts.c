/*
 * The service's own view of the file system, from its parts (services/view.h): private mounts, its root, /proc, /sys,
 * /dev, what its table mounts, files of names. mount_namespaces(7).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"
#include "services/view.h"

/* Without a mount namespace of its own the root can only be changed, not taken away. */
static int change_root(struct child *child, const char *root)
{
	if (chroot(root) < 0 || chdir("/") < 0)
		return child_fail(child, -errno, root);
	return 0;
}

static int write_file(int dir, const char *name, const char *text)
{
	cleanup_fd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	return fd_write_all(fd, text, strlen(text));
}

/*
 * The name itself: what is laid upon a symlink is found in its place, wherever that leads (to /run, as systemd-resolved
 * has it, where nothing may be), and leads nobody elsewhere. A root of its own is given what is missing.
 */
static int open_name(struct view *v, const char *path)
{
	int fd;

	if (v->own) {
		fd = path_open(v->root, path, O_PATH | O_NOFOLLOW);
		return fd == -ENOENT ? view_make(v, path, true) : fd;
	}
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* `path` is what it is in the service's root, and behind its last slash in the tmpfs. */
static int put_file(struct view *v, int tmpfs, const char *path, const char *text)
{
	const char *name = strrchr(path, '/') + 1;
	cleanup_fd int copy = -1, at = -1;
	int err = text ? write_file(tmpfs, name, text) : 0;

	if (!text)
		return 0;
	copy = err ? err : mount_copy(tmpfs, name, false);
	at = copy < 0 ? copy : open_name(v, path);
	err = at < 0 ? at : mount_put(copy, at, "");
	return err ? child_fail(v->child, err, path) : 0;
}

/*
 * Files of our own over those in /etc, held by a tmpfs that lies upon minit's root for the moment of copying them: so
 * it also works on a root without any writable place. A memfd cannot be bound: its file system is mounted inside the
 * kernel only.
 */
static int bind_files(struct view *v)
{
	const struct network_spec *network = table_network(v->child->table, v->child->spec);
	const char *hosts = table_text(v->child->table, v->child->spec->hosts_at);
	const char *resolv = network ? table_text(v->child->table, network->resolv_at) : NULL;
	cleanup_fd int tmpfs = -1;
	int err, dropped;

	if (!hosts && !resolv)
		return 0;
	tmpfs = mount_make("tmpfs", "mode=755,size=1m", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	err = tmpfs < 0 ? tmpfs : mount_put(tmpfs, v->old, "");
	if (err)
		return child_fail(v->child, err, hosts ? "/etc/hosts" : "/etc/resolv.conf");
	err = put_file(v, tmpfs, "/etc/hosts", hosts);
	if (!err)
		err = put_file(v, tmpfs, "/etc/resolv.conf", resolv);
	dropped = mount_drop(tmpfs);
	return !err && dropped ? child_fail(v->child, dropped, "/etc/hosts") : err;
}

/* Read-only is this mount, not the file system under it, which others may share. */
static int seal_root(struct view *v)
{
	const struct mount_change readonly = { .set = MOUNT_ATTR_RDONLY };
	int err = v->child->spec->readonly ? mount_change(v->root, &readonly) : 0;

	return err ? child_fail(v->child, err, "read-only root") : 0;
}

/* -- what is left out --------------------------------------------------------------------------------------------- */

void view_miss(struct view *v, const char *what)
{
	struct buf b;

	buf_init(&b, v->missed, sizeof(v->missed));
	b.len = strlen(v->missed);
	buf_fmt(&b, "%s%s", b.len ? ", " : "", what);
	buf_text(&b);
}

/*
 * A read-only root without the place; minit's own without it; a container that is not the machine's root and whose
 * own /proc is masked (mount_too_revealing in fs/namespace.c).
 */
int view_unless_default(struct view *v, int err, uint8_t asked, const char *path)
{
	bool absent = err == -EROFS || err == -EPERM || (err == -ENOENT && !v->own);

	if (!err || v->child->detail[0])
		return err;
	if (!absent || v->roots->asked & asked)
		return child_fail(v->child, err, path);
	view_miss(v, path);
	return 0;
}

/* -- all of it ---------------------------------------------------------------------------------------------------- */

typedef int part_fn(struct view *v);

static part_fn *const parts[] = {
	view_share, view_take_secrets, view_root, view_sys, view_proc, view_dev, view_directories, view_fill,
	view_secrets, bind_files, seal_root, view_enter,
};

static int make_view(struct view *v)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts) && !err; i++)
		err = parts[i](v);
	return err;
}

static int own_mounts(struct child *child)
{
	struct view v = {
		.child = child,
		.roots = &table_confine(child->table, child->spec)->roots,
		.old = fd_open("/", O_PATH | O_DIRECTORY),
		.root = -1, .dev = -1, .null = -1, .empty = -1,
	};
	int err = v.old < 0 ? child_fail(child, v.old, "/") : make_view(&v);

	if (!err && v.missed[0])
		child_note(child, STEP_mounts, v.missed);
	fd_close(&v.old);
	fd_close(&v.root);
	fd_close(&v.dev);
	fd_close(&v.null);
	fd_close(&v.empty);
	return err;
}

static bool has_resolv(const struct child *child)
{
	const struct network_spec *network = table_network(child->table, child->spec);

	return network && network->resolv_at;
}

static int enter_root(struct child *child)
{
	const char *root = table_text(child->table, child->spec->root_at);

	if (child->namespaces & CLONE_NEWNS)
		return own_mounts(child);
	if (child->spec->hosts_at || child->spec->readonly || has_resolv(child))
		return child_fail(child, -EPERM, "hosts, dns and readonly need a mount namespace");
	if (!roots_has_directories(&child_confine(child)->roots))
		return root ? change_root(child, root) : 0;
	if (root)
		return child_fail(child, -EPERM, "directories with a root need a mount namespace");
	return view_directories_plain(child);
}

int step_mounts(struct child *child)
{
	int err = enter_root(child);

	return err ? err : child_part(child);
}
