/* The compiled table for people and tests. */
#ifndef SERVICES_DUMP_H
#define SERVICES_DUMP_H

#include "services/table.h"

/* Writes the table as one JSON object to fd; for tools, it may block. 0 or -errno. */
must_check int table_dump(const struct table *t, int fd);

#endif
