#include "init/exchange.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "init/control.h"
#include "init/exchange_network.h"
#include "init/near.h"
#include "init/network.h"
#include "init/notice.h"
#include "init/reexec.h"
#include "init/request.h"
#include "init/rules.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/sys.h"
#include "services/connect.h"
#include "services/differ.h"
#include "services/layout.h"
#include "services/leaf.h"
#include "services/prepare.h"
#include "services/rewrite.h"
#include "services/settle.h"

static const struct table *next; /* mapped, while one is under way */
static struct client *asker;

/* -- what becomes of each service of the old table ------------------------------------------------------------- */

static int place_in_next(const struct supervisor *sv, uint32_t index)
{
	return table_find_near(next, service_name(sv, index), index);
}

/* Bits of enum differ; with DIFFER_ANEW it has to end, as one that is gone has. */
static unsigned cost(const struct supervisor *sv, uint32_t index)
{
	int there = place_in_next(sv, index);
	unsigned how = there < 0 ? DIFFER_ANEW : state_cost(sv, index, next, (uint32_t)there);

	if (spec_at(sv, index)->internal && there >= 0 && differ_outputs(sv->table, next))
		how |= DIFFER_RUN;
	return how;
}

/*
 * All of them are held before the first goes: what its end sets off does not begin what is to end, too. Who is gone by
 * the next table as well: it goes on, should that not come. Whom somebody has asked to stop stays so.
 */
static void hold(struct supervisor *sv, bool internal)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (!!spec_at(sv, i)->internal == internal && cost(sv, i) & DIFFER_ANEW)
			service_at(sv, i)->handles.flags |= HANDLE_HELD;
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (!!spec_at(sv, i)->internal == internal && service_at(sv, i)->handles.flags & HANDLE_HELD &&
		    service_is_active(service_at(sv, i)) && service_at(sv, i)->life.want == WANT_UP)
			service_event(sv, i, EVENT_RESTART, 0);
}

static void let_go(struct supervisor *sv)
{
	for (uint32_t i = 0; i < sv->state->count; i++) {
		struct handles *h = &service_at(sv, i)->handles;

		if (!(h->flags & HANDLE_HELD))
			continue;
		service_look(sv, i);
		h->flags &= (uint8_t)~HANDLE_HELD;
	}
}

static bool have_ended(const struct supervisor *sv, bool internal)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (!!spec_at(sv, i)->internal == internal && service_at(sv, i)->handles.flags & HANDLE_HELD &&
		    service_is_active(service_at(sv, i)))
			return false;
	return true;
}

/* -- what goes with the old table ------------------------------------------------------------------------------ */

static void remove_leaf(struct supervisor *sv, uint32_t index)
{
	struct leaf_name name;
	int err = has_leaf(sv, index) ? cgroup_remove(&sv->state->cgroup, leaf_of(sv, index, &name)) : 0;

	if (err)
		log_warn(service_name(sv, index), -err, "its leaf cannot be removed, and keeps limits that the table "
			 "has no more");
}

static bool is_going(const struct supervisor *sv, uint32_t index)
{
	return service_at(sv, index)->handles.flags & HANDLE_HELD && cost(sv, index) & DIFFER_LEAF;
}

/* A limit of it is gone, or all of it: whoever is in it is taken apart, and what it has is not for the next. */
static void remove_group(struct supervisor *sv, uint32_t group)
{
	const struct group_spec *spec = table_group_at(sv->table, group);
	struct leaf_name name;
	bool going = true;

	for (uint32_t i = 0; i < sv->state->count && going; i++)
		going = table_confine(sv->table, spec_at(sv, i))->leaf.group != group + 1 || is_going(sv, i);
	if (going)
		(void)cgroup_remove(&sv->state->cgroup, leaf_of_group(sv->table, spec, &name));
}

