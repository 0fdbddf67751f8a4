#include "init/near.h"

#include <errno.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "net/net.h"

static int claim = -1; /* held as long as the table is there, and claimed again after an execution in place */

static bool is_anothers(void)
{
	if (claim < 0)
		claim = net_claim(NET_NEAR_TABLE);
	return claim == -EADDRINUSE;
}

void near_up(const struct table *t)
{
	int err;

	if (!t->near.count)
		return;
	if (is_anothers()) {
		log_warn("network", 0, "near: another minit is in this network, and has the table " NET_NEAR_TABLE ": "
			 "services that look for each other ask all of their bridge; going on. Run this one in a "
			 "network of its own (unshare --net), or say near = false");
		return;
	}
	err = ruleset_try(table_list(t, t->near, char), t->near.count);
	if (err)
		log_warn("network", -err, "nf_tables cannot be had for bridges (CONFIG_NF_TABLES_BRIDGE): services "
			 "that look for each other ask all of their bridge; going on");
}

void near_keep(const struct table *t)
{
	if (t->near.count)
		(void)is_anothers();
}

void near_down(void)
{
	BUF_ON_STACK(b, RULESET_REMOVE);

	near_remove(&b);
	if (!is_anothers() && !buf_check(&b))
		(void)!ruleset_try(b.data, b.len);
	fd_close(&claim);
}
