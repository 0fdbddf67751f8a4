// links: init/logger.c init/logfile.c lib/ours.c lib/path.c lib/buf.c lib/clock.c lib/fd.c lib/log.c lib/sys.c services/layout.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/logfile.h"
#include "init/logger.h"
#include "services/table.h"

#define FIRST 100
#define ERRORS 99
#define LINES 3000
#define KILLS 50

/* -- a table of our own ------------------------------------------------------------------------------ */

static struct {
	struct table t;
	struct service_spec services[4];
	char text[512];
} image;

static uint32_t text_end;

static uint32_t put_text(const char *s)
{
	char *at = image.text + text_end;

	strcpy(at, s);
	text_end += (uint32_t)strlen(s) + 1;
	return (uint32_t)(at - (char *)&image);
}

const struct table *table_map(int memfd, int *ret_err)
{
	(void)memfd, (void)ret_err;
	return &image.t;
}

static void add(const char *name, enum output output, const char *path)
{
	uint32_t i = image.t.services.count++;

	image.services[i] = (struct service_spec){
		.name_at = put_text(name),
		.output = (uint8_t)output,
		.output_at = path ? put_text(path) : 0,
		.output_slot = output == OUTPUT_CONSOLE || output == OUTPUT_FILE ? image.t.outputs++ : 0,
	};
}

/* -- the helper, its pipes, and who reads it ------------------------------------------------------------ */

static struct {
	int in[4][2];
	int out[2], errors[2]; /* 0: ours; sockets that keep the bounds of a write */
	pid_t pid;
	char dir[64], file[96];
} r;

static void no_table(void)
{
	memset(&image, 0, sizeof(image));
	text_end = 1;
	image.t.services.at = (uint32_t)offsetof(__typeof__(image), services);
}

static int setup(void **state)
{
	(void)state;
	no_table();
	memset(&r, 0, sizeof(r));
	for (int i = 0; i < 4; i++)
		assert_int_equal(pipe2(r.in[i], O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, r.out), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, r.errors), 0);
	strcpy(r.dir, "/tmp/logger-test-XXXXXX");
	assert_non_null(mkdtemp(r.dir));
	snprintf(r.file, sizeof(r.file), "%s/web.log", r.dir);
	return 0;
}

no_return static void be_helper(bool writers)
{
	char first[8];
	char *argv[] = { "log", "0", first, NULL };

	snprintf(first, sizeof(first), "%d", FIRST);
	dup2(r.out[1], STDOUT_FILENO);
	dup2(r.errors[1], STDERR_FILENO);
	for (int i = 0; i < 4; i++) {
		dup2(r.in[i][0], FIRST + i);
		close(r.in[i][0]);
		if (!writers)
			close(r.in[i][1]);
	}
	_exit(logger_main(3, argv));
}

static void start_with(bool writers)
{
	r.pid = fork();
	if (r.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be_helper(writers);
	}
	assert_true(r.pid > 0);
}

static void start(void)
{
	start_with(true);
}

static int end_by(int sig)
{
	int status = 0;

	if (sig)
		kill(r.pid, sig);
	assert_int_equal(waitpid(r.pid, &status, 0), r.pid);
	r.pid = 0;
	return status;
}

static int teardown(void **state)
{
	(void)state;
	if (r.pid)
		end_by(SIGKILL);
	for (int i = 0; i < 4; i++) {
		close(r.in[i][0]);
		close(r.in[i][1]);
	}
	for (int i = 0; i < 2; i++) {
		close(r.out[i]);
		close(r.errors[i]);
	}
	unlink(r.file);
	rmdir(r.dir);
	return 0;
}

static void say(int slot, const char *text)
{
	assert_int_equal(write(r.in[slot][1], text, strlen(text)), strlen(text));
}

