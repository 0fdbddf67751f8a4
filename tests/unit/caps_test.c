// links: services/caps.c services/step_caps.c tests/fake/image.c services/layout.c
// flags: -Wl,--wrap=prctl,--wrap=syscall
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "services/caps.h"
#include "services/child.h"
#include "tests/fake/image.h"
#include "tests/fake/note.h"

/* Which capabilities a service gets, and by which calls: the kernel only writes down what it is asked. */
#define KNOWN ((1ull << 41) - 1)
#define USUAL 0xa80425fbull /* as container runtimes have it */
#define BIT(cap) (1ull << CAP_##cap)

static struct image image;
static struct child child;
static int drops, drop_err; /* how many were dropped; errno of it */

int child_fail(struct child *c, int err, const char *detail)
{
	snprintf(c->detail, sizeof(c->detail), "%s", detail);
	return err;
}

int __wrap_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

int __wrap_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	(void)c, (void)d;
	if (option == PR_CAPBSET_DROP && !drop_err)
		drops++;
	else if (option == PR_SET_KEEPCAPS)
		note("keep; ");
	else if (option == PR_SET_SECUREBITS)
		note("securebits %lx; ", a);
	else if (option == PR_CAP_AMBIENT && a == PR_CAP_AMBIENT_RAISE)
		note("raise %lu; ", b);
	else if (option == PR_CAP_AMBIENT)
		note("clear; ");
	errno = drop_err;
	return option == PR_CAPBSET_DROP && drop_err ? -1 : 0;
}

long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
	const struct __user_cap_data_struct *data;
	va_list ap;

	assert_int_equal(number, SYS_capset);
	va_start(ap, number);
	(void)va_arg(ap, void *);
	data = va_arg(ap, const struct __user_cap_data_struct *);
	va_end(ap);
	note("set %lx %lx %lx; ", data[0].permitted | (uint64_t)data[1].permitted << 32,
	     data[0].effective | (uint64_t)data[1].effective << 32,
	     data[0].inheritable | (uint64_t)data[1].inheritable << 32);
	return 0;
}

static struct privileges_spec *begin(uint64_t own)
{
	image_begin(&image, 1);
	memset(&image.confine, 0, sizeof(image.confine));
	image.confine.no_new_privs = 1;
	child = (struct child){ .table = &image.table, .spec = &image.spec[0] };
	caps_known = KNOWN;
	caps_own = (struct caps){ { own, own, own } };
	caps_root = true;
	did[0] = '\0';
	drops = drop_err = 0;
	return &image.confine.privileges;
}

/* As services/step_user.c does it, and the step. */
static int as_user(uint32_t uid)
{
	assert_int_equal(caps_keep(&child, uid), 0);
	return step_caps(&child);
}

static void expect(int drops_wanted, const char *wanted)
{
	assert_int_equal(drops, drops_wanted);
	assert_string_equal(did, wanted);
}

static void list(struct privileges_spec *p, uint64_t caps)
{
	p->caps = (struct caps_spec){ .set = { caps }, .form = CAPS_LIST };
}

/* -- without the key -- */

static void the_usual_list_is_that_of_container_runtimes(void **state)
{
	struct caps_plan plan;

	(void)state;
	begin(KNOWN);
	plan = caps_plan(&image.confine, &caps_own, true, false);
	assert_int_equal(plan.caps.set[CAPS_PERMITTED], USUAL);
	assert_int_equal(plan.caps.set[CAPS_INHERITABLE], 0);
	assert_string_equal(caps_name(CAP_NET_ADMIN), "net_admin");
	assert_string_equal(caps_name(CAP_CHECKPOINT_RESTORE), "checkpoint_restore");
	assert_string_equal(caps_name(CAP_CHECKPOINT_RESTORE + 1), "");
}

static void root_has_the_usual_list_by_one_call(void **state)
{
	(void)state;
	begin(KNOWN);
	assert_int_equal(step_caps(&child), 0);
	expect(0, "set a80425fb a80425fb 0; ");
	begin(KNOWN);
	assert_int_equal(as_user(0), 0);
	expect(0, "set a80425fb a80425fb 0; ");
}

