#include "init/mountinfo.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *mountinfo_word(const char *line, unsigned i)
{
	for (; i > 0 && line[strcspn(line, " \n")] == ' '; i--)
		line += strcspn(line, " \n") + 1;
	return i ? "" : line;
}

size_t mountinfo_length(const char *at)
{
	return strcspn(at, " \n");
}

const char *mountinfo_next(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

bool mountinfo_same(const char *a, const char *b)
{
	return mountinfo_length(a) == mountinfo_length(b) && !strncmp(a, b, mountinfo_length(a));
}

/* The next character of a word, which is not at its end. */
static char take_char(const char **word)
{
	const char *at = *word;

	if (*at != '\\' || mountinfo_length(at) < 4) {
		++*word;
		return *at;
	}
	*word += 4;
	return (char)((at[1] & 7) << 6 | (at[2] & 7) << 3 | (at[3] & 7));
}

bool mountinfo_is(const char *word, const char *text)
{
	while (mountinfo_length(word) && *text)
		if (take_char(&word) != *text++)
			return false;
	return !mountinfo_length(word) && !*text;
}

/* -- what a path leads to ----------------------------------------------------------------------------------------- */

static void put_name(const char *word, struct buf *b)
{
	while (mountinfo_length(word))
		buf_char(b, take_char(&word));
}

/* What of a path is below a place, with its slash; NULL: it is not there. */
static const char *below(const char *path, const char *place)
{
	size_t n = strcmp(place, "/") ? strlen(place) : 0;

	return !strncmp(path, place, n) && (!path[n] || path[n] == '/') ? path + n : NULL;
}

/* The mount that a path is in; of several at one place, that which was put there last. */
static const char *holder(const char *lines, const char *path, const char **ret_rest)
{
	const char *found = NULL, *rest;

	*ret_rest = path;
	for (const char *line = lines; *line; line = mountinfo_next(line)) {
		BUF_ON_STACK(place, 4096);

		put_name(mountinfo_word(line, MOUNTINFO_PLACE), &place);
		rest = below(path, buf_text(&place));
		if (!rest || (found && strlen(rest) > strlen(*ret_rest)))
			continue;
		found = line;
		*ret_rest = rest;
	}
	return found;
}

/* It has other ways to say the same. */
static bool is_roundabout(const char *path)
{
	return strstr(path, "//") || strstr(path, "/.");
}

bool mountinfo_shows(const char *line, const char *from, const char *path)
{
	const char *rest, *held = holder(from, path, &rest);
	BUF_ON_STACK(root, 4096);

	if (!held || is_roundabout(path))
		return true;
	if (!mountinfo_same(mountinfo_word(held, MOUNTINFO_DEVICE), mountinfo_word(line, MOUNTINFO_DEVICE)))
		return false;
	put_name(mountinfo_word(held, MOUNTINFO_ROOT), &root);
	root.len -= root.len == 1; /* of "/" nothing but its slash is there */
	buf_str(&root, rest);
	root.len -= root.len > 1 && root.data[root.len - 1] == '/';
	return mountinfo_is(mountinfo_word(line, MOUNTINFO_ROOT), root.len ? buf_text(&root) : "/");
}

/* -- tmpfs -------------------------------------------------------------------------------------------------------- */

static const char *option(const char *options, const char *name)
{
	size_t n = strlen(name);

	for (; *options; options += strcspn(options, ","), options += *options == ',')
		if (!strncmp(options, name, n))
			return options + n;
	return NULL;
}

/* The kernel counts pages and says KiB, and nothing of the usual size, half the memory. */
static bool put_size(const char *asked, const char *found, struct buf *b)
{
	const char *want = option(asked, "size="), *is = option(found, "size=");
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t pages = want ? (strtoull(want, NULL, 10) + page - 1) / page : 0;
	uint64_t found_pages = is ? strtoull(is, NULL, 10) * 1024 / page : (uint64_t)sysconf(_SC_PHYS_PAGES) / 2;

	if (!want || found_pages == pages)
		return false;
	buf_fmt(b, ", of %s%.*s", is ? "size " : "half the memory", is ? (int)strcspn(is, ",") : 0, is ?: "");
	return true;
}

/* 1777 is what a tmpfs has by itself, and is not said. */
static bool put_mode(const char *asked, const char *found, struct buf *b)
{
	const char *want = option(asked, "mode="), *is = option(found, "mode=");

	is = is ?: "1777";
	if (!want || strtoul(want, NULL, 8) == strtoul(is, NULL, 8))
		return false;
	buf_fmt(b, ", of mode %.*s", (int)strcspn(is, ","), is);
	return true;
}

bool mountinfo_put_tmpfs(const char *asked, const char *found, struct buf *b)
{
	bool size = put_size(asked, found, b);

	return put_mode(asked, found, b) || size;
}
