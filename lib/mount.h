/*
 * Mounts by descriptor. What is made or copied is attached nowhere until mount_put, and both ends of that are
 * descriptors: no name is looked up twice, so nobody can put a symlink in between. fsopen(2), open_tree(2),
 * mount_setattr(2), move_mount(2): Linux 5.12, whose <linux/mount.h> cannot be had together with <sys/mount.h>.
 *
 * Results are >= 0 or -errno; descriptors are O_CLOEXEC.
 */
#ifndef LIB_MOUNT_H
#define LIB_MOUNT_H

#include <linux/mount.h>

#include "lib/util.h"

/* Of <sys/mount.h>, for mount_setattr: how mounts and unmounts of others spread. */
enum { SPREAD_AS_IS = 0, SPREAD_PRIVATE = 1 << 18, SPREAD_SLAVE = 1 << 19, SPREAD_SHARED = 1 << 20 };

/*
 * A new file system. options: "mode=755,size=64k", each a name or NAME=VALUE of at most 255 bytes, or NULL.
 * attr: MOUNT_ATTR_*.
 */
must_check int mount_make(const char *type, const char *options, uint64_t attr);

/* A copy of what is seen at path below dir, or of dir itself when path is "". A symlink is not followed at the end. */
must_check int mount_copy(int dir, const char *path, bool recursive);

/* Sets attributes, and clears those of `clear`; userns >= 0 maps ids by it (attr has MOUNT_ATTR_IDMAP). */
struct mount_change {
	uint64_t set, clear;
	uint64_t spread; /* SPREAD_* */
	int userns;
	bool recursive;
};
must_check int mount_change(int mount, const struct mount_change *change);

/* The same of the mount at name below dir, which is no symlink. -EINVAL when nothing is mounted there. */
must_check int mount_change_at(int dir, const char *name, const struct mount_change *change);

/* Attaches a mount at name below dir, or at dir itself when name is "". */
must_check int mount_put(int mount, int dir, const char *name);

/* Takes a mount that is attached, and all upon it, out of the tree again. The working directory is in it then. */
int mount_drop(int mount);

/* The same of the mount that is the working directory. */
int mount_drop_here(void);

/*
 * mount(2), and some of its flags: a single call, for what lies in a file system that nobody else has yet, where a path
 * leads to one place. What is refused with EACCES or EPERM is done by descriptor, as profiles of AppArmor (LXC and
 * others) know mount(2) by its paths. If that is refused too, or
 * the kernel does not know it, the error is that of mount(2).
 */
#define MOUNTS_KERNEL_FILES 14ul             /* MS_NOSUID | MS_NODEV | MS_NOEXEC */
#define MOUNTS_DEVICES 10ul                  /* MS_NOSUID | MS_NOEXEC */
#define MOUNTS_BIND 4096ul
#define MOUNTS_READONLY (1ul | 32ul | MOUNTS_BIND) /* MS_RDONLY | MS_REMOUNT, of a single mount */
#define MOUNTS_WRITABLE (32ul | MOUNTS_BIND)
#define MOUNTS_PRIVATE (16384ul | 1ul << 18) /* MS_REC | MS_PRIVATE */
#define MOUNTS_SLAVE (16384ul | 1ul << 19)
must_check int mount_old(const char *source, const char *target, const char *type, unsigned long flags,
			 const char *data);

#endif
