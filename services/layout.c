#include "services/layout.h"

#include <errno.h>
#include <generated/layout.h>
#include <string.h>

const struct layout layout_own = { "@(#)minit layout", LAYOUT_OF_TABLE, LAYOUT_OF_STATE };

const char *layout_why(int err)
{
	switch (err) {
	case -EPROTO: return "the layout is that of another build of minit";
	case -EBADMSG: return "there is something in it that the program does not know";
	case -EOPNOTSUPP: return "the program is built without an option that is in use";
	default: return strerror(-err);
	}
}
