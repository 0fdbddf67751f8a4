/* What minit has itself of what it is to hand on: read once, at boot. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "services/caps.h"
#include "services/state.h"

#define SESSION_KEYRING (-3) /* keyctl(2) */

static void read_bounding(void)
{
	int has;

	caps_known = caps_own.set[CAPS_BOUNDING] = 0;
	for (int cap = 0; (has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0)) >= 0; cap++) {
		caps_known |= (uint64_t)1 << cap;
		caps_own.set[CAPS_BOUNDING] |= (uint64_t)has << cap;
	}
}

/* Linux before 4.3 has none, and says EINVAL. */
static void read_ambient(void)
{
	for (int cap = 0; caps_own.set[CAPS_INHERITABLE] >> cap; cap++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) > 0)
			caps_own.set[CAPS_AMBIENT] |= (uint64_t)1 << cap;
}

void caps_read(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	caps_root = geteuid() == 0;
	caps_own = (struct caps){ 0 };
	read_bounding();
	if (syscall(SYS_capget, &header, data) < 0)
		return;
	caps_own.set[CAPS_PERMITTED] = data[0].permitted | (uint64_t)data[1].permitted << 32;
	caps_own.set[CAPS_EFFECTIVE] = data[0].effective | (uint64_t)data[1].effective << 32;
	caps_own.set[CAPS_INHERITABLE] = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	read_ambient();
}

/* A name is looked up in the root of the service, at each start: another one of uid 0 is not known here. */
static bool is_root(const struct table *t, const struct service_spec *spec)
{
	const char *user = table_text(t, spec->user_at);

	return user ? !strcmp(user, "root") || !strcmp(user, "0") : caps_root;
}

static uint64_t missing_caps(const struct table *t, const struct service_spec *spec)
{
	const uint64_t missing = caps_usual() & ~caps_own.set[CAPS_PERMITTED];

	if (!missing || table_confine(t, spec)->privileges.caps.form != CAPS_BY_USER || !is_root(t, spec))
		return 0;
	return missing;
}

static void say_caps(uint64_t missing)
{
	static bool said;
	BUF_ON_STACK(names, 400);

	if (said)
		return;
	said = true;
	for (unsigned cap = 0; cap < 64; cap++)
		if (missing >> cap & 1)
			buf_fmt(&names, "%s%s", names.len ? ", " : "", caps_name(cap));
	log_warn("capabilities", 0, "services of root are without %s, which minit itself does not have (name them in "
		 "caps to make it an error)", buf_text(&names));
}

static bool has_keyrings(void)
{
	return syscall(SYS_keyctl, 0, SESSION_KEYRING, 0) >= 0 || (errno != ENOSYS && errno != EPERM);
}

static bool misses_keyring(const struct privileges_spec *p)
{
	static bool is_known, is_missing;

	if (p->keyring != KEYRING_PRIVATE || p->given & GIVEN_KEYRING)
		return false;
	if (!is_known && (is_missing = !has_keyrings()))
		log_warn("keyring", errno, "services have none of their own here (ask for it to make it an error)");
	is_known = true;
	return is_missing;
}

int32_t privileges_missing(const struct table *t, const struct service_spec *spec)
{
	uint64_t caps = missing_caps(t, spec);

	if (caps)
		say_caps(caps);
	return (caps ? MISSING_CAPS : 0) |
	       (misses_keyring(&table_confine(t, spec)->privileges) ? MISSING_KEYRING : 0);
}
