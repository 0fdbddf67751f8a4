#include "init/near.h"

#include "lib/log.h"
#include "net/net.h"

void near_up(const struct table *t)
{
	int err = t->near.count ? ruleset_try(table_list(t, t->near, char), t->near.count) : 0;

	if (err)
		log_warn("network", -err, "nf_tables cannot be had for bridges (CONFIG_NF_TABLES_BRIDGE): services "
			 "that look for each other ask all of their bridge; going on");
}

void near_down(void)
{
	BUF_ON_STACK(b, RULESET_REMOVE);

	near_remove(&b);
	if (!buf_check(&b))
		(void)!ruleset_try(b.data, b.len);
}
