/* The environment: minit's own, then env_file in order, then env; and limits of the process. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/exec.h"
#include "lib/fd.h"
#include "lib/path.h"
#include "services/child.h"

#define ENV_FILE_MAX (256 * 1024)

extern char **environ;

static size_t name_length(const char *entry)
{
	return strcspn(entry, "=");
}

static char **find(struct child_memory *m, const char *name, size_t len)
{
	for (size_t i = 0; i < m->env_count; i++)
		if (!strncmp(m->words[i], name, len) && m->words[i][len] == '=')
			return &m->words[i];
	return NULL;
}

static int set(struct child_memory *m, char *entry)
{
	char **at = find(m, entry, name_length(entry));

	if (at) {
		*at = entry;
		return 0;
	}
	if (m->env_count == CHILD_ENV_MAX)
		return -E2BIG;
	m->words[m->env_count++] = entry;
	return 0;
}

const char *child_getenv(const struct child *child, const char *name)
{
	char **at = find(child->memory, name, strlen(name));

	return at ? *at + strlen(name) + 1 : NULL;
}

int child_setenv_default(struct child *child, const char *name, const char *value)
{
	struct child_memory *m = child->memory;
	struct buf b = { .data = m->text + m->text_used, .size = sizeof(m->text) - m->text_used };

	if (find(m, name, strlen(name)))
		return 0;
	buf_str(&b, name);
	buf_char(&b, '=');
	buf_str(&b, value);
	buf_char(&b, '\0');
	if (buf_check(&b))
		return -E2BIG;
	m->text_used += b.len;
	return set(m, b.data);
}

static char *skip_blanks(char *p)
{
	return p + strspn(p, " \t");
}

static void trim(char *line)
{
	size_t len = strlen(line);

	while (len && strchr(" \t\r", line[len - 1]))
		line[--len] = '\0';
}

/* One pair of quotes around the whole value is taken off; nothing within is changed. */
static void unquote(char *value)
{
	size_t len = strlen(value);

	if (len < 2 || (*value != '"' && *value != '\'') || value[len - 1] != *value)
		return;
	memmove(value, value + 1, len - 2);
	value[len - 2] = '\0';
}

/* NAME=value, "export " before it allowed; blank lines and # comments are skipped. */
static int set_from_line(struct child_memory *m, char *line)
{
	size_t len;

	line = skip_blanks(line);
	trim(line);
	if (!*line || *line == '#' || *line == ';')
		return 0;
	if (!strncmp(line, "export ", 7))
		line = skip_blanks(line + 7);
	len = name_length(line);
	if (!len || !line[len])
		return -EINVAL;
	unquote(line + len + 1);
	return set(m, line);
}

/*
 * Root of a user namespace whose mounts are joined has put there what it likes: so it is what root there may read;
 * where that has no root of its own, it is minit's file.
 */
static int open_of(const struct child *child, const struct service_spec *owner, const char *path, int flags)
{
	const struct roots_spec *roots = &table_confine(child->table, owner)->roots;
	int fd;

	if (!owner->root_at)
		return path_open_ours_in(child->root_fd, path, flags, 0);
	syscall(SYS_setfsgid, roots_outside(child->table, roots->gids, 0));
	syscall(SYS_setfsuid, roots_outside(child->table, roots->uids, 0));
	fd = fd_open(path, flags);
	syscall(SYS_setfsuid, 0);
	syscall(SYS_setfsgid, 0);
	return fd;
}

/* In minit's root it could else be any file, by a link that the service has put there. A root of its own is its own. */
static int open_any(const struct child *child, const char *path, int flags)
{
	const struct service_spec *owner = table_mapped_owner(child->table, child->spec);

	if (owner)
		return open_of(child, owner, path, flags);
	if (!child->spec->root_at && !(child_confine(child)->roots.join_flags & CLONE_NEWNS))
		return path_open_ours(path, flags | O_CLOEXEC, 0);
	return fd_open(path, flags);
}

