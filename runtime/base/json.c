/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

/* The arena: chunks that are freed together. The first one is sized after the text, so that
 * an ordinary spec costs one allocation. */
struct chunk {
	struct chunk *next;
	size_t used, room;
	char data[];
};

struct json_doc {
	struct chunk *chunks;
	struct json *root, *open; /* open: the container that is being filled */
	const char *key;          /* of the member that comes next */
	unsigned int depth;
	struct json *fault_at;
	const char *fault; /* why a callback stopped the parser */
};

static void *arena_alloc(struct json_doc *doc, size_t size)
{
	struct chunk *chunk = doc->chunks;
	void *p;

	size = (size + 7) & ~(size_t)7;
	if (!chunk || chunk->room - chunk->used < size) {
		size_t room = size > 16384 ? size : 16384;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->next = doc->chunks;
		chunk->used = 0;
		chunk->room = room;
		doc->chunks = chunk;
	}
	p = chunk->data + chunk->used;
	chunk->used += size;
	return p;
}

static char *arena_text(struct json_doc *doc, const void *text, size_t len)
{
	char *copy = arena_alloc(doc, len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/* Stops the parser; json_parse turns it into the error. */
static int stop(struct json_doc *doc, struct json *at, const char *why)
{
	doc->fault = why;
	doc->fault_at = at;
	return 0;
}

static struct json *add(struct json_doc *doc, enum json_type type)
{
	struct json *node = arena_alloc(doc, sizeof(*node)), *parent = doc->open;

	if (!node) {
		stop(doc, NULL, "out of memory");
		return NULL;
	}
	*node = (struct json){ .type = type, .key = doc->key, .parent = parent };
	doc->key = NULL;
	if (!parent) {
		doc->root = node;
		return node;
	}
	node->index = parent->count++;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	return node;
}

static int on_null(void *ctx)
{
	return add(ctx, JSON_NULL) != NULL;
}

static int on_bool(void *ctx, int value)
{
	struct json *node = add(ctx, JSON_BOOL);

	if (node)
		node->boolean = value;
	return node != NULL;
}

static int on_text(struct json_doc *doc, enum json_type type, const void *text, size_t len)
{
	struct json *node = add(doc, type);

	if (!node)
		return 0;
	if (memchr(text, '\0', len))
		return stop(doc, node, "the string holds a NUL character");
	if (len > UINT32_MAX)
		return stop(doc, node, "the string is too long");
	node->count = (uint32_t)len;
	node->text = arena_text(doc, text, len);
	return node->text || stop(doc, NULL, "out of memory");
}

static int on_number(void *ctx, const char *text, size_t len)
{
	return on_text(ctx, JSON_NUMBER, text, len);
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
	return on_text(ctx, JSON_STRING, text, len);
}

static int on_open(struct json_doc *doc, enum json_type type)
{
	struct json *node = add(doc, type);

	if (!node)
		return 0;
	if (++doc->depth > JSON_DEPTH_MAX)
		return stop(doc, node->parent, "nested too deeply");
	doc->open = node;
	return 1;
}

static int on_map(void *ctx)
{
	return on_open(ctx, JSON_OBJECT);
}

static int on_array(void *ctx)
{
	return on_open(ctx, JSON_ARRAY);
}

static int on_close(void *ctx)
{
	struct json_doc *doc = ctx;

	doc->open = doc->open->parent;
	doc->depth--;
	return 1;
}

static int on_key(void *ctx, const unsigned char *text, size_t len)
{
	struct json_doc *doc = ctx;

	if (memchr(text, '\0', len))
		return stop(doc, doc->open, "a member's name holds a NUL character");
	doc->key = arena_text(doc, text, len);
	if (!doc->key)
		return stop(doc, NULL, "out of memory");
	/* Objects with hundreds of members (annotations, sysctl) are rare and small enough. */
	if (doc->open->count < 4096 && json_get(doc->open, doc->key))
		return stop(doc, doc->open, "a member appears twice");
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_bool,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_close,
	.yajl_start_array = on_array,
	.yajl_end_array = on_close,
};

static unsigned int line_of(const char *text, size_t at)
{
	unsigned int line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

static int fault(struct json_doc *doc, yajl_handle parser, const char *text, size_t len,
		 const char *what, struct err *err)
{
	size_t at = yajl_get_bytes_consumed(parser);
	unsigned int line = line_of(text, at < len ? at : len);
	char where[256];
	const char *reason;

	if (doc->fault) {
		if (doc->fault_at && *json_where(doc->fault_at, where, sizeof(where)))
			return err_set(err, ERR_INPUT, "%s: %s: %s (line %u)", what, where,
				       doc->fault, line);
		return err_set(err, ERR_INPUT, "%s: %s (line %u)", what, doc->fault, line);
	}
	reason = at >= len ? "it ends in the middle" : "not valid JSON";
	if (doc->open && *json_where(doc->open, where, sizeof(where)))
		return err_set(err, ERR_INPUT, "%s: %s: %s (line %u)", what, where, reason, line);
	return err_set(err, ERR_INPUT, "%s: %s (line %u)", what, reason, line);
}

int json_parse(const char *text, size_t len, const char *what, struct json_doc **ret,
	       struct err *err)
{
	auto_json struct json_doc *doc = calloc(1, sizeof(*doc));
	yajl_handle parser = yajl_alloc(&callbacks, NULL, doc);
	yajl_status status = yajl_status_error;
	int rc = 0;

	if (!doc || !parser) {
		if (parser)
			yajl_free(parser);
		return err_set(err, ENOMEM, "%s: out of memory", what);
	}
	status = yajl_parse(parser, (const unsigned char *)text, len);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(parser);
	if (status != yajl_status_ok || !doc->root || doc->open)
		rc = fault(doc, parser, text, len, what, err);
	yajl_free(parser);
	if (rc < 0)
		return -1;
	*ret = steal_ptr(&doc);
	return 0;
}

void json_free(struct json_doc *doc)
{
	while (doc->chunks) {
		struct chunk *next = doc->chunks->next;

		free(doc->chunks);
		doc->chunks = next;
	}
	free(doc);
}

const struct json *json_root(const struct json_doc *doc)
{
	return doc->root;
}

void *json_alloc(struct json_doc *doc, size_t size)
{
	void *p = arena_alloc(doc, size);

	return p ? memset(p, 0, size) : NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	json_for_each(member, object) if (str_eq(member->key, key)) return member;
	return NULL;
}

const char *json_where(const struct json *node, char *buf, size_t size)
{
	const struct json *chain[JSON_DEPTH_MAX + 2];
	size_t n = 0, len = 0;

	buf[0] = '\0';
	for (; node && node->parent && n < ARRAY_SIZE(chain); node = node->parent)
		chain[n++] = node;
	while (n-- > 0 && len < size) {
		if (chain[n]->key)
			len += (size_t)snprintf(buf + len, size - len, "%s%.64s", len ? "." : "",
						chain[n]->key);
		else
			len += (size_t)snprintf(buf + len, size - len, "[%" PRIu32 "]",
						chain[n]->index);
	}
	return buf;
}

int json_err(struct err *err, const char *what, const struct json *node, const char *fmt, ...)
{
	char where[256], msg[ERR_MSG_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (*json_where(node, where, sizeof(where)))
		return err_set(err, ERR_INPUT, "%s: %s: %.240s", what, where, msg);
	return err_set(err, ERR_INPUT, "%s: %.400s", what, msg);
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = { "null",     "a boolean", "a number",
					     "a string", "an array",  "an object" };

	return names[type];
}

int json_int(const struct json *node, int64_t min, int64_t max, int64_t *ret)
{
	return node->type == JSON_NUMBER ? num_parse(node->text, "", min, max, ret, NULL) : -1;
}

int json_uint(const struct json *node, uint64_t max, uint64_t *ret)
{
	return node->type == JSON_NUMBER ? num_parse_u(node->text, "", max, ret, NULL) : -1;
}
