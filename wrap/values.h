/* The values of options. All return NULL, or what the text is not ("is not a signal"); then nothing is written. */
#ifndef WRAP_VALUES_H
#define WRAP_VALUES_H

#include "lib/util.h"

must_check const char *value_signal(const char *text, uint8_t *ret);
must_check const char *value_time(const char *text, int64_t *ret_ms);
must_check const char *value_level(const char *text, uint8_t *ret);

/* Some with commas between them. Those before a wrong one are kept. */
must_check const char *value_codes(const char *text, uint32_t bits[8]);
must_check const char *value_rewrites(const char *text, uint8_t *table);

/* 1 or 0, or -1 for what is neither. */
int value_truth(const char *text);

#endif
