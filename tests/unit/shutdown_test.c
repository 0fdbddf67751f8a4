// links: init/shutdown.c services/actions.c services/calm.c lib/pressure.c services/state.c services/depend.c services/words.c services/failure.c services/policy.c services/statefile.c
// links: lib/buf.c lib/cure.c lib/fd.c lib/signame.c lib/addr.c lib/text.c tests/fake/why.c services/layout.c
// flags: -Wl,--wrap=_exit,--wrap=reboot
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "init/control.h"
#include "init/leftover.h"
#include "init/power.h"
#include "init/shutdown.h"
#include "lib/log.h"
#include "services/launch.h"

#define MAX_SERVICES 6
#define GRACE 5000

/*
 * The state machine is the real one; the processes, the clock and the machine
 * are ours. What is done to them stands in `w.did`, one word per line.
 */
static struct {
	char did[4096], said[4096];
	struct when now;
	bool leftovers;       /* processes of no service are there */
	bool in_unmount;      /* the child that unmounts is */
	jmp_buf left;
	int status;           /* of _exit */
	enum goal goal;       /* of power_leave */
} w;

static struct {
	struct table t;
	struct service_spec services[MAX_SERVICES];
	uint32_t order[MAX_SERVICES];
	uint32_t refs[MAX_SERVICES * 2];
	char text[256];
} image;

static struct supervisor sv;

printf_like(1, 2) static void did(const char *fmt, ...)
{
	size_t len = strlen(w.did);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w.did + len, sizeof(w.did) - len, fmt, ap);
	va_end(ap);
}

#define assert_has(text, part) do { if (!strstr(text, part)) fail_msg("no '%s' in:\n%s", part, text); } while (0)
#define assert_not(text, part) do { if (strstr(text, part)) fail_msg("'%s' in:\n%s", part, text); } while (0)

/* -- the fakes ------------------------------------------------------------------------------------------- */

struct when when_now(void) { return w.now; }
struct when when_in(struct when from, int64_t ms) { return (struct when){ from.ms + ms }; }
int64_t when_since(struct when from, struct when to) { return to.ms - from.ms; }
bool when_before(struct when a, struct when b) { return a.ms < b.ms; }
bool when_is_never(struct when x) { return x.ms == INT64_MAX; }

static void put_log(const char *object, const char *what, va_list ap)
{
	size_t len = strlen(w.said);

	len += (size_t)snprintf(w.said + len, sizeof(w.said) - len, "%s%s", object ? object : "", object ? ": " : "");
	len += (size_t)vsnprintf(w.said + len, sizeof(w.said) - len, what, ap);
	snprintf(w.said + len, sizeof(w.said) - len, "\n");
}

#define LOG_FAKE(name, ...)                                        \
	void name(const char *object, __VA_ARGS__ const char *what, ...) \
	{                                                          \
		va_list ap;                                        \
		va_start(ap, what);                                \
		put_log(object, what, ap);                         \
		va_end(ap);                                        \
	}
LOG_FAKE(log_error, __attribute__((unused)) int err,)
LOG_FAKE(log_warn, __attribute__((unused)) int err,)
LOG_FAKE(log_info,)
void log_debug(const char *object, const char *what, ...) { (void)object, (void)what; }

int launch(struct supervisor *s, uint32_t index)
{
	did("launch %s\n", service_name(s, index));
	return 0;
}

bool net_is_lost(const struct net_attach *a, int ns, int home) { (void)a, (void)ns, (void)home; return false; }
void prepare_again(struct supervisor *s, uint32_t index) { (void)s, (void)index; }
void connect_announce(struct supervisor *s, uint32_t index) { (void)s, (void)index; }
int launch_hear(struct supervisor *s, uint32_t index, struct spawn_report *ret) { (void)s, (void)index, (void)ret; return 0; }
void launch_stop(struct supervisor *s, uint32_t index) { did("stop %s\n", service_name(s, index)); }
void launch_kill(struct supervisor *s, uint32_t index) { did("kill %s\n", service_name(s, index)); }
bool launch_note_killed(const struct supervisor *s, uint32_t index) { (void)s, (void)index; return false; }
bool launch_stays(const struct supervisor *s, uint32_t index) { (void)s, (void)index; return false; }
bool launch_has_exited(const struct supervisor *s, uint32_t index) { (void)s, (void)index; return false; }
void launch_reaped(struct supervisor *s, uint32_t index) { (void)s, (void)index; }
bool launch_is_empty(struct supervisor *s, uint32_t index) { (void)s, (void)index; return true; }
uint64_t launch_oom_kills(const struct supervisor *s, uint32_t index) { (void)s, (void)index; return 0; }

