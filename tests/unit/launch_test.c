// links: services/launch.c services/joined.c services/strays.c services/frame.c services/settle.c services/actions.c services/calm.c lib/pressure.c services/state.c services/depend.c services/policy.c
// links: services/connect.c services/extra.c services/prepare.c
// links: services/words.c services/statefile.c init/reap.c lib/buf.c lib/clock.c lib/cure.c lib/fd.c lib/signame.c
// links: services/failure.c
// links: tests/fake/sys.c tests/fake/why.c tests/fake/log.c tests/fake/image.c
// links: tests/fake/privileges.c services/leaf.c services/changed.c lib/addr.c lib/text.c services/layout.c
// flags: -Wl,--wrap=read,--wrap=close,--wrap=clock_gettime
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "init/reap.h"
#include "services/connect.h"
#include "services/prepare.h"
#include "services/settle.h"
#include "tests/fake/image.h"
#include "tests/fake/log.h"
#include "tests/fake/sys.h"

/* The parent's side of a start, against a kernel that answers what the test says. */
static struct image image;
static struct supervisor sv;
static int watched;

static void on_change(struct supervisor *s, uint32_t index, enum state was) { (void)s, (void)index, (void)was; }
static void on_deadline(struct supervisor *s, struct when when) { (void)s, (void)when; }
static void on_status_fd(struct supervisor *s, uint32_t index, int fd) { (void)s, (void)index; watched = fd; }

static struct service_spec *begin_of(uint32_t count)
{
	static _Alignas(16) char memory[sizeof(struct statefile) + IMAGE_MAX * sizeof(struct service)];
	struct statefile *state;

	kernel_reset();
	log_forget();
	watched = -1;
	image_begin(&image, count);
	image_end(&image);
	close(state_create(&image.table, &state));
	memcpy(memory, state, state->size);
	munmap(state, state->size);
	kernel_state = (struct statefile *)(void *)memory;
	sv = (struct supervisor){ .on_change = on_change, .on_deadline = on_deadline, .on_status_fd = on_status_fd };
	if (supervisor_init(&sv, kernel_state, &image.table))
		abort();
	return &image.spec[0];
}

static struct service_spec *begin(void)
{
	return begin_of(1);
}

static struct handles *handles(void)
{
	return &service_at(&sv, 0)->handles;
}

static struct process *process(void)
{
	return kernel_process(handles()->pid);
}

static void check_kernel(void)
{
	if (kernel.fault[0])
		fail_msg("%s", kernel.fault);
}

static void a_start_leaves_a_child_and_a_pipe_to_hear_it_by(void **state)
{
	(void)state;
	begin();
	assert_int_equal(launch(&sv, 0), 0);
	assert_int_equal(process()->state, PROCESS_CHILD);
	assert_int_equal(service_by_pid(&sv, handles()->pid), 0);
	assert_int_equal(watched, handles()->status_fd);
	assert_int_equal(kernel_open_pipes(), 1);
	check_kernel();
}

static void a_start_of_what_runs_does_nothing(void **state)
{
	(void)state;
	begin();
	assert_int_equal(launch(&sv, 0), 0);
	assert_int_equal(launch(&sv, 0), 0);
	assert_int_equal(kernel.clones, 1);
}

static void a_child_that_has_not_spoken_is_waited_for(void **state)
{
	struct spawn_report report;

	(void)state;
	begin();
	assert_int_equal(launch(&sv, 0), 0);
	assert_int_equal(launch_hear(&sv, 0, &report), -EAGAIN);
	assert_true(watched >= 0);
}

static void the_end_of_the_pipe_means_that_it_is_the_program(void **state)
{
	struct spawn_report report;

	(void)state;
	begin();
	assert_int_equal(launch(&sv, 0), 0);
	kernel_exec(process());
	assert_int_equal(launch_hear(&sv, 0, &report), 0);
	assert_int_equal(watched, -1);
	assert_int_equal(handles()->status_fd, -1);
	assert_int_equal(kernel_open_pipes(), 0);
	check_kernel();
}

