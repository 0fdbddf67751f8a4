#include "lib/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int fd_steal(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Forgotten first: after a crash in between the number may be somebody else's. */
void fd_close(int *fd)
{
	int saved = errno, taken = fd_steal(fd);

	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (taken >= 0)
		close(taken);
	errno = saved;
}

ssize_t fd_read_rest(int fd, char *mem, size_t size)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, mem + len, size - len);
		if (n < 0 && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
	} while (n != 0 && len < size);
	if (len == size)
		return -EFBIG;
	mem[len] = '\0';
	return (ssize_t)len;
}

ssize_t fd_read_file(int dir, const char *path, char *mem, size_t size)
{
	cleanup_fd int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	return fd_read_rest(fd, mem, size);
}

int fd_write_file(int dir, const char *path, const char *text)
{
	cleanup_fd int fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int fd_open(const char *path, int flags)
{
	int fd = openat(AT_FDCWD, path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A child has what libc runs, but not the empty text that its fstat is made with (init/trim.c). */
int fd_stat(int fd, struct stat *ret)
{
	return fstatat(fd, "", ret, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

static int check_null(int fd)
{
	struct stat st;
	int err = fd_stat(fd, &st);

	if (err)
		return err;
	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) ? 0 : -ENODEV;
}

/* ENXIO: a pipe that nobody reads. */
int fd_null(int flags)
{
	cleanup_fd int fd = fd_open("/dev/null", flags | O_NONBLOCK | O_NOCTTY);
	int err = fd < 0 ? fd : check_null(fd);

	if (!err && !(flags & O_PATH) && fcntl(fd, F_SETFL, flags) < 0)
		err = -errno;
	if (err)
		return err == -ENXIO ? -ENODEV : err;
	return fd_steal(&fd);
}

/* The kernel's linux_dirent64 is the libc's dirent on 64 bits. */
static int each_of(int dir, const char *entries, long len, entry_fn *fn, void *arg)
{
	int result = 0;

	for (long at = 0; at < len && !result;) {
		const struct dirent *e = (const void *)(entries + at);

		result = fn(dir, e->d_name, e->d_type, arg);
		at += e->d_reclen;
	}
	return result;
}

int fd_each(int fd, entry_fn *fn, void *arg)
{
	_Alignas(struct dirent) char entries[1024];
	int result = 0;
	long n;

	while (!result && (n = syscall(SYS_getdents64, fd, entries, sizeof(entries))) != 0) {
		if (n < 0)
			return -errno;
		result = each_of(fd, entries, n, fn, arg);
	}
	return result;
}

int fd_keep(int fd, bool keep)
{
	return fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC) < 0 ? -errno : 0;
}
