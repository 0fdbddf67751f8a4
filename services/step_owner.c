/*
 * What belongs to the service's user: directories that the table asks for, secrets, a leaf of its own. They are made
 * while paths are minit's (view_directories, view_secrets); whose they are is known once its root is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"
#include "services/view.h"
#include "services/who.h"

static const struct {
	char place[16], variable[24];
	size_t list;
} kinds[] = {
#define DIRECTORY(key, list, place, variable) { place, variable, offsetof(struct roots_spec, list) },
#include "services/directories.def"
#undef DIRECTORY
};

static const struct roots_spec *roots_of(const struct child *child)
{
	return &table_confine(child->table, child->spec)->roots;
}

static struct list list_of(const struct roots_spec *roots, size_t kind)
{
	return *(const struct list *)(const void *)((const char *)roots + kinds[kind].list);
}

/* -- directories ------------------------------------------------------------------------------------------------ */

/*
 * A directory of minit's root, at the same place in the service's; upon itself where it is the same root, to be no part
 * of what is read-only there.
 */
static int copy_directory(int dir)
{
	const struct mount_change private = { .set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, .spread = SPREAD_PRIVATE };
	cleanup_fd int copy = mount_copy(dir, "", false);
	int err = copy < 0 ? copy : mount_change(copy, &private);

	return err ? err : fd_steal(&copy);
}

static int put_directory(struct view *v, int copy, const char *path)
{
	cleanup_fd int at = view_make(v, path, false);

	return at < 0 ? at : mount_put(copy, at, "");
}

static int show(struct view *v, int dir, const char *path)
{
	bool apart = v->own || v->child->spec->readonly;
	cleanup_fd int copy = apart ? copy_directory(dir) : -1;

	if (!apart)
		return 0;
	return copy < 0 ? copy : put_directory(v, copy, path);
}

/* They come by their targets, so a mount comes behind those that it is below. Without a namespace there are none. */
static int last_above(const struct view *v, const char *path)
{
	const struct mount_spec *mounts = table_list(v->child->table, v->roots->mounts, struct mount_spec);
	int last = -1;

	for (uint32_t i = 0; i < v->roots->mounts.count && v->root >= 0; i++) {
		const char *target = table_text(v->child->table, mounts[i].target_at);
		size_t len = strlen(target);

		if (!strncmp(path, target, len) && path[len] == '/')
			last = (int)i;
	}
	return last;
}

static int hold_if_covered(struct view *v, int dir, const char *path, struct held held)
{
	int above = last_above(v, path);

	if (above < 0)
		return 0;
	if (v->held_count == HELD_MAX)
		return -E2BIG;
	held.mount = (uint32_t)above;
	held.copy = copy_directory(dir);
	if (held.copy >= 0)
		v->held[v->held_count++] = held;
	return MIN(held.copy, 0);
}

static void put_path(struct buf *b, const struct child *child, size_t kind, uint32_t i)
{
	buf_str(b, kinds[kind].place);
	buf_str(b, table_item(child->table, list_of(roots_of(child), kind), i));
}

/*
 * Of a root that is a folder of minit's, with all that is mounted there: a descriptor of that folder. -ENOTDIR: it is a
 * file system that minit has nowhere, an image or an overlay.
 */
static int open_base(const struct child *child, const struct service_spec *owner)
{
	const char *path = table_text(child->table, owner->root_at);
	cleanup_fd int base = path_find_ours(child->root_fd, path ?: "/");
	struct stat st;
	int err = base < 0 ? base : fd_stat(base, &st);

	if (!err && (!S_ISDIR(st.st_mode) || table_confine(child->table, owner)->roots.overlay_at))
		err = -ENOTDIR;
	return err ? err : fd_steal(&base);
}

static int make_in_base(const struct view *v, const struct service_spec *owner, const char *path)
{
	cleanup_fd int base = open_base(v->child, owner);
	cleanup_fd int made = base < 0 ? base : path_make(base, path, false);
	int dir;

	if (base == -ENOTDIR)
		return path_make(v->old, path, false);
	dir = made < 0 ? made : path_open(v->old, path, O_PATH);
	return made >= 0 && dir == -ENOENT ? -EXDEV : dir; /* something is mounted there */
}

