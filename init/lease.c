#include "init/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/boot.h"
#include "init/client.h"
#include "init/options.h"
#include "init/say.h"
#include "init/verbs.h"
#include "lib/addr.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/text.h"
#include "net/net.h"

#define SCRIPT "/proc/self/fd/"
#define SERVERS_MAX 3 /* resolv.conf(5) */
#define RESOLV_CONF "/etc/resolv.conf"

/* -- what the client says, in its environment: all of it comes from the wire --------------------------------------- */

struct news {
	const char *link;
	struct net_lease lease;
	struct addr server[SERVERS_MAX];
	unsigned servers;
	const char *domain; /* or "" */
};

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static bool read_ipv4(const char *text, struct addr *ret)
{
	return !text_addr(text, ret) && ret->family == AF_INET && !strchr(text, '/');
}

/* "255.255.255.0" or, as some clients have it, "24". */
static bool read_prefix(const char *text, uint8_t *ret)
{
	struct addr mask;
	uint32_t bits;
	uint64_t n;

	if (!text_u64(text, &n) && n <= 32) {
		*ret = (uint8_t)n;
		return true;
	}
	if (!read_ipv4(text, &mask))
		return false;
	bits = (uint32_t)mask.bytes[0] << 24 | (uint32_t)mask.bytes[1] << 16 | (uint32_t)mask.bytes[2] << 8 |
	       mask.bytes[3];
	*ret = (uint8_t)(bits ? __builtin_popcount(bits) : 0);
	return !bits || (~bits & (~bits + 1)) == 0;
}

static void read_servers(const char *list, struct news *n)
{
	BUF_ON_STACK(word, 64);

	while (n->servers < SERVERS_MAX && text_word(&list, &word))
		if (read_ipv4(buf_text(&word), &n->server[n->servers]))
			n->servers++;
}

static bool is_domain(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");

	return len && len < 254 && !text[len];
}

