// links: services/address.c services/attach.c services/subnet.c services/unfit.c lib/addr_use.c services/macs.c services/append.c services/compile.c services/finish.c services/sections.c services/table_image.c services/errors.c services/keys.c services/names.c services/numbers.c services/order.c
// links: services/ports.c services/allow.c services/spans.c net/nft.c net/nft_rules.c net/nft_sets.c net/walk.c net/inbox.c net/ruleset.c net/balance.c net/between.c net/near.c net/mac.c
// links: services/refuse.c services/roots.c services/kept.c services/set.c services/values.c services/values_tables.c services/values_root.c services/values_link.c services/match.c services/upon.c net/kinds.c cgroup/limits.c lib/arena.c
// links: services/values_net.c services/network.c services/also.c services/nearer.c services/attend.c services/own.c services/routes.c services/sysctls.c services/contrary.c net/family.c services/hostnames.c services/hosts.c services/peers.c services/shard.c net/star.c
// links: services/values_caps.c services/values_privileges.c services/values_sched.c services/caps.c
// links: lib/buf.c lib/fd.c lib/log.c services/table.c services/table_verify.c services/table_net.c services/table_roots.c lib/json.c lib/signame.c lib/addr.c lib/text.c lib/toml.c lib/toml_scalar.c lib/utf8.c
// links: cgroup/friendly.c services/values_leaf.c services/changed.c
// links: services/values_seccomp.c services/profiles.c services/seccomp.c services/syscalls.c services/layout.c
/*
 * Wrong tables and exactly what is said of them: tests/table/NAME.toml (or the files of NAME.d) and NAME.err.
 * GOLDEN=update writes the .err files anew, to be read before they are kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "services/compile.h"

#define FOLDER "tests/table/"

static char *said;       /* by all of them */
static size_t said_len;

static char *slurp(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1);

	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	return text;
}

/* Compiles files of the folder and returns what is said of them. */
static char *told(const char *const *paths, uint32_t count)
{
	struct table_source source = { .paths = paths, .count = count };
	struct arena work, image;
	struct compile c;
	int fd = memfd_create("told", MFD_CLOEXEC), err;
	char *text;

	assert_int_equal(arena_open(&work, 64 << 20), 0);
	assert_int_equal(arena_open(&image, 64 << 20), 0);
	err = compile(&source, &work, &image, &c);
	assert_int_equal(err, c.errors.count ? -EINVAL : 0);
	errors_tell(&c.errors, c.paths, fd);
	text = slurp(fd);
	close(fd);
	arena_close(&work);
	arena_close(&image);
	return text;
}

static void update(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void compare(const char *const *paths, uint32_t count, const char *expected)
{
	char *text = told(paths, count), *wanted;
	int fd;

	if (getenv("GOLDEN"))
		update(expected, text);
	fd = open(expected, O_RDONLY);
	if (fd < 0)
		fail_msg("%s is missing", expected);
	wanted = slurp(fd);
	close(fd);
	if (strcmp(text, wanted))
		fail_msg("%s\nis not what is said:\n%s", expected, text);
	said = realloc(said, said_len + strlen(text) + 1);
	strcpy(said + said_len, text);
	said_len += strlen(text);
	free(text);
	free(wanted);
}

static void set_end(char *out, const char *path, const char *from, const char *to)
{
	sprintf(out, "%.*s%s", (int)(strlen(path) - strlen(from)), path, to);
}

static void every_wrong_table_is_told_as_written(void **state)
{
	char expected[256];
	glob_t g;

	(void)state;
	assert_int_equal(chdir(FOLDER), 0);
	assert_int_equal(glob("*.toml", 0, NULL, &g), 0);
	assert_true(g.gl_pathc > 15);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		set_end(expected, g.gl_pathv[i], ".toml", ".err");
		compare((const char *const *)&g.gl_pathv[i], 1, expected);
	}
	globfree(&g);
	assert_int_equal(glob("files.d/*.toml", 0, NULL, &g), 0);
	compare((const char *const *)g.gl_pathv, (uint32_t)g.gl_pathc, "files.err");
	globfree(&g);
	assert_int_equal(chdir("../.."), 0);
}

/* A bad value of every key is among those files. */
static void every_key_has_a_wrong_value(void **state)
{
	static const char *const keys[] = {
#define KEY(id, section, name, ...) name,
#include "services/keys.def"
#undef KEY
	};

	(void)state;
	assert_non_null(said);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char found[128], later[128];

		sprintf(found, ": %s: found ", keys[i]);
		sprintf(later, ": %s: not in this version", keys[i]);
		if (!strstr(said, found) && !strstr(said, later))
			fail_msg("no file of tests/table has a wrong value of %s", keys[i]);
	}
}

/* Nothing that is said spills over its line or speaks of another place. */
static void every_line_has_a_place(void **state)
{
	(void)state;
	for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n")) {
		char path[128], text[16];
		unsigned l, c;

		if (sscanf(line, "%127[^:]:%u:%u: %15c", path, &l, &c, text) != 4 || !l || !c)
			fail_msg("no place: %s", line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_wrong_table_is_told_as_written),
		cmocka_unit_test(every_key_has_a_wrong_value),
		cmocka_unit_test(every_line_has_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
