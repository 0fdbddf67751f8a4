// links: services/differ.c services/differ_link.c services/differ_machine.c services/changed.c services/table.c services/table_verify.c services/table_net.c services/table_roots.c lib/log.c
// links: services/address.c services/attach.c services/subnet.c services/unfit.c lib/addr_use.c services/macs.c services/append.c services/compile.c services/finish.c services/sections.c services/table_image.c services/errors.c services/keys.c services/names.c services/numbers.c services/order.c
// links: services/ports.c services/allow.c services/spans.c net/nft.c net/nft_rules.c net/nft_sets.c net/walk.c net/inbox.c net/ruleset.c net/balance.c net/between.c net/near.c net/mac.c
// links: services/refuse.c services/roots.c services/kept.c services/set.c services/values.c services/values_tables.c services/values_root.c services/values_link.c services/match.c services/upon.c net/kinds.c cgroup/limits.c lib/arena.c
// links: services/values_net.c services/network.c services/also.c services/nearer.c services/attend.c services/own.c services/routes.c services/sysctls.c services/contrary.c net/family.c services/hostnames.c services/hosts.c services/peers.c services/shard.c net/star.c
// links: services/values_caps.c services/values_privileges.c services/values_sched.c services/caps.c
// links: lib/buf.c lib/fd.c lib/json.c lib/signame.c lib/addr.c lib/text.c lib/toml.c lib/toml_scalar.c lib/utf8.c net/netlink.c
// links: cgroup/friendly.c services/values_leaf.c services/values_seccomp.c services/profiles.c services/seccomp.c services/syscalls.c services/layout.c
/* What is different between two tables for a service, and what that costs it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "services/differ.h"
#include "tests/unit/compile.h"

/* A copy, as the next compilation takes the memory. */
static const struct table *keep(const struct table *t)
{
	void *copy = aligned_alloc(64, (t->size + 63u) & ~63u);

	assert_non_null(copy);
	return memcpy(copy, t, t->size);
}

static char told[512];

static void tell(void *context, const char *key, enum differ how)
{
	size_t len = strlen(told);

	(void)context, (void)how;
	snprintf(told + len, sizeof(told) - len, "%s%s", len ? " " : "", key);
}

static unsigned compare(const struct table *was, const struct table *is, const char *name)
{
	struct differ_side a = { was, (uint32_t)table_find(was, name) }, b = { is, (uint32_t)table_find(is, name) };

	told[0] = '\0';
	return differ_service(a, b, tell, NULL);
}

#define BRIDGE "[network.bridge.br0]\naddress = '10.77.0.1/24'\n"
#define LINKS(a, b) "[network.link." a "]\nkind = 'dummy'\n[network.link." b "]\nkind = 'dummy'\n"
#define WEB "[service.web]\nexec = ['/w']\n"

struct change {
	const char *was, *is;
	unsigned how;
	const char *keys;
};

static void check(const struct change *c)
{
	const struct table *was = keep(table_of(c->was)), *is = table_of_files(&c->is, 1, (struct table_source){ .before = was });
	unsigned how = compare(was, is, "web");

	if (c->how & ~(unsigned)(DIFFER_NOW | DIFFER_ASKED))
		how &= ~(unsigned)(DIFFER_NOW | DIFFER_ASKED); /* who has asked for it may be another beside that */
	if (how != c->how || strcmp(told, c->keys) != 0)
		fail_msg("%s\n->\n%s\nis %u (%s), not %u (%s)", c->was, c->is, how, told, c->how, c->keys);
	free((void *)(uintptr_t)was);
}

