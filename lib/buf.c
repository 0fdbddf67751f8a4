#include "lib/buf.h"

#include <errno.h>
#include <string.h>

#include "lib/utf8.h"

void buf_init(struct buf *b, void *mem, size_t size)
{
	*b = (struct buf){ .data = mem, .size = size };
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->full = false;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (len > b->size - b->len) {
		b->full = true;
		return;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_u64(struct buf *b, uint64_t n)
{
	buf_fmt(b, "%llu", (unsigned long long)n);
}

/* One conversion: what stood between % and the letter. */
struct spec {
	bool left, zero;
	size_t width;
	size_t precision; /* SIZE_MAX: none given */
	int longs;        /* l counts 1, ll 2, z 1; int is 0 */
};

static void pad(struct buf *b, char c, size_t n)
{
	while (n-- > 0 && !b->full)
		buf_char(b, c);
}

static void put_text(struct buf *b, const struct spec *sp, const char *s, size_t len)
{
	size_t gap = sp->width > len ? sp->width - len : 0;

	if (!sp->left)
		pad(b, ' ', gap);
	buf_add(b, s, len);
	if (sp->left)
		pad(b, ' ', gap);
}

static void put_number(struct buf *b, const struct spec *sp, uint64_t n, bool negative, unsigned base)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	if (negative && !sp->zero)
		digits[--at] = '-';
	if (negative && sp->zero)
		buf_char(b, '-');
	if (sp->zero && sp->width > sizeof(digits) - at + negative)
		pad(b, '0', sp->width - (sizeof(digits) - at) - negative);
	if (sp->zero)
		buf_add(b, digits + at, sizeof(digits) - at);
	else
		put_text(b, sp, digits + at, sizeof(digits) - at);
}

/* A va_list can only be handed down by address when it is in a struct. */
struct args {
	va_list ap;
};

static size_t take_count(const char **fmt, struct args *args)
{
	size_t n = 0;

	if (**fmt == '*') {
		int given = va_arg(args->ap, int);
		(*fmt)++;
		return given > 0 ? (size_t)given : 0;
	}
	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++)
		n = n * 10 + (size_t)(**fmt - '0');
	return n;
}

static struct spec take_spec(const char **fmt, struct args *args)
{
	struct spec sp = { .precision = SIZE_MAX };

	for (; **fmt == '-' || **fmt == '0'; (*fmt)++) {
		sp.left |= **fmt == '-';
		sp.zero |= **fmt == '0';
	}
	sp.width = take_count(fmt, args);
	if (**fmt == '.') {
		(*fmt)++;
		sp.precision = take_count(fmt, args);
	}
	for (; **fmt == 'l' || **fmt == 'z' || **fmt == 'h'; (*fmt)++)
		sp.longs += **fmt != 'h';
	return sp;
}

static void put_signed(struct buf *b, const struct spec *sp, struct args *args)
{
	int64_t n = sp->longs ? va_arg(args->ap, long) : va_arg(args->ap, int);

	put_number(b, sp, n < 0 ? -(uint64_t)n : (uint64_t)n, n < 0, 10);
}

static void put_unsigned(struct buf *b, const struct spec *sp, struct args *args, unsigned base)
{
	uint64_t n = sp->longs ? va_arg(args->ap, unsigned long) : va_arg(args->ap, unsigned);

	put_number(b, sp, n, false, base);
}

static const char *never_null(const char *s)
{
	return s ? s : "(null)";
}

static void put_string(struct buf *b, const struct spec *sp, const char *s)
{
	s = never_null(s);
	put_text(b, sp, s, sp->precision == SIZE_MAX ? strlen(s) : strnlen(s, sp->precision));
}

static void put_one(struct buf *b, const char **fmt, struct args *args)
{
	struct spec sp;
	char letter;

	if (**fmt == 's') { /* most of them, and nothing to take apart */
		(*fmt)++;
		buf_str(b, never_null(va_arg(args->ap, const char *)));
		return;
	}
	sp = take_spec(fmt, args);
	letter = **fmt;
	if (letter)
		(*fmt)++;
	switch (letter) {
	case 's': put_string(b, &sp, va_arg(args->ap, const char *)); break;
	case 'd':
	case 'i': put_signed(b, &sp, args); break;
	case 'u': put_unsigned(b, &sp, args, 10); break;
	case 'x': put_unsigned(b, &sp, args, 16); break;
	case 'o': put_unsigned(b, &sp, args, 8); break;
	case 'c': buf_char(b, (char)va_arg(args->ap, int)); break;
	default: buf_char(b, '%'); break;
	}
}

/* What stands between two conversions is a few letters: a plain loop is half of what strcspn(3) takes for them. */
static size_t plain_length(const char *fmt)
{
	size_t n = 0;

	while (fmt[n] && fmt[n] != '%')
		n++;
	return n;
}

void buf_vfmt(struct buf *b, const char *fmt, va_list ap)
{
	struct args args;

	_Static_assert(sizeof(long) == sizeof(long long), "l and ll are read alike");
	va_copy(args.ap, ap);
	while (*fmt) {
		size_t plain = plain_length(fmt);

		buf_add(b, fmt, plain);
		fmt += plain;
		if (*fmt == '%') {
			fmt++;
			put_one(b, &fmt, &args);
		}
	}
	va_end(args.ap);
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(b, fmt, ap);
	va_end(ap);
}

const char *buf_text(struct buf *b)
{
	if (b->len < b->size) {
		b->data[b->len] = '\0';
		return b->data;
	}
	b->full = true;
	b->len = b->size - 1;
	b->data[b->len] = '\0';
	return b->data;
}

int buf_check(const struct buf *b)
{
	return b->full ? -ENOBUFS : 0;
}

static unsigned tail_of(unsigned char c)
{
	if (c < 0xc2 || c > 0xf4)
		return 0;
	return c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
}

/* How many bytes of a character are at i; 0: it is none, or a control character, which U+0080 to U+009F are, too. */
static size_t length_at(const struct buf *b, size_t i)
{
	unsigned char c = (unsigned char)b->data[i];
	size_t len = 1 + tail_of(c);

	if (c < 0x80)
		return c >= ' ' && c != 0x7f;
	if (len == 1 || i + len > b->len || !utf8_is_second(c, (unsigned char)b->data[i + 1]))
		return 0;
	for (size_t k = 2; k < len; k++)
		if (((unsigned char)b->data[i + k] & 0xc0) != 0x80)
			return 0;
	return c == 0xc2 && (unsigned char)b->data[i + 1] < 0xa0 ? 0 : len;
}

void buf_tame(struct buf *b, const char *kept)
{
	for (size_t len, i = 0; i < b->len; i += MAX(len, 1)) {
		len = length_at(b, i);
		if (!len && !(b->data[i] && strchr(kept, b->data[i])))
			b->data[i] = '?';
	}
}
