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

/* Writes code point c (a Unicode scalar value) to out[4]; returns 1..4. */
size_t utf8_encode(uint32_t c, char *out);

#endif
