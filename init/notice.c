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
#include "services/changed.h"
#include "services/launch.h"
#include "services/leaf.h"

enum topic { TOPIC_CPU, TOPIC_MEMORY, TOPIC_IO, TOPIC_OOM, TOPICS };

static const char *const keys[] = { "pressure.cpu", "pressure.memory", "pressure.io" };

static const char *resource_of(unsigned topic)
{
	return strchr(keys[topic], '.') + 1;
}

/*
 * A set for each, though one set would tell which of its members is ready: a pressure trigger says so once
 * (psi_trigger_poll), and that is when the loop asks the set, before we can.
 */
struct notice {
	int32_t fd, set; /* what speaks, and the set that it is alone in; -1: none */
	uint32_t service;
	uint32_t topic; /* enum topic */
	uint64_t told;	/* of TOPIC_OOM on v2: the kernel's count, as it was told of last */
};

static struct supervisor *house;
static struct notice *all;
static uint32_t count;

/* -- who asks for what ------------------------------------------------------------------------------------------ */

static const char *limit_of(uint32_t index, const char *file)
{
	const struct limit_change *by_hand = changed_find(house->state, changed_of_service(index), file, "");
	const struct list list = spec_at(house, index)->limits;
	const struct limit_spec *limits = table_list(house->table, list, struct limit_spec);

	if (by_hand)
		return changed_text(by_hand);
	for (uint32_t i = 0; i < list.count; i++)
		if (!strcmp(table_text(house->table, limits[i].file_at), file))
			return table_text(house->table, limits[i].text_at);
	return NULL;
}

static bool is_single(uint32_t index)
{
	const char *group = limit_of(index, "memory.oom.group");

	return group && !strcmp(group, "0");
}

/* Beyond the leaf's own limit the kernel kills elsewhere too, but then as it likes. */
static bool wants_oom(uint32_t index)
{
	return is_single(index) || limit_of(index, "memory.max");
}

/* What the kernel is to watch for, or NULL. */
static const char *trigger_of(uint32_t index, enum topic topic)
{
	const struct leaf_spec *leaf = &table_confine(house->table, spec_at(house, index))->leaf;
	const uint32_t at[] = { leaf->cpu_pressure_at, leaf->memory_pressure_at, leaf->io_pressure_at };

	return table_text(house->table, at[topic]);
}

static bool wants(uint32_t index, enum topic topic)
{
	if (!spec_at(house, index)->leaf)
		return false;
	return topic == TOPIC_OOM ? wants_oom(index) : trigger_of(index, topic) != NULL;
}

/* -- watching ---------------------------------------------------------------------------------------------------- */

static int watch(struct notice *n, uint32_t events)
{
	struct epoll_event event = { .events = events };

	n->set = epoll_create1(EPOLL_CLOEXEC);
	if (n->set < 0 || epoll_ctl(n->set, EPOLL_CTL_ADD, n->fd, &event) < 0)
		return -errno;
	loop_watch(LOOP_NOTICE, (uint32_t)(n - all), n->set, LOOP_READ);
	return 0;
}

static void unwatch(struct notice *n)
{
	loop_unwatch(LOOP_NOTICE, (uint32_t)(n - all));
	fd_close(&n->set);
	fd_close(&n->fd);
}

/* On v2 the death of the whole leaf tells, unless it is not to die as a whole. */
static int watch_oom(struct notice *n, const char *leaf)
{
	const struct cgroup_home *home = &house->state->cgroup;
	uint32_t events = 0;

	if (!cgroup_oom_is_single(home) && !is_single(n->service))
		return 0;
	n->fd = cgroup_watch_oom(home, leaf, &events);
	n->told = launch_oom_kills(house, n->service);
	if (n->fd >= 0)
		return watch(n, events);
	log_debug(service_name(house, n->service), "memory: nobody tells when it is out of it");
	return 0;
}

static int watch_pressure(struct notice *n, const char *leaf)
{
	const char *trigger = trigger_of(n->service, n->topic);

	n->fd = cgroup_watch_pressure(&house->state->cgroup, leaf, resource_of(n->topic), trigger);
	return n->fd >= 0 ? watch(n, EPOLLPRI) : n->fd;
}

static int watch_leaf(struct supervisor *sv, uint32_t index, const char **ret_what)
{
	struct leaf_name name;
	int err = 0;

	if (!has_leaf(sv, index))
		return 0;
	for (struct notice *n = all; n < all + count && !err; n++) {
		if (n->service != index)
			continue;
		unwatch(n);
		*ret_what = n->topic == TOPIC_OOM ? "" : keys[n->topic];
		err = n->topic == TOPIC_OOM ? watch_oom(n, leaf_of(sv, index, &name)) :
					      watch_pressure(n, leaf_of(sv, index, &name));
	}
	return err;
}

