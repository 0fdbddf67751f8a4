#include "init/request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "init/control.h"
#include "init/insight.h"
#include "init/reexec.h"
#include "init/report.h"
#include "init/shutdown.h"
#include "init/uplinks.h"
#include "lib/text.h"
#include "services/leaf.h"

/* Most lines sent in one round of the loop to one reader. */
#define LINES_A_ROUND 8

/* -- words of the request: the line with its spaces made NUL ----------------------------------- */

static bool is_word(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f)
			return false;
	return len > 0;
}

/* Words one NUL apart from the start, none of them odd; false for a line that is not such. */
static bool split(struct client *c)
{
	size_t out = 0, used = c->used;

	if (used && c->line[used - 1] == '\r')
		used--;
	for (size_t i = 0, len; i < used; i += len + 1) {
		for (len = 0; i + len < used && c->line[i + len] != ' '; len++)
			;
		if (!len)
			continue;
		if (!is_word(c->line + i, len))
			return false;
		memmove(c->line + out, c->line + i, len);
		out += len;
		c->line[out++] = '\0';
	}
	c->used = (uint16_t)out;
	return out > 0;
}

/* The word that starts at `at`, or NULL behind the last; 0 is the verb. */
static const char *word_at(const struct client *c, size_t at)
{
	return at < c->used ? c->line + at : NULL;
}

static size_t word_after(const struct client *c, size_t at)
{
	return at + strlen(c->line + at) + 1;
}

static const char *first_name(const struct client *c)
{
	return word_at(c, word_after(c, 0));
}

/* -- sending ----------------------------------------------------------------------------------- */

/*
 * A line is far below half the send buffer, so the kernel takes it as one piece
 * or refuses it (unix_stream_sendmsg); a part of one would be the end.
 */
