#include "cgroup/devices.h"
#include "tests/fake/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/sys.h"
#include "lib/children.h"
#include "lib/fd.h"
#include "lib/proc.h"
#include "net/net.h"
#include "services/child.h"
#include "services/reaper_program.h"
#include "services/strays.h"

struct kernel kernel;
struct statefile *kernel_state;
void (*kernel_hook)(const char *call, bool done);
void (*kernel_on_start)(uint32_t service);
void (*kernel_on_stop)(uint32_t service);

/* A call of minit's: the hook before, and after when the scope ends. */
static const char *enter(const char *call)
{
	if (kernel_hook)
		kernel_hook(call, false);
	return call;
}

static void leave(const char **call)
{
	if (kernel_hook)
		kernel_hook(*call, true);
}

#define CALL(name) cleanup(leave) __attribute__((unused)) const char *call_ = enter(name)

void kernel_reset(void)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.now_ms = 1000000;
}

void kernel_fault(const char *fmt, ...)
{
	va_list ap;

	if (kernel.fault[0])
		return;
	va_start(ap, fmt);
	vsnprintf(kernel.fault, sizeof(kernel.fault), fmt, ap);
	va_end(ap);
}

/* -- processes -- */

pid_t kernel_pid(const struct process *p)
{
	return (pid_t)(p - kernel.process) + 2;
}

struct process *kernel_process(pid_t pid)
{
	struct process *p = &kernel.process[pid - 2];

	return pid >= 2 && pid < KERNEL_PROCESSES + 2 && p->state != PROCESS_FREE ? p : NULL;
}

/* Numbers are given in turn, as the real one does, so that one is not used again soon. */
static struct process *new_process(void)
{
	for (size_t i = 0; i < KERNEL_PROCESSES; i++) {
		struct process *p = &kernel.process[kernel.next_process++ % KERNEL_PROCESSES];

		if (p->state == PROCESS_FREE) {
			memset(p, 0, sizeof(*p));
			p->pipe = -1;
			return p;
		}
	}
	return NULL;
}

static bool lives(const struct process *p)
{
	return p->state == PROCESS_CHILD || p->state == PROCESS_RUNS;
}

/* Of two, as between the start of a new one and the reaping of the old, the living one. */
struct process *kernel_main(uint32_t service)
{
	struct process *dead = NULL;

	for (size_t i = 0; i < KERNEL_PROCESSES; i++) {
		struct process *p = &kernel.process[i];

		if (p->state == PROCESS_FREE || !p->main || p->service != service)
			continue;
		if (lives(p))
			return p;
		dead = p;
	}
	return dead;
}

unsigned kernel_alive(uint32_t service, bool only_leaf)
{
	unsigned n = 0;

	for (size_t i = 0; i < KERNEL_PROCESSES; i++) {
		const struct process *p = &kernel.process[i];

		n += lives(p) && p->service == service && (p->leaf || !only_leaf);
	}
	return n;
}

void kernel_exec(struct process *p)
{
	p->state = PROCESS_RUNS;
	p->pipe = -1;
}

void kernel_die(struct process *p, int status)
{
	p->state = PROCESS_ZOMBIE;
	p->status = status;
	p->pipe = -1;
}

static void speak(struct process *p, enum step step, int err)
{
	struct kernel_pipe *pipe = &kernel.pipe[p->pipe];

	pipe->spoken = 1;
	pipe->heard = 0;
	pipe->report = (struct spawn_report){ .step = step, .err = err, .detail = "what it was about" };
}

void kernel_fail(struct process *p, enum step step, int err)
{
	speak(p, step, err);
	kernel_die(p, 127 << 8);
}

void kernel_note(struct process *p, enum step step)
{
	speak(p, step, 0);
}

struct process *kernel_fork(struct process *p, bool grouped)
{
	struct process *stray = new_process();

	if (!stray)
		return NULL;
	stray->state = PROCESS_RUNS;
	stray->service = p->service;
	stray->leaf = p->leaf;
	stray->grouped = grouped;
	return stray;
}

/* -- descriptors -- */

