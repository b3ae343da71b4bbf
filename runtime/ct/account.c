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

/* The id of the line; -1: it has none. */
static int64_t id_of(const char *line)
{
	char number[12];
	size_t len;
	const char *at = field_of(line, ACCOUNT_ID, &len);
	uint64_t value;

	if (!at || len >= sizeof(number))
		return -1;
	memcpy(number, at, len);
	number[len] = '\0';
	return num_parse_u(number, "", UINT32_MAX, &value, NULL) == 0 ? (int64_t)value : -1;
}

/* Each text is read once: with a look through it for each number, a CT's long one would hold the
 * host for minutes. */
#define IDS 65536

static void mark_ids(const char *text, uint32_t first, unsigned char *bits)
{
	for (const char *line = text; *line; line = next_line(line)) {
		int64_t at = id_of(line) - first;

		if (at >= 0 && at < IDS)
			bits[at / 8] |= (unsigned char)(1U << (at % 8));
	}
}

uint32_t account_free_id(const char *text, const char *other, uint32_t first)
{
	unsigned char bits[IDS / 8] = { 0 };
	uint32_t i = 0;

	mark_ids(text, first, bits);
	mark_ids(other, first, bits);
	while (i < IDS && (bits[i / 8] & (1U << (i % 8))))
		i++;
	return first + i;
}
