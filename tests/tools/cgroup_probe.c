/*
 * Leaves and limits against the running kernel, as TAP. Makes leaves of its own
 * below its own cgroup, on v2, v1 or both, as root, as PID 1 or not, and
 * removes them again. One word may say what is different:
 *   hold      a leaf is all, until standard input ends; who is killed leaves it
 *   readonly  there can be no leaf
 *   beside    there are other processes, which cannot be moved
 *   machine   this is PID 1 of a machine, which goes off at the end
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "cgroup/devices.h"
#include "cgroup/tree.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/sys.h"

#define DAEMONS 4 /* with their dead parents and the first they are 9: pids.max is 10 */

static struct cgroup_home home;
static int tests, failures;
static int up[2]; /* a pipe: one byte for each process that is where it should be */

static void ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
	failures += !good;
}

static bool has(enum cgroup_v1 controller)
{
	return home.v2_controllers & 1u << controller || home.v1[controller] >= 0;
}

static bool on_v2(enum cgroup_v1 controller)
{
	return home.v2_controllers & 1u << controller;
}

static int set_in(const char *leaf, const char *file, const char *given)
{
	BUF_ON_STACK(why, 256);
	BUF_ON_STACK(text, 128);
	const char *want;
	int err = limit_text(file, given, &text, &want);

	if (!err)
		err = cgroup_limit(&home, leaf, file, buf_text(&text), &why);
	if (err)
		printf("# %s: %s = %s: %s: %s\n", leaf, file, given, strerror(-err), buf_text(&why));
	return err;
}

static int set(const char *file, const char *given)
{
	return set_in("a", file, given);
}

/* Whether the file of leaf "a" says so, in v2 or else in v1. */
static bool says(enum cgroup_v1 controller, const char *v2, const char *v2_text, const char *v1, const char *v1_text)
{
	const char *want = on_v2(controller) ? v2_text : v1_text;
	char text[256];
	struct leaf_path path;
	ssize_t n = fd_read_file(on_v2(controller) ? home.v2 : home.v1[controller],
				 leaf_path(&path, "a", on_v2(controller) ? v2 : v1), text, sizeof(text));

	text[n < 0 ? 0 : strcspn(text, "\n")] = '\0';
	if (strcmp(text, want))
		printf("# %s: '%s', not '%s'\n", path.text, text, want);
	return !strcmp(text, want);
}

static void tell_up(void)
{
	if (write(up[1], "u", 1) != 1)
		_exit(112);
}

static void wait_up(int count)
{
	char byte;

	while (count-- > 0)
		if (read(up[0], &byte, 1) != 1)
			abort();
}

typedef void job_fn(void);

/* A child that has joined the leaf and then does its job. */
static pid_t start(job_fn *job)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int err = cgroup_join(&home, "a", false);

		if (err < 0)
			printf("# join: %s\n", strerror(-err));
		fflush(stdout);
		tell_up();
		if (err < 0)
			_exit(111);
		job();
		_exit(0);
	}
	wait_up(1);
	return pid;
}

static int end_of(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Until nobody is left in the leaf; all of them are or become our children. */
static void reap_all(const char *leaf)
{
	while (!cgroup_is_empty(&home, leaf) && wait(NULL) > 0)
		;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static bool was_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void job_nothing(void)
{
}

static void job_pause(void)
{
	for (;;)
		pause();
}

static void job_eat(void)
{
	for (int i = 0; i < 64; i++) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED || mlock(p, 1 << 20))
			_exit(3);
		memset(p, 1, 1 << 20);
	}
}

/* Exit status: how many children could be had. */
static void job_bomb(void)
{
	int children = 0;
	pid_t pid;

	while (children < 100 && (pid = fork()) != -1) {
		if (pid == 0)
			job_pause();
		children++;
	}
	_exit(children);
}

/* Leave session and parent, as daemons do. */
static void job_escape(void)
{
	for (int i = 0; i < DAEMONS; i++) {
		if (fork())
			continue;
		setsid();
		if (fork())
			_exit(0);
		setsid();
		tell_up();
		job_pause();
	}
	job_pause();
}

static void job_spin(void)
{
	struct timespec t;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_nsec < 150000000 && !t.tv_sec);
}

static void try_create(void)
{
	ok(!cgroup_create(&home, "a"), "a leaf is made");
	ok(!cgroup_create(&home, "a"), "making it again is no error");
	ok(cgroup_is_empty(&home, "a"), "a new leaf is empty");
	ok(cgroup_is_empty(&home, "none"), "a leaf that is not there is empty");
	ok(cgroup_create(&home, "a/../b"), "a name cannot lead out of the home");
}

