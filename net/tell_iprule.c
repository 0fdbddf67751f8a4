/* Rules that choose a table of routes, as lines of ip(8). */
#include <linux/fib_rules.h>
#include <sys/socket.h>

#include "net/tell_put.h"

static void put_action(struct buf *b, const struct net_iprule *rule)
{
	if (rule->table)
		buf_fmt(b, " table %u", rule->table);
#define REFUSAL(word, NAME) \
	else if (rule->action == FR_ACT_##NAME) \
		buf_str(b, " " #word);
#include "net/refusals.def"
#undef REFUSAL
}

static void put_iprule(struct buf *b, const struct net_iprule *rule, uint8_t family)
{
	buf_fmt(b, "ip%s rule add%s priority %u", family == AF_INET6 ? " -6" : "", rule->inverted ? " not" : "",
		rule->priority);
	tell_addr(b, "from", &rule->from, true);
	tell_addr(b, "to", &rule->to, true);
	tell_name(b, "iif", rule->iif);
	tell_name(b, "oif", rule->oif);
	if (rule->fwmask)
		buf_fmt(b, " fwmark 0x%x/0x%x", rule->fwmark, rule->fwmask);
	put_action(b, rule);
	buf_fmt(b, " protocol %u\n", NET_PROTOCOL);
}

/* In both families when it names none. */
void tell_iprule(struct buf *b, const struct net_iprule *rule)
{
	uint8_t family = rule->from.family ? rule->from.family : rule->to.family;

	if (family != AF_INET6)
		put_iprule(b, rule, AF_INET);
	if (family != AF_INET)
		put_iprule(b, rule, AF_INET6);
}
