/* How it runs: limits of the process, nice value, policy, processors, place before the OOM killer, clocks. proc(5). */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/look.h"
#include "lib/text.h"
#include "services/keys.h"

/* -- rlimits: a line for each, in the order of their numbers ------------------------------------------------------ */

static const char *line_number(const char *text, uint32_t n)
{
	for (; text && n > 0; n--) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text;
}

/* "Max open files            1024                 4096                 files": the columns have places. */
static bool take_limits(const char *line, char *soft, char *hard, size_t size)
{
	if (!line || strcspn(line, "\n") < 67)
		return false;
	for (int i = 0; i < 2; i++) {
		const char *at = line + 26 + i * 21;
		char *to = i ? hard : soft;
		size_t len = MIN(strcspn(at, " \n"), size - 1);

		memcpy(to, at, len);
		to[len] = '\0';
	}
	return true;
}

static void put_limit(uint64_t n, struct buf *b)
{
	if (n == UINT64_MAX)
		buf_str(b, "unlimited");
	else
		buf_u64(b, n);
}

static uint64_t limit_of(const char *text)
{
	uint64_t n;

	return text_u64(text, &n) ? UINT64_MAX : n;
}

/* The soft one is the program's to raise; of the hard one it may give away. */
static void look_rlimit(struct look *l, const char *limits, const struct rlimit_spec *r)
{
	char soft[24], hard[24];
	BUF_ON_STACK(what, 40);
	BUF_ON_STACK(asked, 60);
	BUF_ON_STACK(got, 60);

	buf_fmt(&what, "rlimits.%s", resource_name(r->resource));
	put_limit(r->soft, &asked);
	buf_char(&asked, ' ');
	put_limit(r->hard, &asked);
	if (!take_limits(line_number(limits, r->resource + 1), soft, hard, sizeof(soft))) {
		look_tell(l, buf_text(&what), buf_text(&asked), "", LOOK_UNSEEN, 0);
		return;
	}
	buf_fmt(&got, "%s %s", soft, hard);
	look_tell(l, buf_text(&what), buf_text(&asked), buf_text(&got),
		  limit_of(hard) > r->hard ? LOOK_DIFFERS : LOOK_SAME, 0);
}

/* What rlimits.core says does not matter then. */
static void look_core(struct look *l, const char *limits)
{
	char soft[24], hard[24];
	bool seen = take_limits(line_number(limits, RLIMIT_CORE + 1), soft, hard, sizeof(soft));
	bool never = seen && !strcmp(soft, "1") && !strcmp(hard, "1");

	look_tell(l, "coredump", "never", !seen ? "" : never ? "never" : "as its limit says",
		  !seen ? LOOK_UNSEEN : never ? LOOK_SAME : LOOK_DIFFERS, 0);
}

static void look_rlimits(struct look *l)
{
	const struct rlimit_spec *all = table_list(l->table, l->spec->rlimits, struct rlimit_spec);
	bool no_core = l->confine->privileges.coredump == COREDUMP_NEVER;
	char limits[4096];

	if ((l->spec->rlimits.count || no_core) && !look_read(l, l->pid, "limits", limits, sizeof(limits)))
		limits[0] = '\0';
	for (uint32_t i = 0; i < l->spec->rlimits.count; i++)
		if (!no_core || all[i].resource != RLIMIT_CORE)
			look_rlimit(l, limits, &all[i]);
	if (no_core)
		look_core(l, limits);
}

/* -- scheduling --------------------------------------------------------------------------------------------------- */

