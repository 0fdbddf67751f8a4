/* An address that has another MAC than before is told of, by one frame to all: who knows the old one sends there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/fd.h"
#include "net/requests.h"

#define ARP_FRAME 42
#define ADVERT_FRAME 86
#define ICMP_AT 54 /* in it */
#define ICMP_LEN (ADVERT_FRAME - ICMP_AT)

/* -- frames -------------------------------------------------------------------------------------------------------- */

/* An answer that nobody has asked for: a question would be sent on to its own port alone (net/near.c). RFC 5227, 3. */
static size_t put_arp(uint8_t *frame, const struct addr *addr, const uint8_t *mac)
{
	static const uint8_t head[] = { 0x08, 0x06, 0, 1, 0x08, 0, NET_MAC, 4, 0, 2 };

	memset(frame, 0xff, NET_MAC);
	memcpy(frame + 6, mac, NET_MAC);
	memcpy(frame + 12, head, sizeof(head));
	memcpy(frame + 22, mac, NET_MAC);
	memcpy(frame + 28, addr->bytes, 4);
	memcpy(frame + 32, mac, NET_MAC);
	memcpy(frame + 38, addr->bytes, 4);
	return ARP_FRAME;
}

/* Over the addresses and what follows the header, its length and protocol (RFC 8200, 8.1). */
static void put_sum(uint8_t *frame)
{
	uint32_t sum = ICMP_LEN + 58;

	for (size_t i = 22; i < ADVERT_FRAME; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	frame[ICMP_AT + 2] = (uint8_t)(~sum >> 8);
	frame[ICMP_AT + 3] = (uint8_t)~sum;
}

/* A neighbour advertisement that overrides what is known (RFC 4861, 7.2.6). */
static size_t put_advert(uint8_t *frame, const struct addr *addr, const uint8_t *mac)
{
	static const uint8_t all[] = { 0x33, 0x33, 0, 0, 0, 1 };
	static const uint8_t head[] = { 0x86, 0xdd, 0x60, 0, 0, 0, 0, ICMP_LEN, 58, 255 };
	static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 }, icmp[] = { 136, 0, 0, 0, 0x20, 0, 0, 0 };

	memcpy(frame, all, NET_MAC);
	memcpy(frame + 6, mac, NET_MAC);
	memcpy(frame + 12, head, sizeof(head));
	memcpy(frame + 22, addr->bytes, 16);
	memcpy(frame + 38, all_nodes, 16);
	memcpy(frame + ICMP_AT, icmp, sizeof(icmp));
	memcpy(frame + ICMP_AT + 8, addr->bytes, 16);
	frame[ICMP_AT + 24] = 2; /* by this MAC, in units of 8 bytes */
	frame[ICMP_AT + 25] = 1;
	memcpy(frame + ICMP_AT + 26, mac, NET_MAC);
	put_sum(frame);
	return ADVERT_FRAME;
}

size_t announce_put(uint8_t frame[NET_FRAME], const struct addr *addr, const uint8_t *mac)
{
	return addr->family == AF_INET ? put_arp(frame, addr, mac) : put_advert(frame, addr, mac);
}

/* -- a service ----------------------------------------------------------------------------------------------------- */

static int open_here(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

static int open_in(int ns, int home)
{
	int err;

	if (setns(ns, CLONE_NEWNET) < 0)
		return -errno;
	err = open_here();
	(void)net_return(NULL, home); /* said */
	return err;
}

/* What has no room in a queue is lost, as any frame may be. */
static void send_all(int fd, uint32_t index, const struct addr *list, const uint8_t *mac)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)index };
	uint8_t frame[NET_FRAME];

	for (size_t i = 0; i < NET_ADDRS && list[i].family; i++)
		(void)!sendto(fd, frame, announce_put(frame, &list[i], mac), 0, (struct sockaddr *)&to, sizeof(to));
}

static int send_inside(int fd, const struct net_attach *attach)
{
	struct ifreq request = { .ifr_ifindex = 0 };
	uint8_t mac[NET_MAC];

	memcpy(request.ifr_name, net_eth(attach), strlen(net_eth(attach)));
	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		return -errno;
	mac_of_attach(attach, mac);
	send_all(fd, (uint32_t)request.ifr_ifindex, attach->addr, mac);
	return 0;
}

int net_announce(const struct net_attach *attach, int ns, int home)
{
	cleanup_fd int fd = net_has_eth0(attach) ? open_in(ns, home) : -ENODEV;

	return fd < 0 ? fd : send_inside(fd, attach);
}

/* -- a link that was made ------------------------------------------------------------------------------------------ */

void net_link_announce(const struct net_link *link, uint32_t index, const uint8_t *mac)
{
	bool has_own = link->kind == NET_KIND_MACVLAN || link->kind == NET_KIND_VXLAN;
	cleanup_fd int fd = -1;

	if (!has_own || !link->addr[0].family || link->flags & NET_LINK_DOWN)
		return;
	fd = open_here();
	if (fd >= 0)
		send_all(fd, index, link->addr, mac);
}

/* -- a bridge or device: the kernel tells of all its addresses, if it is to ---------------------------------------- */

static const struct {
	unsigned char version;
	char what[15];
} settings[] = { { 4, "arp_notify" }, { 6, "ndisc_notify" } };

/* True: it was not so, and is. */
static bool put_setting(const char *ifname, size_t i, int value)
{
	BUF_ON_STACK(path, 96);

	setting_path(&path, settings[i].version, ifname, settings[i].what);
	return setting_put(buf_text(&path), value) > 0;
}

/* A /proc/sys that is read-only, or without IPv6, is no reason to be without the MAC. */
int announce_run(struct net_session *s, const char *ifname, struct netlink_batch *b, bool is_another)
{
	bool set[ARRAY_LEN(settings)] = { false };
	int err;

	for (size_t i = 0; i < ARRAY_LEN(settings) && is_another; i++)
		set[i] = put_setting(ifname, i, 1);
	err = net_run(s, ifname, b);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (set[i])
			(void)put_setting(ifname, i, 0);
	return err;
}