static void another_user_has_none_and_the_change_of_user_sees_to_it(void **state)
{
	(void)state;
	begin(KNOWN);
	assert_int_equal(as_user(1000), 0);
	expect(0, "");
}

static void what_minit_has_already_is_no_work(void **state)
{
	(void)state;
	begin(USUAL);
	assert_int_equal(step_caps(&child), 0);
	expect(0, "");
	begin(0);
	caps_root = false;
	assert_int_equal(step_caps(&child), 0);
	expect(0, "");
}

static void root_has_what_minit_has_of_it_where_that_is_less(void **state)
{
	(void)state;
	begin(BIT(CHOWN) | BIT(SYS_ADMIN));
	assert_int_equal(step_caps(&child), 0);
	expect(0, "set 1 1 0; ");
}

static void what_minit_inherits_is_not_handed_on(void **state)
{
	(void)state;
	begin(KNOWN);
	caps_own.set[CAPS_INHERITABLE] = BIT(CHOWN);
	assert_int_equal(as_user(1000), 0);
	expect(0, "keep; set 0 0 0; ");
	begin(BIT(CHOWN));
	caps_root = false;
	caps_own.set[CAPS_INHERITABLE] = caps_own.set[CAPS_AMBIENT] = BIT(CHOWN);
	assert_int_equal(step_caps(&child), 0);
	expect(0, "set 1 1 0; clear; set 0 0 0; ");
}

static void where_privileges_may_be_gained_the_bounding_set_says_which(void **state)
{
	(void)state;
	begin(KNOWN);
	image.confine.no_new_privs = 0;
	assert_int_equal(step_caps(&child), 0);
	expect(27, "set 1ffffffffff 1ffffffffff 0; set a80425fb a80425fb 0; ");
	begin(KNOWN);
	image.confine.no_new_privs = 0;
	assert_int_equal(as_user(1000), 0);
	expect(41, "keep; set 1ffffffffff 1ffffffffff 0; set 0 0 0; ");
}

static void what_would_reset_the_personality_of_root_is_dropped(void **state)
{
	(void)state;
	begin(KNOWN)->personality = 1;
	assert_int_equal(step_caps(&child), 0);
	expect(27, "set 1ffffffffff 1ffffffffff 0; set a80425fb a80425fb 0; ");
	begin(KNOWN)->personality = 1;
	assert_int_equal(as_user(1000), 0);
	expect(0, "");
}

static void a_default_that_cannot_be_had_is_left_out(void **state)
{
	(void)state;
	begin(KNOWN);
	image.confine.no_new_privs = 0;
	drop_err = EPERM;
	assert_int_equal(step_caps(&child), 0);
}

/* -- with it -- */

static void a_list_is_the_bounding_set_too(void **state)
{
	(void)state;
	list(begin(KNOWN), BIT(CHOWN));
	assert_int_equal(step_caps(&child), 0);
	expect(40, "set 1ffffffffff 1ffffffffff 0; set 1 1 0; ");
}

static void another_user_has_a_list_as_ambient(void **state)
{
	(void)state;
	list(begin(KNOWN), BIT(CHOWN) | BIT(KILL));
	assert_int_equal(as_user(1000), 0);
	expect(39, "keep; set 1ffffffffff 1ffffffffff 21; clear; raise 0; raise 5; set 21 21 21; ");
}

static void all_is_what_minit_has(void **state)
{
	(void)state;
	list(begin(USUAL), CAPS_ALL);
	assert_int_equal(step_caps(&child), 0);
	expect(0, "");
	list(begin(BIT(CHOWN)), CAPS_ALL);
	assert_int_equal(as_user(1000), 0);
	expect(0, "keep; set 1 1 1; clear; raise 0; set 1 1 1; ");
}

static void what_minit_lacks_is_an_error_with_its_name(void **state)
{
	(void)state;
	list(begin(USUAL), BIT(CHOWN) | BIT(SYS_TIME) | BIT(SYS_ADMIN));
	assert_int_equal(step_caps(&child), -EPERM);
	assert_string_equal(child.detail, "sys_admin");
	expect(0, "");
}

