/*
 * The table: what is wanted. One flat image, made by a short-lived child from
 * the TOML files (services/compile.c), sealed in a memfd and mapped read-only by
 * PID 1. All references are offsets from the start of the image, so that it
 * means the same wherever it is mapped and after minit executed itself.
 *
 * 0 as a reference or an empty list is "not given".
 */
#ifndef SERVICES_TABLE_H
#define SERVICES_TABLE_H

#include <sched.h>
#include <string.h>

#include "cgroup/spec.h"
#include "lib/addr.h"
#include "lib/util.h"
#include "net/spec.h"
#include "services/confine.h"
#include "services/list.h"
#include "services/network.h"

#define TABLE_MAGIC 0x31544d6d /* "mMT1" */
#define TABLE_SERVICES_MAX 32768
#define TABLE_BRIDGES_MAX 1024
#define TABLE_LINKS_MAX 64 /* as there are bits in confine_spec.online */
#define TABLE_IPRULES_MAX 256
#define TABLE_SYSCTLS_MAX 64 /* of one network */
#define TABLE_NAME_MAX 63
#define TABLE_ARGS_MAX 4096 /* of one command */

/* The descriptors that the log helper is given: the table, then the read ends of the pipes by output_slot. */
#define LOG_TABLE_FD 3
#define LOG_FIRST_FD 4

enum restart { RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_NEVER };
enum ready { READY_EXEC, READY_EXIT };           /* up once exec succeeded / once it has exited with 0 (a task) */
enum output { OUTPUT_INHERIT, OUTPUT_CONSOLE, OUTPUT_NULL, OUTPUT_FILE }; /* the first three as keys.def has them */

struct rlimit_spec {
	uint32_t resource; /* RLIMIT_* */
	uint32_t reserved;
	uint64_t soft, hard; /* RLIM_INFINITY for "unlimited" */
};

/* A limit of a leaf: a file of cgroup v2, and what is written into it (cgroup_limit). */
struct limit_spec {
	uint32_t file_at, text_at;
};

/* [group.NAME]: a parent that leaves share. */
struct group_spec {
	uint32_t name_at;
	struct list limits;  /* struct limit_spec, in the order to write them */
	uint32_t reserved;
};

struct backoff_spec {
	uint32_t first_ms;   /* delay before the first restart that is not at once */
	uint32_t max_ms;     /* the cap */
	uint32_t factor_pct; /* growth, 200 = doubled each time */
	uint32_t jitter_pct; /* +- this part of the delay, at random */
	uint32_t stable_ms;  /* a run this long clears the history */
	uint32_t give_up;    /* failures in a row until FAILED; 0 = never */
};

struct service_spec {
	uint32_t name_at;
	uint32_t description_at;
	uint32_t line;            /* of [service.NAME], for messages */
	struct list exec;         /* uint32_t offsets of the arguments; at least one */
	struct list env;          /* uint32_t offsets of "NAME=value" */
	struct list env_file;     /* uint32_t offsets of paths; a leading '-': may be missing */
	uint32_t cwd_at, root_at;
	uint32_t user_at, group_at;   /* name or number, looked up in the service's root */
	struct list groups;       /* uint32_t offsets: supplementary groups */
	struct list needs, after; /* uint32_t service indexes: started after these; needs: also stopped before them */
	struct list dependents;   /* uint32_t service indexes that have this one in needs or after */
	struct list rlimits;      /* struct rlimit_spec */
	struct list limits;       /* struct limit_spec, in the order to write them */
	uint32_t namespaces;      /* CLONE_NEWNS | ... */
	uint32_t explicit_ns;     /* those of them that the service's own section asks for */
	uint32_t insists_at;      /* the first key of its own section that asks for one which the clone makes, or 0 */
	uint32_t umask;           /* UMASK_INHERIT when not given */
	uint32_t hosts_at;        /* text of /etc/hosts for it, or 0 */
	uint32_t hostname_at;     /* for its uts namespace; 0: its name */
	uint32_t output_at;       /* path when output is OUTPUT_FILE */
	uint32_t start_ms;        /* most time from start to ready; 0: no limit */
	uint32_t grace_ms;        /* from the stop signal to SIGKILL */
	struct backoff_spec backoff;
	struct net_attach attach;
	uint8_t stop_signal;
	uint8_t restart;          /* enum restart */
	uint8_t ready;            /* enum ready */
	uint8_t output;           /* enum output */
	uint8_t readonly;         /* the root is mounted read-only */
	uint8_t leaf;             /* 1: has a cgroup leaf */
	uint8_t explicit_leaf;    /* asked for by the service itself (a limit counts) */
	uint8_t init;             /* 1: minit's reaper is PID 1 of its pid namespace */
	uint8_t autostart;        /* 0: waits for `minit start` */
	uint8_t internal;         /* 1: minit's own (the log helper); not shown unless asked for */
	uint8_t reserved[2];
	uint32_t network_at;      /* struct network_spec, or 0 */
	uint32_t output_slot;     /* number among the services with OUTPUT_CONSOLE or _FILE, in table order */
	uint32_t confine_at;      /* struct confine_spec; never 0 */
};

