/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/compile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "runtime/base/json.h"
#include "runtime/base/mem.h"
#include "runtime/ct/idrange.h"
#include "runtime/ct/lxcfs.h"
#include "runtime/spec/names.h"
#include "runtime/spec/spec.h"

#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *const init_args[] = { "/sbin/init", NULL };

/* systemd.io/CONTAINER_INTERFACE: `container` says that this is one, and which. */
static const char *const init_env[] = { PATH, "TERM=linux", "container=vzrun", NULL };

static const char *const namespaces[] = { "user", "pid",   "network", "ipc",
					  "uts",  "mount", "cgroup",  NULL };

struct compile_mount {
	const char *destination, *type, *source;
	const char *options[8];
};

/* systemd's container interface: /run and /dev/shm may be there before it; /sys read-only says
 * that devices are the host's affair. /proc and /sys are not covered anywhere: what is the
 * host's in there belongs to an id that the CT has not, and the kernel lets a container inside
 * mount its own only where the CT's is seen whole (mount_too_revealing() in fs/namespace.c). */
static const struct compile_mount mounts[] = {
	{ "/proc", "proc", "proc", { "nosuid", "noexec", "nodev" } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", { "nosuid", "noexec", "nodev", "relatime", "rw" } },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=1m" } },
	{ "/dev/pts",
	  "devpts",
	  "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/dev/shm", "tmpfs", "shm", { "nosuid", "nodev", "mode=1777" } },
	{ "/run", "tmpfs", "tmpfs", { "nosuid", "nodev", "mode=755" } },
};

/* System calls that a CT has no use for and that have been a way out, or act on the host. Each
 * fails as it would for want of a capability. */
static const char *const denied_calls[] = {
	"acct",
	"create_module",
	"delete_module",
	"finit_module",
	"get_kernel_syms",
	"init_module",
	"ioperm",
	"iopl",
	"kexec_file_load",
	"kexec_load",
	"nfsservctl",
	"open_by_handle_at",
	"query_module",
	"swapoff",
	"swapon",
	"syslog", /* the host's messages, which without dmesg_restrict anybody may read */
	"uselib",
	"vm86",
	"vm86old",
	NULL,
};

/* Calls by the other conventions of the processor go through the same filter. */
static const char *const architectures[] = {
#if defined(__x86_64__)
	"SCMP_ARCH_X86_64",
	"SCMP_ARCH_X86",
	"SCMP_ARCH_X32",
#elif defined(__aarch64__)
	"SCMP_ARCH_AARCH64",
	"SCMP_ARCH_ARM",
#endif
	NULL,
};

static void put_strings(struct json_writer *w, const char *key, const char *const *list)
{
	json_begin(w, key, '[');
	for (; *list; list++)
		json_put_str(w, NULL, *list);
	json_end(w, ']');
}

static void put_capabilities(struct json_writer *w, uint64_t caps)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };

	json_begin(w, "capabilities", '{');
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		json_begin(w, sets[i], '[');
		for (size_t j = 0; j < names_capabilities.n; j++)
			if (caps >> names_capabilities.rows[j].value & 1)
				json_put_str(w, NULL, names_capabilities.rows[j].name);
		json_end(w, ']');
	}
	json_end(w, '}');
}

/* A crash is not the host's affair: see guard.h. */
static void put_no_core_handler(struct json_writer *w)
{
	json_begin(w, NULL, '{');
	json_put_str(w, "type", "RLIMIT_CORE");
	json_put_uint(w, "soft", 1);
	json_put_uint(w, "hard", 1);
	json_end(w, '}');
}

/* All but what is the init's alone; the caller ends it. */
static void begin_process(struct json_writer *w, const char *key, const char *const *args,
			  const char *const *env, bool terminal, uint64_t caps)
{
	json_begin(w, key, '{');
	json_put_bool(w, "terminal", terminal);
	json_begin(w, "user", '{');
	json_put_uint(w, "uid", 0);
	json_put_uint(w, "gid", 0);
	json_end(w, '}');
	put_strings(w, "args", args);
	put_strings(w, "env", env);
	json_put_str(w, "cwd", "/");
	put_capabilities(w, caps);
}

