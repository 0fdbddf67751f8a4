/*
 * Who holds processors or memory nodes back from a leaf: cgroup-v2.rst, "cpuset.cpus.effective". And what a machine has
 * of what is counted by names.
 */
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

/* Only the root of all groups has the file, and a cgroup namespace may end below it: cgroup-v2.rst, "misc.capacity". */
static ssize_t read_above(int dir, const char *file, char *mem, size_t size)
{
	ssize_t n = dir < 0 ? -ENOENT : fd_read_file(dir, file, mem, size);
	cleanup_fd int at = dir < 0 ? -1 : open_folder(dir, "..");

	for (int i = 0; i < DEPTH_MOST && n < 0 && at >= 0; i++) {
		int up = open_folder(at, "..");

		n = fd_read_file(at, file, mem, size);
		fd_close(&at);
		at = up;
	}
	return n;
}

/* "sev 509\nsev_es 99\n" as "sev 509, sev_es 99"; or of each line its first word. */
static void put_lines(struct buf *b, const char *text, bool whole)
{
	const char *line = text;

	for (; *line; line += strcspn(line, "\n"), line += *line == '\n')
		buf_fmt(b, "%s%.*s", line == text ? "" : ", ", (int)strcspn(line, whole ? "\n" : " \n"), line);
}

void cgroup_why_capacity(const struct cgroup_home *home, enum cgroup_v1 controller, struct buf *why)
{
	int top = home->v1[controller] >= 0 ? home->v1[controller] : home->v2;
	BUF_ON_STACK(file, 32);
	char text[512];

	buf_fmt(&file, "%s.capacity", cgroup_controllers[controller].v2_name);
	if (read_above(top, buf_text(&file), text, sizeof(text)) < 0) {
		buf_fmt(why, "; %s of the root of all cgroups says what this machine has", buf_text(&file));
		return;
	}
	buf_str(why, "; this machine has ");
	if (*text)
		put_lines(why, text, true);
	else
		buf_str(why, "nothing of that");
	buf_fmt(why, " (%s)", buf_text(&file));
}

void cgroup_why_no_device(const struct cgroup_home *home, const char *name, const char *file, struct buf *why)
{
	enum cgroup_v1 controller = limit_controller(file);
	int top = home->v1[controller] >= 0 ? home->v1[controller] : home->v2;
	struct leaf_path path;
	char text[1024];
	ssize_t n = fd_read_file(top, leaf_path(&path, name, file), text, sizeof(text));

	buf_str(why, "there is no such device");
	if (n > 0 && *text != '\n') {
		buf_str(why, ", but ");
		put_lines(why, text, false);
	} else if (n >= 0) {
		buf_str(why, ", nor any other");
	}
}
