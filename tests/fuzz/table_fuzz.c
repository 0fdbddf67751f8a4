// links: services/table_verify.c
// links: services/address.c services/attach.c services/subnet.c services/unfit.c lib/addr_use.c services/macs.c services/append.c services/compile.c services/finish.c services/sections.c services/table_image.c services/errors.c services/keys.c services/names.c services/numbers.c services/order.c
// links: services/ports.c services/allow.c services/spans.c net/nft.c net/nft_rules.c net/nft_sets.c net/walk.c net/inbox.c net/ruleset.c net/balance.c net/between.c net/near.c net/mac.c
// links: services/refuse.c services/roots.c services/kept.c services/set.c services/values.c services/values_tables.c services/values_root.c services/values_link.c services/match.c services/upon.c net/kinds.c services/table.c services/table_net.c services/table_roots.c services/dump.c services/dump_field.c lib/pressure.c services/dump_machine.c services/dump_ports.c cgroup/limits.c lib/arena.c
// links: services/values_net.c services/network.c services/also.c services/nearer.c services/attend.c services/own.c services/routes.c services/sysctls.c services/contrary.c net/family.c services/hostnames.c services/hosts.c services/peers.c services/shard.c net/star.c
// links: services/values_caps.c services/values_privileges.c services/values_sched.c services/caps.c
// links: lib/buf.c lib/fd.c lib/json.c lib/log.c lib/signame.c lib/addr.c lib/text.c lib/toml.c lib/toml_scalar.c lib/utf8.c
// links: cgroup/friendly.c services/values_leaf.c services/changed.c
// links: services/values_seccomp.c services/profiles.c services/seccomp.c services/syscalls.c services/dump_seccomp.c services/layout.c
/* Any bytes, as one table or as two files (a NUL between them): a table is refused with a reason, or its image is good. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/compile.h"
#include "services/dump.h"

static struct arena work, image;
static int null_fd;

static void empty(struct arena *a)
{
	memset(a->base, 0, a->used);
	a->used = 0;
}

static void check(int err, const struct compile *c)
{
	const struct table *t = (const void *)image.base;

	if ((err == 0) != (c->errors.count == 0) || (err && err != -EINVAL))
		abort();
	for (const struct error *e = c->errors.list; e; e = e->next)
		for (const char *s = e->text; *s; s++)
			if ((unsigned char)*s < ' ' || *s == 0x7f)
				abort();
	if (err)
		errors_tell(&c->errors, c->paths, null_fd);
	else if (table_verify(t, t->size) || table_dump(t, null_fd))
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	null_fd = open("/dev/null", O_WRONLY);
	return arena_open(&work, (size_t)512 << 20) || arena_open(&image, (size_t)512 << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), program[] = "prog";
	char *const argv[] = { program, NULL };
	const struct table_source source = { .minit_log = true, .argv = size % 4 ? NULL : argv };
	struct compile_file files[2] = { { "a", text, 0 }, { "b", text, 0 } };
	struct compile c;
	size_t first;

	memcpy(text, data, size);
	text[size] = '\0';
	first = strlen(text);
	files[0].len = first;
	if (first < size) {
		files[1].text = text + first + 1;
		files[1].len = size - first - 1;
	}
	check(compile_files(files, first < size ? 2 : 1, &source, &work, &image, &c), &c);
	free(text);
	empty(&work);
	empty(&image);
	return 0;
}
