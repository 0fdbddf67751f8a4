/* `minit why NAME`: why a service is as it is. Who waits is followed to whom it waits for, as the cause is there. */
#include <string.h>

#include "init/drops.h"
#include "init/look_net.h"
#include "init/options.h"
#include "init/rows.h"
#include "init/say.h"
#include "init/status.h"
#include "init/verbs.h"
#include "lib/text.h"

/* network: what is not as asked of it. */
static void say_what(const struct row *row, unsigned depth, const struct buf *network)
{
	BUF_ON_STACK(line, 640);
	size_t from;

	buf_fmt(&line, "%*s%s: %s", (int)depth * 2, "", row->name, row->state);
	if (row->since_ms >= 0) {
		buf_str(&line, " for ");
		text_put_duration(&line, row->since_ms);
	}
	buf_str(&line, ": ");
	from = line.len;
	row_put_why(row, &line);
	if (line.len == from)
		buf_str(&line, !row->wanted ? "not wanted" : network->len ? "its network is not as asked" :
							    "as it should be");
	say("%s\n", buf_text(&line));
}

/* What a person can do about the end of the chain. */
static void say_cure(const struct row *row, unsigned depth)
{
	BUF_ON_STACK(line, 512);
	bool failed = !strcmp(row->state, state_name(STATE_FAILED));
	bool idle = !strcmp(row->state, state_name(STATE_DOWN)) && !row->wanted;

	if (row->oom_kills > 0 && row->memory_max >= 0) {
		buf_str(&line, "it may have ");
		status_put_limit(&line, (uint64_t)row->memory_max);
		buf_fmt(&line, " of memory; for more: `minit set %s memory.max=SIZE`, and in the table", row->name);
	}
	if (*row->pressed)
		buf_fmt(&line, "it starts when there is less of it; stop or pause what causes it (see "
			"`minit status --watch`), or raise calm.%s in the table", row->pressed);
	if (row->paused)
		buf_fmt(&line, "to let it go on: `minit resume %s`", row->name);
	if (failed || idle)
		buf_fmt(&line, "%s%s: `minit start %s`", line.len ? "; " : "", failed ? "to try again" : "to run it",
			row->name);
	if (line.len)
		say("%*s%s\n", (int)depth * 2 + 2, "", buf_text(&line));
}

/* A line each; the network of who is not up is none of its reasons. */
static void find_network(const struct row *row, struct buf *ret)
{
	buf_reset(ret);
	if (ENABLED(CONFIG_NET_SHOW) && !strcmp(row->state, state_name(STATE_UP)))
		look_network_differs(row->name, ret);
}

static void say_network(const struct buf *network, unsigned depth)
{
	size_t from = 0;

	for (size_t i = 0; i < network->len; i++) {
		if (network->data[i] != '\n')
			continue;
		say("%*s%.*s\n", (int)depth * 2 + 2, "", (int)(i - from), network->data + from);
		from = i + 1;
	}
}

/* The services that wait form no circle: the table would have been refused. */
static int explain(struct rows *rows, char *name)
{
	char next[sizeof(rows->all->blocked)];
	BUF_ON_STACK(network, 8192);
	unsigned depth = 0;

	for (;; depth++, name = next) {
		int status = rows_ask(rows, &name, 1, false);

		if (status || !rows->count)
			return status ? status - 1 : 1;
		find_network(rows->all, &network);
		say_what(rows->all, depth, &network);
		if (!*rows->all->blocked || depth > 100)
			break;
		memcpy(next, rows->all->blocked, sizeof(next));
	}
	say_network(&network, depth);
	say_cure(rows->all, depth);
	if (!strcmp(rows->all->state, state_name(STATE_UP)))
		drops_say_why(rows->all->name, (int)depth * 2 + 2);
	return 0;
}

int why_main(int argc, char **argv)
{
	static struct rows rows;
	int status = 0;

	argc = options_take(argc, argv, NULL, 0);
	if (argc < 2)
		usage_error(argv[0], "it wants the name of a service");
	for (int i = 1; i < argc && !status; i++)
		status = explain(&rows, argv[i]);
	say_flush();
	return status;
}
