#include <errno.h>
#include <sched.h>
#include <string.h>

#include "lib/enabled.h"
#include "lib/signame.h"
#include "lib/text.h"
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

const char *scalar_text(struct section *s, const struct toml *node)
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

/* -- a key ------------------------------------------------------------------------------------------------------ */

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
