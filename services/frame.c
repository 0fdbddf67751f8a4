#include "services/frame.h"

#include <errno.h>
#include <sys/mman.h>

#define STACK_SIZE 32768
#define REAPER_STACK_SIZE 8192 /* of a few steps */
#define FREE UINT32_MAX

/* What is touched first stands together: thread pointer, child, environment; the stack grows towards them. */
struct slot {
	char reaper_stack[REAPER_STACK_SIZE] __attribute__((aligned(16)));
	char stack[STACK_SIZE] __attribute__((aligned(16)));
	char tls[SYS_TLS_SIZE], reaper_tls[SYS_TLS_SIZE];
	struct frame frame;
	struct child_memory memory;
} __attribute__((aligned(4096)));

static struct slot *slots;
static uint32_t owners[FRAMES];
static unsigned used, highest;

rare int frame_open(void)
{
	void *mem;

	if (!sys_can_share())
		return -ENOSYS;
	mem = mmap(NULL, FRAMES * sizeof(struct slot), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		return -errno;
	madvise(mem, FRAMES * sizeof(struct slot), MADV_DONTFORK);
	for (unsigned i = 0; i < FRAMES; i++)
		owners[i] = FREE;
	slots = mem;
	return 0;
}

unsigned frame_left(void)
{
	return slots ? FRAMES - used : 0;
}

static struct frame *prepare(struct slot *slot)
{
	slot->frame.memory = (struct sys_frame){
		.stack = slot->stack,
		.stack_size = sizeof(slot->stack),
		.tls = slot->tls,
	};
	slot->frame.reaper = (struct sys_frame){
		.stack = slot->reaper_stack,
		.stack_size = sizeof(slot->reaper_stack),
		.tls = slot->reaper_tls,
	};
	slot->frame.child.memory = &slot->memory;
	return &slot->frame;
}

/* The lowest one: so a few are used again and again, and the others cost nothing. */
struct frame *frame_take(uint32_t index)
{
	for (unsigned i = 0; slots && i < FRAMES; i++) {
		if (owners[i] != FREE)
			continue;
		owners[i] = index;
		used++;
		highest = MAX(highest, i);
		return prepare(&slots[i]);
	}
	return NULL;
}

/* After a burst its memory is given back, all but one frame's. */
static void give_back(void)
{
	if (highest > 0)
		madvise(&slots[1], highest * sizeof(struct slot), MADV_DONTNEED);
	highest = 0;
}

/* FRAMES if it has none. */
static unsigned place_of(uint32_t index)
{
	for (unsigned i = 0; used > 0 && i <= highest; i++)
		if (owners[i] == index)
			return i;
	return FRAMES;
}

const struct frame *frame_of(uint32_t index)
{
	unsigned place = place_of(index);

	return place < FRAMES ? &slots[place].frame : NULL;
}

void frame_release(uint32_t index)
{
	unsigned place = place_of(index);

	if (place == FRAMES)
		return;
	owners[place] = FREE;
	used--;
	if (!used)
		give_back();
}