/* The next write of the helper, or "" when there is none for a long time. */
static const char *next_of(int fd)
{
	static char text[65536];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n = poll(&p, 1, 20000) == 1 ? read(fd, text, sizeof(text) - 1) : 0;

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static const char *next(void)
{
	return next_of(r.out[0]);
}

static bool silent(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

/* -- lines ------------------------------------------------------------------------------------------------- */

static void lines_get_the_name_aligned(void **state)
{
	(void)state;
	add("db", OUTPUT_CONSOLE, NULL);
	add("frontend", OUTPUT_CONSOLE, NULL);
	start();
	say(0, "ready\n");
	assert_string_equal(next(), "db       | ready\n");
	say(1, "hello\n");
	assert_string_equal(next(), "frontend | hello\n");
}

static void only_services_with_a_pipe_are_drained(void **state)
{
	(void)state;
	add("quiet", OUTPUT_NULL, NULL);
	add("own", OUTPUT_INHERIT, NULL);
	add("web", OUTPUT_CONSOLE, NULL);
	start();
	say(0, "first slot\n");
	assert_string_equal(next(), "web | first slot\n");
}

static void lines_that_are_there_go_out_in_one_write(void **state)
{
	(void)state;
	add("web", OUTPUT_CONSOLE, NULL);
	say(0, "one\n\nthree\n");
	start();
	assert_string_equal(next(), "web | one\nweb | \nweb | three\n");
}

static void no_write_is_longer_than_4096_and_each_ends_a_line(void **state)
{
	char text[60001];
	size_t total = 0;

	(void)state;
	for (int i = 0; i < 6000; i++)
		memcpy(text + (size_t)i * 10, "123456789\n", 11);
	add("web", OUTPUT_CONSOLE, NULL);
	say(0, text);
	start();
	while (total < 6000 * 16) {
		size_t n = strlen(next());

		assert_in_range(n, 16, 4096);
		assert_int_equal(n % 16, 0);
		total += n;
	}
}

static void line_without_end_waits_for_it(void **state)
{
	(void)state;
	add("web", OUTPUT_CONSOLE, NULL);
	add("db", OUTPUT_CONSOLE, NULL);
	start();
	say(0, "begun");
	say(1, "whole\n");
	assert_string_equal(next(), "db  | whole\n");
	say(0, " and ended\n");
	assert_string_equal(next(), "web | begun and ended\n");
}

static void prompt_is_shown_after_a_moment(void **state)
{
	(void)state;
	add("web", OUTPUT_CONSOLE, NULL);
	start();
	say(0, "login: ");
	assert_string_equal(next(), "web | login: \n");
	say(0, "root\n");
	assert_string_equal(next(), "web | root\n");
}

static void line_too_long_is_cut(void **state)
{
	char text[10002];

	(void)state;
	memset(text, 'x', 10000);
	strcpy(text + 10000, "\n");
	add("web", OUTPUT_CONSOLE, NULL);
	say(0, text);
	start();
	assert_int_equal(strlen(next()), 4096);
	assert_int_equal(strlen(next()), 4096);
	assert_int_equal(strlen(next()), 6 + 10000 - 2 * 4089 + 1);
}

static unsigned long switches_of(pid_t pid)
{
	char path[64], line[128];
	unsigned long n, sum = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "ctxt_switches") && sscanf(line, "%*s %lu", &n) == 1)
			sum += n;
	fclose(f);
	return sum;
}

static void unended_line_does_not_keep_it_busy(void **state)
{
	unsigned long before;

	(void)state;
	add("web", OUTPUT_CONSOLE, NULL);
	start();
	say(0, "up\n");
	next();
	before = switches_of(r.pid);
	say(0, "no end");
	assert_string_equal(next(), "web | no end\n");
	say(0, "end\n");
	next();
	assert_in_range(switches_of(r.pid) - before, 0, 20);
}

/* Says something on the first pipe for ever. */
static pid_t start_loud(void)
{
	pid_t loud = fork();

	if (loud)
		return loud;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (write(r.in[0][1], "noise noise noise noise noise\n", 30) > 0)
		;
	_exit(1);
}

