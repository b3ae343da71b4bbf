/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry_calls: the loop over an entry block, for both programs that perform one. Needs no libc.
 */
#ifndef RUNTIME_KERNEL_ENTRY_CALLS_H
#define RUNTIME_KERNEL_ENTRY_CALLS_H

#include "runtime/kernel/entry.h"

#include <asm/unistd.h>

/* A raw system call: the kernel's answer, -errno on failure. */
static inline long entry_syscall(long nr, const uint64_t arg[6])
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = (long)arg[3];
	register long r8 __asm__("r8") = (long)arg[4];
	register long r9 __asm__("r9") = (long)arg[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(arg[0]), "S"(arg[1]), "d"(arg[2]), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = (long)arg[0];
	register long x1 __asm__("x1") = (long)arg[1];
	register long x2 __asm__("x2") = (long)arg[2];
	register long x3 __asm__("x3") = (long)arg[3];
	register long x4 __asm__("x4") = (long)arg[4];
	register long x5 __asm__("x5") = (long)arg[5];

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
#error "entry_syscall: unknown architecture"
#endif
}

/* Makes the calls one after the other. Returns at the first that fails, after telling
 * report_fd: the last of a good block is execve, which does not return. */
static inline void entry_run_calls(const struct entry_block *block)
{
	long ret = 0;

	for (uint32_t i = 0; i < block->calls; i++) {
		const struct entry_call *call = &block->call[i];
		struct entry_fault fault;
		uint64_t arg[6];

		for (int j = 0; j < 6; j++)
			arg[j] = call->arg[j] == ENTRY_RESULT ? (uint64_t)ret : call->arg[j];
		ret = entry_syscall(call->nr, arg);
		if (ret >= 0 || -ret == call->may_fail)
			continue;
		fault.magic = ENTRY_FAULT_MAGIC;
		fault.step = call->step;
		fault.error = (uint16_t)-ret;
		arg[0] = (uint64_t)block->report_fd;
		arg[1] = ENTRY_PTR(&fault);
		arg[2] = sizeof(fault);
		entry_syscall(__NR_write, arg);
		return;
	}
}

#endif
