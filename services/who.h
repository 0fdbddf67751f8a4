/* Who a service is: what its table says of user and groups, looked up in its root. services/step_user.c */
#ifndef SERVICES_WHO_H
#define SERVICES_WHO_H

#include "services/child.h"

#define WHO_GROUPS_MAX 256

struct who {
	uint32_t uid, gid;
	bool has_uid, has_gid;
	uint32_t groups[WHO_GROUPS_MAX];
	size_t group_count;
	char name[64]; /* of the user, when known */
	char home[256];
};

/* The root must be the service's by now. 0 or -errno, with child->detail set. */
must_check int who_resolve(struct child *child, struct who *ret);

#endif
