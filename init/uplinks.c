#include "init/uplinks.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "init/claims.h"
#include "init/loop.h"
#include "init/patience.h"
#include "init/sysctls.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/sys.h"
#include "net/net.h"
#include "services/connect.h"
#include "services/depend.h"
#include "services/online.h"

#define AT_ONCE 64 /* events, before the loop looks at what else has happened */

static struct supervisor *house;
static int events = -1;
static uint64_t failed; /* to be set up: not tried again before it is gone, as each try is an event too */
static uint64_t taken;  /* failed, as another one has the name: tried again when nobody has it */
static uint64_t off;    /* done, and may be no port of its master any more, or not have all that it had */
static uint64_t down;   /* done, and set down since: what the kernel has dropped with that, it is given when it is up */
static uint64_t lost;   /* minit had made it, and somebody has deleted it: to be made anew */
static uint64_t unmade; /* the same, and it could not be: tried again when it is time */
static uint64_t untold; /* made, and had no carrier since: nobody has been told of its MAC */
static uint32_t numbers[TABLE_LINKS_MAX]; /* the kernel's, of those that are done */
static uint32_t carriers[TABLE_LINKS_MAX]; /* how often these have come or gone */
static uint32_t masters[TABLE_LINKS_MAX]; /* of what they are ports of; 0: not known */
static uint8_t macs[TABLE_LINKS_MAX][NET_MAC]; /* of those that are done, or were */
static struct patience patience;
static struct when resume; /* not before that */
static struct when again;  /* the same, of what could not be made */

static uint64_t bit(uint32_t i)
{
	return (uint64_t)1 << i;
}

static void set(uint64_t *bits, uint32_t i, bool on)
{
	*bits = on ? *bits | bit(i) : *bits & ~bit(i);
}

/* Whom it concerns looks at it. */
static void look_all(struct supervisor *sv, uint32_t link)
{
	for (uint32_t i = 0; i < sv->state->count; i++) {
		const struct confine_spec *confine = table_confine(sv->table, spec_at(sv, i));

		if ((confine->online | confine->carrier) & bit(link))
			service_look(sv, i);
	}
}

/* It has each lease that it is to have. */
static bool is_leased(const struct supervisor *sv, uint32_t link)
{
	uint8_t flags = table_link(sv->table, link)->flags;

	return (!(flags & NET_LINK_DHCP) || sv->state->links_leased & bit(link)) &&
	       (!(flags & NET_LINK_DHCP6) || sv->state->links_leased6 & bit(link));
}

/* Index of the service that minit runs for the link, by the name that services/attend.c gives it, or -ENOENT. */
static int attendant(const struct supervisor *sv, const char *prefix, const struct net_link *link)
{
	BUF_ON_STACK(name, 32);

	buf_fmt(&name, "%s-%s", prefix, link->name);
	return table_find(sv->table, buf_text(&name));
}

/* It is `minit lease client`, which starts the client that it runs anew. */
static void start_anew(struct supervisor *sv, const char *client, const struct net_link *link)
{
	int i = attendant(sv, client, link);

	if (i >= 0 && service_at(sv, (uint32_t)i)->life.state == STATE_UP)
		(void)sys_kill(service_at(sv, (uint32_t)i)->handles.pid, SIGHUP);
}

/*
 * It may be in another network by now (RFC 2131, 3.7), and with one that was set down went the routes of its lease
 * and an IPv6 address: its client would ask when it renews.
 */
static void ask_again(struct supervisor *sv, const struct net_link *link)
{
	if (link->flags & NET_LINK_DHCP)
		start_anew(sv, "dhcp", link);
	if (link->flags & NET_LINK_DHCP6)
		start_anew(sv, "dhcp6", link);
}

