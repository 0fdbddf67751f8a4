#include "lib/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/raw.h"

/* As shells do it: what has a NUL in its first line is no script. What cannot be read is the shell's to tell. */
static bool is_binary(const char *file)
{
	char head[128];
	long fd = raw(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC), n;

	if (fd < 0)
		return false;
	n = raw(SYS_read, fd, head, sizeof(head));
	raw(SYS_close, fd);
	for (long i = 0; i < n && head[i] != '\n'; i++)
		if (!head[i])
			return true;
	return false;
}

/* The place in front of the words is for this: nothing is copied, so any number of them will do. */
static int by_shell(const char *file, char *argv[], char *const envp[])
{
	if (is_binary(file))
		return -ENOEXEC;
	argv[-1] = "sh";
	argv[0] = (char *)file;
	raw(SYS_execve, "/bin/sh", argv - 1, envp);
	return -ENOEXEC;
}

static int try(const char *file, char *argv[], char *const envp[])
{
	int err = (int)raw(SYS_execve, file, argv, envp);

	return err == -ENOEXEC ? by_shell(file, argv, envp) : err;
}

/* Not there: the next directory may have it. All else is the answer. */
static bool is_absent(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -EACCES || err == -ESTALE || err == -ENODEV;
}

const char *exec_next(const char *path, const char *name, struct buf *file)
{
	size_t len = strcspn(path, ":");

	buf_reset(file);
	buf_add(file, path, len);
	buf_str(file, len ? "/" : "./");
	buf_str(file, name);
	buf_char(file, '\0');
	return path[len] ? path + len + 1 : NULL;
}

int exec_program(char *argv[], char *const envp[], const char *path)
{
	BUF_ON_STACK(file, PATH_MAX);
	int found = -ENOENT;

	if (!argv[0] || !*argv[0])
		return -ENOENT;
	if (strchr(argv[0], '/'))
		return try(argv[0], argv, envp);
	if (!path)
		path = EXEC_PATH;
	while (path) {
		int err;

		path = exec_next(path, argv[0], &file);
		err = buf_check(&file) ? -ENAMETOOLONG : try(file.data, argv, envp);
		if (!is_absent(err))
			return err;
		if (err == -EACCES)
			found = err;
	}
	return found;
}

static bool is_there(const char *file)
{
	return raw(SYS_faccessat, AT_FDCWD, file, F_OK) == 0;
}

bool exec_is_there(const char *name, const char *path)
{
	BUF_ON_STACK(file, PATH_MAX);

	if (strchr(name, '/'))
		return is_there(name);
	if (!path)
		path = EXEC_PATH;
	while (path) {
		path = exec_next(path, name, &file);
		if (!buf_check(&file) && is_there(file.data))
			return true;
	}
	return false;
}
