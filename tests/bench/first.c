/*
 * The first packets of a service: how long until each is answered.
 *
 *   first [NAME:ADDRESS]...    ADDRESS being the bytes of it in hexadecimal, 4 or 16
 *
 * Each asks for a connection to a port where nobody listens, which is refused by who has the address. (Answers to datagrams
 * are limited in number.) Appends "NAME NS" to /first,
 * says on the board that it runs, and waits.
 */
#include "tests/bench/raise.h"

#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define PORT 9

struct end {
	uint16_t family;
	uint8_t port[2];
	uint8_t bytes[24]; /* of IPv6 behind a flow label */
};

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Behind the colon; its length. */
static long read_end(const char *text, struct end *e)
{
	size_t digits = 0, at;

	while (text[digits])
		digits++;
	at = digits == 8 ? 0 : 4;
	*e = (struct end){ .family = digits == 8 ? AF_INET : AF_INET6, .port = { 0, PORT } };
	for (size_t i = 0; i < digits; i += 2)
		e->bytes[at + i / 2] = (uint8_t)(digit(text[i]) << 4 | digit(text[i + 1]));
	return digits == 8 ? 16 : 28;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	sys3(__NR_clock_gettime, CLOCK_MONOTONIC, &now, 0);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t ask(const struct end *e, long size)
{
	long fd = sys3(__NR_socket, e->family, SOCK_STREAM, 0);
	uint64_t begin = now_ns();

	sys3(__NR_connect, fd, e, size); /* ECONNREFUSED */
	begin = now_ns() - begin;
	sys3(__NR_close, fd, 0, 0);
	return begin;
}

static void tell(long fd, const char *name, size_t len, uint64_t ns)
{
	char line[64];
	size_t at = sizeof(line);

	line[--at] = '\n';
	do
		line[--at] = (char)('0' + ns % 10);
	while (ns /= 10);
	line[--at] = ' ';
	while (len && at)
		line[--at] = name[--len];
	sys3(__NR_write, fd, line + at, sizeof(line) - at);
}

_Noreturn static void start(long *stack)
{
	char **argv = stack_argv(stack);
	long fd = sys3(__NR_open, "/first", O_WRONLY | O_CREAT | O_APPEND, 0666);

	for (long i = 1; i < stack[0]; i++) {
		struct end e;
		size_t len = 0;
		long size;

		while (argv[i][len] != ':')
			len++;
		size = read_end(argv[i] + len + 1, &e);
		tell(fd, argv[i], len, ask(&e, size));
	}
	board_raise(board_map());
	for (;;)
		sys3(__NR_pause, 0, 0, 0);
}
