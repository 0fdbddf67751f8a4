/*
 * A supervisor over made-up services, for the tests of what stands above the
 * services floor: a table and a state file in memory, and a service_event that
 * notes what it is told and moves a service one state on.
 */
#ifndef TESTS_FAKE_HOUSE_H
#define TESTS_FAKE_HOUSE_H

#include "services/state.h"

/* Services of these names, all DOWN. The one before is gone. */
struct supervisor *house_build(const char *const *names, uint32_t count);

/* Services n0, n1, ... */
struct supervisor *house_build_many(uint32_t count);

struct service_spec *house_spec(uint32_t index);

/* `index` needs `what`, a later one: the order is from the last to the first. Two at most. */
void house_need(uint32_t index, uint32_t what);

/* Dependents hold it: what it is told changes its state no more at once. */
void house_hold(uint32_t index);

/* As services/state.c does at a change of state. */
void house_move(uint32_t index, enum state next);

/* What service_why says of every service; NULL: what its state says. */
extern const char *house_why;

/* Whom a waiting service is blocked by; -1: nobody. */
extern int house_blocker;

/* What service_event was told since house_build: "up web, down db". */
const char *house_told(void);

#endif
