#include "init/verbs.h"

#include <string.h>
#include <unistd.h>

#include "init/client.h"
#include "init/options.h"
#include "init/say.h"
#include "lib/enabled.h"
#include "lib/text.h"
#include "wrap/wrap.h"

#define ALWAYS 1

/* In place of the main of a verb that this binary does not have. */
static int left_out(int argc, char **argv);

static const struct verb {
	const char *word;
	int (*main)(int argc, char **argv);
	const char *option, *arguments, *summary, *details;
} verbs[] = {
#define VERB(word, option, main, answer, who, arguments, summary, details) \
	{ #word, ENABLED(option) ? main : left_out, #option, arguments, summary, details },
#include "init/verbs.def"
#undef VERB
};

static const struct verb *find(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strcmp(verbs[i].word, word))
			return &verbs[i];
	return NULL;
}

static const char *option_of(const char *word)
{
	const struct verb *v = find(word);

	return v ? v->option : "";
}

static int left_out(int argc, char **argv)
{
	(void)argc;
	complain("%s: this minit was built without it; it needs %s", argv[0], option_of(argv[0]));
	return 2;
}

const char *verb_arguments(const char *word)
{
	const struct verb *v = find(word);

	return v ? v->arguments : "";
}

/* -- help -------------------------------------------------------------------------------------- */

bool verb_help(const char *word)
{
	const struct verb *v = find(word);

	if (!v)
		return false;
	say("minit %s%s%s\n\n%s.\n", v->word, *v->arguments ? " " : "", v->arguments, v->summary);
	if (*v->details)
		say("\n%s", v->details);
	return true;
}

static void say_usage(void)
{
	char options[4096];

	say("minit " MINIT_VERSION ": PID 1 and service supervisor\n\n"
	    "minit                     as PID 1: supervise the services of /etc/minit\n"
	    "minit [OPTIONS] -- PROGRAM [ARGUMENT...]\n"
	    "                          run one program, pass it signals, reap, leave with its status\n"
	    "minit VERB [--socket PATH] ...\n\n"
	    "Verbs:\n");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (verbs[i].main != left_out && strcmp(verbs[i].word, "log"))
			say("  %-10s %s\n", verbs[i].word, verbs[i].summary);
	say("\nOptions in front of a program:\n");
	say("%s", wrap_options_help(options, sizeof(options)));
	say("\n`minit help VERB` says more about one; minit(8) says it all.\n");
}

static const char *nearest(const char *word)
{
	unsigned best = (unsigned)MIN(strlen(word) / 2, 3);
	const char *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		unsigned d = text_distance(word, verbs[i].word);

		if (d < best && strcmp(verbs[i].word, "log") != 0) {
			best = d;
			found = verbs[i].word;
		}
	}
	return found;
}

static int unknown(const char *word)
{
	const char *near = nearest(word);

	if (near)
		complain("unknown verb \"%s\"; did you mean \"%s\"?", word, near);
	else
		complain("unknown verb \"%s\"; `minit help` lists them", word);
	return 2;
}

int help_main(int argc, char **argv)
{
	argc = options_take(argc, argv, NULL, 0);
	if (argc > 1 && !verb_help(argv[1]))
		return unknown(argv[1]);
	if (argc <= 1)
		say_usage();
	say_flush();
	return 0;
}

int version_main(int argc, char **argv)
{
	if (options_take(argc, argv, NULL, 0) > 1)
		usage_error(argv[0], "it takes no words");
	say("minit " MINIT_VERSION "\n");
	say_flush();
	return ENABLED(CONFIG_CONTROL) ? client_running_version() : 0;
}

/* -- dispatch ---------------------------------------------------------------------------------- */

static const char *const before[] = { "--help", "-h", "--version", "-V", "--socket" };

static bool is_before(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		if (!strcmp(word, before[i]))
			return true;
	return !strncmp(word, "--socket=", 9);
}

bool verb_is_known(const char *word)
{
	return find(word) || is_before(word);
}

/* `--socket PATH` before the verb: returns the words it takes. */
static int take_socket(int argc, char **argv)
{
	if (!strncmp(argv[0], "--socket=", 9)) {
		option_socket = argv[0] + 9;
		return 1;
	}
	if (strcmp(argv[0], "--socket"))
		return 0;
	if (argc < 2) {
		complain("--socket: its path is missing; usage: minit --socket PATH VERB ...");
		_exit(2);
	}
	option_socket = argv[1];
	return 2;
}

int verb_main(int argc, char **argv)
{
	int taken = argc > 0 ? take_socket(argc, argv) : 0;
	const struct verb *v;

	argc -= taken;
	argv += taken;
	if (argc < 1) {
		complain("a verb is missing; `minit help` lists them");
		return 2;
	}
	if (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))
		argv[0] = "help";
	if (!strcmp(argv[0], "--version") || !strcmp(argv[0], "-V")) {
		say("minit " MINIT_VERSION "\n");
		say_flush();
		return 0;
	}
	v = find(argv[0]);
	if (v && argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		verb_help(argv[0]);
		say_flush();
		return 0;
	}
	return v ? v->main(argc, argv) : unknown(argv[0]);
}
