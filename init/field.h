/*
 * The members of one line of JSON as PID 1 writes it (init/report.c), for the
 * tool: a bounded look into a line, no tree. Of a line that is not JSON nothing
 * is found.
 */
#ifndef INIT_FIELD_H
#define INIT_FIELD_H

#include "lib/util.h"

/* The value of a member of the outermost object, as it stands there. */
bool field_find(const char *line, const char *key, const char **ret_at, size_t *ret_len);

bool field_is_there(const char *line, const char *key);
bool field_is_true(const char *line, const char *key);

/* A whole number (what is behind its point is cut off), or `other` when there is none. */
int64_t field_number(const char *line, const char *key, int64_t other);

/*
 * A string, or the strings of a list joined by commas, fit for a terminal:
 * control characters become '?'. Empty when there is none; cut to fit.
 */
void field_text(const char *line, const char *key, char *out, size_t size);

#endif