/* Field number n of stat, from 1; the name behind which they are counted may have anything in it. */
static const char *stat_field(const char *text, unsigned n)
{
	const char *at = strrchr(text, ')');

	for (unsigned i = 2; at && i < n; i++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at ? at : "";
}

/* Of these more is less to the service, which anybody may make of it. */
static void tell_least(struct look *l, const char *what, int least, const char *got)
{
	BUF_ON_STACK(asked, 16);

	buf_fmt(&asked, "%d", least);
	look_tell(l, what, buf_text(&asked), got,
		  !*got ? LOOK_UNSEEN : strtol(got, NULL, 10) < least ? LOOK_DIFFERS : LOOK_SAME, 0);
}

static void look_nice(struct look *l, const char *stat)
{
	const struct privileges_spec *p = &l->confine->privileges;
	const char *at = stat_field(stat, 19);
	BUF_ON_STACK(got, 24);

	buf_add(&got, at, MIN(strcspn(at, " \n"), 20));
	if (p->given & GIVEN_NICE)
		tell_least(l, "nice", p->nice, buf_text(&got));
}

static const char *policy_name(uint32_t policy)
{
	static const char *const names[] = { "other", "fifo", "rr", "batch", "4", "idle", "deadline", "ext" };

	return policy < ARRAY_LEN(names) ? names[policy] : "unknown";
}

static uint64_t stat_number(const char *stat, unsigned n)
{
	BUF_ON_STACK(number, 24);
	uint64_t value = 0;
	const char *at = stat_field(stat, n);

	buf_add(&number, at, MIN(strcspn(at, " \n"), 20));
	return text_u64(buf_text(&number), &value) ? UINT64_MAX : value;
}

static void put_policy(struct buf *b, uint64_t policy, uint64_t priority)
{
	buf_str(b, policy_name((uint32_t)policy));
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		buf_fmt(b, ":%u", (unsigned)priority);
}

static void look_policy(struct look *l, const char *stat)
{
	const struct sched_spec *sched = &l->confine->privileges.sched;
	BUF_ON_STACK(asked, 24);
	BUF_ON_STACK(got, 24);

	if (!sched->policy || stat_number(stat, 41) == UINT64_MAX)
		return;
	put_policy(&asked, sched->policy - 1, sched->priority);
	put_policy(&got, stat_number(stat, 41), stat_number(stat, 40));
	look_tell_text(l, "sched", buf_text(&asked), buf_text(&got), 0);
}

/* Numbers of processes are those of minit's /proc; who asks from elsewhere has others. */
static bool is_beside(const struct look *l)
{
	char self[16] = "";

	return readlinkat(l->proc, "self", self, sizeof(self) - 1) > 0 && strtol(self, NULL, 10) == getpid();
}

#define BESIDE "it can be asked for in minit's own pid namespace alone"

/* sched_getattr(2), as Linux 3.14 has it. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static void tell_attr(struct look *l, const char *what, const char *asked, const char *got, bool seen)
{
	if (!is_beside(l))
		look_tell_hidden(l, what, asked, BESIDE);
	else if (seen)
		look_tell_text(l, what, asked, got, 0);
	else
		look_tell(l, what, asked, "", LOOK_UNSEEN, 0);
}

static void put_times(struct buf *b, uint64_t runtime, uint64_t deadline, uint64_t period)
{
	if (!deadline) /* of another policy, runtime is its slice (Linux 6.12) */
		buf_str(b, "none");
	else
		buf_fmt(b, "%lu %lu %lu ns", (unsigned long)runtime, (unsigned long)deadline,
			(unsigned long)(period ? period : deadline));
}

/* What no file in /proc has. */
static void look_attr(struct look *l)
{
	const struct sched_spec *sched = &l->confine->privileges.sched;
	struct attr is = { 0 };
	bool seen = is_beside(l) && !syscall(SYS_sched_getattr, l->pid, &is, sizeof(is), 0);
	BUF_ON_STACK(asked, 80);
	BUF_ON_STACK(got, 80);

	l->err = seen ? 0 : -errno;
	put_times(&asked, sched->runtime_ns, sched->deadline_ns, sched->period_ns);
	put_times(&got, is.runtime, is.deadline, is.period);
	if (sched->policy == SCHED_DEADLINE + 1)
		tell_attr(l, "sched.deadline", buf_text(&asked), buf_text(&got), seen);
	if (sched->reset_on_fork)
		tell_attr(l, "sched.reset_on_fork", "true", is.flags & 1 ? "true" : "false", seen);
}

static bool has_bit(const uint64_t *words, uint32_t count, uint32_t bit)
{
	return bit / 64 < count && words[bit / 64] >> bit % 64 & 1;
}

/* "0-3,6", as the kernel says it. */
static void put_mask(const struct look *l, struct list list, struct buf *b)
{
	const uint64_t *words = table_list(l->table, list, uint64_t);

	for (uint32_t i = 0; i < list.count * 64; i++) {
		uint32_t first = i;

		if (!has_bit(words, list.count, i))
			continue;
		while (has_bit(words, list.count, i + 1))
			i++;
		buf_fmt(b, "%s%u", b->len ? "," : "", first);
		if (i > first)
			buf_fmt(b, "-%u", i);
	}
}