/* Where root inside of whose mounts are joined may make it, it does: that may be given to others (is_theirs). */
static int make(const struct view *v, const char *path)
{
	const struct service_spec *owner = table_mapped_owner(v->child->table, v->child->spec);
	int dir;

	if (!owner)
		return path_make(v->old, path, false);
	dir = view_make_as(v, &table_confine(v->child->table, owner)->roots, v->old, path, false);
	return dir == -EACCES || dir == -EPERM ? make_in_base(v, owner, path) : dir;
}

static int make_or_open(const struct view *v, const char *path)
{
	cleanup_fd int dir = make(v, path);
	struct stat st;
	int err = dir < 0 ? dir : fd_stat(dir, &st);

	if (!err && !S_ISDIR(st.st_mode))
		err = -ENOTDIR;
	return err ? err : fd_steal(&dir);
}

/* What mounting in general has no word for. */
static int cannot_make(struct view *v, int err, const char *path)
{
	if (err == -ELOOP || err == -ENOTDIR || err == -E2BIG || err == -EROFS || err == -EXDEV)
		v->child->blamed = STEP_owner;
	return child_fail(v->child, err, path);
}

static int make_directory(struct view *v, size_t kind, uint32_t i)
{
	cleanup_fd int dir = -1;
	BUF_ON_STACK(path, 512);
	int err;

	put_path(&path, v->child, kind, i);
	err = buf_check(&path);
	dir = err ? err : make_or_open(v, buf_text(&path));
	err = dir < 0 ? dir : show(v, dir, buf_text(&path));
	if (!err)
		err = hold_if_covered(v, dir, buf_text(&path), (struct held){ .kind = (uint32_t)kind, .index = i });
	return err ? cannot_make(v, err, buf_text(&path)) : 0;
}

int view_directories_upon(struct view *v, uint32_t mount)
{
	int err = 0;

	for (const struct held *h = v->held; h < v->held + v->held_count && !err; h++) {
		BUF_ON_STACK(path, 512);

		if (h->mount != mount)
			continue;
		put_path(&path, v->child, h->kind, h->index);
		err = put_directory(v, h->copy, buf_text(&path));
		err = err ? cannot_make(v, err, buf_text(&path)) : 0;
	}
	return err;
}

int view_directories(struct view *v)
{
	int err = 0;

	for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++)
		for (uint32_t i = 0; i < list_of(v->roots, kind).count && !err; i++)
			err = make_directory(v, kind, i);
	return err;
}

int view_directories_plain(struct child *child)
{
	struct view v = {
		.child = child,
		.roots = roots_of(child),
		.old = fd_open("/", O_PATH | O_DIRECTORY),
		.root = -1, .null = -1, .empty = -1,
	};
	int err = v.old < 0 ? child_fail(child, v.old, "/") : view_directories(&v);

	fd_close(&v.old);
	return err;
}

/* Only the directory itself: what is in it is the service's own business. */
static int give(int dir, const struct who *who, mode_t mode)
{
	struct stat st;

	if (fd_stat(dir, &st) < 0)
		return -errno;
	if ((st.st_uid != who->uid || st.st_gid != who->gid) && fchown(dir, who->uid, who->gid) < 0)
		return -errno;
	return (st.st_mode & 07777) != mode && fchmod(dir, mode) < 0 ? -errno : 0;
}

/* Since an earlier start: nothing is changed of it then, whosever it was. */
static bool is_given(int dir, const struct who *who)
{
	struct stat st;

	return fd_stat(dir, &st) == 0 && st.st_uid == who->uid && st.st_gid == who->gid;
}

