/*
 * Services that links bring along and the table need not name: the DHCP clients of one with an address by lease
 * (dhcp-LINK, dhcp6-LINK), and the task that gives a wireguard its keys and peers (wg-LINK). They wait for carrier.
 */
#include <string.h>

#include "lib/enabled.h"
#include "services/compile.h"

#define ARGS_MAX 64

/* One for each DHCP. */
static const struct attendant {
	const char *word, *service; /* in the list of addresses, and before the name of the link */
	const char *verb;           /* of `minit lease` */
	enum key_id client;
} attendants[] = {
	{ "dhcp", "dhcp-", "client", KEY_LINK_DHCP_CLIENT },
	{ "dhcp6", "dhcp6-", "client6", KEY_LINK_DHCP6_CLIENT },
};

static bool is_leased(const struct draft *d, const struct attendant *a)
{
	const struct toml *list = d->nodes[KEY_LINK_ADDRESS];

	for (const struct toml *e = text_first(list); ENABLED(CONFIG_DHCP) && e; e = text_next(list, e))
		if (!strcmp(e->text, a->word))
			return true;
	return false;
}

static const char *name_of(struct compile *c, const char *what, uint32_t link)
{
	return name_title(c, what, c->link_specs[link].name);
}

/* They may all that minit may. NULL: the name is taken, and that was told. */
static struct service_spec *append(struct compile *c, const char *what, uint32_t link, char *const *argv)
{
	const char *name = name_of(c, what, link);
	int taken = service_index(c, name);
	struct service_spec *spec;

	if (taken >= 0) {
		refuse_key(c, c->services.drafts[taken].header, "service.%s: what link %s brings along is called so; "
			   "take another name", name, c->link_specs[link].name);
		return NULL;
	}
	spec = service_append(c, name, argv);
	privileges_keep(c->services.drafts[c->services.count - 1].confine);
	return spec;
}

/* It is minit itself, wherever its file is by now, that executes the client. */
static void append_client(struct compile *c, uint32_t link, const struct attendant *a)
{
	static char self[] = "/proc/self/exe", lease[] = "lease";
	const struct toml *list = c->links.drafts[link].nodes[a->client];
	char *argv[ARGS_MAX + 8] = { self, lease, (char *)(uintptr_t)a->verb, c->link_specs[link].name };
	struct service_spec *spec;
	BUF_ON_STACK(metric, 16);
	int n = 4;

	buf_u64(&metric, c->link_specs[link].metric);
	argv[n++] = (char *)(uintptr_t)buf_text(&metric);
	for (const struct toml *e = text_first(list); e; e = text_next(list, e))
		if (n < ARGS_MAX)
			argv[n++] = (char *)(uintptr_t)e->text;
	spec = append(c, a->service, link, argv);
	if (spec)
		spec->restart = RESTART_ALWAYS;
}

/* The keys are secret, so they are in no table; wg(8) reads them. */
static void append_keys(struct compile *c, uint32_t link)
{
	static char wg[] = "wg", setconf[] = "setconf";
	const struct toml *file = c->links.drafts[link].nodes[KEY_LINK_CONFIG];
	char *const argv[] = { wg, setconf, c->link_specs[link].name, (char *)(uintptr_t)file->text, NULL };
	struct service_spec *spec = append(c, "wg-", link, argv);

	if (spec)
		spec->ready = READY_EXIT;
}

void attend_append(struct compile *c)
{
	for (uint32_t i = 0; i < c->links.count; i++) {
		for (size_t k = 0; k < ARRAY_LEN(attendants); k++)
			if (is_leased(&c->links.drafts[i], &attendants[k]))
				append_client(c, i, &attendants[k]);
		if (c->links.drafts[i].nodes[KEY_LINK_CONFIG])
			append_keys(c, i);
	}
}

static void wait_for(struct compile *c, const char *what, uint32_t link, uint8_t place)
{
	int index = service_index(c, name_of(c, what, link));

	if (index >= 0 && !c->services.drafts[index].header)
		c->services.drafts[index].confine->carrier |= (uint64_t)1 << place;
}

void attend_finish(struct compile *c, const uint8_t *place)
{
	for (uint32_t i = 0; i < c->links.count; i++) {
		for (size_t k = 0; k < ARRAY_LEN(attendants); k++)
			if (is_leased(&c->links.drafts[i], &attendants[k]))
				wait_for(c, attendants[k].service, i, place[i]);
		if (c->links.drafts[i].nodes[KEY_LINK_CONFIG])
			wait_for(c, "wg-", i, place[i]);
	}
}
