/*
 * What of a network is a living minit's: no other that is in the same network makes it too, or takes it away as what a
 * killed run has left. A claim is a socket (net/claim.c) in the state: it is kept over an execution in place, and goes
 * with the process. It is a courtesy among minits, no lock: a name can be bound by anybody in the network.
 */
#ifndef INIT_CLAIMS_H
#define INIT_CLAIMS_H

#include "services/state.h"

/*
 * Takes CLAIM_NETWORK if it is not held, of which each minit here has one of its own, and notes it in the session
 * (net_note_place, net_note_dead).
 */
void claim_note(struct statefile *state, struct net_session *net);

/*
 * Takes one of the others if it is not held; whether another minit has it. What cannot be claimed for want of a
 * descriptor is taken for nobody's.
 */
bool claim_is_anothers(struct statefile *state, enum claim which);

/* When there is nothing of ours behind it. */
void claim_drop(struct statefile *state, enum claim which);

#endif
