/* What the wrapper was told: by its name, by variables, by options. */
#ifndef WRAP_OPTIONS_H
#define WRAP_OPTIONS_H

#include "lib/buf.h"
#include "lib/signame.h"

enum persona {
#define PERSONA(id, ...) PERSONA_##id,
#define CALLED(...)
#include "wrap/personas.def"
#undef PERSONA
#undef CALLED
	PERSONA_COUNT
};

enum option {
#define OPTION(id, ...) OPTION_##id,
#include "wrap/options.def"
#undef OPTION
	OPTION_COUNT,
	/* What a name brings with it, and no option says: the program leads a group, and signals go to it alone. */
	OPTION_own_group = OPTION_COUNT,
};

struct wrap_options {
	uint8_t persona;       /* enum persona */
	uint8_t verbose;
	uint8_t parent_death;  /* a signal, or 0 */
	uint8_t say;           /* the option of kind SAY, or OPTION_COUNT */
	uint32_t on;           /* bits of enum option: flags that are set, times that were given */
	uint8_t rewrite[SIGNAL_MAX + 1]; /* 0: passed on as it is; else 1 + what it becomes, 0 for none */
	uint32_t ok[8];        /* bits: exit statuses that become 0 */
	int64_t grace_ms, stop_delay_ms, timeout_ms;
};

/* What is wrong with a word or a variable: `NAME: "VALUE" WHAT`, or without VALUE `NAME: WHAT`. */
struct mistake {
	char name[32]; /* the option as it was written; "" for the command as a whole */
	const char *value, *what;
};

/* What is behind prefix in text, or NULL when it does not begin so. */
static inline const char *behind(const char *text, const char *prefix)
{
	while (*prefix)
		if (*text++ != *prefix++)
			return NULL;
	return text;
}

static inline bool option_on(const struct wrap_options *o, enum option id)
{
	return o->on >> id & 1;
}

/* The defaults of the name that argv[0] ends with. */
void options_begin(struct wrap_options *o, const char *name);

/* One variable of the environment, NAME=VALUE; those that are not ours are passed over. */
must_check bool options_variable(struct wrap_options *o, const char *variable, struct mistake *ret_mistake);

/*
 * The options of argv, argv[1] the first word. Returns the index of the first
 * word behind them (the program, or the NULL that ends argv), or -1 for a mistake.
 */
must_check int options_read(struct wrap_options *o, char **argv, struct mistake *ret_mistake);

/* True when word is an option that asks minit to run a program: not one that only makes it say something. */
bool options_is_one(const char *word);

/* What is passed on in place of sig; 0 for none. */
int options_rewritten(const struct wrap_options *o, int sig);

/* The option's texts. */
const char *option_long(enum option id);
char option_letter(enum option id, enum persona persona);

#endif