static void set_carrier(struct supervisor *sv, uint32_t link, bool carrier)
{
	uint64_t was = sv->state->links_carrier, was_online = sv->state->links_online;
	bool online = carrier && is_leased(sv, link);

	set(&sv->state->links_carrier, link, carrier);
	set(&sv->state->links_online, link, online);
	if (was_online != sv->state->links_online)
		log_info(table_link(sv->table, link)->name, online ? "link: online" : "link: no longer online");
	if (carrier && (was != sv->state->links_carrier || was_online != sv->state->links_online))
		look_all(sv, link);
	if (carrier && untold & bit(link)) {
		set(&untold, link, false);
		net_link_announce(table_link(sv->table, link), numbers[link], macs[link]);
	}
	if (carrier && !((was | down) & bit(link))) /* what was set down: rejoin */
		ask_again(sv, table_link(sv->table, link));
}

static void note_numbers(uint32_t link, const struct net_seen *seen)
{
	carriers[link] = seen->carriers;
	numbers[link] = seen->index;
	masters[link] = seen->master;
	memcpy(macs[link], seen->mac, NET_MAC);
}

static void say_missing(struct net_session *net, const struct net_link *link)
{
	const char *match = link->match, *also = match[0] ? " or matches \"" : "", *end = match[0] ? "\"" : "";
	bool is_device = link->kind == NET_KIND_DEVICE && (!link->master[0] || net_is_there(net, link->master));

	if (is_device && net_is_there(net, link->name))
		log_warn(link->name, 0, "link: the device that is called so does not match \"%s\"; it is set up when "
			 "one comes that does: see what there is by `ip link`", link->match);
	else if (is_device)
		log_warn(link->name, 0, "link: no device is called %s%s%s%s; it is set up when one comes: load its "
			   "driver, or see what there is by `ip link`", link->name, also, match, end);
	else
		log_warn(link->name, 0, "link: %s is not there; it is set up when that comes",
			 link->parent[0] ? link->parent : link->master);
}

static bool is_early(int err)
{
	return err == -ENODEV || err == -ENETDOWN;
}

static void say_early(struct net_session *net, const struct net_link *link, int err)
{
	if (err == -ENODEV)
		say_missing(net, link);
	else
		log_warn(link->name, 0, "link: %s is down; it is set up when that comes up", link->parent);
}

static struct net_links links_of(const struct table *t)
{
	return (struct net_links){ table_link(t, 0), t->links.count, table_list(t, t->link_routes, struct net_route),
				   NULL };
}

/* The one that it had, if the kernel has drawn that by lot: others know the link by it. NULL: none. */
static const uint8_t *mac_before(const struct net_link *link, uint32_t i)
{
	static const uint8_t unknown[NET_MAC];
	bool by_lot = link->kind == NET_KIND_DUMMY || link->kind == NET_KIND_MACVLAN || link->kind == NET_KIND_VXLAN;

	return by_lot && memcmp(macs[i], unknown, NET_MAC) != 0 ? macs[i] : NULL;
}

/*
 * Who joins its network has lost eth0 too: they come after it, and so wait for the new one. A network that was made and
 * not used yet is not asked for at its first start.
 */
static void give_eth0(struct supervisor *sv, uint32_t owner, const char *link)
{
	struct service *s = service_at(sv, owner);

	if (!service_is_active(s)) {
		connect_forget(sv, owner, &spec_at(sv, owner)->attach);
		s->handles.later = 1;
	}
	for (uint32_t i = 0; i < sv->state->count; i++) {
		if (table_network_of(sv->table, i) != owner || !life_runs(&service_at(sv, i)->life))
			continue;
		log_warn(service_name(sv, i), 0, "network: link %s is there again, with which its interface has gone; "
			 "it is started again", link);
		service_event(sv, i, EVENT_RESTART, 0);
	}
}

/* Who waits for it to make a network upon it looks; who has lost that has it again by another run. */
static void note_there(struct supervisor *sv, uint32_t link)
{
	for (uint32_t i = 0; i < sv->state->count; i++) {
		if (!(table_confine(sv->table, spec_at(sv, i))->upon & bit(link)))
			continue;
		service_look(sv, i);
		if (service_at(sv, i)->handles.netns >= 0 && upon_lost(sv, i))
			give_eth0(sv, i, table_link(sv->table, link)->name);
	}
}

