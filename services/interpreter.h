/* Who would have to run a program: elf(5), execve(2). */
#ifndef SERVICES_INTERPRETER_H
#define SERVICES_INTERPRETER_H

#include "lib/util.h"

/*
 * Why exec_program answers -ENOENT to what is there: names the interpreter of the script, or the loader
 * of the program, that `program` in `path` needs and that is not there. 0 with its name in ret[size],
 * or -ENOENT. For the child: system calls alone.
 */
must_check int interpreter_missing(const char *program, const char *path, char *ret, size_t size);

#endif