/* Of "0-3,6", whether all are asked for. */
static bool are_asked(const struct look *l, struct list list, const char *text)
{
	const uint64_t *words = table_list(l->table, list, uint64_t);
	bool all = *text;
	char *at;

	while (*text && all) {
		unsigned long first = strtoul(text, &at, 10), last = *at == '-' ? strtoul(at + 1, &at, 10) : first;

		all = at != text;
		for (unsigned long i = first; i <= last && all; i++)
			all = has_bit(words, list.count, (uint32_t)i);
		text = at + (*at == ',');
	}
	return all;
}

static void look_cpus(struct look *l)
{
	BUF_ON_STACK(asked, LOOK_LIST);
	BUF_ON_STACK(got, LOOK_LIST);

	if (!l->confine->privileges.cpus.count)
		return;
	put_mask(l, l->confine->privileges.cpus, &asked);
	if (look_line(l->status, "Cpus_allowed_list", &got))
		look_tell(l, "cpus", buf_text(&asked), buf_text(&got),
			  are_asked(l, l->confine->privileges.cpus, buf_text(&got)) ? LOOK_SAME : LOOK_DIFFERS, 0);
}

static void put_ioprio(struct buf *b, uint32_t ioprio)
{
	static const char *const classes[] = { "none", "realtime", "best-effort", "idle" };

	buf_str(b, classes[ioprio >> 13 & 3]);
	if (ioprio >> 13 != 3)
		buf_fmt(b, ":%u", ioprio & 7);
}

static void look_ioprio(struct look *l)
{
	uint32_t wanted = l->confine->privileges.ioprio;
	long is = wanted ? syscall(SYS_ioprio_get, 1, l->pid) : -1;
	BUF_ON_STACK(asked, 24);
	BUF_ON_STACK(got, 24);

	if (!wanted)
		return;
	put_ioprio(&asked, wanted);
	if (!is_beside(l)) {
		look_tell_hidden(l, "ioprio", buf_text(&asked), BESIDE);
		return;
	}
	if (is >= 0)
		put_ioprio(&got, (uint32_t)is);
	look_tell(l, "ioprio", buf_text(&asked), buf_text(&got),
		  is < 0 ? LOOK_UNSEEN : (uint32_t)is == wanted ? LOOK_SAME : LOOK_DIFFERS, 0);
}

static void look_sched(struct look *l)
{
	char stat[1024];

	if (!look_read(l, l->pid, "stat", stat, sizeof(stat)))
		stat[0] = '\0';
	look_nice(l, stat);
	look_policy(l, stat);
	look_attr(l);
	look_cpus(l);
	look_ioprio(l);
}

/* -- the rest ----------------------------------------------------------------------------------------------------- */

static void tell_file(struct look *l, const char *what, const char *asked, const char *file)
{
	char got[64];

	if (look_read(l, l->pid, file, got, sizeof(got)))
		look_tell_text(l, what, asked, got, 0);
	else
		look_tell(l, what, asked, "", LOOK_UNSEEN, 0);
}

static void look_memory(struct look *l)
{
	const struct privileges_spec *p = &l->confine->privileges;
	BUF_ON_STACK(filter, 16);
	char oom[16] = "";

	buf_fmt(&filter, "%08x", p->dump_filter);
	if (p->given & GIVEN_OOM_SCORE_ADJ && !look_read(l, l->pid, "oom_score_adj", oom, sizeof(oom)))
		oom[0] = '\0';
	if (p->given & GIVEN_OOM_SCORE_ADJ)
		tell_least(l, "oom_score_adj", p->oom_score_adj, oom);
	if (p->given & GIVEN_DUMP_FILTER)
		tell_file(l, "coredump_filter", buf_text(&filter), "coredump_filter");
}

static void look_personality(struct look *l)
{
	uint32_t wanted = l->confine->privileges.personality;
	BUF_ON_STACK(asked, 16);

	buf_fmt(&asked, "%08x", wanted);
	if (wanted)
		tell_file(l, "personality", buf_text(&asked), "personality");
}