/* After a crash in between it comes again. */
static void set_there(struct supervisor *sv, uint32_t link, bool there)
{
	if (there && !(sv->state->links_there & bit(link)))
		note_there(sv, link);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	set(&sv->state->links_there, link, there);
}

/* Noted before it is made, as a bridge is. */
static int set_up(struct supervisor *sv, struct net_session *net, uint32_t i)
{
	const struct net_link *link = table_link(sv->table, i);
	struct net_links all = links_of(sv->table);
	struct net_seen seen = { 0 };
	int err;

	set(&sv->state->links_made, i, link->kind != NET_KIND_DEVICE);
	all.mac = mac_before(link, i);
	err = net_link_up(net, &all, i, &seen);
	if (err == -EEXIST)
		set(&sv->state->links_made, i, false);
	set(&sv->state->links_done, i, !err);
	set(&failed, i, err && !is_early(err));
	set(&taken, i, err == -EEXIST);
	set(&lost, i, false);
	set(&unmade, i, unmade & bit(i) && err && !is_early(err));
	set_there(sv, i, !err || (!is_early(err) && net_is_there(net, link->name)));
	if (err)
		return err;
	note_numbers(i, &seen);
	sysctls_write(sv->table, link->name);
	set(&untold, i, link->kind != NET_KIND_DEVICE && !seen.works);
	set_carrier(sv, i, seen.works);
	return 0;
}

/* What is not there later, or again, was told of, or was there. */
static void set_up_first(struct supervisor *sv, struct net_session *net, uint32_t i)
{
	int err = set_up(sv, net, i);

	if (is_early(err))
		say_early(net, table_link(sv->table, i), err);
}

void uplinks_up(struct supervisor *sv, struct net_session *net)
{
	for (uint32_t i = 0; i < sv->table->links.count; i++)
		set_up_first(sv, net, i);
}

/* -- not as it was ------------------------------------------------------------------------------------------------ */

/* True: it has just come to its end. */
static bool lose_patience(struct when now)
{
	if (!patience_is_over(&patience, now))
		return false;
	resume = when_in(now, PATIENCE_MS);
	return true;
}

/* What is missing is heard of when it comes; a port that fails is not tried again, as each try is an event too. */
static void rejoin(struct supervisor *sv, struct net_session *net, uint32_t i, struct when now)
{
	const struct net_link *link = table_link(sv->table, i);
	const struct net_links all = links_of(sv->table);
	struct net_seen seen = { 0 };
	bool was_down = down & bit(i);
	int n = net_link_rejoin(net, &all, i, was_down, &seen);

	set(&down, i, !seen.up);
	set(&failed, i, n < 0 && n != -ENODEV && link->master[0]);
	if (failed & bit(i))
		set(&sv->state->links_done, i, false);
	if (n < 0)
		return;
	note_numbers(i, &seen);
	set_carrier(sv, i, seen.works);
	if (was_down && seen.up)
		ask_again(sv, link);
	if (!n)
		return;
	log_warn(link->name, 0, "link: somebody has taken it off %s; it is a port of it again", link->master);
	if (lose_patience(now))
		log_error(link->name, 0, "link: somebody takes it off %s again and again, and is not fought for %u s; "
			  "see who by `ip monitor link`", link->master, PATIENCE_MS / 1000);
}

/* The keys and peers of a wireguard are gone with it. */
static void give_keys(struct supervisor *sv, const struct net_link *link)
{
	int i = link->kind == NET_KIND_WIREGUARD ? attendant(sv, "wg", link) : -ENOENT;
	enum state state = i >= 0 ? service_at(sv, (uint32_t)i)->life.state : STATE_DOWN;
	if (state == STATE_UP || state == STATE_DONE)
		service_event(sv, (uint32_t)i, EVENT_RESTART, 0);
}

