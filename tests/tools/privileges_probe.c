/*
 * What a service may do and how it runs, seen from inside: each word is one thing to print, all of them on one line.
 *
 *   caps              the five sets as /proc/self/status has them: inheritable permitted effective bounding ambient
 *   status FIELD      another line of it
 *   securebits nnp nice ioprio sched cpus numa oom personality dump core keyring tty
 *   read PATH, write PATH, make PATH    "yes", or why not
 *   bind PORT, connect PORT, signal PID, socket NAME (an abstract one)
 *   mptcp PORT        bind(2) of MPTCP; fastopen PORT: a connection by sending
 *   listen NAME       until somebody has come there
 *   fork exec         "yes", or why not
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static const char *blank = "";

static void put(const char *fmt, long n)
{
	printf("%s", blank);
	printf(fmt, n);
	blank = " ";
}

static void put_text(const char *text)
{
	printf("%s%s", blank, text);
	blank = " ";
}

static const char *name_of(int err)
{
	switch (err) {
	case EPERM: return "EPERM";
	case EACCES: return "EACCES";
	case ENOENT: return "ENOENT";
	case EAGAIN: return "EAGAIN";
	case ECONNREFUSED: return "ECONNREFUSED";
	case EADDRINUSE: return "EADDRINUSE";
	case ENXIO: return "ENXIO";
	case EPROTONOSUPPORT: return "EPROTONOSUPPORT";
	case EOPNOTSUPP: return "EOPNOTSUPP";
	default: return strerror(err);
	}
}

static void answer(long result)
{
	put_text(result >= 0 ? "yes" : name_of(errno));
}

static void put_file(const char *path)
{
	char text[256] = "";
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		strcpy(text, "?");
	text[strcspn(text, "\n")] = '\0';
	put_text(text);
	close(fd);
}

static void put_status(const char *field)
{
	char line[512];
	size_t len = strlen(field);
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, len) && line[len] == ':') {
			line[strcspn(line, "\n")] = '\0';
			put_text(line + len + 1 + strspn(line + len + 1, "\t "));
		}
	if (f)
		fclose(f);
}

static void put_caps(void)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		put_status(sets[i]);
}

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static void put_sched(void)
{
	struct attr a = { 0 };

	syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0);
	put("policy %ld", a.policy);
	put("priority %ld", a.priority);
	if (a.flags)
		put("flags %ld", (long)a.flags);
	if (a.policy == 6) {
		put("%ld", (long)a.runtime);
		put("%ld", (long)a.deadline);
		put("%ld", (long)a.period);
	}
}

static void put_cpus(void)
{
	uint64_t mask[128] = { 0 };

	syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	put("%lx", (long)mask[0]);
}

static void put_numa(void)
{
	int mode = -1;
	uint64_t nodes[16] = { 0 };

	syscall(SYS_get_mempolicy, &mode, nodes, 1024L, NULL, 0);
	put("mode %ld", mode);
	put("nodes %lx", (long)nodes[0]);
}

static void put_core(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_CORE, &limit);
	put("%ld", (long)limit.rlim_cur);
	put("%ld", (long)limit.rlim_max);
}

/* Its session keyring by number, so that two can be compared; 0 is the number of the special one, not made. */
static void put_keyring(void)
{
	long id = syscall(SYS_keyctl, 0, -3, 0);

	put("%ld", id < 0 ? -errno : id);
}

static void put_tty(void)
{
	pid_t sid = tcgetsid(0);
	int fd = open("/dev/tty", O_RDWR);

	put_text(sid == getsid(0) ? "its session's" : "not its session's");
	put_text(fd >= 0 ? "opened" : name_of(errno));
	put_text(isatty(1) && isatty(2) ? "all three" : "not all three");
	put_text(fcntl(0, F_GETFL) & O_NONBLOCK ? "not blocking" : "blocking");
}

static int try_socket(int port, int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return call(fd, (const struct sockaddr *)&to, sizeof(to));
}

