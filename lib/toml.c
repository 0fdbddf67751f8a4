#include "lib/toml.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/utf8.h"

/* How a table or array came to be, which decides who may add to it. */
enum {
	DEFINED = 1, /* by a [header] of its own: no second one, no dotted keys into it */
	FROZEN = 2,  /* written as a value: nothing may be added */
	LISTED = 4,  /* an array that [[header]]s add to */
};

struct parse {
	struct toml_doc *doc;
	const char *p, *end;
	const char *mark;       /* a place before p, and where it is */
	struct toml_at mark_at;
	const char *key;        /* where the key begins that is being read */
	struct toml *table;     /* that keys go into */
	uint32_t section;       /* headers so far, plus 1 */
};

struct word {
	const char *text;
	uint32_t len;
	struct toml_at at;
};

/* The position of p; asked for in rising order, so that all of them cost one walk. */
static struct toml_at here(struct parse *p)
{
	for (; p->mark < p->p; p->mark++) {
		if (*p->mark == '\n')
			p->mark_at = (struct toml_at){ p->mark_at.line + 1, 1 };
		else if ((*p->mark & 0xc0) != 0x80)
			p->mark_at.column++;
	}
	return p->mark_at;
}

printf_like(3, 0) static void tell(struct parse *p, struct toml_at at, const char *fmt, va_list ap)
{
	BUF_ON_STACK(b, 256);

	buf_vfmt(&b, fmt, ap);
	p->doc->errors++;
	p->doc->report(p->doc->context, p->doc->file, at, buf_text(&b));
}

/* An error behind which the parser goes on as if nothing was. */
printf_like(3, 4) static void slip(struct parse *p, struct toml_at at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(p, at, fmt, ap);
	va_end(ap);
}

/* An error that ends the statement. */
printf_like(3, 4) static bool fail(struct parse *p, struct toml_at at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(p, at, fmt, ap);
	va_end(ap);
	p->doc->is_cut = true;
	return false;
}

/* -- the tree --------------------------------------------------------------------------------------------------- */

static uint32_t hash_of(const struct toml *table, const char *key, size_t len)
{
	uint32_t h = 2166136261u ^ (uint32_t)((uintptr_t)table >> 3);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)key[i]) * 16777619u;
	return h ^ h >> 15;
}

static void index_link(struct toml_doc *doc, struct toml *node)
{
	struct toml **slot = &doc->index[node->hash & (doc->index_size - 1)];

	node->chain = *slot;
	*slot = node;
}

static void index_grow(struct toml_doc *doc)
{
	struct toml **old = doc->index, *node, *chain;
	uint32_t size = doc->index_size;

	doc->index_size = size ? size * 2 : 64;
	doc->index = arena_array(doc->arena, struct toml *, doc->index_size);
	for (uint32_t i = 0; i < size; i++)
		for (node = old[i]; node; node = chain) {
			chain = node->chain;
			index_link(doc, node);
		}
}

static struct toml *find(const struct toml_doc *doc, const struct toml *table, const char *key, size_t len)
{
	uint32_t hash = hash_of(table, key, len);
	struct toml *node = doc->index_size ? doc->index[hash & (doc->index_size - 1)] : NULL;

	while (node && (node->hash != hash || node->parent != table || node->key_len != len ||
			memcmp(node->key, key, len) != 0))
		node = node->chain;
	return node;
}

const struct toml *toml_get(const struct toml_doc *doc, const struct toml *table, const char *key)
{
	return find(doc, table, key, strlen(key));
}

static void append(struct toml *parent, struct toml *node)
{
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->count++;
}

/* A new node at the end of parent, or NULL when that is too deep. */
static struct toml *add(struct parse *p, struct toml *parent, const struct word *key, enum toml_type type)
{
	struct toml_doc *doc = p->doc;
	struct toml *node;

	if (parent->depth == TOML_DEPTH) {
		fail(p, key->at, "nested more than %d levels deep", TOML_DEPTH);
		return NULL;
	}
	node = arena_new(doc->arena, struct toml);
	node->parent = parent;
	node->depth = (uint8_t)(parent->depth + 1);
	node->key = key->text;
	node->key_len = key->len;
	node->key_at = node->at = key->at;
	node->file = doc->file;
	node->type = (uint8_t)type;
	append(parent, node);
	if (parent->type == TOML_ARRAY)
		return node;
	node->hash = hash_of(parent, key->text, key->len);
	if (++doc->keys > doc->index_size)
		index_grow(doc);
	index_link(doc, node);
	return node;
}

