#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/lease.h"
#include "init/say.h"
#include "lib/clock.h"
#include "lib/env.h"
#include "lib/fd.h"
#include "lib/text.h"

#define ARGS_MAX 96
#define END_MS 3000     /* that a client has when it is told to end */
#define LINK_LOCAL_MS 5000
#define SELF_LEAST 10
#define SYS_IPV6 "/proc/sys/net/ipv6"

/* What the last arguments of a client are made of. */
struct call {
	const char *link, *script;
	const char *link_is, *metric_is, *family_is; /* NAME=VALUE */
};

static const struct known {
	int family;
	bool reaps;
	const char *words, *last; /* each with its NUL, one behind the other, and "" behind the last */
} known[] = {
#define CLIENT(family, reaps, words, last) { family, reaps, words, last },
#include "init/lease_clients.def"
#undef CLIENT
};

static const struct known other = { .last = "-f\0-i\0%i\0-s\0%s\0" };

/* -- IPv6 of the link ---------------------------------------------------------------------------------------------- */

/* What is wrong and what to do comes into `why`. */
static bool lacks_ipv6(const char *link, struct buf *why)
{
	BUF_ON_STACK(path, 96);
	char mem[16];
	ssize_t n;

	buf_fmt(&path, SYS_IPV6 "/conf/%s/disable_ipv6", link);
	n = fd_read_file(AT_FDCWD, buf_text(&path), mem, sizeof(mem));
	if (n >= 0 && mem[0] == '0')
		return false;
	if (n >= 0)
		buf_fmt(why, "IPv6 is switched off there; set net.ipv6.conf.%s.disable_ipv6 to 0", link);
	else if (!access(SYS_IPV6, F_OK))
		buf_str(why, "the link has no IPv6, as with an mtu below 1280; raise that");
	else if (!access("/proc/sys/net", F_OK))
		buf_str(why, "this kernel has no IPv6; change that, if it is booted with ipv6.disable=1");
	return why->len;
}

/* A client sends from the link-local address, which cannot be used in the first seconds; some end without it. */
static void await_link_local(const char *link)
{
	struct net_session net;
	cleanup_fd int fd = net_usable_open();

	if (fd < 0 || net_open(&net))
		return;
	if (net_usable(&net, fd, link, NULL, LINK_LOCAL_MS))
		complain("lease: %s: it has no link-local address that can be used yet, without which no client can "
			 "ask; see `ip -6 addr show dev %s`", link, link);
	net_close(&net);
}

/* -- how it is called ---------------------------------------------------------------------------------------------- */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const struct known *find(uint8_t family, const char *command)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].family == family && !strcmp(known[i].words, last_part(command)))
			return &known[i];
	return &other;
}

static const char *expand(const char *word, const struct call *call)
{
	if (word[0] != '%')
		return word;
	switch (word[1]) {
	case 'i': return call->link;
	case 's': return call->script;
	case 'l': return call->link_is;
	case 'm': return call->metric_is;
	default: return call->family_is;
	}
}

static int add_words(char **argv, int n, const char *words, const struct call *call)
{
	for (; *words && n < ARGS_MAX - 1; words += strlen(words) + 1)
		argv[n++] = (char *)(uintptr_t)expand(words, call);
	argv[n] = NULL;
	return n;
}

/* The scripts of one that does not reap them are reaped by the kernel; others want to know how they have ended. */
static void execute(const struct known *way, char **argv)
{
	signal(SIGCHLD, way->reaps ? SIG_DFL : SIG_IGN);
	execvp(argv[0], argv);
}

/* Those that there may be; leaves errno and returns the name of the last. */
static const char *try_known(uint8_t family, const struct call *call)
{
	char *argv[ARGS_MAX];
	const char *last = "";

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (known[i].family != family)
			continue;
		add_words(argv, add_words(argv, 0, known[i].words, call), known[i].last, call);
		execute(&known[i], argv);
		last = known[i].words;
	}
	return last;
}

static const char *try_command(uint8_t family, const struct call *call, char *const *command, int count)
{
	const struct known *way = find(family, command[0]);
	char *argv[ARGS_MAX];
	int n = 0;

	for (; n < count; n++)
		argv[n] = command[n];
	add_words(argv, n, way->last, call);
	execute(way, argv);
	return argv[0];
}

/* A descriptor of this program for a client to hand on. udhcpc and udhcpc6 put a pipe of theirs at 3 and 4, unasked. */
static int open_self(void)
{
	cleanup_fd int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	return fcntl(fd, F_DUPFD, SELF_LEAST);
}

