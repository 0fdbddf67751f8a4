/*
 * What is different between two tables, as far as one service goes, and so what it costs to put the second in the place
 * of the first. Which field costs what stands beside it in services/fields.def, confine.def and network.def.
 */
#ifndef SERVICES_DIFFER_H
#define SERVICES_DIFFER_H

#include "services/table.h"

enum differ {
	DIFFER_NEVER = 0,    /* beside a field that follows from others */
	DIFFER_NOW = 1,      /* in force as soon as the table is */
	DIFFER_LIMITS = 2,   /* written into its leaf, or that of its group, while it runs */
	DIFFER_NAMES = 4,    /* its files of names are written anew while it runs */
	DIFFER_RUN = 8,      /* a new run has it */
	DIFFER_LEAF = 16,    /* a leaf made anew, and so a new run */
	DIFFER_NETWORK = 32, /* a network made anew, and so a new run */
	DIFFER_BY_HAND = 64, /* beside a field: services/differ.c has words of its own for it */
	DIFFER_QUIET = 128,  /* beside a field that says who has asked for another: as NOW, and not told */
};

/* What cannot be had while it runs. */
#define DIFFER_ANEW (DIFFER_RUN | DIFFER_LEAF | DIFFER_NETWORK)

/* A service of a table, by its index. */
struct differ_side {
	const struct table *t;
	uint32_t index;
};

/* Hears of each key that is different, by the name that `minit check --dump` has for it. */
typedef void differ_fn(void *context, const char *key, enum differ how);

/* Bits of enum differ; 0: nothing is different. tell may be NULL. */
unsigned differ_service(struct differ_side was, struct differ_side is, differ_fn *tell, void *context);

/* What is said of that which differ_machine finds. */
#define DIFFER_MACHINE_REFUSED \
	"reload: %s has changed, which is set up when minit starts: put it back, or start minit anew; " \
	"nothing has changed"

/*
 * The first part of the machine's side that is different, "network.bridge", which minit cannot change while it runs; or
 * NULL.
 */
const char *differ_machine(const struct table *was, const struct table *is);

/* Whether what packets may do is (net/ruleset.h): it is put in place of the old as a whole. */
bool differ_ruleset(const struct table *was, const struct table *is);

/* Whether the log helper has to be given other pipes, or other names and files for them. */
bool differ_outputs(const struct table *was, const struct table *is);

#endif
