/*
 * What a child makes its service see, step by step (services/step_mounts.c): its root is held by a descriptor, in which
 * all targets are looked up; sources are looked up in minit's root, as it is before anything of the service lies upon
 * it.
 *
 * The parts: 0 or -errno with child->detail set.
 */
#ifndef SERVICES_VIEW_H
#define SERVICES_VIEW_H

#include "lib/mount.h"
#include "services/child.h"

#define HELD_MAX 16

/* A directory of the service's that lies below a mount of its table: it is shown again, upon that. */
struct held {
	int copy;
	uint32_t mount; /* the last one that it is below, by its place in the list */
	uint32_t kind, index;
};

struct view {
	struct child *child;
	const struct roots_spec *roots;
	int old;  /* minit's root */
	int root; /* the service's: a mount that lies upon minit's root, or minit's root itself */
	int shared[MOUNT_SHARED_MAX]; /* copies of what is to stay shared, in the order of the mounts */
	uint32_t shared_count, shared_taken;
	int early[MOUNT_EARLY_MAX]; /* in minit's root: copies of the other sources, before anything lies upon them */
	uint32_t early_count, early_taken;
	struct held held[HELD_MAX];
	uint32_t held_count;
	int dev;   /* minit's /dev, for devices of it; -1 until it is needed */
	int null;  /* minit's /dev/null, to mask files with; -1 until it is needed */
	int empty; /* what directories are masked with, in a read-only mount, with nothing in it; -1: none yet */
	bool own; /* the root is not minit's */
	char missed[STATE_DETAIL]; /* defaults that are left out, as they cannot be had */
};

/* At boot: whether processors here have what is masked of them. services/step_proc.c */
void view_look_at_processors(void);

/* Leaves out a default, which is told when all is made. */
void view_miss(struct view *v, const char *what);

/*
 * Of a part that could not be made, with -errno: 0 when it is left out, as it is a default (no bit of `asked` is the
 * service's own wish) and cannot be had here.
 */
must_check int view_unless_default(struct view *v, int err, uint8_t asked, const char *path);

/*
 * Opens a target for mounting. Without a root of its own the service's paths are those that the table's writer sees,
 * and links are followed where root or minit's user alone can put them.
 */
must_check int view_open(struct view *v, const char *path);

/* The same, made when it is missing. */
must_check int view_make(struct view *v, const char *path, bool file);

/* In a root whose ids are mapped only those who have an id there can make anything: so as root inside of `roots`. */
must_check int view_make_as(const struct view *v, const struct roots_spec *roots, int root, const char *path,
			    bool file);

/* Gives the root of a file system that is the service's alone to root inside of its user namespace. 0 or -errno. */
must_check int view_give(struct view *v, int mount);

must_check int view_share(struct view *v); /* makes all mounts its own; services/step_fill.c */
must_check int view_root(struct view *v);  /* v->root from the table; services/step_root.c */
must_check int view_enter(struct view *v); /* makes v->root the root */
must_check int view_proc(struct view *v);  /* services/step_proc.c */
must_check int view_sys(struct view *v);
must_check int view_dev(struct view *v);   /* services/step_dev.c */
must_check int view_fill(struct view *v);  /* what mounts lists; services/step_fill.c */
must_check int view_directories(struct view *v); /* services/step_owner.c */
must_check int view_directories_upon(struct view *v, uint32_t mount); /* those that are below this one alone */
must_check int view_directories_plain(struct child *child); /* without a mount namespace: where minit sees them */
must_check int view_take_secrets(struct view *v); /* reads them */
must_check int view_secrets(struct view *v);      /* puts them where they are seen */

/* What is seen at this place, with all that lies upon it, read-only. */
must_check int view_readonly(struct view *v, const char *target);

/* Hides name below dir, which is trusted; -ENOENT if it is not there. "": dir itself. */
must_check int view_mask_file(struct view *v, int dir, const char *name);
must_check int view_mask_directory(struct view *v, int dir, const char *name);

#endif