static void test_nothing(void **data)
{
	static const struct change all[] = {
		{ WEB, WEB, 0, "" },
		{ WEB "[service.b]\nexec = ['/b']\n", "[service.b]\nexec = ['/b']\n[service.c]\nexec = ['/c']\n" WEB, 0, "" },
		{ BRIDGE WEB "network.address = '10.77.0.9'\n[service.b]\nexec = ['/b']\n",
		  BRIDGE "[service.b]\nexec = ['/b']\n" WEB "network.address = '10.77.0.9'\n", 0, "" },
		{ WEB "needs = ['b']\n[service.b]\nexec = ['/b']\n", "[service.b]\nexec = ['/b']\n" WEB "needs = ['b']\n", 0, "" },
		{ "[service.b]\nexec = ['/b']\n" WEB, WEB, 0, "" },
		{ "[service.b]\nexec = ['/b']\nneeds = ['web']\n" WEB, WEB, 0, "" },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		check(&all[i]);
}

#define MACVLAN(line)                                                                          \
	"[network.link.v]\nkind = 'vxlan'\nremote = '192.0.2.7'\n" line "\n" WEB \
	"network = { mode = 'macvlan', parent = 'v', address = '10.6.0.1/24' }\n"

static void test_what_costs_what(void **data)
{
	static const struct change all[] = {
		{ WEB, WEB "description = 'x'\n", DIFFER_NOW, "description" },
		{ WEB, WEB "restart = 'always'\n", DIFFER_NOW, "restart" },
		{ WEB, WEB "stop = { grace = '1s', signal = 'SIGINT' }\n", DIFFER_NOW, "grace_ms stop_signal" },
		{ WEB, WEB "calm = { memory = '10%' }\n", DIFFER_NOW, "calm.memory" },
		{ WEB, "[service.web]\nexec = ['/w', 'x']\n", DIFFER_RUN, "exec" },
		{ WEB, WEB "env = { A = 'b' }\n", DIFFER_RUN, "env" },
		{ WEB, WEB "mounts.'/x' = '/y'\n", DIFFER_RUN, "mounts" },
		{ WEB "mounts.'/x' = '/y'\n", WEB "mounts.'/x' = '/z'\n", DIFFER_RUN, "mounts" },
		{ WEB, WEB "rlimits.nofile = 100\n", DIFFER_RUN, "rlimits" },
		{ WEB, WEB "leaf = true\n", DIFFER_NOW | DIFFER_ASKED, "" },
		{ WEB "leaf = true\n", WEB, DIFFER_NOW, "" },
		{ WEB, WEB "namespaces = ['mount', 'pid', 'ipc', 'uts', 'cgroup']\n", DIFFER_NOW | DIFFER_ASKED, "" },
		{ WEB, WEB "seccomp = 'default'\nkeyring = 'private'\nproc = 'masked'\n", DIFFER_NOW | DIFFER_ASKED, "" },
		{ WEB, WEB "groups = []\n", DIFFER_RUN, "groups" },
		{ WEB, WEB "groups = ['9']\n", DIFFER_RUN, "groups" },
		{ WEB "nice = 0\n", WEB, DIFFER_RUN, "nice" },
		{ WEB, WEB "nice = 5\n", DIFFER_RUN, "nice" },
		{ WEB, WEB "oom_score_adj = 0\ncoredump_filter = []\n", DIFFER_RUN, "oom_score_adj coredump_filter" },
		{ WEB "seccomp = 'none'\n", WEB "seccomp = 'none'\nports = { bind = [], connect = [] }\npaths.read = []\n", DIFFER_RUN,
		  "paths ports.bind ports.connect" },
		{ WEB "caps = { ambient = ['kill'] }\n", WEB "caps = { ambient = ['kill'], effective = [] }\n", DIFFER_RUN, "caps" },
		{ WEB "keyring = 'private'\n", WEB, DIFFER_NOW, "" },
		{ WEB "ready = 'exec'\n", WEB "ready = 'exit'\n", DIFFER_RUN, "ready" },
		{ WEB "join = { service = 'a', namespaces = ['ipc'] }\n[service.a]\nexec = ['/a']\n[service.b]\nexec = ['/b']\n",
		  WEB "join = { service = 'b', namespaces = ['ipc'] }\n[service.a]\nexec = ['/a']\n[service.b]\nexec = ['/b']\n",
		  DIFFER_RUN, "needs join" },
		{ WEB "cgroup.memory.max = '1M'\n", WEB "cgroup.memory.max = '2M'\n", DIFFER_LIMITS, "memory.max" },
		{ WEB "cgroup.memory.max = '1M'\n", WEB "cgroup.memory.max = '1M'\ncgroup.pids.max = 9\n", DIFFER_LIMITS, "pids.max" },
		{ WEB "cgroup.memory.max = '1M'\ncgroup.pids.max = 9\n", WEB "cgroup.memory.max = '1M'\n", DIFFER_LEAF, "pids.max" },
		{ WEB "cgroup.io.max = '8:0 rbps=4 wbps=2'\n", WEB "cgroup.io.max = '8:0 rbps=3 wbps=2'\n", DIFFER_LIMITS, "io.max" },
		{ WEB "cgroup.io.max = '8:0 rbps=4 wbps=2'\n", WEB "cgroup.io.max = '8:0 rbps=3'\n", DIFFER_LEAF, "io.max" },
		{ WEB "devices = ['tty']\n", WEB "devices = ['tty', 'ptmx']\n", DIFFER_LEAF, "devices" },
		{ "[group.g]\ncgroup.pids.max = 3\n" WEB "in_group = 'g'\n", "[group.g]\ncgroup.pids.max = 4\n" WEB "in_group = 'g'\n",
		  DIFFER_LIMITS, "pids.max" },
		{ "[group.a]\n[group.g]\n" WEB "in_group = 'g'\n", "[group.g]\n" WEB "in_group = 'g'\n", 0, "" },
		{ "[group.a]\n[group.g]\n" WEB "in_group = 'g'\n", "[group.a]\n[group.g]\n" WEB "in_group = 'a'\n", DIFFER_LEAF, "in_group" },
		{ BRIDGE WEB, BRIDGE WEB "network.address = '10.77.0.9'\n", DIFFER_NETWORK, "network" },
		{ BRIDGE WEB "network.ports = ['8:8']\n", BRIDGE WEB "network.ports = ['9:8']\n", 0, "" },
		{ BRIDGE WEB, BRIDGE WEB "network.routes = ['10.0.0.0/8 via 10.77.0.1']\n", DIFFER_NETWORK, "network.routes" },
		{ BRIDGE WEB, BRIDGE WEB "network.rate = { out = '1M' }\n", DIFFER_NETWORK, "network.rate.out" },
		{ BRIDGE WEB, BRIDGE "mtu = 1400\n" WEB, DIFFER_NETWORK, "mtu of its bridge" },
		{ BRIDGE WEB "network.mtu = 1300\n", BRIDGE "mtu = 1400\n" WEB "network.mtu = 1300\n", 0, "" },
		{ BRIDGE WEB, BRIDGE "mac = '02:00:00:00:00:07'\n" WEB, DIFFER_NETWORK, "mac of its bridge" },
		{ BRIDGE WEB, BRIDGE "ageing = '10s'\nstp = true\n" WEB, 0, "" },
		{ LINKS("d0", "d1") WEB "online = ['d1']\n", LINKS("d1", "d0") WEB "online = ['d1']\n", 0, "" },
		{ LINKS("d0", "d1") WEB "online = ['d1']\n", LINKS("d1", "d0") WEB "online = ['d0']\n", DIFFER_NOW, "online" },
		{ LINKS("d0", "d1") WEB "online = ['d1']\n", LINKS("d0", "d1") WEB "online = ['d1', 'd0']\n", DIFFER_NOW, "online" },
		{ LINKS("d0", "d1") WEB "online = ['d1', 'd0']\n", LINKS("d0", "d2") WEB "online = ['d0']\n", DIFFER_NOW, "online" },
		{ MACVLAN("id = 5"), MACVLAN("id = 6"), DIFFER_NETWORK, "its link" },
		{ MACVLAN("id = 5"), MACVLAN("id = 5\nmtu = 1400"), DIFFER_NETWORK, "mtu of its link" },
		{ MACVLAN("id = 5\nmtu = 1400"), MACVLAN("id = 5"), DIFFER_NETWORK, "its link" },
		{ MACVLAN("id = 5"), MACVLAN("id = 5\naddress = '10.5.0.1/24'"), 0, "" },
		{ BRIDGE WEB "hosts = true\n", BRIDGE WEB "hosts = true\n[service.b]\nexec = ['/b']\n", DIFFER_NAMES, "hosts" },
		{ BRIDGE WEB, BRIDGE WEB "hosts = true\n", DIFFER_RUN, "hosts" },
		{ BRIDGE WEB "network.dns = '10.77.0.5'\n", BRIDGE WEB "network.dns = '10.77.0.6'\n", DIFFER_NAMES, "resolv.conf" },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		check(&all[i]);
}

static void test_ports_keep_their_names(void **data)
{
	static const char first[] = BRIDGE "[service.a]\nexec = ['/a']\n[service.b]\nexec = ['/b']\n" WEB;
	static const char *const second = BRIDGE "[service.new]\nexec = ['/n']\n" WEB "[service.a]\nexec = ['/a']\n";
	const struct table *was = keep(table_of(first)), *is;

	(void)data;
	is = table_of_files(&second, 1, (struct table_source){ .before = was });
	assert_string_equal(service_of(is, "web")->attach.peer, "mv2");
	assert_string_equal(service_of(is, "a")->attach.peer, "mv0");
	assert_string_equal(service_of(is, "new")->attach.peer, "mv3"); /* mv1 is on its way out */
	is = table_of(second);
	assert_string_equal(service_of(is, "new")->attach.peer, "mv0");
	free((void *)(uintptr_t)was);
}

static void tell_part(void *context, const struct differ_part *part)
{
	static const char *const fates[] = { [FATE_NEW] = "new", [FATE_GONE] = "gone", [FATE_SET] = "set",
					     [FATE_LEFT] = "left", [FATE_REFUSED] = "refused", [FATE_UNSET] = "unset", [FATE_ANEW] = "anew" };
	size_t len = strlen(told);
	BUF_ON_STACK(b, DIFFER_PART);

	(void)context;
	assert_int_equal(part->fate == FATE_REFUSED && !part->why, 0);
	differ_put_part(&b, part);
	snprintf(told + len, sizeof(told) - len, "%s%s %s", len ? ", " : "", buf_text(&b), fates[part->fate]);
}

#define OTHER "[network.bridge.br1]\naddress = '10.78.0.1/24'\n"
#define ON(bridge) WEB "network.bridge = '" bridge "'\n"
#define SYSCTL(of, value) "[network]\nsysctl = { '" of "' = " #value " }\n"
#define FORWARD "network.sysctl /proc/sys/net/ipv4/ip_forward "

#define DEVICE "[network.link.d0]\n"
#define UPON(of, line, parent) \
	WEB "[network.link.v]\nkind = '" of "'\n" line "\nparent = '" parent "'\n[network.link.w]\nkind = 'vlan'\nid = 9\nparent = 'v'\n"
#define BOND(mode) "[network.link.b]\nkind = 'bond'\nmode = '" mode "'\n[network.link.p]\nmaster = 'b'\n" WEB

static void test_the_machine(void **data)
{
	static const struct {
		const char *was, *is, *parts;
	} all[] = {
		{ BRIDGE WEB, BRIDGE WEB "[service.b]\nexec = ['/b']\n", "" },
		{ BRIDGE "nat = true\n" WEB, BRIDGE WEB, "" },
		{ BRIDGE WEB, OTHER BRIDGE ON("br0"), "network.bridge.br1 new" },
		{ OTHER BRIDGE ON("br0"), BRIDGE WEB, "network.bridge.br1 gone" },
		{ BRIDGE OTHER ON("br0"), OTHER BRIDGE ON("br0"), "" },
		{ BRIDGE WEB, OTHER WEB, "network.bridge.br0 gone, network.bridge.br1 new" },
		{ BRIDGE WEB, WEB, "network.bridge.br0 gone" },
		{ BRIDGE "mtu = 1400\n" WEB, BRIDGE WEB, "network.bridge.br0: mtu unset" },
		{ BRIDGE "ageing = '10s'\n" WEB, BRIDGE "stp = false\n" WEB,
		  "network.bridge.br0: stp set, network.bridge.br0: ageing unset" },
		{ BRIDGE "mtu = 1400\n[network.link.d0]\nmaster = 'br0'\n" WEB, BRIDGE "[network.link.d0]\nmaster = 'br0'\n" WEB,
		  "network.bridge.br0: mtu refused" },
		{ BRIDGE WEB, BRIDGE "mtu = 1400\nmac = '02:00:00:00:00:07'\n" WEB, "network.bridge.br0: mtu set, network.bridge.br0: mac set" },
		{ BRIDGE WEB, "[network.bridge.br0]\naddress = '10.77.0.2/24'\n" WEB, "network.bridge.br0: address set" },
		{ "[system]\nhostname = 'a'\n" WEB, "[system]\nhostname = 'b'\n" WEB, "system.hostname set" },
		{ "[system]\nhostname = 'a'\n" WEB, WEB, "system.hostname left" },
		{ "[network.link.d0]\nkind = 'dummy'\n" WEB, WEB, "network.link.d0 gone" },
		{ "[network.link.d0]\naddress = '10.0.0.1/8'\n" WEB, WEB, "network.link.d0 left" },
		{ WEB, "[network.link.d0]\naddress = '10.0.0.1/8'\n" WEB, "network.link.d0 new" },
		{ LINKS("d0", "d1") WEB, LINKS("d1", "d0") WEB, "" },
		{ "[network.link.d0]\nkind = 'dummy'\naddress = '10.0.0.1/8'\n" WEB,
		  "[network.link.d0]\nkind = 'dummy'\naddress = '10.0.0.2/8'\n" WEB, "network.link.d0: address set" },
		{ "[network.link.d0]\nkind = 'dummy'\naddress = '10.0.0.1/8'\nroutes = ['10.1.0.0/16']\n" WEB,
		  "[network.link.d0]\nkind = 'dummy'\naddress = '10.0.0.1/8'\nroutes = ['10.2.0.0/16']\n" WEB, "network.link.d0: routes set" },
		{ DEVICE "mtu = 1400\n" WEB, DEVICE "mtu = 1300\n" WEB, "network.link.d0: mtu set" },
		{ DEVICE "mtu = 1400\n" WEB, DEVICE WEB, "network.link.d0: mtu refused" },
		{ DEVICE "match = 'e*'\n" WEB, DEVICE WEB, "network.link.d0: match refused" },
		{ DEVICE "mac = '02:00:00:00:00:07'\n" WEB, DEVICE "mac = '02:00:00:00:00:08'\n" WEB, "network.link.d0: mac set" },
		{ DEVICE WEB, DEVICE "kind = 'dummy'\n" WEB, "network.link.d0: kind refused" },
		{ DEVICE "kind = 'dummy'\n" WEB, DEVICE WEB, "network.link.d0: kind anew" },
		{ DEVICE "kind = 'dummy'\nmtu = 1400\n" WEB, DEVICE "kind = 'dummy'\n" WEB, "network.link.d0: mtu anew" },
		{ DEVICE "kind = 'dummy'\nup = false\n" WEB, DEVICE "kind = 'dummy'\n" WEB, "network.link.d0: up set" },
		{ DEVICE "address = 'dhcp'\n" WEB, DEVICE "address = '10.0.0.1/8'\n" WEB, "network.link.d0: address set" },
		{ DEVICE "address = ['dhcp', '10.0.0.1/8']\n" WEB, DEVICE "address = '10.0.0.1/8'\n" WEB, "network.link.d0: address set" },
		{ UPON("vlan", "id = 5", "d0"), UPON("vlan", "id = 6", "d0"),
		  "network.link.v: id anew, network.link.w: parent anew" },
		{ UPON("vlan", "id = 5", "d0"), UPON("vlan", "id = 5", "d1"),
		  "network.link.v: parent anew, network.link.w: parent anew" },
		{ UPON("vlan", "id = 5", "d0") DEVICE, UPON("vlan", "id = 5", "d0"), "network.link.d0 left" },
		{ UPON("vlan", "id = 5", "d0") DEVICE "kind = 'dummy'\n", UPON("vlan", "id = 5", "d0") DEVICE "kind = 'dummy'\nmtu = 1400\n",
		  "network.link.d0: mtu set" },
		{ UPON("vlan", "id = 5", "d0") DEVICE "kind = 'dummy'\nmtu = 1500\n", UPON("vlan", "id = 5", "d0") DEVICE "kind = 'dummy'\n",
		  "network.link.d0: mtu anew, network.link.v: parent anew, network.link.w: parent anew" },
		{ BOND("active-backup"), BOND("802.3ad"), "network.link.b: mode anew, network.link.p: master set" },
		{ BOND("802.3ad"), "[network.link.b]\nkind = 'bond'\n[network.link.p]\nmaster = 'b'\n" WEB,
		  "network.link.b: mode anew, network.link.p: master set" },
		{ BOND("802.3ad"), "[network.bridge.b]\naddress = '10.80.0.1/24'\n[network.link.p]\nmaster = 'b'\n" WEB,
		  "network.link.b gone, network.link.p: master set, network.bridge.b new" },
		{ SYSCTL("net.ipv4.ip_forward", 1) WEB, WEB, FORWARD "left" },
		{ SYSCTL("net.ipv4.ip_forward", 1) WEB, SYSCTL("net.ipv4.ip_forward", 0) WEB, FORWARD "set" },
		{ WEB, SYSCTL("net.ipv4.ip_forward", 0) WEB, FORWARD "set" },
		{ "[network]\nrules = ['to 10.0.0.0/8 table 5 priority 7', 'to 11.0.0.0/8 table 5 priority 8']\n" WEB,
		  "[network]\nrules = ['to 11.0.0.0/8 table 5 priority 8', 'to 10.0.0.0/8 table 6 priority 7']\n" WEB,
		  "network.rules priority 7 gone, network.rules priority 7 new" },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const struct table *was = keep(table_of(all[i].was)), *is = table_of(all[i].is);

		told[0] = '\0';
		assert_int_equal(!differ_machine(was, is, tell_part, NULL), !*all[i].parts);
		if (strcmp(told, all[i].parts) != 0)
			fail_msg("%s\n->\n%s\nis %s", all[i].was, all[i].is, told);
		free((void *)(uintptr_t)was);
	}
}

#define FOUR WEB "[service.b]\nexec = ['/b']\n[service.c]\nexec = ['/c']\n[service.d]\nexec = ['/d']\n"

static void test_shards(void **data)
{
	static const struct {
		const char *was, *is, *parts;
	} all[] = {
		{ BRIDGE "shard = 3\n" FOUR, BRIDGE WEB, "shard mb1 gone" },
		{ BRIDGE WEB, BRIDGE "shard = 3\n" FOUR, "shard mb1 new" },
		{ BRIDGE "shard = 3\n" FOUR, OTHER BRIDGE "shard = 3\n[defaults]\nnetwork.bridge = 'br0'\n" FOUR, "network.bridge.br1 new" },
		{ OTHER "shard = 3\n" FOUR, BRIDGE "shard = 3\n" FOUR,
		  "shard mb1 anew, network.bridge.br1 gone, network.bridge.br0 new" },
		{ BRIDGE "shard = 3\n" FOUR, BRIDGE "shard = 3\nmtu = 1400\n" FOUR, "shard mb1 set, network.bridge.br0: mtu set" },
		{ BRIDGE "shard = 3\n" FOUR, BRIDGE "shard = 3\npriority = 4096\n" FOUR, "network.bridge.br0: priority set" },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const struct table *was = keep(table_of(all[i].was)), *is = table_of(all[i].is);

		told[0] = '\0';
		(void)differ_machine(was, is, tell_part, NULL);
		if (strcmp(told, all[i].parts) != 0)
			fail_msg("%s\n->\n%s\nis %s", all[i].was, all[i].is, told);
		free((void *)(uintptr_t)was);
	}
}

/* No table says so, but an image may, and PID 1 compares those that it is given. */
static void test_who_joins_itself(void **data)
{
	const struct table *t = keep(table_of(BRIDGE "[service.a]\nexec = ['/a']\n" WEB "network.join = 'a'\n"));
	uint32_t web = (uint32_t)table_find(t, "web");
	struct network_spec *network = (struct network_spec *)(uintptr_t)table_network(t, table_service(t, web));

	(void)data;
	assert_int_equal(network->joins, (uint32_t)table_find(t, "a") + 1);
	network->joins = web + 1;
	assert_int_equal(compare(t, t, "web"), 0);
	free((void *)(uintptr_t)t);
}

static void test_the_log_helper(void **data)
{
	static const char one[] = WEB "output = 'console'\n";
	const struct table *was = keep(table_of(one));

	(void)data;
	assert_false(differ_outputs(was, table_of(one)));
	assert_true(differ_outputs(was, table_of(WEB "output = 'null'\n")));
	assert_true(differ_outputs(was, table_of(WEB "output = { file = '/x' }\n")));
	assert_true(differ_outputs(was, table_of("[service.b]\nexec = ['/b']\n" WEB "output = 'console'\n")));
	free((void *)(uintptr_t)was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_what_costs_what),
		cmocka_unit_test(test_ports_keep_their_names),
		cmocka_unit_test(test_the_machine),
		cmocka_unit_test(test_shards),
		cmocka_unit_test(test_who_joins_itself),
		cmocka_unit_test(test_the_log_helper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
