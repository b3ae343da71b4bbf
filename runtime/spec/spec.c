/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document as a whole, and its small sections: root, hooks, annotations. */
#include "config.h"

#include "runtime/spec/spec.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>

#include "runtime/spec/parse.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* __NEW_UTS_LEN */
#define UTS_NAME_MAX 64

const char *const spec_hook_names[HOOK_KINDS] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

const struct spec_ns_name spec_ns_names[NS_KINDS] = {
	[NS_USER] = { "user", "user", CLONE_NEWUSER },
	[NS_CGROUP] = { "cgroup", "cgroup", CLONE_NEWCGROUP },
	[NS_IPC] = { "ipc", "ipc", CLONE_NEWIPC },
	[NS_UTS] = { "uts", "uts", CLONE_NEWUTS },
	[NS_NET] = { "network", "net", CLONE_NEWNET },
	[NS_PID] = { "pid", "pid", CLONE_NEWPID },
	[NS_MOUNT] = { "mount", "mnt", CLONE_NEWNS },
	[NS_TIME] = { "time", "time", CLONE_NEWTIME },
};

/* ---- ociVersion ---- */

/* A number without leading zeros; *at moves behind it. */
static bool take_version_number(const char **at)
{
	size_t digits = strspn(*at, "0123456789");

	if (!digits || (**at == '0' && digits > 1))
		return false;
	*at += digits;
	return true;
}

/* "-rc.1", "+dev": dot-separated words of letters, digits and hyphens. */
static bool take_version_words(const char **at)
{
	do {
		const char *start = ++*at;

		while (isalnum((unsigned char)**at) || **at == '-')
			++*at;
		if (*at == start)
			return false;
	} while (**at == '.');
	return true;
}

/* semver.org, 2.0.0 */
static bool is_version(const char *text)
{
	for (int i = 0; i < 3; i++) {
		if (i && *text++ != '.')
			return false;
		if (!take_version_number(&text))
			return false;
	}
	if (*text == '-' && !take_version_words(&text))
		return false;
	if (*text == '+' && !take_version_words(&text))
		return false;
	return !*text;
}

static int parse_version(const struct parse *p, const struct json *node,
			 const struct parse_row *row, void *at)
{
	if (parse_str(p, node, row, at) < 0)
		return -1;
	if (!is_version(node->text))
		return parse_err(p, node, "%s is not a version like " SPEC_VERSION,
				 parse_show(node->text));
	/* Minor versions add, and what they add is ignored where it is unknown. */
	if (!str_starts(node->text, "1."))
		return parse_err(p, node, "%s is not supported (1.x is)", parse_show(node->text));
	return 0;
}

/* ---- root, hostname, hooks ---- */

static const struct parse_row root_rows[] = {
	PARSE_ROW("path", parse_str, struct spec, root_path, .required = true),
	PARSE_ROW("readonly", parse_bool, struct spec, root_readonly),
};
static const struct parse_table root_table = PARSE_TABLE(root_rows, struct spec);

static int parse_uts_name(const struct parse *p, const struct json *node,
			  const struct parse_row *row, void *at)
{
	if (parse_str(p, node, row, at) < 0)
		return -1;
	if (node->count > UTS_NAME_MAX)
		return parse_err(p, node, "has %u bytes, the kernel takes %d", node->count,
				 UTS_NAME_MAX);
	if (*node->text && !p->spec->lin.ns[NS_UTS].given)
		return parse_err(p, node, "needs the \"uts\" namespace");
	return 0;
}

static const struct parse_range timeout_range = { 1, INT_MAX };

static const struct parse_row hook_rows[] = {
	PARSE_ROW("path", parse_host_path, struct spec_hook, path, .required = true),
	PARSE_ROW("args", parse_strv, struct spec_hook, args),
	PARSE_ROW("env", parse_env, struct spec_hook, env),
	PARSE_ROW("timeout", parse_int, struct spec_hook, timeout_sec, .arg = &timeout_range),
};
static const struct parse_table hook_table = PARSE_TABLE(hook_rows, struct spec_hook);

#define HOOK_ROW(name_, kind_)                                                           \
	PARSE_LIST(name_, parse_objects, struct spec, hooks[kind_].list, hooks[kind_].n, \
		   .arg = &hook_table)

static const struct parse_row hooks_rows[] = {
	HOOK_ROW("prestart", HOOK_PRESTART),
	HOOK_ROW("createRuntime", HOOK_CREATE_RUNTIME),
	HOOK_ROW("createContainer", HOOK_CREATE_CONTAINER),
	HOOK_ROW("startContainer", HOOK_START_CONTAINER),
	HOOK_ROW("poststart", HOOK_POSTSTART),
	HOOK_ROW("poststop", HOOK_POSTSTOP),
};
static const struct parse_table hooks_table = PARSE_TABLE(hooks_rows, struct spec);

/* ---- the document ---- */

static bool is_mapped(const struct spec_id_maps *maps, uint32_t id)
{
	for (size_t i = 0; i < maps->n; i++)
		if (id >= maps->map[i].container_id &&
		    id - maps->map[i].container_id < maps->map[i].size)
			return true;
	return false;
}

