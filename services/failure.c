/*
 * What a failed start is said to be about, why, and what to do: one line, made of the report
 * of the child, which is short, and of what the table says.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "lib/cure.h"
#include "lib/exec.h"
#include "services/caps.h"
#include "services/launch.h"
#include "services/leaf.h"

/* So much of a text is shown; the end of a longer one, which tells more. */
#define PROGRAM_MOST 72
#define PATH_MOST 80
#define WANTED_MOST 32
#define ROOT_MOST 60

static void put_end(struct buf *b, const char *text, size_t most)
{
	size_t len = strlen(text);

	buf_fmt(b, "%s%s", len > most ? "..." : "", len > most ? text + len + 3 - most : text);
}

/* What libc has no words for is what a damaged image gives. */
static const char *words_of(int err)
{
	return err == EUCLEAN ? "Structure needs cleaning" : strerror(err);
}

/* As code: see net/net.c. */
static const char *hint_for(enum step step, int err, const char *detail)
{
#define HINT_OF(at, what, number, words) \
	if (step == STEP_##at && err == number && !strcmp(detail, what)) \
		return words;
#define HINT(at, number, words) \
	if (step == STEP_##at && (!number || err == number)) \
		return words;
#include "services/hints.def"
#undef HINT
#undef HINT_OF
	return NULL;
}

static void put_hint(struct buf *b, const struct life *life, const char *detail)
{
	const char *hint = hint_for(life->step, life->err, detail);

	if (!hint)
		return;
	buf_str(b, ": ");
	cure_put(b, hint);
}

/* -- the program ------------------------------------------------------------------------------- */

/* The path it was looked for in; with an env_file only the child knows that. */
static const char *path_of(const struct table *t, const struct service_spec *spec)
{
	const char *path = getenv("PATH");

	for (uint32_t i = 0; i < spec->env.count; i++)
		if (!strncmp(table_item(t, spec->env, i), "PATH=", 5))
			return table_item(t, spec->env, i) + 5;
	if (spec->env_file.count)
		return "its PATH";
	return path ? path : EXEC_PATH;
}

static void put_absent(struct buf *b, const struct table *t, const struct service_spec *spec)
{
	const char *root = table_text(t, spec->root_at);
	bool searched = !strchr(table_item(t, spec->exec, 0), '/');

	buf_str(b, strerror(ENOENT));
	if (searched) {
		buf_str(b, " in ");
		put_end(b, path_of(t, spec), PATH_MOST);
	}
	if (root) {
		buf_str(b, searched ? " of the root " : " in the root ");
		put_end(b, root, ROOT_MOST);
	}
	buf_fmt(b, ": install it%s, or %s", root ? " there" : "",
		searched ? "give exec its whole path" : "correct exec");
}

/* A script that was written elsewhere names one whose name ends in what no editor shows. */
static void put_interpreter(struct buf *b, const char *name)
{
	size_t len = strnlen(name, STATE_DETAIL);
	bool has_return = len && name[len - 1] == '\r';

	buf_fmt(b, "its interpreter %.*s is not there: %s", (int)(len - has_return), name,
		has_return ? "the first line of the script ends with a carriage return: give it the ends of lines of "
			     "Unix (dos2unix)" :
			     "install it (a script names it in its first line)");
}

static void put_program(struct buf *b, const struct table *t, const struct service_spec *spec, const struct life *life)
{
	put_end(b, table_item(t, spec->exec, 0), PROGRAM_MOST);
	buf_str(b, ": ");
	if (life->err == ELIBACC) {
		put_interpreter(b, life->detail);
	} else if (life->err == ENOENT) {
		put_absent(b, t, spec);
	} else {
		buf_str(b, strerror(life->err));
		put_hint(b, life, "");
	}
}

/* -- users and groups -------------------------------------------------------------------------- */

/* The key that names it: a name of both is the one of `group`. */
static const char *group_key(const struct table *t, const struct service_spec *spec, const char *name)
{
	const char *group = table_text(t, spec->group_at);

	return group && !strncmp(group, name, strlen(name)) ? "group" : "groups";
}

static const char *cure_of_list(int err)
{
	switch (err) {
	case EMFILE: return "raise rlimits.nofile";
	case EACCES: return "let minit read it";
	}
	return "put a file in its place";
}

/* The list itself could not be read. */
static void put_unread(struct buf *b, const struct table *t, const struct service_spec *spec, int err, bool user)
{
	put_end(b, table_text(t, spec->root_at) ?: "", ROOT_MOST);
	buf_fmt(b, "/etc/%s: %s: %s", user ? "passwd" : "group",
		err == ESPIPE ? "it is a pipe, and none is waited for" : strerror(err), cure_of_list(err));
}

/* The detail is "user NAME" or "group NAME" then, of whatever step: services/step_user.c. */
static bool is_of_user(const char *detail)
{
	return !strncmp(detail, "user ", 5) || !strncmp(detail, "group ", 6);
}

static void put_nobody(struct buf *b, const struct table *t, const struct service_spec *spec, const char *who)
{
	bool user = *who == 'u';
	const char *root = table_text(t, spec->root_at), *name = strchr(who, ' ');

	name = name ? name + 1 : who;
	buf_fmt(b, "no %s in ", who);
	put_end(b, root ? root : "", ROOT_MOST);
	buf_fmt(b, "/etc/%s: add it ", user ? "passwd" : "group");
	if (root)
		buf_str(b, "there");
	else
		buf_fmt(b, "(%sadd --system %s)", user ? "user" : "group", name);
	buf_fmt(b, ", or correct %s", user ? "user" : group_key(t, spec, name));
}

/* -- all others -------------------------------------------------------------------------------- */

static const char *rlimit_name(const char *number)
{
	static const char *const names[] = {
#define RLIMIT(name, id) [RLIMIT_##id] = name,
#include "services/rlimits.def"
#undef RLIMIT
	};
	unsigned long n = strtoul(number, NULL, 10);

	return n < ARRAY_LEN(names) && names[n] ? names[n] : number;
}

/* What the table wants in the file, or NULL: it is a limit of its group, or one of several lines. */
static const char *wanted_of(const struct table *t, const struct service_spec *spec, const char *file)
{
	const struct limit_spec *limits = table_list(t, spec->limits, struct limit_spec);
	const char *wanted = NULL;
	uint32_t lines = 0;

	for (uint32_t i = 0; i < spec->limits.count; i++) {
		if (strcmp(table_text(t, limits[i].file_at), file) != 0)
			continue;
		wanted = table_text(t, limits[i].text_at);
		lines++;
	}
	return lines == 1 ? wanted : NULL;
}

/* The device that it names, whole, or NULL. */
static const char *device_of(const struct table *t, const struct service_spec *spec, const char *detail)
{
	const struct list list = table_confine(t, spec)->leaf.devices;

	for (uint32_t i = 0; i < list.count && *detail; i++) {
		const char *name = table_text(t, table_list(t, list, struct device_spec)[i].name_at);

		if (!strncmp(name, detail, STATE_DETAIL - 1))
			return name;
	}
	return NULL;
}

static void put_device(struct buf *b, const char *name, int err)
{
	const char *cure = err == ENODEV ? "it is no device" : "make the device, or load its module";

	if (err == ENOENT && *name != '/')
		cure = "/proc/devices has no such driver: load its module";
	buf_str(b, "devices: ");
	put_end(b, name, PATH_MOST);
	buf_fmt(b, ": %s: %s, or correct devices", strerror(err), cure);
}

static void put_pressure(struct buf *b, const struct supervisor *sv, const struct life *life, const char *resource)
{
	BUF_ON_STACK(file, STATE_DETAIL + 16);

	buf_fmt(&file, "%s.pressure", resource);
	cgroup_why_pressure(&sv->state->cgroup, buf_text(&file), -life->err, b);
}

/* A number that is cut would be another one. */
static void put_wanted(struct buf *b, const char *text)
{
	size_t len = strlen(text);
	bool is_cut = len > WANTED_MOST;

	buf_fmt(b, " = %.*s%s", is_cut ? WANTED_MOST - 3 : (int)len, text, is_cut ? "..." : "");
}

/* A limit, or the leaf itself: cgroup/ knows. */
static void put_leaf(struct buf *b, const struct supervisor *sv, const struct service_spec *spec,
		     const struct life *life, const char *detail)
{
	const char *text = wanted_of(sv->table, spec, detail), *device = device_of(sv->table, spec, detail);
	struct leaf_name name;

	if (device) {
		put_device(b, device, life->err);
		return;
	}
	buf_str(b, detail);
	if (text)
		put_wanted(b, text);
	buf_fmt(b, "%s%s: ", *detail ? ": " : "", strerror(life->err));
	if (!strcmp(detail, "devices"))
		cgroup_why_devices(-life->err, b);
	else if (!strncmp(detail, "pressure.", 9))
		put_pressure(b, sv, life, detail + 9);
	else
		cgroup_why(&sv->state->cgroup, leaf_name(sv->table, spec, &name), strchr(detail, '.') ? detail : "",
			   -life->err, b);
}

/* What is refused is of a key that asks for it; when that is left out, of the next one. */
static const char *refused_key(const struct table *t, const struct service_spec *spec, const struct life *life)
{
	const char *key = table_text(t, spec->insists_at);
	bool refused = life->err == EPERM || life->err == EINVAL || life->err == ENOSPC;

	return life->step == STEP_clone && refused && key ? key : life->detail;
}

static void put_other(struct buf *b, const struct life *life, const char *detail)
{
	if (life->step == STEP_rlimits && *detail >= '0' && *detail <= '9')
		detail = rlimit_name(detail);
	buf_fmt(b, "%s%s%s", detail, *detail ? ": " : "", words_of(life->err));
	put_hint(b, life, detail);
}

/* Processors or nodes of which not all are there for its leaf: where that is known. */
static bool put_sched(struct buf *b, const struct supervisor *sv, const struct service_spec *spec,
		      const struct life *life, const char *detail)
{
	bool cpus = !strcmp(detail, "cpus"), nodes = !strcmp(detail, "numa") && life->err == ENODEV;
	struct leaf_name name;
	size_t before = b->len;
	bool known;

	if (life->step != STEP_sched || !(cpus || nodes) || (life->err != EINVAL && life->err != ENODEV))
		return false;
	buf_fmt(b, "%s: %s: ", detail, words_of(life->err));
	known = cgroup_why_above(&sv->state->cgroup, leaf_name(sv->table, spec, &name), cpus ? "cpus" : "mems", b);
	b->len = known ? b->len : before;
	return known;
}

/* Who may not change groups maps them only where nobody inside may: user_namespaces(7), since Linux 3.19. */
static bool put_gids(struct buf *b, const struct supervisor *sv, const struct service_spec *spec,
		     const struct life *life, const char *detail)
{
	bool may = caps_own.set[CAPS_EFFECTIVE] >> CAP_SETGID & 1 ||
		   table_confine(sv->table, spec)->roots.deny_setgroups;

	if (life->step != STEP_idmap || life->err != EPERM || may || strcmp(detail, "gid_map") != 0)
		return false;
	buf_fmt(b, "%s: %s: without CAP_SETGID minit gives no groups to who may change them: give "
		"userns.setgroups = false, and its own id alone (userns.uid = \"0 %u 1\"), or run it as root",
		detail, strerror(EPERM), (unsigned)geteuid());
	return true;
}

/* It is one line, whatever stands in the names. */
static void make_plain(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
}

void failure_put(const struct supervisor *sv, uint32_t index, struct buf *b)
{
	const struct life *life = &service_at(sv, index)->life;
	const struct service_spec *spec = spec_at(sv, index);
	char detail[STATE_DETAIL + 1] = { 0 };
	size_t before = b->len;

	strncpy(detail, refused_key(sv->table, spec, life), STATE_DETAIL);
	buf_fmt(b, "step %s: ", step_words(life->step));
	if (life->step == STEP_exec && !spec->internal && *detail)
		put_program(b, sv->table, spec, life);
	else if (life->step == STEP_leaf)
		put_leaf(b, sv, spec, life, detail);
	else if (life->err == ESRCH && is_of_user(detail))
		put_nobody(b, sv->table, spec, detail);
	else if (is_of_user(detail))
		put_unread(b, sv->table, spec, life->err, *detail == 'u');
	else if (!put_gids(b, sv, spec, life, detail) && !put_sched(b, sv, spec, life, detail))
		put_other(b, life, detail);
	make_plain(b->data + before, b->len - before);
}
