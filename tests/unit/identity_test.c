// links: services/step_user.c services/step_env.c lib/ours.c lib/path.c lib/buf.c lib/fd.c lib/addr.c lib/text.c tests/fake/image.c services/layout.c
// flags: -Wl,--wrap=open,--wrap=syscall,--wrap=setrlimit
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "services/child.h"
#include "tests/fake/image.h"
#include "tests/fake/note.h"

/* Who a service is and what its environment is: files are texts of the test's, and what the kernel is asked is written down. */
static struct image image;
static struct child child;
static struct child_memory memory;
static const char *passwd, *group; /* NULL: there is no such file */
static const char *instead;        /* for a text of "instead": what has that name */
static int refusal;                /* errno of each set*id, or 0 */
static const uint32_t *groups_now; /* what minit has, in place of refused ones; NULL: setgroups is refused as all is */
static size_t groups_count;

struct rlimit launch_nofile;
struct strays_mark strays_soft = { RLIM_INFINITY, RLIM_INFINITY };
extern char **environ;

int child_open_minits(const struct child *c, const char *path, int flags)
{
	(void)c, (void)path, (void)flags;
	return -ENOENT;
}

uint32_t roots_outside(const struct table *t, struct list ranges, uint32_t id)
{
	(void)t, (void)ranges;
	return id;
}

int child_fail(struct child *c, int err, const char *detail)
{
	snprintf(c->detail, sizeof(c->detail), "%s", detail);
	return err;
}

int child_give_leaf(struct child *c, uint32_t uid, uint32_t gid)
{
	(void)c, (void)uid, (void)gid;
	return 0;
}

/* -- the kernel -- */

static int text_file(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
	const char *text = !strcmp(path, "/etc/passwd") ? passwd : group;

	if (strcmp(path, "/etc/passwd") && strcmp(path, "/etc/group"))
		return __real_open(path, flags);
	if (text && !strcmp(text, "instead"))
		return __real_open(instead, flags);
	if (text)
		return text_file(text);
	errno = ENOENT;
	return -1;
}

long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
	va_list ap;

	va_start(ap, number);
	if (number == SYS_getgroups) {
		(void)va_arg(ap, size_t);
		memcpy(va_arg(ap, uint32_t *), groups_now, groups_count * sizeof(*groups_now));
		va_end(ap);
		return (long)groups_count;
	}
	if (number == SYS_setgroups && groups_now) {
		va_end(ap);
		errno = EPERM;
		return -1;
	}
	if (number == SYS_setgroups) {
		size_t count = va_arg(ap, size_t);
		const uint32_t *list = va_arg(ap, const uint32_t *);

		note("groups");
		for (size_t i = 0; i < count; i++)
			note(" %u", list[i]);
	} else if (number == SYS_setresgid) {
		note(", gid %u", va_arg(ap, uint32_t));
	} else if (number == SYS_setresuid) {
		note(", uid %u", va_arg(ap, uint32_t));
	} else {
		note(", call %ld", number);
	}
	va_end(ap);
	errno = refusal;
	return refusal ? -1 : 0;
}

int __wrap_setrlimit(int resource, const struct rlimit *limit);

int __wrap_setrlimit(int resource, const struct rlimit *limit)
{
	note("rlimit %d %lu %lu;", resource, limit->rlim_cur, limit->rlim_max);
	errno = refusal;
	return refusal ? -1 : 0;
}

/* Capabilities are services/step_caps.c's. */
int caps_keep(struct child *c, uint32_t uid)
{
	(void)c;
	(void)uid;
	return 0;
}

/* -- the service -- */

static struct service_spec *begin(void)
{
	static char *none[] = { NULL };

	image_begin(&image, 1);
	child = (struct child){ .memory = &memory, .table = &image.table, .spec = &image.spec[0] };
	memset(&memory, 0x5a, sizeof(memory)); /* as another child has left it */
	memory.env_count = memory.text_used = 0;
	environ = none;
	passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:100:200:web server:/srv/web:/bin/false\n";
	group = "root:x:0:\nwww:x:200:\naudio:x:300:web,other\nvideo:x:400:other,web\nall:x:500:webber,xweb,we,web2\n";
	did[0] = '\0';
	refusal = 0;
	groups_now = NULL;
	launch_nofile = (struct rlimit){ 0 };
	return &image.spec[0];
}

