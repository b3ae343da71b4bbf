/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cni_gc: which attachments a network has, and removing those that the runtime has lost. An empty file for
 * each in NET_STATE_DIR/cni/NETWORK.
 */
#ifndef NETSETUP_VZNET_CNI_GC_H
#define NETSETUP_VZNET_CNI_GC_H

#include "netsetup/vznet/cni.h"

/* Before it is made. *ret_new: it was not noted yet. */
int cni_gc_note(const struct cni *cni, bool *ret_new, struct err *err);
/* Whether the network has an attachment. */
bool cni_gc_any(const char *network);
void cni_gc_forget(const char *network, const char *id);

/* Removes all of the network but cni.dev/valid-attachments. What can't be removed is an error after the
 * others were. */
int cni_gc(const struct cni *cni, struct err *err);

#endif