static no_return void be_client(const struct news *n, struct call *call, char *const *command, int count)
{
	int self = open_self(), null = fd_null(O_WRONLY);
	bool v6 = n->family == AF_INET6;
	BUF_ON_STACK(script, 32);
	const char *failed;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null >= 0)
		dup2(null, STDOUT_FILENO); /* what it does is told by what comes of it */
	buf_fmt(&script, LEASE_SCRIPT "%d", self);
	call->script = buf_text(&script);
	failed = count ? try_command(n->family, call, command, count) : try_known(n->family, call);
	complain("lease: %s: no DHCP%s client can be executed: %s: %s; install %s, or name another one in %s", n->link,
		 v6 ? "v6" : "", failed, strerror(errno), v6 ? "odhcp6c, dhclient or udhcpc6" : "udhcpc or toybox dhcp",
		 v6 ? "dhcp6_client" : "dhcp_client");
	_exit(127);
}

/* -- its life ------------------------------------------------------------------------------------------------------ */

static void add_variables(const struct call *call)
{
	env_put(call->link_is);
	env_put(call->metric_is);
	env_put(call->family_is);
}

/* The next signal, or 0 when time is over. */
static int next_signal(const sigset_t *all, struct when until)
{
	int64_t left = MAX(when_since(when_now(), until), 0);
	const struct timespec limit = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
	int sig = when_is_never(until) ? sigwaitinfo(all, NULL) : sigtimedwait(all, NULL, &limit);

	return sig < 0 && errno == EAGAIN ? 0 : sig;
}

/* How a client has ended: by itself, told to, or to be started anew. */
enum end { END_ITSELF, END_TOLD, END_ANEW };

/* SIGHUP: the link may be in another network. Not every client asks anew when it is told to, or ends then. */
static enum end await(const struct news *n, pid_t client, const sigset_t *all, int *ret_status)
{
	struct when until = WHEN_NEVER;
	enum end end = END_ITSELF;

	for (;;) {
		int sig = next_signal(all, until);

		if (sig == SIGCHLD && waitpid(client, ret_status, WNOHANG) == client)
			return end;
		if (sig == SIGCHLD || (sig == SIGHUP && end != END_ITSELF))
			continue;
		if (sig == SIGHUP)
			kept_hold(n, true);
		if (sig == SIGHUP || sig == SIGTERM || sig == SIGINT)
			end = sig == SIGHUP ? END_ANEW : END_TOLD;
		if (sig == 0 || end != END_ITSELF)
			until = when_in(when_now(), END_MS);
		kill(client, sig == 0 ? SIGKILL : sig == SIGHUP ? SIGTERM : sig);
	}
}

static enum end run_once(const struct news *n, struct call *call, char *const *command, int count, int *ret_status)
{
	sigset_t all;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	pid = fork();
	if (pid == 0)
		be_client(n, call, command, count);
	if (pid > 0)
		return await(n, pid, &all, ret_status);
	complain("lease: %s: %s", n->link, strerror(errno));
	*ret_status = 1 << 8;
	return END_ITSELF;
}

/* A client that ends leaves what it got, and nobody would tell when that is over: it is taken away in its place. */
static int run(const struct news *n, struct call *call, char *const *command, int count)
{
	struct news none = *n;
	int status = 0, err;
	enum end end;

	kept_hold(n, false);
	while ((end = run_once(n, call, command, count, &status)) == END_ANEW)
		kept_hold(n, true); /* it may have had news in the meantime, and then an end */
	kept_hold(n, false);
	err = lease_event(&none, "deconfig");
	if (end == END_TOLD)
		return err;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int lease_client(const struct news *n, const char *metric, char *const *command, int count)
{
	BUF_ON_STACK(link_is, 64);
	BUF_ON_STACK(metric_is, 64);
	BUF_ON_STACK(family_is, 32);
	struct call call = { .link = n->link };
	BUF_ON_STACK(why, 160);

	if (n->family == AF_INET6 && lacks_ipv6(n->link, &why)) {
		complain("lease: %s: no address by DHCPv6: %s, or remove \"dhcp6\"", n->link, buf_text(&why));
		return 1;
	}
	buf_fmt(&link_is, LEASE_LINK "=%s", n->link);
	buf_fmt(&metric_is, LEASE_METRIC "=%s", metric);
	buf_fmt(&family_is, LEASE_FAMILY "=%c", n->family == AF_INET6 ? '6' : '4');
	call.link_is = buf_text(&link_is);
	call.metric_is = buf_text(&metric_is);
	call.family_is = buf_text(&family_is);
	add_variables(&call);
	if (n->family == AF_INET6)
		await_link_local(n->link);
	return run(n, &call, command, count);
}
