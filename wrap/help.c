#include <errno.h>
#include <string.h>

#include "wrap/state.h"
#include "wrap/wrap.h"

static const char arguments[] =
#define OPTION(id, letters, long, kind, argument, help) argument "\0"
#include "wrap/options.def"
#undef OPTION
	;

static const char helps[] =
#define OPTION(id, letters, long, kind, argument, help) help "\0"
#include "wrap/options.def"
#undef OPTION
	;

static const char versions[] =
#define PERSONA(id, set, version) version "\n\0"
#define CALLED(...)
#include "wrap/personas.def"
#undef PERSONA
#undef CALLED
	;

static const char licence[] =
	"minit is free software under the MIT licence: use it, change it and pass it on as you like, with its\n"
	"copyright notice. It comes without any warranty. The whole text is in the file LICENSE of its sources.\n";

static const char *nth(const char *texts, unsigned n)
{
	for (; n > 0; n--)
		texts += strlen(texts) + 1;
	return texts;
}

static void put_option(struct buf *b, enum option id, enum persona persona)
{
	BUF_ON_STACK(left, 40);
	const char *argument = nth(arguments, id);
	char letter = option_letter(id, persona);

	if (letter)
		buf_fmt(&left, "-%c, ", letter);
	else
		buf_str(&left, "    ");
	buf_fmt(&left, "--%s%s%s", option_long(id), *argument ? " " : "", argument);
	buf_fmt(b, "  %-23s %s\n", buf_text(&left), nth(helps, id));
}

static void put_options(struct buf *b, enum persona persona)
{
	for (int id = 0; id < OPTION_COUNT; id++)
		put_option(b, (enum option)id, persona);
}

const char *wrap_options_help(char *mem, size_t size)
{
	struct buf b = { .data = mem, .size = size };

	put_options(&b, PERSONA_MINIT);
	return buf_text(&b);
}

static int print(const char *text, size_t len)
{
	while (len > 0) {
		long n = raw(SYS_write, 1, text, len);

		if (n < 0)
			return 1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int print_help(const struct wrap_options *o)
{
	BUF_ON_STACK(b, 4096);

	buf_str(&b, "minit " MINIT_VERSION ": an init in front of one program\n\n"
		    "minit [OPTIONS] [--] PROGRAM [ARGUMENT...]\n\n");
	put_options(&b, o->persona);
	if (o->persona == PERSONA_MINIT)
		buf_str(&b, "\nEach long option is a variable too, such as MINIT_GROUP=1 or MINIT_GRACE=10s.\n");
	buf_str(&b, "A TIME is a number with ms, s, m, h or d; a bare number is in seconds.\n");
	return print(b.data, b.len);
}

int help_say(const struct wrap_options *o)
{
	const char *version = nth(versions, o->persona);

	switch (o->say) {
	case OPTION_version: return print(version, strlen(version));
	case OPTION_licence: return print(licence, strlen(licence));
	default: return print_help(o);
	}
}
