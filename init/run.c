#include "init/run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "init/boot.h"
#include "init/bridges.h"
#include "init/control.h"
#include "init/exchange.h"
#include "init/links.h"
#include "init/loop.h"
#include "init/network.h"
#include "init/notice.h"
#include "init/options.h"
#include "init/precedence.h"
#include "init/reap.h"
#include "init/reexec.h"
#include "init/rules.h"
#include "init/shutdown.h"
#include "init/signals.h"
#include "init/trim.h"
#include "init/uplinks.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/proc.h"
#include "lib/sys.h"
#include "lib/text.h"
#include "net/net.h"
#include "services/caps.h"
#include "services/launch.h"
#include "services/layout.h"
#include "services/prepare.h"

static struct supervisor house;

/* -- hooks ------------------------------------------------------------------------------------- */

static void on_change(struct supervisor *sv, uint32_t index, enum state was)
{
	control_change(sv, index, was);
	if (ENABLED(CONFIG_NET_NAT) && spec_at(sv, index)->attach.flags & NET_BALANCED)
		rules_change(sv, index, was);
	shutdown_consider(sv, index);
}

static void on_deadline(struct supervisor *sv, struct when when)
{
	(void)sv;
	loop_deadline(when);
}

static void on_status_fd(struct supervisor *sv, uint32_t index, int fd)
{
	(void)sv;
	if (fd >= 0)
		loop_watch(LOOP_STATUS, index, fd, LOOP_READ);
	else
		loop_unwatch(LOOP_STATUS, index);
}

static void on_status(uint32_t index, unsigned ready)
{
	(void)ready;
	service_event(&house, index, EVENT_STATUS, 0);
}

/* -- boot ---------------------------------------------------------------------------------------- */

static int open_self(void)
{
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	if (fd < 0)
		fd = open((const char *)getauxval(AT_EXECFN), O_PATH | O_CLOEXEC);
	if (fd < 0)
		log_warn(NULL, errno, "my own program cannot be opened: a crash of minit will not be survived");
	return fd;
}

/* Where a new file is looked for (`minit reexec`): as minit was started, else as it is called by the kernel. */
static void note_program(struct statefile *state)
{
	const char *path = (const char *)getauxval(AT_EXECFN);
	ssize_t n;

	if (path && *path == '/' && strncmp(path, "/dev/fd/", 8) != 0 && strlen(path) < sizeof(state->program)) {
		memcpy(state->program, path, strlen(path) + 1);
		return;
	}
	n = readlink("/proc/self/exe", state->program, sizeof(state->program));
	if (n < 0 || n == sizeof(state->program))
		n = 0;
	state->program[n] = '\0';
}

static bool wants_leaves(const struct table *table)
{
	for (uint32_t i = 0; i < table->services.count; i++)
		if (table_service(table, i)->leaf)
			return true;
	return false;
}

/*
 * Known to the state as a whole: what a crash leaves half known is closed by the
 * execution in place, and locks with it.
 */
static void find_place(struct statefile *state)
{
	struct cgroup_home home;

	if (state->placed || !wants_leaves(house.table))
		return;
	fd_close(&state->cgroup.v2);
	for (size_t i = 0; i < CGROUP_V1_COUNT; i++)
		fd_close(&state->cgroup.v1[i]);
	cgroup_open(&home);
	state->cgroup = home;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	state->placed = 1;
}

static bool is_prepared(const struct statefile *state)
{
	return state->prepared == 2 * state->count;
}

/* Also after a crash in the middle of it: what is there already is used. */
static void prepare_all(struct statefile *state)
{
	struct net_session net;

	find_place(state); /* a table that comes later may be the first that wants leaves */
	if (is_prepared(state))
		return;
	network_open(&house, &net);
	for (; state->prepared < state->count; state->prepared++)
		if (prepare_service(&house, state->prepared))
			log_debug(service_name(&house, state->prepared), "not ready to start");
	for (; state->prepared < 2 * state->count; state->prepared++)
		prepare_rest(&house, state->prepared - state->count);
	if (house.net)
		net_close(&net);
	house.net = NULL;
}

