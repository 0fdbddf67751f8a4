/* The mapped state file and the memory of the supervisor around it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "services/layout.h"
#include "services/state.h"

static size_t size_for(uint32_t count)
{
	return sizeof(struct statefile) + (size_t)count * sizeof(struct service);
}

static void blank_service(struct service *s)
{
	s->life.since = when_now();
	s->life.deadline = WHEN_NEVER;
	s->handles = (struct handles){ .status_fd = -1, .out = { -1, -1 }, .netns = -1 };
}

static uint32_t pid_space(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

static void blank(struct statefile *state, const struct table *table, uint32_t size)
{
	state->magic = STATE_MAGIC;
	state->layout = layout_own.state;
	state->size = size;
	state->count = table->services.count;
	state->pid = getpid();
	state->space = pid_space();
	state->table_fd = state->self_fd = state->control_fd = state->next_table_fd = state->last_table_fd = -1;
	state->booted = when_now();
	state->phase_deadline = WHEN_NEVER;
	state->netns = -1;
	state->rules.fd = state->rules.events_fd = -1;
	for (size_t i = 0; i < CLAIMS; i++)
		state->claims[i] = -1;
	state->cgroup.v2 = -1;
	state->cgroup.err = -ENOENT; /* until cgroup_open has looked */
	for (size_t i = 0; i < CGROUP_V1_COUNT; i++)
		state->cgroup.v1[i] = -1;
	for (uint32_t i = 0; i < state->count; i++) {
		blank_service(&state->services[i]);
		state->services[i].handles.mark = ++state->marks;
	}
}

/*
 * Not for children: they are made for one service each, and none of them may
 * touch what PID 1 knows (and a fork copies fewer page tables).
 */
static struct statefile *map(int fd, size_t size, int *ret_err)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (mem == MAP_FAILED || madvise(mem, size, MADV_DONTFORK) < 0) {
		*ret_err = -errno;
		return NULL;
	}
	return mem;
}

rare int state_create(const struct table *table, struct statefile **ret)
{
	size_t size = size_for(table->services.count);
	cleanup_fd int fd = memfd_create("minit-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct statefile *state;
	int err = 0;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return -errno;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	state = map(fd, size, &err);
	if (!state)
		return err;
	blank(state, table, (uint32_t)size);
	state->state_fd = fd;
	*ret = state;
	return fd_steal(&fd);
}

static bool is_sound(const struct statefile *state, size_t size)
{
	return state->magic == STATE_MAGIC && state->layout == layout_own.state && state->size == size &&
	       state->count <= TABLE_SERVICES_MAX && state->client_slots <= STATE_CLIENTS &&
	       state->change_slots <= STATE_CHANGES &&
	       size_for(state->count) == size;
}

rare struct statefile *state_map(int memfd, int *ret_err)
{
	struct stat st;
	struct statefile *state;

	if (fstat(memfd, &st) < 0) {
		*ret_err = -errno;
		return NULL;
	}
	*ret_err = -EPROTO;
	if (st.st_size < (off_t)sizeof(struct statefile))
		return NULL;
	state = map(memfd, (size_t)st.st_size, ret_err);
	if (state && !is_sound(state, (size_t)st.st_size)) {
		munmap(state, (size_t)st.st_size);
		*ret_err = -EPROTO;
		return NULL;
	}
	return state;
}

static uint32_t buckets_for(uint32_t count)
{
	uint32_t n = 16;

	while (n < count)
		n *= 2;
	return n;
}

/* Memory that no child needs is left out of the clone: it would be one more page table to copy. */
static void *map_private(size_t size, bool for_children)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem != MAP_FAILED && !for_children)
		madvise(mem, size, MADV_DONTFORK);
	return mem == MAP_FAILED ? NULL : mem;
}

rare int supervisor_init(struct supervisor *sv, struct statefile *state, const struct table *table)
{
	uint32_t count = state->count, buckets = buckets_for(count);
	size_t words = (size_t)2 * count + buckets;

	sv->queue = map_private(words * sizeof(uint32_t) + count, false);
	if (table->outputs)
		sv->output_fds = map_private(table->outputs * sizeof(int), true);
	if (!sv->queue || (table->outputs && !sv->output_fds))
		return -ENOMEM;
	sv->state = state;
	sv->table = table;
	sv->pid_next = sv->queue + count;
	sv->pid_heads = sv->pid_next + count;
	sv->pid_mask = buckets - 1;
	sv->queued = (uint8_t *)(sv->pid_heads + buckets);
	return 0;
}

void state_forget_leaf(struct service *s)
{
	s->life.oom_kills = s->handles.oom_known = 0;
	s->handles.oom_heard = (struct when){ 0 };
}

static uint32_t *bucket_of(const struct supervisor *sv, pid_t pid)
{
	return &sv->pid_heads[(uint32_t)pid & sv->pid_mask];
}

int service_by_pid(const struct supervisor *sv, pid_t pid)
{
	for (uint32_t at = *bucket_of(sv, pid); at; at = sv->pid_next[at - 1])
		if (service_at(sv, at - 1)->handles.pid == pid)
			return (int)at - 1;
	return -1;
}

void service_pid_add(struct supervisor *sv, uint32_t index)
{
	uint32_t *head = bucket_of(sv, service_at(sv, index)->handles.pid);

	sv->pid_next[index] = *head;
	*head = index + 1;
}

void service_pid_drop(struct supervisor *sv, uint32_t index)
{
	uint32_t *at = bucket_of(sv, service_at(sv, index)->handles.pid);

	while (*at && *at != index + 1)
		at = &sv->pid_next[*at - 1];
	if (*at)
		*at = sv->pid_next[index];
}
