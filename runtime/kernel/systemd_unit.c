/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/systemd_unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/str.h"

#define SLICE ".slice"
/* systemd.unit(5): a unit's name has at most 255 characters, and only these. */
#define NAME_MAX_BYTES 255
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@"

void systemd_unit_done(struct systemd_unit *unit)
{
	free(unit->slice);
	free(unit->name);
	*unit = (struct systemd_unit){ NULL, NULL };
}

static int check_name(const char *name, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (strlen(name) <= NAME_MAX_BYTES && !name[strspn(name, NAME_CHARACTERS)])
		return 0;
	return err_set(err, ERR_INPUT, "%s is no name of a systemd unit (%s)",
		       str_show(shown, name),
		       strlen(name) > NAME_MAX_BYTES ? "it is too long" :
						       "letters, digits and :-_.\\@ only");
}

/* "/a.slice/a-b.slice" for a slice "a-b.slice" whose name without the ending is len bytes long. -1:
 * a part is empty. */
static int add_levels(struct strbuf *path, const char *slice, size_t len)
{
	for (size_t at = 0; at <= len; at++) {
		if (at < len && slice[at] != '-')
			continue;
		if (at == 0 || slice[at - 1] == '-')
			return -1;
		strbuf_add_char(path, '/');
		strbuf_add_mem(path, slice, at);
		strbuf_add(path, SLICE);
	}
	return 0;
}

char *systemd_slice_path(const char *slice, struct err *err)
{
	auto_strbuf struct strbuf path = { 0 };
	char shown[STR_SHOW_SIZE];
	bool is_root = str_eq(slice, "-" SLICE);
	char *ret;

	if (is_root)
		strbuf_add_char(&path, '/');
	else if (!str_ends(slice, SLICE) || check_name(slice, NULL) < 0 ||
		 add_levels(&path, slice, strlen(slice) - strlen(SLICE)) < 0) {
		err_set(err, ERR_INPUT, "%s is no name of a systemd slice", str_show(shown, slice));
		return NULL;
	}
	ret = strbuf_steal(&path);
	if (!ret)
		err_sys(err, "slice \"%s\"", slice);
	return ret;
}

/* Of an id's characters one is no unit's: it stands as systemd-escape(1) writes it. */
static char *escaped(const char *id)
{
	struct strbuf sb = { 0 };

	for (; *id; id++) {
		if (*id == '+')
			strbuf_add(&sb, "\\x2b");
		else
			strbuf_add_char(&sb, *id);
	}
	return strbuf_steal(&sb);
}

static char *unit_name(const char *prefix, const char *name)
{
	if (str_ends(name, SLICE))
		return strdup(name);
	return str_dupf("%s%s%s.scope", prefix, *prefix ? "-" : "", name);
}

static int split(const char *path, struct systemd_unit *unit, const char *default_slice,
		 struct err *err)
{
	auto_free char *copy = strdup(path);
	char *prefix = copy ? strchr(copy, ':') : NULL;
	char *name = prefix ? strchr(prefix + 1, ':') : NULL;
	char shown[STR_SHOW_SIZE];

	if (!copy)
		return err_sys(err, "cgroup path");
	if (!name || strchr(name + 1, ':') || !name[1])
		return err_set(err, ERR_INPUT,
			       "%s: with the systemd cgroup manager it is SLICE:PREFIX:NAME, as in "
			       "\"system.slice:vzrun:web\"",
			       str_show(shown, path));
	*prefix++ = '\0';
	*name++ = '\0';
	unit->slice = strdup(*copy ? copy : default_slice);
	unit->name = unit_name(prefix, name);
	return 0;
}

int systemd_unit_parse(const char *cgroups_path, const char *id, const char *default_slice,
		       struct systemd_unit *ret, struct err *err)
{
	auto_systemd_unit struct systemd_unit unit = { NULL, NULL };
	auto_free char *slice_path = NULL;

	if (cgroups_path && *cgroups_path) {
		if (split(cgroups_path, &unit, default_slice, err) < 0)
			return err_wrap(err, "config.json: linux.cgroupsPath");
	} else {
		auto_free char *name = escaped(id);

		unit.slice = strdup(default_slice);
		unit.name = name ? unit_name("vzrun", name) : NULL;
	}
	if (!unit.slice || !unit.name)
		return err_sys(err, "name the systemd unit");
	slice_path = systemd_slice_path(unit.slice, err);
	if (!slice_path || check_name(unit.name, err) < 0)
		return err_wrap(err, "config.json: linux.cgroupsPath");
	*ret = unit;
	unit = (struct systemd_unit){ NULL, NULL };
	return 0;
}
