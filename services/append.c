/* Services of minit's own making. Those that links bring along: services/attend.c. */
#include "services/compile.h"

struct service_spec *service_append(struct compile *c, const char *name, char *const *argv)
{
	struct service_spec *spec = &c->specs[c->services.count];
	struct draft *d = group_add(&c->services, name, name_title(c, "service.", name), NULL);
	uint32_t *texts, n = 0;

	while (argv[n])
		n++;
	texts = arena_array(c->work, uint32_t, n);
	for (uint32_t i = 0; i < n; i++)
		texts[i] = image_string(c, argv[i]);
	*spec = c->builtin;
	d->confine = confine_copy(c, &c->builtin_confine);
	spec->name_at = image_string(c, name);
	spec->exec = image_array(c, texts, n);
	spec->namespaces = 0;
	spec->leaf = 0;
	return spec;
}

void append_command(struct compile *c, char *const *argv)
{
	const struct toml *main_node = c->system.nodes[KEY_SYSTEM_MAIN];
	int taken = service_index(c, "main");

	if (main_node)
		refuse(c, main_node, "system: main: the command line \"%.60s\" is the main service; "
			 "remove one of the two", argv[0]);
	if (taken >= 0)
		refuse_key(c, c->services.drafts[taken].header, "service.main: the command line \"%.60s\" takes "
			   "this name; name the service otherwise", argv[0]);
	if (main_node || taken >= 0)
		return;
	service_append(c, "main", argv)->restart = RESTART_NEVER;
	c->table->main = (int32_t)c->services.count - 1;
	privileges_keep(c->services.drafts[c->table->main].confine);
}

/* PID 1 puts its own binary in place of exec[0]. */
void append_log_helper(struct compile *c)
{
	static char minit[] = "minit", log[] = "log", table[] = WORD(LOG_TABLE_FD), first[] = WORD(LOG_FIRST_FD);
	char *const argv[] = { minit, log, table, first, NULL };
	struct service_spec *spec = service_append(c, LOG_HELPER, argv);

	/* Services wait while it is away: at once again, but for one that cannot even start. */
	spec->restart = RESTART_ALWAYS;
	spec->backoff.stable_ms = 20;
	spec->backoff.first_ms = 0;
	spec->backoff.max_ms = 1000;
	spec->internal = 1;
}
