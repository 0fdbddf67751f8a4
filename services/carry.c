/* What is known of the services, carried over from one table to the next: state_carry. */
#include <string.h>

#include "lib/bits.h"
#include "net/net.h"
#include "services/changed.h"
#include "services/differ.h"
#include "services/state.h"

/* Up to the lists of which only the part is touched that is used, and without what is this state file's own. */
static void carry_head(struct statefile *to, const struct statefile *from)
{
	struct state_head own;

	memcpy(&own, to, sizeof(own));
	memcpy(to, from, offsetof(struct statefile, clients));
	memcpy(to, &own, sizeof(own));
	memcpy(to->clients, from->clients, from->client_slots * sizeof(to->clients[0]));
	to->table_fd = from->next_table_fd;
	to->self_fd = from->self_fd;
	to->next_table_fd = -1;
	to->last_table_fd = from->table_fd;
	to->exchange = EXCHANGE_DONE;
	to->prepared = 2 * to->count; /* by HANDLE_ANEW, those that are to be */
	to->admitted = 0;
	to->rules.made = 0;
	to->inflight.service = 0;
}

/* Who looks on is told how all are, as at the beginning. */
static void carry_clients(struct statefile *to)
{
	for (uint32_t i = 0; i < to->client_slots; i++)
		if (to->clients[i].kind == CLIENT_EVENTS)
			to->clients[i].cursor = CURSOR_RELOADED;
}

/* What it keeps across runs is closed, and its leaf removed, by who carries. */
static void forget_kept(struct handles *h, unsigned how)
{
	h->flags |= HANDLE_ANEW;
	h->missing = h->refused = 0;
	h->flags &= (uint8_t)~HANDLE_PAUSED;
	h->paused_for = 0;
	if (how & DIFFER_NETWORK) {
		h->netns = -1;
		h->settle = (struct net_settle){ 0 };
	}
}

static bool share_address(const struct net_attach *a, const struct net_attach *b)
{
	for (unsigned i = 0; i < NET_ADDRS && a->addr[i].family; i++)
		for (unsigned k = 0; k < NET_ADDRS && b->addr[k].family; k++)
			if (addr_equal(&a->addr[i], &b->addr[k]))
				return true;
	return false;
}

static bool has_moved(const struct net_attach *was, const struct net_attach *is)
{
	uint8_t from[NET_MAC], to[NET_MAC];

	if (!mac_is_chosen(was) || !mac_is_chosen(is) || !share_address(was, is))
		return false;
	mac_of_attach(was, from);
	mac_of_attach(is, to);
	return memcmp(from, to, NET_MAC) != 0;
}

/* Whether an eth has the addresses that it had, and another MAC. */
static bool has_any_moved(struct differ_side was, struct differ_side is)
{
	const struct net_attach *a, *b;

	for (uint32_t n = 0; (a = table_attach(was.t, table_service(was.t, was.index), n)) &&
			     (b = table_attach(is.t, table_service(is.t, is.index), n)); n++)
		if (has_moved(a, b))
			return true;
	return false;
}

static void carry_service(struct service *to, const struct service *from, unsigned how)
{
	*to = *from;
	to->handles.flags &= (uint8_t)~HANDLE_HELD;
	to->handles.flags |= HANDLE_KEPT;
	if (how & DIFFER_ANEW) {
		forget_kept(&to->handles, how);
		state_forget_leaf(to);
	} else if (how & DIFFER_LIMITS) {
		to->handles.flags |= HANDLE_WRITE;
	}
}

/* Whose it is by the next table, or 0 when that has nobody of the name. */
static uint32_t whose(const struct table *from, const struct table *to, uint32_t was)
{
	uint32_t number = (was & ~CHANGED_GROUP) - 1;
	int index;

	if (was & CHANGED_GROUP) {
		const struct group_spec *group = table_group_at(from, number);

		index = table_find_group(to, table_given(from, group->name_at));
		return index < 0 ? 0 : changed_of_group((uint32_t)index);
	}
	index = table_find_near(to, table_name(from, table_service(from, number)), number);
	return index < 0 ? 0 : changed_of_service((uint32_t)index);
}

static struct list limits_of(const struct table *t, uint32_t who)
{
	uint32_t number = (who & ~CHANGED_GROUP) - 1;

	return who & CHANGED_GROUP ? table_group_at(t, number)->limits :
				     table_service(t, number)->limits;
}

static const char *text_in(const struct table *t, uint32_t who, const struct limit_change *c)
{
	return changed_limit(t, limits_of(t, who), changed_file(c), changed_text(c)) ?: "";
}

/* What was changed by hand holds on, unless the table says something new of it. */
static void carry_changes(struct statefile *to, const struct statefile *from, const struct table *was,
			  const struct table *is)
{
	for (uint32_t i = 0; i < from->change_slots; i++) {
		const struct limit_change *c = &from->changes[i];
		uint32_t who = c->whose ? whose(was, is, c->whose) : 0;

		to->changes[i] = *c;
		to->changes[i].whose = who && !strcmp(text_in(was, c->whose, c), text_in(is, who, c)) ? who : 0;
	}
}

/* -- what minit itself has: by numbers, which are others in another table ------------------------------------------ */

static void carry_made(uint8_t *to, const uint8_t *from, int was, uint32_t is)
{
	bits_put(to, is, was >= 0 && bits_has(from, (uint32_t)was));
}

