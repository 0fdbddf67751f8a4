#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/fd.h"
#include "net/requests.h"

/*
 * By the call that waits for no lock (link_index): each restart asks. For one that is gone the kernel looks for a
 * module of its name first, which is once.
 */
static bool is_gone(const char *ifname)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_ifindex = 0 };

	memcpy(request.ifr_name, ifname, strnlen(ifname, NET_IFNAME - 1));
	return fd >= 0 && ioctl(fd, SIOCGIFINDEX, &request) < 0 && errno == ENODEV;
}

/* What is upon a link has no end outside. */
bool net_is_lost(const struct net_attach *attach, int ns, int home)
{
	bool lost;

	if (attach->bridge >= 0)
		return is_gone(attach->peer);
	if (!net_has_eth0(attach) || home < 0 || setns(ns, CLONE_NEWNET) < 0)
		return false;
	lost = is_gone(net_eth(attach));
	(void)net_return(NULL, home); /* said */
	return lost;
}
