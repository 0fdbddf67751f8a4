/* What a table says of the cgroup leaf. */
#include <errno.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "lib/text.h"
#include "services/changed.h"
#include "services/compile.h"

/* Of one leaf or group: what there is, and what comes in its place. */
struct limits {
	struct limit_spec *all;
	uint32_t count;
	uint32_t inherited; /* the first of them */
	const struct key *key;
};

static uint32_t count_of(const struct toml *node)
{
	uint32_t count = 1;

	if (node->type == TOML_TABLE || node->type == TOML_ARRAY)
		for (const struct toml *e = node->first; e; e = e->next)
			count += count_of(e);
	return count;
}

/* What a value says as text, or NULL. */
static const char *value_text(struct section *s, const struct toml *node)
{
	if (node->type == TOML_BOOL)
		return node->truth ? "true" : "false";
	return scalar_text(s, node);
}

static void refuse_limit(struct section *s, const struct toml *node, const char *name, int err)
{
	const char *nearest = limit_nearest(name);
	struct nearest n = nearest_begin(name);

	for (unsigned i = 0; err && !nearest && limit_name(i); i++)
		nearest_try(&n, limit_name(i));
	if (err == -EPERM)
		refuse_key(s->c, node, "%s: %s: %s", s->draft->title, name, limit_refusal(name));
	else
		refuse_unknown(s->c, s->draft->title, "key", node, name, nearest ? nearest : n.best);
}

static bool is_said(const struct section *s, const struct limits *limits, uint32_t file_at, const char *text)
{
	const char *base = s->c->image->base;
	bool said = false;

	for (uint32_t i = limits->inherited; i < limits->count && !said; i++)
		said = limits->all[i].file_at == file_at && changed_says_again(text, base + limits->all[i].text_at);
	return said;
}

static void put_limit(struct section *s, const struct toml *node, const char *name, struct limits *limits)
{
	const char *given = value_text(s, node), *want = "";
	uint32_t file_at = image_string(s->c, name);
	BUF_ON_STACK(text, 192);

	if (limit_text(name, given ? given : "", &text, &want))
		refuse_value(s, name, node, want);
	else if (is_said(s, limits, file_at, buf_text(&text)))
		refuse(s->c, node, "%s: %s: \"%s\" says again what another line says, and the kernel keeps one of them",
		       s->draft->title, name, given);
	else
		limits->all[limits->count++] = (struct limit_spec){ file_at, image_string(s->c, buf_text(&text)) };
}

/* Of those that are inherited; false when it was given anew already. */
static bool drop_limit(struct section *s, const char *name, struct limits *limits)
{
	uint32_t file_at = image_string(s->c, name), n = 0, count = limits->count, inherited = limits->inherited;
	bool dropped = true;

	for (uint32_t i = 0; i < count; i++) {
		bool is = limits->all[i].file_at == file_at;

		if (is && i < inherited) {
			limits->inherited--;
			continue;
		}
		dropped &= !is;
		limits->all[n++] = limits->all[i];
	}
	limits->count = n;
	return dropped;
}

static void take_limit(struct section *s, const struct toml *node, const char *name, struct limits *limits)
{
	int err = limit_file(name);
	const char *twin = limit_twin(name);

	if (err || limit_nearest(name)) {
		refuse_limit(s, node, name, err);
		return;
	}
	(void)!drop_limit(s, name, limits);
	if (twin && !drop_limit(s, twin, limits))
		refuse(s->c, node, "%s: %s: says again what %s says, and the kernel keeps one of them", s->draft->title,
		       name, twin);
	if (node->type != TOML_ARRAY)
		put_limit(s, node, name, limits);
	for (const struct toml *e = node->type == TOML_ARRAY ? node->first : NULL; e; e = e->next)
		put_limit(s, e, name, limits);
}

/* A table is a part of a name: memory.max as { memory = { max = ... } }. It is no deeper than TOML_DEPTH. */
static void walk(struct section *s, const struct toml *table, const char *prefix, struct limits *limits)
{
	for (const struct toml *e = table->first; e; e = e->next) {
		BUF_ON_STACK(name, 128);

		buf_fmt(&name, "%s%.64s", prefix, e->key);
		if (e->type != TOML_TABLE) {
			take_limit(s, e, buf_text(&name), limits);
			continue;
		}
		buf_char(&name, '.');
		walk(s, e, buf_text(&name), limits);
	}
}

