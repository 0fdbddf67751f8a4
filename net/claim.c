/* What minits in one network tell each other by: names bound there, for as long as whoever has bound them lives. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/fd.h"
#include "net/net.h"

#define HERE "network"

struct name {
	struct sockaddr_un addr;
	socklen_t len;
};

static struct name name_of(const char *what, unsigned place)
{
	struct name n = { .addr.sun_family = AF_UNIX };
	struct buf b = { .data = n.addr.sun_path + 1, .size = sizeof(n.addr.sun_path) - 1 };

	buf_fmt(&b, "minit %s", what);
	if (place)
		buf_fmt(&b, " %u", place);
	n.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + b.len);
	return n;
}

static int take(const char *what, unsigned places)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 ? -errno : -EADDRINUSE;

	for (unsigned i = 0; i < places && err == -EADDRINUSE; i++) {
		struct name n = name_of(what, i);

		err = bind(fd, (const struct sockaddr *)&n.addr, n.len) < 0 ? -errno : 0;
	}
	return err ? err : fd_steal(&fd);
}

int net_claim(const char *what)
{
	return take(what, 1);
}

int net_claim_place(void)
{
	return take(HERE, NET_PLACES);
}

/* A name that nobody has bound refuses. */
static bool is_taken(int fd, const struct name *n)
{
	return !connect(fd, (const struct sockaddr *)&n->addr, n->len) || errno != ECONNREFUSED;
}

static bool is_same(const struct name *a, const struct name *b)
{
	return a->len == b->len && !memcmp(&a->addr, &b->addr, a->len);
}

void net_note_place(struct net_session *s, int claim)
{
	struct name own = { .len = sizeof(own.addr) };

	s->place = NET_PLACES;
	if (claim < 0 || getsockname(claim, (struct sockaddr *)&own.addr, &own.len) < 0)
		return;
	for (unsigned i = 0; i < NET_PLACES && s->place == NET_PLACES; i++) {
		struct name n = name_of(HERE, i);

		s->place = (uint8_t)(is_same(&n, &own) ? i : NET_PLACES);
	}
}

void net_note_dead(struct net_session *s)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	s->dead = 0;
	for (unsigned i = 0; i < NET_PLACES && s->place < NET_PLACES && fd >= 0; i++) {
		struct name n = name_of(HERE, i);

		if (i == s->place || !is_taken(fd, &n))
			s->dead |= (uint64_t)1 << i;
	}
}
