// links: init/request.c init/request_change.c init/request_list.c init/request_verbs.c
// links: init/control.c init/peer.c init/insight.c init/report.c lib/pressure.c lib/buf.c lib/json.c lib/utf8.c lib/addr.c lib/text.c lib/clock.c
// links: cgroup/limits.c cgroup/friendly.c services/changed.c
// links: init/probe.c services/layout.c lib/fd.c lib/log.c tests/fake/house.c tests/fake/loop.c
/* The control socket, from its listener to the last byte, over a made-up supervisor and a real socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/control.h"
#include "init/exchange.h"
#include "init/probe.h"
#include "init/reexec.h"
#include "init/report.h"
#include "init/request.h"
#include "init/shutdown.h"
#include "init/uplinks.h"
#include "services/changed.h"
#include "tests/fake/house.h"
#include "tests/fake/loop.h"

static struct supervisor *sv;
static char folder[64], path[108];
static enum goal goal_asked;
static bool reexec_works;

void shutdown_begin(struct supervisor *of, enum goal goal, int status)
{
	(void)status;
	of->state->phase = PHASE_STOPPING;
	goal_asked = goal;
}

static char leased[32];

/* The table has one link, wan. */
int uplinks_lease(struct supervisor *of, const char *name, enum lease lease)
{
	(void)of;
	snprintf(leased, sizeof(leased), "%.15s %u", name, lease);
	return strcmp(name, "wan") ? -ENOENT : 0;
}

/* What the child answers; magic 0: nothing. */
static struct probe_answer answer;
static bool holds; /* it does not even end */
static int silent = -1;

pid_t probe_start(const struct probe_child *child)
{
	if (holds)
		silent = dup(child->answer);
	if (answer.magic)
		assert_int_equal(write(child->answer, &answer, sizeof(answer)), sizeof(answer));
	return 7;
}

int sys_pipe(int ret_ends[2], int flags)
{
	return pipe2(ret_ends, flags | O_CLOEXEC) < 0 ? -errno : 0;
}

/* Where it works it does not come back: what the new program does first comes in its place. */
int reexec_now(struct supervisor *of, int program)
{
	assert_true(program >= 0);
	if (!reexec_works)
		return -ETXTBSY;
	loop_reset();
	control_watch(of);
	return -EIO;
}

static int passed = -1; /* with `reload` */

bool exchange_begin(struct supervisor *of, struct client *c, int table_fd)
{
	(void)of;
	passed = table_fd;
	c->kind = CLIENT_RELOAD;
	return true;
}

static void open_house(struct supervisor *built)
{
	sv = built;
	sv->on_change = control_change;
	goal_asked = GOAL_NONE;
	reexec_works = false;
	loop_reset();
	assert_int_equal(control_open(sv), 0);
	control_watch(sv);
}

static int set_up(void **data)
{
	(void)data;
	strcpy(folder, "/tmp/minit-control-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/run/control", folder);
	setenv("MINIT_SOCKET", path, 1);
	return 0;
}

static int tear_down(void **data)
{
	char run[80];

	(void)data;
	control_close(sv);
	snprintf(run, sizeof(run), "%s/run", folder);
	rmdir(run);
	return rmdir(folder);
}

static const char *const three[] = { "web", "db", "cache" };

static void open_three(void)
{
	open_house(house_build(three, 3));
}

/* -- the other side ---------------------------------------------------------------------------- */

static int dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void rounds(void)
{
	for (int i = 0; loop_round(); i++)
		assert_true(i < 100000);
}

static int ask(const char *line)
{
	int fd = dial();

	assert_int_equal(send(fd, line, strlen(line), 0), strlen(line));
	rounds();
	return fd;
}

/* All that has come, with the rounds it takes. NUL-terminated, in memory that the next call reuses. */
static char *hear(int fd)
{
	static char mem[4 << 20];
	size_t len = 0;
	ssize_t n;

	do {
		rounds();
		n = recv(fd, mem + len, sizeof(mem) - len - 1, 0);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	mem[len] = '\0';
	return mem;
}

static bool is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, 0) == 0;
}

static void assert_reply(const char *line, const char *wanted)
{
	int fd = ask(line);
	char *reply = hear(fd);

	if (!strstr(reply, wanted))
		fail_msg("%s is answered %s and not %s", line, reply, wanted);
	assert_true(is_closed(fd));
	close(fd);
}

