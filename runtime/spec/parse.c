/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/spec/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "runtime/base/path.h"

const struct parse_range parse_u16 = { 0, UINT16_MAX };
const struct parse_range parse_u32 = { 0, UINT32_MAX };
/* (uid_t)-1 means "unchanged" to the kernel. */
const struct parse_range parse_id = { 0, UINT32_MAX - 1 };

static const struct parse_range whole_i64 = { INT64_MIN, INT64_MAX };
static const struct parse_range whole_u64 = { 0, UINT64_MAX };

/* ---- helpers ---- */

int parse_nomem(const struct parse *p)
{
	return err_set(p->err, ENOMEM, "%s: out of memory", p->what);
}

int parse_expect(const struct parse *p, const struct json *node, enum json_type type)
{
	if (node->type == type)
		return 0;
	return parse_err(p, node, "must be %s, not %s", json_type_name(type),
			 json_type_name(node->type));
}

int parse_room(const struct parse *p, size_t n, size_t size, void *at, size_t *ret_n)
{
	void *room = n ? json_alloc(p->doc, n * size) : NULL;

	if (n && !room)
		return parse_nomem(p);
	memcpy(at, &room, sizeof(room));
	if (ret_n)
		*ret_n = n;
	return 0;
}

const struct json *parse_at(const struct json *node, const char *member)
{
	const struct json *found = json_get(node, member);

	return found ? found : node;
}

int parse_lookup(const struct parse *p, const struct json *node, const struct names_table *names,
		 uint32_t *ret)
{
	const struct names_row *row;

	if (parse_expect(p, node, JSON_STRING) < 0)
		return -1;
	row = names_find(names, node->text);
	if (!row)
		return parse_err(p, node, "unknown %s %s", names->noun, parse_show(node->text));
	*ret = row->value;
	return 0;
}

int parse_clean_path(const struct parse *p, const struct json *node, bool relative_ok,
		     const char **ret)
{
	char *out;

	if (parse_expect(p, node, JSON_STRING) < 0)
		return -1;
	if (!*node->text)
		return parse_err(p, node, "must not be empty");
	if (*node->text != '/' && !relative_ok)
		return parse_err(p, node, "%s must be an absolute path", parse_show(node->text));
	out = json_alloc(p->doc, node->count + 2);
	if (!out)
		return parse_nomem(p);
	if (path_clean_into(out, node->text) > 0)
		return parse_err(p, node, "%s leads out of the container's root",
				 parse_show(node->text));
	*ret = out;
	return 0;
}

/* ---- the engine ---- */

static int parse_members(const struct parse *p, const struct json *node,
			 const struct parse_table *table, void *base)
{
	if (parse_expect(p, node, JSON_OBJECT) < 0)
		return -1;
	if (table->initial)
		memcpy(base, table->initial, table->size);
	if (table->given)
		*(bool *)base = true;
	for (const struct parse_row *row = table->rows; row < table->rows + table->n; row++) {
		const struct json *member = json_get(node, row->name);

		if (!member || member->type == JSON_NULL) {
			if (row->required)
				return parse_err(p, node, "\"%s\" is missing", row->name);
			continue;
		}
		if (row->fn(p, member, row, (char *)base + row->at) < 0)
			return -1;
	}
	return table->check ? table->check(p, node, base) : 0;
}

int parse_object(const struct parse *p, const struct json *node, const struct parse_row *row,
		 void *at)
{
	return parse_members(p, node, row->arg, at);
}

/* The place of a list's length: `at` is the struct's address plus row->at. */
static size_t *length_of(const struct parse_row *row, void *at)
{
	return (size_t *)(void *)((char *)at - row->at + row->at_n);
}

static int parse_list(const struct parse *p, const struct json *node, const struct parse_row *row,
		      enum json_type type, void *at)
{
	const struct parse_table *table = row->arg;
	char *element;

	if (parse_expect(p, node, type) < 0 ||
	    parse_room(p, node->count, table->size, at, length_of(row, at)) < 0)
		return -1;
	element = *(char **)at;
	json_for_each(child, node) {
		if (parse_members(p, child, table, element) < 0)
			return -1;
		element += table->size;
	}
	return 0;
}

