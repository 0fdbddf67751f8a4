/* Values of the keys in keys_root.def: what a service sees of the file system, and whose ids it has. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mount.h"
#include "lib/text.h"
#include "services/compile.h"

#define RANGES_MAX 32

/* An absolute path in which nothing goes back up. */
static bool is_plain_path(const char *text)
{
	if (!text || *text != '/' || strlen(text) >= 4096)
		return false;
	for (const char *p = text; p; p = strchr(p + 1, '/'))
		if (!strncmp(p, "/..", 3) && (!p[3] || p[3] == '/'))
			return false;
	return true;
}

static void refuse_part(struct section *s, const struct key *key, const struct toml *node)
{
	refuse_value(s, key_text(key, KEY_NAME), node, key_text(key, KEY_WANT));
}

const char *plain_path(struct compile *c, const char *text)
{
	char *path = arena_put(c->work, text, strlen(text) + 1), *end = path;
	size_t len;

	for (; *text; text += len) {
		text += strspn(text, "/");
		len = strcspn(text, "/");
		if (!len || (len == 1 && *text == '.'))
			continue;
		*end++ = '/';
		memcpy(end, text, len);
		end += len;
	}
	if (end == path)
		*end++ = '/';
	*end = '\0';
	return path;
}

bool take_overlay(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);
	bool kept = is_plain_path(text);

	(void)key;
	if (!text || (strcmp(text, "tmpfs") != 0 && !kept))
		return false;
	*(uint32_t *)field = image_string(s->c, kept ? plain_path(s->c, text) : text);
	return true;
}

/* -- mounts ----------------------------------------------------------------------------------------------------- */

static const char words[] = "tmpfs|masked|readonly";
static const uint8_t word_kinds[] = { MOUNT_TMPFS, MOUNT_MASKED, MOUNT_READONLY };

enum mount_part { PART_BIND, PART_RBIND, PART_TMPFS, PART_MODE, PART_SPREAD, PART_IDMAP, PART_FLAGS };

#define PARTS "bind|rbind|tmpfs|mode|propagation|idmap|readonly|nosuid|nodev|noexec"
static const uint32_t flags[] = { MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC };

/* What mount_make takes: options of tmpfs(5). */
struct tmpfs {
	uint64_t size;
	uint32_t mode;
};

/* A table in the place of a source. */
struct mount_table {
	struct section *s;
	const char *name; /* "mounts./data" */
	struct mount_spec *mount;
	struct tmpfs tmpfs;
	uint32_t given; /* a bit per enum mount_part */
};

static bool read_flag(const struct toml *e, uint32_t flag, uint32_t *attr)
{
	if (e->type != TOML_BOOL)
		return false;
	*attr = e->truth ? *attr | flag : *attr & ~flag;
	return true;
}

static bool read_spread(const char *text, uint8_t *ret)
{
	int spread = text ? word_find("private|slave|shared", text) : -1;

	*ret = (uint8_t)MAX(spread, 0);
	return spread >= 0;
}

static bool read_part(struct mount_table *t, enum mount_part part, const struct toml *e)
{
	const char *text = node_text(e);
	struct mount_spec *m = t->mount;

	switch (part) {
	case PART_BIND:
	case PART_RBIND:
		m->kind = part == PART_RBIND ? MOUNT_RBIND : MOUNT_BIND;
		m->source_at = is_plain_path(text) ? image_string(t->s->c, text) : 0;
		return m->source_at;
	case PART_TMPFS:
		return text ? !text_size(text, &t->tmpfs.size) && t->tmpfs.size : e->type == TOML_BOOL && e->truth;
	case PART_MODE: return text && !text_octal(text, &t->tmpfs.mode) && t->tmpfs.mode <= 07777;
	case PART_SPREAD: return read_spread(text, &m->spread);
	case PART_IDMAP: m->idmap = e->type == TOML_BOOL && e->truth; return e->type == TOML_BOOL;
	default: return read_flag(e, flags[part - PART_FLAGS], &m->attr);
	}
}

static bool take_part(struct mount_table *t, const struct toml *e)
{
	static const char *const wants[] = {
		"an absolute path such as \"/srv/data\"", "an absolute path such as \"/srv/data\"",
		"a size such as \"64M\", or true", "a mode such as \"1777\"",
		"\"private\", \"slave\" or \"shared\"", "true or false", "true or false",
	};
	int part = word_find(PARTS, e->key);
	BUF_ON_STACK(name, 96);

	if (part < 0) {
		refuse_inner(t->s->c, t->s->draft->title, t->name, e, PARTS);
		return false;
	}
	t->given |= 1u << part;
	if (read_part(t, (enum mount_part)part, e))
		return true;
	buf_fmt(&name, "%s.%s", t->name, e->key);
	refuse_value(t->s, buf_text(&name), e, wants[MIN(part, PART_FLAGS)]);
	return false;
}

