/*
 * Limits that were changed by hand (`minit set`). They hold in place of the table's until minit leaves, so they are in
 * the state file; who looks from outside is told of them.
 */
#ifndef SERVICES_CHANGED_H
#define SERVICES_CHANGED_H

#include <string.h>

#include "lib/buf.h"
#include "services/state.h"

#define CHANGED_GROUP 0x80000000u /* in `whose`: of a group */

/* Of a service, or of a group, by its index in the table. */
static inline uint32_t changed_of_service(uint32_t index)
{
	return index + 1;
}

static inline uint32_t changed_of_group(uint32_t index)
{
	return (index + 1) | CHANGED_GROUP;
}

static inline const char *changed_file(const struct limit_change *change)
{
	return change->text;
}

static inline const char *changed_text(const struct limit_change *change)
{
	return change->text + strlen(change->text) + 1;
}

/* Whether two texts of one file are of the same: of one disk or device, or of the leaf as a whole. */
bool changed_is_of_same(const char *a, const char *b);

/* Whether one text of a file is lost when the other is written: "8:0 rbps=1" and "8:0 wbps=1" are both kept. */
bool changed_says_again(const char *a, const char *b);

/* What the table says of the same in a list of limits, or NULL. */
const char *changed_limit(const struct table *t, struct list limits, const char *file, const char *text);

/* Appends what holds once `change` is written over `text`: the kernel keeps what is not spoken of ("8:0 rbps=1"). */
void changed_put_over(struct buf *b, const char *text, const char *change);

/* What was written by hand over this text of this file, or NULL. */
const struct limit_change *changed_find(const struct statefile *state, uint32_t whose, const char *file,
					const char *text);

/* Nothing of this file was written by hand any more. */
void changed_forget(struct statefile *state, uint32_t whose, const char *file);

/* Where changed_note would put it; NULL: no room. */
struct limit_change *changed_room(struct statefile *state, uint32_t whose, const char *file, const char *text);

/* Notes, in the place that changed_room has found, that the text was written. After a crash within it there is none. */
void changed_note(struct limit_change *at, uint32_t whose, const char *file, const char *text);

#endif
