#include <errno.h>
#include <string.h>

#include "services/compile.h"

/* An edge of the graph: what a service names in needs or after. */
struct edge {
	uint32_t to;
	bool needs;
	const struct toml *node;
};

struct step {
	uint32_t service;
	uint32_t edge; /* the next one to look at */
};

enum mark { UNSEEN, ON_PATH, DONE };

struct graph {
	struct compile *c;
	struct edge *edges;  /* those of service i: first[i] .. first[i + 1] */
	uint32_t *first;
	uint32_t *order;     /* the result */
	uint32_t ordered;
	uint8_t *mark;       /* enum mark, by service */
	struct step *path;   /* from the service it was begun with to the one that is looked at */
	uint32_t depth;
};

static bool is_named_before(const struct toml *array, const struct toml *node)
{
	for (const struct toml *e = array->first; e != node; e = e->next)
		if (e->type == TOML_STRING && !strcmp(e->text, node->text))
			return true;
	return false;
}

/* Whose namespaces are joined is needed, be it named in needs or not. */
static bool joins_another(const struct draft *d, const uint32_t *list, uint32_t count)
{
	bool is_there = !d->nodes[KEY_JOIN];

	for (uint32_t i = 0; i < count; i++)
		is_there |= list[i] == d->confine->roots.join_service;
	return !is_there;
}

/* The services that one key names, behind the n edges that are there; returns how many there are then. */
static uint32_t read_names(struct graph *g, const struct draft *d, enum key_id id, uint32_t n, struct list *ret)
{
	struct compile *c = g->c;
	const struct toml *array = d->nodes[id];
	const char *key = id == KEY_NEEDS ? "needs" : "after";
	uint32_t *list = arena_array(c->work, uint32_t, array ? array->count + 1 : 1), count = 0;

	for (const struct toml *e = array ? array->first : NULL; e; e = e->next) {
		int to = node_text(e) ? service_index(c, e->text) : -EINVAL;

		if (to == -ENOENT) {
			refuse_nobody(c, d->title, key, e, &c->services, "service");
		} else if (to >= 0 && is_named_before(array, e)) {
			refuse(c, e, "%s: %s: \"%s\" is named twice", d->title, key, e->text);
		} else if (to >= 0) {
			list[count++] = (uint32_t)to;
			g->edges[n++] = (struct edge){ (uint32_t)to, id == KEY_NEEDS, e };
		}
	}
	if (id == KEY_NEEDS && joins_another(d, list, count)) {
		list[count++] = d->confine->roots.join_service;
		g->edges[n++] = (struct edge){ d->confine->roots.join_service, true, d->nodes[KEY_JOIN] };
	}
	if (id == KEY_AFTER && d->nodes[KEY_NETWORK_JOIN] && service_index(c, d->nodes[KEY_NETWORK_JOIN]->text) >= 0) {
		list[count] = (uint32_t)service_index(c, d->nodes[KEY_NETWORK_JOIN]->text);
		g->edges[n++] = (struct edge){ list[count++], false, d->nodes[KEY_NETWORK_JOIN] };
	}
	*ret = image_array(c, list, count);
	return n;
}

static uint32_t edges_most(const struct compile *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->services.count; i++, n += 2) /* join, network.join */
		for (int id = KEY_NEEDS; id <= KEY_AFTER; id++)
			n += c->services.drafts[i].nodes[id] ? c->services.drafts[i].nodes[id]->count : 0;
	return n;
}

static void read_edges(struct graph *g)
{
	struct compile *c = g->c;
	uint32_t n = 0;

	g->edges = arena_array(c->work, struct edge, edges_most(c));
	g->first = arena_array(c->work, uint32_t, c->services.count + 1);
	for (uint32_t i = 0; i < c->services.count; i++) {
		g->first[i] = n;
		n = read_names(g, &c->services.drafts[i], KEY_NEEDS, n, &c->specs[i].needs);
		n = read_names(g, &c->services.drafts[i], KEY_AFTER, n, &c->specs[i].after);
	}
	g->first[c->services.count] = n;
}

static const char *name_of(const struct graph *g, uint32_t service)
{
	return table_name(g->c->table, &g->c->specs[service]);
}

/* The path leads back into itself: names its members from there on. */
static void refuse_cycle(struct graph *g, const struct edge *back)
{
	struct buf b = { .data = arena_array(g->c->work, char, ERROR_MAX), .size = ERROR_MAX };
	uint32_t i = 0;

	while (g->path[i].service != back->to)
		i++;
	for (; i < g->depth; i++)
		buf_fmt(&b, "%s %s ", name_of(g, g->path[i].service),
			g->edges[g->path[i].edge - 1].needs ? "needs" : "after");
	refuse(g->c, back->node, "%s: a cycle: %s%s; remove one of these",
		 g->c->services.drafts[g->path[g->depth - 1].service].title, buf_text(&b), name_of(g, back->to));
}

static void push(struct graph *g, uint32_t service)
{
	g->mark[service] = ON_PATH;
	g->path[g->depth++] = (struct step){ service, g->first[service] };
}

static void step(struct graph *g)
{
	struct step *top = &g->path[g->depth - 1];
	const struct edge *e;

	if (top->edge == g->first[top->service + 1]) {
		g->mark[top->service] = DONE;
		g->order[g->ordered++] = top->service;
		g->depth--;
		return;
	}
	e = &g->edges[top->edge++];
	if (g->mark[e->to] == UNSEEN)
		push(g, e->to);
	else if (g->mark[e->to] == ON_PATH)
		refuse_cycle(g, e);
}

/* Depth first in table order: each service comes right behind the last of those it waits for. */
static void sort(struct graph *g)
{
	uint32_t count = g->c->services.count;

	g->mark = arena_array(g->c->work, uint8_t, count);
	g->path = arena_array(g->c->work, struct step, count);
	g->order = arena_array(g->c->work, uint32_t, count);
	for (uint32_t i = 0; i < count; i++) {
		if (g->mark[i] == UNSEEN)
			push(g, i);
		while (g->depth)
			step(g);
	}
	g->c->table->order = image_array(g->c, g->order, g->ordered);
}

/* The edges the other way round; one that stands in both needs and after counts once. */
static void list_dependents(struct graph *g)
{
	struct compile *c = g->c;
	uint32_t count = c->services.count, total = g->first[count];
	uint32_t *lists = arena_array(c->work, uint32_t, total), *begin = arena_array(c->work, uint32_t, count + 1);
	uint32_t *used = arena_array(c->work, uint32_t, count);

	for (uint32_t i = 0; i < total; i++)
		begin[g->edges[i].to + 1]++;
	for (uint32_t i = 0; i < count; i++)
		begin[i + 1] += begin[i];
	for (uint32_t from = 0; from < count; from++)
		for (uint32_t i = g->first[from]; i < g->first[from + 1]; i++) {
			uint32_t to = g->edges[i].to, *list = lists + begin[to];

			if (!used[to] || list[used[to] - 1] != from)
				list[used[to]++] = from;
		}
	for (uint32_t i = 0; i < count; i++)
		c->specs[i].dependents = image_array(c, lists + begin[i], used[i]);
}

void order_finish(struct compile *c)
{
	struct graph g = { .c = c };

	read_edges(&g);
	sort(&g);
	list_dependents(&g);
}
