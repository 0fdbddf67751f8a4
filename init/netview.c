#include "init/netview.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>

#include "init/check.h"
#include "init/client.h"
#include "init/field.h"
#include "init/netplan.h"
#include "init/options.h"
#include "init/say.h"
#include "init/verbs.h"
#include "lib/text.h"
#include "services/layout.h"

#define DIFFERENCES_MOST (1u << 20)

/* -- what there is to see ---------------------------------------------------------------------------------------- */

static bool has_network(const struct table *t)
{
	for (uint32_t i = 0; i < t->services.count; i++)
		if (table_service(t, i)->namespaces & CLONE_NEWNET)
			return true;
	return t->bridges.count || t->links.count;
}

static const char *nearest(const struct table *t, const char *name)
{
	struct nearest near = nearest_name(name);

	for (uint32_t i = 0; i < t->services.count; i++)
		nearest_offer(&near, table_name(t, table_service(t, i)));
	return near.best;
}

/* Refused: in its own words. */
static int complain_refused(const struct handed *h, int err)
{
	int status = 1;

	return err == -EPERM && talk_is_over(h->line, &status) ? status : talk_complain(err);
}

bool view_service(struct view *v, uint32_t index, struct handed *h)
{
	const char *name = table_name(v->table, table_service(v->table, index));
	int err = handed_ask(h, "net", name);

	if (err) {
		v->status = complain_refused(h, err);
		return false;
	}
	v->look.table = v->table;
	v->look.spec = table_service(v->table, index);
	v->look.name = name;
	v->look.index = index;
	v->look.own_net = h->fds[INSIGHT_OWN_NET];
	v->look.missing = (int32_t)field_number(h->line, "missing", 0);
	v->look.count = v->look.differ = 0;
	network_see_own(v->look.own_net, &v->mem, &v->seen);
	return true;
}

/* The port of the bridge is the other end: what it sends the service receives. */
bool view_counts(const struct view *v, const struct net_attach *at, struct net_counts *ret)
{
	const struct net_found_link *port = net_found_link(&v->seen.host, at->peer);
	const struct net_found_link *eth = net_found_link(&v->seen.own, net_eth(at));

	if (at->bridge < 0 && !(at->flags & NET_ON_LINK && eth))
		return false;
	if (at->bridge < 0) {
		*ret = eth->counts;
		return true;
	}
	if (!port)
		return false;
	*ret = (struct net_counts){
		.in_bytes = port->counts.out_bytes, .in_packets = port->counts.out_packets,
		.in_dropped = port->counts.out_dropped,
		.out_bytes = port->counts.in_bytes, .out_packets = port->counts.in_packets,
		.out_dropped = port->counts.in_dropped + (eth ? eth->counts.out_dropped : 0),
	};
	return true;
}

static bool differs(struct view *v, const char *name, const char *what, const char *why)
{
	buf_fmt(&v->differences, "! %s: %s%s\n", name, what, why);
	return false;
}

static bool has_addrs(struct view *v, const struct net_found_link *found, const struct addr *list)
{
	bool good = true;

	for (unsigned i = 0; i < NET_ADDRS && list[i].family; i++) {
		BUF_ON_STACK(text, 64);

		text_put_addr(&text, &list[i], true);
		if (!network_has_addr(&v->seen.host, found->index, &list[i]))
			good = differs(v, found->name, buf_text(&text), " is not there");
	}
	return good;
}

/* Somebody else's, so the bridge is as asked; but what it is for does not work. */
static bool gets_through(struct view *v, const struct net_bridge *bridge)
{
	const struct net_drop *d;
	bool good = true;

	for (uint32_t at = 0; (d = drops_next(&v->drops, bridge, &at));) {
		BUF_ON_STACK(text, 1024);

		drops_put(&text, d, bridge);
		good = differs(v, bridge->name, buf_text(&text), "");
	}
	return good;
}

/* It is put in place with the first of these, whether or not that runs. */
static bool is_ruled(const struct table *t)
{
	for (uint32_t i = 0; i < t->services.count; i++)
		if (table_service(t, i)->attach.flags & NET_RULED)
			return true;
	return false;
}

