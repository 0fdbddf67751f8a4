/* What is wrong with a table, collected in any order and told in that of the files. */
#ifndef SERVICES_ERRORS_H
#define SERVICES_ERRORS_H

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/toml.h"

struct error {
	struct error *next;
	uint16_t file;
	struct toml_at at; /* line 0: of the file as a whole */
	uint32_t number;   /* of those with one place, the first comes first */
	const char *text;
};

struct errors {
	struct arena *arena;
	struct error *list;
	uint32_t count;
};

#define ERROR_MAX 16384 /* bytes of one text */
#define ERRORS_TOLD 200 /* most that are told; the rest is counted */

printf_like(4, 5) void errors_add(struct errors *e, uint16_t file, struct toml_at at, const char *fmt, ...);
printf_like(4, 0) void errors_vadd(struct errors *e, uint16_t file, struct toml_at at, const char *fmt, va_list ap);

/* Writes `path:line:column: text` lines to fd. */
void errors_tell(const struct errors *e, const char *const *paths, int fd);

#endif
