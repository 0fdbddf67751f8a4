/*
 * How a table is compiled: the parts of it share struct compile. All of this
 * runs in a short-lived child (or in `minit check` and the tests), never in PID 1.
 */
#ifndef SERVICES_COMPILE_H
#define SERVICES_COMPILE_H

#include "lib/toml.h"
#include "services/errors.h"
#include "services/keys.h"
#include "services/set.h"
#include "services/table.h"

/* What a section of the files has given, so that later checks can point to it. */
struct draft {
	const char *title;         /* for messages: "service.web" */
	const struct toml *header; /* that first mentioned it; NULL: not from a file */
	const struct toml *nodes[KEY_COUNT]; /* good values */
	uint64_t seen[(KEY_COUNT + 63) / 64]; /* bit per key: given, be it good or not */
	struct confine_spec *confine;        /* of a service, or of [defaults] */
};

/* The sections of one kind that have a name: services or bridges. */
struct group {
	struct set names;     /* name -> index + 1 */
	struct draft *drafts;
	uint32_t count, most;
};

struct compile {
	struct arena *work;   /* given back when the image is done */
	struct arena *image;  /* grows to the image; never moves */
	struct table *table;  /* its start */
	struct errors errors;
	bool is_cut;          /* a file has syntax errors: what is missing may have been lost there */
	const char **paths;
	const struct toml **roots; /* of the files */
	uint32_t files;
	struct set texts;     /* of the image: text -> offset */
	struct group services, bridges, links, leaf_groups;
	struct service_spec *specs;   /* in the image, by index */
	struct net_bridge *bridge_specs;
	struct net_shard *shards;    /* not in the image itself */
	uint32_t shard_count;
	struct net_link *link_specs; /* not in the image yet */
	struct net_route *link_routes; /* room for those of all links */
	uint32_t link_route_count;
	struct group_spec *group_specs;
	struct draft system, own, defaults; /* own: [network] */
	struct service_spec builtin;  /* what keys.def makes of a service */
	struct service_spec template; /* what [defaults] make of it */
	struct confine_spec builtin_confine, template_confine;
	struct set records;   /* of the image: bytes -> offset */
	const struct table *before; /* that it may take the place of, or NULL */
	uint32_t *numbers;    /* of services, by which their ports are called; services/numbers.c */
	uint64_t nowhere;
};

/* A section while its keys are applied. */
struct section {
	struct compile *c;
	enum key_section kind;
	struct draft *draft;
	void *target; /* struct service_spec, net_bridge, net_link, group_spec or table */
};

/*
 * Compiles the source into the image. 0, or -EINVAL with the errors in
 * ret->errors and the paths they speak of in ret->paths. services/compile.c
 */
must_check int compile(const struct table_source *source, struct arena *work, struct arena *image,
		       struct compile *ret);

/* The same of texts in memory. */
struct compile_file {
	const char *path, *text; /* text[len] is a NUL */
	size_t len;
};
must_check int compile_files(const struct compile_file *files, uint32_t count,
			     const struct table_source *source, struct arena *work, struct arena *image,
			     struct compile *ret);

/* A copy in the memory that is given back. */
struct confine_spec *confine_copy(struct compile *c, const struct confine_spec *from);

/* -- services/table_image.c: what is written into the image -- */

/* Appends to the image; equal texts are kept once. */
uint32_t image_text(struct compile *c, const char *text, size_t len);
uint32_t image_string(struct compile *c, const char *text);
struct list image_list(struct compile *c, const void *elements, uint32_t count, size_t size, size_t align);

/* The offset of these bytes, 8-aligned; equal ones are kept once. */
uint32_t image_record(struct compile *c, const void *record, size_t size);

#define image_array(c, array, n) image_list(c, array, n, sizeof(*(array)), _Alignof(__typeof__(*(array))))

/* -- services/names.c: what sections are called -- */

#define LOG_HELPER "minit-log"

/* The table of this name in another one (or in NULL), or NULL. */
const struct toml *section_of(const struct toml *root, const char *name);

