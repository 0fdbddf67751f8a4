#include "init/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/field.h"
#include "init/handed.h"
#include "init/look.h"
#include "init/say.h"
#include "lib/enabled.h"
#include "lib/fd.h"
#include "lib/text.h"
#include "services/layout.h"

/* -- reading ----------------------------------------------------------------------------------------------------- */

bool look_read(struct look *l, pid_t pid, const char *file, char *mem, size_t size)
{
	BUF_ON_STACK(path, 80);
	ssize_t n;

	buf_fmt(&path, "%d/%s", (int)pid, file);
	n = fd_read_file(l->proc, buf_text(&path), mem, size);
	l->err = n < 0 ? (int)n : 0;
	while (n > 0 && mem[n - 1] == '\n')
		mem[--n] = '\0';
	return n >= 0;
}

bool look_line(const char *text, const char *name, struct buf *ret)
{
	size_t len = strlen(name);

	while (text && (strncmp(text, name, len) != 0 || text[len] != ':')) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	if (!text)
		return false;
	text += len + 1;
	text += strspn(text, " \t");
	for (len = strcspn(text, "\n"); len && (text[len - 1] == ' ' || text[len - 1] == '\t'); len--)
		;
	for (size_t i = 0; i < len; i++)
		buf_char(ret, text[i] == '\t' ? ' ' : text[i]);
	return true;
}

/* -- telling ----------------------------------------------------------------------------------------------------- */

static const char *reason(const struct look *l, enum verdict verdict, int32_t missing)
{
	if (verdict == LOOK_UNSEEN && l->hidden)
		return l->hidden;
	if (verdict == LOOK_UNSEEN)
		return l->err != -EACCES && l->err != -EPERM ? strerror(-l->err) :
		       l->entered ? "not to be entered without CAP_SYS_ADMIN" : "not to be read without CAP_SYS_PTRACE";
	return verdict == LOOK_DIFFERS && missing & l->missing ? "a default that is not to be had here" : "";
}

static void tell_json(const struct look *l, const char *what, const char *asked, const char *got, enum verdict verdict,
		      const char *why)
{
	static const char *const words[] = { "true", "false", "null" };
	BUF_ON_STACK(b, 2 * 6 * LOOK_LIST + 6 * LOOK_TEXT); /* a byte may be one of six */

	buf_fmt(&b, "%s{\"what\":", l->count ? "," : "");
	buf_json(&b, what);
	buf_str(&b, ",\"asked\":");
	buf_json(&b, asked);
	if (l->source)
		buf_fmt(&b, ",\"source\":\"%s\"", l->source);
	if (verdict != LOOK_UNSEEN) {
		buf_str(&b, ",\"got\":");
		buf_json(&b, got);
	}
	buf_fmt(&b, ",\"ok\":%s", words[verdict]);
	if (*why) {
		buf_str(&b, ",\"why\":");
		buf_json(&b, why);
	}
	buf_char(&b, '}');
	say_bytes(b.data, b.len);
}

/* What comes from a file may have any byte in it. */
static void make_plain(struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] == '\n')
			b->data[i] = ';';
	buf_tame(b, "");
}

static void say_plain(const char *text)
{
	BUF_ON_STACK(plain, 2 * LOOK_LIST);

	buf_str(&plain, text);
	make_plain(&plain);
	say_bytes(plain.data, plain.len);
}

static void pad(const char *text, size_t width)
{
	size_t len = strlen(text);

	say("%*s", (int)(len < width ? width - len : 0) + 1, "");
}

static void tell_plain(const struct look *l, const char *what, const char *asked, const char *got, enum verdict verdict,
		       const char *why)
{
	BUF_ON_STACK(wish, LOOK_LIST + 40);

	say("%s ", verdict == LOOK_DIFFERS ? "!" : " ");
	say_plain(what);
	pad(what, 18);
	buf_fmt(&wish, "%s%s%s", asked, l->source ? ", by minit " : "", l->source ?: "");
	say_plain(buf_text(&wish));
	pad(buf_text(&wish), 30);
	say_plain(verdict == LOOK_UNSEEN ? "?" : got);
	say("%s%s\n", *why ? ": " : "", why);
}

/* What is a default that cannot be had here the row tells of: row_put_why. */
static void put_difference(const struct look *l, const char *what, const char *asked, const char *got,
			   enum verdict verdict, const char *why)
{
	BUF_ON_STACK(line, 4 * LOOK_LIST);

	if (verdict != LOOK_DIFFERS || *why)
		return;
	buf_fmt(&line, "! %s: %s: asked is %s, found is %s", l->name, what, asked, got);
	make_plain(&line);
	buf_add(l->only_differences, line.data, line.len);
	buf_char(l->only_differences, '\n');
}

void look_tell(struct look *l, const char *what, const char *asked, const char *got, enum verdict verdict,
	       int32_t missing)
{
	const char *why = reason(l, verdict, missing);

	if (l->only_differences)
		put_difference(l, what, asked, got, verdict, why);
	else if (l->json)
		tell_json(l, what, asked, got, verdict, why);
	else
		tell_plain(l, what, asked, got, verdict, why);
	l->count++;
	l->differ += verdict == LOOK_DIFFERS;
}

