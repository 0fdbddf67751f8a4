/* The tool: `minit VERB ...`. Each is a main of its own and may block. */
#ifndef INIT_VERBS_H
#define INIT_VERBS_H

/* True when word is a verb of the tool, of verbs.def. */
#include "lib/util.h"

bool verb_is_known(const char *word);

/* Runs `minit VERB ...`: argv[0] is the verb. Returns the exit status. */
int verb_main(int argc, char **argv);

#endif
