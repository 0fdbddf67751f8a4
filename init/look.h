/*
 * A look at a service from outside, by the tool: what its table asks for beside what the kernel says of its process
 * and its leaf. Each look_...() tells of one concern. What is there for no one to read (landlock, the keyring,
 * securebits) is told of as unseen.
 */
#ifndef INIT_LOOK_H
#define INIT_LOOK_H

#include "services/state.h"

#define LOOK_TEXT 200
#define LOOK_LIST 4096 /* of groups, of processors, or a path */

enum verdict {
	LOOK_SAME,    /* as asked, or the program itself has given more away */
	LOOK_DIFFERS, /* less than asked */
	LOOK_UNSEEN   /* it cannot be read; hidden or err says why */
};

struct look {
	const struct table *table;
	const struct service_spec *spec;
	const struct confine_spec *confine;
	const char *name;
	uint32_t index;      /* of the service */
	int net, own_net;    /* minit's network, and the one that is kept for the service; -1: none */
	struct cgroup_home home;
	int proc;            /* minit's /proc */
	int32_t missing;     /* bits of enum missing: what minit says it has left out */
	pid_t minit, joined; /* numbers in that /proc */
	bool is_root;        /* minit is, where it is itself */
	bool elsewhere;      /* the tool is in another user namespace than minit, and ids are called otherwise */
	pid_t pid;           /* the program's, behind the reaper if it has one */
	char status[2 * LOOK_LIST]; /* of the program, proc(5) */
	char minits[2 * LOOK_LIST]; /* of minit */
	const char *changes; /* lines of JSON: limits that were changed by hand (init/insight.h) */
	const char *source;  /* of what is asked, where it is not the table, or NULL */
	bool entered;        /* what is read now is read from within */
	bool json;
	struct buf *only_differences; /* what differs is put here, a line each, and nothing is said; or NULL */
	unsigned count, differ; /* told of so far */
	const char *hidden;  /* why what is told of now is for nobody to read, or NULL */
	int err;             /* of what was tried to be read last */
};

/*
 * Tells of one point. `what` is the key of the table or the file of the leaf. missing: the bit that explains a
 * difference, or 0.
 */
void look_tell(struct look *l, const char *what, const char *asked, const char *got, enum verdict verdict,
	       int32_t missing);

/* The same for a file below /proc/PID of the program: `got` is compared as text. */
void look_tell_text(struct look *l, const char *what, const char *asked, const char *got, int32_t missing);

/* The same for what cannot be read by nature, and why that is so. */
void look_tell_hidden(struct look *l, const char *what, const char *asked, const char *why);

/* Reads /proc/PID/FILE, without the newline at its end; false with l->err. */
bool look_read(struct look *l, pid_t pid, const char *file, char *mem, size_t size);

/* What stands behind "NAME:" in a file of lines such as status, without blanks; false when there is none. */
bool look_line(const char *text, const char *name, struct buf *ret);

void look_namespaces(struct look *l); /* init/look_places.c */
void look_roots(struct look *l);      /* init/look_roots.c */
void look_ids(struct look *l);        /* init/look_ids.c */
void look_rights(struct look *l);     /* init/look_rights.c */
void look_leaf(struct look *l);       /* init/look_leaf.c */
void look_habits(struct look *l);     /* init/look_habits.c */
void look_hostname(struct look *l);   /* the tool has that of the service then */
void look_network(struct look *l);    /* init/look_net.c */

#endif
