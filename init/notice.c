#include "init/notice.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "init/control.h"
#include "init/loop.h"
#include "init/rules.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/pressure.h"
#include "services/changed.h"
#include "services/launch.h"
#include "services/leaf.h"

/* Before TOPIC_OOM they are enum pressure_of. */
enum topic { TOPIC_OOM = PRESSURES, TOPICS };

static const char *const keys[] = {
	[PRESSURE_CPU] = "pressure.cpu",
	[PRESSURE_MEMORY] = "pressure.memory",
	[PRESSURE_IO] = "pressure.io",
};

/* When an OOM is looked for again that the kernel has spoken of, and how long that goes on: twice as long each time. */
#define LOOK_MS_FIRST 1
#define LOOK_MS_MOST 4096

/*
 * A set for each, though one set would tell which of its members is ready: a pressure trigger says so once
 * (psi_trigger_poll), and that is when the loop asks the set, before we can.
 */
struct notice {
	int32_t fd, set; /* what speaks, and the set that it is alone in */
	bool on;         /* they are there */
	uint32_t kills;  /* OOM kills that are known of */
};

static struct supervisor *house;
static struct notice *all; /* TOPICS for each service: whole pages, which cost nothing until they are used */
static struct when look_at = { INT64_MAX };
static int64_t look_ms;

/* -- who asks for what ------------------------------------------------------------------------------------------ */

static const char *limit_in(uint32_t whose, struct list limits, const char *file)
{
	const struct limit_change *by_hand = changed_find(house->state, whose, file, "");

	return by_hand ? changed_text(by_hand) : changed_limit(house->table, limits, file, "");
}

static const char *limit_of(uint32_t index, const char *file)
{
	return limit_in(changed_of_service(index), spec_at(house, index)->limits, file);
}

static bool is_single(uint32_t index)
{
	const char *group = limit_of(index, "memory.oom.group");

	return group && !strcmp(group, "0");
}

static bool is_bound(const char *memory)
{
	return memory && strcmp(memory, "max") != 0;
}

static bool is_group_bound(uint32_t index)
{
	const struct confine_spec *confine = table_confine(house->table, spec_at(house, index));
	const struct group_spec *group = table_group(house->table, confine);

	return group &&
	       is_bound(limit_in(changed_of_group(confine->leaf.group - 1), group->limits, "memory.max"));
}

/*
 * On v2 the death of the whole leaf tells, unless it is not to die as a whole. Beyond the limits of leaf and group the
 * kernel kills elsewhere too, but then as it likes.
 */
static bool wants_oom(uint32_t index)
{
	if (is_single(index))
		return true;
	return cgroup_oom_is_single(&house->state->cgroup) &&
	       (is_bound(limit_of(index, "memory.max")) || is_group_bound(index));
}

/* What the kernel is to watch for, or NULL. */
static const char *trigger_of(uint32_t index, enum pressure_of topic)
{
	const struct leaf_spec *leaf = &table_confine(house->table, spec_at(house, index))->leaf;
	const uint32_t at[] = {
		[PRESSURE_CPU] = leaf->cpu_pressure_at,
		[PRESSURE_MEMORY] = leaf->memory_pressure_at,
		[PRESSURE_IO] = leaf->io_pressure_at,
	};

	return table_text(house->table, at[topic]);
}

/* -- watching ---------------------------------------------------------------------------------------------------- */

static uint32_t id_of(uint32_t index, unsigned topic)
{
	return index * TOPICS + topic;
}

/* Takes n->fd, which may be an error. */
static int watch(struct notice *n, uint32_t events)
{
	struct epoll_event event = { .events = events };

	if (n->fd < 0)
		return n->fd;
	n->on = true;
	n->set = epoll_create1(EPOLL_CLOEXEC);
	if (n->set < 0 || epoll_ctl(n->set, EPOLL_CTL_ADD, n->fd, &event) < 0)
		return -errno;
	loop_watch(LOOP_NOTICE, (uint32_t)(n - all), n->set, LOOP_READ);
	return 0;
}

static void unwatch(struct notice *n)
{
	if (!n->on)
		return;
	loop_unwatch(LOOP_NOTICE, (uint32_t)(n - all));
	fd_close(&n->set);
	fd_close(&n->fd);
	n->on = false;
}