bool view_bridge(struct view *v, const struct net_bridge *bridge)
{
	const struct net_found_link *found = net_found_link(&v->seen.host, bridge->name);
	bool good;

	if (!found)
		return differs(v, bridge->name, "the bridge is not there", "");
	good = has_addrs(v, found, bridge->addr);
	if (!found->up)
		good = differs(v, bridge->name, "it is down", "");
	if (bridge->flags && !v->seen.rules.rule_count && is_ruled(v->table))
		good = differs(v, bridge->name, "its ruleset is not there", "");
	return gets_through(v, bridge) && good;
}

/* The other end of its pair goes with this one. */
bool view_shard(struct view *v, const struct net_shard *shard)
{
	const struct net_bridge *bridge = table_bridge(v->table, shard->bridge);
	const struct net_found_link *found = net_found_link(&v->seen.host, shard->name);
	const struct net_found_link *up = net_found_link(&v->seen.host, shard->up);
	const struct net_found_link *above = up ? net_found_link_at(&v->seen.host, up->master) : NULL;
	bool good = true;

	if (!found)
		return differs(v, shard->name, "the shard is not there", "");
	if (!found->up)
		good = differs(v, shard->name, "it is down", "");
	if (!above || strcmp(above->name, bridge->name) != 0)
		return differs(v, shard->name, "it is not joined to ", bridge->name);
	if (!up->works)
		good = differs(v, shard->name, shard->up, " lets nothing through");
	if (shard->alone && !up->alone)
		good = differs(v, shard->name, shard->up, " is not isolated");
	if (bridge->flags & NET_ISOLATE && !net_found_name(&v->seen.rules, true, "isolated", up->name))
		good = differs(v, shard->name, shard->up, " is not isolated by the ruleset");
	return good;
}

uint32_t view_services_on(const struct table *t, uint32_t bridge, int32_t shard)
{
	const struct net_attach *at;
	uint32_t count = 0;

	for (uint32_t i = 0; i < t->services.count; i++)
		for (uint32_t n = 0; (at = table_attach(t, table_service(t, i), n)); n++)
			count += at->bridge == (int32_t)bridge && (shard < 0 || at->shard == shard);
	return count;
}

static bool has_routes(struct view *v, const struct net_found_link *found, const struct net_link *link)
{
	const struct net_route *routes = table_list(v->table, v->table->link_routes, struct net_route) + link->first;
	bool good = true;

	for (size_t i = 0; i < ARRAY_LEN(link->gateway); i++) {
		struct net_route route = { .to.family = link->gateway[i].family, .via = link->gateway[i],
					   .type = RTN_UNICAST, .metric = link->metric };
		BUF_ON_STACK(text, 160);

		tell_route(&text, &route);
		if (link->gateway[i].family && !network_has_route(&v->seen.host, found->index, &route))
			good = differs(v, link->name, buf_text(&text), " is not there");
	}
	for (uint32_t i = 0; i < link->routes; i++) {
		uint32_t on = routes[i].type == RTN_UNICAST ? found->index : 0;
		BUF_ON_STACK(text, 160);

		tell_route(&text, &routes[i]);
		if (!network_has_route(&v->seen.host, on, &routes[i]))
			good = differs(v, link->name, buf_text(&text), " is not there");
	}
	return good;
}

static bool is_port_of(const struct view *v, const struct net_found_link *found, const char *master)
{
	const struct net_found_link *on = found->master ? net_found_link_at(&v->seen.host, found->master) : NULL;

	return on && !strcmp(on->name, master);
}

bool view_link(struct view *v, const struct net_link *link)
{
	const struct net_found_link *found = net_found_link(&v->seen.host, link->name);
	bool good;

	if (!found)
		return differs(v, link->name, "the link is not there", "");
	good = has_addrs(v, found, link->addr);
	if (link->master[0] && !is_port_of(v, found, link->master))
		good = differs(v, link->name, "it is no port of ", link->master);
	if (link->flags & NET_LINK_DOWN)
		return good;
	if (!found->up)
		good = differs(v, link->name, "it is down", "");
	return has_routes(v, found, link) && good;
}

