#include "services/errors.h"

#include <stdarg.h>
#include <stdlib.h>

#include "lib/fd.h"

/* An error is one line, whatever stands in the names it tells of. */
static void make_plain(struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if ((unsigned char)b->data[i] < ' ' || b->data[i] == 0x7f)
			b->data[i] = '?';
}

void errors_vadd(struct errors *e, uint16_t file, struct toml_at at, const char *fmt, va_list ap)
{
	struct error *error = arena_new(e->arena, struct error);
	struct buf b = { .data = arena_take(e->arena, ERROR_MAX, 1), .size = ERROR_MAX };

	buf_vfmt(&b, fmt, ap);
	make_plain(&b);
	*error = (struct error){ e->list, file, at, e->count++, buf_text(&b) };
	e->arena->used -= b.size - b.len - 1; /* what is given back is still zero */
	e->list = error;
}

void errors_add(struct errors *e, uint16_t file, struct toml_at at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	errors_vadd(e, file, at, fmt, ap);
	va_end(ap);
}

static int compare(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int by_place(const void *pa, const void *pb)
{
	const struct error *a = *(const struct error *const *)pa, *b = *(const struct error *const *)pb;
	int order = compare(a->file, b->file);

	order = order ? order : compare(a->at.line, b->at.line);
	order = order ? order : compare(a->at.column, b->at.column);
	return order ? order : compare(a->number, b->number);
}

static void tell(const struct error *e, const char *path, int fd)
{
	BUF_ON_STACK(b, ERROR_MAX + 4200);

	buf_str(&b, path);
	if (e->at.line)
		buf_fmt(&b, ":%u:%u", e->at.line, e->at.column);
	buf_fmt(&b, ": %s\n", e->text);
	if (fd_write_all(fd, b.data, b.len))
		return;
}

void errors_tell(const struct errors *e, const char *const *paths, int fd)
{
	BUF_ON_STACK(rest, 64);
	const struct error **sorted = arena_array(e->arena, const struct error *, e->count);
	const struct error *error = e->list;

	for (uint32_t i = 0; i < e->count; i++, error = error->next)
		sorted[i] = error;
	qsort(sorted, e->count, sizeof(const struct error *), by_place);
	for (uint32_t i = 0; i < MIN(e->count, ERRORS_TOLD); i++)
		tell(sorted[i], paths[sorted[i]->file], fd);
	if (e->count > ERRORS_TOLD)
		buf_fmt(&rest, "and %u more errors\n", e->count - ERRORS_TOLD);
	if (fd_write_all(fd, rest.data, rest.len))
		return;
}
