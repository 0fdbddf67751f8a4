/* What it may do: no_new_privs, capabilities, system calls, labels. proc(5), capabilities(7). */
#include <linux/securebits.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/look.h"
#include "lib/text.h"
#include "services/caps.h"
#include "services/keys.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool caps_line(const char *status, const char *name, uint64_t *ret)
{
	BUF_ON_STACK(b, 32);
	const char *c;

	*ret = 0;
	if (!look_line(status, name, &b))
		return false;
	for (c = buf_text(&b); hex(*c) >= 0; c++)
		*ret = *ret << 4 | (uint64_t)hex(*c);
	return !*c;
}

static const char *const lines[CAP_SETS] = {
	[CAPS_BOUNDING] = "CapBnd",   [CAPS_PERMITTED] = "CapPrm", [CAPS_EFFECTIVE] = "CapEff",
	[CAPS_INHERITABLE] = "CapInh", [CAPS_AMBIENT] = "CapAmb",
};

static bool read_caps(const char *status, struct caps *ret)
{
	bool good = true;

	for (int i = 0; i < CAP_SETS; i++)
		good &= caps_line(status, lines[i], &ret->set[i]);
	return good;
}

/* Names of a few; more are told as a number. */
static void put_caps(uint64_t caps, struct buf *b)
{
	if (!caps)
		buf_str(b, "none");
	else if (__builtin_popcountll(caps) > 3)
		buf_fmt(b, "%08lx", (unsigned long)caps);
	for (unsigned cap = 0; cap < 64 && __builtin_popcountll(caps) <= 3; cap++)
		if (caps >> cap & 1)
			buf_fmt(b, "%s%s", b->len ? " " : "", caps_name(cap));
}

/* In a user namespace of its own it had all that the kernel has, before. */
static uint64_t all_known(struct look *l)
{
	char text[16];
	uint64_t last;

	if (!look_read(l, l->minit, "../sys/kernel/cap_last_cap", text, sizeof(text)) || text_u64(text, &last))
		last = 40;
	return last < 63 ? (2ull << last) - 1 : UINT64_MAX;
}

/* What the plan comes to behind the exec: services/caps.h, capabilities(7). */
static struct caps expected(struct look *l, bool root)
{
	const bool userns = table_in_userns(l->table, l->spec);
	struct caps now = { { 0 } };
	struct caps_plan plan;

	if (userns)
		now.set[CAPS_BOUNDING] = now.set[CAPS_PERMITTED] = now.set[CAPS_EFFECTIVE] = all_known(l);
	else
		(void)read_caps(l->minits, &now);
	plan = caps_plan(l->confine, &now, root, !root && (userns || l->is_root));
	root &= !(l->confine->privileges.securebits & SECBIT_NOROOT);
	plan.caps.set[CAPS_PERMITTED] = caps_behind_exec(&plan.caps, l->confine->no_new_privs, root);
	plan.caps.set[CAPS_EFFECTIVE] = plan.caps.set[CAPS_PERMITTED];
	return plan.caps;
}

/* The user it was started as: what it has made of itself since may only have less. */
static bool began_as_root(const struct look *l)
{
	const char *user = table_text(l->table, l->spec->user_at);

	if (!user)
		return table_in_userns(l->table, l->spec) || l->is_root;
	return !strcmp(user, "root") || !strcmp(user, "0");
}

static void look_caps(struct look *l)
{
	static const char *const keys[CAP_SETS] = { "caps.bounding", "caps.permitted", "caps.effective",
						    "caps.inheritable", "caps.ambient" };
	struct caps want = expected(l, began_as_root(l)), is = { { 0 } };
	bool seen = read_caps(l->status, &is);

	for (int i = 0; i < CAP_SETS; i++) {
		BUF_ON_STACK(asked, LOOK_TEXT);
		BUF_ON_STACK(got, LOOK_TEXT);
		enum verdict v = is.set[i] & ~want.set[i] ? LOOK_DIFFERS : LOOK_SAME;

		put_caps(want.set[i], &asked);
		put_caps(is.set[i], &got);
		look_tell(l, keys[i], buf_text(&asked), buf_text(&got), seen ? v : LOOK_UNSEEN, MISSING_CAPS);
	}
}

static uint64_t number_line(const char *status, const char *name)
{
	BUF_ON_STACK(b, 32);
	uint64_t n;

	return look_line(status, name, &b) && !text_u64(buf_text(&b), &n) ? n : 0;
}

