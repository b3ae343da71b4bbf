/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: a document in memory (over yajl's parser), and writing one.
 *
 * The document is a tree of nodes in one arena, freed as a whole; strings in it are
 * NUL-terminated and stay valid as long as it does. A string with a NUL inside, a key that
 * appears twice in one object, and more than JSON_DEPTH_MAX levels are refused.
 */
#ifndef RUNTIME_BASE_JSON_H
#define RUNTIME_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define JSON_DEPTH_MAX 64

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Small, as a spec has a thousand of them: which member of the union holds, the type says. */
struct json {
	enum json_type type : 8;
	bool boolean;
	uint32_t count;  /* elements or members; a string's or number's length in bytes */
	const char *key; /* in an object; else NULL */
	union {
		const char *text;   /* a string's content; a number as written */
		struct json *first; /* an array's or object's first child */
	};
	struct json *parent, *next; /* next sibling */
};

struct json_doc;

/* Parses the whole text. `what` ("config.json") begins error texts, which end in the line. */
int json_parse(const char *text, size_t len, const char *what, struct json_doc **ret,
	       struct err *err);
void json_free(struct json_doc *doc);
MEM_DEFINE_CLEANUP(struct json_doc, json_free)
#define auto_json __attribute__((cleanup(json_freep)))

const struct json *json_root(const struct json_doc *doc);

/* Zeroed memory that is freed with the document; NULL: ENOMEM. */
void *json_alloc(struct json_doc *doc, size_t size);

/* The object's member, or NULL. */
const struct json *json_get(const struct json *object, const char *key);

/* The first element or member; NULL for a scalar, and for NULL. */
static inline const struct json *json_first(const struct json *node)
{
	return node && node->type >= JSON_ARRAY ? node->first : NULL;
}

#define json_for_each(child, node) \
	for (const struct json *child = json_first(node); child; child = child->next)

/* "linux.resources.devices[2].type" into buf, on one line and cut where it is long; "" for the
 * root. */
const char *json_where(const struct json *node, char *buf, size_t size);

/* err_set(ERR_INPUT) with "<what>: <where>: " before the text. */
int json_err(struct err *err, const char *what, const struct json *node, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

const char *json_type_name(enum json_type type);

/* A number as an integer in range; -1 when it is no number, not whole, or out of range. */
int json_int(const struct json *node, int64_t min, int64_t max, int64_t *ret);
int json_uint(const struct json *node, uint64_t max, uint64_t *ret);

/* Adds "text" with quotes and escapes; bytes that are no UTF-8 become U+FFFD. */
void json_quote(struct strbuf *sb, const char *text);
/* Whether it has no such bytes: what is written is what will be read. */
bool json_can_say(const char *text);

/*
 * A writer over strbuf. Commas and (where pretty is set) line breaks come by themselves:
 *   json_begin(&w, NULL, '{'); json_put_str(&w, "id", id); json_end(&w, '}');
 * In an array, key is NULL.
 */
struct json_writer {
	struct strbuf *sb;
	bool pretty;
	unsigned int depth;
	bool more; /* a value stands before at this level */
};

void json_begin(struct json_writer *w, const char *key, char bracket);
void json_end(struct json_writer *w, char bracket);
void json_put_str(struct json_writer *w, const char *key, const char *value);
void json_put_int(struct json_writer *w, const char *key, int64_t value);
void json_put_uint(struct json_writer *w, const char *key, uint64_t value);
void json_put_bool(struct json_writer *w, const char *key, bool value);
void json_put_null(struct json_writer *w, const char *key);
/* A ready piece of JSON as the value. */
void json_put_raw(struct json_writer *w, const char *key, const char *json);
/* A parsed node, copied out again as it was. */
void json_put_node(struct json_writer *w, const char *key, const struct json *node);

#endif
