/* Words and lines that all of net/tell_*.c write. */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/tell_put.h"

/* -- words ------------------------------------------------------------------------------------------------------- */

static bool is_plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') && !(*p >= '0' && *p <= '9') &&
		    !strchr("._-:/=,+@%", *p))
			return false;
	return *text;
}

void tell_word(struct buf *b, const char *text)
{
	if (is_plain(text)) {
		buf_str(b, text);
		return;
	}
	buf_char(b, '\'');
	for (; *text; text++)
		if (*text == '\'')
			buf_str(b, "'\\''");
		else
			buf_char(b, *text);
	buf_char(b, '\'');
}

void tell_comment(struct buf *b, const char *text)
{
	for (; *text; text++)
		buf_char(b, (unsigned char)*text < ' ' ? '?' : *text);
}

void tell_name(struct buf *b, const char *word, const char *name)
{
	if (!*name)
		return;
	buf_fmt(b, " %s ", word);
	tell_word(b, name);
}

void tell_addr(struct buf *b, const char *word, const struct addr *addr, bool prefix)
{
	if (!addr->family)
		return;
	buf_fmt(b, " %s ", word);
	text_put_addr(b, addr, prefix);
}

void tell_mac(struct buf *b, const char *word, const uint8_t *mac)
{
	buf_fmt(b, " %s ", word);
	text_put_mac(b, mac);
}

void tell_mtu(struct buf *b, uint32_t mtu)
{
	if (mtu)
		buf_fmt(b, " mtu %u", mtu);
}

void tell_half(struct buf *b, uint32_t mtu)
{
	buf_str(b, " numtxqueues 1 numrxqueues 1");
	tell_mtu(b, mtu);
}

void tell_option(struct buf *b, bool given, const char *word, uint32_t value)
{
	if (given)
		buf_fmt(b, " %s %u", word, value);
}

void tell_begin(struct buf *b, const char *program, const char *ns)
{
	buf_str(b, program);
	tell_name(b, "-n", ns ? ns : "");
}

void tell_set(struct buf *b, const char *ns, const char *ifname, const char *what)
{
	tell_begin(b, "ip", ns);
	tell_name(b, "link set dev", ifname);
	buf_fmt(b, " %s\n", what);
}

/* The request that sets it up comes behind it, as the kernel makes an address then. */
void tell_quiet(struct buf *b, const char *ns, const char *ifname)
{
	tell_set(b, ns, ifname, "addrgenmode none");
}

/* -- addresses, routes, neighbours ------------------------------------------------------------------------------- */

void tell_addrs(struct buf *b, const char *ns, const char *ifname, const struct addr *list)
{
	for (unsigned i = 0; i < NET_ADDRS && list[i].family; i++) {
		tell_begin(b, "ip", ns);
		tell_addr(b, "address replace", &list[i], true);
		if (list[i].family == AF_INET && list[i].prefix < 31)
			buf_str(b, " broadcast +");
		tell_name(b, "dev", ifname);
		buf_str(b, list[i].family == AF_INET6 ? " nodad\n" : "\n");
	}
}

void tell_route(struct buf *b, const struct net_route *route)
{
#define REFUSAL(word, NAME) \
	if (route->type == RTN_##NAME) \
		buf_str(b, #word " ");
#include "net/refusals.def"
#undef REFUSAL
	if (route->to.prefix)
		text_put_addr(b, &route->to, true);
	else
		buf_str(b, "default");
	tell_addr(b, "via", &route->via, false);
	tell_option(b, route->metric, "metric", route->metric);
	tell_option(b, route->table, "table", route->table);
}

void tell_route_on(struct buf *b, const char *ns, const char *how, const char *ifname, const struct net_route *route,
		   uint8_t protocol)
{
	tell_begin(b, "ip", ns);
	buf_fmt(b, "%s route %s ", route->to.family == AF_INET6 ? " -6" : "", how);
	tell_route(b, route);
	if (route->type == RTN_UNICAST)
		tell_name(b, "dev", ifname);
	buf_str(b, " proto ");
	if (protocol == RTPROT_STATIC)
		buf_str(b, "static");
	else
		buf_fmt(b, "%u", protocol);
	buf_str(b, route->onlink ? " onlink\n" : "\n");
}

void tell_gateway(struct buf *b, const char *ns, const char *how, const char *ifname, const struct addr *via,
		  const struct addr *own, uint32_t metric)
{
	struct net_route route = { .to.family = via->family, .via = *via, .metric = metric,
				   .type = RTN_UNICAST, .onlink = addr_is_beyond(own, NET_ADDRS, via) };

	if (via->family)
		tell_route_on(b, ns, how, ifname, &route, RTPROT_STATIC);
}

void tell_neighbour(struct buf *b, const char *ns, const char *ifname, const struct addr *addr, const uint8_t *mac)
{
	tell_begin(b, "ip", ns);
	tell_addr(b, "neighbour replace", addr, false);
	tell_mac(b, "lladdr", mac);
	tell_name(b, "dev", ifname);
	buf_str(b, " nud permanent");
	if (!ns)
		buf_fmt(b, " protocol %u", NET_PROTOCOL);
	buf_char(b, '\n');
}