/* Also where the kernel cannot be told yet: the descriptors go with the execution in place. */
static void take_apart(struct supervisor *sv, uint32_t index)
{
	struct handles *h = &service_at(sv, index)->handles;
	unsigned how = cost(sv, index);

	if (how & (DIFFER_LEAF | DIFFER_NETWORK))
		h->refused = EAGAIN; /* should it go on by the old table, it is prepared again */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (how & DIFFER_LEAF)
		remove_leaf(sv, index);
	if (how & DIFFER_NETWORK && h->netns >= 0) {
		settle_forget(sv, index);
		if (spec_at(sv, index)->attach.bridge >= 0)
			h->flags |= HANDLE_PAIR; /* what bears the name then is on its way out; else it is another's */
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		fd_close(&h->netns);
	}
}

/* -- all that goes --------------------------------------------------------------------------------------------- */

/* Whoever asks about services by their numbers would hear of others. */
static void drop_clients(struct supervisor *sv)
{
	for (uint32_t i = 0; i < sv->state->client_slots; i++) {
		struct client *c = &sv->state->clients[i];

		if (c->fd < 0 || (c->kind != CLIENT_STATUS && c->kind != CLIENT_NAMED && c->kind != CLIENT_PROBE))
			continue;
		request_refuse(c, "minit: another table came in between; ask again");
		control_drop(c);
	}
}

/* -- beginning and end ----------------------------------------------------------------------------------------- */

static void forget(struct supervisor *sv)
{
	table_unmap(next);
	next = NULL;
	asker = NULL;
	fd_close(&sv->state->next_table_fd);
}

static void refuse(struct supervisor *sv, const char *why)
{
	if (asker && asker->fd >= 0) {
		request_refuse(asker, "reload: %s; minit runs on by the table that it has", why);
		control_drop(asker);
	}
	forget(sv);
	exchange_finish(sv);
	let_go(sv);
	service_settle(sv);
}

static void forget_networks(struct supervisor *sv)
{
	struct net_session net;
	bool is_open = false;

	for (uint32_t i = 0; i < sv->state->count; i++) {
		if (!(service_at(sv, i)->handles.flags & HANDLE_HELD) || !(cost(sv, i) & DIFFER_NETWORK))
			continue;
		if (!is_open && net_open(&net))
			return;
		is_open = true;
		connect_end(sv, i, &net);
	}
	if (is_open)
		net_close(&net);
}

static void put_away(struct supervisor *sv)
{
	sv->state->exchange = EXCHANGE_AWAY;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (service_at(sv, i)->handles.flags & HANDLE_HELD)
			take_apart(sv, i);
	for (uint32_t i = 0; i < sv->table->groups.count; i++)
		remove_group(sv, i);
	exchange_network_away(sv, next);
	forget_networks(sv);
	rules_close_loopback(sv, next);
	if (!next->ruleset.count)
		rules_remove();
	if (sv->table->near.count && !next->near.count)
		rules_drop(sv->state, CLAIM_NEAR);
	drop_clients(sv);
}

/* What cannot be undone comes before what is carried over, and little can go wrong behind it. */
static void conclude(struct supervisor *sv)
{
	struct statefile *carried;
	int err;

	put_away(sv);
	err = state_carry(sv, next, &carried);
	if (err >= 0) {
		err = reexec_onto(sv, carried);
		close(carried->state_fd);
	}
	refuse(sv, strerror(-err));
}

void exchange_settle(struct supervisor *sv)
{
	if (sv->state->phase != PHASE_RUNNING) {
		refuse(sv, "minit is stopping everything");
		return;
	}
	/* Who still writes names of the last exchange would find them changed by this one. */
	if (!have_ended(sv, false) || sv->state->helpers)
		return;
	hold(sv, true); /* what the others had to say in the end has been said */
	if (have_ended(sv, true))
		conclude(sv);
}

static const char *why_not(const struct supervisor *sv)
{
	if (sv->state->phase != PHASE_RUNNING)
		return "minit is stopping everything; nothing is started any more";
	if (sv->state->admitted < sv->state->count || sv->state->prepared < 2 * sv->state->count)
		return "minit is starting still; try again";
	return sv->state->next_table_fd >= 0 ? "another one is under way; try again" : NULL;
}