/* A pipe would be waited for. EAGAIN tells of a lease (fcntl(2)), which files alone have, and which ends. */
static int open_env_file(const struct child *child, const char *path)
{
	const int flags = O_RDONLY | O_NOCTTY;
	int first = open_any(child, path, flags | O_NONBLOCK);
	cleanup_fd int fd = first == -EAGAIN ? open_any(child, path, flags) : first;
	struct stat st;
	int err = fd < 0 ? fd : fd_stat(fd, &st);

	if (!err && !S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EOPNOTSUPP;
	return err ? err : fd_steal(&fd);
}

/*
 * Its memory is kept: what is read lives in it. So such a child has memory of its own (services/launch.c).
 * ret_line: the line that an error is in, 0 for none.
 */
static int read_env_file(const struct child *child, const char *path, unsigned *ret_line)
{
	char *mem = mmap(NULL, ENV_FILE_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cleanup_fd int fd = -1;
	ssize_t len;
	int err = 0;

	if (mem == MAP_FAILED)
		return -errno;
	fd = open_env_file(child, path);
	len = fd < 0 ? fd : fd_read_rest(fd, mem, ENV_FILE_MAX);
	if (len < 0)
		return (int)len;
	for (char *next, *line = mem; line && !err; line = next) {
		++*ret_line;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		err = set_from_line(child->memory, line);
	}
	return err;
}

static int add_file(struct child *child, const char *path)
{
	bool may_miss = *path == '-';
	unsigned line = 0;
	int err = read_env_file(child, path + may_miss, &line);
	BUF_ON_STACK(what, STATE_DETAIL);

	if (!err || (err == -ENOENT && may_miss))
		return 0;
	if (line)
		buf_fmt(&what, "line %u of ", line);
	buf_str(&what, path + may_miss);
	return child_fail(child, err, buf_text(&what));
}

/* What tells who one is; a service with a user of its own does not get minit's. */
static bool is_identity(const char *entry)
{
	static const char *const names[] = { "HOME=", "USER=", "LOGNAME=", "SHELL=" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strncmp(entry, names[i], strlen(names[i])))
			return true;
	return false;
}

static int inherit(struct child_memory *m, const struct service_spec *spec)
{
	int err = 0;

	for (char **e = environ; e && *e && !err; e++)
		if (!spec->user_at || !is_identity(*e))
			err = set(m, *e);
	return err;
}

/* Written before it is read: the memory may be a frame that another child has left. */
int step_environment(struct child *child)
{
	const struct service_spec *spec = child->spec;
	struct child_memory *m = child->memory;
	int err;

	m->env_count = m->text_used = 0;
	err = inherit(m, spec);
	for (uint32_t i = 0; i < spec->env_file.count && !err; i++)
		err = add_file(child, table_item(child->table, spec->env_file, i));
	for (uint32_t i = 0; i < spec->env.count && !err; i++)
		err = set(m, (char *)table_item(child->table, spec->env, i));
	if (!err)
		err = child_setenv_default(child, "PATH", EXEC_PATH);
	return err;
}

/* Its number: services/failure.c has the names. */
static int rlimit_failed(struct child *child, uint32_t resource, int err)
{
	BUF_ON_STACK(b, 16);

	buf_fmt(&b, "%u", resource);
	return child_fail(child, err, buf_text(&b));
}

/* 1 also keeps it from a program that core_pattern names, which 0 does not: core(5). So rlimits.core has no say. */
static int forbid_core(struct child *child)
{
	const struct rlimit none = { 1, 1 };

	return setrlimit(RLIMIT_CORE, &none) < 0 ? child_fail(child, -errno, "coredump") : 0;
}

static bool is_marked(const struct child *child)
{
	return !(child->namespaces & CLONE_NEWPID);
}

/* The soft one stays as it is. */
static void bear(int resource, uint64_t soft, uint64_t mark)
{
	const struct rlimit limit = { MIN(soft, mark), mark };

	if (mark)
		setrlimit(resource, &limit);
}

/* Where it is refused they are found by their leaf or process group alone. */
static void bear_marks(const struct child *child)
{
	if (!is_marked(child))
		return;
	bear(RLIMIT_LOCKS, strays_soft.locks, child->mark.locks);
	if (!table_rlimit(child->table, child->spec, RLIMIT_RTTIME))
		bear(RLIMIT_RTTIME, strays_soft.rttime, child->mark.rttime);
}

/* What another key, or minit itself, has a use for that goes before the table's. */
static bool has_other_use(const struct child *child, uint32_t resource)
{
	if (resource == RLIMIT_CORE)
		return child_confine(child)->privileges.coredump == COREDUMP_NEVER;
	return resource == RLIMIT_LOCKS && is_marked(child);
}

int step_rlimits(struct child *child)
{
	const struct service_spec *spec = child->spec;
	const struct rlimit_spec *list = table_list(child->table, spec->rlimits, struct rlimit_spec);
	const bool no_core = child_confine(child)->privileges.coredump == COREDUMP_NEVER;

	bear_marks(child);
	if (launch_nofile.rlim_max)
		setrlimit(RLIMIT_NOFILE, &launch_nofile);
	for (uint32_t i = 0; i < spec->rlimits.count; i++) {
		struct rlimit limit = { .rlim_cur = list[i].soft, .rlim_max = list[i].hard };

		if (has_other_use(child, list[i].resource))
			continue;
		if (setrlimit((int)list[i].resource, &limit) < 0)
			return rlimit_failed(child, list[i].resource, -errno);
	}
	if (spec->umask != UMASK_INHERIT)
		umask(spec->umask);
	return no_core ? forbid_core(child) : 0;
}
