/* A table image made by hand: services a, b, c... with what they need and come after. */
#ifndef FAKE_IMAGE_H
#define FAKE_IMAGE_H

#include "services/table.h"

#define IMAGE_MAX 16

struct image {
	struct table table; /* first: references count from here */
	struct service_spec spec[IMAGE_MAX];
	struct confine_spec confine; /* of all of them */
	struct rlimit_spec rlimit;   /* for a list of one */
	uint32_t order[IMAGE_MAX];
	uint32_t lists[4 * IMAGE_MAX * IMAGE_MAX];
	uint32_t used;
	char names[IMAGE_MAX][2];
	char text[4096];
	uint32_t text_used;
	uint8_t edge[IMAGE_MAX][IMAGE_MAX]; /* [who][what]: of enum edge */
};

enum edge { EDGE_NONE, EDGE_AFTER, EDGE_NEEDS };

/* Ordinary services: on-failure, no leaf, SIGTERM, grace 5 s, backoff 100 ms doubled to 1 s, stable after 10 s. */
void image_begin(struct image *image, uint32_t count);

/* For a field that is a text, or a list of them. */
uint32_t image_text(struct image *image, const char *text);
void image_add(struct image *image, struct list *list, const char *text); /* each list from first to last before the next */

/* Lists, dependents and order from the edges, which must not go in a circle; after them and the specs are set. */
void image_end(struct image *image);

#endif
