#include "cgroup/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/text.h"

/* -- disks -------------------------------------------------------------------------------------------------------- */

/* The folder of a partition lies in that of its disk. */
static int disk_of(dev_t dev, struct buf *ret)
{
	BUF_ON_STACK(path, 80);
	char number[32];
	ssize_t n;

	buf_fmt(&path, "/sys/dev/block/%u:%u/partition", major(dev), minor(dev));
	if (faccessat(AT_FDCWD, buf_text(&path), F_OK, 0) < 0) {
		buf_fmt(ret, "%u:%u", major(dev), minor(dev));
		return 0;
	}
	buf_reset(&path);
	buf_fmt(&path, "/sys/dev/block/%u:%u/../dev", major(dev), minor(dev));
	n = fd_read_file(AT_FDCWD, buf_text(&path), number, sizeof(number));
	if (n < 0)
		return (int)n;
	buf_add(ret, number, strcspn(number, "\n"));
	return 0;
}

int node_disk(const char *text, struct buf *ret)
{
	size_t len = strcspn(text, " ");
	BUF_ON_STACK(path, 80);
	struct stat node;
	int err;

	buf_add(&path, text, len);
	if (buf_check(&path) || stat(buf_text(&path), &node) < 0)
		return buf_check(&path) ? -ENAMETOOLONG : -errno;
	if (!S_ISBLK(node.st_mode))
		return -ENOTBLK;
	err = disk_of(node.st_rdev, ret);
	buf_str(ret, text + len);
	return err ? err : buf_check(ret);
}

/* -- any nodes ---------------------------------------------------------------------------------------------------- */

static int find_path(const char *path, struct node ret[NODES_MOST])
{
	struct stat node;

	if (stat(path, &node) < 0)
		return -errno;
	if (!S_ISBLK(node.st_mode) && !S_ISCHR(node.st_mode))
		return -ENODEV;
	ret[0] = (struct node){ S_ISBLK(node.st_mode) ? 'b' : 'c', (int32_t)major(node.st_rdev),
				(int32_t)minor(node.st_rdev) };
	return 1;
}

static int find_known(const char *name, struct node *ret)
{
	static const struct {
		const char *name;
		int16_t major, minor;
	} known[] = {
#define NODE(name, major, minor) { name, major, minor },
#include "cgroup/nodes.def"
#undef NODE
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(known[i].name, name) != 0)
			continue;
		*ret = (struct node){ 'c', known[i].major, known[i].minor };
		return 1;
	}
	return -ENOENT;
}

/* " 10 misc": the number of a line that ends with the name, or -1. */
static int number_before(char *line, const char *name)
{
	char *space = strrchr(line, ' ');
	uint64_t major;

	if (!space || strcmp(space + 1, name) != 0)
		return -1;
	*space = '\0';
	return text_u64(line + strspn(line, " "), &major) || major > INT16_MAX ? -1 : (int)major;
}

/* /proc/devices has two parts, "Character devices:" and "Block devices:"; a driver may have several numbers. */
static int find_driver(char type, const char *name, struct node ret[NODES_MOST])
{
	char text[8192], *rest = text, *line, part = 'c';
	int found = 0, number;
	ssize_t n = fd_read_file(AT_FDCWD, "/proc/devices", text, sizeof(text));

	if (n < 0)
		return (int)n;
	while (found < NODES_MOST && (line = strsep(&rest, "\n"))) {
		part = !strncmp(line, "Block", 5) ? 'b' : part;
		number = part == type ? number_before(line, name) : -1;
		if (number >= 0)
			ret[found++] = (struct node){ type, number, -1 };
	}
	return found ? found : -ENOENT;
}

int node_find(const char *name, struct node ret[NODES_MOST])
{
	if (*name == '/')
		return find_path(name, ret);
	if (!strncmp(name, "char-", 5))
		return find_driver('c', name + 5, ret);
	if (!strncmp(name, "block-", 6))
		return find_driver('b', name + 6, ret);
	return find_known(name, ret);
}
