/* The real kernel behind lib/raw.h, for tests that want it. */
#include <errno.h>
#include <unistd.h>

#include "lib/raw.h"

long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	long ret = syscall(number, a, b, c, d, e, f);

	return ret < 0 ? -errno : ret;
}
