/*
 * What becomes of each system call of a service, as a program for the kernel (seccomp(2)): the calls are sorted into
 * ranges of numbers that are treated alike, and the ranges into a balanced tree of comparisons. Made when a table is
 * compiled.
 */
#ifndef SERVICES_SECCOMP_H
#define SERVICES_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "lib/buf.h"
#include "services/syscalls.h"

/*
 * What becomes of a call: one of SECCOMP_RET_*, or the number of a check of one of its arguments.
 * SECCOMP_RET_KILL_THREAD is 0 and used by nobody: it leaves a process that has lost a thread.
 */
#define SECCOMP_ERRNO(err) (SECCOMP_RET_ERRNO | (uint32_t)(err))

enum seccomp_check_id {
	CHECK_CLONE = 1, CHECK_UNSHARE, CHECK_SOCKET, CHECK_SOCKET_STRICT, CHECK_PERSONALITY,
	CHECK_PERSONALITY_STRICT, CHECK_IOCTL, CHECK_SOCKET_TCP, CHECK_SOCKET_STRICT_TCP, CHECK_SOCKET_ANY_TCP,
	CHECK_SOCKET_LOG_TCP, CHECK_PROTOCOL, CHECK_PROTOCOL_LOG, CHECK_SEND, CHECK_SEND_LOG, CHECK_SENDMSG,
	CHECK_SENDMSG_LOG, CHECK_COUNT
};

static inline bool seccomp_is_check(uint32_t then)
{
	return then > 0 && then < CHECK_COUNT;
}

/* Holds for all numbers from `first` up to the `first` of the next range. */
struct seccomp_range {
	uint32_t first, then;
};

/* The lower 32 bits of an argument and what becomes of the call by their value: a SECCOMP_RET_*, or another check. */
struct seccomp_check {
	const struct seccomp_range *ranges; /* the first begins at 0 */
	uint32_t count;
	uint32_t mask; /* bits that are looked at */
	uint32_t arg;  /* its number, from 0 */
};
const struct seccomp_check *seccomp_check_at(enum seccomp_check_id id); /* services/profiles.c */

/* By name, and for numbers that are not known. */
struct seccomp_profile {
	uint32_t then[SYSCALL_COUNT];
	uint32_t unknown;
};

enum seccomp_base { SECCOMP_DEFAULT, SECCOMP_STRICT, SECCOMP_NONE, SECCOMP_DENY_ALL }; /* words of the key */

/* The profile of this name for a service that may have these capabilities (bits of CAP_*). services/profiles.c */
void seccomp_profile(enum seccomp_base base, uint64_t caps, struct seccomp_profile *ret);

/*
 * For a service whose TCP ports are held by landlock, which does not see all that is TCP in the end: so a connection is
 * made by connect(2) of a TCP socket alone. connects: that is to be held, too. services/profiles.c
 */
void seccomp_hold_tcp(struct seccomp_profile *p, bool connects);

struct seccomp_program {
	struct sock_filter code[BPF_MAXINSNS]; /* filled from its end */
	uint32_t first;                        /* of the instructions that are used */
};

/* Makes the program. 0, or -E2BIG when the kernel would not take one as long. services/seccomp.c */
must_check int seccomp_generate(const struct seccomp_profile *profile, enum syscall_arch arch,
				struct seccomp_program *ret);

/* True for what the kernel takes as a program: it ends, reads only what is there, and jumps forward. */
bool seccomp_is_program(const struct sock_filter *code, uint32_t count);

/* By what becomes of them, the names of all calls, as JSON. services/dump_seccomp.c */
void seccomp_dump(const struct sock_filter *code, uint32_t count, struct buf *b);

/* What an instruction that reads an argument gives in place of an answer. */
#define SECCOMP_CHECKED 1u

/* Runs a good program on a number, up to an argument if it looks at one: SECCOMP_RET_* or SECCOMP_CHECKED. */
uint32_t seccomp_run(const struct sock_filter *code, uint32_t number, enum syscall_arch arch);

#endif
