/*
 * Paths within a root that may belong to somebody else: unless it is said, no symlink is followed, so nothing leads out
 * of it or to another place in it. openat2(2), Linux 5.6. Results are descriptors (O_CLOEXEC) or -errno.
 */
#ifndef LIB_PATH_H
#define LIB_PATH_H

#include "lib/util.h"

/* Opens path as it is seen from root. flags: those of open(2). -ELOOP: there is a symlink in it. */
must_check int path_open(int root, const char *path, int flags);

/*
 * The same of a regular file alone, which is known before it is opened: a device may act by that. own: a descriptor of
 * /proc/self/fd. -EOPNOTSUPP: it is something else.
 */
must_check int path_open_file(int own, int root, const char *path, int flags);

/* The same as path_open, in the mount that root is of: -EXDEV when another is on the way, or at its end. */
must_check int path_open_here(int root, const char *path, int flags);

/* The same as path_open with an absolute path; -EMLINK: others may have given a file this name. lib/ours.c */
must_check int path_open_alone(int root, const char *path, int flags);

/* The same as path_open, but links are followed: an absolute one, too, leads to where it does for who has this root. */
must_check int path_open_within(int root, const char *path, int flags);

/*
 * The same as path_open for O_PATH, made if it is not there: a directory, or an empty file, and the directories (0755)
 * on the way. A path with .. in it is refused (-EINVAL) if anything has to be made.
 */
must_check int path_make(int root, const char *path, bool file);

/*
 * Opens an absolute path, and follows links only in folders that root or our user alone may write to: who else can put
 * one there would choose what we open. With O_NOFOLLOW the last name is no link at all. Flags and mode are those of
 * open(2). -ELOOP: a link is not followed; -EMLINK: others may have given a file this name. lib/ours.c
 */
must_check int path_open_ours(const char *path, int flags, unsigned mode);

/* The same in a root that is not the process's: an absolute link, too, leads to where it does for who has this root. */
must_check int path_open_ours_in(int root, const char *path, int flags, unsigned mode);

/* The same with O_PATH; by one call where it has no link. lib/ours.c */
must_check int path_find_ours(int root, const char *path);

#endif
