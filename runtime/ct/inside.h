/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inside: commands and scripts of a user's in a CT, in OpenVZ's ways: exec, exec2, exec3, enter,
 * runscript. All run as its root, with OpenVZ's few variables.
 */
#ifndef RUNTIME_CT_INSIDE_H
#define RUNTIME_CT_INSIDE_H

#include "runtime/ct/ct.h"

enum inside_how {
	INSIDE_SHELL, /* exec, exec2: the words with blanks between, for a shell; "-": what comes in */
	INSIDE_ARGS, /* exec3: a program and its arguments */
};

/* Runs it in the running CT with our input and output; its exit status as a shell gives it. There
 * is at least one word. VZ_NOT_RUNNING. */
int inside_exec(const struct ct *ct, enum inside_how how, char *const *words, int *ret_status,
		struct err *err);

/* A login shell, in the terminal we have where there is one; with words (or NULL) it runs these.
 * VZ_NOT_RUNNING. */
int inside_enter(const struct ct *ct, char *const *words, int *ret_status, struct err *err);

/* The host's file, by the CT's shell. A CT that does not run is mounted for it, and the script runs
 * in namespaces and a cgroup of the CT's ids, without network, init and action scripts. */
int inside_script(const struct ct *ct, const char *path, int *ret_status, struct err *err);

/* A program of the CT's, in the same way, of one that is mounted with its own ids and does not run.
 * What it prints goes nowhere. */
struct storage;
int inside_alone(const struct ct *ct, const struct storage *storage, const char *const *args,
		 int *ret_status, struct err *err);

/* While it is up as for a start but for its first process, which never runs; mounted likewise. */
int inside_held(const struct ct *ct, const struct storage *storage,
		int (*run)(const void *arg, struct err *err), const void *arg, struct err *err);

#endif
