// links: init/boot.c init/machine.c lib/buf.c lib/env.c lib/fd.c lib/log.c lib/sys.c
// flags: -Wl,--wrap=mount,--wrap=mkdir,--wrap=stat,--wrap=mknod,--wrap=symlink,--wrap=reboot,--wrap=sethostname
// flags: -Wl,--wrap=setsid,--wrap=access,--wrap=fd_read_file,--wrap=log_warn,--wrap=syscall,--wrap=open
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "init/boot.h"
#include "init/rescue.h"
#include "lib/fd.h"

#define NS_INITIAL 0xEFFFFFFC

/* -- a kernel of our own ------------------------------------------------------------------------- */

static struct {
	char did[4096];        /* what was done, one word per line */
	char said[4096];       /* what was logged */
	char mounted[512];     /* " /proc /dev " */
	const char *no_type;   /* file system that the kernel does not have */
	const char *bad_option;/* option it does not know */
	const char *cmdline, *hostname;
	uint64_t uts;          /* inode of the UTS namespace */
	bool static_dev;       /* the image has a /dev/null of its own */
} k;

static int setup(void **state)
{
	(void)state;
	memset(&k, 0, sizeof(k));
	k.cmdline = "";
	return 0;
}

printf_like(1, 2) static void did(const char *fmt, ...)
{
	size_t len = strlen(k.did);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(k.did + len, sizeof(k.did) - len, fmt, ap);
	va_end(ap);
}

static bool on(const char *target)
{
	char word[64];

	snprintf(word, sizeof(word), " %s ", target);
	return strstr(k.mounted, word) != NULL;
}

int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
	(void)source, (void)flags;
	if ((k.no_type && strcmp(type, k.no_type) == 0)) {
		errno = ENODEV;
		return -1;
	}
	if (k.bad_option && data && strstr(data, k.bad_option)) {
		errno = EINVAL;
		return -1;
	}
	did("mount %s %s%s\n", type, target, data ? "" : " plain");
	strcat(strcat(strcat(k.mounted, " "), target), " ");
	return 0;
}

int __wrap_stat(const char *path, struct stat *st)
{
	*st = (struct stat){ .st_dev = on(path) ? 2 : 1 };
	if (strcmp(path, "/proc/self/ns/uts") == 0)
		st->st_ino = k.uts;
	if (strcmp(path, "/dev/null") == 0 && k.static_dev)
		st->st_mode = S_IFCHR;
	return 0;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	(void)mode;
	if (strcmp(path, BOOT_RUN_DIR) == 0)
		did("mkdir %s\n", path);
	return 0;
}

int __wrap_mknod(const char *path, mode_t mode, dev_t dev)
{
	(void)dev;
	did("node %s %o\n", path, mode & 07777);
	return 0;
}

int __wrap_symlink(const char *target, const char *path)
{
	did("link %s %s\n", path, target);
	return 0;
}

int __wrap_reboot(int cmd)
{
	did("reboot %s\n", cmd == RB_DISABLE_CAD ? "cad" : "?");
	return 0;
}

int __wrap_sethostname(const char *name, size_t len)
{
	did("hostname %.*s\n", (int)len, name);
	return 0;
}

pid_t __wrap_setsid(void)
{
	did("setsid\n");
	return 1;
}

int __wrap_access(const char *path, int mode)
{
	(void)mode;
	return strcmp(path, BOOT_RUN_DIR) == 0 ? 0 : -1;
}

ssize_t __wrap_fd_read_file(int dir, const char *path, char *mem, size_t size)
{
	const char *text = strcmp(path, "/proc/cmdline") == 0 ? k.cmdline : k.hostname;

	(void)dir;
	if (!text)
		return -ENOENT;
	snprintf(mem, size, "%s", text);
	return (ssize_t)strlen(mem);
}

int __wrap_open(const char *path, int flags, ...)
{
	(void)flags;
	did("open %s\n", path);
	if (strstr(path, "gone")) {
		errno = ENOENT;
		return -1;
	}
	return 99;
}

long __wrap_syscall(long nr, ...)
{
	va_list ap;
	const char *params;

	va_start(ap, nr);
	(void)va_arg(ap, int);
	params = va_arg(ap, const char *);
	did("load with '%s' %s\n", params, va_arg(ap, int) ? "compressed" : "plain");
	va_end(ap);
	return 0;
}

void __wrap_log_warn(const char *object, int err, const char *what, ...)
{
	size_t len = strlen(k.said);
	va_list ap;

	len += (size_t)snprintf(k.said + len, sizeof(k.said) - len, "%s: ", object);
	va_start(ap, what);
	len += (size_t)vsnprintf(k.said + len, sizeof(k.said) - len, what, ap);
	va_end(ap);
	snprintf(k.said + len, sizeof(k.said) - len, err ? ": %s\n" : "\n", strerror(err));
}

void console_sane(int fd)
{
	did("sane %d\n", fd);
}

