/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/entry.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/kernel/entry_calls.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

extern const char entry_image_start[], entry_image_end[];

static const char *const step_text[ENTRY_STEPS] = {
	[ENTRY_KEYRING] = "join a session keyring",
	[ENTRY_LABEL] = "set the security label",
	[ENTRY_SECCOMP] = "load the seccomp filter",
	[ENTRY_BOUNDING] = "drop from the bounding set",
	[ENTRY_KEEPCAPS] = "keep capabilities",
	[ENTRY_GROUPS] = "set supplementary groups",
	[ENTRY_GID] = "set the group id",
	[ENTRY_UID] = "set the user id",
	[ENTRY_CAPS] = "set capabilities",
	[ENTRY_AMBIENT] = "set ambient capabilities",
	[ENTRY_NO_NEW_PRIVS] = "set no_new_privs",
	[ENTRY_UMASK] = "set the umask",
	[ENTRY_RLIMIT] = "set a resource limit (can be raised only with CAP_SYS_RESOURCE)",
	[ENTRY_CWD] = "enter the working directory",
	[ENTRY_FDS] = "mark fds close-on-exec",
	[ENTRY_EXEC] = "exec",
};

int entry_init(struct entry *e, size_t data_bytes, struct err *err)
{
	size_t calls = ENTRY_MAX_CALLS * sizeof(struct entry_call);
	void *base = (void *)ENTRY_BASE; /* NOLINT: the address is the contract */

	*e = (struct entry){ .room = sizeof(struct entry_block) + calls + data_bytes };
	e->block = mmap(base, e->room, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (e->block == MAP_FAILED)
		return err_sys(err, "map the entry block");
	e->block->report_fd = -1;
	e->block->call = (struct entry_call *)(e->block + 1);
	e->used = sizeof(struct entry_block) + calls;
	return 0;
}

void entry_done(struct entry *e)
{
	if (e->block)
		munmap(e->block, e->room);
	*e = (struct entry){ 0 };
}

void *entry_data(struct entry *e, const void *data, size_t len)
{
	size_t room = (len + 7) & ~(size_t)7;
	void *at = (char *)e->block + e->used;

	if (room < len || room > e->room - e->used) {
		e->failed = 1;
		return NULL;
	}
	memcpy(at, data, len);
	e->used += room;
	return at;
}

char **entry_strv(struct entry *e, char *const *v)
{
	size_t n = 0;
	char **list;

	while (v && v[n])
		n++;
	if (n == 0) {
		char *none = NULL;

		return entry_data(e, &none, sizeof(none));
	}
	list = entry_data(e, v, (n + 1) * sizeof(*v));
	for (size_t i = 0; list && i < n; i++)
		list[i] = entry_data(e, v[i], strlen(v[i]) + 1);
	return list;
}

void entry_add(struct entry *e, enum entry_step step, int may_fail, long nr, uint64_t a0,
	       uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	if (e->block->calls >= ENTRY_MAX_CALLS) {
		e->failed = 1;
		return;
	}
	e->block->call[e->block->calls++] = (struct entry_call){
		.nr = (int32_t)nr,
		.step = (uint16_t)step,
		.may_fail = (uint16_t)may_fail,
		.arg = { a0, a1, a2, a3, a4, a5 },
	};
}

int entry_ready(const struct entry *e, struct err *err)
{
	if (e->failed)
		return err_set(err, E2BIG, "the process to start: arguments and filter do not fit");
	return 0;
}

void entry_perform(struct entry *e, int report_fd)
{
	e->block->report_fd = report_fd;
	entry_run_calls(e->block);
}

/* The program header of the segment that is to hold the block. */
static Elf64_Phdr *block_segment(char *image)
{
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)image;
	Elf64_Phdr *phdr = (Elf64_Phdr *)(image + ehdr->e_phoff);

	for (int i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_LOAD && phdr[i].p_vaddr == ENTRY_BASE)
			return &phdr[i];
	return NULL;
}

static int image_memfd(void)
{
	int fd = memfd_create("vzrun-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before 6.3 every memfd may be executed */
		fd = memfd_create("vzrun-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

/* Writes header, code and block, and seals them. */
static int fill_image(int fd, struct entry *e, struct err *err)
{
	char page[4096] __attribute__((aligned(16)));
	Elf64_Phdr *segment;
	size_t head;

	memcpy(page, entry_image_start, sizeof(Elf64_Ehdr));
	head = (size_t)(entry_image_end - entry_image_start);
	memcpy(page, entry_image_start, head < sizeof(page) ? head : sizeof(page));
	segment = block_segment(page);
	if (!segment || segment->p_offset != sizeof(page))
		return err_set(err, ERR_FAILED, "the entry program of this build is damaged");
	segment->p_filesz = segment->p_memsz = e->used;
	e->block->bytes = e->used;
	struct iovec parts[] = { { page, sizeof(page) }, { e->block, e->used } };

	if (writev(fd, parts, 2) != (ssize_t)(sizeof(page) + e->used))
		return err_sys(err, "write the entry program");
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_sys(err, "seal the entry program");
	return 0;
}

int entry_become(struct entry *e, int report_fd, struct err *err)
{
	char *const argv[] = { (char *)(uintptr_t) "vzrun", NULL }, *const envp[] = { NULL };
	auto_fd int fd = image_memfd();

	if (fd < 0)
		return err_sys(err, "make the entry program");
	e->block->report_fd = report_fd;
	if (fill_image(fd, e, err) < 0)
		return -1;
	syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
	return err_sys(err, "exec the entry program");
}

int entry_fault_err(const struct entry_fault *fault, const char *program, struct err *err)
{
	enum entry_step step =
		fault->step < ENTRY_STEPS ? (enum entry_step)fault->step : ENTRY_EXEC;

	errno = fault->error;
	if (step != ENTRY_EXEC)
		return err_sys(err, "%s", step_text[step]);
	err_sys(err, "exec \"%.200s\"", program);
	if (err && errno == ENOEXEC)
		err_hint(err, "not a program of this architecture, or a script without #! line");
	if (err)
		err->code = ERR_NO_PROGRAM;
	return -1;
}