static bool is_before(const struct compile *c, const struct limit_spec *a, const struct limit_spec *b)
{
	unsigned x = limit_order(c->image->base + a->file_at), y = limit_order(c->image->base + b->file_at);

	return x < y;
}

/* Lines of one file stay in the order in which they are given. */
static void sort(const struct compile *c, struct limits *limits)
{
	for (uint32_t i = 1; i < limits->count; i++) {
		struct limit_spec one = limits->all[i];
		uint32_t at = i;

		for (; at > 0 && is_before(c, &one, &limits->all[at - 1]); at--)
			limits->all[at] = limits->all[at - 1];
		limits->all[at] = one;
	}
}

bool take_limits(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct list *list = field;
	struct limits limits = { .key = key, .count = list->count, .inherited = list->count };

	if (node->type != TOML_TABLE)
		return false;
	limits.all = arena_array(s->c->work, struct limit_spec, list->count + count_of(node));
	memcpy(limits.all, table_list(s->c->table, *list, struct limit_spec), list->count * sizeof(limits.all[0]));
	walk(s, node, "", &limits);
	sort(s->c, &limits);
	*list = image_array(s->c, limits.all, limits.count);
	return true;
}

/* -- devices ---------------------------------------------------------------------------------------------------- */

/* "rw" behind the last colon of a name; none is both. */
static bool read_access(const char *text, uint32_t *ret)
{
	uint32_t access = 0;

	for (; *text; text++) {
		uint32_t bit = *text == 'r' ? DEVICE_READ : *text == 'w' ? DEVICE_WRITE :
			       *text == 'm' ? DEVICE_MKNOD : 0;

		if (!bit || access & bit)
			return false;
		access |= bit;
	}
	*ret = access;
	return access != 0;
}

static bool is_node_name(const char *name)
{
	static const char *const usual[] = {
#define NODE(name, major, minor) name,
#include "cgroup/nodes.def"
#undef NODE
	};

	if (!strncmp(name, "/dev/", 5) && strlen(name) < 256)
		return true;
	if (!strncmp(name, "char-", 5) || !strncmp(name, "block-", 6))
		return strlen(name) < 64 && name[6];
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (!strcmp(usual[i], name))
			return true;
	return false;
}

static bool read_device(struct section *s, const struct toml *node, struct device_spec *ret)
{
	const char *text = node_text(node), *colon = text ? strrchr(text, ':') : NULL;
	const char *name = text;

	*ret = (struct device_spec){ .access = DEVICE_READ | DEVICE_WRITE };
	if (colon && !read_access(colon + 1, &ret->access))
		return false;
	if (colon)
		name = arena_text(s->c->work, text, (size_t)(colon - text));
	if (!name || !is_node_name(name))
		return false;
	ret->name_at = image_string(s->c, name);
	return true;
}

static bool is_named_before(const struct device_spec *all, uint32_t n)
{
	bool is = false;

	for (uint32_t i = 0; i < n && !is; i++)
		is = all[i].name_at == all[n].name_at;
	return is;
}

static void take_device(struct section *s, const struct key *key, const struct toml *node, struct device_spec *all,
			uint32_t *n)
{
	if (!read_device(s, node, &all[*n]))
		refuse_value(s, key_text(key, KEY_NAME), node, "\"tty\", \"/dev/ttyS0:rw\" or \"char-alsa\"");
	else if (is_named_before(all, *n))
		refuse(s->c, node, "%s: devices: \"%s\" is named twice; say once what it may be used for",
		       s->draft->title, s->c->image->base + all[*n].name_at);
	else
		(*n)++;
}

bool take_devices(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct device_spec *all;
	uint32_t n = 0;

	if (node->type != TOML_ARRAY) {
		*(struct list *)field = (struct list){ 0 };
		return node_text(node) && !strcmp(node_text(node), "any");
	}
	if (node->count > 64)
		refuse(s->c, node, "%s: devices: more than 64 of them", s->draft->title);
	all = arena_array(s->c->work, struct device_spec, node->count);
	for (const struct toml *e = node->first; e; e = e->next)
		take_device(s, key, e, all, &n);
	*(struct list *)field = image_array(s->c, all, n);
	return true;
}

