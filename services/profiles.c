/* What the profiles of seccomp allow: services/syscalls.def, and here by the arguments of a call. */
#include <asm/ioctls.h>
#include <errno.h>
#include <linux/sched.h>
#include <sys/personality.h>
#include <sys/socket.h>

#include "services/seccomp.h"

#define YES SECCOMP_RET_ALLOW
#define NO SECCOMP_ERRNO(EPERM)
#define NOT_HERE SECCOMP_ERRNO(EAFNOSUPPORT) /* as of a family that the kernel has not, so that programs do without */

/* In clone(2) CLONE_NEWTIME would be a part of the signal's number. */
#define CLONE_NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define ALL_NAMESPACES (CLONE_NAMESPACES | CLONE_NEWTIME)

static const struct seccomp_range no_bit[] = { { 0, YES }, { 1, NO } };

/* Those without a user any more, AF_ALG and AF_VSOCK: the former opens holes, the latter leads out of the machine. */
#define FROM_DECNET_TO_VSOCK \
	{ 12 /* DECnet */, NOT_HERE }, { 13, YES }, { 19 /* ECONET, ATMSVC */, NOT_HERE }, { 21, YES }, \
	{ 23 /* IRDA */, NOT_HERE }, { 24, YES }, { 25 /* WANPIPE */, NOT_HERE }, { 26, YES }, \
	{ 34 /* ISDN */, NOT_HERE }, { 35, YES }, { 37 /* CAIF, ALG */, NOT_HERE }, { 39, YES }, \
	{ 40 /* VSOCK */, NOT_HERE }, { 41, YES }

static const struct seccomp_range families[] = {
	{ 0, YES }, FROM_DECNET_TO_VSOCK, { 46 /* newer ones */, NOT_HERE },
};

static const struct seccomp_range families_strict[] = {
	{ 0, NOT_HERE }, { AF_UNIX, YES }, { AF_INET + 1, NOT_HERE }, { AF_INET6, YES }, { AF_INET6 + 1, NOT_HERE },
	{ AF_NETLINK, YES }, { AF_NETLINK + 1, NOT_HERE },
};

/* Linux, Linux of 32 bits, each as 2.6 or not; the last one asks only. */
static const struct seccomp_range personalities[] = {
	{ 0, YES }, { 1, NO }, { PER_LINUX32, YES }, { PER_LINUX32 + 1, NO }, { UNAME26, YES }, { UNAME26 + 1, NO },
	{ UNAME26 | PER_LINUX32, YES }, { (UNAME26 | PER_LINUX32) + 1, NO }, { UINT32_MAX, YES },
};

static const struct seccomp_range personalities_strict[] = { { 0, YES }, { 1, NO }, { UINT32_MAX, YES } };

/* Both put text into the input of a terminal that may be somebody else's too: typed commands outside of the service. */
static const struct seccomp_range ioctls[] = {
	{ 0, YES }, { TIOCSTI, NO }, { TIOCSTI + 1, YES }, { TIOCLINUX, NO }, { TIOCLINUX + 1, YES },
};

/* MPTCP and SMC are TCP with whoever has not these. A program does without, as on a kernel that lacks them. */
#define NO_PROTOCOL SECCOMP_ERRNO(EPROTONOSUPPORT)
#define PROTOCOLS(yes) \
	{ { 0, yes }, { 256 /* SMC */, NO_PROTOCOL }, { 257, yes }, { 262 /* MPTCP */, NO_PROTOCOL }, { 263, yes } }

static const struct seccomp_range protocols[] = PROTOCOLS(YES);
static const struct seccomp_range protocols_log[] = PROTOCOLS(SECCOMP_RET_LOG);

static const struct seccomp_range families_tcp[] = {
	{ 0, YES }, { AF_INET, CHECK_PROTOCOL }, { AF_INET + 1, YES }, { AF_INET6, CHECK_PROTOCOL },
	{ AF_INET6 + 1, YES }, FROM_DECNET_TO_VSOCK, { 43 /* SMC */, NOT_HERE }, { 44, YES }, { 46, NOT_HERE },
};

