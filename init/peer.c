#include "init/peer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fd.h"

/* SO_PEERCRED is of who has called listen(2): unix(7). A pidfd can be read of who has ended, reaped or not. */
bool peer_is_gone(int fd)
{
	struct ucred who = { .pid = 0 };
	socklen_t len = sizeof(who);
	struct pollfd p = { .events = POLLIN };
	cleanup_fd int pidfd = -1;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 || who.pid <= 0)
		return false;
	p.fd = pidfd = (int)syscall(SYS_pidfd_open, who.pid, 0);
	if (pidfd < 0)
		return errno == ESRCH;
	return poll(&p, 1, 0) > 0;
}

int peer_send(int to, const struct buf *line, const int *fds, size_t count, int flags)
{
	char control[CMSG_SPACE(PEER_FDS * sizeof(int))] __attribute__((aligned(sizeof(size_t)))) = { 0 };
	struct iovec bytes = { line->data, line->len };
	struct msghdr m = { .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = (socklen_t)CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	ssize_t n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = (socklen_t)CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	n = sendmsg(to, &m, flags | MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	return (size_t)n == line->len ? 0 : -EPIPE;
}
