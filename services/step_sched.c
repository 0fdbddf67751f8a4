/* How the program is scheduled, and where its memory comes from. sched(7), ioprio_set(2), set_mempolicy(2). */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "services/child.h"

#define CPU_WORDS 128 /* 8192 processors, the most that a kernel has */
#define NODE_WORDS 16 /* 1024 nodes, likewise */

/* sched_setattr(2); up to sched_period, as Linux 3.14 has it. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static const struct privileges_spec *privileges_of(const struct child *child)
{
	return &child_confine(child)->privileges;
}

/* libc's own calls only set policies for threads that POSIX knows of; musl's none at all. */
static int set_policy(struct child *child, const struct privileges_spec *p)
{
	const struct sched_spec *s = &p->sched;
	int nice = s->policy && !(p->given & GIVEN_NICE) ? getpriority(PRIO_PROCESS, 0) : p->nice;
	struct attr attr = {
		.size = sizeof(attr),
		.policy = s->policy - 1,
		.flags = s->reset_on_fork,
		.nice = nice,
		.priority = s->priority,
		.runtime = s->runtime_ns,
		.deadline = s->deadline_ns,
		.period = s->period_ns,
	};

	if (!s->policy)
		return 0;
	return syscall(SYS_sched_setattr, 0, &attr, 0) < 0 ? child_fail(child, -errno, "sched") : 0;
}

static int set_nice(struct child *child, const struct privileges_spec *p)
{
	if (!(p->given & GIVEN_NICE))
		return 0;
	return setpriority(PRIO_PROCESS, 0, p->nice) < 0 ? child_fail(child, -errno, "nice") : 0;
}

static int set_ioprio(struct child *child, const struct privileges_spec *p)
{
	if (!p->ioprio)
		return 0;
	return syscall(SYS_ioprio_set, 1, 0, p->ioprio) < 0 ? child_fail(child, -errno, "ioprio") : 0;
}

/* The kernel leaves out what is not there or not ours, unless that is all of it: here less than asked is an error. */
static int set_cpus(struct child *child, const struct privileges_spec *p)
{
	const uint64_t *mask = table_list(child->table, p->cpus, uint64_t);
	uint64_t got[CPU_WORDS] = { 0 };

	if (!p->cpus.count)
		return 0;
	if (syscall(SYS_sched_setaffinity, 0, p->cpus.count * sizeof(*mask), mask) < 0)
		return child_fail(child, -errno, "cpus");
	if (syscall(SYS_sched_getaffinity, 0, sizeof(got), got) < 0)
		return child_fail(child, -errno, "cpus");
	if (memcmp(got, mask, MIN(p->cpus.count, CPU_WORDS) * sizeof(*mask)))
		return child_fail(child, -ENODEV, "cpus");
	return 0;
}

/* Nodes that are not there are left out likewise. */
static int check_nodes(struct child *child, const struct privileges_spec *p, const uint64_t *mask)
{
	uint64_t got[NODE_WORDS] = { 0 };

	if (syscall(SYS_get_mempolicy, NULL, got, NODE_WORDS * 64ul, NULL, 0ul) < 0)
		return child_fail(child, -errno, "numa");
	for (uint32_t i = 0; i < p->nodes.count; i++)
		if (mask[i] != (i < NODE_WORDS ? got[i] : 0))
			return child_fail(child, -ENODEV, "numa");
	return 0;
}

/* The kernel takes one bit less than it is told of. */
static int set_numa(struct child *child, const struct privileges_spec *p)
{
	const uint64_t *mask = p->nodes.count ? table_list(child->table, p->nodes, uint64_t) : NULL;

	if (!p->numa)
		return 0;
	if (syscall(SYS_set_mempolicy, p->numa, mask, mask ? p->nodes.count * 64ul + 1 : 0ul) < 0)
		return child_fail(child, -errno, "numa");
	return mask ? check_nodes(child, p, mask) : 0;
}

/* After the reaper has been made: a process with a deadline cannot fork. */
int step_sched(struct child *child)
{
	const struct privileges_spec *p = privileges_of(child);
	int err = set_cpus(child, p);

	if (!err)
		err = set_policy(child, p);
	if (!err)
		err = set_nice(child, p);
	if (!err)
		err = set_ioprio(child, p);
	return err ? err : set_numa(child, p);
}
