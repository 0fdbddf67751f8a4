/* The system calls that minit knows, by name, number and group: services/syscalls.def. */
#ifndef SERVICES_SYSCALLS_H
#define SERVICES_SYSCALLS_H

#include <linux/audit.h>

#include "lib/util.h"

enum syscall_id {
#define SYSCALL(name, x86_64, aarch64, reason, groups) SYSCALL_##name,
#include "services/syscalls.def"
#undef SYSCALL
	SYSCALL_COUNT
};

#define SYSCALL_NUMBERS 512 /* all known numbers are below */

enum syscall_arch { SYSCALLS_X86_64, SYSCALLS_AARCH64 };

/* Of another machine the numbers are not known: it has to be built without CONFIG_SECCOMP. */
#if defined(__x86_64__)
#define SYSCALLS_NATIVE SYSCALLS_X86_64
#define SYSCALLS_NATIVE_AUDIT AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SYSCALLS_NATIVE SYSCALLS_AARCH64
#define SYSCALLS_NATIVE_AUDIT AUDIT_ARCH_AARCH64
#endif

enum syscall_group {
#define GROUP(id, name, words) GROUP_##id,
#define UNION(id, name, groups, words)
#include "services/syscall_groups.def"
#undef GROUP
#undef UNION
};

/* Why a call is refused by the profile "default"; REASON_NONE: it is not. */
enum syscall_reason {
	REASON_NONE,
#define REASON(id, caps, words) REASON_##id,
#include "services/syscall_reasons.def"
#undef REASON
};

/* -1 where there is none. */
int syscall_number(enum syscall_id id, enum syscall_arch arch);

const char *syscall_name(enum syscall_id id);

/* enum syscall_id, or -ENOENT. */
int syscall_find(const char *name);

/* Whether it is one of other machines alone: services/elsewhere.def. */
bool syscall_is_elsewhere(const char *name);

/* Bits of enum syscall_group. */
uint32_t syscall_groups(enum syscall_id id);

enum syscall_reason syscall_reason(enum syscall_id id);

/* The capabilities (bits of CAP_*) of which one lifts the reason. */
uint64_t syscall_caps(enum syscall_id id);

/* The groups that this name stands for (without the @), or 0. */
uint32_t syscall_group_find(const char *name);

/* errno of a name, or -ENOENT; the name of one (0: "0"), or NULL. services/errnos.def */
int errno_find(const char *name);
const char *errno_name(int err);

/* Calls `see` with the name of every system call, or of every group. */
typedef void syscall_see_fn(void *context, const char *name);
void syscall_each_name(syscall_see_fn *see, void *context);
void syscall_each_group(syscall_see_fn *see, void *context);

#endif