static int as(const char *user)
{
	image.spec[0].user_at = image_text(&image, user);
	return step_user(&child);
}

static void check_user(const char *lines, const char *user, const char *expected)
{
	begin();
	passwd = lines;
	group = NULL;
	assert_int_equal(as(user), 0);
	if (strcmp(did, expected))
		fail_msg("%s of:\n%s is '%s', not '%s'", user, lines, did, expected);
}

static void check_no_user(const char *lines, const char *user)
{
	begin();
	passwd = lines;
	group = NULL;
	if (as(user) != -ESRCH)
		fail_msg("%s of:\n%s is '%s'", user, lines ? lines : "nothing", did);
	assert_string_equal(did, "");
}

static void without_user_and_group_nothing_is_changed(void **state)
{
	(void)state;
	begin();
	assert_int_equal(step_user(&child), 0);
	assert_string_equal(did, "");
}

static void a_user_has_its_uid_gid_and_the_groups_it_is_in(void **state)
{
	(void)state;
	begin();
	assert_int_equal(as("web"), 0);
	assert_string_equal(did, "groups 300 400, gid 200, uid 100");
	assert_string_equal(child_getenv(&child, "HOME"), "/srv/web");
	assert_string_equal(child_getenv(&child, "USER"), "web");
	assert_string_equal(child_getenv(&child, "LOGNAME"), "web");
}

static void a_number_that_has_a_name_is_that_user(void **state)
{
	(void)state;
	begin();
	assert_int_equal(as("100"), 0);
	assert_string_equal(did, "groups 300 400, gid 200, uid 100");
}

static void a_number_without_a_name_is_its_own_group_and_has_no_home(void **state)
{
	(void)state;
	begin();
	assert_int_equal(as("4711"), 0);
	assert_string_equal(did, "groups, gid 4711, uid 4711");
	assert_null(child_getenv(&child, "HOME"));
}

static void the_table_s_group_wins(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	spec->group_at = image_text(&image, "audio");
	assert_int_equal(as("web"), 0);
	assert_string_equal(did, "groups 300 400, gid 300, uid 100");
}

static void the_table_s_groups_are_all_there_is(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	image_add(&image, &spec->groups, "www");
	image_add(&image, &spec->groups, "12345");
	image.confine.privileges.given = GIVEN_GROUPS;
	assert_int_equal(as("web"), 0);
	assert_string_equal(did, "groups 200 12345, gid 200, uid 100");
}

static void an_empty_list_of_groups_is_none(void **state)
{
	(void)state;
	begin();
	image.confine.privileges.given = GIVEN_GROUPS;
	assert_int_equal(as("web"), 0);
	assert_string_equal(did, "groups, gid 200, uid 100");
}

static void a_group_alone_leaves_the_user(void **state)
{
	struct service_spec *spec = begin();

	(void)state;
	spec->group_at = image_text(&image, "audio");
	assert_int_equal(step_user(&child), 0);
	assert_string_equal(did, "groups, gid 300");
}

static void lines_of_passwd_are_taken_as_they_come(void **state)
{
	static char longer[9000];

	(void)state;
	check_user("web:x:1:2:::", "web", "groups, gid 2, uid 1");
	check_user("web:x:1:2:name:/home:/bin/sh", "web", "groups, gid 2, uid 1");
	check_user("# web:x:9:9:::\n\n:::\nwebber:x:8:8:::\nweb:x:1:2:::\n", "web", "groups, gid 2, uid 1");
	check_user("web:x:1:2:::\nweb:x:3:4:::\n", "web", "groups, gid 2, uid 1");
	check_user("web:x:4294967294:4294967294:::\n", "web", "groups, gid 4294967294, uid 4294967294");
	check_user("web:x:1:2:a:b:c:d:e:f\n", "web", "groups, gid 2, uid 1");
	/* A line that is no user is passed over as a whole. */
	check_user("web:x:ten:9:::\nweb:x:1:2:::\n", "web", "groups, gid 2, uid 1");
	check_user("web:x:1\nweb:x:1:2:::\n", "web", "groups, gid 2, uid 1");
	/* A line longer than any buffer, before it and its own. */
	memset(longer, 'x', sizeof(longer) - 1);
	memcpy(longer, "other:x:7:7:", 12);
	memcpy(longer + sizeof(longer) - 20, "\nweb:x:1:2:::\n", 15);
	check_user(longer, "web", "groups, gid 2, uid 1");
	memset(longer, 'x', sizeof(longer) - 1);
	memcpy(longer, "web:x:1:2:", 10);
	memcpy(longer + 2000, "::", 2);
	check_no_user(longer, "web");
}

