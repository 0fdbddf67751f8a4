/* Whose a link is: what minit makes bears its mark, with the place (net/claim.c) of that one in it. */
#include <string.h>

#include "lib/text.h"
#include "net/requests.h"

void mark_put(struct buf *b, unsigned place)
{
	buf_str(b, LINK_MARK);
	if (place)
		buf_u64(b, place);
	buf_text(b);
}

static int place_in(const char *number)
{
	uint64_t place;

	if (!*number)
		return 0;
	return *number == '0' || text_u64(number, &place) || place > NET_PLACES ? -1 : (int)place;
}

int link_place(const struct link_info *info)
{
	size_t len = strlen(LINK_MARK);

	if (!strcmp(info->kind, "veth") && info->group - PAIR_MARK <= NET_PLACES)
		return (int)(info->group - PAIR_MARK);
	return strncmp(info->alias, LINK_MARK, len) ? -1 : place_in(info->alias + len);
}

bool link_is_left(const struct net_session *s, const struct link_info *info)
{
	int place = link_place(info);

	return place == NET_PLACES ? net_is_alone(s) : place >= 0 && s->dead >> place & 1;
}