static unsigned count_of(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

static unsigned clients(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < STATE_CLIENTS; i++)
		n += sv->state->clients[i].fd >= 0;
	return n;
}

/* -- requests ---------------------------------------------------------------------------------- */

static void test_status_has_minit_and_each_service(void **data)
{
	int fd;
	char *reply;

	(void)data;
	open_three();
	house_move(0, STATE_UP);
	fd = ask("status\n");
	reply = hear(fd);
	assert_non_null(strstr(reply, "{\"version\":\""));
	assert_non_null(strstr(reply, "\"mode\":\"container\",\"phase\":\"running\""));
	assert_non_null(strstr(reply, "\"services\":3,\"states\":{\"down\":2,\"waiting\":0,\"starting\":0,\"up\":1,"));
	assert_non_null(strstr(reply, "{\"name\":\"web\",\"state\":\"up\",\"want\":\"down\",\"pid\":100,"));
	assert_non_null(strstr(reply, "\"memory\":1200000,\"memory_max\":67108864"));
	assert_int_equal(count_of(reply, "\"name\":"), 3);
	assert_int_equal(count_of(reply, "\n"), 5);
	assert_string_equal(strstr(reply, "{\"ok\""), "{\"ok\":true,\"seq\":1}\n");
	assert_true(is_closed(fd));
	assert_int_equal(clients(), 0);
	close(fd);
}

static void test_status_of_names_keeps_their_order(void **data)
{
	int fd;
	char *reply;

	(void)data;
	open_three();
	fd = ask("status  cache web \r\n");
	reply = hear(fd);
	assert_int_equal(count_of(reply, "\"name\":"), 2);
	assert_true(strstr(reply, "\"cache\"") < strstr(reply, "\"web\""));
	assert_non_null(strstr(reply, "{\"ok\""));
	close(fd);
}

static void test_status_of_5000_comes_in_pieces(void **data)
{
	int fd;
	char *reply;

	(void)data;
	open_house(house_build_many(5000));
	fd = dial();
	assert_int_equal(send(fd, "status\n", 7, 0), 7);
	for (int i = 0; i < 3; i++)
		loop_round();
	reply = hear(fd);
	assert_int_equal(count_of(reply, "\"name\":"), 5000);
	assert_non_null(strstr(reply, "\"n4999\""));
	assert_non_null(strstr(reply, "{\"ok\""));
	close(fd);
}

static void test_one_round_sends_few_lines(void **data)
{
	static char mem[1 << 20];
	int fd;
	ssize_t n;

	(void)data;
	open_house(house_build_many(5000));
	fd = dial();
	assert_int_equal(send(fd, "status\n", 7, 0), 7);
	loop_round();
	n = recv(fd, mem, sizeof(mem) - 1, 0);
	assert_true(n > 0);
	mem[n] = '\0';
	assert_int_equal(count_of(mem, "\n"), 8);
	close(fd);
	rounds();
}

static void test_who_does_not_read_stalls_only_himself(void **data)
{
	int stuck, fd;

	(void)data;
	open_house(house_build_many(5000));
	stuck = ask("status\n");
	assert_int_equal(clients(), 1);
	fd = ask("status n7\n");
	assert_non_null(strstr(hear(fd), "\"n7\""));
	close(fd);
	assert_int_equal(count_of(hear(stuck), "\"name\":"), 5000);
	close(stuck);
}

static void test_start_stop_restart_reach_the_services(void **data)
{
	(void)data;
	open_three();
	assert_reply("start web db\n", "{\"ok\":true,\"starts\":{\"web\":0,\"db\":0},\"seq\":2}\n");
	house_move(0, STATE_UP);
	assert_reply("stop web\n", "{\"ok\":true,\"starts\":{\"web\":1},\"seq\":4}\n");
	assert_reply("restart cache\n", "{\"ok\":true");
	assert_string_equal(house_told(), "up web, up db, down web, restart cache");
}

