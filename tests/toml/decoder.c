/*
 * The TOML file on standard input as the tagged JSON of the toml-test suite;
 * status 1 and file:line:column lines on standard error when it is wrong.
 * With arguments: each file in turn, one line of JSON or `refused` for each.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static char *read_all(const char *path, size_t *ret_len)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	char *text = malloc(1 << 24);

	if (!f || !text)
		exit(2);
	*ret_len = fread(text, 1, (1 << 24) - 1, f);
	text[*ret_len] = '\0';
	if (f != stdin)
		fclose(f);
	return text;
}

static bool decode(const char *path)
{
	struct arena arena;
	struct toml_doc doc = { .arena = &arena, .report = report, .context = (void *)(uintptr_t)path };
	size_t len;
	char *text = read_all(path, &len);

	if (arena_open(&arena, (size_t)256 << 20))
		exit(2);
	toml_parse(&doc, text, len);
	if (!doc.errors)
		put_node(doc.root);
	arena_close(&arena);
	free(text);
	return !doc.errors;
}

int main(int argc, char **argv)
{
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
