#include "tests/fake/launch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cgroup/cgroup.h"

struct fake_launch fake_launch;

void fake_launch_reset(void)
{
	fake_launch = (struct fake_launch){ 0 };
}

static void did(const struct supervisor *sv, uint32_t index, const char *what)
{
	size_t used = strlen(fake_launch.did);

	snprintf(fake_launch.did + used, sizeof(fake_launch.did) - used, "%s%s %s", used ? ", " : "", what,
		 service_name(sv, index));
}

bool net_is_lost(const struct net_attach *attach, int ns, int home)
{
	(void)attach, (void)ns, (void)home;
	return false;
}

void connect_announce(struct supervisor *sv, uint32_t index)
{
	(void)sv, (void)index;
}

void prepare_again(struct supervisor *sv, uint32_t index)
{
	(void)sv, (void)index;
}

int launch(struct supervisor *sv, uint32_t index)
{
	did(sv, index, "launch");
	if (fake_launch.err)
		return fake_launch.err;
	service_at(sv, index)->handles.pid = 100 + (int)index;
	service_pid_add(sv, index);
	return 0;
}

int launch_hear(struct supervisor *sv, uint32_t index, struct spawn_report *ret)
{
	did(sv, index, "hear");
	if (fake_launch.heard != -EAGAIN)
		service_at(sv, index)->handles.status_fd = -1;
	if (fake_launch.heard > 0)
		*ret = (struct spawn_report){ .step = STEP_user, .err = EPERM, .detail = "setgroups" };
	return fake_launch.heard;
}

void launch_stop(struct supervisor *sv, uint32_t index)
{
	did(sv, index, "stop");
}

void launch_kill(struct supervisor *sv, uint32_t index)
{
	did(sv, index, "kill");
}

bool launch_note_killed(const struct supervisor *sv, uint32_t index)
{
	did(sv, index, "note");
	return fake_launch.stillborn;
}

bool launch_has_exited(const struct supervisor *sv, uint32_t index)
{
	(void)sv, (void)index;
	return fake_launch.exited;
}

bool launch_stays(const struct supervisor *sv, uint32_t index)
{
	(void)sv, (void)index;
	return fake_launch.stays;
}

void launch_reaped(struct supervisor *sv, uint32_t index)
{
	service_pid_drop(sv, index);
	service_at(sv, index)->handles.pid = 0;
}

bool launch_is_empty(struct supervisor *sv, uint32_t index)
{
	(void)sv, (void)index;
	return !fake_launch.populated;
}

uint64_t launch_oom_kills(const struct supervisor *sv, uint32_t index)
{
	(void)sv, (void)index;
	return fake_launch.oom_kills;
}
