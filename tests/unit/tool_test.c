// links: init/verbs.c init/options.c lib/env.c init/say.c init/client.c init/field.c init/follow.c init/rows.c init/screen.c
// links: cgroup/limits.c cgroup/friendly.c cgroup/nodes.c init/set.c
// links: init/request.c init/request_change.c init/request_list.c init/request_verbs.c
// links: init/status.c init/await.c init/change.c init/draw.c init/wait.c init/watch.c init/why.c init/metrics.c init/control.c init/peer.c init/insight.c init/handed.c init/report.c lib/pressure.c
// links: wrap/help.c wrap/options.c wrap/values.c lib/signame.c tests/fake/raw.c
// links: lib/buf.c lib/json.c lib/utf8.c lib/addr.c lib/text.c lib/clock.c lib/fd.c lib/log.c tests/fake/house.c tests/fake/loop.c
/*
 * The tool as a person meets it: each command is run in a child, against the
 * control socket of a made-up supervisor in the test; what it prints and its
 * exit status are looked at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "init/control.h"
#include "init/exchange.h"
#include "init/drops.h"
#include "init/isolation.h"
#include "init/probe.h"
#include "init/request.h"
#include "init/say.h"
#include "init/shutdown.h"
#include "init/uplinks.h"
#include "init/verbs.h"
#include "lib/fd.h"
#include "tests/fake/house.h"
#include "tests/fake/loop.h"

static struct supervisor *sv;
static char folder[64], path[108];

void shutdown_begin(struct supervisor *of, enum goal goal, int status)
{
	(void)goal;
	(void)status;
	of->state->phase = PHASE_STOPPING;
}

int uplinks_lease(struct supervisor *of, const char *name, enum lease lease)
{
	(void)of, (void)name, (void)lease;
	return -ENOENT;
}

bool probe_begin(struct supervisor *of, struct client *c)
{
	(void)of;
	request_refuse(c, "reexec: minit: No such file or directory: minit runs on as it was");
	return false;
}

void probe_tell(const struct supervisor *of, const struct client *c)
{
	(void)of, (void)c;
}

void look_network_differs(const char *name, struct buf *ret)
{
	(void)name, (void)ret;
}

void drops_say_why(const char *name, int indent)
{
	(void)name, (void)indent;
}

int net_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 77;
}

int check_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 77;
}

int run_main(int argc, char **argv)
{
	return check_main(argc, argv);
}

/* By tests/container/740-reload.sh and those behind it. */
int reload_main(int argc, char **argv)
{
	return check_main(argc, argv);
}

bool exchange_begin(struct supervisor *of, struct client *c, int table_fd)
{
	(void)of, (void)c, (void)table_fd;
	return false;
}

void isolation_show(const char *name)
{
	say("isolation of %s\n", name);
}

static const char *differs = "";

void isolation_differs(const char *name, struct buf *ret)
{
	(void)name;
	buf_str(ret, differs);
}

void isolation_json(const char *name)
{
	say(",\"isolation\":[\"%s\"]", name);
}

int lease_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

int logger_main(int argc, char **argv)
{
	return check_main(argc, argv);
}

/* A test that waits for what does not come fails by itself, and not all of them. */
static struct when too_late;
static pid_t child;

static int set_up(void **data)
{
	static const char *const names[] = { "web", "db", "job", "@log" };

	(void)data;
	too_late = when_in(when_now(), 10000);
	strcpy(folder, "/tmp/minit-tool-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/control", folder);
	setenv("MINIT_SOCKET", path, 1);
	sv = house_build(names, 4);
	house_spec(3)->internal = 1;
	sv->on_change = control_change;
	loop_reset();
	assert_int_equal(control_open(sv), 0);
	control_watch(sv);
	return 0;
}

static int tear_down(void **data)
{
	(void)data;
	if (child) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		child = 0;
	}
	control_close(sv);
	return rmdir(folder);
}

/* -- running it ---------------------------------------------------------------------------------- */

static int said_fd;
static char said[1 << 20];
static size_t said_len;

