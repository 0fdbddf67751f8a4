/* UTF-8, strictly as RFC 3629 has it. */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include "lib/util.h"

/*
 * Length of the one well-formed character at s (1..4), or 0 if what stands
 * there is not UTF-8 (overlong, surrogate, beyond U+10FFFF, cut short). s ends
 * with a NUL, which counts as not well-formed.
 */
size_t utf8_len(const char *s);

/* What may stand second behind this first byte of a character of several (RFC 3629, section 4). */
static inline bool utf8_is_second(unsigned char first, unsigned char c)
{
	switch (first) {
	case 0xe0: return c >= 0xa0 && c <= 0xbf;
	case 0xed: return c >= 0x80 && c <= 0x9f;
	case 0xf0: return c >= 0x90 && c <= 0xbf;
	case 0xf4: return c >= 0x80 && c <= 0x8f;
	default: return (c & 0xc0) == 0x80;
	}
}

/* Writes code point c (a Unicode scalar value) to out[4]; returns 1..4. */
size_t utf8_encode(uint32_t c, char *out);

#endif
