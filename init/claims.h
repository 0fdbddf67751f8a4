/*
 * What of a network is one minit's: while it holds the claim of it, no other minit that is in the same network makes
 * that, or takes away what a killed run has left of it. A claim is a socket (net_claim) in the state: it is kept over
 * an execution in place, and goes with the process. It is a courtesy among minits, no lock: a name can be bound by
 * anybody in the network.
 */
#ifndef INIT_CLAIMS_H
#define INIT_CLAIMS_H

#include "services/state.h"

/* Takes it if it is not held: 0, -EADDRINUSE when another minit has it, or -errno; not logged. */
must_check int claim_take(struct statefile *state, enum claim which);

/* The same; true for the second alone: what cannot be claimed for want of a descriptor is taken for nobody's. */
bool claim_is_anothers(struct statefile *state, enum claim which);

/* When there is nothing of ours behind it. */
void claim_drop(struct statefile *state, enum claim which);

#endif
