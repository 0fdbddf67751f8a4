/* MACs that bridges and services have without being given any. */
#include "net/net.h"
#include "services/address.h"

static bool is_mac_given(const struct compile *c)
{
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->services.drafts[i].nodes[KEY_NETWORK_MAC])
			return true;
	return false;
}

/* Those that are not given are made of what is theirs alone; only a given one can be another's. */
void macs_note(struct compile *c, struct set *macs)
{
	if (!is_mac_given(c))
		return;
	for (uint32_t i = 0; i < c->bridges.count; i++) {
		uint8_t *mac = arena_array(c->work, uint8_t, NET_MAC);

		mac_of_bridge(&c->bridge_specs[i], mac);
		set_at(macs, mac, NET_MAC)->value = ADDR_OF_BRIDGE | i;
	}
	for (uint32_t i = 0; i < c->services.count; i++) {
		uint8_t *mac = arena_array(c->work, uint8_t, NET_MAC);

		if (c->specs[i].attach.bridge < 0 || c->services.drafts[i].nodes[KEY_NETWORK_MAC])
			continue;
		mac_of_attach(&c->specs[i].attach, mac);
		set_at(macs, mac, NET_MAC)->value = i + 1;
	}
}
