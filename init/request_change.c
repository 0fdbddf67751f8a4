#include <errno.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "init/answers.h"
#include "init/control.h"
#include "init/notice.h"
#include "init/report.h"
#include "init/request.h"
#include "init/rules.h"
#include "lib/bits.h"
#include "lib/text.h"
#include "services/leaf.h"

/* -- start, stop, restart ---------------------------------------------------------------------- */

/*
 * The answer has the runs of each before, so that a run begun by this request
 * can be told from the one that was going on.
 */
static bool tell_each(struct supervisor *sv, struct client *c, enum event event)
{
	BUF_ON_STACK(line, REPORT_LINE);
	size_t first = request_after(c, 0);

	buf_str(&line, "{\"ok\":true,\"starts\":{");
	for (size_t at = first; request_word(c, at); at = request_after(c, at)) {
		uint32_t index = request_service(sv, c, at);

		buf_str(&line, at == first ? "" : ",");
		buf_json(&line, request_word(c, at));
		buf_fmt(&line, ":%u", service_at(sv, index)->life.starts);
	}
	for (size_t at = first; request_word(c, at); at = request_after(c, at))
		service_event(sv, request_service(sv, c, at), event, 0);
	buf_fmt(&line, "},\"seq\":%lu}\n", (unsigned long)sv->state->events);
	(void)request_send(c, &line);
	return false;
}

/* A set of services: a bit for each. */
struct set {
	uint8_t bits[TABLE_SERVICES_MAX / 8];
};

static void set_add(struct set *set, uint32_t index)
{
	bits_put(set->bits, index, true);
}

static bool set_has(const struct set *set, uint32_t index)
{
	return bits_has(set->bits, index);
}

static void add_needs(const struct supervisor *sv, uint32_t index, struct set *found)
{
	const struct service_spec *spec = spec_at(sv, index);
	const uint32_t *needs = table_list(sv->table, spec->needs, uint32_t);

	for (uint32_t i = 0; i < spec->needs.count; i++)
		if (!service_is_ready(sv, needs[i]))
			set_add(found, needs[i]);
}

/*
 * What the named services need and is not there is wanted up too, and what
 * that needs. Along the table's order, in which each comes behind all it needs.
 */
static void start_needs(struct supervisor *sv, const struct client *c)
{
	const uint32_t *order = table_list(sv->table, sv->table->order, uint32_t);
	struct set wanted = { 0 }, found = { 0 };

	for (size_t at = request_after(c, 0); request_word(c, at); at = request_after(c, at))
		set_add(&wanted, request_service(sv, c, at));
	for (uint32_t i = sv->table->order.count; i-- > 0;)
		if (set_has(&wanted, order[i]) || set_has(&found, order[i]))
			add_needs(sv, order[i], &found);
	for (uint32_t i = 0; i < sv->table->order.count; i++)
		if (set_has(&found, order[i]) && !set_has(&wanted, order[i]))
			service_event(sv, order[i], EVENT_WANT_UP, 0);
}

static bool may_start(const struct supervisor *sv, const struct client *c)
{
	if (sv->state->phase == PHASE_RUNNING)
		return true;
	request_refuse(c, "%s: minit is stopping everything; nothing is started any more", c->line);
	return false;
}

bool answer_start(struct supervisor *sv, struct client *c)
{
	if (!may_start(sv, c) || !request_names_any(sv, c))
		return false;
	start_needs(sv, c);
	return tell_each(sv, c, EVENT_WANT_UP);
}

bool answer_stop(struct supervisor *sv, struct client *c)
{
	return request_names_any(sv, c) && tell_each(sv, c, EVENT_WANT_DOWN);
}

bool answer_restart(struct supervisor *sv, struct client *c)
{
	if (!may_start(sv, c) || !request_names_any(sv, c))
		return false;
	start_needs(sv, c);
	return tell_each(sv, c, EVENT_RESTART);
}

/* -- pause and limits, by the leaf ------------------------------------------------------------- */

#define NO_LEAF "it has no cgroup leaf; leaf = true gives it one where there are cgroups"

static int pause_one(struct supervisor *sv, uint32_t index, bool paused)
{
	int err = leaf_pause(sv, index, paused);

	rules_change_served(sv, index);
	return err;
}

static const char *why_not_paused(int err)
{
	if (err == -ESRCH)
		return "it does not run; start it first";
	if (err == -EBUSY)
		return "it is stopping, and frozen it could not end; start it again first";
	return err == -ENOENT ? NO_LEAF : strerror(-err);
}

/* What does not run would be let go on again by its start, and what is asked to end could not, and be killed. */
static int may_pause(const struct supervisor *sv, uint32_t index, bool paused)
{
	const struct service *s = service_at(sv, index);

	if (paused && s->life.state == STATE_STOPPING)
		return -EBUSY;
	if (paused && !s->handles.pid)
		return -ESRCH;
	return has_leaf(sv, index) ? 0 : -ENOENT;
}