/* One that another table had as well goes on as it was. */
static bool is_begun_by_itself(uint32_t index)
{
	return spec_at(&house, index)->autostart && !(service_at(&house, index)->handles.flags & HANDLE_KEPT);
}

/*
 * In portions, so that deaths, signals and requests are heard while thousands start. No precedence before the last is
 * begun: each death would interrupt another start.
 */
static void admit_some(struct statefile *state)
{
	const uint32_t *order = table_list(house.table, house.table->order, uint32_t);
	uint32_t room = launch_room(), until = MIN(state->admitted + room, state->count);

	if (state->admitted == state->count || state->phase != PHASE_RUNNING || !room)
		return;
	for (; state->admitted < until; state->admitted++)
		if (is_begun_by_itself(order[state->admitted]))
			service_event(&house, order[state->admitted], EVENT_WANT_UP, 0);
	if (state->admitted < state->count)
		loop_deadline(when_now());
	else
		precedence_take();
}

static void settle(bool due)
{
	admit_some(house.state);
	precedence_consider();
	if (due)
		loop_deadline(service_timeouts(&house, when_now()));
	if (due && house.state->mending & MENDING_OOM)
		notice_settle();
	if (due && house.state->mending & MENDING_BRIDGES)
		bridges_mend();
	if (due && house.state->mending & MENDING_LINKS)
		uplinks_mend();
	if (ENABLED(CONFIG_NET_NAT) && house.table->ruleset.count)
		loop_deadline(rules_settle(when_now()));
	loop_deadline(shutdown_settle(&house, when_now()));
	if (house.state->next_table_fd >= 0)
		exchange_settle(&house);
}

static void loop(void)
{
	loop_run(settle);
}

/* From here on minit does not end but by shutdown. */
rare no_return static void supervise(void)
{
	struct statefile *state = house.state;

	notice_open(&house);
	notice_resume(state->prepared);
	prepare_all(state);
	exchange_give_up(&house);
	exchange_finish(&house);
	links_watch(&house);
	uplinks_watch(&house);
	bridges_watch(&house);
	rules_watch();
	service_recover(&house);
	exchange_start(&house);
	signals_resume(&house);
	reap_all(&house);
	loop_deadline(service_timeouts(&house, when_now()));
	trim_program(loop);
}

/* What the services are to have: so it is opened once, not by each. */
static bool take_null_stdin(void)
{
	cleanup_fd int fd = fd_null(O_RDONLY);

	return fd > 0 && dup2(fd, 0) == 0;
}

/*
 * Where a service may as much as minit (root of a container without rights), and for the moment in which a child that
 * shares minit's memory has the rights of its service already, memory and descriptors are closed to it: else both
 * could be had by ptrace(2) and in /proc/1. Without CAP_SYS_PTRACE the kernel then closes to minit too what is its
 * children's until they exec, which it needs where it makes user namespaces for them. An ordinary user's own /proc
 * would be closed to it.
 */
static void close_to_others(void)
{
	uint64_t may = caps_own.set[CAPS_EFFECTIVE];
	bool needs = may >> CAP_SYS_ADMIN & 1 && !(may >> CAP_SYS_PTRACE & 1);

	if (caps_root && !needs && prctl(PR_SET_DUMPABLE, 0) < 0)
		log_warn(NULL, errno, "services with the rights of minit can look into it");
}