static bool read_number(const char *text, uint32_t *ret)
{
	uint64_t n;

	if (text_u64(text, &n) || n > UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static const char *link_name(void)
{
	const char *link = variable(LEASE_LINK);

	return *link ? link : variable("interface");
}

/* A lease without an address is none; what else is wrong in it is left out. */
static int read_news(struct news *n)
{
	const char *subnet = variable("subnet"), *routers = variable("router");
	const char *mask = *subnet ? subnet : variable("mask");
	BUF_ON_STACK(word, 64);

	if (!read_ipv4(variable("ip"), &n->lease.addr) || !read_prefix(mask, &n->lease.addr.prefix))
		return -EINVAL;
	if (text_word(&routers, &word) && !read_ipv4(buf_text(&word), &n->lease.router))
		n->lease.router.family = 0;
	if (!read_number(variable("lease"), &n->lease.seconds) || !n->lease.seconds)
		n->lease.seconds = UINT32_MAX;
	(void)read_number(variable(LEASE_METRIC), &n->lease.metric);
	read_servers(variable("dns"), n);
	n->domain = is_domain(variable("domain")) ? variable("domain") : "";
	return 0;
}

/* -- what is kept of it, so that the next one and the end know what to take away ----------------------------------- */

static void put_kept_path(struct buf *path, const char *link)
{
	buf_fmt(path, BOOT_RUN_DIR "/lease.%s", link);
}

static void keep(const struct news *n)
{
	BUF_ON_STACK(path, 64);
	BUF_ON_STACK(text, 160);
	cleanup_fd int fd = -1;

	put_kept_path(&path, n->link);
	text_put_addr(&text, &n->lease.addr, true);
	buf_char(&text, ' ');
	if (n->lease.router.family)
		text_put_addr(&text, &n->lease.router, false);
	else
		buf_char(&text, '-');
	buf_fmt(&text, " %u\n", n->lease.metric);
	fd = open(buf_text(&path), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || fd_write_all(fd, text.data, text.len))
		log_warn(n->link, errno, "lease: %s cannot be written: it is not taken away when another one comes",
			 buf_text(&path));
}

/* False: none is. */
static bool read_kept(const char *link, struct net_lease *ret)
{
	BUF_ON_STACK(path, 64);
	BUF_ON_STACK(word, 64);
	char mem[160];
	const char *at = mem;

	put_kept_path(&path, link);
	if (fd_read_file(AT_FDCWD, buf_text(&path), mem, sizeof(mem)) < 0)
		return false;
	mem[strcspn(mem, "\n")] = '\0';
	if (!text_word(&at, &word) || text_addr(buf_text(&word), &ret->addr) || ret->addr.family != AF_INET ||
	    !text_word(&at, &word))
		return false;
	if (!read_ipv4(buf_text(&word), &ret->router))
		ret->router.family = 0;
	return text_word(&at, &word) && read_number(buf_text(&word), &ret->metric);
}

static void forget(const char *link)
{
	BUF_ON_STACK(path, 64);

	put_kept_path(&path, link);
	unlink(buf_text(&path));
}

/* -- name servers ------------------------------------------------------------------------------------------------- */

static bool is_there_already(const struct buf *text)
{
	char mem[1024];
	ssize_t n = fd_read_file(AT_FDCWD, RESOLV_CONF, mem, sizeof(mem));

	return n == (ssize_t)text->len && !memcmp(mem, text->data, text->len);
}

/* In its place at once; where it is a mount of a container, or its folder is read-only, in itself. */
static int write_resolv(const struct buf *text)
{
	static const char fresh[] = RESOLV_CONF ".minit";
	struct stat st;
	bool plain = lstat(RESOLV_CONF, &st) < 0 || S_ISREG(st.st_mode);
	cleanup_fd int fd = plain ? open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644) : -1;
	int err;

	if (fd >= 0) {
		err = fd_write_all(fd, text->data, text->len);
		if (!err && !rename(fresh, RESOLV_CONF))
			return 0;
		unlink(fresh);
		fd_close(&fd);
	}
	fd = open(RESOLV_CONF, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : fd_write_all(fd, text->data, text->len);
}

static void tell_resolver(const struct news *n)
{
	BUF_ON_STACK(text, 1024);
	int err;

	if (!n->servers)
		return;
	buf_fmt(&text, "# From the lease of %s, by minit\n", n->link);
	if (*n->domain)
		buf_fmt(&text, "search %s\n", n->domain);
	for (unsigned i = 0; i < n->servers; i++) {
		buf_str(&text, "nameserver ");
		text_put_addr(&text, &n->server[i], false);
		buf_char(&text, '\n');
	}
	if (is_there_already(&text))
		return;
	err = write_resolv(&text);
	if (err)
		log_warn(n->link, -err, "lease: " RESOLV_CONF " cannot be written, and stays as it is");
}

/* -- events -------------------------------------------------------------------------------------------------------- */

/* One at a time, as clients do not wait for their script. */
static int lock(const char *link)
{
	BUF_ON_STACK(path, 64);
	int fd;

	(void)!mkdir(BOOT_RUN_DIR, 0755);
	buf_fmt(&path, BOOT_RUN_DIR "/lease.%s.lock", link);
	fd = open(buf_text(&path), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)!flock(fd, LOCK_EX);
	return fd;
}

static int tell(const char *link, const char *word)
{
	BUF_ON_STACK(request, 64);

	buf_fmt(&request, "lease %s %s", link, word);
	return client_ask(buf_text(&request));
}

static bool is_same(const struct net_lease *a, const struct net_lease *b)
{
	return addr_equal(&a->addr, &b->addr) && a->addr.prefix == b->addr.prefix && a->metric == b->metric &&
	       a->router.family == b->router.family && (!a->router.family || addr_equal(&a->router, &b->router));
}

/* What another lease gave goes first. */
static int take_lease(struct net_session *net, struct news *n)
{
	struct net_lease old = { 0 };

	if (read_news(n)) {
		complain("lease: %s: the client has told no address with its mask; minit(8) says what it is asked for",
			 n->link);
		return 1;
	}
	if (tell(n->link, "may"))
		return 1;
	if (read_kept(n->link, &old) && !is_same(&old, &n->lease))
		net_lease_drop(net, n->link, &old);
	if (net_lease_put(net, n->link, &n->lease))
		return 1;
	keep(n);
	tell_resolver(n);
	return tell(n->link, "on");
}

static int lose_lease(struct net_session *net, const char *link)
{
	struct net_lease old = { 0 };

	if (!read_kept(link, &old))
		return 0;
	net_lease_drop(net, link, &old);
	forget(link);
	return tell(link, "off");
}

/* Others (leasefail, nak) change nothing: with a lease that is lost comes deconfig. */
static int on_event(const char *event)
{
	struct news n = { .link = link_name(), .domain = "" };
	struct net_session net;
	int locked, status = 0;

	if (!*n.link || strlen(n.link) >= NET_IFNAME || strchr(n.link, '/')) {
		complain("lease: no link is named; a DHCP client has its name in the variable interface");
		return 2;
	}
	if (net_open(&net))
		return 1;
	locked = lock(n.link);
	if (!strcmp(event, "bound") || !strcmp(event, "renew"))
		status = take_lease(&net, &n);
	else if (!strcmp(event, "deconfig"))
		status = lose_lease(&net, n.link);
	fd_close(&locked);
	net_close(&net);
	return status;
}

bool lease_is_script(int argc, char **argv)
{
	return argc == 2 && !strncmp(argv[0], SCRIPT, sizeof(SCRIPT) - 1) && getenv(LEASE_LINK);
}

/* -- the client ---------------------------------------------------------------------------------------------------- */

/*
 * Its script is this program, by a descriptor that it hands on. Its children are reaped by the kernel, as not every
 * client does so.
 */
static no_return void be_client(const char *link, char *const *command, int count)
{
	static char dhcp[] = "dhcp", udhcpc[] = "udhcpc", toybox[] = "toybox";
	static char *const usual[][3] = { { udhcpc }, { dhcp }, { toybox, dhcp } };
	int self = open("/proc/self/exe", O_PATH), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	BUF_ON_STACK(script, 32);
	char *argv[72] = { NULL };
	const char *tail[] = { "-f", "-i", link, "-s", NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGCHLD, SIG_IGN);
	if (null >= 0)
		dup2(null, STDOUT_FILENO); /* what it does is told by what comes of it */
	buf_fmt(&script, SCRIPT "%d", self);
	tail[4] = buf_text(&script);
	for (size_t k = 0; k < (count ? 1 : ARRAY_LEN(usual)); k++) {
		int n = 0;

		for (int i = 0; count ? i < count : i < 3 && usual[k][i]; i++)
			argv[n++] = count ? command[i] : usual[k][i];
		for (size_t i = 0; i < ARRAY_LEN(tail); i++)
			argv[n++] = (char *)(uintptr_t)tail[i];
		argv[n] = NULL;
		execvp(argv[0], argv);
	}
	complain("lease: %s: no DHCP client can be executed: %s: %s; install udhcpc or toybox dhcp, or name another "
		 "one in dhcp_client", link, argv[0], strerror(errno));
	_exit(127);
}

/* Passes on what it is told; true: it was to end. */
static bool await(pid_t client, const sigset_t *all, int *ret_status)
{
	bool ending = false;

	for (;;) {
		int sig = sigwaitinfo(all, NULL);

		if (sig == SIGCHLD && waitpid(client, ret_status, WNOHANG) == client)
			return ending;
		if (sig > 0 && sig != SIGCHLD) {
			ending |= sig == SIGTERM || sig == SIGINT;
			kill(client, sig);
		}
	}
}

#define VARIABLES_MAX 256

/* As setenv(3), which would bring malloc along: what there is of these names stands behind ours, and is not found. */
static void add_variables(char *link, char *metric)
{
	static char *all[VARIABLES_MAX + 3];
	size_t n = 0;

	all[n++] = link;
	all[n++] = metric;
	for (char **v = environ; *v && n < VARIABLES_MAX + 2; v++)
		all[n++] = *v;
	environ = all;
}

/* A client that is told to end leaves what it got: that is taken away in its place. */
static int run_client(const char *link, const char *metric, char *const *command, int count)
{
	BUF_ON_STACK(link_is, 64);
	BUF_ON_STACK(metric_is, 64);
	int status = 0;
	sigset_t all;
	pid_t pid;

	buf_fmt(&link_is, LEASE_LINK "=%s", link);
	buf_fmt(&metric_is, LEASE_METRIC "=%s", metric);
	add_variables((char *)(uintptr_t)buf_text(&link_is), (char *)(uintptr_t)buf_text(&metric_is));
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	pid = fork();
	if (pid < 0) {
		complain("lease: %s: %s", link, strerror(errno));
		return 1;
	}
	if (pid == 0)
		be_client(link, command, count);
	if (await(pid, &all, &status))
		return on_event("deconfig");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int lease_main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "client"))
		return run_client(argv[2], argv[3], argv + 4, MIN(argc - 4, 64));
	argc = options_take(argc, argv, NULL, 0);
	if (argc != 2)
		usage_error(argv[0], "one event is missing, such as bound");
	return on_event(argv[1]);
}