static void a_report_is_heard_as_often_as_it_is_asked_for(void **state)
{
	struct spawn_report report;

	(void)state;
	begin();
	assert_int_equal(launch(&sv, 0), 0);
	kernel_fail(process(), STEP_mounts, EBUSY);
	for (int i = 0; i < 3; i++) {
		memset(&report, 0, sizeof(report));
		assert_int_equal(launch_hear(&sv, 0, &report), 1);
		assert_int_equal(report.step, STEP_mounts);
		assert_int_equal(report.err, EBUSY);
		assert_string_equal(report.detail, "what it was about");
	}
	assert_int_equal(kernel_open_pipes(), 0);
}

static void goes_on_without(enum step step, unsigned missing)
{
	struct spawn_report report;

	begin();
	assert_int_equal(launch(&sv, 0), 0);
	kernel_note(process(), step);
	assert_int_equal(launch_hear(&sv, 0, &report), -EAGAIN);
	assert_int_equal(handles()->missing, missing);
	kernel_exec(process());
	assert_int_equal(launch_hear(&sv, 0, &report), 0);
	assert_int_equal(handles()->missing, missing);
	check_kernel();
}

static void a_child_that_does_without_a_default_goes_on(void **state)
{
	(void)state;
	goes_on_without(STEP_mounts, MISSING_MOUNTS);
}

static void one_that_has_no_cgroup_namespace_is_said_to_miss_it(void **state)
{
	(void)state;
	goes_on_without(STEP_leaf, MISSING_GROUPS);
}

static void one_whose_root_cannot_map_ids_is_said_to_miss_that(void **state)
{
	(void)state;
	goes_on_without(STEP_idmap, MISSING_IDMAP);
}

static void and_may_fail_later(void **state)
{
	struct spawn_report report;

	(void)state;
	begin();
	assert_int_equal(launch(&sv, 0), 0);
	kernel_note(process(), STEP_mounts);
	assert_int_equal(launch_hear(&sv, 0, &report), -EAGAIN);
	kernel_fail(process(), STEP_user, EPERM);
	assert_int_equal(launch_hear(&sv, 0, &report), 1);
	assert_int_equal(report.step, STEP_user);
}

static void the_next_run_has_no_report_of_the_last(void **state)
{
	struct spawn_report report;

	(void)state;
	begin();
	assert_int_equal(launch(&sv, 0), 0);
	kernel_fail(process(), STEP_mounts, EBUSY);
	assert_int_equal(launch_hear(&sv, 0, &report), 1);
	launch_reaped(&sv, 0);
	assert_int_equal(launch(&sv, 0), 0);
	kernel_exec(process());
	assert_int_equal(launch_hear(&sv, 0, &report), 0);
}

static void a_death_before_all_that_gives_the_pipe_back(void **state)
{
	(void)state;
	begin();
	assert_int_equal(launch(&sv, 0), 0);
	kernel_die(process(), SIGKILL);
	launch_reaped(&sv, 0);
	assert_int_equal(handles()->pid, 0);
	assert_int_equal(watched, -1);
	assert_int_equal(kernel_open_pipes(), 0);
	check_kernel();
}

static void what_fails_at_once_leaves_nothing(void **state)
{
	(void)state;
	begin();
	kernel.clone_err = -EAGAIN;
	assert_int_equal(launch(&sv, 0), -EAGAIN);
	assert_int_equal(handles()->pid, 0);
	assert_int_equal(handles()->status_fd, -1);
	assert_int_equal(watched, -1);
	assert_int_equal(kernel_open_pipes(), 0);
	kernel.clone_err = 0;
	kernel.pipe_err = -EMFILE;
	assert_int_equal(launch(&sv, 0), -EMFILE);
	assert_int_equal(kernel.clones, 0);
	check_kernel();
}

static void default_namespaces_are_done_without_where_they_are_refused(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	spec->namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS;
	kernel.clone_ns_err = -EPERM;
	assert_int_equal(launch(&sv, 0), 0);
	assert_int_equal(kernel.last_clone_flags, 0);
	assert_true(handles()->missing & MISSING_NAMESPACES);
	assert_non_null(strstr(log_text, "warn a: namespaces: "));
	log_forget();
	kernel_die(process(), 0);
	launch_reaped(&sv, 0);
	assert_int_equal(launch(&sv, 0), 0);
	assert_string_equal(log_text, "");
}

static void namespaces_that_are_asked_for_are_an_error_where_they_are_refused(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	spec->namespaces = CLONE_NEWNS | CLONE_NEWPID;
	spec->explicit_ns = CLONE_NEWNS | CLONE_NEWPID;
	kernel.clone_ns_err = -EPERM;
	assert_int_equal(launch(&sv, 0), -EPERM);
	assert_int_equal(handles()->missing, 0);
}