static int new_fd(enum fd_kind kind, unsigned pipe)
{
	for (int i = 0; i < KERNEL_FDS; i++)
		if (kernel.fd[i].kind == FD_FREE) {
			kernel.fd[i] = (struct kernel_fd){ .kind = (uint8_t)kind, .pipe = (uint8_t)pipe };
			return KERNEL_FD_BASE + i;
		}
	return -EMFILE;
}

static struct kernel_fd *fd_at(int fd)
{
	return &kernel.fd[fd - KERNEL_FD_BASE];
}

static bool has_writer(unsigned pipe)
{
	for (int i = 0; i < KERNEL_FDS; i++)
		if (kernel.fd[i].kind == FD_WRITE && kernel.fd[i].pipe == pipe)
			return true;
	for (size_t i = 0; i < KERNEL_PROCESSES; i++)
		if (lives(&kernel.process[i]) && kernel.process[i].pipe == (int)pipe)
			return true;
	return false;
}

static void drop_pipe(unsigned pipe)
{
	for (int i = 0; i < KERNEL_FDS; i++)
		if ((kernel.fd[i].kind == FD_READ || kernel.fd[i].kind == FD_WRITE) && kernel.fd[i].pipe == pipe)
			return;
	if (!has_writer(pipe))
		kernel.pipe[pipe].used = 0;
}

static int new_pipe(void)
{
	for (unsigned i = 0; i < KERNEL_PIPES; i++)
		if (!kernel.pipe[i].used && !has_writer(i)) {
			kernel.pipe[i] = (struct kernel_pipe){ .used = 1 };
			return (int)i;
		}
	return -ENFILE;
}

bool kernel_readable(int fd)
{
	const struct kernel_fd *f = fd_at(fd);

	if (f->kind != FD_READ)
		return false;
	return (kernel.pipe[f->pipe].spoken && !kernel.pipe[f->pipe].heard) || !has_writer(f->pipe);
}

unsigned kernel_open_pipes(void)
{
	unsigned n = 0;

	for (int i = 0; i < KERNEL_FDS; i++)
		n += kernel.fd[i].kind == FD_READ || kernel.fd[i].kind == FD_WRITE;
	return n;
}

static void close_fd(int i)
{
	unsigned pipe = kernel.fd[i].pipe;
	bool was_pipe = kernel.fd[i].kind == FD_READ || kernel.fd[i].kind == FD_WRITE;

	kernel.fd[i].kind = FD_FREE;
	if (was_pipe)
		drop_pipe(pipe);
}

static bool is_kept(int fd)
{
	for (uint32_t i = 0; i < kernel_state->count; i++) {
		const struct handles *h = &kernel_state->services[i].handles;

		if (h->status_fd == fd || h->out[0] == fd || h->out[1] == fd || h->netns == fd)
			return true;
	}
	return false;
}

void kernel_reexec(void)
{
	for (int i = 0; i < KERNEL_FDS; i++)
		if (kernel.fd[i].kind != FD_FREE && !is_kept(KERNEL_FD_BASE + i))
			close_fd(i);
	/* The loop's, the signals': they get whatever numbers are free. */
	(void)new_fd(FD_OWN, 0);
	(void)new_fd(FD_OWN, 0);
}

ssize_t __real_read(int fd, void *mem, size_t size);
ssize_t __wrap_read(int fd, void *mem, size_t size);

ssize_t __wrap_read(int fd, void *mem, size_t size)
{
	struct kernel_pipe *pipe;

	if (fd < KERNEL_FD_BASE)
		return __real_read(fd, mem, size);
	CALL("read");
	if (fd_at(fd)->kind != FD_READ) {
		kernel_fault("read of descriptor %d, which is not a status pipe", fd);
		errno = EBADF;
		return -1;
	}
	pipe = &kernel.pipe[fd_at(fd)->pipe];
	if (pipe->spoken && !pipe->heard) {
		pipe->heard = 1;
		memcpy(mem, &pipe->report, sizeof(pipe->report));
		return sizeof(pipe->report);
	}
	if (!has_writer(fd_at(fd)->pipe))
		return 0;
	errno = EAGAIN;
	return -1;
}

int __real_close(int fd);
int __wrap_close(int fd);

