#include "init/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/control.h"
#include "init/loop.h"
#include "init/reexec.h"
#include "init/request.h"
#include "lib/fd.h"
#include "lib/sys.h"
#include "services/layout.h"

static struct supervisor *house;
static struct client *asker; /* NULL: no probe is under way */
static int program = -1, answers = -1;

/* Held from here on: what was asked is what is executed, whatever lies there by then. */
static int open_program(const struct statefile *state)
{
	cleanup_fd int fd = -1;
	struct stat st;

	if (!state->program[0]) {
		fd = fcntl(state->self_fd, F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? -errno : fd_steal(&fd);
	}
	fd = fd_open(state->program, O_PATH);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	return S_ISREG(st.st_mode) ? fd_steal(&fd) : -EISDIR;
}

static void refuse(const struct client *c, const char *why, const char *advice)
{
	const char *path = house->state->program;

	request_refuse(c, "reexec: %s: %s: minit runs on as it was; %s", *path ? path : "minit", why, advice);
}

static void forget(void)
{
	loop_unwatch(LOOP_PROBE, 0);
	fd_close(&answers);
	fd_close(&program);
	asker = NULL;
}

static const char *why_not_executed(int err)
{
	switch (err) {
	case -EISDIR: return "it is no file";
	case -ENOENT: return "it is a script, or wants an interpreter that is not there";
	default: return strerror(-err);
	}
}

static void refuse_by(const struct client *c, const struct probe_answer *a)
{
	static const char put[] = "put a minit there that can be executed";
	static const char again[] = "`minit reboot` starts the new one, or put one of this build there";
	static const char anew[] = "`minit poweroff`, and what starts minit starts the new one, or put one of this "
				   "build there";
	BUF_ON_STACK(why, 128);

	if (!a) {
		refuse(c, "it is no minit, a broken one, or one too old to be asked", put);
	} else if (a->stage == PROBE_EXEC) {
		refuse(c, why_not_executed(a->err), put);
	} else {
		buf_fmt(&why, "it cannot go on from the state: %s", layout_why(a->err));
		refuse(c, buf_text(&why), house->state->mode == MODE_MACHINE ? again : anew);
	}
}

static void conclude(const struct probe_answer *a)
{
	struct client *c = asker;
	struct probe_answer failed = { .stage = PROBE_EXEC };

	if (a && !a->err && c->fd >= 0) {
		c->kind = CLIENT_REEXEC; /* it goes over to the new program, and the ok is its word */
		failed.err = reexec_now(house, program);
		a = &failed;
	}
	if (c->fd >= 0) {
		refuse_by(c, a);
		control_drop(c);
	}
	forget();
}

static void on_answer(uint32_t id, unsigned ready)
{
	struct probe_answer a;
	ssize_t n = read(answers, &a, sizeof(a));

	(void)id;
	(void)ready;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	conclude(n == sizeof(a) && a.magic == PROBE_MAGIC ? &a : NULL);
}

/* The child's end of the pipe is closed here whatever comes, so that it ends with the child. */
static int start(const struct statefile *state)
{
	int ends[2], err = sys_pipe(ends, O_NONBLOCK);
	struct probe_child child = { program, -1, state->state_fd, state->table_fd };

	if (err)
		return err;
	answers = ends[0];
	child.answer = ends[1];
	err = probe_start(&child);
	house->state->helpers += err > 0;
	fd_close(&child.answer);
	return MIN(err, 0);
}

bool probe_begin(struct supervisor *sv, struct client *c)
{
	int err;

	house = sv;
	if (asker) {
		request_refuse(asker, "reexec: given up, as somebody asked for another");
		control_drop(asker);
		forget();
	}
	program = open_program(sv->state);
	err = program < 0 ? program : start(sv->state);
	if (err) {
		refuse(c, err == -EISDIR ? why_not_executed(err) : strerror(-err), "put a minit there");
		forget();
		return false;
	}
	asker = c;
	c->kind = CLIENT_PROBE;
	loop_handler(LOOP_PROBE, on_answer);
	loop_watch(LOOP_PROBE, 0, answers, LOOP_READ);
	return true;
}

void probe_tell(const struct supervisor *sv, const struct client *c)
{
	BUF_ON_STACK(ok, 32);

	if (sv->state->returned) {
		request_refuse(c, "reexec: %s: it could not go on from the state: %s: the minit before it has been "
			       "executed again, and runs on", sv->state->program, layout_why(-sv->state->returned));
		return;
	}
	buf_str(&ok, "{\"ok\":true}\n");
	(void)request_send(c, &ok);
}
