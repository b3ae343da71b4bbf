/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctmount: mounting a CT and letting it go again, with the action scripts around it.
 */
#ifndef RUNTIME_CT_CTMOUNT_H
#define RUNTIME_CT_CTMOUNT_H

#include <stdbool.h>

#include "runtime/ct/ct.h"
#include "runtime/ct/storage.h"

/* Is there a private area to mount? VZ_ERR(VZ_NO_PRIVATE). */
int ctmount_check(const struct storage *storage, struct err *err);

/* premount scripts, the mount, mount scripts. Nothing is mounted if one of them fails. It is
 * mounted for the host: the owners of files are those on disk, so the host's root can write. */
int ctmount_up(const struct ct *ct, const struct storage *storage, struct err *err);

/* The same for its start: then all has the CT's ids, what scripts mounted below it too. */
int ctmount_for_start(const struct ct *ct, const struct storage *storage, struct err *err);

/* What is mounted for the host gets the CT's ids. */
int ctmount_hand_over(const struct ct *ct, const struct storage *storage, struct err *err);

/* And back. */
int ctmount_take_back(const struct storage *storage, struct err *err);

/* first_id of what is mounted: the CT's, or 0 where it is for the host. */
uint32_t ctmount_ids(const struct storage *storage);

/* umount scripts, the unmount, postumount scripts. A script that fails leaves it mounted. */
int ctmount_down(const struct ct *ct, const struct storage *storage, struct err *err);

/* The same where something else failed already: what can't be done is logged. */
void ctmount_undo(const struct ct *ct, const struct storage *storage);

#endif