static void note_new(struct network_due *due, enum differ_of of, uint32_t is)
{
	if (of == OF_BRIDGE)
		bits_put(due->bridges, is, true);
	if (of == OF_SHARD)
		bits_put(due->shards, is, true);
	if (of == OF_IPRULE)
		bits_put(due->iprules, is, true);
	if (of == OF_LINK)
		due->links |= (uint64_t)1 << is;
}

static void note_set(struct network_due *due, enum differ_of of, uint32_t is)
{
	if (of == OF_BRIDGE)
		bits_put(due->bridges_set, is, true);
	if (of == OF_SHARD)
		bits_put(due->shards_set, is, true);
	if (of == OF_SYSCTL)
		bits_put(due->sysctls, is, true);
	if (of == OF_LINK)
		due->links_set |= (uint64_t)1 << is;
	if (of == OF_HOSTNAME)
		due->hostname = 1;
}

static void note_due(void *context, const struct differ_part *part)
{
	if (part->fate & (FATE_NEW | FATE_ANEW))
		note_new(context, part->of, (uint32_t)part->is);
	if (part->fate == FATE_SET)
		note_set(context, part->of, (uint32_t)part->is);
}

void state_note_due(struct network_due *due, const struct table *from, const struct table *to)
{
	(void)differ_machine(from, to, note_due, due);
}

static const uint16_t link_sets[] = {
	offsetof(struct statefile, links_made),    offsetof(struct statefile, links_done),
	offsetof(struct statefile, links_carrier), offsetof(struct statefile, links_leased),
	offsetof(struct statefile, links_leased6), offsetof(struct statefile, links_online),
	offsetof(struct statefile, links_there),
};

static uint64_t *set_in(struct statefile *s, size_t i)
{
	return (uint64_t *)(void *)((char *)s + link_sets[i]);
}

static void carry_links(uint64_t *to, uint64_t from, const struct table *was, const struct table *is)
{
	*to = 0;
	for (uint32_t i = 0; i < is->links.count; i++) {
		int there = table_link_named(was, table_link(is, i)->name, i);

		if (there >= 0 && from >> there & 1)
			*to |= (uint64_t)1 << i;
	}
}

/* A lease that it is to have by this table alone is none that it has. */
static void forget_leases(struct statefile *to, const struct table *is)
{
	for (uint32_t i = 0; i < is->links.count; i++) {
		uint64_t bit = (uint64_t)1 << i;

		to->links_leased &= table_link(is, i)->flags & NET_LINK_DHCP ? UINT64_MAX : ~bit;
		to->links_leased6 &= table_link(is, i)->flags & NET_LINK_DHCP6 ? UINT64_MAX : ~bit;
	}
}

static void carry_network(struct statefile *to, const struct statefile *from, const struct table *was,
			  const struct table *is)
{
	memset(&to->due, 0, sizeof(to->due));
	for (uint32_t i = 0; i < is->bridges.count; i++)
		carry_made(to->bridges_made, from->bridges_made,
			   table_bridge_named(was, table_bridge(is, i)->name, i), i);
	for (uint32_t i = 0; i < is->shards.count; i++)
		carry_made(to->shards_made, from->shards_made, table_shard_named(was, table_shard(is, i)->name, i), i);
	for (size_t i = 0; i < ARRAY_LEN(link_sets); i++)
		carry_links(set_in(to, i), *set_in((struct statefile *)(uintptr_t)from, i), was, is);
	forget_leases(to, is);
	state_note_due(&to->due, was, is);
}

/* -- all of it ---------------------------------------------------------------------------------------------------- */

unsigned state_cost(const struct supervisor *sv, uint32_t index, const struct table *to, uint32_t there)
{
	struct differ_side was = { sv->table, index }, is = { to, there };
	unsigned how = differ_service(was, is, NULL, NULL);
	bool lacks = how & DIFFER_ASKED && service_at(sv, index)->handles.missing;

	return lacks ? how | DIFFER_RUN : how;
}

static void carry_one(struct statefile *to, const struct supervisor *sv, struct differ_side was, struct differ_side is)
{
	unsigned how = state_cost(sv, was.index, is.t, is.index);

	carry_service(&to->services[is.index], service_at(sv, was.index), how);
	if (how & DIFFER_NETWORK && has_any_moved(was, is))
		to->services[is.index].handles.moved = 1;
}

int state_carry(const struct supervisor *sv, const struct table *to, struct statefile **ret)
{
	const struct table *from = sv->table;
	struct statefile *s;
	int fd = state_create(to, &s);

	if (fd < 0)
		return fd;
	carry_head(s, sv->state);
	s->rules.left |= table_has_between(from);
	s->rules.left &= !table_has_between(to);
	carry_clients(s);
	carry_changes(s, sv->state, from, to);
	carry_network(s, sv->state, from, to);
	for (uint32_t i = 0; i < s->count; i++) {
		int was = table_find_near(from, table_name(to, table_service(to, i)), i);

		s->services[i].handles.flags = HANDLE_ANEW;
		if (was < 0)
			s->services[i].handles.mark = ++s->marks;
		else
			carry_one(s, sv, (struct differ_side){ from, (uint32_t)was }, (struct differ_side){ to, i });
	}
	*ret = s;
	return fd;
}
