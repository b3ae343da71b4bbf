/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `vzrun features` writes (runtime-spec features.md, features-linux.md): what this build
 * knows, whatever the host can do. Names come from the tables that the parser reads. */
#include "config.h"

#include "runtime/base/json.h"
#include "runtime/base/str.h"
#include "runtime/spec/mount_options.h"
#include "runtime/spec/names.h"
#include "runtime/spec/spec.h"

/* Annotations of a config.json that change what vzrun does; one that ends in "." is a prefix. */
static const char *const unsafe_annotations[] = {
	"org.criu.config",
	"org.systemd.property.",
	"org.vzrun.",
};

static void put_names(struct json_writer *w, const char *key, const struct names_table *names)
{
	json_begin(w, key, '[');
	for (size_t i = 0; i < names->n; i++)
		json_put_str(w, NULL, names->rows[i].name);
	json_end(w, ']');
}

/* {"<key>": {"<member>": value, …}}, the members being a list that ends in NULL. */
struct switch_row {
	const char *name;
	bool value;
};

static void put_switches(struct json_writer *w, const char *key, const struct switch_row *row)
{
	json_begin(w, key, '{');
	for (; row->name; row++)
		json_put_bool(w, row->name, row->value);
	json_end(w, '}');
}

static const struct switch_row enabled[] = { { "enabled", true }, { NULL, false } };
#ifdef HAVE_LIBSYSTEMD
#define HAS_SYSTEMD true
#else
#define HAS_SYSTEMD false
#endif
static const struct switch_row cgroup[] = {
	{ "v1", false },
	{ "v2", true },
	{ "systemd", HAS_SYSTEMD },
	{ "systemdUser", HAS_SYSTEMD },
	{ "rdma", true },
	{ NULL, false },
};
static const struct switch_row intel_rdt[] = {
	{ "enabled", true },
	{ "schemata", true },
	{ "monitoring", true },
	{ NULL, false },
};

static void put_seccomp(struct json_writer *w)
{
	json_begin(w, "seccomp", '{');
	json_put_bool(w, "enabled", true);
	put_names(w, "actions", &names_seccomp_actions);
	put_names(w, "operators", &names_seccomp_operators);
	put_names(w, "archs", &names_seccomp_archs);
	put_names(w, "knownFlags", &names_seccomp_flags);
	put_names(w, "supportedFlags", &names_seccomp_flags);
	json_end(w, '}');
}

static void put_linux(struct json_writer *w)
{
	json_begin(w, "linux", '{');
	put_names(w, "namespaces", &names_namespaces);
	put_names(w, "capabilities", &names_capabilities);
	put_switches(w, "cgroup", cgroup);
	put_seccomp(w);
	put_switches(w, "apparmor", enabled);
	put_switches(w, "selinux", enabled);
	put_switches(w, "intelRdt", intel_rdt);
	json_begin(w, "memoryPolicy", '{');
	put_names(w, "modes", &names_memory_modes);
	put_names(w, "flags", &names_memory_flags);
	json_end(w, '}');
	json_begin(w, "mountExtensions", '{');
	put_switches(w, "idmap", enabled);
	json_end(w, '}');
	put_switches(w, "netDevices", enabled);
	json_end(w, '}');
}

void spec_features(struct strbuf *sb)
{
	struct json_writer w = { .sb = sb, .pretty = true };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "ociVersionMin", SPEC_VERSION_MIN);
	json_put_str(&w, "ociVersionMax", SPEC_VERSION);
	json_begin(&w, "hooks", '[');
	for (size_t i = 0; i < HOOK_KINDS; i++)
		json_put_str(&w, NULL, spec_hook_names[i]);
	json_end(&w, ']');
	json_begin(&w, "mountOptions", '[');
	for (size_t i = 0; i < mount_options_n; i++)
		json_put_str(&w, NULL, mount_options[i].name);
	json_end(&w, ']');
	put_linux(&w);
	json_begin(&w, "annotations", '{');
	json_put_str(&w, "org.vzrun.version", PACKAGE_VERSION);
	json_end(&w, '}');
	json_begin(&w, "potentiallyUnsafeConfigAnnotations", '[');
	for (size_t i = 0; i < ARRAY_SIZE(unsafe_annotations); i++)
		json_put_str(&w, NULL, unsafe_annotations[i]);
	json_end(&w, ']');
	json_end(&w, '}');
	strbuf_add_char(sb, '\n');
}
