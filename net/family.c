/* Which of IPv4 and IPv6 bridges are of. */
#include <sys/socket.h>

#include "net/net.h"

bool ways_wanted(const struct net_bridge *bridges, uint32_t count, uint8_t family)
{
	uint32_t why = NET_NAT | NET_PUBLISH | (family == AF_INET ? NET_ROUTED4 : NET_ROUTED6);

	for (uint32_t i = 0; i < count; i++)
		if (bridges[i].flags & why && bridge_has_family(&bridges[i], family))
			return true;
	return false;
}
