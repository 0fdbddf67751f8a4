/*
 * What confines a service beyond its namespaces and its leaf. A record of the image beside struct service_spec:
 * services that are confined alike share one (services/finish.c), so that a thousand of them cost no more than one.
 *
 * Its fields are listed in services/confine.def, its keys are marked CONFINE in services/keys.def. All padding is named
 * and zero, as records are compared byte by byte.
 */
#ifndef SERVICES_CONFINE_H
#define SERVICES_CONFINE_H

#include "lib/pressure.h"
#include "services/leaf_spec.h"
#include "services/list.h"
#include "services/roots.h"
#include "services/privileges.h"

/* What becomes of its system calls: seccomp(2). */
struct seccomp_spec {
	struct list program; /* struct sock_filter; none: all are let through */
	uint8_t is_explicit; /* the service's own section asks for it */
	uint8_t reserved[7];
};

/* How much pressure a service bears when it is to start: services/calm.h. */
struct calm_spec {
	uint16_t most;  /* hundredths of a percent */
	uint8_t window; /* enum pressure_window + 1; 0: it does not ask */
	uint8_t line;   /* enum pressure_line */
};

struct confine_spec {
	struct roots_spec roots;
	struct leaf_spec leaf;
	struct seccomp_spec seccomp;
	uint8_t no_new_privs; /* no program it executes gains privileges: prctl(2), PR_SET_NO_NEW_PRIVS */
	uint8_t reserved[7];
	struct privileges_spec privileges;
	uint64_t online;      /* links of the table, a bit each, that it waits for: services/online.h */
	uint64_t carrier;     /* the same, of which it is enough that they have carrier */
	uint64_t upon;        /* the same, of which it is enough that they are there: its eth0 is upon them */
	struct calm_spec calm[PRESSURES];
	uint8_t unused[4];
};

#endif