static void who_is_not_there_is_an_error_with_the_name(void **state)
{
	(void)state;
	check_no_user("web:x:1:2:::\n", "we");
	assert_string_equal(child.detail, "user we");
	check_no_user("", "web");
	check_no_user(NULL, "web");
	check_no_user("web:x:4294967295:2:::\n", "web");
	check_no_user("web:x:4294967296:2:::\n", "web");
	check_no_user("web:x:-1:2:::\n", "web");
	check_no_user("web:x::2:::\n", "web");
	check_no_user("web:x: 1:2:::\n", "web");
	begin();
	image.spec[0].group_at = image_text(&image, "nobody-s-group");
	assert_int_equal(step_user(&child), -ESRCH);
	assert_string_equal(child.detail, "group nobody-s-group");
	begin();
	image_add(&image, &image.spec[0].groups, "www");
	image_add(&image, &image.spec[0].groups, "nope");
	image.confine.privileges.given = GIVEN_GROUPS;
	assert_int_equal(step_user(&child), -ESRCH);
	assert_string_equal(did, "");
}

static void check_unread(const char *what, int err)
{
	instead = what;
	begin();
	passwd = "instead";
	assert_int_equal(as("web"), err);
	assert_string_equal(child.detail, "user web");
	begin();
	passwd = "instead";
	assert_int_equal(as("100"), err);
	begin();
	group = "instead";
	assert_int_equal(as("web"), err);
	assert_string_equal(child.detail, "group ");
	begin()->group_at = image_text(&image, "www");
	group = "instead";
	assert_int_equal(step_user(&child), err);
	assert_string_equal(child.detail, "group www");
	assert_string_equal(did, "");
}

/* Whom it has beyond an error is not known, and a group that is missed is a right that is missing. */
static void a_list_that_cannot_be_read_is_an_error(void **state)
{
	(void)state;
	check_unread("/proc/self/mem", -EIO); /* nothing is at 0 */
	check_unread("/", -EISDIR);
	check_unread("/dev/zero", -EOPNOTSUPP);
	instead = "/dev/null";
	check_user("instead", "100", "groups, gid 100, uid 100");
}

static void the_highest_number_is_no_id(void **state)
{
	(void)state;
	check_no_user("web:x:1:2:::\n", "4294967295");
	begin();
	image.spec[0].group_at = image_text(&image, "4294967295");
	assert_int_equal(step_user(&child), -ESRCH);
}

static void what_the_kernel_refuses_is_told(void **state)
{
	(void)state;
	begin();
	refusal = EINVAL;
	assert_int_equal(as("web"), -EINVAL);
	assert_string_equal(child.detail, "setgroups");
}

/* web of the group 200 is in 300 and 400. */
static int with_groups(size_t count, const uint32_t *now)
{
	begin();
	groups_now = now;
	groups_count = count;
	return as("web");
}

static void who_may_not_change_groups_keeps_those_that_are_wanted(void **state)
{
	(void)state;
	assert_int_equal(with_groups(2, (uint32_t[]){ 400, 300 }), 0);
	assert_string_equal(did, ", gid 200, uid 100");
	assert_int_equal(with_groups(3, (uint32_t[]){ 200, 300, 400 }), 0);
	assert_int_equal(with_groups(0, (uint32_t[]){ 0 }), -EPERM);
	assert_string_equal(child.detail, "setgroups");
	assert_string_equal(did, "");
	assert_int_equal(with_groups(1, (uint32_t[]){ 300 }), -EPERM);
	assert_int_equal(with_groups(3, (uint32_t[]){ 300, 400, 27 }), -EPERM);
	assert_int_equal(with_groups(3, (uint32_t[]){ 300, 400, 65534 }), -EPERM);
}

static void members_are_found_in_lines_of_any_length(void **state)
{
	static char lines[40000];
	size_t used = 0;

	(void)state;
	begin();
	used = (size_t)sprintf(lines, "crowd:x:600:");
	for (int i = 0; i < 3000; i++)
		used += (size_t)sprintf(lines + used, "user%d,", i);
	sprintf(lines + used, "web\nsmall:x:700:web\n");
	group = lines;
	assert_int_equal(as("web"), 0);
	assert_string_equal(did, "groups 600 700, gid 200, uid 100");
}

