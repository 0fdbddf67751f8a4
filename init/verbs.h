/* The tool: `minit VERB ...`. Each verb is a main of its own and may block. */
#ifndef INIT_VERBS_H
#define INIT_VERBS_H

#include "lib/util.h"

/* True when word is a verb of verbs.def, or an option that may stand before one. */
bool verb_is_known(const char *word);

/* Runs `minit VERB ...`: argv[0] is the verb. Returns the exit status. */
int verb_main(int argc, char **argv);

/* "[--json] [NAME...]", or "" for what is no verb. */
const char *verb_arguments(const char *word);

/* Prints the help of one verb, kept until say_flush. False for what is no verb. */
bool verb_help(const char *word);

/* The mains, argv[0] is the verb. */
#define VERB(word, option, main, ...) int main(int argc, char **argv);
#include "init/verbs.def"
#undef VERB

#endif
