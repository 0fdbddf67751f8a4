/*
 * The numbers of services, by which the ports of their bridges are called. Those of a table by itself are in its order;
 * one that is to take the place of another leaves those numbers that have ports, so that what is there goes on.
 */
#include <string.h>

#include "lib/bits.h"
#include "services/address.h"

#define NUMBERS (2 * TABLE_SERVICES_MAX) /* those of two tables */

struct numbers {
	struct compile *c;
	uint8_t *taken; /* a bit for each */
	uint32_t next;  /* where the next free one is looked for */
};

/* The number of a service of the table before, or -1: no port is called by one. */
static int64_t number_of(const struct service_spec *spec)
{
	size_t len = strlen(PEER_NAME);
	uint64_t number;

	if (spec->attach.bridge < 0 || strncmp(spec->attach.peer, PEER_NAME, len) != 0)
		return -1;
	return text_u64(spec->attach.peer + len, &number) || number >= NUMBERS ? -1 : (int64_t)number;
}

static void give(struct numbers *n, uint32_t index, uint32_t number)
{
	n->c->numbers[index] = number;
	bits_put(n->taken, number, true);
}

/* All that are given anew lie behind it: what the table before that one had may have a port still. */
static void take(struct numbers *n, uint32_t number)
{
	bits_put(n->taken, number, true);
	n->next = MAX(n->next, number + 1);
}

/* Who is in both tables keeps its own. What others had is not given again yet: a port goes some time after its end. */
static void give_those_before(struct numbers *n, const struct table *before, bool *given)
{
	for (uint32_t i = 0; i < n->c->services.count; i++) {
		int was = table_find_near(before, table_name(n->c->table, &n->c->specs[i]), i);
		int64_t number = was < 0 ? -1 : number_of(table_service(before, (uint32_t)was));

		given[i] = number >= 0;
		if (given[i])
			give(n, i, (uint32_t)number);
	}
	for (uint32_t i = 0; i < before->services.count; i++)
		if (number_of(table_service(before, i)) >= 0)
			take(n, (uint32_t)number_of(table_service(before, i)));
}

/* Its own place in a table by itself; there are twice as many as one table has, so one is free. */
static uint32_t choose(struct numbers *n)
{
	while (bits_has(n->taken, n->next % NUMBERS))
		n->next++;
	return n->next++ % NUMBERS;
}

void numbers_finish(struct compile *c)
{
	struct numbers n = { c, arena_array(c->work, uint8_t, NUMBERS / 8), 0 };
	bool *given = arena_array(c->work, bool, c->services.count);

	c->numbers = arena_array(c->work, uint32_t, c->services.count);
	if (c->before)
		give_those_before(&n, c->before, given);
	for (uint32_t i = 0; i < c->services.count; i++)
		if (!given[i])
			give(&n, i, choose(&n));
}