/* `section` and `name` as one text, such as "service.web". */
const char *name_title(struct compile *c, const char *section, const char *name);

/* Keys with a NUL in them would pass for others: none may be anywhere below. */
void name_keys(struct compile *c, const struct toml *table);

/* Empty groups, with room for what the parsed files can name at most. */
void names_open(struct compile *c);

/* Notes the named sections of a file. What has no good name is told and left out. */
void names_read(struct compile *c, const struct toml *root);

/* The draft of one more, for which names_open has made room. */
struct draft *group_add(struct group *g, const char *name, const char *title, const struct toml *node);

/* Index in the group, or -1. */
int group_index(const struct group *g, const char *name);

/* Index of a service, or -ENOENT. */
int service_index(const struct compile *c, const char *name);

/* -- services/sections.c: the keys of a section -- */

/* Reads a section's table (NULL: it has none) into the draft and the target that struct section describes. */
void section_read(struct compile *c, const struct toml *table, enum key_section kind, struct draft *draft,
		  void *target);

/* The keys of [network], beside which the sections of bridges and links stand. */
void section_read_own(struct compile *c, const struct toml *network);

/* -- services/values.c: what a key's value means -- */

/* Reads a value; false when it is not what the key wants. What it reports itself it answers with true. */
typedef bool take_fn(struct section *s, const struct key *key, const struct toml *node, void *field);
#define KIND(name, function, option) take_fn function;
#include "services/kinds.def"

struct ruleset_plan;
#undef KIND

/* Reads a value into `field` (of the type that the key's kind means). Errors are told. */
void value_take(struct section *s, const struct key *key, const struct toml *node, void *field);

/* A string node, or the first of an array of them (of NULL none); then the next. services/values_net.c */
bool is_text_or_texts(const struct toml *node);
const struct toml *text_first(const struct toml *node);
const struct toml *text_next(const struct toml *list, const struct toml *node);

/* How many of them services have for a key of theirs. */
uint32_t texts_of_all(const struct compile *c, enum key_id id);

/* True for network.NAME; services/values_net.c. */
bool is_network_key(enum key_id id);

/* The text of a string node without a NUL in it, or NULL. */
const char *node_text(const struct toml *node);

/* A string or an integer as text, or NULL. */
const char *scalar_text(struct section *s, const struct toml *node);

/* A word that can be the name of a service, a file or a host. */
bool name_is_good(const char *name, size_t most);

/* One that the table takes for links and bridges, and the kernel for interfaces. */
bool ifname_is_good(const char *name);

/* -- services/append.c: services of minit's own making -- */

/* One with what holds without a table; exec is argv up to a NULL. */
struct service_spec *service_append(struct compile *c, const char *name, char *const *argv);

/* The command line as the service "main", or an error if the table has one already. */
void append_command(struct compile *c, char *const *argv);

void append_log_helper(struct compile *c);

/* -- what is left once all sections are read -- */

/* All of it, in its order; services/finish.c. */
void compile_finish(struct compile *c, const struct table_source *source);

bool is_seen(const struct draft *d, enum key_id id);

/* The first key from `from` on that was given, or KEY_COUNT. */
unsigned seen_from(const struct draft *d, unsigned from);

/* What is given for a key: by the section itself, else by [defaults]. */
const struct toml *given(const struct compile *c, const struct draft *d, enum key_id id);

/* What the service's own section asks for is no default. */
void insist_on(struct compile *c, struct service_spec *spec, enum key_id id, uint32_t flags);

#define NEEDS_OWN "needs a namespace of its own, and join takes another's; remove one of the two"

/*
 * A key that works only in a namespace of the service's own: one that the
 * service gives asks for the namespace, and without it is an error.
 */
void need_given(struct compile *c, struct service_spec *spec, const struct draft *d, const struct toml *node,
		enum key_id id, uint32_t flag, const char *word);
