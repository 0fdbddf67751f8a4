// links: lib/path.c lib/buf.c lib/fd.c
// flags: -Wl,--wrap=syscall
/* Paths in a root that belongs to somebody else: nothing leads out of it, nor to another place in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/path.h"

static char top[] = "/tmp/minit-path.XXXXXX";
static int root, above;

/* So many openat2(2) more find that something was renamed meanwhile. */
static unsigned renamed;

long __real_syscall(long number, ...);
long __wrap_syscall(long number, int dir, const char *path, void *how, size_t size);

long __wrap_syscall(long number, int dir, const char *path, void *how, size_t size)
{
	if (!renamed)
		return __real_syscall(number, dir, path, how, size);
	renamed--;
	errno = EAGAIN;
	return -1;
}

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	above = open(top, O_PATH | O_DIRECTORY);
	mkdirat(above, "root", 0755);
	mkdirat(above, "outside", 0755);
	root = openat(above, "root", O_PATH | O_DIRECTORY);
	mkdirat(root, "dir", 0755);
	mknodat(root, "dir/file", S_IFREG | 0644, 0);
	symlinkat("dir", root, "link");
	symlinkat("../outside", root, "out");
	symlinkat("/etc", root, "absolute");
	return symlinkat("/proc/self/root", root, "magic");
}

static int end(void **state)
{
	char command[64];

	(void)state;
	sprintf(command, "rm -rf %s", top);
	close(root);
	close(above);
	return system(command);
}

/* Closes it: 0 or -errno. */
static int tried(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void what_is_there_is_opened(void **state)
{
	(void)state;
	assert_int_equal(tried(path_open(root, "/dir/file", O_PATH)), 0);
	assert_int_equal(tried(path_open(root, "dir", O_PATH | O_DIRECTORY)), 0);
	assert_int_equal(tried(path_open(root, "/", O_PATH)), 0);
	assert_int_equal(tried(path_open(root, "/no", O_PATH)), -ENOENT);
	assert_int_equal(tried(path_open(root, "/../outside", O_PATH)), -ENOENT);
	assert_int_equal(tried(path_open(root, "/../../dir", O_PATH)), 0);
}

static void no_link_is_followed(void **state)
{
	static const char *const links[] = { "/link", "/link/file", "/out", "/out/x", "/absolute", "/absolute/passwd", "/magic",
					     "/magic/etc" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		assert_int_equal(tried(path_open(root, links[i], O_PATH)), -ELOOP);
		assert_int_equal(tried(path_make(root, links[i], false)), -ELOOP);
		assert_int_equal(tried(path_make(root, links[i], true)), -ELOOP);
	}
}

static void what_is_missing_is_made(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(tried(path_make(root, "/a/b//c/", false)), 0);
	assert_int_equal(fstatat(root, "a/b/c", &st, 0), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(tried(path_make(root, "/a/d/file", true)), 0);
	assert_int_equal(fstatat(root, "a/d/file", &st, 0), 0);
	assert_true(S_ISREG(st.st_mode) && !st.st_size);
	assert_int_equal(tried(path_make(root, "/a/d/file", true)), 0);
	assert_int_equal(tried(path_make(root, "/", false)), 0);
}

static void what_cannot_be_made_is_not(void **state)
{
	char longest[400] = "/";

	(void)state;
	memset(longest + 1, 'x', 300);
	assert_int_equal(tried(path_make(root, "/dir/file/x", false)), -ENOTDIR);
	assert_int_equal(tried(path_make(root, "/new/../../outside/x", false)), -EINVAL);
	assert_int_equal(tried(path_make(root, longest, false)), -ENAMETOOLONG);
	assert_int_equal(faccessat(above, "outside/x", F_OK, 0), -1);
}

static void what_is_renamed_meanwhile_is_looked_up_again(void **state)
{
	(void)state;
	renamed = 3;
	assert_int_equal(tried(path_open_within(root, "/link/../dir/file", O_PATH)), 0);
	renamed = 3;
	assert_int_equal(tried(path_open(root, "/dir/../dir/file", O_PATH)), 0);
	renamed = 1000;
	assert_int_equal(tried(path_open(root, "/dir/../dir/file", O_PATH)), -EAGAIN);
	assert_true(renamed > 0);
	renamed = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_opened),
		cmocka_unit_test(no_link_is_followed),
		cmocka_unit_test(what_is_missing_is_made),
		cmocka_unit_test(what_cannot_be_made_is_not),
		cmocka_unit_test(what_is_renamed_meanwhile_is_looked_up_again),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
