/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confcheck: is a CT's conf as it should be: is each value one that its key may have, and do the
 * barriers of beancounters not exceed their limits (OpenVZ's vzcfgvalidate)? What the file is as
 * text, conf.h has checked.
 */
#ifndef RUNTIME_CT_CONFCHECK_H
#define RUNTIME_CT_CONFCHECK_H

#include <stdbool.h>

#include "runtime/ct/ct.h"

struct confcheck {
	struct ct *ct;
	bool repair;                    /* ct->conf is edited where that makes it right */
	void (*tell)(const char *text); /* a line for each fault: "FILE:LINE: …" */
	unsigned int faults;            /* that are still there */
	unsigned int repaired;
};

void confcheck_run(struct confcheck *check);

#endif
