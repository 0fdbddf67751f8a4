/* PID 1's answer to each verb of verbs.def that it has one for. */
#ifndef INIT_ANSWERS_H
#define INIT_ANSWERS_H

#include "services/state.h"

/* The line is split into words, and who asks may ask it. False: the answer is complete, the connection is over. */
typedef bool answer_fn(struct supervisor *sv, struct client *c);

/* init/request_list.c: one line after the other, as the reader takes them */
answer_fn answer_status, answer_events;

/* init/request_change.c: of services, each in the order of the request */
answer_fn answer_start, answer_stop, answer_restart, answer_pause, answer_resume, answer_set;

/* init/request_verbs.c */
answer_fn answer_version, answer_poweroff, answer_halt, answer_reboot, answer_reexec, answer_reload, answer_lease;
answer_fn answer_net;

/* "isolation NAME": not for a person, but what `minit status NAME` asks beside the rest. */
answer_fn answer_isolation;

/* "table": the table that minit runs by, for `minit reload`. */
answer_fn answer_table;

#endif