static void of_both_those_that_are_asked_for_are_tried_alone(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	spec->namespaces = CLONE_NEWNS | CLONE_NEWPID;
	spec->explicit_ns = CLONE_NEWPID;
	kernel.clone_ns_err = -EPERM;
	assert_int_equal(launch(&sv, 0), -EPERM);
	assert_int_equal(kernel.last_clone_flags, CLONE_NEWPID);
}

/* A program of one instruction, somewhere in the image: the kernel of the test does not look at it. */
static struct confine_spec *filter(void)
{
	struct service_spec *spec = begin();

	image.confine.seccomp.program = (struct list){ spec->name_at, 1 };
	image.confine.no_new_privs = 1;
	image.confine.seccomp.is_explicit = 0;
	return &image.confine;
}

static void a_default_filter_is_done_without_where_there_are_none(void **state)
{
	(void)state;
	filter();
	kernel.filter_err = -ENOSYS;
	assert_int_equal(prepare_service(&sv, 0), 0);
	assert_int_equal(handles()->missing, MISSING_SECCOMP);
	assert_non_null(strstr(log_text, "warn a: seccomp: "));
	log_forget();
	assert_int_equal(prepare_service(&sv, 0), 0);
	assert_string_equal(log_text, "");
	filter();
	assert_int_equal(prepare_service(&sv, 0), 0);
	assert_int_equal(handles()->missing, 0);
}

static void a_filter_that_is_asked_for_is_an_error_where_there_are_none(void **state)
{
	(void)state;
	filter()->seccomp.is_explicit = 1;
	kernel.filter_err = -EINVAL;
	assert_int_equal(prepare_service(&sv, 0), -EINVAL);
	assert_int_equal(handles()->refused, EINVAL);
	assert_int_equal(handles()->refused_step, STEP_seccomp);
	assert_int_equal(handles()->missing, 0);
}

/* Then only CAP_SYS_ADMIN may load one, and the kernel of the test has none. */
static void a_filter_without_no_new_privs_needs_a_capability(void **state)
{
	struct confine_spec *confine = filter();

	(void)state;
	confine->no_new_privs = 0;
	confine->seccomp.is_explicit = 1;
	assert_int_equal(prepare_service(&sv, 0), -EACCES);
	assert_string_equal(handles()->report.detail, "without no_new_privs");
	confine->seccomp.program.count = 0;
	assert_int_equal(prepare_service(&sv, 0), 0);
}

static void too_much_at_once_is_no_reason_to_go_without_namespaces(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	spec->namespaces = CLONE_NEWNS;
	kernel.clone_ns_err = -EAGAIN;
	assert_int_equal(launch(&sv, 0), -EAGAIN);
	assert_int_equal(handles()->missing, 0);
}

static void a_child_is_born_into_its_leaf_where_that_can_be(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	spec->leaf = 1;
	sv.state->cgroup.into = CGROUP_INTO_ALWAYS;
	assert_int_equal(launch(&sv, 0), 0);
	assert_true(kernel.last_clone_leaf >= 0);
	check_kernel();
	kernel_die(process(), 0);
	launch_reaped(&sv, 0);
	kernel.clone_into_err = -EOPNOTSUPP;
	assert_int_equal(launch(&sv, 0), 0);
	assert_int_equal(kernel.last_clone_leaf, -1);
	check_kernel();
}

/* Whether a start of the service as it is now shares minit's memory; then it ends. */
static bool shares(void)
{
	assert_int_equal(launch(&sv, 0), 0);
	kernel_die(process(), 0);
	launch_reaped(&sv, 0);
	check_kernel();
	return kernel.last_clone_shares;
}

