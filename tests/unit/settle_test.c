// links: net/settle.c net/guard.c net/link.c net/mark.c net/net.c net/veth.c net/extra.c net/onlink.c net/rate.c net/addr.c net/mac.c net/announce.c net/setting.c net/bridge.c net/strip.c net/netlink.c net/inbox.c services/settle.c
// links: services/actions.c services/calm.c lib/pressure.c services/state.c services/depend.c services/policy.c services/words.c services/failure.c services/statefile.c lib/buf.c
// links: lib/clock.c lib/cure.c lib/fd.c lib/signame.c lib/addr.c lib/addr_use.c lib/text.c tests/fake/launch.c tests/fake/why.c tests/fake/log.c tests/fake/image.c services/layout.c
// flags: -Wl,--wrap=socket,--wrap=setsockopt,--wrap=bind,--wrap=send,--wrap=recvmsg,--wrap=close,--wrap=ioctl
/* When services need not wait for their network any more, by the kernel's answers and events: those of a fake kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/requests.h"
#include "services/settle.h"
#include "tests/fake/image.h"
#include "tests/fake/launch.h"
#include "tests/fake/log.h"

enum { A, B, COUNT, A1 = COUNT, PORTS }; /* A1: eth1 of a, in the test that gives it one */
#define UP 6
#define DOWN 2

/* References count from the image. */
static struct {
	struct image image;
	struct network_spec network;
	struct net_attach also;
} whole;
#define image whole.image
static struct supervisor sv;

/* What the kernel has: the port of each service, and its eth0, which is in namespace 10 + index. */
static struct {
	uint8_t port_state[PORTS], operstate[PORTS];
	bool gone[PORTS];     /* there is no such port */
	int asked_errno;      /* of look-ups inside: 0 or what they fail with */
	int listen_all_errno; /* of NETLINK_LISTEN_ALL_NSID */
	char answer[512];
	size_t answer_len;
	char event[512];
	size_t event_len;
	int event_nsid;       /* -1: no control message */
	uint32_t event_from;  /* port of the sender */
	int event_errno;
	unsigned asked;
} k;

static void put(char *mem, size_t *len, const void *data, size_t size)
{
	memcpy(mem + *len, data, size);
	*len = (*len + size + 3) & ~(size_t)3;
}

static size_t begin_attr(char *mem, size_t *len, uint16_t type)
{
	struct rtattr a = { .rta_len = sizeof(a), .rta_type = type };
	size_t at = *len;

	put(mem, len, &a, sizeof(a));
	return at;
}

static void end_attr(char *mem, size_t len, size_t at)
{
	uint16_t size = (uint16_t)(len - at);

	memcpy(mem + at, &size, sizeof(size));
}

static void put_attr(char *mem, size_t *len, uint16_t type, const void *data, uint16_t size)
{
	struct rtattr a = { .rta_len = (uint16_t)(sizeof(a) + size), .rta_type = type };

	put(mem, len, &a, sizeof(a));
	put(mem, len, data, size);
}

static size_t message(char *mem, uint32_t seq, uint8_t family, const char *name, uint8_t operstate)
{
	struct nlmsghdr h = { .nlmsg_type = RTM_NEWLINK, .nlmsg_seq = seq };
	struct ifinfomsg ifi = { .ifi_family = family };
	size_t len = 0;

	put(mem, &len, &h, sizeof(h));
	put(mem, &len, &ifi, sizeof(ifi));
	put_attr(mem, &len, IFLA_IFNAME, name, (uint16_t)(strlen(name) + 1));
	put_attr(mem, &len, IFLA_OPERSTATE, &operstate, 1);
	return len;
}

static size_t seal(char *mem, size_t len)
{
	uint32_t size = (uint32_t)len;

	memcpy(mem, &size, sizeof(size));
	return len;
}

static const char *peer_of(uint32_t i)
{
	return i == A1 ? whole.also.peer : image.spec[i].attach.peer;
}

static int nsid_of(uint32_t i)
{
	return 10 + (int)(i == A1 ? A : i);
}

