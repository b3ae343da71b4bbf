/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec: the OCI runtime specification (1.3.0, its Linux part) as plain structs.
 *
 * Field names are the specification's in snake_case; units and meanings are those of
 * runtime-spec config.md and config-linux.md. A spec is read-only once parsed. All that it
 * points to lives in the document it was parsed from and is freed with it. Strings are never
 * NULL unless said; lists are counted (`…_n`) or NULL-terminated (`char *const *`, NULL where
 * not given or empty).
 */
#ifndef RUNTIME_SPEC_SPEC_H
#define RUNTIME_SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/base/json.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define SPEC_VERSION "1.3.0"
#define SPEC_VERSION_MIN "1.0.0"
/* A config.json larger than this is refused unread. */
#define SPEC_MAX_BYTES (16U << 20)
/* The kernel's largest numbers of CPUs (NR_CPUS) and memory nodes (MAX_NUMNODES). */
#define SPEC_MAX_CPUS 8192
#define SPEC_MAX_NODES 1024

/* A number that may be absent. */
struct spec_i64 {
	bool given;
	int64_t value;
};
struct spec_u64 {
	bool given;
	uint64_t value;
};
struct spec_bool {
	bool given;
	bool value;
};

struct spec_id_map {
	uint32_t container_id, host_id, size;
};

struct spec_id_maps {
	struct spec_id_map *map;
	size_t n;
};

/* ---- process ---- */

struct spec_user {
	uint32_t uid, gid;
	struct spec_u64 umask;
	uint32_t *additional_gids;
	size_t additional_gids_n;
};

struct spec_rlimit {
	int resource; /* RLIMIT_… */
	uint64_t soft, hard;
};

/* Bit N is capability N (linux/capability.h); given: the member was there. */
struct spec_caps {
	bool given;
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

struct spec_scheduler {
	bool given;
	int policy; /* SCHED_… */
	int32_t nice, priority;
	uint64_t flags;                     /* SCHED_FLAG_… */
	uint64_t runtime, deadline, period; /* ns */
};

struct spec_io_priority {
	bool given;
	int class;    /* IOPRIO_CLASS_… (1 rt, 2 be, 3 idle) */
	int priority; /* 0 to 7 */
};

struct spec_process {
	bool given; /* a spec for `create` only may lack it */
	bool terminal;
	bool no_new_privileges;
	uint16_t console_width, console_height; /* 0: not given */
	struct spec_user user;
	const char *cwd;   /* absolute */
	char *const *args; /* at least one */
	char *const *env;
	struct spec_rlimit *rlimits;
	size_t rlimits_n;
	struct spec_caps caps;
	struct spec_i64 oom_score_adj;
	struct spec_scheduler scheduler;
	struct spec_io_priority io_priority;
	const char *cpu_affinity_initial, *cpu_affinity_final; /* list "0-3,7" or NULL */
	const char *apparmor_profile;                          /* or NULL */
	const char *selinux_label;                             /* or NULL */
};

/* ---- mounts ---- */

/* What the strings of `options` come to. The rest, the file system's own options, is in data. */
struct spec_mount {
	const char *destination; /* cleaned: absolute, no "..", no double "/" */
	const char *type;        /* "bind" for every bind mount; NULL where not given */
	const char *source;      /* or NULL */
	bool bind, rbind;
	bool remount;
	uint64_t attr_set, attr_clr;         /* MOUNT_ATTR_… of this mount */
	uint64_t rec_attr_set, rec_attr_clr; /* the same for all below it (rro, rnosuid, …) */
	unsigned long propagation;           /* MS_PRIVATE, MS_SHARED|MS_REC, … or 0 */
	bool tmpcopyup;
	bool idmap, ridmap;
	bool src_nofollow, dest_nofollow, copy_symlink;       /* crun's copy-symlink & co */
	bool sync, dirsync, mand, lazytime, iversion, silent; /* super block flags */
	char *const *data; /* "size=64k", "gid=5": in the order given, or NULL */
	struct spec_id_maps uid_mappings, gid_mappings;
};

/* ---- hooks ---- */

struct spec_hook {
	const char *path;  /* absolute */
	char *const *args; /* with argv[0], or NULL */
	char *const *env;  /* or NULL: empty environment */
	int timeout_sec;   /* 0: none */
};

enum spec_hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS
};
/* "createRuntime" … as the spec spells them. */
extern const char *const spec_hook_names[HOOK_KINDS];

