/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/guard.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/ct/ct.h"
#include "runtime/ct/feature.h"

#define PROFILES "/sys/kernel/security/apparmor/profiles"
#define PROFILES_MAX_BYTES (4U << 20)

static char *load(const char *path, size_t max)
{
	char *text = NULL;
	size_t len = 0;

	return fd_load_at(AT_FDCWD, path, max, &text, &len, NULL) < 0 ? NULL : text;
}

static int bad_value(const char *key, const char *value, const char *takes, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	err_set(err, ERR_INPUT, "%s: %s is not %s", key, str_show(shown, value), takes);
	return vz_fail(err, VZ_BAD_CONF);
}

/* NULL: not set, or empty. */
static const char *value_of(const struct ct *ct, const char *key)
{
	const char *value = ct_get(ct, key);

	return value && *value ? value : NULL;
}

/* ---- AppArmor ---- */

bool guard_is_loaded(const char *profiles, const char *name)
{
	size_t len = strlen(name);

	while (*profiles) {
		size_t line = strcspn(profiles, "\n");

		if (line > len + 1 && strncmp(profiles, name, len) == 0 &&
		    strncmp(profiles + len, " (", 2) == 0)
			return true;
		profiles += line + (profiles[line] == '\n');
	}
	return false;
}

static bool is_loaded(const char *name)
{
	auto_free char *profiles = load(PROFILES, PROFILES_MAX_BYTES);

	return profiles && guard_is_loaded(profiles, name);
}

static int read_apparmor(const struct ct *ct, bool nesting, struct guard *guard, struct err *err)
{
	const char *own = nesting ? GUARD_PROFILE_NESTING : GUARD_PROFILE;
	const char *value = value_of(ct, "APPARMOR");

	if (value && str_eq(value, "no"))
		return 0;
	if (!value || str_eq(value, "auto")) {
		guard->apparmor = is_loaded(own) ? own : NULL;
		return 0;
	}
	guard->apparmor = value;
	if (is_loaded(value))
		return 0;
	bad_value("APPARMOR", value, "the name of a profile that is loaded, auto or no", err);
	return err_hint(err, "apparmor_parser -r FILE loads one");
}

/* ---- crashes ---- */

/* "|PROGRAM", or since Linux 6.16 "@SOCKET": run, or found, in the first namespaces as root. */
bool guard_is_handler(const char *core_pattern)
{
	return *core_pattern == '|' || *core_pattern == '@';
}

static int read_core(const struct ct *ct, struct guard *guard, struct err *err)
{
	auto_free char *pattern = load("/proc/sys/kernel/core_pattern", 4096);
	const char *value = value_of(ct, "HOST_CORE_HANDLER");
	bool wanted = value && str_eq(value, "yes");

	if (value && !wanted && !str_eq(value, "no"))
		return bad_value("HOST_CORE_HANDLER", value, "yes or no", err);
	guard->no_core_handler = !wanted && (!pattern || guard_is_handler(pattern));
	return 0;
}

/* ---- hidden processes ---- */

static int read_hidepid(const struct ct *ct, struct guard *guard, struct err *err)
{
	/* proc(5) */
	static const char *const words[] = { "off", "noaccess", "invisible", "ptraceable" };
	const char *value = value_of(ct, "HIDEPID"), *gid = value_of(ct, "HIDEPID_GID");
	int64_t number;
	size_t i = 0;

	if (gid && num_parse(gid, "", 0, 65535, &number, NULL) < 0)
		return bad_value("HIDEPID_GID", gid, "a number of a group in the CT", err);
	if (gid)
		snprintf(guard->proc_gid, sizeof(guard->proc_gid), "gid=%" PRId64, number);
	while (value && i < ARRAY_SIZE(words) && !str_eq(value, words[i]))
		i++;
	if (i == ARRAY_SIZE(words))
		return bad_value("HIDEPID", value, "off, noaccess, invisible or ptraceable", err);
	if (value && i > 0)
		snprintf(guard->hidepid, sizeof(guard->hidepid), "hidepid=%s", words[i]);
	return 0;
}

int guard_read(const struct ct *ct, struct guard *ret, struct err *err)
{
	const char *features = conf_get(ct->conf, "FEATURES");
	struct guard guard = { 0 };
	bool nesting;

	if (feature_is_on(features, "nesting", &nesting, err) < 0 ||
	    feature_is_on(features, "keyctl", &guard.keys, err) < 0)
		return vz_fail(err, VZ_BAD_CONF);
	if (read_apparmor(ct, nesting, &guard, err) < 0 || read_core(ct, &guard, err) < 0 ||
	    read_hidepid(ct, &guard, err) < 0)
		return -1;
	*ret = guard;
	return 0;
}
