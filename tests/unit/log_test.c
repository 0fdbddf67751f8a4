// links: lib/log.c lib/buf.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"

static char got[1 << 17];

static const char *take(int fd)
{
	ssize_t n = read(fd, got, sizeof(got) - 1);

	got[n > 0 ? n : 0] = '\0';
	return got;
}

static void a_line_names_object_what_and_why(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	log_open(ends[1]);
	log_error("web", ENOENT, "step %s", "exec");
	assert_string_equal(take(ends[0]), "minit: web: step exec: No such file or directory\n");
	log_warn(NULL, 0, "plain");
	assert_string_equal(take(ends[0]), "minit: plain\n");
	log_debug("web", "not asked for");
	log_info("web", "up");
	assert_string_equal(take(ends[0]), "minit: web: up\n");
	close(ends[0]);
	close(ends[1]);
}

static void what_others_have_named_commands_no_terminal(void **state)
{
	static const char name[] = "#!/bin/\x1b]0;x\a\nminit: web: up \x9b\xc2\x9b \xc3\xa9 \xe2\x82\xac \xff\x7f";
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	log_open(ends[1]);
	log_error("web", 0, "%s", name);
	assert_string_equal(take(ends[0]), "minit: web: #!/bin/?]0;x??minit: web: up ??? \xc3\xa9 \xe2\x82\xac ??\n");
	close(ends[0]);
	close(ends[1]);
}

/* Would hang, and be killed by the test's time, if a write waited. */
static void full_never_waits(int reader, int writer)
{
	uint64_t before = log_dropped();

	log_open(writer);
	alarm(20);
	for (int i = 0; i < 20000; i++)
		log_info("web", "line %d", i);
	alarm(0);
	assert_true(log_dropped() > before);
	assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	while (*take(reader))
		;
	log_info("web", "after");
	take(reader);
	assert_non_null(strstr(got, "lines were lost: the console is full\n"));
	assert_non_null(strstr(got, "minit: web: after\n"));
}

static void a_full_pipe_costs_lines_and_no_time(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	full_never_waits(ends[0], ends[1]);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK); /* others write to it too */
	close(ends[0]);
	close(ends[1]);
}

static void a_full_socket_costs_lines_and_no_time(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &(int){ 4096 }, sizeof(int)), 0);
	full_never_waits(ends[0], ends[1]);
	close(ends[0]);
	close(ends[1]);
}

/* `minit run t >log 2>&1`: services write to the same description. */
static void lines_in_a_file_are_not_written_over(void **state)
{
	char path[] = "/tmp/minit-log-test.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	log_open(fd);
	log_info("web", "first");
	assert_int_equal(write(fd, "service\n", 8), 8);
	log_info("web", "last");
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_string_equal(take(fd), "minit: web: first\nservice\nminit: web: last\n");
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_names_object_what_and_why),
		cmocka_unit_test(what_others_have_named_commands_no_terminal),
		cmocka_unit_test(a_full_pipe_costs_lines_and_no_time),
		cmocka_unit_test(a_full_socket_costs_lines_and_no_time),
		cmocka_unit_test(lines_in_a_file_are_not_written_over),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
