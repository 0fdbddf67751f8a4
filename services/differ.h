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
	DIFFER_ASKED = 256,  /* beside that: it is the service itself now, which takes a new run if it was left out */
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

/* What of the machine's side: services/differ_machine.c has what each is called. */
enum differ_of { OF_HOSTNAME, OF_LINK, OF_SHARD, OF_BRIDGE, OF_SYSCTL, OF_IPRULE };

/* What becomes of it. */
enum fate {
	FATE_NEW = 1,      /* it is made */
	FATE_GONE = 2,     /* it is removed, if minit has made it */
	FATE_SET = 4,      /* it is given what the new table says, and stays */
	FATE_LEFT = 8,     /* no longer in the table: it stays as it is */
	FATE_REFUSED = 16, /* it cannot be while minit runs */
	FATE_UNSET = 32,   /* a setting that is no longer in the table: as a new one of minit's has it */
	FATE_ANEW = 64,    /* it is removed, if minit has made it, and made again, with what is upon it */
};

struct differ_part {
	enum differ_of of;
	enum fate fate;
	int32_t was, is;  /* its number in the old table and in the new one, -1: it is not in that */
	const char *name; /* "br0", or ""; while it is told */
	const char *key;  /* what of it is another, or NULL */
	const char *why;  /* FATE_REFUSED: the reason, and what to do */
};

/* Hears of each part that is different; one may come with several keys. */
typedef void differ_part_fn(void *context, const struct differ_part *part);

/*
 * What minit itself has, beside its services: bits of enum fate; 0: nothing is different. What is to go comes in the
 * order to remove it in. tell may be NULL. services/differ_machine.c
 */
unsigned differ_machine(const struct table *was, const struct table *is, differ_part_fn *tell, void *context);

/* "network.bridge.br0: mac"; room for DIFFER_PART. */
void differ_put_part(struct buf *b, const struct differ_part *part);
#define DIFFER_PART 640

/* Whether what packets may do is (net/ruleset.h): it is put in place of the old as a whole. */
bool differ_ruleset(const struct table *was, const struct table *is);

/* Whether the log helper has to be given other pipes, or other names and files for them. */
bool differ_outputs(const struct table *was, const struct table *is);

#endif
