/* Which gateways lead nowhere. */
#include "services/address.h"

const char *gateway_unfit(const struct addr *own, const struct addr *gateway)
{
	struct addr a = *gateway;

	for (unsigned i = 0; i < NET_ADDRS && own[i].family; i++) {
		if (addr_equal(&own[i], gateway))
			return "is its own address";
		a.prefix = own[i].prefix;
		if (addr_in(gateway, &own[i]) && !addr_is_host(&a))
			return "is the subnet itself or its broadcast";
	}
	return addr_unfit(gateway, ADDR_LINK_LOCAL);
}
