/*
 * How fast a link sends: a token bucket (tc-tbf(8)), which every kernel with traffic control has. At the host end it is
 * what goes to the service, on eth0 what comes from it: so both wait in a queue, of which TCP takes notice, and nothing
 * has to be dropped as a policer would, nor sent around through a link more.
 */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "net/requests.h"

#define BURST_LEAST 32768u /* bytes; what is larger is cut into packets first */
#define HEADER 18          /* of Ethernet, with a tag; what is larger than the burst with it would never be sent */
#define WAIT_MS 50         /* most that a packet waits: behind what is queued, with no token left */

struct rate_bucket rate_bucket(uint64_t bps, uint32_t mtu)
{
	uint64_t bytes = bps / 8, least = MAX(BURST_LEAST, mtu + HEADER);
	uint32_t burst = (uint32_t)MIN(MAX(bytes / 100, least), (uint64_t)UINT32_MAX / 2);

	return (struct rate_bucket){
		.bytes = bytes, .burst = burst,
		.limit = (uint32_t)MIN(MAX(bytes * WAIT_MS / 1000, burst), (uint64_t)UINT32_MAX), /* one is as large */
	};
}

uint32_t rate_mtu(const struct net_attach *attach, const struct net_extra *extra)
{
	bool is_pair = attach->bridge >= 0 && extra->bridges;

	return is_pair ? pair_mtu(&extra->bridges[attach->bridge], extra) : extra->mtu;
}

void rate_add(struct netlink_batch *b, const char *name, uint32_t index, uint64_t bps, uint32_t mtu)
{
	struct netlink_request request = { .type = RTM_NEWQDISC, .flags = NLM_F_CREATE | NLM_F_REPLACE,
					   .step = NET_RATE, .name = name };
	struct tcmsg tc = { .tcm_ifindex = (int)index, .tcm_handle = 0x10000, .tcm_parent = TC_H_ROOT };
	struct rate_bucket bucket = rate_bucket(bps, mtu);
	struct tc_tbf_qopt how = {
		.rate = { .linklayer = TC_LINKLAYER_ETHERNET,
			  .rate = (uint32_t)MIN(bucket.bytes, (uint64_t)UINT32_MAX) },
		.limit = bucket.limit,
	};
	size_t options;

	netlink_begin(b, &request);
	netlink_raw(b, &tc, sizeof(tc));
	netlink_put_text(b, TCA_KIND, "tbf");
	options = netlink_nest(b, TCA_OPTIONS);
	netlink_put(b, TCA_TBF_PARMS, &how, sizeof(how));
	netlink_put(b, TCA_TBF_RATE64, &bucket.bytes, sizeof(bucket.bytes));
	netlink_put_u32(b, TCA_TBF_BURST, bucket.burst);
	netlink_nest_end(b, options);
}
