/* Becoming a program, as the shell does it, without libc. execve(2), environ(7). */
#ifndef LIB_EXEC_H
#define LIB_EXEC_H

#include "lib/buf.h"

#define EXEC_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" /* the usual one */

/*
 * Executes argv[0]: as it is when it has a '/', else the first that can be
 * executed in the directories of `path` (NULL: the usual ones). A text without a
 * known format is run by /bin/sh, which libc's execvp does not do in musl; for
 * that argv[-1] must be there, and it and argv[0] are written. Returns only with
 * -errno: -EACCES when one was found but may not be executed.
 */
int exec_program(char *argv[], char *const envp[], const char *path);

/* -ENOENT of a program that is there speaks of its interpreter. */
bool exec_is_there(const char *name, const char *path);

/* The program in the directory that path begins with, with its NUL. Returns what is behind that, or NULL. */
const char *exec_next(const char *path, const char *name, struct buf *file);

#endif