/* -- environment -- */

static int make_environment(const char *file)
{
	char path[] = "/tmp/minit-identity-XXXXXX";
	int fd = -1, err;

	if (file) {
		fd = mkstemp(path);
		assert_int_equal(write(fd, file, strlen(file)), strlen(file));
		image_add(&image, &image.spec[0].env_file, path);
	}
	err = step_environment(&child);
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	return err;
}

static void check_file(const char *file, const char *name, const char *value)
{
	begin();
	assert_int_equal(make_environment(file), 0);
	if (!child_getenv(&child, name))
		fail_msg("no %s in '%s'", name, file);
	assert_string_equal(child_getenv(&child, name), value);
}

static void the_file_then_the_table_wins_over_what_minit_has(void **state)
{
	char *own[] = { "A=own", "B=own", "C=own", "PATH=/own", NULL };

	(void)state;
	begin();
	environ = own;
	image_add(&image, &image.spec[0].env, "C=table");
	assert_int_equal(make_environment("B=file\nC=file\n"), 0);
	assert_string_equal(child_getenv(&child, "A"), "own");
	assert_string_equal(child_getenv(&child, "B"), "file");
	assert_string_equal(child_getenv(&child, "C"), "table");
	assert_string_equal(child_getenv(&child, "PATH"), "/own");
	assert_int_equal(memory.env_count, 4);
}

static void without_a_path_there_is_the_usual_one(void **state)
{
	(void)state;
	begin();
	assert_int_equal(make_environment(NULL), 0);
	assert_int_equal(strncmp(child_getenv(&child, "PATH"), "/usr/local/sbin:", 16), 0);
}

static void lines_of_a_file_are_taken_as_they_come(void **state)
{
	(void)state;
	check_file("A=1", "A", "1");
	check_file("A=1\r\nB=2\r\n", "A", "1");
	check_file("  A=1  \n", "A", "1");
	check_file("A=\n", "A", "");
	check_file("A=a=b=c\n", "A", "a=b=c");
	check_file("export A=1\n", "A", "1");
	check_file("A=\"with blanks \"\n", "A", "with blanks ");
	check_file("A='single'\n", "A", "single");
	check_file("A=\"it's\"\n", "A", "it's");
	check_file("A=\"not closed\n", "A", "\"not closed");
	check_file("A=\"\n", "A", "\"");
	check_file("A=$HOME `x` \\n\n", "A", "$HOME `x` \\n");
	check_file("# B\n; C\n\n\t\nA=1\n", "A", "1");
	check_file("A=1\nA=2\n", "A", "2");
	check_file("A=1 # no comment\n", "A", "1 # no comment");
}

static void a_line_that_is_no_variable_is_an_error(void **state)
{
	static const char *const wrong[] = { "A\n", "=1\n", "A=1\nnonsense\n", "export\n", "export A\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		begin();
		if (make_environment(wrong[i]) != -EINVAL)
			fail_msg("'%s' is taken", wrong[i]);
	}
}

static void a_file_may_miss_if_the_table_says_so(void **state)
{
	(void)state;
	begin();
	image_add(&image, &image.spec[0].env_file, "-/no/such/file");
	assert_int_equal(make_environment(NULL), 0);
	begin();
	image_add(&image, &image.spec[0].env_file, "/no/such/file");
	assert_int_equal(make_environment(NULL), -ENOENT);
	assert_string_equal(child.detail, "/no/such/file");
}

static void a_file_without_end_is_an_error(void **state)
{
	static char much[300 * 1024];

	(void)state;
	begin();
	memset(much, '#', sizeof(much) - 1);
	assert_int_equal(make_environment(much), -EFBIG);
}

static void there_is_an_end_to_variables(void **state)
{
	static char many[2000 * 8];
	size_t used = 0;

	(void)state;
	for (int i = 0; i < 2000; i++)
		used += (size_t)sprintf(many + used, "V%d=\n", i);
	begin();
	assert_int_equal(make_environment(many), -E2BIG);
}

