#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "net/requests.h"

static void put_number(struct netlink_batch *b, const struct net_bridge *bridge, enum net_bridge_asked which,
		       uint16_t attr, uint32_t value)
{
	if (bridge->asked & which)
		netlink_put_u32(b, attr, value);
}

/* Times in 1/100 s, the kernel's USER_HZ. A kernel that does not filter VLANs does not let itself be told not to. */
static void put_options(struct netlink_batch *b, const struct net_bridge *bridge, bool filters)
{
	uint16_t priority = (uint16_t)bridge->priority;
	size_t info = netlink_nest(b, IFLA_LINKINFO), data;

	netlink_put_text(b, IFLA_INFO_KIND, "bridge");
	data = netlink_nest(b, IFLA_INFO_DATA);
	put_number(b, bridge, NET_ASKED_FORWARD_DELAY, IFLA_BR_FORWARD_DELAY, bridge->forward_delay_ms / 10);
	put_number(b, bridge, NET_ASKED_AGEING, IFLA_BR_AGEING_TIME, bridge->ageing_ms / 10);
	put_number(b, bridge, NET_ASKED_STP, IFLA_BR_STP_STATE, bridge->stp);
	if (bridge->asked & NET_ASKED_PRIORITY)
		netlink_put(b, IFLA_BR_PRIORITY, &priority, sizeof(priority));
	if (bridge->asked & NET_ASKED_VLAN_FILTERING && bridge->vlan_filtering != filters)
		netlink_put_u8(b, IFLA_BR_VLAN_FILTERING, bridge->vlan_filtering);
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
}

static enum net_step step_of(const struct net_bridge *bridge, enum net_step step)
{
	return bridge->asked & NET_ASKED_VLAN_FILTERING && bridge->vlan_filtering ? NET_BRIDGE_VLANS : step;
}

/* mac NULL: the one that it has is not spoken of, as the kernel would forget all neighbours, permanent ones too. */
static void put_settings(struct netlink_batch *b, const struct net_bridge *bridge, const uint8_t *mac, bool filters)
{
	if (mac)
		netlink_put(b, IFLA_ADDRESS, mac, NET_MAC);
	if (bridge->mtu)
		netlink_put_u32(b, IFLA_MTU, bridge->mtu);
	put_options(b, bridge, filters);
}

static int write_ipv6(const char *name, const char *what, int value)
{
	BUF_ON_STACK(path, 96);
	int err;

	setting_path(&path, 6, name, what);
	err = setting_put(buf_text(&path), value);
	return MIN(err, 0);
}

/*
 * Whoever is on it and may send raw packets would be the machine's router by advertising itself: CVE-2020-13401 and its
 * kind. Before it is set up, and so before it hears anything.
 */
static void believe_no_router(const char *name)
{
	int err = write_ipv6(name, "accept_ra", 0);

	if (err && err != -ENOENT) /* without IPv6 there are none */
		log_warn(name, -err, "net.ipv6.conf.%s.accept_ra cannot be set to 0, so a service on it that has "
			 "net_raw may make itself the machine's IPv6 router; mount /proc/sys read-write", name);
}

/*
 * Without a link-local address the kernel asks for nobody's MAC on behalf of what it only passes on. It makes that
 * itself, as it does again when the bridge was down; and it is in use at once, as those of the table are.
 */
static void speak_locally(const struct net_bridge *bridge)
{
	int err = bridge_has_family(bridge, AF_INET6) ? write_ipv6(bridge->name, "accept_dad", 0) : -ENOENT;

	if (!err)
		err = write_ipv6(bridge->name, "addr_gen_mode", 0);
	if (err && err != -ENOENT && err != -EROFS) /* of what is read-only accept_ra has told */
		log_warn(bridge->name, -err, "its IPv6 settings cannot be written: what is only passed on finds who is "
			 "not of the table by IPv4 alone; mount /proc/sys read-write");
}