static void begin(const char *command)
{
	static char words[2048];
	char *argv[128];
	int argc = 0, ends[2];

	snprintf(words, sizeof(words), "%s", command);
	for (char *at = strtok(words, " "); at; at = strtok(NULL, " "))
		argv[argc++] = at;
	argv[argc] = NULL;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		_exit(verb_main(argc, argv));
	}
	close(ends[1]);
	said_fd = ends[0];
	said_len = 0;
	said[0] = '\0';
}

/* The same on a terminal of that size, which is said_fd. */
static void begin_on_terminal(unsigned short width, unsigned short height)
{
	struct winsize size = { .ws_col = width, .ws_row = height };
	char *argv[] = { "status", "--watch=1m", NULL }; /* what is redrawn is so for a reason */

	child = forkpty(&said_fd, NULL, NULL, &size);
	if (child == 0) {
		setenv("LC_ALL", "C", 1);
		setenv("TERM", "vt220", 1);
		_exit(verb_main(2, argv));
	}
	said_len = 0;
	said[0] = '\0';
}

/* A round of minit, and what the tool has said meanwhile. False: it has ended. */
static bool go_on(void)
{
	struct pollfd p = { .fd = said_fd, .events = POLLIN };
	ssize_t n;

	if (!when_before(when_now(), too_late))
		fail_msg("nothing happens any more, after %zu bytes", said_len);
	loop_round();
	if (poll(&p, 1, 1) != 1)
		return true;
	n = read(said_fd, said + said_len, sizeof(said) - said_len - 1);
	said_len += n > 0 ? (size_t)n : 0;
	said[said_len] = '\0';
	return n > 0;
}

static void await_said(const char *text)
{
	while (!strstr(said, text))
		assert_true(go_on());
}

