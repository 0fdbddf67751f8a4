/*
 * What to do where minit lacks a right depends on where it runs. capabilities(7), user_namespaces(7).
 */
#ifndef LIB_CURE_H
#define LIB_CURE_H

#include "lib/buf.h"

enum where {
	WHERE_CONTAINER,  /* root, as a container or a machine has it */
	WHERE_USER,       /* an ordinary user who may have all rights in a user namespace of its own */
	WHERE_USER_WITHIN,/* one in a container, which bounds what anybody there may have */
	WHERE_ALONE,      /* in a user namespace with one id, as unshare -r makes it */
};

/* Asks the kernel. lib/cure_where.c */
enum where cure_where(void);

/*
 * Appends words in which each of these stands for what to do here:
 * $SYS_ADMIN+NET_ADMIN  to get these capabilities, and with NET_ADMIN a network; $ alone: some capability
 * $IDS, $MAP            to become others; to have an id that the user namespace lacks
 * $PLACE                to mount at a place that is refused (EACCES): all that there is to say
 */
void cure_put(struct buf *b, const char *words);

#endif
