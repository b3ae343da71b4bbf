/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <elf.h>
#include <sys/mman.h>

#include "kvmshim/vmm/acpi.h"
#include "kvmshim/vmm/boot.h"
#include "kvmshim/vmm/bus.h"
#include "kvmshim/vmm/kernel.h"
#include "tests/unit/unit.h"

enum { MEMORY_BYTES = 8 << 20, LOAD_AT = 1 << 20 };

static int setup(void **state)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	assert_non_null(memory);
	*state = memory;
	return memory_init(memory, MEMORY_BYTES, NULL);
}

static int teardown(void **state)
{
	memory_done(*state);
	free(*state);
	return 0;
}

/* ---- memory ---- */

static void memory_is_reached_inside_one_region_only(void **state)
{
	const struct memory memory = { .host = (uint8_t *)0x10000,
				       .low_bytes = MEMORY_HOLE,
				       .high_bytes = MEMORY_PAGE };

	(void)state;
	assert_ptr_equal(memory_at(&memory, 0, 1), memory.host);
	assert_ptr_equal(memory_at(&memory, MEMORY_HOLE - 1, 1), memory.host + MEMORY_HOLE - 1);
	assert_null(memory_at(&memory, MEMORY_HOLE - 1, 2));
	assert_null(memory_at(&memory, MEMORY_HOLE, 1));
	assert_null(memory_at(&memory, MEMORY_HIGH - 1, 2));
	assert_ptr_equal(memory_at(&memory, MEMORY_HIGH, MEMORY_PAGE), memory.host + MEMORY_HOLE);
	assert_null(memory_at(&memory, MEMORY_HIGH, MEMORY_PAGE + 1));
	assert_null(memory_at(&memory, MEMORY_HIGH + MEMORY_PAGE, 1));
	assert_null(memory_at(&memory, 0, 0));
	assert_null(memory_at(&memory, UINT64_MAX, 2));
	assert_null(memory_at(&memory, 1, UINT64_MAX));
}

static void memory_of_odd_sizes_is_refused(void **state)
{
	static const uint64_t sizes[] = { 0, 4096, (1 << 20) + 1, MEMORY_MAX_BYTES + MEMORY_PAGE };
	struct memory memory = { 0 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_int_equal(memory_init(&memory, sizes[i], &err), -1);
	memory_done(&memory);
}

/* ---- the kernel's file ---- */

struct elf {
	Elf64_Ehdr header;
	Elf64_Phdr programs[2];
	struct {
		Elf64_Nhdr header;
		char name[4];
		uint32_t entry;
	} note;
	char text[16];
};

static struct elf elf_good(void)
{
	struct elf elf = {
		.header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64 },
			    .e_machine = EM_X86_64,
			    .e_phoff = offsetof(struct elf, programs),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 2 },
		.programs = { { .p_type = PT_LOAD,
				.p_offset = offsetof(struct elf, text),
				.p_paddr = LOAD_AT,
				.p_filesz = sizeof(elf.text),
				.p_memsz = 0x3000 },
			      { .p_type = PT_NOTE,
				.p_offset = offsetof(struct elf, note),
				.p_filesz = sizeof(elf.note) } },
		.note = { { 4, 4, 18 }, "Xen", LOAD_AT + 4 },
		.text = "the kernel",
	};

	return elf;
}

static int load(const struct memory *memory, const void *image, size_t len, struct kernel *ret,
		struct err *err)
{
	int fd = memfd_create("kernel", MFD_CLOEXEC), result;

	assert_int_equal(write(fd, image, len), len);
	result = kernel_load(memory, fd, "k", ret, err);
	close(fd);
	return result;
}

static void a_kernel_is_put_where_it_wants(void **state)
{
	const struct memory *memory = *state;
	const struct elf elf = elf_good();
	struct kernel kernel;
	struct err err;

	assert_ok(load(memory, &elf, sizeof(elf), &kernel, &err), &err);
	assert_string_equal(memory_at(memory, LOAD_AT, 16), "the kernel");
	assert_int_equal(kernel.entry, LOAD_AT + 4);
	assert_int_equal(kernel.end_gpa, LOAD_AT + 0x3000);
}

