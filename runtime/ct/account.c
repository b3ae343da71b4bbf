/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/account.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_BYTES 32

bool account_check_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_BYTES || (!isalpha((unsigned char)*name) && *name != '_'))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_-.", *name))
			return false;
	return true;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

static bool is_line_of(const char *line, const char *name)
{
	return str_starts(line, name) && line[strlen(name)] == ':';
}

/* The field of the line, or NULL where the line has fewer. */
static const char *field_of(const char *line, unsigned int field, size_t *ret_len)
{
	for (; field > 0; field--) {
		line += strcspn(line, ":\n");
		if (*line != ':')
			return NULL;
		line++;
	}
	*ret_len = strcspn(line, ":\n");
	return line;
}

const char *account_find(const char *text, const char *name, unsigned int field, size_t *ret_len)
{
	for (const char *line = text; *line; line = next_line(line))
		if (is_line_of(line, name))
			return field_of(line, field, ret_len);
	return NULL;
}

void account_change(const char *text, const char *name, unsigned int field, const char *value,
		    struct strbuf *out)
{
	size_t len = 0;
	const char *at = account_find(text, name, field, &len);

	if (at) {
		strbuf_add_mem(out, text, (size_t)(at - text));
		strbuf_add(out, value);
		text = at + len;
	}
	strbuf_add(out, text);
}

void account_add(const char *text, const char *line, struct strbuf *out)
{
	strbuf_add(out, text);
	if (*text && text[strlen(text) - 1] != '\n')
		strbuf_add_char(out, '\n');
	strbuf_addf(out, "%s\n", line);
}

static bool has_id(const char *text, uint32_t id)
{
	for (const char *line = text; *line; line = next_line(line)) {
		char number[12];
		size_t len;
		const char *at = field_of(line, ACCOUNT_ID, &len);
		uint64_t value;

		if (!at || len >= sizeof(number))
			continue;
		memcpy(number, at, len);
		number[len] = '\0';
		if (num_parse_u(number, "", UINT32_MAX, &value, NULL) == 0 && value == id)
			return true;
	}
	return false;
}

uint32_t account_free_id(const char *text, const char *other, uint32_t first)
{
	while (has_id(text, first) || has_id(other, first))
		first++;
	return first;
}
