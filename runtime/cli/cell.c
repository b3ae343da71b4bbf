/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/cell.h"

#include <ctype.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "runtime/base/json.h"

#define BLANKS " \t\n\r"
#define INDENT "      "

/* ---- words ---- */

/* The next word of *text, which moves behind it. False at the end. */
static bool next_word(const char **text, const char **ret_word, size_t *ret_len)
{
	*text += strspn(*text, BLANKS);
	*ret_word = *text;
	*ret_len = strcspn(*text, BLANKS);
	*text += *ret_len;
	return *ret_len > 0;
}

/* "NAME:on" → the length of NAME; 0: it is no such word. */
static size_t switch_name(const char *word, size_t len, bool *ret_on)
{
	const char *colon = memchr(word, ':', len);
	size_t name = colon ? (size_t)(colon - word) : 0;

	if (name == 0)
		return 0;
	*ret_on = len == name + 3 && memcmp(colon, ":on", 3) == 0;
	return *ret_on || (len == name + 4 && memcmp(colon, ":off", 4) == 0) ? name : 0;
}

/* Is the same name set again behind this word? Then that one counts. */
static bool is_set_again(const char *rest, const char *name, size_t len)
{
	const char *word;
	size_t word_len;
	bool on;

	while (next_word(&rest, &word, &word_len))
		if (switch_name(word, word_len, &on) == len && strncasecmp(word, name, len) == 0)
			return true;
	return false;
}

/* Steps through the switches that count. */
static bool next_switch(const char **text, char *name, size_t size, bool *ret_on)
{
	const char *word;
	size_t len, word_len;

	while (next_word(text, &word, &word_len)) {
		len = switch_name(word, word_len, ret_on);
		if (len == 0 || len >= size || is_set_again(*text, word, len))
			continue;
		memcpy(name, word, len);
		name[len] = '\0';
		return true;
	}
	return false;
}

static void to_lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

#define SWITCH_SIZE 64

/* ---- text ---- */

static void add_words(struct strbuf *sb, const char *text, bool first)
{
	const char *word;
	size_t len, n = 0;

	while (next_word(&text, &word, &len) && (n == 0 || !first)) {
		if (n++ > 0)
			strbuf_add_char(sb, ' ');
		str_add_clean(sb, word, len);
	}
	if (n == 0)
		strbuf_add_char(sb, '-');
}

static void add_switches(struct strbuf *sb, const char *text, unsigned int flags)
{
	char name[SWITCH_SIZE];
	size_t n = 0;
	bool on;

	while (next_switch(&text, name, sizeof(name), &on)) {
		if (flags & CELL_LOWER)
			to_lower(name);
		if (n++ > 0)
			strbuf_add_char(sb, ',');
		str_add_clean(sb, name, strlen(name));
		strbuf_add(sb, on ? ":on" : ":off");
	}
	if (n == 0)
		strbuf_add_char(sb, '-');
}

static void add_seconds(struct strbuf *sb, double seconds)
{
	uint64_t s = seconds > 0 ? (uint64_t)seconds : 0;

	strbuf_addf(sb, "%03" PRIu64 "d%02" PRIu64 "h:%02" PRIu64 "m:%02" PRIu64 "s", s / 86400,
		    s / 3600 % 24, s / 60 % 60, s % 60);
}

/* A list of all columns has a hundred a CT: printf would take a third of the time. */
static void add_number(struct strbuf *sb, uint64_t n)
{
	char digits[20], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + n % 10);
	while (n /= 10);
	strbuf_add_mem(sb, at, (size_t)(digits + sizeof(digits) - at));
}

static void add_group(struct strbuf *sb, const struct cell_group *group)
{
	if (group->known & (1U << group->shown))
		add_number(sb, group->value[group->shown]);
	else
		strbuf_add_char(sb, '-');
}

