#include "init/insight.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/peer.h"
#include "lib/fd.h"
#include "lib/proc.h"
#include "services/changed.h"
#include "services/launch.h"

_Static_assert(INSIGHT_MOST <= PEER_FDS, "one message has room for all");

struct bundle {
	int fds[INSIGHT_MOST];
	size_t count;
	uint32_t which;
};

static void add(struct bundle *b, unsigned which, int fd)
{
	if (fd < 0)
		return;
	b->fds[b->count++] = fd;
	b->which |= 1u << which;
}

static void add_service(const struct supervisor *sv, uint32_t index, struct bundle *b, struct buf *line)
{
	const struct roots_spec *roots = &table_confine(sv->table, spec_at(sv, index))->roots;
	const struct handles *h = &service_at(sv, index)->handles;
	const pid_t joined = roots->join_flags ? service_at(sv, roots->join_service)->handles.pid : 0;

	add(b, INSIGHT_OWN_NET, service_at(sv, table_network_of(sv->table, index))->handles.netns);
	/* Until it is the program there is nothing to be seen of it. */
	buf_fmt(line, "\"index\":%u,\"pid\":%d,\"missing\":%d,", index,
		service_at(sv, index)->life.execed ? h->pid : 0, h->missing);
	buf_fmt(line, "\"joined\":%d,\"behind\":%d,", joined, joined && launch_stays(sv, roots->join_service));
}

/* Whole, or not at all. */
static void add_change(const struct limit_change *c, bool of_group, struct buf *lines)
{
	size_t before = lines->len;

	buf_fmt(lines, "{\"changed\":");
	buf_json(lines, changed_file(c));
	buf_fmt(lines, ",\"to\":");
	buf_json(lines, changed_text(c));
	buf_fmt(lines, ",\"group\":%s}\n", of_group ? "true" : "false");
	if (lines->full)
		lines->len = before;
	lines->full = false;
}

/* A line for each limit that was changed by hand, of the service or of its group. */
static void add_changes(const struct supervisor *sv, uint32_t index, struct buf *lines)
{
	const uint32_t group = table_confine(sv->table, spec_at(sv, index))->leaf.group;

	for (uint32_t i = 0; i < sv->state->change_slots; i++) {
		const struct limit_change *c = &sv->state->changes[i];
		bool of_group = group && c->whose == changed_of_group(group - 1);

		if (of_group || c->whose == changed_of_service(index))
			add_change(c, of_group, lines);
	}
}

int insight_send(const struct supervisor *sv, const struct client *c, uint32_t index)
{
	cleanup_fd int proc = proc_open();
	struct bundle b = { .count = 0 };
	BUF_ON_STACK(line, INSIGHT_LINES);

	buf_char(&line, '{');
	add(&b, INSIGHT_TABLE, sv->state->table_fd);
	add(&b, INSIGHT_PROC, proc);
	add(&b, INSIGHT_V2, sv->state->cgroup.v2);
	add(&b, INSIGHT_NET, sv->state->netns);
	if (index != INSIGHT_NOBODY)
		add_service(sv, index, &b, &line);
	for (unsigned i = 0; i < CGROUP_V1_COUNT; i++)
		add(&b, INSIGHT_V1 + i, sv->state->cgroup.v1[i]);
	buf_fmt(&line, "\"minit\":%d,\"uid\":%u,\"fds\":%u}\n", sv->state->pid, (unsigned)geteuid(), b.which);
	if (index != INSIGHT_NOBODY)
		add_changes(sv, index, &line);
	return peer_send(c->fd, &line, b.fds, b.count, MSG_DONTWAIT);
}
