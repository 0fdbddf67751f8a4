#include "services/connect.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "services/settle.h"

/* What has their names and bears no mark of ours is somebody else's. */
static void remove_pairs(struct supervisor *sv, uint32_t index, struct net_session *net)
{
	const struct net_attach *at;

	for (uint32_t n = 0; (at = table_attach(sv->table, spec_at(sv, index), n)); n++)
		if (net_is_pair(net, at->peer))
			(void)net_remove(net, at->peer);
}

static int connect_all(struct supervisor *sv, uint32_t index, struct net_session *net)
{
	struct net_extra extra = connect_extra(sv->table, spec_at(sv, index));
	const struct net_attach *at;
	int err = 0;

	for (uint32_t n = 0; !err && (at = table_attach(sv->table, spec_at(sv, index), n)); n++)
		err = net_connect(net, service_name(sv, index), at, table_bridge_of(sv->table, at), &extra);
	return err;
}

/*
 * A pair that is being made is noted, if its name was free: after a crash in the middle what bears the name is ours,
 * and in the way.
 */
static void begin_pair(struct supervisor *sv, uint32_t index, struct net_session *net)
{
	struct handles *h = &service_at(sv, index)->handles;
	const char *peer = spec_at(sv, index)->attach.peer;

	if (h->flags & HANDLE_PAIR)
		remove_pairs(sv, index, net);
	else if (!net_is_there(net, peer))
		h->flags |= HANDLE_PAIR;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static int attach_later(struct supervisor *sv, uint32_t index, const struct net_bridge *bridge,
			const struct net_extra *extra)
{
	const struct net_attach *wanted = &spec_at(sv, index)->attach;
	const char *name = service_name(sv, index);
	struct net_session net;
	int err = 0, fd = net_open(&net);

	if (fd < 0)
		return fd;
	net.hairpin = sv->state->rules.hairpin;
	net.ipv6_missing = sv->state->rules.no_ipv6;
	net_note_place(&net, sv->state->claims[CLAIM_NETWORK]);
	if (bridge)
		begin_pair(sv, index, &net);
	fd = net_attach(&net, name, wanted, bridge, extra);
	if (fd >= 0 && (err = connect_all(sv, index, &net)) < 0)
		fd_close(&fd);
	net_close(&net);
	return err ? err : fd;
}

/* Boot has a session open for all of them; a service that is tried again later opens one of its own. */
static int attach(struct supervisor *sv, uint32_t index, const struct net_bridge *bridge)
{
	struct net_extra extra = connect_extra(sv->table, spec_at(sv, index));

	if (!sv->net)
		return attach_later(sv, index, bridge, &extra);
	return net_attach(sv->net, service_name(sv, index), &spec_at(sv, index)->attach, bridge, &extra);
}

/* The descriptor is noted before the pair no longer is: a crash in between makes it anew, or finds it whole. */
static void note(struct supervisor *sv, uint32_t index, int fd)
{
	struct handles *h = &service_at(sv, index)->handles;

	if (!sv->net && fd >= 0 && spec_at(sv, index)->attach.bridge >= 0)
		settle_begin(sv, index);
	if (fd >= 0)
		h->netns = fd;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	h->flags &= (uint8_t)~HANDLE_PAIR;
	if (!sv->net && sv->on_network && settle_waits(sv, index))
		sv->on_network(sv);
}

/* The same port by IPv4, of whatever address, is what is left of it. */
static bool has_ipv4(const struct net_port *ports, uint32_t count, const struct net_port *port)
{
	for (uint32_t i = 0; i < count; i++)
		if (ports[i].host.family == AF_INET && ports[i].low == port->low && ports[i].last == port->last &&
		    ports[i].to_low == port->to_low && ports[i].proto == port->proto &&
		    ports[i].service == port->service)
			return true;
	return false;
}

/* One that was asked for by IPv6 alone, or NULL. */
static const struct net_port *port_on_ipv6(const struct supervisor *sv, uint32_t index)
{
	const struct net_port *ports = table_list(sv->table, sv->table->ports, struct net_port);
	uint32_t count = sv->table->ports.count;

	for (uint32_t i = 0; i < count; i++)
		if (ports[i].service == index && ports[i].host.family == AF_INET6 && !has_ipv4(ports, count, &ports[i]))
			return &ports[i];
	return NULL;
}

static bool lacks_ipv6(struct supervisor *sv, const struct net_bridge *bridge)
{
	struct net_session net;
	bool lacks;

	if (sv->net)
		return net_bridge_lacks_ipv6(sv->net, bridge->name);
	if (net_open(&net))
		return false; /* said, and nothing else will come of it */
	lacks = net_bridge_lacks_ipv6(&net, bridge->name);
	net_close(&net);
	return lacks;
}

/* What IPv6 would lead to it is left out where there is none; not what was asked for by IPv6 alone. */
static int check_ports(struct supervisor *sv, uint32_t index, const struct net_bridge *bridge)
{
	const struct net_port *port = port_on_ipv6(sv, index);

	if (!port || !lacks_ipv6(sv, bridge))
		return 0;
	log_error(service_name(sv, index), 0, "network.ports: port %u is one of IPv6, and bridge %s has none: "
		  NET_IPV6_TAKES "; or leave the port out", port->low, bridge->name, bridge->name);
	return -EAFNOSUPPORT;
}

int connect_prepare(struct supervisor *sv, uint32_t index, const char **ret_what)
{
	const struct service_spec *spec = spec_at(sv, index);
	struct handles *h = &service_at(sv, index)->handles;
	const struct net_bridge *bridge = table_bridge_of(sv->table, &spec->attach);
	int fd = 0;

	*ret_what = "nf_tables";
	if (spec->attach.flags & NET_RULED && sv->rules)
		fd = sv->rules(sv);
	if (fd < 0)
		return fd;
	*ret_what = "";
	if (bridge && spec->attach.flags & NET_PUBLISHED && check_ports(sv, index, bridge))
		return -EAFNOSUPPORT;
	fd = attach(sv, index, bridge);
	note(sv, index, fd);
	if (fd >= 0)
		return 0;
	if (bridge || spec->explicit_ns & CLONE_NEWNET)
		return fd;
	h->missing |= MISSING_NETWORK;
	return 0;
}

/* What bears the names of its pairs is what is left of them. */
void connect_forget(struct supervisor *sv, uint32_t index, const struct net_attach *lost)
{
	struct handles *h = &service_at(sv, index)->handles;

	log_warn(service_name(sv, index), 0, "network: somebody has deleted %s; it is made anew",
		 lost->bridge >= 0 ? lost->peer : "eth0, or what it was upon");
	settle_forget(sv, index);
	h->flags |= HANDLE_PAIR;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	fd_close(&h->netns);
}

static bool open_port(struct supervisor *sv, uint32_t index, struct net_session *net, const struct net_attach *at)
{
	const struct net_bridge *bridge = table_bridge_of(sv->table, at);

	if (!connect_is_guarded(sv, at) || net_port_open(net, service_name(sv, index), at, bridge) <= 0)
		return false;
	log_warn(service_name(sv, index), 0, "network: bridge %s has shut its port %s, as the service has sent a frame "
		 "of the spanning tree, in which services have no part; it is opened again: keep it from that, such as "
		 "by taking the capability net_raw from it", bridge->name, at->peer);
	return true;
}

void connect_open(struct supervisor *sv, uint32_t index)
{
	const struct net_attach *at;
	struct net_session net;
	bool opened = false;

	if (net_open(&net))
		return;
	for (uint32_t n = 0; (at = table_attach(sv->table, spec_at(sv, index), n)); n++)
		opened |= open_port(sv, index, &net, at);
	net_close(&net);
	if (!opened)
		return;
	settle_begin(sv, index);
	if (sv->on_network)
		sv->on_network(sv);
}

static void reopen(struct supervisor *sv, uint32_t index, uint32_t bridge, struct net_session *net)
{
	const struct net_bridge *of = table_bridge(sv->table, bridge);
	const struct net_attach *at;

	for (uint32_t n = 0; (at = table_attach(sv->table, spec_at(sv, index), n)); n++)
		if (at->bridge == (int32_t)bridge && net_port_open(net, service_name(sv, index), at, of) > 0)
			log_info(service_name(sv, index), "network: bridge %s had shut its port %s, and has no "
				 "spanning tree any more: it is opened again", of->name, at->peer);
}

void connect_reopen(struct supervisor *sv, uint32_t bridge, struct net_session *net)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (service_at(sv, i)->handles.netns >= 0)
			reopen(sv, i, bridge, net);
}