#define FAMILIES_ANY(yes, protocol) \
	{ { 0, yes }, { AF_INET, protocol }, { AF_INET + 1, yes }, { AF_INET6, protocol }, { AF_INET6 + 1, yes }, \
	  { 43, NOT_HERE }, { 44, yes } }

static const struct seccomp_range families_any_tcp[] = FAMILIES_ANY(YES, CHECK_PROTOCOL);
static const struct seccomp_range families_log_tcp[] = FAMILIES_ANY(SECCOMP_RET_LOG, CHECK_PROTOCOL_LOG);

static const struct seccomp_range families_strict_tcp[] = {
	{ 0, NOT_HERE }, { AF_UNIX, YES }, { AF_INET, CHECK_PROTOCOL }, { AF_INET + 1, NOT_HERE },
	{ AF_INET6, CHECK_PROTOCOL }, { AF_INET6 + 1, NOT_HERE }, { AF_NETLINK, YES }, { AF_NETLINK + 1, NOT_HERE },
};

/* A send with MSG_FASTOPEN connects, unseen by landlock (Linux 6.18). This is what a kernel says that has it not. */
static const struct seccomp_range no_connect[] = { { 0, YES }, { 1, SECCOMP_ERRNO(EOPNOTSUPP) } };
static const struct seccomp_range no_connect_log[] = { { 0, SECCOMP_RET_LOG }, { 1, SECCOMP_ERRNO(EOPNOTSUPP) } };

/* The kernel itself looks at the lower half of these arguments only, or refuses what has more (unshare). */
static const struct seccomp_check checks[] = {
	[CHECK_CLONE] = { no_bit, ARRAY_LEN(no_bit), CLONE_NAMESPACES, 0 },
	[CHECK_UNSHARE] = { no_bit, ARRAY_LEN(no_bit), ALL_NAMESPACES, 0 },
	[CHECK_SOCKET] = { families, ARRAY_LEN(families), UINT32_MAX, 0 },
	[CHECK_SOCKET_STRICT] = { families_strict, ARRAY_LEN(families_strict), UINT32_MAX, 0 },
	[CHECK_PERSONALITY] = { personalities, ARRAY_LEN(personalities), UINT32_MAX, 0 },
	[CHECK_PERSONALITY_STRICT] = { personalities_strict, ARRAY_LEN(personalities_strict), UINT32_MAX, 0 },
	[CHECK_IOCTL] = { ioctls, ARRAY_LEN(ioctls), UINT32_MAX, 1 },
	[CHECK_SOCKET_TCP] = { families_tcp, ARRAY_LEN(families_tcp), UINT32_MAX, 0 },
	[CHECK_SOCKET_STRICT_TCP] = { families_strict_tcp, ARRAY_LEN(families_strict_tcp), UINT32_MAX, 0 },
	[CHECK_SOCKET_ANY_TCP] = { families_any_tcp, ARRAY_LEN(families_any_tcp), UINT32_MAX, 0 },
	[CHECK_SOCKET_LOG_TCP] = { families_log_tcp, ARRAY_LEN(families_log_tcp), UINT32_MAX, 0 },
	[CHECK_PROTOCOL] = { protocols, ARRAY_LEN(protocols), UINT32_MAX, 2 },
	[CHECK_PROTOCOL_LOG] = { protocols_log, ARRAY_LEN(protocols_log), UINT32_MAX, 2 },
	[CHECK_SEND] = { no_connect, ARRAY_LEN(no_connect), MSG_FASTOPEN, 3 },
	[CHECK_SEND_LOG] = { no_connect_log, ARRAY_LEN(no_connect_log), MSG_FASTOPEN, 3 },
	[CHECK_SENDMSG] = { no_connect, ARRAY_LEN(no_connect), MSG_FASTOPEN, 2 },
	[CHECK_SENDMSG_LOG] = { no_connect_log, ARRAY_LEN(no_connect_log), MSG_FASTOPEN, 2 },
};
_Static_assert(ARRAY_LEN(checks) == CHECK_COUNT, "a check without its values");

const struct seccomp_check *seccomp_check_at(enum seccomp_check_id id)
{
	return &checks[id];
}

