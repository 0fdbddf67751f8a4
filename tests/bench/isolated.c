/*
 * The floor of isolation: what a hand writes when it wants a service confined as
 * minit confines one, and as little code as that can be.
 *
 *   isolated fresh|halves|kept|veth COUNT ROOT LEAVES PROG [ARG...]
 *   isolated allowed            the names of the system calls that it lets through, one a line
 *
 * Starts COUNT copies of one command by vfork and exec, reaps, restarts at once,
 * and on SIGTERM kills them and leaves. Each copy has six namespaces of its own,
 * a leaf below each directory of LEAVES (a, b:...; v1, or one of v2 that it is
 * cloned into) with a limit of memory, of CPU time and of processes, ROOT as its root with /proc, /sys and /dev as container
 * runtimes have them, the usual capabilities, a session keyring, no_new_privs,
 * landlock where the kernel has it, and the default filter of system calls, made
 * once. The same mounts and masks as minit's, by mount(2); no reaper. The network
 * namespace is a fresh one each time, one that is made once and kept, or that with a
 * pair on a bridge, each made right before the copy is started. By halves: two processes
 * start every second copy each, with fresh ones, which is what two processors can do.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "services/seccomp.h"
#include "tests/bench/net_floor.h"

#define CONTAINER_CAPS 0xa80425fbull
#define SPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
#define PLAIN (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static char stack[65536] __attribute__((aligned(16)));
static pid_t pids[FLOOR_MOST];
static int unified[FLOOR_MOST]; /* a leaf of v2, -1: of v1 */
static int networks[FLOOR_MOST]; /* kept */
static bool keeps;
static volatile sig_atomic_t stopping;
static long count;
static const char *root, *leaves;
static char **command;
static struct seccomp_program program;

static const char *const hidden_files[] = { "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "timer_list",
					    "timer_stats" };
static const char *const hidden_directories[] = { "proc/acpi", "proc/asound", "proc/scsi", "sys/firmware",
						  "sys/devices/virtual/powercap" };
