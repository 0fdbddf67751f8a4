/*
 * What minit itself has of the network when another table takes the place of the one that runs (init/exchange.h): what
 * only the old one has goes. What is new is made by the new one (network_exchanged); what both have is not touched.
 */
#ifndef INIT_EXCHANGE_NETWORK_H
#define INIT_EXCHANGE_NETWORK_H

#include "services/state.h"

/*
 * By the old table, once those whose bridge goes have ended: removes what minit has made and `next` has not, and notes
 * that as due, should the old one go on. What fails is logged.
 */
void exchange_network_away(struct supervisor *sv, const struct table *next);

#endif
