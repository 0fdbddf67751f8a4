/* The new program, which is asked (init/probe.h). */
#include <errno.h>
#include <unistd.h>

#include "init/probe.h"
#include "lib/enabled.h"
#include "lib/fd.h"
#include "lib/text.h"

/* It could read all of it, and would let go what it has no code for: the control socket, rules, leaves. */
static bool lacks_option(const struct statefile *state, const struct table *t)
{
	return (!ENABLED(CONFIG_MACHINE) && state->mode == MODE_MACHINE) ||
	       (!ENABLED(CONFIG_CONTROL) && state->control_fd >= 0) ||
	       (!ENABLED(CONFIG_CGROUP) && (state->cgroup.v2 >= 0 || !state->cgroup.err)) ||
	       (!ENABLED(CONFIG_OUTPUT) && t->outputs) ||
	       (!ENABLED(CONFIG_NET_BRIDGE) && (t->bridges.count || t->links.count)) ||
	       (!ENABLED(CONFIG_NET_NAT) && t->ruleset.count);
}

/* As run_resume would, without a change to anything. */
static int try(const char *word)
{
	struct statefile *state;
	const struct table *table;
	uint64_t fd;
	int err = text_u64(word, &fd);

	state = err ? NULL : state_map((int)fd, &err);
	table = state ? table_map(state->table_fd, &err) : NULL;
	if (!table)
		return err;
	return lacks_option(state, table) ? -EOPNOTSUPP : 0;
}

int probe_main(const char *word)
{
	struct probe_answer answer = { PROBE_MAGIC, PROBE_READ, try(word) };

	return fd_write_all(STDOUT_FILENO, &answer, sizeof(answer)) ? 1 : 0;
}
