#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/enabled.h"
#include "lib/signame.h"
#include "lib/text.h"
#include "lib/utf8.h"
#include "services/compile.h"

const char *node_text(const struct toml *node)
{
	return node->type == TOML_STRING && strlen(node->text) == node->len ? node->text : NULL;
}

/* -- texts ------------------------------------------------------------------------------------------------------ */

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* True when all of s is letters, digits or one of `others`. */
static bool is_made_of(const char *s, const char *others)
{
	while (is_alpha(*s) || is_digit(*s) || (*s && strchr(others, *s)))
		s++;
	return !*s;
}

bool name_is_good(const char *name, size_t most)
{
	return *name && strlen(name) <= most && (is_alpha(*name) || is_digit(*name)) && is_made_of(name, "-.@");
}

/* A string or an integer as text, or NULL. */
static const char *scalar_text(struct section *s, const struct toml *node)
{
	BUF_ON_STACK(b, 24);

	if (node->type != TOML_INTEGER)
		return node_text(node);
	buf_fmt(&b, "%ld", (long)node->number);
	return arena_text(s->c->work, b.data, b.len);
}

static bool put_text(struct section *s, const char *text, void *field)
{
	*(uint32_t *)field = image_string(s->c, text);
	return true;
}

bool take_text(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);

	(void)key;
	for (const char *c = text; c && *c; c++)
		if ((unsigned char)*c < 0x20)
			return false;
	return text && *text && put_text(s, text, field);
}

static bool is_path(const char *text)
{
	return text && *text == '/' && strlen(text) < 4096;
}

bool take_path(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);

	(void)key;
	return is_path(text) && put_text(s, text, field);
}

bool take_name(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);

	(void)key;
	return text && *text && put_text(s, text, field);
}

bool take_hostname(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);

	(void)key;
	return text && name_is_good(text, 64) && is_made_of(text, "-.") && put_text(s, text, field);
}

/* A number of 32 bits, or a name as useradd(8) lets them be. */
static bool is_user(const char *text)
{
	uint64_t id;

	if (!text || !*text)
		return false;
	if (is_digit(*text))
		return !text_u64(text, &id) && id < UINT32_MAX; /* the last one means "unchanged" (setresuid(2)) */
	return is_alpha(*text) && strlen(text) <= 32 && is_made_of(text, "-.$");
}

bool take_user(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = scalar_text(s, node);

	(void)key;
	return is_user(text) && put_text(s, text, field);
}

/* -- numbers and words ------------------------------------------------------------------------------------------ */

bool take_bool(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	(void)s;
	(void)key;
	if (node->type != TOML_BOOL)
		return false;
	*(uint8_t *)field = node->truth;
	return true;
}

static bool put_number(const struct key *key, uint64_t n, void *field)
{
	if (n < key->low || n > key->high)
		return false;
	*(uint32_t *)field = (uint32_t)n;
	return true;
}

bool take_count(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	(void)s;
	return node->type == TOML_INTEGER && node->number >= 0 && put_number(key, (uint64_t)node->number, field);
}

bool take_duration(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);
	int64_t ms;

	(void)s;
	return text && !text_duration(text, &ms) && put_number(key, (uint64_t)ms, field);
}

bool take_percent(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	BUF_ON_STACK(digits, 16);
	const char *text = node_text(node), *sign = text ? strchr(text, '%') : NULL;
	uint64_t n;

	(void)s;
	if (!sign || sign[1])
		return false;
	buf_add(&digits, text, (size_t)(sign - text));
	return !buf_check(&digits) && !text_u64(buf_text(&digits), &n) && put_number(key, n, field);
}

bool take_mode(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);
	uint32_t mode;

	(void)s;
	return text && !text_octal(text, &mode) && put_number(key, mode, field);
}

bool take_signal(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);
	int sig = text ? signal_number(text) : -EINVAL;

	(void)s;
	(void)key;
	if (sig < 0)
		return false;
	*(uint8_t *)field = (uint8_t)sig;
	return true;
}

static bool is_later(const struct key *key, const char *text)
{
	const char *later = key_text(key, KEY_LATER);

	while (*later) {
		size_t n = strcspn(later, "|");

		if (!strncmp(text, later, n) && (later[n - 1] == ':' || !text[n]))
			return true;
		later += n + (later[n] == '|');
	}
	return false;
}

static bool refuse_later(struct section *s, const struct key *key, const struct toml *node, const char *text)
{
	refuse(s->c, node, "%s: %s: \"%.60s\" is not in this version; wants %s", s->draft->title,
		 key_text(key, KEY_NAME), text, key_text(key, KEY_WANT));
	return true;
}

bool take_words(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);
	int word = text ? word_find(key_text(key, KEY_WORDS), text) : -1;

	if (text && is_later(key, text))
		return refuse_later(s, key, node, text);
	if (word < 0)
		return false;
	*(uint8_t *)field = (uint8_t)word;
	return true;
}

