#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroup/ops.h"
#include "cgroup/tree.h"
#include "lib/enabled.h"
#include "lib/fd.h"
#include "lib/log.h"

static const struct cgroup_ops *const versions[] = {
	ENABLED(CONFIG_CGROUP_V2) ? &cgroup_v2 : NULL,
	ENABLED(CONFIG_CGROUP_V1) ? &cgroup_v1 : NULL,
};

const struct controller cgroup_controllers[] = {
#define CONTROLLER(id, v1, v2, always) [CGROUP_V1_##id] = { v1, v2, always },
#include "cgroup/controllers.def"
#undef CONTROLLER
};

/* Version number i, or NULL when there is nothing of it here. */
static const struct cgroup_ops *used(const struct cgroup_home *home, size_t i)
{
	return versions[i] && versions[i]->is_used(home) ? versions[i] : NULL;
}

/* The one that knows who is in a leaf, or NULL. */
static const struct cgroup_ops *tracker(const struct cgroup_home *home)
{
	const struct cgroup_ops *ops = NULL;

	for (size_t i = 0; i < ARRAY_LEN(versions) && !ops; i++)
		ops = used(home, i);
	return ops;
}

/* The one that has the controller, or NULL. */
static const struct cgroup_ops *limiter(const struct cgroup_home *home, enum cgroup_v1 controller)
{
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		if (used(home, i) && versions[i]->limits(home, controller))
			return versions[i];
	return NULL;
}

int cgroup_settle(struct cgroup_home *home, int proc, const struct place *place, enum cgroup_v1 controller,
		  settle_fn *settle)
{
	cleanup_fd int own = place_open(proc, place);
	cleanup_fd int mounted = -1;
	int err = own < 0 ? own : settle(home, controller, own);

	if (err != -ENOENT && err != -EROFS)
		return err;
	mounted = place_mount(place);
	return mounted < 0 ? err : settle(home, controller, mounted);
}

static const char *why_no_leaf(int err)
{
	switch (err) {
	case -EROFS:
		return "/sys/fs/cgroup is read-only here; mount it rw, or allow CAP_SYS_ADMIN";
	case -ENOENT:
		return "no cgroup file system is mounted here; mount cgroup2 at /sys/fs/cgroup";
	case -EACCES:
	case -EPERM:
		return "minit's cgroup belongs to someone else; have one delegated "
		       "(systemd-run --user --scope -p Delegate=yes minit ...)";
	case -EXDEV:
		return "minit's cgroup lies outside of its cgroup namespace; move it in before the namespace is made";
	case -EOPNOTSUPP:
		return "minit's cgroup is threaded; start it in one whose cgroup.type is domain";
	}
	return "minit's cgroup cannot be used";
}

static const char *why_no_controllers(const struct cgroup_home *home, unsigned bits)
{
	if (home->withheld & bits)
		return "minit's cgroup holds other processes, so it cannot pass controllers on; start it in one of its "
		       "own (systemd-run --scope -p Delegate=yes minit ...)";
	return "minit has it neither from cgroup v2 nor from v1 here; enable it in the cgroup above, or in the kernel";
}

static void tell(const struct cgroup_home *home)
{
	BUF_ON_STACK(missing, 64);
	unsigned bits = 0;

	if (home->err) {
		log_warn("cgroup", 0, "services have no leaves: %s: %s", strerror(-home->err), why_no_leaf(home->err));
		return;
	}
	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++) {
		if (!cgroup_controllers[i].v2_name[0] || limiter(home, i))
			continue;
		buf_fmt(&missing, " %s", cgroup_controllers[i].v2_name);
		bits |= 1u << i;
	}
	if (missing.len)
		log_info("cgroup", "no limits of%s: %s", buf_text(&missing), why_no_controllers(home, bits));
}

int cgroup_open(struct cgroup_home *ret)
{
	cleanup_fd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = -ENOENT;

	*ret = (struct cgroup_home){ .v2 = -1 };
	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		ret->v1[i] = -1;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		int one = versions[i] ? versions[i]->open(ret, proc) : -ENOENT;

		if (err == -ENOENT)
			err = one;
	}
	ret->err = tracker(ret) ? 0 : err;
	tell(ret);
	return ret->err;
}

