/*
 * Scalars of the table and of command lines, read from text as a whole: what
 * is left over behind them is an error. All return 0, or -EINVAL for what is
 * not one, -ERANGE for one too large.
 */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <string.h>

#include "lib/buf.h"

must_check int text_u64(const char *s, uint64_t *ret);       /* decimal */
/* The same, but 08 and 010 are none, which others read as octal. */
must_check int text_plain_u64(const char *s, uint64_t *ret);
must_check int text_octal(const char *s, uint32_t *ret);     /* "0022", "755" */
/* Bytes: "64M", "1.5G", "4096"; K M G T of 1024, B and iB may follow. */
must_check int text_size(const char *s, uint64_t *ret);
/* "500ms" "10s" "1.5m" "2h" "1d"; a bare number is seconds. */
must_check int text_duration(const char *s, int64_t *ret_ms);

/* Sizes and durations for people: "12.3M", "1h02m". */
void text_put_size(struct buf *b, uint64_t bytes);
void text_put_duration(struct buf *b, int64_t ms);

/*
 * Distance of two words (insertions, deletions, substitutions, swaps of
 * neighbours), for "did you mean"; words over 63 bytes are far from all.
 */
unsigned text_distance(const char *a, const char *b);

/* For "did you mean": of the words offered the first that is nearest to `word`, if it is nearer than `distance` was. */
struct nearest {
	const char *word, *best;
	unsigned distance;
};
void nearest_offer(struct nearest *n, const char *candidate);

/* The bound for names that people give. */
static inline struct nearest nearest_name(const char *word)
{
	return (struct nearest){ .word = word, .distance = (unsigned)strlen(word) / 3 + 2 };
}

/* The next word of a text, up to a space, into `word`; false when there is none, or it is too long for any. */
bool text_word(const char **at, struct buf *word);

/* Whether word is one of those between the commas of list; the empty one is that of the empty list. */
bool text_is_listed(const char *list, const char *word);

/* The text number n, from 0, of those that stand in `texts` one behind the other, each with its NUL. */
static inline const char *text_nth(const char *texts, size_t n)
{
	while (n-- > 0)
		texts += strlen(texts) + 1;
	return texts;
}

#endif