/* What does not go together, or NULL. */
static const char *misfit(const struct mount_table *t)
{
	uint32_t from = t->given & (1u << PART_BIND | 1u << PART_RBIND | 1u << PART_TMPFS);

	if (!from || from & (from - 1))
		return "one of bind, rbind and tmpfs in it";
	if (t->given & 1u << PART_MODE && from != 1u << PART_TMPFS)
		return "tmpfs beside mode";
	return from == 1u << PART_TMPFS && (t->mount->idmap || t->mount->spread) ?
	       "bind or rbind beside idmap and propagation" : NULL;
}

static uint32_t put_tmpfs_options(struct section *s, const struct tmpfs *t)
{
	BUF_ON_STACK(b, 64);

	buf_fmt(&b, "mode=%o", t->mode);
	if (t->size)
		buf_fmt(&b, ",size=%lu", (unsigned long)t->size);
	return image_string(s->c, buf_text(&b));
}

#define TMPFS_USUAL { .mode = 0755 }

static bool take_mount_table(struct section *s, const char *name, const struct toml *node, struct mount_spec *m)
{
	struct mount_table t = { .s = s, .name = name, .mount = m, .tmpfs = TMPFS_USUAL };
	const char *wrong;
	bool good = true;

	m->attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	for (const struct toml *e = node->first; e; e = e->next)
		good &= take_part(&t, e);
	wrong = good ? misfit(&t) : NULL;
	if (wrong)
		refuse_value(s, name, node, wrong);
	if (t.given & 1u << PART_TMPFS) {
		m->kind = MOUNT_TMPFS;
		m->options_at = put_tmpfs_options(s, &t.tmpfs);
	}
	return good && !wrong;
}

static bool read_mount_word(struct section *s, const struct toml *node, struct mount_spec *m)
{
	const char *text = node_text(node);
	int word = text ? word_find(words, text) : -1;

	m->attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	if (word >= 0) {
		m->kind = word_kinds[word];
		m->options_at = m->kind == MOUNT_TMPFS ? put_tmpfs_options(s, &(struct tmpfs)TMPFS_USUAL) : 0;
		return true;
	}
	m->kind = MOUNT_RBIND;
	m->source_at = is_plain_path(text) ? image_string(s->c, text) : 0;
	return m->source_at;
}

/* By target: so what is mounted upon another comes behind it. */
static void put_mount(struct section *s, struct mount_spec *all, uint32_t *n, const struct mount_spec *m)
{
	const char *base = s->c->image->base, *target = base + m->target_at;
	uint32_t i = 0;

	while (i < *n && strcmp(base + all[i].target_at, target) < 0)
		i++;
	if (i == *n || all[i].target_at != m->target_at)
		memmove(&all[i + 1], &all[i], ((*n)++ - i) * sizeof(*all));
	all[i] = *m;
}

/* As the kernel tells it: one name for each place. */
static bool is_target(const struct toml *e)
{
	size_t len = strlen(e->key);

	return is_plain_path(e->key) && !strstr(e->key, "//") && !strstr(e->key, "/./") && e->key[len - 1] != '/' &&
	       strcmp(e->key + len - MIN(len, 2), "/.") != 0;
}

static bool take_source(struct section *s, const char *name, const struct toml *e, struct mount_spec *m)
{
	if (e->type == TOML_TABLE)
		return take_mount_table(s, name, e, m);
	if (read_mount_word(s, e, m))
		return true;
	refuse_value(s, name, e, "a path such as \"/srv/data\", \"tmpfs\", \"masked\", \"readonly\" or a table such as "
		     "{ bind = \"/srv/data\", readonly = true } or { tmpfs = \"64M\", mode = \"1777\" }");
	return false;
}

static void take_mount(struct section *s, const struct toml *e, struct mount_spec *all, uint32_t *n)
{
	struct mount_spec m = { 0 };
	BUF_ON_STACK(name, 80);

	buf_fmt(&name, "mounts.%.60s", e->key);
	if (!is_target(e)) {
		refuse_key(s->c, e, "%s: mounts: \"%.60s\" is no target; wants an absolute path such as \"/data\", "
			   "without ., .. and a / at its end", s->draft->title, e->key);
	} else if (take_source(s, buf_text(&name), e, &m)) {
		m.target_at = image_string(s->c, e->key);
		put_mount(s, all, n, &m);
	}
}

bool take_mounts(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct list *list = field;
	struct mount_spec *all;
	uint32_t n = list->count;

	(void)key;
	if (node->type != TOML_TABLE)
		return false;
	all = arena_array(s->c->work, struct mount_spec, n + node->count);
	if (n)
		memcpy(all, table_list(s->c->table, *list, struct mount_spec), n * sizeof(*all));
	for (const struct toml *e = node->first; e; e = e->next)
		take_mount(s, e, all, &n);
	*list = image_array(s->c, all, n);
	return true;
}