#define UMASK_INHERIT UINT32_MAX

struct table {
	uint32_t magic, layout;   /* TABLE_MAGIC, layout_own.table */
	uint32_t size;            /* of the whole image; its last byte is NUL */
	int32_t main;             /* index of the main service, or -1 */
	uint32_t hostname_at;     /* [system] hostname, or 0 */
	uint32_t outputs;         /* how many services have an output_slot */
	struct list services;     /* struct service_spec, in table order */
	struct list order;        /* uint32_t service indexes, each after all it needs and comes after */
	struct list bridges;      /* struct net_bridge */
	struct list shards;       /* struct net_shard, those of a bridge side by side */
	struct list names;        /* uint32_t by bridge: text of its file of names, or 0 */
	struct list groups;       /* struct group_spec */
	struct list links;        /* struct net_link, each behind those it is upon or a port of */
	struct list link_routes;  /* struct net_route */
	struct list sysctls;      /* struct net_sysctl, in the order to write them */
	struct list iprules;      /* struct net_iprule */
	struct list ports;        /* struct net_port: published */
	struct list balanced;     /* struct net_group: of those, the ones of several services */
	struct list members;      /* struct net_member, those of a group side by side */
	struct list allow;        /* struct net_allow: who may reach whom */
	struct list ruleset;      /* bytes for ruleset_commit; none: nothing of it is wanted */
	struct list ruleset4;     /* the same without IPv6 */
	struct list near;         /* bytes of near_build, for ruleset_try; none: no bridge has so many members */
	struct list files;        /* uint32_t offsets: the files it was read from */
};

/* References. `t` is the mapped image; a list element is addressed by type. */
static inline const char *table_text(const struct table *t, uint32_t at)
{
	return at ? (const char *)t + at : NULL;
}

/* The same of one that is never absent: names, files of limits and their texts. table_verify has seen to that. */
__attribute__((returns_nonnull)) static inline const char *table_given(const struct table *t, uint32_t at)
{
	return (const char *)t + at;
}

#define table_list(t, list, type) ((const type *)(const void *)((const char *)(t) + (list).at))

static inline const struct service_spec *table_service(const struct table *t, uint32_t index)
{
	return table_list(t, t->services, struct service_spec) + index;
}

static inline const struct net_bridge *table_bridge(const struct table *t, uint32_t index)
{
	return table_list(t, t->bridges, struct net_bridge) + index;
}

/* Whether it has rules between ports: NET_BETWEEN. */
static inline bool table_has_between(const struct table *t)
{
	for (uint32_t i = 0; i < t->bridges.count; i++)
		if (table_bridge(t, i)->flags & NET_BETWEEN)
			return true;
	return false;
}

/* That an interface is on, or NULL. */
static inline const struct net_bridge *table_bridge_of(const struct table *t, const struct net_attach *attach)
{
	return attach->bridge < 0 ? NULL : table_bridge(t, (uint32_t)attach->bridge);
}

static inline const struct net_shard *table_shard(const struct table *t, uint32_t index)
{
	return table_list(t, t->shards, struct net_shard) + index;
}

static inline const struct net_link *table_link(const struct table *t, uint32_t index)
{
	return table_list(t, t->links, struct net_link) + index;
}

