#include "services/syscalls.h"

#include <errno.h>
#include <linux/capability.h>
#include <stddef.h>
#include <string.h>

#define CAP(name) ((uint64_t)1 << CAP_##name)
#define G(name) (1u << GROUP_##name)

/* One member for each name, and offsets in place of pointers, which would be relocated. */
static const struct {
#define SYSCALL(name, ...) char name[sizeof(#name)];
#include "services/syscalls.def"
#undef SYSCALL
} names = {
#define SYSCALL(name, ...) #name,
#include "services/syscalls.def"
#undef SYSCALL
};

static const struct {
	uint32_t groups;
	int16_t numbers[2]; /* by enum syscall_arch */
	uint16_t name;      /* offset in `names` */
	uint16_t reason;
} calls[] = {
#define SYSCALL(name, x86_64, aarch64, reason, groups) \
	{ groups, { x86_64, aarch64 }, offsetof(__typeof__(names), name), REASON_##reason },
#include "services/syscalls.def"
#undef SYSCALL
};

static const uint64_t reasons[] = {
	0,
#define REASON(id, caps, words) caps,
#include "services/syscall_reasons.def"
#undef REASON
};

static const struct {
	char name[16];
	uint32_t groups;
} groups[] = {
#define GROUP(id, name, words) { name, G(id) },
#define UNION(id, name, groups, words) { name, groups },
#include "services/syscall_groups.def"
#undef GROUP
#undef UNION
};

static const struct {
	char name[16];
	uint16_t number;
} errors[] = {
#define ERRNO(name) { #name, name },
#include "services/errnos.def"
#undef ERRNO
};

int syscall_number(enum syscall_id id, enum syscall_arch arch)
{
	return calls[id].numbers[arch];
}

const char *syscall_name(enum syscall_id id)
{
	return (const char *)&names + calls[id].name;
}

int syscall_find(const char *name)
{
	for (int id = 0; id < SYSCALL_COUNT; id++)
		if (!strcmp(syscall_name((enum syscall_id)id), name))
			return id;
	return -ENOENT;
}

bool syscall_is_elsewhere(const char *name)
{
	static const char all[] =
#define ELSEWHERE(name) #name "\0"
#include "services/elsewhere.def"
#undef ELSEWHERE
		;

	for (const char *at = all; at < all + sizeof(all) - 1; at += strlen(at) + 1)
		if (!strcmp(at, name))
			return true;
	return false;
}

uint32_t syscall_groups(enum syscall_id id)
{
	return calls[id].groups;
}

enum syscall_reason syscall_reason(enum syscall_id id)
{
	return (enum syscall_reason)calls[id].reason;
}

uint64_t syscall_caps(enum syscall_id id)
{
	return reasons[calls[id].reason];
}

uint32_t syscall_group_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (!strcmp(groups[i].name, name))
			return groups[i].groups;
	return 0;
}

void syscall_each_name(syscall_see_fn *see, void *context)
{
	for (int id = 0; id < SYSCALL_COUNT; id++)
		see(context, syscall_name((enum syscall_id)id));
}

void syscall_each_group(syscall_see_fn *see, void *context)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		see(context, groups[i].name);
}

int errno_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (!strcmp(errors[i].name, name))
			return errors[i].number;
	return -ENOENT;
}

const char *errno_name(int err)
{
	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (errors[i].number == err)
			return errors[i].name;
	return NULL;
}
