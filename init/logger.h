/* The log helper: a supervised process of its own that drains what services say. */
#ifndef INIT_LOGGER_H
#define INIT_LOGGER_H

#include "lib/enabled.h"

/*
 * `minit log TABLE_FD FIRST_FD`: writes what comes out of the pipes at
 * FIRST_FD + output_slot, each service as its entry in the table (a sealed memfd
 * at TABLE_FD) says: lines with the name before them to standard output, or raw
 * to the end of a file.
 *
 * Minit keeps both ends of each pipe open, and here nothing is taken out of a
 * pipe before it has been written: so when this process dies nothing is lost;
 * what it had written and not yet taken out is written again by the next one
 * (at most 4096 bytes for each service).
 *
 * A line longer than 4096 bytes is cut; one that is not ended within 100 ms is
 * written as it is. SIGHUP: files are opened anew. SIGTERM: writes what there
 * is and leaves. Returns the exit status.
 */
#if ENABLED(CONFIG_OUTPUT)
int logger_main(int argc, char **argv);
#endif

#endif
