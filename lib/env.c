#include "lib/env.h"

#include <stddef.h>
#include <string.h>

extern char **environ;

void env_put(const char *entry)
{
	static char *all[ENV_MOST + 1];
	size_t n = 0;

	while (environ && environ[n] && n < ENV_MOST - 1)
		n++;
	if (n)
		memmove(all + 1, environ, n * sizeof(all[0])); /* it may be `all` already */
	all[0] = (char *)(size_t)entry;
	all[n + 1] = NULL;
	environ = all;
}
