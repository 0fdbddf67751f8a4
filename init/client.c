#include "init/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/control.h"
#include "init/field.h"
#include "init/options.h"
#include "init/peer.h"
#include "init/say.h"
#include "init/verbs.h"
#include "lib/fd.h"
#include "services/table.h"

const char *talk_path(void)
{
	static char mem[256];
	struct buf own = { .data = mem, .size = sizeof(mem) };
	const char *given = option_socket ? option_socket : getenv("MINIT_SOCKET");
	const char *home = getenv("XDG_RUNTIME_DIR");

	if (given && *given)
		return given;
	if (geteuid() == 0 || !home || access(CONTROL_PATH, F_OK) == 0)
		return CONTROL_PATH;
	buf_fmt(&own, "%s/minit/control", home);
	return access(buf_text(&own), F_OK) == 0 ? mem : CONTROL_PATH;
}

static int dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int beside;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (peer_is_gone(fd))
		return -ECONNREFUSED;
	if (fd > STDERR_FILENO)
		return fd_steal(&fd);
	beside = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1); /* a stream is closed: it must not become this */
	return beside < 0 ? -errno : beside;
}

static int begin(struct talk *t, struct buf *line)
{
	buf_char(line, '\n');
	*t = (struct talk){ .fd = -1 };
	if (buf_check(line))
		return -EMSGSIZE;
	t->fd = dial(talk_path());
	return MIN(t->fd, 0);
}

int talk_ask(struct talk *t, const char *fmt, ...)
{
	BUF_ON_STACK(line, 320);
	va_list ap;
	int err;

	va_start(ap, fmt);
	buf_vfmt(&line, fmt, ap);
	va_end(ap);
	err = begin(t, &line);
	/* Refused at once (a full house): what it says about that is to be read first. */
	if (!err)
		(void)send(t->fd, line.data, line.len, MSG_NOSIGNAL);
	return err;
}

int talk_ask_with(struct talk *t, int fd, const char *request)
{
	BUF_ON_STACK(line, 320);
	int err;

	buf_str(&line, request);
	err = begin(t, &line);
	if (!err)
		(void)!peer_send(t->fd, &line, &fd, 1, 0); /* as above */
	return err;
}

int talk_put_names(struct buf *request, char *const *names, int count)
{
	size_t len;
	int n = 0;

	for (; n < count; n++) {
		len = strlen(names[n]);
		if (!len || len > TABLE_NAME_MAX) {
			complain("a name of %u letters: those of services have 1 to %u; `minit status` lists them",
				 (unsigned)len, TABLE_NAME_MAX);
			return -1;
		}
		if (request->len + len + 1 >= request->size)
			return n;
		buf_fmt(request, " %s", names[n]);
	}
	return n;
}

int complain_unknown(const char *name, const char *near)
{
	if (near)
		complain("%s: no such service; did you mean \"%s\"?", name, near);
	else
		complain("%s: no such service; `minit status` lists those there are", name);
	return 2;
}

char *talk_take(struct talk *t)
{
	char *line = t->mem + t->start, *end = memchr(line, '\n', t->end - t->start);

	if (!end)
		return NULL;
	*end = '\0';
	t->start = (size_t)(end - t->mem) + 1;
	return line;
}

int talk_fill(struct talk *t)
{
	ssize_t n;

	memmove(t->mem, t->mem + t->start, t->end - t->start);
	t->end -= t->start;
	t->start = 0;
	if (t->end == sizeof(t->mem))
		return -EMSGSIZE;
	n = recv(t->fd, t->mem + t->end, sizeof(t->mem) - t->end, MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	t->end += (size_t)n;
	return (int)n;
}

/* 0: there is something, or an error to read. */
static int await(int fd, struct when until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = when_is_never(until) ? -1 : MAX(when_since(when_now(), until), 0);
		int n = poll(&p, 1, (int)MIN(left, 1000000));

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && left == 0)
			return -ETIMEDOUT;
	}
}