void view_put_kind(const struct view *v, uint32_t index, struct buf *b)
{
	const struct service_spec *spec = table_service(v->table, index);
	uint32_t owner = table_network_of(v->table, index);
	const struct net_attach *at = &spec->attach;

	if (owner != index)
		buf_fmt(b, "%s's", table_name(v->table, table_service(v->table, owner)));
	else if (!(spec->namespaces & CLONE_NEWNET))
		buf_str(b, "minit's");
	else if (at->bridge >= 0 && at->shard)
		buf_fmt(b, "%s (%s)", table_bridge(v->table, (uint32_t)at->bridge)->name,
			network_port_of(v->table, at));
	else if (at->bridge >= 0)
		buf_str(b, table_bridge(v->table, (uint32_t)at->bridge)->name);
	else if (at->flags & NET_ON_LINK)
		buf_fmt(b, "%s upon %s", at->flags & NET_MACVLAN ? "macvlan" : "ipvlan", at->peer);
	else
		buf_str(b, "loopback");
}

/* -- the verb ---------------------------------------------------------------------------------------------------- */

static int complain_no_service(const struct table *t, const char *name)
{
	bool is_bridge = table_bridge_named(t, name, 0) >= 0;

	if (!is_bridge && table_link_named(t, name, 0) < 0)
		return complain_unknown(name, nearest(t, name));
	complain("%s: a %s of the table, and no service; `minit net` without a name shows it", name,
		 is_bridge ? "bridge" : "link");
	return 2;
}

static int names_known(const struct table *t, char **names, int count)
{
	for (int i = 0; i < count; i++)
		if (table_find(t, names[i]) < 0)
			return complain_no_service(t, names[i]);
	return 0;
}

static void show(struct view *v, char **names, int count)
{
	void (*all)(struct view *) = v->look.json ? view_json_all : view_say_all;
	void (*one)(struct view *, uint32_t) = v->look.json ? view_json_one : view_say_one;

	if (!count)
		all(v);
	for (int i = 0; i < count; i++)
		one(v, (uint32_t)table_find(v->table, names[i]));
	say_flush();
}

static int read_own(struct view *v, int net)
{
	int err;

	if (!has_network(v->table)) {
		complain("net: the table has no network: its services use minit's own, and no bridge or link is in it; "
			 "`minit check --dump` prints what it comes to");
		return 1;
	}
	if (net < 0) {
		complain("net: minit could not open its network; its log says why");
		return 1;
	}
	err = arena_open(&v->mem, NETWORK_SEEN_MOST);
	if (!err)
		err = network_see(net, &v->mem, &v->seen);
	if (!err)
		net_drops_read(&v->mem, &v->drops);
	if (!err)
		return 0;
	complain("net: minit's network cannot be read: %s%s", strerror(-err),
		 err == -EPERM ? ": it takes root's rights (CAP_SYS_ADMIN and CAP_NET_ADMIN) where minit runs" : "");
	return 1;
}

static int view(char **names, int count, bool json)
{
	static struct view v;
	struct handed h;
	int err = handed_ask(&h, "net", NULL), status;

	if (err)
		return complain_refused(&h, err);
	v.table = table_map(h.fds[INSIGHT_TABLE], &err);
	if (!v.table) {
		complain("net: the table of the minit that runs cannot be read: %s; ask with its own program, "
			 "/proc/%d/exe", layout_why(err), (int)field_number(h.line, "minit", 1));
		return 1;
	}
	v.look.json = json;
	status = names_known(v.table, names, count);
	if (!status)
		status = read_own(&v, h.fds[INSIGHT_NET]);
	if (!status)
		buf_init(&v.differences, arena_take(&v.mem, DIFFERENCES_MOST, 1), DIFFERENCES_MOST);
	if (!status)
		show(&v, names, count);
	handed_release(&h);
	return status ? status : v.status;
}

int net_main(int argc, char **argv)
{
	bool json = false, plan = false;
	const struct option_row rows[] = {
		{ "--json", OPTION_FLAG, &json },
		{ "--plan", OPTION_FLAG, &plan },
	};

	argc = options_take(argc, argv, rows, ARRAY_LEN(rows));
	if (plan && json)
		usage_error(argv[0], "--plan is lines for a shell; for programs there is `minit check --dump`");
	if (plan)
		return check_with(argc, argv, "net --plan", false, netplan_say);
	return view(argv + 1, argc - 1, json);
}
