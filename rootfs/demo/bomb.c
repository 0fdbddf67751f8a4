// A fork bomb: every process forks for ever, and when a fork is refused it tries again a little later. In C because a
// shell leaves when it can't fork. Should no limit hold it, it ends itself before it has become a danger.
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ENOUGH 500

int main(void)
{
	static const struct timespec pause = { .tv_nsec = 100000000 };
	static const char why[] = "nothing holds this fork bomb: it gives up\n";
	atomic_int *forks = mmap(NULL, sizeof(*forks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (forks == MAP_FAILED)
		return 1;
	while (atomic_load(forks) < ENOUGH) {
		if (fork() < 0)
			nanosleep(&pause, NULL);
		else if (atomic_fetch_add(forks, 1) == ENOUGH)
			return write(STDERR_FILENO, why, sizeof(why) - 1) < 0;
	}
	return 1;
}
