#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "init/lease.h"
#include "lib/addr.h"
#include "lib/text.h"

#define DOMAIN_SIZE 256

enum {
#define EVENT(word, change)
#define VARIABLE(what, ipv4, ipv6) VARIABLE_##what,
#include "init/lease_words.def"
#undef VARIABLE
};

/* The names of each stand one behind the other, and "" behind the last. */
static const char *const names[][2] = {
#define VARIABLE(what, ipv4, ipv6) { ipv4, ipv6 },
#include "init/lease_words.def"
#undef VARIABLE
#undef EVENT
};

const char *news_variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static const char *said(const struct news *n, unsigned what)
{
	const char *name = names[what][n->family == AF_INET6], *value = "";

	for (; *name && !*value; name += strlen(name) + 1)
		value = news_variable(name);
	return value;
}

static bool read_address(const char *text, uint8_t family, struct addr *ret)
{
	return !text_host(text, ret) && ret->family == family;
}

/* "255.255.255.0" or, as some clients have it, "24". */
static bool read_prefix(const char *text, uint8_t *ret)
{
	struct addr mask;
	uint32_t bits;
	uint64_t n;

	if (!text_u64(text, &n) && n <= 32) {
		*ret = (uint8_t)n;
		return true;
	}
	if (!read_address(text, AF_INET, &mask))
		return false;
	bits = (uint32_t)mask.bytes[0] << 24 | (uint32_t)mask.bytes[1] << 16 | (uint32_t)mask.bytes[2] << 8 |
	       mask.bytes[3];
	*ret = (uint8_t)(bits ? __builtin_popcount(bits) : 0);
	return !bits || (~bits & (~bits + 1)) == 0;
}

static bool read_number(const char *text, uint32_t *ret)
{
	uint64_t n;

	if (text_u64(text, &n) || n > UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static void read_servers(struct news *n)
{
	const char *list = said(n, VARIABLE_SERVERS);
	BUF_ON_STACK(word, 64);

	while (n->servers < LEASE_SERVERS && text_word(&list, &word))
		if (read_address(buf_text(&word), n->family, &n->server[n->servers]))
			n->servers++;
}

static bool is_domain(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");

	return len && len < 254 && !text[len] && text[0] != '.';
}

/* Those that there is room for, without the dot of the root some clients put behind. One that is none spoils all. */
static void read_search(struct news *n)
{
	struct buf all = { .data = n->search, .size = sizeof(n->search) - 1 };
	const char *list = said(n, VARIABLE_SEARCH);
	BUF_ON_STACK(word, DOMAIN_SIZE);
	bool wrong = false;

	while (text_word(&list, &word)) {
		if (word.data[word.len - 1] == '.')
			word.len--;
		wrong |= !is_domain(buf_text(&word));
		if (all.len + 1 + word.len <= all.size)
			buf_fmt(&all, "%s%s", all.len ? " " : "", buf_text(&word));
	}
	n->search[wrong || buf_check(&word) ? 0 : all.len] = '\0';
}

static const char *read_ipv4(struct news *n)
{
	const char *routers = said(n, VARIABLE_ROUTER);
	BUF_ON_STACK(word, 64);

	if (!read_address(said(n, VARIABLE_ADDRESS), AF_INET, &n->lease.addr) ||
	    !read_prefix(said(n, VARIABLE_PREFIX), &n->lease.addr.prefix))
		return "the client has told no address with its mask";
	if (addr_unfit(&n->lease.addr, 0) || !n->lease.addr.prefix)
		return "the client has told no address and mask that a host can have";
	if (text_word(&routers, &word) &&
	    (!read_address(buf_text(&word), AF_INET, &n->lease.router) || addr_unfit(&n->lease.router, 0)))
		n->lease.router.family = 0;
	if (!read_number(said(n, VARIABLE_SECONDS), &n->lease.seconds) || !n->lease.seconds)
		n->lease.seconds = UINT32_MAX;
	n->lease.preferred = n->lease.seconds;
	return NULL;
}

/* What stands before a comma or space; *at is behind it then. */
static void take_field(const char **at, struct buf *field)
{
	size_t len = strcspn(*at, ", ");

	buf_add(field, *at, len);
	*at += len;
	*at += **at == ',';
}

/* The first of a list: "fd00::5/128,60,120" of odhcp6c, with its times, or the address alone. */
static bool read_first(const char *list, struct addr *ret, struct buf *preferred, struct buf *seconds)
{
	BUF_ON_STACK(address, 64);

	take_field(&list, &address);
	take_field(&list, preferred);
	take_field(&list, seconds);
	return !buf_check(&address) && !buf_check(preferred) && !buf_check(seconds) &&
	       !text_addr(buf_text(&address), ret) && ret->family == AF_INET6;
}

/* What is not said is without end; what is said must be right. */
static bool read_life(const char *text, uint32_t otherwise, uint32_t *ret)
{
	*ret = otherwise;
	return !*text || read_number(text, ret);
}

/* RFC 8415, 21.6: with a preferred lifetime beyond the valid one it is to be passed over. */
static const char *read_lives(struct news *n, const char *preferred, const char *seconds)
{
	if (!read_life(seconds, UINT32_MAX, &n->lease.seconds) ||
	    !read_life(preferred, n->lease.seconds, &n->lease.preferred))
		return "the client has told a lifetime that is no number of seconds";
	return n->lease.preferred > n->lease.seconds ?
		       "the client has told a preferred lifetime that is longer than the valid one" : NULL;
}

static const char *read_ipv6(struct news *n)
{
	const char *prefix = said(n, VARIABLE_PREFIX);
	BUF_ON_STACK(preferred, 16);
	BUF_ON_STACK(seconds, 16);
	uint64_t bits;

	if (!read_first(said(n, VARIABLE_ADDRESS), &n->lease.addr, &preferred, &seconds) ||
	    addr_unfit(&n->lease.addr, ADDR_MAPPED))
		return "the client has told no IPv6 address that a host can have";
	if (*prefix && (text_u64(prefix, &bits) || bits > 128))
		return "the client has told a prefix length that is no number from 0 to 128";
	n->lease.addr.prefix = 128;
	if (preferred.len)
		return read_lives(n, buf_text(&preferred), buf_text(&seconds));
	return read_lives(n, said(n, VARIABLE_PREFERRED), said(n, VARIABLE_SECONDS));
}

const char *news_read(struct news *n)
{
	const char *wrong = n->family == AF_INET6 ? read_ipv6(n) : read_ipv4(n);

	if (wrong)
		return wrong;
	(void)read_number(news_variable(LEASE_METRIC), &n->lease.metric);
	read_servers(n);
	read_search(n);
	return NULL;
}
