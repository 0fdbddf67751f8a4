/* The root of a service: a directory, an image, or an overlay on either. pivot_root(2), overlayfs. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"
#include "services/image.h"
#include "services/view.h"

#define NEEDS_MOUNTS "a root that is an image needs a mount namespace"
_Static_assert(sizeof(NEEDS_MOUNTS) <= STATE_DETAIL, "it fits");

static const char *path_of(const struct view *v)
{
	return table_text(v->child->table, v->child->spec->root_at);
}

static bool wants_idmap(const struct view *v)
{
	return v->child->userns_fd >= 0 && v->roots->idmap != IDMAP_NO;
}

static int map_ids(struct view *v, int mount)
{
	const struct mount_change change = {
		.set = MOUNT_ATTR_IDMAP, .userns = v->child->userns_fd, .recursive = true,
	};

	return mount_change(mount, &change);
}

/* A file system that cannot map ids is left as it is, unless the table insists. */
static bool may_be_left(const struct view *v, int err)
{
	return err == -EINVAL && v->roots->idmap == IDMAP_AUTO;
}

static void note_left(const struct view *v)
{
	child_note(v->child, STEP_idmap, "an idmapped mount of its root");
}

/*
 * All of it read-only, but for its top as long as places for mounts are made in it: view_seal does that. Where nobody
 * holds devices back, those that lie in it are none.
 */
static int prepare(struct view *v, int mount)
{
	const bool unheld = child_confine(v->child)->leaf.device_policy == DEVICES_UNHELD;
	const uint64_t readonly = v->child->spec->readonly ? MOUNT_ATTR_RDONLY : 0;
	const struct mount_change all = {
		.set = readonly | (unheld ? MOUNT_ATTR_NODEV : 0), .spread = SPREAD_PRIVATE, .recursive = true,
	};
	const struct mount_change top = { .clear = MOUNT_ATTR_RDONLY };
	int err = mount_change(mount, &all);

	return !err && v->child->spec->readonly ? mount_change(mount, &top) : err;
}

/*
 * Before the leaf, in which the child may not use the loop device any more. The second mount is for an overlay that is
 * tried again.
 */
