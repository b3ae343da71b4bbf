/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/vznet/cni.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netsetup/net_check.h"
#include "netsetup/vznet/cmd.h"
#include "netsetup/vznet/cni_gc.h"
#include "netsetup/vznet/cni_ipam.h"
#include "netsetup/vznet/netns.h"
#include "runtime/base/fd.h"
#include "runtime/base/helper.h"
#include "runtime/base/log.h"

#define CONF_MAX_BYTES (1U << 20)
#define LONG_ID_KEPT 150

/* Ascending. */
static const char *const versions[] = { "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0" };
#define NEWEST (ARRAY_SIZE(versions) - 1)

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
	for (size_t i = 0; i <= NEWEST; i++)
		if (str_eq(text, versions[i]))
			return versions[i];
	return NULL;
}

/* One digit in each place, so in the order of their texts. */
bool cni_since(const struct cni *cni, const char *version)
{
	return strcmp(cni->version, version) >= 0;
}

static int print_versions(const struct cni *cni, struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };
	struct json_writer w = { .sb = &out };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "cniVersion", cni->version);
	json_begin(&w, "supportedVersions", '[');
	for (size_t i = 0; i <= NEWEST; i++)
		json_put_str(&w, NULL, versions[i]);
	json_end(&w, ']');
	json_end(&w, '}');
	strbuf_add_char(&out, '\n');
	return cmd_print(&out, err);
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

/* "cni:CONTAINER:NIC". A longer one has a hash for its end, and no second colon. */
char *cni_make_id(const char *container, const char *ifname)
{
	auto_free char *id = str_dupf("cni:%s:%s", container, ifname);
	uint64_t hash = 0xcbf29ce484222325ULL;

	if (!id || strlen(id) <= NET_ID_MAX)
		return steal_ptr(&id);
	for (const char *c = id; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3ULL;
	return str_dupf("%.*s~%016" PRIx64, LONG_ID_KEPT, id, hash);
}

static int read_env(struct cni *cni, struct err *err)
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
	if (need("CNI_IFNAME", cni->ifname, net_check_link_name(cni->ifname), err) < 0)
		return -1;
	cni->id = cni_make_id(cni->container, cni->ifname);
	return cni->id ? 0 : err_sys(err, "read the environment");
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

static int read_conf(struct cni *cni, struct err *err)
{
	if (fd_read_file(STDIN_FILENO, "config on stdin", CONF_MAX_BYTES, &cni->text, &cni->len,
			 err) < 0) {
		err->code = CNI_ERR(err->code == EFBIG ? CNI_BAD_JSON : CNI_BAD_IO);
		return -1;
	}
	if (json_parse(cni->text, cni->len, "config on stdin", &cni->doc, err) < 0) {
		err->code = CNI_ERR(CNI_BAD_JSON);
		return -1;
	}
	cni->conf = json_root(cni->doc);
	if (cni->conf->type != JSON_OBJECT)
		return err_set(err, CNI_ERR(CNI_BAD_JSON), "config on stdin: it is no object");
	return read_version(cni, err);
}

static int check_conf(struct cni *cni, struct err *err)
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
	return 0;
}

/* ---- verbs ---- */

static int make(const struct cni *cni, int netns, struct err *err)
{
	auto_net struct net_config *config = NULL;

	if (cni_conf_read(cni, &config, err) < 0 || net_up(config, netns, err) < 0)
		return -1;
	if (cni_result_print(cni, config, err) == 0)
		return 0;
	net_remove(cni->id, netns, NULL);
	return -1;
}

static int add(struct cni *cni, struct err *err)
{
	auto_fd int netns = netns_open(cni->netns, err);
	auto_json struct json_doc *answer = NULL;
	bool noted = false;
	struct err why;

	if (netns < 0) {
		err->code = CNI_ERR(CNI_BAD_ENV);
		return -1;
	}
	if (cni_gc_note(cni, &noted, err) < 0)
		return -1;
	if (cni_ipam_run(cni, "ADD", &cni->ipam, err) == 0) {
		if (make(cni, netns, err) == 0)
			return 0;
		/* An interface that was made before has the addresses. */
		if ((noted || err->code != EEXIST) && cni_ipam_run(cni, "DEL", &answer, &why) < 0)
			log_warning("give the addresses back: %s, ignoring", why.msg);
	}
	if (noted)
		cni_gc_forget(cni->name, cni->id);
	return -1;
}

