#include "init/report.h"

#include <string.h>
#include <time.h>

#include "cgroup/cgroup.h"
#include "lib/addr.h"
#include "services/leaf.h"

#define DESCRIPTION_MAX 100

/* -- members of an object ---------------------------------------------------------------------- */

static void put_number(struct buf *b, const char *name, int64_t n)
{
	buf_json_key(b, name);
	buf_fmt(b, "%ld", (long)n);
}

static void put_text(struct buf *b, const char *name, const char *text)
{
	buf_json_key(b, name);
	buf_json(b, text);
}

static void put_true(struct buf *b, const char *name)
{
	buf_json_key(b, name);
	buf_str(b, "true");
}

static void put_item(struct buf *b, const char *text)
{
	if (b->data[b->len - 1] != '[')
		buf_char(b, ',');
	buf_json(b, text);
}

static void put_amount(struct buf *b, const char *name, bool known, uint64_t n)
{
	if (known && n != LIMIT_NONE)
		put_number(b, name, (int64_t)n);
}

/* -- minit itself ------------------------------------------------------------------------------ */

static const char *mode_word(enum mode mode)
{
	switch (mode) {
	case MODE_MACHINE: return "machine";
	case MODE_CONTAINER: return "container";
	case MODE_SUBREAPER: return "subreaper";
	}
	return "unknown";
}

static const char *phase_words(unsigned phase)
{
	static const char *const words[] = {
#define PHASE(name, text) text,
#include "services/phases.def"
#undef PHASE
	};

	return phase < ARRAY_LEN(words) ? words[phase] : "unknown";
}

static const char *cgroup_words(const struct cgroup_home *home)
{
	bool v1 = false;

	for (size_t i = 0; i < CGROUP_V1_COUNT; i++)
		v1 |= home->v1[i] >= 0;
	if (home->err)
		return "none";
	if (home->v2 >= 0)
		return v1 ? "hybrid" : "v2";
	return v1 ? "v1" : "none";
}

static void put_states(const struct supervisor *sv, struct buf *b)
{
	uint32_t counts[STATE_COUNT] = { 0 }, total = 0;

	for (uint32_t i = 0; i < sv->state->count; i++) {
		unsigned state = service_at(sv, i)->life.state;

		if (spec_at(sv, i)->internal || state >= STATE_COUNT)
			continue;
		counts[state]++;
		total++;
	}
	put_number(b, "services", total);
	buf_json_key(b, "states");
	buf_char(b, '{');
	for (unsigned s = 0; s < STATE_COUNT; s++)
		put_number(b, state_name(s), counts[s]);
	buf_char(b, '}');
}

void report_minit(const struct supervisor *sv, struct buf *b)
{
	const struct statefile *state = sv->state;

	buf_char(b, '{');
	put_text(b, "version", MINIT_VERSION);
	put_number(b, "pid", state->pid);
	put_text(b, "mode", mode_word(state->mode));
	put_text(b, "phase", phase_words(state->phase));
	put_number(b, "uptime_ms", when_since(state->booted, when_now()));
	put_states(sv, b);
	put_number(b, "orphans", (int64_t)state->orphans);
	put_number(b, "crashes", (int64_t)state->crashes);
	put_number(b, "reexecs", (int64_t)state->reexecs);
	put_number(b, "events", (int64_t)state->events);
	put_text(b, "cgroup", cgroup_words(&state->cgroup));
	if (state->placed && state->cgroup.err) /* else nobody has looked, as nobody wants a leaf */
		put_text(b, "cgroup_error", strerror(state->cgroup.err < 0 ? -state->cgroup.err : state->cgroup.err));
	buf_str(b, "}\n");
}

/* -- one service ------------------------------------------------------------------------------- */

static void put_paused(const struct handles *h, struct buf *b)
{
	BUF_ON_STACK(by, 32);

	put_true(b, "paused");
	if (h->paused_for)
		buf_fmt(&by, "pressure.%s", pressure_name(h->paused_for - 1u));
	else
		buf_str(&by, "hand");
	put_text(b, "paused_by", buf_text(&by));
}

static void put_life(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	const struct service *s = service_at(sv, index);
	struct when now = when_now();
	int blocker = service_blocker(sv, index);
	BUF_ON_STACK(why, STATE_WHY);

	put_text(b, "state", state_name(s->life.state));
	put_text(b, "want", s->life.want == WANT_UP ? "up" : "down");
	if (leaf_is_paused(sv, index))
		put_paused(&s->handles, b);
	put_number(b, "pid", s->handles.pid);
	put_number(b, "since_ms", when_since(s->life.since, now));
	if (s->life.state == STATE_BACKOFF && !when_is_never(s->life.deadline))
		put_number(b, "next_ms", MAX(when_since(now, s->life.deadline), 0));
	put_number(b, "starts", s->life.starts);
	put_number(b, "restarts", s->life.restarts);
	put_number(b, "failures", s->life.failures);
	service_why(sv, index, &why);
	put_text(b, "why", buf_text(&why));
	if (blocker >= 0)
		put_text(b, "blocked", service_name(sv, (uint32_t)blocker));
	if (s->life.pressed)
		put_text(b, "pressed", pressure_name(s->life.pressed - 1u));
}

