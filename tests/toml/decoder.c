/*
 * The TOML file on standard input as the tagged JSON of the toml-test suite;
 * status 1 and file:line:column lines on standard error when it is wrong.
 * With arguments: each file in turn, one line of JSON or `refused` for each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/toml.h"

static const char *const tags[] = {
	[TOML_STRING] = "string", [TOML_INTEGER] = "integer", [TOML_BOOL] = "bool",
	[TOML_FLOAT] = "float", [TOML_DATETIME] = "datetime", [TOML_LOCAL_DATETIME] = "datetime-local",
	[TOML_LOCAL_DATE] = "date-local", [TOML_LOCAL_TIME] = "time-local",
};

static void put_json(const char *s, size_t len)
{
	putchar('"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_scalar(const struct toml *node)
{
	printf("{\"type\":\"%s\",\"value\":", tags[node->type]);
	if (node->type == TOML_INTEGER)
		printf("\"%lld\"", (long long)node->number);
	else if (node->type == TOML_BOOL)
		printf("\"%s\"", node->truth ? "true" : "false");
	else
		put_json(node->text, node->len);
	putchar('}');
}

static void put_node(const struct toml *node)
{
	bool table = node->type == TOML_TABLE;

	if (node->type != TOML_ARRAY && !table) {
		put_scalar(node);
		return;
	}
	putchar(table ? '{' : '[');
	for (const struct toml *n = node->first; n; n = n->next) {
		if (table) {
			put_json(n->key, n->key_len);
			putchar(':');
		}
		put_node(n);
		if (n->next)
			putchar(',');
	}
	putchar(table ? '}' : ']');
}

static void report(void *context, uint16_t file, struct toml_at at, const char *what)
{
	(void)file;
	fprintf(stderr, "%s:%u:%u: %s\n", (const char *)context, at.line, at.column, what);
}

static char text[1 << 20];
static struct arena arena;

static size_t read_all(const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	size_t len;

	if (!f)
		exit(2);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	if (f != stdin)
		fclose(f);
	return len;
}

static bool decode(const char *path)
{
	struct toml_doc doc = { .arena = &arena, .report = report, .context = (void *)(uintptr_t)path };

	toml_parse(&doc, text, read_all(path));
	if (!doc.errors)
		put_node(doc.root);
	memset(arena.base, 0, arena.used);
	arena.used = 0;
	return !doc.errors;
}

int main(int argc, char **argv)
{
	if (arena_open(&arena, (size_t)256 << 20))
		return 2;
	if (argc < 2) {
		bool good = decode("-");

		putchar('\n');
		return !good;
	}
	for (int i = 1; i < argc; i++) {
		if (!decode(argv[i]))
			printf("refused");
		putchar('\n');
	}
	return 0;
}
