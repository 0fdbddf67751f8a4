/* Names and numbers of system calls, as the headers of the kernel have them. */
#ifndef TESTS_UNIT_HEADERS_H
#define TESTS_UNIT_HEADERS_H

#include <stdio.h>
#include <string.h>

#include "services/syscalls.h"

/* Each line "@NAME NUMBER" that the command prints stands in services/syscalls.def. How many there are. */
static unsigned hold_against(const char *command, enum syscall_arch arch)
{
	FILE *f = popen(command, "r");
	char line[256], name[64];
	unsigned count = 0, number;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		int id;

		if (sscanf(line, "@%63s %u", name, &number) != 2 || !strcmp(name, "syscalls") ||
		    !strcmp(name, "arch_specific_syscall"))
			continue;
		id = syscall_find(name);
		if (id < 0 || syscall_number((enum syscall_id)id, arch) != (int)number)
			fail_msg("%s %u of the headers is not in services/syscalls.def", name, number);
		count++;
	}
	pclose(f);
	return count;
}

#endif
