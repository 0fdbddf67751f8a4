/* How minit hears that a leaf is out of memory (cgroup-v1/memory.rst), and which leaves that goes for. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "cgroup/tree.h"
#include "cgroup/v1.h"
#include "lib/fd.h"

static bool is_bound(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	uint64_t memory;

	leaf_path(&path, name, "memory.limit_in_bytes");
	return !file_size_v1(home->v1[CGROUP_V1_MEMORY], path.text, &memory) && memory != LIMIT_NONE;
}

bool v1_oom_is_heard(const struct cgroup_home *home, const char *name)
{
	BUF_ON_STACK(group, 80);
	const char *slash = strchr(name, '/');

	if (!*name || (slash && !slash[1]))
		return false;
	buf_add(&group, name, slash ? (size_t)(slash - name) + 1 : 0);
	return is_bound(home, name) || (slash && is_bound(home, buf_text(&group)));
}

/* The kernel speaks of it before it kills, and then kills one process (cgroup-v1/memory.rst, "OOM Control"). */
int v1_watch_oom(const struct cgroup_home *home, const char *name, uint32_t *ret_events)
{
	struct leaf_path path;
	cleanup_fd int control = openat(home->v1[CGROUP_V1_MEMORY], leaf_path(&path, name, "memory.oom_control"),
					O_RDONLY | O_CLOEXEC);
	cleanup_fd int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	BUF_ON_STACK(text, 32);
	int err;

	if (control < 0 || event < 0)
		return -errno;
	buf_fmt(&text, "%d %d", event, control);
	leaf_path(&path, name, "cgroup.event_control");
	err = fd_write_file(home->v1[CGROUP_V1_MEMORY], path.text, buf_text(&text));
	if (err)
		return err;
	*ret_events = EPOLLIN;
	return fd_steal(&event);
}
