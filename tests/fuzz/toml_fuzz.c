// links: lib/toml.c lib/toml_scalar.c lib/arena.c lib/buf.c lib/utf8.c
/* The TOML parser on any bytes: every node has a place in the text and a parent, and strings end. */
#include <stdlib.h>
#include <string.h>

#include "lib/toml.h"

static struct arena arena;

static void report(void *context, uint16_t file, struct toml_at at, const char *what)
{
	(void)file;
	if (!at.line || !at.column || !*what)
		abort();
	++*(uint32_t *)context;
}

static void walk(const struct toml_doc *doc, const struct toml *node)
{
	uint32_t count = 0;

	if (node->depth > TOML_DEPTH)
		abort();
	if ((node->type == TOML_STRING || (node->type > TOML_BOOL && node->type < TOML_ARRAY)) && node->text[node->len])
		abort();
	if (node->type != TOML_ARRAY && node->type != TOML_TABLE)
		return;
	for (const struct toml *n = node->first; n; n = n->next, count++) {
		if (n->parent != node || !n->key_at.line || !n->at.column || n->key[n->key_len])
			abort();
		if (node->type == TOML_TABLE && strlen(n->key) == n->key_len && toml_get(doc, node, n->key) != n)
			abort();
		walk(doc, n);
	}
	if (count != node->count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t told = 0;
	struct toml_doc doc = { .arena = &arena, .report = report, .context = &told };
	char *text = malloc(size + 1);

	if (!arena.base && arena_open(&arena, (size_t)512 << 20))
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	toml_parse(&doc, text, size);
	free(text);
	if (doc.errors != told)
		abort();
	walk(&doc, doc.root);
	memset(arena.base, 0, arena.used);
	arena.used = 0;
	return 0;
}
