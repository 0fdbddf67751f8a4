/* What minit knows for its own in a list of the kernel's is taken away, some at a time. */
#include <errno.h>
#include <sys/socket.h>

#include "net/requests.h"

#define AT_ONCE 32
#define ONE_MOST 64

struct found {
	const struct sweep *of;
	_Alignas(8) char list[AT_ONCE * ONE_MOST];
	unsigned n;
};

static void note(void *context, struct netlink_bytes body)
{
	struct found *f = context;

	f->n += f->n < AT_ONCE && f->of->take(body, f->list + f->n * f->of->size);
}

/* How many are gone, somehow; one that cannot be taken away is in nobody's way but its own. */
static unsigned drop(struct net_session *s, const struct found *f, uint8_t family)
{
	unsigned gone = 0;

	for (unsigned i = 0; i < f->n; i++) {
		int err = f->of->drop(s, f->list + i * f->of->size, family);

		gone += !err || err == -ENOENT || err == -ESRCH || err == -ENODEV || err == -ENXIO;
	}
	return gone;
}

static void sweep_family(struct net_session *s, const struct sweep *of, uint8_t family)
{
	struct found f = { .of = of, .n = 0 };
	unsigned gone;

	do {
		f.n = 0;
		gone = netlink_list(&s->host, of->type, family, of->header, note, &f) ? 0 : drop(s, &f, family);
	} while (f.n == AT_ONCE && gone);
}

void sweep(struct net_session *s, const struct sweep *of)
{
	sweep_family(s, of, AF_INET);
	sweep_family(s, of, AF_INET6);
}
