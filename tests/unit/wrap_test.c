// links: wrap/options.c wrap/values.c lib/signame.c lib/addr.c lib/text.c lib/buf.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wrap/options.h"

/* What the wrapper understands of its name, its variables and its options. */
static struct wrap_options o;
static struct mistake mistake;

#define WORDS(...) ((char *[]){ __VA_ARGS__, NULL })

/* Index of the program, with no mistake before it. */
static int read_words(char **argv)
{
	options_begin(&o, argv[0]);
	return options_read(&o, argv, &mistake);
}

static void check_mistake(char **argv, const char *name, const char *value, const char *what)
{
	memset(&mistake, 0, sizeof(mistake));
	assert_int_equal(read_words(argv), -1);
	assert_string_equal(mistake.name, name);
	assert_string_equal(mistake.value ? mistake.value : "", value);
	if (!strstr(mistake.what, what))
		fail_msg("'%s' does not say '%s'", mistake.what, what);
}

static bool variable(const char *text)
{
	return options_variable(&o, text, &mistake);
}

static void the_program_is_the_first_word_that_is_no_option(void **state)
{
	(void)state;
	assert_int_equal(read_words(WORDS("minit", "prog", "-g")), 1);
	assert_false(option_on(&o, OPTION_group));
	assert_int_equal(read_words(WORDS("minit", "--", "-g")), 2);
	assert_false(option_on(&o, OPTION_group));
	assert_int_equal(read_words(WORDS("minit", "-g", "prog")), 2);
	assert_true(option_on(&o, OPTION_group));
	assert_int_equal(read_words(WORDS("minit", "-g", "--", "--", "x")), 3);
	assert_int_equal(read_words(WORDS("minit", "-")), 1);
	assert_int_equal(read_words(WORDS("minit")), 1);
}

static void letters_may_stand_together(void **state)
{
	(void)state;
	assert_int_equal(read_words(WORDS("minit", "-gvve143", "-p", "HUP", "prog")), 4);
	assert_true(option_on(&o, OPTION_group));
	assert_int_equal(o.verbose, 2);
	assert_int_equal(o.ok[4], 1u << 15);
	assert_int_equal(o.parent_death, SIGHUP);
}

static void long_options_take_their_value_either_way(void **state)
{
	(void)state;
	assert_int_equal(read_words(WORDS("minit", "--grace", "1.5s", "--timeout=2m", "--stop-delay=500ms", "prog")), 5);
	assert_int_equal(o.grace_ms, 1500);
	assert_int_equal(o.timeout_ms, 120000);
	assert_int_equal(o.stop_delay_ms, 500);
	assert_true(option_on(&o, OPTION_grace) && option_on(&o, OPTION_timeout) && option_on(&o, OPTION_stop_delay));
}

static void signals_are_rewritten(void **state)
{
	(void)state;
	read_words(WORDS("minit", "-r", "TERM:QUIT,1:0", "--rewrite=RTMIN+1:64", "prog"));
	assert_int_equal(options_rewritten(&o, SIGTERM), SIGQUIT);
	assert_int_equal(options_rewritten(&o, SIGHUP), 0);
	assert_int_equal(options_rewritten(&o, 35), 64);
	assert_int_equal(options_rewritten(&o, SIGQUIT), SIGQUIT);
	for (int sig = 1; sig <= SIGNAL_MAX; sig++)
		if (sig != SIGTERM && sig != SIGHUP && sig != 35)
			assert_int_equal(options_rewritten(&o, sig), sig);
}

static void exit_statuses_add_up(void **state)
{
	(void)state;
	read_words(WORDS("minit", "-e", "0,255", "-e", "31", "--ok=32", "prog"));
	assert_int_equal(o.ok[0], 1u | 1u << 31);
	assert_int_equal(o.ok[1], 1);
	assert_int_equal(o.ok[7], 1u << 31);
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	check_mistake(WORDS("minit", "-gx", "prog"), "-x", "", "unknown option");
	check_mistake(WORDS("minit", "--gruop", "prog"), "--gruop", "", "unknown option");
	check_mistake(WORDS("minit", "-.", "prog"), "-.", "", "unknown option");
	check_mistake(WORDS("minit", "--grace"), "--grace", "", "value is missing");
	check_mistake(WORDS("minit", "-e"), "-e", "", "value is missing");
	check_mistake(WORDS("minit", "--group=1", "prog"), "--group", "", "takes no value");
	check_mistake(WORDS("minit", "--grace=10q", "prog"), "--grace", "10q", "is not a time");
	check_mistake(WORDS("minit", "-e256", "prog"), "-e", "256", "is not an exit status");
	check_mistake(WORDS("minit", "-e", "1,,2", "prog"), "-e", "1,,2", "is not an exit status");
	check_mistake(WORDS("minit", "-p", "TREM", "prog"), "-p", "TREM", "is not a signal");
	check_mistake(WORDS("minit", "-r", "TERM", "prog"), "-r", "TERM", "is not SIGNAL:SIGNAL");
	check_mistake(WORDS("minit", "-r", "TERM:65", "prog"), "-r", "TERM:65", "is not SIGNAL:SIGNAL");
	check_mistake(WORDS("minit", "-r", "0:TERM", "prog"), "-r", "0:TERM", "is not SIGNAL:SIGNAL");
	check_mistake(WORDS("minit", "--a-name-that-is-much-longer-than-the-room-for-it", "prog"), "--a-name-that-is-much-longer-t", "",
		      "unknown option");
}

