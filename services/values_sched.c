/* Scheduling: policies, priorities, and masks of processors and nodes. */
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/personality.h>

#include "lib/text.h"
#include "services/compile.h"

#define MASK_WORDS 128 /* 8192 bits */

/* `key->low` is how far below 0 it may go. */
bool take_signed(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	(void)s;
	if (node->type != TOML_INTEGER || node->number < -(int64_t)key->low || node->number > (int64_t)key->high)
		return false;
	*(int32_t *)field = (int32_t)node->number;
	return true;
}

/* "fifo:50" is the word number *ret_word, and 50; without a number *ret_number stays. */
static bool read_word(const char *text, const char *words, int *ret_word, uint64_t *ret_number)
{
	const char *colon = text ? strchr(text, ':') : NULL;
	BUF_ON_STACK(word, 32);

	if (!text)
		return false;
	buf_add(&word, text, colon ? (size_t)(colon - text) : strlen(text));
	if (buf_check(&word) || !word.len)
		return false;
	*ret_word = word_find(words, buf_text(&word));
	return *ret_word >= 0 && (!colon || !text_u64(colon + 1, ret_number));
}

/* In the order of IOPRIO_CLASS_*. */
bool take_ioprio(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	static const char words[] = "none|realtime|best-effort|idle";
	uint64_t level = UINT64_MAX;
	int word;

	(void)s;
	(void)key;
	if (!read_word(node_text(node), words, &word, &level) || !word)
		return false;
	if (word == 3 ? level != UINT64_MAX : level > 7)
		return false;
	*(uint32_t *)field = (uint32_t)word << 13 | (word == 3 ? 0 : (uint32_t)level);
	return true;
}

/* -- policies --------------------------------------------------------------------------------------------------- */

/* In the order of SCHED_*. */
static const char policies[] = "other|fifo|rr|batch|nobody|idle|deadline";
enum { FIFO = 1, RR = 2, NOBODY = 4, DEADLINE = 6 };

/* "1.5ms", "500us", "2s", "100ns" */
static bool read_ns(const struct toml *node, uint64_t *ret)
{
	static const struct {
		char unit[3];
		uint32_t ns;
	} units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
	const char *text = node_text(node);
	size_t digits = text ? strspn(text, "0123456789") : 0;
	BUF_ON_STACK(number, 24);

	if (!digits)
		return false;
	buf_add(&number, text, digits);
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (!strcmp(text + digits, units[i].unit))
			return !buf_check(&number) && !text_u64(buf_text(&number), ret) &&
			       !__builtin_mul_overflow(*ret, units[i].ns, ret) && *ret > 0;
	return false;
}

#define RUNTIME_LEAST 1024 /* 1 << DL_SCALE: sched(7) */

/* What is wrong with the parts together, or NULL. */
static const char *misfit(const struct sched_spec *s)
{
	uint32_t policy = s->policy - 1;
	bool real_time = policy == FIFO || policy == RR, times = s->runtime_ns || s->deadline_ns || s->period_ns;

	if (!s->policy)
		return "a policy";
	if (policy == DEADLINE && (!s->runtime_ns || s->runtime_ns > s->deadline_ns))
		return "a runtime that is not longer than the deadline";
	if (policy == DEADLINE && s->runtime_ns < RUNTIME_LEAST)
		return "a runtime of 1024ns or more, as the kernel does";
	if (policy == DEADLINE && s->period_ns && s->deadline_ns > s->period_ns)
		return "a deadline that is not longer than the period";
	if (policy != DEADLINE && times)
		return "runtime, deadline and period with the policy \"deadline\" alone";
	if (real_time && !s->priority)
		return "a priority from 1 to 99 with this policy";
	return !real_time && s->priority ? "a priority with \"fifo\" and \"rr\" alone" : NULL;
}

static bool read_priority(const struct toml *node, uint32_t *ret)
{
	*ret = node->type == TOML_INTEGER ? (uint32_t)node->number : 0;
	return node->type == TOML_INTEGER && node->number >= 1 && node->number <= 99;
}

static bool is_policy(int word)
{
	return word >= 0 && word != NOBODY;
}

static bool read_policy(const struct toml *node, uint32_t *ret)
{
	int word = node_text(node) ? word_find(policies, node->text) : -1;

	*ret = (uint32_t)word + 1;
	return is_policy(word);
}

static bool read_flag(const struct toml *node, uint32_t *ret)
{
	*ret = node->type == TOML_BOOL && node->truth;
	return node->type == TOML_BOOL;
}

enum part { POLICY, PRIORITY, RUNTIME, PERIOD_END, PERIOD, RESET };
static const char parts[] = "policy|priority|runtime|deadline|period|reset_on_fork";

static bool read_part(enum part part, const struct toml *node, struct sched_spec *sched)
{
	switch (part) {
	case POLICY: return read_policy(node, &sched->policy);
	case PRIORITY: return read_priority(node, &sched->priority);
	case RUNTIME: return read_ns(node, &sched->runtime_ns);
	case PERIOD_END: return read_ns(node, &sched->deadline_ns);
	case PERIOD: return read_ns(node, &sched->period_ns);
	case RESET: return read_flag(node, &sched->reset_on_fork);
	}
	return false;
}

static void take_part(struct section *s, const struct toml *node, struct sched_spec *sched)
{
	static const char *const wants[] = {
		"\"other\", \"batch\", \"idle\", \"fifo\", \"rr\" or \"deadline\"", "a number from 1 to 99",
		"a time such as \"2ms\"", "a time such as \"10ms\"", "a time such as \"10ms\"", "true or false",
	};
	int part = word_find(parts, node->key);
	BUF_ON_STACK(name, 32);

	if (part < 0) {
		refuse_inner(s->c, s->draft->title, "sched", node, parts);
		return;
	}
	buf_fmt(&name, "sched.%s", node->key);
	if (!read_part((enum part)part, node, sched))
		refuse_value(s, buf_text(&name), node, wants[part]);
}

