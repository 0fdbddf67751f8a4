/*
 * Runs a program to which system calls are refused with EACCES, as AppArmor refuses mounts that go by paths:
 *
 *   refuse NAME[,NAME...] PROG [ARG...]
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned number;
} calls[] = {
	{ "bpf", SYS_bpf }, { "mount", SYS_mount }, { "mount_setattr", SYS_mount_setattr }, { "move_mount", SYS_move_mount },
};

/* Filters add up. */
static int refuse(const char *name)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].name, name))
			continue;
		filter[1].k = calls[i].number;
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	}
	errno = ENOSYS;
	return -1;
}

int main(int argc, char **argv)
{
	char *rest = argv[1], *name;

	while (argc > 2 && (name = strsep(&rest, ",")))
		if (refuse(name) < 0) {
			perror(name);
			return 1;
		}
	execvp(argv[2], argv + 2);
	perror("refuse");
	return 1;
}
