#include "wrap/options.h"

#include <string.h>

#include "wrap/values.h"

#define LONG_MAX_LENGTH 14
#define NAME_MAX_LENGTH 12
#define VARIABLE_MAX_LENGTH 26

/* Texts are arrays of one size: a list of pointers would have to be relocated. */
static const char longs[][LONG_MAX_LENGTH] = {
#define OPTION(id, letters, long, ...) long,
#include "wrap/options.def"
#undef OPTION
};

static const char letters[] =
#define OPTION(id, letters, ...) letters
#include "wrap/options.def"
#undef OPTION
	;

_Static_assert(sizeof(letters) == OPTION_COUNT * PERSONA_COUNT + 1, "a letter of each option for each name");

enum kind { FLAG, LEVEL, SIGNAL, CODES, REWRITES, TIME, SAY };

static const uint8_t kinds[] = {
#define OPTION(id, letters, long, kind, ...) kind,
#include "wrap/options.def"
#undef OPTION
};

const char *option_long(enum option id)
{
	return longs[id];
}

char option_letter(enum option id, enum persona persona)
{
	char c = letters[(unsigned)id * PERSONA_COUNT + persona];

	return c == '.' ? '\0' : c;
}

static enum option by_letter(char c, enum persona persona)
{
	int id = 0;

	while (id < OPTION_COUNT && (c == '.' || letters[id * PERSONA_COUNT + (int)persona] != c))
		id++;
	return (enum option)id;
}

/* The first len bytes of name are the option's; variables are written in capitals. */
static bool is_long(const char *name, size_t len, const char *option, bool capitals)
{
	for (size_t i = 0; i < len; i++, option++) {
		char c = *option;

		if (capitals && c)
			c = c == '-' ? '_' : (char)(c & ~0x20);
		if (name[i] != c)
			return false;
	}
	return !*option;
}

static enum option by_long(const char *name, size_t len, bool capitals)
{
	int id = 0;

	while (id < OPTION_COUNT && !is_long(name, len, longs[id], capitals))
		id++;
	return (enum option)id;
}

/* -- what an option does ----------------------------------------------------------------------- */

#define BIT(id) (1u << OPTION_##id)

static void switch_flag(struct wrap_options *o, enum option id, bool on)
{
	if (on)
		o->on |= 1u << id;
	else
		o->on &= ~(1u << id);
	if (id == OPTION_single_child && on)
		o->on &= ~(BIT(group) | BIT(session) | BIT(own_group) | BIT(all));
}

static const char *take_time(struct wrap_options *o, enum option id, const char *value)
{
	int64_t *into = id == OPTION_grace ? &o->grace_ms : id == OPTION_timeout ? &o->timeout_ms : &o->stop_delay_ms;

	o->on |= 1u << id;
	return value_time(value, into);
}

/* NULL, or what value is not. */
static const char *take_value(struct wrap_options *o, enum option id, const char *value)
{
	switch ((enum kind)kinds[id]) {
	case SIGNAL: return value_signal(value, &o->parent_death);
	case CODES: return value_codes(value, o->ok);
	case REWRITES: return value_rewrites(value, o->rewrite);
	default: return take_time(o, id, value);
	}
}

static void take_bare(struct wrap_options *o, enum option id)
{
	if (kinds[id] == LEVEL)
		o->verbose = (uint8_t)MIN(o->verbose + 1, 9);
	else if (kinds[id] == SAY)
		o->say = (uint8_t)id;
	else
		switch_flag(o, id, true);
}

static bool has_value(enum option id)
{
	return kinds[id] == SIGNAL || kinds[id] == CODES || kinds[id] == REWRITES || kinds[id] == TIME;
}

static bool wrong(struct mistake *m, const char *name, size_t len, const char *value, const char *what)
{
	struct buf b = { .data = m->name, .size = sizeof(m->name) - 1 };

	m->value = value;
	m->what = what;
	buf_add(&b, name, MIN(len, b.size));
	buf_text(&b);
	return false;
}

/* -- names ------------------------------------------------------------------------------------- */

static const struct {
	char name[NAME_MAX_LENGTH];
	uint8_t persona;
} called[] = {
#define PERSONA(...)
#define CALLED(name, id) { name, PERSONA_##id },
#include "wrap/personas.def"
#undef PERSONA
#undef CALLED
};

static const uint32_t defaults[] = {
#define SET(id) BIT(id)
#define PERSONA(id, set, version) set,
#define CALLED(...)
#include "wrap/personas.def"
#undef PERSONA
#undef CALLED
#undef SET
};

static enum persona persona_of(const char *name)
{
	for (const char *p = name; *p; p++)
		if (*p == '/')
			name = p + 1;
	for (size_t i = 0; i < ARRAY_LEN(called); i++)
		if (!strcmp(name, called[i].name))
			return called[i].persona;
	return PERSONA_MINIT;
}

void options_begin(struct wrap_options *o, const char *name)
{
	*o = (struct wrap_options){ .say = OPTION_COUNT };
	o->persona = (uint8_t)(name ? persona_of(name) : PERSONA_MINIT);
	o->on = defaults[o->persona];
}