static void a_name_brings_its_letters_and_defaults(void **state)
{
	(void)state;
	options_begin(&o, "/usr/bin/minit");
	assert_int_equal(o.persona, PERSONA_MINIT);
	assert_true(option_on(&o, OPTION_subreaper) && !option_on(&o, OPTION_own_group));
	options_begin(&o, "/sbin/docker-init");
	assert_int_equal(o.persona, PERSONA_TINI);
	assert_true(option_on(&o, OPTION_own_group) && !option_on(&o, OPTION_subreaper));
	options_begin(&o, "dumb-init");
	assert_int_equal(o.persona, PERSONA_DUMB_INIT);
	assert_true(option_on(&o, OPTION_session));
	assert_int_equal(read_words(WORDS("dumb-init", "--single-child", "prog")), 2);
	assert_false(option_on(&o, OPTION_session));
	check_mistake(WORDS("dumb-init", "-g", "prog"), "-g", "", "unknown option");
	check_mistake(WORDS("tini", "-c", "prog"), "-c", "", "unknown option");
	assert_int_equal(read_words(WORDS("catatonit", "-P")), 2);
	assert_true(option_on(&o, OPTION_pause));
	options_begin(&o, "minitini");
	assert_int_equal(o.persona, PERSONA_MINIT);
	options_begin(&o, NULL);
	assert_int_equal(o.persona, PERSONA_MINIT);
}

static void each_option_has_a_variable(void **state)
{
	(void)state;
	options_begin(&o, "minit");
	assert_true(variable("MINIT_GROUP=1") && option_on(&o, OPTION_group));
	assert_true(variable("MINIT_GROUP=off") && !option_on(&o, OPTION_group));
	assert_true(variable("MINIT_ALL=true") && option_on(&o, OPTION_all));
	assert_true(variable("MINIT_STOP_DELAY=10s"));
	assert_int_equal(o.stop_delay_ms, 10000);
	assert_true(variable("MINIT_VERBOSE=3"));
	assert_int_equal(o.verbose, 3);
	assert_true(variable("MINIT_REWRITE=TERM:INT"));
	assert_int_equal(options_rewritten(&o, SIGTERM), SIGINT);
	assert_true(variable("MINIT_SINGLE_CHILD=yes") && !option_on(&o, OPTION_all));
	assert_true(variable("MINIT_SOCKET=/x") && variable("MINIT_=1") && variable("MINIT_HELP=1") && variable("PATH=/bin"));
	assert_int_equal(o.say, OPTION_COUNT);
	assert_false(variable("MINIT_GROUP=maybe"));
	assert_string_equal(mistake.name, "MINIT_GROUP");
	assert_string_equal(mistake.value, "maybe");
	assert_false(variable("MINIT_GRACE=x"));
}

static void a_name_has_its_own_variables(void **state)
{
	(void)state;
	options_begin(&o, "tini");
	assert_true(variable("TINI_SUBREAPER=") && option_on(&o, OPTION_subreaper));
	assert_true(variable("TINI_KILL_PROCESS_GROUP=0") && option_on(&o, OPTION_group));
	assert_true(variable("TINI_VERBOSITY=1") && !o.verbose);
	assert_true(variable("TINI_VERBOSITY=3") && o.verbose);
	assert_true(variable("MINIT_ALL=1") && !option_on(&o, OPTION_all));
	options_begin(&o, "dumb-init");
	assert_true(variable("DUMB_INIT_SETSID=0") && !option_on(&o, OPTION_session));
	assert_true(variable("DUMB_INIT_DEBUG=1") && o.verbose);
	options_begin(&o, "minit");
	assert_true(variable("TINI_KILL_PROCESS_GROUP=") && !option_on(&o, OPTION_group));
}

static void what_only_says_something_is_left_to_the_tool(void **state)
{
	(void)state;
	assert_true(options_is_one("-g") && options_is_one("-e143") && options_is_one("--grace=1s") && options_is_one("--all"));
	assert_false(options_is_one("-h") || options_is_one("-V") || options_is_one("--version") || options_is_one("--help"));
	assert_false(options_is_one("--socket") || options_is_one("prog") || options_is_one("-"));
}

static char *manual(void)
{
	static char text[65536];
	FILE *f = fopen("docs/minit.8", "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static void the_manual_has_every_option(void **state)
{
	const char *text = manual();
	char entry[64];

	(void)state;
	for (int id = 0; id < OPTION_COUNT; id++) {
		char letter = option_letter((enum option)id, PERSONA_MINIT);
		size_t len = 0;

		if (letter)
			len = (size_t)snprintf(entry, sizeof(entry), ".It Fl %c , Fl -", letter);
		else
			len = (size_t)snprintf(entry, sizeof(entry), ".It Fl -");
		snprintf(entry + len, sizeof(entry) - len, "%s", option_long((enum option)id));
		for (char *p = entry + len; (p = strchr(p, '-')); p += 2) {
			memmove(p + 1, p, strlen(p) + 1); /* \- in the manual */
			*p = '\\';
		}
		if (!strstr(text, entry))
			fail_msg("docs/minit.8 has no '%s'", entry);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
		T(the_program_is_the_first_word_that_is_no_option),
		T(letters_may_stand_together),
		T(long_options_take_their_value_either_way),
		T(signals_are_rewritten),
		T(exit_statuses_add_up),
		T(what_is_wrong_is_said),
		T(a_name_brings_its_letters_and_defaults),
		T(each_option_has_a_variable),
		T(a_name_has_its_own_variables),
		T(what_only_says_something_is_left_to_the_tool),
		T(the_manual_has_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
