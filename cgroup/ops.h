/*
 * What cgroup.c asks of one version of the kernel's interface. On a hybrid host
 * both serve the same home: v2 keeps track of the services, and v1 has the
 * limits whose controllers v2 does not have. NULL: cannot.
 */
#ifndef CGROUP_OPS_H
#define CGROUP_OPS_H

#include "cgroup/cgroup.h"
#include "cgroup/limits.h"
#include "cgroup/place.h"

struct cgroup_ops {
	int (*open)(struct cgroup_home *home, int proc); /* v2 before v1; proc: descriptor of /proc */
	void (*close)(struct cgroup_home *home);
	bool (*is_used)(const struct cgroup_home *home); /* the first that is has all processes of a service */
	bool (*limits)(const struct cgroup_home *home, enum cgroup_v1 controller);
	int (*create)(struct cgroup_home *home, const char *name); /* 1: one that is not empty is there */
	int (*remove)(struct cgroup_home *home, const char *name);
	int (*offer)(struct cgroup_home *home, enum cgroup_v1 controller); /* gets one that is not had yet */
	int (*limit)(struct cgroup_home *home, const char *name, const char *file, const char *text);
	void (*clear)(const struct cgroup_home *home, const char *name);
	int (*freeze)(const struct cgroup_home *home, const char *name, bool frozen);
	int (*join)(const struct cgroup_home *home, const char *name);
	bool (*is_empty)(const struct cgroup_home *home, const char *name);
	int (*kill)(const struct cgroup_home *home, const char *name);
	void (*usage)(const struct cgroup_home *home, const char *name, struct cgroup_usage *ret); /* has oom_kills */
	int (*oom_kills)(const struct cgroup_home *home, const char *name, uint64_t *ret);
	int (*watch_oom)(const struct cgroup_home *home, const char *name, uint32_t *ret_events);
};

extern const struct cgroup_ops cgroup_v1;
extern const struct cgroup_ops cgroup_v2;

struct controller {
	const char *v1_name, *v2_name; /* "" where the version has none */
	uint8_t when; /* enum when_made */
};

/* See controllers.def. */
enum when_made { CONTROLLER_EVER, CONTROLLER_LIMIT, CONTROLLER_WISH };

extern const struct controller cgroup_controllers[CGROUP_V1_COUNT];

/* The version that knows who is in a leaf, and the one that has the controller; NULL for none. */
const struct cgroup_ops *cgroup_tracker(const struct cgroup_home *home);
const struct cgroup_ops *cgroup_limiter(const struct cgroup_home *home, enum cgroup_v1 controller);

/* Version number i, or NULL behind the last or when there is nothing of it here. */
const struct cgroup_ops *cgroup_used(const struct cgroup_home *home, size_t i);

/* Version number i that is compiled in, be it used or not; NULL for none. */
#define CGROUP_VERSIONS 2
extern const struct cgroup_ops *const cgroup_versions[CGROUP_VERSIONS];

/* What a person needs to know when there can be no leaf, or no limits of these controllers (bits). */
const char *cgroup_why_no_leaf(int err);
const char *cgroup_why_withheld(void);

/* What there is of what the controller counts by names ("; this machine has sev 509 (misc.capacity)"). */
void cgroup_why_capacity(const struct cgroup_home *home, enum cgroup_v1 controller, struct buf *why);

/* That there is no such device, and which there are by that file of the leaf. */
void cgroup_why_no_device(const struct cgroup_home *home, const char *name, const char *file, struct buf *why);

/* Makes a home in our own group of the hierarchy, of which `own` is the directory. 0 or -errno. */
typedef int settle_fn(struct cgroup_home *home, enum cgroup_v1 controller, int own);

/*
 * Lets `settle` have our own group: through the mount that is there, or, if
 * that is missing or read-only, through a mount of our own. 0 or -errno.
 */
must_check int cgroup_settle(struct cgroup_home *home, int proc, const struct place *place,
			     enum cgroup_v1 controller, settle_fn *settle);

/* What v2 settles with (controller is not used); known here for the unit tests. */
settle_fn v2_settle;

/* Marks the leaf: cgroup_note_killed. 0 or -errno. */
int v2_note_killed(const struct cgroup_home *home, const char *name);

#endif
