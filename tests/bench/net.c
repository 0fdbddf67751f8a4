/*
 * The networks of N services: net/ beside its floor (net_floor.c), and published ports. Each sample is a process in a network namespace of its own.
 *
 *   net setup ROUNDS N...     {"n": N, "who": "floor"|"net", "setup_us": ..., "cpu_us": ..., "teardown_us": ...}, interleaved
 *   net ports ROUNDS N...     {"n": N, "bytes": ..., "first_us": ..., "again_us": ...}: one transaction, and one in its place
 */
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/fd.h"
#include "tests/bench/net_floor.h"

static int namespaces[FLOOR_MOST];

static double clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* -- one sample ---------------------------------------------------------------------------------------------------- */

static void by_hand(struct net_session *s, unsigned i)
{
	namespaces[i] = floor_attach(s, i);
}

static void minit_attach(struct net_session *s, unsigned i)
{
	namespaces[i] = net_attach(s, floor_attaches[i].peer, &floor_attaches[i], &floor_bridge, NULL);
	floor_check(namespaces[i] < 0, "net_attach");
}

static void minit_connect(struct net_session *s, unsigned i)
{
	floor_check(net_connect(s, floor_attaches[i].peer, &floor_attaches[i], &floor_bridge, NULL) < 0, "net_connect");
}

static const struct {
	const char *name;
	void (*attach)(struct net_session *s, unsigned i);
	void (*connect)(struct net_session *s, unsigned i);
} who[] = {
	{ "floor", by_hand, floor_connect },
	{ "net", minit_attach, minit_connect },
};

static void await_end(struct net_session *s, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		while (net_is_there(s, floor_attaches[i].peer))
			usleep(200);
}

static void sample_setup(size_t w, unsigned count)
{
	struct net_session s;
	double begin, cpu, made, end;

	floor_check(unshare(CLONE_NEWNET) < 0 || net_open(&s) < 0 || net_bridge_up(&s, &floor_bridge) < 0, "bridge");
	cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
	begin = clock_us(CLOCK_MONOTONIC);
	for (unsigned i = 0; i < count; i++)
		who[w].attach(&s, i);
	for (unsigned i = 0; i < count; i++)
		who[w].connect(&s, i);
	made = clock_us(CLOCK_MONOTONIC);
	cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	for (unsigned i = 0; i < count; i++)
		close(namespaces[i]);
	await_end(&s, count);
	end = clock_us(CLOCK_MONOTONIC);
	printf("{\"n\": %u, \"who\": \"%s\", \"setup_us\": %.1f, \"cpu_us\": %.1f, \"teardown_us\": %.1f}\n", count, who[w].name,
	       made - begin, cpu, end - made);
	net_close(&s);
}

static double commit(int fd, const struct buf *b)
{
	double begin = clock_us(CLOCK_MONOTONIC);

	floor_check(ruleset_commit(fd, b->data, b->len) < 0, "commit");
	return clock_us(CLOCK_MONOTONIC) - begin;
}

static void sample_ports(size_t w, unsigned count)
{
	static char mem[4 << 20];
	struct net_port *ports = calloc(count, sizeof(*ports));
	struct buf b = { .data = mem, .size = sizeof(mem) };
	struct ruleset_plan all = { .bridges = &floor_bridge, .bridge_count = 1, .attach = floor_attaches,
				    .stride = sizeof(floor_attaches[0]),
				    .attach_count = 1, .ports = ports, .port_count = count };
	uint32_t port;
	double first;
	int fd = -1;

	(void)w;
	for (unsigned i = 0; i < count; i++)
		ports[i] = (struct net_port){ .host.family = AF_INET, .to = floor_attaches[i % 100].addr[0], .low = (uint16_t)(1024 + i),
					      .last = (uint16_t)(1024 + i), .to_low = 80, .proto = IPPROTO_TCP };
	ruleset_build(&all, &b);
	floor_check(buf_check(&b) < 0 || unshare(CLONE_NEWNET) < 0 || (fd = ruleset_open(&port)) < 0, "ruleset");
	first = commit(fd, &b);
	printf("{\"n\": %u, \"bytes\": %zu, \"first_us\": %.1f, \"again_us\": %.1f}\n", count, b.len, first,
	       commit(fd, &b));
	free(ports);
}

static void in_child(void (*sample)(size_t, unsigned), size_t w, unsigned count)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	floor_check(pid < 0, "fork");
	if (!pid) {
		sample(w, count);
		fflush(stdout);
		_exit(0);
	}
	floor_check(waitpid(pid, &status, 0) != pid || status, "a sample");
	usleep(20000); /* what the kernel does late */
}

int main(int argc, char **argv)
{
	bool ports = argc > 3 && !strcmp(argv[1], "ports");
	struct rlimit files = { 4096, 4096 };

	if (argc < 4 || (!ports && strcmp(argv[1], "setup") != 0)) {
		fprintf(stderr, "usage: net setup|ports ROUNDS N...\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &files);
	floor_plan(FLOOR_MOST);
	for (int i = 3; i < argc; i++)
		for (int round = 0; round < atoi(argv[2]); round++)
			for (size_t w = 0; w < (ports ? 1 : ARRAY_LEN(who)); w++)
				in_child(ports ? sample_ports : sample_setup, (w + (size_t)round) % ARRAY_LEN(who),
					 (unsigned)atoi(argv[i]));
	return 0;
}
