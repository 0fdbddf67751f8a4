/*
 * Every process below us. As PID 1 kill(-1) is all of them, at one moment: a fork
 * that the kernel is at is signalled with its parent (Linux 4.19). As a subreaper we
 * have to look for them in /proc, again and again until twice nobody new was found.
 *
 * Who has died is never missed: what it leaves has us, or another one below, for
 * its parent from then on. And who is forked while we look has a greater number
 * than all before it, or is found by the next look.
 *
 * One thing neither can see: a signal that finds a process on its way into fork(2)
 * with its signals blocked, as C libraries do it, waits there, and the child comes
 * without it. So there is one search more whenever somebody has died. It leaves alone
 * the children of those that were told and live on: they know what they do. As PID 1
 * we take down who is there just before kill(-1).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "wrap/state.h"

#define PIDS_MAX 4194304 /* PID_MAX_LIMIT */
#define SET_BYTES (PIDS_MAX / 8)
#define LOOKS_MAX 64

/* Sets of pids: a byte of it is in memory only when it was written to. */
struct search {
	uint8_t *below;      /* seen in this search */
	uint8_t *told;       /* by this search, or seen by it and told by the one before */
	const uint8_t *before; /* told by the search before, or NULL */
	pid_t self;
	int sig, proc;
	bool grew; /* the last look has found somebody */
};

static bool has(const uint8_t *set, pid_t pid)
{
	return set[pid / 8] >> pid % 8 & 1;
}

static void add(uint8_t *set, pid_t pid)
{
	set[pid / 8] |= (uint8_t)(1u << pid % 8);
}

/* A decimal number that can be a pid, or 0. */
static pid_t number(const char *text)
{
	pid_t n = 0;

	for (; *text >= '0' && *text <= '9' && n < PIDS_MAX; text++)
		n = n * 10 + (*text - '0');
	return n < PIDS_MAX ? n : 0;
}

#define GONE (-1)

/* The parent, from /proc/PID/stat: `PID (NAME) STATE PARENT ...`, where NAME may be anything; 0 is one outside. */
static pid_t parent_of(int proc, const char *pid)
{
	BUF_ON_STACK(path, 32);
	char stat[128];
	long n, fd;

	buf_fmt(&path, "%s/stat", pid);
	fd = raw(SYS_openat, proc, buf_text(&path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return GONE;
	n = raw(SYS_read, fd, stat, sizeof(stat) - 1);
	raw(SYS_close, fd);
	for (; n > 0 && stat[n - 1] != ')'; n--)
		;
	stat[sizeof(stat) - 1] = '\0';
	return n > 0 ? number(stat + n + 3) : GONE;
}

/* In the first search everybody is told; later those that have missed it, and have nobody above who was told. */
static bool has_missed_it(const struct search *s, pid_t parent)
{
	return !s->before || parent == s->self || !has(s->before, parent);
}

/* With PID 1 everybody is, who has come in from outside too. */
static bool is_below(const struct search *s, pid_t pid, pid_t parent)
{
	if (parent == GONE || pid == s->self || has(s->below, pid))
		return false;
	return s->self == 1 || parent == s->self || has(s->below, parent);
}

static void look_at(struct search *s, const char *name)
{
	pid_t pid = number(name), parent = pid ? parent_of(s->proc, name) : GONE;
	bool told;

	if (!is_below(s, pid, parent))
		return;
	add(s->below, pid);
	s->grew = true;
	told = s->before && has(s->before, pid);
	if (!told && has_missed_it(s, parent))
		told = raw(SYS_kill, pid, s->sig) == 0;
	if (told)
		add(s->told, pid);
}

struct entry {
	uint64_t inode;
	int64_t next;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* In the order of the pids, as /proc lists them. */
static void look(struct search *s)
{
	_Alignas(struct entry) char mem[2048];
	long n;

	raw(SYS_lseek, s->proc, 0, SEEK_SET);
	while ((n = raw(SYS_getdents64, s->proc, mem, sizeof(mem))) > 0)
		for (long at = 0; at < n; at += ((struct entry *)(mem + at))->size)
			look_at(s, ((struct entry *)(mem + at))->name);
}

static void look_until_still(struct search *s)
{
	int still = 0;

	for (int i = 0; i < LOOKS_MAX && still < 2; i++) {
		s->grew = false;
		look(s);
		still = s->grew ? 0 : still + 1;
	}
}

static void *take_memory(size_t size)
{
	long at = raw(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	return at < 0 ? NULL : (void *)at;
}

static void give_memory(void *memory, size_t size)
{
	if (memory)
		raw(SYS_munmap, memory, size);
}

/* /proc, or -errno. In that of another pid namespace our pids are somebody else's. */
static int own_proc(pid_t self)
{
	int proc = (int)raw(SYS_openat, AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char text[16] = { 0 };

	if (proc < 0)
		return proc;
	raw(SYS_readlinkat, proc, "self", text, sizeof(text) - 1);
	if (number(text) == self)
		return proc;
	raw(SYS_close, proc);
	return -ESRCH;
}

/* Who was told TERM, or looked at before it is told, is known until the next such search. */
static void keep_told(struct wrap *w, const struct search *s)
{
	bool keeps = s->sig == 0 || s->sig == SIGTERM;

	give_memory(keeps ? w->told : s->told, SET_BYTES);
	if (keeps)
		w->told = s->told;
}

static bool search(struct wrap *w, int sig, const uint8_t *before)
{
	struct search s = { .self = w->self, .sig = sig, .before = before };

	s.proc = own_proc(w->self);
	if (s.proc < 0)
		return false;
	s.below = take_memory(SET_BYTES);
	s.told = take_memory(SET_BYTES);
	if (s.below && s.told)
		look_until_still(&s);
	raw(SYS_close, s.proc);
	give_memory(s.below, SET_BYTES);
	keep_told(w, &s);
	return s.below && s.told;
}

/* The program hears of it whatever happens. */
void below_signal(struct wrap *w, int sig)
{
	say_verbose(w, "signal %d to all processes below", sig);
	if (w->self == 1) {
		if (sig == SIGTERM)
			search(w, 0, NULL);
		raw(SYS_kill, -1, sig);
	} else if (!search(w, sig, NULL) && !w->left) {
		raw(SYS_kill, w->child, sig);
	}
}

void below_signal_missed(struct wrap *w, int sig)
{
	if (w->told)
		search(w, sig, w->told);
}
