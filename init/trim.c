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

/* MADV_DONTDUMP on one side of it is what makes a border: mappings that differ are not one. */
static void draw_borders(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t hot = ((uintptr_t)trim_hot_end + page) & ~(page - 1);
	uintptr_t warm = ((uintptr_t)trim_warm_end + page) & ~(page - 1);
	uintptr_t data = ((uintptr_t)trim_hot_data_end + page) & ~(page - 1);

	madvise((void *)hot, warm - hot, MADV_DONTDUMP);
	madvise((void *)data, page, MADV_DONTDUMP);
}

static void give_back(uintptr_t base, const ElfW(Phdr) *segment)
{
	uintptr_t from = (base + segment->p_vaddr) & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);

	madvise((void *)from, base + segment->p_vaddr + segment->p_memsz - from, MADV_DONTNEED);
}

/* From the last to the first: the first holds the headers that are being read. */
void trim_program(void)
{
	const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	unsigned long count = headers ? getauxval(AT_PHNUM) : 0;

	draw_borders();
	while (count-- > 0)
		if (headers[count].p_type == PT_LOAD && !(headers[count].p_flags & PF_W))
			give_back(load_address(headers), &headers[count]);
}
