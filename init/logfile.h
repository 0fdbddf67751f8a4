#ifndef INIT_LOGFILE_H
#define INIT_LOGFILE_H

#include "lib/util.h"

/*
 * Opens a file to append to, which is made if it is missing. In a folder that others than root and minit's user may
 * write to no link leads elsewhere, and it is no other file's name. What would keep one waiting is refused, and a
 * device elsewhere than in /dev. A descriptor or -errno.
 */
must_check int logfile_open(const char *path);

#endif
