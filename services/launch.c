#include "services/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "lib/cure.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/sys.h"
#include "services/caps.h"
#include "services/child.h"
#include "services/frame.h"
#include "services/joined.h"
#include "services/leaf.h"
#include "services/prepare.h"
#include "services/reaper.h"
#include "services/reaper_program.h"
#include "services/strays.h"
#include "services/view.h"

static struct handles *handles_at(const struct supervisor *sv, uint32_t index)
{
	return &service_at(sv, index)->handles;
}

struct rlimit launch_nofile;

/* A thousand services with pipes and namespaces need a few thousand descriptors. */
rare void launch_raise_nofile(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) < 0 || most.rlim_cur == most.rlim_max)
		return;
	launch_nofile = most;
	most.rlim_cur = most.rlim_max;
	prlimit(0, RLIMIT_NOFILE, &most, NULL); /* setrlimit(3) brings all that threads need */
}

/* How many services are begun before the loop looks at what else has happened. */
#define AT_ONCE 32

static bool is_sharing;

rare void launch_open(void)
{
	caps_read();
	strays_open();
	view_look_at_processors();
	is_sharing = frame_open() == 0;
}

unsigned launch_room(void)
{
	return is_sharing ? MIN(AT_ONCE, frame_left()) : AT_ONCE;
}

/* -- the clone ------------------------------------------------------------------------------------ */

/*
 * The kept network namespace is joined by the child; those of users and clocks it makes by itself, when all is done
 * that needs minit's; the others are made with it.
 */
uint32_t launch_namespaces(const struct supervisor *sv, uint32_t index)
{
	const struct service_spec *spec = spec_at(sv, index);
	const uint32_t later = CLONE_NEWNET | CLONE_NEWUSER | CLONE_NEWTIME;
	uint32_t flags = spec->namespaces & ~later;

	if (handles_at(sv, index)->missing & MISSING_NAMESPACES)
		flags &= spec->explicit_ns;
	return flags;
}

static void run_child(void *arg)
{
	struct child *child = arg;

	child->began = true;
	child_run(child);
}

static pid_t clone_child(struct supervisor *sv, uint32_t index, struct child *child, int leaf_fd)
{
	struct sys_clone how = {
		.flags = launch_namespaces(sv, index),
		.leaf_fd = leaf_fd,
		.ret_pid = &handles_at(sv, index)->pid,
		.run = run_child,
		.arg = child,
	};
	pid_t pid;

	child->namespaces = (uint32_t)how.flags;
	if (child->in_leaf && leaf_fd < 0) /* is made where it joins: step_leaf */
		how.flags &= ~(uint64_t)CLONE_NEWCGROUP;
	how.frame = child_stays(child) ? child->reaper_frame : child->frame;
	child->born_into_leaf = leaf_fd >= 0;
	pid = sys_clone(&how);
	if (pid == 0)
		child_run(child);
	return pid;
}

static bool is_forbidden(pid_t err)
{
	return err == -EPERM || err == -EINVAL || err == -ENOSPC;
}

/* Once: it is this environment, and the status of each service has it. */
static void tell_missing(const char *name, int err)
{
	static bool is_told;
	BUF_ON_STACK(cure, 120);

	if (is_told)
		return;
	is_told = true;
	cure_put(&cure, err == EPERM ? "to have them, $SYS_ADMIN; " : "");
	log_warn(name, 0, "namespaces: %s: the default ones cannot be had here, and are left out for it and all others "
		 "like it (%sask for them to make it an error)", strerror(err), buf_text(&cure));
}

/* Namespaces that are only the default are done without where the kernel refuses them. */
static pid_t clone_with_less(struct supervisor *sv, uint32_t index, struct child *child, int leaf_fd)
{
	pid_t pid = clone_child(sv, index, child, leaf_fd);

	if (pid == -EOPNOTSUPP && leaf_fd >= 0) {
		leaf_fd = -1;
		pid = clone_child(sv, index, child, leaf_fd);
	}
	if (!is_forbidden(pid) || !(child->namespaces & ~spec_at(sv, index)->explicit_ns))
		return pid;
	handles_at(sv, index)->missing |= MISSING_NAMESPACES;
	tell_missing(service_name(sv, index), -pid);
	return clone_child(sv, index, child, leaf_fd);
}

static void gather_outputs(struct supervisor *sv)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (prepare_wants_pipe(spec_at(sv, i)))
			sv->output_fds[spec_at(sv, i)->output_slot] = handles_at(sv, i)->out[0];
}

