#include "services/child.h"

#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/path.h"

typedef int step_fn(struct child *child);

static const struct {
	step_fn *run;
	enum step id;
} steps[] = {
#define STEP(id, words) { step_##id, STEP_##id },
#include "services/steps.def"
#undef STEP
};

/* Of what is too long the end says more. */
int child_fail(struct child *child, int err, const char *detail)
{
	size_t len = strlen(detail), most = sizeof(child->detail) - 1, dots = len > most ? 3 : 0;

	memcpy(child->detail, "...", dots);
	strncpy(child->detail + dots, detail + (dots ? len + dots - most : 0), most - dots);
	return err;
}

int child_open_minits(const struct child *child, const char *path, int flags)
{
	return child->root_fd < 0 ? fd_open(path, flags) : path_open_within(child->root_fd, path, flags);
}

static void report(struct child *child, enum step step, int err)
{
	struct spawn_report r = { .step = step, .err = -err };

	memcpy(r.detail, child->detail, sizeof(r.detail));
	if (write(child->status_fd, &r, sizeof(r)) < 0)
		return; /* nobody is left to hear it: the exit status says 127 */
}

/* A report without an error. */
void child_note(struct child *child, enum step step, const char *what)
{
	struct spawn_report r = { .step = step };

	strncpy(r.detail, what, sizeof(r.detail) - 1);
	if (write(child->status_fd, &r, sizeof(r)) < 0)
		return; /* nobody is left to hear it */
}

void child_run(struct child *child)
{
	child_run_from(child, steps[0].id);
}

/* Steps are numbered from 1 on: 0 is the parent's. */
void child_run_from(struct child *child, enum step step)
{
	for (size_t i = step - 1; i < ARRAY_LEN(steps); i++) {
		int err = steps[i].run(child);

		if (err >= 0)
			continue;
		report(child, child->blamed ? child->blamed : steps[i].id, err);
		_exit(127);
	}
	_exit(127); /* the last step is exec */
}