static void a_bounding_set_that_cannot_be_smaller_matters_if_it_has_an_effect(void **state)
{
	struct privileges_spec *p = begin(BIT(CHOWN));

	(void)state;
	list(p, 0);
	drop_err = EPERM;
	assert_int_equal(step_caps(&child), 0);
	list(begin(BIT(CHOWN)), 0);
	image.confine.no_new_privs = 0;
	drop_err = EPERM;
	assert_int_equal(step_caps(&child), -EPERM);
	assert_string_equal(child.detail, "bounding set");
	p = begin(BIT(CHOWN));
	p->caps = (struct caps_spec){ .form = CAPS_TABLE, .given = 1 << CAPS_BOUNDING };
	drop_err = EPERM;
	assert_int_equal(step_caps(&child), -EPERM);
}

static void what_the_exec_would_take_away_is_an_error_with_its_name(void **state)
{
	const struct caps_spec given = { .form = CAPS_TABLE, .given = 1 << CAPS_BOUNDING | 1 << CAPS_EFFECTIVE,
					 .set = { [CAPS_BOUNDING] = BIT(CHOWN), [CAPS_EFFECTIVE] = BIT(KILL) } };

	(void)state;
	begin(KNOWN)->caps = given;
	assert_int_equal(step_caps(&child), -EINVAL);
	assert_string_equal(child.detail, "kill");
	expect(0, "");
	begin(KNOWN)->caps = given;
	image.confine.privileges.caps.set[CAPS_EFFECTIVE] = BIT(CHOWN);
	assert_int_equal(step_caps(&child), 0);
	begin(KNOWN)->caps = given;
	image.confine.privileges.caps.set[CAPS_BOUNDING] = CAPS_ALL;
	assert_int_equal(as_user(1000), -EINVAL);
	assert_string_equal(child.detail, "kill");
	image.confine.privileges.caps.given |= 1 << CAPS_AMBIENT;
	image.confine.privileges.caps.set[CAPS_AMBIENT] = BIT(KILL);
	assert_int_equal(as_user(1000), 0);
}

static void what_the_exec_would_give_beyond_is_one_too(void **state)
{
	const struct caps_spec more = { .form = CAPS_TABLE, .given = 1 << CAPS_BOUNDING | 1 << CAPS_PERMITTED,
					.set = { [CAPS_BOUNDING] = BIT(CHOWN) | BIT(KILL), [CAPS_PERMITTED] = BIT(KILL) } };
	const struct caps_spec raised = { .form = CAPS_TABLE, .given = 1 << CAPS_AMBIENT | 1 << CAPS_EFFECTIVE,
					  .set = { [CAPS_AMBIENT] = BIT(KILL) } };

	(void)state;
	begin(KNOWN)->caps = more;
	image.confine.no_new_privs = 0;
	assert_int_equal(step_caps(&child), -EOPNOTSUPP);
	assert_string_equal(child.detail, "chown");
	begin(KNOWN)->caps = more;
	image.confine.no_new_privs = 1; /* which holds it back */
	assert_int_equal(step_caps(&child), 0);
	begin(KNOWN)->caps = raised;
	assert_int_equal(as_user(1000), -EOPNOTSUPP);
	assert_string_equal(child.detail, "kill");
}

static void sets_follow_from_each_other(void **state)
{
	struct privileges_spec *p = begin(KNOWN);
	const uint64_t *set;
	struct caps_plan plan;

	(void)state;
	p->caps = (struct caps_spec){ .form = CAPS_TABLE, .given = 1 << CAPS_AMBIENT, .set = { [CAPS_AMBIENT] = 1 } };
	plan = caps_plan(&image.confine, &caps_own, false, true);
	set = plan.caps.set;
	assert_true(set[CAPS_INHERITABLE] == 1 && set[CAPS_PERMITTED] == 1 && set[CAPS_EFFECTIVE] == 1 &&
		    set[CAPS_BOUNDING] == 1);
	p->caps = (struct caps_spec){ .form = CAPS_TABLE, .given = 1 << CAPS_BOUNDING, .set = { [CAPS_BOUNDING] = 3 } };
	plan = caps_plan(&image.confine, &caps_own, false, true);
	assert_true(set[CAPS_PERMITTED] == 0 && set[CAPS_BOUNDING] == 3 && set[CAPS_AMBIENT] == 0);
	plan = caps_plan(&image.confine, &caps_own, true, false);
	assert_true(set[CAPS_PERMITTED] == 3 && set[CAPS_EFFECTIVE] == 3 && set[CAPS_INHERITABLE] == 0);
	p->caps = (struct caps_spec){ .form = CAPS_TABLE,
				      .given = 1 << CAPS_PERMITTED | 1 << CAPS_EFFECTIVE | 1 << CAPS_INHERITABLE,
				      .set = { [CAPS_PERMITTED] = 7, [CAPS_EFFECTIVE] = 1, [CAPS_INHERITABLE] = 8 } };
	plan = caps_plan(&image.confine, &caps_own, false, true);
	assert_true(set[CAPS_PERMITTED] == 7 && set[CAPS_EFFECTIVE] == 1 && set[CAPS_BOUNDING] == 15);
}

