/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp_compile: a seccomp section into a BPF program, by libseccomp.
 */
#ifndef RUNTIME_KERNEL_SECCOMP_COMPILE_H
#define RUNTIME_KERNEL_SECCOMP_COMPILE_H

#include <linux/filter.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* *ret is the caller's to free; *ret_len is at most BPF_MAXINSNS. */
int seccomp_compile(const struct spec_seccomp *sec, struct sock_filter **ret,
		    unsigned short *ret_len, struct err *err);

#endif