static void put_usage(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	struct cgroup_usage u = { 0 };
	struct leaf_name name;

	if (!spec_at(sv, index)->leaf || sv->state->cgroup.err)
		return;
	cgroup_usage(&sv->state->cgroup, leaf_of(sv, index, &name), &u);
	put_amount(b, "memory", u.has_memory, u.memory);
	put_amount(b, "memory_max", u.has_memory, u.memory_max);
	put_amount(b, "cpu_us", u.has_cpu, u.cpu_us);
	put_amount(b, "pids", u.has_pids, u.pids);
	put_amount(b, "oom_kills", u.has_memory, u.oom_kills);
}

static void put_addresses(const struct service_spec *spec, struct buf *b)
{
	if (!spec->attach.addr[0].family)
		return;
	buf_json_key(b, "addresses");
	buf_char(b, '[');
	for (size_t i = 0; i < NET_ADDRS && spec->attach.addr[i].family; i++) {
		BUF_ON_STACK(text, 64);

		text_put_addr(&text, &spec->attach.addr[i], true);
		put_item(b, buf_text(&text));
	}
	buf_char(b, ']');
}

static void put_rate(const struct table *t, const struct service_spec *spec, struct buf *b)
{
	const struct network_spec *network = table_network(t, spec);

	if (network && network->in_bps)
		put_amount(b, "rate_in_bps", true, network->in_bps);
	if (network && network->out_bps)
		put_amount(b, "rate_out_bps", true, network->out_bps);
}

static void put_missing(int32_t missing, struct buf *b)
{
	static const struct {
		enum missing bit;
		const char *words;
	} all[] = {
		{ MISSING_LEAF, "cgroup leaf" },
		{ MISSING_LIMITS, "limits" },
		{ MISSING_NETWORK, "network" },
		{ MISSING_NAMESPACES, "namespaces" },
		{ MISSING_CAPS, "capabilities" },
		{ MISSING_KEYRING, "keyring" },
		{ MISSING_SECCOMP, "system call filter" },
		{ MISSING_MOUNTS, "mounts" },
		{ MISSING_DEVICES, "devices" },
		{ MISSING_GROUPS, "cgroup namespace" },
		{ MISSING_IDMAP, "mapped ids" },
	};

	if (!missing)
		return;
	buf_json_key(b, "missing");
	buf_char(b, '[');
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (missing & (int32_t)all[i].bit)
			put_item(b, all[i].words);
	buf_char(b, ']');
}

/* Cut where a character ends: it is free text of any length. */
static void put_description(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	const char *text = table_text(sv->table, spec_at(sv, index)->description_at);
	char shown[DESCRIPTION_MAX + 1];
	size_t len = text ? strnlen(text, DESCRIPTION_MAX + 1) : 0;

	if (!len)
		return;
	for (len = MIN(len, DESCRIPTION_MAX); len > 0 && (text[len] & 0xc0) == 0x80; len--)
		;
	memcpy(shown, text, len);
	shown[len] = '\0';
	put_text(b, "description", shown);
}

static void put_role(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	if (sv->table->main == (int32_t)index)
		put_true(b, "main");
	if (spec_at(sv, index)->internal)
		put_true(b, "internal");
}

void report_service(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	buf_char(b, '{');
	put_text(b, "name", service_name(sv, index));
	put_life(sv, index, b);
	put_usage(sv, index, b);
	put_addresses(spec_at(sv, table_network_of(sv->table, index)), b);
	put_rate(sv->table, spec_at(sv, table_network_of(sv->table, index)), b);
	put_missing(service_at(sv, index)->handles.missing, b);
	put_role(sv, index, b);
	put_description(sv, index, b);
	buf_str(b, "}\n");
}

/* -- a change ---------------------------------------------------------------------------------- */

/* Seconds since 1970, as the machine's clock has it. */
static void put_time(struct buf *b)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	buf_json_key(b, "time");
	buf_fmt(b, "%ld.%03ld", (long)ts.tv_sec, ts.tv_nsec / 1000000);
}

static void put_change(const struct supervisor *sv, uint32_t index, const char *key_of, const char *word, struct buf *b)
{
	buf_char(b, '{');
	put_number(b, "seq", (int64_t)sv->state->events);
	put_time(b);
	put_text(b, "service", service_name(sv, index));
	if (word)
		put_text(b, key_of, word);
	put_life(sv, index, b);
	put_role(sv, index, b);
	buf_str(b, "}\n");
}

void report_change(const struct supervisor *sv, uint32_t index, enum state was, struct buf *b)
{
	put_change(sv, index, "from", was < STATE_COUNT ? state_name(was) : NULL, b);
}

/* It is in the state it was in: so it comes from there. */
void report_notice(const struct supervisor *sv, uint32_t index, const char *what, struct buf *b)
{
	put_change(sv, index, "notice", what, b);
}