/* A setting of minit's own network: its file, and what is written into it. */
static inline const struct net_sysctl *table_sysctl(const struct table *t, uint32_t index)
{
	return table_list(t, t->sysctls, struct net_sysctl) + index;
}

__attribute__((returns_nonnull)) static inline const char *table_sysctl_path(const struct table *t, uint32_t index)
{
	return table_given(t, table_sysctl(t, index)->path_at);
}

__attribute__((returns_nonnull)) static inline const char *table_sysctl_value(const struct table *t, uint32_t index)
{
	return table_given(t, table_sysctl(t, index)->value_at);
}

static inline const struct group_spec *table_group_at(const struct table *t, uint32_t index)
{
	return table_list(t, t->groups, struct group_spec) + index;
}

/* The group of leaves that the service is in, or NULL. */
static inline const struct group_spec *table_group(const struct table *t, const struct confine_spec *confine)
{
	uint32_t group = confine->leaf.group;

	return group ? table_group_at(t, group - 1) : NULL;
}

/* Index of the group of leaves of this name, or -1. */
static inline int table_find_group(const struct table *t, const char *name)
{
	for (uint32_t i = 0; i < t->groups.count; i++)
		if (!strcmp(table_given(t, table_group_at(t, i)->name_at), name))
			return (int)i;
	return -1;
}

/* What is never absent: table_map has checked it. */
__attribute__((returns_nonnull)) static inline const struct confine_spec *
table_confine(const struct table *t, const struct service_spec *spec)
{
	return (const void *)((const char *)t + spec->confine_at);
}

/* Whether it is in another user namespace than minit, of its own or joined. */
static inline bool table_in_userns(const struct table *t, const struct service_spec *spec)
{
	return (spec->namespaces | table_confine(t, spec)->roots.join_flags) & CLONE_NEWUSER;
}

/*
 * Whose mounts it joins, if that has a user namespace: root inside mounts there what it likes, also what is minit's
 * root's. Else NULL. Who is joined may have joined them, too; a table has no circles.
 */
static inline const struct service_spec *table_mapped_owner(const struct table *t, const struct service_spec *spec)
{
	const struct roots_spec *roots = &table_confine(t, spec)->roots;
	const struct service_spec *owner = NULL;

	while (roots->join_flags & CLONE_NEWNS) {
		owner = table_service(t, roots->join_service);
		roots = &table_confine(t, owner)->roots;
	}
	return owner && roots->uids.count ? owner : NULL;
}

/* Whether it does, and joins that user namespace not. */
static inline bool table_is_stranger(const struct table *t, const struct service_spec *spec)
{
	const struct roots_spec *roots = &table_confine(t, spec)->roots;
	bool with_user = true;

	while (roots->join_flags & CLONE_NEWNS) {
		with_user &= (roots->join_flags & CLONE_NEWUSER) != 0;
		roots = &table_confine(t, table_service(t, roots->join_service))->roots;
	}
	return !with_user && roots->uids.count;
}

/* What it has of the network beside its addresses, or NULL. */
static inline const struct network_spec *table_network(const struct table *t, const struct service_spec *spec)
{
	return spec->network_at ? (const void *)((const char *)t + spec->network_at) : NULL;
}

/* Its eth number n: the record of the service has the first, that of its network further ones. NULL behind the last. */
static inline const struct net_attach *table_attach(const struct table *t, const struct service_spec *spec, uint32_t n)
{
	const struct network_spec *network = table_network(t, spec);

	if (!n)
		return &spec->attach;
	return network && n <= network->also.count ? table_list(t, network->also, struct net_attach) + n - 1 : NULL;
}

/* What the table gives it of this resource (RLIMIT_*), or NULL. */
static inline const struct rlimit_spec *table_rlimit(const struct table *t, const struct service_spec *spec,
						     uint32_t resource)
{
	const struct rlimit_spec *list = table_list(t, spec->rlimits, struct rlimit_spec);

	for (uint32_t i = 0; i < spec->rlimits.count; i++)
		if (list[i].resource == resource)
			return &list[i];
	return NULL;
}

/* Whose network is kept for a service: its own, unless network.join says another's. */
static inline uint32_t table_network_owner(const struct table *t, uint32_t index)
{
	const struct network_spec *network = table_network(t, table_service(t, index));

	return network && network->joins ? network->joins - 1 : index;
}

