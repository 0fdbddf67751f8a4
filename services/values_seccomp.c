/*
 * The key seccomp: a profile by name, or one with calls and groups of calls that are treated otherwise. It is read
 * twice: for its errors where it stands, and for its meaning once the capabilities of the service are known.
 */
#include <errno.h>
#include <string.h>

#include "services/caps.h"
#include "services/compile.h"
#include "services/seccomp.h"

/* In the order of their strength: of two groups that a call is in, the stronger list holds. */
enum wish_list { LIST_NONE, LIST_ALLOW, LIST_LOG, LIST_ERRNO, LIST_DENY, LIST_KILL };

static const struct {
	char name[6];
	uint8_t list;
	uint32_t then;
} lists[] = {
	{ "allow", LIST_ALLOW, SECCOMP_RET_ALLOW }, { "log", LIST_LOG, SECCOMP_RET_LOG },
	{ "errno", LIST_ERRNO, 0 },                 { "deny", LIST_DENY, SECCOMP_ERRNO(EPERM) },
	{ "kill", LIST_KILL, SECCOMP_RET_KILL_PROCESS },
};

/* What the table says of one call. */
struct wish {
	uint32_t then;
	uint8_t list; /* enum wish_list */
	bool by_name; /* not by a group */
};

struct reading {
	struct section *s;
	enum seccomp_base base;
	struct wish wishes[SYSCALL_COUNT];
};

/* -- errors ------------------------------------------------------------------------------------------------------ */

printf_like(3, 4) static void complain(struct reading *r, const struct toml *node, const char *fmt, ...)
{
	BUF_ON_STACK(text, 400);
	va_list ap;

	if (node->type == TOML_BROKEN)
		return;
	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	refuse(r->s->c, node, "%s: seccomp%s", r->s->draft->title, buf_text(&text));
}

static void see(void *near, const char *name)
{
	nearest_try(near, name);
}

static void refuse_call(struct reading *r, const struct toml *node, const char *list, const char *name)
{
	bool is_group = *name == '@';
	struct nearest near = nearest_begin(name + is_group);

	if (is_group)
		syscall_each_group(see, &near);
	else
		syscall_each_name(see, &near);
	if (!is_group && !near.best && syscall_group_find(name))
		near.best = name, is_group = true;
	complain(r, node, ".%s: unknown %s \"%.60s\"%s%s%s%s", list, *name == '@' ? "group" : "system call", name,
		 near.best ? "; did you mean \"" : "", near.best && is_group ? "@" : "", near.best ? near.best : "",
		 near.best ? "\"?" : "");
}

/* -- one call or group ------------------------------------------------------------------------------------------- */

static void wish_by_group(struct reading *r, uint32_t groups, struct wish wish)
{
	for (int id = 0; id < SYSCALL_COUNT; id++) {
		struct wish *w = &r->wishes[id];

		if (syscall_groups((enum syscall_id)id) & groups && !w->by_name && w->list <= wish.list)
			*w = wish;
	}
}

static const char *list_name(uint8_t list)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (lists[i].list == list)
			return lists[i].name;
	return "";
}

static void wish_by_name(struct reading *r, const struct toml *node, enum syscall_id id, struct wish wish)
{
	struct wish *w = &r->wishes[id];

	wish.by_name = true;
	if (w->by_name && w->list != wish.list)
		complain(r, node, ": \"%s\" is in both %s and %s; remove it from one", syscall_name(id),
			 list_name(w->list), list_name(wish.list));
	*w = wish;
}

static void take_call(struct reading *r, const struct toml *node, const char *name, struct wish wish)
{
	uint32_t groups = *name == '@' ? syscall_group_find(name + 1) : 0;
	int id = *name == '@' ? -ENOENT : syscall_find(name);

	if (groups)
		wish_by_group(r, groups, wish);
	else if (id >= 0)
		wish_by_name(r, node, (enum syscall_id)id, wish);
	else if (!syscall_is_elsewhere(name))
		refuse_call(r, node, list_name(wish.list), name);
}

/* -- lists ------------------------------------------------------------------------------------------------------- */

#define WANT_CALLS "an array of system calls and groups such as [\"mount\", \"@network-io\"]"
#define WANT_ERRORS \
	"a table of system calls or groups and errors such as { uname = \"ENOSYS\", \"@clock\" = \"EACCES\" }"

static void refuse_list(struct reading *r, const char *list, const struct toml *node, const char *want)
{
	BUF_ON_STACK(name, 20);

	buf_fmt(&name, "seccomp.%s", list);
	refuse_value(r->s, buf_text(&name), node, want);
}

static void take_array(struct reading *r, const struct toml *node, struct wish wish)
{
	if (node->type != TOML_ARRAY) {
		refuse_list(r, list_name(wish.list), node, WANT_CALLS);
		return;
	}
	for (const struct toml *e = node->first; e; e = e->next) {
		const char *name = node_text(e);

		if (name)
			take_call(r, e, name, wish);
		else
			refuse_list(r, list_name(wish.list), e, WANT_CALLS);
	}
}

