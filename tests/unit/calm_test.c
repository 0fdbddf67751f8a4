// links: services/actions.c services/state.c services/depend.c services/policy.c services/words.c services/failure.c services/statefile.c
// links: services/calm.c lib/pressure.c lib/buf.c lib/clock.c lib/cure.c lib/fd.c lib/signame.c
// links: tests/fake/launch.c tests/fake/why.c tests/fake/log.c tests/fake/image.c services/layout.c
// flags: -Wl,--wrap=clock_gettime,--wrap=openat,--wrap=cgroup_pressure
/* Who waits with a start for less pressure, over files in the place of /proc/pressure and of a group's leaf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "lib/fd.h"
#include "services/calm.h"
#include "tests/fake/image.h"
#include "tests/fake/launch.h"
#include "tests/fake/log.h"

/* b is the one that asks: a is there before it, c needs it. */
enum { A, B, C, COUNT };

/* Each service has a record of its own. References count from the image. */
static struct {
	struct image image;
	struct confine_spec confine[COUNT];
	struct group_spec group[2];
} whole;
#define image whole.image
static struct supervisor sv;
static char folder[] = "/tmp/minit-calm-XXXXXX";
static int64_t now_ms = 1000500;
static unsigned told, opened;
static struct when armed;

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	*ts = (struct timespec){ .tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000 };
	return 0;
}

/* /proc/pressure is a folder of the test's. */
int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...)
{
	char there[128];

	assert_true(flags & O_CLOEXEC);
	opened++;
	if (strncmp(path, "/proc/pressure/", 15) != 0)
		return __real_openat(dir, path, flags);
	snprintf(there, sizeof(there), "%s/%s", folder, path + 15);
	return __real_openat(AT_FDCWD, there, flags);
}