void cell_add_text(struct strbuf *sb, const struct cell *cell, unsigned int flags, bool first)
{
	switch (cell->kind) {
	case CELL_NONE:
		strbuf_add_char(sb, '-');
		return;
	case CELL_TEXT:
		str_add_clean(sb, cell->text, strlen(cell->text));
		return;
	case CELL_WORDS:
		add_words(sb, cell->text, first);
		return;
	case CELL_SWITCHES:
		add_switches(sb, cell->text, flags);
		return;
	case CELL_NUMBER:
		add_number(sb, cell->number);
		return;
	case CELL_REAL:
		strbuf_addf(sb, "%g", cell->real[0]);
		return;
	case CELL_SECONDS:
		add_seconds(sb, cell->real[0]);
		return;
	case CELL_LOADS:
		strbuf_addf(sb, "%.2f/%.2f/%.2f", cell->real[0], cell->real[1], cell->real[2]);
		return;
	case CELL_BOOL:
		strbuf_add(sb, cell->yes ? "yes" : "no");
		return;
	case CELL_GROUP:
		add_group(sb, &cell->group);
		return;
	}
}

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t cell_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += begins_character(*text);
	return n;
}

static void add_blanks(struct strbuf *sb, size_t n)
{
	static const char blanks[] = "                                ";

	for (; n >= sizeof(blanks); n -= sizeof(blanks) - 1)
		strbuf_add_mem(sb, blanks, sizeof(blanks) - 1);
	strbuf_add_mem(sb, blanks, n);
}

/* The bytes of so many characters. */
static size_t bytes_of(const char *text, size_t characters)
{
	size_t len = 0;

	for (size_t n = 0; text[len]; len++) {
		n += begins_character(text[len]);
		if (n > characters)
			break;
	}
	return len;
}

void cell_add_padded(struct strbuf *sb, const char *text, int width, bool cut)
{
	size_t room = (size_t)(width < 0 ? -width : width), have = cell_width(text);
	size_t blanks = have < room ? room - have : 0;

	if (width > 0)
		add_blanks(sb, blanks);
	strbuf_add_mem(sb, text, cut && have > room ? bytes_of(text, room) : strlen(text));
	if (width < 0)
		add_blanks(sb, blanks);
}

/* ---- JSON ---- */

/* A word, or another part of a text. */
static void quote(struct strbuf *sb, const char *text, size_t len)
{
	auto_free char *copy = strndup(text, len);

	if (copy)
		json_quote(sb, copy);
	else
		sb->failed = true;
}

static void json_words(struct strbuf *sb, const char *text)
{
	const char *word;
	size_t len, n = 0;

	strbuf_add_char(sb, '[');
	while (next_word(&text, &word, &len)) {
		strbuf_add(sb, n++ > 0 ? ", " : "");
		quote(sb, word, len);
	}
	strbuf_add_char(sb, ']');
}

/* The key of an object's member on a line of its own. */
static void add_key(struct strbuf *sb, size_t n, const char *key)
{
	strbuf_add(sb, n > 0 ? ",\n" INDENT : "{\n" INDENT);
	json_quote(sb, key);
	strbuf_add(sb, ": ");
}

static void end_object(struct strbuf *sb, size_t n)
{
	strbuf_add(sb, n > 0 ? "\n    }" : "null");
}

static void json_switches(struct strbuf *sb, const char *text, unsigned int flags)
{
	char name[SWITCH_SIZE];
	size_t n = 0;
	bool on;

	while (next_switch(&text, name, sizeof(name), &on)) {
		if (flags & CELL_LOWER)
			to_lower(name);
		add_key(sb, n++, name);
		strbuf_add(sb, on ? "true" : "false");
	}
	end_object(sb, n);
}

static void json_member(struct strbuf *sb, const struct cell_group *group, unsigned int i,
			bool openvz)
{
	bool known = group->known & (1U << i);

	if (openvz)
		add_number(sb, known ? group->value[i] : 0);
	else if (known && group->value[i] < CELL_UNLIMITED)
		add_number(sb, group->value[i]);
	else
		strbuf_add(sb, "null");
}

static void json_group(struct strbuf *sb, const struct cell_group *group,
		       const struct cell_style *style)
{
	if (style->flags & CELL_ONE) {
		json_member(sb, group, group->shown, style->openvz);
		return;
	}
	for (unsigned int i = 0; i < group->n; i++) {
		add_key(sb, i, group->names[i]);
		json_member(sb, group, i, style->openvz);
	}
	end_object(sb, group->n);
}

