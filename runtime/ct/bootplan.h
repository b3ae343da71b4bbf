/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootplan: which CTs come up with the host, in which order, how many at once. Pure.
 *
 * As in OpenVZ: those with ONBOOT=yes, and of the others those that ran when the host went down,
 * but for ONBOOT=no; a higher BOOTORDER earlier, without one last. The way down is the way back.
 */
#ifndef RUNTIME_CT_BOOTPLAN_H
#define RUNTIME_CT_BOOTPLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/ct/ctid.h"

struct bootplan_ct {
	uint32_t ctid;
	char id[CTID_SIZE];
	int64_t order; /* -1: none */
};

/* By the values of ONBOOT and DISABLED, NULL where there is none. */
bool bootplan_wants(const char *onboot, const char *disabled, bool ran);

/* Of BOOTORDER; what is no number from 0 up is as none. */
int64_t bootplan_order(const char *text);

/* down: for the end of the host. */
void bootplan_sort(struct bootplan_ct *list, size_t n, bool down);

/* How many at once: the value of VE_PARALLEL, or (NULL, "" or "0") four a processor. */
int bootplan_parallel(const char *text, unsigned int processors, unsigned int *ret,
		      struct err *err);

#endif
