/* The mounts that a table lists, and what stands in for /tmp. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"
#include "services/view.h"

int view_open(struct view *v, const char *path)
{
	return v->own ? path_open(v->root, path, O_PATH) : path_find_ours(v->root, path);
}

int view_make_as(const struct view *v, const struct roots_spec *roots, int root, const char *path, bool file)
{
	uint32_t uid = roots_outside(v->child->table, roots->uids, 0);
	uint32_t gid = roots_outside(v->child->table, roots->gids, 0);
	int fd;

	syscall(SYS_setfsgid, gid);
	syscall(SYS_setfsuid, uid);
	fd = path_make(root, path, file);
	syscall(SYS_setfsuid, 0);
	syscall(SYS_setfsgid, 0);
	return fd;
}

int view_make(struct view *v, const char *path, bool file)
{
	int fd = view_open(v, path);

	if (fd == -ENOENT)
		fd = path_make(v->root, path, file);
	return fd == -EOVERFLOW && v->child->userns_fd >= 0 ? view_make_as(v, v->roots, v->root, path, file) : fd;
}

int view_give(struct view *v, int mount)
{
	uint32_t uid = roots_outside(v->child->table, v->roots->uids, 0);
	uint32_t gid = roots_outside(v->child->table, v->roots->gids, 0);

	if (v->child->userns_fd < 0)
		return 0;
	return fchownat(mount, "", uid, gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* -- how mounts spread ------------------------------------------------------------------------------------------ */

static int copy_source(struct view *v, const struct mount_spec *m)
{
	cleanup_fd int from = path_open_alone(v->old, table_text(v->child->table, m->source_at), O_PATH);

	return from < 0 ? from : mount_copy(from, "", m->kind == MOUNT_RBIND);
}

/* Kept until their turn comes: see struct view. */
static int keep_sources(struct view *v, bool shared, int *kept, uint32_t most, uint32_t *count)
{
	const struct mount_spec *mounts = table_list(v->child->table, v->roots->mounts, struct mount_spec);

	for (uint32_t i = 0; i < v->roots->mounts.count; i++) {
		bool wanted = shared ? mounts[i].spread == MOUNT_SHARED : mount_is_early(&mounts[i]);

		if (!wanted || *count == most)
			continue;
		kept[*count] = copy_source(v, &mounts[i]);
		if (kept[*count] < 0)
			return child_fail(v->child, kept[*count], table_text(v->child->table, mounts[i].source_at));
		++*count;
	}
	return 0;
}

/*
 * What is to stay shared with minit's mounts is copied first. For what only listens to them all go on to listen; it is
 * put right where mounts get a root of their own.
 */
int view_share(struct view *v)
{
	const struct mount_spec *mounts = table_list(v->child->table, v->roots->mounts, struct mount_spec);
	bool listens = false;
	int err = keep_sources(v, true, v->shared, MOUNT_SHARED_MAX, &v->shared_count);

	for (uint32_t i = 0; i < v->roots->mounts.count; i++)
		listens |= mounts[i].spread == MOUNT_SLAVE;
	if (err)
		return err;
	err = mount_old(NULL, "/", NULL, listens ? MOUNTS_SLAVE : MOUNTS_PRIVATE, NULL);
	if (err)
		return child_fail(v->child, err, "/");
	if (v->child->spec->root_at)
		return 0;
	return keep_sources(v, false, v->early, MOUNT_EARLY_MAX, &v->early_count);
}

/* The copy of a source, the next one in the order of the mounts. */
static int take_source(struct view *v, const struct mount_spec *m)
{
	if (m->spread == MOUNT_SHARED)
		return v->shared_taken < v->shared_count ? v->shared[v->shared_taken++] : -EINVAL;
	return v->early_taken < v->early_count ? v->early[v->early_taken++] : copy_source(v, m);
}

/* -- each kind of mount ----------------------------------------------------------------------------------------- */