bool leftover_exist(void) { return w.leftovers || w.in_unmount; }

void leftover_signal(enum mode mode, int sig)
{
	(void)mode;
	if (w.leftovers && sig != SIGCONT)
		did("all %d\n", sig);
}

int power_unmount(void)
{
	did("unmount\n");
	w.in_unmount = true;
	return 0;
}

void power_leave(enum goal goal)
{
	w.goal = goal;
	did("power\n");
	longjmp(w.left, 1);
}

int __wrap_reboot(int cmd)
{
	(void)cmd;
	did("reboot\n");
	errno = EPERM;
	return -1;
}

void __wrap__exit(int status)
{
	w.status = status;
	did("exit\n");
	longjmp(w.left, 1);
}

void control_close(struct supervisor *s) { (void)s; did("control closed\n"); }
void network_leave(struct supervisor *s) { (void)s; did("network left\n"); }
void rules_remove(void) { did("ruleset removed\n"); }
void rules_close_loopback(struct supervisor *s, const struct table *next) { (void)s, (void)next; }
void cgroup_close(struct cgroup_home *home) { (void)home; did("home closed\n"); }
int cgroup_remove(struct cgroup_home *home, const char *name) { (void)home; did("leaf %s removed\n", name); return 0; }

static void on_change(struct supervisor *s, uint32_t index, enum state was) { (void)was; shutdown_consider(s, index); }
static void on_deadline(struct supervisor *s, struct when when) { (void)s, (void)when; }
static void on_status_fd(struct supervisor *s, uint32_t index, int fd) { (void)s, (void)index, (void)fd; }

/* -- a small world ------------------------------------------------------------------------------------------ */

enum { DB, WEB, TASK, LOG };

static uint32_t at_of(const void *p) { return (uint32_t)((const char *)p - (const char *)&image); }

static void add_service(uint32_t i, const char *name)
{
	struct service_spec *spec = &image.services[i];
	char *text = image.text + 1 + i * 32;

	strcpy(text, name);
	*spec = (struct service_spec){
		.name_at = at_of(text), .grace_ms = GRACE, .restart = RESTART_NEVER, .autostart = 1, .leaf = 1,
	};
	image.order[i] = i;
	image.t.services.count = image.t.order.count = i + 1;
}

/* web needs db. */
static void link_web_to_db(void)
{
	image.refs[0] = DB;
	image.refs[1] = WEB;
	image.services[WEB].needs = (struct list){ at_of(&image.refs[0]), 1 };
	image.services[DB].dependents = (struct list){ at_of(&image.refs[1]), 1 };
}

static void up(uint32_t i)
{
	service_event(&sv, i, EVENT_WANT_UP, 0);
	if (service_at(&sv, i)->life.state == STATE_STARTING)
		service_event(&sv, i, EVENT_STATUS, 0);
}

static void begin_world(uint32_t count, enum mode mode)
{
	static const char *const names[] = { "db", "web", "task", "log" };
	struct statefile *state;

	memset(&w, 0, sizeof(w));
	memset(&image, 0, sizeof(image));
	memset(&sv, 0, sizeof(sv));
	w.now.ms = 1000;
	image.t.main = -1;
	image.t.services.at = at_of(image.services);
	image.t.order.at = at_of(image.order);
	for (uint32_t i = 0; i < count; i++)
		add_service(i, names[i]);
	if (count > WEB)
		link_web_to_db();
	if (count > TASK)
		image.services[TASK].ready = READY_EXIT;
	if (count > LOG)
		image.services[LOG].internal = 1;
	sv.on_change = on_change;
	sv.on_deadline = on_deadline;
	sv.on_status_fd = on_status_fd;
	close(state_create(&image.t, &state));
	assert_int_equal(supervisor_init(&sv, state, &image.t), 0);
	state->mode = (uint8_t)mode;
	state->admitted = count;
}

