#include "services/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "lib/enabled.h"
#include "lib/fd.h"

#define FILE_MAX (16u << 20) /* bytes of one file */
#define GROUPS_MAX 4096

const struct toml *given(const struct compile *c, const struct draft *d, enum key_id id)
{
	return d->nodes[id] ? d->nodes[id] : c->defaults.nodes[id];
}

bool is_seen(const struct draft *d, enum key_id id)
{
	return d->seen[id / 64] >> id % 64 & 1;
}

unsigned seen_from(const struct draft *d, unsigned from)
{
	for (; from < KEY_COUNT; from = (from / 64 + 1) * 64) {
		uint64_t left = d->seen[from / 64] >> from % 64;

		if (left)
			return from + (unsigned)__builtin_ctzll(left);
	}
	return KEY_COUNT;
}

/* -- the image -------------------------------------------------------------------------------------------------- */

uint32_t image_text(struct compile *c, const char *text, size_t len)
{
	struct set_entry *e = set_at(&c->texts, text, len);

	if (!e->value) {
		e->key = arena_text(c->image, text, len);
		e->value = (uint32_t)((const char *)e->key - c->image->base);
	}
	return e->value;
}

uint32_t image_string(struct compile *c, const char *text)
{
	return image_text(c, text, strlen(text));
}

struct list image_list(struct compile *c, const void *elements, uint32_t count, size_t size, size_t align)
{
	char *at;

	if (!count)
		return (struct list){ 0 };
	at = arena_take(c->image, size * count, align);
	memcpy(at, elements, size * count);
	return (struct list){ (uint32_t)(at - c->image->base), count };
}

uint32_t image_record(struct compile *c, const void *record, size_t size)
{
	struct set_entry *e = set_at(&c->records, record, size);

	if (!e->value) {
		e->key = memcpy(arena_take(c->image, size, _Alignof(uint64_t)), record, size);
		e->value = (uint32_t)((const char *)e->key - c->image->base);
	}
	return e->value;
}

static struct list list_of(const struct compile *c, const void *at, uint32_t count)
{
	return (struct list){ count ? (uint32_t)((const char *)at - c->image->base) : 0, count };
}

/* -- keys of a section ------------------------------------------------------------------------------------------ */

static void *field_of(struct section *s, const struct key *key)
{
	if (key->field == NOWHERE)
		return &s->c->nowhere;
	if (key->field & IN_CONFINE)
		return (char *)s->draft->confine + (key->field & ~IN_CONFINE);
	return (char *)s->target + key->field;
}

static void apply_key(struct section *s, const struct key *key, const struct toml *node)
{
	void *field = field_of(s, key);

	s->draft->seen[key->id / 64] |= UINT64_C(1) << key->id % 64;
	if (node->type == TOML_BROKEN)
		return;
	if (!key->enabled && node->file != UINT16_MAX)
		refuse_key(s->c, node, "%s: %s: needs %s", s->draft->title, key_text(key, KEY_NAME),
			   key_text(key, KEY_OPTION));
	else if (key->enabled)
		value_take(s, key, node, field);
}

static const struct {
	enum key_section kind;
	char title[22];
} places[] = { { IN_SYSTEM, "[system]" }, { IN_NETWORK, "[network]" }, { IN_BRIDGE, "[network.bridge.NAME]" },
	       { IN_LINK, "[network.link.NAME]" }, { IN_SERVICE, "[service.NAME]" },
	       { IN_GROUP, "[group.NAME]" } };

/* Where a key that is unknown here would be at home, or NULL. */
static const char *home_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (key_find(places[i].kind, name) || key_is_group(places[i].kind, name))
			return places[i].title;
	return NULL;
}

/* "memory" and its kind: what is likely to be a limit. */
static const char *home_of_limit(enum key_section kind, const char *name)
{
	size_t len = strcspn(name, ".");

	for (unsigned i = 0; ENABLED(CONFIG_CGROUP) && limit_name(i); i++)
		if (!strncmp(limit_name(i), name, len) && limit_name(i)[len] == '.')
			return kind == IN_GROUP ? "[group.NAME.cgroup]" : "[service.NAME.cgroup]";
	return NULL;
}

/* As a header with a name that has a dot in it leaves it: [service.web.v2]. */
static bool has_only_tables(const struct toml *section)
{
	for (const struct toml *node = section->first; node; node = node->next)
		if (node->type != TOML_TABLE)
			return false;
	return true;
}