int __wrap_close(int fd)
{
	if (fd < KERNEL_FD_BASE)
		return __real_close(fd);
	CALL("close");
	if (fd_at(fd)->kind == FD_FREE || fd_at(fd)->kind == FD_OWN)
		kernel_fault("close of descriptor %d, which is %s", fd,
			     fd_at(fd)->kind == FD_OWN ? "somebody else's" : "closed");
	close_fd(fd - KERNEL_FD_BASE);
	return 0;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	*ts = (struct timespec){ .tv_sec = kernel.now_ms / 1000, .tv_nsec = kernel.now_ms % 1000 * 1000000 };
	return 0;
}

int sys_pipe(int ret_ends[2], int flags)
{
	int pipe;

	(void)flags;
	CALL("pipe");
	if (kernel.pipe_err)
		return kernel.pipe_err;
	pipe = new_pipe();
	if (pipe < 0)
		return pipe;
	ret_ends[0] = new_fd(FD_READ, (unsigned)pipe);
	ret_ends[1] = new_fd(FD_WRITE, (unsigned)pipe);
	if (ret_ends[0] < 0 || ret_ends[1] < 0)
		kernel_fault("out of descriptors");
	return 0;
}

int sys_can_filter(bool no_new_privs)
{
	return no_new_privs ? kernel.filter_err : -EACCES;
}

int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	(void)first, (void)last, (void)flags;
	return 0;
}

/* -- calls about processes -- */

/* Which service the pid is written to. */
static uint32_t service_of(const pid_t *ret_pid)
{
	for (uint32_t i = 0; i < kernel_state->count; i++)
		if (ret_pid == &kernel_state->services[i].handles.pid)
			return i;
	kernel_fault("a clone whose pid is not written into the handles");
	return 0;
}

bool sys_can_share(void)
{
	return true;
}

static int clone_error(const struct sys_clone *how)
{
	if (how->leaf_fd >= 0 && kernel.clone_into_err)
		return kernel.clone_into_err;
	if (how->flags && kernel.clone_ns_err)
		return kernel.clone_ns_err;
	return kernel.clone_err;
}

static int inherited_pipe(void)
{
	for (int i = 0; i < KERNEL_FDS; i++)
		if (kernel.fd[i].kind == FD_WRITE)
			return kernel.fd[i].pipe;
	return -1;
}

pid_t sys_clone(const struct sys_clone *how)
{
	uint32_t service = service_of(how->ret_pid);
	struct process *p;

	CALL("clone");
	kernel.last_clone_flags = how->flags;
	kernel.last_clone_shares = how->frame != NULL;
	kernel.last_clone_leaf = how->leaf_fd;
	if (clone_error(how))
		return clone_error(how);
	if (kernel_main(service) && lives(kernel_main(service)))
		kernel_fault("service %u is started while its process %d is there", service,
			     kernel_pid(kernel_main(service)));
	if (kernel_alive(service, false))
		kernel_fault("service %u is started while %u of its processes are left", service,
			     kernel_alive(service, false));
	p = new_process();
	if (!p)
		return -EAGAIN;
	p->state = PROCESS_CHILD;
	p->main = 1;
	p->service = (uint8_t)service;
	p->leaf = !(kernel.leafless >> service & 1);
	p->pipe = (int8_t)inherited_pipe();
	if (how->frame && !kernel.stillborn)
		((struct child *)how->arg)->began = true;
	*how->ret_pid = kernel_pid(p);
	kernel.clones++;
	if (kernel_on_start)
		kernel_on_start(service);
	return kernel_pid(p);
}

static int signal_one(struct process *p, int sig)
{
	if (p->state == PROCESS_ZOMBIE)
		return 0;
	if (sig == SIGKILL)
		p->doomed = 1;
	else if (sig != SIGCONT && p->main) {
		p->asked = 1;
		if (kernel_on_stop)
			kernel_on_stop(p->service);
	}
	return 0;
}

static int signal_group(pid_t leader, int sig)
{
	struct process *main = kernel_process(leader);

	if (!main) {
		kernel_fault("a signal for the group of process %d, which has been reaped", leader);
		return -ESRCH;
	}
	for (size_t i = 0; i < KERNEL_PROCESSES; i++) {
		struct process *p = &kernel.process[i];

		if (lives(p) && p->service == main->service && p->grouped)
			signal_one(p, sig);
	}
	return lives(main) ? signal_one(main, sig) : 0;
}