static void start_all(void)
{
	for (uint32_t i = 0; i < sv.state->count; i++)
		up(i);
	w.now.ms += 60000;
	w.did[0] = '\0';
}

/* One round of the loop: true when minit has left. */
static bool settle(void)
{
	if (setjmp(w.left))
		return true;
	(void)service_timeouts(&sv, w.now);
	(void)shutdown_settle(&sv, w.now);
	return false;
}

static bool ends(uint32_t i, int status)
{
	service_event(&sv, i, EVENT_EXIT, status);
	return settle();
}

static bool after(int64_t ms)
{
	w.now.ms += ms;
	return settle();
}

#define EXIT(code) ((code) << 8)

/* -- the order ------------------------------------------------------------------------------------------------- */

static void dependents_stop_before_what_they_need(void **state)
{
	(void)state;
	begin_world(2, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 0);
	assert_false(settle());
	assert_string_equal(w.did, "stop web\n");
	assert_false(ends(WEB, SIGTERM));
	assert_string_equal(w.did, "stop web\nstop db\n");
	assert_true(ends(DB, 0));
}

static void helpers_of_minit_stop_last(void **state)
{
	(void)state;
	begin_world(4, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 0);
	ends(WEB, 0);
	ends(TASK, 0);
	assert_not(w.did, "stop log");
	assert_false(ends(DB, 0));
	assert_has(w.did, "stop log\n");
	assert_true(ends(LOG, 0));
}

static void leaves_and_control_go_before_minit(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 0);
	settle();
	assert_true(ends(DB, 0));
	assert_string_equal(w.did, "stop db\ncontrol closed\nleaf db removed\nhome closed\nnetwork left\n"
				   "ruleset removed\nexit\n");
}

static void end_is_told_with_duration_and_counts(void **state)
{
	(void)state;
	begin_world(2, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 0);
	settle();
	after(GRACE);
	assert_has(w.did, "kill web\n");
	w.now.ms += 420;
	ends(WEB, SIGKILL);
	assert_true(ends(DB, 0));
	assert_has(w.said, "stopping 2 services\n");
	assert_has(w.said, "stopped in 5.42 s: 2 services, 1 killed\n");
}

static void service_started_meanwhile_is_stopped_too(void **state)
{
	(void)state;
	begin_world(2, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 0);
	settle();
	service_event(&sv, WEB, EVENT_WANT_UP, 0);
	settle();
	ends(WEB, 0);
	assert_true(ends(DB, 0));
}

/* -- impatience ------------------------------------------------------------------------------------------------ */

static void hurry_kills_each_as_soon_as_it_is_stopping(void **state)
{
	(void)state;
	begin_world(2, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 0);
	settle();
	shutdown_hurry(&sv);
	settle();
	settle();
	assert_string_equal(w.did, "stop web\nkill web\n");
	ends(WEB, SIGKILL);
	assert_string_equal(w.did, "stop web\nkill web\nstop db\nkill db\n");
	assert_true(ends(DB, SIGKILL));
}

static void hurry_while_running_is_nothing(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	shutdown_hurry(&sv);
	shutdown_begin(&sv, GOAL_EXIT, 0);
	settle();
	assert_not(w.did, "kill");
}

/* -- what is left ---------------------------------------------------------------------------------------------- */

static void leftovers_are_asked_and_then_killed(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	w.leftovers = true;
	shutdown_begin(&sv, GOAL_EXIT, 0);
	assert_false(ends(DB, 0));
	assert_has(w.did, "all 15\n");
	assert_false(after(1999));
	assert_not(w.did, "all 9\n");
	assert_false(after(1));
	assert_has(w.did, "all 9\n");
	w.leftovers = false;
	assert_true(settle());
}

static void leftovers_that_go_when_asked_are_not_killed(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	w.leftovers = true;
	shutdown_begin(&sv, GOAL_EXIT, 0);
	ends(DB, 0);
	w.leftovers = false;
	assert_true(settle());
	assert_not(w.did, "all 9\n");
}

