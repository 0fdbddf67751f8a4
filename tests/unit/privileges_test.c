// links: services/table_net.c services/values_net.c services/network.c services/also.c services/nearer.c services/attend.c services/own.c services/routes.c services/sysctls.c services/contrary.c net/family.c services/hostnames.c services/hosts.c services/peers.c services/shard.c net/star.c
// links: services/address.c services/attach.c services/subnet.c services/unfit.c lib/addr_use.c services/macs.c services/append.c services/compile.c services/finish.c services/sections.c services/table_image.c services/errors.c services/keys.c services/names.c services/numbers.c services/order.c services/table_verify.c
// links: services/ports.c services/allow.c services/spans.c net/nft.c net/nft_rules.c net/nft_sets.c net/walk.c net/inbox.c net/ruleset.c net/balance.c
// links: net/between.c net/near.c net/mac.c services/refuse.c services/roots.c services/kept.c services/set.c services/values.c services/values_tables.c
// links: services/values_root.c services/values_link.c services/match.c services/upon.c net/kinds.c services/table.c services/table_roots.c cgroup/limits.c lib/arena.c
// links: services/values_caps.c services/values_privileges.c services/values_sched.c services/caps.c
// links: services/values_seccomp.c services/profiles.c services/seccomp.c services/syscalls.c cgroup/friendly.c
// links: services/values_leaf.c services/changed.c lib/buf.c lib/fd.c lib/json.c lib/log.c lib/signame.c lib/addr.c lib/text.c lib/toml.c
// links: lib/toml_scalar.c lib/utf8.c services/layout.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/personality.h>

#include "tests/unit/compile.h"

/* What the keys of keys_privileges.def become. */
static const struct table *t;

static const struct privileges_spec *privileges(const char *keys)
{
	char text[1024];

	snprintf(text, sizeof(text), "[service.a]\nexec = ['x']\n%s\n", keys);
	t = table_of(text);
	return &table_confine(t, service_of(t, "a"))->privileges;
}

static void capabilities_are_names_in_any_case(void **state)
{
	const struct caps_spec *caps = &privileges("caps = ['CAP_NET_ADMIN', 'kill', 'Chown', 'KILL']")->caps;

	(void)state;
	assert_int_equal(caps->form, CAPS_LIST);
	assert_int_equal(caps->set[0], 1 << 12 | 1 << 5 | 1);
	caps = &privileges("caps = []")->caps;
	assert_true(caps->form == CAPS_LIST && !caps->set[0]);
	caps = &privileges("caps = 'all'")->caps;
	assert_true(caps->form == CAPS_LIST && caps->set[0] == CAPS_ALL);
	assert_int_equal(privileges("")->caps.form, CAPS_BY_USER);
}

static void a_set_is_given_or_it_is_not(void **state)
{
	const struct caps_spec *caps = &privileges("caps = { ambient = ['kill'], bounding = 'all', effective = [] }")->caps;

	(void)state;
	assert_int_equal(caps->form, CAPS_TABLE);
	assert_int_equal(caps->given, 1 << CAPS_AMBIENT | 1 << CAPS_BOUNDING | 1 << CAPS_EFFECTIVE);
	assert_true(caps->set[CAPS_AMBIENT] == 1 << 5 && caps->set[CAPS_BOUNDING] == CAPS_ALL);
}

static void a_service_takes_the_place_of_the_defaults(void **state)
{
	(void)state;
	t = table_of("[defaults]\ncaps = ['kill']\nnice = 5\nports.bind = [80]\n[service.a]\nexec = ['x']\ncaps = 'default'\n"
		     "[service.b]\nexec = ['x']\nports.bind = []\n");
	assert_int_equal(table_confine(t, service_of(t, "a"))->privileges.caps.form, CAPS_BY_USER);
	assert_int_equal(table_confine(t, service_of(t, "a"))->privileges.bind.count, 1);
	assert_int_equal(table_confine(t, service_of(t, "b"))->privileges.caps.form, CAPS_LIST);
	assert_int_equal(table_confine(t, service_of(t, "b"))->privileges.bind.count, 0);
	assert_true(table_confine(t, service_of(t, "b"))->privileges.given & GIVEN_BIND);
	assert_true(table_confine(t, service_of(t, "b"))->privileges.given & GIVEN_NICE);
}

/* What is 0 or empty is told from what is not given. */
static void that_a_key_was_given_is_kept(void **state)
{
	(void)state;
	assert_int_equal(privileges("")->given, 0);
	assert_int_equal(privileges("nice = 0")->given, GIVEN_NICE);
	assert_int_equal(privileges("oom_score_adj = 0")->given, GIVEN_OOM_SCORE_ADJ);
	assert_int_equal(privileges("keyring = 'inherit'")->given, GIVEN_KEYRING);
	assert_int_equal(privileges("paths.read = []")->given, GIVEN_PATHS);
	assert_int_equal(privileges("paths.write = []")->given, GIVEN_PATHS);
	assert_int_equal(privileges("ports.bind = []")->given, GIVEN_BIND);
	assert_int_equal(privileges("ports.connect = []")->given, GIVEN_CONNECT);
	assert_int_equal(privileges("coredump_filter = []")->given, GIVEN_DUMP_FILTER);
}