int sys_pidfd(pid_t pid)
{
	CALL("pidfd");
	return kernel_process(pid) ? dup(2) : -ESRCH;
}

int sys_kill(pid_t pid, int sig)
{
	struct process *p;

	CALL("kill");
	if (pid < 0)
		return signal_group(-pid, sig);
	p = kernel_process(pid);
	if (!p) {
		kernel_fault("a signal for process %d, which has been reaped", pid);
		return -ESRCH;
	}
	return signal_one(p, sig);
}

pid_t sys_peek_dead(struct sys_death *ret_death)
{
	CALL("waitid");
	for (size_t i = 0; i < KERNEL_PROCESSES; i++)
		if (kernel.process[i].state == PROCESS_ZOMBIE) {
			*ret_death = (struct sys_death){ kernel_pid(&kernel.process[i]), kernel.process[i].status };
			return ret_death->pid;
		}
	return 0;
}

uint64_t sys_left_word(pid_t pid)
{
	CALL("prlimit");
	(void)pid;
	return 0;
}

int sys_reap(pid_t pid)
{
	struct process *p = kernel_process(pid);

	CALL("reap");
	if (!p || p->state != PROCESS_ZOMBIE) {
		kernel_fault("process %d is reaped but not dead", pid);
		return -ECHILD;
	}
	p->state = PROCESS_FREE;
	return 0;
}

int proc_open(void)
{
	return fd_open("/proc", O_PATH | O_DIRECTORY);
}

/* What has lost its parents, and the main processes; descendants whose parents live are not told apart here. */
void children_each(void (*each)(void *arg, int proc, pid_t pid), void *arg)
{
	CALL("children");
	for (size_t i = 0; i < KERNEL_PROCESSES; i++)
		if (kernel.process[i].state != PROCESS_FREE)
			each(arg, -1, kernel_pid(&kernel.process[i]));
}

bool children_in_group(int proc, pid_t pid, const char *name)
{
	(void)proc, (void)pid, (void)name;
	return false;
}

int children_limits(int proc, pid_t pid, uint64_t *ret_locks, uint64_t *ret_rttime)
{
	const struct process *p = kernel_process(pid);
	const struct supervisor sv = { .state = kernel_state };
	struct strays_mark mark;

	(void)proc;
	if (!p)
		return -ESRCH;
	mark = p->unmarked ? (struct strays_mark){ UINT64_MAX, UINT64_MAX } : strays_mark(&sv, p->service);
	*ret_locks = mark.locks - p->lowered_locks;
	*ret_rttime = p->rttime ? p->rttime : mark.rttime - p->lowered_rttime;
	return 0;
}

/* -- leaves: their names are the services' -- */

static uint32_t leaf_of(const char *name)
{
	return (uint32_t)(*name - 'a');
}

int cgroup_create(struct cgroup_home *home, const char *name)
{
	(void)home, (void)name;
	return 0;
}

int cgroup_limit(struct cgroup_home *home, const char *name, const char *file, const char *text, struct buf *why)
{
	(void)home, (void)name, (void)file, (void)text, (void)why;
	return 0;
}

int cgroup_devices(struct cgroup_home *home, const char *name, const struct devices *d, int *program, struct buf *why)
{
	(void)home, (void)name, (void)d, (void)program, (void)why;
	return 0;
}

void devices_begin(struct devices *d)
{
	d->count = 0;
}

int devices_allow(struct devices *d, const char *name, uint8_t access)
{
	(void)d, (void)name, (void)access;
	return 0;
}

bool cgroup_has_more(const struct cgroup_home *home, const char *name, const char *text)
{
	(void)home, (void)name, (void)text;
	return false;
}

int cgroup_adopt(const struct cgroup_home *home, const char *name, pid_t child)
{
	(void)home, (void)name, (void)child;
	return 0;
}

uint16_t cgroup_old_places(const struct cgroup_home *home, const char *name)
{
	(void)home;
	(void)name;
	return 0;
}

void cgroup_spread(struct cgroup_home *home, const char *name)
{
	(void)home, (void)name;
}

void cgroup_clear(const struct cgroup_home *home, const char *name)
{
	(void)home, (void)name;
}

int cgroup_freeze(const struct cgroup_home *home, const char *name, bool frozen)
{
	(void)home, (void)name, (void)frozen;
	return 0;
}

