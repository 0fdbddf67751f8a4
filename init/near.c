#include "init/near.h"

#include "init/claims.h"
#include "lib/log.h"
#include "net/net.h"

void near_up(struct supervisor *sv)
{
	const struct table *t = sv->table;
	int err;

	if (!t->near.count)
		return;
	if (claim_is_anothers(sv->state, CLAIM_NEAR)) {
		log_warn("network", 0, "near: another minit is in this network, and has the table " NET_NEAR_TABLE ": "
			 "services that look for each other ask all of their bridge; going on. Run this one in a "
			 "network of its own (unshare --net), or say near = false");
		return;
	}
	err = ruleset_try(table_list(t, t->near, char), t->near.count);
	if (!err)
		return;
	claim_drop(sv->state, CLAIM_NEAR);
	log_warn("network", -err, "nf_tables cannot be had for bridges (CONFIG_NF_TABLES_BRIDGE): services "
		 "that look for each other ask all of their bridge; going on");
}