static void a_keyring_is_private_where_there_is_a_namespace(void **state)
{
	(void)state;
	assert_int_equal(privileges("")->keyring, KEYRING_PRIVATE);
	assert_int_equal(privileges("namespaces = []")->keyring, KEYRING_INHERIT);
	assert_int_equal(privileges("namespaces = []\nkeyring = 'private'")->keyring, KEYRING_PRIVATE);
	assert_int_equal(privileges("keyring = 'inherit'")->keyring, KEYRING_INHERIT);
}

static void policies_are_words_or_tables(void **state)
{
	const struct sched_spec *s = &privileges("sched = 'rr:7'")->sched;

	(void)state;
	assert_true(s->policy == 2 + 1 && s->priority == 7 && !s->reset_on_fork);
	s = &privileges("sched = 'other'")->sched;
	assert_true(s->policy == 0 + 1 && !s->priority);
	s = &privileges("sched = { policy = 'deadline', runtime = '500us', deadline = '2ms', period = '1s', reset_on_fork = true }")->sched;
	assert_true(s->policy == 6 + 1 && s->runtime_ns == 500000 && s->deadline_ns == 2000000 &&
		    s->period_ns == 1000000000 && s->reset_on_fork);
}

static void priorities_and_modes_are_the_kernel_s_numbers(void **state)
{
	(void)state;
	assert_int_equal(privileges("ioprio = 'idle'")->ioprio, 3 << 13);
	assert_int_equal(privileges("ioprio = 'realtime:0'")->ioprio, 1 << 13);
	assert_int_equal(privileges("ioprio = 'best-effort:7'")->ioprio, 2 << 13 | 7);
	assert_int_equal(privileges("numa = 'local'")->numa, 4);
	assert_int_equal(privileges("numa = 'interleave:0'")->numa, 3);
	assert_int_equal(privileges("securebits = ['noroot', 'no-cap-ambient-raise-locked']")->securebits, 0x81);
	assert_int_equal(privileges("scope = ['signal']")->scope, 2);
	assert_int_equal(privileges("coredump_filter = ['shared-dax']")->dump_filter, 1 << 8);
	assert_int_equal(privileges("personality = ['linux32', 'uname26']")->personality, PER_LINUX32 | UNAME26);
}

static uint64_t word(struct list list, uint32_t i)
{
	return table_list(t, list, uint64_t)[i];
}

static void masks_are_as_long_as_they_have_to_be(void **state)
{
	struct list cpus = privileges("cpus = '0-3,7'")->cpus, nodes;

	(void)state;
	assert_true(cpus.count == 1 && word(cpus, 0) == 0x8f);
	cpus = privileges("cpus = '130,0,64'")->cpus;
	assert_true(cpus.count == 3 && word(cpus, 0) == 1 && word(cpus, 1) == 1 && word(cpus, 2) == 4);
	cpus = privileges("cpus = '8191'")->cpus;
	assert_true(cpus.count == 128 && word(cpus, 127) == 1ull << 63);
	nodes = privileges("numa = 'bind:1,3'")->nodes;
	assert_true(nodes.count == 1 && word(nodes, 0) == 10);
}

static void services_with_the_same_mask_are_confined_alike(void **state)
{
	(void)state;
	t = table_of("[service.a]\nexec = ['x']\ncpus = '1'\nports.bind = [5]\n"
		     "[service.b]\nexec = ['y']\ncpus = '1'\nports.bind = [5]\n");
	assert_int_equal(service_of(t, "a")->confine_at, service_of(t, "b")->confine_at);
}

static void a_terminal_takes_the_place_of_output(void **state)
{
	(void)state;
	t = table_of("[defaults]\noutput = 'console'\n[service.a]\nexec = ['x']\ntty = '/dev/tty1'\n");
	assert_int_equal(service_of(t, "a")->output, OUTPUT_INHERIT);
	assert_int_equal(t->outputs, 0);
}

static void a_command_line_keeps_what_minit_has(void **state)
{
	static char program[] = "sh";
	char *argv[] = { program, NULL };
	const char *text = "[service.a]\nexec = ['x']\n";
	const struct confine_spec *confine;

	(void)state;
	t = table_of_files(&text, 1, (struct table_source){ .argv = argv });
	confine = table_confine(t, service_of(t, "main"));
	assert_true(!confine->no_new_privs && confine->privileges.caps.form == CAPS_LIST &&
		    confine->privileges.caps.set[0] == CAPS_ALL);
	assert_true(table_confine(t, service_of(t, "a"))->no_new_privs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_are_names_in_any_case),
		cmocka_unit_test(a_set_is_given_or_it_is_not),
		cmocka_unit_test(a_service_takes_the_place_of_the_defaults),
		cmocka_unit_test(that_a_key_was_given_is_kept),
		cmocka_unit_test(a_keyring_is_private_where_there_is_a_namespace),
		cmocka_unit_test(policies_are_words_or_tables),
		cmocka_unit_test(priorities_and_modes_are_the_kernel_s_numbers),
		cmocka_unit_test(masks_are_as_long_as_they_have_to_be),
		cmocka_unit_test(services_with_the_same_mask_are_confined_alike),
		cmocka_unit_test(a_terminal_takes_the_place_of_output),
		cmocka_unit_test(a_command_line_keeps_what_minit_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
