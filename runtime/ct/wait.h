/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait: until a started CT has come up: systemd its default target, another init its runlevel.
 */
#ifndef RUNTIME_CT_WAIT_H
#define RUNTIME_CT_WAIT_H

#include "runtime/ct/ct.h"

/* systemd is asked (`systemctl is-system-running`): "running" and "degraded" mean that it is up. Any
 * other init tells nobody, so it is up when none of its rc scripts was seen for a while. VZ_WAIT:
 * it ended instead, went to its rescue shell, or is not up after an hour. */
int wait_booted(const struct ct *ct, struct err *err);

#endif
