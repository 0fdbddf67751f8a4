/* A reference to elements of the image; `at` is 0 and `count` too when there are none. */
#ifndef SERVICES_LIST_H
#define SERVICES_LIST_H

#include "lib/util.h"

struct list {
	uint32_t at;    /* offset of the first element */
	uint32_t count;
};

#endif
