/*
 * net/ against this machine's kernel: TAP on standard output. Each scenario is a
 * process with a network namespace of its own, so the machine's is never
 * touched and nothing is left behind. Needs root and iproute2.
 *
 *   net_probe          all scenarios
 *   net_probe time N   what N services cost, in milliseconds
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/net.h"

#define PATIENCE_MS 8000 /* an answer that has not come by then never will */

static int home = -1;   /* the scenario's own namespace */
static int said_fd;     /* standard error of the scenario */
static struct net_session net;
static int *tests; /* how many there were, in all scenarios: of processes that share it */

/* -- results ------------------------------------------------------------------------------------- */

static void ok(bool good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	++*tests;
	printf("%sok - ", good ? "" : "not ");
	vprintf(fmt, ap);
	printf("\n");
	fflush(stdout);
	va_end(ap);
}

/* What minit logged since the last call. */
static const char *said(void)
{
	static char text[8192];
	ssize_t n = pread(said_fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	ftruncate(said_fd, 0);
	lseek(said_fd, 0, SEEK_SET);
	return text;
}

static void said_is(const char *line, const char *what)
{
	const char *text = said();
	bool same = !strncmp(text, "minit: ", 7) && !strncmp(text + 7, line, strlen(line)) &&
		    !strcmp(text + 7 + strlen(line), "\n");

	ok(same, "%s", what);
	if (!same)
		printf("# wanted: minit: %s\n# said:   %s\n", line, text);
}

static void said_nothing(void)
{
	const char *text = said();

	ok(!*text, "nothing is logged");
	if (*text)
		printf("# said: %s\n", text);
}

static bool sh(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return system(line) == 0;
}

/* -- tables -------------------------------------------------------------------------------------- */

static struct addr addr(const char *text)
{
	struct addr a = { 0 };

	if (text && text_addr(text, &a) < 0)
		abort();
	return a;
}

static struct net_bridge bridge(const char *name, const char *a, const char *b)
{
	struct net_bridge br = { .addr = { addr(a), addr(b) } };

	strcpy(br.name, name);
	return br;
}

/* Service number n of 10.77.0.0/16 and fd77::/64. */
static struct net_attach service(const struct net_bridge *br, unsigned n)
{
	struct net_attach at = { .bridge = 0 };
	char text[64];

	snprintf(at.peer, sizeof(at.peer), "v%u", n);
	for (int i = 0; i < 2 && br->addr[i].family; i++) {
		bool v6 = br->addr[i].family == AF_INET6;
		snprintf(text, sizeof(text), v6 ? "fd77::%x/64" : "10.77.%u.%u/16", v6 ? n + 16 : n / 250 + 1, n % 250 + 1);
		at.addr[i] = addr(text);
		at.gateway[v6] = br->addr[i];
	}
	return at;
}

static int attach(const char *name, const struct net_attach *at, const struct net_bridge *br)
{
	int ns = net_attach(&net, name, at, br, NULL);

	if (ns < 0)
		return ns;
	return net_connect(&net, name, at, br, NULL) < 0 ? -1 : ns;
}

/* -- probes -------------------------------------------------------------------------------------- */

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void enter(int ns)
{
	if (setns(ns, CLONE_NEWNET) < 0)
		abort();
}

static int socket_in(int ns, int family, int type)
{
	int fd;

	enter(ns);
	fd = socket(family, type | SOCK_CLOEXEC, 0);
	enter(home);
	return fd;
}

static socklen_t fill(struct sockaddr_storage *sa, const struct addr *a, uint16_t port)
{
	struct sockaddr_in *v4 = (void *)sa;
	struct sockaddr_in6 *v6 = (void *)sa;

	memset(sa, 0, sizeof(*sa));
	sa->ss_family = a->family;
	if (a->family == AF_INET) {
		v4->sin_port = htobe16(port);
		memcpy(&v4->sin_addr, a->bytes, 4);
		return sizeof(*v4);
	}
	v6->sin6_port = htobe16(port);
	memcpy(&v6->sin6_addr, a->bytes, 16);
	return sizeof(*v6);
}

static int udp_in(int ns, const struct addr *a)
{
	struct sockaddr_storage sa;
	socklen_t len = fill(&sa, a, 7);
	int fd = socket_in(ns, a->family, SOCK_DGRAM);

	if (bind(fd, (struct sockaddr *)&sa, len) < 0) {
		printf("# bind: %m\n");
		close(fd);
		return -1;
	}
	return fd;
}

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* One datagram there and back; sent again as long as none has come. */
static bool echo(int client, int server, const struct addr *to)
{
	struct sockaddr_storage sa;
	socklen_t len = fill(&sa, to, 7);
	double begin = now_ms();
	char c;

	do {
		sendto(client, "?", 1, 0, (struct sockaddr *)&sa, len);
		if (now_ms() - begin > PATIENCE_MS)
			return false;
	} while (!readable(server, 100));
	len = sizeof(sa);
	if (recvfrom(server, &c, 1, 0, (struct sockaddr *)&sa, &len) != 1)
		return false;
	sendto(server, "!", 1, 0, (struct sockaddr *)&sa, len);
	return readable(client, PATIENCE_MS) && recv(client, &c, 1, 0) == 1 && c == '!';
}

static void reaches(int from_ns, const struct addr *from, int to_ns, const struct addr *to, const char *what)
{
	int client = udp_in(from_ns, from), server = udp_in(to_ns, to);
	double begin = now_ms();
	bool good = client >= 0 && server >= 0 && echo(client, server, to);

	ok(good, "%s", what);
	printf("# %.2f ms\n", now_ms() - begin);
	close(client);
	close(server);
}

static bool link_ioctl(int ns, const char *name, unsigned long request, struct ifreq *ret)
{
	int fd = socket_in(ns, AF_INET, SOCK_DGRAM);
	bool good;

	memset(ret, 0, sizeof(*ret));
	strcpy(ret->ifr_name, name);
	good = ioctl(fd, request, ret) == 0;
	close(fd);
	return good;
}

static bool is_there(int ns, const char *name)
{
	struct ifreq r;

	return link_ioctl(ns, name, SIOCGIFFLAGS, &r);
}

static bool is_up(int ns, const char *name)
{
	struct ifreq r;

	return link_ioctl(ns, name, SIOCGIFFLAGS, &r) && r.ifr_flags & IFF_UP;
}

static int mtu_of(int ns, const char *name)
{
	struct ifreq r;

	return link_ioctl(ns, name, SIOCGIFMTU, &r) ? r.ifr_mtu : -1;
}

static const char *mac_of(int ns, const char *name)
{
	static char text[32];
	struct ifreq r;
	const uint8_t *m = (const uint8_t *)r.ifr_hwaddr.sa_data;

	if (!link_ioctl(ns, name, SIOCGIFHWADDR, &r))
		return "";
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return text;
}

/* Whether a line of `ip ARGS`, run in the namespace, has the text. */
static bool ip_has(int ns, const char *args, const char *text)
{
	char line[256];
	bool good;

	snprintf(line, sizeof(line), "ip %s | grep -q -- '%s'", args, text);
	enter(ns);
	good = sh("%s", line);
	enter(home);
	return good;
}

static ino_t own_namespace(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) == 0 ? st.st_ino : 0;
}

