/*
 * A bounded cursor over memory of the caller. It refuses what does not fit and
 * remembers that it refused: a result that is too long is never used cut off
 * by accident.
 */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdarg.h>

#include "lib/util.h"

struct buf {
	char *data;   /* the caller's memory */
	size_t size;  /* its size */
	size_t len;   /* bytes in use; text is not terminated unless asked for */
	bool full;    /* something was refused */
};

/* A buf named `name` on `bytes` bytes of stack. */
#define BUF_ON_STACK(name, bytes)      \
	char name##_mem[bytes];        \
	struct buf name = { .data = name##_mem, .size = (bytes) }

void buf_init(struct buf *b, void *mem, size_t size);
void buf_reset(struct buf *b);

/* Appends; does nothing and sets b->full when it does not fit. */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_char(struct buf *b, char c);
void buf_str(struct buf *b, const char *s);
void buf_u64(struct buf *b, uint64_t n);

/*
 * printf's conversions %s %c %d %i %u %x %o %% with -, 0, width, precision for
 * %s (also *), and l, ll, z, h lengths. Each conversion is refused as a whole.
 */
printf_like(2, 3) void buf_fmt(struct buf *b, const char *fmt, ...);
void buf_vfmt(struct buf *b, const char *fmt, va_list ap);

/* Appends s as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void buf_json(struct buf *b, const char *s);

/* The name of a member, behind a comma if it is not the first one. */
void buf_json_key(struct buf *b, const char *name);

/* The text with a NUL behind it; cut to fit if the buf is full. Never NULL. */
const char *buf_text(struct buf *b);

/*
 * Puts "?" in place of each byte by which a text commands a terminal, and of those of characters that end before they
 * should: who made a name, or a file that is told of, may have put any there. Those of `kept` stay.
 */
void buf_tame(struct buf *b, const char *kept);

/* 0, or -ENOBUFS when something was refused. */
must_check int buf_check(const struct buf *b);

#endif
