#include "services/changed.h"

#include <ctype.h>

/* -- what a text is of ------------------------------------------------------------------------------------------- */

/* The length of the disk or device that the text begins with, "8:0 rbps=1"; 0: it is of the leaf as a whole. */
static size_t target_len(const char *text)
{
	size_t len = strcspn(text, " ");
	bool is_word = isalpha((unsigned char)*text) && strncmp(text, "max ", 4) != 0;
	bool is_name = *text == '/' || is_word || memchr(text, ':', len);

	return text[len] && is_name ? len : 0;
}

bool changed_is_of_same(const char *a, const char *b)
{
	size_t len = target_len(a);

	return len == target_len(b) && !strncmp(a, b, len);
}

const char *changed_limit(const struct table *t, struct list limits, const char *file, const char *text)
{
	const struct limit_spec *all = table_list(t, limits, struct limit_spec);

	for (uint32_t i = 0; i < limits.count; i++)
		if (!strcmp(table_given(t, all[i].file_at), file) &&
		    changed_is_of_same(table_given(t, all[i].text_at), text))
			return table_given(t, all[i].text_at);
	return NULL;
}

/* The word of `text` with the key of `word`, "rbps=1", or NULL. */
static const char *word_of_key(const char *text, const char *word, size_t len)
{
	const char *equals = memchr(word, '=', len);
	size_t key = equals ? (size_t)(equals - word) + 1 : len;

	for (; *text; text += strcspn(text, " "), text += *text == ' ')
		if (!strncmp(text, word, key))
			return text;
	return NULL;
}

/*
 * Appends words of `from` to nothing or a NUL: those without one of the same key in `other`; or, with take_other, all,
 * but what `other` has in place of its own.
 */
static void put_words(struct buf *b, const char *from, const char *other, bool take_other)
{
	while (*from) {
		size_t len = strcspn(from, " ");
		const char *theirs = word_of_key(other, from, len);
		const char *word = theirs && take_other ? theirs : from;

		if (!theirs || take_other)
			buf_fmt(b, "%s%.*s", b->len && b->data[b->len - 1] ? " " : "", (int)strcspn(word, " "), word);
		from += len + (from[len] == ' ');
	}
}

bool changed_says_again(const char *a, const char *b)
{
	bool again = !strchr(a, '=') && !strchr(b, '=');

	if (!changed_is_of_same(a, b))
		return false;
	for (; *a && !again; a += strcspn(a, " "), a += *a == ' ')
		again = memchr(a, '=', strcspn(a, " ")) && word_of_key(b, a, strcspn(a, " "));
	return again;
}

void changed_put_over(struct buf *b, const char *text, const char *change)
{
	if (!strchr(change, '=')) {
		buf_str(b, change);
		return;
	}
	put_words(b, text, change, true);
	put_words(b, change, text, false);
}

/* -- what is noted ----------------------------------------------------------------------------------------------- */

const struct limit_change *changed_find(const struct statefile *state, uint32_t whose, const char *file,
					const char *text)
{
	for (uint32_t i = 0; i < state->change_slots; i++) {
		const struct limit_change *c = &state->changes[i];

		if (c->whose == whose && !strcmp(changed_file(c), file) && changed_is_of_same(changed_text(c), text))
			return c;
	}
	return NULL;
}

static struct limit_change *free_slot(struct statefile *state)
{
	for (uint32_t i = 0; i < state->change_slots; i++)
		if (!state->changes[i].whose)
			return &state->changes[i];
	return state->change_slots < STATE_CHANGES ? &state->changes[state->change_slots++] : NULL;
}

struct limit_change *changed_room(struct statefile *state, uint32_t whose, const char *file, const char *text)
{
	struct limit_change *found = (struct limit_change *)changed_find(state, whose, file, text);

	return found ? found : free_slot(state);
}

/* What is written of one disk leaves what was written of it before. */
void changed_note(struct limit_change *at, uint32_t whose, const char *file, const char *text)
{
	BUF_ON_STACK(all, sizeof(at->text));

	buf_str(&all, file);
	buf_char(&all, '\0');
	changed_put_over(&all, at->whose ? changed_text(at) : "", text);
	buf_char(&all, '\0');
	at->whose = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (buf_check(&all))
		return;
	memcpy(at->text, all.data, all.len);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	at->whose = whose;
}

void changed_forget(struct statefile *state, uint32_t whose, const char *file)
{
	for (uint32_t i = 0; i < state->change_slots; i++)
		if (state->changes[i].whose == whose && !strcmp(changed_file(&state->changes[i]), file))
			state->changes[i].whose = 0;
}