#define assert_has(text, part) do { if (!strstr(text, part)) fail_msg("no '%s' in:\n%s", part, text); } while (0)
#define assert_not(text, part) do { if (strstr(text, part)) fail_msg("'%s' in:\n%s", part, text); } while (0)

/* -- what this is ------------------------------------------------------------------------------------ */

static void mode_follows_pid_and_namespace(void **state)
{
	(void)state;
	assert_int_equal(boot_mode_of(1, NS_INITIAL, true), MODE_MACHINE);
	assert_int_equal(boot_mode_of(1, 4026532201, false), MODE_CONTAINER);
	assert_int_equal(boot_mode_of(1, 4026532201, true), MODE_CONTAINER);
	assert_int_equal(boot_mode_of(1234, NS_INITIAL, true), MODE_SUBREAPER);
	assert_int_equal(boot_mode_of(1234, 0, false), MODE_SUBREAPER);
}

static void mode_without_proc_follows_the_kernel_threads(void **state)
{
	(void)state;
	assert_int_equal(boot_mode_of(1, 0, true), MODE_MACHINE);
	assert_int_equal(boot_mode_of(1, 0, false), MODE_CONTAINER);
}

/* -- mounts ------------------------------------------------------------------------------------------- */

static void bare_machine_gets_all_mounts_in_order(void **state)
{
	struct boot_options o;

	(void)state;
	assert_int_equal(boot_machine(&o), 0);
	assert_has(k.did, "mount devtmpfs /dev\nmount proc /proc plain\nmount sysfs /sys plain\nmount devpts /dev/pts\n"
			  "mount tmpfs /dev/shm\nmount tmpfs /run\nmount cgroup2 /sys/fs/cgroup\n");
	assert_has(k.did, "link /dev/fd /proc/self/fd\nlink /dev/stdin /proc/self/fd/0\n");
	assert_has(k.did, "setsid\n");
	assert_has(k.did, "reboot cad\n");
	assert_has(k.did, "mkdir " BOOT_RUN_DIR "\n");
	assert_not(k.did, "node");
	assert_string_equal(k.said, "");
}

static void mounted_is_left_alone(void **state)
{
	struct boot_options o;

	(void)state;
	strcpy(k.mounted, " /dev  /sys  /run ");
	assert_int_equal(boot_machine(&o), 0);
	assert_not(k.did, "mount devtmpfs");
	assert_not(k.did, "mount sysfs");
	assert_not(k.did, "tmpfs /run");
	assert_has(k.did, "mount proc /proc");
	assert_has(k.did, "mount cgroup2 /sys/fs/cgroup");
}

static void without_devtmpfs_there_are_nodes_on_a_tmpfs(void **state)
{
	struct boot_options o;

	(void)state;
	k.no_type = "devtmpfs";
	assert_int_equal(boot_machine(&o), -ENODEV);
	assert_has(k.did, "mount tmpfs /dev\nnode /dev/console 600\nnode /dev/null 666\n");
	assert_has(k.said, "/dev: mount devtmpfs: No such device; devices are the few made here\n");
	assert_has(k.did, "mount proc /proc");
}

static void nodes_of_the_image_are_kept(void **state)
{
	struct boot_options o;

	(void)state;
	k.no_type = "devtmpfs";
	k.static_dev = true;
	(void)boot_machine(&o);
	assert_not(k.did, "mount tmpfs /dev\n");
	assert_not(k.did, "node");
}

static void kernel_without_cgroup2_is_told_once(void **state)
{
	struct boot_options o;

	(void)state;
	k.no_type = "cgroup2";
	assert_int_equal(boot_machine(&o), -ENODEV);
	assert_string_equal(k.said, "/sys/fs/cgroup: mount cgroup2: No such device; services run without limits\n");
}

static void option_the_kernel_does_not_know_is_left_out(void **state)
{
	struct boot_options o;

	(void)state;
	k.bad_option = "memory_recursiveprot";
	assert_int_equal(boot_machine(&o), 0);
	assert_has(k.did, "mount cgroup2 /sys/fs/cgroup plain\n");
	assert_string_equal(k.said, "");
}

static void hostname_is_that_of_the_image(void **state)
{
	struct boot_options o;

	(void)state;
	k.hostname = "edge-7\n";
	(void)boot_machine(&o);
	assert_has(k.did, "hostname edge-7\n");
}

static bool name_is_set(enum mode mode, uint64_t uts)
{
	k.did[0] = '\0';
	k.uts = uts;
	boot_hostname(mode, "edge-7");
	return strcmp(k.did, "hostname edge-7\n") == 0;
}

static void hostname_is_left_alone_where_it_is_not_ours(void **state)
{
	(void)state;
	assert_true(name_is_set(MODE_MACHINE, 0xEFFFFFFE));
	assert_true(name_is_set(MODE_CONTAINER, 4026532300));
	assert_false(name_is_set(MODE_CONTAINER, 0xEFFFFFFE));
	assert_false(name_is_set(MODE_CONTAINER, 0));
	assert_false(name_is_set(MODE_SUBREAPER, 4026532300));
}