/* -- blanks and comments ---------------------------------------------------------------------------------------- */

static void blanks(struct parse *p)
{
	while (*p->p == ' ' || *p->p == '\t')
		p->p++;
}

/* Takes one newline; a lone CR is none. */
static bool newline(struct parse *p)
{
	size_t len = *p->p == '\n' ? 1 : p->p[0] == '\r' && p->p[1] == '\n' ? 2 : 0;

	p->p += len;
	return len > 0;
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static void slip_control(struct parse *p)
{
	if (*p->p == '\r')
		slip(p, here(p), "a carriage return without a newline");
	else
		slip(p, here(p), "control character; write it as \\u%04x in a \"string\"", (unsigned)*p->p);
	p->p++;
}

static bool at_newline(const struct parse *p)
{
	return *p->p == '\n' || (p->p[0] == '\r' && p->p[1] == '\n');
}

static void comment(struct parse *p)
{
	if (*p->p != '#')
		return;
	while (p->p != p->end && !at_newline(p)) {
		if (is_control(*p->p))
			slip_control(p);
		else
			p->p++;
	}
}

/* Blanks, newlines and comments, as they may stand in an array. */
static void gap(struct parse *p)
{
	do {
		blanks(p);
		comment(p);
	} while (newline(p));
}

/* What may stand in an inline table, where more is reported once. */
static void short_gap(struct parse *p, bool *told)
{
	blanks(p);
	if (!*told && (*p->p == '#' || at_newline(p))) {
		slip(p, here(p), "an inline table is written on one line");
		*told = true;
	}
	gap(p);
}

/* -- strings ---------------------------------------------------------------------------------------------------- */

static void put(struct parse *p, const char *bytes, size_t len)
{
	arena_put(p->doc->arena, bytes, len);
}

/* A wrong escape is reported and passed over: the rest of the string is still read. */
static void escape_code(struct parse *p, unsigned digits)
{
	struct toml_at at = here(p);
	uint32_t c = 0;
	char out[4];

	for (p->p += 2; digits > 0; digits--, p->p++) {
		const char *hex = *p->p ? strchr("0123456789abcdef", *p->p | 0x20) : NULL;

		if (!hex || *p->p < '0')
			break;
		c = c << 4 | (uint32_t)(hex - "0123456789abcdef");
	}
	if (digits)
		slip(p, at, "\\u takes 4 hexadecimal digits, \\U takes 8");
	else if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		slip(p, at, "there is no character U+%04X", c);
	else
		put(p, out, utf8_encode(c, out));
}

/* Backslash at the end of a line: takes all blanks and newlines that follow. */
static bool line_end_backslash(struct parse *p)
{
	struct parse ahead = *p;

	ahead.p++;
	blanks(&ahead);
	if (!newline(&ahead))
		return false;
	do
		blanks(&ahead);
	while (newline(&ahead));
	p->p = ahead.p;
	return true;
}

static void escape(struct parse *p, bool multi)
{
	static const char letters[] = "btnfr\"\\", bytes[] = "\b\t\n\f\r\"\\";
	const char *at = p->p[1] ? strchr(letters, p->p[1]) : NULL;

	if (at) {
		put(p, bytes + (at - letters), 1);
		p->p += 2;
	} else if (p->p[1] == 'u' || p->p[1] == 'U') {
		escape_code(p, p->p[1] == 'u' ? 4 : 8);
	} else if (!multi || !line_end_backslash(p)) {
		slip(p, here(p), "unknown escape; a backslash itself is written \\\\, "
		     "or the string in 'single quotes'");
		p->p++;
	}
}

/* At quotes: three close a multi-line string, and up to two more before them belong to it. */
static bool closing(struct parse *p, char quote, bool multi)
{
	const char *quotes = quote == '"' ? "\"\"" : "''";
	size_t n = 1;

	while (multi && n < 5 && p->p[n] == quote)
		n++;
	p->p += n;
	if (!multi)
		return true;
	put(p, quotes, n < 3 ? n : n - 3);
	return n >= 3;
}

/* What stands for itself in a string; a literal one knows no escapes. */
static void string_run(struct parse *p, char quote)
{
	const char *run = p->p;

	while (!is_control(*p->p) && *p->p != quote && (*p->p != '\\' || quote == '\''))
		p->p++;
	put(p, run, (size_t)(p->p - run));
}

/* The part of a string from one run to the next; false at the end of its line or of the file. */
static bool string_special(struct parse *p, bool multi)
{
	if (p->p == p->end || (at_newline(p) && !multi))
		return false;
	if (*p->p == '\\') {
		escape(p, multi);
	} else if (newline(p)) {
		put(p, "\n", 1);
	} else {
		slip_control(p);
	}
	return true;
}

static bool string_body(struct parse *p, char quote, bool multi)
{
	bool closed = false;

	while (!closed) {
		string_run(p, quote);
		if (*p->p == quote)
			closed = closing(p, quote, multi);
		else if (!string_special(p, multi))
			return false;
	}
	return true;
}

static bool string(struct parse *p, bool may_be_multi, struct word *ret)
{
	char quote = *p->p;
	bool multi = may_be_multi && p->p[1] == quote && p->p[2] == quote;
	const char *start = arena_put(p->doc->arena, "", 0);

	ret->at = here(p);
	p->p += multi ? 3 : 1;
	if (multi)
		newline(p);
	if (!string_body(p, quote, multi))
		return fail(p, ret->at, multi ? "the string is not closed: %c%c%c is missing" :
			    "the string is not closed on its line: %c is missing", quote, quote, quote);
	ret->text = start;
	ret->len = (uint32_t)(arena_put(p->doc->arena, "", 1) - start);
	return true;
}

/* -- keys ------------------------------------------------------------------------------------------------------- */

static bool is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-';
}

