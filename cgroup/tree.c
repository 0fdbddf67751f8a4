#include "cgroup/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/v1.h"
#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "lib/text.h"

#define DEPTH_MOST 16
#define GROUPS_MOST 1024

/* False, and nothing, for a name that leads elsewhere. */
static bool put_name(struct buf *b, const char *name)
{
	const char *slash = strchr(name, '/');

	if (slash && (slash == name || strchr(slash + 1, '/')))
		return false;
	if (slash)
		buf_fmt(b, "grp.%.*s", (int)(slash - name), name);
	if (!slash || slash[1])
		buf_fmt(b, "%ssvc.%s", slash ? "/" : "", slash ? slash + 1 : name);
	return true;
}

const char *leaf_path(struct leaf_path *p, const char *name, const char *file)
{
	struct buf b;

	buf_init(&b, p->text, sizeof(p->text));
	if (put_name(&b, name) && *file)
		buf_fmt(&b, "/%s", file);
	buf_char(&b, '\0');
	if (buf_check(&b))
		p->text[0] = '\0';
	return p->text;
}

struct pids {
	pid_fn *fn;
	void *arg;
	int count;
	pid_t pid; /* what has been read of the next one */
};

static void pids_feed(struct pids *p, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			p->pid = p->pid * 10 + (text[i] - '0');
			continue;
		}
		p->fn(p->pid, p->arg);
		p->count++;
		p->pid = 0;
	}
}

int tree_pids(int dir, const char *file, pid_fn *fn, void *arg)
{
	cleanup_fd int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	struct pids pids = { .fn = fn, .arg = arg };
	char chunk[1024];
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		pids_feed(&pids, chunk, (size_t)n);
	return n < 0 ? -errno : pids.count;
}

struct groups {
	group_fn *fn;
	void *arg;
};

static int each_group(int dir, const char *name, unsigned type, void *arg)
{
	const struct groups *g = arg;

	if (type != DT_DIR || !strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	return g->fn(dir, name, g->arg);
}

int tree_each(int dir, group_fn *fn, void *arg)
{
	cleanup_fd int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct groups groups = { fn, arg };

	return fd < 0 ? -errno : fd_each(fd, each_group, &groups);
}

struct walk {
	int depth;
	int groups; /* how many more may be looked at */
	int result;
};

static int walk_down(int dir, const char *name, group_fn *fn, struct walk *walk)
{
	cleanup_fd int fd = -1;
	int result;

	if (walk->depth >= DEPTH_MOST || walk->groups-- <= 0)
		return -EBUSY;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	walk->depth++;
	result = tree_each(fd, fn, walk);
	walk->depth--;
	return result;
}

static int remove_group(int dir, const char *name, void *arg)
{
	if (!unlinkat(dir, name, AT_REMOVEDIR) || errno == ENOENT)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	walk_down(dir, name, remove_group, arg);
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int tree_remove(int dir, const char *name)
{
	struct walk walk = { .groups = GROUPS_MOST };

	return remove_group(dir, name, &walk);
}

/* What is left of one that is not empty is told by the next who looks. */
static int remove_below(int dir, const char *name, void *arg)
{
	struct walk *walk = arg;

	remove_group(dir, name, walk);
	return 0;
}

void tree_clear(int dir, const char *name)
{
	struct walk walk = { .groups = GROUPS_MOST };

	walk_down(dir, name, remove_below, &walk);
}

static int remove_named(int dir, const char *name, void *arg)
{
	const char *prefix = arg;

	if (!strncmp(name, prefix, strlen(prefix)))
		tree_remove(dir, name);
	return 0;
}

void tree_remove_all(int dir, const char *prefix)
{
	tree_each(dir, remove_named, (void *)(uintptr_t)prefix);
}

static void kill_pid(pid_t pid, void *arg)
{
	(void)arg;
	if (pid > 0 && pid != getpid())
		sys_kill(pid, SIGKILL);
}

static int kill_group(int dir, const char *name, void *arg)
{
	struct walk *walk = arg;
	BUF_ON_STACK(procs, 320);
	int n;

	buf_fmt(&procs, "%s/cgroup.procs", name);
	n = tree_pids(dir, buf_text(&procs), kill_pid, NULL);
	if (n < 0)
		walk->result = n;
	walk_down(dir, name, kill_group, walk);
	return 0;
}

int tree_kill(int dir, const char *name)
{
	struct walk walk = { .groups = GROUPS_MOST };

	kill_group(dir, name, &walk);
	return walk.result;
}

static void no_pid(pid_t pid, void *arg)
{
	(void)pid;
	(void)arg;
}

static int group_is_busy(int dir, const char *name, void *arg)
{
	struct walk *walk = arg;
	BUF_ON_STACK(procs, 320);
	int n;

	buf_fmt(&procs, "%s/cgroup.procs", name);
	n = tree_pids(dir, buf_text(&procs), no_pid, NULL);
	if (n > 0)
		return 1;
	n = walk_down(dir, name, group_is_busy, walk);
	return n == 1 || n == -EBUSY;
}

bool tree_is_empty(int dir, const char *name)
{
	struct walk walk = { .groups = GROUPS_MOST };

	return !group_is_busy(dir, name, &walk);
}

int file_number(int dir, const char *path, uint64_t *ret)
{
	char text[32];
	ssize_t n = fd_read_file(dir, path, text, sizeof(text));

	if (n < 0)
		return (int)n;
	text[strcspn(text, "\n")] = '\0';
	if (!strcmp(text, "max")) {
		*ret = UINT64_MAX;
		return 0;
	}
	return text_u64(text, ret);
}

int file_size_v1(int dir, const char *path, uint64_t *ret)
{
	int err = file_number(dir, path, ret);

	if (!err && *ret >= V1_NO_LIMIT)
		*ret = LIMIT_NONE;
	return err;
}

int file_keyed(int dir, const char *path, const char *key, uint64_t *ret)
{
	char text[1024], *line, *rest = text;
	ssize_t n = fd_read_file(dir, path, text, sizeof(text));
	size_t len = strlen(key);

	if (n < 0)
		return (int)n;
	while ((line = strsep(&rest, "\n")))
		if (!strncmp(line, key, len) && line[len] == ' ')
			return text_u64(line + len + 1, ret);
	return -ENOENT;
}
