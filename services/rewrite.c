/* Lies with what children run: the rest of minit's program is not there for them (init/trim.c). */
#include "services/rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "lib/path.h"
#include "lib/sys.h"

static const char paths[][17] = { "/etc/hosts", "/etc/resolv.conf" };

#define SECONDS 20 /* a file system of the service's own may never answer */

/* Whatever the service has put there in place of the file: it is not believed before it has been read. */
static bool has_text(int fd, const char *text)
{
	size_t len = strlen(text), at = 0;
	char piece[512];
	ssize_t n;

	while ((n = pread(fd, piece, sizeof(piece), (off_t)at)) > 0) {
		if ((size_t)n > len - at || memcmp(piece, text + at, (size_t)n) != 0)
			return false;
		at += (size_t)n;
	}
	return n == 0 && at == len;
}

/* By one write, so that a reader finds one of the two; what is longer is cut off behind it. */
static int put_text(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n = pwrite(fd, text, len, 0);

	if (n < 0)
		return -errno;
	if ((size_t)n < len)
		return -ENOSPC;
	return ftruncate(fd, (off_t)len) < 0 ? -errno : 0;
}

/* Its root is that of the mount namespace then (setns(2)), and our descriptors are in minit's /proc. */
static int rewrite(const struct rewrite *r)
{
	cleanup_fd int own = fd_open("/proc/self/fd", O_PATH | O_DIRECTORY);
	cleanup_fd int root = -1, fd = -1;

	if (own < 0)
		return own;
	if (setns(r->process, CLONE_NEWNS) < 0)
		return -errno;
	root = fd_open("/", O_PATH | O_DIRECTORY);
	fd = root < 0 ? root : path_open_file(own, root, paths[r->file] + 1, O_RDWR | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd == -EOPNOTSUPP ? -EEXIST : fd;
	if (has_text(fd, r->is)) /* by whom a crash has cut short */
		return 0;
	return has_text(fd, r->was) ? put_text(fd, r->is) : -EEXIST;
}

no_return static void run(const struct rewrite *r)
{
	sigset_t none;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(SECONDS);
	err = rewrite(r);
	if (err == -EEXIST)
		log_warn(r->service, 0, "%s: somebody has changed it, so it does not get the names of the new table; "
			 "`minit restart %s` gives it those", paths[r->file], r->service);
	else if (err)
		log_warn(r->service, -err, "%s: the names of the new table cannot be written; `minit restart %s` gives "
			 "it those", paths[r->file], r->service);
	_exit(err != 0);
}

int rewrite_file(const struct rewrite *r)
{
	pid_t pid = 0, got = sys_clone(&(struct sys_clone){ .leaf_fd = -1, .ret_pid = &pid });

	if (got == 0)
		run(r);
	return got;
}