void connect_announce(struct supervisor *sv, uint32_t index)
{
	struct handles *h = &service_at(sv, index)->handles;
	const struct net_attach *at;
	int err = 0;

	for (uint32_t n = 0; !err && h->netns >= 0 && (at = table_attach(sv->table, spec_at(sv, index), n)); n++)
		err = net_announce(at, h->netns, sv->state->netns);
	h->moved = 0;
	if (err < 0)
		log_warn(service_name(sv, index), -err, "network: it has another MAC, and who knows the one before is "
			 "not told: it asks for it within a minute%s",
			 err == -EPERM ? "; minit lacks CAP_NET_RAW" : "");
}

void connect_end(const struct supervisor *sv, uint32_t index, struct net_session *net)
{
	const struct net_attach *at;

	for (uint32_t n = 0; (at = table_attach(sv->table, spec_at(sv, index), n)); n++)
		if (at->bridge >= 0)
			net_disconnect(net, at, table_bridge_of(sv->table, at));
}

void connect_resume(struct supervisor *sv, uint32_t index)
{
	const struct net_attach *attach = &spec_at(sv, index)->attach;

	if (sv->state->reexecs && sv->state->mode != MODE_SUBREAPER && attach->bridge >= 0 &&
	    service_at(sv, index)->handles.netns < 0)
		remove_pairs(sv, index, sv->net);
}

int connect_port(struct supervisor *sv, uint32_t index)
{
	struct handles *h = &service_at(sv, index)->handles;
	int err;

	if (!sv->net || h->netns < 0)
		return 0;
	if (spec_at(sv, index)->attach.bridge >= 0)
		settle_begin(sv, index);
	err = connect_all(sv, index, sv->net);
	if (!err)
		return 0;
	settle_forget(sv, index);
	fd_close(&h->netns);
	return err;
}
