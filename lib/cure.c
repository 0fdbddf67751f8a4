#include "lib/cure.h"

#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_+"

static bool is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(text, word, len);
}

/* "SYS_ADMIN+NET_ADMIN": " --cap-add SYS_ADMIN --cap-add NET_ADMIN" */
static void put_options(struct buf *b, const char *caps, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!i || caps[i] == '+')
			buf_str(b, " --cap-add ");
		if (caps[i] != '+')
			buf_char(b, caps[i]);
	}
}

/* It is the last then. */
static bool has_network(const char *caps, size_t len)
{
	const size_t last = strlen("NET_ADMIN");

	return len >= last && is_word(caps + len - last, last, "NET_ADMIN");
}

static void put_rights(struct buf *b, enum where where, const char *caps, size_t len)
{
	switch (where) {
	case WHERE_ALONE: buf_str(b, "run it by unshare -rn"); break;
	case WHERE_USER: buf_fmt(b, "run it as root, or by unshare -r%s", has_network(caps, len) ? "n" : ""); break;
	case WHERE_USER_WITHIN:
		buf_str(b, "run the container as root");
		if (len)
			buf_str(b, " with");
		put_options(b, caps, len);
		break;
	case WHERE_CONTAINER:
		buf_str(b, len ? "run the container with" : "a container gets more by --cap-add");
		put_options(b, caps, len);
		break;
	}
}

static void put_ids(struct buf *b, enum where where)
{
	buf_str(b, where == WHERE_ALONE ? "run it by unshare -r --map-auto (newuidmap, /etc/subuid)" :
					  "run it as root with CAP_SETUID and CAP_SETGID");
}

static void put_map(struct buf *b, enum where where)
{
	if (where == WHERE_ALONE)
		put_ids(b, where);
	else
		buf_str(b, "map it");
}

/* Root has to do with profiles, others mostly with modes. */
static void put_place(struct buf *b, enum where where)
{
	buf_str(b, where == WHERE_CONTAINER ? "minit may not mount here: run the container with a profile (AppArmor, "
					      "SELinux) that lets it, or leave root, readonly and hosts out" :
					      "make it before, and let minit's user in, or correct the table");
}

static void put_one(struct buf *b, const char *word, size_t len)
{
	enum where where = cure_where();

	if (is_word(word, len, "IDS"))
		put_ids(b, where);
	else if (is_word(word, len, "MAP"))
		put_map(b, where);
	else if (is_word(word, len, "PLACE"))
		put_place(b, where);
	else
		put_rights(b, where, word, len);
}

void cure_put(struct buf *b, const char *words)
{
	for (size_t len; *words; words += len) {
		len = *words == '$' ? 1 + strspn(words + 1, LETTERS) : strcspn(words, "$");
		if (*words == '$')
			put_one(b, words + 1, len - 1);
		else
			buf_add(b, words, len);
	}
}