/* -- devices, directories, secrets ------------------------------------------------------------------------------- */

static bool is_node(const char *text)
{
	return is_plain_path(text) && !strncmp(text, "/dev/", 5) && text[5];
}

/* A name below another directory, without anything that leads out of it. */
static bool is_below(const char *text)
{
	BUF_ON_STACK(path, 300);

	buf_fmt(&path, "/%s", text ? text : "");
	return text && *text && *text != '/' && !strpbrk(text, ":\n") && !buf_check(&path) &&
	       is_plain_path(buf_text(&path));
}

static bool take_texts(struct section *s, const struct key *key, const struct toml *node, struct list *ret,
		       bool (*good)(const char *text))
{
	uint32_t *texts = arena_array(s->c->work, uint32_t, node->type == TOML_ARRAY ? node->count : 1), n = 0;

	if (node->type != TOML_ARRAY) {
		if (!good(node_text(node)))
			return false;
		texts[n++] = image_string(s->c, node->text);
	} else {
		for (const struct toml *e = node->first; e; e = e->next) {
			if (good(node_text(e)))
				texts[n++] = image_string(s->c, e->text);
			else
				refuse_part(s, key, e);
		}
	}
	*ret = image_array(s->c, texts, n);
	return true;
}

bool take_nodes(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	return node->type == TOML_ARRAY && take_texts(s, key, node, field, is_node);
}

bool take_directories(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	return take_texts(s, key, node, field, is_below);
}

static void put_secret(struct section *s, struct secret_spec *all, uint32_t *n, const struct toml *e)
{
	struct secret_spec secret = { image_string(s->c, e->key), image_string(s->c, e->text) };
	uint32_t i = 0;

	while (i < *n && all[i].name_at != secret.name_at)
		i++;
	all[i] = secret;
	*n += i == *n;
}

static void refuse_secret(struct section *s, const struct toml *e)
{
	BUF_ON_STACK(name, 80);

	buf_fmt(&name, "secrets.%.60s", e->key);
	refuse_value(s, buf_text(&name), e, "an absolute path such as \"/etc/secrets/db\"");
}

bool take_secrets(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct list *list = field;
	struct secret_spec *all;
	uint32_t n = list->count;

	(void)key;
	if (node->type != TOML_TABLE)
		return false;
	all = arena_array(s->c->work, struct secret_spec, n + node->count);
	if (n)
		memcpy(all, table_list(s->c->table, *list, struct secret_spec), n * sizeof(*all));
	for (const struct toml *e = node->first; e; e = e->next) {
		if (!name_is_good(e->key, 255))
			refuse_key(s->c, e, "%s: secrets: \"%.60s\" is no name for it; wants a file name such as "
				   "\"password\"", s->draft->title, e->key);
		else if (is_plain_path(node_text(e)))
			put_secret(s, all, &n, e);
		else
			refuse_secret(s, e);
	}
	*list = image_array(s->c, all, n);
	return true;
}

/* -- user namespace --------------------------------------------------------------------------------------------- */

/* Three numbers with blanks between them, each range within 32 bits and not of nothing. */
static bool read_range(const char *text, struct id_range *ret)
{
	uint64_t n[3];

	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		BUF_ON_STACK(word, 16);

		text += strspn(text, " \t");
		buf_add(&word, text, strcspn(text, " \t"));
		if (buf_check(&word) || text_u64(buf_text(&word), &n[i]) || n[i] > UINT32_MAX)
			return false;
		text += strcspn(text, " \t");
	}
	*ret = (struct id_range){ (uint32_t)n[0], (uint32_t)n[1], (uint32_t)n[2] };
	return !text[strspn(text, " \t")] && n[2] && n[0] + n[2] <= UINT32_MAX && n[1] + n[2] <= UINT32_MAX;
}

static bool meets(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a < b + b_count && b < a + a_count;
}

/* The kernel takes no map in which an id is twice, on either side. */
static void check_ranges(struct section *s, const struct key *key, const struct toml *e, const struct id_range *ranges,
			 uint32_t n)
{
	const struct id_range *own = &ranges[n];

	for (uint32_t i = 0; i < n; i++) {
		bool inside = meets(own->inside, own->count, ranges[i].inside, ranges[i].count);

		if (!inside && !meets(own->outside, own->count, ranges[i].outside, ranges[i].count))
			continue;
		refuse(s->c, e, "%s: %s: \"%.60s\" has ids of \"%u %u %u\" too, %s the namespace; each is in one range "
		       "alone", s->draft->title, key_text(key, KEY_NAME), e->text, ranges[i].inside, ranges[i].outside,
		       ranges[i].count, inside ? "inside" : "outside of");
		return;
	}
}

