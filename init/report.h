/* What PID 1 says of itself and its services: JSON, a line each, with the newline. */
#ifndef INIT_REPORT_H
#define INIT_REPORT_H

#include "services/state.h"

/* Longest line; each kind fits, whatever the names and counters are (tests/unit/report_test.c). */
#define REPORT_LINE 2560

void report_minit(const struct supervisor *sv, struct buf *b);
void report_service(const struct supervisor *sv, uint32_t index, struct buf *b);

/* A change of state; `was` STATE_COUNT: not a change, it is so (for a snapshot). */
void report_change(const struct supervisor *sv, uint32_t index, enum state was, struct buf *b);

/* Something that is no change of state: "oom", "pressure.memory". */
void report_notice(const struct supervisor *sv, uint32_t index, const char *what, struct buf *b);

#endif
