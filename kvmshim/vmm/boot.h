/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot: what the kernel is told at its PVH entry: command line, initramfs, where RAM is, where the
 * ACPI tables are (Xen's struct hvm_start_info); and the state of the processor that begins.
 */
#ifndef KVMSHIM_VMM_BOOT_H
#define KVMSHIM_VMM_BOOT_H

#include "kvmshim/vmm/memory.h"

#define BOOT_COMMAND_LINE_MAX 2047U /* of x86's Linux */

#define BOOT_GDT_GPA 0x500ULL
#define BOOT_INFO_GPA 0x6000ULL /* struct hvm_start_info, for %ebx */

struct boot {
	const char *command_line;
	int initrd_fd;           /* or -1 */
	const char *initrd_name; /* in errors */
	uint64_t kernel_end_gpa; /* the initramfs lies behind it */
	uint64_t rsdp_gpa;
};

/* Writes all of it into guest memory. ERR_INPUT: the command line is too long, or the initramfs does
 * not fit behind the kernel. */
int boot_write(const struct memory *memory, const struct boot *boot, struct err *err);

/* The four descriptors at BOOT_GDT_GPA: none, code, data, task. */
#define BOOT_GDT_BYTES 32U
enum { BOOT_CODE = 8, BOOT_DATA = 16, BOOT_TASK = 24 };

#endif