bool take_later(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	(void)field;
	refuse(s->c, node, "%s: %s: not in this version; leave it out", s->draft->title, key_text(key, KEY_NAME));
	return true;
}

bool take_group(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	(void)s;
	(void)key;
	(void)node;
	(void)field;
	return false; /* a table is not a value: its keys have rows of their own */
}

/* -- lists ------------------------------------------------------------------------------------------------------ */

void refuse_element(struct section *s, const struct key *key, const struct toml *node)
{
	refuse_value(s, key_text(key, KEY_NAME), node, key_text(key, KEY_WANT));
}

typedef bool good_fn(const char *text);

static bool is_text(const char *text)
{
	return text != NULL;
}

/* An array of texts that are all `good`; numbers count as text if they may. */
static bool put_texts(struct section *s, const struct key *key, const struct toml *array, good_fn *good,
		      struct list *ret)
{
	uint32_t *texts = arena_array(s->c->work, uint32_t, array->count), n = 0;

	for (const struct toml *e = array->first; e; e = e->next) {
		const char *text = key->kind == KIND_USERS ? scalar_text(s, e) : node_text(e);

		if (good(text))
			texts[n++] = image_string(s->c, text);
		else
			refuse_element(s, key, e);
	}
	*ret = image_array(s->c, texts, n);
	return true;
}

bool take_users(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	return node->type == TOML_ARRAY && put_texts(s, key, node, is_user, field);
}

bool take_command(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	if (node->type != TOML_ARRAY || !node->count)
		return false;
	if (node->count > TABLE_ARGS_MAX)
		refuse(s->c, node, "%s: exec: more than %d arguments", s->draft->title, TABLE_ARGS_MAX);
	if (node->first->type == TOML_STRING && !node->first->len)
		refuse_element(s, key, node->first);
	return put_texts(s, key, node, is_text, field);
}

static bool is_file(const char *text)
{
	return text && is_path(text + (*text == '-'));
}

bool take_files(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	uint32_t at;

	if (node->type == TOML_ARRAY)
		return put_texts(s, key, node, is_file, field);
	if (!is_file(node_text(node)))
		return false;
	at = image_string(s->c, node->text);
	*(struct list *)field = image_array(s->c, &at, 1);
	return true;
}

/* Kept for services/order.c, which knows the names. */
bool take_services(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	(void)field;
	if (node->type != TOML_ARRAY)
		return false;
	for (const struct toml *e = node->first; e; e = e->next)
		if (!node_text(e))
			refuse_element(s, key, e);
	return true;
}

const uint32_t namespace_flags[] = { CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS,
				     CLONE_NEWCGROUP, CLONE_NEWUSER, CLONE_NEWTIME };

bool take_namespaces(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	uint32_t all = 0, errors = s->c->errors.count;

	if (node->type != TOML_ARRAY)
		return false;
	for (const struct toml *e = node->first; e; e = e->next) {
		const char *text = node_text(e);
		int word = text ? word_find(key_text(key, KEY_WORDS), text) : -1;

		if (word >= 0)
			all |= namespace_flags[word];
		else if (text && is_later(key, text))
			refuse_later(s, key, e, text);
		else
			refuse_element(s, key, e);
	}
	if (errors == s->c->errors.count)
		*(uint32_t *)field = all;
	return true;
}

/* -- tables ----------------------------------------------------------------------------------------------------- */

static bool is_same_variable(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return !strncmp(a, b, n) && b[n] == '=';
}

/* What is there of an environment is kept but for the names that come anew. */
static uint32_t keep_variables(struct compile *c, struct list env, uint32_t *texts, uint32_t fresh)
{
	const uint32_t *old = table_list(c->table, env, uint32_t);
	uint32_t n = fresh;

	for (uint32_t i = 0; i < env.count; i++) {
		bool anew = false;

		for (uint32_t k = 0; k < fresh && !anew; k++)
			anew = is_same_variable(c->image->base + texts[k], c->image->base + old[i]);
		if (!anew)
			texts[n++] = old[i];
	}
	return n;
}

static uint32_t put_variable(struct section *s, const struct toml *node, const char *value)
{
	const char *text = arena_put(s->c->work, node->key, node->key_len);

	arena_put(s->c->work, "=", 1);
	arena_put(s->c->work, value, strlen(value) + 1);
	return image_string(s->c, text);
}

bool take_environment(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct list *env = field;
	uint32_t *texts, n = 0;

	if (node->type != TOML_TABLE)
		return false;
	texts = arena_array(s->c->work, uint32_t, node->count + env->count);
	for (const struct toml *e = node->first; e; e = e->next) {
		const char *value = scalar_text(s, e);

		if (!value)
			refuse_element(s, key, e);
		else if (!e->key_len || strlen(e->key) != e->key_len || strchr(e->key, '='))
			refuse(s->c, e, "%s: env: the name of a variable has no = in it and is not empty",
				 s->draft->title);
		else
			texts[n++] = put_variable(s, e, value);
	}
	n = keep_variables(s->c, *env, texts, n);
	*env = image_array(s->c, texts, n);
	return true;
}

