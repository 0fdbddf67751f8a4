#include "init/claims.h"

#include <errno.h>

#include "lib/fd.h"
#include "lib/util.h"
#include "net/net.h"

static const char *const names[CLAIMS] = {
	[CLAIM_RULES] = NET_TABLE,
	[CLAIM_NEAR] = NET_NEAR_TABLE,
};

static int keep(struct statefile *state, enum claim which, int fd)
{
	if (fd >= 0)
		state->claims[which] = fd;
	return MIN(fd, 0);
}

void claim_note(struct statefile *state, struct net_session *net)
{
	if (state->claims[CLAIM_NETWORK] < 0)
		(void)!keep(state, CLAIM_NETWORK, net_claim_place()); /* without one it takes nothing away */
	net_note_place(net, state->claims[CLAIM_NETWORK]);
	net_note_dead(net);
}

bool claim_is_anothers(struct statefile *state, enum claim which)
{
	return state->claims[which] < 0 && keep(state, which, net_claim(names[which])) == -EADDRINUSE;
}

void claim_drop(struct statefile *state, enum claim which)
{
	int fd = state->claims[which];

	state->claims[which] = -1;
	fd_close(&fd);
}
