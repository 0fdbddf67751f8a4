// links: services/table_verify.c services/table_files.c
// links: services/address.c services/attach.c services/subnet.c services/unfit.c lib/addr_use.c services/macs.c services/append.c services/compile.c services/finish.c services/sections.c services/table_image.c services/errors.c services/keys.c services/names.c services/numbers.c services/order.c
// links: services/ports.c services/allow.c services/spans.c net/nft.c net/nft_rules.c net/nft_sets.c net/walk.c net/inbox.c net/ruleset.c net/balance.c net/between.c net/near.c net/mac.c
// links: services/refuse.c services/roots.c services/kept.c services/set.c services/values.c services/values_tables.c services/values_root.c services/values_link.c services/match.c services/upon.c net/kinds.c services/table.c services/table_net.c services/table_roots.c services/dump.c services/dump_field.c lib/pressure.c services/dump_machine.c services/dump_ports.c cgroup/limits.c lib/arena.c
// links: services/values_net.c services/network.c services/also.c services/nearer.c services/attend.c services/own.c services/routes.c services/sysctls.c services/contrary.c net/family.c services/hostnames.c services/hosts.c services/peers.c services/shard.c net/star.c
// links: services/values_caps.c services/values_privileges.c services/values_sched.c services/caps.c
// links: lib/buf.c lib/fd.c lib/json.c lib/log.c lib/signame.c lib/addr.c lib/text.c lib/toml.c lib/toml_scalar.c lib/utf8.c
// links: cgroup/friendly.c services/values_leaf.c services/changed.c
// links: services/values_seccomp.c services/profiles.c services/seccomp.c services/syscalls.c services/dump_seccomp.c services/layout.c
/* From files to a mapped image, and what is believed of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/signame.h"
#include "services/dump.h"
#include "services/fields.h"
#include "tests/unit/compile.h"

static char folder[] = "/tmp/minit-table-XXXXXX";
static int null_fd;

static const char *path_of(const char *name)
{
	static char path[256];

	sprintf(path, "%s/%s", folder, name);
	return path;
}

static void put_file(const char *name, const char *text)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	null_fd = open("/dev/null", O_RDWR);
	return mkdtemp(folder) ? chdir(folder) : -1;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	sprintf(command, "rm -r %s", folder);
	return chdir("/") || system(command);
}

/* table_compile of one text; what it says is in `said`. */
static char said[4096];