/* Where somebody has taken it: it is made when the mode changes. */
static void speak_again(const struct net_bridge *bridge)
{
	BUF_ON_STACK(path, 96);

	setting_path(&path, 6, bridge->name, "addr_gen_mode");
	if (setting_read(buf_text(&path)) != 0)
		return;
	if (!write_ipv6(bridge->name, "addr_gen_mode", 1))
		(void)!write_ipv6(bridge->name, "addr_gen_mode", 0); /* it was just written */
}

/* The kernel takes nothing back that it has made. */
void bridge_hush(struct net_session *s, const struct net_bridge *bridge, const struct link_info *found)
{
	const struct addr local = mac_link_local(found->mac);

	if (bridge_has_family(bridge, AF_INET6) || link_place(found) < 0 ||
	    write_ipv6(bridge->name, "addr_gen_mode", 1))
		return;
	(void)!addr_strip(s, bridge->name, &local, found->index); /* said */
}

/* With its MAC from the first moment: one that nobody has set is that of the lowest port, and changes with them. */
int bridge_create(struct net_session *s, const struct net_bridge *bridge, const uint8_t *mac)
{
	struct netlink_request request = { .type = RTM_NEWLINK, .flags = NLM_F_CREATE | NLM_F_EXCL,
					   .step = step_of(bridge, NET_BRIDGE), .name = bridge->name };
	struct netlink_batch b;
	char mem[NET_BATCH];
	int err;

	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_begin(&b, &request, false);
	put_settings(&b, bridge, mac, false);
	link_mark(&b, bridge->name, s->place);
	err = net_run(s, bridge->name, &b);
	if (err < 0 && err != -EEXIST && net_is_there(s, bridge->name))
		net_remove(s, bridge->name);
	if (!err)
		believe_no_router(bridge->name);
	return err;
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

bool net_bridge_is_there(struct net_session *s, const char *ifname)
{
	struct link_info info;

	return !link_find(&s->host, ifname, &info) && !strcmp(info.kind, "bridge");
}

bool net_bridge_lacks_ipv6(struct net_session *s, const char *ifname)
{
	struct link_info info;

	return !link_find(&s->host, ifname, &info) && !strcmp(info.kind, "bridge") && !info.ipv6;
}

bool net_ipv6_is_missing(struct net_session *s, const struct net_bridge *bridges, uint32_t count)
{
	struct link_info info;
	bool missing = false;

	for (uint32_t i = 0; i < count; i++) {
		if (!bridge_has_family(&bridges[i], AF_INET6) || link_find(&s->host, bridges[i].name, &info) ||
		    strcmp(info.kind, "bridge") != 0)
			continue;
		if (info.ipv6)
			return false;
		missing = true;
	}
	return missing;
}

static void remember(struct net_master *m, const char *name, const struct link_info *info)
{
	m->index = info->index;
	m->ipv6 = info->ipv6;
	memcpy(m->mac, info->mac, sizeof(m->mac));
	memcpy(m->name, name, sizeof(m->name));
}

static int find(struct net_session *s, const char *object, const char *name, struct net_master *m)
{
	struct link_info info = { 0 };
	int err;

	if (m->index && !strcmp(m->name, name))
		return 0;
	err = look_up(s, object, name, &info);
	if (err < 0)
		return err;
	remember(m, name, &info);
	return 0;
}

int bridge_find(struct net_session *s, const char *object, const struct net_bridge *bridge)
{
	return find(s, object, bridge->name, &s->master);
}

/* That of somebody else, of that name, is in none of the table's networks. */
static int check_joined(struct net_session *s, const char *object, const struct net_shard *shard, uint32_t *ret_up)
{
	struct link_info up = { 0 };
	int err = link_find(&s->host, shard->up, &up);

	if (!err && up.master == s->master.index && link_place(&up) == s->place) {
		*ret_up = up.index;
		return 0;
	}
	log_error(object, 0, "shard %s: it is not joined to bridge %s; why, minit has said at its start", shard->name,
		  s->master.name);
	return err ? err : -ENODEV;
}

int bridge_find_shard(struct net_session *s, const char *object, const struct net_shard *shard)
{
	uint32_t up = 0;
	int err;

	if (s->shard.index && !strcmp(s->shard.name, shard->name))
		return 0;
	err = check_joined(s, object, shard, &up);
	if (!err)
		err = find(s, object, shard->name, &s->shard);
	if (!err)
		s->shard.up = up;
	return err;
}

void bridge_adopt(struct netlink_batch *b, const struct net_bridge *bridge, const uint8_t *mac, bool filters)
{
	struct netlink_request request = { .type = RTM_NEWLINK, .name = bridge->name,
					   .step = step_of(bridge, NET_BRIDGE_SET) };

	link_begin(b, &request, true);
	put_settings(b, bridge, mac, filters);
}

static bool is_other_mac(const struct net_bridge *bridge, const struct link_info *found)
{
	return bridge->asked & NET_ASKED_MAC && memcmp(bridge->mac, found->mac, NET_MAC) != 0;
}

static bool says(const char *name, const char *file, const char *text)
{
	BUF_ON_STACK(path, 64);
	char is[32] = "";

	buf_fmt(&path, "/sys/class/net/%s/%s", name, file);
	return fd_read_file(AT_FDCWD, buf_text(&path), is, sizeof(is)) > 0 && !strncmp(is, text, strlen(text));
}

/* Set by somebody, and so kept when ports change: 3 is NET_ADDR_SET. /sys may be that of another network. */
static bool keeps_mac(const char *name, const struct link_info *found)
{
	BUF_ON_STACK(mac, 18);

	text_put_mac(&mac, found->mac);
	return says(name, "address", buf_text(&mac)) && says(name, "addr_assign_type", "3\n");
}

/*
 * One that was there: its MAC is set to what it is, which keeps it when ports change. But not if it is kept anyway: the
 * kernel forgets all that somebody else has told it of neighbours there, though the MAC is the same.
 */
static int configure(struct net_session *s, const struct net_bridge *bridge, const struct link_info *found)
{
	const uint8_t *mac = NULL;
	struct netlink_batch b;
	char mem[NET_BATCH];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	if (found) {
		if (is_other_mac(bridge, found))
			mac = bridge->mac;
		else if (!keeps_mac(bridge->name, found))
			mac = found->mac;
		bridge_adopt(&b, bridge, mac, found->filters);
	} else {
		link_quiet(&b, bridge->name);
		link_up(&b, bridge->name);
	}
	addrs_add(&b, bridge->addr, s->master.index);
	return announce_run(s, bridge->name, &b, found && is_other_mac(bridge, found));
}

/* 1: it had it not, and has it; 0: it had it, or cannot have one of IPv6, which is said. */
static int give_addr(struct net_session *s, const struct net_bridge *bridge, unsigned which)
{
	struct netlink_batch b;
	char mem[128];
	int err;

	netlink_start(&b, &s->host, mem, sizeof(mem));
	addr_add_missing(&b, bridge->addr, which, s->master.index);
	err = net_try(s, bridge->name, &b, EEXIST);
	if (err == -EEXIST)
		return 0;
	return err ? err : !s->left_out;
}

int net_bridge_addrs(struct net_session *s, const struct net_bridge *bridge)
{
	int err = bridge_find(s, bridge->name, bridge), given = 0;
	bool lacks = false; /* one is told of, not each */

	for (unsigned i = 0; i < NET_ADDRS && bridge->addr[i].family && err >= 0; i++) {
		if (lacks && bridge->addr[i].family == AF_INET6)
			continue;
		err = give_addr(s, bridge, i);
		given |= err > 0;
		lacks |= s->left_out;
	}
	if (given && bridge_has_family(bridge, AF_INET6))
		speak_again(bridge);
	return err < 0 ? err : given;
}

static int make(struct net_session *s, const struct net_bridge *bridge, bool found)
{
	struct link_info info = { 0 };
	uint8_t mac[NET_MAC];
	int err;

	mac_of_bridge(bridge, mac);
	err = found ? 0 : bridge_create(s, bridge, mac);
	if (!err)
		err = look_up(s, bridge->name, bridge->name, &info);
	if (err < 0)
		return err;
	remember(&s->master, bridge->name, &info);
	err = configure(s, bridge, found ? &info : NULL);
	if (bridge_has_family(bridge, AF_INET6)) /* an MTU that was too small for it may be another by now */
		s->master.ipv6 = !s->left_out;
	if (!err && (!found || link_place(&info) >= 0))
		speak_locally(bridge);
	if (err < 0 && !found)
		net_remove(s, bridge->name);
	if (found && bridge->asked & NET_ASKED_MAC)
		memcpy(s->master.mac, bridge->mac, sizeof(bridge->mac));
	return err;
}

int net_bridge_set(struct net_session *s, const struct net_bridge *bridge)
{
	struct link_info info;
	struct netlink_batch b;
	char mem[NET_BATCH];
	int err = link_find(&s->host, bridge->name, &info);

	if (err == -ENODEV)
		return 0;
	if (!err)
		err = look_up(s, bridge->name, bridge->name, &info);
	if (err < 0)
		return err;
	netlink_start(&b, &s->host, mem, sizeof(mem));
	bridge_adopt(&b, bridge, is_other_mac(bridge, &info) ? bridge->mac : NULL, info.filters);
	addrs_add(&b, bridge->addr, info.index);
	err = announce_run(s, bridge->name, &b, is_other_mac(bridge, &info));
	if (!err && link_place(&info) >= 0)
		speak_locally(bridge);
	return err;
}

/* What a new one has: br_dev_setup and br_stp_timer_init of the kernel, as they have always been. */
const struct net_bridge bridge_fresh = { .mtu = NET_MTU, .forward_delay_ms = 15000, .ageing_ms = 300000,
					 .priority = 32768 };

/* A MAC is not the kernel's to choose: it would follow the ports. */
static int unset(struct net_session *s, const struct net_bridge *was, const struct net_bridge *is, bool filters)
{
	struct net_bridge bare = bridge_fresh;
	struct netlink_batch b;
	uint8_t mac[NET_MAC];
	char mem[NET_BATCH];

	memcpy(bare.name, is->name, sizeof(bare.name));
	bare.asked = was->asked & (uint8_t)~is->asked;
	bare.mtu = was->mtu && !is->mtu ? bridge_fresh.mtu : 0;
	if (!bare.asked && !bare.mtu)
		return 0;
	mac_of_bridge(is, mac);
	netlink_start(&b, &s->host, mem, sizeof(mem));
	bridge_adopt(&b, &bare, bare.asked & NET_ASKED_MAC ? mac : NULL, filters);
	return announce_run(s, bare.name, &b, bare.asked & NET_ASKED_MAC);
}

int net_bridge_strip(struct net_session *s, const struct net_bridge *was, const struct net_bridge *is)
{
	struct link_info info;
	int err = link_find(&s->host, was->name, &info);

	if (err < 0)
		return err == -ENODEV ? 0 : link_find_failed(was->name, was->name, err);
	if (bridge_has_family(was, AF_INET6))
		bridge_hush(s, is, &info);
	err = unset(s, was, is, info.filters);
	return err ? err : addrs_strip(s, was->name, was->addr, is->addr, info.index);
}

int net_bridge_up(struct net_session *s, const struct net_bridge *bridge)
{
	struct link_info info;
	int err = link_find(&s->host, bridge->name, &info);

	if (err < 0 && err != -ENODEV)
		return link_find_failed(bridge->name, bridge->name, err);
	return make(s, bridge, err == 0);
}
