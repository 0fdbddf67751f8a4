/* Settings below /proc/sys/net, which show the network of who reads them. */
#include "init/look_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/fd.h"
#include "lib/text.h"

#define SYS "/proc/sys/"
#define SETTING_TEXT 128

static const struct forwarding {
	uint8_t family;
	const char *path;
} forwardings[] = {
	{ AF_INET, SYS "net/ipv4/ip_forward" },
	{ AF_INET6, SYS "net/ipv6/conf/all/forwarding" },
};

_Static_assert(ARRAY_LEN(forwardings) == NETWORK_FAMILIES, "one for each family");

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* Its words with one blank between them. 0 or -errno. */
static int read_setting(const char *path, struct buf *ret)
{
	char text[SETTING_TEXT];
	ssize_t n = fd_read_file(AT_FDCWD, path, text, sizeof(text) - 1);
	char *rest = NULL;

	if (n < 0)
		return (int)n;
	text[n] = '\0';
	for (char *word = strtok_r(text, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
		buf_fmt(ret, "%s%s", ret->len ? " " : "", word);
	return buf_check(ret);
}

void settings_see(struct network_seen *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(forwardings); i++) {
		BUF_ON_STACK(text, SETTING_TEXT);

		ret->forwards[i] = read_setting(forwardings[i].path, &text) ? -1 : strcmp(buf_text(&text), "0") != 0;
	}
}

/* -- telling ------------------------------------------------------------------------------------------------------- */

static void put_name(struct buf *name, const char *path)
{
	for (const char *c = path + sizeof(SYS) - 1; *c; c++)
		buf_char(name, *c == '/' ? '.' : *c);
}

static bool has_family(const struct network_seen *seen, const struct net_bridge *bridge, uint8_t family)
{
	for (unsigned i = 0; i < NET_ADDRS && bridge->addr[i].family; i++)
		if (bridge->addr[i].family == family && network_has_addr(&seen->host, 0, &bridge->addr[i]))
			return true;
	return false;
}

void look_forwarding(struct look *l, const struct network_seen *seen, const struct net_bridge *bridge)
{
	for (size_t i = 0; i < ARRAY_LEN(forwardings); i++) {
		const struct forwarding *f = &forwardings[i];
		BUF_ON_STACK(name, SETTING_TEXT);

		put_name(&name, f->path);
		if (seen->forwards[i] >= 0 && ways_wanted(bridge, 1, f->family) &&
		    has_family(seen, bridge, f->family))
			look_tell_text(l, buf_text(&name), "1", seen->forwards[i] ? "1" : "0", 0);
	}
}

/* The kernel writes a number in its own way. */
static bool is_same(const char *asked, const char *got)
{
	uint64_t a, b;

	return !strcmp(asked, got) || (!text_u64(asked, &a) && !text_u64(got, &b) && a == b);
}

static void look_setting(struct look *l, const char *path, const char *value)
{
	BUF_ON_STACK(asked, LOOK_TEXT);
	BUF_ON_STACK(got, SETTING_TEXT);
	int err = read_setting(path, &got);

	put_name(&asked, path);
	buf_fmt(&asked, " = %s", value);
	l->err = err;
	look_tell(l, "network.sysctl", buf_text(&asked), err ? "" : buf_text(&got),
		  err ? LOOK_UNSEEN : is_same(value, buf_text(&got)) ? LOOK_SAME : LOOK_DIFFERS, 0);
}

void look_settings(struct look *l, const struct service_spec *owner)
{
	const struct network_spec *network = table_network(l->table, owner);
	const struct net_sysctl *all = network ? table_list(l->table, network->sysctls, struct net_sysctl) : NULL;

	for (uint32_t i = 0; network && i < network->sysctls.count; i++)
		look_setting(l, table_given(l->table, all[i].path_at), table_given(l->table, all[i].value_at));
}