static inline void need_namespace(struct compile *c, struct service_spec *spec, const struct draft *d, enum key_id id,
				  uint32_t flag, const char *word)
{
	const struct toml *node = given(c, d, id);

	if (node)
		need_given(c, spec, d, node, id, flag, word);
}

void roots_finish(struct compile *c, struct service_spec *spec, struct draft *d); /* what follows for its root */

/* The path with each name behind one slash, and no ".": so it is known to be another's (services/kept.c). */
const char *plain_path(struct compile *c, const char *text);
void kept_check(struct compile *c);     /* what may not be within an overlay; services/kept.c */
void roots_reapers(struct compile *c);  /* which are to be held back, likewise; services/roots.c */
void roots_ranges(struct compile *c);   /* ids of user namespaces, when all services are known; services/roots.c */

/* What depends on whether a key was given at all; services/values_privileges.c. */
void privileges_finish(struct compile *c, struct service_spec *spec, const struct draft *d);

/* For a command line: it may all that minit may, as it would without a table. */
void privileges_keep(struct confine_spec *confine);

void numbers_finish(struct compile *c); /* before what is named by them; services/numbers.c */
void network_finish(struct compile *c); /* bridges, addresses, /etc/hosts; services/address.c */
void bridge_finish(struct compile *c, uint32_t index); /* which options it was given; services/values_link.c */
uint32_t links_on(const struct compile *c, uint32_t bridge); /* how many are ports of it; services/values_link.c */
void links_finish(struct compile *c);   /* links and who waits for them; services/values_link.c */
void own_finish(struct compile *c);     /* [network] itself, and rules of links; services/own.c */
void attend_append(struct compile *c);  /* services that links bring along; services/attend.c */
void attend_finish(struct compile *c, const uint8_t *place); /* what they wait for; place: of each link in the table */
bool has_port_isolation(const struct compile *c, int32_t bridge); /* -1: no bridge */
void seccomp_finish(struct compile *c); /* when namespaces and capabilities are known; services/values_seccomp.c */
void allow_finish(struct compile *c, struct ruleset_plan *plan); /* puts plan->allow */
void order_finish(struct compile *c);   /* needs, after, order; services/order.c */

/* -- services/refuse.c: what is said of a wrong table -- */

/* An error at a node's value. */
printf_like(3, 4) void refuse(struct compile *c, const struct toml *node, const char *fmt, ...);

/* The same at a node's key. */
printf_like(3, 4) void refuse_key(struct compile *c, const struct toml *node, const char *fmt, ...);

/* `title: key: found ...; wants ...`, at the value; nothing of a broken one, of which all is said. */
void refuse_value(struct section *s, const char *name, const struct toml *node, const char *want);

/* The same without a section. */
void refuse_named(struct compile *c, const char *title, const char *name, const struct toml *node, const char *want);

/* The same of text that is none of the values that the key takes. */
void refuse_text(struct compile *c, const struct draft *d, enum key_id id, const struct toml *node);

/* Says of one element what would be said of the whole value. */
void refuse_element(struct section *s, const struct key *key, const struct toml *node);

/* `title: unknown key ...`, at the key. */
void refuse_unknown(struct compile *c, const char *title, const char *what, const struct toml *node,
		    const char *name, const char *nearest);

/* `title: name: stands in [...], not here`, if it is a key of another section. */
bool refuse_elsewhere(struct compile *c, const char *title, const struct toml *node, const char *name);

/* `title: table: unknown key ...`, with the nearest of "a|b|c", or all of them. table: "mounts./data" */
void refuse_inner(struct compile *c, const char *title, const char *table, const struct toml *node, const char *words);

/* `title: unknown key ...; there is ...`, of what begins as the keys "a|b|c" do. */
void refuse_of_group(struct compile *c, const char *title, const struct toml *node, const char *name,
		     const char *words);

/* `title: key: there is no ... "name"`, with the nearest name of the group. */
void refuse_nobody(struct compile *c, const char *title, const char *key, const struct toml *node,
		   const struct group *group, const char *what);

#endif
