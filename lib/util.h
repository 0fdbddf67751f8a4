/* Small macros that every floor uses. */
#ifndef LIB_UTIL_H
#define LIB_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define WORD_(x) #x
#define WORD(x) WORD_(x) /* a macro's value as text */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define cleanup(fn) __attribute__((cleanup(fn)))
#define must_check __attribute__((warn_unused_result))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define no_return __attribute__((noreturn))
#define rare __attribute__((cold))    /* of the boot or the end: lies behind all other code, wrap/place.lds */
#define frequent __attribute__((hot)) /* at every event, of an object that is not: lies with those that are */

#endif