char *talk_line(struct talk *t, struct when until, int *ret_err)
{
	char *line;

	while (!(line = talk_take(t))) {
		int n = talk_fill(t);

		if (n == -EAGAIN)
			n = await(t->fd, until) ?: 1;
		if (n <= 0) {
			*ret_err = n;
			return NULL;
		}
	}
	return line;
}

void talk_close(struct talk *t)
{
	fd_close(&t->fd);
	t->start = t->end = 0;
}

int talk_complain(int err)
{
	const char *advice = "is minit running here? set MINIT_SOCKET or use --socket PATH";

	if (err == -EACCES || err == -EPERM)
		advice = "who may connect is a matter of the folder it is in";
	if (err == 0)
		complain("%s: the connection ended before the answer; has minit left?", talk_path());
	else
		complain("%s: %s: %s", talk_path(), strerror(-err), advice);
	return 1;
}

bool talk_is_over(const char *line, int *ret_status)
{
	char why[1024];

	if (field_is_true(line, "ok")) {
		*ret_status = 0;
		return true;
	}
	if (!field_is_there(line, "error"))
		return false;
	field_text(line, "error", why, sizeof(why));
	complain("%s", strncmp(why, "minit: ", 7) ? why : why + 7); /* it says so itself */
	*ret_status = field_is_true(line, "unknown") ? 2 : 1;
	return true;
}

/* -- verbs that only ask ----------------------------------------------------------------------- */

int client_ask(const char *request)
{
	struct talk t;
	int err = talk_ask(&t, "%s", request), status = 1;
	char *line = NULL;

	if (err)
		return talk_complain(err);
	do
		line = talk_line(&t, WHEN_NEVER, &err);
	while (line && !talk_is_over(line, &status));
	talk_close(&t);
	return line ? status : talk_complain(err);
}

int ask_main(int argc, char **argv)
{
	if (options_take(argc, argv, NULL, 0) > 1)
		usage_error(argv[0], "it takes no words, and \"%s\" is one", argv[1]);
	return client_ask(argv[0]);
}

int client_running_version(void)
{
	struct talk t;
	char version[64];
	const char *line;
	int err;

	if (talk_ask(&t, "version"))
		return 0;
	line = talk_line(&t, when_in(when_now(), 1000), &err);
	if (line && !field_is_there(line, "error")) {
		field_text(line, "version", version, sizeof(version));
		if (strcmp(version, MINIT_VERSION))
			say("running: minit %s, pid %ld\n", version, (long)field_number(line, "pid", 0));
	}
	say_flush();
	talk_close(&t);
	return 0;
}

/* -- events ------------------------------------------------------------------------------------ */

static bool is_named(const char *line, int argc, char **argv)
{
	char name[64];

	field_text(line, "service", name, sizeof(name));
	for (int i = 1; i < argc; i++)
		if (!strcmp(name, argv[i]))
			return true;
	return argc < 2 || !*name;
}

/* Puts those of the names that this line tells of first; returns how many are told of by now. */
static int note_named(const char *line, int argc, char **argv, int known)
{
	char name[64], *swap;

	field_text(line, "service", name, sizeof(name));
	for (int i = known + 1; i < argc; i++) {
		if (strcmp(name, argv[i]))
			continue;
		swap = argv[i];
		argv[i] = argv[++known];
		argv[known] = swap;
	}
	return known;
}

int events_main(int argc, char **argv)
{
	bool json = true; /* the only form there is; the option is for scripts that say so */
	const struct option_row rows[] = { { "--json", OPTION_FLAG, &json } };
	struct talk t;
	char *line;
	int err, status, known = 0;

	argc = options_take(argc, argv, rows, ARRAY_LEN(rows));
	err = talk_ask(&t, "events");
	if (err)
		return talk_complain(err);
	while ((line = talk_line(&t, WHEN_NEVER, &err))) {
		if (talk_is_over(line, &status))
			return status;
		known = note_named(line, argc, argv, known);
		if (field_is_there(line, "snapshot") && known + 1 < argc)
			return complain_unknown(argv[known + 1], NULL);
		if (is_named(line, argc, argv))
			say("%s\n", line);
		if (!memchr(t.mem + t.start, '\n', t.end - t.start))
			say_flush();
	}
	return talk_complain(err);
}
