/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices: the nodes and links of a container's /dev (config-linux.md, Default Devices), and the
 * spec's own devices.
 */
#ifndef RUNTIME_KERNEL_DEVICES_H
#define RUNTIME_KERNEL_DEVICES_H

#include <stdbool.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* Before rootfs_enter. bind_nodes: in a user namespace, where mknod(2) is refused, the host's
 * nodes are bound instead. */
int devices_make(int root_fd, const struct spec *spec, bool bind_nodes, struct err *err);

#endif
