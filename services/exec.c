#include "services/exec.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"

#define ARGS_MAX 4096

/* The words for /bin/sh; untouched, and so free, in a process that never needs them. */
static char *shell_words[ARGS_MAX + 2];

static int by_shell(const char *file, char *const argv[], char *const envp[])
{
	size_t n = 0;

	shell_words[n++] = "sh";
	shell_words[n++] = (char *)file;
	for (size_t i = 1; argv[i] && n <= ARGS_MAX; i++)
		shell_words[n++] = argv[i];
	execve("/bin/sh", shell_words, envp);
	return -ENOEXEC;
}

static int try(const char *file, char *const argv[], char *const envp[])
{
	execve(file, argv, envp);
	return errno == ENOEXEC ? by_shell(file, argv, envp) : -errno;
}

/* Not there: the next directory may have it. All else is the answer. */
static bool is_absent(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -EACCES || err == -ESTALE || err == -ENODEV;
}

static int try_in(const char *dir, size_t len, char *const argv[], char *const envp[])
{
	BUF_ON_STACK(file, PATH_MAX);

	buf_add(&file, dir, len);
	buf_str(&file, len ? "/" : "./");
	buf_str(&file, argv[0]);
	buf_char(&file, '\0');
	return buf_check(&file) ? -ENAMETOOLONG : try(file.data, argv, envp);
}

int exec_program(char *const argv[], char *const envp[], const char *path)
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
