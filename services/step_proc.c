/* /proc and /sys of a service, and what is hidden or read-only of them: proc(5), sysfs(5). */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"
#include "services/view.h"

#define KERNEL_FILES (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* Texts of one length, as pointers would be relocated. */
static const struct {
	uint8_t kind; /* enum mask_kind */
	char name[31];
} masks[] = {
#define MASK(kind, name) { MASK_##kind, name },
#include "services/masks.def"
#undef MASK
};

/* What hides a file is the device itself, or it would be what somebody has put in its place. */
static int open_null(void)
{
	return fd_null(O_PATH | O_NOFOLLOW);
}

static int unless_missing(int err)
{
	return err == -ENOENT ? 0 : err;
}

static int make_file_mask(struct view *v)
{
	if (v->null < 0)
		v->null = open_null();
	return v->null < 0 ? child_fail(v->child, v->null, "/dev/null") : mount_copy(v->null, "", false);
}

/* The first is the file system itself, the others are copies. */
static int make_directory_mask(struct view *v)
{
	if (v->empty >= 0)
		return mount_copy(v->empty, "", false);
	return mount_make("tmpfs", "mode=555,size=4k", KERNEL_FILES | MOUNT_ATTR_RDONLY);
}

int view_mask_file(struct view *v, int dir, const char *name)
{
	cleanup_fd int mask = make_file_mask(v);

	return mask < 0 ? mask : mount_put(mask, dir, name);
}

int view_mask_directory(struct view *v, int dir, const char *name)
{
	cleanup_fd int mask = make_directory_mask(v);
	int err = mask < 0 ? mask : mount_put(mask, dir, name);

	if (!err && v->empty < 0)
		v->empty = fd_steal(&mask);
	return err;
}

/* A mask until it lies somewhere, and where that is: others are bound from there. */
struct cover {
	int mask;
	char first[64];
};

/*
 * In the working directory, which the kernel has just made: by one call each from what is hidden there already. One
 * mask is tried until a name is there for it: what is attached nowhere when it is closed waits for all processors.
 */
static int cover(struct cover *c, const char *name)
{
	int err = c->first[0] ? mount_old(c->first, name, NULL, MOUNTS_BIND, NULL) :
				mount_put(c->mask, AT_FDCWD, name);

	if (!err && !c->first[0])
		strncpy(c->first, name, sizeof(c->first) - 1);
	return unless_missing(err);
}

#define PROCESSORS "devices/system/cpu"

static bool has_masks_of_cpus;

/* Where minit has no /sys it is not known. */
void view_look_at_processors(void)
{
	has_masks_of_cpus = access("/sys/" PROCESSORS, F_OK) < 0;
#define MASK_AT_OF_CPU(name) has_masks_of_cpus |= access("/sys/" PROCESSORS "/cpu0/" name, F_OK) == 0;
#define MASK_AT_FILE(name)
#define MASK_AT_DIRECTORY(name)
#define MASK_AT_READONLY(name)
#define MASK_AT_OF_SYS(name)
#define MASK(kind, name) MASK_AT_##kind(name)
#include "services/masks.def"
#undef MASK
}

/* "0-7", or "0,2-3": the last number is the highest. */
static uint64_t last_processor(void)
{
	char text[128];
	ssize_t n = fd_read_file(AT_FDCWD, PROCESSORS "/possible", text, sizeof(text));
	uint64_t last = 0;

	for (ssize_t i = 0; i < n; i++)
		if (text[i] >= '0' && text[i] <= '9')
			last = last * 10 + (uint64_t)(text[i] - '0');
		else if (text[i] != '\n')
			last = 0;
	return MIN(last, 8191); /* the most that Linux can be built for */
}

static int cover_of_cpus(struct cover *c, const char *name)
{
	const uint64_t last = has_masks_of_cpus ? last_processor() : 0;
	int err = 0;

	for (uint64_t cpu = 0; has_masks_of_cpus && cpu <= last && !err; cpu++) {
		BUF_ON_STACK(path, 64);

		buf_fmt(&path, PROCESSORS "/cpu%u/%s", (unsigned)cpu, name);
		err = cover(c, buf_text(&path));
	}
	return err;
}

static int hide(struct view *v, enum mask_kind kind)
{
	cleanup_fd int mask = kind == MASK_FILE ? make_file_mask(v) : make_directory_mask(v);
	struct cover c = { .mask = mask };
	int err = mask < 0 ? mask : 0;

	for (size_t i = 0; i < ARRAY_LEN(masks) && !err; i++)
		if (masks[i].kind == kind)
			err = cover(&c, masks[i].name);
		else if (masks[i].kind == MASK_OF_CPU && kind == MASK_OF_SYS)
			err = cover_of_cpus(&c, masks[i].name);
	if (c.first[0] && kind != MASK_FILE && v->empty < 0)
		v->empty = fd_steal(&mask);
	return err;
}

/* In the working directory, which is the new procfs: as long as this is read-only, so is what is bound from it. */
static int protect(const char *name)
{
	return unless_missing(mount_old(name, name, NULL, MOUNTS_BIND, NULL));
}

/* What lies upon it stays as it is. Where it may be read-only alone it is none. */
static int open_up(void)
{
	int err = mount_old(NULL, ".", NULL, MOUNTS_WRITABLE | MOUNTS_KERNEL_FILES, NULL);

	if (err)
		(void)mount_drop_here();
	return err;
}