static void a_user_of_its_own_does_not_get_who_minit_is(void **state)
{
	char *own[] = { "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash", "TERM=linux", NULL };

	(void)state;
	begin();
	environ = own;
	assert_int_equal(make_environment(NULL), 0);
	assert_string_equal(child_getenv(&child, "HOME"), "/root");
	begin();
	environ = own;
	image.spec[0].user_at = image_text(&image, "web");
	assert_int_equal(make_environment(NULL), 0);
	assert_null(child_getenv(&child, "SHELL"));
	assert_string_equal(child_getenv(&child, "TERM"), "linux");
	assert_int_equal(step_user(&child), 0);
	assert_string_equal(child_getenv(&child, "HOME"), "/srv/web");
}

static void what_the_table_says_of_home_stays(void **state)
{
	(void)state;
	begin();
	image.spec[0].user_at = image_text(&image, "web");
	image_add(&image, &image.spec[0].env, "HOME=/elsewhere");
	assert_int_equal(make_environment(NULL), 0);
	assert_int_equal(step_user(&child), 0);
	assert_string_equal(child_getenv(&child, "HOME"), "/elsewhere");
	assert_string_equal(child_getenv(&child, "USER"), "web");
}

/* -- limits of the process -- */

static void the_descriptors_minit_needs_are_its_own(void **state)
{
	(void)state;
	begin();
	child.namespaces = CLONE_NEWPID;
	launch_nofile = (struct rlimit){ 1024, 4096 };
	assert_int_equal(step_rlimits(&child), 0);
	assert_string_equal(did, "rlimit 7 1024 4096;");
	begin();
	child.namespaces = CLONE_NEWPID;
	assert_int_equal(step_rlimits(&child), 0);
	assert_string_equal(did, "");
}

static void what_no_pid_namespace_holds_bears_a_mark(void **state)
{
	(void)state;
	begin();
	child.mark = (struct strays_mark){ 77, 78 };
	assert_int_equal(step_rlimits(&child), 0);
	assert_string_equal(did, "rlimit 10 77 77;rlimit 15 78 78;");
	begin();
	child.mark = (struct strays_mark){ 77, 78 };
	child.in_leaf = true; /* root may leave it */
	assert_int_equal(step_rlimits(&child), 0);
	assert_string_equal(did, "rlimit 10 77 77;rlimit 15 78 78;");
	begin();
	child.namespaces = CLONE_NEWPID;
	assert_int_equal(step_rlimits(&child), 0);
	assert_string_equal(did, "");
}

static void a_umask_is_set_only_when_it_is_given(void **state)
{
	mode_t had = umask(0022);

	(void)state;
	begin();
	assert_int_equal(step_rlimits(&child), 0);
	assert_int_equal(umask(0022), 0022);
	image.spec[0].umask = 0;
	assert_int_equal(step_rlimits(&child), 0);
	assert_int_equal(umask(had), 0);
}

/* cmocka looks into the environment too. */
static char **real_environ;

static int restore(void **state)
{
	(void)state;
	environ = real_environ;
	return 0;
}

#define T(name) cmocka_unit_test_teardown(name, restore)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(without_user_and_group_nothing_is_changed),
		T(a_user_has_its_uid_gid_and_the_groups_it_is_in),
		T(a_number_that_has_a_name_is_that_user),
		T(a_number_without_a_name_is_its_own_group_and_has_no_home),
		T(the_table_s_group_wins),
		T(the_table_s_groups_are_all_there_is),
		T(an_empty_list_of_groups_is_none),
		T(a_group_alone_leaves_the_user),
		T(lines_of_passwd_are_taken_as_they_come),
		T(who_is_not_there_is_an_error_with_the_name),
		T(a_list_that_cannot_be_read_is_an_error),
		T(the_highest_number_is_no_id),
		T(what_the_kernel_refuses_is_told),
		T(who_may_not_change_groups_keeps_those_that_are_wanted),
		T(members_are_found_in_lines_of_any_length),
		T(the_file_then_the_table_wins_over_what_minit_has),
		T(without_a_path_there_is_the_usual_one),
		T(lines_of_a_file_are_taken_as_they_come),
		T(a_line_that_is_no_variable_is_an_error),
		T(a_file_may_miss_if_the_table_says_so),
		T(a_file_without_end_is_an_error),
		T(there_is_an_end_to_variables),
		T(a_user_of_its_own_does_not_get_who_minit_is),
		T(what_the_table_says_of_home_stays),
		T(the_descriptors_minit_needs_are_its_own),
		T(what_no_pid_namespace_holds_bears_a_mark),
		T(a_umask_is_set_only_when_it_is_given),
	};

	real_environ = environ;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
