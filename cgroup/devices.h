/*
 * Which devices a leaf may use: a BPF program on cgroup v2 (Linux 4.15,
 * BPF_CGROUP_DEVICE; also on a hybrid host), or devices.allow on v1. What is not
 * allowed cannot be opened (EPERM); nodes can be made of any, as container
 * runtimes let it be: they are of no use.
 */
#ifndef CGROUP_DEVICES_H
#define CGROUP_DEVICES_H

#include "cgroup/cgroup.h"
#include "cgroup/spec.h"

#define DEVICE_RULES_MOST 128

struct devices {
	struct device_rule rules[DEVICE_RULES_MOST];
	unsigned count;
};

/* What every service may use (nodes.def). */
void devices_begin(struct devices *d);

/* Allows what the name stands for (node_find). 0, -E2BIG, or -errno. */
must_check int devices_allow(struct devices *d, const char *name, uint8_t access);

#if ENABLED(CONFIG_CGROUP)

/*
 * The leaf has these devices and no others from now on, beside what groups above
 * it forbid. `program` is kept by the caller for leaves with the same rules: -1
 * at first, a descriptor afterwards (v2). 0, or -errno with `why` (cgroup_why_devices).
 */
must_check int cgroup_devices(struct cgroup_home *home, const char *name, const struct devices *d, int *program,
			      struct buf *why);

/* Whether a leaf is held to a list of devices: 1, 0, or -errno. For the tool. */
must_check int cgroup_devices_found(const struct cgroup_home *home, const char *name);

#else

static inline int cgroup_devices_found(const struct cgroup_home *home, const char *name)
{
	(void)name;
	return home->err;
}

static inline int cgroup_devices(struct cgroup_home *home, const char *name, const struct devices *d, int *program,
				 struct buf *why)
{
	(void)name;
	(void)d;
	(void)program;
	(void)why;
	return home->err;
}

#endif

/* The program for the rules, into insns[most]: how many instructions, or -E2BIG. For the tests. */
struct bpf_insn;
int devices_assemble(const struct devices *d, struct bpf_insn *insns, unsigned most);

#endif
