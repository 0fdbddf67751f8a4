/*
 * The networks of N services: net/ beside its floor, the same in as few requests to the kernel as there can be; and published
 * ports. Each sample is a process in a network namespace of its own.
 *
 *   net setup ROUNDS N...     {"n": N, "who": "floor"|"net", "setup_us": ..., "cpu_us": ..., "teardown_us": ...}, interleaved
 *   net ports ROUNDS N...     {"n": N, "bytes": ..., "first_us": ..., "again_us": ...}: one transaction, and one in its place
 */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/fd.h"
#include "net/net.h"

#define SERVICES_MOST 1000
#define ETH0 10 /* its number inside: where the kernel has fallback devices 2 is taken */
#define BASE 100 /* numbers of the host ends */

static const struct net_bridge bridge = {
	.name = "br0", .flags = NET_PUBLISH,
	.addr = { { .bytes = { 10, 88, 0, 1 }, .family = AF_INET, .prefix = 16 },
		  { .bytes = { 0xfd, 0x88, [15] = 1 }, .family = AF_INET6, .prefix = 64 } },
};
static struct net_attach attach[SERVICES_MOST];
static int namespaces[SERVICES_MOST];

static void check(bool failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "net: %s: %s\n", what, strerror(errno));
	exit(111);
}

static double clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void plan(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint8_t high = (uint8_t)((i + 2) >> 8), low = (uint8_t)(i + 2);

		attach[i] = (struct net_attach){
			.addr = { { .bytes = { 10, 88, high, low }, .family = AF_INET, .prefix = 16 },
				  { .bytes = { 0xfd, 0x88, [14] = high, low }, .family = AF_INET6, .prefix = 64 } },
			.gateway = { bridge.addr[0], bridge.addr[1] },
		};
		snprintf(attach[i].peer, sizeof(attach[i].peer), "mv%u", i);
	}
}

/* -- the floor ---------------------------------------------------------------------------------------------------- */

static size_t width(const struct addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}

static void request(struct netlink_batch *b, uint16_t type, const void *header, size_t size)
{
	netlink_begin(b, &(struct netlink_request){ .type = type, .flags = NLM_F_CREATE | NLM_F_EXCL });
	netlink_raw(b, header, size);
}

static void set_link(struct netlink_batch *b, int index, bool up)
{
	struct ifinfomsg ifi = { .ifi_index = index, .ifi_flags = up ? IFF_UP : 0, .ifi_change = up ? IFF_UP : 0 };

	netlink_begin(b, &(struct netlink_request){ .type = RTM_NEWLINK });
	netlink_raw(b, &ifi, sizeof(ifi));
}