static int compile_text(const char *text)
{
	const char *const paths[] = { "t.toml" };
	const struct table_source source = { .paths = paths, .count = 1, .minit_log = true };
	int saved = dup(2), to = open("said", O_RDWR | O_CREAT | O_TRUNC, 0644), fd;
	ssize_t n;

	put_file("t.toml", text);
	dup2(to, 2);
	fd = table_compile(&source);
	dup2(saved, 2);
	n = pread(to, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	close(saved);
	close(to);
	return fd;
}

#define PRIVILEGES "caps = { ambient = ['kill'] }\npaths = { read = '/usr', write = ['/var'] }\nports.bind = [80]\n" \
	"ports.connect = []\ncpus = '0-3'\nnuma = 'bind:0'\napparmor = 'a'\nselinux = 's'\nnice = -5\nsched = 'idle'\n"
#define GOOD "[group.shop]\n[system]\nhostname = 'h'\nmain = 'web'\n[network.bridge.br0]\naddress = ['10.77.0.1/24', 'fd77::1/64']\n" \
	"[defaults]\nhosts = true\nseccomp = 'none'\n[service.web]\nseccomp = { kill = ['bpf'] }\nexec = ['httpd', '-f']\n" \
	"needs = ['db']\nafter = ['log']\n" \
	"env = { A = 'b' }\nenv_file = '/e'\ngroups = ['g']\nuser = 'u'\ngroup = 'g'\ncwd = '/c'\nroot = '/r'\n" \
	"description = 'd'\nhostname = 'w'\nrlimits = { nofile = 5, core = 0 }\ncgroup = { pids.max = 5, cpu.max = '50%' }\n" \
	"output.file = '/o'\nnetwork = { routes = '10.9.0.0/16', sysctl.net.ipv4.ip_forward = 1 }\n[service.db]\nexec = ['db']\noutput = 'console'\n" PRIVILEGES "[service.log]\nexec = ['log']\nneeds = ['db']\n"

static void a_table_becomes_a_sealed_image_that_can_be_mapped(void **state)
{
	int fd = compile_text(GOOD), err = 0;
	const struct table *t;

	(void)state;
	assert_string_equal(said, "");
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	t = table_map(fd, &err);
	close(fd);
	assert_non_null(t);
	assert_int_equal(t->services.count, 4);
	assert_int_equal(table_find(t, "db"), 1);
	assert_int_equal(table_find(t, "nobody"), -ENOENT);
	assert_string_equal(table_item(t, service_of(t, "web")->exec, 1), "-f");
	table_unmap(t);
}

static void a_wrong_table_is_told_and_refused(void **state)
{
	(void)state;
	assert_int_equal(compile_text("[service.web]\nexec = 5\n[service.b]\nexec = ['b']\nneeds = ['wbe']\n"), -EINVAL);
	assert_string_equal(said,
			    "t.toml:2:8: service.web: exec: found the integer 5; wants an array such as [\"/usr/sbin/httpd\", "
			    "\"-f\"]: the program and each argument in quotes of its own\n"
			    "t.toml:5:10: service.b: needs: there is no service \"wbe\"; did you mean \"web\"?\n");
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
	const char *const paths[] = { "nowhere.toml", "." };
	const struct table_source source = { .paths = paths, .count = 2 };
	int saved = dup(2), to = open("said", O_RDWR | O_CREAT | O_TRUNC, 0644);

	(void)state;
	dup2(to, 2);
	assert_int_equal(table_compile(&source), -EINVAL);
	dup2(saved, 2);
	said[pread(to, said, sizeof(said) - 1, 0)] = '\0';
	close(saved);
	close(to);
	assert_string_equal(said, "nowhere.toml: cannot be read: No such file or directory: correct its name, or write it; minit.toml(5) has an example\n"
			    ".: cannot be read: Is a directory: name the files in it\n");
}

/* The image does not fit into the largest file that may be written, and the child is killed for it. */
static void a_parser_that_is_killed_costs_a_refused_table(void **state)
{
	struct rlimit old, tiny;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tiny = (struct rlimit){ 16, old.rlim_max };
	put_file("t.toml", GOOD);
	setrlimit(RLIMIT_FSIZE, &tiny);
	{
		const char *const paths[] = { "t.toml" };
		const struct table_source source = { .paths = paths, .count = 1 };
		int saved = dup(2);

		dup2(null_fd, 2);
		assert_int_equal(table_compile(&source), -EIO);
		dup2(saved, 2);
		close(saved);
	}
	setrlimit(RLIMIT_FSIZE, &old);
}

static void an_image_that_is_not_sealed_is_refused(void **state)
{
	int fd = memfd_create("x", MFD_ALLOW_SEALING), err = 0;
	const struct table *t = table_of(GOOD);

	(void)state;
	assert_int_equal(write(fd, t, t->size), (ssize_t)t->size);
	assert_null(table_map(fd, &err));
	assert_int_equal(err, -EBADMSG);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
	t = table_map(fd, &err);
	assert_non_null(t);
	table_unmap(t);
	close(fd);
}

/* Everything that a reader of the image may touch. */
static void walk(const struct table *t)
{
	for (uint32_t i = 0; i < t->services.count; i++) {
		assert_true(table_find(t, table_text(t, table_service(t, i)->name_at)) >= 0);
		assert_true(table_item(t, table_service(t, i)->exec, 0) != NULL);
	}
	assert_true(table_dump(t, null_fd) == 0 || t->size > 1 << 20);
}

static uint32_t interesting(uint32_t size)
{
	const uint32_t values[] = { 0, 1, 2, 3, 4, 7, 8, size - 1, size, size + 1, size - 4, size - 8, 0x7fffffff, 0x80000000,
				    0xffffffff, 0xfffffffe, 0x40000000, 0x3fffffff, sizeof(struct table), 0x10000 };

	return values[(unsigned)rand() % (sizeof(values) / sizeof(values[0]))];
}

/* One to three changes: a byte, a word to a value at some edge, or a word to a place inside. */
static void mutate(unsigned char *bytes, uint32_t size)
{
	for (int n = rand() % 3; n >= 0; n--) {
		uint32_t at = (uint32_t)rand() % size, value = interesting(size);

		if (rand() % 3 == 0) {
			bytes[at] = (unsigned char)rand();
			continue;
		}
		if (rand() % 2)
			value = (uint32_t)rand() % size;
		at &= ~3u;
		memcpy(bytes + at, &value, MIN(sizeof(value), size - at));
	}
}

static void a_corrupt_image_is_refused_or_harmless(void **state)
{
	const struct table *t = table_of(GOOD);
	uint32_t size = t->size;
	unsigned refused = 0, rounds = 40000;

	(void)state;
	srand(7);
	for (unsigned i = 0; i < rounds; i++) {
		/* at the end of its allocation, so that a byte too far is seen */
		unsigned char *copy = malloc(size);

		memcpy(copy, t, size);
		mutate(copy, size);
		if (table_verify((const void *)copy, size))
			refused++;
		else
			walk((const void *)copy);
		free(copy);
	}
	assert_true(refused > rounds / 4 && refused < rounds);
}

static const struct field {
	enum field_kind kind;
	size_t at;
	uint32_t arg;
	const char *name;
} fields[] = {
#define FIELD(kind, field, arg, name, how) { FIELD_##kind, offsetof(struct service_spec, field), arg, name },
#include "services/fields.def"
#undef FIELD
}, confine_fields[] = {
#define FIELD(kind, field, arg, name, how) { FIELD_##kind, offsetof(struct confine_spec, field), arg, name },
#include "services/confine.def"
#undef FIELD
}, network_fields[] = {
#define FIELD(kind, field, arg, name, how) { FIELD_##kind, offsetof(struct network_spec, field), arg, name },
#include "services/network.def"
#undef FIELD
};

/* Writes into the field of a record of service 0 what is just beyond what it may be; false when it may be anything. */
static bool spoil(const struct table *t, const void *record, const struct field *f)
{
	char *at = (char *)(uintptr_t)record + f->at;
	const uint32_t size = t->size, beyond = CLONE_VM;
	const struct list outside = { size & ~7u, 2 }, odd = { 2, 1 };

	switch (f->kind) {
	case FIELD_NAME:
	case FIELD_TEXT:
	case FIELD_SHARED: memcpy(at, &size, 4); return true;
	case FIELD_TEXTS: memcpy(at, f->arg ? &(struct list){ 0 } : &outside, 8); return true;
	case FIELD_SERVICES: memcpy(at, &odd, 8); return true;
	case FIELD_RLIMITS:
	case FIELD_PROGRAM:
	case FIELD_NUMBERS:
	case FIELD_MASK:
	case FIELD_MOUNTS:
	case FIELD_RANGES:
	case FIELD_SECRETS:
	case FIELD_ROUTES:
	case FIELD_NEIGHBOURS:
	case FIELD_SYSCTLS:
	case FIELD_NETWORKS:
	case FIELD_DEVICES:
	case FIELD_LIMITS: memcpy(at, &outside, 8); return true;
	case FIELD_FLAGS: memcpy(at, &beyond, 4); return true;
	case FIELD_BITS: memcpy(at, &(uint32_t){ f->arg + 1 }, 4); return true;
	case FIELD_CALM: *(struct calm_spec *)(void *)at = (struct calm_spec){ .most = 10001 }; return true;
	case FIELD_NUMBER:
	case FIELD_SIGNED:
	case FIELD_CAPS:
	case FIELD_AMOUNT:
	case FIELD_OFFSET: return false;
	case FIELD_LINKS: memset(at, 0xff, 8); return true;
	case FIELD_SERVICE:
	case FIELD_OWNER:
	case FIELD_GROUP: memcpy(at, &size, 4); return true;
	case FIELD_BYTE:
	case FIELD_BOOL:
	case FIELD_WORD: *at = (char)f->arg; return true;
	}
	return false;
}

static void calm_is_of_a_window_and_a_line_that_there_is(void **state)
{
	static const struct calm_spec good = { 10000, PRESSURE_WINDOWS, PRESSURE_LINES - 1 };
	static const struct calm_spec bad[] = { { 0, PRESSURE_WINDOWS + 1, 0 }, { 0, 1, PRESSURE_LINES } };
	const struct table *t = table_of(GOOD);
	struct calm_spec *calm = (void *)(uintptr_t)table_confine(t, table_service(t, 0))->calm;

	(void)state;
	calm[PRESSURE_IO] = good;
	assert_int_equal(table_verify(t, t->size), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		calm[PRESSURE_IO] = bad[i];
		assert_int_equal(table_verify(t, t->size), -EBADMSG);
	}
}

static void a_field_just_beyond_what_it_may_be_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct table *t = table_of(GOOD);

		if (spoil(t, table_service(t, 0), &fields[i]) && table_verify(t, t->size) != -EBADMSG)
			fail_msg("%s is not looked at", fields[i].name);
	}
	for (size_t i = 0; i < sizeof(confine_fields) / sizeof(confine_fields[0]); i++) {
		const struct table *t = table_of(GOOD);

		if (spoil(t, table_confine(t, table_service(t, 0)), &confine_fields[i]) &&
		    table_verify(t, t->size) != -EBADMSG)
			fail_msg("%s is not looked at", confine_fields[i].name);
	}
	for (size_t i = 0; i < sizeof(network_fields) / sizeof(network_fields[0]); i++) {
		const struct table *t = table_of(GOOD);

		if (spoil(t, table_network(t, table_service(t, 0)), &network_fields[i]) &&
		    table_verify(t, t->size) != -EBADMSG)
			fail_msg("%s is not looked at", network_fields[i].name);
	}
}