static int finish(void)
{
	int status;

	while (go_on())
		;
	close(said_fd);
	assert_int_equal(waitpid(child, &status, 0), child);
	child = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Until somebody listens and has the whole snapshot. */
static void await_listener(void)
{
	for (;; go_on())
		for (size_t i = 0; i < STATE_CLIENTS; i++)
			if (sv->state->clients[i].fd >= 0 && sv->state->clients[i].kind == CLIENT_EVENTS &&
			    !request_is_pending(sv, &sv->state->clients[i]))
				return;
}

static void await_told(const char *what)
{
	while (!strstr(house_told(), what))
		go_on();
}

static void expect(const char *command, int status, const char *text)
{
	int got;

	begin(command);
	got = finish();
	if (got != status || strcmp(said, text))
		fail_msg("%s: %d and not %d: \"%s\" and not \"%s\"", command, got, status, said, text);
}

static void ended(int status, const char *text)
{
	assert_int_equal(finish(), status);
	assert_string_equal(said, text);
}

/* -- status ---------------------------------------------------------------------------------------- */

static void test_status_is_a_table(void **data)
{
	(void)data;
	service_at(sv, 0)->life.restarts = 12;
	house_move(0, STATE_UP);
	house_move(1, STATE_FAILED);
	begin("status");
	assert_int_equal(finish(), 0);
	assert_non_null(strstr(said, "container, running for "));
	assert_non_null(strstr(said, ": 1 down, 1 up, 1 failed\n"));
	assert_non_null(strstr(said, "NAME  STATE   PID  "));
	assert_non_null(strstr(said, "\nweb   up      100  "));
	assert_non_null(strstr(said, "        12  1.1M of 64M    -  -\n"));
	assert_non_null(strstr(said, "  -        exit 1\n"));
	assert_null(strstr(said, "@log"));
	assert_null(strstr(said, "\033"));
}

static void test_no_cgroups_are_told_of_where_they_are_missed(void **data)
{
	(void)data;
	sv->state->cgroup.err = -EROFS;
	begin("status");
	assert_int_equal(finish(), 0);
	assert_null(strstr(said, "no cgroups here"));
	sv->state->placed = 1;
	begin("status");
	assert_int_equal(finish(), 0);
	assert_non_null(strstr(said, "; no cgroups here: Read-only file system\n"));
}

static void test_status_of_one(void **data)
{
	(void)data;
	begin("status @log");
	assert_int_equal(finish(), 0);
	assert_non_null(strstr(said, "\n@log  down "));
	assert_null(strstr(said, "web"));
	expect("status wbe", 2, "minit: wbe: no such service; did you mean \"web\"?\n");
}

#define TEN(x) x x x x x x x x x x

static void test_a_name_that_is_none(void **data)
{
	(void)data;
	expect("status " TEN("0123456789"), 1,
	       "minit: a name of 100 letters: those of services have 1 to 63; `minit status` lists them\n");
	begin("events web nobody");
	assert_int_equal(finish(), 2);
	assert_non_null(strstr(said, "\"service\":\"web\""));
	assert_non_null(strstr(said, "\nminit: nobody: no such service; `minit status` lists those there are\n"));
}

static void test_many_names_are_asked_for_in_portions(void **data)
{
	unsigned n = 0;

	(void)data;
	begin("status --json" TEN(" web web web web web web web web"));
	assert_int_equal(finish(), 0);
	for (const char *at = said; (at = strstr(at, "\n{\"name\":\"web\"")); at++)
		n++;
	assert_int_equal(n, 80);
	assert_null(strstr(said + 1, "{\"version\""));
}

static void test_status_in_json_is_what_minit_said(void **data)
{
	(void)data;
	begin("status --json");
	assert_int_equal(finish(), 0);
	assert_int_equal(strncmp(said, "{\"version\":", 11), 0);
	assert_non_null(strstr(said, "\n{\"name\":\"job\""));
	assert_null(strstr(said, "@log"));
	assert_null(strstr(said, "\"ok\""));
	begin("status --all --json");
	assert_int_equal(finish(), 0);
	assert_non_null(strstr(said, "\"@log\""));
}

static void test_a_watch_without_a_terminal_prints_tables(void **data)
{
	char *at;

	(void)data;
	begin("status --watch=100ms");
	while (!(at = strstr(said, "\n\nminit ")) || !strstr(at, "NAME"))
		assert_true(go_on());
	kill(child, SIGTERM);
	while (go_on())
		;
	close(said_fd);
	waitpid(child, NULL, 0);
	child = 0;
	assert_null(strstr(said, "\033"));
}

#define ENTER "\033[?1049h"
#define LEAVE "\033[?1049l"

static void test_a_watch_redraws_at_each_change(void **data)
{
	(void)data;
	house_move(0, STATE_UP);
	begin_on_terminal(100, 20);
	await_said("2 down");
	assert_non_null(strstr(said, ENTER));
	assert_non_null(strstr(said, "MEMORY"));
	assert_null(strstr(said, "ADDRESS")); /* none of them has one */
	await_said("\033[32mup\033[0m"); /* a redraw may come in pieces */
	house_move(1, STATE_FAILED);
	await_said("db: down -> \033[1;31mfailed\033[0m: exit 1");
	assert_null(strstr(said, LEAVE));
}

static void test_a_watch_merges_what_passes(void **data)
{
	(void)data;
	house_move(0, STATE_UP);
	begin_on_terminal(100, 20);
	await_listener();
	await_said("2 down");
	house_move(0, STATE_STOPPING);
	house_move(0, STATE_DRAINING);
	house_move(0, STATE_STARTING);
	house_move(0, STATE_UP);
	await_said("web: \033[32mup\033[0m again");
}

static void test_a_watch_fits_its_window(void **data)
{
	struct winsize small = { .ws_col = 40, .ws_row = 6 };
	unsigned column = 0, line = 1;
	const char *at;

	(void)data;
	house_move(0, STATE_UP);
	begin_on_terminal(100, 20);
	await_said("RESTARTS");
	ioctl(said_fd, TIOCSWINSZ, &small);
	await_said("and 2 more"); /* three services, and room for two lines */
	for (at = strstr(said, "and 2 more"); strncmp(at, "\033[H", 3); at--)
		;
	for (; *at; at++) {
		if (*at == '\033') {
			at += strcspn(at, "HKJm");
			column = *at == 'H' ? 0 : column;
			line = *at == 'H' ? 1 : line;
		} else if (*at == '\n') {
			column = 0;
			line++;
		} else if (*at != '\r') {
			column++;
		}
		assert_true(column <= 40 && line <= 6);
	}
}

static void leave_by(const char *key, bool by_signal)
{
	struct termios during, after;
	int status;

	begin_on_terminal(100, 20);
	await_said("NAME");
	tcgetattr(said_fd, &during);
	assert_int_equal(during.c_lflag & (ICANON | ECHO), 0);
	assert_int_equal(write(said_fd, key, 1), 1);
	await_said(LEAVE);
	while (go_on())
		;
	tcgetattr(said_fd, &after);
	assert_int_equal(after.c_lflag & (ICANON | ECHO), ICANON | ECHO);
	close(said_fd);
	waitpid(child, &status, 0);
	child = 0;
	assert_int_equal(WIFSIGNALED(status), by_signal);
}

static void test_a_watch_leaves_the_terminal_as_it_was(void **data)
{
	(void)data;
	leave_by("q", false);
	leave_by("\003", true);
}

static void test_a_watch_says_when_minit_leaves(void **data)
{
	(void)data;
	begin_on_terminal(100, 20);
	await_said("NAME");
	control_close(sv);
	await_said(LEAVE "minit has left\r\n");
	while (go_on())
		;
	close(said_fd);
}

/* -- wait ------------------------------------------------------------------------------------------ */

static void test_wait_is_over_at_once_when_it_holds(void **data)
{
	(void)data;
	service_at(sv, 0)->life.restarts = 3;
	house_move(0, STATE_UP);
	house_move(2, STATE_DONE);
	expect("wait web:up web:ready job:ready job:done job:settled db:down db:settled", 0, "");
	expect("wait web:restarts>=3 web:restarts=3 web:starts>=0 web:failures=0", 0, "");
}

static void test_wait_waits(void **data)
{
	(void)data;
	begin("wait web:up db:restarts>=2");
	await_listener();
	house_move(0, STATE_STARTING);
	house_move(0, STATE_UP);
	for (uint32_t i = 1; i <= 2; i++) {
		service_at(sv, 1)->life.restarts = i;
		house_move(1, i % 2 ? STATE_STARTING : STATE_UP);
	}
	ended(0, "");
}

static void test_wait_is_for_all_at_the_same_time(void **data)
{
	(void)data;
	house_move(0, STATE_UP);
	begin("wait web:up db:up");
	await_listener();
	house_move(0, STATE_DOWN);
	house_move(1, STATE_UP);
	for (int i = 0; i < 20; i++)
		assert_true(go_on());
	house_move(0, STATE_UP);
	ended(0, "");
}

static void test_wait_says_what_was_not_reached(void **data)
{
	(void)data;
	expect("wait --timeout 50ms web:up", 1, "minit: web:up: web: not within 50ms: it is down\n");
	expect("wait --timeout 50ms web:starts>=1 db:down", 1,
	       "minit: web:starts>=1: web: not within 50ms: it is down\n");
	expect("wait --quiet --timeout=50ms web:up", 1, "");
	service_at(sv, 0)->life.restarts = 3;
	expect("wait --timeout 50ms web:restarts=2", 1,
	       "minit: web:restarts=2: web: not within 50ms: it is down\n");
}

static void test_wait_ends_early_when_there_is_no_hope(void **data)
{
	(void)data;
	begin("wait web:ready");
	await_listener();
	house_move(0, STATE_FAILED);
	ended(3, "minit: web:ready: web: it has failed (exit 1), and will not get there\n");
	expect("wait web:failed web:settled", 0, "");
}

static void test_what_waits_for_one_that_has_failed_is_told_at_once(void **data)
{
	(void)data;
	service_at(sv, 0)->life.want = WANT_UP;
	house_move(0, STATE_WAITING);
	begin("wait web:ready");
	await_listener();
	for (int i = 0; i < 20; i++)
		assert_true(go_on());
	house_move(1, STATE_FAILED);
	house_blocker = 1;
	house_move(0, STATE_WAITING);
	ended(3, "minit: web:ready: web: it is waiting (blocked), and will not get there\n");
	expect("start web", 1, "minit: web: start: it is waiting (blocked)\n");
	house_move(1, STATE_DOWN);
	expect("wait --timeout 50ms web:ready", 1, "minit: web:ready: web: not within 50ms: it is waiting (blocked)\n");
	house_blocker = -1;
}

/* -- why, metrics ---------------------------------------------------------------------------------- */

static void test_why_goes_back_to_the_cause(void **data)
{
	(void)data;
	service_at(sv, 0)->life.want = WANT_UP;
	house_move(1, STATE_FAILED);
	house_blocker = 1;
	house_move(0, STATE_WAITING);
	begin("why web");
	assert_int_equal(finish(), 0);
	house_blocker = -1;
	assert_non_null(strstr(said, "web: waiting for "));
	assert_non_null(strstr(said, "\n  db: failed for "));
	assert_non_null(strstr(said, ": exit 1\n    to try again: `minit start db`\n"));
}

static void test_why_of_what_needs_no_reason(void **data)
{
	(void)data;
	service_at(sv, 0)->life.want = WANT_UP;
	house_move(0, STATE_UP);
	begin("why web");
	assert_int_equal(finish(), 0);
	assert_non_null(strstr(said, "web: up for "));
	assert_non_null(strstr(said, ": as it should be\n"));
	differs = "! web: nice: asked is 5, found is 0\n! web: cpus: asked is 0, found is 1\n";
	begin("why web");
	assert_int_equal(finish(), 0);
	assert_non_null(strstr(said, ": it is not as asked\n  ! web: nice: asked is 5, found is 0\n  ! web: cpus: "));
	differs = "";
	begin("why job");
	assert_int_equal(finish(), 0);
	assert_non_null(strstr(said, "to run it: `minit start job`\n"));
	expect("why wbe", 2, "minit: wbe: no such service; did you mean \"web\"?\n");
	begin("why");
	assert_int_equal(finish(), 2);
	assert_non_null(strstr(said, "usage: minit why NAME..."));
}

/* tests/container/600-control.sh has them read by the format's own library. */
static void test_metrics_are_what_status_says(void **data)
{
	(void)data;
	service_at(sv, 0)->life.restarts = 12;
	house_move(0, STATE_UP);
	begin("metrics web");
	assert_int_equal(finish(), 0);
	assert_non_null(strstr(said, "minit_info{version=\""));
	assert_non_null(strstr(said, "\n# TYPE minit_service_restarts_total counter\nminit_service_restarts_total{service=\"web\"} 12\n"));
	assert_non_null(strstr(said, "\nminit_service_state{service=\"web\",state=\"up\"} 1\n"));
	assert_non_null(strstr(said, "\nminit_service_state{service=\"web\",state=\"down\"} 0\n"));
	assert_null(strstr(said, "db"));
	expect("metrics wbe", 2, "minit: wbe: no such service; did you mean \"web\"?\n");
}

static void test_wait_for_all(void **data)
{
	(void)data;
	service_at(sv, 0)->life.want = service_at(sv, 1)->life.want = service_at(sv, 3)->life.want = WANT_UP;
	house_move(0, STATE_UP);
	begin("wait all:ready");
	await_listener();
	house_move(1, STATE_UP);
	ended(0, "");
	expect("wait --timeout 50ms all:down", 1, "minit: all:down: web: not within 50ms: it is up\n");
}

static void test_wait_for_who_is_not_there(void **data)
{
	(void)data;
	expect("wait wbe:up", 2, "minit: wbe: no such service; did you mean \"web\"?\n");
	expect("wait nobody:up", 2, "minit: nobody: no such service; `minit status` lists those there are\n");
}

static void test_wait_knows_its_words(void **data)
{
	(void)data;
#define USAGE "; usage: minit wait [--timeout TIME] [--quiet] NAME:STATE...\n"
	expect("wait", 2, "minit: wait: what to wait for is missing" USAGE);
	expect("wait web", 2, "minit: wait: \"web\" is no NAME:STATE such as web:ready" USAGE);
	expect("wait web:upp", 2, "minit: wait: web:upp: there is no state \"upp\"; did you mean \"up\"?" USAGE);
	expect("wait web:restarts>3", 2,
	       "minit: wait: web:restarts>3: a count is restarts>=N, starts>=N or failures>=N, or with = alone" USAGE);
	expect("wait --timeout soon web:up", 2,
	       "minit: wait: --timeout: \"soon\" is not a time such as 10s, 500ms or 2m" USAGE);
}

static void test_wait_waits_for_minit_itself(void **data)
{
	(void)data;
	control_close(sv);
	house_move(0, STATE_UP);
	begin("wait web:up");
	for (int i = 0; i < 20; i++)
		assert_true(go_on());
	assert_int_equal(control_open(sv), 0);
	control_watch(sv);
	ended(0, "");
}

static void test_wait_ends_with_minit(void **data)
{
	(void)data;
	begin("wait web:up");
	await_listener();
	control_close(sv);
	ended(1, "minit: it is leaving\n");
}

static void test_wait_is_not_led_astray_by_what_it_missed(void **data)
{
	(void)data;
	begin("wait web:up");
	await_listener();
	kill(child, SIGSTOP);
	for (int i = 0; i < 5000; i++)
		house_move(1, i % 2 ? STATE_UP : STATE_DOWN);
	house_move(0, STATE_UP); /* lost for sure */
	kill(child, SIGCONT);
	ended(0, "");
}

/* -- start, stop, restart -------------------------------------------------------------------------- */

static void test_start_tells_the_result(void **data)
{
	(void)data;
	begin("start web");
	await_told("up web");
	house_move(0, STATE_UP);
	ended(0, "web: up, pid 100\n");
	expect("start web", 0, "web: up, pid 100\n");
}

static void test_a_start_that_was_up_for_a_moment_has_failed(void **data)
{
	(void)data;
	begin("start web");
	await_told("up web");
	house_move(0, STATE_UP);
	for (int i = 0; i < 5; i++)
		assert_true(go_on());
	house_move(0, STATE_BACKOFF);
	ended(1, "minit: web: start: it has ended and is started again\n");
}

static void test_start_tells_a_failure_at_once(void **data)
{
	(void)data;
	begin("start web db");
	await_told("up db");
	service_at(sv, 1)->life.deadline = when_in(when_now(), 2500);
	house_move(1, STATE_BACKOFF);
	house_move(0, STATE_FAILED);
	assert_int_equal(finish(), 1);
	assert_non_null(strstr(said, "minit: db: start: it has ended and is started again in 2s\n"));
	assert_non_null(strstr(said, "minit: web: start: it has failed (exit 1)\n"));
}

static void test_restart_is_over_when_it_is_up_again(void **data)
{
	(void)data;
	house_move(0, STATE_UP);
	begin("restart web");
	await_told("restart web");
	for (int i = 0; i < 20; i++)
		assert_true(go_on());
	house_move(0, STATE_DRAINING);
	house_move(0, STATE_STARTING);
	house_move(0, STATE_UP);
	ended(0, "web: up, pid 100\n");
}

static void test_a_restart_that_waits_for_others_is_not_over_at_once(void **data)
{
	(void)data;
	house_move(0, STATE_STARTING);
	house_move(0, STATE_UP);
	house_hold(0);
	begin("restart web");
	await_told("restart web");
	for (int i = 0; i < 20; i++)
		assert_true(go_on());
	house_move(0, STATE_STOPPING);
	house_move(0, STATE_STARTING);
	house_move(0, STATE_UP);
	ended(0, "web: up, pid 100\n");
}

static void test_a_stop_that_waits_for_others_is_not_given_up(void **data)
{
	(void)data;
	service_at(sv, 0)->life.want = WANT_UP;
	house_move(0, STATE_UP);
	house_hold(0);
	begin("stop web");
	await_told("down web");
	for (int i = 0; i < 20; i++)
		assert_true(go_on());
	house_move(0, STATE_STOPPING);
	house_move(0, STATE_DOWN);
	ended(0, "web: down\n");
}

static void test_a_stop_that_somebody_else_undoes(void **data)
{
	(void)data;
	service_at(sv, 0)->life.want = WANT_UP;
	house_move(0, STATE_UP);
	begin("stop web");
	await_told("down web");
	service_at(sv, 0)->life.want = WANT_UP;
	house_move(0, STATE_STARTING);
	ended(1, "minit: web: stop: it is starting\n");
}

static void test_stop_is_over_when_nothing_is_left(void **data)
{
	(void)data;
	service_at(sv, 0)->life.want = WANT_UP;
	house_move(0, STATE_UP);
	begin("stop web");
	await_told("down web");
	house_move(0, STATE_DRAINING);
	for (int i = 0; i < 20; i++)
		assert_true(go_on());
	house_move(0, STATE_DOWN);
	ended(0, "web: down\n");
}

static void test_what_had_failed_is_judged_by_its_next_run(void **data)
{
	(void)data;
	house_move(0, STATE_FAILED);
	begin("start web");
	await_told("up web");
	house_move(0, STATE_UP);
	ended(0, "web: up, pid 100\n");
}

static void test_no_wait_only_asks(void **data)
{
	(void)data;
	expect("start --no-wait web", 0, "");
	assert_string_equal(house_told(), "up web");
}

static void test_a_start_that_takes_too_long(void **data)
{
	(void)data;
	expect("start web --timeout 50ms", 1, "minit: web: start: not within 50ms: it is starting\n");
}

static void test_many_names_are_asked_in_several(void **data)
{
	char command[2048] = "start --no-wait";
	struct supervisor *many;

	(void)data;
	control_close(sv);
	many = house_build_many(200);
	many->on_change = control_change;
	sv = many;
	assert_int_equal(control_open(sv), 0);
	control_watch(sv);
	for (int i = 100; i < 200; i++)
		sprintf(command + strlen(command), " n%d", i);
	expect(command, 0, "");
	assert_non_null(strstr(house_told(), "up n100, up n101"));
	assert_non_null(strstr(house_told(), "up n198, up n199"));
}

/* -- the rest -------------------------------------------------------------------------------------- */

static void test_events_are_lines_of_json(void **data)
{
	(void)data;
	begin("events web");
	await_listener();
	house_move(1, STATE_UP);
	house_move(0, STATE_UP);
	while (!strstr(said, "\"from\":\"down\",\"state\":\"up\""))
		assert_true(go_on());
	assert_null(strstr(said, "\"db\""));
	control_close(sv);
	assert_int_equal(finish(), 1);
}

static void test_verbs_that_only_ask(void **data)
{
	(void)data;
	expect("reboot", 1, "minit: reboot: minit is not PID 1 of a machine here; use poweroff, and let what started it start it again\n");
	expect("reexec", 1, "minit: reexec: minit: No such file or directory: minit runs on as it was\n");
	expect("poweroff now", 2, "minit: poweroff: it takes no words, and \"now\" is one; usage: minit poweroff\n");
	expect("poweroff", 0, "");
	assert_int_equal(sv->state->phase, PHASE_STOPPING);
}

static void test_no_socket(void **data)
{
	char command[200], text[300];

	(void)data;
	snprintf(command, sizeof(command), "status --socket %s/none", folder);
	snprintf(text, sizeof(text),
		 "minit: %s/none: No such file or directory: is minit running here? set MINIT_SOCKET or use --socket PATH\n",
		 folder);
	expect(command, 1, text);
	snprintf(command, sizeof(command), "--socket %s/none start web", folder);
	expect(command, 1, text);
}

static void test_wrong_words(void **data)
{
	(void)data;
	expect("stats", 2, "minit: unknown verb \"stats\"; did you mean \"status\"?\n");
	expect("frobnicate", 2, "minit: unknown verb \"frobnicate\"; `minit help` lists them\n");
	expect("status --jsn", 2,
	       "minit: status: unknown option \"--jsn\"; did you mean \"--json\"?; usage: minit status [--json] [--all] [--watch[=TIME]] [NAME...]\n");
	expect("status --json=yes", 2,
	       "minit: status: --json takes no value; usage: minit status [--json] [--all] [--watch[=TIME]] [NAME...]\n");
	expect("start", 2,
	       "minit: start: a service's name is missing; usage: minit start [--no-wait] [--timeout TIME] NAME...\n");
	expect("--socket", 2, "minit: --socket: its path is missing; usage: minit --socket PATH VERB ...\n");
	expect("foo", 2, "minit: unknown verb \"foo\"; `minit help` lists them\n");
	expect("help stats", 2, "minit: unknown verb \"stats\"; did you mean \"status\"?\n");
}

static void test_help_lists_each_verb(void **data)
{
	static const char *const words[] = {
#define VERB(word, ...) "\n  " #word " ",
#include "init/verbs.def"
#undef VERB
	};

	(void)data;
	begin("help");
	assert_int_equal(finish(), 0);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_true(strstr(said, words[i]) || !strcmp(words[i], "\n  log "));
	assert_non_null(strstr(said, "\n      --stop-delay TIME "));
	begin("wait --help");
	assert_int_equal(finish(), 0);
	assert_non_null(strstr(said, "minit wait [--timeout TIME]"));
	assert_non_null(strstr(said, "restarts>=3"));
}

static void test_every_verb_of_the_list_is_known(void **data)
{
	(void)data;
#define VERB(word, ...) assert_true(verb_is_known(#word));
#include "init/verbs.def"
#undef VERB
	assert_true(verb_is_known("--socket=x"));
	assert_true(verb_is_known("--help"));
	assert_false(verb_is_known("sh"));
	assert_false(verb_is_known("--"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_is_a_table),
		TEST(no_cgroups_are_told_of_where_they_are_missed),
		TEST(status_of_one),
		TEST(a_name_that_is_none),
		TEST(many_names_are_asked_for_in_portions),
		TEST(status_in_json_is_what_minit_said),
		TEST(a_watch_without_a_terminal_prints_tables),
		TEST(a_watch_redraws_at_each_change),
		TEST(a_watch_merges_what_passes),
		TEST(a_watch_fits_its_window),
		TEST(a_watch_leaves_the_terminal_as_it_was),
		TEST(a_watch_says_when_minit_leaves),
		TEST(wait_is_over_at_once_when_it_holds),
		TEST(wait_waits),
		TEST(wait_is_for_all_at_the_same_time),
		TEST(wait_says_what_was_not_reached),
		TEST(what_waits_for_one_that_has_failed_is_told_at_once),
		TEST(wait_ends_early_when_there_is_no_hope),
		TEST(why_goes_back_to_the_cause),
		TEST(why_of_what_needs_no_reason),
		TEST(metrics_are_what_status_says),
		TEST(wait_for_all),
		TEST(wait_for_who_is_not_there),
		TEST(wait_knows_its_words),
		TEST(wait_waits_for_minit_itself),
		TEST(wait_ends_with_minit),
		TEST(wait_is_not_led_astray_by_what_it_missed),
		TEST(start_tells_the_result),
		TEST(a_start_that_was_up_for_a_moment_has_failed),
		TEST(start_tells_a_failure_at_once),
		TEST(restart_is_over_when_it_is_up_again),
		TEST(a_restart_that_waits_for_others_is_not_over_at_once),
		TEST(a_stop_that_waits_for_others_is_not_given_up),
		TEST(a_stop_that_somebody_else_undoes),
		TEST(stop_is_over_when_nothing_is_left),
		TEST(what_had_failed_is_judged_by_its_next_run),
		TEST(no_wait_only_asks),
		TEST(a_start_that_takes_too_long),
		TEST(many_names_are_asked_in_several),
		TEST(events_are_lines_of_json),
		TEST(verbs_that_only_ask),
		TEST(no_socket),
		TEST(wrong_words),
		TEST(help_lists_each_verb),
		TEST(every_verb_of_the_list_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