static int hide_proc(struct view *v, int proc)
{
	int err = fchdir(proc) < 0 ? -errno : 0;

	if (!err)
		err = hide(v, MASK_FILE);
	if (!err)
		err = hide(v, MASK_DIRECTORY);
	for (size_t i = 0; i < ARRAY_LEN(masks) && !err; i++)
		if (masks[i].kind == MASK_READONLY)
			err = protect(masks[i].name);
	return err;
}

static const char *proc_options(const struct roots_spec *roots)
{
	static const char options[][32] = { "hidepid=off", "hidepid=noaccess", "hidepid=invisible",
					    "hidepid=ptraceable" };
	static const char of_pids[][32] = { "hidepid=off,subset=pid", "hidepid=noaccess,subset=pid",
					    "hidepid=invisible,subset=pid", "hidepid=ptraceable,subset=pid" };

	if (roots->proc == PROC_PIDS)
		return of_pids[roots->hidepid];
	return roots->hidepid ? options[roots->hidepid] : NULL;
}

/* An old kernel has no mounts by descriptor; minit's own root can be trusted with a path. */
static int old_proc(struct view *v)
{
	if (v->own || v->roots->proc == PROC_PIDS || v->roots->hidepid)
		return -ENOSYS;
	return mount_old("proc", "/proc", "proc", MOUNTS_KERNEL_FILES, NULL);
}

static int put_kernel_files(struct view *v, const char *path, int mount)
{
	cleanup_fd int at = view_make(v, path, false);

	return at < 0 ? at : mount_put(mount, at, "");
}

static int make_proc(struct view *v)
{
	const bool masked = v->roots->proc == PROC_MASKED;
	const uint64_t readonly = masked ? MOUNT_ATTR_RDONLY : 0;
	cleanup_fd int proc = mount_make("proc", proc_options(v->roots), KERNEL_FILES | readonly);
	int err;

	if (proc == -ENOSYS)
		return old_proc(v);
	if (proc < 0)
		return proc;
	err = put_kernel_files(v, "/proc", proc);
	if (err || !masked)
		return err;
	err = hide_proc(v, proc);
	if (err && !v->child->detail[0]) /* one that shows all is no default */
		return child_fail(v->child, err, "/proc");
	return err ? err : open_up();
}

int view_proc(struct view *v)
{
	if (v->roots->proc == PROC_NONE)
		return 0;
	return view_unless_default(v, make_proc(v), ASKED_PROC, "/proc");
}

/*
 * Groups of a cgroup namespace of its own, to be read: programs learn their limits there. Read-only is this mount, not
 * the file system, which a leaf that is the service's own is written through.
 */
static int put_cgroups(struct view *v)
{
	static const char place[] = "fs/cgroup";
	int err;

	if (!(v->child->namespaces & CLONE_NEWCGROUP))
		return 0;
	err = mount_old("cgroup2", place, "cgroup2", MOUNTS_KERNEL_FILES, NULL);
	if (!err)
		return mount_old(NULL, place, NULL, MOUNTS_READONLY | MOUNTS_KERNEL_FILES, NULL);
	if (err != -ENOENT)
		view_miss(v, "/sys/fs/cgroup");
	return 0;
}

/*
 * In a read-only /sys there is a directory already that nothing can ever be put into (sysfs_create_mount_point, Linux
 * 4.2): what masks with it needs no file system of its own to be made, and taken away in the end.
 */
static void take_empty(struct view *v, int sys)
{
	if (v->empty < 0 && v->roots->sys == SYS_READONLY)
		v->empty = openat(sys, "fs/cgroup", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int make_sys(struct view *v)
{
	uint64_t readonly = v->roots->sys == SYS_READONLY ? MOUNT_ATTR_RDONLY : 0;
	cleanup_fd int sys = mount_make("sysfs", NULL, KERNEL_FILES | readonly);
	int err = sys < 0 ? sys : put_kernel_files(v, "/sys", sys);

	if (err)
		return err;
	take_empty(v, sys);
	err = fchdir(sys) < 0 ? -errno : hide(v, MASK_OF_SYS);
	if (!err)
		err = put_cgroups(v);
	return err ? child_fail(v->child, err, "/sys") : 0;
}

/*
 * What is there, as it is there, and nothing that comes later, which could be written to; where there is nothing,
 * nobody can write to it. A leaf of v1 that is the service's own
 * may be found among all the others alone.
 */
static int seal(struct view *v)
{
	static const char groups[] = "sys/fs/cgroup";
	const struct mount_change readonly = {
		.set = MOUNT_ATTR_RDONLY, .spread = SPREAD_PRIVATE, .recursive = true,
	};
	cleanup_fd int open = !v->own && child_keeps_groups(v->child) ? mount_copy(v->root, groups, true) : -1;
	int err = mount_change_at(v->root, "sys", &readonly);

	if (err == -EINVAL)
		err = view_readonly(v, "/sys");
	if (!err && open >= 0)
		err = mount_put(open, v->root, groups);
	return unless_missing(err);
}

/* Left out by kernels before 5.12, and where a profile forbids it. */
static int seal_sys(struct view *v)
{
	static const char what[] = "a read-only /sys";
	int err = seal(v);

	if (err == -ENOSYS || err == -EACCES)
		err = v->roots->asked & ASKED_SYS ? err : -EPERM;
	return view_unless_default(v, err, ASKED_SYS, what);
}

int view_sys(struct view *v)
{
	if (v->roots->sys == SYS_NONE)
		return 0;
	if (v->roots->sys == SYS_SEALED)
		return seal_sys(v);
	return view_unless_default(v, make_sys(v), ASKED_SYS, "/sys");
}