static void hurry_does_not_wait_for_leftovers(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	w.leftovers = true;
	shutdown_begin(&sv, GOAL_EXIT, 0);
	ends(DB, 0);
	shutdown_hurry(&sv);
	settle();
	assert_has(w.did, "all 9\n");
}

static void unkillable_leftovers_do_not_keep_minit(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	w.leftovers = true;
	shutdown_begin(&sv, GOAL_EXIT, 0);
	ends(DB, 0);
	assert_false(after(2000));
	assert_true(after(5000));
	assert_has(w.said, "do not die of SIGKILL");
}

static void unkillable_services_do_not_keep_minit_nor_what_they_need(void **state)
{
	(void)state;
	begin_world(3, MODE_CONTAINER);
	image.services[TASK].grace_ms = 40000;
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 0);
	assert_false(settle());
	assert_false(after(GRACE));
	assert_has(w.did, "kill web\n");
	w.leftovers = true;
	assert_false(after(31000)); /* there is one that may stop by itself */
	assert_null(strstr(w.did, "all 15\n"));
	assert_false(ends(TASK, 0));
	assert_has(w.said, "web: does not die of SIGKILL; going on without it");
	assert_has(w.did, "all 15\n"); /* db hears it so */
	assert_false(after(2000));
	assert_true(after(5000));
}

static void who_dies_late_of_sigkill_is_waited_for(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 0);
	assert_false(settle());
	assert_false(after(GRACE));
	assert_false(after(29000));
	assert_true(ends(DB, SIGKILL));
	assert_null(strstr(w.said, "does not die"));
}

/* -- the status -------------------------------------------------------------------------------------------------- */

static int status_with_main(int wait_status)
{
	begin_world(1, MODE_CONTAINER);
	image.t.main = DB;
	start_all();
	assert_true(ends(DB, wait_status));
	return w.status;
}

static void mains_end_is_the_containers(void **state)
{
	(void)state;
	assert_int_equal(status_with_main(EXIT(0)), 0);
	assert_int_equal(status_with_main(EXIT(3)), 3);
	assert_int_equal(status_with_main(SIGTERM), 128 + SIGTERM);
	assert_int_equal(status_with_main(SIGSEGV | 0x80), 128 + SIGSEGV);
}

static int status_with_spawn_failure(int err)
{
	begin_world(1, MODE_CONTAINER);
	image.t.main = DB;
	service_event(&sv, DB, EVENT_WANT_UP, 0);
	service_at(&sv, DB)->life.ending = ENDING_SPAWN;
	service_at(&sv, DB)->life.err = err;
	assert_true(ends(DB, EXIT(127)));
	return w.status;
}

static void main_that_cannot_be_executed_ends_as_in_a_shell(void **state)
{
	(void)state;
	assert_int_equal(status_with_spawn_failure(ENOENT), 127);
	assert_int_equal(status_with_spawn_failure(EACCES), 126);
}

static void main_stopped_by_a_signal_gives_its_status(void **state)
{
	(void)state;
	begin_world(2, MODE_CONTAINER);
	image.t.main = DB;
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 0);
	ends(WEB, EXIT(1));
	assert_true(ends(DB, SIGTERM));
	assert_int_equal(w.status, 128 + SIGTERM);
}

static void orderly_stop_without_main_is_success(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 0);
	assert_true(ends(DB, SIGTERM));
	assert_int_equal(w.status, 0);
}

/* -- who ends the whole --------------------------------------------------------------------------------------------- */

static void main_that_restarts_does_not_end_it(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	image.t.main = DB;
	image.services[DB].restart = RESTART_ALWAYS;
	image.services[DB].backoff = (struct backoff_spec){ .first_ms = 100, .max_ms = 100, .factor_pct = 100 };
	start_all();
	assert_false(ends(DB, EXIT(1)));
	assert_int_equal(sv.state->phase, PHASE_RUNNING);
}

static void main_stopped_by_its_user_does_not_end_it(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	image.t.main = DB;
	start_all();
	service_event(&sv, DB, EVENT_WANT_DOWN, 0);
	assert_false(ends(DB, SIGTERM));
	assert_int_equal(sv.state->phase, PHASE_RUNNING);
}