static void note_refused(void *context, const struct differ_part *part)
{
	struct differ_part *first = context;

	if (part->fate == FATE_REFUSED && !first->why)
		*first = *part;
}

/* The tool has told of all that cannot be. */
static bool refuse_parts(const struct supervisor *sv, struct client *c)
{
	struct differ_part first = { 0 };
	BUF_ON_STACK(b, DIFFER_PART);

	(void)differ_machine(sv->table, next, note_refused, &first);
	if (!first.why)
		return false;
	differ_put_part(&b, &first);
	request_refuse(c, "reload: %s: %s; nothing has changed", buf_text(&b), first.why);
	return true;
}

bool exchange_begin(struct supervisor *sv, struct client *c, int table_fd)
{
	const char *why = why_not(sv);
	int err = 0;

	if (!why) {
		next = table_map(table_fd, &err);
		why = next ? NULL : layout_why(err);
	}
	if (why)
		request_refuse(c, "reload: %s; nothing has changed", why);
	if (why || refuse_parts(sv, c)) {
		table_unmap(why ? NULL : next);
		close(table_fd);
		return false;
	}
	sv->state->next_table_fd = table_fd;
	asker = c;
	c->kind = CLIENT_RELOAD;
	hold(sv, false);
	return true;
}

void exchange_give_up(struct supervisor *sv)
{
	if (sv->state->next_table_fd < 0)
		return;
	sv->state->next_table_fd = -1; /* the execution has closed it */
	let_go(sv);
}

/* -- by the new table, or by the old one again ------------------------------------------------------------------- */

/* Limits that could not be changed in place: the first is told to who has asked, all to the log. */
struct unwritten {
	unsigned count;
	struct buf first;
};

static void put_unwritten(const struct supervisor *sv, uint32_t index, const char *file, int err, struct buf *b)
{
	struct leaf_name name;

	buf_fmt(b, "%s%scannot be changed while it runs: %s: ", file, *file ? ": " : "", strerror(-err));
	cgroup_why(&sv->state->cgroup, leaf_name(sv->table, spec_at(sv, index), &name), file, err, b);
	if (err == -EBUSY)
		buf_fmt(b, "; `minit restart %s` gives it that", service_name(sv, index));
	else
		buf_str(b, "; it goes on with what it had");
}

static void write_one(struct supervisor *sv, uint32_t index, struct unwritten *unwritten)
{
	const char *file = "";
	int err = has_leaf(sv, index) ? leaf_rewrite(sv, index, &file) : 0;
	BUF_ON_STACK(why, 400);

	notice_limits(index);
	if (!err)
		return;
	put_unwritten(sv, index, file, err, &why);
	log_error(service_name(sv, index), 0, "%s", buf_text(&why));
	if (!unwritten->count++)
		buf_fmt(&unwritten->first, "%s: %s", service_name(sv, index), buf_text(&why));
	service_at(sv, index)->handles.refused = EAGAIN; /* its leaf is prepared again before the next run */
}

static void make_one(struct supervisor *sv, uint32_t index, struct unwritten *unwritten)
{
	struct handles *h = &service_at(sv, index)->handles;

	if (h->flags & HANDLE_WRITE) {
		write_one(sv, index, unwritten);
		h->flags &= (uint8_t)~HANDLE_WRITE;
	}
	if (h->flags & HANDLE_ANEW && !h->pid && prepare_service(sv, index))
		log_debug(service_name(sv, index), "not ready to start");
}

/* -- names ----------------------------------------------------------------------------------------------------- */

static const char *resolv_of(const struct differ_side *side)
{
	const struct network_spec *network = table_network(side->t, table_service(side->t, side->index));

	return network ? table_text(side->t, network->resolv_at) : NULL;
}

static const char *hosts_of(const struct differ_side *side)
{
	return table_text(side->t, table_service(side->t, side->index)->hosts_at);
}

