/* How the fields of an image are told apart: services/fields.def. */
#ifndef SERVICES_FIELDS_H
#define SERVICES_FIELDS_H

#include <sched.h>

#define NAMESPACES_ALL \
	(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

enum field_kind {
	FIELD_NAME, FIELD_TEXT, FIELD_SHARED,
	FIELD_TEXTS, FIELD_SERVICES, FIELD_RLIMITS, FIELD_LIMITS, /* lists */
	FIELD_FLAGS, FIELD_NUMBER, FIELD_GROUP,
	FIELD_BYTE, FIELD_BOOL, FIELD_WORD, /* one byte */
};

#endif