static void put_init(struct json_writer *w, const struct compile_input *in)
{
	begin_process(w, "process", in->args ? in->args : init_args, init_env, in->console,
		      in->caps);
	json_begin(w, "rlimits", '[');
	if (in->guard.no_core_handler)
		put_no_core_handler(w);
	limits_put_rlimits(w, in->limits);
	json_end(w, ']');
	limits_put_process(w, in->limits);
	if (in->guard.apparmor)
		json_put_str(w, "apparmorProfile", in->guard.apparmor);
	json_end(w, '}');
}

static void put_mount(struct json_writer *w, const struct compile_mount *mount)
{
	json_begin(w, NULL, '{');
	json_put_str(w, "destination", mount->destination);
	json_put_str(w, "type", mount->type);
	json_put_str(w, "source", mount->source);
	put_strings(w, "options", mount->options);
	json_end(w, '}');
}

static void add_option(struct compile_mount *mount, const char *option)
{
	size_t n = 0;

	while (mount->options[n])
		n++;
	if (*option && n + 1 < ARRAY_SIZE(mount->options))
		mount->options[n] = option;
}

/* A procfs is as the conf wants it, how many terminals there may be is an option of devpts (NUMPTY). */
static void put_own_mount(struct json_writer *w, const struct compile_mount *mount,
			  const struct compile_input *in)
{
	struct compile_mount own = *mount;
	char max[24];

	if (str_eq(mount->type, "devpts") && in->limits->ptys >= 0) {
		/* The console is one of them, and not the CT's doing. */
		snprintf(max, sizeof(max), "max=%" PRId64, in->limits->ptys + in->console);
		add_option(&own, max);
	}
	if (str_eq(mount->type, "proc")) {
		add_option(&own, in->guard.hidepid);
		add_option(&own, in->guard.proc_gid);
	}
	put_mount(w, &own);
}

/* What lxcfs shows covers /proc and /sys in places, so beside them a whole one of each: see
 * `mounts`. */
