/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/feature.h"

#include <string.h>

#include "runtime/base/str.h"

#define SEPARATORS ", \t"

/* What --features may set: all that OpenVZ had, and more. `note`: why it has no effect. */
static const struct {
	const char *name, *note;
} known[] = {
	{ "bridge", "a CT has bridges of its own" },
	{ "fuse", NULL },
	{ "ipgre", "a CT has tunnels of its own" },
	{ "ipip", "a CT has tunnels of its own" },
	{ "keyctl", NULL },
	{ "nesting", NULL },
	{ "nfs", "the kernel mounts no NFS in a user namespace: mount it on the host and give it "
		 "by --bindmount_add" },
	{ "nfsd", "the kernel's NFS server is the host's: use one that is a program" },
	{ "ppp", NULL },
	{ "sit", "a CT has tunnels of its own" },
	{ "sysfs", "a CT sees its own devices in /sys anyway" },
	{ "sysinfo", NULL },
	{ "time", "the clock is the host's" },
	{ "tun", NULL },
};

static bool names(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && strncmp(name, word, len) == 0;
}

static bool is_known(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (names(known[i].name, word, len))
			return true;
	return false;
}

/* "NAME:on" → the length of NAME; 0: it is no such word. */
static size_t name_len(const char *word)
{
	size_t len = strcspn(word, ":");

	return str_eq(word + len, ":on") || str_eq(word + len, ":off") ? len : 0;
}

static int bad_word(const char *word, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	return err_set(err, ERR_INPUT, "FEATURES: %s is not of the form NAME:on or NAME:off",
		       str_show(shown, word));
}

/* As OpenVZ does: of a name that appears twice the last word counts. */
static bool is_on(char *const *words, const char *name)
{
	size_t len = strlen(name);
	bool on = false;

	for (; *words; words++)
		if (name_len(*words) == len && strncmp(*words, name, len) == 0)
			on = str_eq(*words + len, ":on");
	return on;
}

static int check(char *const *words, struct err *err)
{
	for (char *const *word = words; *word; word++)
		if (name_len(*word) == 0)
			return bad_word(*word, err);
	/* The kernel gives a process one listener: seccomp(2), EBUSY. */
	if (is_on(words, "sysinfo") && is_on(words, "nesting"))
		return err_set(err, ERR_INPUT,
			       "FEATURES: sysinfo:on and nesting:on exclude each other (the kernel "
			       "lets only one of them listen for system calls)");
	return 0;
}

static char **split(const char *text, struct err *err)
{
	char **words = strv_split(text ? text : "", SEPARATORS);

	if (!words)
		err_sys(err, "read FEATURES");
	return words;
}

int feature_is_on(const char *value, const char *name, bool *ret, struct err *err)
{
	auto_strv char **words = split(value, err);

	if (!words || check(words, err) < 0)
		return -1;
	*ret = is_on(words, name);
	return 0;
}

static int check_known(char *const *words, struct err *err)
{
	auto_strbuf struct strbuf all = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		strbuf_addf(&all, "%s%s", i > 0 ? ", " : "", known[i].name);
	for (; *words; words++) {
		char shown[STR_SHOW_SIZE];
		size_t len = name_len(*words);

		if (len == 0)
			return bad_word(*words, err);
		if (!is_known(*words, len))
			return err_set(err, ERR_INPUT,
				       "FEATURES: %s is not known here (what is: %s)",
				       str_show(shown, *words), all.text ? all.text : "");
	}
	return 0;
}

static bool names_same(const char *a, const char *b)
{
	size_t len = name_len(a);

	return len == name_len(b) && strncmp(a, b, len) == 0;
}

static bool is_named(char *const *words, const char *word)
{
	for (; *words; words++)
		if (names_same(*words, word))
			return true;
	return false;
}

static void add_word(struct strbuf *sb, const char *word)
{
	if (sb->len > 0)
		strbuf_add_char(sb, ' ');
	strbuf_add(sb, word);
}

bool feature_waits(const char *old, const char *value)
{
	static const char *const at_start[] = { "keyctl", "nesting", "sysinfo" };

	for (size_t i = 0; i < ARRAY_SIZE(at_start); i++) {
		bool before = false, after = false;

		feature_is_on(old, at_start[i], &before, NULL);
		feature_is_on(value, at_start[i], &after, NULL);
		if (before != after)
			return true;
	}
	return false;
}

const char *feature_note(const char *word)
{
	size_t len = strcspn(word, ":");

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (names(known[i].name, word, len))
			return known[i].note;
	return NULL;
}

int feature_set(const char *value, const char *given, char **ret, struct err *err)
{
	auto_strv char **old = split(value, err), **new = split(given, err), **all = NULL;
	auto_strbuf struct strbuf text = { 0 };
	char *result;

	if (!old || !new || check_known(new, err) < 0)
		return -1;
	for (char **word = old; *word; word++)
		if (!is_named(new, *word))
			add_word(&text, *word);
	for (char **word = new; *word; word++)
		if (!is_named(word + 1, *word))
			add_word(&text, *word);
	result = strbuf_steal(&text);
	all = result ? split(result, err) : NULL;
	if (!all)
		return err_sys(err, "set FEATURES");
	if (check(all, err) < 0) {
		mem_free_ptr(&result);
		return -1;
	}
	*ret = result;
	return 0;
}