static void refuse_name(struct section *s, const struct toml *node, const char *name)
{
	bool is_told = s->c->errors.count < ERRORS_TOLD; /* the search is long */
	const char *home = home_of_limit(s->kind, name);
	const char *nearest = is_told && !home ? key_nearest(s->kind, name) : NULL;

	if (!home && !nearest)
		home = home_of(name);

	if (home)
		refuse_key(s->c, node, "%s: %s: stands in %s, not here", s->draft->title, name, home);
	else if (!nearest && is_told && s->kind == IN_SERVICE && has_only_tables(s->draft->header))
		refuse_key(s->c, node, "%s: unknown key \"%s\"; if it is part of the name, that has to be in quotes: "
			   "[service.\"%s.%s\"]", s->draft->title, name, s->draft->title + strlen("service."), name);
	else
		refuse_unknown(s->c, s->draft->title, "key", node, name, nearest);
}

/* The keys of a table, whose names begin with prefix. Groups of keys are not nested, so neither is this. */
static void apply(struct section *s, const struct toml *table, const char *prefix)
{
	for (const struct toml *node = table->first; node; node = node->next) {
		BUF_ON_STACK(name, 128);
		const struct key *key;

		buf_fmt(&name, "%s%.64s", prefix, node->key);
		key = key_find(s->kind, buf_text(&name));
		if (node->type == TOML_TABLE && key_is_group(s->kind, buf_text(&name))) {
			buf_char(&name, '.');
			apply(s, node, buf_text(&name));
		} else if (key) {
			apply_key(s, key, node);
		} else if (node->type != TOML_BROKEN || !key_is_group(s->kind, buf_text(&name))) {
			refuse_name(s, node, buf_text(&name));
		}
	}
}

/* -- names ------------------------------------------------------------------------------------------------------ */

static uint32_t count_of(const struct toml *table)
{
	return table ? table->count : 0;
}

/* With room for the sections that the files can have at most; minit's own services come behind. */
static void groups_open(struct compile *c)
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

static struct draft *group_add(struct group *g, const char *name, const char *title, const struct toml *node)
{
	set_at(&g->names, name, strlen(name))->value = g->count + 1;
	g->drafts[g->count] = (struct draft){ .title = title, .header = node };
	return &g->drafts[g->count++];
}

static int group_index(const struct group *g, const char *name)
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

/* -- reading ---------------------------------------------------------------------------------------------------- */

static void report(void *context, uint16_t file, struct toml_at at, const char *what)
{
	struct compile *c = context;

	errors_add(&c->errors, file, at, "%s", what);
}

static const struct toml *parse(struct compile *c, uint16_t file, const char *text, size_t len)
{
	struct toml_doc doc = { .arena = c->work, .file = file, .report = report, .context = c };

	toml_parse(&doc, text, len);
	c->is_cut |= doc.is_cut;
	name_keys(c, doc.root);
	return doc.root;
}

static void read_names(struct compile *c, const struct toml *root)
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

static void read_group(struct compile *c, struct group *g, const struct toml *table, enum key_section kind,
		       void *targets, size_t size)
{
	for (const struct toml *node = table ? table->first : NULL; node; node = node->next) {
		int index = group_index(g, node->key);
		struct section s = { .c = c, .kind = kind };

		if (index < 0 || node->type != TOML_TABLE)
			continue;
		s.draft = &g->drafts[index];
		s.target = (char *)targets + size * (size_t)index;
		apply(&s, node, "");
	}
}

/* Beside the keys of [network] stand the sections of bridges and links. */
static void read_own(struct compile *c, const struct toml *network)
{
	struct section s = { .c = c, .kind = IN_NETWORK, .draft = &c->own, .target = c->table };

	for (const struct toml *node = network ? network->first : NULL; node; node = node->next) {
		const struct key *key = key_find(IN_NETWORK, node->key);

		if (key)
			apply_key(&s, key, node);
	}
}

static void read_section(struct compile *c, const struct toml *table, enum key_section kind, struct draft *draft,
			 void *target)
{
	struct section s = { .c = c, .kind = kind, .draft = draft, .target = target };

	if (table)
		apply(&s, table, "");
}

