#include "init/peer.h"

#include <errno.h>
#include <poll.h>
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
