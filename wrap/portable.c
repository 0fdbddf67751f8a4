/* In place of start.S where nobody has written it: main() begins the wrapper, and the child has memory of its own. */
#include <signal.h>

#include "lib/raw.h"

long wrap_spawn(unsigned long flags, void *stack, void (*run)(void *), void *arg);

long wrap_spawn(unsigned long flags, void *stack, void (*run)(void *), void *arg)
{
	long pid = raw(SYS_clone, SIGCHLD);

	(void)flags;
	(void)stack;
	if (pid == 0)
		run(arg);
	return pid;
}
