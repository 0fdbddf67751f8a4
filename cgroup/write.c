/* Limits on their way into a leaf, and what is said of one that cannot be had. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/nodes.h"
#include "cgroup/ops.h"
#include "cgroup/tree.h"
#include "cgroup/v1.h"
#include "cgroup/v2.h"
#include "lib/fd.h"

/* -- why not ------------------------------------------------------------------------------------------------------ */

/* Of a line of /proc/cgroups, "hugetlb 0 3 1": its hierarchy (0: v2, or none) and whether it is switched on. */
struct compiled {
	bool there, on, v1;
};

static struct compiled look_up(const char *controller)
{
	char text[2048], *rest = text, *line;
	struct compiled found = { 0 };
	size_t len = strlen(controller);

	if (fd_read_file(AT_FDCWD, "/proc/cgroups", text, sizeof(text)) < 0)
		return found;
	while (!found.there && (line = strsep(&rest, "\n"))) {
		if (strncmp(line, controller, len) != 0 || line[len] != '\t')
			continue;
		found = (struct compiled){ true, !strcmp(strrchr(line, '\t'), "\t1"), line[len + 1] != '0' };
	}
	return found;
}

static bool is_enabled(const struct cgroup_home *home, const char *controller)
{
	char text[256], *rest = text, *word;

	if (home->v2 < 0 || fd_read_file(home->v2, "cgroup.subtree_control", text, sizeof(text)) < 0)
		return false;
	while ((word = strsep(&rest, " \n")))
		if (!strcmp(word, controller))
			return true;
	return false;
}

static void why_controller(const struct cgroup_home *home, const char *name, enum cgroup_v1 controller, struct buf *why)
{
	const char *v1_name = controller == CGROUP_V1_COUNT ? "" : cgroup_controllers[controller].v1_name;
	struct compiled found = look_up(*v1_name ? v1_name : name);

	buf_fmt(why, "no controller %s: ", name);
	if (controller != CGROUP_V1_COUNT && home->withheld & 1u << controller)
		buf_str(why, cgroup_why_withheld());
	else if (!found.there)
		buf_str(why, "this kernel is built without it");
	else if (!found.on)
		buf_fmt(why, "it is switched off at boot; remove cgroup_disable=%s", name);
	else if (found.v1)
		buf_str(why, "it is with cgroup v1 here, in a hierarchy that minit cannot use; mount it, or boot with "
			     "cgroup v2");
	else
		buf_fmt(why, "the cgroup above does not pass it on; write +%s into its cgroup.subtree_control", name);
}

static void explain_absent(const struct cgroup_home *home, const char *file, struct buf *why)
{
	enum cgroup_v1 controller = limit_controller(file);
	const char *nearest = limit_nearest(file);
	BUF_ON_STACK(name, 64);

	buf_add(&name, file, strcspn(file, "."));
	if (controller == CGROUP_V1_COUNT ? !strcmp(buf_text(&name), "cgroup") || is_enabled(home, buf_text(&name)) :
					    cgroup_limiter(home, controller) != NULL)
		buf_fmt(why, "this kernel has no %s", file);
	else
		why_controller(home, buf_text(&name), controller, why);
	if (nearest)
		buf_fmt(why, "; did you mean %s?", nearest);
}

/* The group that it is in, or what all are below. */
static void explain_cpuset(const struct cgroup_home *home, const char *name, const char *file, struct buf *why)
{
	size_t len = strcspn(name, "/");
	BUF_ON_STACK(group, 80);

	if (name[len] && name[len + 1])
		buf_add(&group, name, len + 1);
	if (!cgroup_why_above(home, buf_text(&group), strncmp(file, "cpuset.mems", 11) ? "cpus" : "mems", why))
		buf_str(why, "not all of it is there for the cgroup above; see its cpuset.cpus and cpuset.mems");
}

/* Weights of single disks are of io.cost, which is off for each disk at first, or of BFQ: cgroup-v2.rst. */
static void explain_unsupported(const struct cgroup_home *home, const char *file, struct buf *why)
{
	bool old = home->v2 < 0 || !(home->v2_controllers & UINT32_C(1) << limit_controller(file));

	if (old && !strcmp(file, "memory.oom.group"))
		buf_str(why, "with cgroup v1 minit takes a service as a whole within its memory.max or that of its "
			     "group alone: give that too, or boot with cgroup v2");
	else if (old && !strcmp(file, "io.weight"))
		buf_str(why, "cgroup v1 has one weight for all disks, and none of a single one; boot with cgroup v2");
	else if (old)
		buf_fmt(why, "cgroup v1 has no %s; boot with cgroup v2", file);
	else if (!strcmp(file, "io.weight"))
		buf_str(why, "io.cost is off for this disk; write \"MAJOR:MINOR enable=1\" into io.cost.qos of the "
			     "root of all cgroups, or give the disk the scheduler bfq");
	else
		buf_str(why, "this kernel has it switched off here");
}