static void take_sched_table(struct section *s, const struct toml *node, struct sched_spec *sched)
{
	uint32_t errors = s->c->errors.count;
	const char *wrong;

	for (const struct toml *e = node->first; e; e = e->next)
		take_part(s, e, sched);
	wrong = misfit(sched);
	if (wrong && errors == s->c->errors.count)
		refuse_value(s, "sched", node, wrong);
}

bool take_sched(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct sched_spec sched = { 0 };
	uint64_t priority = 0;
	int word;

	(void)key;
	if (node->type == TOML_TABLE) {
		take_sched_table(s, node, &sched);
	} else {
		if (!read_word(node_text(node), policies, &word, &priority) || !is_policy(word) || priority > 99)
			return false;
		sched.policy = (uint32_t)word + 1;
		sched.priority = (uint32_t)priority;
		if (misfit(&sched))
			return false;
	}
	*(struct sched_spec *)field = sched;
	return true;
}

/* -- masks ------------------------------------------------------------------------------------------------------ */

struct mask {
	uint64_t words[MASK_WORDS];
	uint32_t used; /* words */
};

static bool read_number(const char **text, uint32_t *ret)
{
	BUF_ON_STACK(digits, 8);
	size_t n = strspn(*text, "0123456789");
	uint64_t number;

	buf_add(&digits, *text, n);
	*text += n;
	if (!n || buf_check(&digits) || text_u64(buf_text(&digits), &number) || number >= MASK_WORDS * 64)
		return false;
	*ret = (uint32_t)number;
	return true;
}

static void mask_add(struct mask *m, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i <= to; i++)
		m->words[i / 64] |= (uint64_t)1 << i % 64;
	m->used = MAX(m->used, to / 64 + 1);
}

/* "0-3,7" as cpuset(7) has it. */
static bool read_mask(const char *text, struct mask *m)
{
	uint32_t from, to;

	for (;;) {
		if (!read_number(&text, &from))
			return false;
		to = from;
		if (*text == '-' && (++text, !read_number(&text, &to)))
			return false;
		if (to < from)
			return false;
		mask_add(m, from, to);
		if (*text != ',')
			return !*text;
		text++;
	}
}

/* Equal ones are kept once, so that services that are alike stay so. */
static bool put_mask(struct section *s, const struct mask *m, struct list *ret)
{
	*ret = (struct list){ image_record(s->c, m->words, m->used * sizeof(m->words[0])), m->used };
	return true;
}

bool take_cpus(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct mask m = { 0 };

	(void)key;
	return node_text(node) && read_mask(node->text, &m) && put_mask(s, &m, field);
}

#define WANT_PREFERRED "\"preferred:\" with one node such as \"preferred:0\", or \"preferred-many:\" (Linux 5.15)"

static bool has_several(const struct mask *m)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < m->used; i++)
		n += (unsigned)__builtin_popcountll(m->words[i]);
	return n > 1;
}

/* In the order of MPOL_*; all but local are of nodes. Of several that are preferred the kernel would take the first. */
bool take_numa(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	static const char words[] = "default|preferred|bind|interleave|local|preferred-many|weighted-interleave";
	const char *text = node_text(node), *colon = text ? strchr(text, ':') : NULL;
	struct privileges_spec *p = &s->draft->confine->privileges;
	struct mask m = { 0 };
	uint64_t unused;
	int word;
	BUF_ON_STACK(name, 32);

	buf_add(&name, text ? text : "", colon ? (size_t)(colon - text) : strlen(text ? text : ""));
	if (buf_check(&name) || !read_word(buf_text(&name), words, &word, &unused) || !word)
		return false;
	p->nodes = (struct list){ 0 };
	*(uint32_t *)field = (uint32_t)word;
	if (word == MPOL_LOCAL)
		return !colon;
	if (!colon || !read_mask(colon + 1, &m))
		return false;
	if (word == MPOL_PREFERRED && has_several(&m)) {
		refuse_value(s, key_text(key, KEY_NAME), node, WANT_PREFERRED);
		return true;
	}
	return put_mask(s, &m, &p->nodes);
}

/* -- personality ------------------------------------------------------------------------------------------------ */

/* In the order of the words. Those that an exec takes back are not among them. */
static const uint32_t personalities[] = { PER_LINUX32, ADDR_NO_RANDOMIZE, ADDR_COMPAT_LAYOUT, ADDR_LIMIT_32BIT,
					  ADDR_LIMIT_3GB, MMAP_PAGE_ZERO, SHORT_INODE, STICKY_TIMEOUTS, UNAME26,
					  WHOLE_SECONDS };

bool take_personality(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	uint32_t bits = 0, all = 0;

	if (!take_bits(s, key, node, &bits))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(personalities); i++)
		if (bits >> i & 1)
			all |= personalities[i];
	*(uint32_t *)field = all;
	return true;
}

/* -- ports ------------------------------------------------------------------------------------------------------ */

bool take_ports(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	uint32_t *ports, n = 0;

	if (node->type != TOML_ARRAY)
		return false;
	ports = arena_array(s->c->work, uint32_t, node->count);
	for (const struct toml *e = node->first; e; e = e->next)
		if (e->type == TOML_INTEGER && e->number >= 0 && e->number <= UINT16_MAX)
			ports[n++] = (uint32_t)e->number;
		else
			refuse_element(s, key, e);
	*(struct list *)field = n ? (struct list){ image_record(s->c, ports, n * sizeof(*ports)), n } :
				    (struct list){ 0 };
	return true;
}
