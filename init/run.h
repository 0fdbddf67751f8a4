/* Supervising a table: from nothing, or again after an execution in place. */
#ifndef INIT_RUN_H
#define INIT_RUN_H

#include "services/state.h"

#define EXIT_CONFIG 78 /* EX_CONFIG of sysexits.h: the table is wrong */

/*
 * Supervises the image in table_fd for ever, as `mode`. What it is back with is an exit status: it could not begin,
 * which it has said, and has closed table_fd.
 */
int run_table(enum mode mode, int table_fd);

/*
 * Compiles the table of `path`, or of the default files when it is NULL; command
 * becomes its main service, or NULL. Its memfd, or -errno with the reason said.
 */
must_check int run_load(const char *path, char *const *command);

/* True when there is a table in the default place. */
bool run_has_table(void);

/* `minit @resume FD`: goes on with the state file FD. Returns an exit status if it is not ours. */
int run_resume(const char *word);

/* `minit run [FILE...]`. */
int run_main(int argc, char **argv);

#endif
