/*
 * Where our own group is: /proc/self/cgroup says which, /proc/self/mountinfo
 * where its hierarchy is mounted. cgroups(7), proc(5), cgroup_namespaces(7).
 */
#ifndef CGROUP_PLACE_H
#define CGROUP_PLACE_H

#include "lib/util.h"

struct place {
	char controllers[128]; /* of the hierarchy, with commas; empty: cgroup v2 */
	char path[2048];       /* our group, from the root of our cgroup namespace */
};

/*
 * The place of the v1 controller, or with "" that in v2. proc is a descriptor
 * of /proc. -ENOENT when there is no such hierarchy, -EXDEV when our group
 * lies outside of our cgroup namespace.
 */
must_check int place_find(int proc, const char *controller, struct place *ret);

/* Whether the hierarchy has the v1 controller. */
bool place_has(const struct place *place, const char *controller);

/* The directory of our group at the next mount in which it can be seen, or -ENOENT. */
must_check int place_open(int proc, const struct place *place);

/*
 * The same through a mount of our own, which is attached nowhere and writable
 * also where the one we were given is read-only; needs CAP_SYS_ADMIN. -errno.
 */
must_check int place_mount(const struct place *place);

/*
 * Path of our group below a mount: `root` of the hierarchy stands at `point`
 * (both as mountinfo writes them). 0, or -ENOENT when it does not lie there.
 */
must_check int place_path(const struct place *place, char *root, char *point, char *ret, size_t size);

#endif
