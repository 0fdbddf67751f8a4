// links: services/table_verify.c
// links: services/address.c services/attach.c services/subnet.c services/unfit.c lib/addr_use.c services/macs.c services/append.c services/compile.c services/finish.c services/sections.c services/table_image.c services/errors.c services/keys.c services/names.c services/numbers.c services/order.c
// links: services/ports.c services/allow.c services/spans.c net/nft.c net/nft_rules.c net/nft_sets.c net/walk.c net/inbox.c net/ruleset.c net/balance.c net/between.c net/near.c net/mac.c
// links: services/refuse.c services/roots.c services/kept.c services/set.c services/values.c services/values_tables.c services/values_root.c services/values_link.c services/match.c services/upon.c net/kinds.c services/table.c services/table_net.c services/table_roots.c cgroup/limits.c lib/arena.c
// links: services/values_net.c services/network.c services/also.c services/nearer.c services/attend.c services/own.c services/routes.c services/sysctls.c services/contrary.c net/family.c services/hostnames.c services/hosts.c services/peers.c services/shard.c net/star.c
// links: services/values_caps.c services/values_privileges.c services/values_sched.c services/caps.c
// links: lib/buf.c lib/fd.c lib/json.c lib/log.c lib/signame.c lib/addr.c lib/text.c lib/toml.c lib/toml_scalar.c lib/utf8.c
// links: cgroup/friendly.c services/values_leaf.c services/changed.c
// links: services/values_seccomp.c services/profiles.c services/seccomp.c services/syscalls.c services/layout.c
/* What a right table becomes. Wrong ones are in golden_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "lib/addr.h"
#include "lib/mount.h"
#include "services/seccomp.h"
#include "tests/unit/compile.h"

#define MOST (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
#define BRIDGE "[network.bridge.br0]\naddress = ['10.77.0.1/24', 'fd77::1/64']\n"

/* "a b c": the texts or names of a list. */
static const char *listed(const struct table *t, struct list list, bool services)
{
	static char out[4096];

	out[0] = '\0';
	for (uint32_t i = 0; i < list.count; i++) {
		uint32_t at = table_list(t, list, uint32_t)[i];

		strcat(out, i ? " " : "");
		strcat(out, table_text(t, services ? table_service(t, at)->name_at : at));
	}
	return out;
}

/* "memory.max=1 pids.max=2", in the order in which they are written. */
static const char *limits_of(const struct table *t, struct list list)
{
	static char out[1024];

	out[0] = '\0';
	for (uint32_t i = 0; i < list.count; i++) {
		const struct limit_spec *limit = &table_list(t, list, struct limit_spec)[i];

		sprintf(out + strlen(out), "%s%s=%s", i ? " " : "", table_text(t, limit->file_at), table_text(t, limit->text_at));
	}
	return out;
}

static const char *address(const struct addr *a)
{
	static char out[64];
	struct buf b = { .data = out, .size = sizeof(out) };

	text_put_addr(&b, a, true);
	return buf_text(&b);
}

static void an_empty_table_is_good(void **state)
{
	const struct table *t = table_of("");

	(void)state;
	assert_int_equal(t->services.count, 0);
	assert_int_equal(t->main, -1);
	assert_string_equal(listed(t, t->files, false), "t.toml");
}

static void a_service_has_the_defaults_of_the_manual(void **state)
{
	const struct service_spec *s = service_of(table_of("[service.a]\nexec = ['a']"), "a");

	(void)state;
	assert_int_equal(s->namespaces, MOST);
	assert_int_equal(s->explicit_ns, 0);
	assert_int_equal(s->leaf, 1);
	assert_int_equal(s->explicit_leaf, 0);
	assert_int_equal(s->init, 1);
	assert_int_equal(s->autostart, 1);
	assert_int_equal(s->restart, RESTART_ON_FAILURE);
	assert_int_equal(s->ready, READY_EXEC);
	assert_int_equal(s->output, OUTPUT_INHERIT);
	assert_int_equal(s->stop_signal, SIGTERM);
	assert_int_equal(s->grace_ms, 10000);
	assert_int_equal(s->start_ms, 0);
	assert_true(s->umask == UMASK_INHERIT);
	assert_int_equal(s->backoff.first_ms, 200);
	assert_int_equal(s->backoff.max_ms, 30000);
	assert_int_equal(s->backoff.factor_pct, 200);
	assert_int_equal(s->backoff.jitter_pct, 10);
	assert_int_equal(s->backoff.stable_ms, 10000);
	assert_int_equal(s->backoff.give_up, 0);
	assert_int_equal(s->attach.bridge, -1);
	assert_int_equal(s->line, 1);
}

static void every_key_arrives(void **state)
{
	const struct table *t = table_of(
		"[system]\nhostname = 'edge-7'\nmain = 'b'\n" BRIDGE "mtu = 1400\n"
		"[service.b]\nexec = ['b']\n[service.c]\nexec = ['c']\n"
		"[service.a]\ndescription = 'what a is'\nexec = ['/bin/a', '-x', '']\nneeds = ['b']\nafter = ['c']\n"
		"autostart = false\nrestart = 'always'\nstart_timeout = '1.5m'\nready = 'exit'\nuser = 1000\ngroup = 'g'\n"
		"backoff = { first = '1s', max = '2s', factor = '150%', jitter = '0%', stable = '1h', give_up = 7 }\n"
		"stop = { signal = 'RTMIN+3', grace = '0s' }\ngroups = ['x', 20]\ncwd = '/srv'\nenv = { A = 'b=c', N = 5 }\n"
		"env_file = '-/etc/a.env'\numask = '0027'\ninit = false\nroot = '/r'\nreadonly = true\nhostname = 'h.x'\n"
		"rlimits = { nofile = 64, core = 'unlimited', stack = { soft = '8M', hard = 'unlimited' } }\n"
		"hosts = true\noutput = { file = '/var/log/a' }\nleaf = true\n"
		"network = { bridge = 'br0', address = ['10.77.0.9', 'fd77::9'], gateway = '10.77.0.2' }\n"
		"cgroup = { memory = { max = '64M' }, 'cpu.max' = '50%', pids.max = 9 }\n");
	const struct service_spec *s = service_of(t, "a");
	const struct rlimit_spec *r = table_list(t, s->rlimits, struct rlimit_spec);

	(void)state;
	assert_string_equal(table_text(t, t->hostname_at), "edge-7");
	assert_int_equal(t->main, table_find(t, "b"));
	assert_int_equal(table_bridge(t, 0)->mtu, 1400);
	assert_string_equal(table_text(t, s->description_at), "what a is");
	assert_int_equal(s->exec.count, 3);
	assert_string_equal(listed(t, s->exec, false), "/bin/a -x ");
	assert_string_equal(listed(t, s->needs, true), "b");
	assert_string_equal(listed(t, s->after, true), "c");
	assert_string_equal(listed(t, s->groups, false), "x 20");
	assert_string_equal(listed(t, s->env, false), "A=b=c N=5");
	assert_string_equal(listed(t, s->env_file, false), "-/etc/a.env");
	assert_string_equal(table_text(t, s->user_at), "1000");
	assert_string_equal(table_text(t, s->group_at), "g");
	assert_string_equal(table_text(t, s->cwd_at), "/srv");
	assert_string_equal(table_text(t, s->root_at), "/r");
	assert_string_equal(table_text(t, s->hostname_at), "h.x");
	assert_string_equal(table_text(t, s->output_at), "/var/log/a");
	assert_int_equal(s->output, OUTPUT_FILE);
	assert_int_equal(s->autostart + s->init, 0);
	assert_int_equal(s->readonly + s->leaf + s->explicit_leaf, 3);
	assert_int_equal(s->restart, RESTART_ALWAYS);
	assert_int_equal(s->ready, READY_EXIT);
	assert_int_equal(s->start_ms, 90000);
	assert_int_equal(s->stop_signal, 37);
	assert_int_equal(s->grace_ms, 0);
	assert_int_equal(s->umask, 027);
	assert_int_equal(s->backoff.first_ms + s->backoff.max_ms, 3000);
	assert_int_equal(s->backoff.factor_pct + s->backoff.jitter_pct + s->backoff.give_up, 157);
	assert_int_equal(s->backoff.stable_ms, 3600000);
	assert_int_equal(s->rlimits.count, 3);
	assert_true(r[0].resource == RLIMIT_STACK && r[0].soft == 8 << 20 && r[0].hard == RLIM_INFINITY);
	assert_true(r[1].resource == RLIMIT_CORE && r[1].soft == RLIM_INFINITY);
	assert_true(r[2].resource == RLIMIT_NOFILE && r[2].soft == 64 && r[2].hard == 64);
	assert_string_equal(limits_of(t, s->limits), "memory.max=67108864 cpu.max=50000 100000 pids.max=9");
	assert_string_equal(address(&s->attach.addr[0]), "10.77.0.9/24");
	assert_string_equal(address(&s->attach.addr[1]), "fd77::9/64");
	assert_int_equal(s->attach.gateway[1].family, 0);
	assert_string_equal(address(&s->attach.gateway[0]), "10.77.0.2/32");
	assert_string_equal(s->attach.peer, "mv2");
}

static void names_have_letters_of_both_cases_digits_and_some_marks(void **state)
{
	static const char *const names[] = { "a", "Web_1.x-Y@z", "0", "init2", "cgroups", "memory", "x.max" };
	char text[512] = "", longest[TABLE_NAME_MAX + 1] = "";

	(void)state;
	memset(longest, 'q', TABLE_NAME_MAX);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		sprintf(text + strlen(text), "service.\"%s\".exec = ['x']\n", names[i]);
	sprintf(text + strlen(text), "service.%s = { exec = ['x'], user = '_A-z.9$' }\n", longest);
	assert_int_equal(table_of(text)->services.count, ARRAY_LEN(names) + 1);
}

static void defaults_hold_where_a_service_says_nothing(void **state)
{
	const struct table *t = table_of(
		"[defaults]\nrestart = 'never'\nuser = 'u'\nenv = { A = '1', B = '2' }\ncgroup.memory.max = '1G'\n"
		"cgroup.pids.max = 5\nrlimits.nofile = 7\noutput = 'console'\nnamespaces = ['mount']\nstop.grace = '1s'\n"
		"[service.a]\nexec = ['a']\n"
		"[service.b]\nexec = ['b']\nrestart = 'always'\nenv = { B = '3', C = '4' }\ncgroup.pids.max = 6\n"
		"rlimits.core = 0\noutput = 'null'\nnamespaces = []\n");
	const struct service_spec *a = service_of(t, "a"), *b = service_of(t, "b");

	(void)state;
	assert_int_equal(a->restart, RESTART_NEVER);
	assert_int_equal(b->restart, RESTART_ALWAYS);
	assert_string_equal(table_text(t, b->user_at), "u");
	assert_string_equal(listed(t, a->env, false), "A=1 B=2");
	assert_string_equal(listed(t, b->env, false), "B=3 C=4 A=1");
	assert_string_equal(limits_of(t, a->limits), "memory.max=1073741824 pids.max=5");
	assert_string_equal(limits_of(t, b->limits), "memory.max=1073741824 pids.max=6");
	assert_int_equal(b->rlimits.count, 2);
	assert_int_equal(a->output, OUTPUT_CONSOLE);
	assert_int_equal(b->output, OUTPUT_NULL);
	assert_int_equal(a->namespaces, CLONE_NEWNS);
	assert_int_equal(b->namespaces, 0);
	assert_int_equal(a->grace_ms + b->grace_ms, 2000);
	assert_int_equal(a->init, 0);
}

static void only_what_a_service_asks_for_itself_is_explicit(void **state)
{
	const struct table *t = table_of(
		BRIDGE "[defaults]\nreadonly = true\ncgroup.pids.max = 5\nnamespaces = ['mount', 'uts', 'net']\n"
		"[service.a]\nexec = ['a']\n"
		"[service.b]\nexec = ['b']\nnamespaces = ['mount', 'pid']\n"
		"[service.c]\nexec = ['c']\nreadonly = true\nhostname = 'c'\ncgroup.pids.max = 6\n"
		"[service.d]\nexec = ['d']\nnetwork.bridge = 'br0'\nleaf = false\n"
		"[service.e]\nexec = ['e']\nleaf = true\nhosts = true\n"
		"[service.f]\nexec = ['f']\nroot = '/r'\nuserns.idmap = true\n"
		"[service.g]\nexec = ['g']\nroot = '/r'\nuserns.idmap = false\n");
	const struct service_spec *d = service_of(t, "d");

	(void)state;
	assert_int_equal(service_of(t, "a")->explicit_ns, 0);
	assert_int_equal(service_of(t, "a")->explicit_leaf, 0);
	assert_int_equal(service_of(t, "b")->explicit_ns, CLONE_NEWNS | CLONE_NEWPID);
	assert_int_equal(service_of(t, "c")->explicit_ns, CLONE_NEWNS | CLONE_NEWUTS);
	assert_int_equal(service_of(t, "c")->explicit_leaf, 1);
	assert_int_equal(d->explicit_ns, CLONE_NEWNET);
	assert_true(d->leaf == 0 && d->explicit_leaf == 0 && d->limits.count == 0);
	assert_int_equal(service_of(t, "e")->explicit_ns, CLONE_NEWNS);
	assert_int_equal(service_of(t, "e")->explicit_leaf, 1);
	assert_int_equal(service_of(t, "f")->explicit_ns, CLONE_NEWNS);
	assert_int_equal(service_of(t, "g")->explicit_ns, 0);
}