/* "monotonic           86400         0", and a line of boottime. */
static void look_clock(struct look *l, const char *offsets, const char *clock, int64_t ms)
{
	const char *line = strstr(offsets, clock);
	BUF_ON_STACK(what, 24);
	BUF_ON_STACK(asked, 40);
	BUF_ON_STACK(got, 40);
	char *end;

	buf_fmt(&what, "time.%s", clock);
	buf_fmt(&asked, "%ld ms", (long)ms);
	if (line) {
		int64_t is = strtol(line + strlen(clock), &end, 10) * 1000;

		buf_fmt(&got, "%ld ms", (long)(is + strtol(end, NULL, 10) / 1000000));
	}
	if (line)
		look_tell_text(l, buf_text(&what), buf_text(&asked), buf_text(&got), 0);
	else
		look_tell(l, buf_text(&what), buf_text(&asked), "", LOOK_UNSEEN, 0);
}

static void look_clocks(struct look *l)
{
	const struct roots_spec *roots = &l->confine->roots;
	char offsets[256];

	if (!(l->spec->namespaces & CLONE_NEWTIME))
		return;
	if (!look_read(l, l->pid, "timens_offsets", offsets, sizeof(offsets)))
		offsets[0] = '\0';
	look_clock(l, offsets, "monotonic", roots->monotonic_ms);
	look_clock(l, offsets, "boottime", roots->boottime_ms);
}

static void look_umask(struct look *l)
{
	BUF_ON_STACK(asked, 16);
	BUF_ON_STACK(got, 16);

	if (l->spec->umask == UMASK_INHERIT || !look_line(l->status, "Umask", &got))
		return;
	buf_fmt(&asked, "%04o", l->spec->umask);
	look_tell(l, "umask", buf_text(&asked), buf_text(&got), LOOK_SAME, 0); /* the program's own to change */
}

/* As it is called there, whatever its root is here. The program's own to change, likewise. */
static void look_directory(struct look *l)
{
	const char *cwd = table_text(l->table, l->spec->cwd_at);
	char got[LOOK_TEXT];
	BUF_ON_STACK(path, 40);
	ssize_t n;

	if (!cwd)
		return;
	buf_fmt(&path, "%d/cwd", (int)l->pid);
	n = readlinkat(l->proc, buf_text(&path), got, sizeof(got) - 1);
	l->err = n < 0 ? -errno : 0;
	got[n < 0 ? 0 : n] = '\0';
	look_tell(l, "cwd", cwd, got, n < 0 ? LOOK_UNSEEN : LOOK_SAME, 0);
}

/* -- nodes of its memory: "00400000 default file=...", a line for each mapping; few have one of their own -- */

static void put_numa(const struct look *l, struct buf *b)
{
	static const char *const policies[] = { "default", "prefer", "bind", "interleave", "local", "prefer (many)",
						"weighted interleave" };
	const struct privileges_spec *p = &l->confine->privileges;
	BUF_ON_STACK(nodes, LOOK_TEXT);

	buf_str(b, p->numa < ARRAY_LEN(policies) ? policies[p->numa] : "unknown");
	put_mask(l, p->nodes, &nodes);
	if (nodes.len)
		buf_fmt(b, ":%s", buf_text(&nodes));
}

/* In the kernel's words, of which two have a blank in them. */
static size_t policy_length(const char *text)
{
	size_t len = strcspn(text, " \n");

	if (!strncmp(text + len, " (many)", 7) || !strncmp(text + len, " interleave", 11))
		len += 1 + strcspn(text + len + 1, " \n");
	return len;
}

static void look_numa(struct look *l)
{
	BUF_ON_STACK(asked, LOOK_TEXT + 20);
	BUF_ON_STACK(got, LOOK_TEXT);
	char maps[4096];
	const char *at;

	if (!l->confine->privileges.numa)
		return;
	put_numa(l, &asked);
	if (!look_read(l, l->pid, "numa_maps", maps, sizeof(maps)) || !(at = strchr(maps, ' '))) {
		look_tell(l, "numa", buf_text(&asked), "", LOOK_UNSEEN, 0);
		return;
	}
	buf_add(&got, at + 1, MIN(policy_length(at + 1), (size_t)LOOK_TEXT - 1));
	look_tell_text(l, "numa", buf_text(&asked), buf_text(&got), 0);
}

void look_habits(struct look *l)
{
	look_rlimits(l);
	look_sched(l);
	look_numa(l);
	look_memory(l);
	look_umask(l);
	look_directory(l);
	look_personality(l);
	look_clocks(l);
}
