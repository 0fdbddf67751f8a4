#include "init/check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "init/options.h"
#include "init/say.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "services/dump.h"
#include "services/table.h"


enum { CHECK_GOOD, CHECK_WRONG };

static const char *plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

static int tell(const struct table *t, const char *const *paths, uint32_t count)
{
	BUF_ON_STACK(b, 8192);

	for (uint32_t i = 0; i < count; i++)
		buf_fmt(&b, "%s%s", i ? ", " : "", paths[i]);
	buf_fmt(&b, ": ok: %u service%s, %u bridge%s\n", t->services.count, plural(t->services.count),
		t->bridges.count, plural(t->bridges.count));
	say_bytes(b.data, b.len);
	say_flush();
	return CHECK_GOOD;
}

static int dump(const struct table *t, const char *const *paths, uint32_t count)
{
	int err = table_dump(t, STDOUT_FILENO);

	(void)paths, (void)count;
	if (err)
		say_failed(err);
	return CHECK_GOOD;
}

static int look_at(int memfd, const char *const *paths, uint32_t count, check_use_fn *use)
{
	int err = 0, status;
	const struct table *t = table_map(memfd, &err);

	if (!t) {
		log_error("table", -err, "the compiled table is not good");
		return CHECK_WRONG;
	}
	status = use(t, paths, count);
	table_unmap(t);
	return status;
}

static int check(const char *const *paths, uint32_t count, bool whole, check_use_fn *use)
{
	struct table_source source = { .paths = paths, .count = count, .minit_log = whole };
	cleanup_fd int memfd = table_compile(&source);

	if (memfd < 0 && memfd != -EINVAL && memfd != -EIO)
		log_error("table", -memfd, "cannot be compiled");
	return memfd < 0 ? CHECK_WRONG : look_at(memfd, paths, count, use);
}

static int check_default(const char *words, bool whole, check_use_fn *use)
{
	BUF_ON_STACK(mem, TABLE_FILES_TEXT);
	const char *paths[TABLE_FILES_MAX];
	int count = table_default_files("", paths, TABLE_FILES_MAX, &mem);

	if (count > 0)
		return check(paths, (uint32_t)count, whole, use);
	if (count)
		complain("/etc/minit: the files of the table cannot be listed: %s; name those to check",
			 table_why_no_files(count));
	else
		complain("/etc/minit/minit.toml: there is no table, and none in /etc/minit/conf.d; name the files to "
			 "check: minit %s FILE...", words);
	return CHECK_WRONG;
}

int check_with(int argc, char **argv, const char *words, bool whole, check_use_fn *use)
{
	if (argc - 1 > TABLE_FILES_MAX)
		usage_error(argv[0], "more than %d files", TABLE_FILES_MAX);
	if (argc > 1)
		return check((const char *const *)argv + 1, (uint32_t)(argc - 1), whole, use);
	return check_default(words, whole, use);
}

int check_main(int argc, char **argv)
{
	bool whole = false;
	const struct option_row rows[] = { { "--dump", OPTION_FLAG, &whole } };

	argc = options_take(argc, argv, rows, ARRAY_LEN(rows));
	return check_with(argc, argv, argv[0], whole, whole ? dump : tell);
}
