#include "lib/buf.h"
#include "lib/utf8.h"

static void put_escape(struct buf *b, unsigned char c)
{
	switch (c) {
	case '"': buf_str(b, "\\\""); break;
	case '\\': buf_str(b, "\\\\"); break;
	case '\n': buf_str(b, "\\n"); break;
	case '\t': buf_str(b, "\\t"); break;
	case '\r': buf_str(b, "\\r"); break;
	default: buf_fmt(b, "\\u%04x", c); break;
	}
}

void buf_json(struct buf *b, const char *s)
{
	buf_char(b, '"');
	while (*s) {
		unsigned char c = (unsigned char)*s;
		size_t len = utf8_len(s);

		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			put_escape(b, c);
		else if (len)
			buf_add(b, s, len);
		else
			buf_str(b, "\xef\xbf\xbd");
		s += len ? len : 1;
	}
	buf_char(b, '"');
}

void buf_json_key(struct buf *b, const char *name)
{
	char last = b->len ? b->data[b->len - 1] : '{';

	buf_fmt(b, "%s\"%s\":", last == '{' || last == '[' ? "" : ",", name);
}