static const struct compile_mount twins[] = {
	{ "/dev/.vzrun/proc", "proc", "proc", { "nosuid", "noexec", "nodev" } },
	{ "/dev/.vzrun/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
};

static void put_lxcfs(struct json_writer *w, const struct compile_input *in)
{
	uint32_t lxcfs = in->lxcfs;

	for (size_t i = 0; i < ARRAY_SIZE(twins) && lxcfs; i++)
		put_own_mount(w, &twins[i], in);
	for (unsigned int i = 0; i < LXCFS_FILES; i++) {
		char source[128];
		struct compile_mount bind = {
			lxcfs_files[i], "bind", source, { "bind", "nosuid", "noexec", "nodev" }
		};

		snprintf(source, sizeof(source), LXCFS_DIR "%s", lxcfs_files[i]);
		if (lxcfs & (1U << i))
			put_mount(w, &bind);
	}
}

static void put_mounts(struct json_writer *w, const struct compile_input *in)
{
	json_begin(w, "mounts", '[');
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		put_own_mount(w, &mounts[i], in);
	put_lxcfs(w, in);
	json_end(w, ']');
}

static void put_namespaces(struct json_writer *w)
{
	json_begin(w, "namespaces", '[');
	for (const char *const *ns = namespaces; *ns; ns++) {
		json_begin(w, NULL, '{');
		json_put_str(w, "type", *ns);
		json_end(w, '}');
	}
	json_end(w, ']');
}

static void put_map(struct json_writer *w, const char *key, uint32_t first_id)
{
	json_begin(w, key, '[');
	json_begin(w, NULL, '{');
	json_put_uint(w, "containerID", 0);
	json_put_uint(w, "hostID", first_id);
	json_put_uint(w, "size", IDRANGE_SIZE);
	json_end(w, '}');
	json_end(w, ']');
}

static void put_device_rule(struct json_writer *w, const struct spec_device_rule *rule)
{
	const char type[] = { rule->type, '\0' };
	char access[4] = "";
	size_t n = 0;

	if (rule->read)
		access[n++] = 'r';
	if (rule->write)
		access[n++] = 'w';
	if (rule->mknod)
		access[n++] = 'm';
	json_begin(w, NULL, '{');
	json_put_bool(w, "allow", rule->allow);
	json_put_str(w, "type", type);
	if (rule->major >= 0)
		json_put_int(w, "major", rule->major);
	if (rule->minor >= 0)
		json_put_int(w, "minor", rule->minor);
	json_put_str(w, "access", access);
	json_end(w, '}');
}

/* Without rules no device but those that every container has (runtime-spec config-linux.md, default
 * devices). */
static void put_device_rules(struct json_writer *w, const struct compile_input *in)
{
	static const struct spec_device_rule none = {
		.type = 'a', .major = -1, .minor = -1, .read = true, .write = true, .mknod = true
	};

	json_begin(w, "devices", '[');
	put_device_rule(w, &none);
	for (size_t i = 0; i < in->rules_n; i++)
		put_device_rule(w, &in->rules[i]);
	json_end(w, ']');
}

static void put_resources(struct json_writer *w, const struct compile_input *in)
{
	json_begin(w, "resources", '{');
	put_device_rules(w, in);
	limits_put_resources(w, in->limits, NULL);
	json_end(w, '}');
}

static void put_rule(struct json_writer *w, const char *const *names, const char *action)
{
	json_begin(w, NULL, '{');
	put_strings(w, "names", names);
	json_put_str(w, "action", action);
	json_end(w, '}');
}

/* A signal must not break off a call that the kernel itself would never break off. */
static const char *const notify_flags[] = { "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
					    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL };

static void put_arg(struct json_writer *w, unsigned int index, uint64_t value, uint64_t value_two,
		    const char *op)
{
	json_begin(w, NULL, '{');
	json_put_uint(w, "index", index);
	json_put_uint(w, "value", value);
	json_put_uint(w, "valueTwo", value_two);
	json_put_str(w, "op", op);
	json_end(w, '}');
}

/* Of mknod only what makes a device, by arguments that lie in no memory: the rest goes on as if
 * nobody listened. Device 0:0 is no device, but what an overlay marks a removed file with. */
static void put_mknod_rule(struct json_writer *w, const char *name, unsigned int mode_index,
			   mode_t type)
{
	const char *const names[] = { name, NULL };

	json_begin(w, NULL, '{');
	put_strings(w, "names", names);
	json_put_str(w, "action", "SCMP_ACT_NOTIFY");
	json_begin(w, "args", '[');
	put_arg(w, mode_index, S_IFMT, type, "SCMP_CMP_MASKED_EQ");
	put_arg(w, mode_index + 1, 0, 0, "SCMP_CMP_NE");
	json_end(w, ']');
	json_end(w, '}');
}

static void put_notified(struct json_writer *w, const struct compile_input *in)
{
	static const char *const sysinfo[] = { "sysinfo", NULL };

	if (in->answer_sysinfo)
		put_rule(w, sysinfo, "SCMP_ACT_NOTIFY");
	if (!in->answer_mknod)
		return;
	put_mknod_rule(w, "mknod", 1, S_IFCHR);
	put_mknod_rule(w, "mknod", 1, S_IFBLK);
	put_mknod_rule(w, "mknodat", 2, S_IFCHR);
	put_mknod_rule(w, "mknodat", 2, S_IFBLK);
}

/* Answers with that errno, 0: as if it were done. The caller adds arguments, and ends it. */
static void put_refused(struct json_writer *w, const char *const *names, int answer)
{
	json_begin(w, NULL, '{');
	put_strings(w, "names", names);
	json_put_str(w, "action", "SCMP_ACT_ERRNO");
	json_put_int(w, "errnoRet", answer);
}

/* The memory of keys counts for no cgroup, and the quota of keys is one for each of a CT's 65536 ids; and
 * request_key(2) makes the kernel run the host's /sbin/request-key. Programs take a kernel without
 * keyrings as one, whereas EPERM stops some. */
static void put_keys(struct json_writer *w, bool keys)
{
	static const char *const all[] = { "add_key", "keyctl", "request_key", NULL };
	static const char *const upcall[] = { "request_key", NULL };

	put_refused(w, keys ? upcall : all, keys ? EPERM : ENOSYS);
	if (keys) {
		json_begin(w, "args", '[');
		put_arg(w, 2, 0, 0, "SCMP_CMP_NE"); /* callout_info: without it nothing is run */
		json_end(w, ']');
	}
	json_end(w, '}');
}

/* A soft limit of 0 would let the handler run again. Who sets one wants no core file, and gets none. */
static void put_kept_core_limit(struct json_writer *w, const char *name, unsigned int index)
{
	const char *const names[] = { name, NULL };

	put_refused(w, names, 0);
	json_begin(w, "args", '[');
	/* The kernel takes an unsigned int: what stands above it is no other limit. */
	put_arg(w, index, UINT32_MAX, RLIMIT_CORE, "SCMP_CMP_MASKED_EQ");
	if (index > 0)
		put_arg(w, index + 1, 0, 0,
			"SCMP_CMP_NE"); /* prlimit(2) without a new limit asks */
	json_end(w, ']');
	json_end(w, '}');
}

static void put_seccomp(struct json_writer *w, const char *key, const struct compile_input *in)
{
	json_begin(w, key, '{');
	json_put_str(w, "defaultAction", "SCMP_ACT_ALLOW");
	put_strings(w, "architectures", architectures);
	if (in->listener) {
		put_strings(w, "flags", notify_flags);
		json_put_str(w, "listenerPath", in->listener);
	}
	json_begin(w, "syscalls", '[');
	put_rule(w, denied_calls, "SCMP_ACT_ERRNO");
	put_keys(w, in->guard.keys);
	if (in->guard.no_core_handler) {
		put_kept_core_limit(w, "setrlimit", 0);
		put_kept_core_limit(w, "prlimit64", 1);
	}
	if (in->listener)
		put_notified(w, in);
	json_end(w, ']');
	json_end(w, '}');
}

void compile_spec(const struct compile_input *in, struct strbuf *out)
{
	struct json_writer w = { .sb = out };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "ociVersion", SPEC_VERSION);
	json_begin(&w, "root", '{');
	json_put_str(&w, "path", in->root);
	json_end(&w, '}');
	json_put_str(&w, "hostname", in->hostname);
	put_init(&w, in);
	put_mounts(&w, in);
	json_begin(&w, "linux", '{');
	put_namespaces(&w);
	put_map(&w, "uidMappings", in->first_id);
	put_map(&w, "gidMappings", in->first_id);
	put_resources(&w, in);
	limits_put_sysctl(&w, in->limits);
	put_seccomp(&w, "seccomp", in);
	json_end(&w, '}');
	json_end(&w, '}');
}

void compile_seccomp(const struct compile_input *in, struct strbuf *out)
{
	struct json_writer w = { .sb = out };

	put_seccomp(&w, NULL, in);
}

bool compile_no_core_handler(const struct spec_process *own)
{
	for (size_t i = 0; i < own->rlimits_n; i++)
		if (own->rlimits[i].resource == RLIMIT_CORE && own->rlimits[i].hard == 1)
			return true;
	return false;
}

void compile_process(const char *const *args, const char *const *env, bool terminal,
		     const struct spec_process *own, struct strbuf *out)
{
	struct json_writer w = { .sb = out };

	begin_process(&w, NULL, args, env, terminal, own->caps.bounding);
	if (compile_no_core_handler(own)) {
		json_begin(&w, "rlimits", '[');
		put_no_core_handler(&w);
		json_end(&w, ']');
	}
	if (own->apparmor_profile)
		json_put_str(&w, "apparmorProfile", own->apparmor_profile);
	json_end(&w, '}');
}
