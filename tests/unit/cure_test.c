// links: lib/cure.c lib/buf.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/cure.h"

/* What to do where a right is missing, in the words of where that is. */
static enum where where;

enum where cure_where(void)
{
	return where;
}

static void check(enum where here, const char *words, const char *expected)
{
	BUF_ON_STACK(b, 400);

	where = here;
	cure_put(&b, words);
	assert_string_equal(buf_text(&b), expected);
}

static void words_without_a_mark_stay_as_they_are(void **state)
{
	(void)state;
	check(WHERE_CONTAINER, "", "");
	check(WHERE_USER, "make it, or correct the table", "make it, or correct the table");
}

static void rights_are_had_by_the_container_or_by_a_user_namespace(void **state)
{
	(void)state;
	check(WHERE_CONTAINER, "so: $SYS_ADMIN, or not", "so: run the container with --cap-add SYS_ADMIN, or not");
	check(WHERE_CONTAINER, "$SYS_ADMIN+NET_ADMIN", "run the container with --cap-add SYS_ADMIN --cap-add NET_ADMIN");
	check(WHERE_USER_WITHIN, "$SYS_ADMIN", "run the container as root with --cap-add SYS_ADMIN");
	check(WHERE_USER, "$SYS_ADMIN, or", "run it as root, or by unshare -r, or");
	check(WHERE_USER, "$SYS_ADMIN+NET_ADMIN", "run it as root, or by unshare -rn");
	check(WHERE_USER, "$NET_ADMIN", "run it as root, or by unshare -rn");
	check(WHERE_ALONE, "$SYS_ADMIN", "run it by unshare -rn");
	check(WHERE_CONTAINER, "$, or", "a container gets more by --cap-add, or");
	check(WHERE_USER_WITHIN, "$, or", "run the container as root, or");
	check(WHERE_USER, "$", "run it as root, or by unshare -r");
}

static void ids_are_had_by_newuidmap_where_there_is_one(void **state)
{
	(void)state;
	check(WHERE_USER, "$IDS", "run it as root with CAP_SETUID and CAP_SETGID");
	check(WHERE_ALONE, "$IDS", "run it by unshare -r --map-auto (newuidmap, /etc/subuid)");
	check(WHERE_CONTAINER, "$MAP, or", "map it, or");
	check(WHERE_ALONE, "$MAP", "run it by unshare -r --map-auto (newuidmap, /etc/subuid)");
}

static void a_place_is_refused_by_a_profile_or_by_its_mode(void **state)
{
	(void)state;
	check(WHERE_CONTAINER, "$PLACE", "minit may not mount here: run the container with a profile (AppArmor, SELinux) "
					 "that lets it, or leave root, readonly and hosts out");
	check(WHERE_ALONE, "$PLACE", "make it before, and let minit's user in, or correct the table");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_without_a_mark_stay_as_they_are),
		cmocka_unit_test(rights_are_had_by_the_container_or_by_a_user_namespace),
		cmocka_unit_test(ids_are_had_by_newuidmap_where_there_is_one),
		cmocka_unit_test(a_place_is_refused_by_a_profile_or_by_its_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