/* -- variables --------------------------------------------------------------------------------- */

static bool own_variable(struct wrap_options *o, const char *variable, const char *name, struct mistake *m)
{
	size_t len = strcspn(name, "=");
	const char *value = name + len + 1, *what = NULL;
	enum option id = name[len] ? by_long(name, len, true) : OPTION_COUNT;
	int on;

	if (id == OPTION_COUNT || kinds[id] == SAY)
		return true;
	if (kinds[id] == FLAG) {
		on = value_truth(value);
		switch_flag(o, id, on > 0);
		what = on < 0 ? "is neither 1 nor 0" : NULL;
	} else if (kinds[id] == LEVEL) {
		what = value_level(value, &o->verbose);
	} else if (*value) {
		what = take_value(o, id, value);
	}
	return what ? wrong(m, variable, strcspn(variable, "="), value, what) : true;
}

enum holds { PRESENT, ONE, NOT_ZERO, NUMBER };

static const struct {
	char name[VARIABLE_MAX_LENGTH];
	uint8_t persona, holds, id;
} foreign[] = {
#define VARIABLE(name, persona, holds, id) { name "=", PERSONA_##persona, holds, OPTION_##id },
#include "wrap/variables.def"
#undef VARIABLE
};

/* tini takes 1 for what it says by itself. */
static void take_level(struct wrap_options *o, enum holds holds, const char *value)
{
	uint8_t level = 0;

	if (holds != NUMBER)
		o->verbose = holds == PRESENT || !strcmp(value, "1");
	else if (!value_level(value, &level) && level > 1)
		o->verbose = (uint8_t)(level - 1);
}

static void foreign_variable(struct wrap_options *o, const char *variable)
{
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
		const char *value = behind(variable, foreign[i].name);

		if (foreign[i].persona != o->persona || !value)
			continue;
		if (foreign[i].id == OPTION_verbose)
			take_level(o, foreign[i].holds, value);
		else
			switch_flag(o, foreign[i].id, foreign[i].holds == PRESENT || strcmp(value, "0"));
	}
}

bool options_variable(struct wrap_options *o, const char *variable, struct mistake *ret_mistake)
{
	const char *name;

	if (o->persona != PERSONA_MINIT) {
		foreign_variable(o, variable);
		return true;
	}
	name = behind(variable, "MINIT_");
	return name ? own_variable(o, variable, name, ret_mistake) : true;
}

/* -- words ------------------------------------------------------------------------------------- */

/* --name, --name=value, --name value. Returns how many words it took, 0 for a mistake. */
static int read_long(struct wrap_options *o, char **words, struct mistake *m)
{
	const char *word = words[0];
	size_t len = strcspn(word, "=");
	const char *value = word[len] ? word + len + 1 : words[1], *what;
	enum option id = by_long(word + 2, len - 2, false);

	if (id == OPTION_COUNT)
		return wrong(m, word, strlen(word), NULL, "unknown option");
	if (!has_value(id) && word[len])
		return wrong(m, word, len, NULL, "it takes no value");
	if (!has_value(id)) {
		take_bare(o, id);
		return 1;
	}
	if (!value)
		return wrong(m, word, len, NULL, "its value is missing");
	what = take_value(o, id, value);
	if (what)
		return wrong(m, word, len, value, what);
	return word[len] ? 1 : 2;
}

/* -g, -gvv, -e 143, -e143. */
static int read_letters(struct wrap_options *o, char **words, struct mistake *m)
{
	for (const char *p = words[0] + 1; *p; p++) {
		const char name[2] = { '-', *p }, *value = p[1] ? p + 1 : words[1], *what;
		enum option id = by_letter(*p, o->persona);

		if (id == OPTION_COUNT)
			return wrong(m, name, 2, NULL, "unknown option");
		if (!has_value(id)) {
			take_bare(o, id);
			continue;
		}
		if (!value)
			return wrong(m, name, 2, NULL, "its value is missing");
		what = take_value(o, id, value);
		if (what)
			return wrong(m, name, 2, value, what);
		return p[1] ? 1 : 2;
	}
	return 1;
}

int options_read(struct wrap_options *o, char **argv, struct mistake *ret_mistake)
{
	int at = argv[0] ? 1 : 0, taken;

	while (argv[at] && argv[at][0] == '-' && argv[at][1]) {
		if (!strcmp(argv[at], "--"))
			return at + 1;
		taken = (argv[at][1] == '-' ? read_long : read_letters)(o, argv + at, ret_mistake);
		if (!taken)
			return -1;
		at += taken;
	}
	return at;
}

bool options_is_one(const char *word)
{
	enum option id;

	if (word[0] != '-')
		return false;
	id = word[1] == '-' ? by_long(word + 2, strcspn(word + 2, "="), false) : by_letter(word[1], PERSONA_MINIT);
	return id != OPTION_COUNT && kinds[id] != SAY;
}

int options_rewritten(const struct wrap_options *o, int sig)
{
	return o->rewrite[sig] ? o->rewrite[sig] - 1 : sig;
}
