/*
 * Looks for a process that has come into this pid namespace and has not called exec yet: it is still called as `comm`
 * (proc_pid_comm(5)). Tries to get at it: ptrace(2), its memory, descriptors, program and directories.
 *
 *   join_probe comm FILE
 *
 * When FILE is there it says `seen` if it has met one (else `unseen`) and what it could get at, and is done.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const files[] = { "mem", "exe", "fd/0", "fd/3", "root/etc", "cwd", "environ", "maps" };
enum { FILES = sizeof(files) / sizeof(*files) };

static bool got[FILES], traced, seen;

static bool is_called(const char *pid, const char *comm)
{
	char path[64], name[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	name[strcspn(name, "\n")] = '\0';
	return !strcmp(name, comm);
}

/* What is opened may be of the program after exec already, which is no secret: so it must be called the same afterwards. */
static void try(const char *pid, const char *comm)
{
	char path[64];

	seen = true;
	for (int i = 0; i < FILES; i++) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%.16s/%s", pid, files[i]);
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 && is_called(pid, comm))
			got[i] = true;
		if (fd >= 0)
			close(fd);
	}
	if (!ptrace(PTRACE_SEIZE, atoi(pid), 0, 0)) {
		traced |= is_called(pid, comm);
		kill(atoi(pid), SIGSTOP);
		waitpid(atoi(pid), NULL, __WALL);
		ptrace(PTRACE_DETACH, atoi(pid), 0, 0);
		kill(atoi(pid), SIGCONT);
	}
}

static void look(const char *comm)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (atoi(e->d_name) > 1 && is_called(e->d_name, comm))
			try(e->d_name, comm);
	if (dir)
		closedir(dir);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	while (access(argv[2], F_OK))
		look(argv[1]);
	printf("%s", seen ? "seen" : "unseen");
	for (int i = 0; i < FILES; i++)
		if (got[i])
			printf(" %s", files[i]);
	printf("%s\n", traced ? " ptrace" : "");
	return 0;
}
