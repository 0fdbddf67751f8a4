#include "services/reaper_program.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"

#define EXECUTABLE 0x10u /* MFD_EXEC, Linux 6.3: else vm.memfd_noexec has a word in it */

/* services/ARCH/reaper_program.S; absent for machines that nobody has written it for. */
__attribute__((weak)) extern const char reaper_program[], reaper_program_end[];

static int new_memfd(void)
{
	int fd = memfd_create("minit-reaper", MFD_CLOEXEC | MFD_ALLOW_SEALING | EXECUTABLE);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("minit-reaper", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

static int fill(int fd)
{
	size_t size = (uintptr_t)reaper_program_end - (uintptr_t)reaper_program;
	int err = fd_write_all(fd, reaper_program, size);

	if (!err && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		err = -errno;
	return err;
}

/* Opened anew: as long as somebody has it open for writing it cannot be executed. */
int reaper_program_open(void)
{
	cleanup_fd int fd = -1;
	BUF_ON_STACK(path, 40);
	int err, again;

	if (!reaper_program)
		return -ENOSYS;
	fd = new_memfd();
	err = fd < 0 ? fd : fill(fd);
	if (err)
		return err;
	buf_fmt(&path, "/proc/self/fd/%d", fd);
	again = open(buf_text(&path), O_RDONLY | O_CLOEXEC);
	return again < 0 ? -errno : again;
}