static void rewrite(const struct supervisor *sv, const struct rewrite *r)
{
	int err = r->was && r->is && strcmp(r->was, r->is) != 0 ? rewrite_file(r) : 0;

	sv->state->helpers += err > 0;
	if (err < 0)
		log_warn(r->service, -err, "the names of the new table cannot be written; a restart gives it those");
}

/* Only what still has the text of the last table is written over. */
static void rewrite_names(const struct supervisor *sv, const struct differ_side *was, uint32_t index)
{
	const struct service *s = service_at(sv, index);
	const struct differ_side is = { sv->table, index };
	cleanup_fd int process = s->life.execed && s->handles.pid ? sys_pidfd(s->handles.pid) : -1;
	const char *name = service_name(sv, index);

	if (process < 0)
		return;
	rewrite(sv, &(struct rewrite){ REWRITE_HOSTS, process, name, hosts_of(was), hosts_of(&is) });
	rewrite(sv, &(struct rewrite){ REWRITE_RESOLV, process, name, resolv_of(was), resolv_of(&is) });
}

/* Who has to end for the new table has ended. */
static void rewrite_all(const struct supervisor *sv, const struct table *last)
{
	for (uint32_t i = 0; i < sv->state->count; i++) {
		int there = table_find_near(last, service_name(sv, i), i);
		struct differ_side was = { last, (uint32_t)there }, is = { sv->table, i };
		unsigned how = there < 0 ? DIFFER_ANEW : differ_service(was, is, NULL, NULL);

		if (how & DIFFER_NAMES && !(how & DIFFER_ANEW))
			rewrite_names(sv, &was, i);
	}
}

/* By the new table alone, so that there are none to be put back should it not come. */
static void write_names(struct supervisor *sv)
{
	int err = 0;
	const struct table *last;

	if (sv->state->last_table_fd < 0)
		return;
	last = table_map(sv->state->last_table_fd, &err);
	if (last)
		rewrite_all(sv, last);
	else
		log_warn("reload", -err, "the table before cannot be read: services that run on keep its names");
	table_unmap(last);
	fd_close(&sv->state->last_table_fd);
}

/* Whoever asked finds by now what the new table says. */
static void answer(struct supervisor *sv, struct unwritten *unwritten)
{
	const char *first = buf_text(&unwritten->first);

	for (uint32_t i = 0; i < sv->state->client_slots; i++) {
		struct client *c = &sv->state->clients[i];

		if (c->fd < 0 || c->kind != CLIENT_RELOAD)
			continue;
		if (unwritten->count)
			request_refuse(c, "reload: the new table is in force, but %s%s", first,
				       unwritten->count > 1 ? " (others too: see the log)" : "");
		else
			request_ok(sv, c);
		control_drop(c);
	}
}

void exchange_finish(struct supervisor *sv)
{
	char text[480];
	struct unwritten unwritten = { 0 };

	if (!sv->state->exchange)
		return;
	network_exchanged(sv);
	if (sv->rules && sv->table->ruleset.count)
		(void)!sv->rules(sv); /* said; who needs it will say so again */
	near_up(sv);
	network_names(sv->table);
	write_names(sv);
	buf_init(&unwritten.first, text, sizeof(text));
	for (uint32_t i = 0; i < sv->state->count; i++)
		make_one(sv, i, &unwritten);
	answer(sv, &unwritten);
	sv->state->exchange = EXCHANGE_NONE;
}

void exchange_start(struct supervisor *sv)
{
	for (uint32_t i = 0; i < sv->state->count; i++) {
		struct service *s = service_at(sv, i);
		bool is_another = s->handles.flags & HANDLE_ANEW;

		s->handles.flags &= (uint8_t)~HANDLE_ANEW;
		if (is_another && s->handles.flags & HANDLE_KEPT && s->life.want == WANT_UP &&
		    !service_is_active(s))
			service_event(sv, i, EVENT_WANT_UP, 0);
	}
}
