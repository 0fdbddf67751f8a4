#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include "net/drops_legacy.h"

#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/fd.h"

#define RULES_MOST (16u << 20) /* bytes */

/* The two families have the same requests by the same numbers, and the same answers but for the head of a rule. */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "one answer for both");

static bool is_there(int family)
{
	char names[256];
	ssize_t n = fd_read_file(AT_FDCWD, family == AF_INET ? "/proc/thread-self/net/ip_tables_names" :
							       "/proc/thread-self/net/ip6_tables_names",
				 names, sizeof(names));

	return n > 0 && strstr(names, "filter\n");
}

/* Of the rule at the end of a chain, which is its policy: a verdict alone. */
static bool is_drop(int family, const char *rules, uint32_t size, uint32_t at)
{
	size_t head = family == AF_INET ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry);
	struct xt_standard_target target;

	if (at > size || size - at < head + sizeof(target))
		return false;
	memcpy(&target, rules + at + head, sizeof(target));
	return target.verdict == -NF_DROP - 1;
}

/* The mask covers what is compared: a whole name with the NUL behind it. */
static void add_name(struct arena *mem, struct net_drop *d, const char *name, const unsigned char *mask)
{
	size_t len = 0;

	while (len < IFNAMSIZ && mask[len])
		len++;
	if (len)
		drops_add_pattern(mem, d, name, len);
}

/* Where the next one begins. */
static uint32_t add_rule4(struct arena *mem, struct net_drop *d, const char *rule)
{
	struct ipt_entry e;

	memcpy(&e, rule, sizeof(e));
	add_name(mem, d, e.ip.iniface, e.ip.iniface_mask);
	add_name(mem, d, e.ip.outiface, e.ip.outiface_mask);
	return e.next_offset;
}

static uint32_t add_rule6(struct arena *mem, struct net_drop *d, const char *rule)
{
	struct ip6t_entry e;

	memcpy(&e, rule, sizeof(e));
	add_name(mem, d, e.ipv6.iniface, e.ipv6.iniface_mask);
	add_name(mem, d, e.ipv6.outiface, e.ipv6.outiface_mask);
	return e.next_offset;
}

static void add_rules(int family, struct arena *mem, struct net_drop *d, const char *rules, uint32_t size)
{
	size_t head = family == AF_INET ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry);
	uint32_t next = 0;

	for (uint32_t at = 0; at < size && size - at >= head; at += next) {
		next = family == AF_INET ? add_rule4(mem, d, rules + at) : add_rule6(mem, d, rules + at);
		if (next < head)
			return;
	}
}

void drops_legacy_read(int family, struct arena *mem, struct net_drops *ret)
{
	cleanup_fd int fd = -1;
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	struct ipt_getinfo info = { .name = "filter" };
	struct ipt_get_entries *entries;
	struct net_drop *d;
	socklen_t len = sizeof(info);

	if (ret->count == NET_DROPS || !is_there(family))
		return;
	fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0 || getsockopt(fd, level, IPT_SO_GET_INFO, &info, &len) < 0 || info.size > RULES_MOST)
		return;
	len = sizeof(*entries) + info.size;
	entries = arena_take(mem, len, _Alignof(struct ipt_get_entries));
	*entries = (struct ipt_get_entries){ .name = "filter", .size = info.size };
	if (getsockopt(fd, level, IPT_SO_GET_ENTRIES, entries, &len) < 0 ||
	    !is_drop(family, (const char *)entries->entrytable, info.size, info.underflow[NF_INET_FORWARD]))
		return;
	d = &ret->list[ret->count++];
	*d = (struct net_drop){
		.table = "filter", .chain = "FORWARD", .legacy = true,
		.family = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6,
		.patterns = arena_array(mem, struct net_pattern, 0),
	};
	add_rules(family, mem, d, (const char *)entries->entrytable, info.size);
}