static bool key_part(struct parse *p, struct word *ret)
{
	const char *start;

	blanks(p);
	if (*p->p == '"' || *p->p == '\'')
		return string(p, false, ret);
	ret->at = here(p);
	for (start = p->p; is_bare(*p->p); p->p++)
		;
	if (p->p == start)
		return fail(p, ret->at, "a key is expected here");
	ret->len = (uint32_t)(p->p - start);
	ret->text = arena_text(p->doc->arena, start, ret->len);
	return true;
}

/* What follows a header or key that cannot be had goes into a table of its own that nobody sees. */
static struct toml *detached(struct parse *p)
{
	struct toml *table = arena_new(p->doc->arena, struct toml);

	table->type = TOML_TABLE;
	return table;
}

static struct toml *refuse(struct parse *p, const struct word *part, const struct toml *old)
{
	int dotted = 0;

	while (is_bare(p->key[dotted]) || p->key[dotted] == '.')
		dotted++;
	if (old->flags & DEFINED)
		slip(p, part->at, "[%s] was opened at line %u already; put all its keys there", part->text,
		     old->at.line);
	else if (dotted > (int)part->len)
		slip(p, part->at, "\"%s\" was given at line %u, as a %s; a name with dots in it is "
		     "written in quotes: \"%.*s\"", part->text, old->key_at.line,
		     old->type == TOML_TABLE ? "table" : "value", MIN(dotted, 60), p->key);
	else
		slip(p, part->at, "\"%s\" was given at line %u already", part->text, old->key_at.line);
	return detached(p);
}

/* One part of a dotted key: a table that only dotted keys of this section have made, or a new one. */
static struct toml *enter_dotted(struct parse *p, struct toml *table, const struct word *part)
{
	struct toml *node = find(p->doc, table, part->text, part->len);

	if (!node)
		node = add(p, table, part, TOML_TABLE);
	else if (node->type != TOML_TABLE || node->flags & (DEFINED | FROZEN) ||
		 (node->section && node->section != p->section))
		return refuse(p, part, node);
	if (node)
		node->section = p->section;
	return node;
}

/* One part of a header but the last: any table, or the newest of an array of tables. */
static struct toml *enter_header(struct parse *p, struct toml *table, const struct word *part)
{
	struct toml *node = find(p->doc, table, part->text, part->len);

	if (!node)
		return add(p, table, part, TOML_TABLE);
	if (node->flags & LISTED)
		return node->last;
	if (node->type != TOML_TABLE || node->flags & FROZEN)
		return refuse(p, part, node);
	return node;
}

/*
 * A dotted key: all parts but the last are entered (NULL: too deep), the last
 * is *ret. Returns the table for it, or NULL when it is no key.
 */
