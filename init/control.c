#include "init/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/loop.h"
#include "init/peer.h"
#include "init/probe.h"
#include "init/report.h"
#include "init/request.h"
#include "lib/fd.h"
#include "lib/log.h"

/* Connections taken in one round of the loop. */
#define ACCEPT_A_ROUND 8
/* Slots that only root and minit's own user get: others cannot lock them out. */
#define SLOTS_OF_OWNER 8

static struct supervisor *sv; /* set once the loop is there */
static int passed = -1;         /* a descriptor that has come with what is being read */
static bool is_deaf;          /* no descriptor is left for who comes; the listener would wake us for nothing */

/* -- the socket -------------------------------------------------------------------------------- */

/* NULL: none can be named. */
static const char *choose_path(const struct supervisor *of, struct buf *mem)
{
	const char *given = getenv("MINIT_SOCKET"), *home = getenv("XDG_RUNTIME_DIR");

	if (given && *given)
		return given;
	if (of->state->mode != MODE_SUBREAPER || geteuid() == 0 || !home)
		return CONTROL_PATH;
	buf_fmt(mem, "%s/minit/control", home);
	return buf_text(mem);
}

static int fill_address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return 0;
}

static int make_folder(const char *path)
{
	BUF_ON_STACK(folder, sizeof(((struct sockaddr_un *)0)->sun_path));
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return 0;
	buf_add(&folder, path, (size_t)(slash - path));
	return mkdir(buf_text(&folder), 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/*
 * The socket of a minit that is gone: nobody answers at it, or what it has left behind, for a moment. A connect to what
 * is no socket is refused alike.
 */
static bool is_stale(const struct sockaddr_un *address)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	if (fd < 0)
		return false;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return errno == ECONNREFUSED;
	return peer_is_gone(fd);
}

static int listen_at(const char *path)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	int err = fill_address(path, &address);

	if (fd < 0)
		return -errno;
	err = err ? err : make_folder(path);
	if (err)
		return err;
	if (is_stale(&address))
		unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	/* Who may do what is decided by who asks (SO_PEERCRED), not by the file. */
	if (chmod(path, 0666) < 0 || listen(fd, STATE_CLIENTS) < 0)
		return -errno;
	return fd_steal(&fd);
}

static const char *advice(int err)
{
	switch (err) {
	case EROFS: return "mount a tmpfs on /run, or set MINIT_SOCKET";
	case EADDRINUSE: return "another minit listens there, or it is no socket; set MINIT_SOCKET to another place";
	case ENAMETOOLONG: return "107 bytes are the most";
	default: return "set MINIT_SOCKET to a place that can be written";
	}
}

int control_open(struct supervisor *of)
{
	BUF_ON_STACK(mem, 256);
	const char *path = choose_path(of, &mem);
	int fd = listen_at(path);

	if (fd < 0) {
		log_warn("control", 0, "%s: %s: %s; minit runs without its control socket", path,
			 strerror(-fd), advice(-fd));
		return fd;
	}
	of->state->control_fd = fd;
	return 0;
}

/* -- connections ------------------------------------------------------------------------------- */

static uint32_t slot_of(const struct client *c)
{
	return (uint32_t)(c - sv->state->clients);
}

static unsigned wanted_events(const struct client *c)
{
	switch (c->kind) {
	case CLIENT_READING: return LOOP_READ;
	case CLIENT_EVENTS: return LOOP_READ | (request_is_pending(sv, c) ? LOOP_WRITE : 0);
	default: return LOOP_WRITE; /* what is sent behind the request waits; an end there is no end of the answer */
	}
}

static void watch_listener(void)
{
	if (sv->state->control_fd >= 0)
		loop_watch(LOOP_CONTROL, 0, sv->state->control_fd, LOOP_READ);
	is_deaf = false;
}

/* Who waits for a probe has nothing to say, and is no reason to wake: an end there is no end of the answer. */
static void watch(const struct client *c)
{
	if (c->kind == CLIENT_PROBE || c->kind == CLIENT_RELOAD)
		loop_unwatch(LOOP_CLIENT, slot_of(c));
	else
		loop_watch(LOOP_CLIENT, slot_of(c), c->fd, wanted_events(c));
}

/* A child that has not come to its exec, be it held up by a disk or paused, has it too: it ends all the same. */
static void hang_up(int *fd)
{
	(void)shutdown(*fd, SHUT_RDWR);
	fd_close(fd);
}