static void securebits_come_before_the_right_to_set_them_goes(void **state)
{
	struct privileges_spec *p = begin(KNOWN);

	(void)state;
	p->securebits = SECBIT_NO_CAP_AMBIENT_RAISE;
	list(p, BIT(CHOWN));
	assert_int_equal(as_user(1000), 0);
	expect(40, "keep; set 1ffffffffff 1ffffffffff 1; clear; raise 0; securebits 40; set 1 1 1; ");
}

static void securebits_alone_are_work_too(void **state)
{
	(void)state;
	begin(USUAL)->securebits = SECBIT_NO_SETUID_FIXUP;
	assert_int_equal(step_caps(&child), 0);
	expect(0, "set a80425fb a80425fb 0; securebits 4; set a80425fb a80425fb 0; ");
	begin(KNOWN)->securebits = SECBIT_NO_SETUID_FIXUP;
	assert_int_equal(as_user(1000), 0);
	expect(0, "keep; set 1ffffffffff 1ffffffffff 0; securebits 4; set 0 0 0; ");
}

static void root_without_its_meaning_is_a_user_like_another(void **state)
{
	struct privileges_spec *p = begin(KNOWN);

	(void)state;
	p->securebits = SECBIT_NOROOT;
	list(p, BIT(CHOWN));
	assert_int_equal(step_caps(&child), 0);
	expect(40, "set 1ffffffffff 1ffffffffff 1; clear; raise 0; securebits 1; set 1 1 1; ");
}

static void in_a_user_namespace_of_its_own_all_are_there(void **state)
{
	(void)state;
	begin(0);
	caps_root = false;
	image.spec[0].namespaces = CLONE_NEWUSER;
	assert_int_equal(step_caps(&child), 0);
	expect(0, "set a80425fb a80425fb 0; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_list_is_that_of_container_runtimes),
		cmocka_unit_test(root_has_the_usual_list_by_one_call),
		cmocka_unit_test(another_user_has_none_and_the_change_of_user_sees_to_it),
		cmocka_unit_test(what_minit_has_already_is_no_work),
		cmocka_unit_test(root_has_what_minit_has_of_it_where_that_is_less),
		cmocka_unit_test(what_minit_inherits_is_not_handed_on),
		cmocka_unit_test(where_privileges_may_be_gained_the_bounding_set_says_which),
		cmocka_unit_test(what_would_reset_the_personality_of_root_is_dropped),
		cmocka_unit_test(a_default_that_cannot_be_had_is_left_out),
		cmocka_unit_test(a_list_is_the_bounding_set_too),
		cmocka_unit_test(another_user_has_a_list_as_ambient),
		cmocka_unit_test(all_is_what_minit_has),
		cmocka_unit_test(what_minit_lacks_is_an_error_with_its_name),
		cmocka_unit_test(a_bounding_set_that_cannot_be_smaller_matters_if_it_has_an_effect),
		cmocka_unit_test(what_the_exec_would_take_away_is_an_error_with_its_name),
		cmocka_unit_test(what_the_exec_would_give_beyond_is_one_too),
		cmocka_unit_test(sets_follow_from_each_other),
		cmocka_unit_test(securebits_come_before_the_right_to_set_them_goes),
		cmocka_unit_test(securebits_alone_are_work_too),
		cmocka_unit_test(root_without_its_meaning_is_a_user_like_another),
		cmocka_unit_test(in_a_user_namespace_of_its_own_all_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