int parse_objects(const struct parse *p, const struct json *node, const struct parse_row *row,
		  void *at)
{
	return parse_list(p, node, row, JSON_ARRAY, at);
}

int parse_map(const struct parse *p, const struct json *node, const struct parse_row *row, void *at)
{
	return parse_list(p, node, row, JSON_OBJECT, at);
}

int parse_pairs(const struct parse *p, const struct json *node, const struct parse_row *row,
		void *at)
{
	struct spec_pair *pair;

	if (parse_expect(p, node, JSON_OBJECT) < 0 ||
	    parse_room(p, node->count, sizeof(*pair), at, length_of(row, at)) < 0)
		return -1;
	pair = *(struct spec_pair **)at;
	json_for_each(child, node) {
		if (!*child->key)
			return parse_err(p, node, "a name must not be empty");
		if (parse_expect(p, child, JSON_STRING) < 0)
			return -1;
		*pair++ = (struct spec_pair){ child->key, child->text };
	}
	return 0;
}

/* ---- booleans and numbers ---- */

int parse_bool(const struct parse *p, const struct json *node, const struct parse_row *row,
	       void *at)
{
	(void)row;
	if (parse_expect(p, node, JSON_BOOL) < 0)
		return -1;
	*(bool *)at = node->boolean;
	return 0;
}

int parse_opt_bool(const struct parse *p, const struct json *node, const struct parse_row *row,
		   void *at)
{
	struct spec_bool *opt = at;

	opt->given = true;
	return parse_bool(p, node, row, &opt->value);
}

/* A number that json_int or json_uint refused. */
static int bad_number(const struct parse *p, const struct json *node,
		      const struct parse_range *range)
{
	if (parse_expect(p, node, JSON_NUMBER) < 0)
		return -1;
	if (strcspn(node->text, ".eE") < node->count)
		return parse_err(p, node, "%.32s is not a whole number", node->text);
	return parse_err(p, node, "%.32s is out of range (%" PRId64 " to %" PRIu64 ")", node->text,
			 range->min, range->max);
}

static int read_int(const struct parse *p, const struct json *node, const struct parse_row *row,
		    int64_t *ret)
{
	const struct parse_range *range = row->arg ? row->arg : &whole_i64;
	int64_t max = range->max > INT64_MAX ? INT64_MAX : (int64_t)range->max;

	return json_int(node, range->min, max, ret) < 0 ? bad_number(p, node, range) : 0;
}

static int read_uint(const struct parse *p, const struct json *node, const struct parse_row *row,
		     uint64_t *ret)
{
	const struct parse_range *range = row->arg ? row->arg : &whole_u64;

	if (json_uint(node, range->max, ret) < 0 || (range->min > 0 && *ret < (uint64_t)range->min))
		return bad_number(p, node, range);
	return 0;
}

/* Ranges are never wider than the place; a test sees to it for every row. */
static void store(const struct parse_row *row, void *at, uint64_t value)
{
	uint32_t v32 = (uint32_t)value;
	uint16_t v16 = (uint16_t)value;
	uint8_t v8 = (uint8_t)value;

	switch (row->size) {
	case sizeof(value):
		memcpy(at, &value, sizeof(value));
		break;
	case sizeof(v32):
		memcpy(at, &v32, sizeof(v32));
		break;
	case sizeof(v16):
		memcpy(at, &v16, sizeof(v16));
		break;
	default:
		memcpy(at, &v8, sizeof(v8));
		break;
	}
}

int parse_int(const struct parse *p, const struct json *node, const struct parse_row *row, void *at)
{
	int64_t value;

	if (read_int(p, node, row, &value) < 0)
		return -1;
	store(row, at, (uint64_t)value);
	return 0;
}

int parse_uint(const struct parse *p, const struct json *node, const struct parse_row *row,
	       void *at)
{
	uint64_t value;

	if (read_uint(p, node, row, &value) < 0)
		return -1;
	store(row, at, value);
	return 0;
}

