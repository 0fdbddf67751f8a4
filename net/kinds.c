/* The kinds of links, and their modes, by name. */
#include "net/net.h"

static const struct {
	char name[12], modes[80], values[8];
} kinds[] = {
#define LINK_KIND(id, name, modes, values) { name, modes, values },
#include "net/kinds.def"
#undef LINK_KIND
};

const char *net_kind_name(enum net_kind kind)
{
	return kinds[kind].name;
}

const char *net_kind_modes(enum net_kind kind)
{
	return kinds[kind].modes;
}

uint8_t net_kind_mode(enum net_kind kind, unsigned word)
{
	return (uint8_t)kinds[kind].values[word];
}