static void mains_end_stops_the_others(void **state)
{
	(void)state;
	begin_world(2, MODE_CONTAINER);
	image.t.main = WEB;
	start_all();
	assert_false(ends(WEB, EXIT(4)));
	assert_has(w.did, "stop db\n");
	assert_true(ends(DB, 0));
	assert_int_equal(w.status, 4);
}

static void container_without_main_stays(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	assert_false(ends(DB, EXIT(0)));
	assert_int_equal(service_at(&sv, DB)->life.state, STATE_DONE);
	assert_int_equal(sv.state->phase, PHASE_RUNNING);
}

static void tasks_world(enum mode mode)
{
	begin_world(2, mode);
	image.services[DB].ready = image.services[WEB].ready = READY_EXIT;
	start_all();
}

static void tasks_done_end_it_with_success(void **state)
{
	(void)state;
	tasks_world(MODE_CONTAINER);
	assert_false(ends(DB, EXIT(0)));
	assert_has(w.did, "launch web\n");
	assert_true(ends(WEB, EXIT(0)));
	assert_int_equal(w.status, 0);
	assert_string_equal(w.said, "all tasks are done\n");
}

static void failed_task_ends_it_with_failure(void **state)
{
	(void)state;
	tasks_world(MODE_CONTAINER);
	assert_false(ends(DB, EXIT(0)));
	assert_true(ends(WEB, EXIT(2)));
	assert_int_equal(w.status, 1);
}

static void task_waiting_for_a_failed_one_counts_as_failed(void **state)
{
	(void)state;
	tasks_world(MODE_CONTAINER);
	assert_true(ends(DB, EXIT(2)));
	assert_int_equal(w.status, 1);
	assert_has(w.said, "all tasks have ended, 2 of them failed\n");
}

static void tasks_beside_a_service_do_not_end_it(void **state)
{
	(void)state;
	begin_world(3, MODE_CONTAINER);
	start_all();
	assert_false(ends(TASK, EXIT(0)));
	assert_int_equal(sv.state->phase, PHASE_RUNNING);
}

static void tasks_not_begun_yet_keep_it(void **state)
{
	(void)state;
	tasks_world(MODE_CONTAINER);
	sv.state->admitted = 1;
	ends(DB, EXIT(0));
	assert_false(ends(WEB, EXIT(0)));
	sv.state->admitted = 2;
	assert_true(settle());
}

static void machine_stays_when_its_tasks_are_done(void **state)
{
	(void)state;
	tasks_world(MODE_MACHINE);
	ends(DB, EXIT(0));
	assert_false(ends(WEB, EXIT(0)));
	assert_int_equal(sv.state->phase, PHASE_RUNNING);
}

/* -- a machine ------------------------------------------------------------------------------------------------------ */

static void machine_unmounts_before_the_power_goes(void **state)
{
	(void)state;
	begin_world(1, MODE_MACHINE);
	start_all();
	shutdown_begin(&sv, GOAL_REBOOT, 0);
	settle();
	assert_false(ends(DB, 0));
	assert_string_equal(w.did, "stop db\nunmount\n");
	w.in_unmount = false;
	assert_true(settle());
	assert_string_equal(w.did, "stop db\nunmount\ncontrol closed\npower\n");
	assert_int_equal(w.goal, GOAL_REBOOT);
	assert_has(w.said, "rebooting\n");
}

static void unmount_that_hangs_does_not_keep_the_machine(void **state)
{
	(void)state;
	begin_world(1, MODE_MACHINE);
	start_all();
	shutdown_begin(&sv, GOAL_POWEROFF, 0);
	ends(DB, 0);
	assert_false(after(29999));
	assert_true(after(1));
	assert_has(w.said, "unmount: not done after 30 s; going on without\n");
}

static void mains_end_powers_a_machine_off(void **state)
{
	(void)state;
	begin_world(1, MODE_MACHINE);
	image.t.main = DB;
	start_all();
	ends(DB, EXIT(0));
	w.in_unmount = false;
	assert_true(settle());
	assert_int_equal(w.goal, GOAL_EXIT);
	assert_has(w.said, "powering off\n");
}