static const struct {
	char name[11];
	uint8_t resource;
} resources[] = {
#define RLIMIT(name, resource) { name, RLIMIT_##resource },
#include "services/rlimits.def"
#undef RLIMIT
};

const char *resource_name(uint32_t resource)
{
	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		if (resources[i].resource == resource)
			return resources[i].name;
	return "";
}

static int resource_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		if (!strcmp(resources[i].name, name))
			return resources[i].resource;
	return -ENOENT;
}

static bool read_rlimit(const struct toml *node, uint64_t *ret)
{
	const char *text = node_text(node);

	*ret = RLIM_INFINITY;
	if (node->type == TOML_INTEGER)
		*ret = (uint64_t)node->number;
	if (node->type == TOML_INTEGER)
		return node->number >= 0;
	return text && (!strcmp(text, "unlimited") || !text_size(text, ret));
}

static bool read_rlimit_pair(const struct toml *node, struct rlimit_spec *spec)
{
	bool soft = false, hard = false;

	for (const struct toml *e = node->first; e; e = e->next) {
		bool is_soft = !strcmp(e->key, "soft");

		if ((!is_soft && strcmp(e->key, "hard") != 0) || !read_rlimit(e, is_soft ? &spec->soft : &spec->hard))
			return false;
		soft |= is_soft;
		hard |= !is_soft;
	}
	return soft && hard && spec->soft <= spec->hard;
}

static bool read_rlimit_spec(const struct toml *node, struct rlimit_spec *spec)
{
	if (node->type == TOML_TABLE)
		return read_rlimit_pair(node, spec);
	if (!read_rlimit(node, &spec->soft))
		return false;
	spec->hard = spec->soft;
	return true;
}

/* Every resource once, in the order of their numbers. */
static void put_rlimit(struct rlimit_spec *all, const struct rlimit_spec *spec)
{
	all[spec->resource] = *spec;
}

static void refuse_resource(struct section *s, const struct toml *node)
{
	struct nearest n = nearest_begin(node->key);

	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		nearest_try(&n, resources[i].name);
	refuse_unknown(s->c, s->draft->title, "resource", node, node->key, n.best);
}

static void take_rlimit(struct section *s, const struct toml *node, struct rlimit_spec *all, bool *has)
{
	int resource = resource_find(node->key);
	struct rlimit_spec spec = { .resource = (uint32_t)resource };

	if (resource < 0) {
		refuse_resource(s, node);
	} else if (!read_rlimit_spec(node, &spec)) {
		refuse_value(s, node->key, node,
			       "a number, a size such as \"64M\", \"unlimited\" or { soft = 1024, hard = 4096 }");
	} else {
		put_rlimit(all, &spec);
		has[resource] = true;
	}
}

bool take_rlimits(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct list *list = field;
	const struct rlimit_spec *old = table_list(s->c->table, *list, struct rlimit_spec);
	struct rlimit_spec all[RLIM_NLIMITS] = { 0 };
	bool has[RLIM_NLIMITS] = { 0 };
	uint32_t n = 0;

	(void)key;
	if (node->type != TOML_TABLE)
		return false;
	for (uint32_t i = 0; i < list->count; i++) {
		put_rlimit(all, &old[i]);
		has[old[i].resource] = true;
	}
	for (const struct toml *e = node->first; e; e = e->next)
		take_rlimit(s, e, all, has);
	for (uint32_t i = 0; i < RLIM_NLIMITS; i++)
		if (has[i])
			all[n++] = all[i];
	*list = image_array(s->c, all, n);
	return true;
}

/* -- output ----------------------------------------------------------------------------------------- */

/* A word takes back a file that was named before. */
bool take_output(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct service_spec *spec = s->target;

	if (key->id == KEY_OUTPUT_FILE) {
		spec->output = OUTPUT_FILE;
		return take_path(s, key, node, field);
	}
	if (!take_words(s, key, node, field))
		return false;
	spec->output_at = 0;
	if (spec->output == OUTPUT_CONSOLE && !ENABLED(CONFIG_OUTPUT))
		refuse(s->c, node, "%s: output = \"console\": needs CONFIG_OUTPUT", s->draft->title);
	return true;
}

/* A kind of an option that is off is left out of the binary. */
static take_fn *const kinds[KINDS] = {
#define KIND(name, function, option) [KIND_##name] = ENABLED(option) ? function : NULL,
#include "services/kinds.def"
#undef KIND
};

void value_take(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	if (kinds[key->kind](s, key, node, field))
		s->draft->nodes[key->id] = node;
	else
		refuse_value(s, key_text(key, KEY_NAME), node, key_text(key, KEY_WANT));
}