/* 0 answers that all is well, and nothing has been done. */
#define ERRNO_MAX 4095

static int read_errno(const struct toml *node)
{
	const char *text = node_text(node);

	if (node->type == TOML_INTEGER && node->number >= 0 && node->number <= ERRNO_MAX)
		return (int)node->number;
	return text ? errno_find(text) : -EINVAL;
}

static void take_errors(struct reading *r, const struct toml *node)
{
	if (node->type != TOML_TABLE) {
		refuse_list(r, "errno", node, WANT_ERRORS);
		return;
	}
	for (const struct toml *e = node->first; e; e = e->next) {
		int err = read_errno(e);

		if (err < 0)
			refuse_list(r, "errno", e, "the name of an error such as \"ENOSYS\", or its number up to 4095");
		else
			take_call(r, e, e->key, (struct wish){ SECCOMP_ERRNO(err), LIST_ERRNO, false });
	}
}

/* -- the key ----------------------------------------------------------------------------------------------------- */

#define BASES "default|strict|none|deny-all" /* enum seccomp_base */

static void take_base(struct reading *r, const struct toml *node)
{
	const char *text = node_text(node);
	int word = text ? word_find(BASES, text) : -1;

	if (word >= 0)
		r->base = (enum seccomp_base)word;
	else
		refuse_list(r, "base", node, "\"default\", \"strict\", \"none\" or \"deny-all\"");
}

static void refuse_part(struct reading *r, const struct toml *node)
{
	BUF_ON_STACK(parts, 64);

	buf_str(&parts, "base");
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		buf_fmt(&parts, "|%s", lists[i].name);
	refuse_inner(r->s->c, r->s->draft->title, "seccomp", node, buf_text(&parts));
}

static void take_part(struct reading *r, const struct toml *node)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		if (strcmp(lists[i].name, node->key) != 0)
			continue;
		if (lists[i].list == LIST_ERRNO)
			take_errors(r, node);
		else
			take_array(r, node, (struct wish){ lists[i].then, lists[i].list, false });
		return;
	}
	if (!strcmp(node->key, "base"))
		take_base(r, node);
	else
		refuse_part(r, node);
}

static bool takes_away(const struct wish *w)
{
	return w->list >= LIST_ERRNO;
}

static bool read_seccomp(struct reading *r, const struct toml *node)
{
	const struct wish *execve = &r->wishes[SYSCALL_execve];
	const char *text = node_text(node);
	int word = text ? word_find("default|strict|none", text) : -1;

	r->base = word >= 0 ? (enum seccomp_base)word : SECCOMP_DEFAULT;
	if (node->type != TOML_TABLE)
		return word >= 0;
	for (const struct toml *e = node->first; e; e = e->next)
		take_part(r, e);
	if (takes_away(execve))
		complain(r, node, ".%s: takes execve away, by which the program itself is started; %s",
			 list_name(execve->list), execve->by_name ? "remove it" : "add \"execve\" to allow");
	return true;
}

/* For its errors; kept for seccomp_finish. */
bool take_seccomp(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct reading r = { .s = s };

	(void)key;
	(void)field;
	return read_seccomp(&r, node);
}

/* -- the program ------------------------------------------------------------------------------------------------- */

/*
 * What a group says of a call whose arguments are checked does not lift the check: its name does. (clone3, whose cannot
 * be checked, is answered with ENOSYS.)
 */
static uint32_t then_of(const struct wish *w, uint32_t then, uint32_t usual)
{
	if (w->by_name || takes_away(w) || then == SECCOMP_RET_ALLOW)
		return w->then;
	if (seccomp_is_check(then))
		return then;
	return seccomp_is_check(usual) || usual == SECCOMP_ERRNO(ENOSYS) ? usual : w->then;
}

static void fulfil(const struct reading *r, const struct seccomp_profile *usual, struct seccomp_profile *profile)
{
	for (int id = 0; id < SYSCALL_COUNT; id++) {
		const struct wish *w = &r->wishes[id];

		if (w->list)
			profile->then[id] = then_of(w, profile->then[id], usual->then[id]);
	}
}

/* What it may come to have: without the key root's usual list, and another user none. */
static uint64_t caps_of(const struct compile *c, const struct service_spec *spec, const struct caps_spec *caps)
{
	const char *user = table_text(c->table, spec->user_at);
	uint64_t all = 0;

	for (int i = 0; i < CAP_SETS; i++)
		all |= caps->set[i];
	if (caps->form != CAPS_BY_USER)
		return all;
	return !user || !strcmp(user, "root") || !strcmp(user, "0") ? caps_usual() : 0;
}

/* All that a program follows from. */
struct basis {
	const struct toml *node; /* NULL for no key at all */
	uint64_t caps;
	uint32_t ports; /* GIVEN_BIND, GIVEN_CONNECT: held by landlock */
	bool isolated;  /* has a namespace of its own */
};

static bool is_alike(const struct basis *a, const struct basis *b)
{
	return a->node == b->node && a->caps == b->caps && a->ports == b->ports && a->isolated == b->isolated;
}

