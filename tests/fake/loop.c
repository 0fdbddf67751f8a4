#include "tests/fake/loop.h"

#include <poll.h>

#define IDS 64

static struct {
	int fd;
	unsigned events;
} watched[LOOP_KINDS][IDS];
static loop_fn *handlers[LOOP_KINDS];

void loop_reset(void)
{
	for (int k = 0; k < LOOP_KINDS; k++)
		for (int i = 0; i < IDS; i++)
			watched[k][i].events = 0;
}

void loop_handler(enum loop_kind kind, loop_fn *fn)
{
	handlers[kind] = fn;
}

void loop_watch(enum loop_kind kind, uint32_t id, int fd, unsigned events)
{
	watched[kind][id].fd = fd;
	watched[kind][id].events = events;
}

void loop_unwatch(enum loop_kind kind, uint32_t id)
{
	watched[kind][id].events = 0;
}

unsigned loop_watched(enum loop_kind kind, uint32_t id)
{
	return watched[kind][id].events;
}

static unsigned ready(int fd, unsigned events)
{
	struct pollfd p = { .fd = fd, .events = (short)((events & LOOP_READ ? POLLIN : 0) |
							(events & LOOP_WRITE ? POLLOUT : 0)) };

	if (!events || poll(&p, 1, 0) != 1)
		return 0;
	if (p.revents & (POLLERR | POLLHUP))
		return events;
	return (p.revents & POLLIN ? LOOP_READ : 0) | (p.revents & POLLOUT ? LOOP_WRITE : 0);
}

int loop_round(void)
{
	int called = 0;

	for (unsigned k = 0; k < LOOP_KINDS; k++)
		for (uint32_t i = 0; i < IDS; i++) {
			unsigned r = ready(watched[k][i].fd, watched[k][i].events);

			if (r) {
				handlers[k](i, r);
				called++;
			}
		}
	return called;
}