static void read_defaults(struct compile *c)
{
	const struct toml *builtin = parse(c, UINT16_MAX, keys_builtin, strlen(keys_builtin));

	c->template.umask = UMASK_INHERIT;
	c->template.attach.bridge = -1;
	c->defaults.confine = &c->template_confine;
	read_section(c, section_of(builtin, "defaults"), IN_DEFAULTS, &c->defaults, &c->template);
	c->builtin = c->template;
	c->builtin_confine = c->template_confine;
	c->defaults = (struct draft){ .title = "defaults", .confine = &c->template_confine };
	for (uint32_t i = 0; i < c->files; i++)
		read_section(c, section_of(c->roots[i], "defaults"), IN_DEFAULTS, &c->defaults, &c->template);
}

static struct confine_spec *confine_copy(struct compile *c, const struct confine_spec *from)
{
	return memcpy(arena_new(c->work, struct confine_spec), from, sizeof(*from));
}

/* What belongs together comes one behind the other in the image: services, then bridges, then groups. */
static void lay_out(struct compile *c)
{
	c->specs = arena_array(c->image, struct service_spec, c->services.count + 2 * c->links.count + 2);
	c->bridge_specs = arena_array(c->image, struct net_bridge, c->bridges.count);
	for (uint32_t i = 0; i < c->services.count; i++) {
		const struct toml *header = c->services.drafts[i].header;

		c->specs[i] = c->template;
		c->specs[i].name_at = image_string(c, header->key);
		c->specs[i].line = header->key_at.line;
		c->services.drafts[i].confine = confine_copy(c, &c->template_confine);
	}
	for (uint32_t i = 0; i < c->bridges.count; i++)
		memcpy(c->bridge_specs[i].name, c->bridges.drafts[i].header->key,
		       c->bridges.drafts[i].header->key_len); /* within NET_IFNAME: name_bridge */
	c->link_specs = arena_array(c->work, struct net_link, c->links.count);
	for (uint32_t i = 0; i < c->links.count; i++)
		memcpy(c->link_specs[i].name, c->links.drafts[i].header->key, c->links.drafts[i].header->key_len);
	c->group_specs = arena_array(c->image, struct group_spec, c->leaf_groups.count);
	for (uint32_t i = 0; i < c->leaf_groups.count; i++)
		c->group_specs[i].name_at = image_string(c, c->leaf_groups.drafts[i].header->key);
}

static void read_sections(struct compile *c)
{
	groups_open(c);
	for (uint32_t i = 0; i < c->files; i++)
		read_names(c, c->roots[i]);
	read_defaults(c);
	lay_out(c);
	for (uint32_t i = 0; i < c->files; i++) {
		const struct toml *root = c->roots[i], *network = section_of(root, "network");

		read_section(c, section_of(root, "system"), IN_SYSTEM, &c->system, c->table);
		read_own(c, network);
		read_group(c, &c->bridges, section_of(network, "bridge"), IN_BRIDGE, c->bridge_specs,
			   sizeof(c->bridge_specs[0]));
		read_group(c, &c->links, section_of(network, "link"), IN_LINK, c->link_specs,
			   sizeof(c->link_specs[0]));
		read_group(c, &c->leaf_groups, section_of(root, "group"), IN_GROUP, c->group_specs,
			   sizeof(c->group_specs[0]));
		read_group(c, &c->services, section_of(root, "service"), IN_SERVICE, c->specs, sizeof(c->specs[0]));
	}
}

/* -- services of minit's own making ------------------------------------------------------------------------------ */

struct service_spec *service_append(struct compile *c, const char *name, char *const *argv)
{
	struct service_spec *spec = &c->specs[c->services.count];
	uint32_t *texts, n = 0;

	group_add(&c->services, name, name_title(c, "service.", name), NULL);
	while (argv[n])
		n++;
	texts = arena_array(c->work, uint32_t, n);
	for (uint32_t i = 0; i < n; i++)
		texts[i] = image_string(c, argv[i]);
	*spec = c->builtin;
	c->services.drafts[c->services.count - 1].confine = confine_copy(c, &c->builtin_confine);
	spec->name_at = image_string(c, name);
	spec->exec = image_array(c, texts, n);
	spec->namespaces = 0;
	spec->leaf = 0;
	return spec;
}

