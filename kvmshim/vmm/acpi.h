/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acpi: the tables by which a stock kernel finds processors, the interrupt controller and the virtio
 * devices (ACPI 6.4; virtio-mmio devices as "LNRO0005"), in hardware-reduced form: no legacy device
 * is there to be looked for.
 */
#ifndef KVMSHIM_VMM_ACPI_H
#define KVMSHIM_VMM_ACPI_H

#include "kvmshim/vmm/memory.h"

#define ACPI_GPA 0xe0000ULL /* the tables lie here, below 1 MiB, */
#define ACPI_BYTES 0x10000ULL
#define ACPI_RESET_PORT 0x600U /* a byte that is written here resets the machine */
#define ACPI_CPUS_MAX 255U
#define ACPI_DEVICES_MAX 64U

struct acpi_device {
	uint32_t gpa, bytes; /* its registers */
	uint32_t gsi;        /* its interrupt: an edge, active high */
};

struct acpi_machine {
	unsigned int n_cpus;
	uint32_t apic_gpa, ioapic_gpa;
	const struct acpi_device *devices;
	unsigned int n_devices;
};

/* Writes them into guest memory. *ret_rsdp: where they begin. ERR_INPUT: more processors or devices
 * than there can be; ENOSPC: they don't fit. */
int acpi_write(const struct memory *memory, const struct acpi_machine *machine, uint64_t *ret_rsdp,
	       struct err *err);

#endif
