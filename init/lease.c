#include "init/lease.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "init/client.h"
#include "init/options.h"
#include "init/say.h"
#include "init/verbs.h"
#include "lib/addr.h"
#include "lib/fd.h"
#include "lib/log.h"

#define USABLE_MS 5000
#define CLIENT_ARGS 64 /* of a client: as many as a table has */

/* What the script of a client leaves with when somebody else has the address: dhclient declines it then. */
#define STATUS_IN_USE 3

static int tell(const struct news *n, const char *word)
{
	BUF_ON_STACK(request, 64);

	buf_fmt(&request, "lease %s %s%s", n->link, word, n->family == AF_INET6 ? "6" : "");
	return client_ask(buf_text(&request));
}

static bool is_same(const struct net_lease *a, const struct net_lease *b)
{
	return addr_equal(&a->addr, &b->addr) && a->addr.prefix == b->addr.prefix && a->metric == b->metric &&
	       a->router.family == b->router.family && (!a->router.family || addr_equal(&a->router, &b->router));
}

static int lose_lease(struct net_session *net, const struct news *n)
{
	struct net_lease old = { 0 };

	kept_hold(n, false);
	if (!kept_read(n, &old))
		return 0;
	net_lease_drop(net, n->link, &old);
	kept_change(n, false);
	return tell(n, "off");
}

/* Nobody is told of an address before it can be used. */
static int await_usable(struct net_session *net, const struct news *n, int fd)
{
	int err = fd < 0 ? fd : net_usable(net, fd, n->link, &n->lease.addr, USABLE_MS);
	BUF_ON_STACK(text, 64);

	text_put_addr(&text, &n->lease.addr, false);
	if (err == -EADDRINUSE) {
		complain("lease: %s: %s is in use by somebody else on the link, so it is not taken; see who that is, "
			 "or let the server give another one", n->link, buf_text(&text));
		(void)!lose_lease(net, n);
		return STATUS_IN_USE;
	}
	if (err)
		log_warn(n->link, -err, "lease: %s may not be usable yet: whether somebody else has it is not known",
			 buf_text(&text));
	return 0;
}

/* What another lease gave goes first, and is not kept if this one cannot come in its place. */
static int put_in_force(struct net_session *net, const struct news *n)
{
	cleanup_fd int usable = n->family == AF_INET6 ? net_usable_open() : -1;
	struct net_lease old = { 0 };
	bool other = kept_read(n, &old) && !is_same(&old, &n->lease);
	int status = 0;

	if (other)
		net_lease_drop(net, n->link, &old);
	if (net_lease_put(net, n->link, &n->lease)) {
		if (other)
			(void)!lose_lease(net, n);
		return 1;
	}
	kept_change(n, true);
	kept_hold(n, false);
	if (n->family == AF_INET6)
		status = await_usable(net, n, usable);
	return status ? status : tell(n, "on");
}

/* A server takes an IPv6 address back by a lifetime of 0 (RFC 8415, 18.2.10.1). */
static int take_lease(struct net_session *net, struct news *n)
{
	const char *wrong = news_read(n);

	if (wrong) {
		complain("lease: %s: %s; minit(8) says what it is asked for", n->link, wrong);
		return 1;
	}
	if (!n->lease.seconds)
		return lose_lease(net, n);
	return tell(n, "may") ? 1 : put_in_force(net, n);
}

enum change { CHANGE_LOSE, CHANGE_TAKE, CHANGE_FAIL, CHANGE_NONE };

static enum change change_of(const char *event)
{
	static const struct {
		const char *word;
		enum change change;
	} events[] = {
#define EVENT(word, change) { word, CHANGE_##change },
#define VARIABLE(what, ipv4, ipv6)
#include "init/lease_words.def"
#undef VARIABLE
#undef EVENT
	};

	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (!strcmp(events[i].word, event))
			return events[i].change;
	return CHANGE_NONE;
}

/* A client that is started anew says that it has nothing; it is believed when it has failed to get something. */
static bool changes_nothing(const struct news *n, enum change change)
{
	return change == CHANGE_NONE || (change != CHANGE_TAKE && kept_is_held(n) != (change == CHANGE_FAIL));
}

int lease_event(struct news *n, const char *event)
{
	enum change change = change_of(event);
	struct net_session net;
	int locked, status;

	if (!*n->link || strlen(n->link) >= NET_IFNAME || strchr(n->link, '/')) {
		complain("lease: no link is named; a DHCP client has its name in the variable interface");
		return 2;
	}
	if (changes_nothing(n, change))
		return 0;
	if (net_open(&net))
		return 1;
	locked = kept_lock(n);
	status = change == CHANGE_TAKE ? take_lease(&net, n) : lose_lease(&net, n);
	fd_close(&locked);
	net_close(&net);
	return status;
}

/* -- how it is called ---------------------------------------------------------------------------------------------- */

bool lease_is_script(int argc, char **argv)
{
	return argc >= 1 && argc <= 3 && !strncmp(argv[0], LEASE_SCRIPT, sizeof(LEASE_SCRIPT) - 1) &&
	       getenv(LEASE_LINK);
}

/* The event comes last, behind the link with odhcp6c; dhclient has it in a variable alone. */
static const char *script_event(int argc, char **argv)
{
	return argc > 1 ? argv[argc - 1] : news_variable("reason");
}

static const char *link_name(void)
{
	const char *link = news_variable(LEASE_LINK);

	return *link ? link : news_variable("interface");
}

static int be_client(int argc, char **argv, uint8_t family)
{
	const struct news n = { .link = argv[2], .family = family };

	return lease_client(&n, argv[3], argv + 4, MIN(argc - 4, CLIENT_ARGS));
}

int lease_main(int argc, char **argv)
{
	bool v6 = !strcmp(news_variable(LEASE_FAMILY), "6");
	const struct option_row options[] = { { "-6", OPTION_FLAG, &v6 } };
	struct news n = { .link = link_name() };
	bool is_script = lease_is_script(argc, argv);

	if (!is_script && argc >= 4 && (!strcmp(argv[1], "client") || !strcmp(argv[1], "client6")))
		return be_client(argc, argv, argv[1][6] ? AF_INET6 : AF_INET);
	if (!is_script)
		argc = options_take(argc, argv, options, ARRAY_LEN(options));
	if (!is_script && argc != 2)
		usage_error(argv[0], "one event is missing, such as bound");
	n.family = v6 ? AF_INET6 : AF_INET;
	return lease_event(&n, script_event(argc, argv));
}
