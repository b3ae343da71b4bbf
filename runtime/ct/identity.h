/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity: what each CT must have for itself and a template or another CT brings along: its
 * machine id, its SSH host keys, seeds of random numbers, the minute of its cron jobs.
 */
#ifndef RUNTIME_CT_IDENTITY_H
#define RUNTIME_CT_IDENTITY_H

#include <stdbool.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"
#include "runtime/ct/dist_file.h"

/* In the CT's tree with the owners on disk: a new /etc/machine-id, which D-Bus's leads to; no host
 * keys and seeds; no account that a password of no letters opens. */
int identity_renew(const struct dist_tree *tree, struct err *err);

/* Does its sshd lack host keys? They are made by the CT's own ssh-keygen, before the first start:
 * Debian's sshd does not start without. */
bool identity_lacks_host_keys(const char *root);

/* The crontab(5) text with other minutes for the jobs of run-parts: or all CTs would do their daily
 * work at once. `random` is drawn from. Pure. */
void identity_spread_cron(const char *text, unsigned int random, struct strbuf *out);

#endif
