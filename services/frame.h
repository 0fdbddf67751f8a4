/*
 * Frames: a fixed pool of stacks, with the memory beside them that a child
 * writes, for children that share PID 1's memory until they have executed their
 * program. Nothing of it is state: a minit that has executed itself begins with
 * an empty pool, while children of before go on in the memory of before.
 */
#ifndef SERVICES_FRAME_H
#define SERVICES_FRAME_H

#include "lib/sys.h"
#include "services/child.h"

#define FRAMES 64

struct frame {
	struct sys_frame memory; /* for the clone of who becomes the program */
	struct sys_frame reaper; /* for the clone of who becomes the reaper, and clones the other */
	struct child child;
};

/* Maps the pool; without one every child has memory of its own. 0 or -errno. */
int frame_open(void);

/* A frame for the start of service `index`, or NULL when none is free. */
struct frame *frame_take(uint32_t index);

/* Where the child of service `index` runs; NULL if it has left it, or had none. */
const struct frame *frame_of(uint32_t index);

/* The child of service `index` has left its frame, if it had one: it became its program, or is dead. */
void frame_release(uint32_t index);

/* How many can be taken. */
unsigned frame_left(void);

#endif
