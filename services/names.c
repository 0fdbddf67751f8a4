/* What sections are called, and the groups of those that have a name. */
#include <errno.h>
#include <string.h>

#include "services/compile.h"

#define GROUPS_MAX 4096

static const char *const sections[] = { "system", "defaults", "network", "group", "service" };
static const char *const examples[] = { "", "", ".bridge.br0", ".shop", ".web" };

const struct toml *section_of(const struct toml *root, const char *name)
{
	for (const struct toml *node = root ? root->first : NULL; node; node = node->next)
		if (!strcmp(node->key, name))
			return node->type == TOML_TABLE ? node : NULL;
	return NULL;
}

static void name_section(struct compile *c, const struct toml *node)
{
	struct nearest near = nearest_begin(node->key);

	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		if (!strcmp(node->key, sections[i]) && node->type != TOML_TABLE && node->type != TOML_BROKEN)
			refuse_key(c, node, "%s: wants a section such as [%s%s]", node->key, node->key,
				   examples[i]);
		if (!strcmp(node->key, sections[i]))
			return;
		nearest_try(&near, sections[i]);
	}
	if (word_find("bridge|bridges", node->key) >= 0)
		near.best = "network.bridge.NAME";
	if (word_find("link|links|interface|interfaces", node->key) >= 0)
		near.best = "network.link.NAME";
	refuse_unknown(c, "", node->type == TOML_TABLE ? "section" : "key", node, node->key, near.best);
}

static void name_own(struct compile *c, const struct toml *node)
{
	bool is_section = !strcmp(node->key, "bridge") || !strcmp(node->key, "link");
	const char *best = is_section ? NULL : key_nearest(IN_NETWORK, node->key);

	if (key_find(IN_NETWORK, node->key) || (is_section && (node->type == TOML_TABLE || node->type == TOML_BROKEN)))
		return;
	if (!best && node->type != TOML_TABLE && !is_section && refuse_elsewhere(c, "network", node, node->key))
		return;
	if (!best && (node->type == TOML_TABLE || is_section))
		best = node->key[0] == 'l' ? "link.NAME" : "bridge.NAME";
	refuse_unknown(c, "network", node->type == TOML_TABLE || is_section ? "section" : "key", node, node->key, best);
}

void name_keys(struct compile *c, const struct toml *table)
{
	for (const struct toml *node = table->first; node; node = node->next) {
		if (strlen(node->key) != node->key_len)
			refuse_key(c, node, "a key with a NUL character in it");
		if (node->type == TOML_TABLE || node->type == TOML_ARRAY)
			name_keys(c, node);
	}
}

const char *name_title(struct compile *c, const char *section, const char *name)
{
	const char *title = arena_put(c->work, section, strlen(section));

	arena_put(c->work, name, strlen(name) + 1);
	return title;
}

/*
 * A leaf is a folder beside files of the kernel, such as memory.max and tasks, and beside the leaf of minit itself.
 * `minit wait all:up` means all of them.
 */
static bool is_reserved(const char *name)
{
	static const char files[] = "cgroup|memory|cpu|cpuset|cpuacct|pids|io|blkio|hugetlb|rdma|misc|irq|freezer|"
				    "devices|net_cls|net_prio|perf_event|dmem|debug";
	const char *dot = strchr(name, '.');
	BUF_ON_STACK(first, TABLE_NAME_MAX + 1);

	if (!dot)
		return word_find("all|init|minit|tasks|notify_on_release|release_agent|" LOG_HELPER, name) >= 0;
	buf_add(&first, name, (size_t)(dot - name));
	return word_find(files, buf_text(&first)) >= 0;
}

static bool name_service(struct compile *c, const struct toml *node)
{
	if (node->type == TOML_BROKEN)
		return false;
	if (node->type != TOML_TABLE)
		refuse_key(c, node, "service.%.64s: wants a section such as [service.web]", node->key);
	else if (!name_is_good(node->key, TABLE_NAME_MAX))
		refuse_key(c, node, "service.%.64s: a name has up to %d letters, digits, and . _ - @ behind "
			   "the first", node->key, TABLE_NAME_MAX);
	else if (is_reserved(node->key))
		refuse_key(c, node, "service.%s: the name is taken by minit or the kernel; take another",
			   node->key);
	else
		return true;
	return false;
}

static bool name_group(struct compile *c, const struct toml *node)
{
	if (node->type == TOML_BROKEN)
		return false;
	if (node->type != TOML_TABLE)
		refuse_key(c, node, "group.%.64s: wants a section such as [group.shop]", node->key);
	else if (!name_is_good(node->key, TABLE_NAME_MAX))
		refuse_key(c, node, "group.%.64s: a name has up to %d letters, digits, and . _ - @ behind "
			   "the first", node->key, TABLE_NAME_MAX);
	else
		return true;
	return false;
}

/*
 * net.ipv4.conf.all and its kind are of all interfaces, so the kernel gives none these names; and beside all of them
 * /sys/class/net has a file of the bonding module.
 */
