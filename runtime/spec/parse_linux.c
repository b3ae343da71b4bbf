/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section "linux" (runtime-spec config-linux.md) but for resources, seccomp and sysctl. */
#include "config.h"

#include <ctype.h>
#include <limits.h>
#include <linux/mempolicy.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/spec/parse.h"

static const struct parse_range file_mode_range = { 0, 0177777 };
static const struct parse_range major_range = { 0, (1U << 12) - 1 };
static const struct parse_range minor_range = { 0, (1U << 20) - 1 };
static const struct parse_range nanosecs_range = { 0, 999999999 };
static const uint16_t node_limit = SPEC_MAX_NODES;

/* ---- namespaces ---- */

struct namespace_entry {
	uint32_t kind;
	const char *path;
};
static const struct parse_row namespace_rows[] = {
	PARSE_ROW("type", parse_name, struct namespace_entry, kind, .arg = &names_namespaces,
		  .required = true),
	PARSE_ROW("path", parse_host_path, struct namespace_entry, path),
};
static const struct parse_table namespace_table =
	PARSE_TABLE(namespace_rows, struct namespace_entry);

static int parse_namespaces(const struct parse *p, const struct json *node,
			    const struct parse_row *row, void *at)
{
	struct spec_namespace *ns = at;
	struct {
		struct namespace_entry *list;
		size_t n;
	} entries = { NULL, 0 };
	struct parse_row list = PARSE_LIST("", parse_objects, __typeof__(entries), list, n,
					   .arg = &namespace_table);

	(void)row;
	if (parse_objects(p, node, &list, &entries) < 0)
		return -1;
	json_for_each(child, node) {
		const struct namespace_entry *entry = entries.list++;

		if (ns[entry->kind].given)
			return parse_err(p, child, "\"%s\" is listed twice",
					 spec_ns_names[entry->kind].spec);
		ns[entry->kind] = (struct spec_namespace){ true, entry->path };
	}
	return 0;
}

/* ---- time offsets ---- */

static const struct parse_row offset_rows[] = {
	PARSE_ROW("secs", parse_int, struct spec_time_offset, secs),
	PARSE_ROW("nanosecs", parse_uint, struct spec_time_offset, nanosecs,
		  .arg = &nanosecs_range),
};
static const struct parse_table offset_table =
	PARSE_TABLE(offset_rows, struct spec_time_offset, .given = true);

static int check_offsets(const struct parse *p, const struct json *node, void *at)
{
	(void)at;
	json_for_each(clock, node) {
		if (!str_eq(clock->key, "monotonic") && !str_eq(clock->key, "boottime"))
			return parse_err(p, clock, "unknown clock (monotonic, boottime)");
	}
	return 0;
}

static const struct parse_row offsets_rows[] = {
	PARSE_ROW("monotonic", parse_object, struct spec_linux, monotonic, .arg = &offset_table),
	PARSE_ROW("boottime", parse_object, struct spec_linux, boottime, .arg = &offset_table),
};
static const struct parse_table offsets_table =
	PARSE_TABLE(offsets_rows, struct spec_linux, .check = check_offsets);

/* ---- devices ---- */

static int parse_device_type(const struct parse *p, const struct json *node,
			     const struct parse_row *row, void *at)
{
	(void)row;
	if (parse_expect(p, node, JSON_STRING) < 0)
		return -1;
	if (node->count != 1 || !strchr("bcup", *node->text))
		return parse_err(p, node, "%s is none of b, c, u, p", parse_show(node->text));
	*(char *)at = *node->text;
	return 0;
}

static int check_device(const struct parse *p, const struct json *node, void *at)
{
	struct spec_device *device = at;

	if (device->type != 'p' && (device->major < 0 || device->minor < 0))
		return parse_err(p, node, "\"%s\" is missing",
				 device->major < 0 ? "major" : "minor");
	if (device->type == 'p')
		device->major = device->minor = 0;
	if (str_eq(device->path, "/"))
		return parse_err(p, json_get(node, "path"), "names no file");
	/* Some engines put the file's type in as well. */
	device->file_mode.value &= 07777;
	return 0;
}

static const struct spec_device no_device = { .major = -1, .minor = -1 };

