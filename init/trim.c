#include "init/trim.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/util.h"

/* The first headers of a static-pie are at its load address, so they tell where it is. */
static uintptr_t load_address(const ElfW(Phdr) *headers)
{
	return (uintptr_t)headers - sizeof(ElfW(Ehdr));
}

static void give_back(uintptr_t base, const ElfW(Phdr) *segment)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (base + segment->p_vaddr) & ~(page - 1);

	madvise((void *)from, base + segment->p_vaddr + segment->p_memsz - from, MADV_DONTNEED);
}

void trim_program(void)
{
	const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	unsigned long count = getauxval(AT_PHNUM);

	for (unsigned long i = 0; headers && i < count; i++)
		if (headers[i].p_type == PT_LOAD && !(headers[i].p_flags & PF_W))
			give_back(load_address(headers), &headers[i]);
}
