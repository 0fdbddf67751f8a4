#include "init/network.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/boot.h"
#include "init/bridges.h"
#include "init/claims.h"
#include "init/near.h"
#include "init/rules.h"
#include "init/sysctls.h"
#include "init/uplinks.h"
#include "lib/bits.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "services/connect.h"

/* How long the kernel may take to end a network namespace that nobody is in. */
#define GONE_MS 2000

/* -- at boot ----------------------------------------------------------------------------------- */

/*
 * Noted before it is made: a crash in between costs at most the removal of what is not there. One that a killed minit
 * has left is ours too.
 */
static void note_made(uint8_t *bits, struct net_session *net, const char *name, uint32_t i)
{
	if (!net_is_there(net, name) || net_is_left(net, name))
		bits_put(bits, i, true);
}

#define NAMES "names"  /* in a folder of its own, which a name server can watch */
#define FRESH ".names" /* that passes over what begins with a dot */

static void put_path(struct buf *path, const struct net_bridge *bridge)
{
	buf_fmt(path, BOOT_RUN_DIR "/hosts.%s", bridge->name);
}

/* An older minit, of which this one has been executed, has a file there. */
static int open_folder(const char *path)
{
	(void)!mkdir(BOOT_RUN_DIR, 0755);
	(void)!unlink(path);
	(void)!mkdir(path, 0755);
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* In memory, so it waits for no disk; in another's place at once, as somebody may read it. */
static int write_names(const char *path, const char *text)
{
	cleanup_fd int dir = open_folder(path), fd = -1;
	int err = dir < 0 ? -errno : 0;

	if (!err)
		fd = openat(dir, FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (!err)
		err = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
	if (!err && (fchmod(dir, 0755) < 0 || fchmod(fd, 0644) < 0 || renameat(dir, FRESH, dir, NAMES) < 0))
		err = -errno;
	return err;
}

static void remove_names(const char *path)
{
	cleanup_fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir >= 0)
		(void)!unlinkat(dir, NAMES, 0);
	(void)!rmdir(path);
}

/* For name servers that run as services: services/hosts.c has made the texts. */
void network_names(const struct table *t)
{
	const uint32_t *names = table_list(t, t->names, uint32_t);

	for (uint32_t i = 0; i < t->names.count; i++) {
		BUF_ON_STACK(path, 64);
		int err;

		if (!names[i])
			continue;
		put_path(&path, table_bridge(t, i));
		err = write_names(buf_text(&path), table_text(t, names[i]));
		if (err)
			log_error(table_bridge(t, i)->name, -err, "hosts_file: %s/" NAMES " cannot be written: mount a "
				  "tmpfs on /run, or leave hosts_file out", buf_text(&path));
	}
}

static bool has_names(const struct table *t, const struct net_bridge *bridge, uint32_t near)
{
	int i = t ? table_bridge_named(t, bridge->name, near) : -1;

	return i >= 0 && (uint32_t)i < t->names.count && table_list(t, t->names, uint32_t)[i];
}

void network_forget_names(const struct table *t, const struct table *next)
{
	for (uint32_t i = 0; i < t->names.count; i++) {
		const struct net_bridge *bridge = table_bridge(t, i);
		BUF_ON_STACK(path, 64);

		put_path(&path, bridge);
		if (has_names(t, bridge, i) && !has_names(next, bridge, i))
			remove_names(buf_text(&path));
	}
}

bool network_has_made(const struct statefile *state, uint32_t bridge)
{
	return bits_has(state->bridges_made, bridge);
}

bool network_has_made_shard(const struct statefile *state, uint32_t shard)
{
	return bits_has(state->shards_made, shard);
}

int network_shard_up(struct supervisor *sv, struct net_session *net, uint32_t index)
{
	const struct net_shard *shard = table_shard(sv->table, index);
	int err;

	note_made(sv->state->shards_made, net, shard->name, index);
	err = net_shard_up(net, table_bridge(sv->table, shard->bridge), shard);
	if (err)
		bits_put(sv->state->shards_made, index, false);
	return err;
}

int network_bridge_up(struct supervisor *sv, struct net_session *net, const struct net_bridge *bridge, uint32_t index)
{
	int err;

	note_made(sv->state->bridges_made, net, bridge->name, index);
	err = net_bridge_up(net, bridge);
	if (err)
		bits_put(sv->state->bridges_made, index, false);
	else
		sysctls_write(sv->table, bridge->name);
	return err;
}

/* None is due any more once it was tried: after a crash behind it, who is on it by then stays there. */
static void make_due(struct supervisor *sv, struct net_session *net)
{
	struct statefile *s = sv->state;
	const struct table *t = sv->table;

	for (uint32_t i = 0; i < t->bridges.count; i++) {
		if (bits_has(s->due.bridges, i) && network_bridge_up(sv, net, table_bridge(t, i), i))
			log_error(table_bridge(t, i)->name, 0, "bridge: not there; its services will not start");
		bits_put(s->due.bridges, i, false);
	}
	for (uint32_t i = 0; i < t->shards.count; i++) {
		if (bits_has(s->due.shards, i) && network_shard_up(sv, net, i))
			log_error(table_bridge(t, table_shard(t, i)->bridge)->name, 0,
				  "shard %s: not there; its services will not start", table_shard(t, i)->name);
		bits_put(s->due.shards, i, false);
	}
}

static void bring_up(struct supervisor *sv, struct net_session *net)
{
	if (net_loopback(net))
		log_debug("lo", "services of minit's own network will miss it"); /* why has been said */
	memset(sv->state->due.bridges, 0xff, sizeof(sv->state->due.bridges));
	memset(sv->state->due.shards, 0xff, sizeof(sv->state->due.shards));
	make_due(sv, net);
}

static void await_end(struct supervisor *sv, struct net_session *net)
{
	static const struct timespec moment = { .tv_nsec = 5000000 };
	struct when until = when_in(when_now(), GONE_MS);

	for (uint32_t i = 0; i < sv->state->count; i++) {
		const struct net_attach *attach = &spec_at(sv, i)->attach;

		while (attach->bridge >= 0 && net_is_pair(net, attach->peer) && when_before(when_now(), until))
			nanosleep(&moment, NULL);
	}
}

/* -- what a killed run has left ------------------------------------------------------------------ */

#define LEFT_AT_ONCE 32

static bool is_left(struct net_session *net)
{
	char name[1][NET_IFNAME];
	int n = net_left(net, NULL, NULL, name, 1);

	if (n < 0)
		log_warn("network", -n, "what a killed run of minit has left here cannot be listed, and stays: see "
			 "`ip -d link` for links with alias minit");
	return n > 0;
}

static bool is_any_there(struct supervisor *sv, struct net_session *net)
{
	for (uint32_t i = 0; i < sv->table->bridges.count; i++)
		if (net_is_there(net, table_bridge(sv->table, i)->name))
			return true;
	return false;
}

static bool is_bridge(const void *context, const char *name)
{
	const struct table *t = context;

	for (uint32_t i = 0; i < t->bridges.count; i++)
		if (!strcmp(table_bridge(t, i)->name, name))
			return true;
	return false;
}

/* All of them, as one may have by now what another one is to have: a number, a parent. */
static void clear_links(struct supervisor *sv, struct net_session *net)
{
	char names[LEFT_AT_ONCE][NET_IFNAME];
	int n = LEFT_AT_ONCE;

	for (unsigned k = 0; n == LEFT_AT_ONCE && k < NET_SHARDS; k++) {
		n = net_left(net, is_bridge, sv->table, names, LEFT_AT_ONCE);
		for (int i = 0; i < n; i++)
			(void)net_remove(net, names[i]);
	}
}

/*
 * The tables of nf_tables, wanted or not by this one: they know MACs and ports of that run, whose names the next
 * services have. Those of a minit that lives are its own.
 */
static void clear_tables(struct supervisor *sv, struct net_session *net)
{
	rules_close_left(sv->state, net);
	rules_drop(sv->state, CLAIM_NEAR);
	rules_drop(sv->state, CLAIM_RULES);
}

/*
 * What is known by its mark goes, and by that the tables, first: who is killed in between leaves the mark. The pairs of
 * the services go with the namespaces, a moment later; those that do not, as somebody holds their namespace, bear a
 * mark too. Where there is no mark, somebody else's bridge that this table uses may have been that
 * run's as well.
 */
static void clear_left(struct supervisor *sv, struct net_session *net)
{
	bool left;

	if (sv->state->reexecs)
		return;
	left = is_left(net);
	if (left || is_any_there(sv, net) || (sv->table->bridges.count && ruleset_is_there()))
		clear_tables(sv, net);
	if (!left)
		return;
	await_end(sv, net);
	claim_note(sv->state, net); /* who has begun meanwhile has made what bears the mark too */
	if (net_is_alone(net))
		net_refusals_clear(net);
	clear_links(sv, net);
	for (uint32_t i = 0; i < sv->table->bridges.count; i++)
		net_bridge_clear(net, table_bridge(sv->table, i));
}

/* The bridge that they are on is somebody else's, and may bear no mark of that run, nor be one of this table. */
static void clear_neighbours(const struct supervisor *sv, struct net_session *net)
{
	if (net_is_alone(net) && !sv->state->reexecs)
		net_neighbours_clear(net);
}

/* -- at boot, all of it ---------------------------------------------------------------------------- */

/* Those of a killed run may be others by now. */
static void make_iprules(struct supervisor *sv, struct net_session *net)
{
	const struct net_iprule *rules = table_list(sv->table, sv->table->iprules, struct net_iprule);

	if (net_is_alone(net))
		net_iprules_clear(net);
	for (uint32_t i = 0; i < sv->table->iprules.count; i++)
		(void)!net_iprule_add(net, &rules[i]); /* logged, and the boot goes on */
}

static void remove_iprules(struct supervisor *sv, struct net_session *net)
{
	const struct net_iprule *rules = table_list(sv->table, sv->table->iprules, struct net_iprule);

	for (uint32_t i = 0; i < sv->table->iprules.count; i++)
		net_iprule_remove(net, &rules[i]);
}

void network_note_ipv6(struct supervisor *sv, struct net_session *net)
{
	const struct table *t = sv->table;

	net->ipv6_missing = net_ipv6_is_missing(net, table_list(t, t->bridges, struct net_bridge), t->bridges.count);
	rules_note_ipv6(sv, net->ipv6_missing);
}

/* Links come behind the bridges that they may be ports of. */
static void bring_all_up(struct supervisor *sv, struct net_session *net)
{
	clear_left(sv, net);
	clear_neighbours(sv, net);
	sysctls_write(sv->table, NULL);
	make_iprules(sv, net);
	bring_up(sv, net);
	network_note_ipv6(sv, net);
	near_up(sv);
	uplinks_up(sv, net);
}

/* The network is PID 1's own to bring up, an ordinary process's only if the table says so. */
static bool is_wanted(enum mode mode, const struct table *table)
{
	return mode != MODE_SUBREAPER || table_has_network(table);
}

static void note_home(struct statefile *state, const struct net_session *net)
{
	if (state->netns < 0 && net->home >= 0)
		state->netns = fcntl(net->home, F_DUPFD_CLOEXEC, 3);
}

void network_open(struct supervisor *sv, struct net_session *net)
{
	struct statefile *state = sv->state;

	if (!is_wanted(state->mode, sv->table) || net_open(net))
		return;
	sv->net = net;
	note_home(state, net);
	claim_note(state, net);
	if (state->prepared == 0) {
		network_names(sv->table);
		bring_all_up(sv, net);
	}
	if (state->prepared < state->count)
		connect_resume(sv, state->prepared);
}

/* -- when the table is another ------------------------------------------------------------------- */

static bool is_any_due(const struct statefile *s)
{
	static const struct network_due none;

	return memcmp(&s->due, &none, sizeof(none)) != 0;
}

static void add_iprules(struct supervisor *sv, struct net_session *net)
{
	const struct net_iprule *rules = table_list(sv->table, sv->table->iprules, struct net_iprule);
	uint8_t *due = sv->state->due.iprules;

	for (uint32_t i = 0; i < sv->table->iprules.count; i++)
		if (bits_has(due, i))
			(void)!net_iprule_add(net, &rules[i]); /* logged */
	memset(due, 0, sizeof(sv->state->due.iprules));
}

static void set_shards(struct supervisor *sv, struct net_session *net)
{
	uint8_t *due = sv->state->due.shards_set;

	for (uint32_t i = 0; i < sv->table->shards.count; i++) {
		const struct net_shard *shard = table_shard(sv->table, i);
		const struct net_bridge *bridge = table_bridge(sv->table, shard->bridge);

		if (bits_has(due, i) && network_has_made_shard(sv->state, i) && net_shard_set(net, bridge, shard))
			log_error(bridge->name, 0, "shard %s: it is not as the table says, and goes on as it is",
				  shard->name);
	}
	memset(due, 0, sizeof(sv->state->due.shards_set));
}

static void set_bridge(struct supervisor *sv, struct net_session *net, uint32_t i)
{
	const struct net_bridge *bridge = table_bridge(sv->table, i);

	if (net_bridge_set(net, bridge)) {
		log_error(bridge->name, 0, "bridge: it is not as the table says, and goes on as it is");
		return;
	}
	sysctls_write(sv->table, bridge->name); /* those of the table win */
	if (bridge->asked & NET_ASKED_STP && !bridge->stp)
		connect_reopen(sv, i, net);
}

static void set_due(struct supervisor *sv, struct net_session *net)
{
	uint8_t *due = sv->state->due.bridges_set;

	for (uint32_t i = 0; i < sv->table->bridges.count; i++)
		if (bits_has(due, i))
			set_bridge(sv, net, i);
	memset(due, 0, sizeof(sv->state->due.bridges_set));
	set_shards(sv, net);
}

/* Those of what is to be made yet are written once it is there. */
static bool is_of_due(const struct supervisor *sv, const char *path)
{
	const struct table *t = sv->table;

	for (uint32_t i = 0; i < t->bridges.count; i++)
		if (sysctl_is_for(t, path, table_bridge(t, i)->name))
			return bits_has(sv->state->due.bridges, i);
	for (uint32_t i = 0; i < t->links.count; i++)
		if (sysctl_is_for(t, path, table_link(t, i)->name))
			return sv->state->due.links >> i & 1;
	return false;
}

/* Before anything is made, as at boot. */
static void write_settings(struct supervisor *sv)
{
	struct network_due *due = &sv->state->due;
	const struct table *t = sv->table;

	if (due->hostname)
		boot_hostname(sv->state->mode, table_text(t, t->hostname_at));
	due->hostname = 0;
	for (uint32_t i = 0; i < t->sysctls.count; i++)
		if (bits_has(due->sysctls, i) && !is_of_due(sv, table_sysctl_path(t, i)))
			(void)!net_sysctl("network", table_sysctl_path(t, i), table_sysctl_value(t, i)); /* logged */
	memset(due->sysctls, 0, sizeof(due->sysctls));
}

void network_exchanged(struct supervisor *sv)
{
	struct net_session net;

	if (!is_any_due(sv->state))
		return;
	write_settings(sv);
	if (!is_any_due(sv->state) || net_open(&net))
		return;
	note_home(sv->state, &net);
	claim_note(sv->state, &net);
	if (net_loopback(&net))
		log_debug("lo", "services of minit's own network will miss it"); /* why has been said */
	add_iprules(sv, &net);
	set_due(sv, &net);
	make_due(sv, &net);
	uplinks_due(sv, &net);
	network_note_ipv6(sv, &net);
	net_close(&net);
}

/* -- at the end -------------------------------------------------------------------------------- */

/*
 * Whether others use the network that minit is in: those of an ordinary process, or of the machine, which
 * has knobs that no namespace beside it has.
 */
static bool is_shared(enum mode mode)
{
	return mode == MODE_SUBREAPER || access("/proc/sys/net/core/netdev_budget", F_OK) == 0;
}

/*
 * The pair of a service goes with its namespace, many at a time, which is much faster than one by one. Last: the kernel
 * holds the lock of all links meanwhile, for which whatever else is to go would wait.
 */
static void end_namespaces(struct supervisor *sv)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		fd_close(&service_at(sv, i)->handles.netns);
}