static void container_never_unmounts(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_POWEROFF, 0);
	settle();
	assert_true(ends(DB, 0));
	assert_not(w.did, "unmount");
	assert_not(w.did, "power");
}

static void reboot_of_a_container_asks_the_kernel_first(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_REBOOT, 0);
	settle();
	assert_true(ends(DB, 0));
	assert_has(w.did, "reboot\nexit\n");
}

static void subreaper_never_reboots(void **state)
{
	(void)state;
	begin_world(1, MODE_SUBREAPER);
	start_all();
	shutdown_begin(&sv, GOAL_REBOOT, 0);
	settle();
	assert_true(ends(DB, 0));
	assert_not(w.did, "reboot");
}

/* -- goals ------------------------------------------------------------------------------------------------------------ */

static void stronger_goal_wins_and_the_first_status_stays(void **state)
{
	(void)state;
	begin_world(1, MODE_CONTAINER);
	start_all();
	shutdown_begin(&sv, GOAL_EXIT, 7);
	shutdown_begin(&sv, GOAL_POWEROFF, 0);
	shutdown_begin(&sv, GOAL_REBOOT, 0);
	assert_int_equal(sv.state->goal, GOAL_POWEROFF);
	settle();
	assert_true(ends(DB, 0));
	assert_int_equal(w.status, 7);
}

/* -- a crash in the middle --------------------------------------------------------------------------------------------- */

static void crash_before_all_were_told_leaves_nobody_out(void **state)
{
	(void)state;
	begin_world(2, MODE_CONTAINER);
	start_all();
	sv.state->goal = GOAL_EXIT;
	sv.state->phase = PHASE_STOPPING; /* as far as it had come */
	service_recover(&sv);
	settle();
	assert_has(w.did, "stop web\n");
	ends(WEB, 0);
	assert_true(ends(DB, 0));
}

static void crash_while_entering_a_phase_enters_it_again(void **state)
{
	(void)state;
	begin_world(1, MODE_MACHINE);
	start_all();
	shutdown_begin(&sv, GOAL_POWEROFF, 0);
	ends(DB, 0);
	sv.state->phase = PHASE_KILL; /* the child was made, the phase not written yet */
	w.in_unmount = false;
	w.did[0] = '\0';
	settle();
	assert_string_equal(w.did, "unmount\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(dependents_stop_before_what_they_need),
		T(helpers_of_minit_stop_last),
		T(leaves_and_control_go_before_minit),
		T(end_is_told_with_duration_and_counts),
		T(service_started_meanwhile_is_stopped_too),
		T(hurry_kills_each_as_soon_as_it_is_stopping),
		T(hurry_while_running_is_nothing),
		T(leftovers_are_asked_and_then_killed),
		T(leftovers_that_go_when_asked_are_not_killed),
		T(hurry_does_not_wait_for_leftovers),
		T(unkillable_leftovers_do_not_keep_minit),
		T(unkillable_services_do_not_keep_minit_nor_what_they_need),
		T(who_dies_late_of_sigkill_is_waited_for),
		T(mains_end_is_the_containers),
		T(main_that_cannot_be_executed_ends_as_in_a_shell),
		T(main_stopped_by_a_signal_gives_its_status),
		T(orderly_stop_without_main_is_success),
		T(main_that_restarts_does_not_end_it),
		T(main_stopped_by_its_user_does_not_end_it),
		T(mains_end_stops_the_others),
		T(container_without_main_stays),
		T(tasks_done_end_it_with_success),
		T(failed_task_ends_it_with_failure),
		T(task_waiting_for_a_failed_one_counts_as_failed),
		T(tasks_beside_a_service_do_not_end_it),
		T(tasks_not_begun_yet_keep_it),
		T(machine_stays_when_its_tasks_are_done),
		T(machine_unmounts_before_the_power_goes),
		T(unmount_that_hangs_does_not_keep_the_machine),
		T(mains_end_powers_a_machine_off),
		T(container_never_unmounts),
		T(reboot_of_a_container_asks_the_kernel_first),
		T(subreaper_never_reboots),
		T(stronger_goal_wins_and_the_first_status_stays),
		T(crash_before_all_were_told_leaves_nobody_out),
		T(crash_while_entering_a_phase_enters_it_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