/* Whose network it is in: that of a process that it joins (join), too. An image may have a circle of them, once. */
static inline uint32_t table_network_of(const struct table *t, uint32_t index)
{
	const struct roots_spec *roots = &table_confine(t, table_service(t, index))->roots;

	for (uint32_t n = 0; roots->join_flags & CLONE_NEWNET && n < t->services.count; n++) {
		index = roots->join_service;
		roots = &table_confine(t, table_service(t, index))->roots;
	}
	return table_network_owner(t, index);
}

__attribute__((returns_nonnull)) static inline const char *table_name(const struct table *t,
								       const struct service_spec *spec)
{
	return table_given(t, spec->name_at);
}

/* Text number i of a list of text offsets. */
__attribute__((returns_nonnull)) static inline const char *table_item(const struct table *t, struct list list,
								       uint32_t i)
{
	return (const char *)t + table_list(t, list, uint32_t)[i];
}

/* Index of the service of this name, or -ENOENT. */
int table_find(const struct table *t, const char *name);

/* Whether anything of minit's network or of its services' is asked for. */
bool table_has_network(const struct table *t);

/* The same, fast where it is the one at `near` or the one behind that: of two tables that are alike. */
int table_find_near(const struct table *t, const char *name, uint32_t near);

/*
 * Index of the one of this name in a list of records that begin with that (bridges, shards, links), or -1; looked for
 * from number `near` on.
 */
int table_find_link(const struct table *t, struct list list, size_t size, const char *name, uint32_t near);

/* The same of each of these lists. */
static inline int table_bridge_named(const struct table *t, const char *name, uint32_t near)
{
	return table_find_link(t, t->bridges, sizeof(struct net_bridge), name, near);
}

static inline int table_shard_named(const struct table *t, const char *name, uint32_t near)
{
	return table_find_link(t, t->shards, sizeof(struct net_shard), name, near);
}

static inline int table_link_named(const struct table *t, const char *name, uint32_t near)
{
	return table_find_link(t, t->links, sizeof(struct net_link), name, near);
}

struct table_source {
	const char *const *paths; /* files in order, a later one may override a key of an earlier one */
	uint32_t count;
	char *const *argv;        /* a command line that becomes the main service beside the table's, or NULL */
	const struct table *before; /* whose place it may take while services run, mapped; NULL: none */
	bool minit_log;           /* append the internal service of the log helper when an output needs it */
};

/*
 * Parses, checks and compiles in a child process; errors go to standard error,
 * all of them, as file:line:column. Returns a sealed memfd of the image
 * (O_CLOEXEC) or -errno; -EINVAL: the table is wrong and that has been said.
 * Waits for the child, so it is for boot and tools only. services/table.c
 */
must_check int table_compile(const struct table_source *source);

/*
 * Maps an image read-only and checks it: magic, layout, seals, and that every
 * reference lies inside. NULL with *ret_err = -errno. Lives until unmapped by
 * table_unmap.
 */
const struct table *table_map(int memfd, int *ret_err);
void table_unmap(const struct table *t);

/*
 * For the checks of an image: the addresses are some; the shard is one of its bridge; what is said of the network is
 * good (services/table_net.c).
 */
bool table_addrs(const struct addr *list, unsigned count);
bool table_has_shard(const struct table *t, const struct net_attach *a);
bool table_verify_network(const struct table *t);

/*
 * What table_map checks of the bytes themselves: 0, -EPROTO (of another layout) or -EBADMSG. After it every reference
 * is good.
 */
must_check int table_verify(const struct table *t, size_t size);

/*
 * The files of the default place: /etc/minit/minit.toml, then
 * /etc/minit/conf.d/NAME.toml in byte order, under `root` ("" for /). Returns how many were
 * put into paths[max] (text in mem), or -errno; 0 when there are none. What is there and cannot be looked at is one, so
 * that it is told.
 */
#define TABLE_FILES_MAX 256
#define TABLE_FILES_TEXT 32768 /* of their names */
int table_default_files(const char *root, const char **paths, uint32_t max, struct buf *mem);

/* What a person needs to know of the error that it returned. */
const char *table_why_no_files(int err);

#endif
