// links: init/rules.c services/depend.c lib/buf.c lib/clock.c lib/fd.c tests/fake/log.c tests/fake/loop.c
/* When the ruleset is told of the members of a balanced port, over a kernel that counts what it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "init/claims.h"
#include "init/rules.h"
#include "net/net.h"
#include "tests/fake/log.h"
#include "tests/fake/loop.h"

enum { A, B, OTHER, COUNT };

/* References count from the table. */
static struct {
	struct table table;
	struct service_spec specs[COUNT];
	struct confine_spec confine;
	struct net_port port;
	struct net_group group;
	struct net_member members[2];
	char ruleset[4];
} image;
static struct {
	struct statefile state;
	struct service services[COUNT];
} file;
static struct supervisor sv = { .table = &image.table, .state = &file.state };
static unsigned commits, members, sweeps;
static bool touched;
static int commit_err;

int ruleset_commit(int fd, const char *bytes, size_t len)
{
	(void)fd, (void)bytes, (void)len;
	commits++;
	return commit_err;
}

void ruleset_group(struct buf *b, uint32_t index, const struct net_group *group,
		   const struct net_member *const *all, uint32_t count)
{
	(void)b, (void)index, (void)group, (void)all;
	members = count;
}

int flows_open(void)
{
	sweeps++;
	return -EPERM;
}

void flows_failed(int err)
{
	(void)err;
}

int flows_sweep(int fd, const struct net_targets *targets)
{
	(void)fd, (void)targets;
	return 0;
}

bool ruleset_was_touched(int fd, uint32_t port)
{
	(void)fd, (void)port;
	return touched;
}

int ruleset_open(uint32_t *ret_port)
{
	*ret_port = 77;
	return 5;
}

int ruleset_listen(uint32_t port)
{
	assert_int_equal(port, 77);
	return 6;
}

int ruleset_ways(struct net_session *s, const struct net_bridge *bridges, uint32_t count, bool own, bool *ret_hairpin)
{
	(void)s, (void)bridges, (void)count, (void)own;
	*ret_hairpin = false;
	return 0;
}

int ruleset_open_loopback(struct net_session *s, const struct net_bridge *bridges, uint32_t count)
{
	(void)s, (void)bridges, (void)count;
	return 0;
}

void ruleset_close_loopback(struct net_session *s, const struct net_bridge *bridge)
{
	(void)s, (void)bridge;
}

void ruleset_close_left(struct net_session *s)
{
	(void)s;
}

int table_find_link(const struct table *t, struct list list, size_t size, const char *name, uint32_t near)
{
	(void)t, (void)list, (void)size, (void)name, (void)near;
	return -1;
}

int ruleset_try(const char *bytes, size_t len)
{
	(void)bytes, (void)len;
	return 0;
}

void ruleset_remove_between(struct buf *b)
{
	(void)b;
}

void ruleset_remove(struct buf *b)
{
	(void)b;
}

void near_remove(struct buf *b)
{
	(void)b;
}

bool claim_is_anothers(struct statefile *state, enum claim which)
{
	(void)state, (void)which;
	return false;
}

void claim_drop(struct statefile *state, enum claim which)
{
	(void)state, (void)which;
}

int net_open(struct net_session *ret_s)
{
	(void)ret_s;
	return 0;
}

void net_close(struct net_session *s)
{
	(void)s;
}

static void move(uint32_t index, enum state next)
{
	enum state was = file.services[index].life.state;

	file.services[index].life.state = (uint8_t)next;
	rules_change(&sv, index, was);
}

/* How many transactions a round of the loop makes of it. */
static unsigned told(void)
{
	unsigned before = commits;

	(void)rules_settle(when_now());
	return commits - before;
}

static int set_up(void **state)
{
	(void)state;
	image.table = (struct table){
		.services = { offsetof(typeof(image), specs), COUNT },
		.ports = { offsetof(typeof(image), port), 1 },
		.balanced = { offsetof(typeof(image), group), 1 },
		.members = { offsetof(typeof(image), members), 2 },
		.ruleset = { offsetof(typeof(image), ruleset), sizeof(image.ruleset) },
	};
	for (unsigned i = 0; i < COUNT; i++)
		image.specs[i] = (struct service_spec){ .confine_at = offsetof(typeof(image), confine) };
	image.specs[B].ready = READY_EXIT;
	image.group = (struct net_group){ .host.family = AF_INET, .proto = IPPROTO_UDP, .count = 2 };
	image.port.proto = IPPROTO_UDP;
	image.members[0].service = A;
	image.members[1].service = B;
	memset(&file, 0, sizeof(file));
	file.state.count = COUNT;
	file.state.rules = (struct rules_handles){ .fd = -1, .events_fd = -1 };
	rules_open(&sv);
	assert_int_equal(sv.rules(&sv), 0);
	(void)told();
	return 0;
}

static void who_becomes_ready_or_is_no_longer_is_told(void **state)
{
	(void)state;
	move(A, STATE_UP);
	assert_int_equal(told(), 1);
	assert_int_equal(members, 1);
	move(B, STATE_DONE);
	assert_int_equal(told(), 1);
	assert_int_equal(members, 2);
	assert_int_equal(told(), 0);
	move(A, STATE_STOPPING);
	assert_int_equal(told(), 1);
	assert_int_equal(members, 1);
}

/* Each transaction begins the turn of the port again, and has the flows looked through. */
static void one_that_is_not_ready_and_comes_no_further_is_not(void **state)
{
	static const enum state round[] = { STATE_WAITING, STATE_STARTING, STATE_STOPPING, STATE_DRAINING, STATE_BACKOFF,
					    STATE_STARTING, STATE_DRAINING, STATE_DONE, STATE_FAILED };
	unsigned before;

	(void)state;
	move(B, STATE_DONE);
	assert_int_equal(told(), 1);
	assert_true(sweeps);
	before = sweeps;
	for (unsigned i = 0; i < ARRAY_LEN(round); i++) {
		move(A, round[i]);
		assert_int_equal(told(), 0);
	}
	assert_int_equal(sweeps, before);
}

static void who_is_no_member_is_none_of_it(void **state)
{
	(void)state;
	move(OTHER, STATE_UP);
	assert_int_equal(told(), 0);
}

static unsigned noted(bool missing)
{
	unsigned before = commits;

	rules_note_ipv6(&sv, missing);
	return commits - before;
}

static void what_the_kernel_has_not_taken_is_tried_again(void **state)
{
	(void)state;
	commit_err = -ENOMEM;
	assert_int_equal(noted(true), 1);
	assert_int_equal(noted(true), 1);
	commit_err = 0;
	assert_int_equal(noted(true), 2); /* and its group */
	assert_int_equal(noted(true), 0);
	assert_int_equal(noted(false), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_becomes_ready_or_is_no_longer_is_told, set_up),
		cmocka_unit_test_setup(one_that_is_not_ready_and_comes_no_further_is_not, set_up),
		cmocka_unit_test_setup(who_is_no_member_is_none_of_it, set_up),
		cmocka_unit_test_setup(what_the_kernel_has_not_taken_is_tried_again, set_up),
	};

	return cmocka_run_group_tests_name("when the ruleset is told of members", tests, NULL, NULL);
}
