/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/acpi.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "runtime/base/mem.h"

/* All tables are packed and little-endian (ACPI 6.4, 5.2). */
#define PACKED __attribute__((packed))

struct table_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem_id[6], oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} PACKED;

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum, reserved[3];
} PACKED;

struct address { /* a generic address structure */
	uint8_t space, bits, offset, access;
	uint64_t at;
} PACKED;

struct fadt {
	struct table_header header;
	uint8_t until_boot_flags[109 - 36];
	uint16_t boot_flags;
	uint8_t reserved;
	uint32_t flags;
	struct address reset;
	uint8_t reset_value;
	uint8_t until_minor[131 - 129];
	uint8_t minor_version;
	uint8_t until_x_dsdt[140 - 132];
	uint64_t x_dsdt;
	uint8_t until_vendor[268 - 148];
	char hypervisor_vendor[8];
} PACKED;

struct madt {
	struct table_header header;
	uint32_t apic_gpa, flags;
} PACKED;

struct madt_cpu {
	uint8_t type, length, uid, apic_id;
	uint32_t flags;
} PACKED;

struct madt_ioapic {
	uint8_t type, length, id, reserved;
	uint32_t gpa, gsi_base;
} PACKED;

enum {
	FADT_REVISION = 6,
	FADT_MINOR = 4,
	BOOT_NO_VGA = 1 << 2,
	BOOT_NO_RTC = 1 << 5,
	FLAG_NO_POWER_BUTTON = 1 << 4,
	FLAG_NO_SLEEP_BUTTON = 1 << 5,
	FLAG_RESET = 1 << 10,
	FLAG_HW_REDUCED = 1 << 20,
	SPACE_IO = 1,
	MADT_CPU = 0,
	MADT_IOAPIC = 1,
	CPU_ENABLED = 1,
	TABLE_ALIGN = 16,
};

struct writer {
	const struct memory *memory;
	uint64_t next;
	bool full;
};

static uint8_t checksum(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint8_t sum = 0;

	while (len--)
		sum = (uint8_t)(sum + *bytes++);
	return (uint8_t)-sum;
}

static uint64_t put(struct writer *writer, const void *data, size_t len)
{
	const uint64_t gpa = writer->next;

	if (len > ACPI_GPA + ACPI_BYTES - gpa || memory_write(writer->memory, gpa, data, len) < 0)
		writer->full = true;
	else
		writer->next = (gpa + len + TABLE_ALIGN - 1) & ~(uint64_t)(TABLE_ALIGN - 1);
	return gpa;
}

static uint64_t put_table(struct writer *writer, struct table_header *table, const char *signature,
			  uint8_t revision, size_t len)
{
	memcpy(table->signature, signature, sizeof(table->signature));
	memcpy(table->oem_id, "VZRUN ", sizeof(table->oem_id));
	memcpy(table->oem_table_id, "KVMSHIM ", sizeof(table->oem_table_id));
	memcpy(table->creator_id, "VZRN", sizeof(table->creator_id));
	table->length = (uint32_t)len;
	table->revision = revision;
	table->oem_revision = table->creator_revision = 1;
	table->checksum = 0;
	table->checksum = checksum(table, len);
	return put(writer, table, len);
}

/*
 * One device in AML (ACPI 6.4, 20.2), \_SB.Vnn:
 *
 *	Device (Vnn) {
 *		Name (_HID, "LNRO0005")
 *		Name (_UID, nn)
 *		Name (_CCA, 1)
 *		Name (_CRS, ResourceTemplate () {
 *			Memory32Fixed (ReadWrite, gpa, bytes)
 *			Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { gsi }
 *		})
 *	}
 */
struct aml_device {
	uint8_t device_op[2], package_length[2];
	char name[4];
	uint8_t hid_name[5];
	uint8_t hid_string;
	char hid[9];
	uint8_t uid_name[5], uid_byte, uid;
	uint8_t cca_name[5], cca_one;
	uint8_t crs_name[5], buffer_op, buffer_length, size_byte, size;
	uint8_t memory_tag;
	uint16_t memory_length;
	uint8_t memory_writable;
	uint32_t gpa, bytes;
	uint8_t interrupt_tag;
	uint16_t interrupt_length;
	uint8_t interrupt_flags, interrupt_count;
	uint32_t gsi;
	uint8_t end_tag[2];
} PACKED;

#define NAME(a, b, c, d)                 \
	{                                \
		0x08, (a), (b), (c), (d) \
	}

static void device_fill(struct aml_device *aml, const struct acpi_device *device, unsigned int n)
{
	static const char digits[] = "0123456789ABCDEF";
	const size_t package = sizeof(*aml) - sizeof(aml->device_op);
	const size_t resources = sizeof(*aml) - offsetof(struct aml_device, memory_tag);

	*aml = (struct aml_device){
		.device_op = { 0x5b, 0x82 },
		.package_length = { (uint8_t)(0x40 | (package & 0xf)), (uint8_t)(package >> 4) },
		.name = { 'V', '0', digits[n >> 4], digits[n & 0xf] },
		.hid_name = NAME('_', 'H', 'I', 'D'),
		.hid_string = 0x0d,
		.hid = "LNRO0005",
		.uid_name = NAME('_', 'U', 'I', 'D'),
		.uid_byte = 0x0a,
		.uid = (uint8_t)n,
		.cca_name = NAME('_', 'C', 'C', 'A'),
		.cca_one = 0x01,
		.crs_name = NAME('_', 'C', 'R', 'S'),
		.buffer_op = 0x11,
		.buffer_length = (uint8_t)(resources + 3),
		.size_byte = 0x0a,
		.size = (uint8_t)resources,
		.memory_tag = 0x86,
		.memory_length = 9,
		.memory_writable = 1,
		.gpa = device->gpa,
		.bytes = device->bytes,
		.interrupt_tag = 0x89,
		.interrupt_length = 6,
		.interrupt_flags = 0x03, /* consumer, edge, active high, exclusive */
		.interrupt_count = 1,
		.gsi = device->gsi,
		.end_tag = { 0x79, 0 },
	};
}

