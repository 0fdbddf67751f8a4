/* What `minit check --dump` says of published ports, and of who may reach whom. */
#include "services/dump_put.h"
#include "services/spans.h"

static void put_name(struct buf *b, const char *name, const struct table *t, uint32_t service)
{
	dump_key(b, name);
	buf_json(b, table_name(t, table_service(t, service)));
}

static void put_addr(struct buf *b, const char *name, const struct addr *a)
{
	dump_key(b, name);
	buf_char(b, '"');
	text_put_addr(b, a, false);
	buf_char(b, '"');
}

static void put_number(struct buf *b, const char *name, uint32_t n)
{
	dump_key(b, name);
	buf_u64(b, n);
}

static void put_protocol(struct buf *b, uint8_t proto)
{
	dump_key(b, "protocol");
	buf_fmt(b, "\"%s\"", protocol_name(proto));
}

static void put_port(struct buf *b, const struct table *t, uint32_t index)
{
	const struct net_port *port = &table_list(t, t->ports, struct net_port)[index];

	put_addr(b, "host", &port->host);
	put_number(b, "port", port->low);
	put_number(b, "last", port->last);
	put_protocol(b, port->proto);
	put_name(b, "service", t, port->service);
	put_addr(b, "to", &port->to);
	put_number(b, "to_port", port->to_low);
	dump_key(b, "balance");
	if (port->balance)
		buf_fmt(b, "\"%s\"", balance_name(port->balance));
	else
		buf_str(b, "null");
}

static void put_allow(struct buf *b, const struct table *t, uint32_t index)
{
	const struct net_allow *allow = &table_list(t, t->allow, struct net_allow)[index];

	put_name(b, "from", t, allow->from);
	put_name(b, "to", t, allow->to);
	if (!allow->proto)
		return;
	put_number(b, "port", allow->low);
	put_number(b, "last", allow->last);
	put_protocol(b, allow->proto);
}

void dump_ports(struct buf *b, const struct table *t)
{
	dump_objects(b, t, "ports", t->ports.count, put_port);
	dump_objects(b, t, "allow", t->allow.count, put_allow);
}
