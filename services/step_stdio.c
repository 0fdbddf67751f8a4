/* Standard streams; and the descriptors of the log helper. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/fd.h"
#include "services/child.h"

static int put_null(int target, int flags)
{
	int fd = fd_null(flags);

	if (fd < 0)
		return fd;
	if (fd == target)
		return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
	return dup2(fd, target) < 0 ? -errno : 0;
}

/* A root without /dev: standard input stays what minit has. */
static int put_stdin(struct child *child)
{
	int err = child->stdin_is_null ? 0 : put_null(0, O_RDONLY);

	return err && err != -ENOENT ? child_fail(child, err, "/dev/null") : 0;
}

static int put_both(struct child *child, int fd)
{
	if (dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		return child_fail(child, -errno, "output pipe");
	return 0;
}

static int put_null_output(struct child *child)
{
	int err = put_null(1, O_WRONLY);

	if (err)
		return child_fail(child, err, "/dev/null");
	return dup2(1, 2) < 0 ? -errno : 0;
}

/*
 * The log helper's descriptors have fixed numbers, and what goes there may
 * stand in each other's way: everything is moved above them first.
 */
static int move_up(int fd, uint32_t outputs)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, LOG_FIRST_FD + (int)outputs);

	return moved < 0 ? -errno : moved;
}

static int place(int from, int to)
{
	return dup2(from, to) < 0 ? -errno : 0;
}

static int put_log_fds(struct child *child)
{
	uint32_t outputs = child->table->outputs;
	int *fds = (int *)child->output_fds; /* our copy: the child has memory of its own */
	int err = 0;

	child->status_fd = move_up(child->status_fd, outputs);
	child->self_fd = move_up(child->self_fd, outputs);
	child->table_fd = move_up(child->table_fd, outputs);
	for (uint32_t i = 0; i < outputs; i++)
		fds[i] = move_up(fds[i], outputs);
	err = place(child->table_fd, LOG_TABLE_FD);
	for (uint32_t i = 0; i < outputs && !err; i++)
		err = fds[i] < 0 ? fds[i] : place(fds[i], LOG_FIRST_FD + (int)i);
	return err ? child_fail(child, err, "pipes of the services") : 0;
}

/* Not waiting for a modem to pick up; later it is a terminal like any other. */
static int put_terminal(struct child *child, const char *tty)
{
	int fd = child_open_minits(child, tty, O_RDWR | O_NOCTTY | O_NONBLOCK);
	int err = fd < 0 ? fd : fcntl(fd, F_SETFL, O_RDWR) < 0 ? -errno : 0;

	if (err) {
		child->blamed = STEP_terminal;
		return child_fail(child, err, tty);
	}
	for (int target = 0; target < 3; target++)
		if (dup2(fd, target) < 0)
			return child_fail(child, -errno, tty);
	return 0;
}

int step_stdio(struct child *child)
{
	const char *tty = table_text(child->table, child_confine(child)->privileges.tty_at);
	int err = tty ? put_terminal(child, tty) : put_stdin(child);

	if (!err && !tty && child->spec->output == OUTPUT_NULL)
		err = put_null_output(child);
	else if (!err && child->out_fd >= 0)
		err = put_both(child, child->out_fd);
	if (!err && child->spec->internal)
		err = put_log_fds(child);
	return err;
}
