/* What minits in one network tell each other by: names bound there, for as long as whoever has bound them lives. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/fd.h"
#include "net/net.h"

#define PLACES 64

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
	return take(NET_CLAIM_NETWORK, PLACES);
}

/* A name that nobody has bound refuses. */
static bool is_taken(int fd, const struct name *n)
{
	return !connect(fd, (const struct sockaddr *)&n->addr, n->len) || errno != ECONNREFUSED;
}

bool net_has_another(int place)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct name own = { .len = sizeof(own.addr) };
	bool found = fd < 0 || getsockname(place, (struct sockaddr *)&own.addr, &own.len) < 0;

	for (unsigned i = 0; i < PLACES && !found; i++) {
		struct name n = name_of(NET_CLAIM_NETWORK, i);

		found = (n.len != own.len || memcmp(&n.addr, &own.addr, n.len) != 0) && is_taken(fd, &n);
	}
	return found;
}