/* Touched in children only, each of which has its own copy. */
static struct child_memory own_memory;

static struct child child_of(struct supervisor *sv, uint32_t index, int status_fd)
{
	const struct service_spec *spec = spec_at(sv, index);
	struct child child = {
		.memory = &own_memory,
		.table = sv->table,
		.spec = spec,
		.in_leaf = has_leaf(sv, index),
		.mark = strays_mark(sv, index),
		.has_seccomp = !(handles_at(sv, index)->missing & MISSING_SECCOMP),
		.home = sv->state->cgroup,
		.stdin_is_null = sv->stdin_is_null,
		.status_fd = status_fd,
		.netns_fd = handles_at(sv, table_network_owner(sv->table, index))->netns,
		.join_fd = -1,
		.root_fd = -1,
		.image_fds = { -1, -1 },
		.userns_fd = -1,
		.secrets_fd = -1,
		.out_fd = handles_at(sv, index)->out[1],
		.self_fd = sv->state->self_fd,
		.holds_reaper = table_confine(sv->table, spec)->roots.held,
		.table_fd = sv->state->table_fd,
		.reaper_pipe = { -1, -1 },
		.output_fds = sv->output_fds,
	};

	child.home.needed = handles_at(sv, index)->old_places;
	if (spec->internal)
		gather_outputs(sv);
	return child;
}

/* What becomes the reaper of its namespace, with the program as its child. */
static bool stays(const struct supervisor *sv, uint32_t index)
{
	return spec_at(sv, index)->init && launch_namespaces(sv, index) & CLONE_NEWPID;
}

bool launch_has_exited(const struct supervisor *sv, uint32_t index)
{
	return sys_left_word(handles_at(sv, index)->pid) == REAPER_EXITED;
}

bool launch_stays(const struct supervisor *sv, uint32_t index)
{
	return stays(sv, index) || table_confine(sv->table, spec_at(sv, index))->roots.join_flags & CLONE_NEWPID;
}

/* Made when it is first needed; of no state, as it is made anew by the next minit. */
static int program_of_reaper(enum reaper_place place)
{
	static int fds[REAPER_PLACES];

	if (!fds[place])
		fds[place] = reaper_program_open(place);
	return fds[place];
}

/*
 * A child that forks from its memory: frames are in nobody's copy. Clocks of its own are entered by a fork alone,
 * those of another by who shares no memory.
 */
static bool is_father(const struct supervisor *sv, uint32_t index)
{
	const struct service_spec *spec = spec_at(sv, index);
	const struct roots_spec *roots = &table_confine(sv->table, spec)->roots;

	return (stays(sv, index) && spec->namespaces & CLONE_NEWTIME) ||
	       roots->join_flags & (CLONE_NEWPID | CLONE_NEWTIME) || roots->uids.count;
}

/*
 * Sharing memory saves the copy of it, half of what a start costs. Not for a
 * child that forks, that maps more (env_file), or whose leaf has so little memory
 * that it may be killed in it (services/leaf.c); and what is written of one process
 * goes to all that share its memory (oom_score_adj, coredump_filter). One that is
 * to stay, as the reaper, leaves it by an exec too.
 */
static bool may_share(const struct supervisor *sv, uint32_t index)
{
	const struct service_spec *spec = spec_at(sv, index);
	bool marked = table_confine(sv->table, spec)->privileges.given & (GIVEN_OOM_SCORE_ADJ | GIVEN_DUMP_FILTER);

	return is_sharing && !is_father(sv, index) && !marked && !handles_at(sv, index)->tight && !spec->internal &&
	       !spec->env_file.count && (!stays(sv, index) || program_of_reaper(REAPER_ANYWHERE) >= 0);
}

static pid_t start_shared(struct supervisor *sv, uint32_t index, const struct child *child, int leaf_fd)
{
	struct frame *frame = may_share(sv, index) ? frame_take(index) : NULL;
	struct child_memory *memory;
	pid_t pid;

	if (!frame)
		return -ENOSYS;
	memory = frame->child.memory;
	frame->child = *child;
	frame->child.memory = memory;
	frame->child.frame = &frame->memory;
	frame->child.reaper_frame = &frame->reaper;
	for (enum reaper_place place = 0; place < REAPER_PLACES; place++)
		frame->child.reaper_fds[place] = stays(sv, index) ? program_of_reaper(place) : -1;
	pid = clone_with_less(sv, index, &frame->child, leaf_fd);
	if (pid < 0)
		frame_release(index);
	return pid;
}

