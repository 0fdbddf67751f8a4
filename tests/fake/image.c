#include "tests/fake/image.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "services/layout.h"

void image_begin(struct image *image, uint32_t count)
{
	memset(image, 0, sizeof(*image));
	image->table.magic = TABLE_MAGIC;
	image->table.layout = layout_own.table;
	image->table.size = sizeof(*image);
	image->table.main = -1;
	image->table.services = (struct list){ offsetof(struct image, spec), count };
	image->table.order = (struct list){ offsetof(struct image, order), count };
	for (uint32_t i = 0; i < count; i++) {
		struct service_spec *spec = &image->spec[i];

		image->names[i][0] = (char)('a' + i);
		spec->name_at = (uint32_t)((char *)image->names[i] - (char *)image);
		spec->confine_at = offsetof(struct image, confine);
		spec->umask = UMASK_INHERIT;
		spec->attach.bridge = -1;
		spec->stop_signal = SIGTERM;
		spec->grace_ms = 5000;
		spec->autostart = 1;
		spec->restart = RESTART_ON_FAILURE;
		spec->output = OUTPUT_INHERIT;
		spec->backoff = (struct backoff_spec){
			.first_ms = 100, .max_ms = 1000, .factor_pct = 200, .stable_ms = 10000, .give_up = 0,
		};
	}
}

static void put(struct image *image, struct list *list, uint32_t index)
{
	if (!list->count)
		list->at = (uint32_t)((char *)&image->lists[image->used] - (char *)image);
	if (image->used == ARRAY_LEN(image->lists))
		abort();
	image->lists[image->used++] = index;
	list->count++;
}

uint32_t image_text(struct image *image, const char *text)
{
	char *at = image->text + image->text_used;
	size_t size = strlen(text) + 1;

	if (image->text_used + size > sizeof(image->text))
		abort();
	memcpy(at, text, size);
	image->text_used += (uint32_t)size;
	return (uint32_t)(at - (char *)image);
}

void image_add(struct image *image, struct list *list, const char *text)
{
	put(image, list, image_text(image, text));
}

static void list_edges(struct image *image, uint32_t i)
{
	uint32_t count = image->table.services.count;
	struct service_spec *spec = &image->spec[i];

	for (uint32_t j = 0; j < count; j++)
		if (image->edge[i][j] == EDGE_NEEDS)
			put(image, &spec->needs, j);
	for (uint32_t j = 0; j < count; j++)
		if (image->edge[i][j] == EDGE_AFTER)
			put(image, &spec->after, j);
	for (uint32_t j = 0; j < count; j++)
		if (image->edge[j][i])
			put(image, &spec->dependents, j);
}

static bool may_come(const struct image *image, const bool *placed, uint32_t i)
{
	for (uint32_t j = 0; j < image->table.services.count; j++)
		if (image->edge[i][j] && !placed[j])
			return false;
	return !placed[i];
}

void image_end(struct image *image)
{
	uint32_t count = image->table.services.count, at = 0;
	bool placed[IMAGE_MAX] = { false };

	for (uint32_t i = 0; i < count; i++)
		list_edges(image, i);
	for (uint32_t i = 0; i < count; i++)
		if (!image->spec[i].exec.count)
			image_add(image, &image->spec[i].exec, "/bin/it");
	while (at < count) {
		uint32_t i = 0;

		while (i < count && !may_come(image, placed, i))
			i++;
		if (i == count)
			abort(); /* a circle */
		placed[i] = true;
		image->order[at++] = i;
	}
}
