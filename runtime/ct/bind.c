/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/bind.h"

#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/feature.h"

#define SEPARATORS " \t"

static const struct {
	const char *name;
	uint64_t attr;
} options[] = {
	{ "nosuid", MOUNT_ATTR_NOSUID },
	{ "noexec", MOUNT_ATTR_NOEXEC },
	{ "nodev", MOUNT_ATTR_NODEV },
	{ "ro", MOUNT_ATTR_RDONLY },
};

/* Where container engines keep their layers: the kernel takes no overlay as an upper layer. */
static const char *const nesting_volumes[] = { "/var/lib/docker", "/var/lib/containers" };

static void forget(struct bind *bind)
{
	free(bind->source);
	free(bind->target);
	*bind = (struct bind){ 0 };
}
#define auto_bind __attribute__((cleanup(forget)))

void bind_done(struct bind_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		forget(&list->list[i]);
	free(list->list);
	*list = (struct bind_list){ 0 };
}

/* ---- one ---- */

static bool is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && (path[len] == '/' || !path[len]);
}

/* What is the kernel's, and what is vzrun's, is not to be covered. */
static bool target_is_good(const char *target)
{
	return !str_eq(target, "/") && !str_eq(target, "/dev") && !is_below(target, "/proc") &&
	       !is_below(target, "/sys") && !is_below(target, "/dev/.vzrun");
}

static int parse_options(const char *text, const char *word, const char *what, uint64_t *ret,
			 struct err *err)
{
	auto_strv char **words = strv_split(text, ",");
	char shown[STR_SHOW_SIZE];

	if (!words)
		return err_sys(err, "%s", what);
	for (char **option = words; *option; option++) {
		size_t i = 0;

		while (i < ARRAY_SIZE(options) && !str_eq(options[i].name, *option))
			i++;
		if (i == ARRAY_SIZE(options))
			return err_set(err, ERR_INPUT,
				       "%s: %s: of options there are nosuid, noexec, nodev and ro",
				       what, str_show(shown, word));
		*ret |= options[i].attr;
	}
	return 0;
}

static int bad_word(const char *word, const char *what, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	return err_set(err, ERR_INPUT,
		       "%s: %s is not of the form [SOURCE:]TARGET[,nosuid,noexec,nodev,ro], with "
		       "absolute paths",
		       what, str_show(shown, word));
}

static int parse(const char *word, const char *what, struct bind *ret, struct err *err)
{
	const char *colon = strchr(word, ':'), *target = colon ? colon + 1 : word;
	size_t len = strcspn(target, ",");
	auto_free char *raw = strndup(target, len);
	auto_bind struct bind bind = { 0 };
	char shown[STR_SHOW_SIZE];

	if (*word != '/' || *target != '/' || strpbrk(word, "\"\\"))
		return bad_word(word, what, err);
	bind.source = colon ? strndup(word, (size_t)(colon - word)) : NULL;
	bind.target = raw ? path_clean(raw) : NULL;
	if (!bind.target || (colon && !bind.source))
		return err_sys(err, "%s", what);
	if (!target_is_good(bind.target))
		return err_set(err, ERR_INPUT, "%s: nothing can be mounted at %s", what,
			       str_show(shown, bind.target));
	if (parse_options(target + len, word, what, &bind.attr, err) < 0)
		return -1;
	*ret = bind;
	bind = (struct bind){ 0 };
	return 0;
}

/* ---- a list ---- */

static bool has_target(const struct bind_list *list, const char *target)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->list[i].target, target))
			return true;
	return false;
}

static int append(struct bind_list *list, const char *word, const char *what, struct err *err)
{
	struct bind *room = mem_append(&list->list, &list->n, sizeof(*room));

	return room ? parse(word, what, room, err) : err_sys(err, "%s", what);
}

int bind_read(const char *bindmount, const char *features, struct bind_list *ret, struct err *err)
{
	auto_strv char **words = strv_split(bindmount ? bindmount : "", SEPARATORS);
	auto_bind_list struct bind_list list = { 0 };
	bool nesting;

	if (!words)
		return err_sys(err, "read BINDMOUNT");
	for (char **word = words; *word; word++)
		if (append(&list, *word, "BINDMOUNT", err) < 0)
			return -1;
	if (feature_is_on(features, "nesting", &nesting, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(nesting_volumes) && nesting; i++)
		if (!has_target(&list, nesting_volumes[i]) &&
		    append(&list, nesting_volumes[i], "FEATURES", err) < 0)
			return -1;
	*ret = list;
	list = (struct bind_list){ 0 };
	return 0;
}

const char *bind_covers(const struct bind_list *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++)
		if (is_below(path, list->list[i].target))
			return list->list[i].target;
	return NULL;
}

/* The words but for those of the target. */
static int without(const char *bindmount, const char *target, struct strbuf *text, bool *ret_found,
		   struct err *err)
{
	auto_strv char **words = strv_split(bindmount ? bindmount : "", SEPARATORS);

	if (!words)
		return err_sys(err, "read BINDMOUNT");
	for (char **word = words; *word; word++) {
		auto_bind struct bind bind = { 0 };

		if (parse(*word, "BINDMOUNT", &bind, err) < 0)
			return -1;
		if (str_eq(bind.target, target))
			*ret_found = true;
		else
			strbuf_addf(text, "%s%s", text->len > 0 ? " " : "", *word);
	}
	return 0;
}

static int steal(struct strbuf *text, const char *what, char **ret, struct err *err)
{
	char *result = strbuf_steal(text);

	if (!result)
		return err_sys(err, "%s", what);
	*ret = result;
	return 0;
}

int bind_add(const char *bindmount, const char *word, const char *what, char **ret, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_bind struct bind bind = { 0 };
	bool found = false;

	/* It would be two words in the conf. */
	if (word[strcspn(word, SEPARATORS "\n")])
		return bad_word(word, what, err);
	if (parse(word, what, &bind, err) < 0 ||
	    without(bindmount, bind.target, &text, &found, err) < 0)
		return -1;
	strbuf_addf(&text, "%s%s", text.len > 0 ? " " : "", word);
	return steal(&text, what, ret, err);
}

int bind_del(const char *bindmount, const char *target, const char *what, char **ret,
	     struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_free char *clean = path_clean(target);
	char shown[STR_SHOW_SIZE];
	bool found = false;

	if (!clean)
		return err_sys(err, "%s", what);
	if (str_eq(target, "all"))
		return steal(&text, what, ret, err);
	if (without(bindmount, clean, &text, &found, err) < 0)
		return -1;
	if (!found)
		return err_set(err, ERR_INPUT, "%s: nothing is mounted at %s by BINDMOUNT", what,
			       str_show(shown, target));
	return steal(&text, what, ret, err);
}