static bool is_directory(int fd)
{
	struct stat st;

	return fd_stat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static const uint64_t spreads[] = { SPREAD_PRIVATE, SPREAD_SLAVE, SPREAD_SHARED };
_Static_assert(ARRAY_LEN(spreads) == MOUNT_SPREADS, "how each spreads");

/* A directory goes upon a directory, and a file upon a file; the kernel's answer is EINVAL at best. */
static int check_kinds(bool directory, int target)
{
	if (directory == is_directory(target))
		return 0;
	return directory ? -ENOTDIR : -EISDIR;
}

static int put_bind(struct view *v, const struct mount_spec *m, const char *source, const char *target)
{
	struct mount_change change = {
		.set = m->attr, .spread = spreads[m->spread], .recursive = m->kind == MOUNT_RBIND,
	};
	cleanup_fd int copy = take_source(v, m);
	cleanup_fd int at = -1;
	int err;

	if (copy < 0)
		return child_fail(v->child, copy, source);
	if (m->idmap) {
		change.set |= MOUNT_ATTR_IDMAP;
		change.userns = v->child->userns_fd;
	}
	err = mount_change(copy, &change);
	at = err ? err : view_make(v, target, !is_directory(copy));
	err = at < 0 ? at : check_kinds(is_directory(copy), at);
	return err ? err : mount_put(copy, at, "");
}

static int put_tmpfs(struct view *v, const char *options, uint64_t attr, const char *target)
{
	cleanup_fd int tmpfs = mount_make("tmpfs", options, attr);
	cleanup_fd int at = tmpfs < 0 ? tmpfs : view_make(v, target, false);
	int err = at < 0 ? at : check_kinds(true, at);

	if (!err && !(attr & MOUNT_ATTR_RDONLY))
		err = view_give(v, tmpfs);
	return err ? err : mount_put(tmpfs, at, "");
}

static int put_mask(struct view *v, const char *target)
{
	cleanup_fd int at = view_open(v, target);

	if (at < 0)
		return at;
	return is_directory(at) ? view_mask_directory(v, at, "") : view_mask_file(v, at, "");
}

int view_readonly(struct view *v, const char *target)
{
	const struct mount_change readonly = {
		.set = MOUNT_ATTR_RDONLY, .spread = SPREAD_PRIVATE, .recursive = true,
	};
	cleanup_fd int at = view_open(v, target);
	cleanup_fd int copy = at < 0 ? at : mount_copy(at, "", true);
	int err = copy < 0 ? copy : mount_change(copy, &readonly);

	return err ? err : mount_put(copy, at, "");
}

static int put_mount(struct view *v, const struct mount_spec *m)
{
	const struct table *t = v->child->table;
	const char *target = table_text(t, m->target_at);
	int err = -EINVAL;

	switch ((enum mount_kind)m->kind) {
	case MOUNT_RBIND:
	case MOUNT_BIND: err = put_bind(v, m, table_text(t, m->source_at), target); break;
	case MOUNT_TMPFS: err = put_tmpfs(v, table_text(t, m->options_at), m->attr, target); break;
	case MOUNT_MASKED: err = put_mask(v, target); break;
	case MOUNT_READONLY: err = view_readonly(v, target); break;
	case MOUNT_KINDS: break;
	}
	return err && !v->child->detail[0] ? child_fail(v->child, err, target) : err;
}

static int put_private_tmp(struct view *v)
{
	static const char places[][9] = { "/tmp", "/var/tmp" };
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(places) && v->roots->private_tmp && !err; i++) {
		err = put_tmpfs(v, "mode=1777", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, places[i]);
		if (err)
			child_fail(v->child, err, places[i]);
	}
	return err;
}

int view_fill(struct view *v)
{
	const struct list list = v->roots->mounts;
	const struct mount_spec *mounts = table_list(v->child->table, list, struct mount_spec);
	int err = put_private_tmp(v);

	for (uint32_t i = 0; i < list.count && !err; i++) {
		err = put_mount(v, &mounts[i]);
		if (!err)
			err = view_directories_upon(v, i);
	}
	return err;
}