/* The namespace may be gone, and all may be removed already. The addresses are given back when nothing
 * has them any more. */
static int del(const struct cni *cni, struct err *err)
{
	struct err why;
	auto_fd int netns = *cni->netns ? netns_open(cni->netns, &why) : -1;
	auto_json struct json_doc *answer = NULL;

	if (net_remove(cni->id, netns, err) < 0)
		return -1;
	cni_gc_forget(cni->name, cni->id);
	return cni_ipam_run(cni, "DEL", &answer, err);
}

static int check(const struct cni *cni, struct err *err)
{
	auto_json struct json_doc *answer = NULL;

	if (cni_ipam_run(cni, "CHECK", &answer, err) < 0)
		return -1;
	return cni_check(cni, err);
}

/* Ours first: who has no interface any more has no use for its addresses. */
static int collect(const struct cni *cni, struct err *err)
{
	auto_json struct json_doc *answer = NULL;
	struct err why;
	int rc = cni_gc(cni, err);

	if (cni_ipam_run(cni, "GC", &answer, &why) == 0)
		return rc;
	if (rc == 0)
		*err = why;
	return -1;
}

/* Whether ADD can do its work. */
static int tell_status(const struct cni *cni, struct err *err)
{
	auto_json struct json_doc *answer = NULL;
	auto_free char *helper = NULL;
	const char *bridge;

	if (cni_conf_check(cni, &bridge, err) < 0)
		return -1;
	if (bridge && !if_nametoindex(bridge))
		return err_set(err, CNI_ERR(CNI_NOT_READY), "the host has no bridge \"%.64s\"",
			       bridge);
	helper = helper_path("vznft", err);
	if (!helper) {
		err->code = CNI_ERR(CNI_NOT_READY);
		return -1;
	}
	return cni_ipam_run(cni, "STATUS", &answer, err);
}

static int obey(struct cni *cni, struct err *err)
{
	switch (cni->verb) {
	case CNI_ADD:
		return add(cni, err);
	case CNI_DEL:
		return del(cni, err);
	case CNI_CHECK:
		return check(cni, err);
	case CNI_GC:
		return collect(cni, err);
	case CNI_STATUS:
		return tell_status(cni, err);
	case CNI_PRINT_VERSION:
		break;
	}
	return print_versions(cni, err);
}

/* ---- errors ---- */

static int code_of(const struct err *err)
{
	static const struct {
		int code;
		enum cni_code cni;
	} codes[] = {
		{ ERR_INPUT, CNI_BAD_CONFIG },    { ERR_NOT_FOUND, CNI_NO_CONTAINER },
		{ ERR_BUSY, CNI_TRY_AGAIN },      { EAGAIN, CNI_TRY_AGAIN },
		{ EADDRINUSE, CNI_ADDRESS_USED }, { EEXIST, CNI_EXISTS },
		{ ERR_EXISTS, CNI_EXISTS },       { ERR_UNSUPPORTED, CNI_UNSUPPORTED },
	};

	if (err->code > CNI_ERR(0))
		return err->code - CNI_ERR(0);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == err->code)
			return codes[i].cni;
	return CNI_FAILED;
}

static void print_error(const struct cni *cni, const struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };
	struct json_writer w = { .sb = &out };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "cniVersion", cni->version);
	json_put_int(&w, "code", code_of(err));
	json_put_str(&w, "msg", err->msg);
	json_end(&w, '}');
	strbuf_add_char(&out, '\n');
	cmd_print(&out, NULL);
}

/* The config is read before the environment is judged, for an error has the config's version; an
 * error of the environment's goes first, as then there may be no config. */
static int begin(struct cni *cni, struct err *err)
{
	struct err env_err = { 0 };
	int env_rc = read_env(cni, &env_err), conf_rc = read_conf(cni, err);

	if (env_rc < 0) {
		*err = env_err;
		return -1;
	}
	/* Who asks for versions need not know one. */
	if (conf_rc < 0)
		return cni->verb == CNI_PRINT_VERSION && cni->len == 0 ? 0 : -1;
	return check_conf(cni, err);
}

int cni_run(struct err *err)
{
	struct cni cni = { .version = versions[NEWEST] };
	int rc = begin(&cni, err);

	if (rc == 0)
		rc = obey(&cni, err);
	if (rc < 0)
		print_error(&cni, err);
	json_freep(&cni.ipam);
	json_freep(&cni.doc);
	free(cni.text);
	free(cni.id);
	return rc;
}