static void whole_pages_are_the_file_s(void **state)
{
	const struct memory *memory = *state;
	char image[3 * 4096] = "";
	struct elf elf = elf_good();
	struct kernel kernel;
	struct err err;

	elf.programs[0].p_offset = 4096;
	elf.programs[0].p_filesz = 4096 + 100;
	memcpy(image, &elf, sizeof(elf));
	memset(image + 4096, 'x', 4096 + 100);
	assert_ok(load(memory, image, sizeof(image), &kernel, &err), &err);
	assert_memory_equal(memory_at(memory, LOAD_AT, 4096 + 100), image + 4096, 4096 + 100);
	assert_int_equal(*(char *)memory_at(memory, LOAD_AT + 4096 + 100, 1), 0);
}

#define BAD(change, text)                                                                     \
	do {                                                                                  \
		struct elf elf = elf_good();                                                  \
		change;                                                                       \
		assert_fails(load(*state, &elf, sizeof(elf), &kernel, &err), &err, ERR_INPUT, \
			     "kernel \"k\": " text);                                          \
	} while (0)

static void what_is_no_kernel_is_refused(void **state)
{
	struct kernel kernel;
	struct err err;

	assert_fails(load(*state, "MZ", 2, &kernel, &err), &err, ERR_INPUT,
		     "kernel \"k\": it is cut off");
	BAD(elf.header.e_ident[0] = 'M',
	    "it is no ELF file (a bzImage is unpacked by vzrun kernel add)");
	BAD(elf.header.e_machine = EM_AARCH64, "it is not for x86-64");
	BAD(elf.header.e_ident[EI_CLASS] = ELFCLASS32, "it is not for x86-64");
	BAD(elf.header.e_phnum = 0, "its program headers are not an executable's");
	BAD(elf.header.e_phnum = 1000, "its program headers are not an executable's");
	BAD(elf.header.e_phoff = UINT64_MAX - 3, "it is cut off");
	BAD(elf.programs[0].p_offset = UINT64_MAX - 3, "it is cut off");
	BAD(elf.programs[0].p_filesz = 0x2000, "it is cut off");
	BAD(elf.programs[0].p_filesz = 0x4000, "a segment is larger than its place");
	BAD(elf.programs[0].p_memsz = MEMORY_BYTES, "the guest's memory is too small for it");
	BAD(elf.programs[0].p_paddr = UINT64_MAX - 3, "the guest's memory is too small for it");
	BAD(elf.note.header.n_type = 17, "it has no PVH entry (it must be built with CONFIG_PVH)");
	BAD(elf.note.header.n_namesz = UINT32_MAX,
	    "it has no PVH entry (it must be built with CONFIG_PVH)");
	BAD(elf.note.header.n_descsz = 0, "it has no PVH entry (it must be built with CONFIG_PVH)");
	BAD(elf.note.entry = MEMORY_BYTES, "its entry is outside of memory");
}

/* ---- what it is told ---- */

static uint64_t read64(const struct memory *memory, uint64_t gpa)
{
	uint64_t value = 0;

	assert_int_equal(memory_read(memory, gpa, &value, sizeof(value)), 0);
	return value;
}

static void start_information_points_to_all(void **state)
{
	const struct memory *memory = *state;
	int fd = memfd_create("initrd", MFD_CLOEXEC);
	const struct boot boot = { .command_line = "quiet x",
				   .initrd_fd = fd,
				   .initrd_name = "i",
				   .kernel_end_gpa = 4 << 20,
				   .rsdp_gpa = 0xe1230 };
	uint64_t module, map;
	struct err err;

	assert_int_equal(write(fd, "initramfs", 9), 9);
	assert_ok(boot_write(memory, &boot, &err), &err);
	assert_int_equal((uint32_t)read64(memory, BOOT_INFO_GPA), 0x336ec578);
	assert_string_equal(memory_at(memory, read64(memory, BOOT_INFO_GPA + 24), 8), "quiet x");
	assert_int_equal(read64(memory, BOOT_INFO_GPA + 32), 0xe1230);
	module = read64(memory, BOOT_INFO_GPA + 16);
	assert_int_equal(read64(memory, module + 8), 9);
	assert_memory_equal(memory_at(memory, read64(memory, module), 9), "initramfs", 9);
	map = read64(memory, BOOT_INFO_GPA + 40);
	assert_int_equal(read64(memory, map + 2 * 24 + 8), MEMORY_BYTES - (1 << 20));
	close(fd);
}

