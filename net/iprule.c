/*
 * Rules of policy routing. They bear a protocol of minit's own (Linux 4.17), by which those of a killed run are known;
 * an older kernel says that they are there already, and takes the same ones away.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

static void put_net(struct netlink_batch *b, uint16_t attr, const struct addr *net)
{
	if (net->prefix)
		netlink_put(b, attr, net->bytes, addr_width(net));
}

static void put_rule(struct netlink_batch *b, const struct net_iprule *rule)
{
	put_net(b, FRA_SRC, &rule->from);
	put_net(b, FRA_DST, &rule->to);
	if (rule->iif[0])
		netlink_put_text(b, FRA_IIFNAME, rule->iif);
	if (rule->oif[0])
		netlink_put_text(b, FRA_OIFNAME, rule->oif);
	if (rule->fwmask) {
		netlink_put_u32(b, FRA_FWMARK, rule->fwmark);
		netlink_put_u32(b, FRA_FWMASK, rule->fwmask);
	}
	if (rule->table)
		netlink_put_u32(b, FRA_TABLE, rule->table);
	netlink_put_u32(b, FRA_PRIORITY, rule->priority);
	netlink_put_u8(b, FRA_PROTOCOL, NET_PROTOCOL);
}

/* 0 or -errno; nothing is logged. */
static int send_rule(struct net_session *s, const struct net_iprule *rule, uint8_t family,
		     const struct netlink_request *request)
{
	struct fib_rule_hdr h = { .family = family, .src_len = rule->from.prefix, .dst_len = rule->to.prefix,
				  .action = rule->action, .flags = rule->inverted ? FIB_RULE_INVERT : 0 };
	struct netlink_answer a;
	struct netlink_batch b;
	char mem[256];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	netlink_begin(&b, request);
	netlink_raw(&b, &h, sizeof(h));
	put_rule(&b, rule);
	return netlink_ask(&b, &a);
}

static uint8_t family_of(const struct net_iprule *rule)
{
	return rule->from.family ? rule->from.family : rule->to.family;
}

static int add(struct net_session *s, const struct net_iprule *rule, uint8_t family)
{
	BUF_ON_STACK(name, 24);
	struct netlink_request request = { .type = RTM_NEWRULE, .flags = NLM_F_CREATE | NLM_F_EXCL,
					   .step = NET_IPRULE };
	int err = send_rule(s, rule, family, &request);

	if (!err || err == -EEXIST)
		return 0;
	if (family == AF_INET6 && !family_of(rule) && (err == -EAFNOSUPPORT || err == -EOPNOTSUPP))
		return 0;
	buf_u64(&name, rule->priority);
	request.name = buf_text(&name);
	return net_failed("network", &request, -err, "");
}

int net_iprule_add(struct net_session *s, const struct net_iprule *rule)
{
	uint8_t family = family_of(rule);
	int err = family == AF_INET6 ? 0 : add(s, rule, AF_INET);

	return err || family == AF_INET ? err : add(s, rule, AF_INET6);
}

void net_iprule_remove(struct net_session *s, const struct net_iprule *rule)
{
	const struct netlink_request request = { .type = RTM_DELRULE, .step = NET_IPRULE };
	uint8_t family = family_of(rule);

	if (family != AF_INET6)
		(void)!send_rule(s, rule, AF_INET, &request);
	if (family != AF_INET)
		(void)!send_rule(s, rule, AF_INET6, &request);
}

/* -- what a killed run has left ------------------------------------------------------------------------------------ */

static bool is_own(struct netlink_bytes body, void *ret_priority)
{
	struct netlink_bytes attrs = netlink_behind(body, sizeof(struct fib_rule_hdr)), got;

	if (!netlink_find(attrs, FRA_PROTOCOL, &got) || got.len != 1 || (uint8_t)got.data[0] != NET_PROTOCOL ||
	    !netlink_find(attrs, FRA_PRIORITY, &got) || got.len != sizeof(uint32_t))
		return false;
	memcpy(ret_priority, got.data, got.len);
	return true;
}

static int drop(struct net_session *s, const void *one, uint8_t family)
{
	const struct netlink_request request = { .type = RTM_DELRULE, .step = NET_IPRULE };
	struct net_iprule rule = { .priority = 0 };

	memcpy(&rule.priority, one, sizeof(rule.priority));
	return send_rule(s, &rule, family, &request);
}

void net_iprules_clear(struct net_session *s)
{
	static const struct sweep ours = { RTM_GETRULE, sizeof(struct fib_rule_hdr), sizeof(uint32_t), is_own, drop };

	sweep(s, &ours);
}
