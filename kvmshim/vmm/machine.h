/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine: one guest, from its parts to its end.
 */
#ifndef KVMSHIM_VMM_MACHINE_H
#define KVMSHIM_VMM_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"

struct machine_options {
	const char *kernel, *initrd; /* files; the initramfs may be NULL */
	const char *command_line;    /* beside what every guest gets, or NULL */
	uint64_t memory_bytes;
	unsigned int n_cpus;
	bool serial; /* the kernel's messages go to stderr */
	/* Where the host's programs reach the guest's ports (vsock.h), or NULL; the guest reaches the
	 * host's port N at the Unix socket "<vsock>_N". */
	const char *vsock;
};

/* Runs it until it resets itself. ERR_INPUT: a kernel or initramfs that is none. */
int machine_run(const struct machine_options *options, struct err *err);

#endif