static void try_limits(void)
{
	struct cgroup_usage usage;
	int io;

	ok(!set("memory.max", "16M"), "memory.max is taken");
	cgroup_usage(&home, "a", &usage);
	ok(usage.has_memory && usage.memory_max == 16 << 20, "usage tells it");
	ok(!set("pids.max", "10") && says(CGROUP_V1_PIDS, "pids.max", "10", "pids.max", "10"), "pids.max is taken");
	ok(!set("cpu.weight", "200") && says(CGROUP_V1_CPU, "cpu.weight", "200", "cpu.shares", "2048"),
	   "cpu.weight is taken");
	ok(!set("cpu.max", "0.5%") && says(CGROUP_V1_CPU, "cpu.max", "5000 1000000", "cpu.cfs_quota_us", "5000"),
	   "cpu.max is taken");
	ok(!set("cpu.max", "max") && says(CGROUP_V1_CPU, "cpu.max", "max 1000000", "cpu.cfs_quota_us", "-1"),
	   "cpu.max can be lifted");
	ok(!set("cpu.max", "20%") && says(CGROUP_V1_CPU, "cpu.max", "20000 100000", "cpu.cfs_quota_us", "20000"),
	   "cpu.max can be changed");
	ok(set("memory.high", "12M") == (on_v2(CGROUP_V1_MEMORY) ? 0 : -EOPNOTSUPP), "memory.high is taken, on v2");
	io = has(CGROUP_V1_BLKIO) ? set("io.weight", "50") : -ENOENT;
	ok(!io || io == -ENOENT, "io.weight is taken, or this kernel has none");
	set("memory.high", "max");
}

/* What only some kernels have, and what none has. */
static void try_other_limits(void)
{
	enum cgroup_v1 cpuset = CGROUP_V1_CPUSET;
	int err;

	ok(!set("cpuset.cpus", "0") && says(cpuset, "cpuset.cpus", "0", "cpuset.cpus", "0"), "cpuset.cpus is taken");
	ok(!set("memory.oom.group", "true"), "memory.oom.group is taken");
	err = set("memory.swap.max", "0");
	ok(!err || err == -ENOENT, "memory.swap.max is taken, or swap is not counted here");
	err = set("hugetlb.2MB.max", "4M");
	ok(!err || err == -ENOENT, "hugetlb.2MB.max is taken, or this kernel has none");
	err = set("memory.unheard_of", "1");
	ok(err == (on_v2(CGROUP_V1_MEMORY) ? -ENOENT : -EOPNOTSUPP), "a file that is not there is told");
	ok(set("misc.max", "no such thing"), "what a controller does not know is refused");
}

static void try_group(void)
{
	const char *leaf = "g/x";
	pid_t pid;
	int status = -1;

	ok(!set_in("g/", "pids.max", "4"), "a group has limits");
	ok(!set_in("g/", "cpuset.cpus", "0"), "also of a controller that is wanted late");
	ok(!cgroup_create(&home, leaf), "a leaf is made in a group");
	ok(!set_in(leaf, "memory.max", "16M"), "it has limits of its own");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (cgroup_join(&home, leaf, false) < 0)
			_exit(111);
		tell_up();
		job_bomb();
		_exit(0);
	}
	wait_up(1);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 3, "the limit of the group holds in it");
	ok(!cgroup_is_empty(&home, leaf) && !cgroup_kill(&home, leaf), "who is in it is seen and killed");
	reap_all(leaf);
	ok(cgroup_is_empty(&home, leaf), "then it is empty");
	ok(!cgroup_remove(&home, leaf), "and goes");
}

