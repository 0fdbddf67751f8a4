#include "init/request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "init/report.h"
#include "lib/text.h"

/* -- words of the request: the line with its spaces made NUL ----------------------------------- */

static bool is_word(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f)
			return false;
	return len > 0;
}

bool request_split(struct client *c)
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

const char *request_word(const struct client *c, size_t at)
{
	return at < c->used ? c->line + at : NULL;
}

size_t request_after(const struct client *c, size_t at)
{
	return at + strlen(c->line + at) + 1;
}

const char *request_name(const struct client *c)
{
	return request_word(c, request_after(c, 0));
}

const char *request_joined(struct client *c, size_t at)
{
	for (size_t i = at; i + 1 < c->used; i++)
		if (!c->line[i])
			c->line[i] = ' ';
	return request_word(c, at);
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

void request_error(const struct client *c, const char *text, const char *more)
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
	request_error(c, buf_text(&text), "");
}

void request_put_ok(const struct supervisor *sv, struct buf *line)
{
	buf_fmt(line, "{\"ok\":true,\"seq\":%lu}\n", (unsigned long)sv->state->events);
}

bool request_ok(const struct supervisor *sv, const struct client *c)
{
	BUF_ON_STACK(line, 64);

	request_put_ok(sv, &line);
	(void)request_send(c, &line);
	return false;
}

/* -- the services that it names ---------------------------------------------------------------- */

/* Or as its section is called. */
static const char *nearest_service(const struct supervisor *sv, const char *name)
{
	struct nearest near = nearest_name(name);

	if (!strncmp(name, "service.", 8) && table_find(sv->table, name + 8) >= 0)
		return name + 8;
	for (uint32_t i = 0; i < sv->state->count && i < 1000; i++)
		nearest_offer(&near, service_name(sv, i));
	return near.best;
}

bool request_knows(const struct supervisor *sv, struct client *c, const char *name)
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
	request_error(c, buf_text(&text), ",\"unknown\":true");
	return false;
}

bool request_knows_all(const struct supervisor *sv, struct client *c)
{
	for (size_t at = request_after(c, 0); request_word(c, at); at = request_after(c, at))
		if (!request_knows(sv, c, request_word(c, at)))
			return false;
	return true;
}

bool request_names_any(const struct supervisor *sv, struct client *c)
{
	if (request_name(c))
		return request_knows_all(sv, c);
	request_refuse(c, "%s: a service's name is missing", c->line);
	return false;
}

uint32_t request_service(const struct supervisor *sv, const struct client *c, size_t at)
{
	return (uint32_t)table_find(sv->table, request_word(c, at));
}
