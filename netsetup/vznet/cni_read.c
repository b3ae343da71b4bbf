/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment, and the configuration as far as all verbs have it in common. */
#include "config.h"

#include "netsetup/vznet/cni.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netsetup/net_check.h"

#define LONG_ID_KEPT 150

const char *const cni_versions[] = { "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0" };

enum needs { NEEDS_CONTAINER = 1, NEEDS_NETNS = 2, NEEDS_IFNAME = 4 };

static const struct {
	const char *name, *since;
	unsigned int needs; /* enum needs */
} verbs[] = {
	[CNI_ADD] = { "ADD", "0.3.0", NEEDS_CONTAINER | NEEDS_NETNS | NEEDS_IFNAME },
	[CNI_DEL] = { "DEL", "0.3.0", NEEDS_CONTAINER | NEEDS_IFNAME },
	[CNI_CHECK] = { "CHECK", "0.4.0", NEEDS_CONTAINER | NEEDS_NETNS | NEEDS_IFNAME },
	[CNI_GC] = { "GC", "1.1.0", 0 },
	[CNI_STATUS] = { "STATUS", "1.1.0", 0 },
	[CNI_PRINT_VERSION] = { "VERSION", "0.3.0", 0 },
};

/* ---- versions ---- */

static const char *find_version(const char *text)
{
	for (size_t i = 0; i <= CNI_NEWEST; i++)
		if (str_eq(text, cni_versions[i]))
			return cni_versions[i];
	return NULL;
}

/* One digit in each place, so in the order of their texts. */
bool cni_since(const struct cni *cni, const char *version)
{
	return strcmp(cni->version, version) >= 0;
}

/* ---- the environment ---- */

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* As the specification has it: a letter or digit, then also "_", "." and "-". */
bool cni_is_word(const char *text)
{
	if (!isalnum((unsigned char)*text))
		return false;
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
			return false;
	return true;
}

int cni_arg(const char *key, char **ret, struct err *err)
{
	auto_strv char **args = strv_split(env("CNI_ARGS"), ";");
	size_t len = strlen(key);

	*ret = NULL;
	if (!args)
		return err_sys(err, "read CNI_ARGS");
	for (char **arg = args; *arg; arg++) {
		if (!strchr(*arg, '='))
			return err_set(err, CNI_ERR(CNI_BAD_ENV),
				       "CNI_ARGS: \"%.64s\" is not KEY=VALUE", *arg);
		if (strncmp(*arg, key, len) != 0 || (*arg)[len] != '=')
			continue;
		free(*ret);
		*ret = strdup(*arg + len + 1);
		if (!*ret)
			return err_sys(err, "read CNI_ARGS");
	}
	return 0;
}

static int need(const char *name, const char *value, bool good, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (!*value)
		return err_set(err, CNI_ERR(CNI_BAD_ENV), "%s is missing", name);
	return good ? 0 :
		      err_set(err, CNI_ERR(CNI_BAD_ENV), "%s %s is none", name,
			      str_show(shown, value));
}

/* "cni:NETWORK:CONTAINER:NIC". A longer one has a hash for its end, and "~" before it. */
char *cni_make_id(const char *network, const char *container, const char *ifname)
{
	auto_free char *id = str_dupf("cni:%s:%s:%s", network, container, ifname);
	uint64_t hash = 0xcbf29ce484222325ULL;

	if (!id || strlen(id) <= NET_ID_MAX)
		return steal_ptr(&id);
	for (const char *c = id; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3ULL;
	return str_dupf("%.*s~%016" PRIx64, LONG_ID_KEPT, id, hash);
}

int cni_read_env(struct cni *cni, struct err *err)
{
	const char *command = env("CNI_COMMAND");
	size_t i = 0;

	while (i < ARRAY_SIZE(verbs) && !str_eq(command, verbs[i].name))
		i++;
	if (i == ARRAY_SIZE(verbs))
		return need("CNI_COMMAND", command, false, err);
	cni->verb = (enum cni_verb)i;
	cni->container = env("CNI_CONTAINERID");
	cni->netns = env("CNI_NETNS");
	cni->ifname = env("CNI_IFNAME");
	if ((verbs[i].needs & NEEDS_CONTAINER) &&
	    need("CNI_CONTAINERID", cni->container, cni_is_word(cni->container), err) < 0)
		return -1;
	if ((verbs[i].needs & NEEDS_NETNS) && need("CNI_NETNS", cni->netns, true, err) < 0)
		return -1;
	if (!(verbs[i].needs & NEEDS_IFNAME))
		return 0;
	return need("CNI_IFNAME", cni->ifname, net_check_link_name(cni->ifname), err);
}

/* ---- stdin ---- */

int cni_text(const struct json *object, const char *key, const char **ret, struct err *err)
{
	const struct json *node = json_get(object, key);

	*ret = NULL;
	if (node && node->type != JSON_STRING)
		return json_err(err, "config", node, "must be a string, not %s",
				json_type_name(node->type));
	if (node)
		*ret = node->text;
	return 0;
}

static int read_version(struct cni *cni, struct err *err)
{
	const struct json *node = json_get(cni->conf, "cniVersion");
	const char *text = node && node->type == JSON_STRING ? node->text : "0.1.0";
	const char *known = find_version(text);
	char shown[STR_SHOW_SIZE];

	if (!known && cni->verb != CNI_PRINT_VERSION)
		return err_set(err, CNI_ERR(CNI_BAD_VERSION),
			       "cniVersion %s is not one of 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0",
			       str_show(shown, text));
	if (known)
		cni->version = known;
	return 0;
}

int cni_read_text(struct cni *cni, struct err *err)
{
	if (json_parse(cni->text, cni->len, "config on stdin", &cni->doc, err) < 0) {
		err->code = CNI_ERR(CNI_BAD_JSON);
		return -1;
	}
	cni->conf = json_root(cni->doc);
	if (cni->conf->type != JSON_OBJECT)
		return err_set(err, CNI_ERR(CNI_BAD_JSON), "config on stdin: it is no object");
	return read_version(cni, err);
}

int cni_read_name(struct cni *cni, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (!cni_since(cni, verbs[cni->verb].since))
		return err_set(err, CNI_ERR(CNI_BAD_VERSION), "%s needs cniVersion %s or later",
			       verbs[cni->verb].name, verbs[cni->verb].since);
	if (cni->verb == CNI_PRINT_VERSION)
		return 0;
	if (cni_text(cni->conf, "name", &cni->name, err) < 0)
		return -1;
	if (!cni->name || !cni_is_word(cni->name) || strlen(cni->name) > NET_ID_MAX)
		return err_set(err, CNI_ERR(CNI_BAD_CONFIG), "config: %s can't be a network's name",
			       str_show(shown, cni->name ? cni->name : ""));
	if (!(verbs[cni->verb].needs & NEEDS_CONTAINER))
		return 0;
	cni->id = cni_make_id(cni->name, cni->container, cni->ifname);
	return cni->id ? 0 : err_sys(err, "read the config");
}
