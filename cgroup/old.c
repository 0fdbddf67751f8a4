#include <unistd.h>

#include "cgroup/cgroup.h"
#include "cgroup/tree.h"
#include "lib/text.h"

/* A child with memory of its own has none of what other files keep for PID 1. */
static const char names[][12] = {
#define CONTROLLER(id, v1_name, ...) [CGROUP_V1_##id] = v1_name,
#include "cgroup/controllers.def"
#undef CONTROLLER
};

/* The list of devices could be lifted in it, up to that of the group above. */
static bool is_shown(enum cgroup_v1 controller)
{
	return names[controller][0] && controller != CGROUP_V1_DEVICES;
}

bool cgroup_has_old(const struct cgroup_home *home, const char *name, const char *controllers)
{
	struct leaf_path path;
	const char *leaf = leaf_path(&path, name, "");

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		if (home->v1[i] >= 0 && is_shown(i) && text_is_listed(controllers, names[i]))
			return faccessat(home->v1[i], leaf, F_OK, 0) == 0;
	return false;
}