static void what_does_not_fit_is_refused(void **state)
{
	const struct memory *memory = *state;
	int fd = memfd_create("initrd", MFD_CLOEXEC);
	char line[BOOT_COMMAND_LINE_MAX + 2];
	struct boot boot = { .command_line = "", .initrd_fd = fd, .initrd_name = "i" };
	struct err err;

	assert_fails(boot_write(memory, &boot, &err), &err, ERR_INPUT,
		     "initramfs \"i\": it is no file, or empty");
	assert_int_equal(ftruncate(fd, 2 << 20), 0);
	boot.kernel_end_gpa = MEMORY_BYTES - (1 << 20);
	assert_fails(boot_write(memory, &boot, &err), &err, ERR_INPUT,
		     "i: the guest's memory is too small for it");
	assert_int_equal(ftruncate(fd, MEMORY_BYTES + 1), 0);
	assert_fails(boot_write(memory, &boot, &err), &err, ERR_INPUT,
		     "i: the guest's memory is too small for it");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	boot.command_line = line;
	boot.initrd_fd = -1;
	assert_int_equal(boot_write(memory, &boot, &err), -1);
	line[BOOT_COMMAND_LINE_MAX] = '\0';
	assert_ok(boot_write(memory, &boot, &err), &err);
	close(fd);
}

static bool sums_to_zero(const struct memory *memory, uint64_t gpa, uint32_t len)
{
	const uint8_t *at = memory_at(memory, gpa, len);
	uint8_t sum = 0;

	assert_non_null(at);
	while (len--)
		sum = (uint8_t)(sum + *at++);
	return sum == 0;
}

static void check_table(const struct memory *memory, uint64_t gpa, const char *signature)
{
	const uint32_t len = (uint32_t)read64(memory, gpa + 4);

	assert_memory_equal(memory_at(memory, gpa, 4), signature, 4);
	assert_true(sums_to_zero(memory, gpa, len));
}

static void acpi_tables_hang_together(void **state)
{
	const struct memory *memory = *state;
	struct acpi_device devices[BUS_DEVICES_MAX];
	const struct acpi_machine machine = { .n_cpus = ACPI_CPUS_MAX,
					      .devices = devices,
					      .n_devices = BUS_DEVICES_MAX };
	uint64_t rsdp, xsdt, fadt;
	struct err err;

	for (unsigned int i = 0; i < BUS_DEVICES_MAX; i++)
		devices[i] = (struct acpi_device){ bus_gpa(i), VIRTIO_MMIO_BYTES, 5 + i };
	assert_ok(acpi_write(memory, &machine, &rsdp, &err), &err);
	assert_memory_equal(memory_at(memory, rsdp, 8), "RSD PTR ", 8);
	assert_true(sums_to_zero(memory, rsdp, 20));
	assert_true(sums_to_zero(memory, rsdp, 36));
	xsdt = read64(memory, rsdp + 24);
	check_table(memory, xsdt, "XSDT");
	fadt = read64(memory, xsdt + 36);
	check_table(memory, fadt, "FACP");
	check_table(memory, read64(memory, xsdt + 44), "APIC");
	check_table(memory, read64(memory, fadt + 140), "DSDT");
}

static void too_many_are_refused(void **state)
{
	struct acpi_machine machine = { .n_cpus = ACPI_CPUS_MAX + 1 };
	uint64_t rsdp;
	struct err err;

	assert_int_equal(acpi_write(*state, &machine, &rsdp, &err), -1);
	machine.n_cpus = 0;
	assert_int_equal(acpi_write(*state, &machine, &rsdp, &err), -1);
	machine.n_cpus = 1;
	machine.n_devices = ACPI_DEVICES_MAX + 1;
	assert_int_equal(acpi_write(*state, &machine, &rsdp, &err), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_reached_inside_one_region_only),
		cmocka_unit_test(memory_of_odd_sizes_is_refused),
		T(a_kernel_is_put_where_it_wants),
		T(whole_pages_are_the_file_s),
		T(what_is_no_kernel_is_refused),
		T(start_information_points_to_all),
		T(what_does_not_fit_is_refused),
		T(acpi_tables_hang_together),
		T(too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