static void a_later_file_overrides_a_key_and_leaves_the_others(void **state)
{
	static const char *const files[] = {
		"[service.a]\nexec = ['a']\nrestart = 'never'\nstop.signal = 'INT'\nenv = { A = '1', B = '2' }\n"
		"output = { file = '/x' }\nneeds = ['b']\n[service.b]\nexec = ['b']\nnetwork = 'host'\n"
		"[service.c]\nexec = ['c']\nnetwork = { bridge = 'br0', address = '10.77.0.3' }\n" BRIDGE,
		"[service.b]\nexec = ['/b2']\nnetwork.address = '10.77.0.2'\n"
		"[service.a]\nrestart = 'always'\nstop.grace = '1s'\nenv = { B = '3' }\noutput = 'console'\nneeds = []\n"
		"[service.c]\nnetwork = 'none'\n",
	};
	const struct table *t = table_of_files(files, 2, (struct table_source){ 0 });
	const struct service_spec *a = service_of(t, "a"), *b = service_of(t, "b"), *c = service_of(t, "c");

	(void)state;
	assert_int_equal(t->services.count, 3);
	assert_string_equal(listed(t, a->exec, false), "a");
	assert_int_equal(a->restart, RESTART_ALWAYS);
	assert_int_equal(a->stop_signal, SIGINT);
	assert_int_equal(a->grace_ms, 1000);
	assert_string_equal(listed(t, a->env, false), "B=3 A=1");
	assert_true(a->output == OUTPUT_CONSOLE && !a->output_at && !a->needs.count);
	assert_string_equal(listed(t, b->exec, false), "/b2");
	assert_string_equal(address(&b->attach.addr[0]), "10.77.0.2/24");
	assert_true(c->attach.bridge == -1 && c->namespaces & CLONE_NEWNET && !c->attach.addr[0].family);
}

static void a_name_that_a_syntax_error_may_have_swallowed_is_not_missed(void **state)
{
	const char *const texts[] = { "[service.db\nexec = ['db']\n", "[service.web]\nexec = ['x']\nneeds = ['db']\n",
				      "[service.web]\nexec = ['x']\nneeds = ['db', x]\nrestart = 1\n" };
	const struct compile_file files[] = { { "a", texts[0], strlen(texts[0]) }, { "b", texts[1], strlen(texts[1]) },
					      { "c", texts[2], strlen(texts[2]) } };

	(void)state;
	assert_int_equal(compile_with(files, 2, &(struct table_source){ 0 }), -EINVAL);
	assert_int_equal(compiled.errors.count, 1);
	assert_string_equal(compiled.errors.list->text, "] is missing at the end of the header");
	assert_int_equal(compile_with(files + 2, 1, &(struct table_source){ 0 }), -EINVAL);
	assert_int_equal(compiled.errors.count, 2); /* x and 1 */
}

/* -- order ------------------------------------------------------------------------------------------------------ */

static void the_order_is_that_of_the_table_but_for_what_is_waited_for(void **state)
{
	const struct table *t = table_of("service.a = { exec = ['x'], needs = ['d'] }\nservice.b = { exec = ['x'] }\n"
					 "service.c = { exec = ['x'], after = ['e', 'a'] }\n"
					 "service.d = { exec = ['x'] }\nservice.e = { exec = ['x'], needs = ['d'] }\n");

	(void)state;
	assert_string_equal(listed(t, t->order, true), "d a b e c");
}

static void dependents_are_those_who_wait_each_once(void **state)
{
	const struct table *t = table_of("service.a = { exec = ['x'], needs = ['c'], after = ['c', 'b'] }\n"
					 "service.b = { exec = ['x'], after = ['c'] }\nservice.c = { exec = ['x'] }\n");

	(void)state;
	assert_string_equal(listed(t, service_of(t, "c")->dependents, true), "a b");
	assert_string_equal(listed(t, service_of(t, "b")->dependents, true), "a");
	assert_int_equal(service_of(t, "a")->dependents.count, 0);
}

/* Any graph without a cycle: each behind what it waits for, and dependents are the edges turned round. */
static void order_and_dependents_hold_for_any_graph(void **state)
{
	enum { N = 24 };

	(void)state;
	srand(3);
	for (int turn = 0; turn < 60; turn++) {
		static char text[16384];
		bool waits[N][N] = { 0 };
		const struct table *t;

		text[0] = '\0';
		for (int i = 0; i < N; i++) {
			const int rank = i * 7 % N; /* of an order that is not the table's */

			sprintf(text + strlen(text), "[service.s%d]\nexec = ['x']\n", i);
			for (int key = 0; key < 2; key++) {
				strcat(text, key ? "]\nafter = [" : "needs = [");
				for (int k = 0; k < N; k++)
					if (k * 7 % N < rank && rand() % 6 == 0) {
						sprintf(text + strlen(text), "'s%d',", k);
						waits[i][k] = true;
					}
			}
			strcat(text, "]\n");
		}
		t = table_of(text); /* table_verify has looked at the order */
		for (int k = 0; k < N; k++) {
			struct list list = table_service(t, (uint32_t)k)->dependents;
			uint32_t n = 0;

			for (int i = 0; i < N; i++)
				if (waits[i][k]) {
					assert_true(n < list.count);
					assert_int_equal(table_list(t, list, uint32_t)[n++], i);
				}
			assert_int_equal(n, list.count);
		}
	}
}

/* -- network ---------------------------------------------------------------------------------------------------- */

static void a_bridge_attaches_every_service_that_says_nothing_else(void **state)
{
	const struct table *t = table_of(
		BRIDGE "[service.a]\nexec = ['x']\n[service.host]\nexec = ['x']\nnetwork = 'host'\n"
		"[service.none]\nexec = ['x']\nnetwork = 'none'\n"
		"[service.without]\nexec = ['x']\nnamespaces = ['mount']\n"
		"[service.with]\nexec = ['x']\nnamespaces = ['net']\n"
		"[service.asks]\nexec = ['x']\nnamespaces = []\nnetwork.bridge = 'br0'\nnetwork.gateway = 'none'\n");
	const struct service_spec *a = service_of(t, "a"), *asks = service_of(t, "asks");

	(void)state;
	assert_int_equal(a->namespaces, MOST | CLONE_NEWNET);
	assert_int_equal(a->attach.bridge, 0);
	assert_int_equal(a->attach.addr[0].family, AF_INET);
	assert_int_equal(a->attach.addr[1].family, AF_INET6);
	assert_string_equal(address(&a->attach.gateway[0]), "10.77.0.1/32");
	assert_string_equal(address(&a->attach.gateway[1]), "fd77::1/128");
	assert_int_equal(service_of(t, "host")->namespaces, MOST);
	assert_int_equal(service_of(t, "none")->namespaces, MOST | CLONE_NEWNET);
	assert_int_equal(service_of(t, "none")->attach.bridge, -1);
	assert_int_equal(service_of(t, "without")->namespaces, CLONE_NEWNS);
	assert_int_equal(service_of(t, "without")->attach.bridge, -1);
	assert_int_equal(service_of(t, "with")->attach.bridge, 0);
	assert_true(asks->namespaces == CLONE_NEWNET && asks->attach.bridge == 0);
	assert_true(asks->attach.addr[0].family && !asks->attach.gateway[0].family && !asks->attach.gateway[1].family);
}

static void minits_own_network_has_settings(void **state)
{
	const struct table *t = table_of("[network]\nsysctl = { net.ipv4.ip_forward = true, 'net.core.somaxconn' = 5 }\n"
					 "rules = ['not from 10.0.0.0/8 fwmark 0x10/0xff priority 5 table 300', "
					 "'blackhole iif wan']\n"
					 "[network.link.wan]\nroutes = ['default metric 9 via 10.0.0.1', "
					 "'prohibit fd99::/64 table 300', '10.9.0.0/16 table 254']\n"
					 "[service.web]\nexec = ['x']\n");
	const struct net_sysctl *sysctl = table_list(t, t->sysctls, struct net_sysctl);
	const struct net_route *route = table_list(t, t->link_routes, struct net_route);
	const struct net_iprule *rule = table_list(t, t->iprules, struct net_iprule);

	(void)state;
	assert_int_equal(t->sysctls.count, 2);
	assert_int_equal(t->iprules.count, 2);
	assert_true(rule[0].inverted && rule[0].from.prefix == 8 && rule[0].fwmark == 16 && rule[0].fwmask == 255);
	assert_true(rule[0].priority == 5 && rule[0].table == 300 && rule[0].action == FR_ACT_TO_TBL);
	assert_true(rule[1].action == FR_ACT_BLACKHOLE && rule[1].priority == 10001 && !rule[1].table);
	assert_string_equal(rule[1].iif, "wan");
	assert_string_equal(table_text(t, sysctl[0].path_at), "/proc/sys/net/ipv4/ip_forward");
	assert_string_equal(table_text(t, sysctl[1].value_at), "5");
	assert_true(t->link_routes.count == 3 && table_link(t, 0)->routes == 3);
	assert_true(!route[0].to.prefix && route[0].to.family == AF_INET && route[0].metric == 9 && !route[0].table);
	assert_true(route[1].type == RTN_PROHIBIT && route[1].table == 300 && route[1].to.family == AF_INET6);
	assert_true(route[2].type == RTN_UNICAST && !route[2].table);
}

/* The client of a link is a service that waits for no more than carrier. */
static void a_link_with_dhcp_has_a_client(void **state)
{
	const struct table *t = table_of("[network.link.up]\nkind = 'dummy'\n"
					 "[network.link.wan]\naddress = ['dhcp', '10.0.0.2/8']\nmetric = 9\ndhcp_client = ['c', '-x']\n"
					 "gateway = '192.0.2.1'\n[service.web]\nexec = ['x']\nonline = ['wan']\n");
	const struct service_spec *client = service_of(t, "dhcp-wan");

	(void)state;
	assert_string_equal(listed(t, client->exec, false), "/proc/self/exe lease client wan 9 c -x");
	assert_true(client->restart == RESTART_ALWAYS && !client->namespaces && !client->internal);
	assert_true(table_confine(t, client)->carrier == 2 && !table_confine(t, client)->online);
	assert_true(table_confine(t, service_of(t, "web"))->online == 2);
	assert_true(table_link(t, 1)->flags & NET_LINK_DHCP && table_link(t, 1)->addr[0].prefix == 8);
}

/* It needs no carrier for that; a parent that is no link of the table is there or not. */
static void a_service_upon_a_link_waits_for_it(void **state)
{
	const struct table *t = table_of("[network.link.up]\nkind = 'dummy'\n[network.link.wan]\n"
					 "[service.web]\nexec = ['x']\nnetwork = { mode = 'macvlan', parent = 'wan' }\n"
					 "[service.db]\nexec = ['x']\nnetwork = { mode = 'macvlan', parent = 'eth7' }\n");
	const struct confine_spec *web = table_confine(t, service_of(t, "web"));

	(void)state;
	assert_true(web->upon == 2 && !web->online && !web->carrier);
	assert_true(!table_confine(t, service_of(t, "db"))->upon);
}

static void one_with_dhcpv6_has_another(void **state)
{
	const struct table *t = table_of("[network.link.up]\nkind = 'dummy'\n"
					 "[network.link.wan]\naddress = ['dhcp6', 'dhcp']\ndhcp6_client = ['c', '-x']\n"
					 "gateway = '192.0.2.1'\n[service.web]\nexec = ['x']\nonline = ['wan']\n"
					 "[network.link.six]\naddress = 'dhcp6'\n");
	const struct service_spec *client = service_of(t, "dhcp6-wan");

	(void)state;
	assert_string_equal(listed(t, client->exec, false), "/proc/self/exe lease client6 wan 0 c -x");
	assert_string_equal(listed(t, service_of(t, "dhcp-wan")->exec, false), "/proc/self/exe lease client wan 0");
	assert_string_equal(listed(t, service_of(t, "dhcp6-six")->exec, false), "/proc/self/exe lease client6 six 0");
	assert_true(client->restart == RESTART_ALWAYS && table_confine(t, client)->carrier == 2);
	assert_true(table_link(t, 1)->flags == (NET_LINK_DHCP | NET_LINK_DHCP6));
	assert_true(table_link(t, 2)->flags == NET_LINK_DHCP6);
}

static void a_wireguard_has_a_task_that_gives_it_its_keys(void **state)
{
	const struct table *t = table_of("[network.link.wg0]\nkind = 'wireguard'\nconfig = '/etc/wg0.conf'\n"
					 "address = '10.0.0.1/24'\n[service.web]\nexec = ['x']\nafter = ['wg-wg0']\n");
	const struct service_spec *task = service_of(t, "wg-wg0");

	(void)state;
	assert_string_equal(listed(t, task->exec, false), "wg setconf wg0 /etc/wg0.conf");
	assert_true(task->ready == READY_EXIT && table_confine(t, task)->carrier == 1);
	assert_string_equal(listed(t, service_of(t, "web")->after, true), "wg-wg0");
}