/*
 * The loop device of an image is opened before the child is held back from it: who may have none is not born into its
 * leaf, but moves there when that is done.
 */
static bool joins_late(const struct supervisor *sv, uint32_t index)
{
	const struct confine_spec *confine = table_confine(sv->table, spec_at(sv, index));

	return confine->roots.image && confine->leaf.device_policy != DEVICES_ANY;
}

/* Nobody was in it, so somebody may have removed it: it is made anew, with all that is to hold in it, or refused. */
static int open_leaf(struct supervisor *sv, uint32_t index)
{
	struct leaf_name name;
	const char *leaf = leaf_of(sv, index, &name), *detail;
	int fd = cgroup_leaf_fd(&sv->state->cgroup, leaf), err;

	if (fd != -ENOENT)
		return fd;
	err = leaf_prepare(sv, index, &detail);
	return err ? prepare_refuse(sv, index, STEP_leaf, err, detail) : cgroup_leaf_fd(&sv->state->cgroup, leaf);
}

static pid_t start(struct supervisor *sv, uint32_t index, int status_fd)
{
	struct child child = child_of(sv, index, status_fd);
	const bool joins = table_confine(sv->table, child.spec)->roots.join_flags;
	cleanup_fd int join_fd = joins ? joined_open(sv, index) : -1, leaf_fd = -1;
	pid_t pid;

	if (child.in_leaf && sv->state->cgroup.into && !joins_late(sv, index))
		leaf_fd = open_leaf(sv, index);
	if (leaf_fd < 0)
		leaf_fd = -1;
	if (handles_at(sv, index)->refused)
		return -handles_at(sv, index)->refused;
	child.join_fd = join_fd;
	pid = start_shared(sv, index, &child, leaf_fd);
	return pid == -ENOSYS ? clone_with_less(sv, index, &child, leaf_fd) : pid;
}

static void forget_status(struct supervisor *sv, uint32_t index)
{
	int32_t *fd = &handles_at(sv, index)->status_fd;

	if (*fd < 0)
		return;
	sv->on_status_fd(sv, index, -1);
	fd_close(fd);
}

/* The network of another that is joined has to be there. */
static int check_owner(struct supervisor *sv, uint32_t index)
{
	uint32_t owner = table_network_owner(sv->table, index);

	if (owner == index || handles_at(sv, owner)->netns >= 0)
		return 0;
	return prepare_refuse(sv, index, STEP_network, -ENXIO, service_name(sv, owner));
}

/* Where an overlay keeps what is written, by its text in the table, or 0. */
static uint32_t kept_at(const struct supervisor *sv, uint32_t index)
{
	uint32_t at = table_confine(sv->table, spec_at(sv, index))->roots.overlay_at;

	return at && *table_text(sv->table, at) == '/' ? at : 0;
}

/* What two overlays write to one place is undefined, and the kernel only warns of it (overlayfs.rst). */
static int check_kept(struct supervisor *sv, uint32_t index)
{
	uint32_t at = kept_at(sv, index);

	for (uint32_t i = 0; at && i < sv->state->count; i++)
		if (i != index && service_is_active(service_at(sv, i)) && kept_at(sv, i) == at)
			return prepare_refuse(sv, index, STEP_mounts, -EBUSY, table_text(sv->table, at));
	return 0;
}

int launch(struct supervisor *sv, uint32_t index)
{
	struct handles *h = handles_at(sv, index);
	cleanup_fd int status_fd = -1;
	int ends[2], err = -h->refused;
	pid_t pid;

	if (h->pid)
		return 0;
	if (!err)
		err = check_owner(sv, index);
	if (!err)
		err = check_kept(sv, index);
	if (!err)
		err = sys_pipe(ends, O_NONBLOCK);
	if (err)
		return err;
	if (leaf_is_frozen(sv, index) || table_confine(sv->table, spec_at(sv, index))->leaf.delegate)
		leaf_refresh(sv, index);
	forget_status(sv, index);
	h->report.err = 0;
	h->missing &= ~(MISSING_MOUNTS | MISSING_GROUPS | MISSING_IDMAP); /* the child looks anew */
	h->status_fd = ends[0];
	status_fd = ends[1];
	pid = start(sv, index, status_fd);
	if (pid < 0) {
		forget_status(sv, index);
		return pid;
	}
	service_pid_add(sv, index);
	sv->on_status_fd(sv, index, h->status_fd);
	return 0;
}

/* What a step notes that goes on without. */
static enum missing missing_of(enum step step)
{
	return step == STEP_mounts ? MISSING_MOUNTS : step == STEP_idmap ? MISSING_IDMAP : MISSING_GROUPS;
}

