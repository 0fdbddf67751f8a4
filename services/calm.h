/*
 * Who waits with a start until there is less pressure: `calm` of the table. The kernel has no event for pressure that
 * falls, so the state machine looks again (services/state.c), as long as somebody waits and no longer.
 */
#ifndef SERVICES_CALM_H
#define SERVICES_CALM_H

#include "lib/enabled.h"
#include "services/state.h"

/* In ms: psi_avgs_work() of kernel/sched/psi.c works out the averages every two seconds (PSI_FREQ). */
#define CALM_MS 2000

#if ENABLED(CONFIG_CGROUP)

/* Of a service that asks: calm_unmet. services/calm.c */
must_check int calm_look(const struct supervisor *sv, uint32_t index, enum pressure_of *ret);

/*
 * 1 when there is more of *ret than the service bears, on the machine or in its group; 0; -errno when *ret is not to be
 * known here. Here, as each start asks and most services do not.
 */
must_check static inline int calm_unmet(const struct supervisor *sv, uint32_t index, enum pressure_of *ret)
{
	const struct calm_spec *calm = table_confine(sv->table, spec_at(sv, index))->calm;

	if (!(calm[PRESSURE_CPU].window | calm[PRESSURE_MEMORY].window | calm[PRESSURE_IO].window))
		return 0;
	return calm_look(sv, index, ret);
}

/* Of who waits so, appends "waiting for calm: memory pressure 34.20% of 10.00% (machine, some, 1m)". */
void calm_put(const struct supervisor *sv, uint32_t index, struct buf *b);

#else

must_check static inline int calm_unmet(const struct supervisor *sv, uint32_t index, enum pressure_of *ret)
{
	(void)sv, (void)index, (void)ret;
	return 0;
}

static inline void calm_put(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	(void)sv, (void)index, (void)b;
}

#endif

#endif