static void explain_sum(const char *file, struct buf *why)
{
	buf_fmt(why, "cgroup v1 counts memory and swap in one; give %s",
		strcmp(file, "memory.max") ? "memory.max too" : "memory.swap.max = \"max\" first");
}

static void explain_quota(const struct cgroup_home *home, const char *name, struct buf *why)
{
	buf_str(why, "; cpu.max.burst is at most the quota of cpu.max");
	if (strchr(name, '/') && !(home->v2 >= 0 && home->v2_controllers & UINT32_C(1) << CGROUP_V1_CPU))
		buf_str(why, ", and cgroup v1 gives a group no less than those in it have, and them no more than it "
			     "has");
}

/* The two that v1 has in one are numbers, and such are refused for nothing else. */
static void explain_value(const struct cgroup_home *home, const char *name, const char *file, struct buf *why)
{
	bool v1 = home->v2 < 0 || !(home->v2_controllers & UINT32_C(1) << CGROUP_V1_MEMORY);

	if (v1 && (!strcmp(file, "memory.max") || !strcmp(file, "memory.swap.max"))) {
		explain_sum(file, why);
		return;
	}
	buf_str(why, "the kernel does not take this value");
	if (!strncmp(file, "cpu.weight", 10))
		buf_str(why, "; it takes none as long as cpu.idle is on");
	else if (!strncmp(file, "misc.", 5) || !strncmp(file, "dmem.", 5))
		cgroup_why_capacity(home, limit_controller(file), why);
	else if (!strncmp(file, "cpu.max", 7))
		explain_quota(home, name, why);
	else if (!strcmp(file, "rdma.max"))
		buf_str(why, "; it takes hca_handle and hca_object, each with a number or max");
}

static void explain_device(const struct cgroup_home *home, const char *name, const char *file, struct buf *why)
{
	if (!strcmp(file, "rdma.max"))
		cgroup_why_no_device(home, name, file, why);
	else
		buf_str(why, strncmp(file, "io.", 3) ? "there is no such device" : "there is no such disk");
}

static void explain(const struct cgroup_home *home, const char *name, const char *file, int err, struct buf *why)
{
	switch (err) {
	case -ENOENT:
		explain_absent(home, file, why);
		break;
	case -EOPNOTSUPP:
		explain_unsupported(home, file, why);
		break;
	case -EADDRINUSE:
		buf_str(why, "it can be none of its processors alone: cpuset.cpus has to name some that no leaf beside "
			     "it has, and a group that it is in has to be a partition too");
		break;
	case -EAGAIN:
		explain_sum(file, why);
		break;
	case -EINVAL:
	case -ERANGE:
		explain_value(home, name, file, why);
		break;
	case -ENODEV:
	case -ENOTBLK:
		explain_device(home, name, file, why);
		break;
	case -EBUSY:
		buf_str(why, "more than that is in use");
		break;
	default:
		buf_str(why, cgroup_why_no_leaf(err));
	}
}

/* Of cgroup v1 the kernel says EACCES when the group above does not have it. */
static bool is_beyond(const char *file, int err)
{
	return !strncmp(file, "cpuset.", 7) && (err == -EINVAL || err == -ERANGE || err == -EACCES);
}

void cgroup_why(const struct cgroup_home *home, const char *name, const char *file, int err, struct buf *why)
{
	if (home->err)
		buf_str(why, cgroup_why_no_leaf(home->err));
	else if (is_beyond(file, err))
		explain_cpuset(home, name, file, why);
	else if (*file)
		explain(home, name, file, err, why);
	else if (err == -ENOENT)
		buf_str(why, "somebody has removed it, or the cgroup that it was in; the next start "
			     "makes the leaf anew");
	else
		buf_str(why, cgroup_why_no_leaf(err));
}

/* -- writing ------------------------------------------------------------------------------------------------------ */

/* Who has the controller, or can get it; NULL for nobody. */
static const struct cgroup_ops *provider(struct cgroup_home *home, enum cgroup_v1 controller)
{
	const struct cgroup_ops *ops = cgroup_limiter(home, controller);

	for (size_t i = 0; i < CGROUP_VERSIONS && !ops && controller != CGROUP_V1_COUNT; i++) {
		const struct cgroup_ops *version = cgroup_versions[i];

		if (version && !version->offer(home, controller))
			ops = version;
	}
	return ops;
}

