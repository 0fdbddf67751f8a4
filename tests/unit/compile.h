/* Compiles tables from text for tests, and checks that what comes out is good. */
#ifndef TESTS_UNIT_COMPILE_H
#define TESTS_UNIT_COMPILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/compile.h"

static struct arena work, image;
static struct compile compiled;

static inline int compile_with(const struct compile_file *files, uint32_t count, const struct table_source *source)
{
	arena_close(&work);
	arena_close(&image);
	assert_int_equal(arena_open(&work, 256 << 20), 0);
	assert_int_equal(arena_open(&image, 256 << 20), 0);
	return compile_files(files, count, source, &work, &image, &compiled);
}

/* The image of several files, which must be good. */
static inline const struct table *table_of_files(const char *const *texts, uint32_t count, struct table_source source)
{
	struct compile_file files[8];
	const struct table *t;

	for (uint32_t i = 0; i < count; i++)
		files[i] = (struct compile_file){ "t.toml", texts[i], strlen(texts[i]) };
	compile_with(files, count, &source);
	if (compiled.errors.count) {
		errors_tell(&compiled.errors, compiled.paths, 2);
		fail_msg("a good table is refused");
	}
	t = (const void *)image.base;
	assert_int_equal(t->size, image.used);
	assert_int_equal(table_verify(t, t->size), 0);
	return t;
}

static inline const struct table *table_of(const char *text)
{
	return table_of_files(&text, 1, (struct table_source){ 0 });
}

static inline const struct service_spec *service_of(const struct table *t, const char *name)
{
	int index = table_find(t, name);

	if (index < 0)
		fail_msg("there is no %s", name);
	return table_service(t, (uint32_t)index);
}

#endif