static const struct table *with_members(const char *said, unsigned members)
{
	static char mem[8192];
	struct buf text = { .data = mem, .size = sizeof(mem) - 1 };

	buf_fmt(&text, "%s%s\n", BRIDGE, said);
	for (unsigned i = 0; i < members; i++)
		buf_fmt(&text, "[service.s%u]\nexec = ['x']\nnetwork = { bridge = 'br0' }\n", i);
	return table_of(buf_text(&text));
}

static void members_of_a_bridge_with_many_find_each_other_unless_said(void **state)
{
	static const struct {
		const char *said;
		unsigned members;
		bool near;
	} cases[] = {
		{ "", NET_NEAR_LEAST - 1, false }, { "", NET_NEAR_LEAST, true },
		{ "near = true", 1, true }, { "near = false", NET_NEAR_LEAST, false },
		{ "port_isolation = true", NET_NEAR_LEAST, false },
		{ "[network.link.d]\nkind = 'dummy'\nmaster = 'br0'", NET_NEAR_LEAST, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct table *t = with_members(cases[i].said, cases[i].members);

		assert_int_equal(table_bridge(t, 0)->near, cases[i].near);
		assert_int_equal(t->near.count > 0, cases[i].near);
	}
}

/* By eth1 too: one makes them many, and is asked and found as the others are. */
static void a_member_by_a_second_network_is_one(void **state)
{
	const struct table *t = with_members("[network.bridge.br1]\naddress = '10.78.0.1/24'\n"
		"[service.t]\nexec = ['x']\nnetwork = { bridge = 'br1', also = 'br0 10.77.0.77' }\n", NET_NEAR_LEAST - 1);
	const char *bytes = table_list(t, t->near, char);

	(void)state;
	assert_true(table_bridge(t, 0)->near && !table_bridge(t, 1)->near && t->near.count);
	assert_non_null(memmem(bytes, t->near.count, "mv0.1\0", 6));
	assert_null(memmem(bytes, t->near.count, "mv0\0", 4)); /* who is on br1 alone */
	assert_non_null(memmem(bytes, t->near.count, "mv1\0", 4));
	assert_non_null(memmem(bytes, t->near.count, "\12\115\0\115\12\115\0\115", 8)); /* what it tells of itself */
}

static void a_service_is_on_several_bridges(void **state)
{
	const struct table *t = table_of(BRIDGE "[network.bridge.br1]\naddress = '10.78.0.1/24'\n"
					 "[network.bridge.br2]\naddress = '10.79.0.1/24'\nport_isolation = true\n"
					 "[service.a]\nexec = ['x']\nnetwork = { bridge = 'br0', also = ['br2', 'br1 10.78.0.9'] }\n"
					 "[service.b]\nexec = ['x']\nnetwork = { bridge = 'br1', also = 'br2' }\n");
	const struct network_spec *network = table_network(t, service_of(t, "a"));
	const struct net_attach *also = table_list(t, network->also, struct net_attach);

	(void)state;
	assert_true(network->also.count == 2 && also[0].bridge == 2 && also[1].bridge == 1);
	assert_true(also[0].number == 1 && also[1].number == 2 && also[0].flags == (NET_ALONE | NET_SEVERAL));
	assert_int_equal(also[1].flags, NET_SEVERAL);
	assert_true(service_of(t, "a")->attach.flags & NET_SEVERAL);
	assert_string_equal(also[0].peer, "mv0.1");
	assert_string_equal(address(&also[1].addr[0]), "10.78.0.9/24");
	assert_true(also[0].addr[0].prefix == 24 && !also[0].addr[1].family);
	assert_true(!also[0].gateway[0].family && !also[1].gateway[0].family);
	assert_int_equal(table_network(t, service_of(t, "b"))->also.count, 1);
}

/* There is room for just these, so whoever would have 10.78.0.5 by its name has another. */
static void none_has_by_its_name_what_is_given(void **state)
{
	static const char *const defaults[] = { "network = { bridge = 'br1', gateway = '10.78.0.5' }\n",
						"network = { bridge = 'br1', routes = '10.9.0.0/16 via 10.78.0.5' }\n",
						"network = { bridge = 'br1' }\n[service.z]\nexec = ['x']\n"
						"network = { bridge = 'br0', also = 'br1 10.78.0.5' }\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		BUF_ON_STACK(text, 1000);
		const struct table *t;

		buf_fmt(&text, BRIDGE "[network.bridge.br1]\naddress = '10.78.0.1/29'\n[defaults]\n%s", defaults[i]);
		for (char name = 'a'; name < 'e'; name++)
			buf_fmt(&text, "[service.%c]\nexec = ['x']\n", name);
		t = table_of(buf_text(&text));
		for (char name[] = "a"; *name < 'e'; (*name)++)
			assert_string_not_equal(address(&service_of(t, name)->attach.addr[0]), "10.78.0.5/29");
	}
}

static void a_route_goes_by_the_network_that_its_gateway_is_in(void **state)
{
	static const uint8_t eths[] = { 0, 1, 2, 1, 2, 0, 1, 0 };
	const struct table *t = table_of(BRIDGE "[network.bridge.br1]\naddress = ['10.78.0.1/24', 'fd78::1/64']\n"
					 "[network.bridge.br2]\naddress = '10.79.0.1/24'\n"
					 "[service.a]\nexec = ['x']\nnetwork = { bridge = 'br0', also = ['br1', 'br2'], routes = ["
					 "'10.9.0.0/16 via 10.77.0.9', 'default metric 5 via 10.78.0.9', '10.10.0.0/16 via 10.79.0.9', "
					 "'fd99::/64 via fe80::9 dev eth1', '10.11.0.0/16 dev eth2', '10.12.0.0/16', '10.13.0.0/16 via 10.78.0.9 dev eth1', "
					 "'blackhole 10.14.0.0/16'] }\n");
	const struct network_spec *network = table_network(t, service_of(t, "a"));
	const struct net_route *routes = table_list(t, network->routes, struct net_route);

	(void)state;
	assert_int_equal(network->routes.count, ARRAY_LEN(eths));
	for (uint32_t i = 0; i < ARRAY_LEN(eths); i++)
		assert_int_equal(routes[i].eth, eths[i]);
}

/* What equal services have is kept once; a network that is joined comes first. */
static void what_few_networks_have_is_a_record_of_its_own(void **state)
{
	const struct table *t = table_of(
		BRIDGE "[defaults]\nnetwork = { routes = 'unreachable 10.9.0.0/16 metric 5', mtu = 1400 }\n"
		"[service.pod]\nexec = ['x']\nnetwork.join = 'web'\n"
		"[service.web]\nexec = ['x']\n[service.db]\nexec = ['x']\n"
		"[service.set]\nexec = ['x']\nnetwork.sysctl = { net.core.somaxconn = 5, 'net.ipv4.ip_forward' = true, "
		"net.ipv4.x = '1 2' }\nnetwork.mac = '02:00:00:00:00:0A'\n"
		"[service.wire]\nexec = ['x']\nnetwork = { mode = 'ipvlan', parent = 'up0', address = 'fd00::2/64', "
		"gateway = 'fd00::1', mtu = 1300 }\n"
		"[service.host]\nexec = ['x']\nnetwork.mode = 'host'\n");
	const struct service_spec *web = service_of(t, "web"), *wire = service_of(t, "wire"), *set = service_of(t, "set");
	const struct network_spec *network = table_network(t, web);
	const struct net_route *route = table_list(t, network->routes, struct net_route);
	const struct net_sysctl *sysctl = table_list(t, table_network(t, set)->sysctls, struct net_sysctl);

	(void)state;
	assert_int_equal(web->network_at, service_of(t, "db")->network_at);
	assert_true(network->routes.count == 1 && network->mtu == 1400 && !network->sysctls.count);
	assert_string_equal(address(&route->to), "10.9.0.0/16");
	assert_true(route->type == RTN_UNREACHABLE && route->metric == 5 && !route->via.family);
	assert_int_equal(table_network_owner(t, 0), 1);
	assert_int_equal(table_network_owner(t, 1), 1);
	assert_true(!(service_of(t, "pod")->namespaces & CLONE_NEWNET) && service_of(t, "pod")->attach.bridge == -1);
	assert_int_equal(table_list(t, t->order, uint32_t)[0], 1);
	assert_int_equal(table_network(t, set)->sysctls.count, 3);
	assert_string_equal(table_text(t, sysctl[0].path_at), "/proc/sys/net/core/somaxconn");
	assert_string_equal(table_text(t, sysctl[1].value_at), "1 2");
	assert_string_equal(table_text(t, sysctl[2].value_at), "1");
	assert_memory_equal(set->attach.mac, "\2\0\0\0\0\12", NET_MAC);
	assert_true(wire->attach.flags == NET_IPVLAN && wire->attach.bridge == -1 && wire->namespaces & CLONE_NEWNET);
	assert_string_equal(wire->attach.peer, "up0");
	assert_string_equal(address(&wire->attach.gateway[1]), "fd00::1/128");
	assert_int_equal(table_network(t, wire)->mtu, 1300);
	assert_int_equal(service_of(t, "host")->network_at, 0);
}

static void who_speaks_with_whom_is_a_neighbour(void **state)
{
	const struct table *t = table_of(
		"[network.bridge.b0]\naddress = ['10.0.0.1/24', 'fd00::1/64']\nisolate = true\n"
		"[network.bridge.b1]\naddress = '10.1.0.1/24'\n[defaults]\nnetwork.bridge = 'b0'\n"
		"[service.web]\nexec = ['x']\nneeds = ['db', 'far']\nnetwork = { address = ['10.0.0.5', 'fd00::5'], allow = ['db:1', 'db:2', 'far'], "
		"rate = { in = '50M', out = '8000' } }\n"
		"[service.db]\nexec = ['x']\nnetwork = { address = '10.0.0.6', gateway = '10.0.0.1', mac = '02:00:00:00:00:06' }\n"
		"[service.far]\nexec = ['x']\nnetwork.bridge = 'b1'\n");
	const struct network_spec *web = table_network(t, service_of(t, "web")), *db = table_network(t, service_of(t, "db"));
	const struct net_neighbour *near = table_list(t, web->peers, struct net_neighbour);

	(void)state;
	assert_int_equal(web->peers.count, 2); /* its IPv4 and its IPv6 address, once */
	assert_string_equal(address(&near[0].addr), "10.0.0.6/24");
	assert_memory_equal(near[0].mac, "\2\0\0\0\0\6", NET_MAC);
	assert_int_equal(near[1].addr.family, AF_INET6);
	assert_int_equal(db->peers.count, 2); /* answers are sent too */
	assert_memory_equal(table_list(t, db->peers, struct net_neighbour)[0].mac, "\2m\12\0\0\5", NET_MAC);
	assert_int_equal(service_of(t, "far")->network_at, 0);
	assert_true(web->in_bps == 50000000 && web->out_bps == 8000 && !db->in_bps);
}

static void a_gateway_that_is_a_service_is_a_neighbour(void **state)
{
	const struct table *t = table_of(
		"[network.bridge.b0]\naddress = ['10.0.0.1/24', 'fd00::1/64']\n"
		"[service.out]\nexec = ['x']\nnetwork = { address = ['10.0.0.6', 'fd00::6'], mac = '02:00:00:00:00:06' }\n"
		"[service.via]\nexec = ['x']\nnetwork.gateway = ['10.0.0.6', 'fd00::6']\n"
		"[service.other]\nexec = ['x']\nnetwork.gateway = '10.0.0.77'\n");
	const struct network_spec *via = table_network(t, service_of(t, "via"));
	const struct net_neighbour *near = via ? table_list(t, via->peers, struct net_neighbour) : NULL;

	(void)state;
	assert_non_null(near);
	assert_int_equal(via->peers.count, 2);
	assert_string_equal(address(&near[0].addr), "10.0.0.6/24");
	assert_string_equal(address(&near[1].addr), "fd00::6/64");
	assert_memory_equal(near[1].mac, "\2\0\0\0\0\6", NET_MAC);
	assert_int_equal(service_of(t, "out")->network_at, 0); /* it is made anew for nobody who comes to use it */
	assert_int_equal(service_of(t, "other")->network_at, 0);
}

static void who_joins_a_network_has_its_peers_there(void **state)
{
	const struct table *t = table_of(
		"[network.bridge.b0]\naddress = '10.0.0.1/24'\n"
		"[service.db]\nexec = ['x']\nnetwork.address = '10.0.0.6'\n"
		"[service.web]\nexec = ['x']\nneeds = ['db']\nnetwork.address = '10.0.0.5'\n"
		"[service.log]\nexec = ['x']\nneeds = ['web']\nnetwork.address = '10.0.0.7'\n"
		"[service.side]\nexec = ['x']\nneeds = ['db', 'log', 'web']\nnetwork.join = 'web'\n"
		"[service.app]\nexec = ['x']\nnetwork.address = '10.0.0.8'\n"
		"[service.near]\nexec = ['x']\nnetwork.join = 'app'\n"
		"[service.inner]\nexec = ['x']\nneeds = ['side']\njoin = { service = 'near', namespaces = ['net'] }\n");
	const struct network_spec *web = table_network(t, service_of(t, "web")), *app = table_network(t, service_of(t, "app"));
	const struct net_neighbour *near = table_list(t, web->peers, struct net_neighbour);

	(void)state;
	assert_int_equal(web->peers.count, 3);
	assert_string_equal(address(&near[0].addr), "10.0.0.6/24");
	assert_string_equal(address(&near[1].addr), "10.0.0.7/24");
	assert_string_equal(address(&near[2].addr), "10.0.0.8/24");
	assert_int_equal(table_network(t, service_of(t, "log"))->peers.count, 1);
	assert_non_null(app);
	assert_int_equal(app->peers.count, 1); /* by two that are in it, to one that is in another's */
	assert_int_equal(table_network(t, service_of(t, "side"))->peers.count, 0);
}

static void peers_are_known_by_each_bridge_that_both_are_on(void **state)
{
	const struct table *t = table_of(
		"[network.bridge.b0]\naddress = '10.0.0.1/24'\n[network.bridge.b1]\naddress = '10.1.0.1/24'\n"
		"[network.bridge.b2]\naddress = '10.2.0.1/24'\n"
		"[service.db]\nexec = ['x']\nnetwork = { bridge = 'b0', address = '10.0.0.6', also = 'b2 10.2.0.6' }\n"
		"[service.two]\nexec = ['x']\nneeds = ['db', 'wire']\n"
		"network = { bridge = 'b1', address = '10.1.0.5', also = ['b2 10.2.0.5', 'b0 10.0.0.5'] }\n"
		"[service.wire]\nexec = ['x']\nneeds = ['none']\nnetwork = { mode = 'macvlan', parent = 'up0' }\n"
		"[service.none]\nexec = ['x']\nnetwork.mode = 'none'\n");
	const struct network_spec *db = table_network(t, service_of(t, "db")), *two = table_network(t, service_of(t, "two"));
	const struct net_neighbour *near = table_list(t, two->peers, struct net_neighbour);

	(void)state;
	assert_int_equal(two->peers.count, 2);
	assert_string_equal(address(&near[0].addr), "10.2.0.6/24");
	assert_memory_equal(near[0].mac, "\2m\12\2\0\6", NET_MAC);
	assert_int_equal(near[0].eth, 1);
	assert_string_equal(address(&near[1].addr), "10.0.0.6/24");
	assert_int_equal(near[1].eth, 2);
	near = table_list(t, db->peers, struct net_neighbour);
	assert_int_equal(db->peers.count, 2);
	assert_string_equal(address(&near[0].addr), "10.0.0.5/24");
	assert_int_equal(near[0].eth, 0);
	assert_string_equal(address(&near[1].addr), "10.2.0.5/24");
	assert_int_equal(near[1].eth, 1);
	assert_int_equal(service_of(t, "wire")->network_at, 0);
}

/* How many services are ports of the bridge itself (0) or of a shard. */
static unsigned ports_of(const struct table *t, uint8_t shard)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < t->services.count; i++)
		n += table_service(t, i)->attach.bridge >= 0 && table_service(t, i)->attach.shard == shard;
	return n;
}

