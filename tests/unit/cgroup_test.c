// links: cgroup/cgroup.c cgroup/friendly.c cgroup/home.c cgroup/limits.c cgroup/nodes.c cgroup/open.c cgroup/place.c cgroup/tree.c
// links: cgroup/above.c cgroup/found.c cgroup/old.c cgroup/v1.c cgroup/v1_limits.c cgroup/v1_oom.c cgroup/v1_open.c cgroup/v2.c cgroup/v2_limits.c cgroup/v2_open.c cgroup/write.c lib/pressure.c
// links: lib/buf.c lib/fd.c lib/log.c lib/sys.c lib/addr.c lib/text.c
// flags: -Wl,--wrap=fd_write_file,--wrap=sys_kill,--wrap=sys_clone,--wrap=flock,--wrap=v1_offer
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "cgroup/ops.h"
#include "cgroup/place.h"
#include "cgroup/tree.h"
#include "lib/fd.h"
#include "lib/sys.h"

/*
 * Plain directories and files stand for the kernel's. Unlike those they do not
 * come with a new group: `leaf` makes one with the files it should have, and
 * what is written is seen as it was written, in order.
 */
static struct {
	char dir[64];
	char wrote[2048]; /* " FILE=TEXT", for each write that went through */
	char killed[256]; /* " PID" */
	bool is_slow;     /* the next write takes half a minute, or until a signal comes */
	const char *refuse; /* "FILE=TEXT" that is refused */
	int times, err;     /* as often, with this errno */
	int poisonings;     /* so often a threaded controller finds a process inside */
	bool offers_v1;     /* a v1 hierarchy that was not used before can be had */
	int sweeps;         /* so often another minit is faster than we to lock our home */
} k;

static void file(const char *path, const char *text);
static void group(const char *path);
static int dir_of(const char *path);
static const char *at(const char *path);

int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);
int __real_fd_write_file(int dir, const char *path, const char *text);
int __wrap_fd_write_file(int dir, const char *path, const char *text);
int __wrap_sys_kill(pid_t pid, int sig);
pid_t __wrap_sys_clone(const struct sys_clone *how);
int __wrap_v1_offer(struct cgroup_home *home, enum cgroup_v1 controller);

int __wrap_fd_write_file(int dir, const char *path, const char *text)
{
	char what[400];
	int err;

	snprintf(what, sizeof(what), "%s=%s", path, text);
	if (k.refuse && !strcmp(what, k.refuse) && k.times-- > 0)
		return -k.err;
	if (k.is_slow && nanosleep(&(struct timespec){ .tv_sec = 30 }, NULL) < 0)
		k.is_slow = false;
	if (!strcmp(text, "+pids") && k.poisonings-- > 0)
		file("own/cgroup.type", "domain threaded\n");
	if (!strcmp(text, "-pids"))
		file("own/cgroup.type", "domain\n");
	err = __real_fd_write_file(dir, path, text);
	if (!err && strlen(k.wrote) + strlen(what) + 2 < sizeof(k.wrote))
		strcat(strcat(k.wrote, " "), what);
	return err;
}

int __wrap_flock(int fd, int how)
{
	char path[64], name[512];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (k.sweeps-- <= 0 || (n = readlink(path, name, sizeof(name) - 1)) < 0)
		return __real_flock(fd, how);
	name[n] = '\0';
	assert_int_equal(rmdir(name), 0);
	return __real_flock(fd, how);
}

int __wrap_v1_offer(struct cgroup_home *home, enum cgroup_v1 controller)
{
	if (!k.offers_v1)
		return -ENOENT;
	group(cgroup_controllers[controller].v1_name);
	home->v1[controller] = dir_of(cgroup_controllers[controller].v1_name);
	return 0;
}

int __wrap_sys_kill(pid_t pid, int sig)
{
	assert_int_equal(sig, 9);
	sprintf(k.killed + strlen(k.killed), " %d", pid);
	return 0;
}

pid_t __wrap_sys_clone(const struct sys_clone *how)
{
	(void)how;
	return -EOPNOTSUPP;
}

static const char *at(const char *path)
{
	static char full[8][4096];
	static int next;
	char *p = full[next++ % 8];

	snprintf(p, sizeof(full[0]), "%s/%s", k.dir, path);
	return p;
}

