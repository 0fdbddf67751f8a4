/* Device nodes by the names that people have for them. */
#ifndef CGROUP_NODES_H
#define CGROUP_NODES_H

#include "lib/buf.h"

/*
 * "/dev/vda1 rbps=1" as the io files take it, "254:0 rbps=1": the disk itself in
 * place of a part of it. -ENOTBLK when it is no disk, or -errno.
 */
must_check int node_disk(const char *text, struct buf *ret);

/* Which devices a rule is for: struct device_rule without what may be done with them. */
struct node {
	char type; /* 'c' or 'b' */
	int32_t major, minor; /* -1: any */
};

/* Most nodes that one name stands for. */
#define NODES_MOST 4

/*
 * What a name stands for: "null" and its kind (nodes.def), "/dev/ttyS0", or
 * "char-alsa" and "block-loop", the drivers of /proc/devices. How many, or -errno.
 */
must_check int node_find(const char *name, struct node ret[NODES_MOST]);

#endif
