/*
 * The first program of a machine that is measured from within (vm.py), static.
 *
 *   guest start COUNT KILLS PROG [ARG...]   becomes PROG; when COUNT payloads run "started ..." is said, and then one after
 *                                           another is killed and waited for, KILLS times: "again ..." of all together
 *   guest each COUNT PROG [ARG...]          PROG again and again, from its spawn to the payload's word: "each ..."
 *   guest run COUNT PROG [ARG...]           PROG again and again, from its spawn to its end: "each ..."
 *
 * Each says three numbers: WORD, the ns of the guest's clock up to the word of the last payload; IDLE, those of them in
 * which the processor had nothing to do; WORK, those in which it had something until all is quiet again. With QEMU's
 * -icount a ns that is not idle is an instruction, the kernel's included. Then the machine is switched off, as it is
 * with "failed: ..." when something takes too long.
 *
 * Before: the file systems and controllers of cgroup v2 that are needed, the modules in the order of /modules, and a bind
 * mount of the first rootfs in its place, from which pivot_root(2) leads away. A word "@" becomes "--", behind which the
 * kernel would pass nothing on.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/board.h"

#define PIDS_MOST 2048
#define SECONDS_MOST 120 /* of the guest's own, in which nothing to do takes no time */
#define SETTLE_NS 200000000l

struct marks {
	uint64_t at, idle;
};
struct sums {
	uint64_t word, idle, work;
};

static struct board *board;
static uint64_t reading; /* what it takes to read how long it was idle */

/* -- the end ------------------------------------------------------------------------------------------------------ */

_Noreturn static void end(void)
{
	fflush(stdout);
	for (;;)
		reboot(RB_POWER_OFF);
}

__attribute__((format(printf, 1, 2))) _Noreturn static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("failed: ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	end();
}

static void need(long result, const char *what)
{
	if (result < 0)
		fail("%s: %s", what, strerror(errno));
}

/* -- before ------------------------------------------------------------------------------------------------------- */

static void mount_all(void)
{
	need(mount("proc", "/proc", "proc", 0, NULL), "/proc");
	need(mount("sysfs", "/sys", "sysfs", 0, NULL), "/sys");
	need(mount("devtmpfs", "/dev", "devtmpfs", 0, NULL), "/dev");
	need(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), "/run");
	need(mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, "nsdelegate,memory_recursiveprot"), "/sys/fs/cgroup");
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	need(fd, path);
	need(write(fd, text, strlen(text)), path);
	close(fd);
}

static void open_cgroups(void)
{
	static const char controllers[] = "+memory +cpu +pids";

	put("/sys/fs/cgroup/cgroup.subtree_control", controllers);
	need(mkdir("/sys/fs/cgroup/floor", 0755), "the floor's cgroup");
	put("/sys/fs/cgroup/floor/cgroup.subtree_control", controllers);
}

static void load_modules(void)
{
	FILE *list = fopen("/modules", "re");
	char path[256];

	while (list && fgets(path, sizeof(path), list)) {
		int fd;

		path[strcspn(path, "\n")] = '\0';
		fd = open(path, O_RDONLY | O_CLOEXEC);
		need(fd, path);
		need(syscall(SYS_finit_module, fd, "", 0), path);
		close(fd);
	}
	if (list)
		fclose(list);
}

static void leave_rootfs(void)
{
	need(mount("/", "/mnt", NULL, MS_BIND | MS_REC, NULL), "/mnt");
	need(chdir("/mnt"), "/mnt");
	need(mount(".", "/", NULL, MS_MOVE, NULL), "the root");
	need(chroot("."), "the root");
	need(chdir("/"), "/");
}

