/*
 * What a new flow costs on its way, and a packet of an old one: datagrams and their echoes.
 *
 *   flows serve PORT             sends back what comes, IPv4
 *   flows ask ADDRESS PORT N     "flow NS packet NS": the mean of N new flows, and of N more packets of one
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void check(int failed, const char *what)
{
	if (!failed)
		return;
	perror(what);
	exit(111);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int open_to(const struct sockaddr_in *to)
{
	struct timeval patience = { .tv_sec = 5 };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	check(s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	      connect(s, (const struct sockaddr *)to, sizeof(*to)) < 0, "socket");
	return s;
}

static void echo(int s)
{
	char byte = 0;

	check(send(s, &byte, 1, 0) != 1 || recv(s, &byte, 1, 0) != 1, "echo");
}

static uint64_t flows(const struct sockaddr_in *to, unsigned count)
{
	uint64_t begin = now_ns();

	for (unsigned i = 0; i < count; i++) {
		int s = open_to(to);

		echo(s);
		close(s);
	}
	return (now_ns() - begin) / count;
}

static uint64_t packets(const struct sockaddr_in *to, unsigned count)
{
	int s = open_to(to);
	uint64_t begin;

	echo(s);
	begin = now_ns();
	for (unsigned i = 0; i < count; i++)
		echo(s);
	begin = now_ns() - begin;
	close(s);
	return begin / count;
}

static void serve(uint16_t port)
{
	struct sockaddr_in peer, any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	check(s < 0 || bind(s, (struct sockaddr *)&any, sizeof(any)) < 0, "bind");
	for (;;) {
		socklen_t size = sizeof(peer);
		char mem[2048];
		ssize_t n = recvfrom(s, mem, sizeof(mem), 0, (struct sockaddr *)&peer, &size);

		if (n >= 0)
			(void)!sendto(s, mem, (size_t)n, 0, (struct sockaddr *)&peer, size);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	unsigned count;

	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve((uint16_t)atoi(argv[2]));
	if (argc != 5 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: flows serve PORT | flows ask ADDRESS PORT N\n");
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[3]));
	count = (unsigned)atoi(argv[4]);
	flows(&to, 10);
	printf("flow %lu", flows(&to, count));
	printf(" packet %lu\n", packets(&to, count));
	return 0;
}
