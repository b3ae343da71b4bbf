/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/boot.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvmshim/vmm/acpi.h"

/* Xen's include/public/arch-x86/hvm/start_info.h, version 1. */
struct start_info {
	uint32_t magic, version, flags, n_modules;
	uint64_t modules, command_line, rsdp, map;
	uint32_t n_map, reserved;
};

struct start_module {
	uint64_t gpa, bytes, command_line, reserved;
};

struct map_entry {
	uint64_t gpa, bytes;
	uint32_t type, reserved;
};

enum {
	START_MAGIC = 0x336ec578,
	MAP_RAM = 1,
	MAP_RESERVED = 2,
};

/* Below 1 MiB, between the GDT and the ACPI tables; the kernel copies what it wants of it early. */
#define MAP_GPA 0x6100ULL
#define MODULES_GPA 0x6200ULL
#define COMMAND_LINE_GPA 0x20000ULL
#define LOW_RAM_END 0x9fc00ULL
#define RAM_AGAIN 0x100000ULL

static const uint64_t gdt[] = {
	0, 0x00cf9b000000ffff, /* code: 32 bits, all of 4 GiB */
	0x00cf93000000ffff,    /* data */
	0x00008b0000000067,    /* task */
};

_Static_assert(sizeof(gdt) == BOOT_GDT_BYTES, "the GDT's limit");

static int no_room(const char *what, struct err *err)
{
	return err_set(err, ERR_INPUT, "%s: the guest's memory is too small for it", what);
}

static int initrd_load(const struct memory *memory, const struct boot *boot,
		       struct start_module *module, struct err *err)
{
	struct stat st;
	uint64_t bytes, gpa;
	void *to;

	if (fstat(boot->initrd_fd, &st) < 0)
		return err_sys(err, "look at initramfs \"%s\"", boot->initrd_name);
	bytes = (uint64_t)st.st_size;
	if (!S_ISREG(st.st_mode) || !bytes)
		return err_set(err, ERR_INPUT, "initramfs \"%s\": it is no file, or empty",
			       boot->initrd_name);
	if (bytes > memory->low_bytes)
		return no_room(boot->initrd_name, err);
	gpa = (memory->low_bytes - bytes) & ~(MEMORY_PAGE - 1);
	to = memory_at(memory, gpa, bytes);
	if (!to || gpa < boot->kernel_end_gpa)
		return no_room(boot->initrd_name, err);
	if (pread(boot->initrd_fd, to, bytes, 0) != (ssize_t)bytes)
		return err_sys(err, "read initramfs \"%s\"", boot->initrd_name);
	*module = (struct start_module){ .gpa = gpa, .bytes = bytes };
	return 0;
}

static uint32_t map_fill(const struct memory *memory, struct map_entry map[4])
{
	map[0] = (struct map_entry){ 0, LOW_RAM_END, MAP_RAM, 0 };
	map[1] = (struct map_entry){ ACPI_GPA, ACPI_BYTES, MAP_RESERVED, 0 };
	map[2] = (struct map_entry){ RAM_AGAIN, memory->low_bytes - RAM_AGAIN, MAP_RAM, 0 };
	map[3] = (struct map_entry){ MEMORY_HIGH, memory->high_bytes, MAP_RAM, 0 };
	return memory->high_bytes ? 4 : 3;
}

int boot_write(const struct memory *memory, const struct boot *boot, struct err *err)
{
	const size_t len = strlen(boot->command_line);
	struct start_module module = { 0 };
	struct map_entry map[4];
	struct start_info info = {
		.magic = START_MAGIC,
		.version = 1,
		.n_modules = boot->initrd_fd >= 0,
		.modules = MODULES_GPA,
		.command_line = COMMAND_LINE_GPA,
		.rsdp = boot->rsdp_gpa,
		.map = MAP_GPA,
		.n_map = map_fill(memory, map),
	};

	if (len > BOOT_COMMAND_LINE_MAX)
		return err_set(err, ERR_INPUT,
			       "the kernel's command line is of %zu bytes (%u are read)", len,
			       BOOT_COMMAND_LINE_MAX);
	if (boot->initrd_fd >= 0 && initrd_load(memory, boot, &module, err) < 0)
		return -1;
	if (memory_write(memory, BOOT_GDT_GPA, gdt, sizeof(gdt)) < 0 ||
	    memory_write(memory, BOOT_INFO_GPA, &info, sizeof(info)) < 0 ||
	    memory_write(memory, MAP_GPA, map, sizeof(map)) < 0 ||
	    memory_write(memory, MODULES_GPA, &module, sizeof(module)) < 0 ||
	    memory_write(memory, COMMAND_LINE_GPA, boot->command_line, len + 1) < 0)
		return no_room("the command line", err);
	return 0;
}
