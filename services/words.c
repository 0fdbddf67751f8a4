/* States, events, steps and ends in words. */
#include <signal.h>

#include "lib/signame.h"
#include "net/net.h"
#include "services/calm.h"
#include "services/depend.h"
#include "services/launch.h"
#include "services/leaf.h"
#include "services/online.h"
#include "services/settle.h"

static const char *const state_names[] = {
	[STATE_DOWN] = "down",         [STATE_WAITING] = "waiting",   [STATE_STARTING] = "starting",
	[STATE_UP] = "up",             [STATE_STOPPING] = "stopping", [STATE_DRAINING] = "draining",
	[STATE_BACKOFF] = "backoff",   [STATE_FAILED] = "failed",     [STATE_DONE] = "done",
};
_Static_assert(ARRAY_LEN(state_names) == STATE_COUNT, "a state without a name");

frequent const char *state_name(enum state state)
{
	return state < STATE_COUNT ? state_names[state] : "unknown";
}

frequent const char *event_name(enum event event)
{
	static const char *const names[] = {
#define EVENT(name, words) words,
#include "services/events.def"
#undef EVENT
	};

	return event < EVENT_COUNT ? names[event] : "unknown";
}

const char *step_words(enum step step)
{
	static const char *const words[] = {
		"clone",
#define STEP(id, text) text,
#include "services/steps.def"
#undef STEP
		"calm",
	};

	return step < STEP_COUNT ? words[step] : "unknown";
}

static void put_signal(int sig, struct buf *b)
{
	buf_str(b, "killed by ");
	signal_put(b, sig);
	if (sig == SIGSYS)
		buf_str(b, " for a system call that seccomp forbids");
}

static void put_ending(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	const struct life *life = &service_at(sv, index)->life;

	if (life->asked && (life->ending == ENDING_EXIT || life->ending == ENDING_SIGNAL)) {
		buf_str(b, life->killed ? "stopped by SIGKILL" : "stopped");
		return;
	}
	switch ((enum ending)life->ending) {
	case ENDING_NONE: break;
	case ENDING_EXIT: buf_fmt(b, "exit %d", life->status); break;
	case ENDING_SIGNAL: put_signal(life->status, b); break;
	case ENDING_OOM: buf_str(b, "out of memory: killed in its leaf"); break;
	case ENDING_SPAWN: failure_put(sv, index, b); break;
	case ENDING_OVERDUE: buf_str(b, "not ready within start_timeout"); break;
	}
}

static const char *link_lacks(const struct supervisor *sv, uint32_t i)
{
	if (!(sv->state->links_done >> i & 1))
		return "it is not set up";
	if (!(sv->state->links_carrier >> i & 1))
		return "no carrier";
	return table_link(sv->table, i)->flags & NET_LINK_DHCP && !(sv->state->links_leased >> i & 1) ?
		       "no lease yet" : "no lease by DHCPv6 yet";
}

/* The first of the links that it waits for. */
static void put_link(const struct supervisor *sv, uint64_t links, struct buf *b)
{
	uint32_t i = (uint32_t)__builtin_ctzll(links);

	if (i < sv->table->links.count)
		buf_fmt(b, "waiting for link %s: %s", table_link(sv->table, i)->name, link_lacks(sv, i));
}

/* The first of the ports that do not pass packets, be they another's that it joins. */
static const char *waits_for(const struct supervisor *sv, uint32_t index)
{
	uint32_t owner = table_network_owner(sv->table, index), n = 0;
	const struct net_attach *at = &spec_at(sv, owner)->attach;

	while (at && !(service_at(sv, owner)->handles.settle.waits & net_waits(at, NET_PORT | NET_INSIDE)))
		at = table_attach(sv->table, spec_at(sv, owner), ++n);
	return at ? at->peer : spec_at(sv, owner)->attach.peer;
}

static void put_waiting(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	int last = service_blocker(sv, index), first = last < 0 ? depend_unmet(sv, index) : depend_missing(sv, index);

	if (first < 0 && online_unmet(sv, index))
		put_link(sv, online_unmet(sv, index), b);
	else if (first < 0 && settle_waits(sv, index))
		buf_fmt(b, "waiting for its network: %s does not pass packets yet", waits_for(sv, index));
	else if (first < 0 && service_at(sv, index)->handles.flags & HANDLE_HELD)
		buf_str(b, "waiting for the new table (minit reload)");
	else if (first < 0 && service_at(sv, index)->life.pressed)
		calm_put(sv, index, b);
	if (first < 0)
		return;
	buf_fmt(b, "waiting for %s", service_name(sv, (uint32_t)first));
	if (last >= 0 && last != first)
		buf_fmt(b, ", and that in the end for %s", service_name(sv, (uint32_t)last));
	last = last < 0 ? first : last;
	buf_fmt(b, " (%s)", state_name(service_at(sv, (uint32_t)last)->life.state));
}

static void put_paused(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	unsigned pressure = service_at(sv, index)->handles.paused_for;

	if (pressure)
		buf_fmt(b, "paused for too much pressure of %s", pressure_name(pressure - 1));
	else
		buf_str(b, "paused by hand");
}

void service_why(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	const struct life *life = &service_at(sv, index)->life;

	if (life->state == STATE_WAITING)
		put_waiting(sv, index, b);
	else if (leaf_is_paused(sv, index))
		put_paused(sv, index, b);
	else if (life->state != STATE_UP && life->state != STATE_STARTING && life->state != STATE_STOPPING)
		put_ending(sv, index, b);
}