static bool is_of_all(const char *name)
{
	return word_find("all|default|bonding_masters", name) >= 0;
}

bool ifname_is_good(const char *name)
{
	return name_is_good(name, NET_IFNAME - 1) && !is_of_all(name);
}

static bool name_interface(struct compile *c, const struct toml *node, const char *what, const char *example)
{
	if (node->type == TOML_BROKEN)
		return false;
	if (node->type != TOML_TABLE)
		refuse_key(c, node, "network.%s.%.64s: wants a section such as [network.%s.%s]", what, node->key,
			   what, example);
	else if (!strcmp(what, "link") && strpbrk(node->key, "*?["))
		refuse_key(c, node, "network.link.%.64s: a pattern is no name; give the link one of its own, and "
			   "match = \"%.64s\"", node->key, node->key);
	else if (!name_is_good(node->key, NET_IFNAME - 1))
		refuse_key(c, node, "network.%s.%.64s: the name of an interface has up to %d letters, digits, "
			   "and . _ - @ behind the first", what, node->key, NET_IFNAME - 1);
	else if (is_of_all(node->key))
		refuse_key(c, node, "network.%s.%s: the kernel gives no interface this name; take another", what,
			   node->key);
	else
		return true;
	return false;
}

static bool name_bridge(struct compile *c, const struct toml *node)
{
	if (node->type == TOML_TABLE && !strcmp(node->key, "lo")) {
		refuse_key(c, node, "network.bridge.lo: the name is that of loopback; take another");
		return false;
	}
	return name_interface(c, node, "bridge", "br0");
}

static bool name_link(struct compile *c, const struct toml *node)
{
	return name_interface(c, node, "link", "wan");
}

/* -- groups ----------------------------------------------------------------------------------------------------- */

static uint32_t count_of(const struct toml *table)
{
	return table ? table->count : 0;
}

/* With room for the sections that the files can have at most; minit's own services come behind. */
void names_open(struct compile *c)
{
	uint32_t services = 0, bridges = 0, links = 0, leaf_groups = 0;

	for (uint32_t i = 0; i < c->files; i++) {
		services += count_of(section_of(c->roots[i], "service"));
		bridges += count_of(section_of(section_of(c->roots[i], "network"), "bridge"));
		links += count_of(section_of(section_of(c->roots[i], "network"), "link"));
		leaf_groups += count_of(section_of(c->roots[i], "group"));
	}
	c->services = (struct group){ .names = { .arena = c->work }, .most = TABLE_SERVICES_MAX - 2 - 2 * links };
	c->services.drafts = arena_array(c->work, struct draft, services + 2 * links + 2);
	c->bridges = (struct group){ .names = { .arena = c->work }, .most = TABLE_BRIDGES_MAX };
	c->bridges.drafts = arena_array(c->work, struct draft, bridges);
	c->links = (struct group){ .names = { .arena = c->work }, .most = TABLE_LINKS_MAX };
	c->links.drafts = arena_array(c->work, struct draft, links);
	c->leaf_groups = (struct group){ .names = { .arena = c->work }, .most = GROUPS_MAX };
	c->leaf_groups.drafts = arena_array(c->work, struct draft, leaf_groups);
}

struct draft *group_add(struct group *g, const char *name, const char *title, const struct toml *node)
{
	set_at(&g->names, name, strlen(name))->value = g->count + 1;
	g->drafts[g->count] = (struct draft){ .title = title, .header = node };
	return &g->drafts[g->count++];
}

int group_index(const struct group *g, const char *name)
{
	return (int)set_get(&g->names, name, strlen(name)) - 1;
}

int service_index(const struct compile *c, const char *name)
{
	int index = group_index(&c->services, name);

	return index < 0 ? -ENOENT : index;
}

typedef bool check_fn(struct compile *c, const struct toml *node);

/* Notes the names that stand in a table of sections. */
static void group_read(struct compile *c, struct group *g, const struct toml *table, const char *prefix,
		       check_fn *check)
{
	for (const struct toml *node = table ? table->first : NULL; node; node = node->next) {
		if (!check(c, node) || group_index(g, node->key) >= 0)
			continue;
		if (g->count < g->most)
			group_add(g, node->key, name_title(c, prefix, node->key), node);
		else
			refuse_key(c, node, "%s%s: more than %u of them", prefix, node->key, g->most);
	}
}

void names_read(struct compile *c, const struct toml *root)
{
	const struct toml *network = section_of(root, "network");

	for (const struct toml *node = root->first; node; node = node->next)
		name_section(c, node);
	for (const struct toml *node = network ? network->first : NULL; node; node = node->next)
		name_own(c, node);
	group_read(c, &c->bridges, section_of(network, "bridge"), "network.bridge.", name_bridge);
	group_read(c, &c->links, section_of(network, "link"), "network.link.", name_link);
	group_read(c, &c->leaf_groups, section_of(root, "group"), "group.", name_group);
	group_read(c, &c->services, section_of(root, "service"), "service.", name_service);
}