static void open_net(void)
{
	if (net_open(&net) < 0)
		abort();
}

/* -- scenarios ----------------------------------------------------------------------------------- */

static void loopback(void)
{
	struct addr v4 = addr("127.0.0.1"), v4b = addr("127.0.0.2");

	ok(!is_up(home, "lo"), "loopback is down in a new namespace");
	ok(net_loopback(&net) == 0 && is_up(home, "lo"), "it is set up");
	ok(net_loopback(&net) == 0, "that it is up already is fine");
	reaches(home, &v4, home, &v4b, "it carries a datagram");
	said_nothing();
}

static void loopback_only(void)
{
	struct net_attach at = { .bridge = -1 };
	struct addr a = addr("127.0.0.1"), b = addr("127.0.0.2");
	int ns = attach("alone", &at, NULL);

	ok(ns >= 0, "a service without a bridge has a namespace of its own");
	ok(fcntl(ns, F_GETFD) & FD_CLOEXEC, "whose descriptor no program inherits");
	ok(!is_there(ns, "eth0"), "with nothing but loopback in it");
	reaches(ns, &a, ns, &b, "which is up");
	said_nothing();
}

static void between(const struct net_bridge *br, const int *ns, const struct net_attach *at)
{
	for (int f = 0; f < 2; f++) {
		printf("# over IPv%c\n", f ? '6' : '4');
		reaches(ns[0], &at[0].addr[f], home, &br->addr[f], "a service reaches its gateway");
		reaches(ns[1], &at[1].addr[f], ns[2], &at[2].addr[f], "and a sibling");
		reaches(home, &br->addr[f], ns[2], &at[2].addr[f], "and is reached by the gateway");
		reaches(ns[1], &at[1].addr[f], home, &br->addr[2 + f], "and reaches an address beyond it");
	}
}

