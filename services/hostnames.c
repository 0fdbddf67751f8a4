/* Names of services as host names: for DNS, and for libc in /etc/hosts, large letters are as small ones. */
#include "services/hostnames.h"

#include <string.h>

#define DOMAIN_MAX 253

static const char *fold(const char *name, struct buf *b)
{
	for (; *name; name++)
		buf_char(b, *name >= 'A' && *name <= 'Z' ? (char)(*name | 0x20) : *name);
	return buf_text(b);
}

void hostnames_open(struct compile *c, struct hostnames *n)
{
	n->last = (struct set){ .arena = c->work };
	n->before = arena_array(c->work, uint32_t, c->services.count);
	n->told = arena_array(c->work, bool, c->services.count);
	for (uint32_t i = 0; i < c->services.count; i++) {
		BUF_ON_STACK(name, TABLE_NAME_MAX + 1);
		struct set_entry *e;

		fold(table_name(c->table, &c->specs[i]), &name);
		e = set_at(&n->last, arena_text(c->work, name.data, name.len), name.len);
		n->before[i] = e->value;
		e->value = i + 1;
	}
}

uint32_t hostnames_last(const struct hostnames *n, const char *name)
{
	BUF_ON_STACK(folded, DOMAIN_MAX + 1);

	fold(name, &folded);
	return set_get(&n->last, folded.data, folded.len);
}

bool hostname_is_local(const char *name)
{
	return !strcasecmp(name, "localhost");
}
