/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stale: what a power cut or a killed verb left on disk and no verb would come by: locks whose
 * holder is gone, half-written confs, half-made and half-removed private areas, names of CTs that
 * are no more, empty root folders. What a verb works on is left alone. Each is told of; what can't
 * be removed is warned of.
 */
#ifndef RUNTIME_CT_STALE_H
#define RUNTIME_CT_STALE_H

#include "runtime/ct/vz.h"

/* Before any CT is started. */
void stale_locks(const struct vz *vz);
/* Behind: it may take long. */
void stale_files(const struct vz *vz);

#endif
