/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices_bpf: the spec's device rules as an eBPF program of type cgroup device. The kernel
 * runs it at each open and mknod of a device node by a process of the cgroup and allows what
 * all programs from the cgroup up to the root allow (cgroup-v2.rst, Device controller).
 *
 * Compiling is pure; cgroup_apply_devices (cgroup.h) loads and attaches. Device nodes are made
 * by devices.c.
 */
#ifndef RUNTIME_KERNEL_DEVICES_BPF_H
#define RUNTIME_KERNEL_DEVICES_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

struct devices_bpf {
	struct bpf_insn *insn;
	size_t n;
	bool allows_all; /* no access is denied: no program is needed */
};

/* Each kind of access (read, write, mknod) is decided by the last rule that names the device
 * and it; what no rule names is denied. An open for reading and writing needs both. Behind the
 * given rules come devices_bpf_defaults. */
int devices_bpf_compile(const struct spec_device_rule *rules, size_t n, struct devices_bpf *ret,
			struct err *err);
void devices_bpf_done(struct devices_bpf *program);
#define auto_devices_bpf __attribute__((cleanup(devices_bpf_done)))

/* What every container may do, as with runc and crun: specs that deny all devices rely on it,
 * since it comes last. mknod of anything (a node that can't be opened is a name only), the
 * devices of config-linux.md (Default Devices), terminals, and tun. */
#define DEVICES_BPF_DEFAULTS 11
extern const struct spec_device_rule devices_bpf_defaults[DEVICES_BPF_DEFAULTS];

#endif
