#include "init/trim.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/util.h"

#define CALL_DEPTH 512 /* at most, the frames of the call that gives the stack back, which has to stay */
#define STACK_DEPTH (256u << 10) /* what is mapped below the stack is further away than this */

struct range {
	uintptr_t from, end; /* whole pages */
};

static uintptr_t page_up(uintptr_t at)
{
	uintptr_t page = (uintptr_t)getauxval(AT_PAGESZ);

	return (at + page - 1) & ~(page - 1);
}

static uintptr_t page_down(uintptr_t at)
{
	return at & ~((uintptr_t)getauxval(AT_PAGESZ) - 1);
}

static void advise(uintptr_t from, uintptr_t end, int advice)
{
	if (from < end)
		madvise((void *)from, end - from, advice);
}

/* The first headers of a static-pie are at its load address, so they tell where it is. */
static struct range range_of(const ElfW(Phdr) *headers, unsigned long i)
{
	uintptr_t base = (uintptr_t)headers - sizeof(ElfW(Ehdr)) + headers[i].p_vaddr;

	return (struct range){ page_down(base), page_up(base + headers[i].p_memsz) };
}

static bool holds(struct range r, uintptr_t at)
{
	return at >= r.from && at < r.end;
}

/*
 * What differs in a flag is no longer one mapping: what is for children is told
 * from hot, and warm from cold, by MADV_DONTDUMP. Before the pages are given back,
 * as the next fault is near.
 */
static void draw_borders(struct range r)
{
	uintptr_t hot = page_up((uintptr_t)trim_hot_end + 1), child = page_up((uintptr_t)trim_child_end + 1);
	uintptr_t warm = page_up((uintptr_t)trim_warm_end + 1);
	uintptr_t data = page_up((uintptr_t)trim_hot_data_end + 1);

	if (holds(r, hot)) {
		advise(child, r.end, MADV_DONTFORK);
		advise(hot, warm, MADV_DONTDUMP);
	} else if (holds(r, data)) {
		advise(data, r.end, MADV_DONTFORK);
	} else {
		advise(r.from, r.end, MADV_DONTFORK); /* headers and relocations */
	}
}

/* The boot went deeper than the loop will go. */
static void give_back_stack(void)
{
	uintptr_t here = page_down((uintptr_t)__builtin_frame_address(0) - CALL_DEPTH);

	advise(here - STACK_DEPTH, here, MADV_DONTNEED);
}

/*
 * What is relocated is written no more: libc's start does this for a program with an interpreter alone (musl, rcrt1.c).
 * A page that is only begun holds variables.
 */
static void protect_relocated(const ElfW(Phdr) *headers, unsigned long i)
{
	uintptr_t at = (uintptr_t)headers - sizeof(ElfW(Ehdr)) + headers[i].p_vaddr;
	uintptr_t from = page_down(at), end = page_down(at + headers[i].p_memsz);

	if (from < end)
		mprotect((void *)from, end - from, PROT_READ);
}

/* From the last to the first: the first holds the headers that are being read. */
no_return void trim_program(void (*then)(void))
{
	const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	unsigned long count = headers ? getauxval(AT_PHNUM) : 0;

	give_back_stack();
	while (count-- > 0) {
		struct range r = range_of(headers, count);

		if (headers[count].p_type == PT_GNU_RELRO)
			protect_relocated(headers, count);
		if (headers[count].p_type != PT_LOAD || headers[count].p_flags & PF_W)
			continue;
		draw_borders(r);
		advise(r.from, r.end, MADV_DONTNEED);
	}
	then();
	__builtin_unreachable();
}
