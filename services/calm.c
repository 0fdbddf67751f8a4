#include "services/calm.h"

#include <errno.h>
#include <fcntl.h>

#include "cgroup/cgroup.h"
#include "services/leaf.h"

#define PLACES 2 /* the machine; the group that the service is in */

/*
 * What was seen last of the machine, and of a group: all who wait are looked at in the same moment, and each reading
 * asks every processor for its times (psi_show() of kernel/sched/psi.c).
 */
static struct sight {
	struct when at;
	uint32_t group; /* index + 1; 0: the machine */
	int err;
	struct pressure found;
} sights[PLACES][PRESSURES];

static int read_machine(enum pressure_of what, struct pressure *ret)
{
	BUF_ON_STACK(path, 32);

	buf_fmt(&path, "/proc/pressure/%s", pressure_name(what));
	return pressure_read(AT_FDCWD, buf_text(&path), ret);
}

/* Where a group has no such file, as on cgroup v1, the machine's says enough. */
static int read_group(const struct supervisor *sv, uint32_t group, enum pressure_of what, struct pressure *ret)
{
	struct leaf_name name;
	const char *leaf = leaf_of_group(sv->table, table_group_at(sv->table, group - 1), &name);
	int err = cgroup_pressure(&sv->state->cgroup, leaf, pressure_name(what), ret);

	if (err != -ENOENT && err != -EOPNOTSUPP && err != -ENODEV)
		return err;
	*ret = (struct pressure){ 0 };
	return 0;
}

static const struct sight *look(const struct supervisor *sv, uint32_t group, enum pressure_of what)
{
	struct sight *sight = &sights[group != 0][what];
	struct when now = when_now();

	if (sight->at.ms == now.ms && sight->group == group)
		return sight;
	*sight = (struct sight){ .at = now, .group = group };
	sight->err = group ? read_group(sv, group, what, &sight->found) : read_machine(what, &sight->found);
	return sight;
}

static int share_of(const struct sight *sight, const struct calm_spec *calm)
{
	return sight->found.share[calm->line][calm->window - 1];
}

/* 1: more than it bears, which is *ret; 0; -errno. */
static int weigh(const struct supervisor *sv, uint32_t index, enum pressure_of what, const struct sight **ret)
{
	const struct confine_spec *confine = table_confine(sv->table, spec_at(sv, index));
	const struct calm_spec *calm = &confine->calm[what];
	int unmet = 0;

	for (unsigned i = 0; i < PLACES && calm->window && !unmet; i++) {
		const struct sight *sight = look(sv, i ? confine->leaf.group : 0, what);
		int share = share_of(sight, calm);

		unmet = sight->err ? sight->err : share < 0 ? -EBADMSG : share > calm->most;
		*ret = sight;
	}
	return unmet;
}

int calm_look(const struct supervisor *sv, uint32_t index, enum pressure_of *ret)
{
	const struct sight *sight;
	int unmet = 0;

	for (unsigned what = 0; what < PRESSURES && !unmet; what++) {
		*ret = what;
		unmet = weigh(sv, index, what, &sight);
	}
	return unmet;
}

static void put_share(struct buf *b, int share)
{
	buf_fmt(b, "%d.%02d%%", share / 100, share % 100);
}

/* Between two looks it may have fallen. */
void calm_put(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	enum pressure_of what = service_at(sv, index)->life.pressed - 1u;
	const struct calm_spec *calm = &table_confine(sv->table, spec_at(sv, index))->calm[what];
	const struct sight *sight;

	buf_fmt(b, "waiting for calm: %s pressure ", pressure_name(what));
	if (weigh(sv, index, what, &sight) <= 0) {
		buf_str(b, "has fallen; looked at every 2s");
		return;
	}
	put_share(b, share_of(sight, calm));
	buf_str(b, " of ");
	put_share(b, calm->most);
	buf_fmt(b, " (%s%s, %s, %s)", sight->group ? "group " : "",
		sight->group ? table_given(sv->table, table_group_at(sv->table, sight->group - 1)->name_at) : "machine",
		pressure_line(calm->line),
		pressure_window(calm->window - 1u));
}
