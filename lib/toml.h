/*
 * TOML 1.0 (toml.io/en/v1.0.0), all of it, into a tree with the position of
 * every key and value. Any bytes may be given. Memory comes from the caller's
 * arena alone; nesting is bounded.
 *
 * A syntax error is reported and parsing goes on behind it, so that one run
 * tells all errors of a file.
 */
#ifndef LIB_TOML_H
#define LIB_TOML_H

#include "lib/arena.h"

#define TOML_DEPTH 64       /* most levels of tables and arrays; more is an error */
#define TOML_ERRORS_MAX 100 /* a file with more is given up */

enum toml_type {
	TOML_STRING,
	TOML_INTEGER,
	TOML_BOOL,
	TOML_FLOAT,
	TOML_DATETIME,       /* with an offset from UTC */
	TOML_LOCAL_DATETIME,
	TOML_LOCAL_DATE,
	TOML_LOCAL_TIME,
	TOML_ARRAY,
	TOML_TABLE,
	TOML_BROKEN, /* a value with errors in it, which were reported */
};

/* Both count from 1; a column is a character, not a byte. */
struct toml_at {
	uint32_t line, column;
};

struct toml {
	struct toml *next;   /* the one behind it in its table or array, in order of the file */
	struct toml *parent; /* NULL for the root */
	struct toml *chain;  /* in the index of keys */
	const char *key;     /* "" in an array; ends with a NUL, and may hold others */
	uint32_t key_len;
	uint32_t hash;
	struct toml_at key_at; /* of its key; in an array: of the value */
	struct toml_at at;     /* of its value, or of the header that made the table */
	uint32_t section;      /* the section whose dotted keys made the table, or 0 */
	uint16_t file;         /* the document's number */
	uint8_t type;          /* enum toml_type */
	uint8_t flags;         /* of the parser */
	uint8_t depth;
	union {
		struct { /* TOML_STRING; floats, dates and times as they are written */
			const char *text; /* ends with a NUL, and may hold others */
			uint32_t len;
		};
		int64_t number; /* TOML_INTEGER */
		bool truth;     /* TOML_BOOL */
		struct { /* TOML_ARRAY, TOML_TABLE */
			struct toml *first, *last;
			uint32_t count;
		};
	};
};

/* One file. The caller sets the first four. */
struct toml_doc {
	struct arena *arena;
	uint16_t file; /* a number of the caller's, found again in every node */
	/* `what` may name a key, with any characters it has. */
	void (*report)(void *context, uint16_t file, struct toml_at at, const char *what);
	void *context;
	uint32_t errors; /* how many were reported */
	bool is_cut;     /* something was lost by them, so that keys or tables may be missing */
	struct toml *root;
	struct toml **index; /* chains of nodes with a key */
	uint32_t index_size, keys;
};

/*
 * Parses len bytes of text (text[len] is a NUL). The tree is doc->root; it is
 * the whole of the file only when doc->errors is 0.
 */
void toml_parse(struct toml_doc *doc, const char *text, size_t len);

/* The value of `key` in `table`, or NULL. */
const struct toml *toml_get(const struct toml_doc *doc, const struct toml *table, const char *key);

/*
 * A scalar without quotes: fills in type and number, truth or nothing. s[len]
 * may be anything. 0, -EINVAL, or -ERANGE for a number beyond 64 bits.
 */
must_check int toml_scalar(const char *s, size_t len, struct toml *node);

#endif
