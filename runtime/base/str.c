/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/str.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void strbuf_done(struct strbuf *sb)
{
	mem_free_ptr(&sb->text);
	*sb = (struct strbuf){ 0 };
}

static bool strbuf_reserve(struct strbuf *sb, size_t more)
{
	size_t room = sb->room ? sb->room : 128;
	char *text;

	if (sb->failed)
		return false;
	if (more >= SIZE_MAX / 2 - sb->len) {
		sb->failed = true;
		return false;
	}
	if (sb->len + more + 1 <= sb->room)
		return true;
	while (room < sb->len + more + 1)
		room *= 2;
	text = realloc(sb->text, room);
	if (!text) {
		sb->failed = true;
		return false;
	}
	sb->text = text;
	sb->room = room;
	return true;
}

void strbuf_add_mem(struct strbuf *sb, const void *data, size_t len)
{
	if (!strbuf_reserve(sb, len))
		return;
	memcpy(sb->text + sb->len, data, len);
	sb->len += len;
	sb->text[sb->len] = '\0';
}

void strbuf_add(struct strbuf *sb, const char *text)
{
	strbuf_add_mem(sb, text, strlen(text));
}

void strbuf_add_char(struct strbuf *sb, char c)
{
	strbuf_add_mem(sb, &c, 1);
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !strbuf_reserve(sb, (size_t)len)) {
		sb->failed = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(sb->text + sb->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	sb->len += (size_t)len;
}

char *strbuf_steal(struct strbuf *sb)
{
	char *text;

	strbuf_add_mem(sb, "", 0);
	if (sb->failed) {
		strbuf_done(sb);
		errno = ENOMEM;
		return NULL;
	}
	text = steal_ptr(&sb->text);
	*sb = (struct strbuf){ 0 };
	return text;
}

char *str_dupf(const char *fmt, ...)
{
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	return len < 0 ? NULL : text;
}

bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
	size_t len = strlen(text), tail = strlen(suffix);

	return len >= tail && str_eq(text + len - tail, suffix);
}

static bool is_utf8_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* One character of text into at (4 bytes are enough); bytes of UTF-8 stay as they are. */
static size_t show_char(char *at, unsigned char c)
{
	if (c < 0x20 || c == 0x7f)
		return (size_t)sprintf(at, "\\x%02x", c);
	if (c == '"' || c == '\\') {
		*at++ = '\\';
		*at = (char)c;
		return 2;
	}
	*at = (char)c;
	return 1;
}

const char *str_show(char buf[STR_SHOW_SIZE], const char *text)
{
	size_t len = 0, room = STR_SHOW_SIZE - sizeof("...\"") - 4;

	buf[len++] = '"';
	while (*text && len < room)
		len += show_char(buf + len, (unsigned char)*text++);
	if (is_utf8_tail(*text)) { /* not through the middle of a character */
		while (len > 1 && is_utf8_tail(buf[len - 1]))
			len--;
		if (len > 1)
			len--;
	}
	strcpy(buf + len, *text ? "...\"" : "\"");
	return buf;
}

void strv_free(char **v)
{
	for (char **at = v; at && *at; at++)
		free(*at);
	free(v);
}

size_t strv_len(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

static int strv_take(char ***v, char *text)
{
	size_t n = strv_len(*v);
	char **bigger;

	if (!text)
		return -1;
	bigger = realloc(*v, (n + 2) * sizeof(*bigger));
	if (!bigger) {
		free(text);
		return -1;
	}
	bigger[n] = text;
	bigger[n + 1] = NULL;
	*v = bigger;
	return 0;
}

int strv_add(char ***v, const char *text)
{
	return strv_take(v, strdup(text));
}

char **strv_split(const char *text, const char *seps)
{
	auto_strv char **v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	while (*text) {
		size_t len = strcspn(text, seps);

		if (len > 0 && strv_take(&v, strndup(text, len)) < 0)
			return NULL;
		text += len;
		text += strspn(text, seps);
	}
	return steal_ptr(&v);
}

int num_parse(const char *text, const char *what, int64_t min, int64_t max, int64_t *ret,
	      struct err *err)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	if (end == text || *end || isspace((unsigned char)*text) || *text == '+')
		return err_set(err, ERR_INPUT, "%s: \"%.64s\" is not a whole number", what, text);
	if (errno == ERANGE || v < min || v > max)
		return err_set(err, ERR_INPUT,
			       "%s: %.64s is out of range (%" PRId64 " to %" PRId64 ")", what, text,
			       min, max);
	*ret = v;
	return 0;
}

int num_parse_u(const char *text, const char *what, uint64_t max, uint64_t *ret, struct err *err)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end)
		return err_set(err, ERR_INPUT, "%s: \"%.64s\" is not a whole number of 0 or more",
			       what, text);
	if (errno == ERANGE || v > max)
		return err_set(err, ERR_INPUT, "%s: %.64s is out of range (0 to %" PRIu64 ")", what,
			       text, max);
	*ret = v;
	return 0;
}

int num_parse_size(const char *text, const char *what, uint64_t *ret_bytes, struct err *err)
{
	static const char suffixes[] = "KMGTP";
	char *end;
	unsigned long long v;
	unsigned int shift = 0;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text))
		return err_set(err, ERR_INPUT, "%s: \"%.64s\" is not a size", what, text);
	if (*end) {
		const char *unit = strchr(suffixes, toupper((unsigned char)*end));

		if (unit) {
			shift = 10U * (unsigned int)(unit - suffixes + 1);
			end++;
		}
		if (strcasecmp(end, "b") == 0 || (shift && strcasecmp(end, "ib") == 0))
			end += strlen(end);
		if (*end)
			return err_set(err, ERR_INPUT,
				       "%s: \"%.64s\" is not a size (use K, M, G, T or P)", what,
				       text);
	}
	if (errno == ERANGE || v > (UINT64_MAX >> shift))
		return err_set(err, ERR_INPUT, "%s: %.64s is too large", what, text);
	*ret_bytes = (uint64_t)v << shift;
	return 0;
}

/* The bytes of the character at `text`, 0 where it is none that may be shown (RFC 3629: shortest
 * form, no surrogates). */
static size_t shown_len(const unsigned char *text, size_t len)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = { { 0x80, 0x00, 0x20 },
		      { 0xe0, 0xc0, 0xa0 }, /* U+0080 to U+009F are control characters */
		      { 0xf0, 0xe0, 0x800 },
		      { 0xf8, 0xf0, 0x10000 } };

	for (size_t more = 0; more < ARRAY_SIZE(forms) && more < len; more++) {
		uint32_t code = *text & (unsigned char)~forms[more].mask;

		if ((*text & forms[more].mask) != forms[more].lead)
			continue;
		for (size_t i = 1; i <= more; i++) {
			if ((text[i] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (text[i] & 0x3f);
		}
		if (code < forms[more].least || code == 0x7f || code > 0x10ffff ||
		    (code >= 0xd800 && code < 0xe000))
			return 0;
		return more + 1;
	}
	return 0;
}

void str_add_clean(struct strbuf *sb, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = shown_len((const unsigned char *)text + i, len - i);

		if (n > 0)
			strbuf_add_mem(sb, text + i, n);
		else
			strbuf_add_char(sb, '?');
		i += n ? n : 1;
	}
}