static const char *const protected[] = { "bus", "fs", "irq", "sys", "sysrq-trigger" };
static const struct {
	const char *name;
	unsigned major, minor;
} devices[] = {
	{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};
static const struct {
	const char *name, *to;
} links[] = { { "fd", "/proc/self/fd" }, { "stdin", "/proc/self/fd/0" }, { "stdout", "/proc/self/fd/1" },
	      { "stderr", "/proc/self/fd/2" }, { "ptmx", "pts/ptmx" } };

/* In a child and before it. */
static void need(long result, const char *what)
{
	if (result >= 0)
		return;
	dprintf(2, "isolated: %s: %s\n", what, strerror(errno));
	_exit(111);
}

/* -- leaves: made once, kept ------------------------------------------------------------------------------------ */

static bool put(const char *leaf, const char *file, const char *text)
{
	char path[512];
	int fd;
	bool good;

	snprintf(path, sizeof(path), "%s/%s", leaf, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	good = fd >= 0 && write(fd, text, strlen(text)) > 0;
	if (fd >= 0)
		close(fd);
	return good;
}

/* Calls fn for the leaf of a copy in each hierarchy. */
static void each_leaf(long slot, void (*fn)(long slot, const char *leaf))
{
	char list[1024], leaf[512], *rest = list, *dir;

	snprintf(list, sizeof(list), "%s", leaves);
	while ((dir = strsep(&rest, ":"))) {
		snprintf(leaf, sizeof(leaf), "%s/%ld", dir, slot);
		fn(slot, leaf);
	}
}

static void make_leaf(long slot, const char *leaf)
{
	need(mkdir(leaf, 0755) < 0 && errno != EEXIST ? -1 : 0, leaf);
	if (put(leaf, "memory.max", "67108864")) {
		need(put(leaf, "cpu.max", "50000 100000") && put(leaf, "pids.max", "64") ? 0 : -1, leaf);
		unified[slot] = open(leaf, O_PATH | O_DIRECTORY | O_CLOEXEC);
		need(unified[slot], leaf);
	} else if (!put(leaf, "pids.max", "64") && !put(leaf, "cpu.cfs_quota_us", "50000")) {
		need(put(leaf, "memory.limit_in_bytes", "67108864") ? 0 : -1, leaf);
	}
}

static void join_leaf(long slot, const char *leaf)
{
	if (unified[slot] < 0)
		need(put(leaf, "cgroup.procs", "0") ? 0 : -1, leaf);
}

/* -- mounts ------------------------------------------------------------------------------------------------------- */

static void mask(const char *path)
{
	if (!access(path, F_OK))
		need(mount("/dev/null", path, NULL, MS_BIND, NULL), path);
}

static void mask_directory(const char *path)
{
	if (!access(path, F_OK))
		need(mount("tmpfs", path, "tmpfs", PLAIN | MS_RDONLY, "mode=555,size=4k"), path);
}

static void protect(const char *path)
{
	if (access(path, F_OK))
		return;
	need(mount(path, path, NULL, MS_BIND, NULL), path);
	need(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | PLAIN, NULL), path);
}

static void mount_kernel_files(void)
{
	char path[64];

	need(mount("proc", "proc", "proc", PLAIN, NULL), "proc");
	for (size_t i = 0; i < ARRAY_LEN(hidden_files); i++) {
		snprintf(path, sizeof(path), "proc/%s", hidden_files[i]);
		mask(path);
	}
	for (size_t i = 0; i < ARRAY_LEN(protected); i++) {
		snprintf(path, sizeof(path), "proc/%s", protected[i]);
		protect(path);
	}
	need(mount("sysfs", "sys", "sysfs", PLAIN | MS_RDONLY, NULL), "sys");
	for (size_t i = 0; i < ARRAY_LEN(hidden_directories); i++)
		mask_directory(hidden_directories[i]);
	if (!access("sys/fs/cgroup", F_OK))
		need(mount("cgroup2", "sys/fs/cgroup", "cgroup2", PLAIN | MS_RDONLY, NULL), "cgroup2");
}

static void mount_dev(void)
{
	char path[64];

	need(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k"), "dev");
	for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
		snprintf(path, sizeof(path), "dev/%s", devices[i].name);
		need(mknod(path, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)), path);
	}
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		snprintf(path, sizeof(path), "dev/%s", links[i].name);
		need(symlink(links[i].to, path), path);
	}
	need(mkdir("dev/pts", 0755) | mkdir("dev/shm", 0755) | mkdir("dev/mqueue", 0755), "below dev");
	need(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "ptmxmode=0666,mode=0620,gid=5"), "pts");
	need(mount("tmpfs", "dev/shm", "tmpfs", PLAIN, "mode=1777"), "shm");
	need(mount("mqueue", "dev/mqueue", "mqueue", PLAIN, NULL), "mqueue");
}

static void make_view(void)
{
	need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	need(mount(root, root, NULL, MS_BIND | MS_REC, NULL), root);
	need(chdir(root), root);
	mount_kernel_files();
	mount_dev();
	need(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	need(umount2(".", MNT_DETACH), "the old root");
	need(chdir("/"), "/");
}

/* -- a copy ------------------------------------------------------------------------------------------------------- */

static void raise_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	need(fd, "socket");
	need(ioctl(fd, SIOCSIFFLAGS, &lo), "lo");
	close(fd);
}

/* By the numbers of system calls and bits of landlock(7), for headers older than the kernel. */
static void allow(int ruleset, const char *path, uint64_t access)
{
	struct {
		uint64_t access;
		int32_t fd;
	} __attribute__((packed)) rule = { access, open(path, O_PATH | O_CLOEXEC) };

	need(rule.fd, path);
	need(syscall(445, ruleset, 1, &rule, 0), path);
	close(rule.fd);
}

static void restrict_paths(void)
{
	static const uint64_t known[] = { 0x1fff, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff };
	long abi = syscall(444, NULL, 0, 1);
	uint64_t all[3] = { abi < 0 ? 0 : known[abi < 5 ? abi : 5] };
	int ruleset;

	if (abi < 0)
		return;
	ruleset = (int)syscall(444, all, abi < 4 ? 8 : abi < 6 ? 16 : 24, 0);
	need(ruleset, "landlock");
	allow(ruleset, "/", all[0] & 0xd);
	allow(ruleset, "/board", all[0] & 0xc007);
	need(syscall(446, ruleset, 0), "landlock");
	close(ruleset);
}

static void confine(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const uint32_t caps = (uint32_t)CONTAINER_CAPS;
	struct __user_cap_data_struct data[2] = { { .effective = caps, .permitted = caps } };
	struct sock_fprog filter = { (unsigned short)(BPF_MAXINSNS - program.first), program.code + program.first };

	need(syscall(SYS_keyctl, 1, NULL), "keyring");
	need(syscall(SYS_capset, &header, data), "capabilities");
	need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	restrict_paths();
	need(syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC), "descriptors");
	need(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter), "filter");
}

