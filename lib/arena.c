#include "lib/arena.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SMALLEST (1u << 20)

/* Halved until it fits: where overcommit is off, MAP_NORESERVE is not heard (proc(5), overcommit_memory 2). */
int arena_open(struct arena *a, size_t size)
{
	void *base = MAP_FAILED;

	for (size = MAX(size, SMALLEST); size >= SMALLEST; size /= 2) {
		base = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (base != MAP_FAILED)
			break;
	}
	if (base == MAP_FAILED)
		return -errno;
	*a = (struct arena){ .base = base, .size = size };
	return 0;
}

void arena_close(struct arena *a)
{
	if (a->base)
		munmap(a->base, a->size);
	*a = (struct arena){ 0 };
}

static no_return void full(void)
{
	static const char line[] = "minit: the table needs more memory than there is\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(ARENA_FULL); /* there is nobody to tell */
	_exit(ARENA_FULL);
}

void *arena_take(struct arena *a, size_t bytes, size_t align)
{
	size_t at = (a->used + align - 1) & ~(align - 1);

	if (at > a->size || bytes > a->size - at)
		full();
	a->used = at + bytes;
	return a->base + at;
}

char *arena_put(struct arena *a, const void *data, size_t len)
{
	return memcpy(arena_take(a, len, 1), data, len);
}

char *arena_text(struct arena *a, const char *data, size_t len)
{
	char *text = arena_put(a, data, len);

	arena_put(a, "", 1);
	return text;
}