/* The same for what has no row of its own. */
static void the_rest_just_beyond_what_it_may_be_is_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		struct table *t = (struct table *)(uintptr_t)table_of(GOOD);
		struct service_spec *s = (struct service_spec *)(uintptr_t)table_service(t, 0);
		struct net_bridge *b = (struct net_bridge *)(uintptr_t)table_bridge(t, 0);
		struct rlimit_spec *r = (struct rlimit_spec *)(uintptr_t)table_list(t, s->rlimits, struct rlimit_spec);
		struct limit_spec *l = (struct limit_spec *)(uintptr_t)table_list(t, s->limits, struct limit_spec);
		struct group_spec *g = (struct group_spec *)(uintptr_t)table_list(t, t->groups, struct group_spec);
		const struct network_spec *n = table_network(t, s);
		struct net_sysctl *sysctl = (struct net_sysctl *)(uintptr_t)table_list(t, n->sysctls, struct net_sysctl);
		struct net_route *route = (struct net_route *)(uintptr_t)table_list(t, n->routes, struct net_route);

		switch (i) {
		case 0: t->magic++; break;
		case 1: t->layout++; break;
		case 2: t->size--; break;
		case 3: ((char *)t)[t->size - 1] = 'x'; break;
		case 4: t->main = (int32_t)t->services.count; break;
		case 5: t->main = -2; break;
		case 6: t->hostname_at = t->size; break;
		case 7: t->outputs = 1; break; /* the second service has slot 1 */
		case 8: s->attach.bridge = 1; break;
		case 9: s->attach.bridge = -2; break;
		case 10: memset(s->attach.peer, 'x', NET_IFNAME); break;
		case 11: s->attach.addr[0].prefix = 33; break;
		case 12: s->attach.gateway[1].family = 1; break;
		case 13: memset(b->name, 'x', NET_IFNAME); break;
		case 14: s->output_at = 0; break;
		case 15: r->resource = RLIM_NLIMITS; break;
		case 16: l->file_at = s->name_at; break; /* not the name of a file that may be written */
		case 17: s->confine_at = 0; break;
		case 18: s->confine_at += 4; break;
		case 19: s->confine_at = t->size & ~7u; break;
		case 20: l->text_at = 0; break;
		case 21: g->name_at = t->size; break;
		case 22: g->limits = (struct list){ t->size & ~3u, 1 }; break;
		case 23: t->groups.count = t->size; break;
		case 24: s->network_at += 4; break;
		case 25: s->network_at = t->size & ~7u; break;
		case 26: sysctl->path_at = s->name_at; break; /* not below /proc/sys/net */
		case 27: route->type = RTN_NAT; break;
		case 28: t->sysctls = (struct list){ s->exec.at, 1 }; break; /* an offset of a text, and what follows */
		case 29: route->eth = 1; break; /* there is none but eth0 */
		}
		if (table_verify(t, image.used) != (i == 1 ? -EPROTO : -EBADMSG))
			fail_msg("case %d is not looked at", i);
	}
}