/* What was killed before it was watched is nobody's news, but for what was heard of before an execution in place. */
static uint32_t known_kills(uint32_t index)
{
	const struct service *s = service_at(house, index);

	return s->handles.flags & HANDLE_OOM ? s->life.oom_kills : (uint32_t)launch_oom_kills(house, index);
}

static void watch_oom(uint32_t index, const char *leaf)
{
	struct notice *n = &all[id_of(index, TOPIC_OOM)];
	uint32_t events = 0;

	unwatch(n);
	if (!wants_oom(index))
		return;
	n->fd = cgroup_watch_oom(&house->state->cgroup, leaf, &events);
	n->kills = known_kills(index);
	if (watch(n, events))
		log_debug(service_name(house, index), "memory: nobody tells when it is out of it");
}

static int watch_pressure(uint32_t index, enum pressure_of topic, const char *leaf)
{
	struct notice *n = &all[id_of(index, topic)];
	const char *trigger = trigger_of(index, topic);

	unwatch(n);
	if (!trigger)
		return 0;
	n->fd = cgroup_watch_pressure(&house->state->cgroup, leaf, pressure_name(topic), trigger);
	return watch(n, EPOLLPRI);
}

static int watch_leaf(struct supervisor *sv, uint32_t index, const char **ret_what)
{
	struct leaf_name name;
	int err = 0;

	if (!has_leaf(sv, index))
		return 0;
	for (enum pressure_of topic = 0; topic < PRESSURES && !err; topic++) {
		*ret_what = keys[topic];
		err = watch_pressure(index, topic, leaf_of(sv, index, &name));
	}
	if (!err)
		watch_oom(index, leaf_of(sv, index, &name));
	return err;
}

void notice_limits(uint32_t index)
{
	struct leaf_name name;

	if (all && has_leaf(house, index))
		watch_oom(index, leaf_of(house, index, &name));
}

/* -- what is done ------------------------------------------------------------------------------------------------ */

/* Who is to leave, and waits for others to go, would be wanted up again by a restart, and a pause would hold these. */
static enum on_pressure what_to_do(uint32_t index)
{
	if (service_at(house, index)->life.asked)
		return PRESSURE_NOTIFY;
	return table_confine(house->table, spec_at(house, index))->leaf.on_pressure;
}

static bool freeze(uint32_t index, enum pressure_of topic)
{
	int err;

	service_at(house, index)->handles.paused_for = (topic + 1) & 3;
	err = leaf_pause(house, index, true);
	if (err)
		log_error(service_name(house, index), -err, "it cannot be paused");
	rules_change_served(house, index);
	return !err;
}

/*
 * Who stands still counts as pressed all the same where memory.high holds it back in the kernel, and who was paused by
 * hand is not to be started again. What is told says how it is by then.
 */
static void on_pressure(uint32_t index, enum pressure_of topic)
{
	enum on_pressure what = what_to_do(index);
	static const char *const words[] = { "", "; restarted", "; paused until `minit resume`" };

	if (leaf_is_frozen(house, index))
		return;
	if (what == PRESSURE_FREEZE && !freeze(index, topic))
		what = PRESSURE_NOTIFY;
	log_warn(service_name(house, index), 0, "too much pressure of %s%s", pressure_name(topic), words[what]);
	control_notice(house, index, keys[topic]);
	if (what == PRESSURE_RESTART)
		service_event(house, index, EVENT_RESTART, 1);
}

/* Should the service go on it was another process than its first one: services/actions.c. */
static void note_single(uint32_t index)
{
	struct handles *h = &service_at(house, index)->handles;

	h->oom_known = all[id_of(index, TOPIC_OOM)].kills;
	h->oom_heard = when_now();
	log_warn(service_name(house, index), 0, "out of memory: a process of it was killed");
}

static void on_oom(uint32_t index)
{
	if (is_single(index))
		note_single(index);
	control_notice(house, index, "oom");
	if (!is_single(index))
		launch_kill(house, index); /* its death will be told */
}