static int check_spec(const struct parse *p, const struct json *node, void *at)
{
	const struct spec *spec = at;
	const struct spec_user *user = &spec->process.user;

	if (!spec->process.given || !spec_ns_new(spec, NS_USER))
		return 0;
	if (!is_mapped(&spec->lin.uid_mappings, user->uid))
		return parse_err(p, json_get(node, "process"),
				 "user %u is not in linux.uidMappings", user->uid);
	if (!is_mapped(&spec->lin.gid_mappings, user->gid))
		return parse_err(p, json_get(node, "process"),
				 "group %u is not in linux.gidMappings", user->gid);
	return 0;
}

/* "linux" comes first: other sections' checks look at its namespaces and maps. */
static const struct parse_row config_rows[] = {
	PARSE_ROW("ociVersion", parse_version, struct spec, oci_version, .required = true),
	/* Places in the struct itself: .at is 0. */
	{ .name = "root", .fn = parse_object, .arg = &root_table, .required = true },
	PARSE_ROW("linux", parse_object, struct spec, lin, .arg = &parse_linux_table),
	PARSE_ROW("hostname", parse_uts_name, struct spec, hostname),
	PARSE_ROW("domainname", parse_uts_name, struct spec, domainname),
	PARSE_ROW("process", parse_object, struct spec, process, .arg = &parse_process_table),
	PARSE_LIST("mounts", parse_mounts, struct spec, mounts, mounts_n,
		   .arg = &parse_mount_table),
	{ .name = "hooks", .fn = parse_object, .arg = &hooks_table },
	PARSE_LIST("annotations", parse_pairs, struct spec, annotations, annotations_n),
};
const struct parse_table parse_config_table =
	PARSE_TABLE(config_rows, struct spec, .check = check_spec);

static const struct parse_row config_row = { .fn = parse_object, .arg = &parse_config_table };
static const struct parse_row process_row = {
	.fn = parse_object,
	.arg = &parse_process_table,
	.at = offsetof(struct spec, process),
};
static const struct parse_row resources_row = {
	.fn = parse_object,
	.arg = &parse_resources_table,
	.at = offsetof(struct spec, lin.resources),
};

/* A document that is, as a whole, what `row` reads. */
static int parse_document(const char *text, size_t len, const char *what,
			  const struct parse_row *row, struct spec **ret, struct err *err)
{
	auto_json struct json_doc *doc = NULL;
	const struct json *root;
	struct spec *spec;

	if (len > SPEC_MAX_BYTES)
		return err_set(err, ERR_INPUT, "%s: larger than %u MiB", what,
			       SPEC_MAX_BYTES >> 20);
	if (json_parse(text, len, what, &doc, err) < 0)
		return -1;
	spec = json_alloc(doc, sizeof(*spec));
	if (!spec)
		return err_set(err, ENOMEM, "%s: out of memory", what);
	root = json_root(doc);
	/* A whole config.json is taken for `update --resources` as well. */
	if (row == &resources_row && json_get(root, "linux"))
		root = json_get(json_get(root, "linux"), "resources");
	if (!root)
		return err_set(err, ERR_INPUT, "%s: linux: \"resources\" is missing", what);
	if (row->fn(&(struct parse){ doc, spec, what, err }, root, row, (char *)spec + row->at) < 0)
		return -1;
	spec->doc = steal_ptr(&doc);
	*ret = spec;
	return 0;
}

int spec_parse(const char *text, size_t len, const char *what, struct spec **ret, struct err *err)
{
	return parse_document(text, len, what, &config_row, ret, err);
}

int spec_parse_process(const char *text, size_t len, const char *what, struct spec **ret,
		       struct err *err)
{
	return parse_document(text, len, what, &process_row, ret, err);
}

int spec_parse_resources(const char *text, size_t len, const char *what, struct spec **ret,
			 struct err *err)
{
	return parse_document(text, len, what, &resources_row, ret, err);
}

void spec_free(struct spec *spec)
{
	if (spec)
		json_free(spec->doc); /* the spec itself lives in it */
}

const char *spec_annotation(const struct spec *spec, const char *key)
{
	for (size_t i = 0; i < spec->annotations_n; i++)
		if (str_eq(spec->annotations[i].key, key))
			return spec->annotations[i].value;
	return NULL;
}

/* ---- lists of numbers ---- */

static int bad_list(const char *text, struct err *err)
{
	return err_set(err, ERR_INPUT, "%s is not a list of numbers like 0-3,7", parse_show(text));
}

/* *at moves behind the number. */
static int take_number(const char **at, size_t *ret)
{
	size_t value = 0;

	if (!isdigit((unsigned char)**at))
		return -1;
	for (; isdigit((unsigned char)**at); ++*at)
		if (value < SIZE_MAX / 16)
			value = value * 10 + (size_t)(**at - '0');
	*ret = value;
	return 0;
}

int spec_parse_list(const char *text, unsigned char *mask, size_t bits, struct err *err)
{
	const char *at = text;

	if (mask)
		memset(mask, 0, bits / 8);
	do {
		size_t first, last;

		if (take_number(&at, &first) < 0)
			return bad_list(text, err);
		last = first;
		if (*at == '-' && (at++, take_number(&at, &last) < 0))
			return bad_list(text, err);
		if (last < first)
			return bad_list(text, err);
		if (last >= bits)
			return err_set(err, ERR_INPUT, "%s: %zu is too large (0 to %zu)",
				       parse_show(text), last, bits - 1);
		for (size_t i = first; mask && i <= last; i++)
			mask[i / 8] |= (unsigned char)(1U << (i % 8));
	} while (*at == ',' && *++at);
	return *at || at[-1] == ',' ? bad_list(text, err) : 0;
}
