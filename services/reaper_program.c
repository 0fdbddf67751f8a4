#include "services/reaper_program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"

#define EXECUTABLE 0x10u /* MFD_EXEC, Linux 6.3: else vm.memfd_noexec has a word in it */

/* services/ARCH/reaper_program.S; absent for machines that nobody has written it for. */
__attribute__((weak)) extern const char reaper_program[], reaper_program_end[];
__attribute__((weak)) extern const uint64_t reaper_program_at;

/*
 * Each table of pages that an exec has to make, and the end to unmake, costs as much as a page. It is linked for any
 * place, and has nothing to relocate: so its headers decide.
 */
static int place_beside_stack(int fd)
{
	struct {
		Elf64_Ehdr elf;
		Elf64_Phdr text;
	} head;

	if (!&reaper_program_at)
		return -ENOSYS;
	memcpy(&head, reaper_program, sizeof(head));
	if (head.elf.e_phoff != sizeof(head.elf) || head.text.p_type != PT_LOAD)
		return -ENOEXEC;
	head.elf.e_type = ET_EXEC;
	head.elf.e_entry += reaper_program_at;
	head.text.p_vaddr += reaper_program_at;
	head.text.p_paddr += reaper_program_at;
	return pwrite(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head) ? 0 : -errno;
}

static int new_memfd(void)
{
	int fd = memfd_create("minit-reaper", MFD_CLOEXEC | MFD_ALLOW_SEALING | EXECUTABLE);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("minit-reaper", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

static int fill(int fd, enum reaper_place place)
{
	size_t size = (uintptr_t)reaper_program_end - (uintptr_t)reaper_program;
	int err = fd_write_all(fd, reaper_program, size);

	if (!err && place == REAPER_BESIDE_STACK)
		err = place_beside_stack(fd);
	if (!err && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		err = -errno;
	return err;
}

/* Opened anew: as long as somebody has it open for writing it cannot be executed. */
int reaper_program_open(enum reaper_place place)
{
	cleanup_fd int fd = -1;
	BUF_ON_STACK(path, 40);
	int err, again;

	if (!reaper_program)
		return -ENOSYS;
	fd = new_memfd();
	err = fd < 0 ? fd : fill(fd, place);
	if (err)
		return err;
	buf_fmt(&path, "/proc/self/fd/%d", fd);
	again = open(buf_text(&path), O_RDONLY | O_CLOEXEC);
	return again < 0 ? -errno : again;
}