static size_t port_message(char *mem, uint32_t seq, uint32_t i)
{
	int nsid = nsid_of(i);
	size_t len = message(mem, seq, AF_UNSPEC, peer_of(i), UP), info, data;

	put_attr(mem, &len, IFLA_LINK_NETNSID, &nsid, sizeof(nsid));
	info = begin_attr(mem, &len, IFLA_LINKINFO);
	put_attr(mem, &len, IFLA_INFO_SLAVE_KIND, "bridge", 7);
	data = begin_attr(mem, &len, IFLA_INFO_SLAVE_DATA);
	put_attr(mem, &len, IFLA_BRPORT_STATE, &k.port_state[i], 1);
	end_attr(mem, len, data);
	end_attr(mem, len, info);
	return seal(mem, len);
}

static size_t failure(char *mem, const struct nlmsghdr *request, int err)
{
	struct nlmsghdr h = { .nlmsg_type = NLMSG_ERROR, .nlmsg_seq = request->nlmsg_seq };
	struct nlmsgerr e = { .error = -err, .msg = *request };
	size_t len = 0;

	put(mem, &len, &h, sizeof(h));
	put(mem, &len, &e, sizeof(e));
	return seal(mem, len);
}

int __wrap_socket(int domain, int type, int protocol)
{
	(void)domain, (void)type, (void)protocol;
	return 100;
}

int __wrap_ioctl(int fd, unsigned long request);
int __wrap_ioctl(int fd, unsigned long request)
{
	(void)fd, (void)request;
	return 101; /* the namespace of the socket */
}

int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t size)
{
	(void)fd, (void)size;
	assert_int_equal(((const struct sockaddr_nl *)(const void *)addr)->nl_groups, RTMGRP_LINK);
	return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	(void)fd, (void)level, (void)value, (void)size;
	errno = k.listen_all_errno;
	return name == NETLINK_LISTEN_ALL_NSID && k.listen_all_errno ? -1 : 0;
}

int __real_close(int fd);
int __wrap_close(int fd)
{
	return fd == 100 || fd == 101 ? 0 : __real_close(fd);
}

static uint32_t index_of(const char *name)
{
	for (uint32_t i = 0; i < PORTS; i++)
		if (!strcmp(peer_of(i), name))
			return i;
	fail_msg("asked for %s", name);
	return 0;
}

static size_t answer(const struct nlmsghdr *h, struct netlink_bytes attrs)
{
	struct netlink_bytes name, nsid;
	uint32_t i;

	assert_true(netlink_find(attrs, IFLA_IFNAME, &name));
	if (!netlink_find(attrs, IFLA_TARGET_NETNSID, &nsid)) {
		i = index_of(name.data);
		return k.gone[i] ? failure(k.answer, h, ENODEV) : port_message(k.answer, h->nlmsg_seq, i);
	}
	memcpy(&i, nsid.data, sizeof(i));
	i = strcmp(name.data, "eth1") ? i - 10 : A1;
	assert_string_equal(name.data, i == A1 ? "eth1" : "eth0");
	if (k.asked_errno)
		return failure(k.answer, h, k.asked_errno);
	return seal(k.answer, message(k.answer, h->nlmsg_seq, AF_UNSPEC, name.data, k.operstate[i]));
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
	const struct nlmsghdr *h = data;
	const size_t head = sizeof(*h) + sizeof(struct ifinfomsg);

	(void)fd, (void)flags;
	k.asked++;
	k.answer_len = answer(h, (struct netlink_bytes){ (const char *)data + head, len - head });
	if (((const struct nlmsghdr *)(void *)k.answer)->nlmsg_type == RTM_NEWLINK) { /* and the acknowledgement */
		char ack[64];
		size_t n = failure(ack, h, 0);

		memcpy(k.answer + k.answer_len, ack, n);
		k.answer_len += n;
	}
	return (ssize_t)len;
}

/* 0 when there is nothing: what was asked comes before what has happened. */
static size_t come(char *mem, struct msghdr *msg)
{
	size_t n = k.answer_len ? k.answer_len : k.event_len;
	int nsid = k.answer_len ? -1 : k.event_nsid;
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	memcpy(mem, k.answer_len ? k.answer : k.event, n);
	((struct sockaddr_nl *)msg->msg_name)->nl_pid = k.answer_len ? 0 : k.event_from;
	msg->msg_flags = 0;
	msg->msg_controllen = nsid < 0 ? 0 : CMSG_SPACE(sizeof(int));
	*(k.answer_len ? &k.answer_len : &k.event_len) = 0;
	if (nsid < 0)
		return n;
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_NETLINK,
			       .cmsg_type = NETLINK_LISTEN_ALL_NSID };
	memcpy(CMSG_DATA(c), &nsid, sizeof(int));
	return n;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	size_t n = come(msg->msg_iov->iov_base, msg);

	(void)fd, (void)flags;
	errno = k.event_errno ? k.event_errno : EAGAIN;
	k.event_errno = 0;
	return n ? (ssize_t)n : -1;
}

