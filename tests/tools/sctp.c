/*
 * SCTP, as few tools speak it:
 *
 *   sctp serve PORT        says the address of each who asks to them
 *   sctp ask ADDRESS PORT  prints what it is told
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int failed(const char *what)
{
	perror(what);
	return 1;
}

static int answer(int s)
{
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	int c = accept(s, (struct sockaddr *)&peer, &size);
	char text[INET_ADDRSTRLEN];

	if (c < 0 || !inet_ntop(AF_INET, &peer.sin_addr, text, sizeof(text)))
		return failed("accept");
	if (send(c, text, strlen(text), 0) < 0)
		perror("send");
	close(c);
	return 0;
}

static int serve(int s, const char *port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

	if (bind(s, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(s, 5) < 0)
		return failed("listen");
	while (!answer(s))
		;
	return 1;
}

static int ask(int s, const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	char text[64];
	ssize_t n;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 || connect(s, (struct sockaddr *)&to, sizeof(to)) < 0)
		return failed("connect");
	n = recv(s, text, sizeof(text) - 1, 0);
	if (n < 0)
		return failed("recv");
	printf("%.*s\n", (int)n, text);
	return 0;
}

int main(int argc, char **argv)
{
	struct timeval patience = { .tv_sec = 10 };
	int s = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);

	if (s < 0)
		return failed("socket");
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(s, argv[2]);
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return argc == 4 ? ask(s, argv[2], argv[3]) : 2;
}
