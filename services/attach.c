/* What a service asks of the network, and so which it gets: minit's own, loopback alone, or one on which bridge. */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "services/address.h"

/* What a service asks of the network, its own words before those of [defaults]. */
struct wish {
	const struct toml *word, *bridge, *gateway;
	const struct toml *own; /* the first of the service's own section, or NULL */
};

/* The words are modes too. */
static const struct toml *word_of(const struct toml *const *nodes)
{
	const struct toml *mode = nodes[KEY_NETWORK_MODE];

	return mode && word_find(key_text(key_by_id(KEY_NETWORK), KEY_WORDS), mode->text) >= 0 ? mode :
										      nodes[KEY_NETWORK];
}

static const struct toml *first_own(const struct draft *d)
{
	const struct toml *first = d->nodes[KEY_NETWORK];

	for (unsigned id = seen_from(d, 0); id < KEY_COUNT && !first; id = seen_from(d, id + 1))
		if (is_network_key((enum key_id)id))
			first = d->nodes[id];
	return first;
}

static struct wish wish_of(const struct compile *c, const struct draft *d)
{
	const struct toml *const *own = d->nodes, *const *other = c->defaults.nodes;
	struct wish w = { .word = word_of(own), .bridge = own[KEY_NETWORK_BRIDGE], .gateway = own[KEY_NETWORK_GATEWAY],
			  .own = first_own(d) };

	if (w.word)
		return w;
	w.bridge = w.bridge ? w.bridge : other[KEY_NETWORK_BRIDGE];
	w.gateway = w.gateway ? w.gateway : other[KEY_NETWORK_GATEWAY];
	if (!w.own && !own[KEY_NAMESPACES])
		w.word = other[KEY_NETWORK];
	return w;
}

static void refuse_bridge(struct compile *c, const struct draft *d, const struct toml *node)
{
	uint16_t file = node ? node->file : d->header->file;
	struct toml_at at = node ? node->at : d->header->key_at;

	if (has_bad_mode(d))
		return;
	if (c->bridges.count)
		errors_add(&c->errors, file, at, "%s: the table has several bridges: name one, as in "
			   "network = { bridge = \"%s\" }", d->title, c->bridge_specs[0].name);
	else
		errors_add(&c->errors, file, at, "%s: network: the table has no bridge; add a section "
			   "[network.bridge.br0]", d->title);
}

/* The bridge's index, -1 for none, or -EINVAL when that was said. */
static int bridge_index(struct compile *c, const struct draft *d, const struct wish *w)
{
	const struct toml *node = w->own;
	int index;

	if (w->bridge) {
		index = group_index(&c->bridges, w->bridge->text);
		if (index < 0)
			refuse_nobody(c, d->title, "network.bridge", w->bridge, &c->bridges, "bridge");
		return index < 0 ? -EINVAL : index;
	}
	if (c->bridges.count == 1)
		return 0;
	if (!c->bridges.count && !node)
		return -1;
	refuse_bridge(c, d, node);
	return -EINVAL;
}

static void attach(struct compile *c, struct service_spec *spec, const struct draft *d, const struct wish *w)
{
	int index = bridge_index(c, d, w);

	spec->namespaces |= CLONE_NEWNET;
	spec->attach.bridge = MAX(index, -1);
}

/* By default a table with a bridge attaches its services to it; a list of namespaces says it with "net". */
static bool is_attached(const struct compile *c, const struct service_spec *spec, const struct draft *d,
			const struct wish *w)
{
	if (w->own || spec->namespaces & CLONE_NEWNET)
		return true;
	if (d->nodes[KEY_NAMESPACES])
		return false;
	return w->bridge || w->gateway || (c->bridges.count && !c->defaults.nodes[KEY_NAMESPACES]);
}

static enum network_kind kind_of(const struct compile *c, const struct service_spec *spec, const struct draft *d,
				 const struct wish *w)
{
	const struct toml *mode = d->nodes[KEY_NETWORK_MODE];

	if (d->nodes[KEY_NETWORK_JOIN] || d->confine->roots.join_flags & CLONE_NEWNET)
		return NETWORK_JOINED;
	if (w->word)
		return !strcmp(w->word->text, "host") ? NETWORK_HOST : NETWORK_NONE;
	if (mode && strcmp(mode->text, "bridge") != 0)
		return NETWORK_ON_LINK;
	return is_attached(c, spec, d, w) ? NETWORK_BRIDGED : NETWORK_HOST;
}

/* A list of namespaces that has "net" asks for a network of its own. */
static void check_namespace(struct compile *c, const struct service_spec *spec, const struct draft *d,
			    const struct toml *node)
{
	bool is_join = node && node == d->nodes[KEY_NETWORK_JOIN];

	if (node && d->nodes[KEY_NAMESPACES] && spec->namespaces & CLONE_NEWNET)
		refuse(c, node, "%s: network%s: \"%.60s\" and the namespace \"net\" exclude each other; remove one",
		       d->title, is_join ? ".join" : "", node->text);
}

static void give_network(struct compile *c, struct service_spec *spec, const struct draft *d, const struct wish *w,
			 enum network_kind kind)
{
	switch (kind) {
	case NETWORK_NONE: spec->namespaces |= CLONE_NEWNET; break;
	case NETWORK_BRIDGED: attach(c, spec, d, w); break;
	case NETWORK_ON_LINK: network_on_link(c, spec, d); break;
	case NETWORK_JOINED:
		check_namespace(c, spec, d, d->nodes[KEY_NETWORK_JOIN]);
		spec->namespaces &= ~(uint32_t)CLONE_NEWNET;
		break;
	case NETWORK_HOST:
		if (!w->word)
			break;
		check_namespace(c, spec, d, w->word);
		spec->namespaces &= ~(uint32_t)CLONE_NEWNET;
	}
}

void attach_service(struct compile *c, struct service_spec *spec, const struct draft *d)
{
	struct wish w = wish_of(c, d);
	enum network_kind kind = kind_of(c, spec, d, &w);

	if (d->confine->roots.join_flags & CLONE_NEWNET && w.own)
		refuse(c, d->nodes[KEY_JOIN], "%s: join: \"net\" is another service's network; remove network",
		       d->title);
	if (d->confine->roots.join_flags & CLONE_NEWNET)
		return;
	network_check(c, d, kind);
	give_network(c, spec, d, &w, kind);
	if (w.own)
		spec->explicit_ns |= spec->namespaces & CLONE_NEWNET;
}

const struct toml *attach_gateway(const struct compile *c, const struct draft *d)
{
	return wish_of(c, d).gateway;
}