static void map_board(void)
{
	int fd = open(BOARD_PATH, O_RDWR | O_CLOEXEC);

	need(fd, BOARD_PATH);
	board = mmap(NULL, BOARD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	need(board == MAP_FAILED ? -1 : 0, BOARD_PATH);
	close(fd);
}

/* -- time --------------------------------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* To the ns, which /proc/uptime is not. */
static uint64_t idle_ns(void)
{
	static char text[65536];
	int fd = open("/proc/timer_list", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;
	char *found;

	while (fd >= 0 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd);
	found = strstr(text, ".idle_sleeptime : ");
	need(found ? 0 : -1, "/proc/timer_list: idle_sleeptime");
	return strtoull(found + strlen(".idle_sleeptime : "), NULL, 10);
}

static void settle(void)
{
	nanosleep(&(struct timespec){ 0, SETTLE_NS }, NULL);
}

static void calibrate(void)
{
	uint64_t before;

	idle_ns();
	before = now_ns();
	idle_ns();
	reading = now_ns() - before;
}

static struct marks begin(void)
{
	struct marks m = { .idle = idle_ns() };

	m.at = now_ns();
	return m;
}

static void expect(uint32_t more)
{
	__atomic_store_n(&board->reached, 0, __ATOMIC_SEQ_CST);
	board->target = board->count + more;
}

static void await_word(void)
{
	const struct timespec second = { 1, 0 };

	for (int i = 0; !__atomic_load_n(&board->reached, __ATOMIC_SEQ_CST); i++) {
		if (i == SECONDS_MOST)
			fail("%u of %u payloads ran", board->count, board->target);
		syscall(SYS_futex, &board->reached, FUTEX_WAIT, 0, &second, NULL, 0);
	}
}

static void finish(const struct marks *from, uint64_t word, struct sums *sums)
{
	uint64_t idle = idle_ns() - from->idle, at;

	sums->word += word - from->at;
	sums->idle += idle;
	settle();
	at = now_ns();
	sums->work += at - from->at - reading - (idle_ns() - from->idle);
}

static void say(const char *what, const struct sums *sums)
{
	printf("%s %llu %llu %llu\n", what, (unsigned long long)sums->word, (unsigned long long)sums->idle,
	       (unsigned long long)sums->work);
	fflush(stdout);
}

/* -- services ------------------------------------------------------------------------------------------------------ */

static bool is_payload(const char *pid)
{
	char path[300], name[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	return !strcmp(name, "running\n");
}

static int payloads(pid_t *pids)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	need(proc ? 0 : -1, "/proc");
	while ((entry = readdir(proc)) && count < PIDS_MOST)
		if (atoi(entry->d_name) > 0 && is_payload(entry->d_name))
			pids[count++] = atoi(entry->d_name);
	closedir(proc);
	return count;
}

static void kill_each(int kills)
{
	static pid_t pids[PIDS_MOST];
	struct sums sums = { 0 };
	int count = payloads(pids);

	if (count < kills)
		fail("%d payloads to kill, %d wanted", count, kills);
	for (int i = 0; i < kills; i++) {
		struct marks from = begin();

		expect(1);
		need(kill(pids[count - 1 - i], SIGKILL), "kill");
		await_word();
		finish(&from, board->reached_ns, &sums);
	}
	say("again", &sums);
}

_Noreturn static void watch(const struct marks *from, int kills)
{
	struct sums sums = { 0 };

	await_word();
	finish(from, board->reached_ns, &sums);
	say("started", &sums);
	if (kills)
		kill_each(kills);
	end();
}

_Noreturn static void start(uint32_t count, int kills, char **argv)
{
	struct marks *from = mmap(NULL, sizeof(*from), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	need(from == MAP_FAILED ? -1 : 0, "memory");
	board->target = count;
	pid = fork();
	need(pid, "fork");
	if (!pid)
		watch(from, kills);
	settle();
	*from = begin();
	execv(argv[0], argv);
	fail("%s: %s", argv[0], strerror(errno));
}

/* -- programs ------------------------------------------------------------------------------------------------------ */

static void once(char **argv, bool to_word, struct sums *sums)
{
	static char *env[] = { "PATH=/usr/bin:/usr/sbin:/bin:/sbin", NULL };
	struct marks from;
	pid_t pid;
	int status;

	expect(1);
	from = begin();
	errno = posix_spawn(&pid, argv[0], NULL, NULL, argv, env);
	need(errno ? -1 : 0, argv[0]);
	if (to_word)
		await_word();
	else
		need(waitpid(pid, &status, 0), argv[0]);
	finish(&from, to_word ? board->reached_ns : now_ns(), sums);
	if (to_word)
		need(waitpid(pid, &status, 0), argv[0]);
	if (status)
		fail("%s: status %#x", argv[0], (unsigned)status);
}

_Noreturn static void each(int count, bool to_word, char **argv)
{
	struct sums first = { 0 }, sums = { 0 };

	once(argv, to_word, &first); /* what it reads is in memory from then on */
	for (int i = 0; i < count; i++)
		once(argv, to_word, &sums);
	say("each", &sums);
	end();
}

static void restore_dashes(char **words)
{
	static char dashes[] = "--";

	for (; *words; words++)
		if (!strcmp(*words, "@"))
			*words = dashes;
}

int main(int argc, char **argv)
{
	const struct rlimit files = { 4096, 4096 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	mount_all();
	open_cgroups();
	load_modules();
	leave_rootfs();
	map_board();
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc < 4)
		fail("usage: guest start COUNT KILLS PROG | each COUNT PROG | run COUNT PROG");
	restore_dashes(argv);
	sleep(1); /* what the kernel does late in its boot is not to be counted */
	calibrate();
	if (!strcmp(argv[1], "start") && argc > 4)
		start((uint32_t)atoi(argv[2]), atoi(argv[3]), argv + 4);
	each(atoi(argv[2]), !strcmp(argv[1], "each"), argv + 3);
}