void look_tell_text(struct look *l, const char *what, const char *asked, const char *got, int32_t missing)
{
	look_tell(l, what, asked, got, strcmp(asked, got) ? LOOK_DIFFERS : LOOK_SAME, missing);
}

void look_tell_hidden(struct look *l, const char *what, const char *asked, const char *why)
{
	l->hidden = why;
	look_tell(l, what, asked, "", LOOK_UNSEEN, 0);
	l->hidden = NULL;
}

/* -- one service ------------------------------------------------------------------------------------------------- */

static bool has_reaper(const struct look *l)
{
	uint32_t own = l->spec->namespaces & (l->missing & MISSING_NAMESPACES ? l->spec->explicit_ns : UINT32_MAX);

	return (l->spec->init && own & CLONE_NEWPID) || l->confine->roots.join_flags & CLONE_NEWPID;
}

/* The program is the reaper's first child: orphans come behind it. */
static bool pass_reaper(struct look *l, pid_t *of)
{
	BUF_ON_STACK(path, 40);
	char children[4096];
	uint64_t pid;

	buf_fmt(&path, "task/%d/children", (int)*of);
	if (!look_read(l, *of, buf_text(&path), children, sizeof(children)))
		return false;
	children[strcspn(children, " ")] = '\0';
	l->err = -ESRCH;
	if (text_u64(children, &pid))
		return false;
	*of = (pid_t)pid;
	return true;
}

static bool read_both(struct look *l, const char *line)
{
	BUF_ON_STACK(seen, 64);
	int64_t uid, here;

	if (!look_read(l, l->pid, "status", l->status, sizeof(l->status)) ||
	    !look_read(l, l->minit, "status", l->minits, sizeof(l->minits)))
		return false;
	(void)look_line(l->minits, "Uid", &seen);
	here = strtol(buf_text(&seen), NULL, 10);
	uid = field_number(line, "uid", here);
	l->is_root = !uid;
	l->elsewhere = uid != here;
	return true;
}

static bool open_look(struct look *l, const struct handed *h)
{
	uint32_t index = (uint32_t)field_number(h->line, "index", 0);

	l->table = table_map(h->fds[INSIGHT_TABLE], &l->err);
	if (!l->table || index >= l->table->services.count)
		return false;
	l->spec = table_service(l->table, index);
	l->confine = table_confine(l->table, l->spec);
	l->name = table_name(l->table, l->spec);
	l->index = index;
	l->net = h->fds[INSIGHT_NET];
	l->own_net = h->fds[INSIGHT_OWN_NET];
	l->proc = h->fds[INSIGHT_PROC];
	l->missing = (int32_t)field_number(h->line, "missing", 0);
	l->minit = (pid_t)field_number(h->line, "minit", 0);
	l->joined = (pid_t)field_number(h->line, "joined", 0);
	if (field_number(h->line, "behind", 0) && !pass_reaper(l, &l->joined))
		l->joined = -1; /* unseen */
	l->pid = (pid_t)field_number(h->line, "pid", 0);
	l->changes = h->changes;
	l->home.v2 = h->fds[INSIGHT_V2];
	for (size_t i = 0; i < CGROUP_V1_COUNT; i++)
		l->home.v1[i] = h->fds[INSIGHT_V1 + i];
	l->err = l->pid ? 0 : -ESRCH;
	return l->pid && (!has_reaper(l) || pass_reaper(l, &l->pid)) &&
	       read_both(l, h->line);
}

static void look_alone(struct look *l)
{
	look_namespaces(l);
	look_ids(l);
	look_rights(l);
	look_roots(l);
	look_leaf(l);
	look_habits(l);
	look_hostname(l);
}

static void look(struct look *l)
{
	look_alone(l);
	if (ENABLED(CONFIG_NET_SHOW))
		look_network(l); /* last: the tool is in other networks then */
}

/* -- for people, and for programs -------------------------------------------------------------------------------- */

#define NO_PROC "minit has no /proc of its own pid namespace: mount it (unshare --mount-proc)"

void isolation_show(const char *name)
{
	struct handed h;
	struct look l = { 0 };
	int err = handed_ask(&h, "isolation", name);
	bool blind = !err && h.fds[INSIGHT_PROC] < 0;

	if (!err && !blind && open_look(&l, &h)) {
		say("\n%s: its isolation, as asked and as found\n", name);
		look(&l);
		if (l.differ)
			say("! %u of %u not as asked\n", l.differ, l.count);
	} else if (err != -EPERM && l.err != -ESRCH) {
		say("\n%s: its isolation cannot be seen: %s\n", name,
		    blind ? NO_PROC : layout_why(err ? err : l.err));
	}
	say_flush();
	handed_release(&h);
}

void isolation_json(const char *name)
{
	struct handed h;
	struct look l = { .json = true };

	if (!handed_ask(&h, "isolation", name) && open_look(&l, &h)) {
		say(",\"isolation\":[");
		look(&l);
		say("]");
	}
	handed_release(&h);
}

void isolation_differs(const char *name, struct buf *ret)
{
	struct handed h;
	struct look l = { .only_differences = ret };

	if (!handed_ask(&h, "isolation", name) && open_look(&l, &h))
		look_alone(&l);
	handed_release(&h);
}
