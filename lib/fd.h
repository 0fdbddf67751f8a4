/*
 * Descriptors. Each one is opened O_CLOEXEC; -1 means none.
 */
#ifndef LIB_FD_H
#define LIB_FD_H

#include <sys/types.h>

#include "lib/util.h"

/* Closes *fd if it is one and sets it to -1; errno is kept. */
void fd_close(int *fd);

/* A descriptor that is closed when its scope ends. */
#define cleanup_fd cleanup(fd_close)

/* Takes the descriptor out of *fd, which is -1 afterwards. */
int fd_steal(int *fd);

/*
 * Reads a file as a whole into mem and puts a NUL behind it. Returns its
 * length, or -errno; -EFBIG when it does not fit (size counts the NUL).
 * dir may be AT_FDCWD (openat(2)). Only for short kernel files: it may block.
 */
must_check ssize_t fd_read_file(int dir, const char *path, char *mem, size_t size);

/* The same of one that is open. */
must_check ssize_t fd_read_rest(int fd, char *mem, size_t size);

/* Writes text to an existing file with one write(2). 0 or -errno. */
must_check int fd_write_file(int dir, const char *path, const char *text);

/* write(2) until all is written; for tools and children, it may block. 0 or -errno. */
must_check int fd_write_all(int fd, const void *data, size_t len);

/*
 * Opens with O_CLOEXEC. A child's files are so many that a call counts: musl's open(3) sets the flag by a second one,
 * for kernels before 2.6.23. -errno.
 */
must_check int fd_open(const char *path, int flags);

/* fstat(2). 0 or -errno. */
struct stat;
must_check int fd_stat(int fd, struct stat *ret);

/* Opens /dev/null, and waits for nobody; -ENODEV when what is called so is a pipe, a file or another device. */
must_check int fd_null(int flags);

/*
 * Calls fn for each entry of a directory, . and .. too, until it returns something else than 0. fd is at its
 * beginning. Returns that, 0, or -errno. Not opendir(3), which allocates. getdents64(2); type: DT_
 */
typedef int entry_fn(int dir, const char *name, unsigned type, void *arg);
int fd_each(int fd, entry_fn *fn, void *arg);

/* Clears (keep) or sets FD_CLOEXEC. 0 or -errno. */
int fd_keep(int fd, bool keep);

#endif
