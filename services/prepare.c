#include "services/prepare.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "lib/sys.h"
#include "services/caps.h"
#include "services/connect.h"
#include "services/leaf.h"
#include "services/online.h"

int prepare_refuse(struct supervisor *sv, uint32_t index, enum step step, int err, const char *detail)
{
	struct handles *h = &service_at(sv, index)->handles;

	h->refused = -err;
	h->refused_step = (uint16_t)step;
	strncpy(h->report.detail, detail, sizeof(h->report.detail) - 1);
	return err;
}

static int prepare_leaf(struct supervisor *sv, uint32_t index)
{
	const char *detail;
	int err = leaf_prepare(sv, index, &detail);

	return err ? prepare_refuse(sv, index, STEP_leaf, err, detail) : 0;
}

static int prepare_network(struct supervisor *sv, uint32_t index)
{
	const char *what;
	int err = connect_prepare(sv, index, &what);

	return err ? prepare_refuse(sv, index, STEP_network, err, what) : 0;
}

static int prepare_output(struct supervisor *sv, uint32_t index)
{
	struct handles *h = &service_at(sv, index)->handles;
	int ends[2];
	int err = sys_pipe(ends, 0);

	if (err)
		return prepare_refuse(sv, index, STEP_stdio, err, "");
	fd_close(&h->out[0]); /* of a pipe that a crash left half noted */
	h->out[0] = ends[0];
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	h->out[1] = ends[1];
	return 0;
}

/* Asked for by the service itself it is an error where it cannot be had; a default is left out, and that is said. */
static int prepare_seccomp(struct supervisor *sv, uint32_t index)
{
	const struct confine_spec *confine = table_confine(sv->table, spec_at(sv, index));
	struct handles *h = &service_at(sv, index)->handles;
	int err = confine->seccomp.program.count ? sys_can_filter(confine->no_new_privs) : 0;

	if (!err)
		return 0;
	if (confine->seccomp.is_explicit)
		return prepare_refuse(sv, index, STEP_seccomp, err,
				      confine->no_new_privs ? "" : "without no_new_privs");
	if (!(h->missing & MISSING_SECCOMP))
		log_warn(service_name(sv, index), -err,
			 "seccomp: the default cannot be had here and is left out (%sask for it to make it an error)",
			 err == -EACCES ? "with no_new_privs it can be had; " : "");
	h->missing |= MISSING_SECCOMP;
	return 0;
}

int prepare_service(struct supervisor *sv, uint32_t index)
{
	const struct service_spec *spec = spec_at(sv, index);
	struct handles *h = &service_at(sv, index)->handles;
	int err = 0;

	h->refused = 0;
	if (prepare_wants_pipe(spec) && h->out[1] < 0)
		err = prepare_output(sv, index); /* first: the log helper takes the pipes of all */
	if (!err && spec->leaf)
		err = prepare_leaf(sv, index);
	h->later = upon_unmet(sv, index) != 0;
	if (!err && spec->namespaces & CLONE_NEWNET && h->netns < 0 && !h->later)
		err = prepare_network(sv, index);
	h->missing |= privileges_missing(sv->table, spec);
	return err ? err : prepare_seccomp(sv, index);
}

/* At boot, all has been prepared before the first start: what was refused then is refused now, and was told. */
void prepare_again(struct supervisor *sv, uint32_t index)
{
	const struct handles *h = &service_at(sv, index)->handles;
	const struct net_attach *lost = prepare_lost(sv, index);
	bool was_just_tried = !service_at(sv, index)->life.starts && spec_at(sv, index)->autostart && !h->later;

	if (lost)
		connect_forget(sv, index, lost);
	else if (prepare_is_guarded(sv, index))
		connect_open(sv, index);
	if ((lost || prepare_is_refused(sv, index)) && !h->pid && !was_just_tried)
		(void)!prepare_service(sv, index); /* what is refused still, launch() says */
}

void prepare_rest(struct supervisor *sv, uint32_t index)
{
	const char *detail = "";
	bool has_own = has_leaf(sv, index) && !service_at(sv, index)->handles.refused;
	int err = has_own ? leaf_partition(sv, index, &detail) : 0;

	if (err)
		prepare_refuse(sv, index, STEP_leaf, err, detail);
	err = connect_port(sv, index);
	if (err)
		prepare_refuse(sv, index, STEP_network, err, "");
}
