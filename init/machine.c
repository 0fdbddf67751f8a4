#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/boot.h"
#include "init/rescue.h"
#include "lib/fd.h"
#include "lib/sys.h"

#define MODULES "/etc/minit/modules"
#define MODULES_MS 30000 /* a driver that hangs must not keep the machine from booting */
#define MODULE_COMPRESSED 4 /* MODULE_INIT_COMPRESSED_FILE, Linux 5.17 */

/* -- mounts, nodes, links ------------------------------------------------------------------------- */

struct mount_row {
	const char *type, *target;
	unsigned long flags;
	const char *options, *without;
};

static const struct mount_row mounts[] = {
#define MOUNT(type, target, flags, options, without) { type, target, flags, options, without },
#define NODE(...)
#define LINK(...)
#include "init/mounts.def"
#undef MOUNT
#undef NODE
#undef LINK
};

static const struct {
	const char *path;
	unsigned major, minor;
	mode_t mode;
} nodes[] = {
#define MOUNT(...)
#define NODE(path, major, minor, mode) { path, major, minor, mode },
#define LINK(...)
#include "init/mounts.def"
#undef MOUNT
#undef NODE
#undef LINK
};

static const struct {
	const char *path, *target;
} links[] = {
#define MOUNT(...)
#define NODE(...)
#define LINK(path, target) { path, target },
#include "init/mounts.def"
#undef MOUNT
#undef NODE
#undef LINK
};

/* A mount point: what lies on it is on another device than what it lies in. */
static bool is_mounted(const char *target)
{
	BUF_ON_STACK(above, 64);
	struct stat st, up;

	buf_fmt(&above, "%s/..", target);
	return stat(target, &st) == 0 && stat(buf_text(&above), &up) == 0 && st.st_dev != up.st_dev;
}

static int mount_row(const struct mount_row *row)
{
	mkdir(row->target, 0755);
	if (mount(row->type, row->target, row->type, row->flags, row->options) == 0)
		return 0;
	/* An option that this kernel does not know yet. */
	if (errno == EINVAL && row->options && mount(row->type, row->target, row->type, row->flags, NULL) == 0)
		return 0;
	return -errno;
}

static int make_nodes(void)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
		if (mknod(nodes[i].path, S_IFCHR | nodes[i].mode, makedev(nodes[i].major, nodes[i].minor)) < 0 &&
		    errno != EEXIST)
			err = -errno;
	return err;
}

/* A kernel without devtmpfs: the image's own nodes, or a few of ours. */
static void dev_without_devtmpfs(void)
{
	static const struct mount_row tmpfs = { "tmpfs", "/dev", MS_NOSUID, "mode=0755", NULL };
	struct stat st;

	if (stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode))
		return;
	(void)mount_row(&tmpfs);
	(void)make_nodes();
}

static int mount_if_missing(const struct mount_row *row)
{
	int err;

	if (is_mounted(row->target))
		return 0;
	err = mount_row(row);
	if (row == mounts) {
		if (err)
			dev_without_devtmpfs();
		boot_streams("/dev/console");
	}
	if (err)
		log_warn(row->target, 0, "mount %s: %s; %s", row->type, strerror(-err),
			 err == -ENOENT ? "make the directory in the image" : row->without);
	return err;
}

static int mount_all(void)
{
	int err, ret = 0;

	for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
		err = mount_if_missing(&mounts[i]);
		ret = err ? err : ret;
	}
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		if (symlink(links[i].target, links[i].path) < 0 && errno != EEXIST)
			log_warn(links[i].path, errno, "link to %s", links[i].target);
	return ret;
}

/* -- the kernel command line ------------------------------------------------------------------------- */

static void word_level(const char *value, struct boot_options *ret)
{
	static const char *const levels[] = { "error", "warn", "info", "debug" };

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (strcmp(value, levels[i]) == 0)
			ret->level = (enum log_level)i;
}

static void take_word(const char *word, struct boot_options *ret)
{
	if (strncmp(word, "minit.", 6) != 0)
		return;
	if (strncmp(word, "minit.table=", 12) == 0)
		ret->table = word + 12;
	else if (strncmp(word, "minit.log=", 10) == 0)
		word_level(word + 10, ret);
	else if (strcmp(word, "minit.rescue") == 0)
		ret->rescue = true;
	else
		log_warn("kernel command line", 0,
			 "%s: unknown; there are minit.table=PATH, minit.log=LEVEL, minit.rescue", word);
}

