#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include "init/drops.h"

#include <linux/netfilter.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "init/handed.h"
#include "init/say.h"

#define DROPS_MOST ((size_t)1 << 28) /* bytes of address space for what is read */

static bool concerns(const struct net_drop *d, const struct net_bridge *bridge)
{
	static const uint32_t forwarded = NET_NAT | NET_PUBLISH | NET_ROUTED4 | NET_ROUTED6;

	return bridge->flags & forwarded && !net_drop_names(d, bridge->name) &&
	       (d->family == NFPROTO_INET ||
		bridge_has_family(bridge, d->family == NFPROTO_IPV4 ? AF_INET : AF_INET6));
}

const struct net_drop *drops_next(const struct net_drops *drops, const struct net_bridge *bridge, uint32_t *at)
{
	while (*at < drops->count) {
		const struct net_drop *d = &drops->list[(*at)++];

		if (concerns(d, bridge))
			return d;
	}
	return NULL;
}

static const char *family_name(const struct net_drop *d)
{
	return d->family == NFPROTO_INET ? "inet" : d->family == NFPROTO_IPV4 ? "ip" : "ip6";
}

void drops_put_chain(struct buf *b, const struct net_drop *d)
{
	buf_fmt(b, "%s %s %s", family_name(d), d->table, d->chain);
}

/* Who made it by iptables, old or new, will look for it there. */
static void put_cure(struct buf *b, const struct net_drop *d, const char *direction, const char *bridge)
{
	const char *tool = d->family == NFPROTO_IPV6 ? "ip6tables" : "iptables";

	if (d->legacy || (d->family != NFPROTO_INET && !strcmp(d->table, "filter") && !strcmp(d->chain, "FORWARD")))
		buf_fmt(b, "%s -I FORWARD -%c %s -j ACCEPT", tool, *direction, bridge);
	else
		buf_fmt(b, "nft insert rule %s %s %s %sifname %s accept", family_name(d), d->table, d->chain, direction,
			bridge);
}

void drops_put(struct buf *b, const struct net_drop *d, const struct net_bridge *bridge)
{
	buf_str(b, "chain ");
	drops_put_chain(b, d);
	buf_fmt(b, " is not minit's, drops what its rules do not accept, and none of them names %s: published ports, "
		"nat and allow may not get through it; let them: `", bridge->name);
	put_cure(b, d, "i", bridge->name);
	buf_str(b, "` and `");
	put_cure(b, d, "o", bridge->name);
	buf_str(b, "`");
}

static void say_of_bridge(const struct net_bridge *bridge, const struct net_drops *drops, int indent)
{
	const struct net_drop *d;

	for (uint32_t at = 0; (d = drops_next(drops, bridge, &at));) {
		BUF_ON_STACK(line, 1024);

		drops_put(&line, d, bridge);
		say("%*s%s: %s\n", indent, "", bridge->name, buf_text(&line));
	}
}

static void say_of(const struct table *t, uint32_t index, const struct net_drops *drops, int indent)
{
	const struct service_spec *spec = table_service(t, table_network_of(t, index));
	const struct net_attach *at;

	for (uint32_t n = 0; (at = table_attach(t, spec, n)); n++)
		if (at->bridge >= 0)
			say_of_bridge(table_bridge(t, (uint32_t)at->bridge), drops, indent);
}

/* What it takes more rights to see than to ask for the state is left unsaid. */
void drops_say_why(const char *name, int indent)
{
	static struct net_drops drops;
	const struct table *t = NULL;
	struct handed h;
	struct arena mem;
	int err = handed_ask(&h, "net", name);

	if (!err)
		t = table_map(h.fds[INSIGHT_TABLE], &err);
	if (t && table_find(t, name) >= 0 && h.fds[INSIGHT_NET] >= 0 && !setns(h.fds[INSIGHT_NET], CLONE_NEWNET) &&
	    !arena_open(&mem, DROPS_MOST)) {
		net_drops_read(&mem, &drops);
		say_of(t, (uint32_t)table_find(t, name), &drops, indent);
		arena_close(&mem);
	}
	handed_release(&h);
}