struct spec_hooks {
	struct spec_hook *list;
	size_t n;
};

/* ---- linux ---- */

enum spec_ns { NS_USER, NS_CGROUP, NS_IPC, NS_UTS, NS_NET, NS_PID, NS_MOUNT, NS_TIME, NS_KINDS };

struct spec_namespace {
	bool given; /* listed: new, or joined where there is a path; not listed: the runtime's own */
	const char *path; /* or NULL */
};

/* By enum spec_ns: the name in the spec, in /proc/PID/ns, and the CLONE_NEW… flag. */
struct spec_ns_name {
	const char *spec, *proc;
	unsigned int flag;
};
extern const struct spec_ns_name spec_ns_names[NS_KINDS];

struct spec_time_offset {
	bool given;
	int64_t secs;
	uint32_t nanosecs;
};

struct spec_device {
	const char *path; /* cleaned, absolute */
	char type;        /* b, c, u (as c), p */
	int64_t major, minor;
	struct spec_u64 file_mode;
	struct spec_u64 uid, gid;
};

struct spec_net_device {
	const char *host_name;
	const char *name; /* inside; the host's where not given */
};

struct spec_device_rule {
	bool allow;
	char type;            /* a, b, c */
	int64_t major, minor; /* -1: any */
	bool read, write, mknod;
};

