/* What a table says of the cgroup leaf, beside its limits: a part of struct confine_spec. */
#ifndef SERVICES_LEAF_SPEC_H
#define SERVICES_LEAF_SPEC_H

#include "services/list.h"

/* Which devices a service may use. */
enum leaf_devices {
	DEVICES_ANY,   /* whatever its user may */
	DEVICES_USUAL, /* a list, where it can be had */
	DEVICES_ASKED, /* a list, or the service fails */
	DEVICES_UNHELD /* the usual, but no leaf to hold others back: it makes none by itself, and its root has none */
};

/* As the words of the key. */
enum on_pressure { PRESSURE_NOTIFY, PRESSURE_RESTART, PRESSURE_FREEZE };

struct device_spec {
	uint32_t name_at; /* cgroup/nodes.h */
	uint32_t access;  /* bits of DEVICE_ */
};

struct leaf_spec {
	uint32_t group;      /* index + 1 of the group of leaves that it is in; 0: none */
	struct list devices; /* struct device_spec: what it may use beside the usual ones */
	uint32_t cpu_pressure_at, memory_pressure_at, io_pressure_at; /* what the kernel is to tell (psi.rst), or 0 */
	uint8_t device_policy; /* enum leaf_devices */
	uint8_t delegate;      /* it may make groups of its own in its leaf */
	uint8_t on_pressure;   /* enum on_pressure */
	uint8_t reserved[5];
};

#endif
