/* Files of ours in the root of a service that runs, /etc/hosts and /etc/resolv.conf, when a table has others. */
#ifndef SERVICES_REWRITE_H
#define SERVICES_REWRITE_H

#include "lib/util.h"

enum rewrite_file { REWRITE_HOSTS, REWRITE_RESOLV };

struct rewrite {
	enum rewrite_file file;
	int process;         /* pidfd of a process in its mount namespace */
	const char *service; /* for messages; this and the next are texts of tables, which a child sees */
	const char *was, *is;
};

/*
 * Puts one text in place of the other, in a child that nobody waits for: the service has its word in what is found by
 * its path. Only what still has the old text is written; else the log says what stays as it is, and why. The
 * child's pid, or -errno.
 */
must_check int rewrite_file(const struct rewrite *r);

#endif
