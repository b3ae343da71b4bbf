/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry: the last steps into a container, as a list of system calls that ends in execve.
 *
 * What makes a process the container's own (seccomp filter, bounding set, groups, ids,
 * capabilities, execve) is planned into one block of memory and then performed either in place
 * or by a tiny program of its own (entry_main.c, a static ELF of one page without libc, run
 * from a sealed memfd). The second way is for containers without a user namespace of their
 * own: there /proc/self/exe, which the container's program can name in a script's first line
 * or as an ELF interpreter, must never lead to a file of the host (CVE-2019-5736). It costs
 * 0.1 ms where a second exec of the whole runtime costs 0.5 ms.
 *
 * The block lies at ENTRY_BASE in both programs, so pointers in it hold in both. It is far from
 * where the kernel puts programs, libraries and stacks, and from the sanitizers' shadow memory.
 */
#ifndef RUNTIME_KERNEL_ENTRY_H
#define RUNTIME_KERNEL_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"

#define ENTRY_BASE 0x200000000000UL

/* What a call is for: words the error. Order of the list below = entry_step_text's. */
enum entry_step {
	ENTRY_KEYRING,
	ENTRY_LABEL,
	ENTRY_SECCOMP,
	ENTRY_BOUNDING,
	ENTRY_KEEPCAPS,
	ENTRY_GROUPS,
	ENTRY_GID,
	ENTRY_UID,
	ENTRY_CAPS,
	ENTRY_AMBIENT,
	ENTRY_NO_NEW_PRIVS,
	ENTRY_UMASK,
	ENTRY_CWD,
	ENTRY_RLIMIT,
	ENTRY_FDS,
	ENTRY_EXEC,
	ENTRY_STEPS
};

struct entry_call {
	int32_t nr;        /* system call number */
	uint16_t step;     /* enum entry_step */
	uint16_t may_fail; /* an errno value that is no failure, or 0 */
	uint64_t arg[6];   /* ENTRY_RESULT: what the call before returned */
};
#define ENTRY_RESULT 0x8000000000000000UL

/* At the start of the block. */
struct entry_block {
	uint64_t bytes;    /* of the whole block */
	uint32_t calls;    /* how many there are */
	int32_t report_fd; /* where a failure is told (struct entry_fault), -1: nowhere */
	struct entry_call *call;
};

/* What a failed call leaves on report_fd: one datagram. */
struct entry_fault {
	uint32_t magic; /* ENTRY_FAULT_MAGIC */
	uint16_t step;
	uint16_t error; /* errno */
};
#define ENTRY_FAULT_MAGIC 0x767a6665U

/* The builder: calls are added in the order in which they will be made. The first thing that
 * does not fit sets `failed`; entry_ready reports it. */
struct entry {
	struct entry_block *block;
	size_t used, room;
	int failed;
};

#define ENTRY_MAX_CALLS 128

/* Maps the block, with room for data_bytes of entry_data besides the calls. */
int entry_init(struct entry *e, size_t data_bytes, struct err *err);
void entry_done(struct entry *e);

/* Copies data into the block; NULL when it does not fit. */
void *entry_data(struct entry *e, const void *data, size_t len);
/* Copies a NULL-terminated list of strings. */
char **entry_strv(struct entry *e, char *const *v);

void entry_add(struct entry *e, enum entry_step step, int may_fail, long nr, uint64_t a0,
	       uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
#define ENTRY_PTR(p) ((uint64_t)(uintptr_t)(p))

/* Did all of it fit? */
int entry_ready(const struct entry *e, struct err *err);

/* Makes the calls here. Returns only on failure: the fault was sent to report_fd. */
void entry_perform(struct entry *e, int report_fd);

/* Becomes the tiny program, which makes the calls. Returns only when that fails: -1, err. */
int entry_become(struct entry *e, int report_fd, struct err *err);

/* The fault as an error; `program` names what was to be run. */
int entry_fault_err(const struct entry_fault *fault, const char *program, struct err *err);

#endif