/* Whether it was. Why not is said by each try; what it is upon is heard of when it comes. */
static bool make_anew(struct supervisor *sv, struct net_session *net, uint32_t i)
{
	const struct net_link *link = table_link(sv->table, i);
	bool first = !(unmade & bit(i));
	int err = set_up(sv, net, i);

	set(&unmade, i, err && !is_early(err));
	if (is_early(err)) {
		say_early(net, link, err);
	} else if (err && first) {
		log_error(link->name, 0, "link: somebody has deleted it, and it cannot be made anew, as is said above: "
			  "that is tried every %u s", PATIENCE_MS / 1000);
	} else if (!err) {
		log_warn(link->name, 0, "link: somebody has deleted it; it is made anew");
		give_keys(sv, link);
	}
	return !err;
}

/* In the order of the table: each behind what it is upon, with which it has gone, so that they count as one. */
static int mend_all(struct supervisor *sv, uint64_t anew, struct when now)
{
	const char *made = NULL;
	struct net_session net;
	int err = net_open(&net);

	if (err)
		return err;
	claim_note(sv->state, &net);
	for (uint32_t i = 0; i < sv->table->links.count; i++) {
		if (off & sv->state->links_done & bit(i))
			rejoin(sv, &net, i, now);
		else if (anew & bit(i) && make_anew(sv, &net, i))
			made = made ? made : table_link(sv->table, i)->name;
	}
	net_close(&net);
	if (made && lose_patience(now))
		log_error(made, 0, "link: somebody deletes it again and again, and it is not made anew for %u s; see "
			  "who by `ip monitor link`", PATIENCE_MS / 1000);
	off = 0;
	return 0;
}

/* When that is to be looked at again. */
static struct when mend_at(void)
{
	struct when when = unmade ? again : WHEN_NEVER;

	if (off | lost)
		when = (struct when){ 0 };
	return when_before(when, resume) ? resume : when;
}

void uplinks_mend(void)
{
	struct when now = when_now(), when;
	uint32_t *mending = &house->state->mending;
	uint64_t retry = unmade && !when_before(now, again) ? unmade : 0;

	if (!when_before(now, mend_at()) && mend_all(house, lost | retry, now))
		resume = when_in(now, PATIENCE_MS);
	if (unmade && !when_before(now, again))
		again = when_in(now, PATIENCE_MS);
	when = mend_at();
	*mending = when_is_never(when) ? *mending & ~(uint32_t)MENDING_LINKS : *mending | MENDING_LINKS;
	if (!when_is_never(when))
		loop_deadline(when);
}

/* -- what becomes of them ------------------------------------------------------------------------------------------ */

static void try_again(struct supervisor *sv, uint32_t i)
{
	struct net_session net;

	if (net_open(&net))
		return;
	claim_note(sv->state, &net);
	(void)set_up(sv, &net, i);
	net_close(&net);
}

static bool concerns(const struct net_link *link, const struct net_seen *seen)
{
	return net_link_matches(link, seen) || !strcmp(link->parent, seen->name) || !strcmp(link->master, seen->name);
}

/* What minit has made has no other way to come back. */
static void lose(struct supervisor *sv, uint32_t i, bool deleted)
{
	set(&lost, i, deleted && sv->state->links_done & sv->state->links_made & bit(i));
	set(&sv->state->links_leased, i, false);
	set(&sv->state->links_leased6, i, false);
	set_carrier(sv, i, false);
	set(&sv->state->links_done, i, false);
	set(&sv->state->links_there, i, false);
	set(&failed, i, false);
	set(&taken, i, false);
}

/*
 * Events tell of what was: the one that was made anew in its place may be there already, and one that was called
 * otherwise may have its name again. number: only that one will do; 0: any. deleted: it was not called otherwise.
 */
static void check_gone(struct supervisor *sv, uint32_t i, uint32_t number, bool deleted)
{
	struct net_session net;
	struct net_seen seen;
	int err;

	if (net_open(&net))
		return;
	err = net_link_ask(&net, table_link(sv->table, i), &seen);
	if (err == -ENODEV || (!err && number && seen.index != number))
		lose(sv, i, deleted);
	net_close(&net);
}

