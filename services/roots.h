/*
 * What a service sees of the file system, and whose ids it has: what the keys of keys_root.def come to. Part of struct
 * confine_spec; offsets and lists are those of the image.
 */
#ifndef SERVICES_ROOTS_H
#define SERVICES_ROOTS_H

#include "lib/util.h"
#include "services/list.h"

/* As the words of mounts."/target" stand in values_root.c. */
enum mount_kind { MOUNT_RBIND, MOUNT_BIND, MOUNT_TMPFS, MOUNT_MASKED, MOUNT_READONLY, MOUNT_KINDS };
#define MOUNT_SHARED_MAX 8 /* of one service */
#define MOUNT_EARLY_MAX 64 /* likewise, without a root of its own: what is bound, and not shared */

enum mount_spread { MOUNT_PRIVATE, MOUNT_SLAVE, MOUNT_SHARED, MOUNT_SPREADS };

struct mount_spec {
	uint32_t target_at;
	uint32_t source_at;  /* of a bind */
	uint32_t options_at; /* of a tmpfs, as mount_make takes them */
	uint32_t attr;       /* MOUNT_ATTR_* that are set */
	uint8_t kind;        /* enum mount_kind */
	uint8_t spread;      /* enum mount_spread */
	uint8_t idmap;       /* 1: its files belong to ids of the user namespace as they do outside */
	uint8_t reserved;
};

static inline bool mount_is_early(const struct mount_spec *m)
{
	return (m->kind == MOUNT_BIND || m->kind == MOUNT_RBIND) && m->spread != MOUNT_SHARED;
}

/* As their words stand in keys_root.def. What is not given is settled by services/roots.c. */
enum own_proc { PROC_MASKED, PROC_OPEN, PROC_PIDS, PROC_NONE };
enum own_sys { SYS_READONLY, SYS_WRITABLE, SYS_NONE, SYS_SEALED };
enum own_dev { DEV_MINIMAL, DEV_ALL, DEV_NONE };
enum idmap { IDMAP_AUTO, IDMAP_YES, IDMAP_NO };
enum userns { USERNS_NONE, USERNS_AUTO, USERNS_MAPS };
enum asked { ASKED_PROC = 1, ASKED_SYS = 2, ASKED_DEV = 4, ASKED_ALL = 7 }; /* bits */
enum mask_kind { MASK_FILE, MASK_DIRECTORY, MASK_READONLY, MASK_OF_SYS, MASK_OF_CPU }; /* services/masks.def */
enum hidepid { HIDEPID_OFF, HIDEPID_NOACCESS, HIDEPID_INVISIBLE, HIDEPID_PTRACEABLE };

#define ROOTS_SECRETS "/run/secrets" /* where a service with a mount namespace has them */

/* A line of uid_map or gid_map: user_namespaces(7). */
struct id_range {
	uint32_t inside, outside, count;
};

struct secret_spec {
	uint32_t name_at;
	uint32_t source_at;
};

struct roots_spec {
	int64_t monotonic_ms, boottime_ms; /* offsets of the clocks */
	struct list mounts;      /* struct mount_spec, by target: what is upon another comes behind it */
	struct list nodes;       /* texts: devices in the service's own /dev beside the usual ones */
	struct list uids, gids;  /* struct id_range; none: no user namespace of its own */
	struct list secrets;     /* struct secret_spec */
	struct list state, cache, logs, runtime; /* texts: directories below /var/lib, /var/cache, /var/log, /run */
	uint32_t directory_mode; /* of these */
	uint32_t join_flags;     /* CLONE_NEW* that are those of another service */
	uint32_t join_service;   /* its index */
	uint32_t overlay_at;     /* "tmpfs", or the directory that keeps what is written */
	uint8_t proc;            /* enum own_proc */
	uint8_t sys;             /* enum own_sys */
	uint8_t dev;             /* enum own_dev */
	uint8_t hidepid;         /* enum hidepid */
	uint8_t private_tmp;
	uint8_t deny_setgroups;  /* in the user namespace, for good */
	uint8_t idmap;           /* enum idmap */
	uint8_t userns;          /* enum userns */
	uint8_t asked;           /* enum asked: by the service's own section, so no default */
	uint8_t image;           /* its root may be an image: it was no directory when the table was read */
	uint8_t held;            /* who may trace its reaper is in its pid namespace: so that is held back */
	uint8_t reserved;
};

#define ROOTS_DIRECTORIES 1024 /* bytes of the paths of one kind of directories, as its variable has them */

/* Whether there are directories that are given to its user. */
static inline bool roots_has_directories(const struct roots_spec *roots)
{
	return roots->state.count || roots->cache.count || roots->logs.count || roots->runtime.count;
}

#endif
