#include "init/links.h"

#include <errno.h>

#include "init/loop.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "net/net.h"
#include "services/settle.h"

#define AT_ONCE 64 /* events, before the loop looks at what else has happened */

static struct supervisor *house;
static int monitor = -1;
static bool hears_all;

static void stop(void)
{
	if (monitor < 0)
		return;
	loop_unwatch(LOOP_LINKS, 0);
	fd_close(&monitor);
}

static void on_links(uint32_t id, unsigned ready)
{
	struct net_change change;
	int n = 1;

	(void)id, (void)ready;
	for (unsigned i = 0; n > 0 && i < AT_ONCE; i++) {
		n = net_monitor_read(monitor, &change);
		if (n > 0)
			settle_heard(house, &change);
	}
	if (n < 0) /* some were lost */
		settle_ask(house, hears_all);
	service_settle(house);
	if (!settle_any(house))
		stop();
}

static void open_monitor(void)
{
	monitor = net_monitor_open(&hears_all);
	if (monitor < 0)
		return;
	loop_handler(LOOP_LINKS, on_links);
	loop_watch(LOOP_LINKS, 0, monitor, LOOP_READ);
}

/* Opened before the kernel is asked, so that what happens in between is heard. */
void links_watch(struct supervisor *sv)
{
	house = sv;
	if (!settle_any(sv))
		return;
	if (monitor < 0)
		open_monitor();
	settle_ask(sv, hears_all && monitor >= 0);
	if (monitor >= 0 && settle_any(sv))
		return;
	if (monitor < 0)
		log_warn(NULL, -monitor, "events of links cannot be heard: services do not wait for their network");
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (settle_waits(sv, i))
			settle_forget(sv, i);
	stop();
}