int step_image(struct child *child)
{
	const struct roots_spec *roots = &child_confine(child)->roots;
	const char *path = table_text(child->table, child->spec->root_at);
	bool overlay = roots->overlay_at;
	struct stat st;
	int err;

	if (!roots->image || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0; /* what is wrong with it step_mounts says */
	if (!(child->namespaces & CLONE_NEWNS))
		return child_fail(child, -ENOTDIR, NEEDS_MOUNTS);
	err = image_open(path, child->spec->readonly || overlay, child->image_fds,
			 overlay && roots->uids.count ? 2 : 1);
	return err ? child_fail(child, err, path) : 0;
}

static int take_image(struct child *child)
{
	for (size_t i = 0; i < ARRAY_LEN(child->image_fds); i++)
		if (child->image_fds[i] >= 0)
			return fd_steal(&child->image_fds[i]);
	return -ENOTBLK;
}

static int open_base(struct view *v, const char *path)
{
	cleanup_fd int fd = path_find_ours(v->old, path);
	struct stat st;
	int err = fd < 0 ? fd : fd_stat(fd, &st);

	if (err)
		return err;
	if (S_ISREG(st.st_mode))
		return take_image(v->child);
	return S_ISDIR(st.st_mode) ? mount_copy(fd, "", true) : -ENOTDIR;
}

/* -- overlay ---------------------------------------------------------------------------------------------------- */

/*
 * The directory itself, found without following a link, is what the kernel is given: below a mount of it that links do
 * not lead out of (Linux 5.14) its parts are named.
 */
static int put_kept(struct view *v, int layers, const char *dir)
{
	static const char parts[][8] = { "/upper", "/work" };
	const struct mount_change no_links = { .set = MOUNT_ATTR_NOSYMFOLLOW };
	cleanup_fd int at = path_make(v->old, dir, false);
	cleanup_fd int copy = at < 0 ? at : mount_copy(at, "", false);
	int err = copy < 0 ? copy : mount_change(copy, &no_links);

	err = err == -EINVAL ? 0 : err;
	for (size_t i = 0; i < ARRAY_LEN(parts) && !err; i++) {
		cleanup_fd int part = path_make(copy, parts[i], false);

		err = part < 0 ? part : 0;
	}
	if (!err)
		err = mount_put(copy, layers, "kept");
	return err ? child_fail(v->child, err, dir) : 0;
}

/* What is seen of the root directory itself is the upper one. */
static int give_upper(struct view *v, int layers, const char *upper)
{
	uint32_t uid = roots_outside(v->child->table, v->roots->uids, 0);
	uint32_t gid = roots_outside(v->child->table, v->roots->gids, 0);

	return fchownat(layers, upper, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

#define INITIAL_USERNS 0xEFFFFFFDul /* PROC_USER_INIT_INO, since Linux 3.8 */

static bool is_in_userns(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) == 0 && st.st_ino != INITIAL_USERNS;
}

/*
 * What an overlay notes of its files are attributes of the system's root. Where minit itself is in a user namespace it
 * cannot have them, and no directory of the lower layer could be removed (EIO): they are a user's there (Linux 5.11).
 */
static int mount_layers(struct view *v, int layers, bool kept)
{
	static const char names[][64] = { "userxattr,lowerdir=lower,upperdir=upper,workdir=work",
					  "userxattr,lowerdir=lower,upperdir=kept/upper,workdir=kept/work" };
	const char *options = names[kept] + (is_in_userns() ? 0 : strlen("userxattr,"));
	int err = wants_idmap(v) ? give_upper(v, layers, kept ? "kept/upper" : "upper") : 0;

	if (!err && fchdir(layers) < 0)
		err = -errno;
	return err ? err : mount_make("overlay", options, 0);
}

static int put_layers(struct view *v, int layers, int base, const char *dir)
{
	int err = mount_put(layers, v->old, "");

	if (!err && (mkdirat(layers, "lower", 0755) < 0 || mkdirat(layers, "upper", 0755) < 0 ||
		     mkdirat(layers, "work", 0755) < 0 || mkdirat(layers, "kept", 0755) < 0))
		err = -errno;
	if (!err)
		err = mount_put(base, layers, "lower");
	return !err && *dir == '/' ? put_kept(v, layers, dir) : err;
}

/*
 * Its layers are named from the working directory: a file system of their own that lies upon minit's root for the
 * moment. Left there, it would be what the old root is taken away with.
 */
static int make_overlay(struct view *v, int base)
{
	const char *dir = table_text(v->child->table, v->roots->overlay_at);
	cleanup_fd int layers = mount_make("tmpfs", "mode=700", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	int err = layers < 0 ? layers : put_layers(v, layers, base, dir);
	int overlay = err ? err : mount_layers(v, layers, *dir == '/');

	if (layers >= 0)
		mount_drop(layers);
	return overlay;
}

/* Upon a root of which the ids are mapped, or not. */
static int lay(struct view *v, const char *path, bool mapped)
{
	cleanup_fd int base = open_base(v, path);
	int err = base < 0 ? base : mapped ? map_ids(v, base) : 0;
	int overlay = err ? err : make_overlay(v, base);

	if (err || overlay >= 0 || v->child->detail[0] || (mapped && may_be_left(v, overlay)))
		return overlay;
	return child_fail(v->child, overlay, "overlay");
}

/*
 * What is written has the ids that the service has outside. An overlay cannot map them; its lower layer can, since
 * Linux 5.19.
 */
static int open_overlay(struct view *v, const char *path, bool mapped)
{
	int overlay = lay(v, path, mapped);

	if (!mapped || !may_be_left(v, overlay) || v->child->detail[0])
		return overlay;
	note_left(v);
	return lay(v, path, false);
}

/* -- there and into it ------------------------------------------------------------------------------------------ */

/* Upon minit's root, where it is in nobody's way: paths from / do not cross it. */
static int make_root(struct view *v, const char *path)
{
	bool mapped = wants_idmap(v), overlay = v->roots->overlay_at;
	cleanup_fd int mount = overlay ? open_overlay(v, path, mapped) : open_base(v, path);
	int err = mount < 0 ? mount : prepare(v, mount);

	if (!err && mapped && !overlay) {
		err = map_ids(v, mount);
		if (may_be_left(v, err)) {
			note_left(v);
			err = 0;
		}
	}
	if (!err)
		err = mount_put(mount, v->old, "");
	return err ? err : fd_steal(&mount);
}

int view_root(struct view *v)
{
	const char *path = path_of(v);
	int root = path ? make_root(v, path) : fd_open("/", O_PATH | O_DIRECTORY);

	if (root < 0)
		return v->child->detail[0] ? root : child_fail(v->child, root, path ? path : "/");
	v->own = path != NULL;
	v->root = root;
	return 0;
}

/* pivot_root(".", ".") needs no directory for the old root, so it works on a read-only one. */
static int pivot(struct view *v)
{
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return -errno;
	return mount_drop_here() < 0 ? child_fail(v->child, -errno, "the old root") : 0;
}

/*
 * The first rootfs cannot be pivoted away from (EINVAL), container profiles forbid the call (EPERM). The new root lies
 * upon the old one, so who climbs out of it comes back into it.
 */
int view_enter(struct view *v)
{
	int err;

	if (!v->own) /* what was done here has left it elsewhere */
		return chdir("/") < 0 ? child_fail(v->child, -errno, "/") : 0;
	if (fchdir(v->root) < 0)
		return child_fail(v->child, -errno, path_of(v));
	err = pivot(v);
	if ((err == -EINVAL || err == -EPERM) && !v->child->detail[0])
		err = chroot(".") < 0 ? child_fail(v->child, -errno, "chroot") : 0;
	if (!err && chdir("/") < 0)
		err = child_fail(v->child, -errno, path_of(v));
	return err;
}