static void append_command(struct compile *c, char *const *argv)
{
	const struct toml *main_node = c->system.nodes[KEY_SYSTEM_MAIN];
	int taken = service_index(c, "main");

	if (main_node)
		refuse(c, main_node, "system: main: the command line \"%.60s\" is the main service; "
			 "remove one of the two", argv[0]);
	if (taken >= 0)
		refuse_key(c, c->services.drafts[taken].header, "service.main: the command line \"%.60s\" takes "
			   "this name; name the service otherwise", argv[0]);
	if (main_node || taken >= 0)
		return;
	service_append(c, "main", argv)->restart = RESTART_NEVER;
	c->table->main = (int32_t)c->services.count - 1;
	privileges_keep(c->services.drafts[c->table->main].confine);
}

/* PID 1 puts its own binary in place of exec[0]. */
static void append_log_helper(struct compile *c)
{
	static char minit[] = "minit", log[] = "log", table[] = WORD(LOG_TABLE_FD), first[] = WORD(LOG_FIRST_FD);
	char *const argv[] = { minit, log, table, first, NULL };
	struct service_spec *spec = service_append(c, LOG_HELPER, argv);

	/* Services wait while it is away: at once again, but for one that cannot even start. */
	spec->restart = RESTART_ALWAYS;
	spec->backoff.stable_ms = 20;
	spec->backoff.first_ms = 0;
	spec->backoff.max_ms = 1000;
	spec->internal = 1;
}

/* -- what is left when all keys are read ------------------------------------------------------------------------- */

static void finish_main(struct compile *c)
{
	const struct toml *node = c->system.nodes[KEY_SYSTEM_MAIN];

	if (!node)
		return;
	c->table->main = service_index(c, node->text);
	if (c->table->main < 0)
		refuse_nobody(c, "system", "main", node, &c->services, "service");
	else if (!given(c, &c->services.drafts[c->table->main], KEY_RESTART))
		c->specs[c->table->main].restart = RESTART_NEVER;
}

void need_namespace(struct compile *c, struct service_spec *spec, const struct draft *d, enum key_id id,
		    uint32_t flag, const char *word)
{
	const struct toml *own = d->nodes[id], *node = given(c, d, id);

	if (!node || (node->type == TOML_BOOL && !node->truth))
		return;
	if (own && spec->namespaces & flag)
		spec->explicit_ns |= flag;
	if (spec->namespaces & flag)
		return;
	if (!own && d->nodes[KEY_NAMESPACES])
		node = d->nodes[KEY_NAMESPACES];
	refuse(c, node, "%s: %s: needs a namespace of its own; add \"%s\" to namespaces", d->title,
		 key_text(key_by_id(id), KEY_NAME), word);
}

static void finish_group(struct compile *c, struct service_spec *spec, struct draft *d)
{
	const struct toml *node = spec->leaf ? given(c, d, KEY_IN_GROUP) : d->nodes[KEY_IN_GROUP];
	int index = node ? group_index(&c->leaf_groups, node->text) : -1;

	if (!node)
		return;
	if (index < 0)
		refuse_nobody(c, d->title, "in_group", node, &c->leaf_groups, "group");
	if (!spec->leaf)
		refuse(c, node, "%s: in_group: a group is of leaves; remove leaf = false", d->title);
	d->confine->leaf.group = (uint32_t)index + 1;
	spec->explicit_leaf |= d->nodes[KEY_IN_GROUP] != NULL;
}

/* What needs a leaf: asked for by the service itself, it needs one; else it is left out without. */
static bool has_leaf_for(struct compile *c, struct service_spec *spec, const struct draft *d, enum key_id id)
{
	const struct toml *own = d->nodes[id];

	if (own && !spec->leaf)
		refuse(c, own, "%s: %s: needs a leaf; remove leaf = false", d->title,
		       key_text(key_by_id(id), KEY_NAME));
	spec->explicit_leaf |= spec->leaf && own;
	return spec->leaf && given(c, d, id);
}

/* A list of [defaults] is left out where it cannot be had. */
static void finish_devices(struct compile *c, struct service_spec *spec, struct draft *d)
{
	bool listed = has_leaf_for(c, spec, d, KEY_DEVICES) && given(c, d, KEY_DEVICES)->type == TOML_ARRAY;

	if (listed && d->nodes[KEY_DEVICES])
		d->confine->leaf.device_policy = DEVICES_ASKED;
	else if (listed)
		d->confine->leaf.device_policy = DEVICES_USUAL;
}

