/* `minit reload`: reads the table anew, says what is different, and passes it to the minit that runs. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "init/client.h"
#include "init/field.h"
#include "init/handed.h"
#include "init/options.h"
#include "init/say.h"
#include "init/verbs.h"
#include "lib/arena.h"
#include "lib/bits.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "services/differ.h"
#include "services/layout.h"
#include "services/table.h"

/* -- the files ------------------------------------------------------------------------------------------------- */

/* Which files a table is made from, and the command beside them. */
struct source {
	const char *paths[TABLE_FILES_MAX];
	char names[TABLE_FILES_TEXT];
	char *argv[TABLE_ARGS_MAX + 1];
	struct table_source from;
};

static bool has_file(const struct table *t, const char *path)
{
	for (uint32_t i = 0; i < t->files.count; i++)
		if (!strcmp(table_item(t, t->files, i), path))
			return true;
	return false;
}

/* Those of the default place, if it runs by any of them: there may be more by now. Else the very ones. */
static int find_files(struct source *s, const struct table *running)
{
	struct buf mem = { .data = s->names, .size = sizeof(s->names) };
	int count = table_default_files("", s->paths, TABLE_FILES_MAX, &mem);
	bool any = count < 0 || !running->files.count;

	for (int i = 0; i < count && !any; i++)
		any = has_file(running, s->paths[i]);
	if (any)
		return count;
	count = (int)MIN(running->files.count, (uint32_t)TABLE_FILES_MAX);
	for (int i = 0; i < count; i++)
		s->paths[i] = table_item(running, running->files, (uint32_t)i);
	return count;
}

/* A command line that minit was started with is the main service, and in no file (services/append.c). */
static void find_command(struct source *s, const struct table *running)
{
	const struct service_spec *spec = running->main < 0 ? NULL : table_service(running, (uint32_t)running->main);

	if (!spec || spec->line || strcmp(table_name(running, spec), "main") != 0 || spec->exec.count > TABLE_ARGS_MAX)
		return;
	for (uint32_t i = 0; i < spec->exec.count; i++)
		s->argv[i] = (char *)(uintptr_t)table_item(running, spec->exec, i);
	s->from.argv = s->argv;
}

static int compile(struct source *s, const struct table *running, char **files, int count)
{
	int err;

	if (count)
		memcpy(s->paths, files, (size_t)count * sizeof(files[0]));
	else
		count = find_files(s, running);
	if (count <= 0) {
		complain("/etc/minit: %s: name the files: minit reload FILE...", count < 0 ? table_why_no_files(count) :
			 "there is no table any more");
		return -ENOENT;
	}
	find_command(s, running);
	s->from.paths = s->paths;
	s->from.count = (uint32_t)count;
	s->from.before = running;
	s->from.minit_log = true;
	err = table_compile(&s->from);
	if (err < 0 && err != -EINVAL && err != -EIO)
		complain("reload: the table cannot be compiled: %s", strerror(-err));
	return err;
}

/* -- what is different ----------------------------------------------------------------------------------------- */

struct plan {
	const struct table *was, *is;
	uint8_t ends[TABLE_SERVICES_MAX / 8]; /* bits of services of the old table: they do not go on */
	bool any;
};

/* What people write in a table, where it has another name than what it comes to. */
static const struct {
	char field[24], key[16];
} words[] = {
	{ "caps.bounding", "caps" }, { "caps.permitted", "caps" }, { "caps.effective", "caps" },
	{ "caps.inheritable", "caps" }, { "caps.ambient", "caps" }, { "caps.form", "caps" },
	{ "backoff.first_ms", "backoff.first" }, { "backoff.max_ms", "backoff.max" },
	{ "backoff.factor_pct", "backoff.factor" }, { "backoff.jitter_pct", "backoff.jitter" },
	{ "backoff.stable_ms", "backoff.stable" }, { "start_ms", "start_timeout" }, { "grace_ms", "stop.grace" },
	{ "stop_signal", "stop.signal" }, { "output_file", "output" }, { "dev_nodes", "devices" },
	{ "device_policy", "devices" }, { "join.namespaces", "join" }, { "resolv.conf", "network.dns" },
	{ "neighbours", "its peers" }, { "numa.nodes", "numa" }, { "userns.deny_setgroups", "userns" },
};

