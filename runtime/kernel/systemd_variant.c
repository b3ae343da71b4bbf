/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads GVariant's text format (GLib, "GVariant Text Format"), as far as properties need it. */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/str.h"
#include "runtime/kernel/systemd_props.h"

#define BASIC_TYPES "bynqiuxtdsog"

static const struct type {
	char code;
	const char *keyword;
	int64_t min;
	uint64_t max;
} types[] = {
	{ 'b', "boolean", 0, 0 },
	{ 'y', "byte", 0, UINT8_MAX },
	{ 'n', "int16", INT16_MIN, INT16_MAX },
	{ 'q', "uint16", 0, UINT16_MAX },
	{ 'i', "int32", INT32_MIN, INT32_MAX },
	{ 'u', "uint32", 0, UINT32_MAX },
	{ 'x', "int64", INT64_MIN, INT64_MAX },
	{ 't', "uint64", 0, UINT64_MAX },
	{ 'd', "double", 0, 0 },
	{ 's', "string", 0, 0 },
	{ 'o', "objectpath", 0, 0 },
	{ 'g', "signature", 0, 0 },
};

static const struct type *type_of(char code)
{
	const struct type *type = types;

	while (type->code != code)
		type++;
	return type;
}

static void skip_blanks(const char **at)
{
	*at += strspn(*at, " \t\n");
}

/* Takes the word where it stands whole. */
static bool take_word(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*at, word, len) != 0 || ((*at)[len] && !strchr(" \t\n,]'\"", (*at)[len])))
		return false;
	*at += len;
	return true;
}

static char take_keyword(const char **at)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (take_word(at, types[i].keyword)) {
			skip_blanks(at);
			return types[i].code;
		}
	}
	return 0;
}

/* "'it\'s'" */
static int parse_text(const char **at, char **ret, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	char quote = *(*at)++;

	for (; **at != quote; (*at)++) {
		if (!**at)
			return err_set(err, ERR_INPUT, "the quote does not end");
		if (**at == '\\') {
			(*at)++;
			if (!**at || !strchr("\\'\"", **at))
				return err_set(err, ERR_INPUT,
					       "only \\\\, \\' and \\\" may be escaped");
		}
		strbuf_add_char(&text, **at);
	}
	(*at)++;
	*ret = strbuf_steal(&text);
	return *ret ? 0 : err_sys(err, "read a text");
}

static int parse_double(const char *word, double *ret, struct err *err)
{
	char *end;

	/* The program never sets a locale, so the point is a point. */
	*ret = strtod(word, &end);
	if (*end || end == word || !isfinite(*ret))
		return err_set(err, ERR_INPUT, "\"%.64s\" is no number", word);
	return 0;
}

static int parse_number(const char **at, char *type, struct systemd_item *item, struct err *err)
{
	size_t len = strcspn(*at, " \t\n,]");
	auto_free char *word = strndup(*at, len);
	const struct type *t;
	int64_t number;

	if (!word)
		return err_sys(err, "read a number");
	*at += len;
	if (!*type)
		*type = strpbrk(word, ".eE") ? 'd' : 'i';
	if (*type == 'd')
		return parse_double(word, &item->real, err);
	t = type_of(*type);
	if (t->min == 0)
		return num_parse_u(word, t->keyword, t->max, &item->number, err);
	if (num_parse(word, t->keyword, t->min, (int64_t)t->max, &number, err) < 0)
		return -1;
	item->number = (uint64_t)number;
	return 0;
}

/* *type is what it must be, 0: any, which becomes what it is. */
static int parse_basic(const char **at, char *type, struct systemd_item *item, struct err *err)
{
	char said = take_keyword(at), is = said ? said : *type;

	if (said && *type && said != *type)
		return err_set(err, ERR_INPUT, "a value in it is of another type");
	if (**at == '\'' || **at == '"') {
		if (is && !strchr("sog", is))
			return err_set(err, ERR_INPUT, "a text stands where a %s should",
				       type_of(is)->keyword);
		*type = is ? is : 's';
		return parse_text(at, &item->text, err);
	}
	if ((!is || is == 'b') && (take_word(at, "true") || take_word(at, "false"))) {
		item->number = (*at)[-2] == 'u';
		*type = 'b';
		return 0;
	}
	if (is && strchr("bsog", is))
		return err_set(err, ERR_INPUT, "no %s where one should stand",
			       type_of(is)->keyword);
	*type = is;
	return parse_number(at, type, item, err);
}

static int parse_item(const char **at, char *type, struct systemd_prop *prop, struct err *err)
{
	struct systemd_item *item = systemd_prop_add(prop);

	return item ? parse_basic(at, type, item, err) : err_sys(err, "read a value");
}

static int parse_list(const char **at, char *type, struct systemd_prop *prop, struct err *err)
{
	(*at)++;
	skip_blanks(at);
	while (**at != ']') {
		if (prop->n > 0) {
			if (**at != ',')
				return err_set(err, ERR_INPUT, "\",\" or \"]\" is missing");
			(*at)++;
			skip_blanks(at);
		}
		if (parse_item(at, type, prop, err) < 0)
			return -1;
		skip_blanks(at);
	}
	(*at)++;
	if (!*type)
		return err_set(err, ERR_INPUT,
			       "the type of an empty list is not told (as in @as [])");
	return 0;
}

/* "@as", where it stands. */
static int take_signature(const char **at, char *type, bool *list, struct err *err)
{
	const char *sig = *at + 1;

	if (**at != '@')
		return 0;
	*list = *sig == 'a';
	sig += *list;
	if (!*sig || !strchr(BASIC_TYPES, *sig) || !strchr(" \t\n[", sig[1]))
		return err_set(err, ERR_INPUT,
			       "only basic types and lists of one can be given by a type");
	*type = *sig;
	*at = sig + 1;
	skip_blanks(at);
	return 0;
}

int systemd_variant_parse(const char *text, struct systemd_prop *prop, struct err *err)
{
	bool want_list = false, list;
	const char *at = text;
	char type = 0;

	skip_blanks(&at);
	if (take_signature(&at, &type, &want_list, err) < 0)
		return -1;
	list = *at == '[';
	if (strchr("{(<", *at) || (type && list != want_list))
		return err_set(err, ERR_INPUT, "only basic types and lists of one are known here");
	if ((list ? parse_list : parse_item)(&at, &type, prop, err) < 0)
		return -1;
	skip_blanks(&at);
	if (*at)
		return err_set(err, ERR_INPUT, "there is more behind the value: \"%.64s\"", at);
	prop->signature[0] = list ? 'a' : type;
	prop->signature[1] = list ? type : '\0';
	prop->signature[2] = '\0';
	return 0;
}
