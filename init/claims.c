#include "init/claims.h"

#include <errno.h>

#include "lib/fd.h"
#include "net/net.h"

static const char *const names[CLAIMS] = {
	[CLAIM_NETWORK] = NET_CLAIM_NETWORK,
	[CLAIM_RULES] = NET_TABLE,
	[CLAIM_NEAR] = NET_NEAR_TABLE,
};

int claim_take(struct statefile *state, enum claim which)
{
	int fd = state->claims[which] >= 0 ? state->claims[which] : net_claim(names[which]);

	if (fd < 0)
		return fd;
	state->claims[which] = fd;
	return 0;
}

bool claim_is_anothers(struct statefile *state, enum claim which)
{
	return claim_take(state, which) == -EADDRINUSE;
}

void claim_drop(struct statefile *state, enum claim which)
{
	int fd = state->claims[which];

	state->claims[which] = -1;
	fd_close(&fd);
}
