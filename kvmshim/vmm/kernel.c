/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/kernel.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/mem.h"

enum {
	HEADERS_MAX = 64,
	NOTES_MAX = 64 << 10,
	XEN_NOTE_ENTRY = 18, /* XEN_ELFNOTE_PHYS32_ENTRY */
};

/* What is known while it is loaded. */
struct image {
	const struct memory *memory;
	int fd;
	const char *name;
	uint64_t bytes;
	Elf64_Phdr headers[HEADERS_MAX];
	unsigned int n;
	struct kernel kernel;
};

static int refuse(const struct image *image, const char *why, struct err *err)
{
	return err_set(err, ERR_INPUT, "kernel \"%s\": %s", image->name, why);
}

static int read_at(const struct image *image, uint64_t offset, void *data, size_t len,
		   struct err *err)
{
	ssize_t n;

	if (offset > image->bytes || len > image->bytes - offset)
		return refuse(image, "it is cut off", err);
	n = pread(image->fd, data, len, (off_t)offset);
	if (n < 0)
		return err_sys(err, "read kernel \"%s\"", image->name);
	return (size_t)n == len ? 0 : refuse(image, "it is cut off", err);
}

static int headers_read(struct image *image, struct err *err)
{
	Elf64_Ehdr elf;

	if (read_at(image, 0, &elf, sizeof(elf), err) < 0)
		return -1;
	if (memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0)
		return refuse(image,
			      "it is no ELF file (a bzImage is unpacked by vzrun kernel add)", err);
	if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != EM_X86_64)
		return refuse(image, "it is not for x86-64", err);
	if (elf.e_phentsize != sizeof(Elf64_Phdr) || !elf.e_phnum || elf.e_phnum > HEADERS_MAX)
		return refuse(image, "its program headers are not an executable's", err);
	image->n = elf.e_phnum;
	return read_at(image, elf.e_phoff, image->headers, image->n * sizeof(Elf64_Phdr), err);
}

/* Where the file can be mapped the guest's pages are the file's until it writes to them. */
static int segment_map(const struct image *image, const Elf64_Phdr *header, char *to,
		       uint64_t *ret_mapped, struct err *err)
{
	const uint64_t len = header->p_filesz & ~(MEMORY_PAGE - 1);

	*ret_mapped = 0;
	if (!len || header->p_offset % MEMORY_PAGE || header->p_paddr % MEMORY_PAGE)
		return 0;
	if (mmap(to, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
		 image->fd, (off_t)header->p_offset) == MAP_FAILED)
		return err_sys(err, "map kernel \"%s\"", image->name);
	*ret_mapped = len;
	return 0;
}

static int segment_load(struct image *image, const Elf64_Phdr *header, struct err *err)
{
	const uint64_t end = header->p_paddr + header->p_memsz;
	uint64_t mapped;
	char *to;

	if (!header->p_memsz)
		return 0;
	to = memory_at(image->memory, header->p_paddr, header->p_memsz);
	if (header->p_filesz > header->p_memsz)
		return refuse(image, "a segment is larger than its place", err);
	if (!to)
		return refuse(image, "the guest's memory is too small for it", err);
	if (header->p_offset > image->bytes || header->p_filesz > image->bytes - header->p_offset)
		return refuse(image, "it is cut off", err);
	if (segment_map(image, header, to, &mapped, err) < 0)
		return -1;
	if (end > image->kernel.end_gpa)
		image->kernel.end_gpa = end;
	if (mapped == header->p_filesz)
		return 0;
	return read_at(image, header->p_offset + mapped, to + mapped, header->p_filesz - mapped,
		       err);
}

static uint64_t padded(uint32_t bytes)
{
	return ((uint64_t)bytes + 3) & ~3ULL;
}

/* Looks for Xen's note with the entry among `len` bytes of notes. */
static bool note_find(const char *notes, uint64_t len, uint32_t *ret_entry)
{
	static const char xen[] = "Xen";
	Elf64_Nhdr note;
	uint64_t need;

	for (uint64_t at = 0; len - at >= sizeof(note); at += need) {
		memcpy(&note, notes + at, sizeof(note));
		need = sizeof(note) + padded(note.n_namesz) + padded(note.n_descsz);
		if (need > len - at)
			return false;
		if (note.n_type != XEN_NOTE_ENTRY || note.n_namesz != sizeof(xen) ||
		    note.n_descsz < sizeof(*ret_entry) ||
		    memcmp(notes + at + sizeof(note), xen, sizeof(xen)) != 0)
			continue;
		memcpy(ret_entry, notes + at + sizeof(note) + padded(note.n_namesz),
		       sizeof(*ret_entry));
		return true;
	}
	return false;
}

static int entry_find(struct image *image, struct err *err)
{
	for (unsigned int i = 0; i < image->n; i++) {
		const Elf64_Phdr *header = &image->headers[i];
		auto_free char *notes = NULL;

		if (header->p_type != PT_NOTE || !header->p_filesz || header->p_filesz > NOTES_MAX)
			continue;
		notes = malloc(header->p_filesz);
		if (!notes)
			return err_sys(err, "read kernel \"%s\"", image->name);
		if (read_at(image, header->p_offset, notes, header->p_filesz, err) < 0)
			return -1;
		if (note_find(notes, header->p_filesz, &image->kernel.entry))
			return 0;
	}
	return refuse(image, "it has no PVH entry (it must be built with CONFIG_PVH)", err);
}

int kernel_load(const struct memory *memory, int fd, const char *name, struct kernel *ret,
		struct err *err)
{
	struct image image = { .memory = memory, .fd = fd, .name = name };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "look at kernel \"%s\"", name);
	if (!S_ISREG(st.st_mode))
		return refuse(&image, "it is no file", err);
	image.bytes = (uint64_t)st.st_size;
	if (headers_read(&image, err) < 0 || entry_find(&image, err) < 0)
		return -1;
	for (unsigned int i = 0; i < image.n; i++) {
		if (image.headers[i].p_type == PT_LOAD &&
		    segment_load(&image, &image.headers[i], err) < 0)
			return -1;
	}
	if (!memory_at(memory, image.kernel.entry, 1))
		return refuse(&image, "its entry is outside of memory", err);
	*ret = image.kernel;
	return 0;
}
