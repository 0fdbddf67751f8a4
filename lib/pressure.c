#include "lib/pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"

const char *pressure_name(enum pressure_of what)
{
	static const char *const names[] = { "cpu", "memory", "io" };

	return names[what];
}

const char *pressure_line(enum pressure_line line)
{
	return line == PRESSURE_FULL ? "full" : "some";
}

const char *pressure_window(enum pressure_window window)
{
	static const char *const names[] = { "10s", "1m", "5m" };

	return names[window];
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "12.34" as 1234, or -1. */
static int16_t read_share(const char *at)
{
	unsigned share = 0;

	for (int i = 0; i < 3 && is_digit(*at); i++)
		share = share * 10 + (unsigned)(*at++ - '0');
	if (at[0] != '.' || !is_digit(at[1]) || !is_digit(at[2]))
		return -1;
	share = share * 100 + (unsigned)(at[1] - '0') * 10 + (unsigned)(at[2] - '0');
	return (int16_t)MIN(share, 10000u);
}

static void read_shares(const char *line, int16_t *shares)
{
	static const char *const names[] = { " avg10=", " avg60=", " avg300=" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *at = strstr(line, names[i]);

		if (at)
			shares[i] = read_share(at + strlen(names[i]));
	}
}

void pressure_parse(char *text, struct pressure *ret)
{
	const char *line;

	memset(ret, -1, sizeof(*ret));
	while ((line = strsep(&text, "\n")))
		for (unsigned i = 0; i < PRESSURE_LINES; i++)
			if (!strncmp(line, pressure_line(i), 4))
				read_shares(line, ret->share[i]);
}

/* O_NONBLOCK: in a mount namespace that others may change the name may lead to a FIFO. */
int pressure_read(int dir, const char *path, struct pressure *ret)
{
	cleanup_fd int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char text[256];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	pressure_parse(text, ret);
	return 0;
}
