/* The options of the tool's verbs: --name, --name VALUE, --name=VALUE. */
#ifndef INIT_OPTIONS_H
#define INIT_OPTIONS_H

#include "lib/util.h"

enum option_kind {
	OPTION_FLAG,     /* --name: sets a bool */
	OPTION_TEXT,     /* --name VALUE: sets a const char * */
	OPTION_DURATION, /* --name TIME: sets an int64_t, milliseconds */
	OPTION_MAYBE     /* --name or --name=VALUE: sets a const char *, "" without one */
};

struct option_row {
	const char *name; /* with its dashes */
	enum option_kind kind;
	void *into;
};

/*
 * Takes the options out of argv wherever they stand, up to "--"; the words
 * behind argv[0] are left. Returns the new argc. Every verb knows --help and
 * --socket PATH. What is wrong is said, with how it is used, and ends the tool
 * with 2; --help ends it with 0.
 */
int options_take(int argc, char **argv, const struct option_row *rows, size_t count);

/* Says what is wrong with the words of verb argv[0] and ends the tool with 2. */
printf_like(2, 3) no_return void usage_error(const char *verb, const char *fmt, ...);

/* What --socket said, or NULL. */
extern const char *option_socket;

/*
 * For whom listens there itself: puts it into the environment, which is all that minit executed anew has of it. A path
 * that is too long is a usage error.
 */
void option_socket_pass(const char *verb);

#endif