/* Carrier that is back before the kernel has looked is told of by the count alone. */
static bool has_flickered(const struct supervisor *sv, uint32_t i, const struct net_seen *seen)
{
	return seen->works && sv->state->links_carrier & ~down & bit(i) && carriers[i] && carriers[i] != seen->carriers;
}

static void note_state(struct supervisor *sv, uint32_t i, const struct net_seen *seen)
{
	const struct net_link *link = table_link(sv->table, i);
	bool is_off = link->master[0] && (!seen->master || seen->master != masters[i]);
	bool flickered = has_flickered(sv, i, seen);

	carriers[i] = seen->carriers;
	set_carrier(sv, i, seen->works);
	if (flickered)
		ask_again(sv, link);
	set(&down, i, !seen->up || down & bit(i));
	set(&off, i, is_off || off & bit(i) || (seen->up && down & bit(i)));
}

/* What it was is so no longer. */
static void note(struct supervisor *sv, uint32_t i, const struct net_seen *seen)
{
	const struct net_link *link = table_link(sv->table, i);
	bool done = sv->state->links_done & bit(i), is_it = !strcmp(link->name, seen->name);

	if (!strcmp(link->master, seen->name) && seen->gone) { /* until it comes again */
		set(&sv->state->links_done, i, false);
		set(&failed, i, false);
	}
	if (done && !is_it && seen->index == numbers[i])
		check_gone(sv, i, seen->index, false);
	else if ((is_it && seen->gone) || taken & bit(i))
		check_gone(sv, i, done ? numbers[i] : 0, is_it && seen->gone);
	else if (is_it && done)
		note_state(sv, i, seen);
}

static void heard(struct supervisor *sv, uint32_t i, const struct net_seen *seen)
{
	bool was_taken = taken & bit(i), is_free;

	note(sv, i, seen);
	is_free = was_taken && !(taken & bit(i)); /* what has gone or changed its name is somebody else's then */
	if ((sv->state->links_done | failed | lost) & bit(i))
		return;
	if (is_free || (!seen->gone && concerns(table_link(sv->table, i), seen)))
		try_again(sv, i);
}

/* -- after another table has taken the place of one ---------------------------------------------------------------- */

/* What is not set up is when it comes; what is gone meanwhile is found to be by who looks around next. */
static void set_anew(struct supervisor *sv, struct net_session *net, uint32_t i)
{
	const struct net_links all = links_of(sv->table);
	struct net_seen seen = { 0 };
	int err = sv->state->links_done & bit(i) ? net_link_set(net, &all, i, &seen) : -ENODEV;

	if (err && err != -ENODEV)
		log_error(table_link(sv->table, i)->name, 0, "link: it is not as the table says, and goes on as it is");
	if (err)
		return;
	note_numbers(i, &seen);
	set_carrier(sv, i, seen.works);
}

void uplinks_due(struct supervisor *sv, struct net_session *net)
{
	struct network_due *due = &sv->state->due;

	for (uint32_t i = 0; i < sv->table->links.count; i++) {
		if (due->links & bit(i)) {
			lose(sv, i, false);
			set_up_first(sv, net, i);
		} else if (due->links_set & bit(i)) {
			set_anew(sv, net, i);
		}
		set(&due->links, i, false);
		set(&due->links_set, i, false);
	}
}

void uplinks_strip(struct supervisor *sv, struct net_session *net, uint32_t was, const struct table *next, uint32_t is)
{
	const struct net_links from = links_of(sv->table), to = links_of(next);
	const struct net_link_pair pair = { &from, &to, was, is };

	if (sv->state->links_done & bit(was))
		(void)!net_link_strip(net, &pair); /* logged */
}

/* -- what becomes of all of them ----------------------------------------------------------------------------------- */

