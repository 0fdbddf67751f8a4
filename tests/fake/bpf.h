/* What the kernel makes of a program of seccomp, and what was meant, each found without the code that makes programs. */
#ifndef TESTS_FAKE_BPF_H
#define TESTS_FAKE_BPF_H

#include "services/seccomp.h"

extern const uint32_t bpf_archs[2]; /* AUDIT_ARCH_* by enum syscall_arch */

/* The answer of the program; *ret_steps: how many instructions it took. Ends in abort() when it is no good program. */
uint32_t bpf_run(const struct seccomp_program *program, const struct seccomp_data *data, unsigned *ret_steps);

/* The answer that the profile means: every list is walked from its beginning. */
uint32_t bpf_meant(const struct seccomp_profile *profile, const struct seccomp_data *data, enum syscall_arch arch);

/* enum syscall_id of a number, or -1. */
int bpf_call_of(uint32_t number, enum syscall_arch arch);

#endif
