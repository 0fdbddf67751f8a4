/* Giving memory back. */
#ifndef INIT_TRIM_H
#define INIT_TRIM_H

/*
 * Unmaps the pages of our own program file that the start has touched (the
 * parser, the boot, the network): what the loop needs comes back by itself,
 * from the page cache. madvise(2) MADV_DONTNEED on read-only mappings of a file.
 */
void trim_program(void);

#endif