void control_drop(struct client *c)
{
	int fd = c->fd;

	loop_unwatch(LOOP_CLIENT, slot_of(c));
	c->fd = -1;
	hang_up(&fd);
	if (is_deaf)
		watch_listener();
}

int control_take_passed(void)
{
	return fd_steal(&passed);
}

/*
 * With a descriptor, kept while the request is answered. There is room for one, without the padding behind it, in which
 * a second one would find room too: further ones the kernel closes, and then the first is not meant either.
 */
static ssize_t receive(const struct client *c, void *mem, size_t room)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(sizeof(size_t))));
	struct iovec bytes = { mem, room };
	struct msghdr m = { .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = CMSG_LEN(sizeof(int)) };
	ssize_t n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head = n < 0 ? NULL : CMSG_FIRSTHDR(&m);

	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&passed, CMSG_DATA(head), sizeof(int));
	if (n >= 0 && m.msg_flags & MSG_CTRUNC)
		fd_close(&passed);
	return n;
}

/* Appends what has come to the line. 1: the line is complete, 0: not yet, -errno: the connection is over. */
static int read_line(struct client *c)
{
	size_t room = sizeof(c->line) - c->used;
	ssize_t n = receive(c, c->line + c->used, room);
	char *end;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	end = memchr(c->line + c->used, '\n', (size_t)n);
	c->used = (uint16_t)(c->used + n);
	if (end) {
		c->used = (uint16_t)(end - c->line);
		return 1;
	}
	return c->used == sizeof(c->line) ? -EMSGSIZE : 0;
}

static bool take_request(struct client *c)
{
	int got = read_line(c);
	bool more = got > 0 && request_begin(sv, c);

	fd_close(&passed);
	if (got > 0)
		return more;
	if (got == -EMSGSIZE)
		request_refuse(c, "request: longer than %zu bytes; ask in several", sizeof(c->line) - 1);
	return got == 0;
}