static void a_cut_image_is_refused(void **state)
{
	const struct table *t = table_of(GOOD);

	(void)state;
	for (uint32_t size = 0; size < t->size - 1; size++) { /* the last byte is but a NUL */
		struct table *copy = malloc(MAX(size, 1u));

		memcpy(copy, t, size);
		if (size >= sizeof(*t))
			copy->size = size;
		assert_int_equal(table_verify(copy, size), -EBADMSG);
		free(copy);
	}
}

static void an_order_that_does_not_respect_the_needs_is_refused(void **state)
{
	const struct table *t = table_of("service.a = { exec = ['x'] }\nservice.b = { exec = ['x'], needs = ['a'] }\n");
	uint32_t *order = (uint32_t *)(uintptr_t)table_list(t, t->order, uint32_t);

	(void)state;
	order[0] = 1;
	order[1] = 0;
	assert_int_equal(table_verify(t, t->size), -EBADMSG);
	order[1] = 1;
	order[0] = 1;
	assert_int_equal(table_verify(t, t->size), -EBADMSG);
}

static void the_default_files_come_in_order_of_bytes(void **state)
{
	const char *paths[4];
	char text[1024];
	struct buf mem;

	(void)state;
	buf_init(&mem, text, sizeof(text));
	assert_int_equal(table_default_files(folder, paths, 4, &mem), 0);
	assert_int_equal(system("mkdir -p etc/minit/conf.d && cd etc/minit/conf.d && "
				"touch b.toml 10.toml B.toml .x.toml .toml c.conf d.toml~"), 0);
	assert_int_equal(table_default_files(folder, paths, 4, &mem), 3);
	assert_string_equal(paths[0], path_of("etc/minit/conf.d/10.toml"));
	assert_string_equal(paths[1], path_of("etc/minit/conf.d/B.toml"));
	assert_string_equal(paths[2], path_of("etc/minit/conf.d/b.toml"));
	put_file("etc/minit/minit.toml", "");
	assert_int_equal(table_default_files(folder, paths, 4, &mem), 4);
	assert_string_equal(paths[0], path_of("etc/minit/minit.toml"));
	assert_int_equal(table_default_files(folder, paths, 3, &mem), -ENOBUFS);
	buf_init(&mem, text, 20);
	assert_int_equal(table_default_files(folder, paths, 4, &mem), -ENOBUFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_becomes_a_sealed_image_that_can_be_mapped),
		cmocka_unit_test(a_wrong_table_is_told_and_refused),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told),
		cmocka_unit_test(a_parser_that_is_killed_costs_a_refused_table),
		cmocka_unit_test(an_image_that_is_not_sealed_is_refused),
		cmocka_unit_test(a_corrupt_image_is_refused_or_harmless),
		cmocka_unit_test(calm_is_of_a_window_and_a_line_that_there_is),
		cmocka_unit_test(a_field_just_beyond_what_it_may_be_is_refused),
		cmocka_unit_test(the_rest_just_beyond_what_it_may_be_is_refused),
		cmocka_unit_test(a_cut_image_is_refused),
		cmocka_unit_test(an_order_that_does_not_respect_the_needs_is_refused),
		cmocka_unit_test(the_default_files_come_in_order_of_bytes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