static const struct table *table_of_many(const char *head, unsigned count)
{
	static char text[400000];
	char *p = text + sprintf(text, "%s", head);

	for (unsigned i = 0; i < count; i++)
		p += sprintf(p, "[service.s%u]\nexec = ['x']\n", i);
	return table_of(text);
}

static void more_services_than_ports_are_spread(void **state)
{
	static const char head[] = "[network.bridge.br0]\naddress = '10.0.0.1/16'\n";
	const struct table *t = table_of_many(head, 900);

	(void)state;
	assert_true(t->shards.count == 0 && ports_of(t, 0) == 900);
	t = table_of_many(head, 901);
	assert_true(t->shards.count == 1 && ports_of(t, 0) == 899 && ports_of(t, 1) == 2);
	assert_string_equal(table_shard(t, 0)->name, "mb1");
	assert_string_equal(table_shard(t, 0)->up, "mt1");
	assert_string_equal(table_shard(t, 0)->down, "mu1");
	t = table_of_many(head, 1798);
	assert_true(t->shards.count == 1 && ports_of(t, 0) == 899 && ports_of(t, 1) == 899);
	t = table_of_many(head, 1799);
	assert_true(t->shards.count == 2 && ports_of(t, 0) == 898 && ports_of(t, 1) == 899 && ports_of(t, 2) == 2);
}

static void what_else_is_a_port_takes_its_place(void **state)
{
	const struct table *t = table_of_many(
		"[network.bridge.br0]\naddress = '10.0.0.1/24'\nshard = 4\n"
		"[network.bridge.br1]\naddress = '10.1.0.1/24'\nshard = 4\nport_isolation = true\n"
		"[network.link.up0]\nmaster = 'br0'\n[defaults]\nnetwork.bridge = 'br0'\n"
		"[service.wide]\nexec = ['x']\nnetwork = { bridge = 'br0', mtu = 9000 }\n"
		"[service.first]\nexec = ['x']\nnetwork = { bridge = 'br1', also = 'br0' }\n"
		"[service.same]\nexec = ['x']\nnetwork = { bridge = 'br0', mtu = 1500 }\n", 4);
	const struct net_attach *also = table_list(t, table_network(t, service_of(t, "first"))->also, struct net_attach);

	(void)state;
	/* 4 ports: the link, the shard's and, as its MTU is its own, `wide` wherever it stands; then eth1 of `first` */
	assert_true(t->shards.count == 2 && table_shard(t, 0)->bridge == 0 && !table_shard(t, 0)->alone);
	assert_true(service_of(t, "wide")->attach.shard == 0 && service_of(t, "first")->attach.shard == 0);
	assert_true(also->bridge == 0 && also->shard == 1 && service_of(t, "same")->attach.shard == 1);
	assert_true(service_of(t, "s0")->attach.shard == 1 && service_of(t, "s1")->attach.shard == 2 &&
		    service_of(t, "s3")->attach.shard == 2);
}

/* The two ends of an allow on an isolated bridge may be on different shards: these are looked at in between. */
static void shards_are_in_the_ruleset(void **state)
{
	const struct table *t = table_of_many("[network.bridge.br0]\naddress = '10.0.0.1/24'\nshard = 3\nisolate = true\n", 4);

	(void)state;
	assert_int_equal(t->shards.count, 1);
	assert_non_null(memmem(table_list(t, t->ruleset, char), t->ruleset.count, "mt1", 4));
	assert_non_null(memmem(table_list(t, t->ruleset, char), t->ruleset.count, "mb1", 4));
	assert_null(memmem(table_list(t, t->ruleset, char), t->ruleset.count, "mu1", 4));
}

static void a_shard_of_another_bridge_is_a_broken_image(void **state)
{
	const struct table *t = table_of_many("[network.bridge.br0]\naddress = '10.0.0.1/24'\nshard = 3\n"
					      "[network.bridge.br1]\naddress = '10.1.0.1/24'\n"
					      "[defaults]\nnetwork.bridge = 'br0'\n", 4);
	struct net_shard *shard = (struct net_shard *)(uintptr_t)table_shard(t, 0);
	struct net_attach *at = (struct net_attach *)(uintptr_t)&service_of(t, "s3")->attach;

	(void)state;
	assert_int_equal(at->shard, 1);
	shard->bridge = 1;
	assert_int_equal(table_verify(t, t->size), -EBADMSG);
	shard->bridge = 2;
	assert_int_equal(table_verify(t, t->size), -EBADMSG);
	shard->bridge = 0;
	at->shard = 2;
	assert_int_equal(table_verify(t, t->size), -EBADMSG);
	at->shard = 0;
	assert_int_equal(table_verify(t, t->size), 0);
	memset(shard->down, 'x', sizeof(shard->down));
	assert_int_equal(table_verify(t, t->size), -EBADMSG);
}

static void names_are_files_of_the_service_and_of_its_bridge(void **state)
{
	const struct table *t = table_of(
		"[network.bridge.b0]\naddress = '10.0.0.1/24'\nhosts_file = true\n[network.bridge.b1]\naddress = '10.1.0.1/24'\n"
		"[defaults]\nnetwork.dns = ['9.9.9.9', '2620:fe::fe']\n"
		"[service.a]\nexec = ['x']\nnetwork = { bridge = 'b0', address = '10.0.0.5', search = ['x.org', 'y'] }\n"
		"[service.b]\nexec = ['x']\nnetwork.join = 'a'\nnetwork.hosts = { p = ['10.9.0.7', 'fd09::7'] }\nhosts = true\n"
		"[service.c]\nexec = ['x']\nnetwork.bridge = 'b1'\n[service.d]\nexec = ['x']\nnetwork = { mode = 'host', dns = [] }\n");
	const struct network_spec *a = table_network(t, service_of(t, "a")), *c = table_network(t, service_of(t, "c"));

	(void)state;
	assert_string_equal(table_text(t, a->resolv_at), "nameserver 9.9.9.9\nnameserver 2620:fe::fe\nsearch x.org y\n");
	assert_string_equal(table_text(t, c->resolv_at), "nameserver 9.9.9.9\nnameserver 2620:fe::fe\n");
	assert_int_equal(service_of(t, "d")->network_at, 0);
	assert_string_equal(table_text(t, service_of(t, "b")->hosts_at),
			    "127.0.0.1\tlocalhost\n::1\tlocalhost\n10.0.0.5\ta\n10.0.0.5\tb\n10.9.0.7\tp\nfd09::7\tp\n");
	assert_int_equal(service_of(t, "a")->hosts_at, 0);
	assert_int_equal(t->names.count, 2);
	assert_string_equal(table_text(t, table_list(t, t->names, uint32_t)[0]),
			    "# names of the services of this bridge, by minit\n10.0.0.5\ta\n10.0.0.5\tb\n");
	assert_int_equal(table_list(t, t->names, uint32_t)[1], 0);
}

/* By its process, or by that of who joins it: it is found by the addresses that status says it has. */
static void who_joins_the_network_of_a_process_has_a_name_there(void **state)
{
	const struct table *t = table_of(
		"[network.bridge.b0]\naddress = '10.0.0.1/24'\nhosts_file = true\n"
		"[service.s]\nexec = ['x']\nhosts = true\nhostname = 'h'\njoin = { service = 'b', namespaces = ['net'] }\n"
		"[service.i]\nexec = ['x']\nnetwork = 'none'\njoin = { service = 'a', namespaces = ['ipc'] }\n"
		"[service.b]\nexec = ['x']\nnetwork.join = 'a'\n"
		"[service.a]\nexec = ['x']\nnetwork = { bridge = 'b0', address = '10.0.0.5' }\n");

	(void)state;
	assert_string_equal(table_text(t, service_of(t, "s")->hosts_at),
			    "127.0.0.1\tlocalhost\n::1\tlocalhost\n10.0.0.5\ts h\n10.0.0.5\tb\n10.0.0.5\ta\n");
	assert_string_equal(table_text(t, table_list(t, t->names, uint32_t)[0]),
			    "# names of the services of this bridge, by minit\n10.0.0.5\ts h\n10.0.0.5\tb\n10.0.0.5\ta\n");
}

static void names_are_those_of_all_bridges_each_by_what_is_shared(void **state)
{
	const struct table *t = table_of(
		"[network.bridge.b0]\naddress = '10.0.0.1/24'\n[network.bridge.b1]\naddress = '10.1.0.1/24'\nhosts_file = true\n"
		"[network.bridge.b2]\naddress = '10.2.0.1/24'\n[defaults]\nhosts = true\n"
		"[service.a]\nexec = ['x']\nnetwork = { bridge = 'b0', address = '10.0.0.5', also = ['b1 10.1.0.5', 'b2 10.2.0.5'] }\n"
		"[service.b]\nexec = ['x']\nnetwork = { bridge = 'b1', address = '10.1.0.6' }\n"
		"[service.c]\nexec = ['x']\nnetwork = { bridge = 'b2', address = '10.2.0.7', also = 'b1 10.1.0.7' }\n"
		"[service.d]\nexec = ['x']\nnetwork = { bridge = 'b0', address = '10.0.0.8', also = ['b1 10.1.0.8', 'b2 10.2.0.8'] }\n"
		"[service.e]\nexec = ['x']\nnetwork.join = 'c'\n");
	static const char head[] = "127.0.0.1\tlocalhost\n::1\tlocalhost\n";
	const char *of_a = table_text(t, service_of(t, "a")->hosts_at), *of_b = table_text(t, service_of(t, "b")->hosts_at);
	const char *of_c = table_text(t, service_of(t, "c")->hosts_at);

	(void)state;
	assert_memory_equal(of_a, head, sizeof(head) - 1);
	assert_string_equal(of_a + sizeof(head) - 1, "10.0.0.5\ta\n10.0.0.8\td\n10.1.0.6\tb\n10.1.0.7\tc\n10.1.0.7\te\n");
	assert_string_equal(of_b + sizeof(head) - 1, "10.1.0.5\ta\n10.1.0.6\tb\n10.1.0.7\tc\n10.1.0.8\td\n10.1.0.7\te\n");
	assert_string_equal(of_c + sizeof(head) - 1, "10.2.0.5\ta\n10.2.0.7\tc\n10.2.0.8\td\n10.2.0.7\te\n10.1.0.6\tb\n");
	assert_int_equal(service_of(t, "d")->hosts_at, service_of(t, "a")->hosts_at);
	assert_int_equal(service_of(t, "e")->hosts_at, service_of(t, "c")->hosts_at);
	assert_string_equal(table_text(t, table_list(t, t->names, uint32_t)[1]) + 49, of_b + sizeof(head) - 1);
}

