/* What a table says of bridges and links beside their addresses. */
#include <string.h>

#include "lib/text.h"
#include "services/compile.h"

/* The lowest bit of the first byte is that of groups. */
bool take_mac(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	static const uint8_t none[NET_MAC];
	const char *text = node_text(node);
	uint8_t mac[NET_MAC];

	(void)s, (void)key;
	if (!text || text_mac(text, mac) || mac[0] & 1 || !memcmp(mac, none, sizeof(mac)))
		return false;
	memcpy(field, mac, sizeof(mac));
	return true;
}

static const struct {
	uint8_t key, flag;
} asked[] = {
	{ KEY_BRIDGE_STP, NET_ASKED_STP },
	{ KEY_BRIDGE_FORWARD_DELAY, NET_ASKED_FORWARD_DELAY },
	{ KEY_BRIDGE_AGEING, NET_ASKED_AGEING },
	{ KEY_BRIDGE_PRIORITY, NET_ASKED_PRIORITY },
	{ KEY_BRIDGE_VLAN_FILTERING, NET_ASKED_VLAN_FILTERING },
	{ KEY_BRIDGE_MAC, NET_ASKED_MAC },
};

void bridge_finish(struct compile *c, uint32_t index)
{
	const struct draft *d = &c->bridges.drafts[index];
	struct net_bridge *bridge = &c->bridge_specs[index];

	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		if (d->nodes[asked[i].key])
			bridge->asked |= asked[i].flag;
}

bool has_port_isolation(const struct compile *c, int32_t bridge)
{
	const struct toml *node = bridge < 0 ? NULL : c->bridges.drafts[bridge].nodes[KEY_BRIDGE_PORT_ISOLATION];

	return node && node->truth;
}
