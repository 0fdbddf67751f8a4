/* What the program may not gain any more: prctl(2), PR_SET_NO_NEW_PRIVS. */
#include <errno.h>
#include <sys/prctl.h>

#include "services/child.h"

int step_privileges(struct child *child)
{
	if (!table_confine(child->table, child->spec)->no_new_privs)
		return 0;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? child_fail(child, -errno, "no_new_privs") : 0;
}
