/*
 * What a service can do, found out by trying it: each line is `NAME: WHAT FOUND...`, to be compared with a list.
 *
 *   ids       user and group, and who they are outside
 *   caps      effective and bounding capabilities, no_new_privs, filter
 *   refused   system calls that are answered with EPERM whatever they are asked
 *   devices   of those that a machine has, by nodes that are made for it
 *   writes    what of /proc and /sys has files that may be opened for writing, but for those of processes
 *   mounts    what is mounted, but for what /proc and /dev hide and hold
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *name;

static void line(const char *what)
{
	printf("%s: %s", name, what);
}

/* The values of lines of a file of /proc/self, blanks as one. */
static void put_fields(const char *file, const char *const *fields)
{
	char text[256], path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/%s", file);
	f = fopen(path, "r");
	while (f && fgets(text, sizeof(text), f))
		for (const char *const *field = fields; *field; field++) {
			size_t len = strlen(*field);

			if (strncmp(text, *field, len))
				continue;
			for (char *word = strtok(text + len, " \t\n:"); word; word = strtok(NULL, " \t\n:"))
				printf(" %s", word);
		}
	if (f)
		fclose(f);
}

/* -- system calls ------------------------------------------------------------------------------------------------- */

#define SYSCALL(name, x86_64, aarch64, reason, groups) { #name, x86_64 },
static const struct {
	const char *name;
	int number;
} calls[] = {
#include "services/syscalls.def"
};

/* These answer nobody, or twice. */
static int is_special(const char *call)
{
	static const char *const special[] = { "exit", "exit_group", "fork", "vfork", "pause", "rt_sigreturn" };

	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (!strcmp(call, special[i]))
			return 1;
	return 0;
}

/* In a child, with arguments that lead nowhere. */
static int is_refused(int number)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		alarm(1);
		_exit(syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 && errno == EPERM ? 7 : 0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static void put_refused(void)
{
	line("refused");
	fflush(stdout);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number >= 0 && !is_special(calls[i].name) && is_refused(calls[i].number))
			printf(" %s", calls[i].name);
	printf("\n");
}

/* -- devices ------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	unsigned major, minor;
	mode_t kind;
} nodes[] = {
	{ "mem", 1, 1, S_IFCHR }, { "null", 1, 3, S_IFCHR }, { "port", 1, 4, S_IFCHR }, { "zero", 1, 5, S_IFCHR },
	{ "urandom", 1, 9, S_IFCHR }, { "kmsg", 1, 11, S_IFCHR }, { "ttyS0", 4, 64, S_IFCHR }, { "console", 5, 1, S_IFCHR },
	{ "ptmx", 5, 2, S_IFCHR }, { "loop-control", 10, 237, S_IFCHR }, { "loop0", 7, 0, S_IFBLK }, { "vda", 254, 0, S_IFBLK },
	{ "nvme0n1", 259, 0, S_IFBLK },
};

/* "name" where it can be made and opened, "name-" where it cannot even be made. */
static void put_devices(void)
{
	line("devices");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		int made = mknod("/tmp/node", nodes[i].kind | 0666, makedev(nodes[i].major, nodes[i].minor)), fd;

		fd = made < 0 ? -1 : open("/tmp/node", O_RDONLY | O_NONBLOCK | O_NOCTTY);
		if (made < 0 || fd >= 0)
			printf(" %s%s", nodes[i].name, made < 0 ? "-" : "");
		close(fd);
		unlink("/tmp/node");
	}
	printf("\n");
}

/* -- files of the kernel ------------------------------------------------------------------------------------------ */

/* That the kernel has for writing: root opens any. */
static int is_writable(const char *path, const struct stat *st)
{
	int fd = S_ISREG(st->st_mode) && st->st_mode & 0222 ? open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY) : -1;

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int walk(const char *dir, int depth)
{
	DIR *d = depth < 12 ? opendir(dir) : NULL;
	struct dirent *e;
	int count = 0;

	while (d && (e = readdir(d))) {
		char path[1024];
		struct stat st;

		if (e->d_name[0] == '.' || e->d_name[strspn(e->d_name, "0123456789")] == '\0')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (lstat(path, &st) < 0)
			continue;
		count += S_ISDIR(st.st_mode) ? walk(path, depth + 1) : is_writable(path, &st);
	}
	if (d)
		closedir(d);
	return count;
}

/* What is at the top of /proc and /sys, and whether there is something to write to in it. */
static void put_writes(void)
{
	static const char *const tops[] = { "/proc", "/sys" };

	line("writes");
	for (size_t i = 0; i < 2; i++) {
		struct dirent **list;
		int n = scandir(tops[i], &list, NULL, alphasort);

		for (int k = 0; k < n; k++) {
			char path[512];
			struct stat st;

			snprintf(path, sizeof(path), "%s/%s", tops[i], list[k]->d_name);
			if (list[k]->d_name[0] == '.' || strspn(list[k]->d_name, "0123456789") || lstat(path, &st) < 0)
				continue;
			if (S_ISDIR(st.st_mode) ? walk(path, 0) > 0 : is_writable(path, &st))
				printf(" %s", path);
		}
	}
	printf("\n");
}

/* Type, place and whether it is read-only. */
static void put_mounts(void)
{
	char text[1024];
	FILE *f = fopen("/proc/self/mounts", "r");

	line("mounts");
	while (f && fgets(text, sizeof(text), f)) {
		const char *source = strtok(text, " "), *place = strtok(NULL, " "), *type = strtok(NULL, " ");
		const char *options = strtok(NULL, " ");

		if (source && place && type && options && strncmp(place, "/proc/", 6) && strncmp(place, "/dev/", 5))
			printf(" %s=%s:%.2s", place, type, options);
	}
	printf("\n");
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	name = argc > 1 ? argv[1] : "it";
	line("ids");
	put_fields("status", (const char *const[]){ "Uid", "Gid", "Groups", NULL });
	put_fields("uid_map", (const char *const[]){ "", NULL });
	printf("\n");
	line("caps");
	put_fields("status", (const char *const[]){ "CapEff", "CapBnd", "NoNewPrivs", "Seccomp:", NULL });
	printf("\n");
	put_refused();
	put_devices();
	put_writes();
	put_mounts();
	return 0;
}
