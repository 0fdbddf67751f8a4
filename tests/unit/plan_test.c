// links: services/table_verify.c
// links: init/netplan.c init/sysctls.c init/say.c services/extra.c net/tell.c net/tell_attach.c net/tell_bridge.c net/tell_iprule.c net/tell_link.c net/tell_rules.c net/tell_expr.c net/tell_value.c net/tell_ways.c net/family.c net/rate.c
// links: services/address.c services/attach.c services/subnet.c services/unfit.c lib/addr_use.c services/macs.c services/append.c services/compile.c services/finish.c services/sections.c services/table_image.c services/errors.c services/keys.c services/names.c services/numbers.c services/order.c
// links: services/ports.c services/allow.c services/spans.c net/nft.c net/nft_rules.c net/nft_sets.c net/walk.c net/ruleset.c net/balance.c net/between.c net/near.c net/mac.c
// links: services/refuse.c services/roots.c services/kept.c services/set.c services/values.c services/values_tables.c services/values_root.c services/values_link.c services/match.c services/upon.c net/kinds.c cgroup/limits.c lib/arena.c
// links: services/values_net.c services/network.c services/also.c services/nearer.c services/attend.c services/own.c services/routes.c services/sysctls.c services/contrary.c services/hostnames.c services/hosts.c services/peers.c services/shard.c net/star.c services/values_caps.c services/values_privileges.c
// links: services/values_sched.c services/caps.c lib/buf.c lib/fd.c lib/json.c lib/signame.c lib/addr.c lib/text.c lib/toml.c lib/toml_scalar.c lib/utf8.c
// links: cgroup/friendly.c services/values_leaf.c services/changed.c services/values_seccomp.c services/profiles.c services/seccomp.c services/syscalls.c
// links: services/table.c services/table_net.c services/table_roots.c net/netlink.c net/inbox.c lib/log.c services/layout.c
/*
 * `minit net --plan`: tests/plan/NAME.toml and what is to be said of it, NAME.plan. GOLDEN=update writes these anew, to be read
 * before they are kept. That it is what minit does is tested in tests/container/438-net-plan.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include "init/netplan.h"
#include "net/net.h"
#include "tests/unit/compile.h"

int net_sysctl(const char *object, const char *path, const char *value)
{
	(void)object, (void)path, (void)value;
	return 0;
}

static char *slurp(const char *path)
{
	char *text = calloc(1, 1 << 20);
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		fail_msg("%s is missing", path);
	assert_true(read(fd, text, (1 << 20) - 1) >= 0);
	close(fd);
	return text;
}

static void update(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void compare(const char *path, struct buf *plan)
{
	char *table = slurp(path), expected[256], *wanted;

	buf_reset(plan);
	netplan_put(plan, table_of(table), &path, 1);
	assert_int_equal(buf_check(plan), 0);
	for (const char *p = buf_text(plan); *p; p++)
		assert_true(*p >= ' ' || *p == '\n' || *p == '\t');
	sprintf(expected, "%.*splan", (int)(strlen(path) - strlen("toml")), path);
	if (getenv("GOLDEN"))
		update(expected, buf_text(plan));
	wanted = slurp(expected);
	if (strcmp(buf_text(plan), wanted))
		fail_msg("%s\nis not what is said:\n%s", expected, buf_text(plan));
	free(wanted);
	free(table);
}

static void every_plan_is_told_as_written(void **state)
{
	static char mem[1 << 20];
	struct buf plan = { .data = mem, .size = sizeof(mem) };
	glob_t g;

	(void)state;
	assert_int_equal(glob("tests/plan/*.toml", 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= 3);
	for (size_t i = 0; i < g.gl_pathc; i++)
		compare(g.gl_pathv[i], &plan);
	globfree(&g);
}

/* What comes from a table cannot end the line that it stands in, nor a comment. */
static void nothing_gets_out_of_its_word(void **state)
{
	static const char *const path = "a\nrm -rf b";
	static char mem[1 << 16];
	struct buf plan = { .data = mem, .size = sizeof(mem) };
	const struct table *t = table_of("[network.link.wan]\nmatch = \"e*\"\n"
					 "[service.a]\nexec = [\"a\"]\n[service.a.network]\nmode = \"none\"\n"
					 "sysctl = { \"net.ipv4.x\" = \"1'; rm -rf c; '\" }\n");

	(void)state;
	netplan_put(&plan, t, &path, 1);
	assert_non_null(strstr(buf_text(&plan), "of a?rm -rf b, in"));
	assert_non_null(strstr(buf_text(&plan), "ip link set dev 'e*' name wan\n"));
	assert_non_null(strstr(buf_text(&plan), "sysctl -q -w 'net.ipv4.x=1'\\''; rm -rf c; '\\'''\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_plan_is_told_as_written),
		cmocka_unit_test(nothing_gets_out_of_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