/* Whether the kernel has killed in the leaf since it was asked last. memory.events of v2 changes otherwise, too. */
static bool has_killed(struct notice *n, uint32_t index)
{
	uint32_t known = n->kills, ended = service_at(house, index)->life.oom_kills;

	n->kills = (uint32_t)launch_oom_kills(house, index);
	return n->kills > (ended > n->kills ? known : MAX(known, ended)); /* a leaf that was made anew counts from 0 */
}

static void note_heard(uint32_t index, bool heard)
{
	uint8_t *flags = &service_at(house, index)->handles.flags;

	*flags = heard ? *flags | HANDLE_OOM : *flags & (uint8_t)~HANDLE_OOM;
}

static void look_later(int64_t ms)
{
	house->state->mending |= MENDING_OOM;
	look_ms = ms;
	look_at = when_in(when_now(), ms);
	loop_deadline(look_at);
}

/*
 * v1 speaks before it kills and counts, and to all leaves that are below the limit: so whose process it is shows in the
 * counts, and later.
 */
static void hear_oom(uint32_t index)
{
	if (has_killed(&all[id_of(index, TOPIC_OOM)], index)) {
		on_oom(index);
	} else if (cgroup_oom_is_single(&house->state->cgroup)) {
		note_heard(index, true);
		look_later(LOOK_MS_FIRST);
	}
}

static bool look_again(uint32_t index)
{
	bool killed = has_killed(&all[id_of(index, TOPIC_OOM)], index);

	note_heard(index, !killed && look_ms < LOOK_MS_MOST);
	if (killed)
		on_oom(index);
	return !killed;
}

void notice_settle(void)
{
	bool more = false;

	if (!when_is_never(look_at) && when_before(when_now(), look_at)) {
		loop_deadline(look_at);
		return;
	}
	look_at = WHEN_NEVER;
	house->state->mending &= ~(uint32_t)MENDING_OOM;
	for (uint32_t i = 0; i < house->state->count; i++)
		if (service_at(house, i)->handles.flags & HANDLE_OOM)
			more |= look_again(i);
	if (more && look_ms < LOOK_MS_MOST)
		look_later(look_ms * 2);
}

/* What an eventfd tells it tells until it is read, and it may tell it when the service has ended. */
static bool take(const struct notice *n)
{
	char seen[512];

	return pread(n->fd, seen, sizeof(seen), 0) >= 0 || read(n->fd, seen, sizeof(seen)) >= 0;
}

static void on_notice(uint32_t id, unsigned ready)
{
	struct notice *n = &all[id];
	uint32_t index = id / TOPICS;
	unsigned topic = id % TOPICS;
	struct epoll_event event;

	(void)ready;
	(void)epoll_wait(n->set, &event, 1, 0); /* so that it is quiet again */
	if (topic == TOPIC_OOM && !take(n))
		return;
	if (!service_is_active(service_at(house, index)))
		return;
	if (topic == TOPIC_OOM)
		hear_oom(index);
	else if (service_at(house, index)->life.state == STATE_UP)
		on_pressure(index, topic);
}

/* -- opening ----------------------------------------------------------------------------------------------------- */

void notice_open(struct supervisor *sv)
{
	size_t size = sv->state->count * TOPICS * sizeof(*all);

	house = sv;
	if (!size)
		return;
	all = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED) {
		all = NULL;
		log_error(NULL, errno, "pressure and OOM of services cannot be watched");
		return;
	}
	madvise(all, size, MADV_DONTFORK);
	sv->on_leaf = watch_leaf;
	loop_handler(LOOP_NOTICE, on_notice);
}

static void resume(uint32_t index)
{
	const struct handles *h = &service_at(house, index)->handles;
	const char *what = "";
	int err = h->flags & HANDLE_ANEW ? 0 : watch_leaf(house, index, &what); /* its leaf may not be there yet */

	if (err)
		log_error(service_name(house, index), -err, "%s is no longer watched", what);
	if (h->flags & HANDLE_OOM)
		look_later(LOOK_MS_FIRST);
}

void notice_resume(uint32_t prepared)
{
	for (uint32_t i = 0; all && i < MIN(prepared, house->state->count); i++)
		resume(i);
}
