/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/spec/names.h"

#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include "runtime/spec/spec.h"

/* Newer than Debian 12's headers (Linux 6.1), or kept from user space by them. */
#define NAMES_MPOL_WEIGHTED_INTERLEAVE 6
#define NAMES_SCHED_ISO 4

#define TABLE(table_, noun_, rows_) \
	const struct names_table table_ = { noun_, rows_, ARRAY_SIZE(rows_) }

const struct names_row *names_find(const struct names_table *table, const char *name)
{
	size_t low = 0, high = table->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(name, table->rows[mid].name);

		if (order == 0)
			return &table->rows[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static const struct names_row capabilities[] = {
	{ "CAP_AUDIT_CONTROL", CAP_AUDIT_CONTROL },
	{ "CAP_AUDIT_READ", CAP_AUDIT_READ },
	{ "CAP_AUDIT_WRITE", CAP_AUDIT_WRITE },
	{ "CAP_BLOCK_SUSPEND", CAP_BLOCK_SUSPEND },
	{ "CAP_BPF", CAP_BPF },
	{ "CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE },
	{ "CAP_CHOWN", CAP_CHOWN },
	{ "CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE },
	{ "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH },
	{ "CAP_FOWNER", CAP_FOWNER },
	{ "CAP_FSETID", CAP_FSETID },
	{ "CAP_IPC_LOCK", CAP_IPC_LOCK },
	{ "CAP_IPC_OWNER", CAP_IPC_OWNER },
	{ "CAP_KILL", CAP_KILL },
	{ "CAP_LEASE", CAP_LEASE },
	{ "CAP_LINUX_IMMUTABLE", CAP_LINUX_IMMUTABLE },
	{ "CAP_MAC_ADMIN", CAP_MAC_ADMIN },
	{ "CAP_MAC_OVERRIDE", CAP_MAC_OVERRIDE },
	{ "CAP_MKNOD", CAP_MKNOD },
	{ "CAP_NET_ADMIN", CAP_NET_ADMIN },
	{ "CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE },
	{ "CAP_NET_BROADCAST", CAP_NET_BROADCAST },
	{ "CAP_NET_RAW", CAP_NET_RAW },
	{ "CAP_PERFMON", CAP_PERFMON },
	{ "CAP_SETFCAP", CAP_SETFCAP },
	{ "CAP_SETGID", CAP_SETGID },
	{ "CAP_SETPCAP", CAP_SETPCAP },
	{ "CAP_SETUID", CAP_SETUID },
	{ "CAP_SYSLOG", CAP_SYSLOG },
	{ "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	{ "CAP_SYS_BOOT", CAP_SYS_BOOT },
	{ "CAP_SYS_CHROOT", CAP_SYS_CHROOT },
	{ "CAP_SYS_MODULE", CAP_SYS_MODULE },
	{ "CAP_SYS_NICE", CAP_SYS_NICE },
	{ "CAP_SYS_PACCT", CAP_SYS_PACCT },
	{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE },
	{ "CAP_SYS_RAWIO", CAP_SYS_RAWIO },
	{ "CAP_SYS_RESOURCE", CAP_SYS_RESOURCE },
	{ "CAP_SYS_TIME", CAP_SYS_TIME },
	{ "CAP_SYS_TTY_CONFIG", CAP_SYS_TTY_CONFIG },
	{ "CAP_WAKE_ALARM", CAP_WAKE_ALARM },
};
TABLE(names_capabilities, "capability", capabilities);

static const struct names_row rlimits[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
};
TABLE(names_rlimits, "resource limit", rlimits);

static const struct names_row sched_policies[] = {
	{ "SCHED_BATCH", SCHED_BATCH },   { "SCHED_DEADLINE", SCHED_DEADLINE },
	{ "SCHED_FIFO", SCHED_FIFO },     { "SCHED_IDLE", SCHED_IDLE },
	{ "SCHED_ISO", NAMES_SCHED_ISO }, { "SCHED_OTHER", SCHED_OTHER },
	{ "SCHED_RR", SCHED_RR },
};
TABLE(names_sched_policies, "scheduling policy", sched_policies);

static const struct names_row sched_flags[] = {
	{ "SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN },
	{ "SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS },
	{ "SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY },
	{ "SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM },
	{ "SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
};
TABLE(names_sched_flags, "scheduling flag", sched_flags);

static const struct names_row io_classes[] = {
	{ "IOPRIO_CLASS_BE", IOPRIO_CLASS_BE },
	{ "IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE },
	{ "IOPRIO_CLASS_RT", IOPRIO_CLASS_RT },
};
TABLE(names_io_classes, "I/O class", io_classes);

static const struct names_row memory_modes[] = {
	{ "MPOL_BIND", MPOL_BIND },
	{ "MPOL_DEFAULT", MPOL_DEFAULT },
	{ "MPOL_INTERLEAVE", MPOL_INTERLEAVE },
	{ "MPOL_LOCAL", MPOL_LOCAL },
	{ "MPOL_PREFERRED", MPOL_PREFERRED },
	{ "MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY },
	{ "MPOL_WEIGHTED_INTERLEAVE", NAMES_MPOL_WEIGHTED_INTERLEAVE },
};
TABLE(names_memory_modes, "memory policy", memory_modes);

static const struct names_row memory_flags[] = {
	{ "MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING },
	{ "MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES },
	{ "MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES },
};
TABLE(names_memory_flags, "memory policy flag", memory_flags);

static const struct names_row namespaces[] = {
	{ "cgroup", NS_CGROUP }, { "ipc", NS_IPC },   { "mount", NS_MOUNT }, { "network", NS_NET },
	{ "pid", NS_PID },       { "time", NS_TIME }, { "user", NS_USER },   { "uts", NS_UTS },
};
TABLE(names_namespaces, "namespace", namespaces);

static const struct names_row seccomp_actions[] = {
	{ "SCMP_ACT_ALLOW", SECCOMP_DO_ALLOW },
	{ "SCMP_ACT_ERRNO", SECCOMP_DO_ERRNO },
	{ "SCMP_ACT_KILL", SECCOMP_DO_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_DO_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_DO_KILL_THREAD },
	{ "SCMP_ACT_LOG", SECCOMP_DO_LOG },
	{ "SCMP_ACT_NOTIFY", SECCOMP_DO_NOTIFY },
	{ "SCMP_ACT_TRACE", SECCOMP_DO_TRACE },
	{ "SCMP_ACT_TRAP", SECCOMP_DO_TRAP },
};
TABLE(names_seccomp_actions, "seccomp action", seccomp_actions);

static const struct names_row seccomp_archs[] = {
	{ "SCMP_ARCH_AARCH64", 0 },     { "SCMP_ARCH_ARM", 0 },    { "SCMP_ARCH_LOONGARCH64", 0 },
	{ "SCMP_ARCH_M68K", 0 },        { "SCMP_ARCH_MIPS", 0 },   { "SCMP_ARCH_MIPS64", 0 },
	{ "SCMP_ARCH_MIPS64N32", 0 },   { "SCMP_ARCH_MIPSEL", 0 }, { "SCMP_ARCH_MIPSEL64", 0 },
	{ "SCMP_ARCH_MIPSEL64N32", 0 }, { "SCMP_ARCH_PARISC", 0 }, { "SCMP_ARCH_PARISC64", 0 },
	{ "SCMP_ARCH_PPC", 0 },         { "SCMP_ARCH_PPC64", 0 },  { "SCMP_ARCH_PPC64LE", 0 },
	{ "SCMP_ARCH_RISCV64", 0 },     { "SCMP_ARCH_S390", 0 },   { "SCMP_ARCH_S390X", 0 },
	{ "SCMP_ARCH_SH", 0 },          { "SCMP_ARCH_SHEB", 0 },   { "SCMP_ARCH_X32", 0 },
	{ "SCMP_ARCH_X86", 0 },         { "SCMP_ARCH_X86_64", 0 },
};
TABLE(names_seccomp_archs, "architecture", seccomp_archs);

static const struct names_row seccomp_flags[] = {
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
};
TABLE(names_seccomp_flags, "seccomp flag", seccomp_flags);

static const struct names_row seccomp_operators[] = {
	{ "SCMP_CMP_EQ", 4 }, { "SCMP_CMP_GE", 5 }, { "SCMP_CMP_GT", 6 },
	{ "SCMP_CMP_LE", 3 }, { "SCMP_CMP_LT", 2 }, { "SCMP_CMP_MASKED_EQ", 7 },
	{ "SCMP_CMP_NE", 1 },
};
TABLE(names_seccomp_operators, "operator", seccomp_operators);

static const struct names_row personalities[] = {
	{ "LINUX", PER_LINUX },
	{ "LINUX32", PER_LINUX32 },
};
TABLE(names_personalities, "execution domain", personalities);

/* The specification has the four without "r"; engines send the others too (docker: rslave). */
static const struct names_row root_propagations[] = {
	{ "private", MS_PRIVATE },
	{ "rprivate", MS_PRIVATE | MS_REC },
	{ "rshared", MS_SHARED | MS_REC },
	{ "rslave", MS_SLAVE | MS_REC },
	{ "runbindable", MS_UNBINDABLE | MS_REC },
	{ "shared", MS_SHARED },
	{ "slave", MS_SLAVE },
	{ "unbindable", MS_UNBINDABLE },
};
TABLE(names_root_propagations, "propagation", root_propagations);
