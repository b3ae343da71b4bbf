/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <yajl/yajl_parse.h>

/* The arena: chunks that are freed together. In a chunk, what needs alignment grows from the
 * front and text from the back. */
struct chunk {
	struct chunk *next;
	size_t bytes;       /* of the whole chunk */
	bool mapped;        /* by mmap, not malloc */
	char *front, *back; /* the free room between */
};

struct json_doc {
	struct chunk *chunks;
	size_t text_bytes; /* of the document: what the chunks' sizes go by */
	struct json *root;
	struct json *open; /* the container that is being filled … */
	struct json *last; /* … and its last child so far */
	const char *key;   /* of the member that comes next */
	unsigned int depth;
	struct json *fault_at;
	const char *fault; /* why a callback stopped the parser */
};

#ifndef __has_feature
#define __has_feature(name) 0
#endif
/* Under AddressSanitizer every piece is a chunk, so that it sees where one ends. */
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define CHUNK_SHARED false
#else
#define CHUNK_SHARED true
#endif

#define CHUNK_MIN 1024
#define CHUNK_MAP_MIN 16384
#define TEXT_MAX (1U << 30)

/* A large chunk is mapped with its pages present: to fault them in one by one costs more than
 * all of the parsing. */
static struct chunk *chunk_new(size_t bytes)
{
	bool mapped = CHUNK_SHARED && bytes >= CHUNK_MAP_MIN;
	struct chunk *chunk;

	if (mapped) {
		bytes = (bytes + 4095) & ~(size_t)4095;
		chunk = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (chunk == MAP_FAILED)
			return NULL;
	} else {
		chunk = malloc(bytes);
		if (!chunk)
			return NULL;
	}
	chunk->next = NULL;
	chunk->bytes = bytes;
	chunk->mapped = mapped;
	chunk->front = (char *)(chunk + 1);
	chunk->back = (char *)chunk + bytes;
	return chunk;
}

static void chunk_free(struct chunk *chunk)
{
	if (chunk->mapped)
		munmap(chunk, chunk->bytes);
	else
		free(chunk);
}

/* The chunk to take `size` bytes from. The first one holds an ordinary spec. */
static struct chunk *arena_room(struct json_doc *doc, size_t size)
{
	struct chunk *chunk = doc->chunks;
	size_t room = CHUNK_MIN + (chunk ? doc->text_bytes / 2 : doc->text_bytes * 3);

