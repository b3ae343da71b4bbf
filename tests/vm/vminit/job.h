/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job: runs the command that the VM is there for.
 */
#ifndef TESTS_VM_VMINIT_JOB_H
#define TESTS_VM_VMINIT_JOB_H

/* What to run. The lists end with NULL. */
struct job {
	char **argv;
	char **env;
	const char *cwd;
};

/* Reads the lists of that folder. */
void job_load(struct job *ret_job, const char *folder);

/* Runs the job, passes its output on to the ports "out" and "err", and reports its end on port
 * "status": see main.c. */
void job_run(const struct job *job);

#endif
