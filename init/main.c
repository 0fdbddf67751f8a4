/*
 * What minit is, is found out here: PID 1 of a machine, PID 1 of a container
 * with or without a table and a command, an ordinary supervisor, the tool.
 */
#include <string.h>
#include <unistd.h>

#include "init/boot.h"
#include "init/lease.h"
#include "init/probe.h"
#include "init/rescue.h"
#include "init/run.h"
#include "init/verbs.h"
#include "lib/enabled.h"
#include "lib/log.h"
#include "services/reaper.h"
#include "wrap/wrap.h"

extern char **environ;

static bool is_option(const char *word)
{
	return word[0] == '-';
}

/* A wrong table, or a lack of memory, must not leave a machine without anybody: a shell, until that is mended. */
no_return static void be_machine(void)
{
	struct boot_options options = { 0 };
	int fd;

	boot_machine(&options);
	if (options.rescue && rescue_shell())
		log_warn("rescue", 0, "minit.rescue was asked for, but there is no shell");
	for (;;) {
		fd = run_load(options.table, NULL);
		if (fd >= 0)
			run_table(MODE_MACHINE, fd); /* is back when it cannot begin */
		if (rescue_shell())
			rescue_halt();
	}
}

/* `minit` runs the table; `minit prog args` runs prog, beside the table if there is one. */
static int be_container(int argc, char **argv)
{
	bool command = argc > 1;
	int fd;

	if (!ENABLED(CONFIG_TABLE) || (command && is_option(argv[1])))
		wrap_main(argv, environ);
	if (command && !run_has_table())
		wrap_main(argv, environ);
	boot_container();
	fd = run_load(NULL, command ? argv + 1 : NULL);
	if (fd < 0)
		return EXIT_CONFIG;
	return run_table(MODE_CONTAINER, fd);
}

static int be_tool(int argc, char **argv)
{
	if (argc > 1 && is_option(argv[1]) && !verb_is_known(argv[1]))
		wrap_main(argv, environ);
	return verb_main(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	if (ENABLED(CONFIG_TABLE) && argc == 3 && !strcmp(argv[1], "@resume"))
		return run_resume(argv[2]);
	if (ENABLED(CONFIG_TABLE) && argc == 3 && !strcmp(argv[1], "@probe"))
		return probe_main(argv[2]);
	if (ENABLED(CONFIG_TABLE) && argc == 3 && !strcmp(argv[1], "@reaper"))
		reaper_main(argv[2]);
	if (ENABLED(CONFIG_DHCP) && lease_is_script(argc, argv))
		return lease_main(argc, argv);
	if (argc > 1 && verb_is_known(argv[1]))
		return be_tool(argc, argv);
	switch (boot_mode()) {
	case MODE_MACHINE:
		if (ENABLED(CONFIG_MACHINE))
			be_machine();
		return be_container(argc, argv);
	case MODE_CONTAINER: return be_container(argc, argv);
	default: return be_tool(argc, argv);
	}
}