/* -- what happens -- */

static void on_change(struct supervisor *s, uint32_t index, enum state was) { (void)s, (void)index, (void)was; }
static void on_deadline(struct supervisor *s, struct when when) { (void)s, (void)when; }
static void on_status_fd(struct supervisor *s, uint32_t index, int fd) { (void)s, (void)index, (void)fd; }

/* Both are wanted and wait for their networks. */
static int setup(void **context)
{
	struct statefile *state;

	(void)context;
	memset(&k, 0, sizeof(k));
	memset(k.operstate, DOWN, sizeof(k.operstate));
	k.event_nsid = -1;
	fake_launch_reset();
	log_forget();
	memset(&whole.network, 0, sizeof(whole.network));
	memset(&whole.also, 0, sizeof(whole.also));
	image_begin(&image, COUNT);
	for (uint32_t i = 0; i < COUNT; i++)
		snprintf(image.spec[i].attach.peer, NET_IFNAME, "mv%u", i);
	image_end(&image);
	memset(&sv, 0, sizeof(sv));
	close(state_create(&image.table, &state));
	sv.on_change = on_change;
	sv.on_deadline = on_deadline;
	sv.on_status_fd = on_status_fd;
	assert_int_equal(supervisor_init(&sv, state, &image.table), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		settle_begin(&sv, i);
		service_event(&sv, i, EVENT_WANT_UP, 0);
		assert_int_equal(service_at(&sv, i)->life.state, STATE_WAITING);
	}
	return 0;
}

static void ask(bool all)
{
	settle_ask(&sv, all);
	service_settle(&sv);
}

/* An event about the port of a service, as the bridge tells it. */
static void port_event(uint32_t i, uint8_t state)
{
	size_t at;

	k.event_len = message(k.event, 0, AF_BRIDGE, peer_of(i), UP);
	at = begin_attr(k.event, &k.event_len, IFLA_PROTINFO);
	put_attr(k.event, &k.event_len, IFLA_BRPORT_STATE, &state, 1);
	end_attr(k.event, k.event_len, at);
	seal(k.event, k.event_len);
	k.event_nsid = -1;
}

static void inside_event(uint32_t i, const char *name, uint8_t operstate)
{
	k.event_len = seal(k.event, message(k.event, 0, AF_UNSPEC, name, operstate));
	k.event_nsid = i < PORTS ? nsid_of(i) : 99;
}

static int hear(void)
{
	struct net_change change;
	int n = net_monitor_read(100, &change);

	if (n > 0)
		settle_heard(&sv, &change);
	service_settle(&sv);
	return n;
}

static void what_works_when_it_is_asked_is_not_waited_for(void **context)
{
	(void)context;
	k.port_state[A] = BR_STATE_FORWARDING;
	k.operstate[A] = UP;
	ask(true);
	assert_string_equal(fake_launch.did, "launch a");
	assert_true(settle_any(&sv) && settle_waits(&sv, B));
}

static void both_ends_are_waited_for(void **context)
{
	(void)context;
	ask(true);
	port_event(A, BR_STATE_LEARNING);
	assert_int_equal(hear(), 1);
	assert_int_equal(service_at(&sv, A)->handles.settle.waits, NET_PORT | NET_INSIDE);
	port_event(A, BR_STATE_FORWARDING);
	assert_int_equal(hear(), 1);
	assert_string_equal(fake_launch.did, "");
	inside_event(A, "lo", UP);
	assert_int_equal(hear(), 1);
	inside_event(A, "eth0", DOWN);
	assert_int_equal(hear(), 1);
	inside_event(PORTS, "eth0", UP); /* somebody else's namespace */
	assert_int_equal(hear(), 1);
	assert_string_equal(fake_launch.did, "");
	inside_event(A, "eth0", UP);
	assert_int_equal(hear(), 1);
	assert_string_equal(fake_launch.did, "launch a");
	assert_int_equal(hear(), 0);
}

static void an_event_of_the_same_name_in_a_service_is_not_the_port(void **context)
{
	(void)context;
	ask(true);
	inside_event(B, "mv0", UP); /* nsid of b: its own link, which is not eth0's business but in operation */
	hear();
	assert_int_equal(service_at(&sv, A)->handles.settle.waits, NET_PORT | NET_INSIDE);
}

