/* `minit check [FILE...]`: parses and checks a table, and starts nothing. */
#ifndef INIT_CHECK_H
#define INIT_CHECK_H

#include "services/table.h"

/*
 * argv[0] is the verb. Without files it reads the default ones. Status 0 with one
 * line of what was found, 1 when the table is wrong (the errors are on standard
 * error), 2 for a wrong command line. --dump prints the compiled table as JSON.
 */
int check_main(int argc, char **argv);

/* What is done with a good table; returns the exit status. */
typedef int check_use_fn(const struct table *t, const char *const *paths, uint32_t count);

/*
 * Compiles the files argv[1..argc[, or the default ones, for another verb than check: `words` is how that is called.
 * whole: with minit's own services. Returns the exit status.
 */
int check_with(int argc, char **argv, const char *words, bool whole, check_use_fn *use);

#endif
