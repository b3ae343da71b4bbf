/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysinfo_jail: the system calls that are left to the tiny program of sysinfo_main.c.
 */
#ifndef RUNTIME_KERNEL_SYSINFO_JAIL_H
#define RUNTIME_KERNEL_SYSINFO_JAIL_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

#include "runtime/kernel/sysinfo_calls.h"

/* Nothing is left to do but this; whatever a caller might make of us, no file can be opened. */
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ALLOW(nr)                                             \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##nr, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define MKNOD_CALLS 13 /* of ALLOW below that are for it */
#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#else
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

/* With mknod, what it takes to go where a caller is: with the rights of the container's own root,
 * and with a root folder in which nothing is (sysinfo.c). */
static inline int confine(bool mknod)
{
	struct sock_filter filter[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		ALLOW(ppoll),
		ALLOW(ioctl),
		ALLOW(pread64),
		ALLOW(process_vm_writev),
		ALLOW(clock_gettime),
		ALLOW(sysinfo),
		ALLOW(accept4),
		ALLOW(recvmsg),
		ALLOW(write),
		ALLOW(close),
		ALLOW(clone),
		ALLOW(waitid),
		ALLOW(pidfd_open),
		ALLOW(pidfd_send_signal),
		ALLOW(getpid),
		ALLOW(getppid),
		ALLOW(restart_syscall),
		ALLOW(exit_group),
		BPF_JUMP(BPF_JMP | BPF_JA, mknod ? 0 : MKNOD_CALLS * 2, 0, 0),
		ALLOW(process_vm_readv),
		ALLOW(openat),
		ALLOW(openat2),
		ALLOW(newfstatat),
		ALLOW(setns),
		ALLOW(fchdir),
		ALLOW(chroot),
		ALLOW(open_tree),
		ALLOW(move_mount),
		ALLOW(setfsuid),
		ALLOW(setfsgid),
		ALLOW(fchmodat),
		ALLOW(unlinkat),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };

	if (CALL(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)CALL(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, ENTRY_PTR(&program));
}

#endif
