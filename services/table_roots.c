/* What table_verify checks of struct roots_spec's lists. */
#include "services/fields.h"

static bool is_mount(const struct table *t, const struct mount_spec *m)
{
	bool bind = m->kind == MOUNT_BIND || m->kind == MOUNT_RBIND;

	return m->kind < MOUNT_KINDS && m->spread < MOUNT_SPREADS && m->target_at && table_has_text(t, m->target_at) &&
	       bind == (m->source_at != 0) && table_has_text(t, m->source_at) && table_has_text(t, m->options_at);
}

bool table_has_mounts(const struct table *t, struct list list)
{
	const struct mount_spec *mounts = table_list(t, list, struct mount_spec);
	bool good = table_has_list(t, list, sizeof(*mounts), _Alignof(struct mount_spec));

	for (uint32_t i = 0; i < list.count && good; i++)
		good = is_mount(t, &mounts[i]);
	return good;
}

bool table_has_secrets(const struct table *t, struct list list)
{
	const struct secret_spec *secrets = table_list(t, list, struct secret_spec);
	bool good = table_has_list(t, list, sizeof(*secrets), _Alignof(struct secret_spec));

	for (uint32_t i = 0; i < list.count && good; i++)
		good = secrets[i].name_at && table_has_text(t, secrets[i].name_at) && secrets[i].source_at &&
		       table_has_text(t, secrets[i].source_at);
	return good;
}
