/* Images of file systems: loop(4). */
#ifndef SERVICES_IMAGE_H
#define SERVICES_IMAGE_H

#include "lib/util.h"

/*
 * Mounts the squashfs, erofs or ext4 image `path` (attached nowhere), `count` times, by a loop device that ends with
 * the mounts. An image that may be written is nobody else's meanwhile. Descriptors are put into ret, which the caller
 * closes, also after an error. 0, or -errno: -EBUSY, it is in use; -EMEDIUMTYPE, it is no such image. Waits a little
 * for a former user.
 */
must_check int image_open(const char *path, bool readonly, int *ret, size_t count);

#endif