/* *ret_what: what cannot be had. */
rare static int open_house(struct statefile *state, const struct table *table, const char **ret_what)
{
	int err = supervisor_init(&house, state, table);

	*ret_what = "no memory for what it knows";
	house.stdin_is_null = take_null_stdin();
	house.on_change = on_change;
	house.on_deadline = on_deadline;
	house.on_status_fd = on_status_fd;
	house.on_network = links_watch;
	launch_open();
	close_to_others();
	if (err)
		return err;
	*ret_what = "nothing to wait with (epoll_create1)";
	err = loop_open(state->count);
	if (err)
		return err;
	*ret_what = "no way to go on after a crash";
	err = reexec_arm(&house);
	if (err)
		return err;
	loop_handler(LOOP_STATUS, on_status);
	rules_open(&house);
	*ret_what = "nothing that tells of signals (signalfd)";
	return signals_open(&house);
}

static void become_subreaper(enum mode mode)
{
	if (mode == MODE_SUBREAPER && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		log_warn(NULL, errno, "cannot become a subreaper: orphans of services will not be reaped here");
}

/* One that is not there is told at boot. */
static void tell_strange_proc(void)
{
	cleanup_fd int proc = proc_open();

	if (proc < 0 && access("/proc/self", F_OK) == 0)
		log_warn("/proc", 0, "is of another pid namespace, and minit's own cannot be mounted: %s: mount it "
			 "(unshare --mount-proc); what leaves a service is not found without", strerror(-proc));
}

static void tell_empty(const struct table *table)
{
	if (!table->services.count)
		log_warn("table", 0, "it has no service: nothing is started; add a section [service.NAME] to %s",
			 table->files.count ? table_item(table, table->files, 0) : "it");
}

/* Before the loop there is nobody to tell the reason to but the log. */
static int cannot_begin(const char *what, int err)
{
	log_error(NULL, -err, "it cannot begin: %s", what);
	return err;
}

/* For services, and all that is open while there are some: of no use if there are none. */
static void close_house(struct statefile *state)
{
	int state_fd = state->state_fd;

	fd_close(&state->self_fd);
	fd_close(&state_fd);
}

static int begin(enum mode mode, int table_fd)
{
	struct statefile *state = NULL;
	const char *what;
	int err = 0;
	const struct table *table = table_map(table_fd, &err);

	if (!table)
		return cannot_begin("no memory for its table", err);
	err = state_create(table, &state);
	if (err < 0)
		return cannot_begin("no memory for what it knows", err);
	launch_raise_nofile();
	state->mode = (uint8_t)mode;
	state->table_fd = table_fd;
	state->self_fd = open_self();
	note_program(state);
	become_subreaper(mode);
	tell_strange_proc();
	tell_empty(table);
	if (table->hostname_at)
		boot_hostname(mode, table_text(table, table->hostname_at));
	err = open_house(state, table, &what);
	if (!err)
		return 0;
	close_house(state);
	return cannot_begin(what, err);
}

rare int run_table(enum mode mode, int table_fd)
{
	log_open(STDERR_FILENO);
	if (begin(mode, table_fd)) {
		close(table_fd);
		return EXIT_FAILURE;
	}
	control_open(&house);
	control_watch(&house);
	supervise();
}

/* -- after an execution in place ------------------------------------------------------------------- */

static void watch_status_pipes(void)
{
	for (uint32_t i = 0; i < house.state->count; i++)
		if (service_at(&house, i)->handles.status_fd >= 0)
			loop_watch(LOOP_STATUS, i, service_at(&house, i)->handles.status_fd, LOOP_READ);
}

/* A new program has taken over: it is what the next crash is to execute. */
static void know_self(struct statefile *state)
{
	int old = state->self_fd, fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	state->self_fd = fd;
	fd_close(&old);
}

/*
 * The crash may have come while minit was in the network namespace of a service, to set it up. Who may enter none
 * (EPERM) was in none.
 */
static void go_home(const struct statefile *state)
{
	if (state->netns >= 0 && setns(state->netns, CLONE_NEWNET) < 0 && errno != EPERM)
		log_error(NULL, errno, "my own network namespace cannot be entered again");
}

static void tell_resumed(struct statefile *state)
{
	int err = reexec_returned(state->state_fd);

	if (err)
		state->returned = -err;
	if (err)
		log_error("reexec", 0, "%s: it could not go on from the state: %s; the minit before it has been "
			  "executed again", state->program, layout_why(err));
	if (state->exchange == EXCHANGE_DONE) {
		log_info("table", "another one is in force: %u service%s", state->count, state->count == 1 ? "" : "s");
		return;
	}
	log_warn(NULL, 0, "executed in place: %lu fatal signals survived, %u services go on", state->crashes,
		 state->count);
}

/* Until all of it is had, nothing is changed that the program before needs. */
static int take_over(int state_fd)
{
	int err = 0;
	const char *what;
	struct statefile *state = state_map(state_fd, &err);
	const struct table *table = state ? table_map(state->table_fd, &err) : NULL;

	if (!table)
		return err;
	go_home(state);
	return open_house(state, table, &what);
}

static int cannot_resume(void)
{
	log_error("@resume", 0, "this is for minit itself: there is no state of this process");
	if (getpid() == 1 && sys_has_children())
		reexec_stand_still();
	return 2;
}

rare int run_resume(const char *word)
{
	struct state_head head;
	struct statefile *state;
	uint64_t fd;
	int err;

	if (text_u64(word, &fd) || reexec_head((int)fd, &head))
		return cannot_resume();
	log_open(STDERR_FILENO);
	prctl(PR_SET_NAME, "minit"); /* the kernel takes the number of the descriptor, before Linux 6.14 */
	err = take_over((int)fd);
	if (err)
		reexec_return((int)fd, &head, err);
	state = house.state;
	know_self(state);
	tell_resumed(state);
	reexec_keep(state, false);
	if (state->control_fd < 0 && !is_prepared(state)) /* so the crash may have come before it was noted */
		control_open(&house);
	control_watch(&house);
	watch_status_pipes();
	supervise();
}

/* -- the table ---------------------------------------------------------------------------------------- */

struct files {
	const char *paths[TABLE_FILES_MAX];
	char names[TABLE_FILES_TEXT];
	int count;
};

rare static int find_files(struct files *files)
{
	struct buf mem = { .data = files->names, .size = sizeof(files->names) };

	files->count = table_default_files("", files->paths, TABLE_FILES_MAX, &mem);
	return files->count;
}

rare bool run_has_table(void)
{
	struct files files;

	files.count = 0;
	return find_files(&files) != 0; /* what cannot be listed is told by run_load */
}

static int no_table(int err)
{
	if (err < 0)
		log_error("/etc/minit", 0, "the files of the table cannot be listed: %s: let minit's user read it, or "
			  "name the files: minit run FILE...", table_why_no_files(err));
	else
		log_error("/etc/minit/minit.toml", 0, "there is no table, and none in /etc/minit/conf.d: write one "
			  "(minit.toml(5)), name another (minit run FILE; on a machine minit.table=FILE), or a "
			  "program, which needs none (minit -- PROGRAM)");
	return -ENOENT;
}

rare int run_load(const char *path, char *const *command)
{
	struct files files; /* as much of it is used as there are */
	struct table_source source = { .argv = command, .minit_log = true };

	files.count = 0;
	if (path) {
		files.paths[0] = path;
		files.count = 1;
	} else if (find_files(&files) <= 0) {
		return no_table(files.count);
	}
	source.paths = files.paths;
	source.count = (uint32_t)files.count;
	return table_compile(&source);
}

rare int run_main(int argc, char **argv)
{
	struct table_source source = { .paths = (const char *const *)argv + 1, .minit_log = true };
	enum mode mode = getpid() == 1 ? MODE_CONTAINER : MODE_SUBREAPER;
	int fd;

	argc = options_take(argc, argv, NULL, 0);
	source.count = (uint32_t)argc - 1;
	option_socket_pass(argv[0]);
	if (mode == MODE_CONTAINER)
		boot_container();
	fd = argc > 1 ? table_compile(&source) : run_load(NULL, NULL);
	if (fd < 0)
		return EXIT_CONFIG;
	return run_table(mode, fd);
}
