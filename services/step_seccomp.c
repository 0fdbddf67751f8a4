/* The system calls that the program may make: seccomp(2). */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "services/child.h"

static int load(struct child *child)
{
	const struct list program = table_confine(child->table, child->spec)->seccomp.program;
	struct sock_fprog fprog = {
		.len = (unsigned short)program.count,
		.filter = (void *)(uintptr_t)table_list(child->table, program, struct sock_filter),
	};

	if (!program.count || !child->has_seccomp)
		return 0;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog) < 0 ? child_fail(child, -errno, "seccomp") : 0;
}

/*
 * Without no_new_privs it takes CAP_SYS_ADMIN, which the next steps give away: so the program is loaded before them,
 * and has to allow what they do.
 */
int step_seccomp_early(struct child *child)
{
	return table_confine(child->table, child->spec)->no_new_privs ? 0 : load(child);
}

int step_seccomp(struct child *child)
{
	return table_confine(child->table, child->spec)->no_new_privs ? load(child) : 0;
}
