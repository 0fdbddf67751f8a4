#include "services/exec.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"

/* The place in front of the words is for this: nothing is copied, so any number of them will do. */
static int by_shell(const char *file, char *argv[], char *const envp[])
{
	argv[-1] = "sh";
	argv[0] = (char *)file;
	execve("/bin/sh", argv - 1, envp);
	return -ENOEXEC;
}

static int try(const char *file, char *argv[], char *const envp[])
{
	execve(file, argv, envp);
	return errno == ENOEXEC ? by_shell(file, argv, envp) : -errno;
}

/* Not there: the next directory may have it. All else is the answer. */
static bool is_absent(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -EACCES || err == -ESTALE || err == -ENODEV;
}

static int try_in(const char *dir, size_t len, char *argv[], char *const envp[])
{
	BUF_ON_STACK(file, PATH_MAX);

	buf_add(&file, dir, len);
	buf_str(&file, len ? "/" : "./");
	buf_str(&file, argv[0]);
	buf_char(&file, '\0');
	return buf_check(&file) ? -ENAMETOOLONG : try(file.data, argv, envp);
}

int exec_program(char *argv[], char *const envp[], const char *path)
{
	int found = -ENOENT;

	if (!argv[0] || !*argv[0])
		return -ENOENT;
	if (strchr(argv[0], '/'))
		return try(argv[0], argv, envp);
	if (!path)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	for (;;) {
		size_t len = strcspn(path, ":");
		int err = try_in(path, len, argv, envp);

		if (!is_absent(err))
			return err;
		if (err == -EACCES)
			found = err;
		if (!path[len])
			return found;
		path += len + 1;
	}
}
