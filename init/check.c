#include "init/check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "services/dump.h"
#include "services/table.h"

#define FILES_MAX 256

enum { CHECK_GOOD, CHECK_WRONG, CHECK_USAGE };

static int say(const struct table *t, const char *const *paths, uint32_t count)
{
	BUF_ON_STACK(b, 8192);

	for (uint32_t i = 0; i < count; i++)
		buf_fmt(&b, "%s%s", i ? ", " : "", paths[i]);
	buf_fmt(&b, ": ok: %u services, %u bridges\n", t->services.count, t->bridges.count);
	return fd_write_all(STDOUT_FILENO, b.data, b.len) ? CHECK_WRONG : CHECK_GOOD;
}

static int look_at(int memfd, const char *const *paths, uint32_t count, bool dump)
{
	int err = 0, status;
	const struct table *t = table_map(memfd, &err);

	if (!t) {
		log_error("table", -err, "the compiled table is not good");
		return CHECK_WRONG;
	}
	status = dump ? (table_dump(t, STDOUT_FILENO) ? CHECK_WRONG : CHECK_GOOD) : say(t, paths, count);
	table_unmap(t);
	return status;
}

static int check(const char *const *paths, uint32_t count, bool dump)
{
	struct table_source source = { .paths = paths, .count = count, .minit_log = dump };
	cleanup_fd int memfd = table_compile(&source);

	if (memfd < 0 && memfd != -EINVAL && memfd != -EIO)
		log_error("table", -memfd, "cannot be compiled");
	return memfd < 0 ? CHECK_WRONG : look_at(memfd, paths, count, dump);
}

static int check_default(bool dump)
{
	BUF_ON_STACK(mem, 32768);
	const char *paths[FILES_MAX];
	int count = table_default_files("", paths, FILES_MAX, &mem);

	if (count > 0)
		return check(paths, (uint32_t)count, dump);
	log_error("check", -count, count ? "/etc/minit: the files of the table cannot be listed" :
		  "there is no /etc/minit/minit.toml; name the files to check");
	return CHECK_WRONG;
}

static int usage(void)
{
	static const char text[] = "usage: minit check [--dump] [FILE...]\n";

	if (fd_write_all(STDERR_FILENO, text, sizeof(text) - 1))
		return CHECK_WRONG;
	return CHECK_USAGE;
}

int check_main(int argc, char **argv)
{
	bool dump = argc > 1 && !strcmp(argv[1], "--dump");
	int first = dump ? 2 : 1;

	if (argc > first && !strcmp(argv[first], "--"))
		first++;
	else if (argc > first && argv[first][0] == '-')
		return usage();
	if (argc - first > FILES_MAX)
		return usage();
	if (argc > first)
		return check((const char *const *)argv + first, (uint32_t)(argc - first), dump);
	return check_default(dump);
}