static void end_loud(pid_t loud)
{
	kill(loud, SIGKILL);
	waitpid(loud, NULL, 0);
}

static void loud_service_does_not_keep_others_waiting(void **state)
{
	pid_t loud;
	int rounds = 0;

	(void)state;
	add("loud", OUTPUT_CONSOLE, NULL);
	add("web", OUTPUT_CONSOLE, NULL);
	loud = start_loud();
	start();
	assert_non_null(strstr(next(), "loud | noise"));
	say(1, "here\n");
	while (!strstr(next(), "web  | here\n") && rounds < 1000)
		rounds++;
	end_loud(loud);
	assert_in_range(rounds, 0, 300); /* what fits into socket and pipe before it */
}

/* -- files ----------------------------------------------------------------------------------------------------- */

static const char *file_text(void)
{
	static char text[256];
	int fd = open(r.file, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* A line of the other service comes out after what was said before it: turns are in order. */
static void both_have_had_their_turn(void)
{
	say(1, "mark\n");
	next();
	say(1, "mark\n");
	next();
}

static void with_file_and_mark(void)
{
	add("web", OUTPUT_FILE, r.file);
	add("mark", OUTPUT_CONSOLE, NULL);
}

static void file_is_made_and_appended_to_as_it_is(void **state)
{
	struct stat st;

	(void)state;
	with_file_and_mark();
	start();
	say(0, "one\nbegun");
	both_have_had_their_turn();
	assert_string_equal(file_text(), "one\nbegun");
	say(0, " ended\n");
	both_have_had_their_turn();
	assert_string_equal(file_text(), "one\nbegun ended\n");
	assert_int_equal(stat(r.file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(silent(r.errors[0]));
}

static void deleted_file_is_made_anew(void **state)
{
	(void)state;
	with_file_and_mark();
	start();
	say(0, "old\n");
	both_have_had_their_turn();
	unlink(r.file);
	say(0, "new\n");
	both_have_had_their_turn();
	assert_string_equal(file_text(), "new\n");
}

static void moved_file_is_left_at_hangup(void **state)
{
	char moved[128];

	(void)state;
	snprintf(moved, sizeof(moved), "%s.1", r.file);
	with_file_and_mark();
	start();
	say(0, "old\n");
	both_have_had_their_turn();
	rename(r.file, moved);
	kill(r.pid, SIGHUP);
	say(0, "new\n");
	both_have_had_their_turn();
	unlink(moved);
	assert_string_equal(file_text(), "new\n");
}

static void full_disk_is_told_once_and_does_not_stop_it(void **state)
{
	(void)state;
	add("web", OUTPUT_FILE, "/dev/full");
	add("mark", OUTPUT_CONSOLE, NULL);
	start();
	say(0, "lost\n");
	both_have_had_their_turn();
	say(0, "lost too\n");
	both_have_had_their_turn();
	assert_string_equal(next_of(r.errors[0]), "minit: web: output to /dev/full: No space left on device; "
						  "it is lost until that is mended\n");
	assert_true(silent(r.errors[0]));
}

static void loss_is_counted_when_it_is_over(void **state)
{
	(void)state;
	with_file_and_mark();
	rmdir(r.dir);
	start();
	say(0, "12345\n");
	both_have_had_their_turn();
	assert_non_null(strstr(next_of(r.errors[0]), "No such file or directory"));
	say(0, "678\n");
	both_have_had_their_turn();
	mkdir(r.dir, 0700);
	say(0, "kept\n");
	both_have_had_their_turn();
	assert_non_null(strstr(next_of(r.errors[0]), "goes on; 10 bytes were lost\n"));
	assert_string_equal(file_text(), "kept\n");
}

static void link_is_not_followed(void **state)
{
	char victim[128];

	(void)state;
	snprintf(victim, sizeof(victim), "%s/victim", r.dir);
	assert_int_equal(symlink(victim, r.file), 0);
	with_file_and_mark();
	start();
	say(0, "evil\n");
	both_have_had_their_turn();
	assert_int_equal(access(victim, F_OK), -1);
	assert_non_null(strstr(next_of(r.errors[0]), "symbolic links"));
}

/* r.dir/PATH; one of two places in turn. */
static const char *in_dir(const char *path)
{
	static char mem[2][160];
	static unsigned turn;

	turn ^= 1;
	snprintf(mem[turn], sizeof(mem[turn]), "%s/%s", r.dir, path);
	return mem[turn];
}

static void folder_of(const char *name, mode_t mode)
{
	assert_int_equal(mkdir(in_dir(name), 0700), 0);
	assert_int_equal(chmod(in_dir(name), mode), 0);
}

static int opened(const char *path)
{
	int fd = logfile_open(in_dir(path));

	if (fd >= 0)
		close(fd);
	return MIN(fd, 0);
}

static void links_on_the_way_are_followed_where_only_we_can_put_them(void **state)
{
	static const char *const left[] = { "logs/own", "logs/up", "logs/far", "logs/loop", "logs", "all/logs", "all/own",
					    "all", "team/logs", "team", "web", "to", "kept/out", "kept", "victims/out",
					    "victims" };

	(void)state;
	folder_of("victims", 0700);
	folder_of("kept", 0700);
	folder_of("logs", 0755);
	folder_of("all", 0777);
	folder_of("team", 0770);
	assert_int_equal(symlink(in_dir("kept"), in_dir("logs/own")), 0);
	assert_int_equal(symlink("..//kept/.", in_dir("logs/up")), 0);
	assert_int_equal(symlink("own/", in_dir("logs/far")), 0);
	assert_int_equal(symlink("loop", in_dir("logs/loop")), 0);
	assert_int_equal(symlink(in_dir("victims"), in_dir("all/logs")), 0);
	assert_int_equal(symlink(in_dir("victims"), in_dir("team/logs")), 0);
	assert_int_equal(symlink(in_dir("all/logs"), in_dir("web")), 0);
	assert_int_equal(symlink("all", in_dir("to")), 0);

	assert_int_equal(opened("logs/own/out"), 0);
	assert_int_equal(opened("logs/up/out"), 0);
	assert_int_equal(opened("logs/far/out"), 0);
	assert_int_equal(access(in_dir("kept/out"), F_OK), 0);
	assert_int_equal(opened("to/own"), 0);
	assert_int_equal(opened("logs/loop/out"), -ELOOP);
	assert_int_equal(opened("all/logs/out"), -ELOOP);
	assert_int_equal(opened("team/logs/out"), -ELOOP);
	assert_int_equal(opened("web/out"), -ELOOP);
	assert_int_equal(opened("to/logs/out"), -ELOOP);
	assert_int_equal(opened("victims"), -EISDIR);
	assert_int_equal(opened("kept/out/more"), -ENOTDIR);
	assert_int_equal(opened("none/out"), -ENOENT);
	assert_int_equal(access(in_dir("victims/out"), F_OK), -1);
	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		(void)!remove(in_dir(left[i]));
}

/* -- the end ----------------------------------------------------------------------------------------------------- */

static void term_writes_what_there_is_and_leaves(void **state)
{
	char all[256];

	(void)state;
	add("web", OUTPUT_CONSOLE, NULL);
	start();
	say(0, "up\n");
	next();
	say(0, "last\nwords");
	assert_int_equal(end_by(SIGTERM), 0);
	snprintf(all, sizeof(all), "%s", next());
	if (strlen(all) < 23)
		strcat(all, next());
	assert_string_equal(all, "web | last\nweb | words\n");
}

static void term_is_heard_while_a_service_is_loud(void **state)
{
	pid_t loud;
	int status;

	(void)state;
	add("loud", OUTPUT_FILE, "/dev/null");
	add("mark", OUTPUT_CONSOLE, NULL);
	loud = start_loud();
	start();
	both_have_had_their_turn();
	status = end_by(SIGTERM);
	end_loud(loud);
	assert_int_equal(status, 0);
}

static void it_ends_with_its_last_writer(void **state)
{
	(void)state;
	add("web", OUTPUT_CONSOLE, NULL);
	start_with(false);
	say(0, "last");
	for (int i = 0; i < 4; i++)
		close(r.in[i][1]);
	assert_int_equal(end_by(0), 0);
	assert_string_equal(next(), "web | last\n");
}

static void wrong_words_are_refused(void **state)
{
	char *argv[] = { "log", "3", "x", NULL };

	(void)state;
	assert_int_equal(logger_main(3, argv), 64);
	assert_int_equal(logger_main(2, argv), 64);
}

/* -- killed ------------------------------------------------------------------------------------------------------- */

static pid_t start_writer(int slot)
{
	pid_t pid = fork();
	char line[64];

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < LINES; i++) {
		int len = snprintf(line, sizeof(line), "%d %d %.*s\n", slot, i, i % 40, "........................................");

		if (write(r.in[slot][1], line, (size_t)len) != len)
			_exit(1);
	}
	_exit(0);
}

static int seen_next[4]; /* the number each writer's next new line must have */

/* Lines may come twice, and one cut by a kill is followed by its repetition; new ones come in order. */
static void check_line(const char *line)
{
	int slot, number;
	char name;

	if (sscanf(line, "%c | %d %d", &name, &slot, &number) != 3 || slot < 0 || slot > 3 || name != 'a' + slot)
		fail_msg("a strange line: %s", line);
	if (number > seen_next[slot])
		fail_msg("writer %d: line %d came before %d", slot, number, seen_next[slot]);
	seen_next[slot] += number == seen_next[slot];
}

static bool all_seen(void)
{
	for (int i = 0; i < 4; i++)
		if (seen_next[i] < LINES)
			return false;
	return true;
}

static void killed_at_any_moment_it_loses_no_line(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	pid_t writers[4];
	int kills = 0, writes = 0;

	(void)state;
	memset(seen_next, 0, sizeof(seen_next));
	for (int i = 0; i < 4; i++)
		add(names[i], OUTPUT_CONSOLE, NULL);
	for (int i = 0; i < 4; i++)
		writers[i] = start_writer(i);
	start();
	while (!all_seen()) {
		char *text = (char *)next(), *line, *rest;

		if (!*text)
			fail_msg("nothing came; next are %d %d %d %d", seen_next[0], seen_next[1], seen_next[2], seen_next[3]);
		for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
			check_line(line);
		if (kills < KILLS && ++writes % 2 == 0) {
			assert_true(WIFSIGNALED(end_by(SIGKILL)));
			kills++;
			start();
		}
	}
	for (int i = 0; i < 4; i++)
		waitpid(writers[i], NULL, 0);
	assert_int_equal(kills, KILLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(lines_get_the_name_aligned),
		T(only_services_with_a_pipe_are_drained),
		T(lines_that_are_there_go_out_in_one_write),
		T(no_write_is_longer_than_4096_and_each_ends_a_line),
		T(line_without_end_waits_for_it),
		T(prompt_is_shown_after_a_moment),
		T(line_too_long_is_cut),
		T(unended_line_does_not_keep_it_busy),
		T(loud_service_does_not_keep_others_waiting),
		T(file_is_made_and_appended_to_as_it_is),
		T(deleted_file_is_made_anew),
		T(moved_file_is_left_at_hangup),
		T(full_disk_is_told_once_and_does_not_stop_it),
		T(loss_is_counted_when_it_is_over),
		T(link_is_not_followed),
		T(links_on_the_way_are_followed_where_only_we_can_put_them),
		T(term_writes_what_there_is_and_leaves),
		T(term_is_heard_while_a_service_is_loud),
		T(it_ends_with_its_last_writer),
		T(wrong_words_are_refused),
		T(killed_at_any_moment_it_loses_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
