/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tiny program of entry.h: an ELF file of one page whose second segment is the entry
 * block, mapped by the kernel at ENTRY_BASE. It makes the block's calls and ends.
 */
#include "runtime/kernel/entry_calls.h"

/* Holds the segment's place; its size in the file is patched in by entry_become. */
__attribute__((section(".block"), used)) static struct entry_block block = { .report_fd = -1 };

__attribute__((noreturn, used)) void _start(void);

void _start(void)
{
	const uint64_t status[6] = { 126 };

	entry_run_calls((const struct entry_block *)ENTRY_BASE);
	for (;;)
		entry_syscall(__NR_exit_group, status);
}
