/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysctl: kernel parameters of the container's namespaces.
 */
#ifndef RUNTIME_KERNEL_SYSCTL_H
#define RUNTIME_KERNEL_SYSCTL_H

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* Writes linux.sysctl, whose keys the parser made paths below /proc/sys of namespaces that the
 * container has. The caller is in these namespaces; procfd is a trusted /proc. */
int sysctl_apply(int procfd, const struct spec *spec, struct err *err);

#endif
