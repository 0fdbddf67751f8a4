/*
 * Cutting a call short, as a fatal signal does: at a call into the kernel, or
 * before any access to memory of the code that is linked as traced/FILE.c (built
 * with -fsanitize=thread, whose runtime is here). What is between the two calls
 * of crash_kernel is done as a whole, as by a kernel.
 */
#ifndef FAKE_CRASH_H
#define FAKE_CRASH_H

#include <stdbool.h>
#include <stdint.h>

enum crash_unit { CRASH_CALL, CRASH_ACCESS };

/*
 * Runs fn(arg) and ends it at unit number `at` (for calls: before and after each
 * one counts). True when it was cut short; *ret_units is how many there were.
 */
bool crash_run(void (*fn)(void *arg), void *arg, enum crash_unit unit, uint64_t at, uint64_t *ret_units);

/* For kernel_hook and log_hook. */
void crash_kernel(const char *call, bool done);

/* The last call before it: where it happened, for messages. */
const char *crash_place(void);

#endif