static void finish_delegate(struct compile *c, struct service_spec *spec, struct draft *d)
{
	static const enum key_id pressures[] = { KEY_PRESSURE_CPU, KEY_PRESSURE_MEMORY, KEY_PRESSURE_IO };

	if (!has_leaf_for(c, spec, d, KEY_DELEGATE))
		d->confine->leaf.delegate = 0;
	if (d->confine->leaf.delegate)
		need_namespace(c, spec, d, KEY_DELEGATE, CLONE_NEWCGROUP, "cgroup");
	for (size_t i = 0; i < ARRAY_LEN(pressures); i++)
		has_leaf_for(c, spec, d, pressures[i]);
}

static void finish_leaf(struct compile *c, struct service_spec *spec, struct draft *d)
{
	const struct toml *leaf = d->nodes[KEY_LEAF], *limits = d->nodes[KEY_CGROUP];

	if (leaf && !leaf->truth && limits)
		refuse(c, limits, "%s: cgroup: limits need a leaf; remove leaf = false", d->title);
	if (limits)
		spec->leaf = 1;
	if (!spec->leaf)
		spec->limits = (struct list){ 0 };
	spec->explicit_leaf = spec->leaf && (leaf || limits);
	finish_group(c, spec, d);
	finish_devices(c, spec, d);
	finish_delegate(c, spec, d);
}

static void finish_service(struct compile *c, struct service_spec *spec, struct draft *d)
{
	if (!is_seen(d, KEY_EXEC) && !c->is_cut)
		refuse_key(c, d->header, "%s: exec is missing; it wants "
			   "the program and its arguments, such as exec = [\"/usr/sbin/httpd\", \"-f\"]", d->title);
	if (d->nodes[KEY_NAMESPACES])
		spec->explicit_ns = spec->namespaces;
	if (!given(c, d, KEY_INIT))
		spec->init = (spec->namespaces & CLONE_NEWPID) != 0;
	finish_leaf(c, spec, d);
	need_namespace(c, spec, d, KEY_READONLY, CLONE_NEWNS, "mount");
	need_namespace(c, spec, d, KEY_HOSTNAME, CLONE_NEWUTS, "uts");
	need_namespace(c, spec, d, KEY_INIT, CLONE_NEWPID, "pid");
	roots_finish(c, spec, d);
	privileges_finish(c, spec, d);
}

/* By words: memcmp() of this libc goes byte by byte. */
static bool is_alike(const struct confine_spec *one, const struct confine_spec *other)
{
	const uint64_t *a = (const void *)one, *b = (const void *)other;
	size_t i = 0;

	_Static_assert(sizeof(*one) % sizeof(*a) == 0 && _Alignof(struct confine_spec) >= _Alignof(uint64_t),
		       "a confine_spec is made of words");
	while (i < sizeof(*one) / sizeof(*a) && a[i] == b[i])
		i++;
	return i == sizeof(*one) / sizeof(*a);
}

/* When nothing more is changed in them. Most are as the one before, so that is looked at first. */
static void finish_confine(struct compile *c)
{
	const struct confine_spec *last = NULL;

	for (uint32_t i = 0; i < c->services.count; i++) {
		const struct confine_spec *confine = c->services.drafts[i].confine;
		bool same = last && is_alike(last, confine);

		c->specs[i].confine_at = same ? c->specs[i - 1].confine_at : image_record(c, confine, sizeof(*confine));
		last = confine;
	}
}

static void finish_outputs(struct compile *c)
{
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->specs[i].output == OUTPUT_CONSOLE || c->specs[i].output == OUTPUT_FILE)
			c->specs[i].output_slot = c->table->outputs++;
}

static void finish(struct compile *c, const struct table_source *source)
{
	finish_main(c);
	for (uint32_t i = 0; i < c->services.count; i++)
		finish_service(c, &c->specs[i], &c->services.drafts[i]);
	if (source->argv)
		append_command(c, source->argv);
	if (ENABLED(CONFIG_NET_BRIDGE))
		attend_append(c);
	finish_outputs(c);
	if (source->minit_log && c->table->outputs)
		append_log_helper(c);
	roots_ranges(c);
	network_finish(c);
	if (ENABLED(CONFIG_NET_BRIDGE)) {
		links_finish(c);
		own_finish(c);
	}
	if (ENABLED(CONFIG_SECCOMP))
		seccomp_finish(c);
	finish_confine(c);
	if (!c->is_cut)
		order_finish(c);
}

