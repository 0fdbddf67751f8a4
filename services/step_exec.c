/* The last step. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/exec.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "services/child.h"
#include "services/interpreter.h"

static char **environment(struct child *child)
{
	child->memory->words[child->memory->env_count] = NULL;
	return child->memory->words;
}

/* Behind the environment's NULL and a free place. */
static char **program(struct child *child)
{
	struct list exec = child->spec->exec;
	char **words = child->memory->words + child->memory->env_count + 2;

	if (exec.count > CHILD_ARGS_MAX)
		return NULL;
	for (uint32_t i = 0; i < exec.count; i++)
		words[i] = (char *)table_item(child->table, exec, i);
	words[exec.count] = NULL;
	return words;
}

/* The helper is this very program, wherever its file is by now. */
static int exec_self(struct child *child, char **words)
{
	syscall(SYS_execveat, child->self_fd, "", words, environment(child), AT_EMPTY_PATH);
	return -errno;
}

/* Before the filter, which may have none of it. The helper is given what it has open. */
int step_descriptors(struct child *child)
{
	if (!child->spec->internal)
		sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	return 0;
}

/* A filter of its own may kill whoever opens a file; that of the default profile does not. */
static bool may_look(const struct child *child)
{
	return !child->has_seccomp || !table_confine(child->table, child->spec)->seccomp.is_explicit;
}

/* It may be executed, and is not: so it is landlock that refuses it, or what it needs. */
static bool is_landlocked(const struct child *child, const char *program)
{
	return child_confine(child)->privileges.given & GIVEN_PATHS && may_look(child) && access(program, X_OK) == 0;
}

static bool is_directory(const char *path)
{
	cleanup_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0;
}

/* A program that is there, and whose interpreter is not, is told of by that: else it would seem not to be there. */
static int exec_failed(struct child *child, const char *program, int err)
{
	char interpreter[STATE_DETAIL];

	if (err == -EACCES && may_look(child) && is_directory(program))
		err = -EISDIR;
	else if (err == -EACCES && is_landlocked(child, program))
		child->blamed = STEP_landlock;
	if (err == -ENOENT && may_look(child) &&
	    !interpreter_missing(program, child_getenv(child, "PATH"), interpreter, sizeof(interpreter)))
		return child_fail(child, -ELIBACC, interpreter);
	return child_fail(child, err, program);
}

int step_exec(struct child *child)
{
	char **words = program(child);

	if (!words)
		return child_fail(child, -E2BIG, "too many arguments");
	if (child->spec->internal)
		return child_fail(child, exec_self(child, words), "minit itself");
	return exec_failed(child, table_item(child->table, child->spec->exec, 0),
			   exec_program(words, environment(child), child_getenv(child, "PATH")));
}
