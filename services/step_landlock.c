/*
 * What of the file system and of TCP is left to the program: landlock(7), Linux 5.13. The numbers are given here, as
 * the headers of a build are often older than the kernel that it meets.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fd.h"
#include "services/child.h"

struct ruleset { /* a kernel that knows less takes it too, when the rest is 0 */
	uint64_t fs, net, scope;
};

struct path_rule {
	uint64_t access;
	int32_t parent;
} __attribute__((packed));

struct port_rule {
	uint64_t access, port;
};

enum rule { RULE_PATH = 1, RULE_PORT = 2 };
enum access_net { NET_BIND = 1, NET_CONNECT = 2 };

#define VERSION_FLAG 1u

/* By their bits: execute, write a file, read a file, read a directory; 4 to 12 change a directory. */
#define FS_EXECUTE 1u
#define FS_WRITE_FILE 2u
#define FS_READ_FILE 4u
#define FS_READ_DIR 8u
#define FS_CHANGE_DIR 0x1ff0u
#define FS_REFER (1u << 13)     /* 2, Linux 5.19: moving into another directory; before that never allowed */
#define FS_TRUNCATE (1u << 14)  /* 3, Linux 6.2 */
#define FS_IOCTL_DEV (1u << 15) /* 5, Linux 6.10 */
#define FS_READ (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)
#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

#define ABI_NET 4   /* Linux 6.7 */
#define ABI_SCOPE 6 /* Linux 6.12 */

static const struct privileges_spec *privileges_of(const struct child *child)
{
	return &child_confine(child)->privileges;
}

/* What this kernel can refuse of it. What it cannot, such as truncation before 6.2, is as if there were no landlock. */
static uint64_t known(long abi)
{
	return FS_READ | FS_WRITE_FILE | FS_CHANGE_DIR | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
	       (abi >= 5 ? FS_IOCTL_DEV : 0);
}

static int add_path(int ruleset, int fd, uint64_t access)
{
	struct path_rule rule = { access, fd };

	return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH, &rule, 0) < 0 ? -errno : 0;
}

static int allow_path(struct child *child, int ruleset, const char *path, uint64_t access)
{
	bool may_miss = *path == '-';
	cleanup_fd int fd = fd_open(path + may_miss, O_PATH);
	int err;

	if (fd == -ENOENT && may_miss)
		return 0;
	if (fd < 0)
		return child_fail(child, fd, path + may_miss);
	err = add_path(ruleset, fd, access);
	if (err == -EINVAL) /* rights of a directory, for what is none */
		err = add_path(ruleset, fd, access & FS_OF_FILES);
	return err ? child_fail(child, err, path + may_miss) : 0;
}

static int allow_paths(struct child *child, int ruleset, struct list paths, uint64_t access)
{
	int err = 0;

	for (uint32_t i = 0; i < paths.count && !err; i++)
		err = allow_path(child, ruleset, table_item(child->table, paths, i), access);
	return err;
}

static int allow_ports(struct child *child, int ruleset, struct list ports, uint64_t access)
{
	for (uint32_t i = 0; i < ports.count; i++) {
		struct port_rule rule = { access, table_list(child->table, ports, uint32_t)[i] };

		if (syscall(SYS_landlock_add_rule, ruleset, RULE_PORT, &rule, 0) < 0)
			return child_fail(child, -errno, "ports");
	}
	return 0;
}

static struct ruleset ruleset_of(const struct privileges_spec *p, long abi)
{
	return (struct ruleset){
		.fs = p->given & GIVEN_PATHS ? known(abi) : 0,
		.net = (p->given & GIVEN_BIND ? NET_BIND : 0u) | (p->given & GIVEN_CONNECT ? NET_CONNECT : 0u),
		.scope = p->scope,
	};
}

static int check(struct child *child, const struct ruleset *all, long abi)
{
	if (abi < 0)
		return child_fail(child, -errno, "not in this kernel");
	if (all->net && abi < ABI_NET)
		return child_fail(child, -EOPNOTSUPP, "ports: needs Linux 6.7");
	if (all->scope && abi < ABI_SCOPE)
		return child_fail(child, -EOPNOTSUPP, "scope: needs Linux 6.12");
	return 0;
}

static int allow(struct child *child, int ruleset, uint64_t fs)
{
	const struct privileges_spec *p = privileges_of(child);
	int err = allow_paths(child, ruleset, p->read, fs & FS_READ);

	if (!err)
		err = allow_paths(child, ruleset, p->write, fs);
	if (!err)
		err = allow_ports(child, ruleset, p->bind, NET_BIND);
	return err ? err : allow_ports(child, ruleset, p->connect, NET_CONNECT);
}

static bool is_wanted(const struct privileges_spec *p)
{
	return p->scope || p->given & (GIVEN_PATHS | GIVEN_BIND | GIVEN_CONNECT);
}

/* Paths are those of the service's root, and looked up with its rights: what these do not reach need not be allowed. */
int step_landlock(struct child *child)
{
	const struct privileges_spec *p = privileges_of(child);
	struct ruleset all;
	cleanup_fd int fd = -1;
	long abi;
	int err;

	if (!is_wanted(p))
		return 0;
	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION_FLAG);
	all = ruleset_of(p, abi);
	err = check(child, &all, abi);
	if (err)
		return err;
	fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (fd < 0)
		return child_fail(child, -errno, "ruleset");
	err = allow(child, fd, all.fs);
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		err = child_fail(child, -errno, "restricting itself");
	return err;
}
