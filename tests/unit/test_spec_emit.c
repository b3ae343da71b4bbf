/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `spec` and `features` write. */
#include "config.h"

#include <linux/mount.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "tests/unit/spec_text.h"

static struct spec *parse_default(bool rootless)
{
	auto_strbuf struct strbuf sb = { 0 };
	struct spec *spec = NULL;
	struct err err;

	spec_default(rootless, &sb);
	assert_false(sb.failed);
	assert_true(str_ends(sb.text, "\n}\n"));
	assert_ok(spec_parse(sb.text, sb.len, "config.json", &spec, &err), &err);
	return spec;
}

static bool has_option(const struct spec_mount *mount, const char *option)
{
	for (char *const *data = mount->data; data && *data; data++)
		if (str_eq(*data, option))
			return true;
	return false;
}

static const struct spec_mount *mount_at(const struct spec *spec, const char *destination)
{
	for (size_t i = 0; i < spec->mounts_n; i++)
		if (str_eq(spec->mounts[i].destination, destination))
			return &spec->mounts[i];
	return NULL;
}

static void the_default_spec_is_runcs(void **state)
{
	auto_spec struct spec *spec = parse_default(false);

	(void)state;
	assert_string_equal(spec->oci_version, SPEC_VERSION);
	assert_string_equal(spec->root_path, "rootfs");
	assert_true(spec->root_readonly);
	assert_true(spec->process.terminal && spec->process.no_new_privileges);
	assert_strv(spec->process.args, "sh");
	assert_string_equal(spec->process.cwd, "/");
	assert_int_equal(__builtin_popcountll(spec->process.caps.bounding), 3);
	assert_true(spec->process.caps.ambient == 0 && spec->process.caps.inheritable == 0);
	assert_int_equal(spec->mounts_n, 7);
	assert_true(has_option(mount_at(spec, "/dev/pts"), "gid=5"));
	assert_int_equal(spec->lin.resources.devices_n, 1);
	for (int kind = 0; kind < NS_KINDS; kind++)
		assert_int_equal(spec_ns_new(spec, kind), kind != NS_USER && kind != NS_TIME);
}

static void the_rootless_spec_is_for_the_callers_ids(void **state)
{
	auto_spec struct spec *spec = parse_default(true);

	(void)state;
	assert_true(spec_ns_new(spec, NS_USER));
	assert_false(spec->lin.ns[NS_NET].given);
	assert_int_equal(spec->lin.uid_mappings.n, 1);
	assert_int_equal(spec->lin.uid_mappings.map[0].host_id, geteuid());
	assert_int_equal(spec->lin.gid_mappings.map[0].host_id, getegid());
	assert_false(spec->lin.resources.given);
	assert_true(mount_at(spec, "/sys")->rbind);
	assert_false(has_option(mount_at(spec, "/dev/pts"), "gid=5"));
}

/* ---- features ---- */

static struct json_doc *features(void)
{
	auto_strbuf struct strbuf sb = { 0 };
	struct json_doc *doc = NULL;
	struct err err;

	spec_features(&sb);
	assert_ok(json_parse(sb.text, sb.len, "features", &doc, &err), &err);
	return doc;
}

/* features.linux.seccomp.actions → the node */
static const struct json *find(const struct json_doc *doc, const char *path)
{
	auto_strv char **parts = strv_split(path, ".");
	const struct json *node = json_root(doc);

	for (char **part = parts; *part; part++) {
		node = json_get(node, *part);
		if (!node)
			fail_msg("%s is missing", path);
	}
	return node;
}

static bool lists(const struct json_doc *doc, const char *path, const char *word)
{
	json_for_each(child, find(doc, path)) {
		if (str_eq(child->text, word))
			return true;
	}
	return false;
}

static void features_name_what_is_known(void **state)
{
	static const struct {
		const char *path, *word;
	} rows[] = {
		{ "hooks", "createRuntime" },
		{ "hooks", "poststop" },
		{ "mountOptions", "rro" },
		{ "mountOptions", "tmpcopyup" },
		{ "linux.namespaces", "time" },
		{ "linux.namespaces", "cgroup" },
		{ "linux.capabilities", "CAP_CHECKPOINT_RESTORE" },
		{ "linux.seccomp.actions", "SCMP_ACT_NOTIFY" },
		{ "linux.seccomp.operators", "SCMP_CMP_MASKED_EQ" },
		{ "linux.seccomp.archs", "SCMP_ARCH_X86_64" },
		{ "linux.seccomp.knownFlags", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" },
		{ "linux.seccomp.supportedFlags", "SECCOMP_FILTER_FLAG_LOG" },
		{ "linux.memoryPolicy.modes", "MPOL_BIND" },
		{ "linux.memoryPolicy.flags", "MPOL_F_STATIC_NODES" },
		{ "potentiallyUnsafeConfigAnnotations", "org.vzrun." },
	};
	auto_json struct json_doc *doc = features();

	(void)state;
	assert_string_equal(find(doc, "ociVersionMin")->text, "1.0.0");
	assert_string_equal(find(doc, "ociVersionMax")->text, SPEC_VERSION);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!lists(doc, rows[i].path, rows[i].word))
			fail_msg("%s: no %s", rows[i].path, rows[i].word);
	assert_int_equal(find(doc, "hooks")->count, HOOK_KINDS);
	assert_int_equal(find(doc, "linux.namespaces")->count, NS_KINDS);
}

static void features_have_switches(void **state)
{
	static const struct {
		const char *path;
		bool on;
	} rows[] = {
		{ "linux.cgroup.v1", false },
		{ "linux.cgroup.v2", true },
		{ "linux.cgroup.rdma", true },
		{ "linux.seccomp.enabled", true },
		{ "linux.apparmor.enabled", true },
		{ "linux.selinux.enabled", true },
		{ "linux.intelRdt.schemata", true },
		{ "linux.intelRdt.monitoring", true },
		{ "linux.mountExtensions.idmap.enabled", true },
		{ "linux.netDevices.enabled", true },
	};
	auto_json struct json_doc *doc = features();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct json *node = find(doc, rows[i].path);

		assert_int_equal(node->type, JSON_BOOL);
		if (node->boolean != rows[i].on)
			fail_msg("%s", rows[i].path);
	}
}

/* "The runtime MUST accept this value as the ociVersion property of config.json." */
static void both_ends_of_the_versions_are_accepted(void **state)
{
	static const char *const versions[] = { SPEC_VERSION_MIN, SPEC_VERSION };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		auto_free char *text =
			str_dupf("{'ociVersion':'%s','root':{'path':'r'}}", versions[i]);
		auto_spec struct spec *spec = spec_from(WHOLE, text);

		assert_non_null(spec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_spec_is_runcs),
		cmocka_unit_test(the_rootless_spec_is_for_the_callers_ids),
		cmocka_unit_test(features_name_what_is_known),
		cmocka_unit_test(features_have_switches),
		cmocka_unit_test(both_ends_of_the_versions_are_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
