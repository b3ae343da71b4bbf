/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/ctid.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/str.h"

bool ctid_parse(const char *text, uint32_t *ret)
{
	int64_t id;

	if (text[0] < '1' || text[0] > '9' || num_parse(text, "", 1, CTID_MAX, &id, NULL) < 0)
		return false;
	*ret = (uint32_t)id;
	return true;
}

bool ctid_of_conf_name(const char *name, uint32_t *ret)
{
	char id[CTID_SIZE];
	const char *dot = strchr(name, '.');
	size_t len = dot ? (size_t)(dot - name) : 0;
	uint32_t ctid;

	if (!dot || !str_eq(dot, ".conf") || len >= sizeof(id))
		return false;
	memcpy(id, name, len);
	id[len] = '\0';
	if (!ctid_parse(id, &ctid))
		return false;
	if (ret)
		*ret = ctid;
	return true;
}

int ctid_check_name(const char *name, struct err *err)
{
	static const char allowed[] = "0123456789"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      " -+_.";
	char shown[STR_SHOW_SIZE];

	if (!*name || name[strspn(name, allowed)] || strchr("-. ", *name) ||
	    strlen(name) > NAME_MAX)
		return err_set(err, ERR_INPUT,
			       "%s can't be a container's name (letters, digits, \" -+_.\")",
			       str_show(shown, name));
	if (!name[strspn(name, "0123456789")])
		return err_set(err, ERR_INPUT, "%s can't be a name: a number is an id",
			       str_show(shown, name));
	return 0;
}

/* names/NAME → …/CTID.conf; the folder in the link may be written in any way. */
static int find_name(const char *conf_dir, const char *name, uint32_t *ret, struct err *err)
{
	auto_free char *link = str_dupf("%s/../names/%s", conf_dir, name);
	char target[PATH_MAX];
	const char *slash;
	ssize_t n;

	if (!link)
		return err_sys(err, "look up \"%s\"", name);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EINVAL ?
			       0 :
			       err_sys(err, "read \"%s\"", link);
	target[n] = '\0';
	slash = strrchr(target, '/');
	return ctid_of_conf_name(slash ? slash + 1 : target, ret);
}

int ctid_find(const char *conf_dir, const char *text, uint32_t *ret, struct err *err)
{
	auto_free char *conf = NULL;
	uint32_t ctid = 0;
	int found = ctid_parse(text, &ctid);

	if (!found && ctid_check_name(text, NULL) < 0)
		return 0;
	if (!found)
		found = find_name(conf_dir, text, &ctid, err);
	if (found <= 0)
		return found;
	conf = str_dupf("%s/%u.conf", conf_dir, ctid);
	if (!conf)
		return err_sys(err, "look up \"%s\"", text);
	if (access(conf, F_OK) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(err, "find \"%s\"", conf);
	*ret = ctid;
	return 1;
}