void cgroup_close(struct cgroup_home *home)
{
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		if (used(home, i))
			versions[i]->close(home);
}

/* Processes of a killed run are in it still, and limits that nobody may want now. */
static void take_over(struct cgroup_home *home, const char *name)
{
	BUF_ON_STACK(why, 256);

	if (cgroup_kill(home, name))
		log_warn("cgroup", 0, "%s: what a former run left in its leaf cannot be killed", name);
	for (enum limit_id id = 0; id < LIMIT_COUNT; id++) {
		struct limit limit = limit_default(id);

		if (cgroup_limit(home, name, &limit, &why))
			log_debug("cgroup", "%s: %s of a former run stays", name, limit_name(id));
	}
}

int cgroup_create(struct cgroup_home *home, const char *name)
{
	int left = 0;

	if (home->err)
		return home->err;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		int one = used(home, i) ? versions[i]->create(home, name) : 0;

		if (one < 0)
			return one;
		left |= one;
	}
	if (left)
		take_over(home, name);
	return 0;
}

static void explain(const char *file, int err, struct buf *why)
{
	switch (err) {
	case -ENOENT:
		buf_fmt(why, "this kernel has no %s", file);
		break;
	case -EOPNOTSUPP:
		buf_fmt(why, "cgroup v1 has no %s; boot with cgroup v2", file);
		break;
	case -EINVAL:
	case -ERANGE:
		buf_str(why, "the kernel does not take this value");
		break;
	case -EBUSY:
		buf_str(why, "more than that is in use");
		break;
	default:
		buf_str(why, why_no_leaf(err));
	}
}

int cgroup_limit(struct cgroup_home *home, const char *name, const struct limit *limit, struct buf *why)
{
	const struct limit_row *row = limit_row(limit->id);
	const struct cgroup_ops *ops = limiter(home, row->controller);
	int err;

	if (home->err) {
		buf_str(why, why_no_leaf(home->err));
		return home->err;
	}
	if (!ops) {
		buf_fmt(why, "no controller %s: %s", cgroup_controllers[row->controller].v2_name,
			why_no_controllers(home, 1u << row->controller));
		return -EOPNOTSUPP;
	}
	err = ops->limit(home, name, limit);
	if (err)
		explain(row->name, err, why);
	return err;
}

int cgroup_leaf_fd(const struct cgroup_home *home, const char *name)
{
	cleanup_fd int fd = -1;
	struct leaf_path path;
	struct stat leaf;

	if (home->into == CGROUP_INTO_NEVER)
		return -EOPNOTSUPP;
	fd = openat(home->v2, leaf_path(&path, name, ""), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &leaf) < 0)
		return -errno;
	if (home->into == CGROUP_INTO_UNKILLED && leaf.st_mode & S_ISVTX)
		return -EOPNOTSUPP;
	return fd_steal(&fd);
}

int cgroup_join(const struct cgroup_home *home, const char *name, bool born_into_v2)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(versions) && !err; i++)
		if (used(home, i) && !(born_into_v2 && versions[i] == tracker(home)))
			err = versions[i]->join(home, name);
	return err;
}

bool cgroup_is_empty(const struct cgroup_home *home, const char *name)
{
	const struct cgroup_ops *ops = tracker(home);

	return !ops || ops->is_empty(home, name);
}

int cgroup_kill(const struct cgroup_home *home, const char *name)
{
	const struct cgroup_ops *ops = tracker(home);

	return ops ? ops->kill(home, name) : home->err;
}

void cgroup_usage(const struct cgroup_home *home, const char *name, struct cgroup_usage *ret)
{
	*ret = (struct cgroup_usage){ .oom_kills = cgroup_oom_kills(home, name) };
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		if (used(home, i))
			versions[i]->usage(home, name, ret);
}

uint64_t cgroup_oom_kills(const struct cgroup_home *home, const char *name)
{
	const struct cgroup_ops *ops = limiter(home, CGROUP_V1_MEMORY);
	uint64_t kills = 0;

	return ops && !ops->oom_kills(home, name, &kills) ? kills : 0;
}

int cgroup_remove(struct cgroup_home *home, const char *name)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		int one = used(home, i) ? versions[i]->remove(home, name) : 0;

		err = err ? err : one;
	}
	return err;
}