_Noreturn static void become(long slot)
{
	each_leaf(slot, join_leaf);
	setsid();
	need(sethostname("copy", 4), "hostname");
	if (keeps)
		need(setns(networks[slot], CLONE_NEWNET), "network");
	else
		raise_loopback();
	make_view();
	confine();
	execv(command[0], command);
	need(-1, command[0]);
	__builtin_unreachable();
}

/* clone3(2) with a stack for the child, which libc has no wrapper for: it goes on in become. */
static long clone_into(struct clone_args *args, long slot)
{
	register long child __asm__("r12") = slot;
	register void (*then)(long) __asm__("r13") = become;
	long pid;

	__asm__ volatile("syscall\n"
			 "test %%eax, %%eax\n"
			 "jnz 1f\n"
			 "xor %%ebp, %%ebp\n"
			 "mov %%r12, %%rdi\n"
			 "call *%%r13\n"
			 "1:"
			 : "=a"(pid)
			 : "a"(SYS_clone3), "D"(args), "S"(sizeof(*args)), "r"(child), "r"(then)
			 : "rcx", "r11", "memory");
	errno = pid < 0 ? (int)-pid : errno;
	return pid;
}

static void make_network(long slot)
{
	need(unshare(CLONE_NEWNET), "network");
	raise_loopback();
	networks[slot] = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	need(networks[slot], "/proc/thread-self/ns/net");
}

static void make_pair(struct net_session *s, long slot)
{
	networks[slot] = floor_attach(s, (unsigned)slot);
	floor_connect(s, (unsigned)slot);
}

static void spawn(long slot)
{
	struct clone_args args = {
		.flags = (keeps ? SPACES & ~CLONE_NEWNET : SPACES) | CLONE_VM | CLONE_VFORK,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
	};

	if (unified[slot] >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)unified[slot];
	}
	pids[slot] = (pid_t)clone_into(&args, slot);
	need(pids[slot], "clone");
	if (stopping)
		kill(pids[slot], SIGKILL);
}

static void on_term(int sig)
{
	stopping = sig;
	for (long i = 0; i < count; i++)
		if (pids[i])
			kill(pids[i], SIGKILL);
}

static void supervise(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, 0)) > 0 || errno == EINTR)
		for (long i = 0; i < count; i++) {
			if (pids[i] != pid)
				continue;
			pids[i] = 0;
			if (!stopping)
				spawn(i);
			break;
		}
}

static int say_allowed(const struct seccomp_profile *profile)
{
	for (int id = 0; id < SYSCALL_COUNT; id++)
		if (profile->then[id] == SECCOMP_RET_ALLOW || seccomp_is_check(profile->then[id]))
			puts(syscall_name((enum syscall_id)id));
	return 0;
}

int main(int argc, char **argv)
{
	static struct seccomp_profile profile;
	struct net_session session;
	bool pairs;
	long first = 0, step = 1;

	seccomp_profile(SECCOMP_DEFAULT, CONTAINER_CAPS, &profile);
	if (argc == 2 && !strcmp(argv[1], "allowed"))
		return say_allowed(&profile);
	if (argc < 6 || seccomp_generate(&profile, SYSCALLS_NATIVE, &program))
		return 2;
	pairs = !strcmp(argv[1], "veth");
	keeps = pairs || !strcmp(argv[1], "kept");
	count = atol(argv[2]);
	root = argv[3], leaves = argv[4], command = argv + 5;
	if (count < 1 || count > FLOOR_MOST)
		return 2;
	signal(SIGTERM, on_term);
	if (!strcmp(argv[1], "halves"))
		step = 2, first = fork() == 0;
	for (long i = first; i < count; i += step) {
		unified[i] = -1;
		each_leaf(i, make_leaf);
	}
	if (pairs) {
		floor_plan((unsigned)count);
		floor_check(net_open(&session) < 0 || net_bridge_up(&session, &floor_bridge) < 0, "bridge");
	}
	for (long i = first; i < count; i += step) {
		if (keeps)
			pairs ? make_pair(&session, i) : make_network(i);
		spawn(i);
	}
	supervise();
	return 0;
}
