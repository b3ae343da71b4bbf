/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * program: from a process inside the container to the program the spec asks for: its working
 * directory, its file, and the last steps (kernel/entry.h). For the init and for exec alike.
 */
#ifndef RUNTIME_CONTAINER_PROGRAM_H
#define RUNTIME_CONTAINER_PROGRAM_H

#include <stdbool.h>

#include "runtime/base/err.h"
#include "runtime/kernel/lsm.h"
#include "runtime/kernel/seccomp.h"
#include "runtime/spec/spec.h"

struct program {
	const struct spec_process *process;
	char *const *more_env; /* replaces what the spec says of the same names; or NULL */
	const struct seccomp_program *seccomp; /* NULL: no filter */
	char *path;                            /* what execve is given */
	char **env;       /* all of it, with HOME where it lacks that; NULL: the spec's */
	bool cwd_later;   /* the folder is closed to root: entered as the user */
	bool in_place;    /* no need of the tiny program */
	bool rlimits_set; /* the parent sets them: it may raise what a user namespace may not */
	struct lsm_labels labels;
	unsigned int first_fd; /* that is not the program's */
	int proc_fd;           /* a trusted /proc; used where there are labels */
};

/* Are the container's ids, all in a user namespace of its own, none that could write to our own
 * file? Then no harm is done by reaching it through /proc. For the parent, on the host's /proc. */
bool program_may_be_in_place(const struct spec *spec);

/* A session of its own, with the terminal `peer` (-1: none) as stdio, and a session keyring
 * where asked for; signals as a program expects them. */
int program_session(int peer, bool new_keyring, struct err *err);

/* In the container's root: enters the working directory (made where it is missing, as runc
 * does), and finds the program along PATH. ERR_NO_PROGRAM: it is not there, or can't be
 * executed. */
int program_prepare(struct program *program, struct err *err);
void program_done(struct program *program);

/* Becomes it. Returns only on failure, which has been told to report_fd as a struct entry_fault
 * or stands in err (then -1 is returned and nothing was told). */
int program_become(struct program *program, int report_fd, struct err *err);

#endif
