#include "wrap/values.h"

#include <string.h>

#include "lib/signame.h"
#include "lib/text.h"

#define PIECE 24

const char *value_signal(const char *text, uint8_t *ret)
{
	int sig = signal_number(text);

	if (sig < 0)
		return "is not a signal such as SIGTERM, TERM, 15 or RTMIN+3";
	*ret = (uint8_t)sig;
	return NULL;
}

const char *value_time(const char *text, int64_t *ret_ms)
{
	return text_duration(text, ret_ms) ? "is not a time such as 10s, 500ms or 2m" : NULL;
}

static bool small(const char *text, uint64_t most, uint8_t *ret)
{
	uint64_t n;

	if (text_u64(text, &n) || n > most)
		return false;
	*ret = (uint8_t)n;
	return true;
}

const char *value_level(const char *text, uint8_t *ret)
{
	return *text && !small(text, 9, ret) ? "is not a number from 0 to 9" : NULL;
}

/* Copies the text up to the mark; what is too long is left empty. Returns what is behind it, or NULL at the end. */
static const char *split(const char *text, const char *mark, char piece[PIECE])
{
	size_t len = strcspn(text, mark);

	piece[0] = '\0';
	if (len < PIECE) {
		memcpy(piece, text, len);
		piece[len] = '\0';
	}
	return text[len] ? text + len + 1 : NULL;
}

const char *value_codes(const char *text, uint32_t bits[8])
{
	char piece[PIECE];
	uint8_t code;

	while (text) {
		text = split(text, ",", piece);
		if (!small(piece, 255, &code))
			return "is not an exit status from 0 to 255";
		bits[code / 32] |= 1u << code % 32;
	}
	return NULL;
}

static bool rewrite(const char *pair, uint8_t *table)
{
	char piece[PIECE];
	const char *second = split(pair, ":", piece);
	uint8_t from, to = 0;

	if (!second || value_signal(piece, &from) || (strcmp(second, "0") && value_signal(second, &to)))
		return false;
	table[from] = (uint8_t)(1 + to);
	return true;
}

const char *value_rewrites(const char *text, uint8_t *table)
{
	char piece[PIECE];

	while (text) {
		text = split(text, ",", piece);
		if (!rewrite(piece, table))
			return "is not SIGNAL:SIGNAL such as TERM:QUIT, 15:3 or HUP:0";
	}
	return NULL;
}

static const char truths[] = "1\0yes\0true\0on\0\0" "0\0no\0false\0off\0";

int value_truth(const char *text)
{
	int truth = 1;

	if (!*text)
		return 0;
	for (const char *at = truths; at < truths + sizeof(truths) - 1; at += strlen(at) + 1) {
		if (!*at)
			truth = 0;
		if (!strcmp(text, at))
			return truth;
	}
	return -1;
}