static bool take_ranges(struct section *s, const struct key *key, const struct toml *node, struct list *ret)
{
	struct id_range ranges[RANGES_MAX];
	const struct toml *e = node->type == TOML_ARRAY ? node->first : node;
	uint32_t n = 0;

	for (; e && n < RANGES_MAX; e = node->type == TOML_ARRAY ? e->next : NULL) {
		const char *text = node_text(e);

		if (!text || !read_range(text, &ranges[n])) {
			refuse_part(s, key, e);
			continue;
		}
		check_ranges(s, key, e, ranges, n++);
	}
	if (e && n == RANGES_MAX)
		refuse(s->c, node, "%s: %s: more than " WORD(RANGES_MAX) " ranges; make one of those that follow each "
		       "other", s->draft->title, key_text(key, KEY_NAME));
	*ret = image_array(s->c, ranges, n);
	return node->type != TOML_ARRAY || node->count;
}

/* A word and a table exclude each other: the later one holds. */
bool take_userns(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct roots_spec *roots = &s->draft->confine->roots;
	const char *text = node_text(node);
	int word;

	if (key->id == KEY_USERNS) {
		word = text ? word_find(key_text(key, KEY_WORDS), text) : -1;
		roots->userns = (uint8_t)MAX(word, 0);
		roots->uids = roots->gids = (struct list){ 0 };
		return word >= 0;
	}
	if (key->id == KEY_USERNS_UID || key->id == KEY_USERNS_GID) {
		roots->userns = USERNS_MAPS;
		return take_ranges(s, key, node, field);
	}
	if (node->type == TOML_BOOL && key->id == KEY_USERNS_IDMAP)
		roots->idmap = node->truth ? IDMAP_YES : IDMAP_NO;
	else if (node->type == TOML_BOOL)
		roots->deny_setgroups = !node->truth;
	return node->type == TOML_BOOL;
}

/* -- clocks, other services' namespaces -------------------------------------------------------------------------- */

bool take_offset(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);
	bool back = text && *text == '-';
	int64_t ms;

	(void)s;
	(void)key;
	if (!text || text_duration(text + back, &ms))
		return false;
	*(int64_t *)field = back ? -ms : ms;
	return true;
}

static void refuse_joined(struct section *s, const struct key *key, const struct toml *node)
{
	BUF_ON_STACK(all, 128);

	buf_str(&all, "one of ");
	for (const char *c = key_text(key, KEY_WORDS); *c; c++)
		if (*c == '|')
			buf_str(&all, ", ");
		else
			buf_char(&all, *c);
	refuse_value(s, "join.namespaces", node, buf_text(&all));
}

static bool take_join_flags(struct section *s, const struct key *key, const struct toml *node, uint32_t *ret)
{
	uint32_t all = 0;

	if (node->type != TOML_ARRAY || !node->first) {
		refuse_value(s, "join.namespaces", node, "an array such as [\"net\", \"ipc\"]");
		return false;
	}
	for (const struct toml *e = node->first; e; e = e->next) {
		int word = node_text(e) ? word_find(key_text(key, KEY_WORDS), e->text) : -1;

		if (word < 0)
			refuse_joined(s, key, e);
		all |= word < 0 ? 0 : namespace_flags[word];
	}
	*ret = all;
	return true;
}

static bool take_join_service(struct section *s, const struct toml *node, struct roots_spec *roots)
{
	int index = node_text(node) ? service_index(s->c, node->text) : -1;

	if (!node_text(node))
		refuse_value(s, "join.service", node, "the name of a service such as \"db\"");
	else if (index < 0)
		refuse_nobody(s->c, s->draft->title, "join", node, &s->c->services, "service");
	roots->join_service = (uint32_t)MAX(index, 0);
	return index >= 0;
}

bool take_join(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	static const char parts[] = "service|namespaces";
	struct roots_spec *roots = field;
	bool good = true, service = false, namespaces = false;

	if (node->type != TOML_TABLE)
		return false;
	for (const struct toml *e = node->first; e; e = e->next) {
		int word = word_find(parts, e->key);

		if (word < 0)
			refuse_inner(s->c, s->draft->title, "join", e, parts);
		else
			good &= word ? take_join_flags(s, key, e, &roots->join_flags) : take_join_service(s, e, roots);
		good &= word >= 0;
		service |= word == 0;
		namespaces |= word == 1;
	}
	if (good && (!service || !namespaces))
		refuse_value(s, "join", node, "both service and namespaces, such as { service = \"db\", "
			     "namespaces = [\"net\", \"ipc\"] }");
	if (!good || !service || !namespaces)
		roots->join_flags = 0;
	return true;
}
