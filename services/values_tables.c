/* Values that are tables of names: the environment, and limits of resources. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/text.h"
#include "services/compile.h"

static bool is_same_variable(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return !strncmp(a, b, n) && b[n] == '=';
}

/* What is there of an environment is kept but for the names that come anew. */
static uint32_t keep_variables(struct compile *c, struct list env, uint32_t *texts, uint32_t fresh)
{
	const uint32_t *old = table_list(c->table, env, uint32_t);
	uint32_t n = fresh;

	for (uint32_t i = 0; i < env.count; i++) {
		bool anew = false;

		for (uint32_t k = 0; k < fresh && !anew; k++)
			anew = is_same_variable(c->image->base + texts[k], c->image->base + old[i]);
		if (!anew)
			texts[n++] = old[i];
	}
	return n;
}

static uint32_t put_variable(struct section *s, const struct toml *node, const char *value)
{
	const char *text = arena_put(s->c->work, node->key, node->key_len);

	arena_put(s->c->work, "=", 1);
	arena_put(s->c->work, value, strlen(value) + 1);
	return image_string(s->c, text);
}

bool take_environment(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct list *env = field;
	uint32_t *texts, n = 0;

	(void)key;
	if (node->type != TOML_TABLE)
		return false;
	texts = arena_array(s->c->work, uint32_t, node->count + env->count);
	for (const struct toml *e = node->first; e; e = e->next) {
		const char *value = scalar_text(s, e);
		BUF_ON_STACK(name, 80);

		buf_fmt(&name, "env.%.60s", e->key);
		if (!value)
			refuse_value(s, buf_text(&name), e, "a text or a number");
		else if (!e->key_len || strlen(e->key) != e->key_len || strchr(e->key, '='))
			refuse(s->c, e, "%s: env: the name of a variable has no = in it and is not empty",
				 s->draft->title);
		else
			texts[n++] = put_variable(s, e, value);
	}
	n = keep_variables(s->c, *env, texts, n);
	*env = image_array(s->c, texts, n);
	return true;
}

static const struct {
	char name[11];
	uint8_t resource;
} resources[] = {
#define RLIMIT(name, resource) { name, RLIMIT_##resource },
#include "services/rlimits.def"
#undef RLIMIT
};

const char *resource_name(uint32_t resource)
{
	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		if (resources[i].resource == resource)
			return resources[i].name;
	return "";
}

static int resource_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		if (!strcmp(resources[i].name, name))
			return resources[i].resource;
	return -ENOENT;
}

static bool read_rlimit(const struct toml *node, uint64_t *ret)
{
	const char *text = node_text(node);

	*ret = RLIM_INFINITY;
	if (node->type == TOML_INTEGER)
		*ret = (uint64_t)node->number;
	if (node->type == TOML_INTEGER)
		return node->number >= 0;
	return text && (!strcmp(text, "unlimited") || !text_size(text, ret));
}

/* Of `name`: "rlimits.nofile". */
static bool take_rlimit_part(struct section *s, const char *name, const struct toml *e, uint64_t *ret)
{
	BUF_ON_STACK(part, 48);

	if (read_rlimit(e, ret))
		return true;
	buf_fmt(&part, "%s.%s", name, e->key);
	refuse_value(s, buf_text(&part), e, "a number, a size such as \"64M\" or \"unlimited\"");
	return false;
}

static bool take_rlimit_pair(struct section *s, const char *name, const struct toml *node, struct rlimit_spec *spec)
{
	bool soft = false, hard = false, good = true;

	for (const struct toml *e = node->first; e; e = e->next) {
		bool is_soft = !strcmp(e->key, "soft"), is_hard = !strcmp(e->key, "hard");

		if (is_soft || is_hard)
			good &= take_rlimit_part(s, name, e, is_soft ? &spec->soft : &spec->hard);
		else
			refuse_inner(s->c, s->draft->title, name, e, "soft|hard");
		good &= is_soft || is_hard;
		soft |= is_soft;
		hard |= is_hard;
	}
	if (good && (!soft || !hard || spec->soft > spec->hard))
		refuse_value(s, name, node, "both soft and hard, and soft not above hard, such as "
			     "{ soft = 1024, hard = 4096 }");
	return good && soft && hard && spec->soft <= spec->hard;
}

static bool take_rlimit_value(struct section *s, const char *name, const struct toml *node, struct rlimit_spec *spec)
{
	if (node->type == TOML_TABLE)
		return take_rlimit_pair(s, name, node, spec);
	if (!read_rlimit(node, &spec->soft)) {
		refuse_value(s, name, node, "a number, a size such as \"64M\", \"unlimited\" or "
			     "{ soft = 1024, hard = 4096 }");
		return false;
	}
	spec->hard = spec->soft;
	return true;
}

/* Every resource once, in the order of their numbers. */
static void put_rlimit(struct rlimit_spec *all, const struct rlimit_spec *spec)
{
	all[spec->resource] = *spec;
}

static void refuse_resource(struct section *s, const struct toml *node)
{
	struct nearest n = nearest_begin(node->key);

	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		nearest_try(&n, resources[i].name);
	refuse_unknown(s->c, s->draft->title, "resource", node, node->key, n.best);
}

static void take_rlimit(struct section *s, const struct toml *node, struct rlimit_spec *all, bool *has)
{
	int resource = resource_find(node->key);
	struct rlimit_spec spec = { .resource = (uint32_t)resource };
	BUF_ON_STACK(name, 32);

	if (resource < 0) {
		refuse_resource(s, node);
		return;
	}
	buf_fmt(&name, "rlimits.%s", node->key);
	if (take_rlimit_value(s, buf_text(&name), node, &spec)) {
		put_rlimit(all, &spec);
		has[resource] = true;
	}
}

bool take_rlimits(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct list *list = field;
	const struct rlimit_spec *old = table_list(s->c->table, *list, struct rlimit_spec);
	struct rlimit_spec all[RLIM_NLIMITS] = { 0 };
	bool has[RLIM_NLIMITS] = { 0 };
	uint32_t n = 0;

	(void)key;
	if (node->type != TOML_TABLE)
		return false;
	for (uint32_t i = 0; i < list->count; i++) {
		put_rlimit(all, &old[i]);
		has[old[i].resource] = true;
	}
	for (const struct toml *e = node->first; e; e = e->next)
		take_rlimit(s, e, all, has);
	for (uint32_t i = 0; i < RLIM_NLIMITS; i++)
		if (has[i])
			all[n++] = all[i];
	*list = image_array(s->c, all, n);
	return true;
}