static int write_limit(struct cgroup_home *home, const char *name, const char *file, const char *text)
{
	const struct cgroup_ops *ops = provider(home, limit_controller(file));
	BUF_ON_STACK(disk, 192);
	int err = ops ? 0 : -ENOENT;

	if (!err && *text == '/') {
		err = node_disk(text, &disk);
		err = err == -ENOENT ? -ENODEV : err; /* which is said of the file */
		text = buf_text(&disk);
	}
	return err ? err : ops->limit(home, name, file, text);
}

int cgroup_limit(struct cgroup_home *home, const char *name, const char *file, const char *text, struct buf *why)
{
	int err;

	err = home->err ? home->err : write_limit(home, name, file, text);
	if (err && why)
		cgroup_why(home, name, file, err, why);
	return err;
}

bool cgroup_has_more(const struct cgroup_home *home, const char *name, const char *text)
{
	return ENABLED(CONFIG_CGROUP_V1) && home->v1[CGROUP_V1_CPU] >= 0 && v1_has_more(home, name, text);
}

int cgroup_adopt(const struct cgroup_home *home, const char *name, pid_t child)
{
	return ENABLED(CONFIG_CGROUP_V1) ? v1_adopt(home, name, child) : 0;
}

uint16_t cgroup_old_places(const struct cgroup_home *home, const char *name)
{
	return ENABLED(CONFIG_CGROUP_V1) ? v1_places(home, name) : 0;
}

void cgroup_spread(struct cgroup_home *home, const char *name)
{
	if (ENABLED(CONFIG_CGROUP_V2) && home->v2 >= 0)
		v2_spread(home, name);
	if (ENABLED(CONFIG_CGROUP_V1))
		v1_spread(home, name);
}

void cgroup_clear(const struct cgroup_home *home, const char *name)
{
	for (size_t i = 0; i < CGROUP_VERSIONS; i++)
		if (cgroup_used(home, i))
			cgroup_used(home, i)->clear(home, name);
}

/* -- watching ----------------------------------------------------------------------------------------------------- */

int cgroup_watch_oom(const struct cgroup_home *home, const char *name, uint32_t *ret_events)
{
	const struct cgroup_ops *ops = cgroup_limiter(home, CGROUP_V1_MEMORY);

	return ops ? ops->watch_oom(home, name, ret_events) : -EOPNOTSUPP;
}

bool cgroup_oom_is_single(const struct cgroup_home *home)
{
	const struct cgroup_ops *ops = cgroup_limiter(home, CGROUP_V1_MEMORY);

	return ops && ops == cgroup_versions[CGROUP_VERSIONS - 1];
}

void cgroup_why_pressure(const struct cgroup_home *home, const char *file, int err, struct buf *why)
{
	if (home->v2 < 0)
		buf_str(why, "cgroup v1 does not measure pressure; boot with cgroup v2");
	else if (err == -EOPNOTSUPP || err == -ENOENT)
		buf_str(why, "this kernel does not measure pressure; boot it with psi=1");
	else if (err == -EINVAL)
		buf_fmt(why, "%s does not take this; without CAP_SYS_RESOURCE the window is 2s, 4s, 6s, 8s or 10s",
			file);
	else
		buf_str(why, cgroup_why_no_leaf(err));
}

int cgroup_pressure(const struct cgroup_home *home, const char *name, const char *resource, struct pressure *ret)
{
	BUF_ON_STACK(file, 32);
	struct leaf_path path;

	buf_fmt(&file, "%s.pressure", resource);
	return home->v2 < 0 ? -EOPNOTSUPP : pressure_read(home->v2, leaf_path(&path, name, buf_text(&file)), ret);
}

/* The kernel takes the trigger with its NUL (psi.rst). */
int cgroup_watch_pressure(const struct cgroup_home *home, const char *name, const char *resource,
			  const char *trigger)
{
	BUF_ON_STACK(file, 32);
	struct leaf_path path;
	cleanup_fd int fd = -1;

	buf_fmt(&file, "%s.pressure", resource);
	if (home->v2 < 0)
		return -EOPNOTSUPP;
	fd = openat(home->v2, leaf_path(&path, name, buf_text(&file)), O_RDWR | O_CLOEXEC);
	if (fd < 0 || write(fd, trigger, strlen(trigger) + 1) < 0)
		return -errno;
	return fd_steal(&fd);
}