/* Ends the word at p and returns what is behind it. Quotes keep spaces and go away, as the kernel has it (next_arg). */
static char *cut_word(char *p)
{
	bool quoted = false;
	char *out = p;

	for (; *p && (quoted || !strchr(" \t\n", *p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else
			*out++ = *p;
	}
	if (*p)
		p++;
	*out = '\0';
	return p;
}

void boot_words(char *cmdline, struct boot_options *ret)
{
	char *word = cmdline, *rest;

	*ret = (struct boot_options){ .level = LOG_INFO };
	for (; *word; word = rest) {
		rest = cut_word(word);
		if (strcmp(word, "--") == 0) /* what follows is for init, not for the kernel */
			return;
		take_word(word, ret);
	}
}

static int read_words(struct boot_options *ret)
{
	static char cmdline[4096];
	ssize_t len = fd_read_file(AT_FDCWD, "/proc/cmdline", cmdline, sizeof(cmdline));

	if (len < 0) {
		log_warn("/proc/cmdline", (int)-len, "read");
		cmdline[0] = '\0';
	}
	boot_words(cmdline, ret);
	log_level_set(ret->level);
	return len < 0 ? (int)len : 0;
}

/* -- modules -------------------------------------------------------------------------------------------- */

static int load(const char *path, const char *params)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = strlen(path);
	int flags = len > 3 && strcmp(path + len - 3, ".ko") != 0 ? MODULE_COMPRESSED : 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, params, flags) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

static int load_line(char *line)
{
	char *params = line + strcspn(line, " \t");
	BUF_ON_STACK(path, 512);
	struct utsname un;
	int err;

	if (*params)
		*params++ = '\0';
	if (line[0] != '/' && uname(&un) == 0)
		buf_fmt(&path, "/lib/modules/%s/", un.release);
	buf_str(&path, line);
	err = buf_check(&path);
	if (!err)
		err = load(buf_text(&path), params);
	if (err)
		log_warn("modules", -err, "%s", buf_text(&path));
	return err;
}

int boot_modules(char *list)
{
	int failed = 0;

	while (*list) {
		char *line = list + strspn(list, " \t");

		list += strcspn(list, "\n");
		if (*list)
			*list++ = '\0';
		if (*line && *line != '#')
			failed += load_line(line) != 0;
	}
	return failed;
}

static int modules_in_child(void)
{
	static char list[16384];
	ssize_t len = fd_read_file(AT_FDCWD, MODULES, list, sizeof(list));

	if (len < 0) {
		log_warn(MODULES, (int)-len, "read");
		return 1;
	}
	return boot_modules(list) != 0;
}

/* Runs fn in a child for at most ms: true when it has ended. What is left of it then is an orphan like any other. */
static bool run_for(int (*fn)(void), int ms)
{
	struct pollfd p = { .events = POLLIN };
	int ends[2];
	pid_t pid;

	if (sys_pipe(ends, 0) < 0)
		return true;
	pid = fork();
	if (pid == 0)
		_exit(fn());
	close(ends[1]);
	p.fd = ends[0]; /* end of file when the child is gone */
	ms = poll(&p, 1, ms);
	close(ends[0]);
	if (ms > 0 && pid > 0)
		waitpid(pid, NULL, 0);
	return ms != 0;
}

static void load_modules(void)
{
	if (access(MODULES, F_OK) == 0 && !run_for(modules_in_child, MODULES_MS))
		log_warn("modules", 0, "still loading after %d s; boot goes on without", MODULES_MS / 1000);
}

/* -- the rest --------------------------------------------------------------------------------------------- */

static void own_hostname(void)
{
	char name[256];

	if (fd_read_file(AT_FDCWD, "/etc/hostname", name, sizeof(name)) <= 0)
		return;
	name[strcspn(name, " \t\n")] = '\0';
	if (name[0])
		boot_hostname(MODE_MACHINE, name);
}

int boot_machine(struct boot_options *ret)
{
	int err, last;

	umask(022);
	last = mount_all();
	boot_streams("/dev/console"); /* /dev was there, but nothing open */
	console_sane(STDIN_FILENO);
	setsid(); /* fails only if it is one already */
	boot_environ();
	err = read_words(ret);
	last = err ? err : last;
	if (reboot(RB_DISABLE_CAD) < 0)
		log_warn("ctrl-alt-del", errno, "have it sent to minit");
	err = boot_run_dir();
	if (err)
		log_warn(BOOT_RUN_DIR, -err, "make the directory");
	last = err ? err : last;
	own_hostname();
	load_modules();
	return last;
}
