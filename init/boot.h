/*
 * What must be so before the first service starts: where minit is, what it
 * finds mounted and open. A machine starts with nothing (boot_machine), a
 * container with nearly all (boot_container).
 */
#ifndef INIT_BOOT_H
#define INIT_BOOT_H

#include "lib/enabled.h"
#include "lib/log.h"
#include "services/state.h"

#define BOOT_RUN_DIR "/run/minit"

/* The words of the kernel command line that are minit's own. */
struct boot_options {
	const char *table;    /* minit.table=PATH, or NULL; lives as long as minit */
	bool rescue;          /* minit.rescue: a shell before the table is read */
	enum log_level level; /* minit.log=error|warn|info|debug; set already */
};

/*
 * What this process is: PID 1 of the initial pid namespace (which has a fixed
 * inode, PROC_PID_INIT_INO), of another one, or no PID 1 at all. PID 1 without
 * /proc mounts it to find out.
 */
enum mode boot_mode(void);

/*
 * The decision alone. ns: inode of /proc/self/ns/pid, or 0 if it cannot be
 * known; kernel_threads: pid 2 is one.
 */
enum mode boot_mode_of(pid_t pid, uint64_t ns, bool kernel_threads);

/* Opens `path`, else /dev/null, as each of descriptors 0, 1, 2 that is closed: no other file may get their numbers. */
void boot_streams(const char *path);

/* Adds a PATH to the environment if there is none. */
void boot_environ(void);

/*
 * Sets the host name; failing is logged. Nothing is done where it is not
 * minit's: as an ordinary process, and in a container that shares the machine's
 * UTS namespace.
 */
void boot_hostname(enum mode mode, const char *name);

/*
 * In a container: streams, environment, and BOOT_RUN_DIR; /proc and /run are
 * mounted only when they are missing or cannot be written to. What fails is
 * logged, with what does not work without. 0, or -errno of the last failure.
 */
int boot_container(void);

/* BOOT_RUN_DIR and what is above it. 0 or -errno. */
must_check int boot_run_dir(void);

#if ENABLED(CONFIG_MACHINE)

/*
 * On a machine: mounts and links of mounts.def that are not there yet, console,
 * session, umask, environment, command line, modules of /etc/minit/modules,
 * /etc/hostname, and Ctrl-Alt-Del as SIGINT. Each failure is one line and boot
 * goes on. 0, or -errno of the last failure.
 */
int boot_machine(struct boot_options *ret);

/* Reads minit's words out of a kernel command line, which is cut up by it. Unknown ones of minit.* are logged. */
void boot_words(char *cmdline, struct boot_options *ret);

/* Loads the modules that a list names, one "path [parameters]" per line, '#' for comments. Returns how many failed. */
int boot_modules(char *list);

#else

static inline int boot_machine(struct boot_options *ret)
{
	*ret = (struct boot_options){ .level = LOG_INFO };
	return boot_container();
}

#endif

#endif
