/* eth0 of a service that is on no bridge but upon a link of minit's own network: macvlan, ipvlan. ip-link(8). */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "lib/log.h"
#include "net/requests.h"

/* Services upon the same link reach each other, but not minit's own address on it: the kernel keeps these apart. */
static void put_kind(struct netlink_batch *b, const struct net_attach *attach)
{
	bool is_macvlan = attach->flags & NET_MACVLAN;
	size_t info = netlink_nest(b, IFLA_LINKINFO), data;

	netlink_put_text(b, IFLA_INFO_KIND, is_macvlan ? "macvlan" : "ipvlan");
	data = netlink_nest(b, IFLA_INFO_DATA);
	if (is_macvlan)
		netlink_put_u32(b, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
	else
		netlink_put(b, IFLA_IPVLAN_MODE, &(uint16_t){ IPVLAN_MODE_L2 }, sizeof(uint16_t));
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
}

/* Made where it is to be: the link it is upon is looked for here, its own name there. */
int onlink_attach(struct net_session *s, const char *object, const struct net_attach *attach,
		  const struct net_extra *extra, int ns)
{
	struct netlink_request request = { .type = RTM_NEWLINK, .flags = NLM_F_CREATE | NLM_F_EXCL,
					   .step = NET_UPON, .name = NET_ETH0 };
	struct link_info parent;
	struct netlink_batch b;
	uint8_t mac[NET_MAC];
	char mem[NET_BATCH];
	int err = link_find(&s->host, attach->peer, &parent);

	if (err == -ENODEV)
		log_error(object, 0, "network.parent: no link is called %s; see what there is by `ip link`, or if it "
			  "comes later make it one of the table: [network.link.%s], and the service waits for it",
			  attach->peer, attach->peer);
	if (err < 0)
		return err == -ENODEV ? err : link_find_failed(object, attach->peer, err);
	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_begin(&b, &request, false);
	b.request[0].name = attach->peer; /* what it is about, if it fails */
	mac_of_attach(attach, mac);
	if (mac_is_chosen(attach))
		netlink_put(&b, IFLA_ADDRESS, mac, sizeof(mac));
	if (extra->mtu)
		netlink_put_u32(&b, IFLA_MTU, extra->mtu);
	netlink_put_u32(&b, IFLA_LINK, parent.index);
	netlink_put_u32(&b, IFLA_NET_NS_FD, (uint32_t)ns);
	put_kind(&b, attach);
	return net_run(s, object, &b);
}
