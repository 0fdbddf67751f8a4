/* `minit why NAME`: why a service is as it is. Who waits is followed to whom it waits for, as the cause is there. */
#include <string.h>

#include "init/drops.h"
#include "init/isolation.h"
#include "init/look_net.h"
#include "init/options.h"
#include "init/rows.h"
#include "init/say.h"
#include "init/status.h"
#include "init/verbs.h"
#include "lib/text.h"

/* What is not as asked, a line each. */
struct differences {
	char alone_mem[8192], network_mem[8192];
	struct buf alone, network;
};

static const char *without_reason(const struct row *row, const struct differences *d)
{
	if (!row->wanted)
		return "not wanted";
	if (d->alone.len)
		return "it is not as asked";
	return d->network.len ? "its network is not as asked" : "as it should be";
}

static void say_what(const struct row *row, unsigned depth, const struct differences *d)
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
		buf_str(&line, without_reason(row, d));
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

/* What is not up has neither of them for a reason. */
static void find_differences(const struct row *row, struct differences *ret)
{
	buf_init(&ret->alone, ret->alone_mem, sizeof(ret->alone_mem));
	buf_init(&ret->network, ret->network_mem, sizeof(ret->network_mem));
	if (strcmp(row->state, state_name(STATE_UP)) != 0)
		return;
	isolation_differs(row->name, &ret->alone);
	if (ENABLED(CONFIG_NET_SHOW))
		look_network_differs(row->name, &ret->network);
}

static void say_differences(const struct buf *differences, unsigned depth)
{
	size_t from = 0;

	for (size_t i = 0; i < differences->len; i++) {
		if (differences->data[i] != '\n')
			continue;
		say("%*s%.*s\n", (int)depth * 2 + 2, "", (int)(i - from), differences->data + from);
		from = i + 1;
	}
}

/* The services that wait form no circle: the table would have been refused. */
static int explain(struct rows *rows, char *name)
{
	char next[sizeof(rows->all->blocked)];
	struct differences differences;
	unsigned depth = 0;

	for (;; depth++, name = next) {
		int status = rows_ask(rows, &name, 1, false);

		if (status || !rows->count)
			return status ? status - 1 : 1;
		find_differences(rows->all, &differences);
		say_what(rows->all, depth, &differences);
		if (!*rows->all->blocked || depth > 100)
			break;
		memcpy(next, rows->all->blocked, sizeof(next));
	}
	say_differences(&differences.alone, depth);
	say_differences(&differences.network, depth);
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
