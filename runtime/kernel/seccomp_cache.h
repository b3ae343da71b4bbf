/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp_cache: compiled programs on disk, by all that they were compiled from.
 *
 * One file a program, named by a hash of its key. It holds the whole key, so two profiles whose
 * hashes collide (by chance or by intent) never get each other's program: the hash need not be
 * a cryptographic one. A file counts only if it is the runtime's own, nobody else can write it,
 * and its checksum is right; any other is removed.
 */
#ifndef RUNTIME_KERNEL_SECCOMP_CACHE_H
#define RUNTIME_KERNEL_SECCOMP_CACHE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/str.h"
#include "runtime/spec/spec.h"

/* More files than this: those not read for the longest time go. */
#define SECCOMP_CACHE_ENTRIES 256
/* A larger one is not kept. */
#define SECCOMP_CACHE_ENTRY_BYTES (256U << 10)

/* What the program depends on: the section but for its flags and its listener, the kernel, the
 * library and our own compiler's version. */
void seccomp_cache_key(const struct spec_seccomp *sec, struct strbuf *key);

/* True: *ret_memory is the caller's to free, *ret points into it. */
bool seccomp_cache_load(const char *dir, const struct strbuf *key, void **ret_memory,
			struct sock_filter **ret, unsigned short *ret_len);

/* Makes the folder (0700) where it is missing. What fails is logged for debugging only. */
void seccomp_cache_store(const char *dir, const struct strbuf *key,
			 const struct sock_filter *filter, unsigned short len);

#endif
