/* docs/minit.8 against the lists it describes: verbs.def, signals.def, states.def. Run in the repository's folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

static char page[65536];

static int load(void **data)
{
	FILE *f = fopen("docs/minit.8", "r");
	size_t n;

	(void)data;
	if (!f)
		return -1;
	n = fread(page, 1, sizeof(page) - 1, f);
	page[n] = '\0';
	return fclose(f);
}

/* The text from one line to another, in memory of its own. */
static char *part(const char *from, const char *to)
{
	const char *at = strstr(page, from), *end = at ? strstr(at + 1, to) : NULL;

	assert_non_null(at);
	assert_non_null(end);
	return strndup(at, (size_t)(end - at));
}

static const struct {
	const char *word, *arguments, *details;
} verbs[] = {
#define VERB(word, option, main, answer, who, arguments, summary, details) { #word, arguments, details },
#include "init/verbs.def"
#undef VERB
};

static void each_verb_has_an_entry(void **data)
{
	char *all = part("\n.Sh VERBS\n", "\n.Sh OPTIONS\n");
	unsigned entries = 0;

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		char item[64];
		const char *at;

		snprintf(item, sizeof(item), "\n.It Cm %s", verbs[i].word);
		at = strstr(all, item);
		if (!at || !strchr(" \n", at[strlen(item)]))
			fail_msg("docs/minit.8 has no entry for %s", verbs[i].word);
	}
	for (const char *at = all; (at = strstr(at, "\n.It Cm ")); at++)
		entries++;
	assert_int_equal(entries, ARRAY_LEN(verbs));
	free(all);
}

/* Every --option of `text` is Fl -option in the entry. */
static void look_for_options(const char *word, const char *text, const char *entry)
{
	for (const char *at = text; (at = strstr(at, "--")); at += 2) {
		char flag[32];

		snprintf(flag, sizeof(flag), "Fl -%.*s", (int)strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-"), at + 2);
		if (!strstr(entry, flag))
			fail_msg("docs/minit.8 does not have %s of %s", flag, word);
	}
}

static void each_option_of_a_verb_is_in_its_entry(void **data)
{
	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		char item[64], *entry;
		char *end;

		snprintf(item, sizeof(item), "\n.It Cm %s", verbs[i].word);
		entry = strdup(strstr(page, item));
		end = strstr(entry + 1, "\n.It Cm ");
		if (end)
			*end = '\0';
		look_for_options(verbs[i].word, verbs[i].arguments, entry);
		look_for_options(verbs[i].word, verbs[i].details, entry);
		free(entry);
	}
}

static void each_signal_is_in_the_table(void **data)
{
	static const char *const names[] = {
#define SIGNAL(number, ...) #number,
#include "init/signals.def"
#undef SIGNAL
	};
	char *table = part("\n.Sh SIGNALS\n", "\n.Sh ENVIRONMENT\n");

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char name[32];
		int n;

		snprintf(name, sizeof(name), "%s", names[i]);
		if (sscanf(names[i], "SIGNAL_RTMIN + %d", &n) == 1)
			snprintf(name, sizeof(name), "SIGRTMIN+%d", n);
		if (!strstr(table, name))
			fail_msg("docs/minit.8 does not have %s", name);
	}
	free(table);
}

static size_t cell_width(const char *cell, const char *end)
{
	if (!strncmp(cell, "Dv ", 3) || !strncmp(cell, "Em ", 3))
		cell += 3;
	return (size_t)(end - cell);
}

/* What is wider than its column runs into the next one. The widths are those of the cells that .Bl names. */
static void the_table_of_signals_fits_its_columns(void **data)
{
	char *table = part("\n.Sh SIGNALS\n", "\n.Sh ENVIRONMENT\n"), *save = NULL;
	size_t widths[3] = { 0 }, rows = 0;

	(void)data;
	for (char *line = strtok_r(table, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, ".Bl -column ", 12))
			for (size_t i = 0, at = 12, len; i < 3; i++, at += len + 3)
				widths[i] = len = strcspn(line + at + 1, "\"");
		if (strncmp(line, ".It ", 4))
			continue;
		rows++;
		for (size_t i = 0; i < 3; i++) {
			char *cell = i ? strstr(line, " Ta ") + 4 : line + 4, *end = strstr(cell, " Ta ");

			if (cell_width(cell, end ? end : strchr(cell, '\0')) > widths[i])
				fail_msg("docs/minit.8: \"%s\" is wider than its column", cell);
			line = cell;
		}
	}
	assert_true(rows > 10);
	free(table);
}

static void each_state_is_explained(void **data)
{
	static const char *const names[] = {
#define STATE(name, ...) #name,
#include "services/states.def"
#undef STATE
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char quoted[32] = ".Ql ";

		for (size_t k = 0; names[i][k]; k++)
			quoted[4 + k] = (char)(names[i][k] | 0x20);
		if (!strstr(page, quoted))
			fail_msg("docs/minit.8 does not have %s", quoted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verb_has_an_entry),
		cmocka_unit_test(each_option_of_a_verb_is_in_its_entry),
		cmocka_unit_test(each_signal_is_in_the_table),
		cmocka_unit_test(the_table_of_signals_fits_its_columns),
		cmocka_unit_test(each_state_is_explained),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