static void without_a_bridge_a_service_has_the_network_of_minit(void **state)
{
	const struct table *t = table_of("[service.a]\nexec = ['x']\n[service.b]\nexec = ['x']\nnamespaces = ['net']\n");

	(void)state;
	assert_int_equal(service_of(t, "a")->namespaces & CLONE_NEWNET, 0);
	assert_true(service_of(t, "b")->namespaces == CLONE_NEWNET && service_of(t, "b")->attach.bridge == -1);
}

static char by_name[64][2][64];

static void note_addresses(const struct table *t)
{
	for (uint32_t i = 0; i < t->services.count; i++) {
		const struct service_spec *s = table_service(t, i);
		int n = atoi(table_text(t, s->name_at) + 1);

		for (int k = 0; k < 2; k++)
			strcpy(by_name[n][k], address(&s->attach.addr[k]));
	}
}

static void put_service(char *text, int n)
{
	sprintf(text + strlen(text), "[service.s%d]\nexec = ['x']\n%s", n, n == 7 ? "network.address = '10.77.0.33'\n" : "");
}

/* 60 services in 61 addresses: they meet again and again, and still the order of the files decides nothing. */
static void a_derived_address_is_the_same_in_any_order_of_services_and_files(void **state)
{
	static char text[2][8192], seen[64][2][64];
	const char *const files[] = { text[0], text[1] };

	(void)state;
	for (int turn = 0; turn < 4; turn++) {
		bool backwards = turn & 1, split = turn & 2;

		strcpy(text[0], "[network.bridge.br0]\naddress = ['10.77.0.1/26', 'fd77::1/64']\n");
		text[1][0] = '\0';
		for (int i = 0; i < 60; i++)
			put_service(text[split && i % 2], backwards ? 59 - i : i);
		note_addresses(table_of_files(files, 2, (struct table_source){ 0 }));
		if (turn)
			assert_memory_equal(seen, by_name, sizeof(seen));
		memcpy(seen, by_name, sizeof(seen));
	}
	assert_string_equal(by_name[7][0], "10.77.0.33/26");
	for (int i = 0; i < 60; i++)
		for (int k = 0; k < i; k++)
			assert_true(strcmp(by_name[i][0], by_name[k][0]) && strcmp(by_name[i][1], by_name[k][1]));
}

static void the_last_address_of_a_subnet_is_given_out(void **state)
{
	const struct table *t = table_of("[network.bridge.b]\naddress = '10.0.0.2/29'\n"
					 "[service.a]\nexec = ['x']\n[service.b]\nexec = ['x']\n[service.c]\nexec = ['x']\n"
					 "[service.d]\nexec = ['x']\n[service.e]\nexec = ['x']\n");
	unsigned seen = 0;

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		seen |= 1u << table_service(t, i)->attach.addr[0].bytes[3];
	assert_int_equal(seen, 0x7a); /* 1 3 4 5 6: not the subnet 0, the bridge 2, the broadcast 7 */
	t = table_of("[network.bridge.b]\naddress = ['10.0.0.2/31', 'fd00::/127']\n[service.a]\nexec = ['x']\n");
	assert_string_equal(address(&table_service(t, 0)->attach.addr[0]), "10.0.0.3/31");
	assert_string_equal(address(&table_service(t, 0)->attach.addr[1]), "fd00::1/127");
}

static void an_interface_has_up_to_four_addresses(void **state)
{
	const struct table *t = table_of(
		"[network.bridge.b]\naddress = ['10.0.0.1/24', '10.0.1.1/24', 'fd00::1/64', 'fd01::1/64']\n"
		"[service.a]\nexec = ['x']\n"
		"[service.b]\nexec = ['x']\nnetwork = { address = ['10.0.1.5', 'fd01::5'], gateway = ['fd01::1', '10.0.1.1'] }\n"
		"[service.c]\nexec = ['x']\nnetwork.address = ['10.0.0.6', '10.0.1.6', 'fd00::6', 'fd01::6']\n");
	const struct net_attach *a = &service_of(t, "a")->attach, *b = &service_of(t, "b")->attach;
	const struct net_attach *c = &service_of(t, "c")->attach;

	(void)state;
	assert_int_equal(table_bridge(t, 0)->addr[3].prefix, 64);
	assert_int_equal(a->addr[0].bytes[2], 0); /* of the first subnet of each family */
	assert_int_equal(a->addr[1].bytes[1], 0);
	assert_int_equal(a->addr[2].family, 0);
	assert_string_equal(address(&b->addr[1]), "fd01::5/64");
	assert_string_equal(address(&b->gateway[0]), "10.0.1.1/32");
	assert_string_equal(address(&b->gateway[1]), "fd01::1/128");
	assert_string_equal(address(&c->addr[3]), "fd01::6/64");
	assert_string_equal(address(&c->gateway[0]), "10.0.0.1/32");
	{
		const char *text = "[network.bridge.b]\naddress = ['10.0.0.1/24', '10.0.1.1/24', '10.0.2.1/24', '10.0.3.1/24']\n"
				   "[service.a]\nexec = ['x']\nnetwork.address = '10.9.9.9'\n";
		struct compile_file file = { "t.toml", text, strlen(text) };

		assert_int_equal(compile_with(&file, 1, &(struct table_source){ 0 }), -EINVAL);
		assert_non_null(strstr(compiled.errors.list->text, "10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24"));
	}
}

static void hosts_names_every_service_of_the_bridge_in_one_text(void **state)
{
	const struct table *t = table_of(
		"[network.bridge.b0]\naddress = ['10.0.0.1/24', 'fd00::1/64']\n[network.bridge.b1]\naddress = '10.1.0.1/24'\n"
		"[defaults]\nhosts = true\n[service.a]\nexec = ['x']\nnetwork = { bridge = 'b0', address = ['10.0.0.5', 'fd00::5'] }\n"
		"[service.b]\nexec = ['x']\nhostname = 'bee.x'\nnetwork = { bridge = 'b0', address = ['10.0.0.6', 'fd00::6'] }\n"
		"[service.c]\nexec = ['x']\nnetwork = { bridge = 'b1', address = '10.1.0.7' }\n"
		"[service.d]\nexec = ['x']\nnetwork = 'host'\n");

	(void)state;
	assert_string_equal(table_text(t, service_of(t, "a")->hosts_at),
			    "127.0.0.1\tlocalhost\n::1\tlocalhost\n10.0.0.5\ta\nfd00::5\ta\n10.0.0.6\tb bee.x\nfd00::6\tb bee.x\n");
	assert_int_equal(service_of(t, "a")->hosts_at, service_of(t, "b")->hosts_at);
	assert_string_equal(table_text(t, service_of(t, "c")->hosts_at),
			    "127.0.0.1\tlocalhost\n::1\tlocalhost\n10.1.0.7\tc\n");
	assert_int_equal(service_of(t, "d")->hosts_at, 0);
}

/* -- services of minit's own making ----------------------------------------------------------------------------- */

static void the_log_helper_comes_with_the_first_output_that_needs_it(void **state)
{
	static const char *const quiet = "[service.a]\nexec = ['x']\n[service.b]\nexec = ['x']\noutput = 'null'\n";
	static const char *const loud = BRIDGE "[defaults]\nrestart = 'never'\noutput = 'console'\n[service.a]\nexec = ['x']\n"
					"[service.b]\nexec = ['x']\noutput = 'inherit'\n"
					"[service.c]\nexec = ['x']\noutput.file = '/x'\n";
	const struct table_source source = { .minit_log = true };
	const struct table *t = table_of_files(&quiet, 1, source);
	const struct service_spec *s;

	(void)state;
	assert_int_equal(t->services.count, 2);
	assert_int_equal(t->outputs, 0);
	t = table_of_files(&loud, 1, source);
	s = service_of(t, "minit-log");
	assert_int_equal(t->services.count, 4);
	assert_int_equal(t->outputs, 2);
	assert_int_equal(service_of(t, "a")->output_slot, 0);
	assert_int_equal(service_of(t, "c")->output_slot, 1);
	assert_memory_equal(listed(t, s->exec, false), "minit log ", 10);
	assert_true(s->internal && s->restart == RESTART_ALWAYS && !s->namespaces && !s->leaf && s->output == OUTPUT_INHERIT);
	assert_int_equal(s->backoff.first_ms, 0);
	assert_int_equal(s->backoff.max_ms, 1000);
	assert_int_equal(s->attach.bridge, -1);
	assert_int_equal(table_of(loud)->services.count, 3);
}

static void a_command_line_is_the_main_service(void **state)
{
	char program[] = "prog", arg[] = "a b";
	char *const argv[] = { program, arg, NULL };
	const struct table_source source = { .argv = argv };
	const char *text = BRIDGE "[defaults]\noutput = 'console'\nrestart = 'always'\n[service.a]\nexec = ['x']\n";
	const char *taken[] = { "[service.main]\nexec = ['x']\n", "[system]\nmain = 'a'\n[service.a]\nexec = ['x']\n" };
	const struct table *t = table_of_files(&text, 1, source);
	const struct service_spec *s = service_of(t, "main");

	(void)state;
	assert_int_equal(t->main, 1);
	assert_string_equal(listed(t, s->exec, false), "prog a b");
	assert_true(!s->namespaces && !s->leaf && s->restart == RESTART_NEVER && s->output == OUTPUT_INHERIT);
	for (int i = 0; i < 2; i++) {
		struct compile_file file = { "t.toml", taken[i], strlen(taken[i]) };

		assert_int_equal(compile_with(&file, 1, &source), -EINVAL);
		assert_int_equal(compiled.errors.count, 1);
	}
}

static enum restart restart_of_main(const char *more)
{
	static char text[200];

	snprintf(text, sizeof(text), "[system]\nmain = 'a'\n%s\n[service.b]\nexec = ['b']\n", more);
	assert_int_equal(service_of(table_of(text), "b")->restart, strstr(more, "[defaults]") ? RESTART_ALWAYS :
									       RESTART_ON_FAILURE);
	return service_of(table_of(text), "a")->restart;
}

static void the_main_service_is_restarted_only_if_told(void **state)
{
	(void)state;
	assert_int_equal(restart_of_main("[service.a]\nexec = ['a']"), RESTART_NEVER);
	assert_int_equal(restart_of_main("[service.a]\nexec = ['a']\nrestart = 'on-failure'"), RESTART_ON_FAILURE);
	assert_int_equal(restart_of_main("[defaults]\nrestart = 'always'\n[service.a]\nexec = ['a']"), RESTART_ALWAYS);
}

/* -- size ------------------------------------------------------------------------------------------------------- */

/* Each needs the next. */
static char *many(int count)
{
	char *text = malloc((size_t)count * 300 + 300), *p = text;

	p += sprintf(p, "[network.bridge.br0]\naddress = ['10.0.0.1/16', 'fd00::1/64']\n[defaults]\nhosts = true\n");
	for (int i = 0; i < count; i++) {
		p += sprintf(p, "[service.s%d]\nexec = ['/bin/sleep', '%d']\nenv = { A = 'b', N = %d }\n", i, i, i);
		p += sprintf(p, "cgroup.memory.max = '64M'\n");
		if (i + 1 < count)
			p += sprintf(p, "needs = ['s%d']\n", i + 1);
	}
	return text;
}