/* Instead of cgroup/write.c: of the groups "g" and "h". */
int __wrap_cgroup_pressure(const struct cgroup_home *home, const char *name, const char *resource, struct pressure *ret);
int __wrap_cgroup_pressure(const struct cgroup_home *home, const char *name, const char *resource, struct pressure *ret)
{
	char path[64];

	(void)home;
	assert_true(!strcmp(name, "g/") || !strcmp(name, "h/"));
	snprintf(path, sizeof(path), "/proc/pressure/%c.%s", name[0], resource);
	return pressure_read(AT_FDCWD, path, ret);
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* What the kernel writes; share in hundredths, of 1m. NULL: there is no such file. */
static void put_text(const char *name, const char *text)
{
	int fd;

	unlink(path_of(name));
	if (!text)
		return;
	fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void press(const char *name, unsigned some, unsigned full)
{
	char text[256];

	snprintf(text, sizeof(text), "some avg10=0.00 avg60=%u.%02u avg300=100.00 total=18446744073709551615\n"
		 "full avg10=0.00 avg60=%u.%02u avg300=0.01 total=0\n", some / 100, some % 100, full / 100, full % 100);
	put_text(name, text);
}

static void on_change(struct supervisor *s, uint32_t index, enum state was)
{
	(void)s, (void)was;
	told += index == B;
}

static void on_deadline(struct supervisor *s, struct when when)
{
	(void)s;
	if (when_before(when, armed))
		armed = when;
}

static void on_status_fd(struct supervisor *s, uint32_t index, int fd)
{
	(void)s, (void)index, (void)fd;
}

static const struct life *life_of(uint32_t i)
{
	return &service_at(&sv, i)->life;
}

static enum state state_of(uint32_t i)
{
	return life_of(i)->state;
}

static struct calm_spec *calm_of(uint32_t i)
{
	return whole.confine[i].calm;
}

static void begin(void)
{
	memset(&whole, 0, sizeof(whole));
	image_begin(&image, COUNT);
	image.table.groups = (struct list){ (uint32_t)offsetof(__typeof__(whole), group), 2 };
	whole.group[0].name_at = image_text(&image, "g");
	whole.group[1].name_at = image_text(&image, "h");
	image.edge[C][B] = EDGE_NEEDS;
	calm_of(B)[PRESSURE_MEMORY] = (struct calm_spec){ 1000, PRESSURE_1M + 1, PRESSURE_SOME };
	press("memory", 0, 0);
	press("cpu", 0, 0);
	press("io", 0, 0);
	press("g.memory", 0, 0);
	now_ms += 10000;
	armed = WHEN_NEVER;
	told = opened = 0;
	fake_launch_reset();
	log_forget();
}

static void build(void)
{
	struct statefile *state;

	image_end(&image);
	for (uint32_t i = 0; i < COUNT; i++)
		image.spec[i].confine_at = (uint32_t)((char *)&whole.confine[i] - (char *)&whole);
	if (sv.queue)
		munmap(sv.queue, 1);
	if (sv.state)
		munmap(sv.state, sv.state->size);
	memset(&sv, 0, sizeof(sv));
	close(state_create(&image.table, &state));
	assert_int_equal(supervisor_init(&sv, state, &image.table), 0);
	sv.on_change = on_change;
	sv.on_deadline = on_deadline;
	sv.on_status_fd = on_status_fd;
}

static const char *why(uint32_t i)
{
	static char mem[STATE_WHY];
	struct buf b;

	buf_init(&b, mem, sizeof(mem));
	service_why(&sv, i, &b);
	return buf_text(&b);
}

/* The loop's timer comes, if it is set: as init/run.c has it. */
static bool tick(void)
{
	if (when_is_never(armed))
		return false;
	now_ms = armed.ms;
	armed = WHEN_NEVER;
	on_deadline(&sv, service_timeouts(&sv, when_now()));
	return true;
}

static void want(uint32_t i, enum event event)
{
	now_ms++;
	service_event(&sv, i, event, 0);
}

static void wait_under_pressure(void)
{
	begin();
	press("memory", 3420, 0);
	build();
	want(B, EVENT_WANT_UP);
	assert_int_equal(state_of(B), STATE_WAITING);
	assert_string_equal(fake_launch.did, "");
}

static void without_pressure_it_starts(void **data)
{
	(void)data;
	begin();
	press("memory", 1000, 1000); /* so much it bears */
	build();
	want(B, EVENT_WANT_UP);
	assert_int_equal(state_of(B), STATE_STARTING);
	assert_true(when_is_never(armed));
}

static void under_pressure_it_waits_and_says_for_what(void **data)
{
	(void)data;
	wait_under_pressure();
	assert_string_equal(why(B), "waiting for calm: memory pressure 34.20% of 10.00% (machine, some, 1m)");
	assert_int_equal(life_of(B)->pressed, PRESSURE_MEMORY + 1);
	assert_int_equal(told, 1);
	assert_non_null(strstr(log_text, "waiting for calm: memory pressure 34.20%"));
}

/* All who wait look at the same moments, which are two seconds apart, and as one: the file is read once. */
static void it_is_looked_at_every_two_seconds_for_all(void **data)
{
	(void)data;
	wait_under_pressure();
	calm_of(A)[PRESSURE_MEMORY] = calm_of(B)[PRESSURE_MEMORY];
	now_ms += 700;
	want(A, EVENT_WANT_UP);
	assert_int_equal(state_of(A), STATE_WAITING);
	assert_int_equal(life_of(A)->deadline.ms, life_of(B)->deadline.ms);
	assert_int_equal(life_of(A)->deadline.ms % CALM_MS, 0);
	for (int i = 0; i < 3; i++) {
		opened = told = 0;
		assert_true(tick());
		assert_int_equal(now_ms % CALM_MS, 0);
		assert_int_equal(opened, 1);
		assert_int_equal(told, 0);
		assert_int_equal(armed.ms, now_ms + CALM_MS);
	}
	assert_int_equal(state_of(B), STATE_WAITING);
}

static void when_it_falls_it_starts_and_nobody_looks_any_more(void **data)
{
	(void)data;
	wait_under_pressure();
	press("memory", 999, 0);
	assert_true(tick());
	assert_int_equal(state_of(B), STATE_STARTING);
	assert_int_equal(life_of(B)->pressed, 0);
	assert_int_equal(told, 2);
	assert_string_equal(fake_launch.did, "launch b");
	assert_false(tick());
}

static void what_needs_it_waits_on(void **data)
{
	(void)data;
	wait_under_pressure();
	want(C, EVENT_WANT_UP);
	assert_int_equal(state_of(C), STATE_WAITING);
	assert_string_equal(why(C), "waiting for b (waiting)");
	assert_true(when_is_never(life_of(C)->deadline));
	press("memory", 0, 0);
	tick();
	service_event(&sv, B, EVENT_STATUS, 0);
	assert_int_equal(state_of(C), STATE_STARTING);
}

/* First what it needs; that it then waits for pressure is told. */
static void pressure_is_looked_at_last(void **data)
{
	(void)data;
	begin();
	image.edge[B][A] = EDGE_NEEDS;
	press("memory", 5000, 0);
	build();
	want(B, EVENT_WANT_UP);
	assert_string_equal(why(B), "waiting for a (down)");
	assert_int_equal(opened, 0);
	assert_true(when_is_never(armed));
	want(A, EVENT_WANT_UP);
	told = 0;
	service_event(&sv, A, EVENT_STATUS, 0);
	assert_int_equal(state_of(B), STATE_WAITING);
	assert_int_equal(told, 1);
	assert_int_equal(life_of(B)->pressed, PRESSURE_MEMORY + 1);
	want(A, EVENT_WANT_DOWN);
	assert_string_equal(why(B), "waiting for a (stopping)");
	assert_int_equal(life_of(B)->pressed, 0);
	assert_true(when_is_never(life_of(B)->deadline));
}

static void stopped_while_it_waits_it_is_down(void **data)
{
	(void)data;
	wait_under_pressure();
	want(B, EVENT_WANT_DOWN);
	assert_int_equal(state_of(B), STATE_DOWN);
	assert_true(when_is_never(life_of(B)->deadline));
	press("memory", 0, 0);
	tick(); /* was set already */
	assert_false(tick());
	assert_int_equal(state_of(B), STATE_DOWN);
	assert_string_equal(fake_launch.did, "");
}

static void a_restart_after_a_failure_waits(void **data)
{
	(void)data;
	begin();
	build();
	want(B, EVENT_WANT_UP);
	service_event(&sv, B, EVENT_STATUS, 0);
	press("memory", 4000, 0);
	want(B, EVENT_LOOK);
	assert_int_equal(state_of(B), STATE_UP); /* what runs goes on */
	service_event(&sv, B, EVENT_EXIT, 1 << 8);
	assert_int_equal(state_of(B), STATE_BACKOFF);
	assert_true(tick());
	assert_int_equal(state_of(B), STATE_WAITING);
	press("memory", 0, 0);
	assert_true(tick());
	assert_int_equal(state_of(B), STATE_STARTING);
	assert_int_equal(life_of(B)->restarts, 1);
}

static void without_the_file_it_fails_with_the_cure(void **data)
{
	(void)data;
	begin();
	put_text("memory", NULL);
	build();
	memset(sv.state->services[B].life.detail, 'x', STATE_DETAIL); /* of a run before */
	want(B, EVENT_WANT_UP);
	assert_int_equal(state_of(B), STATE_FAILED);
	assert_string_equal(fake_launch.did, "");
	assert_non_null(strstr(why(B), "step calm: calm.memory: No such file or directory: this kernel does not measure pressure: "
			       "boot it with psi=1"));
	assert_int_equal(life_of(B)->pressed, 0);
	assert_true(when_is_never(armed));
	press("memory", 0, 0); /* and is tried again when it is asked for */
	want(B, EVENT_WANT_UP);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void what_is_no_pressure_is_none_that_it_bears(void **data)
{
	static const char *const texts[] = { "", "some avg10=0.00\n", "some avg60=x\n", "full avg10=0.00 avg60=0.00 avg300=0.00\n",
					     "some avg60=1\n", "some avg60=1.\n", "some avg60=1.2\n" };

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		begin();
		put_text("memory", texts[i]);
		build();
		want(B, EVENT_WANT_UP);
		assert_int_equal(state_of(B), STATE_BACKOFF);
		assert_non_null(strstr(why(B), "no such numbers are in there"));
	}
}

/* Whoever can mount there cannot stop PID 1: nobody writes to this. */
static void a_fifo_in_its_place_holds_nobody_up(void **data)
{
	(void)data;
	begin();
	put_text("memory", NULL);
	assert_int_equal(mkfifo(path_of("memory"), 0600), 0);
	build();
	alarm(10);
	want(B, EVENT_WANT_UP);
	alarm(0);
	assert_int_equal(state_of(B), STATE_BACKOFF);
}

static void each_resource_line_and_window_is_its_own(void **data)
{
	static const char *const names[] = { "cpu", "memory", "io" };
	char text[256];

	(void)data;
	for (unsigned what = 0; what < PRESSURES; what++)
		for (unsigned line = 0; line < PRESSURE_LINES; line++)
			for (unsigned window = 0; window < PRESSURE_WINDOWS; window++) {
				unsigned at[6] = { 5, 5, 5, 5, 5, 5 };

				begin();
				calm_of(B)[PRESSURE_MEMORY].window = 0;
				calm_of(B)[what] = (struct calm_spec){ 600, (uint8_t)(window + 1), (uint8_t)line };
				at[line * 3 + window] = 7;
				snprintf(text, sizeof(text), "some avg10=%u.00 avg60=%u.00 avg300=%u.00 total=1\n"
					 "full avg10=%u.00 avg60=%u.00 avg300=%u.00 total=1\n", at[0], at[1], at[2], at[3], at[4], at[5]);
				put_text(names[what], text);
				build();
				want(B, EVENT_WANT_UP);
				assert_int_equal(state_of(B), STATE_WAITING);
				snprintf(text, sizeof(text), "waiting for calm: %s pressure 7.00%% of 6.00%% (machine, %s, %s)",
					 names[what], line ? "full" : "some", window == 0 ? "10s" : window == 1 ? "1m" : "5m");
				assert_string_equal(why(B), text);
				press(names[what], 0, 0);
				calm_of(B)[what].line = PRESSURE_FULL;
				calm_of(B)[what].window = PRESSURE_1M + 1;
				assert_true(tick());
				assert_int_equal(state_of(B), STATE_STARTING);
			}
}

static void the_pressure_of_its_group_counts_too(void **data)
{
	(void)data;
	begin();
	whole.confine[B].leaf.group = 1;
	press("g.memory", 2000, 0);
	build();
	want(B, EVENT_WANT_UP);
	assert_int_equal(state_of(B), STATE_WAITING);
	assert_string_equal(why(B), "waiting for calm: memory pressure 20.00% of 10.00% (group g, some, 1m)");
	press("g.memory", 0, 0);
	press("memory", 9999, 0);
	assert_true(tick());
	assert_string_equal(why(B), "waiting for calm: memory pressure 99.99% of 10.00% (machine, some, 1m)");
	press("memory", 0, 0);
	put_text("g.memory", NULL); /* v1, or switched off: the machine's says enough */
	assert_true(tick());
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void groups_are_told_apart_in_the_same_moment(void **data)
{
	(void)data;
	begin();
	memcpy(calm_of(A), calm_of(B), sizeof(whole.confine[B].calm));
	whole.confine[A].leaf.group = 2;
	whole.confine[B].leaf.group = 1;
	press("g.memory", 2000, 0);
	press("h.memory", 0, 0);
	build();
	service_event(&sv, B, EVENT_WANT_UP, 0);
	service_event(&sv, A, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(B), STATE_WAITING);
	assert_int_equal(state_of(A), STATE_STARTING);
}

static void who_does_not_ask_reads_nothing(void **data)
{
	(void)data;
	begin();
	put_text("memory", NULL);
	build();
	want(A, EVENT_WANT_UP);
	assert_int_equal(state_of(A), STATE_STARTING);
	assert_int_equal(opened, 0);
	assert_true(when_is_never(armed));
}

/* minit is executed in place: what it knew besides the state file is gone. */
static void after_an_execution_in_place_it_waits_on(void **data)
{
	struct statefile *state;

	(void)data;
	wait_under_pressure();
	state = sv.state;
	munmap(sv.queue, 1);
	memset(&sv, 0, sizeof(sv));
	assert_int_equal(supervisor_init(&sv, state, &image.table), 0);
	sv.on_change = on_change;
	sv.on_deadline = on_deadline;
	sv.on_status_fd = on_status_fd;
	armed = WHEN_NEVER;
	told = 0;
	now_ms += 100;
	service_recover(&sv);
	on_deadline(&sv, service_timeouts(&sv, when_now()));
	assert_int_equal(state_of(B), STATE_WAITING);
	assert_int_equal(told, 0);
	press("memory", 0, 0);
	assert_true(tick());
	assert_int_equal(state_of(B), STATE_STARTING);
}

/* The launch was done, and minit crashed before the state said so. Meanwhile there is pressure: it runs all the same. */
static void a_run_that_has_begun_is_not_held_back(void **data)
{
	(void)data;
	begin();
	build();
	want(B, EVENT_WANT_UP);
	assert_int_equal(state_of(B), STATE_STARTING);
	sv.state->inflight = (struct inflight){ .service = B + 1, .event = EVENT_WANT_UP, .saved = sv.state->services[A].life };
	press("memory", 9000, 0);
	now_ms++;
	service_recover(&sv);
	assert_int_equal(state_of(B), STATE_STARTING);
	assert_int_equal(life_of(B)->starts, 1);
	assert_null(log_bug());
}

static int set_up(void **data)
{
	(void)data;
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **data)
{
	char command[128];

	(void)data;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_pressure_it_starts),
		cmocka_unit_test(under_pressure_it_waits_and_says_for_what),
		cmocka_unit_test(it_is_looked_at_every_two_seconds_for_all),
		cmocka_unit_test(when_it_falls_it_starts_and_nobody_looks_any_more),
		cmocka_unit_test(what_needs_it_waits_on),
		cmocka_unit_test(pressure_is_looked_at_last),
		cmocka_unit_test(stopped_while_it_waits_it_is_down),
		cmocka_unit_test(a_restart_after_a_failure_waits),
		cmocka_unit_test(without_the_file_it_fails_with_the_cure),
		cmocka_unit_test(what_is_no_pressure_is_none_that_it_bears),
		cmocka_unit_test(a_fifo_in_its_place_holds_nobody_up),
		cmocka_unit_test(each_resource_line_and_window_is_its_own),
		cmocka_unit_test(the_pressure_of_its_group_counts_too),
		cmocka_unit_test(groups_are_told_apart_in_the_same_moment),
		cmocka_unit_test(who_does_not_ask_reads_nothing),
		cmocka_unit_test(after_an_execution_in_place_it_waits_on),
		cmocka_unit_test(a_run_that_has_begun_is_not_held_back),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
