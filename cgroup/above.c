/* Who holds processors or memory nodes back from a leaf: cgroup-v2.rst, "cpuset.cpus.effective". */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/ops.h"
#include "cgroup/tree.h"
#include "lib/fd.h"

#define LIST_MOST 512
#define DEPTH_MOST 64

/* What is left of them to a group, and the file that says it; or neither, as its hierarchy has no such thing there. */
struct left {
	char list[LIST_MOST], file[32];
};

static bool read_left(int dir, const char *what, struct left *ret)
{
	static const char *const names[] = { "cpuset.%s.effective", "cpuset.effective_%s" }; /* v2, v1 */
	ssize_t n = -ENOENT;

	for (size_t i = 0; i < ARRAY_LEN(names) && n < 0; i++) {
		struct buf file;

		buf_init(&file, ret->file, sizeof(ret->file));
		buf_fmt(&file, names[i], what);
		n = fd_read_file(dir, buf_text(&file), ret->list, sizeof(ret->list));
	}
	ret->list[n > 0 ? strcspn(ret->list, "\n") : 0] = '\0';
	return n > 0;
}

static int open_folder(int dir, const char *name)
{
	return openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The highest group that has no more than this one, which is put in its place: the one that holds back. */
static bool climb(int *dir, const char *what, struct left *ret)
{
	bool has = read_left(*dir, what, ret);

	for (int i = 0; i < DEPTH_MOST; i++) {
		int up = open_folder(*dir, "..");
		struct left above;
		bool more = up >= 0 && read_left(up, what, &above);

		if (up < 0 || (has && (!more || strcmp(above.list, ret->list) != 0))) {
			fd_close(&up);
			break;
		}
		fd_close(dir);
		*dir = up;
		has |= more;
		*ret = more ? above : *ret;
	}
	return has;
}

static int open_start(const struct cgroup_home *home, enum cgroup_v1 controller, const char *name)
{
	int v1 = home->v1[controller], top = v1 >= 0 ? v1 : home->v2;
	struct leaf_path path;
	int dir = top < 0 ? -1 : open_folder(top, leaf_path(&path, name, ""));

	return dir < 0 && top >= 0 ? open_folder(top, ".") : dir;
}

bool cgroup_why_above(const struct cgroup_home *home, const char *name, const char *what, struct buf *why)
{
	cleanup_fd int dir = open_start(home, CGROUP_V1_CPUSET, name);
	BUF_ON_STACK(link, 40);
	char path[256];
	struct left left;
	ssize_t n;

	if (dir < 0 || !climb(&dir, what, &left))
		return false;
	buf_fmt(&link, "/proc/self/fd/%d", dir);
	n = readlink(buf_text(&link), path, sizeof(path) - 1);
	path[MAX(n, 0)] = '\0';
	buf_fmt(why, "%s has %.64s (its %s): ask for no other, or give it more", n > 0 ? path : "the cgroup above",
		left.list, left.file);
	return true;
}
