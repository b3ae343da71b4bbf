/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rng: the entropy device (virtio 1.2, 5.4): random bytes of the host's.
 */
#ifndef KVMSHIM_VMM_RNG_H
#define KVMSHIM_VMM_RNG_H

#include "kvmshim/vmm/virtio.h"

void rng_init(struct virtio_device *device, const struct memory *memory);

#endif
