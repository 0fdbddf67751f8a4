/* What depends on whether a key of keys_privileges.def was given. */
#include <linux/securebits.h>

#include "services/compile.h"

static const struct {
	uint8_t id; /* enum key_id */
	uint8_t bit; /* enum given */
} marks[] = {
	{ KEY_NICE, GIVEN_NICE },       { KEY_OOM_SCORE_ADJ, GIVEN_OOM_SCORE_ADJ },
	{ KEY_KEYRING, GIVEN_KEYRING }, { KEY_PATHS_READ, GIVEN_PATHS },
	{ KEY_PATHS_WRITE, GIVEN_PATHS }, { KEY_PORTS_BIND, GIVEN_BIND },
	{ KEY_PORTS_CONNECT, GIVEN_CONNECT }, { KEY_COREDUMP_FILTER, GIVEN_DUMP_FILTER },
	{ KEY_GROUPS, GIVEN_GROUPS },
};

_Static_assert(KEY_COUNT <= UINT8_MAX, "a key has a number of 8 bits");

/* A terminal is all three streams: minit has nothing to drain. */
static void finish_tty(struct compile *c, struct service_spec *spec, const struct draft *d)
{
	const struct toml *output = d->nodes[KEY_OUTPUT] ? d->nodes[KEY_OUTPUT] : d->nodes[KEY_OUTPUT_FILE];

	if (!d->nodes[KEY_TTY])
		return;
	if (output)
		refuse(c, output, "%s: output: goes to the terminal that tty names; remove one of the two", d->title);
	spec->output = OUTPUT_INHERIT;
	spec->output_at = 0;
}

static void check_securebits(struct compile *c, const struct draft *d)
{
	if (d->confine->privileges.securebits & SECBIT_KEEP_CAPS)
		refuse(c, given(c, d, KEY_SECUREBITS), "%s: securebits: \"keep-caps\" does not outlast the exec of the "
		       "program; remove it, and name what it is to keep in caps", d->title);
}

void privileges_finish(struct compile *c, struct service_spec *spec, const struct draft *d)
{
	struct privileges_spec *p = &d->confine->privileges;

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (given(c, d, marks[i].id))
			p->given |= marks[i].bit;
	if (!(p->given & GIVEN_KEYRING))
		p->keyring = spec->namespaces ? KEYRING_PRIVATE : KEYRING_INHERIT;
	finish_tty(c, spec, d);
	check_securebits(c, d);
}

void privileges_keep(struct confine_spec *confine)
{
	confine->no_new_privs = 0;
	confine->privileges.caps = (struct caps_spec){ .set = { CAPS_ALL }, .form = CAPS_LIST };
}