/* -- what is done ------------------------------------------------------------------------------------------------ */

/* Who is to leave, and waits for others to go, would be wanted up again by a restart, and a pause would hold these. */
static enum on_pressure what_to_do(uint32_t index)
{
	if (service_at(house, index)->life.asked)
		return PRESSURE_NOTIFY;
	return table_confine(house->table, spec_at(house, index))->leaf.on_pressure;
}

static bool freeze(uint32_t index)
{
	int err = leaf_pause(house, index, true);

	if (err)
		log_error(service_name(house, index), -err, "it cannot be paused");
	rules_change_served(house, index);
	return !err;
}

/*
 * Who stands still counts as pressed all the same where memory.high holds it back in the kernel, and who was paused by
 * hand is not to be started again. What is told says how it is by then.
 */
static void on_pressure(uint32_t index, const char *resource)
{
	enum on_pressure what = what_to_do(index);
	static const char *const words[] = { "", "; restarted", "; paused until `minit resume`" };
	BUF_ON_STACK(text, 32);

	if (leaf_is_frozen(house, index))
		return;
	if (what == PRESSURE_FREEZE && !freeze(index))
		what = PRESSURE_NOTIFY;
	log_warn(service_name(house, index), 0, "too much pressure of %s%s", resource, words[what]);
	buf_fmt(&text, "pressure.%s", resource);
	control_notice(house, index, buf_text(&text));
	if (what == PRESSURE_RESTART)
		service_event(house, index, EVENT_RESTART, 0);
}

/* memory.events of v2 changes as often as the leaf is at its limit, too. */
static bool is_told(struct notice *n)
{
	uint64_t before = n->told;

	n->told = launch_oom_kills(house, n->service);
	return n->told == before;
}

/* v1 speaks before it kills and counts: so the count tells nothing, neither here nor when the main process dies. */
static void on_oom(struct notice *n)
{
	uint32_t index = n->service;

	if (!cgroup_oom_is_single(&house->state->cgroup) && is_told(n))
		return;
	if (is_single(index))
		log_warn(service_name(house, index), 0, "out of memory: a process of it was killed");
	control_notice(house, index, "oom");
	if (is_single(index))
		return; /* else its death will be told */
	service_at(house, index)->handles.flags |= HANDLE_OOM;
	launch_kill(house, index);
}

/* What an eventfd tells it tells until it is read, and it may tell it when the service has ended. */
static bool hear_oom(const struct notice *n)
{
	char seen[512];

	return pread(n->fd, seen, sizeof(seen), 0) >= 0 || read(n->fd, seen, sizeof(seen)) >= 0;
}

static void on_notice(uint32_t id, unsigned ready)
{
	struct notice *n = &all[id];
	struct epoll_event event;

	(void)ready;
	(void)epoll_wait(n->set, &event, 1, 0); /* so that it is quiet again */
	if (n->topic == TOPIC_OOM && !hear_oom(n))
		return;
	if (!service_is_active(service_at(house, n->service)))
		return;
	if (n->topic == TOPIC_OOM)
		on_oom(n);
	else if (service_at(house, n->service)->life.state == STATE_UP)
		on_pressure(n->service, resource_of(n->topic));
}

/* -- opening ----------------------------------------------------------------------------------------------------- */

static uint32_t count_wishes(void)
{
	uint32_t wishes = 0;

	for (uint32_t i = 0; i < house->state->count; i++)
		for (unsigned topic = 0; topic < TOPICS; topic++)
			wishes += wants(i, topic);
	return wishes;
}

static void fill(void)
{
	for (uint32_t i = 0; i < house->state->count; i++)
		for (unsigned topic = 0; topic < TOPICS; topic++)
			if (wants(i, topic))
				all[count++] = (struct notice){ -1, -1, i, topic, 0 };
}

void notice_open(struct supervisor *sv)
{
	size_t size;

	house = sv;
	size = count_wishes() * sizeof(*all);
	if (!size)
		return;
	all = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED) {
		log_error(NULL, errno, "pressure and OOM of services cannot be watched");
		return;
	}
	madvise(all, size, MADV_DONTFORK);
	fill();
	sv->on_leaf = watch_leaf;
	loop_handler(LOOP_NOTICE, on_notice);
}

void notice_resume(uint32_t prepared)
{
	const char *what = "";

	for (uint32_t i = 0; count && i < MIN(prepared, house->state->count); i++) {
		bool later = service_at(house, i)->handles.flags & HANDLE_ANEW; /* its leaf may not be there yet */
		int err = later ? 0 : watch_leaf(house, i, &what);

		if (err)
			log_error(service_name(house, i), -err, "%s is no longer watched", *what ? what : "its memory");
	}
}
