// links: init/field.c init/follow.c lib/buf.c lib/utf8.c lib/addr.c lib/text.c
/* The tool's look into a line, whoever has written it: what is shown has no control characters and an end. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "init/field.h"
#include "init/follow.h"

static void check_text(const char *line, const char *key)
{
	char text[48];

	memset(text, 'x', sizeof(text));
	field_text(line, key, text, sizeof(text));
	assert(memchr(text, '\0', sizeof(text)));
	for (const char *s = text; *s; s++)
		assert((unsigned char)*s >= ' ' && *s != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct follow f = { 0 };
	char *line = malloc(size + 1);
	const char *at;
	size_t len;

	memcpy(line, data, size);
	line[size] = '\0';
	if (field_find(line, "why", &at, &len))
		assert(at >= line && at + len <= line + strlen(line));
	check_text(line, "why");
	check_text(line, "service");
	field_number(line, "pid", -1);
	assert(follow_line(&f, line) == 0);
	if (f.all)
		munmap(f.all, f.room * sizeof(*f.all));
	free(line);
	return 0;
}
