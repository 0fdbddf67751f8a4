/*
 * PID 1 of a virtual machine with cgroup v2, or v1, or both of them, as its
 * first argument says: shows cgroup_probe the places in which minit may find
 * itself there, one after the other, and last the machine's own root. The
 * console gets the TAP lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/sys.h"

#define CGROUPS "/sys/fs/cgroup"
#define STAGE CGROUPS "/stage"

enum { OWN = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWCGROUP, SHOWN = CLONE_NEWPID | CLONE_NEWNS };

struct scene {
	const char *name;
	uint64_t flags;
	bool readonly, powerless, crowded;
	const char *arg;
};

static const struct scene scenes[] = {
	{ "root of a cgroup namespace", .flags = OWN },
	{ "root of a cgroup namespace with other processes of the container", .flags = OWN, .crowded = true },
	{ "cgroup of the host's namespace", .flags = SHOWN },
	{ "read-only mount with CAP_SYS_ADMIN", .flags = OWN, .readonly = true },
	{ "read-only mount of the host's namespace", .flags = SHOWN, .readonly = true },
	{ "read-only mount without CAP_SYS_ADMIN", .flags = OWN, .readonly = true, .powerless = true, .arg = "readonly" },
	{ "not PID 1, alone in a cgroup", .flags = CLONE_NEWNS },
	{ "not PID 1, beside others", .flags = CLONE_NEWNS, .crowded = true, .arg = "beside" },
};

static void must(int result, const char *what)
{
	if (result >= 0)
		return;
	printf("not ok - stage: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

/* In the namespaces of the scene: what a container's runtime does. */
static void play(const struct scene *scene)
{
	const char *argv[] = { "/sbin/cgroup_probe", scene->arg, NULL };

	must(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	if (scene->flags & CLONE_NEWPID)
		must(mount("proc", "/proc", "proc", 0, NULL), "/proc");
	if (scene->flags & CLONE_NEWCGROUP) {
		must(umount2(CGROUPS, MNT_DETACH), "umount");
		must(mount("cgroup2", CGROUPS, "cgroup2", 0, NULL), CGROUPS);
	}
	if (scene->readonly)
		must(mount(CGROUPS, CGROUPS, NULL, MS_BIND, NULL), "bind");
	if (scene->readonly)
		must(mount("", CGROUPS, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only");
	if (scene->powerless)
		must(prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0), "CAP_SYS_ADMIN");
	if (scene->crowded && fork() == 0)
		for (;;)
			pause();
	execv(argv[0], (char **)(uintptr_t)argv);
	must(-1, argv[0]);
}

static void show(const struct scene *scene)
{
	cleanup_fd int leaf = -1;
	pid_t pid;
	int status;
	struct sys_clone how = { .flags = scene->flags, .ret_pid = &pid };

	printf("# -- %s\n", scene->name);
	fflush(stdout);
	must(mkdir(STAGE, 0755), STAGE);
	leaf = how.leaf_fd = open(STAGE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid = sys_clone(&how);
	if (pid == 0)
		play(scene);
	must(pid, "clone");
	waitpid(pid, &status, 0);
	printf("%sok - %s\n", status ? "not " : "", scene->name);
	must(fd_write_file(AT_FDCWD, STAGE "/cgroup.kill", "1"), "cgroup.kill");
	while (wait(NULL) > 0)
		;
	must(rmdir(STAGE), "the stage can be removed");
}

static void mount_v2(const char *where)
{
	must(mkdir(where, 0755) < 0 && errno != EEXIST ? -1 : 0, where);
	must(mount("cgroup2", where, "cgroup2", 0, "nsdelegate"), where);
}

static void mount_v1(void)
{
	static const char *const hierarchies[] = { "memory", "cpu,cpuacct", "cpuset", "pids", "blkio", "freezer", "devices" };
	char path[64];

	must(mount("tmpfs", CGROUPS, "tmpfs", 0, NULL), CGROUPS);
	for (size_t i = 0; i < ARRAY_LEN(hierarchies); i++) {
		snprintf(path, sizeof(path), CGROUPS "/%s", hierarchies[i]);
		must(mkdir(path, 0755), path);
		must(mount("cgroup", path, "cgroup", 0, hierarchies[i]), path);
	}
}

static void show_v2(void)
{
	static const char *const controllers[] = { "+memory", "+io", "+cpu", "+cpuset", "+pids" };

	mount_v2(CGROUPS);
	for (size_t i = 0; i < ARRAY_LEN(controllers); i++)
		must(fd_write_file(AT_FDCWD, CGROUPS "/cgroup.subtree_control", controllers[i]), controllers[i]);
	for (size_t i = 0; i < ARRAY_LEN(scenes); i++)
		show(&scenes[i]);
}

static void show_v1(const char *word)
{
	static const char *const argv[] = { "/sbin/cgroup_probe", NULL };
	int status;

	mount_v1();
	if (!strcmp(word, "hybrid"))
		mount_v2(CGROUPS "/unified");
	if (fork() == 0)
		execv(argv[0], (char **)(uintptr_t)argv);
	wait(&status);
	printf("%sok - not PID 1\n", status ? "not " : "");
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	must(mount("proc", "/proc", "proc", 0, NULL), "/proc");
	must(mount("sysfs", "/sys", "sysfs", 0, NULL), "/sys");
	if (*word == 'v' && word[1] == '2')
		show_v2();
	else
		show_v1(word);
	printf("# -- PID 1 of a machine\n");
	fflush(stdout);
	execl("/sbin/cgroup_probe", "/sbin/cgroup_probe", "machine", NULL);
	must(-1, "cgroup_probe");
}
