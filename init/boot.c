#include "init/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/env.h"
#include "lib/exec.h"
#include "lib/fd.h"

/* PROC_PID_INIT_INO and PROC_UTS_INIT_INO of include/linux/proc_ns.h, since Linux 3.8 */
#define PID_NS_INITIAL 0xEFFFFFFC
#define UTS_NS_INITIAL 0xEFFFFFFE

/* -- what this is ----------------------------------------------------------------------------- */

enum mode boot_mode_of(pid_t pid, uint64_t ns, bool kernel_threads)
{
	if (pid != 1)
		return MODE_SUBREAPER;
	if (ns)
		return ns == PID_NS_INITIAL ? MODE_MACHINE : MODE_CONTAINER;
	return kernel_threads ? MODE_MACHINE : MODE_CONTAINER;
}

/* The inode that a namespace is known by, or 0. */
static uint64_t namespace_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static uint64_t pid_namespace(void)
{
	return namespace_of("/proc/self/ns/pid");
}

static int mount_proc(void)
{
	mkdir("/proc", 0555);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -errno;
	return 0;
}

enum mode boot_mode(void)
{
	pid_t pid = getpid();
	uint64_t ns = pid_namespace();

	/* In a container that may do this it would be done by boot_container anyway. */
	if (pid == 1 && !ns && mount_proc() == 0)
		ns = pid_namespace();
	/* kthreadd is pid 2 and has no process group; a container's first process has no second beside it. */
	return boot_mode_of(pid, ns, getpgid(2) == 0);
}

/* -- streams, environment, names ---------------------------------------------------------------- */

void boot_streams(const char *path)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* Without O_CLOEXEC, as they are for the services too; the lowest free number is fd. */
		if (open(path, O_RDWR | O_NOCTTY) < 0 && open("/dev/null", O_RDWR) < 0)
			(void)!open("/", O_PATH);
	}
}

/* Not a constant: of those a forked child has none but its own (init/trim.c). */
void boot_environ(void)
{
	static char path[] = "PATH=" EXEC_PATH;

	if (!getenv("PATH"))
		env_put(path);
}

static bool name_is_ours(enum mode mode)
{
	uint64_t uts = mode == MODE_CONTAINER ? namespace_of("/proc/self/ns/uts") : 0;

	return mode == MODE_MACHINE || (uts && uts != UTS_NS_INITIAL);
}

void boot_hostname(enum mode mode, const char *name)
{
	if (name_is_ours(mode) && sethostname(name, strlen(name)) < 0)
		log_warn("hostname", errno, "%s", name);
}

/* -- a container ---------------------------------------------------------------------------------- */

int boot_run_dir(void)
{
	if (mkdir("/run", 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mkdir(BOOT_RUN_DIR, 0755) < 0 && errno != EEXIST)
		return -errno;
	return access(BOOT_RUN_DIR, W_OK) < 0 ? -errno : 0;
}

/* Failing is told by who needs it: init/control.c. */
static int container_run(void)
{
	int err = boot_run_dir();

	if (err == -EROFS && mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") == 0)
		err = boot_run_dir();
	return err;
}

static int container_proc(void)
{
	int err;

	if (pid_namespace())
		return 0;
	err = mount_proc();
	if (err)
		log_warn("/proc", 0, "not mounted, and cannot be: %s; mount it, there are no limits without",
			 strerror(-err));
	return err;
}

int boot_container(void)
{
	int err, ret;

	boot_streams("/dev/null");
	boot_environ();
	ret = container_proc();
	err = container_run();
	return err ? err : ret;
}