struct dsdt {
	struct table_header header;
	uint8_t scope_op, package_length[3];
	char scope[5];
	struct aml_device devices[ACPI_DEVICES_MAX];
} PACKED;

static uint64_t dsdt_put(struct writer *writer, const struct acpi_machine *machine)
{
	struct dsdt dsdt = { .scope_op = 0x10, .scope = "\\_SB_" };
	const size_t len =
		offsetof(struct dsdt, devices) + machine->n_devices * sizeof(struct aml_device);
	const size_t package = len - offsetof(struct dsdt, package_length);

	dsdt.package_length[0] = (uint8_t)(0x80 | (package & 0xf));
	dsdt.package_length[1] = (uint8_t)(package >> 4);
	dsdt.package_length[2] = (uint8_t)(package >> 12);
	for (unsigned int i = 0; i < machine->n_devices; i++)
		device_fill(&dsdt.devices[i], &machine->devices[i], i);
	return put_table(writer, &dsdt.header, "DSDT", 2, len);
}

static uint64_t fadt_put(struct writer *writer, uint64_t dsdt)
{
	struct fadt fadt = {
		.boot_flags = BOOT_NO_VGA | BOOT_NO_RTC, /* and no keyboard controller */
		.flags = FLAG_HW_REDUCED | FLAG_RESET | FLAG_NO_POWER_BUTTON | FLAG_NO_SLEEP_BUTTON,
		.reset = { .space = SPACE_IO, .bits = 8, .access = 1, .at = ACPI_RESET_PORT },
		.reset_value = 1,
		.minor_version = FADT_MINOR,
		.x_dsdt = dsdt,
		.hypervisor_vendor = "VZRUN",
	};

	return put_table(writer, &fadt.header, "FACP", FADT_REVISION, sizeof(fadt));
}

static uint64_t madt_put(struct writer *writer, const struct acpi_machine *machine)
{
	struct {
		struct madt madt;
		struct madt_ioapic ioapic;
		struct madt_cpu cpus[ACPI_CPUS_MAX];
	} PACKED all = {
		.madt.apic_gpa = machine->apic_gpa,
		.ioapic = { MADT_IOAPIC, sizeof(struct madt_ioapic), 0, 0, machine->ioapic_gpa, 0 },
	};

	for (unsigned int i = 0; i < machine->n_cpus; i++)
		all.cpus[i] = (struct madt_cpu){ MADT_CPU, sizeof(struct madt_cpu), (uint8_t)i,
						 (uint8_t)i, CPU_ENABLED };
	return put_table(writer, &all.madt.header, "APIC", 5,
			 sizeof(all.madt) + sizeof(all.ioapic) +
				 machine->n_cpus * sizeof(struct madt_cpu));
}

static uint64_t rsdp_put(struct writer *writer, uint64_t fadt, uint64_t madt)
{
	struct {
		struct table_header header;
		uint64_t tables[2];
	} PACKED xsdt = { .tables = { fadt, madt } };
	struct rsdp rsdp = {
		.signature = "RSD PTR ",
		.oem_id = "VZRUN ",
		.revision = 2,
		.length = sizeof(rsdp),
	};

	rsdp.xsdt = put_table(writer, &xsdt.header, "XSDT", 1, sizeof(xsdt));
	rsdp.checksum = checksum(&rsdp, offsetof(struct rsdp, length));
	rsdp.extended_checksum = checksum(&rsdp, sizeof(rsdp));
	return put(writer, &rsdp, sizeof(rsdp));
}

int acpi_write(const struct memory *memory, const struct acpi_machine *machine, uint64_t *ret_rsdp,
	       struct err *err)
{
	struct writer writer = { .memory = memory, .next = ACPI_GPA };
	uint64_t fadt, madt, rsdp;

	if (!machine->n_cpus || machine->n_cpus > ACPI_CPUS_MAX)
		return err_set(err, ERR_INPUT, "a guest of %u processors (1 to %u can be)",
			       machine->n_cpus, ACPI_CPUS_MAX);
	if (machine->n_devices > ACPI_DEVICES_MAX)
		return err_set(err, ERR_INPUT, "a guest of %u devices (%u can be)",
			       machine->n_devices, ACPI_DEVICES_MAX);
	fadt = fadt_put(&writer, dsdt_put(&writer, machine));
	madt = madt_put(&writer, machine);
	rsdp = rsdp_put(&writer, fadt, madt);
	if (writer.full)
		return err_set(err, ENOSPC, "no room in guest memory for the ACPI tables");
	*ret_rsdp = rsdp;
	return 0;
}

_Static_assert(sizeof(struct fadt) == 276, "ACPI 6.4, 5.2.9");
_Static_assert(offsetof(struct fadt, reset) == 116, "ACPI 6.4, 5.2.9");
