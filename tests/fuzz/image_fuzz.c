// links: services/table_verify.c
// links: services/address.c services/attach.c services/subnet.c services/unfit.c lib/addr_use.c services/macs.c services/append.c services/compile.c services/finish.c services/sections.c services/table_image.c services/errors.c services/keys.c services/names.c services/numbers.c services/order.c
// links: services/ports.c services/allow.c services/spans.c net/nft.c net/nft_rules.c net/nft_sets.c net/walk.c net/inbox.c net/ruleset.c net/balance.c net/between.c net/near.c net/mac.c
// links: services/refuse.c services/roots.c services/kept.c services/set.c services/values.c services/values_tables.c services/values_root.c services/values_link.c services/match.c services/upon.c net/kinds.c services/table.c services/table_net.c services/table_roots.c services/dump.c services/dump_field.c lib/pressure.c services/dump_machine.c services/dump_ports.c cgroup/limits.c lib/arena.c
// links: services/values_net.c services/network.c services/also.c services/nearer.c services/attend.c services/own.c services/routes.c services/sysctls.c services/contrary.c net/family.c services/hostnames.c services/hosts.c services/peers.c services/shard.c net/star.c
// links: services/values_caps.c services/values_privileges.c services/values_sched.c services/caps.c
// links: lib/buf.c lib/fd.c lib/json.c lib/log.c lib/signame.c lib/addr.c lib/text.c lib/toml.c lib/toml_scalar.c lib/utf8.c
// links: cgroup/friendly.c services/values_leaf.c services/changed.c
// links: services/values_seccomp.c services/profiles.c services/seccomp.c services/syscalls.c services/dump_seccomp.c services/layout.c
/* A good image with any changes: what table_verify lets through can be read to the end. Input: place, value, each 4 bytes. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "services/compile.h"
#include "services/dump.h"

static const char text[] =
	"[system]\nhostname = 'h'\nmain = 'web'\n[network.bridge.br0]\naddress = ['10.77.0.1/24', 'fd77::1/64']\n"
	"[defaults]\nhosts = true\nseccomp = 'none'\n[service.web]\nseccomp = { kill = ['bpf'] }\nexec = ['httpd', '-f']\n"
	"needs = ['db']\nafter = ['log']\nenv = { A = 'b' }\n"
	"env_file = '/e'\ngroups = ['g']\nrlimits = { nofile = 5, core = 0 }\ncgroup = { pids.max = 5, cpu.max = '50%' }\n"
	"output.file = '/o'\n[service.db]\nexec = ['db']\noutput = 'console'\n[service.log]\nexec = ['log']\nneeds = ['db']\n";

static struct arena image;
static int null_fd;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct compile_file file = { "t", text, sizeof(text) - 1 };
	const struct table_source source = { .minit_log = true };
	struct arena work;
	struct compile c;

	(void)argc;
	(void)argv;
	null_fd = open("/dev/null", O_WRONLY);
	if (arena_open(&work, (size_t)64 << 20) || arena_open(&image, (size_t)64 << 20) ||
	    compile_files(&file, 1, &source, &work, &image, &c))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(image.used);
	const struct table *t = (const void *)copy;

	memcpy(copy, image.base, image.used);
	for (; size >= 8; data += 8, size -= 8) {
		uint32_t at;

		memcpy(&at, data, sizeof(at));
		at = at % (uint32_t)image.used & ~3u;
		memcpy(copy + at, data + 4, MIN(4, image.used - at));
	}
	if (!table_verify(t, image.used) && table_dump(t, null_fd))
		abort();
	free(copy);
	return 0;
}