/* Who listens has nothing more to say; its end is seen by reading. */
static bool is_there(const struct client *c)
{
	char waste[256];
	ssize_t n = recv(c->fd, waste, sizeof(waste), MSG_DONTWAIT);

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool serve(struct client *c, unsigned ready)
{
	if (c->kind == (CLIENT_READING | CLIENT_BUSY))
		return take_request(c);
	if ((ready & LOOP_READ) && !is_there(c))
		return false;
	return request_continue(sv, c);
}

static void on_client(uint32_t slot, unsigned ready)
{
	struct client *c = &sv->state->clients[slot];

	if (c->fd < 0)
		return;
	c->kind |= CLIENT_BUSY;
	if (!serve(c, ready)) {
		control_drop(c);
		return;
	}
	c->kind &= (uint8_t)~CLIENT_BUSY;
	watch(c);
}

/* -- new connections --------------------------------------------------------------------------- */

static bool is_owner(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return false;
	return who.uid == 0 || who.uid == geteuid();
}

static struct client *free_slot(bool trusted)
{
	size_t most = trusted ? STATE_CLIENTS : STATE_CLIENTS - SLOTS_OF_OWNER;
	size_t i = 0;

	while (i < sv->state->client_slots && sv->state->clients[i].fd >= 0)
		i++;
	return i < most ? &sv->state->clients[i] : NULL;
}

static void admit(int fd)
{
	bool trusted = is_owner(fd);
	struct client *c = free_slot(trusted);
	struct client refused = { .fd = fd };

	if (!c) {
		request_refuse(&refused, "busy: minit has as many connections as it takes; try again later");
		fd_close(&fd);
		return;
	}
	*c = (struct client){ .fd = -1, .kind = CLIENT_READING, .trusted = trusted };
	sv->state->client_slots = MAX(sv->state->client_slots, slot_of(c) + 1);
	c->fd = fd;
	watch(c);
}

static bool is_out_of_descriptors(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM || err == ENOBUFS;
}

/* Until a connection ends or a service changes: one of them may free what is missing. */
static void go_deaf(int err)
{
	log_warn("control", err, "accept: new connections wait");
	loop_unwatch(LOOP_CONTROL, 0);
	is_deaf = true;
}

static void on_listener(uint32_t id, unsigned ready)
{
	(void)id;
	(void)ready;
	for (int i = 0; i < ACCEPT_A_ROUND; i++) {
		int fd = accept4(sv->state->control_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			admit(fd);
		else if (is_out_of_descriptors(errno))
			go_deaf(errno);
		if (fd < 0)
			return;
	}
}

/* -- over an execution in place, and the end --------------------------------------------------- */

/* That is the last thing before it, so there was no crash. */
static bool was_asked_for(void)
{
	for (size_t i = 0; i < sv->state->client_slots; i++)
		if (sv->state->clients[i].fd >= 0 && sv->state->clients[i].kind == CLIENT_REEXEC)
			return true;
	return false;
}

/* False: the connection has had its last word. */
static bool survives(struct client *c, bool was_asked)
{
	if (c->kind == CLIENT_REEXEC) {
		probe_tell(sv, c);
		return false;
	}
	if (c->kind == CLIENT_RELOAD && sv->state->exchange == EXCHANGE_DONE)
		return true; /* answered once what the new table asks for is there: exchange_finish */
	if (c->kind == CLIENT_RELOAD && was_asked) {
		request_refuse(c, "reload: minit was executed anew (minit reexec) before all that is to end had ended; "
			       "it runs on by the table that it has; ask again");
		return false;
	}
	if (c->kind & CLIENT_BUSY || c->kind == CLIENT_RELOAD || c->kind == CLIENT_PROBE) {
		request_refuse(c, "minit: crashed while it answered this, and runs on; ask again");
		return false;
	}
	return true;
}

void control_watch(struct supervisor *of)
{
	bool was_asked;

	sv = of;
	was_asked = was_asked_for();
	loop_handler(LOOP_CONTROL, on_listener);
	loop_handler(LOOP_CLIENT, on_client);
	watch_listener();
	for (size_t i = 0; i < sv->state->client_slots; i++) {
		struct client *c = &sv->state->clients[i];

		if (c->fd < 0)
			continue;
		if (survives(c, was_asked))
			watch(c);
		else
			hang_up(&c->fd);
	}
	sv->state->returned = 0;
}

static void tell(struct client *c, const struct buf *line)
{
	if (c->lost) {
		c->lost++;
		return;
	}
	if (request_send(c, line) != -EAGAIN)
		return; /* told, or gone: that is seen by reading */
	c->lost = 1;
	if (sv)
		watch(c);
}

/* What the snapshot has not come to yet, it will tell as it is then. */
static bool hears_of(const struct client *c, uint32_t index)
{
	return c->fd >= 0 && (c->kind & ~CLIENT_BUSY) == CLIENT_EVENTS && (c->lost || c->cursor > index);
}

frequent static size_t next_hearer(const struct statefile *state, size_t i, uint32_t index)
{
	while (i < state->client_slots && !hears_of(&state->clients[i], index))
		i++;
	return i;
}

/* A change from state `was`, or a notice. Mostly nobody hears of it, and then no line is even cleared. */
static void tell_from(struct supervisor *of, size_t i, uint32_t index, enum state was, const char *notice)
{
	BUF_ON_STACK(line, REPORT_LINE);

	if (notice)
		report_notice(of, index, notice, &line);
	else
		report_change(of, index, was, &line);
	for (; i < of->state->client_slots; i = next_hearer(of->state, i + 1, index))
		tell(&of->state->clients[i], &line);
}

frequent void control_change(struct supervisor *of, uint32_t index, enum state was)
{
	size_t first = next_hearer(of->state, 0, index);

	if (is_deaf)
		watch_listener();
	if (first < of->state->client_slots)
		tell_from(of, first, index, was, NULL);
}

void control_notice(struct supervisor *of, uint32_t index, const char *what)
{
	size_t first = next_hearer(of->state, 0, index);

	of->state->events++;
	if (first < of->state->client_slots)
		tell_from(of, first, index, STATE_DOWN, what);
}

static void unlink_socket(int fd)
{
	struct sockaddr_un address = { 0 };
	socklen_t len = sizeof(address) - 1;

	if (getsockname(fd, (struct sockaddr *)&address, &len) == 0 && address.sun_path[0] == '/')
		unlink(address.sun_path);
}

void control_close(struct supervisor *of)
{
	struct statefile *state = of->state;

	for (size_t i = 0; i < state->client_slots; i++) {
		struct client *c = &state->clients[i];

		if (c->fd < 0)
			continue;
		request_refuse(c, "minit: it is leaving");
		hang_up(&c->fd);
	}
	if (state->control_fd >= 0)
		unlink_socket(state->control_fd);
	fd_close(&state->control_fd);
}
