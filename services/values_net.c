/* Values of the keys in keys_net.def, as far as they can be told one by one: the rest is services/address.h's. */
#include <string.h>

#include "services/compile.h"

bool is_text_or_texts(const struct toml *node)
{
	if (node->type != TOML_ARRAY)
		return node_text(node) != NULL;
	for (const struct toml *e = node->first; e; e = e->next)
		if (!node_text(e))
			return false;
	return true;
}

const struct toml *text_first(const struct toml *node)
{
	return node && node->type == TOML_ARRAY ? node->first : node;
}

const struct toml *text_next(const struct toml *list, const struct toml *node)
{
	return list->type == TOML_ARRAY ? node->next : NULL;
}

uint32_t texts_of_all(const struct compile *c, enum key_id id)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->services.count; i++) {
		const struct toml *list = c->services.drafts[i].nodes[id];

		for (const struct toml *e = text_first(list); e; e = text_next(list, e))
			n++;
	}
	return n;
}

bool take_addresses(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	(void)s;
	(void)key;
	(void)field;
	return is_text_or_texts(node);
}

static bool is_word(const struct key *key, const char *text)
{
	return text && word_find(key_text(key, KEY_WORDS), text) >= 0;
}

static bool is_good(const struct key *key, const struct toml *node)
{
	const char *text = node_text(node);

	switch (key->id) {
	case KEY_NETWORK_MODE:
	case KEY_NETWORK_BALANCE: return is_word(key, text);
	case KEY_NETWORK_BRIDGE:
	case KEY_NETWORK_PARENT:
	case KEY_NETWORK_JOIN:
	case KEY_NETWORK_MAC: return text && *text;
	case KEY_NETWORK_MTU:
		return node->type == TOML_INTEGER && node->number >= key->low && node->number <= key->high;
	case KEY_NETWORK_HOSTS:
	case KEY_NETWORK_RATE:
	case KEY_NETWORK_SYSCTL: return node->type == TOML_TABLE;
	default: return is_text_or_texts(node);
	}
}

bool is_network_key(enum key_id id)
{
	return !strncmp(key_name(id), "network.", 8);
}

/* Kept for services/attach.c, address.c and network.c. A word and a table exclude each other: the later one holds. */
bool take_network(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const struct toml **nodes = s->draft->nodes;

	(void)field;
	if (key->id != KEY_NETWORK) {
		nodes[KEY_NETWORK] = NULL;
		return is_good(key, node);
	}
	if (!is_word(key, node_text(node)))
		return false;
	for (enum key_id id = 0; id < KEY_COUNT; id++)
		if (is_network_key(id))
			nodes[id] = NULL;
	return true;
}
