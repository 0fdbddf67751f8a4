#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "services/spans.h"

static bool take_number(const char **at, uint16_t *ret)
{
	uint32_t n = 0;
	const char *s = *at;

	while (*s >= '0' && *s <= '9' && n <= UINT16_MAX)
		n = n * 10 + (uint32_t)(*s++ - '0');
	if (s == *at || **at == '0' || n > UINT16_MAX)
		return false;
	*at = s;
	*ret = (uint16_t)n;
	return true;
}

bool span_take(const char **at, struct span *ret)
{
	if (!take_number(at, &ret->low))
		return false;
	ret->last = ret->low;
	if (**at != '-')
		return true;
	++*at;
	return take_number(at, &ret->last) && ret->last >= ret->low;
}

static const struct {
	char name[6];
	uint8_t proto;
} protocols[] = { { "/tcp", IPPROTO_TCP }, { "/udp", IPPROTO_UDP }, { "/sctp", IPPROTO_SCTP } };

bool protocol_take(const char *at, uint8_t *ret)
{
	if (!*at)
		*ret = IPPROTO_TCP;
	for (size_t i = 0; *at && i < ARRAY_LEN(protocols); i++)
		if (!strcmp(at, protocols[i].name)) {
			*ret = protocols[i].proto;
			return true;
		}
	return !*at;
}

const char *protocol_name(uint8_t proto)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (protocols[i].proto == proto)
			return protocols[i].name + 1;
	return "";
}

const char *balance_name(uint8_t balance)
{
	static const char words[][12] = { "", "random", "round-robin", "source" };

	return balance < ARRAY_LEN(words) ? words[balance] : "";
}
