#include "init/precedence.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

#define ROUNDS 256
#define SPAN_MS 1000

static unsigned rounds;
static struct when since;
static int64_t used_ms; /* by then */

/* musl's own refuse these. */
static int policy(void)
{
	return (int)syscall(SYS_sched_getscheduler, 0);
}

static int set_policy(int policy, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	return (int)syscall(SYS_sched_setscheduler, 0, policy | SCHED_RESET_ON_FORK, &param);
}

static int64_t processor_ms(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void begin_span(struct when now, int64_t used)
{
	since = now;
	used_ms = used;
}

void precedence_take(void)
{
	begin_span(when_now(), processor_ms());
	if (getpid() == 1 && !policy() && !getpriority(PRIO_PROCESS, 0) && set_policy(SCHED_FIFO, 1) < 0)
		log_debug(NULL, "no precedence: the kernel gives none to who lacks CAP_SYS_NICE");
}

static void give_up(int64_t used, int64_t span)
{
	if (!set_policy(SCHED_OTHER, 0))
		log_warn("minit", 0, "it has had a processor for %ld of %ld ms, and gives up its precedence over the "
			 "services until it has less to do; is it flooded with requests or output?", (long)used,
			 (long)span);
}

static void take_again(void)
{
	if (!set_policy(SCHED_FIFO, 1))
		log_info("minit", "it has little to do again, and precedence over the services");
}

/* The policy itself says whose turn it is: SCHED_RESET_ON_FORK stays when the precedence is given up. */
static void weigh(int64_t used, int64_t span)
{
	int now = policy();

	if (now == (SCHED_FIFO | SCHED_RESET_ON_FORK) && used * 2 > span)
		give_up(used, span);
	else if (now == (SCHED_OTHER | SCHED_RESET_ON_FORK) && used * 10 < span)
		take_again();
}

void precedence_consider(void)
{
	struct when now;
	int64_t used;

	if (++rounds % ROUNDS || getpid() != 1)
		return;
	now = when_now();
	if (when_since(since, now) < SPAN_MS)
		return;
	used = processor_ms();
	weigh(used - used_ms, when_since(since, now));
	begin_span(now, used);
}
