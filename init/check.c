#include "init/check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "init/options.h"
#include "init/say.h"
#include "lib/enabled.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "services/dump.h"
#include "services/table.h"

enum { CHECK_GOOD, CHECK_WRONG };

static const char *plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

/* -- what is good, and likely not meant ---------------------------------------------------------------------------- */

/* It is on one. */
static const struct net_bridge *bridge_of(const struct table *t, const struct net_attach *at)
{
	return table_bridge(t, (uint32_t)at->bridge);
}

static uint32_t mtu_of(const struct table *t, const struct service_spec *spec, const struct net_attach *at)
{
	const struct network_spec *network = table_network(t, spec);

	return network && network->mtu && !at->number ? network->mtu : bridge_mtu(bridge_of(t, at));
}

/* Of the bridge itself by the table, or of a port that is another service's; 0: all have this one. */
static uint32_t other_mtu(const struct table *t, uint32_t index, uint32_t mtu)
{
	const struct service_spec *own = table_service(t, index), *spec;
	const struct net_bridge *bridge = bridge_of(t, &own->attach);
	const struct net_attach *at;

	for (uint32_t i = 0; i < t->services.count; i++) {
		spec = table_service(t, i);
		for (uint32_t n = 0; i != index && (at = table_attach(t, spec, n)); n++)
			if (at->bridge == own->attach.bridge && mtu_of(t, spec, at) != mtu)
				return mtu_of(t, spec, at);
	}
	return bridge->mtu != mtu ? bridge->mtu : 0;
}

/* A bridge drops in silence what is larger than the MTU of the port that it is for. TCP finds out by itself. */
static void look_at_mtu(const struct table *t, uint32_t index)
{
	const struct service_spec *spec = table_service(t, index);
	const struct network_spec *network = table_network(t, spec);
	uint32_t mtu = network && spec->attach.bridge >= 0 ? network->mtu : 0;
	uint32_t other = mtu && mtu != bridge_mtu(bridge_of(t, &spec->attach)) ? other_mtu(t, index, mtu) : 0;

	if (other)
		log_warn(table_name(t, spec), 0, "network.mtu: %u, and %u elsewhere on bridge %s: what is larger than "
			 "the smaller is dropped there in silence, unless it is TCP; give the bridge that as its mtu, "
			 "and none to the service", mtu, other, bridge_of(t, &spec->attach)->name);
}

#define MANY_PORTS 32768 /* in one range; the kernel takes half a second for as many, and minit waits for it */

static void look_at_allow(const struct table *t, const struct net_allow *allow)
{
	uint32_t ports = allow->proto ? allow->last - allow->low + 1u : 0;
	const char *to = table_name(t, table_service(t, allow->to));

	if (ports >= MANY_PORTS)
		log_warn(table_name(t, table_service(t, allow->from)), 0, "network.allow: %u ports of %s: each is one "
			 "for the kernel, and all wait for that at the start and at a reload; allow all of it, "
			 "\"%s\", or fewer", ports, to, to);
}

static void look_at_allows(const struct table *t)
{
	const struct net_allow *list = table_list(t, t->allow, struct net_allow);

	for (uint32_t i = 0; i < t->allow.count; i++)
		look_at_allow(t, &list[i]);
}

static int tell(const struct table *t, const char *const *paths, uint32_t count)
{
	BUF_ON_STACK(b, 8192);

	for (uint32_t i = 0; i < count; i++)
		buf_fmt(&b, "%s%s", i ? ", " : "", paths[i]);
	buf_fmt(&b, ": ok: %u service%s, %u bridge%s\n", t->services.count, plural(t->services.count),
		t->bridges.count, plural(t->bridges.count));
	say_bytes(b.data, b.len);
	say_flush();
	for (uint32_t i = 0; ENABLED(CONFIG_NET_BRIDGE) && i < t->services.count; i++)
		look_at_mtu(t, i);
	look_at_allows(t);
	return CHECK_GOOD;
}

static int dump(const struct table *t, const char *const *paths, uint32_t count)
{
	int err = table_dump(t, STDOUT_FILENO);

	(void)paths, (void)count;
	if (err)
		say_failed(err);
	return CHECK_GOOD;
}

static int look_at(int memfd, const char *const *paths, uint32_t count, check_use_fn *use)
{
	int err = 0, status;
	const struct table *t = table_map(memfd, &err);

	if (!t) {
		log_error("table", -err, "the compiled table is not good");
		return CHECK_WRONG;
	}
	status = use(t, paths, count);
	table_unmap(t);
	return status;
}

static int check(const char *const *paths, uint32_t count, bool whole, check_use_fn *use)
{
	struct table_source source = { .paths = paths, .count = count, .minit_log = whole };
	cleanup_fd int memfd = table_compile(&source);

	if (memfd < 0 && memfd != -EINVAL && memfd != -EIO)
		log_error("table", -memfd, "cannot be compiled");
	return memfd < 0 ? CHECK_WRONG : look_at(memfd, paths, count, use);
}

static int check_default(const char *words, bool whole, check_use_fn *use)
{
	BUF_ON_STACK(mem, TABLE_FILES_TEXT);
	const char *paths[TABLE_FILES_MAX];
	int count = table_default_files("", paths, TABLE_FILES_MAX, &mem);

	if (count > 0)
		return check(paths, (uint32_t)count, whole, use);
	if (count)
		complain("/etc/minit: the files of the table cannot be listed: %s; name those to check",
			 table_why_no_files(count));
	else
		complain("/etc/minit/minit.toml: there is no table, and none in /etc/minit/conf.d; name the files to "
			 "check: minit %s FILE...", words);
	return CHECK_WRONG;
}

int check_with(int argc, char **argv, const char *words, bool whole, check_use_fn *use)
{
	if (argc - 1 > TABLE_FILES_MAX)
		usage_error(argv[0], "more than %d files", TABLE_FILES_MAX);
	if (argc > 1)
		return check((const char *const *)argv + 1, (uint32_t)(argc - 1), whole, use);
	return check_default(words, whole, use);
}

int check_main(int argc, char **argv)
{
	bool whole = false;
	const struct option_row rows[] = { { "--dump", OPTION_FLAG, &whole } };

	argc = options_take(argc, argv, rows, ARRAY_LEN(rows));
	return check_with(argc, argv, argv[0], whole, whole ? dump : tell);
}
