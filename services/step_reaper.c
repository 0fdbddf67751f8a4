/*
 * The first process of a pid namespace has the duties of an init, which a program does not know: so minit stays there,
 * and the program is its child. The status pipe belongs to the program: its end means exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/personality.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/raw.h"
#include "lib/sys.h"
#include "services/child.h"
#include "services/reaper.h"

/* -- with memory of its own ------------------------------------------------------------------------------------- */

/* Its copy of the table tells of other services, too. The pipe ends when it is held: services/reaper.c. */
static no_return void stay_held(struct child *child, pid_t program)
{
	raw(SYS_munmap, child->table, child->table->size);
	reaper_run(program, true);
}

/* Only the reaper has the other end of the pipe from now on. */
static int begin_behind(struct child *child)
{
	fd_close(&child->reaper_pipe[1]);
	return setsid() < 0 ? -errno : 0;
}

/* What waits for the pipe, step_apart, is of those alone that have a namespace of their own. */
int child_leave_reaper(struct child *child, uint64_t flags)
{
	struct sys_clone how = { .flags = flags, .leaf_fd = -1, .ret_pid = &(pid_t){ 0 } };
	bool held = child_stays(child) && child->holds_reaper;
	int err = chdir("/") < 0 ? -errno : held ? sys_pipe(child->reaper_pipe, 0) : 0;
	pid_t pid = err ? err : sys_clone(&how);

	if (pid < 0)
		return pid;
	if (pid > 0 && held)
		stay_held(child, pid);
	if (pid > 0)
		reaper_run(pid, false);
	return begin_behind(child);
}

/* -- with PID 1's ------------------------------------------------------------------------------------------------ */

/* What stays must know, for struct child is the other's from the clone on, and errno is nobody's. */
struct staying {
	int program_fds[REAPER_PLACES], self_fd, status_fd;
	bool held;
};

/*
 * Leaves the memory, and with it the status pipe. Without addresses drawn by lot its few pages lie side by side, which
 * saves a quarter of the exec; it reads nothing, and has nothing to write to but its stack. Beside a stack that is
 * drawn by lot it might meet that, and a container's profile may not let it be chosen. Where a memfd may not be
 * executed minit's own file may, as it has been. If neither can be, all in the namespace end with this one.
 */
static no_return void become_reaper(const struct staying *s, pid_t program)
{
	struct spawn_report r = { .step = STEP_reaper };
	BUF_ON_STACK(number, 16);
	char *words[] = { "minit-reaper", NULL, NULL }, *none[] = { NULL };
	char *own[] = { "minit", "@reaper", NULL, NULL };

	buf_fmt(&number, "%s%d", s->held ? "h" : "", (int)program);
	buf_text(&number);
	words[1] = own[2] = number.data;
	if (raw(SYS_personality, ADDR_NO_RANDOMIZE) >= 0)
		raw(SYS_execveat, s->program_fds[REAPER_BESIDE_STACK], "", words, none, AT_EMPTY_PATH);
	raw(SYS_execveat, s->program_fds[REAPER_ANYWHERE], "", words, none, AT_EMPTY_PATH);
	r.err = (int)-raw(SYS_execveat, s->self_fd, "", own, none, AT_EMPTY_PATH);
	raw(SYS_write, s->status_fd, &r, sizeof(r));
	for (;;)
		raw(SYS_exit_group, 127);
}

static void go_on(void *arg)
{
	struct child *child = arg;

	child->is_behind = true;
	child_run_from(child, STEP_reaper);
}

/* One that is to be held ends the pipe itself, when it is: its exec leaves that open. */
static int open_pipe(struct child *child)
{
	int err = sys_pipe(child->reaper_pipe, 0);

	if (err || !child->holds_reaper)
		return err;
	return fcntl(child->reaper_pipe[1], F_SETFD, 0) < 0 ? -errno : 0;
}

static int stay(struct child *child)
{
	const struct staying staying = {
		{ child->reaper_fds[REAPER_ANYWHERE], child->reaper_fds[REAPER_BESIDE_STACK] },
		child->self_fd, child->status_fd, child->holds_reaper
	};
	struct sys_clone how = {
		.flags = CLONE_FS,
		.leaf_fd = -1,
		.ret_pid = &(pid_t){ 0 },
		.frame = child->frame,
		.run = go_on,
		.arg = child,
	};
	pid_t pid = chdir("/") < 0 ? -errno : open_pipe(child);

	if (!pid)
		pid = sys_clone(&how);
	if (pid < 0)
		return pid;
	become_reaper(&staying, pid);
}

/* -- the steps --------------------------------------------------------------------------------------------------- */

/* Who has all that minit has would have nothing more by a reaper that is not held, but for what filters are there. */
static int check_hold(struct child *child)
{
	int err = reaper_may_hold();

	if (!err || child_confine(child)->privileges.caps.set[CAPS_BOUNDING] != CAPS_ALL)
		return err;
	child->holds_reaper = false;
	return 0;
}

/*
 * Root and working directory are of both until the service's root is entered (child_part): where that is by chroot(2),
 * as on the first rootfs, /proc/1/root would else lead out of it.
 */
int step_reaper(struct child *child)
{
	int err;

	if (child->is_behind)
		return begin_behind(child);
	if (!child_stays(child))
		return 0;
	err = child->holds_reaper ? check_hold(child) : 0;
	if (err)
		return child_fail(child, err, "seccomp");
	return child->frame ? stay(child) : child_leave_reaper(child, CLONE_FS);
}

int child_part(struct child *child)
{
	if (!child_stays(child))
		return 0;
	return unshare(CLONE_FS) < 0 ? child_fail(child, -errno, "unshare") : 0;
}

/*
 * The program may be out of memory at once, and its leaf be killed for it: so nobody of that leaf may share PID 1's
 * memory any more when it begins. The exec leaves the memory before it closes descriptors. It is looked at before a
 * filter of system calls may forbid it; and by then the reaper, which began with the mounts, has long been there.
 */
int step_apart(struct child *child)
{
	char byte;

	while (child->reaper_pipe[0] >= 0 && read(child->reaper_pipe[0], &byte, 1) < 0 && errno == EINTR)
		;
	fd_close(&child->reaper_pipe[0]);
	return 0;
}
