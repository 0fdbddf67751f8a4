/* Files of names: /etc/hosts and /etc/resolv.conf of services, and what a name server of a bridge reads. */
#include <sched.h>
#include <string.h>

#include "services/address.h"
#include "services/hostnames.h"

#define SERVERS_MAX 3 /* libc looks at no more: resolv.conf(5) */
#define DOMAINS_MAX 6

static void put(struct compile *c, const char *text)
{
	arena_put(c->work, text, strlen(text));
}

/* -- /etc/hosts ------------------------------------------------------------------------------------------------- */

/* The bridges that a network is on, that of eth0 first. */
struct bridges {
	int32_t all[NET_ETHS];
	unsigned count;
};

/* A service that joins another's network, or a process in it, has that one's addresses: table_network_of. */
static const struct service_spec *owner_of(const struct compile *c, uint32_t index)
{
	const struct roots_spec *roots = &c->services.drafts[index].confine->roots;
	const struct network_spec *network;

	for (uint32_t n = 0; roots->join_flags & CLONE_NEWNET && n < c->services.count; n++) {
		index = roots->join_service;
		roots = &c->services.drafts[index].confine->roots;
	}
	network = table_network(c->table, &c->specs[index]);
	return &c->specs[network && network->joins ? network->joins - 1 : index];
}

static struct bridges bridges_of(const struct compile *c, uint32_t index)
{
	const struct service_spec *owner = owner_of(c, index);
	const struct net_attach *at;
	struct bridges ret = { .count = 0 };

	for (uint32_t n = 0; (at = table_attach(c->table, owner, n)) && n < NET_ETHS; n++)
		if (at->bridge >= 0)
			ret.all[ret.count++] = at->bridge;
	return ret;
}

/* By which it is on the first of the bridges that it is on at all, or NULL. */
static const struct net_attach *attach_on(const struct compile *c, uint32_t index, const struct bridges *bridges,
					  unsigned *ret_which)
{
	const struct service_spec *owner = owner_of(c, index);
	const struct net_attach *at;

	for (*ret_which = 0; *ret_which < bridges->count; ++*ret_which)
		for (uint32_t n = 0; (at = table_attach(c->table, owner, n)); n++)
			if (at->bridge == bridges->all[*ret_which])
				return at;
	return NULL;
}

/* While all files of names are made. */
struct files {
	struct compile *c;
	struct hostnames names;
	struct set texts; /* bridges -> the text for who has no entries of its own */
};

/* What it calls its host is a name of it too, unless that is another service's own, or each machine's. */
static const char *alias_of(const struct files *f, uint32_t index)
{
	const char *alias = table_text(f->c->table, f->c->specs[index].hostname_at);
	uint32_t last = alias && !hostname_is_local(alias) ? hostnames_last(&f->names, alias) : 0;
	bool is_own = last == index + 1 && strcmp(alias, table_name(f->c->table, &f->c->specs[index])) != 0;

	return alias && !hostname_is_local(alias) && (!last || is_own) ? alias : NULL;
}

static void put_service(const struct files *f, uint32_t index, const struct net_attach *at)
{
	struct compile *c = f->c;
	const char *name = table_name(c->table, &c->specs[index]), *alias = alias_of(f, index);

	for (unsigned i = 0; i < addr_count(at); i++) {
		BUF_ON_STACK(b, 256);

		text_put_addr(&b, &at->addr[i], false);
		buf_fmt(&b, "\t%s", name);
		if (alias)
			buf_fmt(&b, " %s", alias);
		buf_char(&b, '\n');
		arena_put(c->work, b.data, b.len);
	}
}