static const struct parse_row device_rows[] = {
	PARSE_ROW("path", parse_path, struct spec_device, path, .required = true),
	PARSE_ROW("type", parse_device_type, struct spec_device, type, .required = true),
	PARSE_ROW("major", parse_int, struct spec_device, major, .arg = &major_range),
	PARSE_ROW("minor", parse_int, struct spec_device, minor, .arg = &minor_range),
	PARSE_ROW("fileMode", parse_opt_uint, struct spec_device, file_mode,
		  .arg = &file_mode_range),
	PARSE_ROW("uid", parse_opt_uint, struct spec_device, uid, .arg = &parse_id),
	PARSE_ROW("gid", parse_opt_uint, struct spec_device, gid, .arg = &parse_id),
};
static const struct parse_table device_table =
	PARSE_TABLE(device_rows, struct spec_device, .initial = &no_device, .check = check_device);

struct device_key {
	const struct spec_device *device;
	const struct json *node;
};

static int compare_devices(const void *va, const void *vb)
{
	const struct device_key *a = va, *b = vb;

	return strcmp(a->device->path, b->device->path);
}

static bool same_node(const struct spec_device *a, const struct spec_device *b)
{
	return (a->type == 'u' ? 'c' : a->type) == (b->type == 'u' ? 'c' : b->type) &&
	       a->major == b->major && a->minor == b->minor;
}

/* "If a file already exists at path that does not match the requested device, the runtime MUST
 * generate an error": two entries for one path must mean one device. */
static int check_devices(const struct parse *p, const struct json *node,
			 const struct spec_device *devices, size_t n)
{
	struct device_key *keys;
	size_t i = 0;

	if (n < 2)
		return 0;
	if (parse_room(p, n, sizeof(*keys), &keys, NULL) < 0)
		return -1;
	json_for_each(child, node) {
		keys[i] = (struct device_key){ &devices[i], child };
		i++;
	}
	qsort(keys, n, sizeof(*keys), compare_devices);
	for (i = 1; i < n; i++)
		if (compare_devices(&keys[i - 1], &keys[i]) == 0 &&
		    !same_node(keys[i - 1].device, keys[i].device))
			return parse_err(p, keys[i].node, "another device is listed at %s",
					 parse_show(keys[i].device->path));
	return 0;
}

static int parse_devices(const struct parse *p, const struct json *node,
			 const struct parse_row *row, void *at)
{
	const struct spec_linux *lin = (void *)((char *)at - row->at);

	if (parse_objects(p, node, row, at) < 0)
		return -1;
	return check_devices(p, node, lin->devices, lin->devices_n);
}

/* ---- network devices ---- */

/* The kernel's dev_valid_name(). */
static bool is_link_name(const char *name)
{
	if (!*name || strlen(name) >= IFNAMSIZ || str_eq(name, ".") || str_eq(name, ".."))
		return false;
	for (; *name; name++)
		if (*name == '/' || *name == ':' || isspace((unsigned char)*name))
			return false;
	return true;
}

static int check_net_device(const struct parse *p, const struct json *node, void *at)
{
	struct spec_net_device *device = at;

	device->host_name = node->key;
	if (!is_link_name(device->host_name))
		return parse_err(p, node, "is not a network device name");
	if (!device->name)
		device->name = device->host_name;
	else if (!is_link_name(device->name))
		return parse_err(p, json_get(node, "name"), "%s is not a network device name",
				 parse_show(device->name));
	return 0;
}

static const struct parse_row net_device_rows[] = {
	PARSE_ROW("name", parse_str, struct spec_net_device, name),
};
static const struct parse_table net_device_table =
	PARSE_TABLE(net_device_rows, struct spec_net_device, .check = check_net_device);

static int compare_net_devices(const void *va, const void *vb)
{
	const struct spec_net_device *const *a = va, *const *b = vb;

	return strcmp((*a)->name, (*b)->name);
}