static struct toml *path(struct parse *p, struct toml *table, struct word *ret,
			 struct toml *(*enter)(struct parse *p, struct toml *table, const struct word *part))
{
	blanks(p);
	p->key = p->p;
	while (table && key_part(p, ret)) {
		blanks(p);
		if (*p->p != '.')
			return table;
		p->p++;
		table = enter(p, table, ret);
	}
	return NULL;
}

/* -- values ----------------------------------------------------------------------------------------------------- */

static bool value(struct parse *p, struct toml *parent, const struct word *key);

static bool pair(struct parse *p, struct toml *table)
{
	struct word key;
	struct toml *old;

	table = path(p, table, &key, enter_dotted);
	if (!table)
		return false;
	if (*p->p != '=')
		return fail(p, here(p), "= is expected after the key \"%s\"", key.text);
	p->p++;
	blanks(p);
	old = find(p->doc, table, key.text, key.len);
	return value(p, old ? refuse(p, &key, old) : table, &key);
}

static size_t scalar_len(const char *s)
{
	size_t len = 0;

	while (is_bare(s[len]) || s[len] == '+' || s[len] == '.' || s[len] == ':')
		len++;
	return len;
}

/* A date and a time of day may have a space between them. */
static size_t token_len(const char *s)
{
	size_t len = scalar_len(s);

	if (len == 10 && s[4] == '-' && s[10] == ' ' && s[11] >= '0' && s[11] <= '9')
		len += 1 + scalar_len(s + 11);
	return len;
}

/* A wrong one is reported and passed over. */
static bool scalar(struct parse *p, struct toml *node)
{
	const char *s = p->p;
	size_t len = token_len(s);
	int shown = (int)MIN(len, 40), err;

	if (!len)
		return fail(p, node->at, p->p == p->end ? "a value is expected before the end of the file" :
			    "a value is expected here");
	p->p += len;
	err = toml_scalar(s, len, node);
	if (err == -ERANGE)
		slip(p, node->at, "%.*s is too large: an integer has 64 bits", shown, s);
	else if (err)
		slip(p, node->at, "%.*s is not a value; a string is written in quotes", shown, s);
	if (err || (node->type != TOML_INTEGER && node->type != TOML_BOOL)) {
		node->text = arena_text(p->doc->arena, s, len);
		node->len = (uint32_t)len;
	}
	return true;
}

static bool elements(struct parse *p, struct toml *node)
{
	struct word none = { .text = "" };

	for (gap(p); *p->p != ']'; gap(p)) {
		none.at = here(p);
		if (!value(p, node, &none))
			return false;
		gap(p);
		if (*p->p == ']')
			return true;
		if (*p->p != ',')
			return fail(p, here(p), "a comma or ] is expected in the array of line %u", node->at.line);
		p->p++;
	}
	return true;
}

static bool pairs(struct parse *p, struct toml *node)
{
	bool told = false;

	short_gap(p, &told);
	if (*p->p == '}')
		return true;
	while (pair(p, node)) {
		short_gap(p, &told);
		if (*p->p == '}')
			return true;
		if (*p->p != ',')
			return fail(p, here(p), "a comma or } is expected in the inline table of line %u",
				    node->at.line);
		p->p++;
		short_gap(p, &told);
	}
	return false;
}

static bool container(struct parse *p, struct toml *node)
{
	bool array = *p->p == '[';

	node->type = array ? TOML_ARRAY : TOML_TABLE;
	p->p++;
	if (array ? !elements(p, node) : !pairs(p, node))
		return false;
	p->p++;
	node->flags = FROZEN;
	return true;
}

static bool string_value(struct parse *p, struct toml *node)
{
	struct word word = { .text = "" };

	if (!string(p, true, &word))
		return false;
	node->type = TOML_STRING;
	node->text = word.text;
	node->len = word.len;
	return true;
}

static bool value_of(struct parse *p, struct toml *node)
{
	switch (*p->p) {
	case '"':
	case '\'': return string_value(p, node);
	case '[':
	case '{': return container(p, node);
	default: return scalar(p, node);
	}
}

static bool value(struct parse *p, struct toml *parent, const struct word *key)
{
	struct toml *node = add(p, parent, key, TOML_BROKEN);
	uint32_t errors = p->doc->errors;
	bool going_on;

	if (!node)
		return false;
	node->at = here(p);
	going_on = value_of(p, node);
	if (errors != p->doc->errors)
		node->type = TOML_BROKEN;
	return going_on;
}

