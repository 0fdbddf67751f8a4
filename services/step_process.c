/* What a process has of its own beside all that: its label, its place before the OOM killer, dumps, keys, terminal. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "services/child.h"

#define JOIN_SESSION_KEYRING 1 /* keyctl(2) */

static const struct privileges_spec *privileges_of(const struct child *child)
{
	return &child_confine(child)->privileges;
}

static int open_own(const struct child *child, const char *dir)
{
	return child_open_minits(child, dir, O_RDONLY | O_DIRECTORY);
}

/*
 * Written here, where /proc is still minit's own, and looked at before it is written: what is at /proc in the service's
 * root may be another file of the same name (CVE-2019-16884, CVE-2025-52881). What is refused is told of as `what`.
 */
static int write_own(struct child *child, const char *dir, const char *file, const char *text, const char *what)
{
	cleanup_fd int fd = open_own(child, dir);
	struct statfs fs;
	int err;

	if (fd < 0)
		return child_fail(child, fd, dir);
	if (fstatfs(fd, &fs) < 0)
		return child_fail(child, -errno, dir);
	if (fs.f_type != PROC_SUPER_MAGIC)
		return child_fail(child, -EPERM, "/proc is no procfs");
	err = fd_write_file(fd, file, text);
	return err ? child_fail(child, err, what) : 0;
}

static int write_oom_score_adj(struct child *child, const struct privileges_spec *p)
{
	BUF_ON_STACK(text, 16);

	if (!(p->given & GIVEN_OOM_SCORE_ADJ))
		return 0;
	buf_fmt(&text, "%d", p->oom_score_adj);
	return write_own(child, "/proc/self", "oom_score_adj", buf_text(&text), "oom_score_adj");
}

static int write_dump_filter(struct child *child, const struct privileges_spec *p)
{
	BUF_ON_STACK(text, 16);

	if (!(p->given & GIVEN_DUMP_FILTER))
		return 0;
	buf_fmt(&text, "0x%x", p->dump_filter);
	return write_own(child, "/proc/self", "coredump_filter", buf_text(&text), "coredump_filter");
}

static bool has_own(const struct child *child, const char *dir)
{
	cleanup_fd int fd = open_own(child, dir);

	return fd >= 0;
}

/* Of its own since Linux 5.8, where other modules have labels too; before that in the place of all of them. */
static int write_apparmor(struct child *child, const char *profile)
{
	BUF_ON_STACK(text, 512);
	int err;

	buf_fmt(&text, "exec %s", profile);
	err = write_own(child, "/proc/thread-self", "attr/apparmor/exec", buf_text(&text), profile);
	if (err == -ENOENT && !has_own(child, "/proc/thread-self/attr/apparmor"))
		err = write_own(child, "/proc/thread-self", "attr/exec", buf_text(&text), profile);
	return err;
}

/* What a child that shares minit's memory would write into it is not for such a child: services/launch.c. */
int step_process(struct child *child)
{
	const struct privileges_spec *p = privileges_of(child);
	int err = write_oom_score_adj(child, p);

	if (!err)
		err = write_dump_filter(child, p);
	if (!err && p->personality && syscall(SYS_personality, p->personality) < 0)
		err = child_fail(child, -errno, "personality");
	return err;
}

/* It holds from the exec on, so not for the reaper, which may be executed too. */
int step_label(struct child *child)
{
	const char *apparmor = table_text(child->table, privileges_of(child)->apparmor_at);
	const char *selinux = table_text(child->table, privileges_of(child)->selinux_at);
	int err = apparmor ? write_apparmor(child, apparmor) : 0;

	if (err || !selinux)
		return err;
	return write_own(child, "/proc/thread-self", "attr/exec", selinux, selinux);
}

/* Its standard input, by now; of the session that it leads. */
int step_terminal(struct child *child)
{
	const char *tty = table_text(child->table, privileges_of(child)->tty_at);

	if (!tty)
		return 0;
	return ioctl(0, TIOCSCTTY, 0) < 0 ? child_fail(child, -errno, tty) : 0;
}

/* Where no namespace could be had, the default is not either. */
static bool wants_keyring(const struct child *child, const struct privileges_spec *p)
{
	return p->keyring == KEYRING_PRIVATE &&
	       (p->given & GIVEN_KEYRING || child->namespaces || child->netns_fd >= 0);
}

/* Made by root, whose quota of keys is large; the session that has it may all with it. */
int step_keyring(struct child *child)
{
	const struct privileges_spec *p = privileges_of(child);

	if (!wants_keyring(child, p) || syscall(SYS_keyctl, JOIN_SESSION_KEYRING, NULL) >= 0)
		return 0;
	return p->given & GIVEN_KEYRING ? child_fail(child, -errno, "keyring") : 0;
}
