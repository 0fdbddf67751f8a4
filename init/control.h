/*
 * The control socket: one line in, JSON lines out. unix(7), SO_PEERCRED.
 */
#ifndef INIT_CONTROL_H
#define INIT_CONTROL_H

#include "services/state.h"

#define CONTROL_PATH "/run/minit/control"

#ifdef CONFIG_CONTROL

/*
 * Makes the listening socket (path from $MINIT_SOCKET, else CONTROL_PATH, else
 * of an ordinary user $XDG_RUNTIME_DIR/minit/control) and
 * stores it in the state file. Failing is logged with what to do and costs only
 * the control: minit goes on. 0 or -errno.
 */
int control_open(struct supervisor *sv);

/* Watches the listening socket and every open connection: at start and after an execution in place. */
void control_watch(struct supervisor *sv);

/* Tells those who listen of a change of state. Never blocks; who does not read loses lines and is told how many. */
void control_change(struct supervisor *sv, uint32_t index, enum state was);

/* The same of something that is no change of state (report_notice). */
void control_notice(struct supervisor *sv, uint32_t index, const char *what);

/* The last word has been said to it. */
void control_drop(struct client *c);

/* The descriptor that came with the request that is being answered, now the caller's; -1: none. */
int control_take_passed(void);

/* Unlinks the socket, closes connections with their last word sent. At the very end. */
void control_close(struct supervisor *sv);

#else

static inline int control_open(struct supervisor *sv) { (void)sv; return 0; }
static inline void control_watch(struct supervisor *sv) { (void)sv; }
static inline void control_change(struct supervisor *sv, uint32_t index, enum state was)
{
	(void)sv, (void)index, (void)was;
}
static inline void control_notice(struct supervisor *sv, uint32_t index, const char *what)
{
	(void)sv, (void)index, (void)what;
}
static inline void control_close(struct supervisor *sv) { (void)sv; }

#endif

#endif