static void only_the_kernel_is_believed(void **context)
{
	(void)context;
	k.operstate[A] = UP;
	ask(true);
	port_event(A, BR_STATE_FORWARDING);
	k.event_from = 4711;
	assert_int_equal(hear(), 0);
	assert_string_equal(fake_launch.did, "");
}

/* But that something was lost. */
static void a_torn_event_says_nothing(void **context)
{
	(void)context;
	k.operstate[A] = UP;
	ask(true);
	port_event(A, BR_STATE_FORWARDING);
	for (size_t len = k.event_len - 1; len > 0; len--) {
		k.event_len = len;
		assert_int_equal(hear(), -EPROTO);
		assert_string_equal(fake_launch.did, "");
		port_event(A, BR_STATE_FORWARDING);
	}
	assert_int_equal(hear(), 1);
	assert_string_equal(fake_launch.did, "launch a");
}

static void lost_events_are_said_and_made_good_by_asking(void **context)
{
	(void)context;
	ask(true);
	k.event_errno = ENOBUFS;
	assert_int_equal(hear(), -ENOBUFS);
	k.port_state[A] = k.port_state[B] = BR_STATE_FORWARDING;
	k.operstate[A] = k.operstate[B] = UP;
	ask(true);
	assert_string_equal(fake_launch.did, "launch a, launch b");
	assert_false(settle_any(&sv));
}

/* Before Linux 4.2, or without CAP_NET_BROADCAST. */
static void without_events_of_other_namespaces_the_port_alone_counts(void **context)
{
	bool all = true;

	(void)context;
	k.listen_all_errno = EPERM;
	assert_int_equal(net_monitor_open(&all), 100);
	assert_false(all);
	ask(all);
	port_event(A, BR_STATE_FORWARDING);
	hear();
	assert_string_equal(fake_launch.did, "launch a");
}

/* eth1 of a, which is on another bridge. */
static void give_also(void)
{
	whole.also = (struct net_attach){ .number = 1, .peer = "mv0.1" };
	whole.network.also = (struct list){ (uint32_t)((char *)&whole.also - (char *)&whole), 1 };
	image.spec[A].network_at = (uint32_t)((char *)&whole.network - (char *)&whole);
	settle_begin(&sv, A);
}

static void each_network_of_a_service_is_waited_for(void **context)
{
	(void)context;
	give_also();
	k.port_state[A] = BR_STATE_FORWARDING;
	k.operstate[A] = UP;
	ask(true);
	inside_event(A, "eth0", UP);
	hear();
	assert_string_equal(fake_launch.did, "");
	port_event(A1, BR_STATE_FORWARDING);
	hear();
	assert_string_equal(fake_launch.did, "");
	inside_event(A, "eth1", UP);
	hear();
	assert_string_equal(fake_launch.did, "launch a");
}

static void further_networks_that_work_are_not_waited_for(void **context)
{
	(void)context;
	give_also();
	k.port_state[A] = k.port_state[A1] = BR_STATE_FORWARDING;
	k.operstate[A] = k.operstate[A1] = UP;
	ask(true);
	assert_string_equal(fake_launch.did, "launch a");
}

/* Before Linux 4.20. */
static void a_namespace_that_cannot_be_asked_is_believed(void **context)
{
	(void)context;
	k.asked_errno = EINVAL;
	k.port_state[A] = BR_STATE_FORWARDING;
	ask(true);
	assert_string_equal(fake_launch.did, "launch a");
}

static void a_port_that_is_gone_is_not_waited_for(void **context)
{
	(void)context;
	k.gone[A] = true;
	ask(true);
	assert_string_equal(fake_launch.did, "launch a");
	assert_non_null(strstr(log_text, "a: cannot be told when its network works: not waited for"));
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_works_when_it_is_asked_is_not_waited_for),
		T(both_ends_are_waited_for),
		T(an_event_of_the_same_name_in_a_service_is_not_the_port),
		T(only_the_kernel_is_believed),
		T(a_torn_event_says_nothing),
		T(lost_events_are_said_and_made_good_by_asking),
		T(without_events_of_other_namespaces_the_port_alone_counts),
		T(each_network_of_a_service_is_waited_for),
		T(further_networks_that_work_are_not_waited_for),
		T(a_namespace_that_cannot_be_asked_is_believed),
		T(a_port_that_is_gone_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
