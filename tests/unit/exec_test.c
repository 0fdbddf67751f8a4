// links: lib/exec.c services/interpreter.c lib/buf.c lib/fd.c tests/fake/raw.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/exec.h"
#include "services/interpreter.h"

/* Programs in folders of the test's own; each run is a child, which says what it was called as. */
static char root[32], said[512];

static const char *in_root(const char *path)
{
	static char full[8][256];
	static int turn;
	char *at = full[turn++ % 8];

	snprintf(at, 256, "%s/%s", root, path);
	return at;
}

static void put(const char *path, const char *text, mode_t mode)
{
	int fd = open(in_root(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	chmod(in_root(path), mode);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/minit-exec-XXXXXX");
	assert_non_null(mkdtemp(root));
	mkdir(in_root("one"), 0755);
	mkdir(in_root("two"), 0755);
	put("one/both", "#!/bin/sh\necho one $0 $*\n", 0755);
	put("two/both", "#!/bin/sh\necho two\n", 0755);
	put("two/second", "#!/bin/sh\necho second $*\n", 0755);
	put("one/closed", "#!/bin/sh\n", 0644);
	put("one/half", "#!/bin/sh\n", 0644);
	put("two/half", "#!/bin/sh\necho the other half\n", 0755);
	put("one/plain", "echo plain $0 $*\n", 0755);
	put("one/orphan", "#!/no/such/interpreter\n", 0755);
	put("file", "", 0644);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", root);
	return system(command) != 0;
}

/* What the program said, or the error, of words[1..] with `path`. */
static const char *run(char **words, const char *path)
{
	char *envp[] = { NULL };
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		dup2(ends[1], 1);
		dprintf(1, "%s", strerrorname_np(-exec_program(words + 1, envp, path)));
		_exit(0);
	}
	close(ends[1]);
	n = read(ends[0], said, sizeof(said) - 1);
	close(ends[0]);
	waitpid(pid, &status, 0);
	said[n > 0 ? n : 0] = '\0';
	return said;
}

#define RUN(path, ...) run((char *[]){ NULL, __VA_ARGS__, NULL }, path)

static const char *both(void)
{
	static char path[200];

	snprintf(path, sizeof(path), "/no/such:%s/file:%s/one:%s/two", root, root, root);
	return path;
}

static void the_first_in_the_path_is_it(void **state)
{
	char expected[200];

	(void)state;
	snprintf(expected, sizeof(expected), "one %s/one/both x y\n", root);
	assert_string_equal(RUN(both(), "both", "x", "y"), expected);
	assert_string_equal(RUN(both(), "second", "a b"), "second a b\n");
}

static void what_may_not_be_executed_is_passed_over(void **state)
{
	(void)state;
	assert_string_equal(RUN(both(), "half"), "the other half\n");
}

static void what_is_nowhere_is_absent_and_what_is_closed_forbidden(void **state)
{
	(void)state;
	assert_string_equal(RUN(both(), "nothing"), "ENOENT");
	assert_string_equal(RUN(both(), "closed"), "EACCES");
	assert_string_equal(RUN("/no/such", "both"), "ENOENT");
	assert_string_equal(RUN(both(), ""), "ENOENT");
}

static void with_a_slash_it_is_what_it_says(void **state)
{
	(void)state;
	assert_string_equal(RUN(both(), "two/both"), "ENOENT");
	assert_string_equal(RUN("/no/such", (char *)in_root("two/both")), "two\n");
	assert_string_equal(RUN(both(), (char *)in_root("one/closed")), "EACCES");
	assert_string_equal(RUN(both(), (char *)in_root("one")), "EACCES");
	assert_string_equal(RUN(both(), (char *)in_root("file/x")), "ENOTDIR");
	assert_string_equal(RUN(both(), (char *)in_root("one/orphan")), "ENOENT");
}

static const char *interpreter(const char *file, const char *path)
{
	static char found[64];

	strcpy(found, "?");
	return interpreter_missing(file, path, found, sizeof(found)) ? "none" : found;
}

static void an_interpreter_that_is_not_there_is_named(void **state)
{
	(void)state;
	put("one/spaced", "#!  \t/no/such/other  -x\n", 0755);
	put("one/cut", "#!/no/line/end", 0755);
	put("one/empty", "#!\n", 0755);
	put("one/long", "#!/0123456789012345678901234567890123456789012345678901234567890123456789\n", 0755);
	assert_string_equal(interpreter(in_root("one/orphan"), NULL), "/no/such/interpreter");
	assert_string_equal(interpreter("orphan", both()), "/no/such/interpreter");
	assert_string_equal(interpreter(in_root("one/spaced"), NULL), "/no/such/other");
	assert_string_equal(interpreter(in_root("one/cut"), NULL), "/no/line/end");
	assert_string_equal(interpreter(in_root("one/empty"), NULL), "none");
	assert_string_equal(interpreter(in_root("one/long"), NULL), "none");
	assert_string_equal(interpreter(in_root("one/both"), NULL), "none");
	assert_string_equal(interpreter(in_root("one/plain"), NULL), "none");
	assert_string_equal(interpreter(in_root("one"), NULL), "none");
	assert_string_equal(interpreter(in_root("one/none"), NULL), "none");
	assert_string_equal(interpreter("nothing", both()), "none");
	assert_string_equal(interpreter("/proc/self/exe", NULL), "none");
}

static void a_script_without_a_first_line_is_run_by_the_shell(void **state)
{
	char expected[200];

	(void)state;
	snprintf(expected, sizeof(expected), "plain %s/one/plain 1 2\n", root);
	assert_string_equal(RUN(both(), "plain", "1", "2"), expected);
	assert_string_equal(RUN(NULL, (char *)in_root("one/plain"), "1", "2"), expected);
}

static void an_empty_place_in_the_path_is_where_one_stands(void **state)
{
	(void)state;
	assert_int_equal(chdir(in_root("two")), 0);
	assert_string_equal(RUN("/no/such:", "second"), "second\n");
	assert_string_equal(RUN(":/no/such", "second"), "second\n");
	assert_string_equal(RUN("/no/such::/etc", "second"), "second\n");
	assert_int_equal(chdir("/"), 0);
}

static void without_a_path_there_is_the_usual_one(void **state)
{
	(void)state;
	assert_string_equal(RUN(NULL, "echo", "hello"), "hello\n");
}

static void a_name_without_end_is_too_long(void **state)
{
	static char longer[PATH_MAX];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	assert_string_equal(RUN("/tmp", longer), "ENAMETOOLONG");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_in_the_path_is_it),
		cmocka_unit_test(what_may_not_be_executed_is_passed_over),
		cmocka_unit_test(what_is_nowhere_is_absent_and_what_is_closed_forbidden),
		cmocka_unit_test(with_a_slash_it_is_what_it_says),
		cmocka_unit_test(an_interpreter_that_is_not_there_is_named),
		cmocka_unit_test(a_script_without_a_first_line_is_run_by_the_shell),
		cmocka_unit_test(an_empty_place_in_the_path_is_where_one_stands),
		cmocka_unit_test(without_a_path_there_is_the_usual_one),
		cmocka_unit_test(a_name_without_end_is_too_long),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
