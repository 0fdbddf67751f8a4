/* What is written into the image while a table is compiled. */
#include <string.h>

#include "services/compile.h"

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