static void test_a_service_is_paused_let_go_on_and_limited(void **data)
{
	int fd;

	(void)data;
	open_three();
	house_spec(0)->leaf = 1;
	house_spec(1)->leaf = 0;
	house_move(0, STATE_UP);
	service_at(sv, 0)->handles.pid = 7;
	fd = ask("events web\n");
	assert_reply("pause web\n", "{\"ok\":true");
	assert_reply("status web\n", "\"paused\":true,\"paused_by\":\"hand\"");
	service_at(sv, 0)->handles.paused_for = PRESSURE_MEMORY + 1;
	assert_reply("status web\n", "\"paused\":true,\"paused_by\":\"pressure.memory\"");
	assert_reply("resume web\n", "{\"ok\":true");
	assert_non_null(strstr(hear(fd), "\"notice\":\"pause\""));
	assert_reply("pause web db\n", "{\"error\":\"db: cannot be paused: it does not run; start it first\"}\n");
	service_at(sv, 1)->handles.pid = 8;
	assert_reply("pause web db\n", "{\"error\":\"db: cannot be paused: it has no cgroup leaf; leaf = true gives it one where there are cgroups\"}\n");
	assert_reply("pause\n", "{\"error\":\"pause: a service's name is missing\"}\n");
	assert_reply("set web pids.max 5 6\n", "{\"ok\":true");
	assert_reply("set web pids.max 5\n", "{\"error\":\"web: pids.max: Invalid argument: not that\"}\n");
	assert_reply("set db pids.max 5\n", "{\"error\":\"db: pids.max: it has no cgroup leaf; leaf = true gives it one where there are cgroups\"}\n");
	assert_reply("set wbe pids.max 5\n", "{\"error\":\"wbe: no such service; did you mean \\\"web\\\"?\",\"unknown\":true}\n");
	for (const char *bad = "set\0set web\0set web pids.max\0set web cgroup.procs 1\0set web ../x.y 1\0"; *bad; bad += strlen(bad) + 1) {
		char line[64];

		sprintf(line, "%s\n", bad);
		assert_reply(line, "wants NAME FILE VALUE");
	}
	close(fd);
}

/* Wherever the room ends. */
static void test_changes_that_do_not_fit_are_left_out_whole(void **data)
{
	(void)data;
	open_three();
	sv->state->change_slots = STATE_CHANGES;
	for (size_t i = 0; i < STATE_CHANGES; i++)
		changed_note(&sv->state->changes[i], changed_of_service(0), "memory.max", "1");
	for (int pad = 1; pad < 70; pad++) {
		char text[80];
		char *reply;
		int fd;

		snprintf(text, sizeof(text), "%0*d", pad, 0);
		changed_note(&sv->state->changes[0], changed_of_service(0), "memory.max", text);
		fd = ask("isolation web\n");
		reply = hear(fd);
		close(fd);
		assert_int_equal(count_of(reply, "\n"), 2 + count_of(reply, ",\"group\":false}\n"));
		assert_non_null(strstr(reply, "}\n{\"ok\":true"));
	}
}

static void test_start_wants_up_what_is_needed(void **data)
{
	static const char *const names[] = { "top", "mid", "left", "right", "base", "apart" };

	(void)data;
	open_house(house_build(names, 6));
	house_need(0, 1);
	house_need(1, 2);
	house_need(1, 3);
	house_need(2, 4);
	house_need(3, 4);
	assert_reply("start top\n", "{\"ok\":true");
	assert_string_equal(house_told(), "up base, up right, up left, up mid, up top");
}

static void test_what_is_up_is_not_started_for_others(void **data)
{
	(void)data;
	open_three();
	house_need(0, 1);
	house_need(1, 2);
	house_move(1, STATE_UP);
	assert_reply("restart web\n", "{\"ok\":true");
	assert_string_equal(house_told(), "restart web");
}

static void test_the_longest_answer_fits(void **data)
{
	static char names[120][2];
	static const char *list[120];
	char line[256] = "start";

	(void)data;
	for (int i = 0; i < 94; i++) {
		names[i][0] = (char)(33 + i);
		list[i] = names[i];
	}
	open_house(house_build(list, 94));
	for (size_t i = 0; i < 94; i++)
		service_at(sv, (uint32_t)i)->life.starts = UINT32_MAX;
	for (size_t i = 0; strlen(line) < 238; i++)
		strcat(strcat(line, " "), names[i % 94]);
	strcat(line, "\n");
	assert_reply(line, "},\"seq\":");
}