/* Too much for a stack. What was made last is kept: services that are alike stand side by side. */
struct making {
	struct reading reading;
	struct seccomp_profile profile, usual;
	struct seccomp_program program;
	struct basis basis; /* of the last one */
	struct list made;
};

static struct list make_program(struct compile *c, struct making *m)
{
	const struct basis *of = &m->basis;
	const struct sock_filter *code = m->program.code;
	uint32_t count;

	m->reading.base = of->isolated ? SECCOMP_DEFAULT : SECCOMP_NONE; /* without a key */
	if (!of->node || read_seccomp(&m->reading, of->node)) {
		seccomp_profile(m->reading.base, of->caps, &m->profile);
		seccomp_profile(SECCOMP_DEFAULT, of->caps, &m->usual);
		fulfil(&m->reading, &m->usual, &m->profile);
		if (of->ports)
			seccomp_hold_tcp(&m->profile, of->ports & GIVEN_CONNECT);
	}
	if (seccomp_generate(&m->profile, SYSCALLS_NATIVE, &m->program))
		refuse(c, of->node, "%s: seccomp: too much for one program", m->reading.s->draft->title);
	count = BPF_MAXINSNS - m->program.first;
	return (struct list){ image_record(c, code + m->program.first, count * sizeof(*code)), count };
}

static bool is_wanted(const struct basis *of)
{
	const char *text = of->node ? node_text(of->node) : NULL;

	return of->node ? !text || strcmp(text, "none") != 0 : of->isolated || of->ports;
}

/* -- before the service is what it is to be ---------------------------------------------------------------------- */

enum late { LATE_USER = 1, LATE_CAPS = 2, LATE_RULES = 4 };

/* Which of these there are to be done when the filter is in force already: services/step_seccomp.c. */
static uint8_t late_of(const struct service_spec *spec, const struct confine_spec *confine)
{
	const struct privileges_spec *p = &confine->privileges;
	bool user = spec->user_at || spec->group_at || p->given & GIVEN_GROUPS;
	bool all = p->caps.form == CAPS_LIST && p->caps.set[0] == CAPS_ALL && !spec->user_at;
	bool rules = p->scope || p->given & (GIVEN_PATHS | GIVEN_BIND | GIVEN_CONNECT);

	if (confine->no_new_privs)
		return 0;
	return (uint8_t)((user ? LATE_USER : 0) | (all ? 0 : LATE_CAPS) | (rules ? LATE_RULES : 0));
}

static bool is_allowed(uint32_t then)
{
	return then == SECCOMP_RET_ALLOW || then == SECCOMP_RET_LOG || seccomp_is_check(then);
}

/* A call that is answered with 0 and not done would leave the service what the table takes from it. */
static void check_late(struct compile *c, const struct draft *d, const struct making *m, uint8_t late)
{
	static const struct {
		uint16_t id;
		uint8_t late;
	} calls[] = {
		{ SYSCALL_setgroups, LATE_USER }, { SYSCALL_setresgid, LATE_USER }, { SYSCALL_setresuid, LATE_USER },
		{ SYSCALL_capset, LATE_CAPS }, { SYSCALL_prctl, LATE_CAPS },
		{ SYSCALL_landlock_create_ruleset, LATE_RULES }, { SYSCALL_landlock_add_rule, LATE_RULES },
		{ SYSCALL_landlock_restrict_self, LATE_RULES },
	};

	for (size_t i = 0; m->basis.node && i < ARRAY_LEN(calls); i++)
		if (calls[i].late & late && !is_allowed(m->profile.then[calls[i].id]))
			refuse(c, m->basis.node, "%s: seccomp: takes %s away, which without no_new_privs minit itself "
			       "calls behind the filter; allow it, or remove no_new_privs = false", d->title,
			       syscall_name((enum syscall_id)calls[i].id));
}

static void finish_service(struct compile *c, uint32_t index, struct making *m)
{
	struct draft *d = &c->services.drafts[index];
	struct section s = { .c = c, .kind = IN_SERVICE, .draft = d };
	const struct privileges_spec *privileges = &d->confine->privileges;
	const struct basis basis = {
		.node = given(c, d, KEY_SECCOMP),
		.caps = caps_of(c, &c->specs[index], &privileges->caps),
		.ports = privileges->given & (GIVEN_BIND | GIVEN_CONNECT),
		.isolated = c->specs[index].namespaces != 0,
	};

	if (!is_wanted(&basis))
		return;
	if (!m->made.count || !is_alike(&m->basis, &basis)) {
		m->reading = (struct reading){ .s = &s };
		m->basis = basis;
		m->made = make_program(c, m);
	}
	check_late(c, d, m, late_of(&c->specs[index], d->confine));
	d->confine->seccomp.program = m->made;
	d->confine->seccomp.is_explicit = d->nodes[KEY_SECCOMP] != NULL;
}

void seccomp_finish(struct compile *c)
{
	struct making *m = arena_new(c->work, struct making);
	bool good = !c->errors.count;

	for (uint32_t i = 0; i < c->services.count && good; i++)
		if (c->services.drafts[i].header)
			finish_service(c, i, m);
}
