/* The root of a service: a directory, an image, or an overlay on either. pivot_root(2), overlayfs. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"
#include "services/image.h"
#include "services/view.h"

static const char *path_of(const struct view *v)
{
	return table_text(v->child->table, v->child->spec->root_at);
}

static bool wants_idmap(const struct view *v)
{
	return v->child->userns_fd >= 0 && v->roots->idmap != IDMAP_NO;
}

/* A file system that cannot map ids is left as it is, unless the table insists. */
static int map_ids(struct view *v, int mount)
{
	const struct mount_change change = {
		.set = MOUNT_ATTR_IDMAP, .userns = v->child->userns_fd, .recursive = true,
	};
	int err = wants_idmap(v) ? mount_change(mount, &change) : 0;

	return err == -EINVAL && v->roots->idmap == IDMAP_AUTO ? 0 : err;
}

/* All of it read-only, but for its top as long as places for mounts are made in it: view_seal does that. */
static int prepare(struct view *v, int mount)
{
	const struct mount_change all = {
		.set = v->child->spec->readonly ? MOUNT_ATTR_RDONLY : 0, .spread = SPREAD_PRIVATE, .recursive = true,
	};
	const struct mount_change top = { .clear = MOUNT_ATTR_RDONLY };
	int err = mount_change(mount, &all);

	return !err && v->child->spec->readonly ? mount_change(mount, &top) : err;
}

static int open_base(struct view *v, const char *path)
{
	cleanup_fd int fd = fd_open(path, O_PATH);
	struct stat st;
	int err = fd < 0 ? fd : fd_stat(fd, &st);

	if (err)
		return err;
	if (S_ISREG(st.st_mode))
		return image_open(path, v->child->spec->readonly || v->roots->overlay_at);
	return S_ISDIR(st.st_mode) ? mount_copy(fd, "", true) : -ENOTDIR;
}

/* -- overlay ---------------------------------------------------------------------------------------------------- */

static int make_kept(struct view *v, const char *dir)
{
	static const char parts[][8] = { "/upper", "/work" };
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts) && err >= 0; i++) {
		BUF_ON_STACK(path, 512);

		buf_fmt(&path, "%s%s", dir, parts[i]);
		if (buf_check(&path))
			return -ENAMETOOLONG;
		err = path_make(v->old, buf_text(&path), false);
		if (err >= 0)
			close(err);
	}
	return err < 0 ? err : 0;
}

static int mount_layers(const char *dir, bool kept)
{
	BUF_ON_STACK(options, 600);

	buf_fmt(&options, "lowerdir=lower,upperdir=%s%s,workdir=%s%s", kept ? dir : "", kept ? "/upper" : "upper",
		kept ? dir : "", kept ? "/work" : "work");
	return mount_make("overlay", buf_text(&options), 0);
}

/*
 * Its layers are named from the working directory: a file system of their own that lies upon minit's root for the
 * moment. Left there, it would be what the old root is taken away with.
 */
static int make_overlay(struct view *v, int base)
{
	const char *dir = table_text(v->child->table, v->roots->overlay_at);
	bool kept = *dir == '/';
	cleanup_fd int layers = mount_make("tmpfs", "mode=700", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	int err = layers < 0 ? layers : mount_put(layers, v->old, ""), overlay;

	if (!err && (mkdirat(layers, "lower", 0755) < 0 || mkdirat(layers, "upper", 0755) < 0 ||
		     mkdirat(layers, "work", 0755) < 0 || fchdir(layers) < 0))
		err = -errno;
	if (!err)
		err = mount_put(base, layers, "lower");
	if (!err && kept)
		err = make_kept(v, dir);
	overlay = err ? err : mount_layers(dir, kept);
	if (layers >= 0)
		mount_drop(layers);
	return overlay;
}

static int open_overlay(struct view *v, const char *path)
{
	cleanup_fd int base = open_base(v, path);
	int overlay;

	if (base < 0 || !v->roots->overlay_at)
		return base < 0 ? base : fd_steal(&base);
	overlay = make_overlay(v, base);
	return overlay < 0 ? child_fail(v->child, overlay, "overlay") : overlay;
}

/* -- there and into it ------------------------------------------------------------------------------------------ */

/* Upon minit's root, where it is in nobody's way: paths from / do not cross it. */
int view_root(struct view *v)
{
	const char *path = path_of(v);
	cleanup_fd int mount = path ? open_overlay(v, path) : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = mount < 0 ? mount : 0;

	if (!err && path)
		err = prepare(v, mount);
	if (!err && path)
		err = map_ids(v, mount);
	if (!err && path)
		err = mount_put(mount, v->old, "");
	if (err)
		return v->child->detail[0] ? err : child_fail(v->child, err, path ? path : "/");
	v->own = path != NULL;
	v->root = fd_steal(&mount);
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
