/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/capability.h"

#include <ctype.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/spec/names.h"

#define SEPARATORS ", \t"
#define NAME_SIZE 40

#define BIT(cap) (UINT64_C(1) << (cap))

/* All that root of a user namespace may need. Left out is what acts on the whole host: the kernel
 * asks for these in the first user namespace anyway, and programs do better when they see it. */
#define LEFT_OUT                                                                             \
	(BIT(CAP_SYS_MODULE) | BIT(CAP_SYS_RAWIO) | BIT(CAP_SYS_TIME) | BIT(CAP_MAC_ADMIN) | \
	 BIT(CAP_MAC_OVERRIDE))
#define ALL (BIT(CAP_LAST_CAP) | (BIT(CAP_LAST_CAP) - 1))

/* OpenVZ's own, which its kernel had in place of what a user namespace gives. */
static const char *const openvz[] = { "CAP_SETVEID", "CAP_VE_ADMIN" };

struct word {
	char name[NAME_SIZE]; /* CAP_NET_ADMIN */
	bool on;
};

static bool is_openvz(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(openvz); i++)
		if (str_eq(openvz[i], name))
			return true;
	return false;
}

/* "net_admin:on", "CAP_NET_ADMIN:on" */
static int parse(const char *text, const char *what, struct word *ret, struct err *err)
{
	size_t len = strcspn(text, ":"), at = 0;
	const char *value = text + len;
	char shown[STR_SHOW_SIZE];
	bool prefixed = strncasecmp(text, "cap_", 4) == 0;

	if (!str_eq(value, ":on") && !str_eq(value, ":off"))
		return err_set(err, ERR_INPUT, "%s: %s is not of the form NAME:on or NAME:off",
			       what, str_show(shown, text));
	if (!prefixed)
		at = (size_t)snprintf(ret->name, sizeof(ret->name), "CAP_");
	for (size_t i = 0; i < len && at < sizeof(ret->name) - 1; i++)
		ret->name[at++] = (char)toupper((unsigned char)text[i]);
	ret->name[at] = '\0';
	ret->on = str_eq(value, ":on");
	if (names_find(&names_capabilities, ret->name) || is_openvz(ret->name))
		return 0;
	return err_set(err, ERR_INPUT, "%s: %s: there is no such capability", what,
		       str_show(shown, text));
}

static char **split(const char *text, struct err *err)
{
	char **words = strv_split(text ? text : "", SEPARATORS);

	if (!words)
		err_sys(err, "read CAPABILITY");
	return words;
}

int capability_read(const char *value, uint64_t *ret, struct err *err)
{
	auto_strv char **words = split(value, err);
	uint64_t set = ALL & ~LEFT_OUT;

	for (char **at = words; at && *at; at++) {
		const struct names_row *row;
		struct word word;

		if (parse(*at, "CAPABILITY", &word, err) < 0)
			return -1;
		row = names_find(&names_capabilities, word.name);
		if (!row)
			continue;
		if (word.on)
			set |= BIT(row->value);
		else
			set &= ~BIT(row->value);
	}
	if (!words)
		return -1;
	*ret = set;
	return 0;
}

/* Is the name among these words? */
static int names(char *const *words, const char *name, const char *what, bool *ret, struct err *err)
{
	struct word word;

	*ret = false;
	for (; *words; words++) {
		if (parse(*words, what, &word, err) < 0)
			return -1;
		*ret |= str_eq(word.name, name);
	}
	return 0;
}

/* Those of `words` that `others` do not name, in the conf's spelling. */
static int add_words(char *const *words, char *const *others, const char *what, struct strbuf *text,
		     struct err *err)
{
	for (; *words; words++) {
		struct word word;
		bool named;

		if (parse(*words, what, &word, err) < 0)
			return -1;
		if (names(others ? others : words + 1, word.name, what, &named, err) < 0)
			return -1;
		if (!named)
			strbuf_addf(text, "%s%s:%s", text->len > 0 ? " " : "",
				    word.name + strlen("CAP_"), word.on ? "on" : "off");
	}
	return 0;
}

int capability_set(const char *value, const char *given, const char *what, char **ret,
		   struct err *err)
{
	auto_strv char **old = split(value, err), **new = split(given, err);
	auto_strbuf struct strbuf text = { 0 };
	char *result;

	if (!old || !new || add_words(old, new, "CAPABILITY", &text, err) < 0 ||
	    add_words(new, NULL, what, &text, err) < 0)
		return -1;
	result = strbuf_steal(&text);
	if (!result)
		return err_sys(err, "%s", what);
	*ret = result;
	return 0;
}
