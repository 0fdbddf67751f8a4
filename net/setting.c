/* Settings of the network that the caller is in: files below /proc/sys/net that hold one digit. */
#include <errno.h>
#include <fcntl.h>

#include "lib/fd.h"
#include "net/requests.h"

void setting_path(struct buf *ret, unsigned version, const char *ifname, const char *what)
{
	buf_fmt(ret, SETTINGS "ipv%u/conf/%s/%s", version, ifname, what);
}

int setting_read(const char *path)
{
	char text[16];
	ssize_t n = fd_read_file(AT_FDCWD, path, text, sizeof(text));

	if (n < 0)
		return (int)n;
	return n > 0 && text[0] >= '0' && text[0] <= '9' ? text[0] - '0' : -EPROTO;
}

int setting_put(const char *path, int value)
{
	char text[2] = { (char)('0' + value) };
	int was = setting_read(path), err;

	if (was == value)
		return 0;
	if (was < 0 && was != -EPROTO)
		return was;
	err = fd_write_file(AT_FDCWD, path, text);
	return err < 0 ? err : 1;
}