struct spec_memory {
	struct spec_i64 limit, reservation, swap, kernel, kernel_tcp; /* bytes, -1: no limit */
	struct spec_u64 swappiness;                                   /* 0 to 100 */
	struct spec_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct spec_cpu {
	struct spec_u64 shares, period, burst, realtime_period; /* usec but shares */
	struct spec_i64 quota, realtime_runtime, idle;
	const char *cpus, *mems; /* lists or NULL */
};

struct spec_weight_device {
	int64_t major, minor;
	struct spec_u64 weight, leaf_weight;
};

struct spec_throttle_device {
	int64_t major, minor;
	uint64_t rate;
};

enum spec_throttle {
	THROTTLE_READ_BPS,
	THROTTLE_WRITE_BPS,
	THROTTLE_READ_IOPS,
	THROTTLE_WRITE_IOPS,
	THROTTLE_KINDS
};

struct spec_block_io {
	struct spec_u64 weight, leaf_weight;
	struct spec_weight_device *weight_devices;
	size_t weight_devices_n;
	struct spec_throttle_device *throttle[THROTTLE_KINDS];
	size_t throttle_n[THROTTLE_KINDS];
};

struct spec_hugepage_limit {
	const char *page_size; /* "2MB" */
	uint64_t limit;
};

struct spec_rdma {
	const char *device;
	struct spec_u64 hca_handles, hca_objects;
};

struct spec_pair {
	const char *key, *value;
};

struct spec_net_priority {
	const char *name;
	uint32_t priority;
};

struct spec_resources {
	bool given;
	struct spec_device_rule *devices;
	size_t devices_n;
	struct spec_memory memory;
	struct spec_cpu cpu;
	struct spec_block_io block_io;
	struct spec_i64 pids_limit; /* -1: no limit; 0 is a limit of 0 (config-linux.md) */
	struct spec_hugepage_limit *hugepages;
	size_t hugepages_n;
	struct spec_rdma *rdma;
	size_t rdma_n;
	struct spec_u64 network_class_id;
	struct spec_net_priority *network_priorities;
	size_t network_priorities_n;
	struct spec_pair *unified;
	size_t unified_n;
};

struct spec_seccomp_arg {
	uint32_t index; /* 0 to 5 */
	uint64_t value, value_two;
	int op; /* enum scmp_compare's numbers: NE 1, LT 2, LE 3, EQ 4, GE 5, GT 6, MASKED_EQ 7 */
};

enum spec_seccomp_action {
	SECCOMP_DO_NONE,
	SECCOMP_DO_KILL_THREAD, /* SCMP_ACT_KILL too */
	SECCOMP_DO_KILL_PROCESS,
	SECCOMP_DO_TRAP,
	SECCOMP_DO_ERRNO,
	SECCOMP_DO_TRACE,
	SECCOMP_DO_ALLOW,
	SECCOMP_DO_LOG,
	SECCOMP_DO_NOTIFY
};

struct spec_seccomp_rule {
	char *const *names;
	enum spec_seccomp_action action;
	struct spec_u64 errno_ret;
	struct spec_seccomp_arg *args;
	size_t args_n;
};

struct spec_seccomp {
	bool given;
	enum spec_seccomp_action default_action;
	struct spec_u64 default_errno_ret;
	char *const *architectures; /* "SCMP_ARCH_X86_64" …, or NULL: the native one */
	/* Where the spec says nothing of flags: spec_allow (as runc and crun). */
	bool flag_tsync, flag_log, flag_spec_allow, flag_wait_killable_recv;
	const char *listener_path, *listener_metadata; /* or NULL */
	struct spec_seccomp_rule *rules;
	size_t rules_n;
	const struct json *json; /* the section as given: what a compiled filter is keyed by */
};

struct spec_intel_rdt {
	bool given;
	const char *clos_id, *l3_cache_schema, *mem_bw_schema; /* or NULL */
	char *const *schemata;                                 /* or NULL */
	bool enable_monitoring;
};

struct spec_memory_policy {
	bool given;
	int mode;          /* MPOL_… */
	int flags;         /* MPOL_F_… mode flags */
	const char *nodes; /* list or NULL */
};

struct spec_personality {
	bool given;
	unsigned long domain; /* PER_… */
};

struct spec_linux {
	struct spec_namespace ns[NS_KINDS];
	struct spec_id_maps uid_mappings, gid_mappings;
	struct spec_time_offset monotonic, boottime;
	struct spec_device *devices;
	size_t devices_n;
	struct spec_net_device *net_devices;
	size_t net_devices_n;
	const char *cgroups_path; /* or NULL */
	struct spec_resources resources;
	struct spec_intel_rdt intel_rdt;
	struct spec_memory_policy memory_policy;
	struct spec_pair *sysctl; /* key: the path below /proc/sys, "net/ipv4/ip_forward" */
	size_t sysctl_n;
	struct spec_seccomp seccomp;
	unsigned long rootfs_propagation; /* MS_…|MS_REC or 0 */
	char *const *masked_paths, *const *readonly_paths;
	const char *mount_label; /* or NULL */
	struct spec_personality personality;
};

struct spec {
	const char *oci_version;
	const char *root_path; /* as given: absolute, or relative to the bundle */
	bool root_readonly;
	const char *hostname, *domainname; /* or NULL */
	struct spec_process process;
	struct spec_mount *mounts;
	size_t mounts_n;
	struct spec_hooks hooks[HOOK_KINDS];
	struct spec_pair *annotations;
	size_t annotations_n;
	struct spec_linux lin; /* "linux" is a macro of gcc's gnu modes */
	struct json_doc *doc;
};

/* Parses and checks a whole config.json: types, ranges, names, and what contradicts itself
 * (runtime-spec config.md). what ("config.json") begins each error, with the JSON path of the
 * fault behind it: config.json: linux.resources.pids.limit: … (ERR_INPUT).
 * Nothing outside the text is looked at. */
int spec_parse(const char *text, size_t len, const char *what, struct spec **ret, struct err *err);

/* A process document as `exec --process` takes it; owner receives what to free. */
int spec_parse_process(const char *text, size_t len, const char *what, struct spec **ret,
		       struct err *err);

/* A resources document as `update --resources` takes it (also under "linux.resources" alone). */
int spec_parse_resources(const char *text, size_t len, const char *what, struct spec **ret,
			 struct err *err);

void spec_free(struct spec *spec);
MEM_DEFINE_CLEANUP(struct spec, spec_free)
#define auto_spec __attribute__((cleanup(spec_freep)))

/* Adds the config.json that `spec` writes; rootless: for the caller's own ids. */
void spec_default(bool rootless, struct strbuf *sb);

/* Adds the features structure (runtime-spec features.md). */
void spec_features(struct strbuf *sb);

/* The annotation's value, or NULL. */
const char *spec_annotation(const struct spec *spec, const char *key);

/* A new namespace of this kind is asked for (listed without a path). */
static inline bool spec_ns_new(const struct spec *spec, enum spec_ns kind)
{
	return spec->lin.ns[kind].given && !spec->lin.ns[kind].path;
}

/* "0-3,7" as a list of numbers below `bits`, set in mask (bits/8 bytes, zeroed here; NULL: only
 * checked). ERR_INPUT. */
int spec_parse_list(const char *text, unsigned char *mask, size_t bits, struct err *err);

#endif
