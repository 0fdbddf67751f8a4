/* Files of names: /etc/hosts and /etc/resolv.conf of services, and what a name server of a bridge reads. */
#include <sched.h>
#include <string.h>

#include "services/address.h"

#define SERVERS_MAX 3 /* libc looks at no more: resolv.conf(5) */
#define DOMAINS_MAX 6

static void put(struct compile *c, const char *text)
{
	arena_put(c->work, text, strlen(text));
}

/* -- /etc/hosts ------------------------------------------------------------------------------------------------- */

static void put_service(struct compile *c, const struct service_spec *spec)
{
	const char *name = table_name(c->table, spec), *alias = table_text(c->table, spec->hostname_at);

	for (unsigned i = 0; i < addr_count(&spec->attach); i++) {
		BUF_ON_STACK(b, 256);

		text_put_addr(&b, &spec->attach.addr[i], false);
		buf_fmt(&b, "\t%s", name);
		if (alias && strcmp(alias, name) != 0)
			buf_fmt(&b, " %s", alias);
		buf_char(&b, '\n');
		arena_put(c->work, b.data, b.len);
	}
}

static const struct service_spec *owner_of(const struct compile *c, uint32_t index)
{
	const struct network_spec *network = table_network(c->table, &c->specs[index]);

	return &c->specs[network && network->joins ? network->joins - 1 : index];
}

/* A service that joins another's network has that one's addresses. */
static void put_services(struct compile *c, int32_t bridge)
{
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->specs[i].attach.bridge == bridge)
			put_service(c, &c->specs[i]);
		else if (owner_of(c, i)->attach.bridge == bridge) {
			struct service_spec other = c->specs[i];

			other.attach = owner_of(c, i)->attach;
			put_service(c, &other);
		}
}

static const char *begin_text(struct compile *c)
{
	return arena_put(c->work, "", 0);
}

static uint32_t end_text(struct compile *c, const char *text)
{
	arena_put(c->work, "", 1);
	return image_string(c, text);
}

static bool domain_is_good(const char *name)
{
	return name_is_good(name, 253) && !strstr(name, "..");
}

static void refuse_entry(struct compile *c, const struct draft *d, const struct toml *node)
{
	refuse_key(c, node, "%s: network.hosts: \"%.60s\": wants a name, in quotes if it has dots, and its address or "
		   "an array of them", d->title, node->key);
}

static void put_entry(struct compile *c, const struct draft *d, const struct toml *node)
{
	const struct toml *first = node->type == TOML_TABLE ? NULL : text_first(node);
	bool good = domain_is_good(node->key) && first;

	for (const struct toml *e = first; e && good; e = text_next(node, e)) {
		struct addr a;

		good = e->type == TOML_STRING && node_text(e) && !text_addr(e->text, &a) && !strchr(e->text, '/');
		if (!good)
			break;
		put(c, e->text);
		put(c, "\t");
		put(c, node->key);
		put(c, "\n");
	}
	if (!good)
		refuse_entry(c, d, node);
}

static uint32_t hosts_text(struct compile *c, const struct draft *d, int32_t bridge, const struct toml *entries)
{
	const char *text = begin_text(c);

	put(c, "127.0.0.1\tlocalhost\n::1\tlocalhost\n");
	if (bridge >= 0)
		put_services(c, bridge);
	for (const struct toml *e = entries ? entries->first : NULL; e; e = e->next)
		put_entry(c, d, e);
	return end_text(c, text);
}

/* One text for all services of a bridge that have no entries of their own. */
static void set_hosts(struct compile *c, uint32_t index, uint32_t *texts)
{
	struct service_spec *spec = &c->specs[index];
	const struct draft *d = &c->services.drafts[index];
	const struct toml *own = d->nodes[KEY_HOSTS], *node = given(c, d, KEY_HOSTS);
	const struct toml *more = d->nodes[KEY_NETWORK_HOSTS];
	int32_t bridge = owner_of(c, index)->attach.bridge;
	bool wants = node && node->truth;

	if (wants && bridge < 0 && own && own->truth)
		refuse(c, own, "%s: hosts: it is on no bridge whose services could be named; remove it", d->title);
	wants &= bridge >= 0;
	if (wants)
		need_namespace(c, spec, d, KEY_HOSTS, CLONE_NEWNS, "mount");
	if (more)
		need_namespace(c, spec, d, KEY_NETWORK_HOSTS, CLONE_NEWNS, "mount");
	if (wants && !more && !texts[bridge])
		texts[bridge] = hosts_text(c, d, bridge, NULL);
	if (more)
		spec->hosts_at = hosts_text(c, d, wants ? bridge : -1, more);
	else if (wants)
		spec->hosts_at = texts[bridge];
}

/* -- /etc/resolv.conf ------------------------------------------------------------------------------------------- */

static void put_servers(struct compile *c, const struct draft *d, const struct toml *list)
{
	unsigned n = 0;

	for (const struct toml *e = text_first(list); e; e = text_next(list, e), n++) {
		struct addr a;

		if (text_addr(e->text, &a) || strchr(e->text, '/') || n == SERVERS_MAX) {
			refuse_text(c, d, KEY_NETWORK_DNS, e);
			continue;
		}
		put(c, "nameserver ");
		put(c, e->text);
		put(c, "\n");
	}
}

static void put_search(struct compile *c, const struct draft *d, const struct toml *list)
{
	unsigned n = 0;

	for (const struct toml *e = text_first(list); e; e = text_next(list, e), n++) {
		if (!domain_is_good(e->text) || n == DOMAINS_MAX)
			refuse_text(c, d, KEY_NETWORK_SEARCH, e);
		put(c, n ? " " : "search ");
		put(c, e->text);
	}
	put(c, n ? "\n" : "");
}

uint32_t hosts_resolv(struct compile *c, uint32_t index)
{
	const struct draft *d = &c->services.drafts[index];
	const struct toml *servers = given(c, d, KEY_NETWORK_DNS), *search = given(c, d, KEY_NETWORK_SEARCH);
	const char *text;

	if (d->nodes[KEY_NETWORK_SEARCH] && !servers)
		refuse(c, search, "%s: network.search: it goes with network.dns; add it", d->title);
	if (!servers || !text_first(servers))
		return 0;
	need_namespace(c, &c->specs[index], d, KEY_NETWORK_DNS, CLONE_NEWNS, "mount");
	text = begin_text(c);
	put_servers(c, d, servers);
	put_search(c, d, search);
	return end_text(c, text);
}

/* -- all of it -------------------------------------------------------------------------------------------------- */

/* Only names: what a name server says of localhost is its own affair. */
static uint32_t names_of(struct compile *c, uint32_t bridge)
{
	const struct toml *wanted = c->bridges.drafts[bridge].nodes[KEY_BRIDGE_HOSTS_FILE];
	const char *text;

	if (!wanted || !wanted->truth)
		return 0;
	text = begin_text(c);
	put(c, "# names of the services of this bridge, by minit\n");
	put_services(c, (int32_t)bridge);
	return end_text(c, text);
}

void hosts_finish(struct compile *c)
{
	uint32_t *texts = arena_array(c->work, uint32_t, c->bridges.count);
	uint32_t *names = arena_array(c->work, uint32_t, c->bridges.count);

	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->services.drafts[i].header)
			set_hosts(c, i, texts);
	for (uint32_t i = 0; i < c->bridges.count; i++)
		names[i] = names_of(c, i);
	c->table->names = image_array(c, names, c->bridges.count);
}