static void three_services(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", "fd77::1/64");
	struct net_attach at[3];
	ino_t own = own_namespace();
	char mac[32];
	int ns[3];

	br.addr[2] = addr("192.0.2.1/32");
	br.addr[3] = addr("2001:db8::1/128");
	ok(net_loopback(&net) == 0 && net_bridge_up(&net, &br) == 0, "a bridge with four addresses comes up");
	strcpy(mac, mac_of(home, "br0"));
	for (unsigned i = 0; i < 3; i++) {
		at[i] = service(&br, i);
		ns[i] = attach("web", &at[i], &br);
		ok(ns[i] >= 0, "service %u is attached", i);
	}
	ok(own_namespace() == own, "the caller is in its own namespace again");
	between(&br, ns, at);
	ok(!strcmp(mac_of(ns[0], "eth0"), "02:6d:0a:4d:01:01"), "eth0 has the MAC of its address");
	ok(!strcmp(mac_of(home, "br0"), mac), "the bridge has kept its MAC");
	ok(ip_has(ns[0], "neigh show 10.77.0.1", mac) && ip_has(ns[0], "neigh show 10.77.0.1", "PERMANENT"),
	   "the gateway is a permanent neighbour over IPv4");
	ok(ip_has(ns[0], "-6 neigh show fd77::1", mac) && ip_has(ns[0], "-6 neigh show fd77::1", "PERMANENT"),
	   "and over IPv6");
	ok(ip_has(ns[0], "-4 addr show eth0", "brd 10.77.255.255"), "eth0 knows the broadcast address of its subnet");
	ok(!ip_has(ns[0], "-6 addr show eth0", "tentative") && !ip_has(ns[0], "-6 addr show eth0", "fe80"),
	   "its IPv6 address is ready at once, and there is no other");
	ok(!ip_has(home, "-6 addr show v0", "inet6"), "the host end has no address");
	said_nothing();
	reaches(ns[0], &at[0].addr[0], ns[1], &at[1].addr[0], "the namespaces stay, with no process or socket in them");
	ok(net_remove(&net, "v0") == 0 && !is_there(ns[0], "eth0"), "removing the host end removes the pair");
	ok(net_remove(&net, "v0") == 0, "what is not there is removed already");
	ok(net_remove(&net, "br0") == 0 && !is_there(home, "br0"), "the bridge is removed");
	said_nothing();
}

static void only_ipv6(void)
{
	struct net_bridge br = bridge("br0", "fd77::1/64", NULL);
	struct net_attach a = service(&br, 1), b = service(&br, 2);
	int ns[2];

	ok(net_bridge_up(&net, &br) == 0, "a bridge with IPv6 only comes up");
	ns[0] = attach("a", &a, &br);
	ns[1] = attach("b", &b, &br);
	ok(ns[0] >= 0 && ns[1] >= 0, "and services on it");
	reaches(ns[0], &a.addr[0], ns[1], &b.addr[0], "which reach each other");
	said_nothing();
}

static void mtu(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", NULL);
	struct net_attach at = service(&br, 1);
	int ns;

	br.mtu = 1400;
	ok(net_bridge_up(&net, &br) == 0, "a bridge with an MTU comes up");
	ns = attach("web", &at, &br);
	ok(ns >= 0 && mtu_of(ns, "eth0") == 1400 && mtu_of(home, "v1") == 1400 && mtu_of(home, "br0") == 1400,
	   "the bridge and both ends of a pair have it");
	said_nothing();
}

static void small_mtu(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", "fd77::1/64");

	br.mtu = 1000;
	ok(net_bridge_up(&net, &br) == 0, "a bridge of an MTU too small for its IPv6 address is without it");
	said_is("br0: address fd77::1/64: IPv6 is off there; going on without it and all that builds on it: set "
		"net.ipv6.conf.br0.disable_ipv6 to 0 and the MTU to 1280 or more, and start minit anew, or leave the address "
		"out", "which is said");
	ok(net_remove(&net, "br0") == 0, "it is there all the same");
	br.addr[0] = br.addr[1];
	br.addr[1].family = 0;
	ok(net_bridge_up(&net, &br) == -EACCES, "one that has nothing else is an error");
	said_is("br0: address fd77::1/64: IPv6 is off here; set net.ipv6.conf.*.disable_ipv6=0 and an MTU of 1280 or more, or "
		"leave the address out", "that names the address");
	ok(!is_there(home, "br0"), "and nothing is left behind");
}