/* -- the command line ------------------------------------------------------------------------------------ */

static struct boot_options words(const char *cmdline)
{
	static char text[512];
	struct boot_options o;

	snprintf(text, sizeof(text), "%s", cmdline);
	boot_words(text, &o);
	return o;
}

static void words_of_others_are_ignored(void **state)
{
	struct boot_options o = words("console=ttyS0 ro root=/dev/vda quiet rescue table=/x\n");

	(void)state;
	assert_null(o.table);
	assert_false(o.rescue);
	assert_int_equal(o.level, LOG_INFO);
	assert_string_equal(k.said, "");
}

static void words_of_minit_are_taken(void **state)
{
	struct boot_options o = words("quiet minit.table=/etc/other.toml minit.rescue\tminit.log=debug\n");

	(void)state;
	assert_string_equal(o.table, "/etc/other.toml");
	assert_true(o.rescue);
	assert_int_equal(o.level, LOG_DEBUG);
}

static void quotes_keep_spaces(void **state)
{
	(void)state;
	assert_string_equal(words("minit.table=\"/etc/a b.toml\" ro").table, "/etc/a b.toml");
	assert_string_equal(words("\"minit.table=/etc/a b.toml\"").table, "/etc/a b.toml");
	assert_string_equal(words("minit.table=\"/etc/open").table, "/etc/open");
}

static void words_behind_the_dashes_are_not_the_kernels(void **state)
{
	(void)state;
	assert_false(words("ro -- minit.rescue").rescue);
}

static void misspelt_word_is_named(void **state)
{
	(void)state;
	(void)words("minit.tabel=/x");
	assert_has(k.said, "minit.tabel=/x: unknown; there are minit.table=PATH");
}

/* -- modules ------------------------------------------------------------------------------------------------- */

static void modules_are_loaded_in_order(void **state)
{
	char list[] = "# net\n/m/failover.ko\n\n  /m/virtio_net.ko napi_tx=1 csum=0\n/m/zram.ko.zst";

	(void)state;
	assert_int_equal(boot_modules(list), 0);
	assert_string_equal(k.did, "open /m/failover.ko\nload with '' plain\n"
				   "open /m/virtio_net.ko\nload with 'napi_tx=1 csum=0' plain\n"
				   "open /m/zram.ko.zst\nload with '' compressed\n");
}

static void relative_module_is_below_the_running_kernels(void **state)
{
	char list[] = "kernel/drivers/net/veth.ko\n";

	(void)state;
	assert_int_equal(boot_modules(list), 0);
	assert_has(k.did, "open /lib/modules/");
	assert_has(k.did, "/kernel/drivers/net/veth.ko\n");
}

static void missing_module_does_not_stop_the_next(void **state)
{
	char list[] = "/m/gone.ko\n/m/there.ko\n";

	(void)state;
	assert_int_equal(boot_modules(list), 1);
	assert_has(k.did, "open /m/there.ko\nload");
	assert_has(k.said, "modules: /m/gone.ko: No such file or directory\n");
}

/* -- the environment ------------------------------------------------------------------------------------------- */

static void path_is_added_only_if_missing(void **state)
{
	(void)state;
	setenv("PATH", "/own", 1);
	setenv("KEPT", "yes", 1);
	boot_environ();
	assert_string_equal(getenv("PATH"), "/own");
	unsetenv("PATH");
	boot_environ();
	assert_string_equal(getenv("PATH"), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	assert_string_equal(getenv("KEPT"), "yes");
}

static void closed_streams_are_opened(void **state)
{
	int saved = dup(0);

	(void)state;
	close(0);
	boot_streams("/dev/console");
	dup2(saved, 0);
	close(saved);
	assert_string_equal(k.did, "open /dev/console\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, setup)
		T(mode_follows_pid_and_namespace),
		T(mode_without_proc_follows_the_kernel_threads),
		T(bare_machine_gets_all_mounts_in_order),
		T(mounted_is_left_alone),
		T(without_devtmpfs_there_are_nodes_on_a_tmpfs),
		T(nodes_of_the_image_are_kept),
		T(kernel_without_cgroup2_is_told_once),
		T(option_the_kernel_does_not_know_is_left_out),
		T(hostname_is_that_of_the_image),
		T(hostname_is_left_alone_where_it_is_not_ours),
		T(words_of_others_are_ignored),
		T(words_of_minit_are_taken),
		T(quotes_keep_spaces),
		T(words_behind_the_dashes_are_not_the_kernels),
		T(misspelt_word_is_named),
		T(modules_are_loaded_in_order),
		T(relative_module_is_below_the_running_kernels),
		T(missing_module_does_not_stop_the_next),
		T(path_is_added_only_if_missing),
		T(closed_streams_are_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