static int try_mptcp(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 262);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd < 0 ? fd : bind(fd, (const struct sockaddr *)&to, sizeof(to));
}

static ssize_t try_fastopen(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sendto(fd, "x", 1, MSG_FASTOPEN, (const struct sockaddr *)&to, sizeof(to));
}

static int try_abstract(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(to.sun_path + 1, name, sizeof(to.sun_path) - 2);
	for (int i = 0; i < 1000; i++) {
		int err = connect(fd, (const struct sockaddr *)&to, (socklen_t)(sizeof(sa_family_t) + 1 + strlen(name)));

		if (!err || errno != ECONNREFUSED)
			return err;
		usleep(10000);
	}
	return -1;
}

/* Until somebody has come. */
static int try_listen(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), err;

	strncpy(at.sun_path + 1, name, sizeof(at.sun_path) - 2);
	err = bind(fd, (const struct sockaddr *)&at, (socklen_t)(sizeof(sa_family_t) + 1 + strlen(name)));
	if (err < 0 || listen(fd, 5) < 0)
		return -1;
	return accept(fd, NULL, NULL);
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid;
}

static const struct {
	const char *word;
	void (*put)(void);
} plain[] = {
	{ "caps", put_caps }, { "sched", put_sched }, { "cpus", put_cpus }, { "numa", put_numa },
	{ "core", put_core }, { "keyring", put_keyring }, { "tty", put_tty },
};

static int plain_word(const char *word)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!strcmp(plain[i].word, word)) {
			plain[i].put();
			return 1;
		}
	return 0;
}

static int number_word(const char *word)
{
	if (!strcmp(word, "securebits"))
		put("%lx", prctl(PR_GET_SECUREBITS));
	else if (!strcmp(word, "nnp"))
		put("%ld", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	else if (!strcmp(word, "nice"))
		put("%ld", getpriority(PRIO_PROCESS, 0));
	else if (!strcmp(word, "ioprio"))
		put("%lx", syscall(SYS_ioprio_get, 1, 0));
	else if (!strcmp(word, "oom"))
		put_file("/proc/self/oom_score_adj");
	else if (!strcmp(word, "dump"))
		put_file("/proc/self/coredump_filter");
	else if (!strcmp(word, "personality"))
		put("%lx", personality(0xffffffff));
	else if (!strcmp(word, "fork"))
		answer(try_fork());
	else
		return 0;
	return 1;
}

static int trial_word(const char *word, const char *arg)
{
	if (!strcmp(word, "read"))
		answer(open(arg, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
	else if (!strcmp(word, "write"))
		answer(open(arg, O_WRONLY | O_CLOEXEC | O_NONBLOCK));
	else if (!strcmp(word, "make"))
		answer(open(arg, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	else if (!strcmp(word, "bind"))
		answer(try_socket(atoi(arg), bind));
	else if (!strcmp(word, "connect"))
		answer(try_socket(atoi(arg), connect));
	else if (!strcmp(word, "mptcp"))
		answer(try_mptcp(atoi(arg)));
	else if (!strcmp(word, "fastopen"))
		answer(try_fastopen(atoi(arg)));
	else if (!strcmp(word, "signal"))
		answer(kill(atoi(arg), 0));
	else if (!strcmp(word, "listen"))
		answer(try_listen(arg));
	else if (!strcmp(word, "socket"))
		answer(try_abstract(arg));
	else if (!strcmp(word, "status"))
		put_status(arg);
	else
		return 0;
	return 1;
}

int main(int argc, char **argv)
{
	printf("%s: ", argv[1]);
	for (int i = 2; i < argc; i++) {
		if (plain_word(argv[i]) || number_word(argv[i]))
			continue;
		if (i + 1 == argc || !trial_word(argv[i], argv[i + 1]))
			put_text("what?");
		i++;
	}
	printf("\n");
	fflush(stdout);
	return 0;
}