static void json_none(struct strbuf *sb, const struct cell_style *style)
{
	if (style->flags & CELL_EMPTY_LIST)
		strbuf_add(sb, "[]");
	else if (style->openvz && (style->flags & CELL_ZERO))
		strbuf_add_char(sb, '0');
	else if (style->openvz && (style->flags & CELL_ZERO_TIME))
		strbuf_add(sb, "0.000");
	else
		strbuf_add(sb, "null");
}

void cell_add_json(struct strbuf *sb, const struct cell *cell, const struct cell_style *style)
{
	switch (cell->kind) {
	case CELL_NONE:
		json_none(sb, style);
		return;
	case CELL_TEXT:
		json_quote(sb, cell->text);
		return;
	case CELL_WORDS:
		json_words(sb, cell->text);
		return;
	case CELL_SWITCHES:
		json_switches(sb, cell->text, style->flags);
		return;
	case CELL_NUMBER:
	case CELL_REAL:
		cell_add_text(sb, cell, 0, false);
		return;
	case CELL_SECONDS:
		strbuf_addf(sb, "%.3f", cell->real[0]);
		return;
	case CELL_LOADS:
		strbuf_addf(sb, "[%.2f, %.2f, %.2f]", cell->real[0], cell->real[1], cell->real[2]);
		return;
	case CELL_BOOL:
		strbuf_add(sb, cell->yes ? "true" : "false");
		return;
	case CELL_GROUP:
		json_group(sb, &cell->group, style);
		return;
	}
}

/* ---- order ---- */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_reals(const double *a, const double *b, unsigned int n)
{
	int order = 0;

	for (unsigned int i = 0; i < n && order == 0; i++)
		order = (a[i] > b[i]) - (a[i] < b[i]);
	return order;
}

static bool is_none(const struct cell *cell)
{
	return cell->kind == CELL_NONE ||
	       (cell->kind == CELL_GROUP && !(cell->group.known & (1U << cell->group.shown)));
}

int cell_compare(const struct cell *a, const struct cell *b)
{
	if (is_none(a) || is_none(b))
		return is_none(b) - is_none(a);
	if (a->kind != b->kind) /* a CT's name, or else its number: the numbers first */
		return (a->kind != CELL_NUMBER) - (b->kind != CELL_NUMBER);
	switch (a->kind) {
	case CELL_NONE:
		return 0;
	case CELL_TEXT:
	case CELL_WORDS:
	case CELL_SWITCHES:
		return strcmp(a->text, b->text);
	case CELL_NUMBER:
		return compare_numbers(a->number, b->number);
	case CELL_REAL:
		return compare_reals(a->real, b->real, 1);
	case CELL_SECONDS:
		return compare_reals(b->real, a->real, 1);
	case CELL_LOADS:
		return compare_reals(a->real, b->real, 3);
	case CELL_BOOL:
		return a->yes - b->yes;
	case CELL_GROUP:
		return compare_numbers(a->group.value[a->group.shown],
				       b->group.value[b->group.shown]);
	}
	return 0;
}

/* ---- patterns ---- */

static bool a_word_matches(const char *text, const char *pattern)
{
	const char *word;
	size_t len;

	while (next_word(&text, &word, &len)) {
		auto_free char *copy = strndup(word, len);

		if (copy && fnmatch(pattern, copy, 0) == 0)
			return true;
	}
	return false;
}

bool cell_matches(const struct cell *cell, unsigned int flags, const char *pattern)
{
	auto_strbuf struct strbuf text = { 0 };

	if (is_none(cell))
		return str_eq(pattern, "-");
	if (cell->kind == CELL_TEXT) /* as it is, not as it is shown */
		return fnmatch(pattern, cell->text, 0) == 0;
	if (cell->kind == CELL_WORDS && a_word_matches(cell->text, pattern))
		return true;
	cell_add_text(&text, cell, flags, false);
	return text.text && fnmatch(pattern, text.text, 0) == 0;
}
