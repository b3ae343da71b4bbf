/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which system calls make, change or remove something that a program must check: processes,
 * namespaces, mounts, files, sockets, ids, limits, and writes to files (kernel ones above all).
 */
#ifndef TESTS_FAULTS_CALLS_H
#define TESTS_FAULTS_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What process PID, stopped at the entry of a call, is about to do. */
struct call {
	pid_t pid;
	uint64_t nr;
	const uint64_t *args; /* six */
};

bool call_creates(const struct call *call);

/* Writes "name(arguments)" of a call that creates. */
void call_describe(const struct call *call, char *text, size_t size);

#endif