/* minit may be under a filter itself: then it is one more (Linux 5.9 counts them). */
static void look_seccomp(struct look *l)
{
	BUF_ON_STACK(asked, LOOK_TEXT);
	bool counted = look_line(l->status, "Seccomp_filters", &(struct buf){ .data = (char[32]){ 0 }, .size = 32 });
	uint64_t more = number_line(l->status, "Seccomp_filters") - number_line(l->minits, "Seccomp_filters");
	bool filtered = number_line(l->status, "Seccomp") == 2 && (!counted || (more > 0 && more < 64));

	if (!l->confine->seccomp.program.count)
		return;
	buf_fmt(&asked, "a filter of %u instructions", l->confine->seccomp.program.count);
	look_tell(l, "seccomp", buf_text(&asked), filtered ? "a filter" : "none",
		  filtered ? LOOK_SAME : LOOK_DIFFERS, MISSING_SECCOMP);
}

/* -- what the kernel shows to nobody else: landlock(7), capabilities(7), keyrings(7) ----------------------------- */

#define HIDDEN "the kernel shows it to nobody else"

/* Names of "a|b|c", a bit each. */
static void put_bits(enum key_id id, uint32_t bits, struct buf *b)
{
	const char *words = key_text(key_by_id(id), KEY_WORDS);

	for (; *words; words += strcspn(words, "|"), words += *words == '|', bits >>= 1)
		if (bits & 1)
			buf_fmt(b, "%s%.*s", b->len ? " " : "", (int)strcspn(words, "|"), words);
}

static void tell_bits(struct look *l, enum key_id id, uint32_t bits)
{
	BUF_ON_STACK(asked, LOOK_TEXT);

	put_bits(id, bits, &asked);
	if (bits)
		look_tell_hidden(l, key_text(key_by_id(id), KEY_NAME), buf_text(&asked), HIDDEN);
}

/* What this kernel cannot refuse of the paths is known (services/step_landlock.c). */
static void look_paths(struct look *l)
{
	const unsigned version = 1;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, version);
	BUF_ON_STACK(got, LOOK_TEXT);

	buf_fmt(&got, "a list%s%s",
		abi < 3 ? ", without truncation (Linux 6.2)" : "",
		abi < 5 ? ", without ioctl of devices (Linux 6.10)" : "");
	if (abi > 0 && abi < 5)
		look_tell(l, "paths", "a list", buf_text(&got), LOOK_DIFFERS, 0);
	else
		look_tell_hidden(l, "paths", "a list", HIDDEN);
}

static void look_hidden(struct look *l)
{
	const struct privileges_spec *p = &l->confine->privileges;

	tell_bits(l, KEY_SECUREBITS, p->securebits);
	if (p->given & GIVEN_PATHS)
		look_paths(l);
	if (p->given & GIVEN_BIND)
		look_tell_hidden(l, "ports.bind", "a list", HIDDEN);
	if (p->given & GIVEN_CONNECT)
		look_tell_hidden(l, "ports.connect", "a list", HIDDEN);
	tell_bits(l, KEY_SCOPE, p->scope);
	if (p->given & GIVEN_KEYRING && p->keyring == KEYRING_PRIVATE)
		look_tell_hidden(l, "keyring", "private", HIDDEN);
}

static void look_label(struct look *l, const char *what, uint32_t at)
{
	char got[LOOK_TEXT];

	if (!at)
		return;
	if (!look_read(l, l->pid, "attr/current", got, sizeof(got)))
		look_tell(l, what, table_text(l->table, at), "", LOOK_UNSEEN, 0);
	else
		look_tell(l, what, table_text(l->table, at), got,
			  strncmp(got, table_text(l->table, at), strlen(table_text(l->table, at))) ? LOOK_DIFFERS :
												    LOOK_SAME, 0);
}

void look_rights(struct look *l)
{
	bool is = number_line(l->status, "NoNewPrivs");

	look_tell(l, "no_new_privs", l->confine->no_new_privs ? "yes" : "no", is ? "yes" : "no",
		  is || !l->confine->no_new_privs ? LOOK_SAME : LOOK_DIFFERS, 0);
	look_caps(l);
	look_seccomp(l);
	look_hidden(l);
	look_label(l, "apparmor", l->confine->privileges.apparmor_at);
	look_label(l, "selinux", l->confine->privileges.selinux_at);
}
