#include "init/power.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "lib/sys.h"

#define MOUNTINFO_MAX (1 << 20)
#define PASSES 4 /* a mount that was busy may be free when another has gone */

/* -- file systems ----------------------------------------------------------------------------------- */

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* Nothing of these is on a disk, and they are needed until the end. */
static bool stays(const char *path)
{
	return strcmp(path, "/") == 0 || strcmp(path, "/run") == 0 || is_below(path, "/proc") ||
	       is_below(path, "/sys") || is_below(path, "/dev");
}

/* Field `n` (from 0) of a line of words; NULL if there are fewer. The word is ended. */
static char *take_field(char *line, int n)
{
	for (; n > 0 && line; n--) {
		line = strchr(line, ' ');
		line = line ? line + 1 : NULL;
	}
	if (line)
		line[strcspn(line, " ")] = '\0';
	return line;
}

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' && p[2] <= '7';
}

/* Space, tab, newline and backslash are written as \ooo by the kernel. */
static void unescape(char *text)
{
	char *out = text;

	for (char *p = text; *p; p++) {
		if (*p == '\\' && is_octal(p + 1)) {
			*out++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 3;
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
}

/*
 * The next mount point of a mountinfo text from the end (proc(5)), unescaped in
 * place and cut out of the text; NULL when there is none left. Those of the
 * kernel's own (/proc, /sys, /dev and below, /run) and the root are left out.
 */
static char *last_mount(char *mountinfo, size_t *len)
{
	char *line, *path;

	while (*len > 0) {
		if (mountinfo[*len - 1] == '\n')
			--*len;
		mountinfo[*len] = '\0';
		line = memrchr(mountinfo, '\n', *len);
		line = line ? line + 1 : mountinfo;
		*len = (size_t)(line - mountinfo);
		path = take_field(line, 4);
		if (!path)
			continue;
		unescape(path);
		if (!stays(path))
			return path;
	}
	return NULL;
}

/* One pass from the last mount to the first: how many could not be unmounted; these are made read-only if `last`. */
static int unmount_pass(char *text, bool last)
{
	ssize_t n = fd_read_file(AT_FDCWD, "/proc/self/mountinfo", text, MOUNTINFO_MAX);
	size_t len = n > 0 ? (size_t)n : 0;
	int busy = 0;
	char *path;

	if (n < 0)
		log_warn("/proc/self/mountinfo", (int)-n, "nothing is unmounted");
	while ((path = last_mount(text, &len))) {
		if (umount2(path, UMOUNT_NOFOLLOW) == 0)
			continue;
		busy++;
		if (!last)
			continue;
		log_warn(path, errno, "unmount");
		mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL);
	}
	return busy;
}

static int leave_file_systems(void)
{
	char *text = mmap(NULL, MOUNTINFO_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int pass = 1;

	sync();
	if (text == MAP_FAILED)
		return 1;
	while (unmount_pass(text, pass == PASSES) > 0 && pass < PASSES)
		pass++;
	/* An initramfs refuses or does not mind; a disk must not stay writable. */
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
		log_warn("/", errno, "make read-only");
	sync();
	return 0;
}

int power_unmount(void)
{
	pid_t pid;
	struct sys_clone how = { .leaf_fd = -1, .ret_pid = &pid };
	pid_t child = sys_clone(&how);

	if (child == 0)
		_exit(leave_file_systems());
	return child < 0 ? child : 0;
}

/* -- the switch ---------------------------------------------------------------------------------------- */

static unsigned command(enum goal goal)
{
	switch (goal) {
	case GOAL_REBOOT: return RB_AUTOBOOT;
	case GOAL_HALT: return RB_HALT_SYSTEM;
	default: return RB_POWER_OFF;
	}
}

/*
 * In a child: after a halt that comes back the kernel ends the caller, and if
 * that is PID 1 it panics (kernel/reboot.c, do_exit).
 */
void power_leave(enum goal goal)
{
	pid_t pid = fork();

	if (pid <= 0) {
		reboot((int)command(goal));
		log_error("reboot", errno, "the kernel refused; the power can be switched off now");
	}
	if (pid == 0)
		_exit(1);
	for (;;)
		pause();
}