/* Who looks one of them up would get either. */
static void check_name(struct files *f, uint32_t index, const struct bridges *bridges)
{
	struct compile *c = f->c;
	const struct draft *d = &c->services.drafts[index];
	const char *name = table_name(c->table, &c->specs[index]);
	unsigned which;

	if (!f->names.told[index] && hostname_is_local(name)) {
		f->names.told[index] = true;
		refuse_key(c, d->header, "%s: by this name each service of its bridge finds itself (/etc/hosts); take "
			   "another", d->title);
	}
	for (uint32_t i = f->names.before[index]; i && !f->names.told[index]; i = f->names.before[i - 1]) {
		if (!attach_on(c, i - 1, bridges, &which))
			continue;
		f->names.told[index] = true;
		refuse_key(c, d->header, "%s: as a host name this is that of %s, which differs by large and small "
			   "letters alone; take another", d->title, c->services.drafts[i - 1].title);
	}
}

/* Each once, where it shares a bridge first; those of the first bridge first. */
static void put_services(struct files *f, const struct bridges *bridges)
{
	for (unsigned k = 0; k < bridges->count; k++)
		for (uint32_t i = 0; i < f->c->services.count; i++) {
			unsigned which;
			const struct net_attach *at = attach_on(f->c, i, bridges, &which);

			if (!at || which != k)
				continue;
			check_name(f, i, bridges);
			put_service(f, i, at);
		}
}

static const char *begin_text(struct compile *c)
{
	return arena_put(c->work, "", 0);
}

