/*
 * What the table's image and the state file keep of cgroups: data alone. What is done with it is cgroup/cgroup.h and
 * cgroup/devices.h.
 */
#ifndef CGROUP_SPEC_H
#define CGROUP_SPEC_H

#include "cgroup/nodes.h"

/* The controllers that minit uses, by their v1 names, from controllers.def. */
enum cgroup_v1 {
#define CONTROLLER(id, ...) CGROUP_V1_##id,
#include "cgroup/controllers.def"
#undef CONTROLLER
	CGROUP_V1_COUNT
};

/* Whether clone3 can bear a child in a v2 leaf; see cgroup_leaf_fd. */
enum cgroup_into { CGROUP_INTO_NEVER, CGROUP_INTO_UNKILLED, CGROUP_INTO_ALWAYS };

struct cgroup_home {
	int32_t v2;                    /* directory in which the v2 leaves are, or -1 */
	int32_t v1[CGROUP_V1_COUNT];   /* the same for each v1 hierarchy we use, or -1 */
	uint32_t v2_controllers;       /* bit per enum cgroup_v1: enabled for our leaves in v2 */
	int32_t err;                   /* 0, or why there are no leaves (-EROFS, -EACCES, ...) */
	uint8_t into;                  /* enum cgroup_into */
	uint8_t shared;                /* our v2 cgroup has other processes: leaves are in a directory beside them */
	uint16_t withheld;             /* bit per enum cgroup_v1: is there, but `shared` keeps it from our leaves */
	uint16_t needed;               /* of a child's copy, the same: where its leaf has to be; cgroup_old_places */
};

#define DEVICE_READ 1
#define DEVICE_WRITE 2
#define DEVICE_MKNOD 4

struct device_rule {
	struct node node;
	uint8_t access; /* bits of DEVICE_ */
};

#endif