static void set_quiet(struct netlink_batch *b, int index)
{
	size_t spec, inet6;

	set_link(b, index, false);
	spec = netlink_nest(b, IFLA_AF_SPEC);
	inet6 = netlink_nest(b, AF_INET6);
	netlink_put_u8(b, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	netlink_nest_end(b, inet6);
	netlink_nest_end(b, spec);
}

static void add_address(struct netlink_batch *b, const struct addr *a)
{
	struct ifaddrmsg ifa = { .ifa_family = a->family, .ifa_prefixlen = a->prefix, .ifa_index = ETH0 };

	request(b, RTM_NEWADDR, &ifa, sizeof(ifa));
	netlink_put(b, IFA_LOCAL, a->bytes, width(a));
	if (a->family == AF_INET6)
		netlink_put_u32(b, IFA_FLAGS, IFA_F_NODAD);
}

static void add_route(struct netlink_batch *b, const struct addr *via)
{
	struct rtmsg rt = { .rtm_family = via->family, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC,
			    .rtm_type = RTN_UNICAST };

	request(b, RTM_NEWROUTE, &rt, sizeof(rt));
	netlink_put(b, RTA_GATEWAY, via->bytes, width(via));
	netlink_put_u32(b, RTA_OIF, ETH0);
}

static void add_neighbour(struct netlink_batch *b, const struct addr *a, int index, const uint8_t *mac)
{
	struct ndmsg nd = { .ndm_family = a->family, .ndm_ifindex = index, .ndm_state = NUD_PERMANENT };

	request(b, RTM_NEWNEIGH, &nd, sizeof(nd));
	netlink_put(b, NDA_DST, a->bytes, width(a));
	netlink_put(b, NDA_LLADDR, mac, NET_MAC);
}

static void run(struct netlink_batch *b)
{
	struct netlink_answer a = { 0 };
	int n = netlink_send(b);

	errno = -n;
	check(n < 0, "send");
	while ((n = netlink_next(b, &a)) > 0) {
		errno = a.err;
		check(a.err, "the kernel");
	}
	check(n < 0, "answer");
}

static void put_common(struct netlink_batch *b)
{
	netlink_put_u32(b, IFLA_NUM_TX_QUEUES, 1);
	netlink_put_u32(b, IFLA_NUM_RX_QUEUES, 1);
}

static void put_pair(struct netlink_batch *b, unsigned i, int ns, const struct net_session *s)
{
	struct ifinfomsg outer = { .ifi_index = BASE + (int)i }, inner = { .ifi_index = ETH0 };
	size_t info, data, peer;
	uint8_t mac[NET_MAC];

	mac_of_attach(&attach[i], mac);
	request(b, RTM_NEWLINK, &outer, sizeof(outer));
	netlink_put_text(b, IFLA_IFNAME, attach[i].peer);
	put_common(b);
	netlink_put_u32(b, IFLA_MASTER, s->master.index);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_put_text(b, IFLA_INFO_KIND, "veth");
	data = netlink_nest(b, IFLA_INFO_DATA);
	peer = netlink_nest(b, VETH_INFO_PEER);
	netlink_raw(b, &inner, sizeof(inner));
	netlink_put_text(b, IFLA_IFNAME, "eth0");
	netlink_put(b, IFLA_ADDRESS, mac, sizeof(mac));
	put_common(b);
	netlink_put_u32(b, IFLA_NET_NS_FD, (uint32_t)ns);
	netlink_nest_end(b, peer);
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
}

static void put_inside(struct netlink_batch *b, unsigned i, const struct net_session *s)
{
	set_link(b, 1, true);
	set_quiet(b, ETH0);
	set_link(b, ETH0, true);
	for (unsigned k = 0; k < 2; k++)
		add_address(b, &attach[i].addr[k]);
	for (unsigned k = 0; k < 2; k++) {
		add_route(b, &attach[i].gateway[k]);
		add_neighbour(b, &attach[i].gateway[k], ETH0, s->master.mac);
	}
}

static void floor_attach(struct net_session *s, unsigned i)
{
	struct netlink inside;
	struct netlink_batch b;
	char mem[2048];

	check(unshare(CLONE_NEWNET) < 0 || netlink_open(&inside) < 0, "namespace");
	namespaces[i] = netlink_namespace(&inside);
	check(namespaces[i] < 0 || setns(s->home, CLONE_NEWNET) < 0, "namespace");
	netlink_start(&b, &s->host, mem, sizeof(mem));
	put_pair(&b, i, namespaces[i], s);
	run(&b);
	netlink_start(&b, &inside, mem, sizeof(mem));
	put_inside(&b, i, s);
	run(&b);
	netlink_close(&inside);
}

static void floor_connect(struct net_session *s, unsigned i)
{
	struct netlink_batch b;
	uint8_t mac[NET_MAC];
	char mem[1024];

	mac_of_attach(&attach[i], mac);
	netlink_start(&b, &s->host, mem, sizeof(mem));
	set_quiet(&b, BASE + (int)i);
	set_link(&b, BASE + (int)i, true);
	for (unsigned k = 0; k < 2; k++)
		add_neighbour(&b, &attach[i].addr[k], (int)s->master.index, mac);
	run(&b);
}

/* -- one sample ---------------------------------------------------------------------------------------------------- */

static void minit_attach(struct net_session *s, unsigned i)
{
	namespaces[i] = net_attach(s, attach[i].peer, &attach[i], &bridge, NULL);
	check(namespaces[i] < 0, "net_attach");
}

static void minit_connect(struct net_session *s, unsigned i)
{
	check(net_connect(s, attach[i].peer, &attach[i]) < 0, "net_connect");
}

static const struct {
	const char *name;
	void (*attach)(struct net_session *s, unsigned i);
	void (*connect)(struct net_session *s, unsigned i);
} who[] = {
	{ "floor", floor_attach, floor_connect },
	{ "net", minit_attach, minit_connect },
};

static void await_end(struct net_session *s, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		while (net_is_there(s, attach[i].peer))
			usleep(200);
}

static void sample_setup(size_t w, unsigned count)
{
	struct net_session s;
	double begin, cpu, made, end;

	check(unshare(CLONE_NEWNET) < 0 || net_open(&s) < 0 || net_bridge_up(&s, &bridge) < 0, "bridge");
	cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
	begin = clock_us(CLOCK_MONOTONIC);
	for (unsigned i = 0; i < count; i++)
		who[w].attach(&s, i);
	for (unsigned i = 0; i < count; i++)
		who[w].connect(&s, i);
	made = clock_us(CLOCK_MONOTONIC);
	cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	for (unsigned i = 0; i < count; i++)
		close(namespaces[i]);
	await_end(&s, count);
	end = clock_us(CLOCK_MONOTONIC);
	printf("{\"n\": %u, \"who\": \"%s\", \"setup_us\": %.1f, \"cpu_us\": %.1f, \"teardown_us\": %.1f}\n", count, who[w].name,
	       made - begin, cpu, end - made);
	net_close(&s);
}

static double commit(int fd, const struct buf *b)
{
	double begin = clock_us(CLOCK_MONOTONIC);

	check(ruleset_commit(fd, b->data, b->len) < 0, "commit");
	return clock_us(CLOCK_MONOTONIC) - begin;
}

static void sample_ports(size_t w, unsigned count)
{
	static char mem[4 << 20];
	struct net_port *ports = calloc(count, sizeof(*ports));
	struct buf b = { .data = mem, .size = sizeof(mem) };
	struct ruleset_plan all = { .bridges = &bridge, .bridge_count = 1, .attach = attach, .stride = sizeof(attach[0]),
				    .attach_count = 1, .ports = ports, .port_count = count };
	uint32_t port;
	double first;
	int fd = -1;

	(void)w;
	for (unsigned i = 0; i < count; i++)
		ports[i] = (struct net_port){ .host.family = AF_INET, .to = attach[i % 100].addr[0], .low = (uint16_t)(1024 + i),
					      .last = (uint16_t)(1024 + i), .to_low = 80, .proto = IPPROTO_TCP };
	ruleset_build(&all, &b);
	check(buf_check(&b) < 0 || unshare(CLONE_NEWNET) < 0 || (fd = ruleset_open(&port)) < 0, "ruleset");
	first = commit(fd, &b);
	printf("{\"n\": %u, \"bytes\": %zu, \"first_us\": %.1f, \"again_us\": %.1f}\n", count, b.len, first,
	       commit(fd, &b));
	free(ports);
}

static void in_child(void (*sample)(size_t, unsigned), size_t w, unsigned count)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	check(pid < 0, "fork");
	if (!pid) {
		sample(w, count);
		fflush(stdout);
		_exit(0);
	}
	check(waitpid(pid, &status, 0) != pid || status, "a sample");
	usleep(20000); /* what the kernel does late */
}

int main(int argc, char **argv)
{
	bool ports = argc > 3 && !strcmp(argv[1], "ports");
	struct rlimit files = { 4096, 4096 };

	if (argc < 4 || (!ports && strcmp(argv[1], "setup") != 0)) {
		fprintf(stderr, "usage: net setup|ports ROUNDS N...\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &files);
	plan(SERVICES_MOST);
	for (int i = 3; i < argc; i++)
		for (int round = 0; round < atoi(argv[2]); round++)
			for (size_t w = 0; w < (ports ? 1 : ARRAY_LEN(who)); w++)
				in_child(ports ? sample_ports : sample_setup, (w + (size_t)round) % ARRAY_LEN(who),
					 (unsigned)atoi(argv[i]));
	return 0;
}