static int parse_net_devices(const struct parse *p, const struct json *node,
			     const struct parse_row *row, void *at)
{
	const struct spec_linux *lin = (void *)((char *)at - row->at);
	const struct spec_net_device **sorted;
	size_t n;

	if (parse_map(p, node, row, at) < 0 ||
	    parse_room(p, lin->net_devices_n, sizeof(*sorted), &sorted, &n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &lin->net_devices[i];
	if (n > 1)
		qsort(sorted, n, sizeof(*sorted), compare_net_devices);
	for (size_t i = 1; i < n; i++)
		if (compare_net_devices(&sorted[i - 1], &sorted[i]) == 0 &&
		    !strstr(sorted[i]->name, "%d"))
			return parse_err(p, node, "two network devices become %s",
					 parse_show(sorted[i]->name));
	return 0;
}

/* ---- intelRdt ---- */

static int parse_rdt_line(const struct parse *p, const struct json *node,
			  const struct parse_row *row, void *at)
{
	if (parse_str(p, node, row, at) < 0)
		return -1;
	if (strchr(node->text, '\n'))
		return parse_err(p, node, "must be one line");
	if (row->arg && *node->text && !str_starts(node->text, row->arg))
		return parse_err(p, node, "must begin with \"%s\"", (const char *)row->arg);
	return 0;
}

static int parse_rdt_lines(const struct parse *p, const struct json *node,
			   const struct parse_row *row, void *at)
{
	if (parse_strv(p, node, row, at) < 0)
		return -1;
	json_for_each(child, node) {
		if (strchr(child->text, '\n'))
			return parse_err(p, child, "must be one line");
	}
	return 0;
}

static int parse_clos_id(const struct parse *p, const struct json *node,
			 const struct parse_row *row, void *at)
{
	if (parse_str(p, node, row, at) < 0)
		return -1;
	/* "/" alone means the root of resctrl; anything else is one folder in it. */
	if (str_eq(node->text, ".") || str_eq(node->text, "..") ||
	    (strchr(node->text, '/') && !str_eq(node->text, "/")) || node->count > NAME_MAX)
		return parse_err(p, node, "%s is not a folder name", parse_show(node->text));
	return 0;
}

static const struct parse_row rdt_rows[] = {
	PARSE_ROW("closID", parse_clos_id, struct spec_intel_rdt, clos_id),
	PARSE_ROW("l3CacheSchema", parse_rdt_line, struct spec_intel_rdt, l3_cache_schema),
	PARSE_ROW("memBwSchema", parse_rdt_line, struct spec_intel_rdt, mem_bw_schema,
		  .arg = "MB:"),
	PARSE_ROW("schemata", parse_rdt_lines, struct spec_intel_rdt, schemata),
	PARSE_ROW("enableMonitoring", parse_bool, struct spec_intel_rdt, enable_monitoring),
};
static const struct parse_table rdt_table =
	PARSE_TABLE(rdt_rows, struct spec_intel_rdt, .given = true);

/* ---- memory policy ---- */

/* set_mempolicy(2) */
static int check_memory_policy(const struct parse *p, const struct json *node, void *at)
{
	const struct spec_memory_policy *policy = at;
	bool none = policy->mode == MPOL_DEFAULT || policy->mode == MPOL_LOCAL;

	if (none && policy->nodes)
		return parse_err(p, json_get(node, "nodes"), "%s takes no nodes",
				 json_get(node, "mode")->text);
	if (!none && policy->mode != MPOL_PREFERRED && !policy->nodes)
		return parse_err(p, node, "%s needs nodes", json_get(node, "mode")->text);
	if ((policy->flags & MPOL_F_STATIC_NODES) && (policy->flags & MPOL_F_RELATIVE_NODES))
		return parse_err(
			p, json_get(node, "flags"),
			"MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
	return 0;
}

static const struct parse_row memory_policy_rows[] = {
	PARSE_ROW("mode", parse_name, struct spec_memory_policy, mode, .arg = &names_memory_modes,
		  .required = true),
	PARSE_ROW("nodes", parse_number_list, struct spec_memory_policy, nodes, .arg = &node_limit),
	PARSE_ROW("flags", parse_flags, struct spec_memory_policy, flags,
		  .arg = &names_memory_flags),
};
static const struct parse_table memory_policy_table = PARSE_TABLE(
	memory_policy_rows, struct spec_memory_policy, .given = true, .check = check_memory_policy);

/* ---- personality ---- */

static int parse_personality_flags(const struct parse *p, const struct json *node,
				   const struct parse_row *row, void *at)
{
	(void)row;
	(void)at;
	if (parse_expect(p, node, JSON_ARRAY) < 0)
		return -1;
	/* "Currently no flag values are supported." */
	return node->first ? parse_err(p, node->first, "no flag is supported") : 0;
}

static const struct parse_row personality_rows[] = {
	PARSE_ROW("domain", parse_name, struct spec_personality, domain,
		  .arg = &names_personalities, .required = true),
	{ .name = "flags", .fn = parse_personality_flags },
};
static const struct parse_table personality_table =
	PARSE_TABLE(personality_rows, struct spec_personality, .given = true);

/* ---- the section as a whole ---- */

static int parse_cgroups_path(const struct parse *p, const struct json *node,
			      const struct parse_row *row, void *at)
{
	if (parse_str(p, node, row, at) < 0)
		return -1;
	for (const char *part = node->text; *part; part += strspn(part, "/")) {
		size_t len = strcspn(part, "/");

		if (len == 2 && strncmp(part, "..", 2) == 0)
			return parse_err(p, node, "%s must not contain \"..\"",
					 parse_show(node->text));
		part += len;
	}
	return 0;
}

/* Go programs write "" where they mean nothing. */
static int parse_opt_name(const struct parse *p, const struct json *node,
			  const struct parse_row *row, void *at)
{
	if (node->type == JSON_STRING && !*node->text)
		return 0;
	return parse_name(p, node, row, at);
}

static int check_user_namespace(const struct parse *p, const struct json *node,
				const struct spec_linux *lin)
{
	bool mapped = lin->uid_mappings.n || lin->gid_mappings.n;

	if (!lin->ns[NS_USER].given && mapped)
		return parse_err(
			p, json_get(node, lin->uid_mappings.n ? "uidMappings" : "gidMappings"),
			"needs the \"user\" namespace");
	/* Joined by path, the namespace has its maps; engines repeat them in the spec. */
	if (!lin->ns[NS_USER].given || lin->ns[NS_USER].path)
		return 0;
	if (!lin->uid_mappings.n || !lin->gid_mappings.n)
		return parse_err(p, node, "a new user namespace needs \"%s\"",
				 lin->uid_mappings.n ? "gidMappings" : "uidMappings");
	return 0;
}

/* What needs a namespace of its own. */
static int check_linux(const struct parse *p, const struct json *node, void *at)
{
	const struct spec_linux *lin = at;

	if (lin->monotonic.given || lin->boottime.given) {
		if (!lin->ns[NS_TIME].given)
			return parse_err(p, json_get(node, "timeOffsets"),
					 "needs the \"time\" namespace");
		if (lin->ns[NS_TIME].path)
			return parse_err(p, json_get(node, "timeOffsets"),
					 "a joined time namespace has its own");
	}
	if (lin->net_devices_n && !lin->ns[NS_NET].given)
		return parse_err(p, json_get(node, "netDevices"),
				 "needs the \"network\" namespace");
	if (!lin->ns[NS_MOUNT].given) {
		if (lin->masked_paths)
			return parse_err(p, json_get(node, "maskedPaths"),
					 "needs the \"mount\" namespace");
		if (lin->readonly_paths)
			return parse_err(p, json_get(node, "readonlyPaths"),
					 "needs the \"mount\" namespace");
	}
	return check_user_namespace(p, node, lin);
}

static const struct parse_row linux_rows[] = {
	PARSE_ROW("namespaces", parse_namespaces, struct spec_linux, ns),
	PARSE_ROW("uidMappings", parse_id_maps, struct spec_linux, uid_mappings),
	PARSE_ROW("gidMappings", parse_id_maps, struct spec_linux, gid_mappings),
	/* Two places: .at is 0. */
	{ .name = "timeOffsets", .fn = parse_object, .arg = &offsets_table },
	PARSE_LIST("devices", parse_devices, struct spec_linux, devices, devices_n,
		   .arg = &device_table),
	PARSE_LIST("netDevices", parse_net_devices, struct spec_linux, net_devices, net_devices_n,
		   .arg = &net_device_table),
	PARSE_ROW("cgroupsPath", parse_cgroups_path, struct spec_linux, cgroups_path),
	PARSE_ROW("resources", parse_object, struct spec_linux, resources,
		  .arg = &parse_resources_table),
	PARSE_ROW("intelRdt", parse_object, struct spec_linux, intel_rdt, .arg = &rdt_table),
	PARSE_ROW("memoryPolicy", parse_object, struct spec_linux, memory_policy,
		  .arg = &memory_policy_table),
	PARSE_LIST("sysctl", parse_sysctl, struct spec_linux, sysctl, sysctl_n),
	PARSE_ROW("seccomp", parse_object, struct spec_linux, seccomp, .arg = &parse_seccomp_table),
	PARSE_ROW("rootfsPropagation", parse_opt_name, struct spec_linux, rootfs_propagation,
		  .arg = &names_root_propagations),
	PARSE_ROW("maskedPaths", parse_paths, struct spec_linux, masked_paths),
	PARSE_ROW("readonlyPaths", parse_paths, struct spec_linux, readonly_paths),
	PARSE_ROW("mountLabel", parse_str, struct spec_linux, mount_label),
	PARSE_ROW("personality", parse_object, struct spec_linux, personality,
		  .arg = &personality_table),
};
const struct parse_table parse_linux_table =
	PARSE_TABLE(linux_rows, struct spec_linux, .check = check_linux);
