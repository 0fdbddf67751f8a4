#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "lib/log.h"
#include "net/requests.h"

static int create(struct net_session *s, const char *name)
{
	struct netlink_request request = { .type = RTM_NEWLINK, .flags = NLM_F_CREATE | NLM_F_EXCL,
					   .step = NET_BRIDGE, .name = name };
	struct netlink_batch b;
	char mem[NET_BATCH];
	size_t info;

	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_begin(&b, &request, false);
	info = netlink_nest(&b, IFLA_LINKINFO);
	netlink_put_text(&b, IFLA_INFO_KIND, "bridge");
	netlink_nest_end(&b, info);
	return net_run(s, name, &b);
}

static int look_up(struct net_session *s, const char *object, const char *name, struct link_info *ret)
{
	struct link_info info;
	int err = link_find(&s->host, name, &info);

	if (err < 0) {
		link_find_failed(object, name, err);
		return err;
	}
	if (strcmp(info.kind, "bridge")) {
		log_error(object, 0, "bridge %s: there is a link of this name already, and it is a %s; "
			  "delete it or give the bridge another name", name, info.kind[0] ? info.kind : "device");
		return -EEXIST;
	}
	*ret = info;
	return 0;
}

static void remember(struct net_session *s, const char *name, const struct link_info *info)
{
	s->master.index = info->index;
	memcpy(s->master.mac, info->mac, sizeof(s->master.mac));
	memcpy(s->master.name, name, sizeof(s->master.name));
}

int bridge_find(struct net_session *s, const char *object, const struct net_bridge *bridge)
{
	struct link_info info = { 0 };
	int err;

	if (s->master.index && !strcmp(s->master.name, bridge->name))
		return 0;
	err = look_up(s, object, bridge->name, &info);
	if (err < 0)
		return err;
	remember(s, bridge->name, &info);
	return 0;
}

/*
 * A MAC that nobody has set is that of the lowest port and changes with the
 * ports; setting it, even to what it is, keeps it.
 */
static void put_settings(struct netlink_batch *b, const struct net_bridge *bridge, const uint8_t *mac)
{
	struct netlink_request request = { .type = RTM_NEWLINK, .step = NET_BRIDGE_SET, .name = bridge->name };

	link_begin(b, &request, true);
	netlink_put(b, IFLA_ADDRESS, mac, NET_MAC);
	if (bridge->mtu)
		netlink_put_u32(b, IFLA_MTU, bridge->mtu);
}

static int configure(struct net_session *s, const struct net_bridge *bridge, bool is_ours)
{
	struct netlink_batch b;
	char mem[NET_BATCH];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	if (is_ours)
		link_quiet(&b, bridge->name);
	put_settings(&b, bridge, s->master.mac);
	addrs_add(&b, bridge->addr, s->master.index, 0);
	return net_run(s, bridge->name, &b);
}

static int make(struct net_session *s, const struct net_bridge *bridge, bool found)
{
	struct link_info info;
	int err = found ? 0 : create(s, bridge->name);

	if (err < 0)
		return err;
	err = look_up(s, bridge->name, bridge->name, &info);
	if (err < 0)
		return err;
	if (!found)
		mac_of_bridge(bridge, info.mac);
	remember(s, bridge->name, &info);
	err = configure(s, bridge, !found);
	if (err < 0 && !found)
		net_remove(s, bridge->name);
	return err;
}

int net_bridge_up(struct net_session *s, const struct net_bridge *bridge)
{
	struct link_info info;
	int err = link_find(&s->host, bridge->name, &info);

	if (err < 0 && err != -ENODEV)
		return link_find_failed(bridge->name, bridge->name, err);
	return make(s, bridge, err == 0);
}