static void adopted(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", "fd77::1/64");
	struct net_attach at = service(&br, 1);
	char mac[32];
	int ns;

	ok(sh("ip link add br0 type bridge && ip addr add 10.77.0.1/16 dev br0 && ip addr add 198.51.100.1/24 dev br0 && "
	      "ip link add d0 type veth peer name d1 && ip link set d0 address 02:00:00:00:00:01"),
	   "someone else has made a bridge");
	strcpy(mac, mac_of(home, "br0"));
	ok(net_bridge_up(&net, &br) == 0 && is_up(home, "br0"), "it is used");
	ns = attach("web", &at, &br);
	reaches(ns, &at.addr[0], home, &br.addr[0], "and works");
	reaches(ns, &at.addr[1], home, &br.addr[1], "with the address it did not have too");
	ok(ip_has(home, "addr show br0", "198.51.100.1/24"), "an address of its own stays");
	ok(sh("ip link set d0 master br0") && !strcmp(mac_of(home, "br0"), mac),
	   "its MAC stays what it was, even with a port of a lower one");
	ok(net_bridge_up(&net, &br) == 0, "and it may be brought up again");
	reaches(ns, &at.addr[0], home, &br.addr[0], "while its services go on");
	said_nothing();
}

static void wrong_kind(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", NULL);

	ok(sh("ip link add br0 type veth peer name other"), "a link of the bridge's name is no bridge");
	ok(net_bridge_up(&net, &br) == -EEXIST, "that is an error");
	said_is("br0: bridge br0: there is a link of this name already, and it is a veth; delete it or give the bridge "
		"another name", "with the right words");
	ok(!is_up(home, "br0") && !ip_has(home, "addr show br0", "inet"), "and the link is left alone");
}

static void taken_peer(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", NULL);
	struct net_attach at = service(&br, 1);
	ino_t own = own_namespace();

	ok(net_bridge_up(&net, &br) == 0 && sh("ip link add v1 type veth peer name other"), "the host end's name is taken");
	ok(attach("web", &at, &br) == -EEXIST, "that is an error");
	said_is("web: veth pair v1: a link of this name exists, which this minit has not made; delete it (ip link delete "
		"NAME) and start the service again, or if it is another minit's, run one of them in a network of its own "
		"(unshare --net)", "with the right words");
	ok(is_there(home, "other") && !is_up(home, "v1"), "and the link is left alone");
	ok(own_namespace() == own, "the caller is in its own namespace");
}

static void no_bridge(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", NULL);
	struct net_attach at = service(&br, 1);

	ok(attach("web", &at, &br) == -ENODEV, "a service whose bridge is gone is an error");
	said_is("web: look-up of br0: there is no such link; it could not be made, as was said then, or somebody has "
		"deleted it", "with the right words");
}

static void bad_gateway(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", NULL);
	struct net_attach at = service(&br, 1);

	at.gateway[0] = addr("192.0.2.1");
	ok(net_bridge_up(&net, &br) == 0 && attach("web", &at, &br) == -ENETUNREACH, "a gateway no subnet has is an error");
	said_is("web: default route via 192.0.2.1: the gateway is in none of the service's subnets; give it an address of "
		"one, or the service an address beside it", "with the right words");
	ok(!is_there(home, "v1"), "and nothing is left behind");
	at.gateway[0] = addr("10.77.0.1");
	ok(attach("web", &at, &br) >= 0, "with the right one it can be tried again at once");
	said_nothing();
}

static void ipv6_disabled(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", "fd77::1/64"), six = bridge("br6", "fd78::1/64", NULL);
	struct net_attach at = service(&br, 1), db = service(&br, 2);
	int ns;

	ok(sh("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6"),
	   "IPv6 is disabled");
	ok(net_bridge_up(&net, &br) == 0, "a bridge with both comes up");
	said_is("br0: address fd77::1/64: IPv6 is off there; going on without it and all that builds on it: set "
		"net.ipv6.conf.br0.disable_ipv6 to 0 and the MTU to 1280 or more, and start minit anew, or leave the address "
		"out", "with one warning");
	ns = attach("web", &at, &br);
	reaches(ns, &at.addr[0], home, &br.addr[0], "IPv4 works");
	ok(attach("db", &db, &br) >= 0, "for every service");
	said_nothing();
	ok(net_bridge_up(&net, &six) == -EACCES, "a bridge with IPv6 only is an error");
	said_is("br6: address fd78::1/64: IPv6 is off here; set net.ipv6.conf.*.disable_ipv6=0 and an MTU of 1280 or "
		"more, or leave the address out", "with the right words");
	ok(!is_there(home, "br6"), "and nothing is left behind");
}

