/* Finding our own place at boot, and making leaves there. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cgroup/ops.h"
#include "lib/fd.h"
#include "lib/log.h"

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

const char *cgroup_why_no_leaf(int err)
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
	case -EAGAIN:
		return "a cgroup above may have no more groups in it; raise its cgroup.max.descendants or "
		       "cgroup.max.depth";
	case -EXDEV:
		return "minit's cgroup lies outside of its cgroup namespace; move it in before the namespace is made";
	case -EOPNOTSUPP:
		return "minit's cgroup is threaded; start it in one whose cgroup.type is domain";
	}
	return "minit's cgroup cannot be used";
}

const char *cgroup_why_withheld(void)
{
	return "minit's cgroup holds other processes, so it cannot pass controllers on; start it in one of its "
	       "own (systemd-run --scope -p Delegate=yes minit ...)";
}

static void tell(const struct cgroup_home *home)
{
	BUF_ON_STACK(missing, 64);
	unsigned bits = 0;

	if (home->err) {
		log_warn("cgroup", 0, "services have no leaves: %s: %s", strerror(-home->err),
			 cgroup_why_no_leaf(home->err));
		return;
	}
	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++) {
		if (cgroup_controllers[i].when == CONTROLLER_WISH || !cgroup_controllers[i].v2_name[0] ||
		    cgroup_limiter(home, i))
			continue;
		buf_fmt(&missing, " %s", cgroup_controllers[i].v2_name);
		bits |= 1u << i;
	}
	if (missing.len)
		log_info("cgroup", "no limits of%s: %s", buf_text(&missing),
			 home->withheld & bits ? cgroup_why_withheld() :
						 "minit has it neither from cgroup v2 nor from v1 here; enable "
						 "it in the cgroup above, or in the kernel");
}

int cgroup_open(struct cgroup_home *ret)
{
	cleanup_fd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = -ENOENT;

	*ret = (struct cgroup_home){ .v2 = -1 };
	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		ret->v1[i] = -1;
	for (size_t i = 0; i < CGROUP_VERSIONS; i++) {
		int one = cgroup_versions[i] ? cgroup_versions[i]->open(ret, proc) : -ENOENT;

		if (err == -ENOENT)
			err = one;
	}
	ret->err = cgroup_tracker(ret) ? 0 : err;
	tell(ret);
	return ret->err;
}

void cgroup_close(struct cgroup_home *home)
{
	for (size_t i = 0; i < CGROUP_VERSIONS; i++)
		if (cgroup_used(home, i))
			cgroup_versions[i]->close(home);
}

/* Processes of a killed run are in it still, and limits that nobody may want now. */
static void take_over(struct cgroup_home *home, const char *name)
{
	if (cgroup_kill(home, name))
		log_warn("cgroup", 0, "%s: what a former run left in its leaf cannot be killed", name);
	for (unsigned i = 0; i < limit_count; i++) {
		const struct limit_row *row = &limit_rows[i];
		const struct cgroup_ops *ops = *row->usual ? cgroup_limiter(home, limit_controller(row->name)) : NULL;

		if (ops && !strchr(row->name, '*') && ops->limit(home, name, row->name, row->usual))
			log_debug("cgroup", "%s: %s of a former run stays", name, row->name);
	}
}

int cgroup_create(struct cgroup_home *home, const char *name)
{
	int left = 0;

	if (home->err)
		return home->err;
	for (size_t i = 0; i < CGROUP_VERSIONS; i++) {
		int one = cgroup_used(home, i) ? cgroup_versions[i]->create(home, name) : 0;

		if (one < 0)
			return one;
		left |= one;
	}
	if (left)
		take_over(home, name);
	return 0;
}