static const char *word_of(const char *field)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i].field, field))
			return words[i].key;
	return field;
}

static bool has_word(const struct buf *keys, const char *word)
{
	const char *at = strstr(buf_text((struct buf *)(uintptr_t)keys), word);

	return at && (at == keys->data || at[-1] == ' ') && (!at[strlen(word)] || at[strlen(word)] == ',');
}

static void add_key(void *context, const char *key, enum differ how)
{
	struct buf *keys = context;
	const char *word = word_of(key);

	(void)how;
	if (!has_word(keys, word) && keys->len + strlen(word) + 2 < keys->size)
		buf_fmt(keys, "%s%s", keys->len ? ", " : "", word);
}

static const char *words_of(unsigned how)
{
	if (how & DIFFER_NETWORK)
		return "restarted with a new network";
	if (how & DIFFER_LEAF)
		return "restarted in a new leaf";
	if (how & DIFFER_RUN)
		return "restarted";
	if (how & (DIFFER_LIMITS | DIFFER_NAMES))
		return "changed while it runs";
	return how & DIFFER_ASKED ? "taken note of, and restarted if a default of it was left out" : "taken note of";
}

/* The first of what it needs that does not go on, or NULL. */
static const char *lost_need(const struct plan *p, const struct service_spec *spec)
{
	const uint32_t *needs = table_list(p->was, spec->needs, uint32_t);

	for (uint32_t i = 0; i < spec->needs.count; i++)
		if (bits_has(p->ends, needs[i]))
			return table_name(p->was, table_service(p->was, needs[i]));
	return NULL;
}

/* minit's own helpers only when they are all that is different. */
static void say_change(struct plan *p, const struct service_spec *spec, const char *what, const char *keys)
{
	p->any = true;
	if (!spec->internal)
		say("%s: %s%s%s\n", table_name(p->was, spec), what, *keys ? ": " : "", keys);
}

static void tell_old(struct plan *p, uint32_t index)
{
	const struct service_spec *spec = table_service(p->was, index);
	int there = table_find_near(p->is, table_name(p->was, spec), index);
	const char *need = lost_need(p, spec);
	BUF_ON_STACK(keys, 512);
	unsigned how = there < 0 ? DIFFER_ANEW :
				   differ_service((struct differ_side){ p->was, index },
						  (struct differ_side){ p->is, (uint32_t)there }, add_key, &keys);

	bits_put(p->ends, index, how & DIFFER_ANEW || need);
	if (there < 0)
		say_change(p, spec, "it is gone: stopped", "");
	else if (how)
		say_change(p, spec, words_of(how), buf_text(&keys));
	if (there >= 0 && need && !(how & DIFFER_ANEW))
		say_change(p, spec, "restarted, as it needs", need);
}

static void tell_new(struct plan *p, uint32_t index)
{
	const struct service_spec *spec = table_service(p->is, index);

	if (table_find_near(p->was, table_name(p->is, spec), index) >= 0)
		return;
	p->any = true;
	if (!spec->internal)
		say("%s: it is new: %s\n", table_name(p->is, spec),
		    spec->autostart ? "started" : "waits for minit start");
}

static const char *main_of(const struct table *t)
{
	return t->main < 0 ? "" : table_name(t, table_service(t, (uint32_t)t->main));
}

static void tell_part(void *context, const struct differ_part *part)
{
	static const struct {
		enum fate fate;
		const char *words;
	} all[] = {
		{ FATE_NEW, "it is new: set up" },
		{ FATE_GONE, "it is gone: removed, if minit has made it" },
		{ FATE_SET, "changed while all runs" },
		{ FATE_ANEW, "made anew, with what is upon it" },
		{ FATE_UNSET, "no longer in the table: set as the kernel has a new one, if minit has made it" },
		{ FATE_LEFT, "no longer in the table: it is not put back to what it was" },
	};
	struct plan *p = context;
	BUF_ON_STACK(b, DIFFER_PART);

	p->any = true;
	differ_put_part(&b, part);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].fate == part->fate)
			say("%s: %s\n", buf_text(&b), all[i].words);
}

static void complain_part(void *context, const struct differ_part *part)
{
	BUF_ON_STACK(b, DIFFER_PART);

	(void)context;
	if (part->fate != FATE_REFUSED)
		return;
	differ_put_part(&b, part);
	complain("reload: %s: %s; nothing has changed", buf_text(&b), part->why);
}

