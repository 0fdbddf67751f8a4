#include "init/field.h"

#include <string.h>

#include "lib/utf8.h"

/* Behind the string that starts at s, or NULL if it has no end. */
static const char *skip_string(const char *s)
{
	for (s++; *s && *s != '"'; s++)
		if (*s == '\\' && !*++s)
			return NULL;
	return *s ? s + 1 : NULL;
}

/* Behind the value at s, or NULL. */
static const char *skip_value(const char *s)
{
	int depth = 0;

	do {
		if (*s == '"') {
			s = skip_string(s);
			if (!s)
				return NULL;
			continue;
		}
		if (*s == '{' || *s == '[')
			depth++;
		else if (*s == '}' || *s == ']')
			depth--;
		else if (!*s || (!depth && *s == ','))
			return depth ? NULL : s;
		if (depth < 0)
			return s;
		s++;
	} while (*s);
	return depth ? NULL : s;
}

static bool is_key(const char *at, const char *end, const char *key)
{
	size_t len = strlen(key);

	return (size_t)(end - at) == len + 2 && !strncmp(at + 1, key, len);
}

bool field_find(const char *line, const char *key, const char **ret_at, size_t *ret_len)
{
	const char *s = line;

	if (*s != '{')
		return false;
	do {
		const char *name = ++s, *value, *end;

		value = *name == '"' ? skip_string(name) : NULL;
		if (!value || *value != ':')
			return false;
		end = skip_value(value + 1);
		if (!end)
			return false;
		if (is_key(name, value, key)) {
			*ret_at = value + 1;
			*ret_len = (size_t)(end - value - 1);
			return true;
		}
		s = end;
	} while (*s == ',');
	return false;
}

bool field_is_there(const char *line, const char *key)
{
	const char *at;
	size_t len;

	return field_find(line, key, &at, &len);
}

bool field_is_true(const char *line, const char *key)
{
	const char *at;
	size_t len;

	return field_find(line, key, &at, &len) && len == 4 && !strncmp(at, "true", 4);
}

int64_t field_number(const char *line, const char *key, int64_t other)
{
	const char *at;
	size_t len, i = 0;
	int64_t n = 0;
	bool negative;

	if (!field_find(line, key, &at, &len))
		return other;
	negative = len && *at == '-';
	for (i = negative; i < len && at[i] >= '0' && at[i] <= '9'; i++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, at[i] - '0', &n))
			return other;
	if (i == negative)
		return other;
	return negative ? -n : n;
}

/* -- text -------------------------------------------------------------------------------------- */

struct out {
	char *at, *end;
};

static void put(struct out *o, const char *s, size_t len)
{
	if ((size_t)(o->end - o->at) < len) {
		o->end = o->at; /* cut here: no later, shorter piece may follow */
		return;
	}
	memcpy(o->at, s, len);
	o->at += len;
}

static void put_byte(struct out *o, unsigned char c)
{
	char shown = c < ' ' || c == 0x7f ? '?' : (char)c;

	put(o, &shown, 1);
}

static unsigned hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (unsigned)(at - digits) : 16;
}

/* The four digits behind \u; 0 for what is none. */
static uint32_t take_hex(const char *s)
{
	uint32_t c = 0;

	for (int i = 0; i < 4; i++) {
		unsigned digit = hex_digit(s[i]);

		if (digit > 15)
			return 0;
		c = c * 16 + digit;
	}
	return c;
}

/* A control character may not reach a terminal, C1 ones neither. */
static void put_code(struct out *o, uint32_t c)
{
	char mem[4];

	if (c < 0x80)
		put_byte(o, (unsigned char)c);
	else if (c < 0xa0 || (c >= 0xd800 && c < 0xe000))
		put_byte(o, 0);
	else
		put(o, mem, utf8_encode(c, mem));
}

/* What stands at s behind a backslash; returns how many bytes of it there are. */
static size_t put_escape(struct out *o, const char *s)
{
	uint32_t c;

	switch (*s) {
	case 'n':
	case 't':
	case 'r':
	case 'b':
	case 'f': put_byte(o, ' '); return 1;
	case 'u':
		c = take_hex(s + 1);
		put_code(o, c);
		return c ? 5 : 1;
	default: put_byte(o, (unsigned char)*s); return 1;
	}
}

static bool is_c1(const char *s)
{
	return (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0;
}

static const char *put_string(struct out *o, const char *s)
{
	for (s++; *s && *s != '"';) {
		size_t len = utf8_len(s);

		if (*s == '\\' && s[1])
			s += 1 + put_escape(o, s + 1);
		else if (len > 1 && !is_c1(s))
			put(o, s, len), s += len;
		else
			put_byte(o, (unsigned char)(len == 1 ? *s : 0)), s += len ? len : 1;
	}
	return *s ? s + 1 : s;
}

void field_text(const char *line, const char *key, char *out, size_t size)
{
	struct out o = { .at = out, .end = out + size - 1 };
	const char *at, *end;
	size_t len;
	bool more = false;

	if (field_find(line, key, &at, &len)) {
		for (end = at + len; at < end; at++) {
			if (*at != '"')
				continue;
			if (more)
				put(&o, ", ", 2);
			at = put_string(&o, at) - 1;
			more = true;
		}
	}
	*o.at = '\0';
}