static bool is_same(int one, int other)
{
	struct stat a, b;

	return one >= 0 && other >= 0 && fd_stat(one, &a) == 0 && fd_stat(other, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool is_of(int fs, int fd)
{
	struct stat a, b;

	return fd_stat(fs, &a) < 0 || fd_stat(fd, &b) < 0 || a.st_dev == b.st_dev;
}

static bool is_of_kind(const struct roots_spec *roots, int root)
{
	struct statfs fs;
	struct stat st;

	if (roots->overlay_at)
		return fstatfs(root, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC;
	return fd_stat(root, &st) == 0 && major(st.st_dev) == LOOP_MAJOR;
}

/* Root inside may have put upon its root something else that it is shown: what the table mounts, with all below. */
static bool is_shown(const struct child *child, const struct service_spec *owner, int root)
{
	const struct roots_spec *roots = &table_confine(child->table, owner)->roots;
	const struct mount_spec *mounts = table_list(child->table, roots->mounts, struct mount_spec);
	bool shown = !is_of_kind(roots, root) || is_of(root, child->root_fd);

	for (uint32_t i = 0; i < roots->mounts.count && !shown; i++) {
		const char *source = table_text(child->table, mounts[i].source_at);
		cleanup_fd int fd = source ? path_find_ours(child->root_fd, source) : -ENOENT;

		shown = source && (mounts[i].kind == MOUNT_RBIND || fd < 0 || is_of(root, fd));
	}
	return shown;
}

/* Of root inside, or of another there; or in the other's root, where that is minit's folder or nowhere but there. */
static bool is_theirs(const struct child *child, const struct service_spec *owner, int root, int dir, const char *path)
{
	cleanup_fd int base = open_base(child, owner);
	cleanup_fd int at = base >= 0 ? path_open(base, path, O_PATH) :
			    base == -ENOTDIR ? path_open_here(root, path, O_PATH) : base;
	struct stat st;

	if (fd_stat(dir, &st) < 0)
		return false;
	if (roots_names(child->table, table_confine(child->table, owner)->roots.uids, st.st_uid))
		return true;
	return is_same(at, dir) && (base >= 0 || !is_shown(child, owner, root));
}

static int give_as_asked(const struct child *child, int root, const char *path, const struct who *who)
{
	const struct service_spec *owner = table_mapped_owner(child->table, child->spec);
	cleanup_fd int dir = path_open(root, path, O_RDONLY | O_DIRECTORY);

	if (dir < 0)
		return dir;
	if (owner && !is_theirs(child, owner, root, dir, path))
		return is_given(dir, who) ? 0 : -EXDEV;
	return give(dir, who, roots_of(child)->directory_mode);
}

static int give_directory(struct child *child, size_t kind, uint32_t i, const struct who *who)
{
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	BUF_ON_STACK(path, 512);
	int err;

	put_path(&path, child, kind, i);
	err = root < 0 ? -errno : give_as_asked(child, root, buf_text(&path), who);
	return err ? child_fail(child, err, buf_text(&path)) : 0;
}

static int tell_directories(struct child *child, size_t kind)
{
	BUF_ON_STACK(paths, ROOTS_DIRECTORIES);

	for (uint32_t i = 0; i < list_of(roots_of(child), kind).count; i++) {
		buf_str(&paths, i ? ":" : "");
		put_path(&paths, child, kind, i);
	}
	return buf_check(&paths) ? -E2BIG : child_setenv_default(child, kinds[kind].variable, buf_text(&paths));
}

static int give_directories(struct child *child, const struct who *who)
{
	int err = 0;

	for (size_t kind = 0; kind < ARRAY_LEN(kinds) && !err; kind++) {
		uint32_t count = list_of(roots_of(child), kind).count;

		for (uint32_t i = 0; i < count && !err; i++)
			err = give_directory(child, kind, i, who);
		if (!err && count)
			err = tell_directories(child, kind);
	}
	return err;
}

/* -- secrets ---------------------------------------------------------------------------------------------------- */

/* Memory that nobody gives back: so what has no end is not copied, and nothing is read that can keep one waiting. */
#define SECRET_MOST (1 << 20)

static int copy_content(int from, int to)
{
	char chunk[4096];
	size_t all = 0;
	ssize_t n;
	int err = 0;

	while (!err && (n = read(from, chunk, sizeof(chunk))) != 0) {
		all += n > 0 ? (size_t)n : 0;
		err = n < 0 ? -errno : all > SECRET_MOST ? -EFBIG : fd_write_all(to, chunk, (size_t)n);
	}
	explicit_bzero(chunk, sizeof(chunk));
	return err;
}

static int open_secret(struct view *v, const char *path)
{
	cleanup_fd int fd = path_open_alone(v->old, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int err = fd < 0 ? fd : fd_stat(fd, &st);

	if (!err && !S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EOPNOTSUPP;
	return err ? err : fd_steal(&fd);
}

static int copy_secret(struct view *v, int dir, const struct secret_spec *secret)
{
	const struct table *t = v->child->table;
	cleanup_fd int from = open_secret(v, table_text(t, secret->source_at));
	cleanup_fd int to = -1;
	int err;

	if (from < 0)
		return child_fail(v->child, from, table_text(t, secret->source_at));
	to = openat(dir, table_text(t, secret->name_at), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	err = to < 0 ? -errno : copy_content(from, to);
	return err ? child_fail(v->child, err, table_text(t, secret->source_at)) : 0;
}

/* A ramfs: its pages are never written to a swap device. */
int view_take_secrets(struct view *v)
{
	const struct list list = v->roots->secrets;
	const struct secret_spec *secrets = table_list(v->child->table, list, struct secret_spec);
	cleanup_fd int ramfs = -1;
	int err;

	if (!list.count)
		return 0;
	ramfs = mount_make("ramfs", "mode=500", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	err = ramfs < 0 ? ramfs : 0;
	for (uint32_t i = 0; i < list.count && !err; i++)
		err = copy_secret(v, ramfs, &secrets[i]);
	if (err)
		return v->child->detail[0] ? err : child_fail(v->child, err, ROOTS_SECRETS);
	v->child->secrets_fd = fd_steal(&ramfs);
	return 0;
}

int view_secrets(struct view *v)
{
	cleanup_fd int at = -1;
	int err;

	if (v->child->secrets_fd < 0)
		return 0;
	at = view_make(v, ROOTS_SECRETS, false);
	err = at < 0 ? at : mount_put(v->child->secrets_fd, at, "");
	return err ? child_fail(v->child, err, ROOTS_SECRETS) : 0;
}

static int give_secrets(struct child *child, const struct who *who)
{
	const struct mount_change readonly = { .set = MOUNT_ATTR_RDONLY };
	const struct list list = roots_of(child)->secrets;
	const struct secret_spec *secrets = table_list(child->table, list, struct secret_spec);
	int err = 0;

	for (uint32_t i = 0; i < list.count && !err; i++)
		err = fchownat(child->secrets_fd, table_text(child->table, secrets[i].name_at), who->uid, who->gid,
			       AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	if (!err && fchownat(child->secrets_fd, "", who->uid, who->gid, AT_EMPTY_PATH) < 0)
		err = -errno;
	if (!err)
		err = mount_change(child->secrets_fd, &readonly);
	fd_close(&child->secrets_fd);
	return err ? child_fail(child, err, ROOTS_SECRETS) : 0;
}

/* -- the step --------------------------------------------------------------------------------------------------- */

/* As a service's id is called outside of its user namespace. */
static void look_from_outside(const struct child *child, struct who *who)
{
	if (!who->has_gid)
		who->gid = who->uid;
	who->uid = roots_outside(child->table, roots_of(child)->uids, who->uid);
	who->gid = roots_outside(child->table, roots_of(child)->gids, who->gid);
}

static bool has_leaf_to_give(const struct child *child)
{
	return child_confine(child)->leaf.delegate && (child->spec->user_at || child->userns_fd >= 0);
}

/* Before its user namespace is entered: nothing outside can be given from within. */
int step_owner(struct child *child)
{
	const struct roots_spec *roots = roots_of(child);
	bool leaf = has_leaf_to_give(child);
	struct who who = { 0 };
	int err;

	if (!roots_has_directories(roots) && child->secrets_fd < 0 && !leaf)
		return 0;
	err = who_resolve(child, &who);
	look_from_outside(child, &who);
	if (!err)
		err = give_directories(child, &who);
	if (!err && child->secrets_fd >= 0)
		err = give_secrets(child, &who);
	return !err && leaf ? child_give_leaf(child, who.uid, who.gid) : err;
}
