#include "services/table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "lib/signame.h"
#include "services/compile.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define COMPILE_SECONDS 60
#define COMPILE_MEMORY ((size_t)1 << 30) /* of address space, each */

#define NOEXEC_SEAL 8u /* MFD_NOEXEC_SEAL, Linux 6.3: where vm.memfd_noexec is 2 there is no memfd without it */

/* -- compiling -------------------------------------------------------------------------------------------------- */

enum { STATUS_GOOD, STATUS_WRONG, STATUS_FAILED };

static int child_compile(const struct table_source *source, int memfd)
{
	struct arena work, image;
	struct compile c;
	int err = arena_open(&work, COMPILE_MEMORY);

	if (!err)
		err = arena_open(&image, COMPILE_MEMORY);
	if (!err && compile(source, &work, &image, &c)) {
		errors_tell(&c.errors, c.paths, STDERR_FILENO);
		return STATUS_WRONG;
	}
	if (!err)
		err = fd_write_all(memfd, image.base, image.used);
	if (err)
		log_error("table", -err, "cannot be kept");
	return err ? STATUS_FAILED : STATUS_GOOD;
}

/* A file that never answers (of a dead server) costs a refused table, not a PID 1 that waits for ever. */
static no_return void child(const struct table_source *source, int memfd)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(COMPILE_SECONDS);
	_exit(child_compile(source, memfd));
}

static int outcome(int status)
{
	BUF_ON_STACK(name, 24);

	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_GOOD)
		return 0;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == STATUS_WRONG ? -EINVAL : -EIO;
	signal_put(&name, WTERMSIG(status));
	log_error("table", 0, WTERMSIG(status) == SIGALRM ?
		  "refused: reading it took longer than a minute; one of its files does not answer" :
		  "refused: its parser was killed by %s", buf_text(&name));
	return -EIO;
}

static int new_memfd(void)
{
	int fd = memfd_create("minit-table", MFD_CLOEXEC | MFD_ALLOW_SEALING | NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("minit-table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return outcome(status);
}

int table_compile(const struct table_source *source)
{
	cleanup_fd int fd = new_memfd();
	pid_t pid;
	int err;

	if (fd < 0)
		return fd;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(source, fd);
	err = wait_for(pid);
	if (err)
		return err;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return fd_steal(&fd);
}

/* -- mapping ---------------------------------------------------------------------------------------------------- */

static int map(int memfd, const struct table **ret, size_t *ret_size)
{
	int seals = fcntl(memfd, F_GET_SEALS);
	struct stat st;
	void *at;

	if (seals < 0 || fstat(memfd, &st) < 0)
		return -errno;
	if ((seals & SEALS) != SEALS || !st.st_size || st.st_size > UINT32_MAX)
		return -EBADMSG;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, memfd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*ret = at;
	*ret_size = (size_t)st.st_size;
	return 0;
}

const struct table *table_map(int memfd, int *ret_err)
{
	const struct table *t = NULL;
	size_t size = 0;
	int err = map(memfd, &t, &size);

	if (!err)
		err = table_verify(t, size);
	if (err && t)
		munmap((void *)(uintptr_t)t, size);
	if (err)
		*ret_err = err;
	return err ? NULL : t;
}

void table_unmap(const struct table *t)
{
	if (t)
		munmap((void *)(uintptr_t)t, t->size);
}

int table_find_near(const struct table *t, const char *name, uint32_t near)
{
	for (uint32_t i = near; i < near + 2 && i < t->services.count; i++)
		if (!strcmp(table_name(t, table_service(t, i)), name))
			return (int)i;
	return table_find(t, name);
}

bool table_has_network(const struct table *t)
{
	for (uint32_t i = 0; i < t->services.count; i++)
		if (table_service(t, i)->namespaces & CLONE_NEWNET)
			return true;
	return t->bridges.count || t->links.count || t->sysctls.count || t->iprules.count;
}

int table_find(const struct table *t, const char *name)
{
	for (uint32_t i = 0; i < t->services.count; i++)
		if (!strcmp(table_name(t, table_service(t, i)), name))
			return (int)i;
	return -ENOENT;
}

int table_find_link(const struct table *t, struct list list, size_t size, const char *name, uint32_t near)
{
	const char *all = table_list(t, list, char);

	for (uint32_t n = 0; n < list.count; n++) {
		uint32_t i = (near + n) % list.count;

		if (!strncmp(all + i * size, name, NET_IFNAME))
			return (int)i;
	}
	return -1;
}