/* What is of no one service. */
static void tell_rest(struct plan *p)
{
	(void)differ_machine(p->was, p->is, tell_part, p);
	if (strcmp(main_of(p->was), main_of(p->is)) != 0) {
		say("main: taken note of: %s\n", *main_of(p->is) ? main_of(p->is) : "none");
		p->any = true;
	}
	if (differ_ruleset(p->was, p->is)) {
		say("nat, ports and allow: put in place of the old ones at once\n");
		p->any = true;
	}
}

/* In the order of needs, so that who loses one comes behind it. False: nothing is different. */
static bool tell(struct plan *p)
{
	const uint32_t *order = table_list(p->was, p->was->order, uint32_t);

	for (uint32_t i = 0; i < p->was->order.count; i++)
		tell_old(p, order[i]);
	for (uint32_t i = 0; i < p->is->services.count; i++)
		tell_new(p, i);
	tell_rest(p);
	if (!p->any)
		say("nothing is different\n");
	say_flush();
	return p->any;
}

/* -- the whole ------------------------------------------------------------------------------------------------- */

static int pass(int memfd)
{
	struct talk t;
	int err = talk_ask_with(&t, memfd, "reload"), status = 1;
	const char *line = err ? NULL : talk_line(&t, WHEN_NEVER, &err);

	if (!line)
		talk_complain(err);
	else if (!talk_is_over(line, &status))
		status = 1;
	talk_close(&t);
	return status;
}

/* Not static memory, which would spread what PID 1 uses over more pages. */
struct session {
	struct source source;
	struct plan plan;
};

static int change(struct session *s, int memfd, bool plan_alone)
{
	if (!(differ_machine(s->plan.was, s->plan.is, complain_part, NULL) & FATE_REFUSED))
		return tell(&s->plan) && !plan_alone ? pass(memfd) : 0;
	return 1;
}

static int reload(struct session *s, const struct table *running, char **files, int count, bool plan_alone)
{
	cleanup_fd int memfd = compile(&s->source, running, files, count);
	int err = 0, status;

	s->plan.was = running;
	s->plan.is = memfd < 0 ? NULL : table_map(memfd, &err);
	if (memfd >= 0 && !s->plan.is)
		complain("reload: the compiled table is not good: %s", layout_why(err));
	status = s->plan.is ? change(s, memfd, plan_alone) : 1;
	table_unmap(s->plan.is);
	return status;
}

/* The table that minit runs by, mapped, or NULL, having said why. */
static const struct table *ask_table(struct handed *h)
{
	const struct table *t = NULL;
	int err = handed_ask(h, "table", NULL), status;

	if (err == -EPERM)
		(void)talk_is_over(h->line, &status);
	else if (err)
		talk_complain(err);
	if (err)
		return NULL;
	t = table_map(h->fds[INSIGHT_TABLE], &err);
	if (!t)
		complain("reload: the minit that runs is not of this build: %s; `minit reexec` first", layout_why(err));
	return t;
}

/* What minit was started with may be named from where it is. */
static void go_there(const struct handed *h)
{
	BUF_ON_STACK(path, 32);
	cleanup_fd int fd = -1;

	buf_fmt(&path, "%ld/cwd", (long)field_number(h->line, "minit", 0));
	fd = openat(h->fds[INSIGHT_PROC], buf_text(&path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fchdir(fd) < 0)
		log_debug("reload", "files are looked for from here");
}

int reload_main(int argc, char **argv)
{
	bool plan_alone = false;
	const struct option_row rows[] = { { "--plan", OPTION_FLAG, &plan_alone } };
	const struct table *running;
	struct arena arena;
	struct handed h;
	int status = 1;

	argc = options_take(argc, argv, rows, ARRAY_LEN(rows));
	if (argc - 1 > TABLE_FILES_MAX)
		usage_error(argv[0], "more than %d files", TABLE_FILES_MAX);
	running = ask_table(&h);
	if (running && argc == 1)
		go_there(&h);
	if (running && !arena_open(&arena, sizeof(struct session)))
		status = reload(arena_new(&arena, struct session), running, argv + 1, argc - 1, plan_alone);
	table_unmap(running);
	handed_release(&h);
	return status;
}