/* -- statements ------------------------------------------------------------------------------------------------- */

static struct toml *define_table(struct parse *p, struct toml *parent, const struct word *key)
{
	struct toml *node = find(p->doc, parent, key->text, key->len);

	if (node && (node->type != TOML_TABLE || node->flags & (DEFINED | FROZEN) || node->section))
		return refuse(p, key, node);
	if (!node)
		node = add(p, parent, key, TOML_TABLE);
	if (!node)
		return detached(p);
	node->flags |= DEFINED;
	node->at = node->key_at = key->at;
	return node;
}

static struct toml *define_element(struct parse *p, struct toml *parent, const struct word *key)
{
	struct toml *array = find(p->doc, parent, key->text, key->len), *element;
	struct word none = { .text = "", .at = key->at };

	if (array && !(array->flags & LISTED))
		return refuse(p, key, array);
	if (!array)
		array = add(p, parent, key, TOML_ARRAY);
	if (!array)
		return detached(p);
	array->flags |= LISTED;
	element = add(p, array, &none, TOML_TABLE);
	return element ? element : detached(p);
}

static bool header(struct parse *p)
{
	bool list = p->p[1] == '[';
	struct toml *parent;
	struct word key;

	p->section++;
	p->table = detached(p);
	p->p += list ? 2 : 1;
	parent = path(p, p->doc->root, &key, enter_header);
	if (!parent)
		return false;
	if (*p->p != ']' || (list && p->p[1] != ']'))
		return fail(p, here(p), "%s is missing at the end of the header", list ? "]]" : "]");
	p->p += list ? 2 : 1;
	p->table = list ? define_element(p, parent, &key) : define_table(p, parent, &key);
	return true;
}

static bool header_or_pair(struct parse *p)
{
	blanks(p);
	if (*p->p == '[')
		return header(p);
	return strchr("#\r\n", *p->p) || pair(p, p->table); /* strchr finds the NUL at the end too */
}

static bool statement(struct parse *p)
{
	uint32_t errors = p->doc->errors;

	if (!header_or_pair(p))
		return false;
	blanks(p);
	comment(p);
	if (p->p == p->end || newline(p))
		return true;
	if (errors == p->doc->errors)
		fail(p, here(p), "the end of the line is expected here");
	return false;
}

/* A line that begins like `key =` or `[header]`, as opposed to one within an array. */
static bool begins_statement(const char *s)
{
	if (*s == '[')
		return true;
	s += strspn(s, " \t");
	while (is_bare(*s) || (*s && strchr(".\"' \t", *s)))
		s++;
	return *s == '=';
}

/* Behind an error: the next line, or when the statement has several, the next line that begins one. */
static void resync(struct parse *p, const char *begin)
{
	const char *line_end;
	bool several = memchr(begin, '\n', (size_t)(p->p - begin)) != NULL;

	do {
		line_end = memchr(p->p, '\n', (size_t)(p->end - p->p));
		p->p = line_end ? line_end + 1 : p->end;
	} while (several && p->p < p->end && !begins_statement(p->p));
}

static bool check_utf8(struct parse *p)
{
	size_t len = 1;

	for (p->p = p->mark; p->p < p->end && len; p->p += len)
		len = *p->p > 0 && *p->p < 0x7f ? 1 : utf8_len(p->p);
	if (!len)
		fail(p, here(p), "byte 0x%02x: this is not UTF-8 text", (unsigned char)*p->p);
	else if (!strncmp(p->mark, "\xef\xbb\xbf", 3))
		fail(p, p->mark_at, "byte order mark; save the file as UTF-8 without one");
	return !p->doc->errors;
}

void toml_parse(struct toml_doc *doc, const char *text, size_t len)
{
	struct parse p = { .doc = doc, .end = text + len, .mark = text, .mark_at = { 1, 1 }, .section = 1 };

	doc->errors = doc->keys = doc->index_size = 0;
	doc->is_cut = false;
	p.table = doc->root = detached(&p);
	doc->root->file = doc->file;
	if (!check_utf8(&p))
		return;
	p.p = text;
	while (p.p < p.end && doc->errors < TOML_ERRORS_MAX) {
		const char *begin = p.p;

		if (!statement(&p))
			resync(&p, begin);
	}
}