	if (!CHUNK_SHARED)
		room = size;
	else if (chunk && (size_t)(chunk->back - chunk->front) >= size)
		return chunk;
	if (size > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	chunk = chunk_new(sizeof(*chunk) + (size > room ? size : room));
	if (!chunk)
		return NULL;
	chunk->next = doc->chunks;
	doc->chunks = chunk;
	return chunk;
}

static void *arena_alloc(struct json_doc *doc, size_t size)
{
	size_t whole = (size + 7) & ~(size_t)7;
	struct chunk *chunk = whole < size ? NULL : arena_room(doc, whole);
	void *p;

	if (!chunk)
		return NULL;
	p = chunk->front;
	chunk->front += whole;
	return p;
}

static char *arena_text(struct json_doc *doc, const void *text, size_t len)
{
	struct chunk *chunk = arena_room(doc, len + 1);

	if (!chunk)
		return NULL;
	chunk->back -= len + 1;
	memcpy(chunk->back, text, len);
	chunk->back[len] = '\0';
	return chunk->back;
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
	if (doc->last)
		doc->last->next = node;
	else if (parent)
		parent->first = node;
	else
		doc->root = node;
	if (parent)
		parent->count++;
	doc->last = node;
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
	doc->last = NULL;
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

	doc->last = doc->open;
	doc->open = doc->open->parent;
	doc->depth--;
	return 1;
}

/* Objects of up to this many members are searched for a second one of the same name as they
 * are read; larger ones are sorted when they end. */
#define FEW_MEMBERS 32

static int on_key(void *ctx, const unsigned char *text, size_t len)
{
	struct json_doc *doc = ctx;

	if (memchr(text, '\0', len))
		return stop(doc, doc->open, "a member's name holds a NUL character");
	doc->key = arena_text(doc, text, len);
	if (!doc->key)
		return stop(doc, NULL, "out of memory");
	if (doc->open->count < FEW_MEMBERS && json_get(doc->open, doc->key))
		return stop(doc, doc->open, "a member appears twice");
	return 1;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int on_map_end(void *ctx)
{
	struct json_doc *doc = ctx;
	auto_free const char **keys = NULL;
	size_t n = 0;

	if (doc->open->count <= FEW_MEMBERS)
		return on_close(ctx);
	keys = calloc(doc->open->count, sizeof(*keys));
	if (!keys)
		return stop(doc, NULL, "out of memory");
	json_for_each(member, doc->open)
		keys[n++] = member->key;
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (str_eq(keys[i - 1], keys[i]))
			return stop(doc, doc->open, "a member appears twice");
	return on_close(ctx);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_bool,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_map_end,
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

/* Words why the parser stopped behind `at` bytes of the text. */
static int fault(const struct json_doc *doc, const char *text, size_t at, const char *reason,
		 const char *what, struct err *err)
{
	const struct json *node = doc->fault ? doc->fault_at : doc->open;
	unsigned int line = line_of(text, at);
	char where[256] = "";

	if (doc->fault)
		reason = doc->fault;
	if (node && *json_where(node, where, sizeof(where)))
		return err_set(err, ERR_INPUT, "%s: %s: %s (line %u)", what, where, reason, line);
	return err_set(err, ERR_INPUT, "%s: %s (line %u)", what, reason, line);
}

static int parse(struct json_doc *doc, yajl_handle parser, const char *text, size_t len,
		 const char *what, struct err *err)
{
	if (yajl_parse(parser, (const unsigned char *)text, len) != yajl_status_ok) {
		size_t at = yajl_get_bytes_consumed(parser);

		return fault(doc, text, at < len ? at : len, "not valid JSON", what, err);
	}
	if (yajl_complete_parse(parser) != yajl_status_ok || !doc->root || doc->open)
		return fault(doc, text, len, "it ends in the middle", what, err);
	return 0;
}

int json_parse(const char *text, size_t len, const char *what, struct json_doc **ret,
	       struct err *err)
{
	auto_json struct json_doc *doc = calloc(1, sizeof(*doc));
	yajl_handle parser = doc ? yajl_alloc(&callbacks, NULL, doc) : NULL;
	int rc;

	if (!parser)
		return err_set(err, ENOMEM, "%s: out of memory", what);
	doc->text_bytes = len;
	rc = len > TEXT_MAX ? err_set(err, ERR_INPUT, "%s: too large", what) :
			      parse(doc, parser, text, len, what, err);
	yajl_free(parser);
	if (rc == 0)
		*ret = steal_ptr(&doc);
	return rc;
}

void json_free(struct json_doc *doc)
{
	while (doc->chunks) {
		struct chunk *next = doc->chunks->next;

		chunk_free(doc->chunks);
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
	json_for_each(member, object)
		if (str_eq(member->key, key))
			return member;
	return NULL;
}

/* Adds a member's name, or an element's number; false: the buffer is full. */
static bool add_step(const struct json *node, char *buf, size_t size, size_t *len)
{
	size_t before = *len;
	int n;

	if (node->key) {
		char shown[STR_SHOW_SIZE];

		str_show(shown, node->key);
		n = snprintf(buf + *len, size - *len, "%s%.*s", *len ? "." : "",
			     (int)strlen(shown) - 2, shown + 1);
	} else {
		unsigned int index = 0;

		json_for_each(sibling, node->parent) {
			if (sibling == node)
				break;
			index++;
		}
		n = snprintf(buf + *len, size - *len, "[%u]", index);
	}
	*len += (size_t)n;
	return n >= 0 && before + (size_t)n < size;
}

const char *json_where(const struct json *node, char *buf, size_t size)
{
	const struct json *chain[JSON_DEPTH_MAX + 2];
	size_t n = 0, len = 0;

	buf[0] = '\0';
	for (; node && node->parent && n < ARRAY_SIZE(chain); node = node->parent)
		chain[n++] = node;
	while (n > 0 && add_step(chain[n - 1], buf, size, &len))
		n--;
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
