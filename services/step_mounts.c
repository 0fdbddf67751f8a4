/*
 * The service's own view of the file system: private mounts, its root, /proc of
 * its pid namespace, /etc/hosts. mount_namespaces(7), pivot_root(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fd.h"
#include "services/child.h"

static int mount_at(struct child *child, const char *source, const char *target, const char *type,
		    unsigned long flags, const char *data)
{
	return mount(source, target, type, flags, data) < 0 ? child_fail(child, -errno, target) : 0;
}

/* pivot_root(".", ".") needs no directory for the old root, so it works on a read-only one. */
static int pivot(struct child *child)
{
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return -errno;
	return umount2(".", MNT_DETACH) < 0 ? child_fail(child, -errno, "the old root") : 0;
}

/* The first rootfs cannot be pivoted away from (EINVAL), container profiles forbid the call (EPERM). */
static int move_root(struct child *child)
{
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		return child_fail(child, -errno, "moving the root");
	return 0;
}

static int enter_root(struct child *child, const char *root)
{
	int err = mount_at(child, root, root, NULL, MS_BIND | MS_REC, NULL);

	if (err)
		return err;
	if (chdir(root) < 0)
		return child_fail(child, -errno, root);
	err = pivot(child);
	if (err == -EINVAL || err == -EPERM)
		err = move_root(child);
	if (!err && chdir("/") < 0)
		err = child_fail(child, -errno, root);
	return err;
}

/* Without a mount namespace of its own the root can only be changed, not taken away. */
static int change_root(struct child *child, const char *root)
{
	if (chroot(root) < 0 || chdir("/") < 0)
		return child_fail(child, -errno, root);
	return 0;
}

static int mount_proc(struct child *child)
{
	if (access("/proc", F_OK) < 0)
		return 0;
	return mount_at(child, "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* A directory that is there in any root, to hold a file for the moment of binding it elsewhere. */
static const char *scratch_directory(void)
{
	static const char *const places[] = { "/proc", "/tmp", "/run", "/dev", "/mnt", "/var", "/etc" };
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (!lstat(places[i], &st) && S_ISDIR(st.st_mode))
			return places[i];
	return NULL;
}

static int write_hosts(int dir, const char *text)
{
	cleanup_fd int fd = openat(dir, "hosts", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	return fd_write_all(fd, text, strlen(text));
}

/*
 * A file of our own over /etc/hosts, held by a tmpfs that is nowhere else to be
 * seen: so it also works on a root without any writable place. A memfd cannot be
 * bound: its file system is mounted inside the kernel only.
 */
static int bind_hosts(struct child *child, const char *text)
{
	const char *dir = scratch_directory();
	cleanup_fd int fd = -1;
	int err;

	if (!dir)
		return child_fail(child, -ENOENT, "a directory for /etc/hosts");
	err = mount_at(child, "hosts", dir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=1m");
	if (err)
		return err;
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 ? -errno : write_hosts(fd, text);
	if (!err && fchdir(fd) < 0)
		err = -errno;
	if (!err)
		err = mount_at(child, "hosts", "/etc/hosts", NULL, MS_BIND, NULL);
	if (!err && chdir("/") < 0)
		err = -errno;
	umount2(dir, MNT_DETACH);
	return err ? child_fail(child, err, "/etc/hosts") : 0;
}

/* Read-only is this mount, not the file system under it, which others may share. */
static int seal_root(struct child *child)
{
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		return child_fail(child, -errno, "read-only root");
	return 0;
}

static int own_mounts(struct child *child)
{
	const struct service_spec *spec = child->spec;
	int err = mount_at(child, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);

	if (!err && spec->root_at)
		err = enter_root(child, table_text(child->table, spec->root_at));
	if (!err && spec->hosts_at)
		err = bind_hosts(child, table_text(child->table, spec->hosts_at));
	if (!err && child->namespaces & CLONE_NEWPID)
		err = mount_proc(child);
	if (!err && spec->readonly)
		err = seal_root(child);
	return err;
}

int step_mounts(struct child *child)
{
	const char *root = table_text(child->table, child->spec->root_at);

	if (child->namespaces & CLONE_NEWNS)
		return own_mounts(child);
	if (child->spec->hosts_at || child->spec->readonly)
		return child_fail(child, -EPERM, "hosts and readonly need a mount namespace");
	return root ? change_root(child, root) : 0;
}
