/*
 * The reaper as a program of its own (services/reaper.c without libc, a page): what stays in the place of a child that
 * shares PID 1's memory has to leave it, and nothing but an exec does that.
 */
#ifndef SERVICES_REAPER_PROGRAM_H
#define SERVICES_REAPER_PROGRAM_H

#include "lib/util.h"

/* Where its page lies. */
enum reaper_place {
	REAPER_ANYWHERE,
	REAPER_BESIDE_STACK, /* only for a process whose addresses are not drawn by lot: personality(2) */
	REAPER_PLACES
};

/*
 * A descriptor of it, to be executed only: a sealed memfd, as what a service finds at /proc/1/exe must not be minit's
 * own file. -errno where it cannot be had: no such program for this machine, no /proc, no memfd that may be executed.
 * memfd_create(2).
 */
must_check int reaper_program_open(enum reaper_place place);

#endif
