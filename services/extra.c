#include "services/connect.h"

struct net_extra connect_extra(const struct table *t, const struct service_spec *spec)
{
	const struct network_spec *network = table_network(t, spec);

	if (!network)
		return (struct net_extra){ .shards = table_list(t, t->shards, struct net_shard) };
	return (struct net_extra){
		.routes = table_list(t, network->routes, struct net_route), .route_count = network->routes.count,
		.neighbours = table_list(t, network->peers, struct net_neighbour),
		.neighbour_count = network->peers.count,
		.sysctls = table_list(t, network->sysctls, struct net_sysctl), .sysctl_count = network->sysctls.count,
		.texts = (const char *)t,
		.mtu = network->mtu, .in_bps = network->in_bps, .out_bps = network->out_bps,
		.also = table_list(t, network->also, struct net_attach), .also_count = network->also.count,
		.bridges = table_list(t, t->bridges, struct net_bridge),
		.shards = table_list(t, t->shards, struct net_shard),
	};
}