static void who_may_share_memory_does_and_a_reaper_too(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	assert_false(shares()); /* nothing is open yet */
	launch_open();
	assert_true(shares());
	spec->namespaces = CLONE_NEWNS | CLONE_NEWPID;
	assert_true(shares());
	spec->init = 1;
	assert_true(shares());
	handles()->tight = 1;
	assert_false(shares());
	handles()->tight = 0;
	spec->env_file.count = 1;
	assert_false(shares());
	spec->env_file.count = 0;
	spec->namespaces |= CLONE_NEWTIME;
	assert_false(shares());
	spec->init = 0;
	assert_true(shares());
	spec->init = 1;
	spec->namespaces = CLONE_NEWNS;
	assert_true(shares());
	spec->namespaces |= CLONE_NEWPID;
	image.confine.roots.uids.count = 1;
	assert_false(shares());
	image.confine.roots.uids.count = 0;
	image.confine.roots.join_flags = CLONE_NEWTIME;
	assert_false(shares()); /* setns(2) of clocks wants memory of its own */
	image.confine.roots.join_flags = 0;
	image.confine.privileges.given = GIVEN_OOM_SCORE_ADJ;
	assert_false(shares());
	image.confine.privileges.given = 0;
	assert_true(shares());
}

static void a_leaf_that_could_not_be_had_is_done_without(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	spec->leaf = 1;
	handles()->missing |= MISSING_LEAF;
	sv.state->cgroup.into = CGROUP_INTO_ALWAYS;
	assert_int_equal(launch(&sv, 0), 0);
	assert_int_equal(kernel.last_clone_leaf, -1);
	assert_true(launch_is_empty(&sv, 0));
}

static void a_stop_asks_the_main_process_alone(void **state)
{
	(void)state;
	begin();
	assert_int_equal(launch(&sv, 0), 0);
	kernel_exec(process());
	kernel_fork(process(), true);
	launch_stop(&sv, 0);
	assert_true(process()->asked);
	assert_false(process()->doomed);
	for (size_t i = 0; i < KERNEL_PROCESSES; i++)
		assert_false(kernel.process[i].state == PROCESS_RUNS && !kernel.process[i].main && kernel.process[i].doomed);
}

static unsigned spared(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < KERNEL_PROCESSES; i++)
		n += kernel.process[i].state == PROCESS_RUNS && !kernel.process[i].doomed;
	return n;
}

static void a_kill_is_for_the_process_its_group_and_its_leaf(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	spec->leaf = 1;
	assert_int_equal(launch(&sv, 0), 0);
	kernel_exec(process());
	kernel_fork(process(), true);
	kernel_fork(process(), false);
	launch_kill(&sv, 0);
	assert_int_equal(spared(), 0);
	begin();
	kernel.leafless = 1;
	assert_int_equal(launch(&sv, 0), 0);
	kernel_exec(process());
	kernel_fork(process(), true);
	kernel_fork(process(), false);
	launch_kill(&sv, 0);
	assert_int_equal(spared(), 1); /* of a session of its own, no leaf: found when its service has died */
	check_kernel();
}

/* A service without a pid namespace runs, and has forked. */
static struct process *begin_with(uint32_t leafless)
{
	begin();
	kernel.leafless = leafless;
	service_event(&sv, 0, EVENT_WANT_UP, 0);
	kernel_exec(process());
	service_event(&sv, 0, EVENT_STATUS, 0);
	return kernel_fork(process(), false);
}

static struct process *begin_with_stray(void)
{
	return begin_with(1);
}

static void who_bears_the_mark_is_killed_when_its_service_has_died(void **state)
{
	struct process *stray, *other;

	(void)state;
	stray = begin_with_stray();
	other = kernel_fork(process(), false);
	other->unmarked = true;
	kernel_die(process(), 0);
	reap_all(&sv);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_DRAINING);
	assert_true(stray->doomed);
	assert_false(other->doomed);
	other->state = PROCESS_FREE;
	kernel_die(stray, 9);
	reap_all(&sv);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_DONE);
	check_kernel();
}

static struct process *run_with_stray(uint32_t index)
{
	struct process *main;

	service_event(&sv, index, EVENT_WANT_UP, 0);
	main = kernel_process(service_at(&sv, index)->handles.pid);
	kernel_exec(main);
	service_event(&sv, index, EVENT_STATUS, 0);
	return kernel_fork(main, false);
}

/* What each of the strays of three services has lowered its limits by, when the one in the middle dies. */
static const struct {
	uint8_t service, locks, rttime, dies;
} liars[] = {
	{ 0, 0, 0, false }, { 1, 0, 0, true }, { 2, 0, 0, false },
	{ 0, 1, 0, false }, { 1, 1, 0, true }, { 2, 1, 0, true },  /* it may be of the one before */
	{ 0, 0, 1, true },  { 1, 0, 1, true }, { 2, 0, 1, false },
	{ 0, 1, 1, true },  { 1, 1, 1, true }, { 2, 1, 1, true },
};