static uint32_t then_by_reason(enum syscall_id id, uint64_t caps)
{
	return syscall_reason(id) == REASON_NONE || syscall_caps(id) & caps ? YES : NO;
}

/* What clone3 is asked for stands in memory, where no filter can look: libc uses clone when it is not there. */
static void put_checks(struct seccomp_profile *p)
{
	p->then[SYSCALL_socket] = CHECK_SOCKET;
	p->then[SYSCALL_personality] = CHECK_PERSONALITY;
	p->then[SYSCALL_ioctl] = CHECK_IOCTL;
	if (p->then[SYSCALL_clone] == YES)
		return;
	p->then[SYSCALL_clone] = CHECK_CLONE;
	p->then[SYSCALL_unshare] = CHECK_UNSHARE;
	p->then[SYSCALL_clone3] = SECCOMP_ERRNO(ENOSYS);
}

static void put_default(struct seccomp_profile *p, uint64_t caps)
{
	for (int id = 0; id < SYSCALL_COUNT; id++)
		p->then[id] = then_by_reason((enum syscall_id)id, caps);
	put_checks(p);
}

/* What "default" allows without any capability and common services need, but no look into other processes. */
static void put_strict(struct seccomp_profile *p)
{
	uint32_t wanted = syscall_group_find("system-service") | 1u << GROUP_PKEY | 1u << GROUP_SANDBOX;

	put_default(p, 0);
	for (int id = 0; id < SYSCALL_COUNT; id++) {
		uint32_t groups = syscall_groups((enum syscall_id)id);

		if (!(groups & wanted) || groups & 1u << GROUP_DEBUG)
			p->then[id] = NO;
	}
	p->then[SYSCALL_socket] = CHECK_SOCKET_STRICT;
	p->then[SYSCALL_personality] = CHECK_PERSONALITY_STRICT;
}

/* Without these it could neither begin nor end. */
static void put_deny_all(struct seccomp_profile *p)
{
	for (int id = 0; id < SYSCALL_COUNT; id++)
		p->then[id] = NO;
	p->then[SYSCALL_execve] = p->then[SYSCALL_exit] = p->then[SYSCALL_exit_group] = YES;
	p->then[SYSCALL_rt_sigreturn] = p->then[SYSCALL_restart_syscall] = YES;
}

void seccomp_profile(enum seccomp_base base, uint64_t caps, struct seccomp_profile *ret)
{
	ret->unknown = base == SECCOMP_NONE ? YES : SECCOMP_ERRNO(ENOSYS);
	switch (base) {
	case SECCOMP_DEFAULT: put_default(ret, caps); break;
	case SECCOMP_STRICT: put_strict(ret); break;
	case SECCOMP_DENY_ALL: put_deny_all(ret); break;
	case SECCOMP_NONE:
		for (int id = 0; id < SYSCALL_COUNT; id++)
			ret->then[id] = YES;
	}
}

static void hold(struct seccomp_profile *p, enum syscall_id id, enum seccomp_check_id allowed,
		 enum seccomp_check_id logged)
{
	if (p->then[id] == YES)
		p->then[id] = allowed;
	else if (p->then[id] == SECCOMP_RET_LOG)
		p->then[id] = logged;
}

void seccomp_hold_tcp(struct seccomp_profile *p, bool connects)
{
	uint32_t *socket = &p->then[SYSCALL_socket];

	if (*socket == CHECK_SOCKET)
		*socket = CHECK_SOCKET_TCP;
	else if (*socket == CHECK_SOCKET_STRICT)
		*socket = CHECK_SOCKET_STRICT_TCP;
	hold(p, SYSCALL_socket, CHECK_SOCKET_ANY_TCP, CHECK_SOCKET_LOG_TCP);
	if (!connects)
		return;
	hold(p, SYSCALL_sendto, CHECK_SEND, CHECK_SEND_LOG);
	hold(p, SYSCALL_sendmmsg, CHECK_SEND, CHECK_SEND_LOG);
	hold(p, SYSCALL_sendmsg, CHECK_SENDMSG, CHECK_SENDMSG_LOG);
}