static void test_a_lease_is_one_word(void **data)
{
	(void)data;
	open_three();
	assert_reply("lease wan on\n", "{\"ok\":true,\"seq\":0}\n");
	assert_string_equal(leased, "wan 1");
	assert_reply("lease wan may\n", "{\"ok\":true,\"seq\":0}\n");
	assert_string_equal(leased, "wan 2");
	assert_reply("lease lan off\n", "{\"error\":\"lease: lan: the table has no link of this name with address = "
		     "\\\"dhcp\\\"\"}\n");
	assert_string_equal(leased, "lan 0");
	assert_reply("lease wan on6\n", "{\"ok\":true,\"seq\":0}\n");
	assert_string_equal(leased, "wan 4");
	assert_reply("lease lan may6\n", "{\"error\":\"lease: lan: the table has no link of this name with address = "
		     "\\\"dhcp6\\\"\"}\n");
	assert_string_equal(leased, "lan 5");
	leased[0] = '\0';
	assert_reply("lease wan maybe\n", "{\"error\":\"lease: wants LINK on|off|may, or the same with a 6\"}\n");
	assert_reply("lease wan\n", "{\"error\":\"lease: wants LINK on|off|may, or the same with a 6\"}\n");
	assert_reply("lease\n", "{\"error\":\"lease: wants LINK on|off|may, or the same with a 6\"}\n");
	assert_string_equal(leased, "");
}

static void test_an_unknown_name_changes_nothing(void **data)
{
	(void)data;
	open_three();
	assert_reply("stop db wbe\n", "{\"error\":\"wbe: no such service; did you mean \\\"web\\\"?\",\"unknown\":true}\n");
	assert_reply("stop\n", "{\"error\":\"stop: a service's name is missing\"}\n");
	assert_string_equal(house_told(), "");
}

static void test_bad_requests_get_one_line(void **data)
{
	char longest[300];

	(void)data;
	open_three();
	assert_reply("stats\n", "{\"error\":\"stats: minit has no answer to this verb\"}\n");
	assert_reply("check\n", "{\"error\":\"check: minit has no answer to this verb\"}\n");
	assert_reply("\n", "{\"error\":\"request: not a line of words");
	assert_reply("status \033[2J\n", "{\"error\":\"request: not a line of words");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_reply(longest, "{\"error\":\"request: longer than 239 bytes");
	assert_int_equal(clients(), 0);
}

static void test_the_longest_request_is_taken(void **data)
{
	char line[241];

	(void)data;
	open_three();
	memset(line, ' ', 239);
	memcpy(line, "status", 6);
	memcpy(line + 236, "web\n", 5);
	assert_reply(line, "\"name\":\"web\"");
	memset(line + 7, 'x', 232);
	strcpy(line + 239, "\n");
	assert_reply(line, ": no such service");
}

static void test_a_request_in_pieces(void **data)
{
	int fd;

	(void)data;
	open_three();
	fd = dial();
	for (const char *at = "status web\n"; *at; at++) {
		assert_int_equal(send(fd, at, 1, 0), 1);
		rounds();
	}
	assert_non_null(strstr(hear(fd), "\"name\":\"web\""));
	close(fd);
}

static void test_a_half_closed_reader_gets_all(void **data)
{
	int fd;

	(void)data;
	open_house(house_build_many(500));
	fd = dial();
	assert_int_equal(send(fd, "status\n", 7, 0), 7);
	shutdown(fd, SHUT_WR);
	assert_non_null(strstr(hear(fd), "{\"ok\""));
	close(fd);
}

static void test_a_socket_that_takes_no_more_is_waited_for(void **data)
{
	int fd, least = 1;

	(void)data;
	open_house(house_build_many(500));
	fd = dial();
	rounds();
	assert_int_equal(setsockopt(sv->state->clients[0].fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)), 0);
	assert_int_equal(send(fd, "status\n", 7, 0), 7);
	assert_int_equal(count_of(hear(fd), "\"name\":"), 500);
	close(fd);
}

static void test_others_may_only_look(void **data)
{
	int fd;

	(void)data;
	open_three();
	fd = dial();
	rounds();
	assert_int_equal(sv->state->clients[0].trusted, 1);
	sv->state->clients[0].trusted = 0;
	assert_int_equal(send(fd, "stop web\n", 9, 0), 9);
	assert_non_null(strstr(hear(fd), "{\"error\":\"stop: Operation not permitted: only root"));
	assert_string_equal(house_told(), "");
	close(fd);
	fd = dial();
	rounds();
	sv->state->clients[0].trusted = 0;
	assert_int_equal(send(fd, "status\n", 7, 0), 7);
	assert_non_null(strstr(hear(fd), "{\"ok\""));
	close(fd);
}

