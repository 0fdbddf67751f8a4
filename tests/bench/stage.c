/*
 * Sets the stage for one run: starts a program as PID 1 of fresh namespaces.
 *
 *   stage ROOT CGROUP.PROCS[:...] BOARD LOG [SOURCE TARGET]... -- PROG [ARG...]
 *
 * The program sees ROOT as its root, with a new /proc, a few devices, the
 * machine's /sys read-only, and each SOURCE bound to TARGET. It is alone in new
 * pid, mount, net, ipc, uts and cgroup namespaces, in the cgroups given, and
 * without the capabilities that reach the machine (clock, modules, raw I/O).
 * Its standard output and error go to LOG.
 *
 * Says "pid N" and "ready", waits for a line on standard input, stamps the
 * board and executes PROG; says "exit STATUS NS" when it is gone, all in
 * processes of its own, so that nothing of the set-up is in the measurement.
 */
#define _GNU_SOURCE
#include "tests/bench/board.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* sys/mount.h and linux/mount.h do not go together in glibc 2.36. */
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
int umount2(const char *target, int flags);
#define STAGE_BIND 4096ul
#define STAGE_REC 16384ul
#define STAGE_PRIVATE (1ul << 18)
#define STAGE_DETACH 2

static const char *const devices[] = { "null", "zero", "full", "random", "urandom", "tty" };
static const int dropped_caps[] = { CAP_SYS_TIME, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYSLOG, CAP_MAC_ADMIN };

struct stage {
	const char *root, *procs, *board, *log;
	char **binds;
	char **argv;
};

static void check(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "stage: %s: %s\n", what, strerror(errno));
	exit(111);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void join_cgroups(const char *list)
{
	char *copy = strdup(list);

	for (char *path = strtok(copy, ":"); path; path = strtok(NULL, ":")) {
		int fd = open(path, O_WRONLY | O_CLOEXEC);

		check(fd < 0 || write(fd, "0", 1) != 1, path);
		close(fd);
	}
	free(copy);
}

static char *below(const char *root, const char *path)
{
	char *full;

	check(asprintf(&full, "%s/%s", root, path) < 0, path);
	return full;
}

static void bind_to(const char *source, const char *root, const char *target)
{
	char *full = below(root, target);

	check(mount(source, full, NULL, STAGE_BIND | STAGE_REC, NULL), full);
	free(full);
}

static void make_devices(const char *root)
{
	char *dev = below(root, "dev");

	mkdir(dev, 0755);
	check(mount("dev", dev, "tmpfs", 0, "mode=755"), dev);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		char *node = below(dev, devices[i]), *host = below("/dev", devices[i]);
		int fd = open(node, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);

		check(fd < 0 || close(fd) || mount(host, node, NULL, STAGE_BIND, NULL), node);
		free(node);
		free(host);
	}
	free(dev);
}

static void sys_readonly(const char *root)
{
	struct mount_attr readonly = { .attr_set = MOUNT_ATTR_RDONLY };
	char *sys = below(root, "sys");

	mkdir(sys, 0755);
	check(mount("/sys", sys, NULL, STAGE_BIND | STAGE_REC, NULL), sys);
	check((int)syscall(SYS_mount_setattr, -1, sys, AT_RECURSIVE, &readonly, sizeof(readonly)), sys);
	free(sys);
}

static void make_mounts(const struct stage *s)
{
	char *proc = below(s->root, "proc");

	check(mount(NULL, "/", NULL, STAGE_PRIVATE | STAGE_REC, NULL), "/");
	check(mount(s->root, s->root, NULL, STAGE_BIND, NULL), s->root);
	mkdir(proc, 0755);
	check(mount("proc", proc, "proc", 0, NULL), proc);
	make_devices(s->root);
	sys_readonly(s->root);
	for (char **bind = s->binds; strcmp(bind[0], "--") != 0; bind += 2)
		bind_to(bind[0], s->root, bind[1]);
	check(chdir(s->root) || (int)syscall(SYS_pivot_root, ".", ".") || umount2(".", STAGE_DETACH) || chdir("/"),
	      "pivot_root");
	free(proc);
}

static void redirect(int log)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	check(null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0, "redirect");
}

/* Runs as PID 1; `go` and `told` are close-on-exec, so PROG has nothing but 0, 1 and 2. */
_Noreturn static void become(const struct stage *s, struct board *board, int log, int go)
{
	char byte;

	check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "parent's death");
	join_cgroups(s->procs);
	check(unshare(CLONE_NEWCGROUP), "cgroup namespace");
	make_mounts(s);
	for (size_t i = 0; i < sizeof(dropped_caps) / sizeof(dropped_caps[0]); i++)
		check(prctl(PR_CAPBSET_DROP, dropped_caps[i], 0, 0, 0), "capabilities");
	printf("ready\n");
	fflush(stdout);
	check(read(go, &byte, 1) != 1, "go");
	redirect(log);
	board->started_ns = now_ns();
	execv(s->argv[0], s->argv);
	check(1, s->argv[0]);
	abort();
}

static struct board *board_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *at = mmap(NULL, BOARD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	check(fd < 0 || at == MAP_FAILED, path);
	return at;
}

static struct stage arguments(int argc, char **argv)
{
	struct stage s = { 0 };
	int i = 5;

	while (i < argc && strcmp(argv[i], "--") != 0)
		i += 2;
	if (i + 1 >= argc) {
		fprintf(stderr, "usage: stage ROOT CGROUP.PROCS[:...] BOARD LOG [SOURCE TARGET]... -- PROG [ARG...]\n");
		exit(2);
	}
	s.root = argv[1], s.procs = argv[2], s.board = argv[3], s.log = argv[4];
	s.binds = argv + 5;
	s.argv = argv + i + 1;
	return s;
}

int main(int argc, char **argv)
{
	struct stage s = arguments(argc, argv);
	struct board *board = board_open(s.board);
	int log = open(s.log, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	int go = fcntl(0, F_DUPFD_CLOEXEC, 3), status;
	pid_t pid;

	check(log < 0 || go < 0, "open");
	check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "parent's death"); /* a bench that is killed leaves nothing running */
	check(unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS), "namespaces");
	pid = fork();
	check(pid < 0, "fork");
	if (pid == 0)
		become(&s, board, log, go);
	printf("pid %d\n", pid);
	fflush(stdout);
	check(waitpid(pid, &status, 0) != pid, "wait");
	printf("exit %d %llu\n", status, (unsigned long long)now_ns());
	return 0;
}
