/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/bus.h"

#include <errno.h>
#include <string.h>

int bus_add(struct bus *bus, struct virtio_device *device, struct err *err)
{
	if (bus->n == BUS_DEVICES_MAX)
		return err_set(err, ENOSPC, "more than %u devices in a guest", BUS_DEVICES_MAX);
	bus->devices[bus->n++] = device;
	return 0;
}

unsigned int bus_describe(const struct bus *bus, struct acpi_device ret[BUS_DEVICES_MAX])
{
	for (unsigned int i = 0; i < bus->n; i++)
		ret[i] = (struct acpi_device){ bus_gpa(i), VIRTIO_MMIO_BYTES, BUS_FIRST_GSI + i };
	return bus->n;
}

void bus_access(const struct bus *bus, uint64_t gpa, void *data, unsigned int len, bool write)
{
	const uint64_t offset = gpa - BUS_GPA, n = offset / VIRTIO_MMIO_BYTES;

	if (gpa < BUS_GPA || n >= bus->n) {
		if (!write)
			memset(data, 0xff, len);
	} else if (write) {
		virtio_write(bus->devices[n], offset % VIRTIO_MMIO_BYTES, data, len);
	} else {
		virtio_read(bus->devices[n], offset % VIRTIO_MMIO_BYTES, data, len);
	}
}