/* Of each that was set up, as it is now; what was lost meanwhile is tried again. */
static void ask(struct supervisor *sv)
{
	struct net_session net;
	struct net_seen seen;

	if (net_open(&net))
		return;
	claim_note(sv->state, &net);
	for (uint32_t i = 0; i < sv->table->links.count; i++) {
		const struct net_link *link = table_link(sv->table, i);
		int err = net_link_ask(&net, link, &seen);

		/* What could not be made is not gone: it was never there. */
		if (err == -ENODEV && ((sv->state->links_done | taken) & bit(i) || link->kind == NET_KIND_DEVICE))
			lose(sv, i, true);
		if (!err && sv->state->links_done & bit(i)) {
			numbers[i] = seen.index;
			memcpy(macs[i], seen.mac, NET_MAC);
			untold |= seen.works ? 0 : sv->state->links_made & bit(i); /* once too often is no harm */
			note_state(sv, i, &seen);
		} else if (!((failed | lost) & bit(i))) {
			(void)set_up(sv, &net, i);
		}
	}
	net_close(&net);
}

static void on_events(uint32_t id, unsigned ready)
{
	struct net_seen seen;
	int n = 1;

	(void)id, (void)ready;
	for (unsigned k = 0; n > 0 && k < AT_ONCE; k++) {
		n = net_seen_read(events, &seen);
		for (uint32_t i = 0; n > 0 && seen.name[0] && i < house->table->links.count; i++)
			heard(house, i, &seen);
	}
	if (n < 0) {
		down |= house->state->links_done; /* may have been */
		ask(house);
	}
	if (off | lost)
		uplinks_mend();
	service_settle(house);
}

/* What could not be made anew before the execution in place is among what cannot be made now. */
static void try_later(struct supervisor *sv)
{
	unmade = failed & sv->state->links_made & ~sv->state->links_done;
	again = when_in(when_now(), PATIENCE_MS);
}

void uplinks_watch(struct supervisor *sv)
{
	house = sv;
	if (!sv->table->links.count)
		return;
	events = net_seen_open();
	if (events < 0) {
		log_warn(NULL, -events, "events of links cannot be heard: what is online later is not noticed");
		return;
	}
	loop_handler(LOOP_UPLINKS, on_events);
	loop_watch(LOOP_UPLINKS, 0, events, LOOP_READ);
	ask(sv);
	if (sv->state->mending & MENDING_LINKS)
		try_later(sv);
	uplinks_mend();
}

/* With the last address the kernel takes the routes too, and a lease may bring the subnet of a gateway of the table. */
static void give_routes(struct supervisor *sv, uint32_t i)
{
	const struct net_links all = links_of(sv->table);
	struct net_session net;
	struct net_seen seen;

	if (net_open(&net))
		return;
	(void)!net_link_rejoin(&net, &all, i, true, &seen); /* said */
	net_close(&net);
}

int uplinks_lease(struct supervisor *sv, const char *name, enum lease lease)
{
	bool v6 = lease >= LEASE_OFF6;
	enum lease what = v6 ? lease - LEASE_OFF6 : lease;

	for (uint32_t i = 0; i < sv->table->links.count; i++) {
		const struct net_link *link = table_link(sv->table, i);

		if (!(link->flags & (v6 ? NET_LINK_DHCP6 : NET_LINK_DHCP)) || strcmp(link->name, name) != 0)
			continue;
		if (what == LEASE_ASKED)
			return 0;
		set(v6 ? &sv->state->links_leased6 : &sv->state->links_leased, i, what == LEASE_ON);
		if (what == LEASE_ON)
			give_routes(sv, i);
		set_carrier(sv, i, sv->state->links_carrier & bit(i));
		service_settle(sv);
		return 0;
	}
	return -ENOENT;
}

void uplinks_remove(struct supervisor *sv, struct net_session *net, uint32_t index)
{
	const struct net_links all = links_of(sv->table);

	(void)net_link_remove(net, &all, index); /* logged */
}

void uplinks_leave(struct supervisor *sv, struct net_session *net)
{
	if (events >= 0)
		loop_unwatch(LOOP_UPLINKS, 0);
	fd_close(&events);
	off = lost = unmade = 0;
	for (uint32_t i = sv->table->links.count; i-- > 0;)
		if (sv->state->links_made & bit(i))
			uplinks_remove(sv, net, i);
}