/* Whether a child in the leaf can open the node; -errno. */
static int open_in_leaf(const char *node, int how)
{
	pid_t pid;
	int status = -1;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int err = cgroup_join(&home, "a", false);
		int fd = err < 0 ? err : open(node, how | O_CLOEXEC);

		_exit(err < 0 ? 200 : fd < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static int allow(const char *name, uint8_t access)
{
	struct devices devices;
	BUF_ON_STACK(why, 256);
	int program = -1, err = 0;

	devices_begin(&devices);
	if (name)
		err = devices_allow(&devices, name, access);
	if (!err)
		err = cgroup_devices(&home, "a", &devices, &program, &why);
	fd_close(&program);
	if (err)
		printf("# devices: %s: %s\n", strerror(-err), buf_text(&why));
	return err;
}

static void try_devices(void)
{
	static const char node[] = "/dev/cgroup_probe", null[] = "/dev/cgroup_probe_null";

	unlink(node);
	unlink(null);
	if (mknod(node, S_IFCHR | 0600, makedev(1, 11)) < 0 || mknod(null, S_IFCHR | 0600, makedev(1, 3)) < 0) {
		ok(errno == EPERM, "no node can be made here");
		return;
	}
	ok(!open_in_leaf(node, O_RDONLY), "without a list a leaf may use any device");
	ok(!allow(NULL, 0), "a list is taken");
	ok(open_in_leaf(node, O_RDONLY) == -EPERM, "what is not in it may not be opened");
	ok(!open_in_leaf(null, O_RDWR), "what every service has may be");
	ok(!allow(node, DEVICE_READ), "a list may be changed");
	ok(!open_in_leaf(node, O_RDONLY), "then what is in it may be opened");
	ok(open_in_leaf(node, O_RDWR) == -EPERM, "but as the list says");
	ok(!allow("char-mem", DEVICE_READ | DEVICE_WRITE) && !open_in_leaf(node, O_RDWR), "a driver stands for all its nodes");
	ok(allow("char-unheard-of", DEVICE_READ) == -ENOENT, "a driver that is not there is told");
	unlink(null);
	unlink(node);
}

static void try_join(void)
{
	pid_t pid = start(job_pause);
	struct cgroup_usage usage;

	cgroup_usage(&home, "a", &usage);
	ok(!cgroup_is_empty(&home, "a"), "a leaf with a process is not empty");
	ok(usage.has_pids && usage.pids == 1, "usage tells the processes");
	ok(usage.has_memory && usage.has_cpu, "usage tells memory and cpu");
	ok(cgroup_remove(&home, "a") == -EBUSY, "a leaf with a process is not removed");
	ok(!cgroup_kill(&home, "a") && was_killed(end_of(pid)), "its process can be killed");
	ok(cgroup_is_empty(&home, "a"), "then it is empty");
}

static void try_memory(void)
{
	uint64_t before = cgroup_oom_kills(&home, "a");

	ok(was_killed(end_of(start(job_eat))), "memory.max kills who grows past it");
	ok(!before && cgroup_oom_kills(&home, "a") > 0, "the OOM kill is counted");
}

static void try_pids(void)
{
	int status = end_of(start(job_bomb));

	ok(WIFEXITED(status) && WEXITSTATUS(status) == 9, "pids.max = 10 leaves room for 9 children");
	ok(!cgroup_is_empty(&home, "a"), "children that outlive their parent are seen");
	ok(!cgroup_kill(&home, "a"), "they are killed with the leaf");
	reap_all("a");
	ok(cgroup_is_empty(&home, "a"), "and then it is empty");
}

static void try_cpu(void)
{
	enum cgroup_v1 cpu = CGROUP_V1_CPU;
	struct cgroup_usage before, after;
	uint64_t throttled = 0;
	struct leaf_path path;

	cgroup_usage(&home, "a", &before);
	end_of(start(job_spin));
	cgroup_usage(&home, "a", &after);
	ok(after.has_cpu && after.cpu_us - before.cpu_us >= 100000, "usage tells the time it used");
	ok(!file_keyed(on_v2(cpu) ? home.v2 : home.v1[cpu], leaf_path(&path, "a", "cpu.stat"), "nr_throttled",
		       &throttled) && throttled > 0, "cpu.max throttles");
}

static int freeze(void)
{
	struct leaf_path path;

	if (home.v2 >= 0)
		return fd_write_file(home.v2, leaf_path(&path, "a", "cgroup.freeze"), "1");
	return fd_write_file(home.v1[CGROUP_V1_FREEZER], leaf_path(&path, "a", "freezer.state"), "FROZEN");
}

static void try_kill(void)
{
	pid_t pid = start(job_escape);
	int status;

	wait_up(DAEMONS);
	ok(!freeze(), "a leaf can be frozen");
	ok(!cgroup_kill(&home, "a"), "and killed while it is");
	status = end_of(pid);
	reap_all("a");
	ok(was_killed(status) && cgroup_is_empty(&home, "a"), "daemons of sessions of their own die with it");
	ok(end_of(start(job_nothing)) == 0, "it is not frozen afterwards");
}

/* The line of cgroup v2 in /proc/self/cgroup ends in the leaf's name. */
static bool is_in_leaf(void)
{
	char text[4096];
	ssize_t n = fd_read_file(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text));
	const char *line = n < 0 ? NULL : strstr(text, "0::");

	return line && strstr(line, "svc.a\n");
}

static void try_into(const char *what)
{
	cleanup_fd int fd = cgroup_leaf_fd(&home, "a");
	pid_t pid = -1;
	struct sys_clone how = { .leaf_fd = fd, .ret_pid = &pid };

	fflush(stdout);
	if (sys_clone(&how) == 0)
		_exit(cgroup_join(&home, "a", fd >= 0) < 0 || (home.v2 >= 0 && !is_in_leaf()));
	ok(pid > 0 && end_of(pid) == 0, what);
}

static void try_leftover(void)
{
	pid_t pid = start(job_pause);
	struct cgroup_usage usage;

	ok(!cgroup_create(&home, "a"), "a leaf with processes of a former run is used");
	ok(was_killed(end_of(pid)), "they are killed");
	cgroup_usage(&home, "a", &usage);
	ok(usage.memory_max == LIMIT_NONE, "its limits are gone");
}

static void try_remove(void)
{
	ok(!cgroup_remove(&home, "a"), "an empty leaf is removed");
	ok(!cgroup_remove(&home, "a"), "removing it again is no error");
}

static void show(void)
{
	printf("# v2 %d (%s, controllers %#x, %s), v1", home.v2, home.shared ? "beside others" : "our own",
	       home.v2_controllers, (const char *[]){ "never born in", "born in until killed", "born in" }[home.into]);
	for (int i = 0; i < CGROUP_V1_COUNT; i++)
		printf(" %d", home.v1[i]);
	printf("\n");
}

static void try_all(void)
{
	try_create();
	try_into("a child is born in a new leaf");
	try_limits();
	try_other_limits();
	try_group();
	try_devices();
	try_join();
	try_memory();
	try_pids();
	try_cpu();
	try_kill();
	try_into("a child is born in a leaf that was killed before, or joins it");
	try_leftover();
	try_remove();
}

/* Descriptors of the same directories outlive the end of the home: a group that is gone has no files. */
static bool is_gone(int dir, bool own)
{
	return faccessat(dir, own ? "init/cgroup.procs" : "cgroup.procs", F_OK, 0) < 0;
}

static void try_close(void)
{
	int v2 = dup(home.v2), v1[CGROUP_V1_COUNT];
	bool gone = true, own = !home.shared;

	for (int i = 0; i < CGROUP_V1_COUNT; i++)
		v1[i] = dup(home.v1[i]);
	cgroup_close(&home);
	for (int i = 0; i < CGROUP_V1_COUNT; i++)
		gone &= v1[i] < 0 || is_gone(v1[i], false);
	ok(gone && (v2 < 0 || is_gone(v2, own)), "nothing is left at the end");
}

static void hold(void)
{
	ok(!cgroup_create(&home, "held"), "a leaf is held");
	fflush(stdout);
	while (getchar() != EOF)
		;
	ok(!cgroup_remove(&home, "held"), "it was there until the end");
}

/* The calls answer why there is no leaf, or that it is empty. */
static void try_refused(void)
{
	BUF_ON_STACK(why, 256);
	struct cgroup_usage usage;

	ok(home.err == -EROFS && cgroup_create(&home, "a") == -EROFS, "no leaf is made");
	ok(cgroup_limit(&home, "a", "memory.max", "16777216", &why) == -EROFS && strstr(buf_text(&why), "mount it rw"),
	   "a limit is refused with what to do");
	ok(cgroup_leaf_fd(&home, "a") < 0 && cgroup_kill(&home, "a") == -EROFS, "there is nothing to enter or to kill");
	ok(cgroup_is_empty(&home, "a") && !cgroup_remove(&home, "a"), "and nothing to remove");
	cgroup_usage(&home, "a", &usage);
	ok(!usage.has_memory && !usage.has_cpu && !usage.has_pids && !usage.oom_kills, "nothing is told of its usage");
}

/* v2 cannot pass controllers on past other processes, but leaves it can have. */
static void try_beside(void)
{
	BUF_ON_STACK(why, 256);

	ok(home.shared, "other processes are left where they are");
	try_create();
	ok(cgroup_limit(&home, "a", "memory.max", "16777216", &why) == -ENOENT && strstr(buf_text(&why), "Delegate=yes"),
	   "a limit is refused with what to do");
	try_kill();
	try_remove();
}

static void run(const char *word)
{
	if (!strcmp(word, "hold"))
		hold();
	else if (!strcmp(word, "readonly"))
		try_refused();
	else if (!strcmp(word, "beside"))
		try_beside();
	else if (!home.err)
		try_all();
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	log_open(1);
	if (sys_pipe(up, 0))
		return 2;
	ok(!cgroup_open(&home) == !!strcmp(word, "readonly"), "a home is found, or not");
	show();
	run(word);
	try_close();
	fflush(stdout);
	if (!strcmp(word, "machine"))
		reboot(RB_POWER_OFF);
	return failures > 0;
}