static void group(const char *path)
{
	char part[4096];

	snprintf(part, sizeof(part), "%s", at(path));
	for (char *p = strchr(part + strlen(k.dir) + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(part, 0755);
		*p = '/';
	}
	mkdir(part, 0755);
}

static void file(const char *path, const char *text)
{
	FILE *f = fopen(at(path), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A group with these files, all empty. */
static void group_with(const char *path, const char *files)
{
	char list[512], full[1024], *rest = list, *word;

	group(path);
	snprintf(list, sizeof(list), "%s", files);
	while ((word = strsep(&rest, " "))) {
		snprintf(full, sizeof(full), "%s/%s", path, word);
		file(full, "");
	}
}

static int dir_of(const char *path)
{
	int fd = open(at(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static bool is_there(const char *path)
{
	return access(at(path), F_OK) == 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	(void)state;
	memset(&k, 0, sizeof(k));
	strcpy(k.dir, "/tmp/cgroup_test.XXXXXX");
	return mkdtemp(k.dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return nftw(k.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define V2_FILES "cgroup.procs cgroup.kill cgroup.freeze cgroup.events memory.max memory.oom.group pids.max cpu.max io.weight"
#define ALL_CONTROLLERS (1u << CGROUP_V1_MEMORY | 1u << CGROUP_V1_CPU | 1u << CGROUP_V1_PIDS | 1u << CGROUP_V1_BLKIO)

static struct cgroup_home no_home(void)
{
	struct cgroup_home home = { .v2 = -1 };

	for (int i = 0; i < CGROUP_V1_COUNT; i++)
		home.v1[i] = -1;
	return home;
}

static struct cgroup_home home_v2(void)
{
	struct cgroup_home home = no_home();

	group("v2");
	home.v2 = dir_of("v2");
	home.v2_controllers = ALL_CONTROLLERS;
	return home;
}

static const char *const v1_names[] = {
#define CONTROLLER(id, v1, v2, when) v1,
#include "cgroup/controllers.def"
#undef CONTROLLER
};

static void add_v1(struct cgroup_home *home, enum cgroup_v1 controller)
{
	group(v1_names[controller]);
	home->v1[controller] = dir_of(v1_names[controller]);
}

static struct cgroup_home home_v1(void)
{
	struct cgroup_home home = no_home();

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		if (cgroup_controllers[i].when != CONTROLLER_WISH)
			add_v1(&home, i);
	return home;
}

static struct cgroup_home home_hybrid(void)
{
	struct cgroup_home home = home_v2();

	home.v2_controllers = 0;
	add_v1(&home, CGROUP_V1_MEMORY);
	add_v1(&home, CGROUP_V1_CPU);
	add_v1(&home, CGROUP_V1_PIDS);
	add_v1(&home, CGROUP_V1_BLKIO);
	return home;
}

static void forget(struct cgroup_home *home)
{
	fd_close(&home->v2);
	for (int i = 0; i < CGROUP_V1_COUNT; i++)
		fd_close(&home->v1[i]);
}

/* -- our own place ------------------------------------------------------------------------------- */

static int find(const char *own, const char *controller, struct place *place)
{
	int proc, err;

	group("proc/self");
	file("proc/self/cgroup", own);
	proc = dir_of("proc");
	err = place_find(proc, controller, place);
	close(proc);
	return err;
}

static void place_is_read_from_proc(void **state)
{
	static const char own[] = "12:pids:/p\n4:cpuset,cpu:/\n3:cpuacct,blkio:/a b:c\n1:name=systemd:/s\n0::/user.slice\n";
	struct place place;

	(void)state;
	assert_int_equal(find(own, "", &place), 0);
	assert_string_equal(place.path, "/user.slice");
	assert_int_equal(find(own, "cpu", &place), 0);
	assert_string_equal(place.path, "/");
	assert_string_equal(place.controllers, "cpuset,cpu");
	assert_true(place_has(&place, "cpuset") && !place_has(&place, "cpus") && !place_has(&place, "set"));
	assert_int_equal(find(own, "blkio", &place), 0);
	assert_string_equal(place.path, "/a b:c");
	assert_int_equal(find(own, "pids", &place), 0);
	assert_string_equal(place.path, "/p");
	assert_int_equal(find(own, "memory", &place), -ENOENT);
	assert_int_equal(find(own, "systemd", &place), -ENOENT);
	assert_int_equal(find("", "", &place), -ENOENT);
}

static void place_outside_of_the_namespace_is_refused(void **state)
{
	struct place place;

	(void)state;
	assert_int_equal(find("0::/../init.scope\n", "", &place), -EXDEV);
	assert_int_equal(find("0::/..\n", "", &place), -EXDEV);
	assert_int_equal(find("0::/..hidden\n", "", &place), 0);
}

static void lines_longer_than_any_buffer_are_passed_over(void **state)
{
	static char own[20000];
	struct place place;

	(void)state;
	memset(own, 'x', sizeof(own) - 1);
	memcpy(own, "9:pids:/", 8);
	memcpy(own + 4096, "8:cpu:/", 7); /* where the rest of the line begins */
	own[4200] = '\n';
	strcpy(own + sizeof(own) - 24, "\n0::/here\n");
	assert_int_equal(find(own, "", &place), 0);
	assert_string_equal(place.path, "/here");
	assert_int_equal(find(own, "pids", &place), -ENOENT);
	assert_int_equal(find(own, "cpu", &place), -ENOENT);
}

static void own_group_is_found_below_its_mount(void **state)
{
	static const struct {
		const char *path, *root, *point, *found;
	} cases[] = {
		{ "/", "/", "/sys/fs/cgroup", "/sys/fs/cgroup" },
		{ "/a/b", "/", "/sys/fs/cgroup", "/sys/fs/cgroup/a/b" },
		{ "/docker/1", "/docker/1", "/c", "/c" },
		{ "/docker/1/x", "/docker/1", "/c", "/c/x" },
		{ "/docker/12", "/docker/1", "/c", NULL },
		{ "/", "/docker/1", "/c", NULL },
		{ "/", "/../..", "/c", NULL },
		{ "/x y", "/x\\040y", "/sys/a\\040b", "/sys/a b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char root[64], point[64], found[64] = "";
		struct place place = { .controllers = "" };
		int err;

		strcpy(place.path, cases[i].path);
		strcpy(root, cases[i].root);
		strcpy(point, cases[i].point);
		err = place_path(&place, root, point, found, sizeof(found));
		assert_int_equal(err, cases[i].found ? 0 : -ENOENT);
		assert_string_equal(found, cases[i].found ? cases[i].found : "");
	}
}

static void what_is_mounted_above_a_cgroup_is_not_taken_for_it(void **state)
{
	struct place place = { .path = "/" };
	char info[512];
	int proc, fd;

	(void)state;
	group("proc/self");
	group("cg");
	snprintf(info, sizeof(info), "30 20 0:26 / %s rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n", at("cg"));
	file("proc/self/mountinfo", info);
	proc = dir_of("proc");
	fd = place_open(proc, &place);
	close(proc);
	assert_int_equal(fd, -ENOENT);
}

/* -- room ------------------------------------------------------------------------------------------ */

static int settle(struct cgroup_home *home, const char *type, const char *procs)
{
	int own, err;

	*home = no_home();
	group_with("own", "cgroup.subtree_control");
	group_with("own/init", "cgroup.procs");
	if (type)
		file("own/cgroup.type", type);
	else
		unlink(at("own/cgroup.type")); /* as of the root of all */
	file("own/cgroup.procs", procs);
	file("own/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma\n");
	own = dir_of("own");
	err = v2_settle(home, CGROUP_V1_COUNT, own);
	close(own);
	return err;
}

static const char *own_pid(void)
{
	static char text[32];

	snprintf(text, sizeof(text), "%d\n", getpid());
	return text;
}

static void group_of_our_own_gets_each_controller_by_one_write_domains_first(void **state)
{
	struct cgroup_home home;

	(void)state;
	assert_int_equal(settle(&home, "domain\n", own_pid()), 0);
	assert_string_equal(k.wrote, " cgroup.subtree_control=+memory cgroup.subtree_control=+io"
				     " cgroup.subtree_control=+cpu cgroup.subtree_control=+pids");
	assert_int_equal(home.v2_controllers, ALL_CONTROLLERS);
	assert_false(home.shared);
	forget(&home);
}

static void limits_of_a_killed_runs_groups_go_with_them(void **state)
{
	struct cgroup_home home;

	(void)state;
	group("own/grp.pen");
	group("own/svc.old");
	group_with("own/svc.busy", "cgroup.procs");
	assert_int_equal(settle(&home, "domain\n", own_pid()), 0);
	assert_false(is_there("own/grp.pen"));
	assert_false(is_there("own/svc.old"));
	assert_true(is_there("own/svc.busy"));
	forget(&home);
}

static void controller_that_is_refused_leaves_the_others(void **state)
{
	struct cgroup_home home;

	(void)state;
	k.refuse = "cgroup.subtree_control=+io";
	k.times = 1;
	k.err = EINVAL;
	assert_int_equal(settle(&home, "domain\n", own_pid()), 0);
	assert_int_equal(home.v2_controllers, ALL_CONTROLLERS & ~(1u << CGROUP_V1_BLKIO));
	forget(&home);
}

static void who_comes_in_meanwhile_is_moved_too(void **state)
{
	struct cgroup_home home;

	(void)state;
	k.refuse = "cgroup.subtree_control=+memory";
	k.times = 3;
	k.err = EBUSY;
	assert_int_equal(settle(&home, "domain\n", own_pid()), 0);
	assert_int_equal(home.v2_controllers, ALL_CONTROLLERS);
	forget(&home);
}

static void threaded_controller_that_met_a_process_is_taken_back(void **state)
{
	struct cgroup_home home;

	(void)state;
	k.poisonings = 2;
	assert_int_equal(settle(&home, "domain\n", own_pid()), 0);
	assert_int_equal(home.v2_controllers, ALL_CONTROLLERS);
	assert_non_null(strstr(k.wrote, "=+pids cgroup.subtree_control=-pids cgroup.subtree_control=+pids"));
	assert_string_equal(strrchr(k.wrote, '='), "=+pids");
	forget(&home);
}

static void other_processes_are_left_and_leaves_made_beside_them(void **state)
{
	struct cgroup_home home;
	char procs[64];
	struct stat st;

	(void)state;
	snprintf(procs, sizeof(procs), "1\n%s", own_pid());
	assert_int_equal(settle(&home, "domain\n", procs), 0);
	assert_true(home.shared);
	assert_int_equal(home.v2_controllers, 0);
	assert_int_equal(home.withheld & ALL_CONTROLLERS, ALL_CONTROLLERS);
	assert_true(home.withheld & 1u << CGROUP_V1_HUGETLB);
	assert_string_equal(k.wrote, "");
	assert_int_equal(fstat(home.v2, &st), 0);
	cgroup_close(&home);
	assert_int_equal(home.v2, -1);
}

static void root_of_all_withholds_nothing(void **state)
{
	struct cgroup_home home;
	char procs[64];

	(void)state;
	snprintf(procs, sizeof(procs), "1\n%s", own_pid());
	assert_int_equal(settle(&home, NULL, procs), 0);
	assert_true(home.shared);
	assert_int_equal(home.withheld, 0);
	cgroup_close(&home);
}

static bool has_home(void)
{
	char name[128];
	struct stat ns;

	assert_int_equal(stat("/proc/self/ns/pid", &ns), 0);
	snprintf(name, sizeof(name), "own/minit.%lu.%d", (unsigned long)ns.st_ino, getpid());
	return is_there(name);
}

static void home_that_was_swept_while_it_was_made_is_made_again(void **state)
{
	struct cgroup_home home;

	(void)state;
	k.sweeps = 2;
	assert_int_equal(settle(&home, "domain\n", "1\n"), 0);
	assert_true(has_home());
	cgroup_close(&home);
	assert_false(has_home());
}

static void home_is_locked_as_long_as_minit_lives(void **state)
{
	struct cgroup_home first, second;
	char name[128];
	struct stat ns;

	(void)state;
	assert_int_equal(settle(&first, "domain\n", "1\n"), 0);
	assert_int_equal(stat("/proc/self/ns/pid", &ns), 0);
	snprintf(name, sizeof(name), "own/minit.%lu.%d", (unsigned long)ns.st_ino, getpid());
	assert_int_equal(rename(at(name), at("own/minit.1.97")), 0);
	assert_int_equal(settle(&second, "domain\n", "1\n"), 0);
	assert_true(is_there("own/minit.1.97"));
	forget(&first);
	cgroup_close(&second);
	assert_int_equal(settle(&second, "domain\n", "1\n"), 0);
	assert_false(is_there("own/minit.1.97"));
	cgroup_close(&second);
}

static void home_of_a_dead_minit_is_cleared_away_and_of_a_living_one_left(void **state)
{
	struct cgroup_home home;
	int living;

	(void)state;
	group("own/minit.1.99/svc.web/sub");
	group("own/minit.1.98/svc.web");
	group("own/minit.1.9x");
	group("own/minit.1");
	living = dir_of("own/minit.1.99");
	assert_int_equal(flock(living, LOCK_EX), 0);
	assert_int_equal(settle(&home, "domain\n", "1\n"), 0);
	assert_true(is_there("own/minit.1.99/svc.web/sub"));
	assert_false(is_there("own/minit.1.98"));
	assert_true(is_there("own/minit.1.9x") && is_there("own/minit.1"));
	cgroup_close(&home);
	close(living);
	assert_int_equal(settle(&home, "domain\n", "1\n"), 0);
	assert_false(is_there("own/minit.1.99"));
	cgroup_close(&home);
}

static void threaded_group_is_refused(void **state)
{
	struct cgroup_home home;

	(void)state;
	assert_int_equal(settle(&home, "domain threaded\n", own_pid()), -EOPNOTSUPP);
	assert_int_equal(settle(&home, "domain invalid\n", own_pid()), -EOPNOTSUPP);
	assert_int_equal(home.v2, -1);
	assert_string_equal(k.wrote, "");
}

/* -- leaves ---------------------------------------------------------------------------------------- */

static void leaf_is_made_with_oom_for_the_whole(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	assert_int_equal(cgroup_create(&home, "web"), 0);
	assert_true(is_there("v2/svc.web"));
	rmdir(at("v2/svc.web"));
	group_with("v2/svc.web", V2_FILES);
	assert_int_equal(cgroup_create(&home, "web"), 0);
	assert_non_null(strstr(k.wrote, " svc.web/memory.oom.group=1"));
	forget(&home);
}

static void name_cannot_lead_out_of_the_home(void **state)
{
	struct cgroup_home home = home_v2();
	char name[400];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_true(cgroup_create(&home, "a/../../b") < 0);
	assert_true(cgroup_create(&home, name) < 0);
	group("v2/svc.a");
	group("v2/b");
	cgroup_remove(&home, "a/../b");
	assert_true(is_there("v2/b"));
	forget(&home);
}

/* It cannot be removed, as it has files: like a leaf with processes. */
static void leaf_left_by_a_former_run_is_emptied_and_freed_of_limits(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	group_with("v2/svc.web", V2_FILES " cpu.weight memory.high");
	assert_int_equal(cgroup_create(&home, "web"), 0);
	assert_string_equal(k.wrote, " svc.web/memory.oom.group=1 svc.web/cgroup.kill=1 svc.web/cgroup.freeze=0"
				     " svc.web/memory.max=max svc.web/memory.oom.group=1 svc.web/memory.high=max"
				     " svc.web/cpu.max=max svc.web/cpu.weight=100 svc.web/pids.max=max svc.web/io.weight=100");
	forget(&home);
}

static int set_in(struct cgroup_home *home, const char *name, const char *file, const char *text, const char *part)
{
	BUF_ON_STACK(why, 256);
	int err = cgroup_limit(home, name, file, text, &why);

	if (part && !strstr(buf_text(&why), part))
		fail_msg("'%s' does not say '%s'", buf_text(&why), part);
	if (!part)
		assert_int_equal(why.len, 0);
	return err;
}

static int set(struct cgroup_home *home, const char *file, const char *text, const char *part)
{
	return set_in(home, "web", file, text, part);
}

static void limits_are_written_to_v2(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	group_with("v2/svc.web", V2_FILES);
	assert_int_equal(set(&home, "memory.max", "67108864", NULL), 0);
	assert_int_equal(set(&home, "cpu.max", "50000 100000", NULL), 0);
	assert_int_equal(set(&home, "pids.max", "max", NULL), 0);
	assert_int_equal(set(&home, "io.weight", "10000", NULL), 0);
	assert_string_equal(k.wrote, " svc.web/memory.max=67108864 svc.web/cpu.max=50000 100000 svc.web/pids.max=max"
				     " svc.web/io.weight=10000");
	forget(&home);
}

static void weight_of_io_goes_to_bfq_where_that_is(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	group_with("v2/svc.web", "io.bfq.weight");
	assert_int_equal(set(&home, "io.weight", "10000", NULL), 0);
	assert_int_equal(set(&home, "io.weight", "8:0 200", NULL), 0);
	assert_string_equal(k.wrote, " svc.web/io.bfq.weight=1000 svc.web/io.bfq.weight=8:0 109");
	/* The disk has that scheduler, and io.cost is off. */
	group_with("v2/svc.db", "io.weight io.bfq.weight");
	k.refuse = "svc.db/io.weight=8:0 10000";
	k.err = EOPNOTSUPP;
	k.times = 1;
	assert_int_equal(set_in(&home, "db", "io.weight", "8:0 10000", NULL), 0);
	forget(&home);
}

static void limits_are_translated_for_v1(void **state)
{
	struct cgroup_home home = home_v1();

	(void)state;
	group_with("memory/svc.web", "memory.limit_in_bytes");
	group_with("cpu/svc.web", "cpu.shares cpu.cfs_period_us cpu.cfs_quota_us");
	group_with("blkio/svc.web", "blkio.bfq.weight");
	assert_int_equal(set(&home, "memory.max", "67108864", NULL), 0);
	assert_int_equal(set(&home, "cpu.max", "50000 100000", NULL), 0);
	assert_int_equal(set(&home, "cpu.max", "max", NULL), 0);
	assert_int_equal(set(&home, "cpu.weight", "200", NULL), 0);
	assert_int_equal(set(&home, "io.weight", "10000", NULL), 0);
	assert_string_equal(k.wrote, " svc.web/memory.limit_in_bytes=67108864"
				     " svc.web/cpu.cfs_quota_us=-1 svc.web/cpu.cfs_period_us=100000"
				     " svc.web/cpu.cfs_quota_us=50000 svc.web/cpu.cfs_quota_us=-1"
				     " svc.web/cpu.shares=2048 svc.web/blkio.bfq.weight=1000");
	forget(&home);
}

static void limit_that_cannot_be_had_says_why_and_what_to_do(void **state)
{
	struct cgroup_home home = home_v2(), v1 = home_v1(), none = no_home();

	(void)state;
	group_with("v2/svc.web", V2_FILES);
	k.refuse = "svc.web/memory.max=4096";
	k.times = 3;
	k.err = EACCES;
	assert_int_equal(set(&home, "memory.max", "4096", "delegated"), -EACCES);
	k.err = EROFS;
	assert_int_equal(set(&home, "memory.max", "4096", "mount it rw"), -EROFS);
	k.err = EBUSY;
	assert_int_equal(set(&home, "memory.max", "4096", "in use"), -EBUSY);
	k.refuse = "svc.web/io.weight=8:0 200";
	k.err = EOPNOTSUPP;
	k.times = 1;
	assert_int_equal(set(&home, "io.weight", "8:0 200", "io.cost.qos"), -EOPNOTSUPP);
	assert_int_equal(set(&home, "cpu.weight", "5", "this kernel has no cpu.weight"), -ENOENT);
	home.v2_controllers &= ~(1u << CGROUP_V1_MEMORY);
	assert_int_equal(set(&home, "memory.max", "4096", "no controller memory: "), -ENOENT);
	home.withheld = 1u << CGROUP_V1_MEMORY;
	assert_int_equal(set(&home, "memory.max", "4096", "Delegate=yes"), -ENOENT);
	assert_int_equal(set(&v1, "memory.high", "4096", "v1 has no memory.high"), -EOPNOTSUPP);
	assert_int_equal(set(&v1, "io.weight", "8:0 200", "one weight for all disks"), -EOPNOTSUPP);
	assert_int_equal(set(&v1, "memory.oom.group", "1", "within its memory.max or that of its group alone: give that too"), -EOPNOTSUPP);
	assert_int_equal(set_in(&v1, "shop/", "memory.oom.group", "1", "within its memory.max or that of its group alone"), -EOPNOTSUPP);
	assert_int_equal(set(&v1, "memory.oom.group", "0", NULL), 0);
	none.err = -EROFS;
	assert_int_equal(set(&none, "memory.max", "4096", "mount it rw"), -EROFS);
	forget(&home);
	forget(&v1);
}

static void limit_of_what_is_counted_by_name_says_what_there_is(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	home.v2_controllers |= 1u << CGROUP_V1_MISC | 1u << CGROUP_V1_RDMA | 1u << CGROUP_V1_DMEM;
	group_with("v2/svc.web", V2_FILES " misc.max rdma.max dmem.max");
	k.refuse = "svc.web/misc.max=sev 4";
	k.times = 3;
	k.err = EINVAL;
	assert_int_equal(set(&home, "misc.max", "sev 4", "misc.capacity of the root of all cgroups"), -EINVAL);
	file("misc.capacity", "");
	assert_int_equal(set(&home, "misc.max", "sev 4", "this machine has nothing of that (misc.capacity)"), -EINVAL);
	file("misc.capacity", "sgx_epc 40960\nsev_es 99\n");
	assert_int_equal(set(&home, "misc.max", "sev 4", "has sgx_epc 40960, sev_es 99 (misc.capacity)"), -EINVAL);
	k.refuse = "svc.web/dmem.max=vram 4";
	k.times = 1;
	file("v2/dmem.capacity", "drm/0/vram0 4096\n");
	assert_int_equal(set(&home, "dmem.max", "vram 4", "has drm/0/vram0 4096 (dmem.capacity)"), -EINVAL);
	k.refuse = "svc.web/rdma.max=mlx4_0 hca_handle=2";
	k.times = 2;
	k.err = ENODEV;
	assert_int_equal(set(&home, "rdma.max", "mlx4_0 hca_handle=2", "no such device, nor any other"), -ENODEV);
	file("v2/svc.web/rdma.max", "mlx5_0 hca_handle=max hca_object=max\nrxe0 hca_handle=5 hca_object=max\n");
	assert_int_equal(set(&home, "rdma.max", "mlx4_0 hca_handle=2", "no such device, but mlx5_0, rxe0"), -ENODEV);
	k.refuse = "svc.web/rdma.max=mlx5_0 hca=2";
	k.times = 1;
	k.err = EINVAL;
	assert_int_equal(set(&home, "rdma.max", "mlx5_0 hca=2", "it takes hca_handle and hca_object"), -EINVAL);
	forget(&home);
}

static void swap_of_v1_is_counted_with_the_memory(void **state)
{
	struct cgroup_home home = home_v1();

	(void)state;
	group_with("memory/svc.web", "memory.limit_in_bytes memory.memsw.limit_in_bytes");
	file("memory/svc.web/memory.limit_in_bytes", "9223372036854771712\n");
	assert_int_equal(set(&home, "memory.swap.max", "0", "give memory.max too"), -EAGAIN);
	file("memory/svc.web/memory.limit_in_bytes", "1000\n");
	file("memory/svc.web/memory.memsw.limit_in_bytes", "9223372036854771712\n");
	assert_int_equal(set(&home, "memory.swap.max", "50", NULL), 0);
	file("memory/svc.web/memory.memsw.limit_in_bytes", "1050\n");
	assert_int_equal(set(&home, "memory.max", "2000", NULL), 0);
	file("memory/svc.web/memory.limit_in_bytes", "2000\n");
	file("memory/svc.web/memory.memsw.limit_in_bytes", "2050\n");
	assert_int_equal(set(&home, "memory.max", "500", NULL), 0);
	file("memory/svc.web/memory.limit_in_bytes", "500\n");
	file("memory/svc.web/memory.memsw.limit_in_bytes", "550\n");
	/* That of swap would be gone with it, unseen. */
	assert_int_equal(set(&home, "memory.max", "max", "give memory.swap.max = \"max\" first"), -EINVAL);
	assert_int_equal(set(&home, "memory.swap.max", "max", NULL), 0);
	file("memory/svc.web/memory.memsw.limit_in_bytes", "9223372036854771712\n");
	assert_int_equal(set(&home, "memory.max", "max", NULL), 0);
	assert_int_equal(set(&home, "memory.swap.max", "max", NULL), 0);
	assert_string_equal(k.wrote, " svc.web/memory.memsw.limit_in_bytes=1050"
				     " svc.web/memory.memsw.limit_in_bytes=2050 svc.web/memory.limit_in_bytes=2000"
				     " svc.web/memory.limit_in_bytes=500 svc.web/memory.memsw.limit_in_bytes=550"
				     " svc.web/memory.memsw.limit_in_bytes=-1 svc.web/memory.limit_in_bytes=-1"
				     " svc.web/memory.memsw.limit_in_bytes=-1");
	file("memory/svc.web/memory.limit_in_bytes", "9223372036854771712\n");
	unlink(at("memory/svc.web/memory.memsw.limit_in_bytes"));
	assert_int_equal(set(&home, "memory.swap.max", "max", NULL), 0);
	file("memory/svc.web/memory.limit_in_bytes", "500\n");
	assert_int_equal(set(&home, "memory.swap.max", "0", "no memory.swap.max"), -ENOENT);
	forget(&home);
}

static void period_of_v1_is_left_where_it_is_the_same(void **state)
{
	struct cgroup_home home = home_v1();

	(void)state;
	group_with("cpu/svc.web", "cpu.cfs_period_us cpu.cfs_quota_us cpu.cfs_burst_us");
	file("cpu/svc.web/cpu.cfs_period_us", "100000\n");
	assert_int_equal(set(&home, "cpu.max", "50000 100000", NULL), 0);
	assert_int_equal(set(&home, "cpu.max", "5000 10000", NULL), 0);
	assert_int_equal(set(&home, "cpu.max.burst", "5000", NULL), 0);
	assert_string_equal(k.wrote, " svc.web/cpu.cfs_quota_us=50000 svc.web/cpu.cfs_quota_us=-1"
				     " svc.web/cpu.cfs_period_us=10000 svc.web/cpu.cfs_quota_us=5000"
				     " svc.web/cpu.cfs_burst_us=5000");
	forget(&home);
}

static void quota_of_v1_that_is_refused_leaves_the_old_one(void **state)
{
	struct cgroup_home home = home_v1();

	(void)state;
	group_with("cpu/svc.web", "cpu.cfs_period_us cpu.cfs_quota_us");
	file("cpu/svc.web/cpu.cfs_period_us", "100000\n");
	file("cpu/svc.web/cpu.cfs_quota_us", "20000\n");
	k.refuse = "svc.web/cpu.cfs_quota_us=90000";
	k.times = 1;
	k.err = EINVAL;
	assert_int_equal(set(&home, "cpu.max", "90000 50000", "does not take this value"), -EINVAL);
	assert_string_equal(k.wrote, " svc.web/cpu.cfs_quota_us=-1 svc.web/cpu.cfs_period_us=50000"
				     " svc.web/cpu.cfs_period_us=100000 svc.web/cpu.cfs_quota_us=20000");
	forget(&home);
}

static void disk_of_v1_has_a_file_for_each_word(void **state)
{
	struct cgroup_home home = home_v1();

	(void)state;
	group_with("blkio/svc.web", "blkio.throttle.read_bps_device blkio.throttle.write_iops_device blkio.weight");
	assert_int_equal(set(&home, "io.max", "8:0 rbps=1048576 wiops=max", NULL), 0);
	assert_int_equal(set(&home, "io.weight", "100", NULL), 0);
	assert_string_equal(k.wrote, " svc.web/blkio.throttle.read_bps_device=8:0 1048576"
				     " svc.web/blkio.throttle.write_iops_device=8:0 0 svc.web/blkio.weight=500");
	assert_int_equal(set(&home, "io.max", "/dev/null rbps=1", "no such disk"), -ENOTBLK);
	assert_int_equal(set(&home, "io.max", "/dev/there-is-no-such rbps=1", "no such disk"), -ENODEV);
	assert_int_equal(set(&home, "io.latency", "8:0 target=5", "v1 has no io.latency"), -EOPNOTSUPP);
	forget(&home);
}

static void soft_limit_of_v1_is_none_where_nothing_is_protected(void **state)
{
	struct cgroup_home home = home_v1();

	(void)state;
	group_with("memory/svc.web", "memory.soft_limit_in_bytes");
	assert_int_equal(set(&home, "memory.low", "4096", NULL), 0);
	assert_int_equal(set(&home, "memory.low", "0", NULL), 0);
	assert_string_equal(k.wrote, " svc.web/memory.soft_limit_in_bytes=4096 svc.web/memory.soft_limit_in_bytes=-1");
	forget(&home);
}

/* A fake file is there before its controller is asked for: so the first write goes through only where it is. */
static void controller_is_asked_for_by_the_first_limit_that_wants_it(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	group_with("v2/svc.web", "hugetlb.2MB.max");
	file("v2/cgroup.subtree_control", "");
	file("v2/cgroup.controllers", "cpu memory hugetlb\n");
	assert_int_equal(set(&home, "hugetlb.2MB.max", "4096", NULL), 0);
	assert_int_equal(set(&home, "hugetlb.2MB.max", "0", NULL), 0);
	assert_string_equal(k.wrote, " cgroup.subtree_control=+hugetlb svc.web/hugetlb.2MB.max=4096"
				     " svc.web/hugetlb.2MB.max=0");
	k.offers_v1 = true;
	group_with("rdma/svc.web", "rdma.max");
	assert_int_equal(set(&home, "rdma.max", "mlx hca_handle=2", NULL), 0);
	assert_true(home.v1[CGROUP_V1_RDMA] >= 0);
	forget(&home);
}

static void file_that_only_the_kernel_knows_is_written(void **state)
{
	struct cgroup_home home = home_v2(), v1 = home_v1();

	(void)state;
	group_with("v2/svc.web", "memory.of_tomorrow");
	assert_int_equal(set(&home, "memory.of_tomorrow", "some text", NULL), 0);
	assert_string_equal(k.wrote, " svc.web/memory.of_tomorrow=some text");
	assert_int_equal(set(&home, "memory.of_yesterday", "5", "this kernel has no memory.of_yesterday"), -ENOENT);
	assert_int_equal(set(&v1, "memory.of_tomorrow", "5", "v1 has no memory.of_tomorrow"), -EOPNOTSUPP);
	forget(&home);
	forget(&v1);
}

static void new_group_of_cpuset_inherits_before_it_takes_processes(void **state)
{
	struct cgroup_home home = home_v1();

	(void)state;
	k.offers_v1 = true;
	group_with("cpuset/svc.web", "cpuset.cpus");
	file("cpuset.cpus", "0-3\n");
	file("cpuset.mems", "0\n");
	file("cpuset/cpuset.cpus", "\n");
	file("cpuset/cpuset.mems", "0\n");
	assert_int_equal(set(&home, "cpuset.cpus", "1-2", NULL), 0);
	assert_string_equal(k.wrote, " ./cpuset.cpus=0-3\n svc.web/cpuset.cpus=1-2");
	forget(&home);
}

/* -- groups of leaves ------------------------------------------------------------------------------- */

static void group_is_made_with_our_controllers_before_its_leaves(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	group_with("v2/grp.shop", "memory.max");
	assert_int_equal(set_in(&home, "shop/", "memory.max", "1048576", NULL), 0);
	assert_int_equal(cgroup_create(&home, "shop/web"), 0);
	assert_true(is_there("v2/grp.shop/svc.web"));
	assert_string_equal(k.wrote, " grp.shop/memory.max=1048576");
	assert_int_equal(cgroup_create(&home, "new/web"), 0);
	assert_true(is_there("v2/grp.new/svc.web"));
	assert_true(cgroup_create(&home, "a/b/c") < 0);
	assert_true(cgroup_create(&home, "/web") < 0);
	assert_int_equal(cgroup_remove(&home, "shop/web"), 0);
	assert_false(is_there("v2/grp.shop/svc.web"));
	forget(&home);
}

static void leaf_of_v1_is_in_its_group_wherever_that_has_a_limit(void **state)
{
	struct cgroup_home home = home_hybrid();

	(void)state;
	assert_int_equal(set_in(&home, "shop/", "memory.max", "4096", "this kernel"), -ENOENT);
	assert_true(is_there("memory/grp.shop"));
	assert_int_equal(cgroup_create(&home, "shop/web"), 0);
	assert_int_equal(cgroup_create(&home, "db"), 0);
	assert_true(is_there("memory/grp.shop/svc.web") && is_there("v2/grp.shop/svc.web"));
	assert_false(is_there("pids/grp.shop") || is_there("memory/svc.db"));
	forget(&home);
}

static void cleared_leaf_has_no_groups_and_no_switches(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	group_with("v2/svc.web", "cgroup.subtree_control");
	file("v2/svc.web/cgroup.subtree_control", "memory io\n");
	group("v2/svc.web/a/b");
	cgroup_clear(&home, "web");
	assert_true(is_there("v2/svc.web"));
	assert_false(is_there("v2/svc.web/a"));
	assert_string_equal(k.wrote, " cgroup.subtree_control=-memory cgroup.subtree_control=-io");
	forget(&home);
}

static void leaf_is_frozen_where_its_processes_are_known(void **state)
{
	struct cgroup_home home = home_v2(), v1 = home_v1();

	(void)state;
	group_with("v2/svc.web", V2_FILES);
	group_with("freezer/svc.web", "freezer.state");
	assert_int_equal(cgroup_freeze(&home, "web", true), 0);
	assert_int_equal(cgroup_freeze(&home, "web", false), 0);
	assert_int_equal(cgroup_freeze(&v1, "web", true), 0);
	assert_int_equal(cgroup_freeze(&v1, "web", false), 0);
	assert_string_equal(k.wrote, " svc.web/cgroup.freeze=1 svc.web/cgroup.freeze=0"
				     " svc.web/freezer.state=FROZEN svc.web/freezer.state=THAWED");
	fd_close(&v1.v1[CGROUP_V1_FREEZER]);
	assert_int_equal(cgroup_freeze(&v1, "web", true), -EOPNOTSUPP);
	forget(&home);
	forget(&v1);
}

/* -- hybrid hosts ---------------------------------------------------------------------------------- */

static void first_limit_makes_the_v1_leaf_beside_v2(void **state)
{
	struct cgroup_home home = home_hybrid();

	(void)state;
	assert_int_equal(cgroup_create(&home, "web"), 0);
	assert_true(is_there("v2/svc.web"));
	assert_false(is_there("memory/svc.web"));
	assert_int_equal(set(&home, "memory.max", "4096", "this kernel"), -ENOENT);
	assert_true(is_there("memory/svc.web"));
	assert_false(is_there("pids/svc.web"));
	forget(&home);
}

static void v1_alone_has_leaves_to_count_in(void **state)
{
	struct cgroup_home home = home_v1();

	(void)state;
	assert_int_equal(cgroup_create(&home, "web"), 0);
	assert_true(is_there("freezer/svc.web") && is_there("memory/svc.web"));
	assert_true(is_there("pids/svc.web") && is_there("cpuacct/svc.web"));
	assert_false(is_there("cpu/svc.web") || is_there("blkio/svc.web"));
	assert_int_equal(cgroup_remove(&home, "web"), 0);
	assert_false(is_there("freezer/svc.web") || is_there("memory/svc.web"));
	forget(&home);
}

/* A plain file keeps all of them one behind the other: the kernel takes one with each write. */
static void who_may_be_on_the_way_is_adopted_too(void **state)
{
	struct cgroup_home home = home_v1();
	char moved[64] = "";

	(void)state;
	group_with("freezer/svc.web", "cgroup.procs");
	group_with("cpu/svc.web", "cgroup.procs");
	assert_int_equal(cgroup_adopt(&home, "web", 0), 0);
	assert_int_equal(fd_read_file(home.v1[CGROUP_V1_CPU], "svc.web/cgroup.procs", moved, sizeof(moved)), 0);
	assert_int_equal(cgroup_adopt(&home, "web", 71), 0);
	assert_true(fd_read_file(home.v1[CGROUP_V1_CPU], "svc.web/cgroup.procs", moved, sizeof(moved)) > 0);
	assert_string_equal(moved, "71");
	forget(&home);
}

static void child_joins_where_it_was_not_born(void **state)
{
	struct cgroup_home home = home_hybrid();

	(void)state;
	group_with("v2/svc.web", "cgroup.procs");
	group_with("pids/svc.web", "cgroup.procs tasks");
	assert_int_equal(cgroup_join(&home, "web", true), 1);
	assert_string_equal(k.wrote, " svc.web/tasks=0");
	assert_int_equal(cgroup_join(&home, "web", false), 1);
	assert_string_equal(k.wrote, " svc.web/tasks=0 svc.web/cgroup.procs=0 svc.web/tasks=0");
	group_with("v2/svc.app", "cgroup.procs");
	assert_int_equal(cgroup_join(&home, "app", true), 0);
	forget(&home);
	home = home_v1();
	assert_int_equal(cgroup_join(&home, "db", false), -ENOENT);
	forget(&home);
}

/* -- what is in a leaf ----------------------------------------------------------------------------- */

static void populated_tells_whether_a_v2_leaf_is_empty(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	assert_true(cgroup_is_empty(&home, "web"));
	group_with("v2/svc.web", V2_FILES);
	file("v2/svc.web/cgroup.events", "populated 1\nfrozen 0\n");
	assert_false(cgroup_is_empty(&home, "web"));
	file("v2/svc.web/cgroup.events", "populated 0\nfrozen 0\n");
	assert_true(cgroup_is_empty(&home, "web"));
	forget(&home);
}

static void v1_leaf_is_not_empty_with_a_process_anywhere_below(void **state)
{
	struct cgroup_home home = home_v1();

	(void)state;
	assert_true(cgroup_is_empty(&home, "web"));
	group_with("freezer/svc.web/a/b", "cgroup.procs");
	file("freezer/svc.web/a/cgroup.procs", "");
	file("freezer/svc.web/cgroup.procs", "");
	assert_true(cgroup_is_empty(&home, "web"));
	file("freezer/svc.web/a/b/cgroup.procs", "77\n");
	assert_false(cgroup_is_empty(&home, "web"));
	file("freezer/svc.web/a/b/cgroup.procs", "");
	file("freezer/svc.web/cgroup.procs", "78\n");
	assert_false(cgroup_is_empty(&home, "web"));
	forget(&home);
}

static void v2_leaf_is_killed_by_one_write_thawed_and_marked(void **state)
{
	struct cgroup_home home = home_v2();
	int fd;

	(void)state;
	group_with("v2/svc.web", V2_FILES);
	home.into = CGROUP_INTO_UNKILLED;
	fd = cgroup_leaf_fd(&home, "web");
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(cgroup_kill(&home, "web"), 0);
	assert_string_equal(k.wrote, " svc.web/cgroup.kill=1 svc.web/cgroup.freeze=0");
	assert_string_equal(k.killed, "");
	assert_int_equal(cgroup_leaf_fd(&home, "web"), -EOPNOTSUPP);
	home.into = CGROUP_INTO_ALWAYS;
	fd = cgroup_leaf_fd(&home, "web");
	assert_true(fd >= 0);
	close(fd);
	home.into = CGROUP_INTO_NEVER;
	assert_int_equal(cgroup_leaf_fd(&home, "web"), -EOPNOTSUPP);
	forget(&home);
}

static void nobody_waits_until_memory_is_taken_away(void **state)
{
	struct cgroup_home home = home_v2();
	sigset_t all, now;

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL); /* as PID 1 has it */
	group_with("v2/svc.web", V2_FILES);
	file("v2/svc.web/memory.current", "8192\n");
	k.is_slow = true;
	assert_int_equal(set(&home, "memory.max", "4096", NULL), 0);
	assert_false(k.is_slow);
	assert_string_equal(k.wrote, " svc.web/memory.max=4096");
	sigprocmask(SIG_UNBLOCK, &all, &now);
	assert_true(sigismember(&now, SIGALRM));
	forget(&home);
}

/* The kernel takes what cannot be, too. */
static void a_partition_that_is_invalid_is_refused(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	home.v2_controllers |= 1u << CGROUP_V1_CPUSET;
	group_with("v2/svc.web", V2_FILES);
	/* what is written here is written over the beginning */
	file("v2/svc.web/cpuset.cpus.partition", "member invalid (Cpu list in cpuset.cpus not exclusive)\n");
	assert_int_equal(set(&home, "cpuset.cpus.partition", "root", "none of its processors"), -EADDRINUSE);
	assert_string_equal(k.wrote, " svc.web/cpuset.cpus.partition=root svc.web/cpuset.cpus.partition=member");
	file("v2/svc.web/cpuset.cpus.partition", "root\n");
	assert_int_equal(set(&home, "cpuset.cpus.partition", "root", NULL), 0);
	forget(&home);
}

static void nobody_is_born_into_a_leaf_that_others_may_have_killed(void **state)
{
	struct cgroup_home home = home_v2();
	struct stat leaf;

	(void)state;
	group_with("v2/svc.web", V2_FILES);
	home.into = CGROUP_INTO_ALWAYS;
	cgroup_note_killed(&home, "web");
	assert_int_equal(fstatat(home.v2, "svc.web", &leaf, 0), 0);
	assert_false(leaf.st_mode & S_ISVTX);
	home.into = CGROUP_INTO_UNKILLED;
	cgroup_note_killed(&home, "web");
	assert_int_equal(cgroup_leaf_fd(&home, "web"), -EOPNOTSUPP);
	assert_string_equal(k.wrote, "");
	forget(&home);
}

static void without_cgroup_kill_all_are_frozen_killed_and_thawed(void **state)
{
	struct cgroup_home home = home_v2();
	char procs[64];

	(void)state;
	group_with("v2/svc.web/sub", "cgroup.procs");
	file("v2/svc.web/cgroup.freeze", "");
	snprintf(procs, sizeof(procs), "100\n0\n%s200\n", own_pid());
	file("v2/svc.web/cgroup.procs", procs);
	file("v2/svc.web/sub/cgroup.procs", "300\n");
	assert_int_equal(cgroup_kill(&home, "web"), 0);
	assert_string_equal(k.wrote, " svc.web/cgroup.freeze=1 svc.web/cgroup.freeze=0");
	assert_string_equal(k.killed, " 100 200 300");
	forget(&home);
}

static void v1_leaf_is_killed_in_the_freezer(void **state)
{
	struct cgroup_home home = home_v1();

	(void)state;
	group_with("freezer/svc.web", "freezer.state cgroup.procs");
	file("freezer/svc.web/cgroup.procs", "100\n101\n");
	assert_int_equal(cgroup_kill(&home, "web"), 0);
	assert_string_equal(k.wrote, " svc.web/freezer.state=FROZEN svc.web/freezer.state=THAWED");
	assert_string_equal(k.killed, " 100 101");

	fd_close(&home.v1[CGROUP_V1_FREEZER]);
	group_with("memory/svc.web", "cgroup.procs");
	file("memory/svc.web/cgroup.procs", "102\n");
	assert_int_equal(cgroup_kill(&home, "web"), 0);
	assert_string_equal(k.killed, " 100 101 102");
	forget(&home);
}

static void count_pid(pid_t pid, void *arg)
{
	long *sum = arg;

	*sum += pid;
}

static void pids_are_read_across_the_buffers_end(void **state)
{
	long sum = 0, want = 0;
	FILE *f;
	int dir;

	(void)state;
	group("v2");
	f = fopen(at("v2/cgroup.procs"), "w");
	for (int pid = 9000; pid < 12000; pid += 7) {
		fprintf(f, "%d\n", pid);
		want += pid;
	}
	fclose(f);
	dir = dir_of("v2");
	assert_int_equal(tree_pids(dir, "cgroup.procs", count_pid, &sum), (12000 - 9000 + 6) / 7);
	assert_int_equal(sum, want);
	assert_int_equal(tree_pids(dir, "none", count_pid, &sum), -ENOENT);
	close(dir);
}

static void groups_below_a_leaf_go_with_it(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	group("v2/svc.web/a/b/c");
	group("v2/svc.web/d");
	group("v2/other/e");
	assert_int_equal(cgroup_remove(&home, "web"), 0);
	assert_false(is_there("v2/svc.web"));
	assert_true(is_there("v2/other/e"));
	assert_int_equal(cgroup_remove(&home, "web"), 0);
	forget(&home);
}

static void walk_through_a_leaf_is_bounded(void **state)
{
	struct cgroup_home home = home_v2();
	char path[512] = "v2/svc.deep", wide[64];

	(void)state;
	for (int i = 0; i < 30; i++)
		strcat(path, "/d");
	group(path);
	assert_true(cgroup_remove(&home, "deep") < 0);
	assert_true(is_there("v2/svc.deep"));
	group("v2/svc.wide");
	for (int i = 0; i < 3000; i++) {
		snprintf(wide, sizeof(wide), "v2/svc.wide/%d/x", i);
		group(wide);
	}
	assert_true(cgroup_remove(&home, "wide") < 0);
	assert_true(cgroup_remove(&home, "wide") < 0);
	assert_int_equal(cgroup_remove(&home, "wide"), 0);
	forget(&home);
}

static void pressure_of_a_leaf_and_of_a_group_is_read_from_v2(void **state)
{
	struct cgroup_home home = home_v2(), none = no_home();
	struct pressure found;

	(void)state;
	group("v2/grp.shop/svc.web");
	file("v2/grp.shop/memory.pressure", "some avg10=1.02 avg60=100.00 avg300=101.00 total=5\nfull avg10=0.10 avg60=x avg300=7 total=5\n");
	file("v2/grp.shop/svc.web/cpu.pressure", "some avg10=0.00 avg60=0.01 avg300=0.00 total=5\n");
	assert_int_equal(cgroup_pressure(&home, "shop/", "memory", &found), 0);
	assert_int_equal(found.share[PRESSURE_SOME][PRESSURE_10S], 102);
	assert_int_equal(found.share[PRESSURE_SOME][PRESSURE_1M], 10000);
	assert_int_equal(found.share[PRESSURE_SOME][PRESSURE_5M], 10000);
	assert_int_equal(found.share[PRESSURE_FULL][PRESSURE_10S], 10);
	assert_int_equal(found.share[PRESSURE_FULL][PRESSURE_1M], -1);
	assert_int_equal(found.share[PRESSURE_FULL][PRESSURE_5M], -1);
	assert_int_equal(cgroup_pressure(&home, "shop/web", "cpu", &found), 0);
	assert_int_equal(found.share[PRESSURE_SOME][PRESSURE_1M], 1);
	assert_int_equal(found.share[PRESSURE_FULL][PRESSURE_1M], -1);
	assert_int_equal(cgroup_pressure(&home, "shop/", "io", &found), -ENOENT);
	assert_int_equal(cgroup_pressure(&none, "shop/", "memory", &found), -EOPNOTSUPP);
	forget(&home);
}

/* -- leaves of v1 that are a service's own ------------------------------------------------------- */

static void a_leaf_is_in_each_hierarchy_of_v1_when_it_is_to_be_its_own(void **state)
{
	struct cgroup_home home = home_hybrid();

	(void)state;
	assert_int_equal(cgroup_create(&home, "web"), 0);
	assert_false(cgroup_has_old(&home, "web", "memory"));
	cgroup_spread(&home, "web");
	assert_true(is_there("memory/svc.web"));
	assert_true(cgroup_has_old(&home, "web", "memory"));
	assert_true(cgroup_has_old(&home, "web", "net_cls,memory"));
	assert_false(cgroup_has_old(&home, "db", "memory"));
	/* What devices it may use is no one's to give away. */
	add_v1(&home, CGROUP_V1_DEVICES);
	cgroup_spread(&home, "web");
	assert_false(is_there("devices/svc.web"));
	group("devices/svc.web");
	assert_false(cgroup_has_old(&home, "web", "devices"));
	/* Of others, of those that minit does not use here, and of v2. */
	assert_false(cgroup_has_old(&home, "web", "name=systemd"));
	assert_false(cgroup_has_old(&home, "web", "freezer"));
	assert_false(cgroup_has_old(&home, "web", "mem"));
	assert_false(cgroup_has_old(&home, "web", ""));
	forget(&home);
}

/* -- what a leaf uses ------------------------------------------------------------------------------ */

static void usage_is_read_from_v2(void **state)
{
	struct cgroup_home home = home_v2();
	struct cgroup_usage usage;

	(void)state;
	group("v2/svc.web");
	file("v2/svc.web/memory.current", "1048576\n");
	file("v2/svc.web/memory.max", "max\n");
	file("v2/svc.web/cpu.stat", "usage_usec 1234\nuser_usec 1000\nsystem_usec 234\n");
	file("v2/svc.web/pids.current", "3\n");
	file("v2/svc.web/memory.events", "low 0\nhigh 0\nmax 7\noom 2\noom_kill 5\noom_group_kill 1\n");
	cgroup_usage(&home, "web", &usage);
	assert_true(usage.has_memory && usage.has_cpu && usage.has_pids);
	assert_int_equal(usage.memory, 1048576);
	assert_int_equal(usage.memory_max, LIMIT_NONE);
	assert_int_equal(usage.cpu_us, 1234);
	assert_int_equal(usage.pids, 3);
	assert_int_equal(usage.oom_kills, 5);
	assert_int_equal(cgroup_oom_kills(&home, "web"), 5);
	forget(&home);
}

static uint64_t kills_told(const struct cgroup_home *home, const char *events, const char *whole)
{
	struct cgroup_usage usage;

	file("v2/svc.web/memory.events", events);
	file("v2/svc.web/memory.oom.group", whole);
	cgroup_usage(home, "web", &usage);
	return usage.oom_kills;
}

static void a_leaf_that_is_killed_as_a_whole_counts_once(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	group("v2/svc.web");
	file("v2/svc.web/memory.current", "1048576\n");
	file("v2/svc.web/memory.max", "max\n");
	assert_int_equal(kills_told(&home, "oom 0\noom_kill 0\noom_group_kill 0\n", "1\n"), 0);
	assert_int_equal(kills_told(&home, "oom 1\noom_kill 3\noom_group_kill 1\n", "1\n"), 1);
	assert_int_equal(kills_told(&home, "oom 2\noom_kill 6\noom_group_kill 2\n", "1\n"), 2);
	/* One process each; and by the group above, as a whole too, which counts there. */
	assert_int_equal(kills_told(&home, "oom 2\noom_kill 4\noom_group_kill 0\n", "0\n"), 4);
	assert_int_equal(kills_told(&home, "oom 2\noom_kill 4\noom_group_kill 1\n", "0\n"), 4);
	assert_int_equal(kills_told(&home, "oom 0\noom_kill 3\noom_group_kill 0\n", "1\n"), 1);
	/* Before Linux 5.17. */
	assert_int_equal(kills_told(&home, "oom 1\noom_kill 3\n", "1\n"), 3);
	/* What a death is compared with grows with each. */
	assert_int_equal(cgroup_oom_kills(&home, "web"), 3);
	forget(&home);
}

static uint64_t ends_told(const struct cgroup_home *home, const char *local, const char *whole)
{
	file("v2/svc.web/memory.events", "oom 4\noom_kill 9\noom_group_kill 3\n");
	file("v2/svc.web/memory.events.local", local);
	file("v2/svc.web/memory.oom.group", whole);
	return cgroup_oom_ends(home, "web");
}

static void what_happens_further_down_in_a_leaf_is_no_end_of_it(void **state)
{
	struct cgroup_home home = home_v2();

	(void)state;
	group("v2/svc.web");
	assert_int_equal(ends_told(&home, "oom 0\noom_kill 0\noom_group_kill 0\n", "1\n"), 0);
	assert_int_equal(ends_told(&home, "oom 1\noom_kill 2\noom_group_kill 1\n", "1\n"), 3);
	/* All who are killed are further down; as a whole with the group above. */
	assert_int_equal(ends_told(&home, "oom 1\noom_kill 0\noom_group_kill 1\n", "1\n"), 1);
	assert_int_equal(ends_told(&home, "oom 0\noom_kill 1\noom_group_kill 0\n", "1\n"), 1);
	/* One by one, who knows who that is; and before Linux 5.17. */
	assert_int_equal(ends_told(&home, "oom 0\noom_kill 0\noom_group_kill 0\n", "0\n"), 9);
	assert_int_equal(ends_told(&home, "oom 0\noom_kill 0\n", "1\n"), 9);
	forget(&home);
}

static void usage_is_read_from_v1_where_v2_has_none(void **state)
{
	struct cgroup_home home = home_hybrid();
	struct cgroup_usage usage;

	(void)state;
	group("v2/svc.web");
	group("memory/svc.web");
	file("v2/svc.web/cpu.stat", "usage_usec 99\n");
	file("memory/svc.web/memory.usage_in_bytes", "4096\n");
	file("memory/svc.web/memory.limit_in_bytes", "9223372036854771712\n");
	file("memory/svc.web/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
	cgroup_usage(&home, "web", &usage);
	assert_true(usage.has_memory && usage.has_cpu && !usage.has_pids);
	assert_int_equal(usage.memory, 4096);
	assert_int_equal(usage.memory_max, LIMIT_NONE);
	assert_int_equal(usage.cpu_us, 99);
	assert_int_equal(usage.pids, 0);
	assert_int_equal(usage.oom_kills, 2);
	forget(&home);
}

static void usage_of_v1_is_in_microseconds(void **state)
{
	struct cgroup_home home = home_v1();
	struct cgroup_usage usage;

	(void)state;
	group("cpuacct/svc.web");
	group("memory/svc.web");
	file("cpuacct/svc.web/cpuacct.usage", "5000999\n");
	file("memory/svc.web/memory.usage_in_bytes", "8192\n");
	file("memory/svc.web/memory.limit_in_bytes", "67108864\n");
	cgroup_usage(&home, "web", &usage);
	assert_int_equal(usage.cpu_us, 5000);
	assert_int_equal(usage.memory_max, 64 << 20);
	forget(&home);
}

static void without_a_home_each_call_says_why_or_empty(void **state)
{
	struct cgroup_home home = no_home();
	struct cgroup_usage usage;

	(void)state;
	home.err = -EROFS;
	assert_int_equal(cgroup_create(&home, "web"), -EROFS);
	assert_int_equal(cgroup_kill(&home, "web"), -EROFS);
	assert_true(cgroup_leaf_fd(&home, "web") < 0);
	assert_true(cgroup_is_empty(&home, "web"));
	assert_int_equal(cgroup_oom_kills(&home, "web"), 0);
	cgroup_usage(&home, "web", &usage);
	assert_false(usage.has_memory || usage.has_cpu || usage.has_pids);
	assert_int_equal(cgroup_remove(&home, "web"), 0);
	cgroup_close(&home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(place_is_read_from_proc),
		T(place_outside_of_the_namespace_is_refused),
		T(lines_longer_than_any_buffer_are_passed_over),
		T(own_group_is_found_below_its_mount),
		T(what_is_mounted_above_a_cgroup_is_not_taken_for_it),
		T(group_of_our_own_gets_each_controller_by_one_write_domains_first),
		T(limits_of_a_killed_runs_groups_go_with_them),
		T(controller_that_is_refused_leaves_the_others),
		T(who_comes_in_meanwhile_is_moved_too),
		T(threaded_controller_that_met_a_process_is_taken_back),
		T(home_that_was_swept_while_it_was_made_is_made_again),
		T(home_is_locked_as_long_as_minit_lives),
		T(home_of_a_dead_minit_is_cleared_away_and_of_a_living_one_left),
		T(other_processes_are_left_and_leaves_made_beside_them),
		T(root_of_all_withholds_nothing),
		T(threaded_group_is_refused),
		T(leaf_is_made_with_oom_for_the_whole),
		T(name_cannot_lead_out_of_the_home),
		T(leaf_left_by_a_former_run_is_emptied_and_freed_of_limits),
		T(limits_are_written_to_v2),
		T(weight_of_io_goes_to_bfq_where_that_is),
		T(limits_are_translated_for_v1),
		T(limit_that_cannot_be_had_says_why_and_what_to_do),
		T(limit_of_what_is_counted_by_name_says_what_there_is),
		T(swap_of_v1_is_counted_with_the_memory),
		T(period_of_v1_is_left_where_it_is_the_same),
		T(quota_of_v1_that_is_refused_leaves_the_old_one),
		T(disk_of_v1_has_a_file_for_each_word),
		T(soft_limit_of_v1_is_none_where_nothing_is_protected),
		T(controller_is_asked_for_by_the_first_limit_that_wants_it),
		T(file_that_only_the_kernel_knows_is_written),
		T(new_group_of_cpuset_inherits_before_it_takes_processes),
		T(group_is_made_with_our_controllers_before_its_leaves),
		T(leaf_of_v1_is_in_its_group_wherever_that_has_a_limit),
		T(cleared_leaf_has_no_groups_and_no_switches),
		T(leaf_is_frozen_where_its_processes_are_known),
		T(first_limit_makes_the_v1_leaf_beside_v2),
		T(v1_alone_has_leaves_to_count_in),
		T(who_may_be_on_the_way_is_adopted_too),
		T(child_joins_where_it_was_not_born),
		T(populated_tells_whether_a_v2_leaf_is_empty),
		T(v1_leaf_is_not_empty_with_a_process_anywhere_below),
		T(v2_leaf_is_killed_by_one_write_thawed_and_marked),
		T(nobody_waits_until_memory_is_taken_away),
		T(a_partition_that_is_invalid_is_refused),
		T(nobody_is_born_into_a_leaf_that_others_may_have_killed),
		T(without_cgroup_kill_all_are_frozen_killed_and_thawed),
		T(v1_leaf_is_killed_in_the_freezer),
		T(pids_are_read_across_the_buffers_end),
		T(groups_below_a_leaf_go_with_it),
		T(walk_through_a_leaf_is_bounded),
		T(pressure_of_a_leaf_and_of_a_group_is_read_from_v2),
		T(a_leaf_is_in_each_hierarchy_of_v1_when_it_is_to_be_its_own),
		T(usage_is_read_from_v2),
		T(a_leaf_that_is_killed_as_a_whole_counts_once),
		T(what_happens_further_down_in_a_leaf_is_no_end_of_it),
		T(usage_is_read_from_v1_where_v2_has_none),
		T(usage_of_v1_is_in_microseconds),
		T(without_a_home_each_call_says_why_or_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