/* The image ends with a NUL, so that no text can run out of it. */
static void seal(struct compile *c)
{
	uint32_t *paths = arena_array(c->work, uint32_t, c->files);

	for (uint32_t i = 0; i < c->files; i++)
		paths[i] = image_string(c, c->paths[i]);
	c->table->files = image_array(c, paths, c->files);
	c->table->services = list_of(c, c->specs, c->services.count);
	c->table->bridges = list_of(c, c->bridge_specs, c->bridges.count);
	c->table->groups = list_of(c, c->group_specs, c->leaf_groups.count);
	arena_put(c->image, "", 1);
	c->table->size = (uint32_t)c->image->used;
}

static void begin(struct compile *c, struct arena *work, struct arena *image, uint32_t files)
{
	*c = (struct compile){ .work = work, .image = image };
	c->errors.arena = c->texts.arena = c->records.arena = work;
	c->system.title = "system";
	c->own.title = "network";
	c->defaults.title = "defaults";
	c->paths = arena_array(work, const char *, files);
	c->roots = arena_array(work, const struct toml *, files);
	c->table = arena_new(image, struct table);
	*c->table = (struct table){ .magic = TABLE_MAGIC, .layout = TABLE_LAYOUT, .main = -1 };
}

static int end(struct compile *c, const struct table_source *source)
{
	read_sections(c);
	finish(c, source);
	seal(c);
	return c->errors.count ? -EINVAL : 0;
}

int compile_files(const struct compile_file *files, uint32_t count, const struct table_source *source,
		  struct arena *work, struct arena *image, struct compile *c)
{
	begin(c, work, image, count);
	for (c->files = 0; c->files < count; c->files++) {
		const struct compile_file *f = &files[c->files];

		c->paths[c->files] = f->path;
		c->roots[c->files] = parse(c, (uint16_t)c->files, f->text, f->len);
	}
	return end(c, source);
}

/* -- files ------------------------------------------------------------------------------------------------------ */

/* Reads on behind what the arena holds, so that the pieces are one text. */
static ssize_t read_all(struct arena *a, int fd)
{
	enum { PIECE = 65536 };
	size_t len = 0;
	ssize_t n;

	do {
		char *room = arena_take(a, PIECE, 1);

		n = read(fd, room, PIECE);
		a->used -= PIECE - (size_t)MAX(n, 0);
		len += (size_t)MAX(n, 0);
	} while (n > 0 && len <= FILE_MAX);
	if (n < 0)
		return -errno;
	arena_put(a, "", 1);
	return len > FILE_MAX ? -EFBIG : (ssize_t)len;
}

static int read_file(struct arena *a, struct compile_file *f)
{
	cleanup_fd int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t len;

	if (fd < 0)
		return -errno;
	f->text = arena_put(a, "", 0);
	len = read_all(a, fd);
	if (len < 0)
		return (int)len;
	f->len = (size_t)len;
	return 0;
}

static const char *what_to_do(int err)
{
	switch (err) {
	case -ENOENT: return "correct its name, or write it; minit.toml(5) has an example";
	case -EACCES: return "let the user who runs minit read it";
	case -EISDIR: return "name the files in it";
	case -EFBIG: return "a table has at most 16 MiB";
	default: return "name another";
	}
}

int compile(const struct table_source *source, struct arena *work, struct arena *image, struct compile *c)
{
	struct compile_file *files = arena_array(work, struct compile_file, source->count);
	struct errors unread = { .arena = work };

	for (uint32_t i = 0; i < source->count; i++) {
		int err;

		files[i] = (struct compile_file){ source->paths[i], "", 0 };
		err = read_file(work, &files[i]);
		if (err)
			errors_add(&unread, (uint16_t)i, (struct toml_at){ 0 }, "cannot be read: %s: %s",
				   strerror(-err), what_to_do(err));
	}
	if (!unread.count)
		return compile_files(files, source->count, source, work, image, c);
	*c = (struct compile){ .errors = unread, .paths = (const char **)(uintptr_t)source->paths };
	return -EINVAL;
}
