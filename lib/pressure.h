/*
 * Pressure: the part of the time in which tasks had to wait for a processor, for memory or for a disk, as the kernel
 * measures it for the machine (/proc/pressure) and for each leaf of cgroup v2. Documentation/accounting/psi.rst.
 */
#ifndef LIB_PRESSURE_H
#define LIB_PRESSURE_H

#include "lib/util.h"

enum pressure_of { PRESSURE_CPU, PRESSURE_MEMORY, PRESSURE_IO, PRESSURES };

/* Some tasks wait, or all that have something to do. */
enum pressure_line { PRESSURE_SOME, PRESSURE_FULL, PRESSURE_LINES };

/* The average over so long a time. */
enum pressure_window { PRESSURE_10S, PRESSURE_1M, PRESSURE_5M, PRESSURE_WINDOWS };

struct pressure {
	int16_t share[PRESSURE_LINES][PRESSURE_WINDOWS]; /* hundredths of a percent; -1: not told */
};

/* "cpu", as the kernel calls its file; "some"; "10s". */
const char *pressure_name(enum pressure_of what);
const char *pressure_line(enum pressure_line line);
const char *pressure_window(enum pressure_window window);

/* Reads what stands in such a file; text is taken apart. What is not told there is -1. */
void pressure_parse(char *text, struct pressure *ret);

/* Reads such a file (openat(2)), and never waits for it. 0 or -errno. */
must_check int pressure_read(int dir, const char *path, struct pressure *ret);

#endif
