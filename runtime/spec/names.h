/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names: the words of the specification and the numbers that they stand for. The parser looks
 * them up, `features` lists them.
 */
#ifndef RUNTIME_SPEC_NAMES_H
#define RUNTIME_SPEC_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names_row {
	const char *name;
	uint32_t value;
};

/* Rows are sorted by name (strcmp's order). */
struct names_table {
	const char *noun; /* "capability": for the error about a word that is not there */
	const struct names_row *rows;
	size_t n;
};

/* The row, or NULL. */
const struct names_row *names_find(const struct names_table *table, const char *name);

extern const struct names_table names_capabilities;      /* CAP_…: the bit's number */
extern const struct names_table names_rlimits;           /* RLIMIT_… */
extern const struct names_table names_sched_policies;    /* SCHED_… */
extern const struct names_table names_sched_flags;       /* SCHED_FLAG_… */
extern const struct names_table names_io_classes;        /* IOPRIO_CLASS_… */
extern const struct names_table names_memory_modes;      /* MPOL_… */
extern const struct names_table names_memory_flags;      /* MPOL_F_… */
extern const struct names_table names_namespaces;        /* enum spec_ns */
extern const struct names_table names_seccomp_actions;   /* enum spec_seccomp_action */
extern const struct names_table names_seccomp_archs;     /* no number */
extern const struct names_table names_seccomp_flags;     /* SECCOMP_FILTER_FLAG_… */
extern const struct names_table names_seccomp_operators; /* spec_seccomp_arg.op */
extern const struct names_table names_personalities;     /* PER_… */
extern const struct names_table names_root_propagations; /* MS_…: linux.rootfsPropagation */

#endif
