/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `vzrun spec` writes: the default config.json of runc, so that what is said about one in
 * a tutorial holds for the other. */
#include "config.h"

#include <unistd.h>

#include "runtime/base/json.h"
#include "runtime/base/str.h"
#include "runtime/spec/spec.h"

struct default_mount {
	const char *destination, *type, *source;
	const char *options[8];
};

static const struct default_mount mounts[] = {
	{ "/proc", "proc", "proc", { NULL } },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k" } },
	{ "/dev/pts",
	  "devpts",
	  "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/dev/shm", "tmpfs", "shm", { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", { "nosuid", "noexec", "nodev", "relatime", "ro" } },
};

/* A new sysfs needs a network namespace of one's own, which a rootless container lacks. */
static const struct default_mount rootless_sys = {
	"/sys", "none", "/sys", { "rbind", "nosuid", "noexec", "nodev", "ro" }
};

static const char *const args[] = { "sh", NULL };
static const char *const env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"TERM=xterm",
	NULL,
};
static const char *const capabilities[] = {
	"CAP_AUDIT_WRITE",
	"CAP_KILL",
	"CAP_NET_BIND_SERVICE",
	NULL,
};
static const char *const namespaces[] = { "pid", "ipc", "uts", "mount", "cgroup", NULL };
static const char *const masked_paths[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/sched_debug",
	"/sys/firmware",
	"/proc/scsi",
	NULL,
};
static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

static void put_strings(struct json_writer *w, const char *key, const char *const *list)
{
	json_begin(w, key, '[');
	for (; *list; list++)
		json_put_str(w, NULL, *list);
	json_end(w, ']');
}

static void put_process(struct json_writer *w)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };

	json_begin(w, "process", '{');
	json_put_bool(w, "terminal", true);
	json_begin(w, "user", '{');
	json_put_int(w, "uid", 0);
	json_put_int(w, "gid", 0);
	json_end(w, '}');
	put_strings(w, "args", args);
	put_strings(w, "env", env);
	json_put_str(w, "cwd", "/");
	json_begin(w, "capabilities", '{');
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		put_strings(w, sets[i], capabilities);
	json_end(w, '}');
	json_begin(w, "rlimits", '[');
	json_begin(w, NULL, '{');
	json_put_str(w, "type", "RLIMIT_NOFILE");
	json_put_int(w, "hard", 1024);
	json_put_int(w, "soft", 1024);
	json_end(w, '}');
	json_end(w, ']');
	json_put_bool(w, "noNewPrivileges", true);
	json_end(w, '}');
}

static void put_mount(struct json_writer *w, const struct default_mount *mount, bool rootless)
{
	json_begin(w, NULL, '{');
	json_put_str(w, "destination", mount->destination);
	json_put_str(w, "type", mount->type);
	json_put_str(w, "source", mount->source);
	if (mount->options[0]) {
		json_begin(w, "options", '[');
		for (const char *const *option = mount->options; *option; option++)
			/* Group 5 is not mapped where only one id is. */
			if (!rootless || !str_starts(*option, "gid="))
				json_put_str(w, NULL, *option);
		json_end(w, ']');
	}
	json_end(w, '}');
}

static void put_mounts(struct json_writer *w, bool rootless)
{
	json_begin(w, "mounts", '[');
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		bool is_sys = str_eq(mounts[i].destination, "/sys");

		put_mount(w, rootless && is_sys ? &rootless_sys : &mounts[i], rootless);
	}
	json_end(w, ']');
}

static void put_map(struct json_writer *w, const char *key, unsigned int host_id)
{
	json_begin(w, key, '[');
	json_begin(w, NULL, '{');
	json_put_int(w, "containerID", 0);
	json_put_uint(w, "hostID", host_id);
	json_put_int(w, "size", 1);
	json_end(w, '}');
	json_end(w, ']');
}

static void put_namespace(struct json_writer *w, const char *type)
{
	json_begin(w, NULL, '{');
	json_put_str(w, "type", type);
	json_end(w, '}');
}

static void put_device_rules(struct json_writer *w)
{
	json_begin(w, "resources", '{');
	json_begin(w, "devices", '[');
	json_begin(w, NULL, '{');
	json_put_bool(w, "allow", false);
	json_put_str(w, "access", "rwm");
	json_end(w, '}');
	json_end(w, ']');
	json_end(w, '}');
}

static void put_linux(struct json_writer *w, bool rootless)
{
	json_begin(w, "linux", '{');
	if (rootless) {
		put_map(w, "uidMappings", geteuid());
		put_map(w, "gidMappings", getegid());
	} else {
		put_device_rules(w);
	}
	json_begin(w, "namespaces", '[');
	for (const char *const *type = namespaces; *type; type++)
		put_namespace(w, *type);
	put_namespace(w, rootless ? "user" : "network");
	json_end(w, ']');
	put_strings(w, "maskedPaths", masked_paths);
	put_strings(w, "readonlyPaths", readonly_paths);
	json_end(w, '}');
}

void spec_default(bool rootless, struct strbuf *sb)
{
	struct json_writer w = { .sb = sb, .pretty = true };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "ociVersion", SPEC_VERSION);
	put_process(&w);
	json_begin(&w, "root", '{');
	json_put_str(&w, "path", "rootfs");
	json_put_bool(&w, "readonly", true);
	json_end(&w, '}');
	json_put_str(&w, "hostname", "vzrun");
	put_mounts(&w, rootless);
	put_linux(&w, rootless);
	json_end(&w, '}');
	strbuf_add_char(sb, '\n');
}