/* Once, with the first that it was seen of. The status of each has it. */
static void note_missing(struct supervisor *sv, uint32_t index)
{
	struct handles *h = handles_at(sv, index);
	static int32_t told;
	int32_t missing = (int32_t)missing_of(h->report.step);

	h->missing |= missing;
	h->report.detail[STATE_DETAIL - 1] = '\0';
	if (!(told & missing))
		log_warn(service_name(sv, index), 0, "%s cannot be had here, and is left out for it and all others "
			 "like it (ask for it to make it an error)", h->report.detail);
	told |= missing;
}

/* The pipe gives a report once: it goes straight to where a crash does not lose it. Whether there may be more. */
static bool has_more(struct supervisor *sv, uint32_t index)
{
	struct handles *h = handles_at(sv, index);
	ssize_t n = 0;

	while (h->status_fd >= 0 && !h->report.err &&
	       (n = read(h->status_fd, &h->report, sizeof(h->report))) > 0 && !h->report.err)
		note_missing(sv, index);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Where PID 1 can see it: a frame lasts until its child is the program, or is reaped. */
static bool is_stillborn(uint32_t index)
{
	const struct frame *frame = frame_of(index);

	return frame && !frame->child.began;
}

int launch_hear(struct supervisor *sv, uint32_t index, struct spawn_report *ret)
{
	struct handles *h = handles_at(sv, index);

	if (has_more(sv, index))
		return -EAGAIN;
	forget_status(sv, index);
	if (!h->report.err && is_stillborn(index))
		return -EAGAIN;
	if (!h->report.err) {
		frame_release(index); /* the pipe ends with the exec, which leaves the memory first */
		return 0;
	}
	h->report.detail[STATE_DETAIL - 1] = '\0';
	*ret = h->report;
	return 1;
}

/* -- the end ---------------------------------------------------------------------------------------- */

void launch_stop(struct supervisor *sv, uint32_t index)
{
	pid_t pid = handles_at(sv, index)->pid;

	if (!pid)
		return;
	sys_kill(pid, spec_at(sv, index)->stop_signal);
	sys_kill(pid, SIGCONT);
	if (leaf_is_frozen(sv, index) && leaf_pause(sv, index, false))
		log_debug(service_name(sv, index), "its leaf stays frozen");
}

/*
 * The group of the session leader goes with it: a service may have neither leaf
 * nor pid namespace. Who has left the group, or the leaf, is found by services/strays.c.
 */
void launch_kill(struct supervisor *sv, uint32_t index)
{
	pid_t pid = handles_at(sv, index)->pid;
	struct leaf_name name;

	if (pid) {
		sys_kill(pid, SIGKILL);
		sys_kill(-pid, SIGKILL);
	}
	if (has_leaf(sv, index))
		cgroup_kill(&sv->state->cgroup, leaf_of(sv, index, &name));
}

bool launch_note_killed(const struct supervisor *sv, uint32_t index)
{
	bool stillborn = is_stillborn(index);
	struct leaf_name name;

	if (!has_leaf(sv, index) || (may_share(sv, index) && !stillborn))
		return false;
	return cgroup_note_killed(&sv->state->cgroup, leaf_of(sv, index, &name)) && stillborn;
}

void launch_reaped(struct supervisor *sv, uint32_t index)
{
	struct handles *h = handles_at(sv, index);

	if (!h->pid)
		return;
	sys_kill(-h->pid, SIGKILL);
	forget_status(sv, index);
	frame_release(index);
	service_pid_drop(sv, index);
	h->flags &= (uint8_t)~HANDLE_OOM;
	h->pid = 0;
}

bool launch_is_empty(struct supervisor *sv, uint32_t index)
{
	struct leaf_name name;

	if (has_leaf(sv, index) && !cgroup_is_empty(&sv->state->cgroup, leaf_of(sv, index, &name)))
		return false;
	return launch_namespaces(sv, index) & CLONE_NEWPID || strays_gone(sv, index);
}

uint64_t launch_oom_kills(const struct supervisor *sv, uint32_t index)
{
	const struct cgroup_home *home = &sv->state->cgroup;
	struct leaf_name name;

	if (!has_leaf(sv, index))
		return 0;
	return table_confine(sv->table, spec_at(sv, index))->leaf.delegate ?
		       cgroup_oom_ends(home, leaf_of(sv, index, &name)) :
		       cgroup_oom_kills(home, leaf_of(sv, index, &name));
}
