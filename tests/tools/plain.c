/*
 * Runs a program as a plain container does: what the usual seccomp profile of container runtimes forbids
 * without CAP_SYS_ADMIN is refused, clone3 as if the kernel did not have it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(err) BPF_STMT(BPF_RET | BPF_K, (err) ? SECCOMP_RET_ERRNO | (err) : SECCOMP_RET_ALLOW)
#define REFUSE(nr, err) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), ANSWER(err)
#define NAMESPACES                                                                                                   \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static struct sock_filter filter[] = {
	LOAD(nr),
	REFUSE(SYS_clone3, ENOSYS),
	REFUSE(SYS_unshare, EPERM),
	REFUSE(SYS_setns, EPERM),
	REFUSE(SYS_mount, EPERM),
	REFUSE(SYS_umount2, EPERM),
	REFUSE(SYS_pivot_root, EPERM),
	REFUSE(SYS_fsopen, EPERM),
	REFUSE(SYS_fsmount, EPERM),
	REFUSE(SYS_open_tree, EPERM),
	REFUSE(SYS_mount_setattr, EPERM),
	REFUSE(SYS_sethostname, EPERM),
	REFUSE(SYS_reboot, EPERM),
	REFUSE(SYS_bpf, EPERM),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
	LOAD(args[0]),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1),
	ANSWER(EPERM),
	ANSWER(0),
};

int main(int argc, char **argv)
{
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (argc < 2 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("plain: seccomp");
		return 1;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 1;
}
