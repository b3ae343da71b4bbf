/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/compile.h"

#include <inttypes.h>
#include <stdio.h>

#include "runtime/base/json.h"
#include "runtime/base/mem.h"
#include "runtime/ct/idrange.h"
#include "runtime/ct/lxcfs.h"
#include "runtime/spec/spec.h"

#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *const init_args[] = { "/sbin/init", NULL };

/* systemd.io/CONTAINER_INTERFACE: `container` says that this is one, and which. */
static const char *const init_env[] = { PATH, "TERM=linux", "container=vzrun", NULL };

/* All that root of a user namespace may need. Left out is what acts on the whole host: the kernel
 * asks for these in the first user namespace anyway, and programs do better when they see it. */
static const char *const capabilities[] = {
	"CAP_AUDIT_CONTROL",
	"CAP_AUDIT_READ",
	"CAP_AUDIT_WRITE",
	"CAP_BLOCK_SUSPEND",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_KILL",
	"CAP_LEASE",
	"CAP_LINUX_IMMUTABLE",
	"CAP_MKNOD",
	"CAP_NET_ADMIN",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_RAW",
	"CAP_PERFMON",
	"CAP_SETFCAP",
	"CAP_SETGID",
	"CAP_SETPCAP",
	"CAP_SETUID",
	"CAP_SYSLOG",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_CHROOT",
	"CAP_SYS_NICE",
	"CAP_SYS_PACCT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TTY_CONFIG",
	"CAP_WAKE_ALARM",
	NULL,
};

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

static void put_capabilities(struct json_writer *w)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };

	json_begin(w, "capabilities", '{');
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		put_strings(w, sets[i], capabilities);
	json_end(w, '}');
}

/* All but what is the init's alone; the caller ends it. */
static void begin_process(struct json_writer *w, const char *key, const char *const *args,
			  const char *const *env, bool terminal)
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
	put_capabilities(w);
}

static void put_init(struct json_writer *w, const struct compile_input *in)
{
	begin_process(w, "process", in->args ? in->args : init_args, init_env, false);
	limits_put_process(w, in->limits);
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

/* What lxcfs shows covers /proc and /sys in places, so beside them a whole one of each: see
 * `mounts`. */
static const struct compile_mount twins[] = {
	{ "/dev/.vzrun/proc", "proc", "proc", { "nosuid", "noexec", "nodev" } },
	{ "/dev/.vzrun/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
};

static void put_lxcfs(struct json_writer *w, uint32_t lxcfs)
{
	for (size_t i = 0; i < ARRAY_SIZE(twins) && lxcfs; i++)
		put_mount(w, &twins[i]);
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

/* How many terminals there may be is an option of devpts (NUMPTY). */
static void put_limited_mount(struct json_writer *w, const struct compile_mount *mount,
			      const struct limits_effects *limits)
{
	struct compile_mount limited = *mount;
	char max[24];
	size_t n = 0;

	if (limits->ptys >= 0 && str_eq(mount->type, "devpts")) {
		snprintf(max, sizeof(max), "max=%" PRId64, limits->ptys);
		while (limited.options[n])
			n++;
		limited.options[n] = max;
	}
	put_mount(w, &limited);
}

static void put_mounts(struct json_writer *w, const struct compile_input *in)
{
	json_begin(w, "mounts", '[');
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		put_limited_mount(w, &mounts[i], in->limits);
	put_lxcfs(w, in->lxcfs);
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

/* No device but those that every container has (runtime-spec config-linux.md, default devices). */
static void put_resources(struct json_writer *w, const struct compile_input *in)
{
	json_begin(w, "resources", '{');
	json_begin(w, "devices", '[');
	json_begin(w, NULL, '{');
	json_put_bool(w, "allow", false);
	json_put_str(w, "access", "rwm");
	json_end(w, '}');
	json_end(w, ']');
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
static const char *const notified_calls[] = { "sysinfo", NULL };

static void put_seccomp(struct json_writer *w, const char *sysinfo_socket)
{
	json_begin(w, "seccomp", '{');
	json_put_str(w, "defaultAction", "SCMP_ACT_ALLOW");
	put_strings(w, "architectures", architectures);
	if (sysinfo_socket) {
		put_strings(w, "flags", notify_flags);
		json_put_str(w, "listenerPath", sysinfo_socket);
	}
	json_begin(w, "syscalls", '[');
	put_rule(w, denied_calls, "SCMP_ACT_ERRNO");
	if (sysinfo_socket)
		put_rule(w, notified_calls, "SCMP_ACT_NOTIFY");
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
	put_seccomp(&w, in->sysinfo_socket);
	json_end(&w, '}');
	json_end(&w, '}');
}

void compile_process(const char *const *args, const char *const *env, bool terminal,
		     struct strbuf *out)
{
	struct json_writer w = { .sb = out };

	begin_process(&w, NULL, args, env, terminal);
	json_end(&w, '}');
}
