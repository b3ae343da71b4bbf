/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel: puts an uncompressed x86-64 Linux (vmlinux, an ELF file) into guest memory.
 *
 * Whole pages of it are mapped privately from the file, so that guests share them with each other and
 * with the page cache; the file must stay as it is while a guest runs. The entry is PVH's (Xen's
 * "include/public/arch-x86/hvm/start_info.h"): 32-bit protected mode without paging.
 */
#ifndef KVMSHIM_VMM_KERNEL_H
#define KVMSHIM_VMM_KERNEL_H

#include "kvmshim/vmm/memory.h"

struct kernel {
	uint32_t entry;   /* physical */
	uint64_t end_gpa; /* behind its last byte, .bss too */
};

/* `name` names the file in errors. ERR_INPUT: it is no such kernel, has no PVH entry, or does not fit
 * into memory. */
int kernel_load(const struct memory *memory, int fd, const char *name, struct kernel *ret,
		struct err *err);

#endif
