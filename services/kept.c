/* What lies within what an overlay keeps: the kernel says of no such thing what comes of it (overlayfs.rst). */
#include <string.h>

#include "services/compile.h"

static const char *kept_by(const struct compile *c, uint32_t index)
{
	const char *text = table_text(c->table, c->services.drafts[index].confine->roots.overlay_at);

	return text && *text == '/' ? text : NULL;
}

/* "/upper" and "/work" of services/step_root.c: how long that is at the start of the text, or 0. */
static size_t part_len(const char *text)
{
	size_t len = !strncmp(text, "/upper", 6) ? 6 : !strncmp(text, "/work", 5) ? 5 : 0;

	return text[len] && text[len] != '/' ? 0 : len;
}

static void check(struct compile *c, const struct set *kept, const struct draft *d, enum key_id id, const char *path)
{
	uint32_t who = 0;
	size_t at = 0;

	for (; path[at] && !who; at += 1 + strcspn(path + at + 1, "/"))
		if (part_len(path + at))
			who = set_get(kept, path, MAX(at, 1u));
	if (who && given(c, d, id))
		refuse(c, given(c, d, id), "%s: %s: \"%s\" is within what %s keeps in %s; take a directory elsewhere",
		       d->title, key_name(id), path, c->services.drafts[who - 1].title,
		       kept_by(c, who - 1));
}

void kept_check(struct compile *c)
{
	struct set kept = { .arena = c->work };

	for (uint32_t i = c->services.count; i > 0; i--) {
		const char *path = kept_by(c, i - 1);

		if (path)
			set_at(&kept, path, strlen(path))->value = i;
	}
	for (uint32_t i = 0; i < c->services.count && kept.used; i++) {
		const struct draft *d = &c->services.drafts[i];
		const char *root = table_text(c->table, c->specs[i].root_at), *path = kept_by(c, i);

		if (root)
			check(c, &kept, d, KEY_ROOT, plain_path(c, root));
		if (path)
			check(c, &kept, d, KEY_OVERLAY, path);
	}
}
