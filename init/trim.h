/* Giving memory back. */
#ifndef INIT_TRIM_H
#define INIT_TRIM_H

#include "lib/util.h"

/*
 * Borders in our own program file (Makefile: hot-y, child-y, warm-y): behind the
 * code of what runs at every event, of what runs in children alone, and of all
 * that runs after the boot; and behind the constants of the first two.
 */
void trim_hot_end(void);
void trim_child_end(void);
void trim_warm_end(void);
extern const char trim_hot_data_end[1];

/*
 * What has been relocated can be written to no more. Unmaps the pages of our own
 * program file that the boot has touched (the parser, the mounts, the network):
 * what the loop needs comes back by itself, from the page cache. The kernel maps
 * 16 pages around each fault, but never beyond its mapping: so mappings are made
 * to end at the borders. The stack that the boot has used below the caller's is
 * given back too.
 *
 * A clone copies every mapping, at about 2 us each: from here on a child gets
 * what is hot and nothing else of the program (tests/hot.py holds that it needs
 * nothing else). madvise(2) MADV_DONTNEED, MADV_DONTFORK, MADV_DONTDUMP.
 *
 * Does not come back to its caller, which is of the boot, but goes on in `then`.
 */
no_return void trim_program(void (*then)(void));

#endif
