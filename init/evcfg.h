/*
 * libev 4.33, reduced to descriptors and one timer over epoll. Under musl its own
 * detection leaves no back end at all, so each thing is named.
 */
#define EV_STANDALONE 1
#define EV_FEATURES 0
#define EV_MULTIPLICITY 0
#define EV_API_STATIC 1
#define EV_AVOID_STDIO 1
#define EV_COMPAT3 0
#define EV_VERIFY 0
#define EV_USE_EPOLL 1
#define EV_USE_SELECT 0
#define EV_USE_POLL 0
#define EV_USE_LINUXAIO 0
#define EV_USE_IOURING 0
#define EV_USE_EVENTFD 0
#define EV_USE_SIGNALFD 0
#define EV_USE_INOTIFY 0
#define EV_USE_TIMERFD 0
#define EV_USE_MONOTONIC 1
#define EV_USE_REALTIME 1
#define EV_USE_NANOSLEEP 1
#define EV_USE_CLOCK_SYSCALL 0
#define EV_USE_FLOOR 0
#define EV_PERIODIC_ENABLE 0
#define EV_STAT_ENABLE 0
#define EV_IDLE_ENABLE 0
#define EV_CHECK_ENABLE 0
#define EV_PREPARE_ENABLE 0
#define EV_EMBED_ENABLE 0
#define EV_FORK_ENABLE 0
#define EV_CLEANUP_ENABLE 0
#define EV_ASYNC_ENABLE 0
#define EV_WALK_ENABLE 0
#define EV_SIGNAL_ENABLE 0
#define EV_CHILD_ENABLE 0
#define EV_MINPRI 0
#define EV_MAXPRI 0
#define EV_USE_4HEAP 0
#define EV_HEAP_CACHE_AT 0
