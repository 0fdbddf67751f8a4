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

static int (*const mains[])(int argc, char **argv) = {
#define VERB(word, option, main, ...) ENABLED(option) ? main : left_out,
#include "init/verbs.def"
#undef VERB
};

enum part { WORD, OPTION, ARGUMENTS, SUMMARY, DETAILS, PARTS };

/* Of each verb one behind the other: as pointers they would be relocated, and stay in PID 1's memory. */
static const char texts[] =
#define VERB(word, option, main, answer, who, arguments, summary, details) \
	#word "\0" #option "\0" arguments "\0" summary "\0" details "\0"
#include "init/verbs.def"
#undef VERB
	;

static const char *part_of(size_t verb, enum part part)
{
	return verb < ARRAY_LEN(mains) ? text_nth(texts, verb * PARTS + part) : "";
}

/* Its index; of what is no verb, how many there are. */
static size_t find(const char *word)
{
	size_t i = 0;

	while (i < ARRAY_LEN(mains) && strcmp(part_of(i, WORD), word) != 0)
		i++;
	return i;
}

static int left_out(int argc, char **argv)
{
	(void)argc;
	complain("%s: this minit was built without it; it needs %s", argv[0],
		 part_of(find(argv[0]), OPTION));
	return 2;
}

const char *verb_arguments(const char *word)
{
	return part_of(find(word), ARGUMENTS);
}

/* -- help -------------------------------------------------------------------------------------- */

bool verb_help(const char *word)
{
	size_t v = find(word);
	const char *arguments = part_of(v, ARGUMENTS);

	if (v == ARRAY_LEN(mains))
		return false;
	say("minit %s%s%s\n\n%s.\n", word, *arguments ? " " : "", arguments, part_of(v, SUMMARY));
	if (*part_of(v, DETAILS))
		say("\n%s", part_of(v, DETAILS));
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
	for (size_t i = 0; i < ARRAY_LEN(mains); i++)
		if (mains[i] != left_out && strcmp(part_of(i, WORD), "log"))
			say("  %-10s %s\n", part_of(i, WORD), part_of(i, SUMMARY));
	say("\nOptions in front of a program:\n");
	say("%s", wrap_options_help(options, sizeof(options)));
	say("\n`minit help VERB` says more about one; minit(8) says it all.\n");
}

static const char *nearest(const char *word)
{
	struct nearest near = { .word = word, .distance = (unsigned)MIN(strlen(word) / 2, 3) };

	for (size_t i = 0; i < ARRAY_LEN(mains); i++)
		if (strcmp(part_of(i, WORD), "log") != 0)
			nearest_offer(&near, part_of(i, WORD));
	return near.best;
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
	return find(word) < ARRAY_LEN(mains) || is_before(word);
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
	size_t v;

	say_hold();
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
	if (v < ARRAY_LEN(mains) && argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		verb_help(argv[0]);
		say_flush();
		return 0;
	}
	return v < ARRAY_LEN(mains) ? mains[v](argc, argv) : unknown(argv[0]);
}
