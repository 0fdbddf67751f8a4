/*
 * What becomes of a link that two tables have: it is given what is different, or made anew, and then what is upon it or
 * a port of it, too.
 */
#ifndef SERVICES_DIFFER_LINK_H
#define SERVICES_DIFFER_LINK_H

#include "services/differ.h"

/* Bits by number in `is`: which of those that both have are made anew. */
uint64_t differ_links_anew(const struct table *was, const struct table *is);

/* Two tables, and differ_links_anew of them. */
struct differ_links {
	const struct table *was, *is;
	uint64_t anew;
};

/* Whether what bears this name, or nothing, is the same under both, as far as they say. */
bool differ_link_stays(const struct differ_links *l, const char *name);

typedef void differ_link_fn(void *context, const char *key, enum fate fate);

/* Tells of each key in which the link of these numbers is another, by what the link comes to. */
void differ_link(const struct differ_links *l, uint32_t was, uint32_t is, differ_link_fn *tell, void *context);

#endif
