/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bus: where the virtio devices are in the guest's physical address space, a page each from BUS_GPA
 * on, and whose access is whose.
 */
#ifndef KVMSHIM_VMM_BUS_H
#define KVMSHIM_VMM_BUS_H

#include <stdbool.h>

#include "kvmshim/vmm/acpi.h"
#include "kvmshim/vmm/virtio.h"

#define BUS_GPA 0xd0000000U
#define BUS_FIRST_GSI 5U    /* those below are legacy devices' */
#define BUS_DEVICES_MAX 19U /* the I/O APIC has 24 inputs */

struct bus {
	struct virtio_device *devices[BUS_DEVICES_MAX];
	unsigned int n;
};

/* ENOSPC: there are BUS_DEVICES_MAX. The device must outlive the bus. */
int bus_add(struct bus *bus, struct virtio_device *device, struct err *err);

static inline uint32_t bus_gpa(unsigned int n)
{
	return BUS_GPA + n * VIRTIO_MMIO_BYTES;
}

/* What ACPI tells of them. Returns their number. */
unsigned int bus_describe(const struct bus *bus, struct acpi_device ret[BUS_DEVICES_MAX]);

/* A processor's access of 1 to 8 bytes. Where no device is, all bits read as 1. */
void bus_access(const struct bus *bus, uint64_t gpa, void *data, unsigned int len, bool write);

#endif