/* Most tables have none of these files. */
static const char *begin_file(struct files *f)
{
	if (!f->names.before)
		hostnames_open(f->c, &f->names);
	return begin_text(f->c);
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

/* Nobody looks up what is an address itself, or has a dot at its end. */
static bool entry_is_good(const struct toml *node)
{
	struct addr a;

	return domain_is_good(node->key) && text_addr(node->key, &a) && node->key[node->key_len - 1] != '.';
}

/* A service on one of these bridges that has the name, or NULL. */
static const char *service_called(const struct files *f, const char *name, const struct bridges *bridges)
{
	unsigned which;

	for (uint32_t i = hostnames_last(&f->names, name); i; i = f->names.before[i - 1])
		if (attach_on(f->c, i - 1, bridges, &which))
			return f->c->services.drafts[i - 1].title;
	return NULL;
}

static bool is_earlier(const struct toml *entries, const struct toml *node)
{
	const struct toml *e = entries->first;

	while (e != node && strcasecmp(e->key, node->key) != 0)
		e = e->next;
	return e != node;
}

/* What would be there twice. */
static void check_entry(const struct files *f, const struct draft *d, const struct bridges *bridges,
			const struct toml *entries, const struct toml *node)
{
	const char *service = service_called(f, node->key, bridges);

	if (hostname_is_local(node->key))
		refuse_key(f->c, node, "%s: network.hosts: \"%s\" is 127.0.0.1 and ::1 already; take another name",
			   d->title, node->key);
	else if (service)
		refuse_key(f->c, node, "%s: network.hosts: \"%s\" is the name of %s, which the file has by hosts = "
			   "true; take another, or say hosts = false", d->title, node->key, service);
	else if (is_earlier(entries, node))
		refuse_key(f->c, node, "%s: network.hosts: \"%s\" stands there already, with other large and small "
			   "letters, which are one here; remove one", d->title, node->key);
}

static void put_entry(struct compile *c, const struct draft *d, const struct toml *node)
{
	const struct toml *first = node->type == TOML_TABLE ? NULL : text_first(node);
	bool good = entry_is_good(node) && first;

	for (const struct toml *e = first; e && good; e = text_next(node, e)) {
		struct addr a;

		good = e->type == TOML_STRING && node_text(e) && !text_host(e->text, &a);
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

static uint32_t hosts_text(struct files *f, const struct draft *d, const struct bridges *bridges,
			   const struct toml *entries)
{
	struct compile *c = f->c;
	const char *text = begin_file(f);

	put(c, "127.0.0.1\tlocalhost\n::1\tlocalhost\n");
	put_services(f, bridges);
	for (const struct toml *e = entries ? entries->first : NULL; e; e = e->next) {
		put_entry(c, d, e);
		check_entry(f, d, bridges, entries, e);
	}
	return end_text(c, text);
}

/* One text for all services that have the same bridges, and no entries of their own. */
static uint32_t shared_text(struct files *f, const struct draft *d, const struct bridges *bridges)
{
	const char *key = arena_put(f->c->work, (const char *)bridges->all, bridges->count * sizeof(bridges->all[0]));
	struct set_entry *slot = set_at(&f->texts, key, bridges->count * sizeof(bridges->all[0]));

	if (!slot->value)
		slot->value = hosts_text(f, d, bridges, NULL);
	return slot->value;
}

/* What [defaults] say is for who has files of its own. */
static bool joins_mounts(const struct draft *d)
{
	return d->confine->roots.join_flags & CLONE_NEWNS;
}

static void set_hosts(struct files *f, uint32_t index)
{
	struct compile *c = f->c;
	struct service_spec *spec = &c->specs[index];
	const struct draft *d = &c->services.drafts[index];
	const struct toml *own = d->nodes[KEY_HOSTS], *node = given(c, d, KEY_HOSTS);
	const struct toml *more = d->nodes[KEY_NETWORK_HOSTS];
	struct bridges bridges = bridges_of(c, index);
	bool wants = node && node->truth && (own || !joins_mounts(d));

	if (wants && !bridges.count && own && own->truth)
		refuse(c, own, "%s: hosts: it is on no bridge whose services could be named; remove it", d->title);
	bridges.count = wants ? bridges.count : 0;
	wants = bridges.count;
	if (wants)
		need_namespace(c, spec, d, KEY_HOSTS, CLONE_NEWNS, "mount");
	if (more)
		need_namespace(c, spec, d, KEY_NETWORK_HOSTS, CLONE_NEWNS, "mount");
	if (more)
		spec->hosts_at = hosts_text(f, d, &bridges, more);
	else if (wants)
		spec->hosts_at = shared_text(f, d, &bridges);
}

/* -- /etc/resolv.conf ------------------------------------------------------------------------------------------- */

static void put_servers(struct compile *c, const struct draft *d, const struct toml *list)
{
	unsigned n = 0;

	for (const struct toml *e = text_first(list); e; e = text_next(list, e), n++) {
		struct addr a;

		if (text_host(e->text, &a) || n == SERVERS_MAX) {
			refuse_text(c, d, KEY_NETWORK_DNS, e);
			continue;
		}
		if (addr_unfit(&a, ADDR_LOOPBACK))
			refuse(c, e, "%s: network.dns: %s %s; wants that of a name server", d->title, e->text,
			       addr_unfit(&a, ADDR_LOOPBACK));
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
	if (!servers || !text_first(servers) || (!d->nodes[KEY_NETWORK_DNS] && joins_mounts(d)))
		return 0;
	need_namespace(c, &c->specs[index], d, KEY_NETWORK_DNS, CLONE_NEWNS, "mount");
	text = begin_text(c);
	put_servers(c, d, servers);
	put_search(c, d, search);
	return end_text(c, text);
}

/* -- all of it -------------------------------------------------------------------------------------------------- */

/* Only names: what a name server says of localhost is its own affair. */
static uint32_t names_of(struct files *f, uint32_t bridge)
{
	struct compile *c = f->c;
	const struct toml *wanted = c->bridges.drafts[bridge].nodes[KEY_BRIDGE_HOSTS_FILE];
	const struct bridges one = { { (int32_t)bridge }, 1 };
	const char *text;

	if (!wanted || !wanted->truth)
		return 0;
	text = begin_file(f);
	put(c, "# names of the services of this bridge, by minit\n");
	put_services(f, &one);
	return end_text(c, text);
}

void hosts_finish(struct compile *c)
{
	struct files f = { .c = c, .texts = { .arena = c->work } };
	uint32_t *names = arena_array(c->work, uint32_t, c->bridges.count);

	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->services.drafts[i].header)
			set_hosts(&f, i);
	for (uint32_t i = 0; i < c->bridges.count; i++)
		names[i] = names_of(&f, i);
	c->table->names = image_array(c, names, c->bridges.count);
}
