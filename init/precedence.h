/*
 * The precedence of PID 1 over its services (sched(7): SCHED_FIFO, the lowest of its priorities).
 *
 * Beside services that want all processors most of an answer is waiting for one, as the fair scheduler lets the others
 * end their turns first: a real-time process does not wait. Its children do, as ever.
 */
#ifndef INIT_PRECEDENCE_H
#define INIT_PRECEDENCE_H

/*
 * Takes it, if this is PID 1 and of no nice value, which its children would not have from it. In leaves of a kernel
 * with RT_GROUP_SCHED, and without CAP_SYS_NICE, it is refused, and minit waits as others.
 */
void precedence_take(void);

/*
 * After each round of the loop. It is for who sleeps most of the time: who has used more than half of a processor, for
 * a second or more, gives it up, be it for a fault of its own or for a flood of requests. It has it again after
 * some seconds in which it used less than a tenth. As beside many others that may be all it gets, however much it has
 * to do, these are twice as many each time, unless it had it for ten minutes. Costs an addition, and every so many
 * rounds a look at the clock.
 */
void precedence_consider(void);

#endif