int parse_opt_int(const struct parse *p, const struct json *node, const struct parse_row *row,
		  void *at)
{
	struct spec_i64 *opt = at;

	opt->given = true;
	return read_int(p, node, row, &opt->value);
}

int parse_opt_uint(const struct parse *p, const struct json *node, const struct parse_row *row,
		   void *at)
{
	struct spec_u64 *opt = at;

	opt->given = true;
	return read_uint(p, node, row, &opt->value);
}

int parse_name(const struct parse *p, const struct json *node, const struct parse_row *row,
	       void *at)
{
	uint32_t value;

	if (parse_lookup(p, node, row->arg, &value) < 0)
		return -1;
	store(row, at, value);
	return 0;
}

int parse_flags(const struct parse *p, const struct json *node, const struct parse_row *row,
		void *at)
{
	uint64_t all = 0;

	if (parse_expect(p, node, JSON_ARRAY) < 0)
		return -1;
	json_for_each(child, node) {
		uint32_t value;

		if (parse_lookup(p, child, row->arg, &value) < 0)
			return -1;
		all |= value;
	}
	store(row, at, all);
	return 0;
}

/* ---- strings ---- */

int parse_str(const struct parse *p, const struct json *node, const struct parse_row *row, void *at)
{
	if (parse_expect(p, node, JSON_STRING) < 0)
		return -1;
	if (*node->text)
		*(const char **)at = node->text;
	else if (row->required)
		return parse_err(p, node, "must not be empty");
	return 0;
}

int parse_host_path(const struct parse *p, const struct json *node, const struct parse_row *row,
		    void *at)
{
	if (parse_str(p, node, row, at) < 0)
		return -1;
	if (*node->text && *node->text != '/')
		return parse_err(p, node, "%s must be an absolute path", parse_show(node->text));
	return 0;
}

int parse_path(const struct parse *p, const struct json *node, const struct parse_row *row,
	       void *at)
{
	(void)row;
	return parse_clean_path(p, node, false, at);
}

int parse_number_list(const struct parse *p, const struct json *node, const struct parse_row *row,
		      void *at)
{
	struct err why;

	if (parse_str(p, node, row, at) < 0)
		return -1;
	if (*node->text && spec_parse_list(node->text, NULL, *(const uint16_t *)row->arg, &why) < 0)
		return parse_err(p, node, "%s", why.msg);
	return 0;
}

/* The lists of spec.h are `char *const *`, as execve(2) wants them; no one writes to them. */
static char *as_element(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* An empty list is an absent one. */
static int list_room(const struct parse *p, const struct json *node, void *at)
{
	if (parse_expect(p, node, JSON_ARRAY) < 0)
		return -1;
	return node->count ? parse_room(p, node->count + 1, sizeof(char *), at, NULL) : 0;
}

int parse_strv(const struct parse *p, const struct json *node, const struct parse_row *row,
	       void *at)
{
	char **v;

	if (list_room(p, node, at) < 0)
		return -1;
	if (!node->count)
		return row->required ? parse_err(p, node, "must not be empty") : 0;
	v = *(char ***)at;
	json_for_each(child, node) {
		if (parse_expect(p, child, JSON_STRING) < 0)
			return -1;
		*v++ = as_element(child->text);
	}
	return 0;
}

int parse_paths(const struct parse *p, const struct json *node, const struct parse_row *row,
		void *at)
{
	char **v;

	(void)row;
	if (list_room(p, node, at) < 0)
		return -1;
	v = *(char ***)at;
	json_for_each(child, node) {
		const char *path;

		if (parse_clean_path(p, child, false, &path) < 0)
			return -1;
		*v++ = as_element(path);
	}
	return 0;
}

int parse_env(const struct parse *p, const struct json *node, const struct parse_row *row, void *at)
{
	if (parse_strv(p, node, row, at) < 0)
		return -1;
	json_for_each(child, node) {
		const char *sign = strchr(child->text, '=');

		if (!sign || sign == child->text)
			return parse_err(p, child, "%s must be NAME=value",
					 parse_show(child->text));
	}
	return 0;
}
