// links: init/request.c init/request_change.c init/request_list.c init/request_verbs.c
// links: init/control.c init/peer.c init/insight.c init/report.c lib/pressure.c init/field.c lib/buf.c lib/json.c lib/utf8.c lib/addr.c lib/text.c
// links: lib/clock.c lib/fd.c lib/log.c tests/fake/house.c tests/fake/loop.c cgroup/limits.c cgroup/friendly.c
/*
 * The control socket under any bytes in any pieces: byte 0 says what the
 * connection may do and how the input is cut; the rest is what is sent. What
 * comes back is whole lines of JSON, each with one of the known members, and
 * the tool's reader looks at each of them.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/control.h"
#include "init/field.h"
#include "init/exchange.h"
#include "init/probe.h"
#include "init/request.h"
#include "init/shutdown.h"
#include "init/uplinks.h"
#include "tests/fake/house.h"
#include "tests/fake/loop.h"

void shutdown_begin(struct supervisor *sv, enum goal goal, int status)
{
	(void)status;
	assert(goal != GOAL_NONE);
	sv->state->phase = PHASE_STOPPING;
}

int uplinks_lease(struct supervisor *of, const char *name, enum lease lease)
{
	(void)of, (void)name, (void)lease;
	return -ENOENT;
}

bool probe_begin(struct supervisor *of, struct client *c)
{
	(void)of;
	request_refuse(c, "reexec: minit: No such file or directory: minit runs on as it was");
	return false;
}

bool exchange_begin(struct supervisor *of, struct client *c, int table_fd)
{
	(void)of, (void)c, (void)table_fd;
	return false;
}

void probe_tell(const struct supervisor *of, const struct client *c)
{
	(void)of, (void)c;
}

static void rounds(void)
{
	for (int i = 0; loop_round(); i++)
		assert(i < 1000);
}

/* A connection as if accepted, in slot 0. */
static int dial(struct supervisor *sv, bool trusted)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		abort();
	sv->state->clients[0] = (struct client){ .fd = ends[0], .trusted = trusted };
	sv->state->client_slots = 1;
	loop_reset();
	control_watch(sv);
	return ends[1];
}

static void send_pieces(int fd, const uint8_t *data, size_t size, size_t piece)
{
	for (size_t at = 0; at < size; at += piece) {
		(void)!send(fd, data + at, size - at < piece ? size - at : piece, MSG_NOSIGNAL);
		rounds();
	}
}

static void look_at(const char *line)
{
	static const char *const members[] = { "error", "ok", "name", "service", "version", "snapshot",
		"lost", "minit" };
	unsigned known = 0;
	char text[64];

	assert(line[0] == '{' && line[strlen(line) - 1] == '}');
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		known += field_is_there(line, members[i]);
		field_text(line, members[i], text, sizeof(text));
	}
	assert(known > 0);
}

static void hear(int fd)
{
	static char mem[1 << 20];
	size_t len = 0;
	ssize_t n;

	while (rounds(), (n = recv(fd, mem + len, sizeof(mem) - 1 - len, 0)) > 0)
		len += (size_t)n;
	assert(!len || mem[len - 1] == '\n');
	mem[len] = '\0';
	for (char *at = mem, *end; (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		look_at(at);
	}
}

static void look_at_answers(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "web", "db", "log-1", "a_very.long-name@host" };
	struct supervisor *sv;
	int fd;

	sv = house_build(names, 4);
	house_need(0, 1);
	house_move(1, STATE_FAILED);
	sv->on_change = control_change;
	sv->state->mode = data[0] & 1 ? MODE_MACHINE : MODE_CONTAINER;
	fd = dial(sv, data[0] & 2);
	send_pieces(fd, data + 1, size - 1, (size_t)(data[0] >> 3) + 1);
	house_move(2, STATE_UP);
	hear(fd);
	if (data[0] & 4) {
		loop_reset();
		control_watch(sv);
		send_pieces(fd, data + 1, size - 1, size);
	}
	control_close(sv);
	assert(sv->state->clients[0].fd < 0); /* it was taken for a connection at all */
	hear(fd);
	close(fd);
}

/* A verb that no input has come upon yet is asked too, without and with a name. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const asked[] = {
#define VERB(word, ...) #word, #word " web",
#include "init/verbs.def"
#undef VERB
		"isolation",
		"isolation web",
	};
	char line[64];

	(void)argc, (void)argv;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		int len = snprintf(line, sizeof(line), "%c%s\n", 0xff, asked[i]);

		look_at_answers((const uint8_t *)line, (size_t)len);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size)
		look_at_answers(data, size);
	return 0;
}
