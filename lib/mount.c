#include "lib/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fd.h"

/* AT_EMPTY_PATH, AT_RECURSIVE, AT_SYMLINK_NOFOLLOW, MNT_DETACH: not all libc have all of them. */
#define EMPTY_PATH 0x1000
#define RECURSIVE 0x8000
#define NOFOLLOW 0x100
#define DETACH 2

#define OPTION_MAX 256

static int result(long n)
{
	return n < 0 ? -errno : (int)n;
}

static int set_option(int fs, const char *text, size_t len)
{
	char option[OPTION_MAX], *value;

	if (len >= sizeof(option))
		return -E2BIG;
	memcpy(option, text, len);
	option[len] = '\0';
	value = strchr(option, '=');
	if (!value)
		return result(syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, option, NULL, 0));
	*value++ = '\0';
	return result(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, option, value, 0));
}

static int set_options(int fs, const char *options)
{
	int err = 0;

	while (options && *options && !err) {
		size_t len = strcspn(options, ",");

		err = set_option(fs, options, len);
		options += len + (options[len] == ',');
	}
	return err;
}

int mount_make(const char *type, const char *options, uint64_t attr)
{
	cleanup_fd int fs = result(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
	int err;

	if (fs < 0)
		return fs;
	err = set_options(fs, options);
	if (!err)
		err = result(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	return err ? err : result(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned)attr));
}

int mount_copy(int dir, const char *path, bool recursive)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | NOFOLLOW | (*path ? 0u : EMPTY_PATH) |
			 (recursive ? RECURSIVE : 0u);

	return result(syscall(SYS_open_tree, dir, path, flags));
}

int mount_change_at(int dir, const char *name, const struct mount_change *change)
{
	const unsigned flags = NOFOLLOW | (*name ? 0u : EMPTY_PATH) | (change->recursive ? RECURSIVE : 0u);
	struct mount_attr attr = {
		.attr_set = change->set,
		.attr_clr = change->clear,
		.propagation = change->spread,
		.userns_fd = change->set & MOUNT_ATTR_IDMAP ? (uint64_t)(unsigned)change->userns : 0,
	};

	return result(syscall(SYS_mount_setattr, dir, name, flags, &attr, sizeof(attr)));
}

int mount_change(int mount, const struct mount_change *change)
{
	return mount_change_at(mount, "", change);
}

int mount_put(int mount, int dir, const char *name)
{
	unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | (*name ? 0u : MOVE_MOUNT_T_EMPTY_PATH);

	return result(syscall(SYS_move_mount, mount, "", dir, name, flags));
}

int mount_drop_here(void)
{
	return result(syscall(SYS_umount2, ".", DETACH));
}

int mount_drop(int mount)
{
	return fchdir(mount) < 0 ? -errno : mount_drop_here();
}

/* -- mount(2) ----------------------------------------------------------------------------------------------------- */

/* The lowest bits of its flags are MOUNT_ATTR_RDONLY, _NOSUID, _NODEV and _NOEXEC. */
#define ATTRIBUTES 15ul
#define REMOUNT 32ul
#define SPREADS ((unsigned long)(SPREAD_PRIVATE | SPREAD_SLAVE | SPREAD_SHARED))
#define WITH_ALL_BELOW 16384ul

static int put_at(int mount, const char *target)
{
	cleanup_fd int fd = mount;

	return fd < 0 ? fd : mount_put(fd, AT_FDCWD, target);
}

static int change_at(const char *target, unsigned long flags)
{
	const struct mount_change change = {
		.set = flags & ATTRIBUTES,
		.clear = flags & REMOUNT ? ~flags & ATTRIBUTES : 0,
		.spread = flags & SPREADS,
		.recursive = flags & WITH_ALL_BELOW,
	};
	cleanup_fd int at = fd_open(target, O_PATH);

	return at < 0 ? at : mount_change(at, &change);
}

static int by_descriptor(const char *source, const char *target, const char *type, unsigned long flags,
			 const char *data)
{
	if (flags & (REMOUNT | SPREADS))
		return change_at(target, flags);
	if (flags & MOUNTS_BIND)
		return put_at(mount_copy(AT_FDCWD, source, flags & WITH_ALL_BELOW), target);
	return put_at(mount_make(type, data, flags & ATTRIBUTES), target);
}

static bool is_refused(int err)
{
	return err == -EACCES || err == -EPERM;
}

int mount_old(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
	int err = result(syscall(SYS_mount, source, target, type, flags, data)), later;

	if (!is_refused(err))
		return err;
	later = by_descriptor(source, target, type, flags, data);
	return is_refused(later) || later == -ENOSYS ? err : later;
}