static void who_has_lowered_its_marks_is_killed_with_any_that_it_may_be_of(void **state)
{
	struct process *stray;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(liars); i++) {
		begin_of(3);
		kernel.leafless = 7;
		for (uint32_t k = 0; k < 3; k++) {
			struct process *p = run_with_stray(k);

			if (k == liars[i].service)
				stray = p;
			else
				p->state = PROCESS_FREE;
		}
		stray->lowered_locks = liars[i].locks;
		stray->lowered_rttime = liars[i].rttime;
		kernel_die(kernel_process(service_at(&sv, 1)->handles.pid), 0);
		reap_all(&sv);
		assert_int_equal(stray->doomed, liars[i].dies);
		assert_int_equal(service_at(&sv, 1)->life.state, liars[i].dies ? STATE_DRAINING : STATE_DONE);
	}
}

static void a_limit_of_the_table_is_no_lowered_mark(void **state)
{
	struct process *stray;

	(void)state;
	begin_of(2);
	kernel.leafless = 3;
	image.rlimit = (struct rlimit_spec){ .resource = RLIMIT_RTTIME, .soft = 200, .hard = 200 };
	image.spec[0].rlimits = (struct list){ offsetof(struct image, rlimit), 1 };
	stray = run_with_stray(0);
	run_with_stray(1)->state = PROCESS_FREE;
	stray->rttime = 200;
	kernel_die(kernel_process(service_at(&sv, 1)->handles.pid), 0);
	reap_all(&sv);
	assert_false(stray->doomed);
	kernel_die(kernel_process(service_at(&sv, 0)->handles.pid), 0);
	reap_all(&sv);
	assert_true(stray->doomed);
}

static void who_has_left_its_leaf_is_killed_too(void **state)
{
	struct process *stray;

	(void)state;
	stray = begin_with(0);
	assert_true(stray->leaf);
	stray->leaf = false;
	kernel_die(process(), 0);
	reap_all(&sv);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_DRAINING);
	assert_true(stray->doomed);
	kernel_die(stray, 9);
	reap_all(&sv);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_DONE);
	check_kernel();
}

static void in_the_shutdown_strays_are_left_for_later(void **state)
{
	struct process *stray;

	(void)state;
	stray = begin_with_stray();
	sv.state->phase = PHASE_STOPPING;
	kernel_die(process(), 0);
	reap_all(&sv);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_DONE);
	assert_false(stray->doomed);
	sv.state->phase = PHASE_RUNNING;
	check_kernel();
}

static void a_stray_that_came_late_is_found_when_time_is_over(void **state)
{
	struct process *stray;

	(void)state;
	stray = begin_with_stray();
	kernel_die(process(), 0);
	reap_all(&sv);
	stray->state = PROCESS_FREE;
	kernel.now_ms += 200;
	(void)service_timeouts(&sv, when_now());
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_DONE);
	check_kernel();
}

static void the_dead_are_killed_with_their_group_before_their_pid_is_free(void **state)
{
	(void)state;
	begin();
	kernel.leafless = 1;
	assert_int_equal(launch(&sv, 0), 0);
	kernel_exec(process());
	kernel_fork(process(), true);
	kernel_die(process(), 0);
	launch_reaped(&sv, 0);
	assert_int_equal(spared(), 0);
	check_kernel();
}

static void every_death_is_reaped_and_heard_of_once(void **state)
{
	struct process *stray;

	(void)state;
	begin();
	service_event(&sv, 0, EVENT_WANT_UP, 0);
	kernel_exec(process());
	service_event(&sv, 0, EVENT_STATUS, 0);
	stray = kernel_fork(process(), false);
	kernel_die(stray, 0);
	reap_all(&sv);
	assert_int_equal(sv.state->orphans, 1);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_UP);
	kernel_die(process(), 3 << 8);
	reap_all(&sv);
	assert_int_equal(sv.state->orphans, 1);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_BACKOFF);
	assert_int_equal(service_at(&sv, 0)->life.status, 3);
	for (size_t i = 0; i < KERNEL_PROCESSES; i++)
		assert_int_equal(kernel.process[i].state, PROCESS_FREE);
	check_kernel();
}

