#include "init/handed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/client.h"
#include "init/field.h"
#include "lib/fd.h"

/* A stream that is closed does not become one of these: what is said would go there. */
static int beside_streams(int fd)
{
	int beside;

	if (fd > STDERR_FILENO)
		return fd;
	beside = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(fd);
	return beside;
}

static void take_fds(struct handed *h, struct msghdr *m)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);
	uint32_t which = (uint32_t)field_number(h->line, "fds", 0);
	size_t count = 0, next = 0;
	int fds[INSIGHT_MOST];

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		count = MIN((c->cmsg_len - CMSG_LEN(0)) / sizeof(int), INSIGHT_MOST);
	if (count)
		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
	for (unsigned i = 0; i < INSIGHT_MOST; i++)
		h->fds[i] = which >> i & 1 && next < count ? beside_streams(fds[next++]) : -1;
}

/* It is the first message of the answer, and comes as one piece. */
static int receive(int from, struct handed *h)
{
	char control[CMSG_SPACE(sizeof(h->fds))] __attribute__((aligned(sizeof(size_t))));
	struct iovec bytes = { h->line, sizeof(h->line) - 1 };
	struct msghdr m = { .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);

	if (n <= 0)
		return n ? -errno : -ECONNRESET;
	h->line[n] = '\0';
	h->changes = h->line + strcspn(h->line, "\n");
	if (*h->changes)
		*(char *)h->changes++ = '\0';
	take_fds(h, &m);
	return field_is_there(h->line, "error") ? -EPERM : 0;
}

void handed_release(struct handed *h)
{
	for (size_t i = 0; i < INSIGHT_MOST; i++)
		fd_close(&h->fds[i]);
}

int handed_ask(struct handed *h, const char *verb, const char *name)
{
	struct talk t;
	int err;

	memset(h->fds, -1, sizeof(h->fds));
	h->line[0] = '\0';
	h->changes = "";
	err = talk_ask(&t, "%s%s%s", verb, name ? " " : "", name ? name : "");
	if (!err)
		err = receive(t.fd, h);
	talk_close(&t);
	return err;
}