/* A bridge that was there before stays, with what it was told of them. */
static void forget_services(struct supervisor *sv, struct net_session *net)
{
	uint32_t made = 0;

	for (uint32_t i = 0; i < sv->table->bridges.count; i++)
		made += network_has_made(sv->state, i);
	for (uint32_t i = 0; made < sv->table->bridges.count && i < sv->state->count; i++)
		connect_end(sv, i, net);
}

void network_leave(struct supervisor *sv)
{
	const struct statefile *state = sv->state;
	struct net_session net;

	if ((!sv->table->bridges.count && !state->links_made && !sv->table->iprules.count) || net_open(&net))
		return;
	net_note_place(&net, state->claims[CLAIM_NETWORK]);
	bridges_leave();
	remove_iprules(sv, &net);
	network_forget_names(sv->table, NULL);
	if (sv->table->near.count)
		rules_drop(sv->state, CLAIM_NEAR);
	uplinks_leave(sv, &net);
	for (uint32_t i = sv->table->shards.count; i-- > 0;)
		if (bits_has(state->shards_made, i))
			net_shard_remove(&net, table_shard(sv->table, i));
	for (uint32_t i = 0; i < sv->table->bridges.count; i++)
		if (bits_has(state->bridges_made, i))
			(void)net_remove(&net, table_bridge(sv->table, i)->name);
	forget_services(sv, &net);
	end_namespaces(sv);
	if (is_shared(state->mode))
		await_end(sv, &net);
	net_close(&net);
}