/* As kernels do to who is born into a leaf that was killed. */
static void who_is_killed_in_being_born_is_started_again_at_once_but_once(void **state)
{
	const struct life *life;

	(void)state;
	begin()->leaf = 1;
	launch_open();
	life = &service_at(&sv, 0)->life;
	kernel.stillborn = true;
	service_event(&sv, 0, EVENT_WANT_UP, 0);
	kernel_die(process(), SIGKILL);
	service_event(&sv, 0, EVENT_STATUS, 0); /* the end of the pipe, which is no exec here */
	assert_int_equal(life->state, STATE_STARTING);
	assert_false(life->execed);
	reap_all(&sv);
	assert_int_equal(kernel.clones, 2);
	assert_int_equal(life->state, STATE_STARTING);
	assert_int_equal(life->starts, 1);
	assert_int_equal(life->restarts, 0);
	assert_int_equal(kernel.noted, 1);
	kernel_die(process(), SIGKILL);
	reap_all(&sv);
	assert_int_equal(life->state, STATE_BACKOFF);
	assert_int_equal(life->status, SIGKILL);
	check_kernel();
}

static void who_has_run_when_it_is_killed_says_nothing_of_its_leaf(void **state)
{
	(void)state;
	begin()->leaf = 1;
	launch_open();
	service_event(&sv, 0, EVENT_WANT_UP, 0);
	kernel_exec(process());
	service_event(&sv, 0, EVENT_STATUS, 0);
	kernel_die(process(), SIGKILL);
	reap_all(&sv);
	assert_int_equal(kernel.noted, 0);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_BACKOFF);
}

/* Nothing tells whether that one has run. */
static void a_leaf_is_marked_when_who_has_memory_of_its_own_is_killed(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	spec->leaf = spec->env_file.count = 1;
	launch_open();
	service_event(&sv, 0, EVENT_WANT_UP, 0);
	kernel_exec(process());
	service_event(&sv, 0, EVENT_STATUS, 0);
	kernel_die(process(), SIGKILL);
	reap_all(&sv);
	assert_int_equal(kernel.noted, 1);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_BACKOFF);
	check_kernel();
}

static void who_is_to_stop_is_not_started_again_for_having_been_killed_in_being_born(void **state)
{
	(void)state;
	begin()->leaf = 1;
	launch_open();
	kernel.stillborn = true;
	service_event(&sv, 0, EVENT_WANT_UP, 0);
	service_event(&sv, 0, EVENT_WANT_DOWN, 0);
	kernel_die(process(), SIGKILL);
	reap_all(&sv);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_DOWN);
	assert_int_equal(kernel.clones, 1);
	check_kernel();
}

static void a_report_and_a_death_at_once_are_the_failed_step(void **state)
{
	(void)state;
	begin();
	service_event(&sv, 0, EVENT_WANT_UP, 0);
	kernel_fail(process(), STEP_exec, ENOENT);
	reap_all(&sv);
	assert_int_equal(service_at(&sv, 0)->life.state, STATE_FAILED);
	assert_int_equal(service_at(&sv, 0)->life.ending, ENDING_SPAWN);
	assert_int_equal(service_at(&sv, 0)->life.err, ENOENT);
	assert_int_equal(watched, -1);
	check_kernel();
}

static void a_crash_takes_the_half_of_a_network_along_and_nothing_of_a_whole_one(void **state)
{
	struct net_session net = { 0 };
	struct service_spec *spec;

	(void)state;
	spec = begin();
	spec->namespaces = CLONE_NEWNET;
	spec->attach.bridge = 0;
	sv.net = &net;
	kernel.has_net = true;
	assert_int_equal(prepare_service(&sv, 0), 0);
	assert_true(handles()->netns >= 0);
	sv.state->reexecs = 1;
	connect_resume(&sv, 0);
	assert_int_equal(kernel.pairs, 1);
	handles()->netns = -1;
	connect_resume(&sv, 0);
	assert_int_equal(kernel.pairs, 0);
	check_kernel();
}

static unsigned told; /* networks that are to be heard of */

static void on_network(struct supervisor *s)
{
	(void)s;
	told++;
}

