/*
 * Whether a pattern of `match` can match any device: by its name, or by its MAC. fnmatch(3) finds nothing by "52:54:00"
 * or "[e" and says nothing, so the device would be waited for in vain.
 */
#include <string.h>

#include "services/address.h"

#define DIGITS "0123456789"
#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define LETTERS SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"

/* Which characters a text may have at a place of it: what the table takes in names, and a MAC of one interface. */
typedef const char *place_fn(unsigned at);

static const char *in_name(unsigned at)
{
	return at ? LETTERS DIGITS "-.@" : LETTERS DIGITS;
}

static const char *in_mac(unsigned at)
{
	if (at == 1)
		return "02468ace"; /* the lowest bit is that of groups */
	return at % 3 == 2 ? ":" : DIGITS "abcdef";
}

/* One place of a pattern: any number of characters, any one, or one of `set` or of what is not in it. */
struct token {
	const char *set;
	size_t len;
	bool many, any, inverted;
};

/* Behind the token, or NULL for a bracket that is never closed. */
static const char *token_next(const char *at, struct token *t)
{
	const char *end;

	*t = (struct token){ .set = at, .len = 1, .many = *at == '*', .any = *at == '?' };
	if (*at != '[')
		return at + 1;
	t->inverted = at[1] == '!' || at[1] == '^';
	t->set = at + 1 + t->inverted;
	end = *t->set ? strchr(t->set + 1, ']') : NULL; /* one that comes first is itself in the set */
	t->len = end ? (size_t)(end - t->set) : 0;
	return end ? end + 1 : NULL;
}

static bool token_has(const struct token *t, char c)
{
	bool found = t->any;

	for (size_t i = 0; i < t->len && !found; i++) {
		bool is_range = i + 2 < t->len && t->set[i + 1] == '-';

		found = is_range ? c >= t->set[i] && c <= t->set[i + 2] : c == t->set[i];
		i += is_range ? 2 : 0;
	}
	return found != t->inverted;
}

static bool token_fits(const struct token *t, const char *characters)
{
	while (*characters && !token_has(t, *characters))
		characters++;
	return *characters;
}

/* Bit n of `reached`: what came before the token can match n characters. */
static uint32_t step(const struct token *t, place_fn *place, unsigned most, uint32_t reached)
{
	uint32_t next = 0;

	if (t->many)
		return -(reached & -reached);
	for (unsigned i = 0; i < most; i++)
		if (reached >> i & 1 && token_fits(t, place(i)))
			next |= 2u << i;
	return next;
}

/* A text of least to most characters. */
static bool can_match(const char *pattern, place_fn *place, unsigned least, unsigned most)
{
	uint32_t reached = 1, wanted = (2u << most) - (1u << least);
	struct token t;

	while (*pattern && (pattern = token_next(pattern, &t)))
		reached = step(&t, place, most, reached);
	return pattern && reached & wanted;
}

bool match_is_good(char *pattern)
{
	for (char *p = strchr(pattern, ':') ? pattern : ""; *p; p++)
		*p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
	return strcmp(pattern, "00:00:00:00:00:00") != 0 &&
	       (can_match(pattern, in_name, 1, NET_IFNAME - 1) || can_match(pattern, in_mac, 17, 17));
}

static bool is_exact(const char *pattern)
{
	return !pattern[strcspn(pattern, "*?[")];
}

/* Whose the one device is that it matches: of the links before it, and of those that are found by their names. */
static const struct net_link *owner_of(const struct compile *c, uint32_t index)
{
	const char *match = c->link_specs[index].match;

	for (uint32_t i = 0; i < c->links.count; i++) {
		const struct net_link *other = &c->link_specs[i];
		bool by_name = !strcmp(other->name, match) && !strchr(other->match, ':');

		if (i != index && (by_name || (i < index && !strcmp(other->match, match))))
			return other;
	}
	return NULL;
}

void match_check(struct compile *c, uint32_t index)
{
	const struct draft *d = &c->links.drafts[index];
	const struct net_link *link = &c->link_specs[index], *owner;
	const struct toml *node = d->nodes[KEY_LINK_MATCH];

	if (!node || !link->match[0] || link->kind != NET_KIND_DEVICE)
		return;
	owner = is_exact(link->match) ? owner_of(c, index) : NULL;
	if (!strcmp(link->name, "lo"))
		refuse(c, node, "%s: match: loopback is always there and called so; remove it", d->title);
	else if (!strcmp(link->match, "lo"))
		refuse(c, node, "%s: match: lo is loopback, which keeps its name; match another, or write "
		       "[network.link.lo]", d->title);
	else if (owner)
		refuse(c, node, "%s: match: the device \"%s\" is that of link %s already; match another", d->title,
		       node->text, owner->name);
}
