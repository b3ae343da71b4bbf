/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lastrun: which CTs are to run again when the host comes up: those that were started and not
 * stopped since, be it by a clean end of the host or by a power cut.
 *
 * An empty file LOCKDIR/CTID.running each. It comes and goes without a sync of the disk, which
 * would cost more than the start itself: the file system has it there within seconds.
 */
#ifndef RUNTIME_CT_LASTRUN_H
#define RUNTIME_CT_LASTRUN_H

#include <stdbool.h>

#include "runtime/ct/ct.h"

/* What can't be written is warned of: the CT runs. */
void lastrun_set(const struct ct *ct);
void lastrun_clear(const struct ct *ct);
bool lastrun_get(const struct ct *ct);

/* What was set and cleared until now lasts through a power cut. */
int lastrun_sync(const struct vz *vz, struct err *err);

#endif