int cgroup_leaf_fd(const struct cgroup_home *home, const char *name)
{
	(void)home, (void)name;
	CALL("leaf");
	return new_fd(FD_LEAF, 0);
}

bool cgroup_is_empty(const struct cgroup_home *home, const char *name)
{
	(void)home;
	CALL("populated");
	return !kernel_alive(leaf_of(name), true);
}

int cgroup_kill(const struct cgroup_home *home, const char *name)
{
	(void)home;
	CALL("cgroup.kill");
	for (size_t i = 0; i < KERNEL_PROCESSES; i++) {
		struct process *p = &kernel.process[i];

		if (lives(p) && p->leaf && p->service == leaf_of(name))
			p->doomed = 1;
	}
	return 0;
}

bool cgroup_note_killed(const struct cgroup_home *home, const char *name)
{
	(void)home;
	CALL("note");
	return !(kernel.noted & 1u << leaf_of(name)) && (kernel.noted |= 1u << leaf_of(name));
}

uint64_t cgroup_oom_kills(const struct cgroup_home *home, const char *name)
{
	(void)home;
	CALL("oom");
	return kernel.oom_kills[leaf_of(name)];
}

uint64_t cgroup_oom_ends(const struct cgroup_home *home, const char *name)
{
	return cgroup_oom_kills(home, name);
}

/* -- what these tests have no use for -- */

#if ENABLED(CONFIG_NET)
int net_open(struct net_session *ret_s)
{
	(void)ret_s;
	return 0;
}

void net_close(struct net_session *s)
{
	(void)s;
}

int net_attach(struct net_session *s, const char *object, const struct net_attach *attach,
	       const struct net_bridge *bridge, const struct net_extra *extra)
{
	(void)s, (void)object, (void)attach, (void)bridge, (void)extra;
	if (!kernel.has_net)
		return -EPERM;
	kernel.pairs++;
	return new_fd(FD_LEAF, 0);
}

bool net_is_there(struct net_session *s, const char *ifname)
{
	(void)s, (void)ifname;
	return kernel.pairs > 0;
}

bool net_is_pair(struct net_session *s, const char *ifname)
{
	return net_is_there(s, ifname);
}

void net_disconnect(struct net_session *s, const struct net_attach *attach, const struct net_bridge *bridge)
{
	(void)s, (void)attach, (void)bridge;
}

int net_port_open(struct net_session *s, const char *object, const struct net_attach *attach,
		  const struct net_bridge *bridge)
{
	(void)s, (void)object, (void)attach, (void)bridge;
	return 0;
}

bool net_port_is_shut(struct net_session *s, const struct net_attach *attach, const struct net_bridge *bridge)
{
	(void)s, (void)attach, (void)bridge;
	return false;
}

bool net_bridge_lacks_ipv6(struct net_session *s, const char *ifname)
{
	(void)s, (void)ifname;
	return false;
}

int net_remove(struct net_session *s, const char *ifname)
{
	(void)s, (void)ifname;
	kernel.pairs -= kernel.pairs > 0;
	return 0;
}
#endif

#if ENABLED(CONFIG_NET_BRIDGE)
int net_announce(const struct net_attach *attach, int ns, int home)
{
	(void)attach, (void)ns, (void)home;
	return 0;
}

void net_note_place(struct net_session *s, int claim)
{
	(void)s, (void)claim;
}

bool net_is_lost(const struct net_attach *attach, int ns, int home)
{
	(void)attach, (void)ns, (void)home;
	return false;
}

int net_settle_ask(struct net_session *s, const struct net_attach *attach, struct net_settle *settle)
{
	(void)s, (void)attach, (void)settle;
	return -EAFNOSUPPORT;
}

int net_connect(struct net_session *s, const char *object, const struct net_attach *attach,
		const struct net_bridge *bridge, const struct net_extra *extra)
{
	(void)s, (void)object, (void)attach, (void)bridge, (void)extra;
	return 0;
}
#endif

int reaper_program_open(enum reaper_place place)
{
	(void)place;
	return kernel.program_err ? kernel.program_err : 1000;
}

void child_run(struct child *child)
{
	(void)child;
	kernel_fault("the child's code runs in the parent");
	_exit(1);
}
