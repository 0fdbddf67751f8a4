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
#define OURS (SCHED_FIFO | SCHED_RESET_ON_FORK)
#define GIVEN_UP (SCHED_OTHER | SCHED_RESET_ON_FORK)

/* Until it is taken again: twice as long each time, unless it was held for a while. */
#define WAIT_MS 5000
#define WAIT_MOST_MS 3600000
#define WHILE_MS 600000

static unsigned rounds;
static bool given_up;
static int64_t wait_ms; /* 0: it was never given up */
static struct when taken, since;
static int64_t used_ms; /* by `since` */

/* musl's own refuse these. */
static int policy(void)
{
	return (int)syscall(SYS_sched_getscheduler, 0);
}

static int set_policy(int policy, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	return (int)syscall(SYS_sched_setscheduler, 0, policy, &param);
}

static int64_t processor_ms(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* SCHED_RESET_ON_FORK stays when it is given up: so the policy tells, also after an execution in place. */
static void begin(struct when now)
{
	given_up = policy() == GIVEN_UP;
	taken = since = now;
	used_ms = processor_ms();
}

void precedence_take(void)
{
	if (getpid() == 1 && !policy() && !getpriority(PRIO_PROCESS, 0) && set_policy(OURS, 1) < 0)
		log_debug(NULL, "no precedence: the kernel gives none to who lacks CAP_SYS_NICE");
	begin(when_now());
}

static void give_up(struct when now, int64_t used, int64_t span)
{
	if (policy() != OURS || set_policy(GIVEN_UP, 0) < 0)
		return;
	given_up = true;
	wait_ms = wait_ms && when_since(taken, now) < WHILE_MS ? MIN(wait_ms * 2, WAIT_MOST_MS) : WAIT_MS;
	log_warn("minit", 0, "it has had a processor for %ld of %ld ms, and gives up its precedence over the services "
		 "for %ld s; is it flooded with requests, or do services end all the time?", (long)used, (long)span,
		 (long)(wait_ms / 1000));
}

static void take_again(struct when now)
{
	if (set_policy(OURS, 1) < 0)
		return;
	given_up = false;
	taken = now;
	log_info("minit", "it has precedence over the services again");
}

static void weigh(struct when now, int64_t used, int64_t span)
{
	if (given_up && used * 10 < span)
		take_again(now);
	else if (!given_up && used * 2 > span)
		give_up(now, used, span);
}

static void look(void)
{
	struct when now = when_now();
	int64_t used, span = when_since(since, now);

	if (!since.ms) {
		begin(now);
		return;
	}
	if (span < (given_up ? wait_ms : SPAN_MS))
		return;
	used = processor_ms();
	weigh(now, used - used_ms, span);
	since = now;
	used_ms = used;
}

void precedence_consider(void)
{
	if ((given_up || ++rounds % ROUNDS == 0) && getpid() == 1)
		look();
}