static double seconds(int count, size_t *ret_size)
{
	char *text = many(count);
	struct timespec from, to;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	*ret_size = table_of(text)->size;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	free(text);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static void limits_are_put_in_the_order_of_writing(void **state)
{
	const struct table *t = table_of(
		"[defaults]\ncgroup = { io.max = '8:0 rbps=1M', pids.max = 9, cpu.max = '10%' }\n"
		"[service.a]\nexec = ['a']\n[service.a.cgroup]\npids.max = 'max'\nio.max = ['/dev/vda rbps=2K wiops=7', '8:16 wbps=max']\n"
		"memory = { max = '1M', swap = { max = 0 }, 'oom.group' = false }\n'cpu.max.burst' = '5ms'\n'hugetlb.2MB.max' = '4M'\n"
		"'memory.unheard_of' = 'a b'\ncpuset.cpus = 1\n");

	(void)state;
	assert_string_equal(limits_of(t, service_of(t, "a")->limits),
			    "cpuset.cpus=1 memory.swap.max=0 memory.max=1048576 memory.oom.group=0 cpu.max=10000 100000 "
			    "cpu.max.burst=5000 pids.max=max io.max=/dev/vda rbps=2048 wiops=7 io.max=8:16 wbps=max "
			    "hugetlb.2MB.max=4194304 memory.unheard_of=a b");
}

static void leaves_of_a_group_are_told_of_it(void **state)
{
	const struct table *t = table_of(
		"[group.x]\n[group.shop.cgroup]\nmemory.max = '1G'\n[defaults]\nin_group = 'shop'\n[service.a]\nexec = ['a']\n"
		"[service.b]\nexec = ['b']\nin_group = 'x'\n[service.c]\nexec = ['c']\nleaf = false\n");
	const struct service_spec *a = service_of(t, "a"), *b = service_of(t, "b"), *c = service_of(t, "c");
	const struct group_spec *shop = table_group(t, table_confine(t, a)), *x = table_group(t, table_confine(t, b));

	(void)state;
	assert_string_equal(table_text(t, shop->name_at), "shop");
	assert_string_equal(limits_of(t, shop->limits), "memory.max=1073741824");
	assert_string_equal(table_text(t, x->name_at), "x");
	assert_int_equal(x->limits.count, 0);
	assert_null(table_group(t, table_confine(t, c)));
	assert_int_equal(a->explicit_leaf * 10 + b->explicit_leaf, 1);
}

static void devices_are_any_or_a_list_that_is_asked_for(void **state)
{
	const struct table *t = table_of(
		"[service.a]\nexec = ['a']\ndevices = ['tty', '/dev/ttyS0:r', 'char-alsa:rw', 'block-loop:rwm']\n"
		"[service.b]\nexec = ['b']\nroot = '/r'\n[service.c]\nexec = ['c']\n"
		"[service.d]\nexec = ['d']\nleaf = false\nroot = '/r'\n");
	const struct leaf_spec *a = &table_confine(t, service_of(t, "a"))->leaf;
	const struct device_spec *d = table_list(t, a->devices, struct device_spec);

	(void)state;
	assert_int_equal(a->devices.count, 4);
	assert_string_equal(table_text(t, d[1].name_at), "/dev/ttyS0");
	assert_int_equal(d[0].access * 1000 + d[1].access * 100 + d[2].access * 10 + d[3].access, 3137);
	assert_int_equal(a->device_policy, DEVICES_ASKED);
	assert_int_equal(service_of(t, "a")->explicit_leaf, 1);
	assert_int_equal(table_confine(t, service_of(t, "b"))->leaf.device_policy, DEVICES_USUAL);
	assert_int_equal(table_confine(t, service_of(t, "c"))->leaf.device_policy, DEVICES_ANY);
	assert_int_equal(table_confine(t, service_of(t, "d"))->leaf.device_policy, DEVICES_UNHELD);
}

static unsigned policy_of(const char *keys)
{
	char text[300];
	const struct table *t;

	snprintf(text, sizeof(text), "[service.a]\nexec = ['a']\n%s\n", keys);
	t = table_of(text);
	return table_confine(t, service_of(t, "a"))->leaf.device_policy * 10 +
	       table_confine(t, service_of(t, "a"))->leaf.devices.count;
}

static void a_dev_of_its_own_without_a_root_too(void **state)
{
	(void)state;
	assert_int_equal(policy_of("dev = 'minimal'"), DEVICES_USUAL * 10);
	assert_int_equal(policy_of("dev = 'minimal'\ndev_nodes = ['/dev/fuse']"), DEVICES_USUAL * 10 + 1);
	assert_int_equal(policy_of("dev = 'minimal'\ndevices = 'any'"), DEVICES_ANY * 10);
	assert_int_equal(policy_of("dev = 'minimal'\nmounts.'/dev/fuse' = '/dev/fuse'"), DEVICES_ANY * 10);
}

static void a_root_of_its_own_has_the_usual_devices(void **state)
{
	(void)state;
	assert_int_equal(policy_of("root = '/'"), DEVICES_USUAL * 10);
	assert_int_equal(policy_of("root = '/'\ndev_nodes = ['/dev/fuse']"), DEVICES_USUAL * 10 + 1);
	assert_int_equal(policy_of("root = '/'\ndevices = []"), DEVICES_ASKED * 10);
	assert_int_equal(policy_of("root = '/'\ndevices = 'any'"), DEVICES_ANY * 10);
	assert_int_equal(policy_of("root = '/'\ndev = 'all'"), DEVICES_ANY * 10);
	assert_int_equal(policy_of("root = '/'\nleaf = false"), DEVICES_UNHELD * 10);
	assert_int_equal(policy_of("root = '/'\nleaf = false\ndevices = 'any'"), DEVICES_ANY * 10);
	assert_int_equal(policy_of("root = '/'\ndelegate = true"), DEVICES_ANY * 10);
	assert_int_equal(policy_of("root = '/'\ntty = '/dev/ttyS0'"), DEVICES_ANY * 10);
	assert_int_equal(policy_of("root = '/'\nmounts.'/dev/fuse' = '/dev/fuse'"), DEVICES_ANY * 10);
	assert_int_equal(policy_of("root = '/'\nmounts.'/dev/shm' = 'tmpfs'"), DEVICES_USUAL * 10);
	assert_int_equal(policy_of("root = '/'\nmounts.'/dev/shm' = { tmpfs = '64M' }"), DEVICES_USUAL * 10);
	assert_int_equal(policy_of("root = '/'\nmounts.'/dev/mqueue' = 'masked'"), DEVICES_USUAL * 10);
	assert_int_equal(policy_of("root = '/etc/passwd'"), DEVICES_USUAL * 10);
	assert_int_equal(policy_of(""), DEVICES_ANY * 10);
}

static unsigned may_be_image(const char *root)
{
	char text[100];
	const struct table *t;

	snprintf(text, sizeof(text), "[service.a]\nexec = ['a']\n%s\n", root);
	t = table_of(text);
	return table_confine(t, service_of(t, "a"))->roots.image;
}

static void a_root_that_is_no_directory_may_be_an_image(void **state)
{
	(void)state;
	assert_int_equal(may_be_image("root = '/etc/passwd'"), 1);
	assert_int_equal(may_be_image("root = '/no/such'"), 1); /* yet */
	assert_int_equal(may_be_image("root = '/etc'"), 0);
	assert_int_equal(may_be_image(""), 0);
}

static void pressure_becomes_what_the_kernel_watches_for(void **state)
{
	const struct table *t = table_of(
		"[service.a]\nexec = ['a']\non_pressure = 'freeze'\n"
		"pressure = { cpu = '150ms', memory = 'some 100ms 1s', io = 'full 1s 5s' }\n[service.b]\nexec = ['b']\n");
	const struct leaf_spec *a = &table_confine(t, service_of(t, "a"))->leaf;

	(void)state;
	assert_string_equal(table_text(t, a->cpu_pressure_at), "some 150000 2000000");
	assert_string_equal(table_text(t, a->memory_pressure_at), "some 100000 1000000");
	assert_string_equal(table_text(t, a->io_pressure_at), "full 1000000 5000000");
	assert_int_equal(a->on_pressure, PRESSURE_FREEZE);
	assert_int_equal(table_confine(t, service_of(t, "b"))->leaf.memory_pressure_at, 0);
}

static void calm_is_a_share_of_a_time(void **state)
{
	static const struct {
		const char *text;
		struct calm_spec calm;
	} all[] = {
		{ "10%", { 1000, PRESSURE_1M + 1, PRESSURE_SOME } }, { "0%", { 0, PRESSURE_1M + 1, PRESSURE_SOME } },
		{ "100%", { 10000, PRESSURE_1M + 1, PRESSURE_SOME } }, { "some 12.5%/10s", { 1250, PRESSURE_10S + 1, PRESSURE_SOME } },
		{ "12.05%/1m", { 1205, PRESSURE_1M + 1, PRESSURE_SOME } }, { "full 3%/5m", { 300, PRESSURE_5M + 1, PRESSURE_FULL } },
		{ "3%/10sec", { 300, PRESSURE_10S + 1, PRESSURE_SOME } }, { "3%/1min", { 300, PRESSURE_1M + 1, PRESSURE_SOME } },
		{ "3%/5min", { 300, PRESSURE_5M + 1, PRESSURE_SOME } },
	};
	static const char *const bad[] = { "", "%", "10", "x%", "-1%", "101%", "100.01%", "1.%", ".5%", "1.234%", "10%/", "10%/2m", "10% ",
					   "10%10s", "full", "full  3%", "half 3%", "3%/1m/", "10%/some", "99999999999999999999%",
					   "0000000000000000000000000000000000000000001%" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const struct table *t;

		snprintf(text, sizeof(text), "[service.a]\nexec = ['a']\ncalm.memory = '%s'\n", all[i].text);
		t = table_of(text);
		assert_memory_equal(&table_confine(t, service_of(t, "a"))->calm[PRESSURE_MEMORY], &all[i].calm, sizeof(all[i].calm));
		assert_int_equal(table_confine(t, service_of(t, "a"))->calm[PRESSURE_CPU].window, 0);
		assert_int_equal(table_confine(t, service_of(t, "a"))->calm[PRESSURE_IO].window, 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct compile_file file = { "t.toml", text, 0 };

		file.len = (size_t)snprintf(text, sizeof(text), "[service.a]\nexec = ['a']\ncalm.io = '%s'\n", bad[i]);
		assert_int_equal(compile_with(&file, 1, &(struct table_source){ 0 }), -EINVAL);
		assert_int_equal(compiled.errors.count, 1);
	}
}

static void there_is_an_end_to_services_and_to_what_is_said(void **state)
{
	char *text = malloc(2 << 20), *p = text;
	struct compile_file file = { "t.toml", text, 0 };
	int fds[2];
	char said[65536];
	ssize_t n, len = 0;

	(void)state;
	for (int i = 0; i < TABLE_SERVICES_MAX + 300; i++)
		p += sprintf(p, "service.s%d.exec = ['x']\n", i);
	file.len = strlen(text);
	assert_int_equal(compile_with(&file, 1, &(struct table_source){ 0 }), -EINVAL);
	assert_int_equal(compiled.errors.count, 302);
	assert_int_equal(pipe(fds), 0);
	errors_tell(&compiled.errors, compiled.paths, fds[1]);
	close(fds[1]);
	while ((n = read(fds[0], said + len, sizeof(said) - 1 - (size_t)len)) > 0)
		len += n;
	close(fds[0]);
	said[len] = '\0';
	assert_memory_equal(said, "t.toml:32767:9: service.s32766: more than 32766 of them\n", 55);
	assert_non_null(strstr(said, "\nand 102 more errors\n"));
	free(text);
}

static void services_that_are_confined_alike_share_one_record(void **state)
{
	const struct table *t = table_of("[defaults]\nno_new_privs = false\n[service.a]\nexec = ['x']\n[service.b]\nexec = ['x']\n"
					 "no_new_privs = true\n[service.c]\nexec = ['x']\n");
	const struct service_spec *a = service_of(t, "a"), *b = service_of(t, "b"), *c = service_of(t, "c");

	(void)state;
	assert_int_equal(a->confine_at, c->confine_at);
	assert_int_not_equal(a->confine_at, b->confine_at);
	assert_int_equal(table_confine(t, a)->no_new_privs, 0);
	assert_int_equal(table_confine(t, b)->no_new_privs, 1);
}

/* -- system calls ------------------------------------------------------------------------------------------------- */

#define ALLOW SECCOMP_RET_ALLOW
#define REFUSE SECCOMP_ERRNO(EPERM)
#define UNKNOWN SECCOMP_ERRNO(ENOSYS)

static const struct table *confined;

/* The table of one service with these keys. */
static const struct seccomp_spec *confine_with(const char *keys)
{
	char text[1024];

	sprintf(text, "[service.a]\nexec = ['x']\n%s\n", keys);
	confined = table_of(text);
	return &table_confine(confined, service_of(confined, "a"))->seccomp;
}

/* What becomes of a call by the service's program. */
static uint32_t then_of(const struct seccomp_spec *spec, enum syscall_id id)
{
	return seccomp_run(table_list(confined, spec->program, struct sock_filter),
			   (uint32_t)syscall_number(id, SYSCALLS_NATIVE), SYSCALLS_NATIVE);
}

static uint32_t then_with(const char *seccomp, enum syscall_id id)
{
	char keys[512];

	sprintf(keys, "seccomp = %s", seccomp);
	return then_of(confine_with(keys), id);
}

static void a_service_with_a_namespace_has_the_default_filter(void **state)
{
	const struct seccomp_spec *spec = confine_with("");

	(void)state;
	assert_int_equal(then_of(spec, SYSCALL_mount), REFUSE);
	assert_int_equal(then_of(spec, SYSCALL_read), ALLOW);
	assert_false(spec->is_explicit);
	assert_int_equal(confine_with("namespaces = []")->program.count, 0);
	assert_int_not_equal(confine_with("namespaces = ['uts']")->program.count, 0);
	assert_int_not_equal(confine_with("namespaces = []\nnetwork = 'none'")->program.count, 0);
	assert_int_equal(confine_with("seccomp = 'none'")->program.count, 0);
	spec = confine_with("namespaces = []\nseccomp = 'default'");
	assert_true(spec->is_explicit && spec->program.count);
}

static void who_has_ports_has_a_filter_that_holds_them(void **state)
{
	const struct seccomp_spec *spec = confine_with("namespaces = []\nports.bind = [80]");

	(void)state;
	assert_int_equal(then_of(spec, SYSCALL_socket), SECCOMP_CHECKED);
	assert_int_equal(then_of(spec, SYSCALL_sendto), ALLOW);
	assert_int_equal(then_of(spec, SYSCALL_mount), ALLOW); /* and no other */
	assert_false(spec->is_explicit);
	spec = confine_with("ports.connect = []");
	assert_int_equal(then_of(spec, SYSCALL_sendto), SECCOMP_CHECKED);
	assert_int_equal(then_of(spec, SYSCALL_mount), REFUSE);
	spec = confine_with("ports.connect = []\nseccomp = { allow = ['socket'], log = ['@network-io'] }");
	assert_int_equal(then_of(spec, SYSCALL_socket), SECCOMP_CHECKED);
	assert_int_equal(then_of(spec, SYSCALL_sendmsg), SECCOMP_CHECKED);
	assert_int_equal(then_of(spec, SYSCALL_recvmsg), SECCOMP_RET_LOG);
	assert_int_equal(confine_with("ports.bind = [80]\nseccomp = 'none'")->program.count, 0);
}

static void filters_that_are_alike_are_kept_once(void **state)
{
	const struct table *t = table_of("[service.a]\nexec = ['x']\n[service.b]\nexec = ['y']\nseccomp = 'strict'\n"
					 "[service.c]\nexec = ['x']\nseccomp = { deny = [] }\n[service.d]\nexec = ['x']\n");
	uint32_t at[4];

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		at[i] = table_confine(t, table_service(t, i))->seccomp.program.at;
	assert_int_equal(at[0], at[2]);
	assert_int_equal(at[0], at[3]);
	assert_int_not_equal(at[0], at[1]);
	assert_int_equal(table_service(t, 0)->confine_at, table_service(t, 3)->confine_at);
}

static void the_service_decides_over_the_defaults(void **state)
{
	const struct table *t = table_of("[defaults]\nseccomp = { deny = ['uname'] }\n[service.a]\nexec = ['x']\n"
					 "[service.b]\nexec = ['x']\nseccomp = { deny = ['getppid'] }\n");
	const struct seccomp_spec *a = &table_confine(t, table_service(t, 0))->seccomp;
	const struct seccomp_spec *b = &table_confine(t, table_service(t, 1))->seccomp;

	(void)state;
	confined = t;
	assert_int_equal(then_of(a, SYSCALL_uname), REFUSE);
	assert_int_equal(then_of(b, SYSCALL_uname), ALLOW);
	assert_int_equal(then_of(b, SYSCALL_getppid), REFUSE);
	assert_false(a->is_explicit);
	assert_true(b->is_explicit);
}

static void lists_change_a_profile(void **state)
{
	(void)state;
	assert_int_equal(then_with("{ allow = ['keyctl'] }", SYSCALL_keyctl), ALLOW);
	assert_int_equal(then_with("{ allow = ['@keyring'] }", SYSCALL_keyctl), ALLOW);
	assert_int_equal(then_with("{ deny = ['uname'] }", SYSCALL_uname), REFUSE);
	assert_int_equal(then_with("{ deny = ['@network-io'] }", SYSCALL_socket), REFUSE);
	assert_int_equal(then_with("{ log = ['uname'] }", SYSCALL_uname), SECCOMP_RET_LOG);
	assert_int_equal(then_with("{ deny = ['socketcall', 'uname'] }", SYSCALL_connect), ALLOW); /* of i386 */
	assert_int_equal(then_with("{ deny = ['socketcall', 'uname'] }", SYSCALL_uname), REFUSE);
	assert_int_equal(then_with("{ kill = ['@debug'] }", SYSCALL_ptrace), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(then_with("{ errno = { uname = 'ENOSYS' } }", SYSCALL_uname), UNKNOWN);
	assert_int_equal(then_with("{ errno = { '@sync' = 0 } }", SYSCALL_fsync), SECCOMP_ERRNO(0));
	assert_int_equal(then_with("{ base = 'strict' }", SYSCALL_ptrace), REFUSE);
	assert_int_equal(then_with("{ base = 'none', deny = ['bpf'] }", SYSCALL_mount), ALLOW);
	assert_int_equal(then_with("{ base = 'none', deny = ['bpf'] }", SYSCALL_bpf), REFUSE);
	assert_int_equal(then_with("{ base = 'deny-all', allow = ['@basic-io'] }", SYSCALL_read), ALLOW);
	assert_int_equal(then_with("{ base = 'deny-all', allow = ['@basic-io'] }", SYSCALL_uname), REFUSE);
	assert_int_equal(then_with("{ base = 'deny-all' }", SYSCALL_execve), ALLOW);
}

static void a_name_wins_over_a_group_and_of_groups_the_stronger(void **state)
{
	(void)state;
	assert_int_equal(then_with("{ deny = ['@known'], allow = ['execve', 'uname'] }", SYSCALL_uname), ALLOW);
	assert_int_equal(then_with("{ allow = ['execve', 'uname'], deny = ['@known'] }", SYSCALL_uname), ALLOW);
	assert_int_equal(then_with("{ allow = ['@file-system'], kill = ['@file-system'] }", SYSCALL_openat),
			 SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(then_with("{ kill = ['@file-system'], allow = ['@file-system'] }", SYSCALL_openat),
			 SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(then_with("{ deny = ['@sync'], errno = { '@sync' = 'ENOSYS' } }", SYSCALL_fsync), REFUSE);
	assert_int_equal(then_with("{ allow = ['@system-service'], log = ['@sync'] }", SYSCALL_fsync), SECCOMP_RET_LOG);
}

static void only_its_name_lifts_the_check_of_a_call(void **state)
{
	(void)state;
	assert_int_equal(then_with("{ allow = ['@known'] }", SYSCALL_ioctl), SECCOMP_CHECKED);
	assert_int_equal(then_with("{ allow = ['@known'] }", SYSCALL_unshare), SECCOMP_CHECKED);
	assert_int_equal(then_with("{ allow = ['@known'] }", SYSCALL_clone3), UNKNOWN);
	assert_int_equal(then_with("{ log = ['@known'] }", SYSCALL_clone), SECCOMP_CHECKED);
	assert_int_equal(then_with("{ base = 'deny-all', allow = ['@known'] }", SYSCALL_ioctl), SECCOMP_CHECKED);
	assert_int_equal(then_with("{ base = 'deny-all', allow = ['@known'] }", SYSCALL_clone3), UNKNOWN);
	assert_int_equal(then_with("{ allow = ['ioctl', 'clone3'] }", SYSCALL_ioctl), ALLOW);
	assert_int_equal(then_with("{ allow = ['ioctl', 'clone3'] }", SYSCALL_clone3), ALLOW);
	assert_int_equal(then_with("{ deny = ['@process'] }", SYSCALL_unshare), REFUSE);
	assert_int_equal(then_with("{ base = 'none', allow = ['@known'] }", SYSCALL_ioctl), ALLOW);
}

static void a_group_leaves_a_stricter_check_as_it_is(void **state)
{
	const struct table *t = table_of("[service.a]\nexec = ['x']\nseccomp = 'strict'\n[service.b]\nexec = ['x']\n"
					 "seccomp = { base = 'strict', allow = ['@network-io'] }\n");

	(void)state;
	assert_int_equal(table_confine(t, table_service(t, 0))->seccomp.program.at,
			 table_confine(t, table_service(t, 1))->seccomp.program.at);
}

static void another_user_than_root_has_no_capability(void **state)
{
	(void)state;
	assert_int_equal(then_of(confine_with(""), SYSCALL_chroot), ALLOW);
	assert_int_equal(then_of(confine_with("user = 'root'"), SYSCALL_chroot), ALLOW);
	assert_int_equal(then_of(confine_with("user = 'nobody'"), SYSCALL_chroot), REFUSE);
}

static void time_and_size_grow_with_the_table_and_not_faster(void **state)
{
	size_t small, large;
	double before = seconds(1000, &small), after = seconds(10000, &large);

	(void)state;
	assert_true(large < small * 11);
	assert_true(large / 10000 < 750); /* bytes for a service, 100 of them to be found by (net/near.c) */
	assert_true(after < before * 40); /* the square would be 100 */
	assert_true(after < 5);
}

/* -- roots ------------------------------------------------------------------------------------------------------- */

static const struct roots_spec *roots_of(const struct table *t, const char *name)
{
	return &table_confine(t, service_of(t, name))->roots;
}

/* By its text services are kept from writing to one place side by side. */
static void where_an_overlay_keeps_is_one_place_in_any_spelling(void **state)
{
	const struct table *t = table_of("[service.a]\nexec = ['x']\nroot = '/r'\noverlay = '/k/a'\n"
					 "[service.b]\nexec = ['x']\nroot = '/r'\noverlay = '/k/a/'\n"
					 "[service.c]\nexec = ['x']\nroot = '/r'\noverlay = '//k/./a/.'\n"
					 "[service.d]\nexec = ['x']\nroot = '/r'\noverlay = '/k/.a'\n"
					 "[service.e]\nexec = ['x']\nroot = '/r'\noverlay = '/./'\n");
	const char *at = table_text(t, roots_of(t, "a")->overlay_at);

	(void)state;
	assert_string_equal(at, "/k/a");
	assert_int_equal(roots_of(t, "a")->overlay_at, roots_of(t, "b")->overlay_at);
	assert_int_equal(roots_of(t, "a")->overlay_at, roots_of(t, "c")->overlay_at);
	assert_string_equal(table_text(t, roots_of(t, "d")->overlay_at), "/k/.a");
	assert_string_equal(table_text(t, roots_of(t, "e")->overlay_at), "/");
}

/* They are of what each service has for itself. */
static void who_joins_a_view_is_not_given_the_defaults_of_one(void **state)
{
	const struct table *t = table_of(BRIDGE "[defaults]\nhosts = true\nnetwork.dns = '10.9.9.9'\nroot = '/r'\nreadonly = true\noverlay = 'tmpfs'\nproc = 'pids'\n"
					 "hidepid = 'invisible'\nsys = 'none'\ndev = 'minimal'\ndev_nodes = ['/dev/fuse']\n"
					 "private_tmp = true\nsecrets = { key = '/etc/key' }\ninit = true\ndelegate = true\n"
					 "mounts = { '/d' = '/srv', '/i' = { bind = '/srv', idmap = true } }\nuserns = 'auto'\n"
					 "[service.a]\nexec = ['x']\n"
					 "[service.b]\nexec = ['x']\nstate_directory = 'b'\n"
					 "join = { service = 'a', namespaces = ['mount', 'pid', 'cgroup', 'user'] }\n");
	const struct service_spec *a = service_of(t, "a"), *b = service_of(t, "b");
	const struct roots_spec *of_a = &table_confine(t, a)->roots, *roots = &table_confine(t, b)->roots;

	(void)state;
	assert_true(a->root_at && a->readonly && a->init && of_a->overlay_at && of_a->mounts.count == 2);
	assert_true(of_a->nodes.count && of_a->private_tmp && of_a->secrets.count && of_a->hidepid);
	assert_true(table_confine(t, a)->leaf.delegate && a->hosts_at && table_network(t, a)->resolv_at);
	assert_true(!b->hosts_at && (!table_network(t, b) || !table_network(t, b)->resolv_at));
	assert_true(!b->root_at && !b->readonly && !b->init && !roots->overlay_at && !roots->mounts.count);
	assert_true(!roots->nodes.count && !roots->private_tmp && !roots->secrets.count && !roots->hidepid);
	assert_true(roots->proc == PROC_NONE && roots->sys == SYS_NONE && roots->dev == DEV_NONE && !roots->asked);
	assert_false(table_confine(t, b)->leaf.delegate);
	assert_int_equal(roots->state.count, 1);
}

static void what_is_in_a_root_follows_from_whose_it_is(void **state)
{
	const struct table *t = table_of("[service.here]\nexec = ['x']\n"
					 "[service.plain]\nexec = ['x']\nnamespaces = []\n"
					 "[service.own]\nexec = ['x']\nroot = '/r'\n"
					 "[service.changed]\nexec = ['x']\nroot = '/r'\nnamespaces = []\n"
					 "[service.nopid]\nexec = ['x']\nroot = '/r'\nnamespaces = ['mount']\n"
					 "[service.told]\nexec = ['x']\nroot = '/r'\nproc = 'pids'\nsys = 'none'\ndev = 'all'\n"
					 "[service.kept]\nexec = ['x']\nsys = 'none'\n"
					 "[service.joins]\nexec = ['x']\njoin = { service = 'here', namespaces = ['pid'] }\n");

	(void)state;
	assert_int_equal(roots_of(t, "here")->proc, PROC_MASKED);
	assert_int_equal(roots_of(t, "here")->sys, SYS_SEALED);
	assert_int_equal(roots_of(t, "here")->dev, DEV_NONE);
	assert_int_equal(roots_of(t, "plain")->proc, PROC_NONE);
	assert_int_equal(roots_of(t, "plain")->sys, SYS_NONE);
	assert_int_equal(roots_of(t, "own")->proc, PROC_MASKED);
	assert_int_equal(roots_of(t, "own")->sys, SYS_READONLY);
	assert_int_equal(roots_of(t, "own")->dev, DEV_MINIMAL);
	assert_int_equal(roots_of(t, "changed")->dev, DEV_NONE);
	assert_int_equal(roots_of(t, "nopid")->proc, PROC_MASKED);
	assert_int_equal(roots_of(t, "told")->proc, PROC_PIDS);
	assert_int_equal(roots_of(t, "told")->sys, SYS_NONE);
	assert_int_equal(roots_of(t, "told")->dev, DEV_ALL);
	assert_int_equal(roots_of(t, "joins")->proc, PROC_MASKED);
	assert_int_equal(roots_of(t, "kept")->sys, SYS_NONE);
}

static void mounts_come_by_target_and_a_later_one_replaces(void **state)
{
	const struct table *t = table_of("[defaults.mounts]\n'/b' = 'tmpfs'\n'/a/c' = 'masked'\n"
					 "[service.a]\nexec = ['x']\n[service.a.mounts]\n'/a' = '/srv'\n"
					 "'/b' = { bind = '/x', readonly = true, nodev = false, propagation = 'slave' }\n");
	const struct roots_spec *roots = roots_of(t, "a");
	const struct mount_spec *m = table_list(t, roots->mounts, struct mount_spec);

	(void)state;
	assert_int_equal(roots->mounts.count, 3);
	assert_string_equal(table_text(t, m[0].target_at), "/a");
	assert_string_equal(table_text(t, m[1].target_at), "/a/c");
	assert_string_equal(table_text(t, m[2].target_at), "/b");
	assert_true(m[0].kind == MOUNT_RBIND && m[1].kind == MOUNT_MASKED && m[2].kind == MOUNT_BIND);
	assert_int_equal(m[2].attr, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
	assert_int_equal(m[2].spread, MOUNT_SLAVE);
}

/* A thousand ranges, none of which meets another, and each of which stays when others come and go. */
static void a_range_of_ids_stays_with_the_name(void **state)
{
	char *text = calloc(1, 1 << 20), name[16];
	static uint32_t first[1000];
	const struct table *t;
	unsigned moved = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		sprintf(text + strlen(text), "[service.s%d]\nexec = ['x']\nuserns = 'auto'\n", i);
	t = table_of(text);
	for (int i = 0; i < 1000; i++) {
		const struct id_range *r = table_list(t, roots_of(t, (sprintf(name, "s%d", i), name))->uids, struct id_range);

		first[i] = r->outside;
		assert_true(r->outside >= 0x80000 && r->outside % 65536 == 0 && r->count == 65536 && !r->inside);
		for (int k = 0; k < i; k++)
			assert_int_not_equal(first[k], r->outside);
	}
	*text = '\0';
	for (int i = 999; i >= 0; i -= 2)
		sprintf(text + strlen(text), "[service.s%d]\nexec = ['x']\nuserns = 'auto'\n", i);
	t = table_of(text);
	for (int i = 1; i < 1000; i += 2)
		moved += table_list(t, roots_of(t, (sprintf(name, "s%d", i), name))->uids, struct id_range)->outside != first[i];
	assert_true(moved < 20); /* who had met another's may have it now */
	free(text);
}

static uint32_t range_beside(const char *others)
{
	char text[512];
	const struct table *t;

	snprintf(text, sizeof(text), "[service.a]\nexec = ['x']\nuserns = 'auto'\n%s", others);
	t = table_of(text);
	return table_list(t, roots_of(t, "a")->uids, struct id_range)->outside;
}

static void a_range_is_none_that_the_table_gives_by_itself(void **state)
{
	uint32_t own = range_beside("");
	char others[256];

	(void)state;
	snprintf(others, sizeof(others), "[service.b]\nexec = ['x']\nuserns.uid = '0 %u 10'\n", own + 65535);
	assert_int_equal(range_beside(others), own + 2 * 65536);
	snprintf(others, sizeof(others), "[service.b]\nexec = ['x']\nuserns.uid = '0 %u 10'\n", own + 65536);
	assert_int_equal(range_beside(others), own);
	assert_int_equal(range_beside("[service.b]\nexec = ['x']\nuserns.uid = '0 0 4294967294'\n"), own);
}

static void whose_namespaces_are_joined_is_needed(void **state)
{
	const struct table *t = table_of("[service.a]\nexec = ['x']\nneeds = ['c']\n"
					 "join = { service = 'b', namespaces = ['net', 'uts'] }\n"
					 "[service.b]\nexec = ['x']\n[service.c]\nexec = ['x']\n");
	const struct service_spec *a = service_of(t, "a");

	(void)state;
	assert_int_equal(a->needs.count, 2);
	assert_int_equal(table_list(t, a->needs, uint32_t)[1], 1);
	assert_int_equal(service_of(t, "b")->dependents.count, 1);
	assert_int_equal(a->namespaces, MOST & ~(uint32_t)CLONE_NEWUTS);
	assert_int_equal(roots_of(t, "a")->join_flags, CLONE_NEWNET | CLONE_NEWUTS);
}

static void who_joins_a_user_namespace_has_the_ids_of_its_owner(void **state)
{
	const struct table *t = table_of("[service.a]\nexec = ['x']\njoin = { service = 'b', namespaces = ['user'] }\n"
					 "[service.b]\nexec = ['x']\njoin = { service = 'c', namespaces = ['user', 'time'] }\n"
					 "[service.c]\nexec = ['x']\nuserns.setgroups = false\n"
					 "[defaults]\nuserns = 'auto'\n");
	const struct roots_spec *a = roots_of(t, "a"), *c = roots_of(t, "c");

	(void)state;
	assert_int_equal(c->uids.count, 1);
	assert_memory_equal(&a->uids, &c->uids, sizeof(a->uids));
	assert_memory_equal(&a->gids, &c->gids, sizeof(a->gids));
	assert_int_equal(a->deny_setgroups, 1);
	assert_int_equal(a->userns, USERNS_NONE);
	assert_false(service_of(t, "a")->namespaces & CLONE_NEWUSER);
	assert_true(table_in_userns(t, service_of(t, "a")));
	assert_int_equal(roots_of(t, "b")->join_flags, CLONE_NEWUSER | CLONE_NEWTIME);
}

static bool limit_is_known(const char *name)
{
	for (unsigned i = 0; limit_name(i); i++)
		if (!strcmp(limit_name(i), name))
			return true;
	return false;
}

static void what_others_call_a_key_leads_to_one_of_ours(void **state)
{
	static const struct { enum key_section section; const char *word, *key; } all[] = {
#define FOREIGN(section, word, key) { IN_##section & IN_COMMON ? IN_SERVICE : IN_##section, word, key },
#include "services/foreign.def"
#undef FOREIGN
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const char *limit = strncmp(all[i].key, "cgroup.", 7) ? NULL : all[i].key + 7;

		assert_null(key_find(all[i].section, all[i].word));
		assert_true(limit ? limit_is_known(limit) : key_find(all[i].section, all[i].key) != NULL);
		assert_string_equal(key_nearest(all[i].section, all[i].word), all[i].key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_others_call_a_key_leads_to_one_of_ours),
		cmocka_unit_test(an_empty_table_is_good),
		cmocka_unit_test(a_service_has_the_defaults_of_the_manual),
		cmocka_unit_test(every_key_arrives),
		cmocka_unit_test(names_have_letters_of_both_cases_digits_and_some_marks),
		cmocka_unit_test(defaults_hold_where_a_service_says_nothing),
		cmocka_unit_test(only_what_a_service_asks_for_itself_is_explicit),
		cmocka_unit_test(a_later_file_overrides_a_key_and_leaves_the_others),
		cmocka_unit_test(a_name_that_a_syntax_error_may_have_swallowed_is_not_missed),
		cmocka_unit_test(the_order_is_that_of_the_table_but_for_what_is_waited_for),
		cmocka_unit_test(dependents_are_those_who_wait_each_once),
		cmocka_unit_test(order_and_dependents_hold_for_any_graph),
		cmocka_unit_test(a_bridge_attaches_every_service_that_says_nothing_else),
		cmocka_unit_test(minits_own_network_has_settings),
		cmocka_unit_test(members_of_a_bridge_with_many_find_each_other_unless_said),
		cmocka_unit_test(a_member_by_a_second_network_is_one),
		cmocka_unit_test(a_service_is_on_several_bridges),
		cmocka_unit_test(none_has_by_its_name_what_is_given),
		cmocka_unit_test(a_route_goes_by_the_network_that_its_gateway_is_in),
		cmocka_unit_test(a_link_with_dhcp_has_a_client),
		cmocka_unit_test(a_service_upon_a_link_waits_for_it),
		cmocka_unit_test(one_with_dhcpv6_has_another),
		cmocka_unit_test(a_wireguard_has_a_task_that_gives_it_its_keys),
		cmocka_unit_test(what_few_networks_have_is_a_record_of_its_own),
		cmocka_unit_test(who_speaks_with_whom_is_a_neighbour),
		cmocka_unit_test(a_gateway_that_is_a_service_is_a_neighbour),
		cmocka_unit_test(who_joins_a_network_has_its_peers_there),
		cmocka_unit_test(peers_are_known_by_each_bridge_that_both_are_on),
		cmocka_unit_test(more_services_than_ports_are_spread),
		cmocka_unit_test(what_else_is_a_port_takes_its_place),
		cmocka_unit_test(shards_are_in_the_ruleset),
		cmocka_unit_test(a_shard_of_another_bridge_is_a_broken_image),
		cmocka_unit_test(names_are_files_of_the_service_and_of_its_bridge),
		cmocka_unit_test(who_joins_the_network_of_a_process_has_a_name_there),
		cmocka_unit_test(names_are_those_of_all_bridges_each_by_what_is_shared),
		cmocka_unit_test(without_a_bridge_a_service_has_the_network_of_minit),
		cmocka_unit_test(a_derived_address_is_the_same_in_any_order_of_services_and_files),
		cmocka_unit_test(the_last_address_of_a_subnet_is_given_out),
		cmocka_unit_test(an_interface_has_up_to_four_addresses),
		cmocka_unit_test(hosts_names_every_service_of_the_bridge_in_one_text),
		cmocka_unit_test(the_log_helper_comes_with_the_first_output_that_needs_it),
		cmocka_unit_test(a_command_line_is_the_main_service),
		cmocka_unit_test(the_main_service_is_restarted_only_if_told),
		cmocka_unit_test(limits_are_put_in_the_order_of_writing),
		cmocka_unit_test(leaves_of_a_group_are_told_of_it),
		cmocka_unit_test(devices_are_any_or_a_list_that_is_asked_for),
		cmocka_unit_test(a_root_of_its_own_has_the_usual_devices),
		cmocka_unit_test(a_dev_of_its_own_without_a_root_too),
		cmocka_unit_test(a_root_that_is_no_directory_may_be_an_image),
		cmocka_unit_test(pressure_becomes_what_the_kernel_watches_for),
		cmocka_unit_test(calm_is_a_share_of_a_time),
		cmocka_unit_test(there_is_an_end_to_services_and_to_what_is_said),
		cmocka_unit_test(services_that_are_confined_alike_share_one_record),
		cmocka_unit_test(a_service_with_a_namespace_has_the_default_filter),
		cmocka_unit_test(who_has_ports_has_a_filter_that_holds_them),
		cmocka_unit_test(filters_that_are_alike_are_kept_once),
		cmocka_unit_test(the_service_decides_over_the_defaults),
		cmocka_unit_test(lists_change_a_profile),
		cmocka_unit_test(a_name_wins_over_a_group_and_of_groups_the_stronger),
		cmocka_unit_test(only_its_name_lifts_the_check_of_a_call),
		cmocka_unit_test(a_group_leaves_a_stricter_check_as_it_is),
		cmocka_unit_test(another_user_than_root_has_no_capability),
		cmocka_unit_test(where_an_overlay_keeps_is_one_place_in_any_spelling),
		cmocka_unit_test(who_joins_a_view_is_not_given_the_defaults_of_one),
		cmocka_unit_test(what_is_in_a_root_follows_from_whose_it_is),
		cmocka_unit_test(mounts_come_by_target_and_a_later_one_replaces),
		cmocka_unit_test(a_range_of_ids_stays_with_the_name),
		cmocka_unit_test(a_range_is_none_that_the_table_gives_by_itself),
		cmocka_unit_test(whose_namespaces_are_joined_is_needed),
		cmocka_unit_test(who_joins_a_user_namespace_has_the_ids_of_its_owner),
		cmocka_unit_test(time_and_size_grow_with_the_table_and_not_faster),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
