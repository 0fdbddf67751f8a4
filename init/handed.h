/* What PID 1 hands out to the tool (init/insight.h), at the tool's end. */
#ifndef INIT_HANDED_H
#define INIT_HANDED_H

#include "init/insight.h"

struct handed {
	int fds[INSIGHT_MOST]; /* by enum insight; -1 for none */
	char line[INSIGHT_LINES + 1];
	const char *changes; /* the lines behind the first */
};

/*
 * Asks by "VERB NAME", or "VERB" alone with NULL. 0; -EPERM: refused, `line` has the error; or -errno. To be released
 * always.
 */
int handed_ask(struct handed *h, const char *verb, const char *name);
void handed_release(struct handed *h);

#endif