static void too_many_ports(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", NULL);
	struct net_attach at;
	unsigned n = 0;
	int err;

	ok(net_bridge_up(&net, &br) == 0, "a bridge is filled");
	do {
		at = service(&br, n++);
		err = net_attach(&net, "web", &at, &br, NULL);
	} while (err >= 0);
	ok(err == -EXFULL && n == 1024, "the 1024th service on it is an error (%u: %d)", n, err);
	said_is("web: veth pair v1023: its bridge has 1023 ports already, the most a bridge can have, and some are not "
		"the table's; lower the bridge's shard, so that minit leaves room for them", "with the right words");
	ok(!is_there(home, "v1023"), "and nothing is left behind");
}

static void no_proc(void)
{
	struct net_attach at = { .bridge = -1 };

	ok(unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	   umount2("/proc", MNT_DETACH) == 0 && access("/proc/self", F_OK) < 0, "there is no /proc");
	ok(attach("web", &at, NULL) >= 0, "a service is attached");
	said_nothing();
}

static void no_privilege(void)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", NULL);
	struct net_attach at = { .bridge = -1 };
	struct net_session plain;

	ok(net_loopback(&net) == 0 && setresuid(65534, 65534, 65534) == 0, "minit has no capabilities, and loopback is up");
	ok(net_open(&plain) == 0 && net_loopback(&plain) == 0, "loopback stays up");
	said_nothing();
	ok(net_bridge_up(&plain, &br) == -EPERM, "a bridge is an error");
	said_is("br0: bridge br0: minit lacks CAP_NET_ADMIN; run it as root, or by unshare -rn",
		"with the right words");
	ok(net_attach(&plain, "web", &at, NULL, NULL) == -EPERM, "a service is an error");
	said_is("web: network namespace: minit lacks CAP_SYS_ADMIN and CAP_NET_ADMIN; run it as root, or by "
		"unshare -rn, or leave \"net\" out of the service's namespaces", "with the right words");
}

/* -- driver -------------------------------------------------------------------------------------- */

static void prepare(void)
{
	said_fd = memfd_create("said", 0);
	dup2(said_fd, 2);
	if (unshare(CLONE_NEWNET) < 0) {
		ok(false, "a network namespace: %m");
		exit(1);
	}
	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	open_net();
}

static void scenario(const char *name, void (*run)(void))
{
	int status;
	pid_t pid;

	printf("# %s\n", name);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prepare();
		run();
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "%s: to its end", name);
}

static void measure(unsigned count)
{
	struct net_bridge br = bridge("br0", "10.77.0.1/16", "fd77::1/64");
	double begin, attached, connected;

	prepare();
	begin = now_ms();
	if (net_loopback(&net) < 0 || net_bridge_up(&net, &br) < 0)
		exit(1);
	for (unsigned i = 0; i < count; i++) {
		struct net_attach at = service(&br, i);
		if (net_attach(&net, "web", &at, &br, NULL) < 0)
			exit(1);
	}
	attached = now_ms();
	for (unsigned i = 0; i < count; i++) {
		struct net_attach at = service(&br, i);
		if (net_connect(&net, "web", &at, &br, NULL) < 0)
			exit(1);
	}
	connected = now_ms();
	printf("%u services: attached %.2f ms, connected %.2f ms, %.3f ms each\n", count, attached - begin,
	       connected - attached, (connected - begin) / count);
}

int main(int argc, char **argv)
{
	struct rlimit many = { 4096, 4096 };

	setrlimit(RLIMIT_NOFILE, &many);
	tests = mmap(NULL, sizeof(*tests), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tests == MAP_FAILED)
		return 1;
	if (argc == 3 && !strcmp(argv[1], "time")) {
		measure((unsigned)atoi(argv[2]));
		return 0;
	}
#define SCENARIO(name) scenario(#name, name)
	SCENARIO(loopback);
	SCENARIO(loopback_only);
	SCENARIO(three_services);
	SCENARIO(only_ipv6);
	SCENARIO(mtu);
	SCENARIO(small_mtu);
	SCENARIO(adopted);
	SCENARIO(wrong_kind);
	SCENARIO(taken_peer);
	SCENARIO(no_bridge);
	SCENARIO(bad_gateway);
	SCENARIO(ipv6_disabled);
	SCENARIO(too_many_ports);
	SCENARIO(no_proc);
	SCENARIO(no_privilege);
	printf("1..%d\n", *tests);
	return 0;
}