/* -- pressure --------------------------------------------------------------------------------------------------- */

#define WINDOW_LEAST 500 /* ms; the kernel's own */
#define WINDOW_MOST 10000
#define WINDOW_USUAL 2000

/* "150ms 1s" as microseconds. */
static bool put_stall(const char *text, struct buf *b)
{
	char words[64], *rest = words, *stall;
	int64_t stalled, window = WINDOW_USUAL;

	if (strlen(text) >= sizeof(words))
		return false;
	memcpy(words, text, strlen(text) + 1);
	stall = strsep(&rest, " ");
	if (text_duration(stall, &stalled) || (rest && text_duration(rest, &window)))
		return false;
	if (window < WINDOW_LEAST || window > WINDOW_MOST || stalled < 1 || stalled > window)
		return false;
	buf_fmt(b, "%ld %ld", (long)stalled * 1000, (long)window * 1000);
	return true;
}

bool take_pressure(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);
	BUF_ON_STACK(trigger, 64);
	bool full = text && !strncmp(text, "full ", 5);

	(void)key;
	if (!text)
		return false;
	buf_str(&trigger, full ? "full " : "some ");
	if (full || !strncmp(text, "some ", 5))
		text += 5;
	if (!put_stall(text, &trigger))
		return false;
	*(uint32_t *)field = image_string(s->c, buf_text(&trigger));
	return true;
}

/* -- calm ------------------------------------------------------------------------------------------------------- */

/* "12", "12.5" or "12.34" of a hundred, in hundredths. */
static bool read_share(const char *text, uint16_t *ret)
{
	const char *point = strchr(text, '.');
	size_t places = point ? strlen(point + 1) : 0;
	uint64_t whole, part = 0;
	BUF_ON_STACK(digits, 8);

	buf_add(&digits, text, point ? (size_t)(point - text) : strlen(text));
	if (buf_check(&digits) || places > 2 || text_u64(buf_text(&digits), &whole) ||
	    (point && text_u64(point + 1, &part)))
		return false;
	if (places == 1)
		part *= 10;
	if (whole > 100 || whole * 100 + part > 10000)
		return false;
	*ret = (uint16_t)(whole * 100 + part);
	return true;
}

/* As a duration of minit's or as systemd.unit(5) writes it; text NULL: the usual one. */
static bool read_window(const char *text, uint8_t *ret)
{
	int n = text ? word_find("10s|1m|5m", text) : PRESSURE_1M;

	if (n < 0)
		n = word_find("10sec|1min|5min", text);
	*ret = (uint8_t)(n + 1);
	return n >= 0;
}

static bool read_calm(const char *text, struct calm_spec *ret)
{
	char words[32], *rest = words, *share;
	struct calm_spec calm = { .line = strncmp(text, "full ", 5) ? PRESSURE_SOME : PRESSURE_FULL };

	if (calm.line == PRESSURE_FULL || !strncmp(text, "some ", 5))
		text += 5;
	if (strlen(text) >= sizeof(words))
		return false;
	memcpy(words, text, strlen(text) + 1);
	share = strsep(&rest, "%");
	if (!rest || (*rest && *rest != '/') || !read_share(share, &calm.most) ||
	    !read_window(*rest ? rest + 1 : NULL, &calm.window))
		return false;
	*ret = calm;
	return true;
}

/* Of the machine the kernel tells no "full" of processors but zeros (psi_show()): nobody would ever wait for it. */
bool take_calm(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct calm_spec *calm = field;
	const char *text = node_text(node);

	if (!text || !read_calm(text, calm))
		return false;
	if (key->id == KEY_CALM_CPU && calm->line == PRESSURE_FULL)
		refuse(s->c, node, "%s: calm.cpu: found \"%s\"; of a machine no kernel tells when all wait for a "
		       "processor, so leave \"full\" out", s->draft->title, text);
	return true;
}
