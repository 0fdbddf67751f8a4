#include "init/options.h"

#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/say.h"
#include "init/verbs.h"
#include "lib/env.h"
#include "lib/text.h"

const char *option_socket;

void usage_error(const char *verb, const char *fmt, ...)
{
	BUF_ON_STACK(what, 512);
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(&what, fmt, ap);
	va_end(ap);
	complain("%s: %s; usage: minit %s%s%s", verb, buf_text(&what), verb, *verb_arguments(verb) ? " " : "",
		 verb_arguments(verb));
	_exit(2);
}

/* Length of the name in "--name=value" or "--name". */
static size_t name_len(const char *word)
{
	return strcspn(word, "=");
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

static const struct option_row common[] = {
	{ "--socket", OPTION_TEXT, &option_socket },
};

static const struct option_row *find_in(const struct option_row *rows, size_t count, const char *word)
{
	size_t len = name_len(word);

	for (size_t i = 0; i < count; i++)
		if (strlen(rows[i].name) == len && !strncmp(rows[i].name, word, len))
			return &rows[i];
	return NULL;
}

static const char *nearest(const struct option_row *rows, size_t count, const char *word)
{
	struct nearest near = { .word = word, .distance = 4 };

	for (size_t i = 0; i < count; i++)
		nearest_offer(&near, rows[i].name);
	return near.best;
}

static no_return void unknown(const char *verb, const char *word, const struct option_row *rows, size_t count)
{
	const char *near = nearest(rows, count, word);

	if (near)
		usage_error(verb, "unknown option \"%s\"; did you mean \"%s\"?", word, near);
	usage_error(verb, "unknown option \"%s\"", word);
}

static void set(const char *verb, const struct option_row *row, const char *value)
{
	switch (row->kind) {
	case OPTION_FLAG: *(bool *)row->into = true; break;
	case OPTION_TEXT:
	case OPTION_MAYBE: *(const char **)row->into = value; break;
	case OPTION_DURATION:
		if (text_duration(value, row->into))
			usage_error(verb, "%s: \"%s\" is not a time such as 10s, 500ms or 2m", row->name, value);
		break;
	}
}

/* Returns how many words it took. */
static int take(char **argv, int at, int argc, const struct option_row *row)
{
	const char *word = argv[at], *value = word[name_len(word)] ? word + name_len(word) + 1 : NULL;
	bool wants = row->kind == OPTION_TEXT || row->kind == OPTION_DURATION;

	if (value && row->kind == OPTION_FLAG)
		usage_error(argv[0], "%s takes no value", row->name);
	if (!value && wants && at + 1 >= argc)
		usage_error(argv[0], "%s: its value is missing", row->name);
	if (!value && wants) {
		set(argv[0], row, argv[at + 1]);
		return 2;
	}
	set(argv[0], row, value ? value : "");
	return 1;
}

int options_take(int argc, char **argv, const struct option_row *rows, size_t count)
{
	int words = 1;

	for (int i = 1; i < argc;) {
		const struct option_row *row;

		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			verb_help(argv[0]);
			say_flush();
			_exit(0);
		}
		if (!strcmp(argv[i], "--")) {
			while (++i < argc)
				argv[words++] = argv[i];
			break;
		}
		if (!is_option(argv[i])) {
			argv[words++] = argv[i++];
			continue;
		}
		row = find_in(rows, count, argv[i]);
		row = row ? row : find_in(common, ARRAY_LEN(common), argv[i]);
		if (!row)
			unknown(argv[0], argv[i], rows, count);
		i += take(argv, i, argc, row);
	}
	argv[words] = NULL;
	return words;
}

void option_socket_pass(const char *verb)
{
	static char entry[sizeof("MINIT_SOCKET=") + sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct buf b;

	if (!option_socket)
		return;
	buf_init(&b, entry, sizeof(entry) - 1);
	buf_fmt(&b, "MINIT_SOCKET=%s", option_socket);
	if (b.full)
		usage_error(verb, "--socket %s: a socket's path is no longer than %zu bytes", option_socket,
			    sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
	env_put(buf_text(&b));
}
