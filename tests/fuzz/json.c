/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is parsed and written is what is parsed again. */
#include "config.h"

#include <string.h>

#include "runtime/base/json.h"
#include "tests/fuzz/fuzz.h"

static void write_out(const struct json_doc *doc, bool pretty, struct strbuf *sb)
{
	struct json_writer w = { .sb = sb, .pretty = pretty };

	json_put_node(&w, NULL, json_root(doc));
	fuzz_assert(!sb->failed);
}

/* Counts and places agree with the tree. */
static void walk(const struct json *node, unsigned int depth)
{
	char where[64];
	uint32_t n = 0;

	fuzz_assert(depth <= JSON_DEPTH_MAX);
	fuzz_assert(strlen(json_where(node, where, sizeof(where))) < sizeof(where));
	json_for_each(child, node) {
		fuzz_assert(child->parent == node);
		fuzz_assert(!child->key == (node->type == JSON_ARRAY));
		fuzz_assert(!child->key || json_get(node, child->key) == child);
		walk(child, depth + 1);
		n++;
	}
	fuzz_assert(node->type >= JSON_ARRAY  ? node->count == n :
		    node->type >= JSON_NUMBER ? strlen(node->text) == node->count :
						true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_json struct json_doc *doc = NULL, *again = NULL, *pretty = NULL;
	auto_strbuf struct strbuf first = { 0 }, second = { 0 }, third = { 0 };
	struct err err = { 0 };

	if (json_parse((const char *)data, size, "text", &doc, &err) < 0) {
		fuzz_assert_message(&err);
		return 0;
	}
	walk(json_root(doc), 0);
	write_out(doc, false, &first);
	fuzz_assert(json_parse(first.text, first.len, "text", &again, &err) == 0);
	write_out(again, true, &second);
	fuzz_assert(json_parse(second.text, second.len, "text", &pretty, &err) == 0);
	write_out(pretty, false, &third);
	fuzz_assert(strcmp(first.text, third.text) == 0);
	return 0;
}
