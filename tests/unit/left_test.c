// links: net/left.c net/mark.c net/list.c lib/text.c lib/buf.c
/* What a killed run has left, of a list that the kernel gives link by link here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "net/requests.h"

#define END 0
#define LINK 1
#define BROKEN 2 /* a message that is none of a link */
#define ERROR 3  /* the kernel answers EIO */

/* What netlink_next gives: one of these, or -errno. */
static const struct answer {
	int what;
	const char *name, *alias;
} *list;

void netlink_start(struct netlink_batch *b, struct netlink *nl, void *mem, size_t size)
{
	(void)b, (void)nl, (void)mem, (void)size;
}

void netlink_await(struct netlink_answer *a)
{
	a->err = 0;
}

void netlink_begin(struct netlink_batch *b, const struct netlink_request *request)
{
	(void)b, (void)request;
}

void netlink_raw(struct netlink_batch *b, const void *data, size_t len)
{
	(void)b, (void)data, (void)len;
}

void netlink_put_u32(struct netlink_batch *b, uint16_t attr, uint32_t value)
{
	(void)b, (void)attr, (void)value;
}

int netlink_send(struct netlink_batch *b)
{
	(void)b;
	return 0;
}

int netlink_next(const struct netlink_batch *b, struct netlink_answer *a)
{
	const struct answer *next = list++;

	(void)b;
	a->err = next->what == ERROR ? EIO : 0;
	return next->what > 0 ? 1 : next->what;
}

int link_take(struct netlink_bytes body, struct link_info *ret)
{
	const struct answer *at = list - 1;

	(void)body;
	if (at->what == BROKEN)
		return -EPROTO;
	*ret = (struct link_info){ .index = 1 };
	strcpy(ret->name, at->name);
	strcpy(ret->alias, at->alias);
	return 0;
}

static bool br0_stays(const void *context, const char *name)
{
	assert_string_equal(context, "table");
	return !strcmp(name, "br0");
}

static char names[2][NET_IFNAME];

static int left(const struct answer *answers)
{
	struct net_session s = { .dead = UINT64_MAX };

	list = answers;
	return net_left(&s, br0_stays, "table", names, 2);
}

static void what_bears_the_mark_and_does_not_stay(void **state)
{
	static const struct answer answers[] = {
		{ LINK, "lo", "" }, { LINK, "br0", "minit" }, { LINK, "wan", "minit" }, { LINK, "v10", "mini" },
		{ LINK, "vx", "minit" }, { LINK, "more", "minit" }, { END, NULL, NULL },
	};

	(void)state;
	assert_int_equal(left(answers), 2);
	assert_string_equal(names[0], "wan");
	assert_string_equal(names[1], "vx");
	assert_ptr_equal(list, answers + 7); /* to its end, as the socket is asked other things */
}

static void what_bears_the_mark_of_one_that_lives_stays(void **state)
{
	static const struct answer answers[] = {
		{ LINK, "zero", "minit" },    { LINK, "one", "minit1" },    { LINK, "last", "minit63" },
		{ LINK, "none", "minit64" },  { LINK, "many", "minit65" },  { LINK, "long", "minit01" },
		{ LINK, "word", "minitry" },  { END, NULL, NULL },
	};
	struct net_session s = { .dead = ~(uint64_t)1, .place = 1 };

	(void)state;
	list = answers;
	assert_int_equal(net_left(&s, NULL, NULL, names, 2), 2);
	assert_string_equal(names[0], "one");
	assert_string_equal(names[1], "last");
}

static void a_list_that_breaks_off_is_none(void **state)
{
	static const struct answer lost[] = { { LINK, "wan", "minit" }, { -ENOBUFS, NULL, NULL } };
	static const struct answer refused[] = { { LINK, "wan", "minit" }, { ERROR, NULL, NULL }, { END, NULL, NULL } };
	static const struct answer broken[] = { { LINK, "wan", "minit" }, { BROKEN, NULL, NULL }, { END, NULL, NULL } };

	(void)state;
	assert_int_equal(left(lost), -ENOBUFS);
	assert_int_equal(left(refused), -EIO);
	assert_int_equal(left(broken), -EPROTO);
}

static void nobody_is_asked_while_another_minit_is_here(void **state)
{
	struct net_session s = { .place = 1 };

	(void)state;
	list = NULL;
	assert_int_equal(net_left(&s, NULL, NULL, names, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_bears_the_mark_and_does_not_stay),
		cmocka_unit_test(what_bears_the_mark_of_one_that_lives_stays),
		cmocka_unit_test(a_list_that_breaks_off_is_none),
		cmocka_unit_test(nobody_is_asked_while_another_minit_is_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