int request_send(const struct client *c, const struct buf *line)
{
	ssize_t n;

	if (buf_check(line))
		return -EMSGSIZE;
	n = send(c->fd, line->data, line->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	return (size_t)n == line->len ? 0 : -EPIPE;
}

static void send_error(const struct client *c, const char *text, const char *more)
{
	BUF_ON_STACK(line, REPORT_LINE);

	buf_str(&line, "{\"error\":");
	buf_json(&line, text);
	buf_fmt(&line, "%s}\n", more);
	(void)request_send(c, &line);
}

void request_refuse(const struct client *c, const char *fmt, ...)
{
	BUF_ON_STACK(text, 640);
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	send_error(c, buf_text(&text), "");
}

/* seq: the change this has led to is told under this number or a later one; none for what is not there yet. */
static void put_ok(const struct supervisor *sv, struct buf *line)
{
	buf_fmt(line, "{\"ok\":true,\"seq\":%lu}\n", (unsigned long)sv->state->events);
}

static bool say_ok(const struct supervisor *sv, const struct client *c)
{
	BUF_ON_STACK(line, 64);

	put_ok(sv, &line);
	(void)request_send(c, &line);
	return false;
}

/* -- answers that are a list: one line at a time, the cursor is the place in it ---------------- */

static bool put_status_line(const struct supervisor *sv, const struct client *c, struct buf *line)
{
	if (c->cursor == 0)
		report_minit(sv, line);
	else if (c->cursor <= sv->state->count)
		report_service(sv, c->cursor - 1, line);
	else
		put_ok(sv, line);
	return c->cursor <= sv->state->count;
}

static bool put_named_line(const struct supervisor *sv, const struct client *c, struct buf *line)
{
	const char *name = word_at(c, c->cursor);
	int index = name ? table_find(sv->table, name) : -1;

	if (c->cursor == 0)
		report_minit(sv, line);
	else if (name && index >= 0)
		report_service(sv, (uint32_t)index, line);
	else
		put_ok(sv, line);
	return c->cursor == 0 || (name && index >= 0);
}

static void put_lost(const struct client *c, struct buf *line)
{
	buf_fmt(line, "{\"lost\":%u}\n", c->lost);
}

/* What was lost makes all that was said doubtful: the snapshot is told again. */
static bool put_event_line(const struct supervisor *sv, const struct client *c, struct buf *line)
{
	if (c->lost)
		put_lost(c, line);
	else if (c->cursor < sv->state->count)
		report_change(sv, c->cursor, STATE_COUNT, line);
	else
		buf_fmt(line, "{\"snapshot\":%u,\"seq\":%lu}\n", sv->state->count,
			(unsigned long)sv->state->events);
	return true;
}

static bool put_line(const struct supervisor *sv, const struct client *c, struct buf *line)
{
	switch (c->kind & ~CLIENT_BUSY) {
	case CLIENT_STATUS: return put_status_line(sv, c, line);
	case CLIENT_NAMED: return put_named_line(sv, c, line);
	default: return put_event_line(sv, c, line);
	}
}

static void advance(struct client *c)
{
	if (c->lost) {
		c->lost = 0;
		c->cursor = 0;
	} else if ((c->kind & ~CLIENT_BUSY) == CLIENT_NAMED) {
		c->cursor = (uint32_t)word_after(c, c->cursor);
	} else {
		c->cursor++;
	}
}

bool request_is_pending(const struct supervisor *sv, const struct client *c)
{
	switch (c->kind & ~CLIENT_BUSY) {
	case CLIENT_STATUS:
	case CLIENT_NAMED: return true;
	case CLIENT_EVENTS: return c->lost || c->cursor <= sv->state->count;
	default: return false;
	}
}

bool request_continue(struct supervisor *sv, struct client *c)
{
	for (int i = 0; i < LINES_A_ROUND && request_is_pending(sv, c); i++) {
		BUF_ON_STACK(line, REPORT_LINE);
		bool more = put_line(sv, c, &line);
		int err = request_send(c, &line);

		if (err == -EAGAIN)
			return true;
		if (err || !more)
			return false;
		advance(c);
	}
	return true;
}

static bool begin_list(struct supervisor *sv, struct client *c, enum client_kind kind)
{
	c->kind = (uint8_t)kind | CLIENT_BUSY;
	c->cursor = 0;
	return request_continue(sv, c);
}

/* -- the answer of each verb ------------------------------------------------------------------- */

typedef bool answer_fn(struct supervisor *sv, struct client *c);

static const char *nearest_service(const struct supervisor *sv, const char *name)
{
	struct nearest near = nearest_name(name);

	for (uint32_t i = 0; i < sv->state->count && i < 1000; i++)
		nearest_offer(&near, service_name(sv, i));
	return near.best;
}

static bool name_is_known(const struct supervisor *sv, struct client *c, const char *name)
{
	BUF_ON_STACK(text, 640);
	const char *near;

	if (table_find(sv->table, name) >= 0)
		return true;
	near = nearest_service(sv, name);
	if (near)
		buf_fmt(&text, "%s: no such service; did you mean \"%s\"?", name, near);
	else
		buf_fmt(&text, "%s: no such service; `minit status` lists those there are", name);
	send_error(c, buf_text(&text), ",\"unknown\":true");
	return false;
}

/* All names are looked at before anything is done. */
static bool names_are_known(const struct supervisor *sv, struct client *c)
{
	for (size_t at = word_after(c, 0); word_at(c, at); at = word_after(c, at))
		if (!name_is_known(sv, c, word_at(c, at)))
			return false;
	return true;
}

static bool answer_status(struct supervisor *sv, struct client *c)
{
	if (!names_are_known(sv, c))
		return false;
	return begin_list(sv, c, first_name(c) ? CLIENT_NAMED : CLIENT_STATUS);
}

static bool answer_events(struct supervisor *sv, struct client *c)
{
	return begin_list(sv, c, CLIENT_EVENTS);
}

static bool answer_version(struct supervisor *sv, struct client *c)
{
	BUF_ON_STACK(line, REPORT_LINE);

	report_minit(sv, &line);
	(void)request_send(c, &line);
	return say_ok(sv, c);
}

static bool names_are_fine(const struct supervisor *sv, struct client *c)
{
	if (first_name(c))
		return names_are_known(sv, c);
	request_refuse(c, "%s: a service's name is missing", c->line);
	return false;
}

static uint32_t named_service(const struct supervisor *sv, const struct client *c, size_t at)
{
	return (uint32_t)table_find(sv->table, word_at(c, at));
}

/*
 * The answer has the runs of each before, so that a run begun by this request
 * can be told from the one that was going on.
 */
static bool tell_each(struct supervisor *sv, struct client *c, enum event event)
{
	BUF_ON_STACK(line, REPORT_LINE);
	size_t first = word_after(c, 0);

	buf_str(&line, "{\"ok\":true,\"starts\":{");
	for (size_t at = first; word_at(c, at); at = word_after(c, at)) {
		uint32_t index = named_service(sv, c, at);

		buf_str(&line, at == first ? "" : ",");
		buf_json(&line, word_at(c, at));
		buf_fmt(&line, ":%u", service_at(sv, index)->life.starts);
	}
	for (size_t at = first; word_at(c, at); at = word_after(c, at))
		service_event(sv, named_service(sv, c, at), event, 0);
	buf_fmt(&line, "},\"seq\":%lu}\n", (unsigned long)sv->state->events);
	(void)request_send(c, &line);
	return false;
}

/* A set of services: a bit for each. */
struct set {
	uint8_t bits[TABLE_SERVICES_MAX / 8];
};

static void set_add(struct set *set, uint32_t index)
{
	set->bits[index / 8] |= (uint8_t)(1 << index % 8);
}

static bool set_has(const struct set *set, uint32_t index)
{
	return set->bits[index / 8] >> index % 8 & 1;
}

static void add_needs(const struct supervisor *sv, uint32_t index, struct set *found)
{
	const struct service_spec *spec = spec_at(sv, index);
	const uint32_t *needs = table_list(sv->table, spec->needs, uint32_t);

	for (uint32_t i = 0; i < spec->needs.count; i++)
		if (!service_is_ready(sv, needs[i]))
			set_add(found, needs[i]);
}

/*
 * What the named services need and is not there is wanted up too, and what
 * that needs. Along the table's order, in which each comes behind all it needs.
 */
static void start_needs(struct supervisor *sv, const struct client *c)
{
	const uint32_t *order = table_list(sv->table, sv->table->order, uint32_t);
	struct set wanted = { 0 }, found = { 0 };

	for (size_t at = word_after(c, 0); word_at(c, at); at = word_after(c, at))
		set_add(&wanted, named_service(sv, c, at));
	for (uint32_t i = sv->table->order.count; i-- > 0;)
		if (set_has(&wanted, order[i]) || set_has(&found, order[i]))
			add_needs(sv, order[i], &found);
	for (uint32_t i = 0; i < sv->table->order.count; i++)
		if (set_has(&found, order[i]) && !set_has(&wanted, order[i]))
			service_event(sv, order[i], EVENT_WANT_UP, 0);
}

static bool may_start(const struct supervisor *sv, const struct client *c)
{
	if (sv->state->phase == PHASE_RUNNING)
		return true;
	request_refuse(c, "%s: minit is stopping everything; nothing is started any more", c->line);
	return false;
}

static bool answer_start(struct supervisor *sv, struct client *c)
{
	if (!may_start(sv, c) || !names_are_fine(sv, c))
		return false;
	start_needs(sv, c);
	return tell_each(sv, c, EVENT_WANT_UP);
}

static bool answer_stop(struct supervisor *sv, struct client *c)
{
	return names_are_fine(sv, c) && tell_each(sv, c, EVENT_WANT_DOWN);
}

static bool answer_restart(struct supervisor *sv, struct client *c)
{
	if (!may_start(sv, c) || !names_are_fine(sv, c))
		return false;
	start_needs(sv, c);
	return tell_each(sv, c, EVENT_RESTART);
}

#define NO_LEAF "it has no cgroup leaf; leaf = true gives it one where there are cgroups"

/* Each of them, in the order of the request, until one cannot be. */
static bool pause_each(struct supervisor *sv, struct client *c, bool paused)
{
	if (!names_are_fine(sv, c))
		return false;
	for (size_t at = word_after(c, 0); word_at(c, at); at = word_after(c, at)) {
		int err = leaf_pause(sv, named_service(sv, c, at), paused);

		if (!err) {
			control_notice(sv, named_service(sv, c, at), c->line);
			continue;
		}
		request_refuse(c, "%s: cannot be %sd: %s", word_at(c, at), c->line,
			       err == -ENOENT ? NO_LEAF : strerror(-err));
		return false;
	}
	return say_ok(sv, c);
}

static bool answer_pause(struct supervisor *sv, struct client *c)
{
	return pause_each(sv, c, true);
}

static bool answer_resume(struct supervisor *sv, struct client *c)
{
	return pause_each(sv, c, false);
}

/* The words from `at` on, as the text that they were. */
static const char *joined(struct client *c, size_t at)
{
	for (size_t i = at; i + 1 < c->used; i++)
		if (!c->line[i])
			c->line[i] = ' ';
	return word_at(c, at);
}

#define GROUP "group."

/* The group of leaves that is meant by "group.NAME", or -1. */
static int named_group(const struct supervisor *sv, const char *word)
{
	const struct group_spec *groups = table_list(sv->table, sv->table->groups, struct group_spec);

	if (strncmp(word, GROUP, strlen(GROUP)) != 0)
		return -1;
	for (uint32_t i = 0; i < sv->table->groups.count; i++)
		if (!strcmp(table_text(sv->table, groups[i].name_at), word + strlen(GROUP)))
			return (int)i;
	return -1;
}

static const char *nearest_group(const struct supervisor *sv, const char *name)
{
	const struct group_spec *groups = table_list(sv->table, sv->table->groups, struct group_spec);
	struct nearest near = nearest_name(name);

	for (uint32_t i = 0; i < sv->table->groups.count; i++)
		nearest_offer(&near, table_text(sv->table, groups[i].name_at));
	return near.best;
}

static bool group_is_known(const struct supervisor *sv, struct client *c, const char *word)
{
	BUF_ON_STACK(text, 640);
	const char *near;

	if (named_group(sv, word) >= 0)
		return true;
	near = nearest_group(sv, word + strlen(GROUP));
	if (near)
		buf_fmt(&text, "%s: no such group; did you mean \"" GROUP "%s\"?", word, near);
	else
		buf_fmt(&text, "%s: no such group; the table makes one by [" GROUP "NAME]", word);
	send_error(c, buf_text(&text), ",\"unknown\":true");
	return false;
}

static bool may_set(const struct supervisor *sv, struct client *c, const char *name, const char *file)
{
	if (table_find(sv->table, name) < 0 && !strncmp(name, GROUP, strlen(GROUP)))
		return group_is_known(sv, c, name);
	if (!name_is_known(sv, c, name))
		return false;
	if (has_leaf(sv, (uint32_t)table_find(sv->table, name)))
		return true;
	request_refuse(c, "%s: %s: " NO_LEAF, name, file);
	return false;
}

/* A name may have a dot, so a service may be called as a group is here: then it is the service. */
static int set_limit(struct supervisor *sv, const char *name, const char *file, const char *text, struct buf *why)
{
	int service = table_find(sv->table, name);

	if (service >= 0)
		return leaf_set(sv, (uint32_t)service, file, text, why);
	return leaf_set_group(sv, (uint32_t)named_group(sv, name), file, text, why);
}

/* "set NAME FILE TEXT": the tool has made the kernel's own text of what it was given. */
static bool answer_set(struct supervisor *sv, struct client *c)
{
	size_t name_at = word_after(c, 0), file_at = name_at < c->used ? word_after(c, name_at) : name_at;
	size_t text_at = file_at < c->used ? word_after(c, file_at) : file_at;
	const char *name = word_at(c, name_at) ?: "", *file = word_at(c, file_at);
	BUF_ON_STACK(why, 300);
	int err;

	if (text_at >= c->used || limit_file(file)) {
		request_refuse(c, "set %s: wants NAME FILE VALUE", name);
		return false;
	}
	if (!may_set(sv, c, name, file))
		return false;
	err = set_limit(sv, name, file, joined(c, text_at), &why);
	if (!err)
		return say_ok(sv, c);
	request_refuse(c, "%s: %s: %s%s%s", name, file, strerror(-err), why.len ? ": " : "", buf_text(&why));
	return false;
}

static bool end_all(struct supervisor *sv, struct client *c, enum goal goal)
{
	shutdown_begin(sv, sv->state->mode == MODE_MACHINE ? goal : GOAL_EXIT, 0);
	return say_ok(sv, c);
}

static bool answer_poweroff(struct supervisor *sv, struct client *c)
{
	return end_all(sv, c, GOAL_POWEROFF);
}

static bool answer_halt(struct supervisor *sv, struct client *c)
{
	return end_all(sv, c, GOAL_HALT);
}

static bool answer_reboot(struct supervisor *sv, struct client *c)
{
	if (sv->state->mode == MODE_MACHINE)
		return end_all(sv, c, GOAL_REBOOT);
	request_refuse(c, "reboot: minit is not PID 1 of a machine here; use poweroff, and let what started "
			  "it start it again");
	return false;
}

/* The connection goes over to the new program, and the ok is its word (request_survived). */
static bool answer_reexec(struct supervisor *sv, struct client *c)
{
	int err;

	c->kind = CLIENT_REEXEC;
	err = reexec_now(sv);
	request_refuse(c, "reexec: %s: minit runs on as it was", strerror(-err));
	return false;
}

/* "lease LINK on|off": what `minit lease` has put into force; before that it asks "lease LINK may". */
static bool answer_lease(struct supervisor *sv, struct client *c)
{
	const char *link = first_name(c), *word = link ? word_at(c, word_after(c, word_after(c, 0))) : NULL;
	static const char words[][4] = { "off", "on", "may" }; /* as enum lease */
	size_t what = 0;

	while (word && what < ARRAY_LEN(words) && strcmp(word, words[what]) != 0)
		what++;
	if (!word || what == ARRAY_LEN(words))
		request_refuse(c, "lease: wants LINK on|off|may");
	else if (uplinks_lease(sv, link, (enum lease)what))
		request_refuse(c, "lease: %s: the table has no link of this name with address = \"dhcp\"", link);
	else
		return say_ok(sv, c);
	return false;
}

/* "isolation NAME": not for a person, but what `minit status NAME` asks beside the rest. */
static bool answer_isolation(struct supervisor *sv, struct client *c)
{
	if (!names_are_fine(sv, c))
		return false;
	if (!insight_send(sv, c, named_service(sv, c, word_after(c, 0))))
		return say_ok(sv, c);
	return false;
}

/* "net" alone: what `minit net` has to know before it can name a service. */
static bool answer_net(struct supervisor *sv, struct client *c)
{
	if (first_name(c))
		return answer_isolation(sv, c);
	return !insight_send(sv, c, INSIGHT_NOBODY) && say_ok(sv, c);
}

/* -- which verb -------------------------------------------------------------------------------- */

enum who { ANYONE, OWNER };

static const struct {
	const char *word;
	answer_fn *answer;
	enum who who;
} verbs[] = {
#define VERB(word, option, main, answer, who, ...) { #word, answer, who },
#include "init/verbs.def"
#undef VERB
	{ "isolation", answer_isolation, OWNER },
};

bool request_begin(struct supervisor *sv, struct client *c)
{
	if (!split(c)) {
		request_refuse(c, "request: not a line of words; see minit(8)");
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!verbs[i].answer || strcmp(verbs[i].word, c->line))
			continue;
		if (verbs[i].who == ANYONE || c->trusted)
			return verbs[i].answer(sv, c);
		request_refuse(c, "%s: %s: only root and the user minit runs as may do that", c->line,
			       strerror(EPERM));
		return false;
	}
	request_refuse(c, "%s: minit has no answer to this verb", c->line);
	return false;
}
