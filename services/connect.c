#include "services/connect.h"

#include <errno.h>
#include <sched.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "services/settle.h"

static struct net_extra extra_of(const struct table *t, const struct service_spec *spec)
{
	const struct network_spec *network = table_network(t, spec);

	if (!network)
		return (struct net_extra){ 0 };
	return (struct net_extra){
		.routes = table_list(t, network->routes, struct net_route), .route_count = network->routes.count,
		.neighbours = table_list(t, network->peers, struct net_neighbour),
		.neighbour_count = network->peers.count,
		.sysctls = table_list(t, network->sysctls, struct net_sysctl), .sysctl_count = network->sysctls.count,
		.texts = (const char *)t,
		.mtu = network->mtu, .in_bps = network->in_bps, .out_bps = network->out_bps,
	};
}

/* Boot has a session open for all of them; a service that is tried again later opens one of its own. */
static int attach(struct supervisor *sv, uint32_t index, const struct net_bridge *bridge)
{
	const struct net_attach *wanted = &spec_at(sv, index)->attach;
	struct net_extra extra = extra_of(sv->table, spec_at(sv, index));
	const char *name = service_name(sv, index);
	struct net_session own;
	int fd, err = 0;

	if (sv->net)
		return net_attach(sv->net, name, wanted, bridge, &extra);
	fd = net_open(&own);
	if (fd < 0)
		return fd;
	own.hairpin = sv->state->rules.hairpin;
	fd = net_attach(&own, name, wanted, bridge, &extra);
	if (fd >= 0 && (err = net_connect(&own, name, wanted)) < 0)
		fd_close(&fd);
	net_close(&own);
	return err ? err : fd;
}

int connect_prepare(struct supervisor *sv, uint32_t index, const char **ret_what)
{
	const struct service_spec *spec = spec_at(sv, index);
	struct handles *h = &service_at(sv, index)->handles;
	const struct net_bridge *bridge =
		spec->attach.bridge < 0 ? NULL : table_bridge(sv->table, (uint32_t)spec->attach.bridge);
	int fd = 0;

	*ret_what = "nf_tables";
	if (spec->attach.flags & NET_RULED && sv->rules)
		fd = sv->rules(sv);
	if (fd < 0)
		return fd;
	*ret_what = "";
	fd = attach(sv, index, bridge);
	if (fd >= 0) {
		h->netns = fd;
		return 0;
	}
	if (bridge || spec->explicit_ns & CLONE_NEWNET)
		return fd;
	h->missing |= MISSING_NETWORK;
	return 0;
}

void connect_resume(struct supervisor *sv, uint32_t index)
{
	const struct net_attach *attach = &spec_at(sv, index)->attach;

	if (sv->state->reexecs && sv->state->mode != MODE_SUBREAPER && attach->bridge >= 0 &&
	    service_at(sv, index)->handles.netns < 0)
		(void)net_remove(sv->net, attach->peer);
}

int connect_port(struct supervisor *sv, uint32_t index)
{
	struct handles *h = &service_at(sv, index)->handles;
	int err;

	if (!sv->net || h->netns < 0)
		return 0;
	if (spec_at(sv, index)->attach.bridge >= 0)
		settle_begin(sv, index);
	err = net_connect(sv->net, service_name(sv, index), &spec_at(sv, index)->attach);
	if (!err)
		return 0;
	settle_forget(sv, index);
	fd_close(&h->netns);
	return err;
}
