/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "runtime/base/json.h"

/* The length of the valid UTF-8 sequence at s (RFC 3629), or 0. */
static size_t utf8_len(const unsigned char *s)
{
	static const unsigned char lowest[] = { 0, 0, 0x80, 0xa0, 0x90 };
	size_t n = s[0] < 0x80                 ? 1 :
		   s[0] >= 0xc2 && s[0] < 0xe0 ? 2 :
		   (s[0] & 0xf0) == 0xe0       ? 3 :
		   (s[0] & 0xf8) == 0xf0       ? 4 :
						 0;

	if (n < 2)
		return n;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < lowest[3]) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < lowest[4]) || s[0] > 0xf4 || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

bool json_can_say(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (size_t n; *at; at += n) {
		n = utf8_len(at);
		if (!n)
			return false;
	}
	return true;
}

static void quote_char(struct strbuf *sb, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", named[] = "\"\\bfnrt";
	const char *at = strchr(plain, c);

	if (at) {
		strbuf_add_char(sb, '\\');
		strbuf_add_char(sb, named[at - plain]);
	} else if (c < 0x20 || c == 0x7f) {
		strbuf_addf(sb, "\\u%04x", c);
	} else {
		strbuf_add_char(sb, (char)c);
	}
}

/* The run of characters at s that stand for themselves. */
static size_t plain_run(const char *s)
{
	size_t n = 0;

	while ((unsigned char)s[n] >= 0x20 && (unsigned char)s[n] < 0x7f && s[n] != '"' &&
	       s[n] != '\\')
		n++;
	return n;
}

void json_quote(struct strbuf *sb, const char *text)
{
	strbuf_add_char(sb, '"');
	while (*text) {
		size_t run = plain_run(text), n;

		strbuf_add_mem(sb, text, run);
		text += run;
		if (!*text)
			break;
		n = utf8_len((const unsigned char *)text);
		if (n == 1)
			quote_char(sb, (unsigned char)*text);
		else if (n > 1)
			strbuf_add_mem(sb, text, n);
		else
			strbuf_add(sb, "\xef\xbf\xbd");
		text += n ? n : 1;
	}
	strbuf_add_char(sb, '"');
}

static void new_line(struct json_writer *w)
{
	if (!w->pretty)
		return;
	strbuf_add_char(w->sb, '\n');
	for (unsigned int i = 0; i < w->depth; i++)
		strbuf_add(w->sb, "  ");
}

static void lead(struct json_writer *w, const char *key)
{
	if (w->more)
		strbuf_add_char(w->sb, ',');
	if (w->depth > 0)
		new_line(w);
	if (key) {
		json_quote(w->sb, key);
		strbuf_add(w->sb, w->pretty ? ": " : ":");
	}
	w->more = true;
}

void json_begin(struct json_writer *w, const char *key, char bracket)
{
	lead(w, key);
	strbuf_add_char(w->sb, bracket);
	w->depth++;
	w->more = false;
}

void json_end(struct json_writer *w, char bracket)
{
	w->depth--;
	if (w->more)
		new_line(w);
	strbuf_add_char(w->sb, bracket);
	w->more = true;
}

void json_put_str(struct json_writer *w, const char *key, const char *value)
{
	lead(w, key);
	json_quote(w->sb, value);
}

void json_put_int(struct json_writer *w, const char *key, int64_t value)
{
	lead(w, key);
	strbuf_addf(w->sb, "%" PRId64, value);
}

void json_put_uint(struct json_writer *w, const char *key, uint64_t value)
{
	lead(w, key);
	strbuf_addf(w->sb, "%" PRIu64, value);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
	lead(w, key);
	strbuf_add(w->sb, value ? "true" : "false");
}

void json_put_null(struct json_writer *w, const char *key)
{
	lead(w, key);
	strbuf_add(w->sb, "null");
}

void json_put_raw(struct json_writer *w, const char *key, const char *json)
{
	lead(w, key);
	strbuf_add(w->sb, json);
}

void json_put_node(struct json_writer *w, const char *key, const struct json *node)
{
	switch (node->type) {
	case JSON_NULL:
		json_put_null(w, key);
		break;
	case JSON_BOOL:
		json_put_bool(w, key, node->boolean);
		break;
	case JSON_NUMBER:
		json_put_raw(w, key, node->text);
		break;
	case JSON_STRING:
		json_put_str(w, key, node->text);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		json_begin(w, key, node->type == JSON_ARRAY ? '[' : '{');
		json_for_each(child, node)
			json_put_node(w, child->key, child);
		json_end(w, node->type == JSON_ARRAY ? ']' : '}');
		break;
	}
}