/* -- the end, and going on --------------------------------------------------------------------- */

static void test_a_container_can_leave_but_not_reboot(void **data)
{
	(void)data;
	open_three();
	assert_reply("reboot\n", "{\"error\":\"reboot: minit is not PID 1 of a machine here");
	assert_int_equal(goal_asked, GOAL_NONE);
	assert_reply("poweroff\n", "{\"ok\":true");
	assert_int_equal(goal_asked, GOAL_EXIT);
	assert_reply("start web\n", "{\"error\":\"start: minit is stopping everything");
	assert_string_equal(house_told(), "");
}

static void test_a_machine_does_all_three(void **data)
{
	(void)data;
	open_three();
	sv->state->mode = MODE_MACHINE;
	assert_reply("reboot\n", "{\"ok\":true");
	assert_int_equal(goal_asked, GOAL_REBOOT);
	assert_reply("halt\n", "{\"ok\":true");
	assert_int_equal(goal_asked, GOAL_HALT);
	assert_reply("poweroff\n", "{\"ok\":true");
	assert_int_equal(goal_asked, GOAL_POWEROFF);
}

static void test_reexec_is_confirmed_by_the_new_program(void **data)
{
	(void)data;
	open_three();
	answer = (struct probe_answer){ PROBE_MAGIC, PROBE_READ, 0 };
	strcpy(sv->state->program, "/nowhere/minit");
	assert_reply("reexec\n", "{\"error\":\"reexec: /nowhere/minit: No such file or directory: minit runs on as it was; "
		     "put a minit there\"}");
	strcpy(sv->state->program, "/proc/self/exe");
	assert_reply("reexec\n", "{\"error\":\"reexec: /proc/self/exe: Text file busy: minit runs on as it was; ");
	reexec_works = true;
	assert_reply("reexec\n", "{\"ok\":true}\n");
}

static void test_reexec_asks_before_it_executes(void **data)
{
	static const struct {
		struct probe_answer answer;
		const char *reply;
	} cases[] = {
		{ { 0 }, "/proc/self/exe: it is no minit, " },
		{ { 1, PROBE_READ, 0 }, "/proc/self/exe: it is no minit, " },
		{ { PROBE_MAGIC, PROBE_EXEC, -ENOENT }, "/proc/self/exe: it is a script, " },
		{ { PROBE_MAGIC, PROBE_EXEC, -EACCES }, "/proc/self/exe: Permission denied: minit runs on as it was; " },
		{ { PROBE_MAGIC, PROBE_READ, -EPROTO }, "the layout is that of another build of minit: minit runs on as it was; "
		  "`minit poweroff`" },
		{ { PROBE_MAGIC, PROBE_READ, -EBADMSG }, "there is something in it that the program does not know: " },
	};

	(void)data;
	open_three();
	reexec_works = true;
	strcpy(sv->state->program, "/proc/self/exe");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		answer = cases[i].answer;
		assert_reply("reexec\n", cases[i].reply);
		assert_int_equal(clients(), 0);
	}
	sv->state->mode = MODE_MACHINE;
	answer = (struct probe_answer){ PROBE_MAGIC, PROBE_READ, -EPROTO };
	assert_reply("reexec\n", "`minit reboot` starts the new one");
}

/* -- a descriptor beside a request -- */

