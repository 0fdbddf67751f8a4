#include "services/image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/path.h"
#include "lib/mount.h"

#define TRIES 64

static const struct {
	char type[9], magic[5];
	uint16_t at;
} formats[] = {
	{ "squashfs", "hsqs", 0 },
	{ "erofs", "\xe2\xe1\xf5\xe0", 1024 },
	{ "ext4", "\x53\xef", 1024 + 56 },
};

static const char *type_of(int fd)
{
	char head[2048];

	if (pread(fd, head, sizeof(head), 0) != sizeof(head))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (!memcmp(head + formats[i].at, formats[i].magic, strlen(formats[i].magic)))
			return formats[i].type;
	return NULL;
}

/* The run before may still be on its way out: its mounts go when its last process is reaped. */
static int lock(int fd, bool readonly)
{
	const struct timespec moment = { .tv_nsec = 20000000 };

	for (int i = 0; i < TRIES; i++) {
		if (flock(fd, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return -errno;
		nanosleep(&moment, NULL);
	}
	return -EBUSY;
}

/* The lock is the file's as the loop device has it, so it lasts as long as that. */
static int configure(int device, int file, bool readonly)
{
	struct loop_config config = {
		.fd = (uint32_t)file,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0),
	};

	return ioctl(device, LOOP_CONFIGURE, &config) < 0 ? -errno : 0;
}

/* A device may be opened by who may mount, unless the leaf or the container forbids it: not for want of a right. */
static int open_device(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	return errno == EPERM ? -ENOTBLK : -errno;
}

/* One that is free may be taken by somebody else in between (EBUSY). The device's name goes to ret_name. */
static int take_loop(int file, bool readonly, struct buf *ret_name)
{
	cleanup_fd int control = open_device("/dev/loop-control", O_RDWR);
	int err = control < 0 ? control : -EBUSY;

	for (int i = 0; i < TRIES && err == -EBUSY; i++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);
		cleanup_fd int device = -1;

		if (number < 0)
			return -errno;
		buf_reset(ret_name);
		buf_fmt(ret_name, "/dev/loop%d", number);
		device = open_device(buf_text(ret_name), readonly ? O_RDONLY : O_RDWR);
		err = device < 0 ? device : configure(device, file, readonly);
		if (!err)
			return fd_steal(&device);
	}
	return err;
}

static int mount_image(const char *type, const char *device, bool readonly)
{
	BUF_ON_STACK(options, 64);

	buf_fmt(&options, "source=%s%s", device, readonly ? ",ro" : "");
	return mount_make(type, buf_text(&options), MOUNT_ATTR_NODEV | (readonly ? MOUNT_ATTR_RDONLY : 0));
}

/* Of one device the kernel makes one file system, however often it is mounted. */
static int mount_all(const char *type, const char *device, bool readonly, int *ret, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		ret[i] = mount_image(type, device, readonly);
		err = MIN(ret[i], 0);
	}
	return err;
}

/* Only ext4 can be written to. */
int image_open(const char *path, bool readonly, int *ret, size_t count)
{
	cleanup_fd int file = path_open_ours(path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
	const char *type = file < 0 ? NULL : type_of(file);
	cleanup_fd int device = -1;
	BUF_ON_STACK(name, 32);
	int err;

	if (file < 0)
		return file;
	if (!type)
		return -EMEDIUMTYPE;
	readonly |= strcmp(type, "ext4") != 0;
	if (!readonly) {
		fd_close(&file);
		file = path_open_ours(path, O_RDWR | O_CLOEXEC | O_NOCTTY, 0);
	}
	err = file < 0 ? file : lock(file, readonly);
	device = err ? err : take_loop(file, readonly, &name);
	return device < 0 ? device : mount_all(type, buf_text(&name), readonly, ret, count);
}
