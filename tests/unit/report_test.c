// links: init/report.c lib/pressure.c init/field.c lib/buf.c lib/fd.c lib/json.c lib/utf8.c lib/addr.c lib/text.c lib/clock.c tests/fake/house.c
/* The lines PID 1 says: none is too long, whatever is in it, and all of them can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "init/field.h"
#include "init/report.h"
#include "tests/fake/house.h"

static void fill_most(struct supervisor *sv)
{
	struct service *s = service_at(sv, 0);
	struct service_spec *spec = house_spec(0);

	sv->state->pid = INT32_MAX;
	sv->state->orphans = sv->state->crashes = sv->state->reexecs = sv->state->events = INT64_MAX;
	sv->state->booted.ms = 0;
	sv->state->cgroup.err = 0;
	s->life.since.ms = 0;
	s->life.state = STATE_BACKOFF;
	s->life.deadline.ms = INT64_MAX / 2;
	s->life.pressed = PRESSURE_MEMORY + 1;
	s->life.starts = s->life.restarts = s->life.failures = UINT32_MAX;
	s->handles.pid = INT32_MAX;
	s->handles.missing = -1;
	spec->attach.bridge = 0;
	spec->internal = 1;
	spec->description_at = spec->name_at;
	for (size_t i = 0; i < NET_ADDRS; i++) {
		spec->attach.addr[i] = (struct addr){ .family = AF_INET6, .prefix = 128 };
		memset(spec->attach.addr[i].bytes, 0xff, 16);
	}
}

static struct supervisor *build_most(void)
{
	static char name[TABLE_NAME_MAX + 1];
	static const char *const names[] = { name };

	memset(name, '\x01', TABLE_NAME_MAX); /* six bytes each in JSON */
	return house_build(names, 1);
}

static const char *line_of(struct buf *b)
{
	const char *text = buf_text(b);

	assert_int_equal(buf_check(b), 0);
	assert_int_equal(text[b->len - 1], '\n');
	assert_null(memchr(text, '\n', b->len - 1));
	b->data[b->len - 1] = '\0';
	return text;
}

static void test_the_longest_lines_fit(void **data)
{
	struct supervisor *sv = build_most();
	static char why[STATE_WHY];

	BUF_ON_STACK(minit, REPORT_LINE);
	BUF_ON_STACK(service, REPORT_LINE);
	BUF_ON_STACK(change, REPORT_LINE);

	(void)data;
	memset(why, '\xff', sizeof(why) - 1);
	house_why = why;
	fill_most(sv);
	report_minit(sv, &minit);
	report_service(sv, 0, &service);
	report_change(sv, 0, STATE_DRAINING, &change);
	assert_true(field_is_there(line_of(&minit), "cgroup"));
	assert_true(field_is_true(line_of(&service), "internal"));
	assert_true(field_is_there(line_of(&change), "why"));
	house_why = NULL;
}

static void test_a_service_says_what_it_is_and_has(void **data)
{
	static const char *const names[] = { "web" };
	struct supervisor *sv = house_build(names, 1);
	BUF_ON_STACK(b, REPORT_LINE);
	const char *line;
	char text[80];

	(void)data;
	house_spec(0)->attach.bridge = 0;
	house_spec(0)->attach.addr[0] = (struct addr){ { 10, 77, 0, 2 }, AF_INET, 24 };
	service_at(sv, 0)->handles.missing = MISSING_NETWORK | MISSING_LIMITS;
	house_move(0, STATE_FAILED);
	report_service(sv, 0, &b);
	line = line_of(&b);
	assert_false(field_is_there(line, "pressed"));
	field_text(line, "why", text, sizeof(text));
	assert_string_equal(text, "exit 1");
	field_text(line, "addresses", text, sizeof(text));
	assert_string_equal(text, "10.77.0.2/24");
	field_text(line, "missing", text, sizeof(text));
	assert_string_equal(text, "limits, network");
	assert_int_equal(field_number(line, "memory_max", 0), 64 << 20);
	assert_false(field_is_there(line, "cpu_us")); /* cannot be told here */
	assert_false(field_is_there(line, "next_ms"));
}

static void test_who_waits_for_calm_says_of_which_pressure(void **data)
{
	static const char *const names[] = { "web" };
	struct supervisor *sv = house_build(names, 1);
	BUF_ON_STACK(service, REPORT_LINE);
	BUF_ON_STACK(change, REPORT_LINE);
	char text[80];

	(void)data;
	service_at(sv, 0)->life.state = STATE_WAITING;
	service_at(sv, 0)->life.pressed = PRESSURE_IO + 1;
	report_service(sv, 0, &service);
	field_text(line_of(&service), "pressed", text, sizeof(text));
	assert_string_equal(text, "io");
	report_change(sv, 0, STATE_DOWN, &change);
	field_text(line_of(&change), "pressed", text, sizeof(text));
	assert_string_equal(text, "io");
}

static void test_a_description_is_cut_between_characters(void **data)
{
	static const char *const names[] = { "web", "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		"\xe2\x82\xac\xe2\x82\xac" };
	struct supervisor *sv = house_build(names, 2);
	BUF_ON_STACK(b, REPORT_LINE);
	char text[128];

	(void)data;
	house_spec(0)->description_at = house_spec(1)->name_at;
	report_service(sv, 0, &b);
	field_text(line_of(&b), "description", text, sizeof(text));
	assert_int_equal(strlen(text), 99); /* 33 characters of 3 bytes */
}

static void test_no_leaf_no_numbers(void **data)
{
	static const char *const names[] = { "web" };
	struct supervisor *sv = house_build(names, 1);
	BUF_ON_STACK(b, REPORT_LINE);

	(void)data;
	sv->state->cgroup.err = -EROFS;
	report_service(sv, 0, &b);
	assert_false(field_is_there(line_of(&b), "memory"));
	buf_reset(&b);
	report_minit(sv, &b);
	assert_false(field_is_there(line_of(&b), "cgroup_error")); /* nobody has looked */
	sv->state->placed = 1;
	buf_reset(&b);
	report_minit(sv, &b);
	assert_non_null(strstr(line_of(&b), "\"cgroup\":\"none\",\"cgroup_error\":\"Read-only file system\""));
}

static void test_internal_services_are_not_counted(void **data)
{
	static const char *const names[] = { "web", "@log" };
	struct supervisor *sv = house_build(names, 2);
	BUF_ON_STACK(b, REPORT_LINE);

	(void)data;
	house_spec(1)->internal = 1;
	report_minit(sv, &b);
	assert_int_equal(field_number(line_of(&b), "services", 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_longest_lines_fit),
		cmocka_unit_test(test_a_service_says_what_it_is_and_has),
		cmocka_unit_test(test_who_waits_for_calm_says_of_which_pressure),
		cmocka_unit_test(test_a_description_is_cut_between_characters),
		cmocka_unit_test(test_no_leaf_no_numbers),
		cmocka_unit_test(test_internal_services_are_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