static int ask_with(const char *line, const int *fds, size_t count)
{
	char control[CMSG_SPACE(4 * sizeof(int))] __attribute__((aligned(sizeof(size_t)))) = { 0 };
	struct iovec bytes = { (char *)(uintptr_t)line, strlen(line) };
	struct msghdr m = { .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd = dial();

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	assert_int_equal(sendmsg(fd, &m, 0), strlen(line));
	rounds();
	return fd;
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_a_table_comes_with_its_request(void **data)
{
	int ends[2], fds[3], fd;
	struct stat sent, got;

	(void)data;
	open_three();
	assert_int_equal(pipe(ends), 0);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = ends[0];
	assert_reply("reload\n", "{\"error\":\"reload: no table came with it; ask by `minit reload`\"}");
	fd = ask_with("reload\n", fds, 1);
	assert_true(passed >= 0 && passed != ends[0]);
	assert_int_equal(fstat(passed, &got) | fstat(ends[0], &sent), 0);
	assert_int_equal(got.st_ino, sent.st_ino);
	assert_int_equal(fcntl(passed, F_GETFD), FD_CLOEXEC);
	control_drop(&sv->state->clients[0]);
	close(passed);
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

static void test_what_nobody_asked_for_is_closed(void **data)
{
	static const char *const lines[] = { "version\n", "reload now", "nonsense\n", "status web\n" };
	unsigned before = open_descriptors();
	int fds[] = { 2, 2, 2 };

	(void)data;
	open_three();
	before = open_descriptors();
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		for (size_t count = 1; count <= ARRAY_LEN(fds); count++) {
			int fd = ask_with(lines[i], fds, count);

			hear(fd);
			close(fd);
			rounds();
		}
	passed = -1;
	close(ask_with("reload\n", fds, 3)); /* not one table */
	rounds();
	assert_int_equal(passed, -1);
	assert_int_equal(open_descriptors(), before);
}

static void test_who_may_not_passes_none(void **data)
{
	int fds[] = { 2 }, fd;

	(void)data;
	open_three();
	passed = -1;
	fd = ask("");
	sv->state->clients[0].trusted = 0;
	close(fd);
	rounds();
	assert_int_equal(clients(), 0);
	fd = ask_with("relo", fds, 1);
	sv->state->clients[0].trusted = 0;
	assert_int_equal(send(fd, "ad\n", 3, 0), 3);
	assert_non_null(strstr(hear(fd), "only root and the user minit runs as may do that"));
	assert_int_equal(passed, -1);
	close(fd);
}

static void test_a_second_reexec_ends_the_wait_of_the_first(void **data)
{
	int first;

	(void)data;
	open_three();
	reexec_works = true;
	strcpy(sv->state->program, "/proc/self/exe");
	answer = (struct probe_answer){ 0 };
	holds = true;
	first = ask("reexec\n");
	assert_string_equal(hear(first), "");
	assert_false(is_closed(first));
	holds = false;
	answer = (struct probe_answer){ PROBE_MAGIC, PROBE_READ, 0 };
	assert_reply("reexec\n", "{\"ok\":true}\n");
	assert_string_equal(hear(first), "{\"error\":\"reexec: given up, as somebody asked for another\"}\n");
	assert_true(is_closed(first));
	close(first);
	close(silent);
}

static void test_what_was_given_back_is_told(void **data)
{
	int fd, other;

	(void)data;
	open_three();
	strcpy(sv->state->program, "/sbin/minit");
	fd = dial();
	other = dial();
	rounds();
	sv->state->clients[0].kind = CLIENT_REEXEC;
	sv->state->clients[1].kind = CLIENT_PROBE;
	sv->state->returned = EPROTO;
	loop_reset();
	control_watch(sv);
	assert_non_null(strstr(hear(fd), "\"error\":\"reexec: /sbin/minit: it could not go on from the state: the layout is "));
	assert_non_null(strstr(hear(other), "\"error\":\"minit: crashed while it answered this, and runs on; ask again\""));
	assert_int_equal(sv->state->returned, 0);
	close(fd);
	close(other);
}

static void test_connections_survive_an_execution_in_place(void **data)
{
	int listener, half;

	(void)data;
	open_three();
	listener = ask("events\n");
	hear(listener);
	half = ask("status w");
	loop_reset();
	control_watch(sv);
	house_move(0, STATE_UP);
	assert_non_null(strstr(hear(listener), "\"service\":\"web\",\"from\":\"down\",\"state\":\"up\""));
	assert_int_equal(send(half, "eb\n", 3, 0), 3);
	assert_non_null(strstr(hear(half), "\"name\":\"web\""));
	close(listener);
	close(half);
	rounds();
}

static void test_a_crash_in_an_answer_ends_that_answer(void **data)
{
	int fd;

	(void)data;
	open_house(house_build_many(5000));
	fd = ask("status\n");
	sv->state->clients[0].kind |= CLIENT_BUSY;
	loop_reset();
	control_watch(sv);
	assert_int_equal(clients(), 0);
	assert_non_null(strstr(hear(fd), "\"name\":\"n0\""));
	assert_true(is_closed(fd));
	close(fd);
}

static void test_closing_says_so_and_unlinks(void **data)
{
	struct stat st;
	int fd;

	(void)data;
	open_three();
	fd = ask("events\n");
	hear(fd);
	control_close(sv);
	assert_non_null(strstr(hear(fd), "{\"error\":\"minit: it is leaving\"}\n"));
	assert_true(is_closed(fd));
	assert_int_equal(stat(path, &st), -1);
	close(fd);
}

/* -- events ------------------------------------------------------------------------------------ */

static void test_events_begin_with_what_is(void **data)
{
	int fd;

	(void)data;
	open_three();
	house_move(1, STATE_UP);
	fd = ask("events\n");
	assert_non_null(strstr(hear(fd), "\"service\":\"db\",\"state\":\"up\""));
	assert_null(strstr(hear(fd), "\"from\""));
	house_move(0, STATE_FAILED);
	assert_non_null(strstr(hear(fd), "\"service\":\"web\",\"from\":\"down\",\"state\":\"failed\""));
	close(fd);
	rounds();
	assert_int_equal(clients(), 0);
}

static void test_the_snapshot_says_where_it_ends(void **data)
{
	int fd;

	(void)data;
	open_three();
	house_move(1, STATE_UP);
	fd = ask("events\n");
	assert_non_null(strstr(hear(fd), "{\"snapshot\":3,\"seq\":1}\n"));
	close(fd);
	rounds();
}

static void test_who_falls_behind_is_told_how_far(void **data)
{
	unsigned moved = 0, told, lost;
	char *text, *at;
	int fd;

	(void)data;
	open_three();
	fd = ask("events\n");
	hear(fd);
	for (; moved < 5000; moved++) {
		house_move(0, moved % 2 ? STATE_DOWN : STATE_UP);
		loop_round();
	}
	text = hear(fd);
	told = count_of(text, "\"from\":");
	at = strstr(text, "{\"lost\":");
	assert_non_null(at);
	lost = (unsigned)atoi(at + 8);
	assert_true(lost > 0);
	assert_int_equal(told + lost, moved);
	assert_non_null(strstr(at, "\"service\":\"cache\"")); /* the snapshot, once more */
	assert_non_null(strstr(at, "{\"snapshot\":3,\"seq\":5000}\n"));
	house_move(0, STATE_UP);
	assert_non_null(strstr(hear(fd), "\"seq\":5001"));
	close(fd);
	rounds();
}

static void test_a_change_ahead_of_the_snapshot_is_told_once(void **data)
{
	char *text;
	int fd;

	(void)data;
	open_house(house_build_many(5000));
	fd = ask("events\n"); /* stalls in the snapshot: nobody reads yet */
	house_move(4999, STATE_UP);
	house_move(0, STATE_UP);
	text = hear(fd);
	assert_int_equal(count_of(text, "\"service\":\"n4999\""), 1);
	assert_non_null(strstr(text, "\"service\":\"n4999\",\"state\":\"up\""));
	assert_non_null(strstr(text, "\"seq\":2}\n"));
	close(fd);
	rounds();
}

static void test_a_listener_that_talks_is_not_heard(void **data)
{
	int fd;

	(void)data;
	open_three();
	fd = ask("events\nstop web\n");
	send(fd, "stop web\n", 9, 0);
	hear(fd);
	assert_string_equal(house_told(), "");
	assert_int_equal(clients(), 1);
	assert_int_equal(loop_watched(LOOP_CLIENT, 0), LOOP_READ);
	close(fd);
	rounds();
}

/* -- the house is full ------------------------------------------------------------------------- */

static void test_a_full_house_says_busy(void **data)
{
	int fds[STATE_CLIENTS], fd;

	(void)data;
	open_three();
	for (size_t i = 0; i < STATE_CLIENTS; i++) {
		fds[i] = dial();
		rounds();
	}
	assert_int_equal(clients(), STATE_CLIENTS);
	fd = dial();
	assert_non_null(strstr(hear(fd), "{\"error\":\"busy: "));
	assert_true(is_closed(fd));
	close(fd);
	close(fds[7]);
	rounds();
	assert_reply("status\n", "{\"ok\"");
	for (size_t i = 0; i < STATE_CLIENTS; i++)
		if (i != 7)
			close(fds[i]);
	rounds();
	assert_int_equal(clients(), 0);
}

static void test_a_round_accepts_a_bounded_number(void **data)
{
	int fds[20];

	(void)data;
	open_three();
	for (size_t i = 0; i < 20; i++)
		fds[i] = dial();
	loop_round();
	assert_int_equal(clients(), 8);
	rounds();
	assert_int_equal(clients(), 20);
	for (size_t i = 0; i < 20; i++)
		close(fds[i]);
	rounds();
}

/* -- the socket -------------------------------------------------------------------------------- */

static void test_a_stale_socket_is_replaced(void **data)
{
	(void)data;
	open_three();
	close(sv->state->control_fd);
	sv->state->control_fd = -1;
	open_three();
	assert_reply("status\n", "{\"ok\"");
}

static void test_the_socket_of_another_is_left_alone(void **data)
{
	int other;

	(void)data;
	open_three();
	other = sv->state->control_fd;
	sv->state->control_fd = -1;
	assert_int_equal(control_open(sv), -EADDRINUSE);
	assert_int_equal(sv->state->control_fd, -1);
	sv->state->control_fd = other;
	assert_reply("status\n", "{\"ok\"");
}

static void test_the_socket_of_one_who_is_busy_is_left_alone(void **data)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fds[STATE_CLIENTS + 1], other;

	(void)data;
	open_three();
	strcpy(address.sun_path, path);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = dial();
	other = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(connect(other, (struct sockaddr *)&address, sizeof(address)), -1);
	assert_int_equal(errno, EAGAIN);
	close(other);
	other = sv->state->control_fd;
	sv->state->control_fd = -1;
	assert_int_equal(control_open(sv), -EADDRINUSE);
	sv->state->control_fd = other;
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	rounds();
}

static void test_a_file_in_its_place_is_left_alone(void **data)
{
	char file[80];
	struct stat st;

	(void)data;
	snprintf(file, sizeof(file), "%s/file", folder);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	setenv("MINIT_SOCKET", file, 1);
	sv = house_build(three, 3);
	assert_int_equal(control_open(sv), -EADDRINUSE);
	assert_int_equal(stat(file, &st), 0);
	unlink(file);
}

static void test_anyone_may_connect(void **data)
{
	struct stat st;

	(void)data;
	umask(077);
	open_three();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_has_minit_and_each_service),
		TEST(status_of_names_keeps_their_order),
		TEST(status_of_5000_comes_in_pieces),
		TEST(one_round_sends_few_lines),
		TEST(who_does_not_read_stalls_only_himself),
		TEST(start_stop_restart_reach_the_services),
		TEST(a_service_is_paused_let_go_on_and_limited),
		TEST(changes_that_do_not_fit_are_left_out_whole),
		TEST(start_wants_up_what_is_needed),
		TEST(what_is_up_is_not_started_for_others),
		TEST(the_longest_answer_fits),
		TEST(a_lease_is_one_word),
		TEST(an_unknown_name_changes_nothing),
		TEST(bad_requests_get_one_line),
		TEST(the_longest_request_is_taken),
		TEST(a_request_in_pieces),
		TEST(a_half_closed_reader_gets_all),
		TEST(a_socket_that_takes_no_more_is_waited_for),
		TEST(others_may_only_look),
		TEST(a_container_can_leave_but_not_reboot),
		TEST(a_machine_does_all_three),
		TEST(reexec_is_confirmed_by_the_new_program),
		TEST(reexec_asks_before_it_executes),
		TEST(a_table_comes_with_its_request),
		TEST(what_nobody_asked_for_is_closed),
		TEST(who_may_not_passes_none),
		TEST(a_second_reexec_ends_the_wait_of_the_first),
		TEST(what_was_given_back_is_told),
		TEST(connections_survive_an_execution_in_place),
		TEST(a_crash_in_an_answer_ends_that_answer),
		TEST(closing_says_so_and_unlinks),
		TEST(events_begin_with_what_is),
		TEST(the_snapshot_says_where_it_ends),
		TEST(who_falls_behind_is_told_how_far),
		TEST(a_change_ahead_of_the_snapshot_is_told_once),
		TEST(a_listener_that_talks_is_not_heard),
		TEST(a_full_house_says_busy),
		TEST(a_round_accepts_a_bounded_number),
		TEST(a_stale_socket_is_replaced),
		TEST(the_socket_of_another_is_left_alone),
		TEST(the_socket_of_one_who_is_busy_is_left_alone),
		TEST(a_file_in_its_place_is_left_alone),
		TEST(anyone_may_connect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
