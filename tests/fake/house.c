#include "tests/fake/house.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "init/notice.h"
#include "init/rules.h"
#include "lib/fd.h"
#include "lib/proc.h"
#include "services/launch.h"
#include "services/leaf.h"


static struct supervisor house;
static struct table *table;
static char told[4096];
static int held = -1;

/* The order, and two needs for each service. */
#define NEEDS 3
static uint32_t needs_at;

struct service_spec *house_spec(uint32_t index)
{
	return (struct service_spec *)(void *)((char *)table + table->services.at) + index;
}

void house_need(uint32_t index, uint32_t what)
{
	struct list *needs = &house_spec(index)->needs;

	needs->at = needs_at + index * (NEEDS - 1) * (uint32_t)sizeof(uint32_t);
	((uint32_t *)(void *)((char *)table + needs->at))[needs->count++] = what;
}

static void build_table(const char *const *names, uint32_t count)
{
	const uint32_t confine_at = (uint32_t)(sizeof(struct table) + count * sizeof(struct service_spec) + 7) & ~7u;
	size_t specs = confine_at + sizeof(struct confine_spec) - sizeof(struct table), size = sizeof(struct table) + specs;
	uint32_t *order;
	char *at;

	size += count * NEEDS * sizeof(uint32_t);
	for (uint32_t i = 0; i < count; i++)
		size += strlen(names[i]) + 1;
	free(table);
	table = calloc(1, size + 1);
	table->size = (uint32_t)size + 1;
	table->main = -1;
	table->services = (struct list){ sizeof(struct table), count };
	at = (char *)table + sizeof(struct table) + specs;
	order = (uint32_t *)(void *)at;
	table->order = (struct list){ (uint32_t)(at - (char *)table), count };
	needs_at = table->order.at + (uint32_t)(count * sizeof(uint32_t));
	at += count * NEEDS * sizeof(uint32_t);
	for (uint32_t i = 0; i < count; i++)
		order[i] = count - 1 - i;
	for (uint32_t i = 0; i < count; i++) {
		house_spec(i)->name_at = (uint32_t)(at - (char *)table);
		house_spec(i)->attach.bridge = -1;
		house_spec(i)->confine_at = confine_at;
		house_spec(i)->leaf = 1;
		strcpy(at, names[i]);
		at += strlen(at) + 1;
	}
}

static void build_state(uint32_t count)
{
	struct statefile *state = calloc(1, sizeof(struct statefile) + count * sizeof(struct service));

	state->count = count;
	state->pid = 1;
	state->mode = MODE_CONTAINER;
	state->control_fd = -1;
	state->booted = when_now();
	for (size_t i = 0; i < STATE_CLIENTS; i++)
		state->clients[i].fd = -1;
	for (uint32_t i = 0; i < count; i++) {
		state->services[i].life.since = when_now();
		state->services[i].life.deadline = WHEN_NEVER;
	}
	free(house.state);
	house.state = state;
}

static void no_change(struct supervisor *sv, uint32_t index, enum state was)
{
	(void)sv;
	(void)index;
	(void)was;
}

struct supervisor *house_build(const char *const *names, uint32_t count)
{
	build_table(names, count);
	build_state(count);
	house.table = table;
	house.on_change = no_change;
	told[0] = '\0';
	held = -1;
	return &house;
}

struct supervisor *house_build_many(uint32_t count)
{
	static char mem[10000][12];
	static const char *names[10000];

	for (uint32_t i = 0; i < count; i++) {
		snprintf(mem[i], sizeof(mem[i]), "n%u", i);
		names[i] = mem[i];
	}
	return house_build(names, count);
}

void house_hold(uint32_t index)
{
	held = (int)index;
}

void house_move(uint32_t index, enum state next)
{
	struct life *life = &house.state->services[index].life;
	enum state was = life->state;

	life->state = (uint8_t)next;
	life->since = when_now();
	life->starts += next == STATE_STARTING;
	house.state->services[index].handles.pid = next == STATE_UP ? 100 + (int)index : 0;
	house.state->events++;
	house.on_change(&house, index, was);
}

const char *house_told(void)
{
	return told;
}

/* -- what services/ has to offer to the floor above -------------------------------------------- */

void service_event(struct supervisor *sv, uint32_t index, enum event event, int arg)
{
	struct life *life = &sv->state->services[index].life;
	const char *what = event == EVENT_WANT_UP ? "up" : event == EVENT_WANT_DOWN ? "down" : "restart";
	size_t used = strlen(told);

	(void)arg;
	snprintf(told + used, sizeof(told) - used, "%s%s %s", used ? ", " : "", what, service_name(sv, index));
	life->want = event == EVENT_WANT_DOWN ? WANT_DOWN : WANT_UP;
	if (held == (int)index)
		return;
	if (event == EVENT_WANT_UP && (life->state == STATE_DOWN || life->state == STATE_FAILED))
		house_move(index, STATE_STARTING);
	if (event != EVENT_WANT_UP && life->state == STATE_UP)
		house_move(index, STATE_STOPPING);
}

bool service_is_ready(const struct supervisor *sv, uint32_t index)
{
	return sv->state->services[index].life.state == STATE_UP;
}

const char *state_name(enum state state)
{
	static const char *const names[] = { "down",     "waiting", "starting", "up",  "stopping",
					     "draining", "backoff", "failed",   "done" };

	return names[state];
}

int house_blocker = -1;

int service_blocker(const struct supervisor *sv, uint32_t index)
{
	return sv->state->services[index].life.state == STATE_WAITING ? house_blocker : -1;
}

const char *house_why;

void service_why(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	if (house_why)
		buf_str(b, house_why);
	else if (sv->state->services[index].life.state == STATE_FAILED)
		buf_str(b, "exit 1");
	else if (service_blocker(sv, index) >= 0)
		buf_str(b, "blocked");
}

int table_find(const struct table *t, const char *name)
{
	for (uint32_t i = 0; i < t->services.count; i++)
		if (!strcmp(name, table_text(t, table_service(t, i)->name_at)))
			return (int)i;
	return -ENOENT;
}


void cgroup_usage(const struct cgroup_home *home, const char *name, struct cgroup_usage *ret)
{
	(void)home;
	(void)name;
	*ret = (struct cgroup_usage){ .memory = 1200000, .memory_max = 64 << 20, .has_memory = true };
}

int leaf_pause(struct supervisor *sv, uint32_t index, bool paused)
{
	struct handles *h = &service_at(sv, index)->handles;

	if (!spec_at(sv, index)->leaf)
		return -ENOENT;
	h->flags = paused ? HANDLE_PAUSED : 0;
	return 0;
}

void notice_limits(uint32_t index)
{
	(void)index;
}

void rules_change_served(struct supervisor *sv, uint32_t index)
{
	(void)sv, (void)index;
}

int leaf_set(struct supervisor *sv, uint32_t index, const char *file, const char *text, struct buf *why)
{
	(void)sv, (void)index, (void)file;
	if (!strcmp(text, "5 6"))
		return 0;
	buf_str(why, "not that");
	return -EINVAL;
}

int leaf_set_group(struct supervisor *sv, uint32_t group, const char *file, const char *text, struct buf *why)
{
	return leaf_set(sv, group, file, text, why);
}

int proc_open(void)
{
	return fd_open("/proc", O_PATH | O_DIRECTORY);
}

bool launch_has_exited(const struct supervisor *sv, uint32_t index)
{
	(void)sv, (void)index;
	return false;
}

bool launch_stays(const struct supervisor *sv, uint32_t index)
{
	return spec_at(sv, index)->init;
}