static bool may_pause_all(const struct supervisor *sv, struct client *c, bool paused)
{
	for (size_t at = request_after(c, 0); request_word(c, at); at = request_after(c, at)) {
		int err = may_pause(sv, request_service(sv, c, at), paused);

		if (!err)
			continue;
		request_refuse(c, "%s: cannot be %sd: %s", request_word(c, at), c->line, why_not_paused(err));
		return false;
	}
	return true;
}

/* Each of them, in the order of the request; none where one cannot be. */
static bool pause_each(struct supervisor *sv, struct client *c, bool paused)
{
	if (!request_names_any(sv, c) || !may_pause_all(sv, c, paused))
		return false;
	for (size_t at = request_after(c, 0); request_word(c, at); at = request_after(c, at)) {
		int err = pause_one(sv, request_service(sv, c, at), paused);

		if (!err) {
			control_notice(sv, request_service(sv, c, at), c->line);
			continue;
		}
		request_refuse(c, "%s: cannot be %sd: %s", request_word(c, at), c->line, why_not_paused(err));
		return false;
	}
	return request_ok(sv, c);
}

bool answer_pause(struct supervisor *sv, struct client *c)
{
	return pause_each(sv, c, true);
}

bool answer_resume(struct supervisor *sv, struct client *c)
{
	return pause_each(sv, c, false);
}

#define GROUP "group."

/* The group of leaves that is meant by "group.NAME", or -1. */
static int named_group(const struct supervisor *sv, const char *word)
{
	return strncmp(word, GROUP, strlen(GROUP)) != 0 ? -1 : table_find_group(sv->table, word + strlen(GROUP));
}

static const char *nearest_group(const struct supervisor *sv, const char *name)
{
	struct nearest near = nearest_name(name);

	for (uint32_t i = 0; i < sv->table->groups.count; i++)
		nearest_offer(&near, table_text(sv->table, table_group_at(sv->table, i)->name_at));
	return near.best;
}

static bool group_is_known(const struct supervisor *sv, struct client *c, const char *word)
{
	BUF_ON_STACK(text, 640);
	const char *near;

	if (named_group(sv, word) >= 0)
		return true;
	near = nearest_group(sv, word + strlen(GROUP));
	if (near)
		buf_fmt(&text, "%s: no such group; did you mean \"" GROUP "%s\"?", word, near);
	else
		buf_fmt(&text, "%s: no such group; the table makes one by [" GROUP "NAME]", word);
	request_error(c, buf_text(&text), ",\"unknown\":true");
	return false;
}

static bool is_bare_group(const struct supervisor *sv, const char *name)
{
	return table_find(sv->table, name) < 0 && table_find_group(sv->table, name) >= 0;
}

static bool may_set(const struct supervisor *sv, struct client *c, const char *name, const char *file)
{
	BUF_ON_STACK(text, 640);

	if (table_find(sv->table, name) < 0 && !strncmp(name, GROUP, strlen(GROUP)))
		return group_is_known(sv, c, name);
	if (is_bare_group(sv, name)) {
		buf_fmt(&text, "%s: no such service; did you mean \"" GROUP "%s\"?", name, name);
		request_error(c, buf_text(&text), ",\"unknown\":true");
		return false;
	}
	if (!request_knows(sv, c, name))
		return false;
	if (has_leaf(sv, (uint32_t)table_find(sv->table, name)))
		return true;
	request_refuse(c, "%s: %s: " NO_LEAF, name, file);
	return false;
}

/* Those of one, or of a group, which many may be in. */
static void watch_limits(const struct supervisor *sv, int service)
{
	if (service >= 0)
		notice_limits((uint32_t)service);
	for (uint32_t i = 0; service < 0 && i < sv->state->count; i++)
		notice_limits(i);
}

/* A name may have a dot, so a service may be called as a group is here: then it is the service. */
static int set_limit(struct supervisor *sv, const char *name, const char *file, const char *text, struct buf *why)
{
	int service = table_find(sv->table, name), err;

	if (service < 0)
		err = leaf_set_group(sv, (uint32_t)named_group(sv, name), file, text, why);
	else
		err = leaf_set(sv, (uint32_t)service, file, text, why);
	if (!err && !strncmp(file, "memory.", 7))
		watch_limits(sv, service);
	return err;
}

/* "set NAME FILE TEXT": the tool has made the kernel's own text of what it was given. */
bool answer_set(struct supervisor *sv, struct client *c)
{
	size_t name_at = request_after(c, 0), file_at = name_at < c->used ? request_after(c, name_at) : name_at;
	size_t text_at = file_at < c->used ? request_after(c, file_at) : file_at;
	const char *name = request_word(c, name_at) ?: "", *file = request_word(c, file_at);
	BUF_ON_STACK(why, 300);
	int err;

	if (text_at >= c->used || limit_file(file)) {
		request_refuse(c, "set %s: wants NAME FILE VALUE", name);
		return false;
	}
	if (!may_set(sv, c, name, file))
		return false;
	err = set_limit(sv, name, file, request_joined(c, text_at), &why);
	if (!err)
		return request_ok(sv, c);
	request_refuse(c, "%s: %s: %s%s%s", name, file, strerror(-err), why.len ? ": " : "", buf_text(&why));
	return false;
}
