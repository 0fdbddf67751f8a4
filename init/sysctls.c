#include "init/sysctls.h"

#include <string.h>

#include "net/net.h"

#define LEAD (sizeof("/proc/sys/net/ipv4/") - 1) /* of ipv6 as well */

/* conf/NAME/... and neigh/NAME/... */
static bool is_of(const char *path, const char *ifname)
{
	const char *at = strlen(path) > LEAD ? path + LEAD : "";
	size_t len = strlen(ifname);

	if (strncmp(at, "conf/", 5) != 0 && strncmp(at, "neigh/", 6) != 0)
		return false;
	at = strchr(at, '/') + 1;
	return !strncmp(at, ifname, len) && at[len] == '/';
}

static bool is_of_some(const struct table *t, const char *path)
{
	for (uint32_t i = 0; i < t->bridges.count; i++)
		if (is_of(path, table_bridge(t, i)->name))
			return true;
	for (uint32_t i = 0; i < t->links.count; i++)
		if (is_of(path, table_link(t, i)->name))
			return true;
	return false;
}

bool sysctl_is_for(const struct table *t, const char *path, const char *ifname)
{
	return ifname ? is_of(path, ifname) : !is_of_some(t, path);
}

void sysctls_write(const struct table *t, const char *ifname)
{
	for (uint32_t i = 0; i < t->sysctls.count; i++)
		if (sysctl_is_for(t, table_sysctl_path(t, i), ifname))
			(void)!net_sysctl("network", table_sysctl_path(t, i), table_sysctl_value(t, i)); /* logged */
}