/* A later start makes the network that boot could not, and waits until it works; after a crash within, anew. */
static void a_network_that_is_made_later_is_waited_for(void **state)
{
	struct service_spec *spec;

	(void)state;
	spec = begin();
	spec->namespaces = spec->explicit_ns = CLONE_NEWNET;
	spec->attach.bridge = 0;
	spec->autostart = 0;
	sv.on_network = on_network;
	told = 0;
	assert_int_equal(prepare_service(&sv, 0), -EPERM);
	assert_int_equal(launch(&sv, 0), -EPERM);
	assert_int_equal(handles()->flags & HANDLE_PAIR, 0);
	kernel.has_net = true;
	kernel.pairs = 1; /* of a run that a crash cut short */
	handles()->flags |= HANDLE_PAIR;
	prepare_again(&sv, 0);
	assert_true(handles()->netns >= 0 && kernel.pairs == 1 && !(handles()->flags & HANDLE_PAIR));
	assert_true(settle_waits(&sv, 0) && told == 1);
	assert_int_equal(launch(&sv, 0), 0);
	prepare_again(&sv, 0);
	assert_int_equal(told, 1);
	check_kernel();
}

/* The log's helper takes the pipes of all: without one of them it could not start, and nobody's output would be seen. */
static void who_has_no_network_has_a_pipe(void **state)
{
	struct service_spec *spec;

	(void)state;
	spec = begin();
	spec->namespaces = spec->explicit_ns = CLONE_NEWNET;
	spec->output = OUTPUT_CONSOLE;
	assert_int_equal(prepare_service(&sv, 0), -EPERM);
	assert_true(handles()->out[0] >= 0 && handles()->out[1] >= 0);
	check_kernel();
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_start_leaves_a_child_and_a_pipe_to_hear_it_by),
		T(a_network_that_is_made_later_is_waited_for),
		T(who_has_no_network_has_a_pipe),
		T(a_start_of_what_runs_does_nothing),
		T(a_child_that_has_not_spoken_is_waited_for),
		T(the_end_of_the_pipe_means_that_it_is_the_program),
		T(a_report_is_heard_as_often_as_it_is_asked_for),
		T(a_child_that_does_without_a_default_goes_on),
		T(one_that_has_no_cgroup_namespace_is_said_to_miss_it),
		T(one_whose_root_cannot_map_ids_is_said_to_miss_that),
		T(and_may_fail_later),
		T(the_next_run_has_no_report_of_the_last),
		T(a_death_before_all_that_gives_the_pipe_back),
		T(what_fails_at_once_leaves_nothing),
		T(default_namespaces_are_done_without_where_they_are_refused),
		T(namespaces_that_are_asked_for_are_an_error_where_they_are_refused),
		T(of_both_those_that_are_asked_for_are_tried_alone),
		T(a_default_filter_is_done_without_where_there_are_none),
		T(a_filter_that_is_asked_for_is_an_error_where_there_are_none),
		T(a_filter_without_no_new_privs_needs_a_capability),
		T(too_much_at_once_is_no_reason_to_go_without_namespaces),
		T(a_child_is_born_into_its_leaf_where_that_can_be),
		T(who_may_share_memory_does_and_a_reaper_too),
		T(a_leaf_that_could_not_be_had_is_done_without),
		T(a_stop_asks_the_main_process_alone),
		T(a_kill_is_for_the_process_its_group_and_its_leaf),
		T(who_bears_the_mark_is_killed_when_its_service_has_died),
		T(who_has_lowered_its_marks_is_killed_with_any_that_it_may_be_of),
		T(a_limit_of_the_table_is_no_lowered_mark),
		T(who_has_left_its_leaf_is_killed_too),
		T(in_the_shutdown_strays_are_left_for_later),
		T(a_stray_that_came_late_is_found_when_time_is_over),
		T(the_dead_are_killed_with_their_group_before_their_pid_is_free),
		T(every_death_is_reaped_and_heard_of_once),
		T(who_is_killed_in_being_born_is_started_again_at_once_but_once),
		T(who_has_run_when_it_is_killed_says_nothing_of_its_leaf),
		T(a_leaf_is_marked_when_who_has_memory_of_its_own_is_killed),
		T(who_is_to_stop_is_not_started_again_for_having_been_killed_in_being_born),
		T(a_report_and_a_death_at_once_are_the_failed_step),
		T(a_crash_takes_the_half_of_a_network_along_and_nothing_of_a_whole_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
