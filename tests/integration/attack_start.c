/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attack_start: the first program of a hostile image, in the place of the dynamic loader or with
 * the runtime's own program as its interpreter (PT_INTERP is /proc/self/exe). Whatever it is
 * started for, what /proc/self/exe leads to is given to `attack write`. Without libc, since a
 * loader has none.
 */
#include <linux/fcntl.h>

#include "runtime/kernel/entry_calls.h"

__attribute__((noreturn, used)) void _start(void);

static long call(long nr, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t arg[6] = { a, b, c };

	return entry_syscall(nr, arg);
}

void _start(void)
{
	char fd[] = "0", write[] = "write", name[] = "attack";
	const char *const argv[] = { name, write, fd, 0 }, *const envp[] = { 0 };
	long n = call(__NR_openat, (uint64_t)AT_FDCWD, ENTRY_PTR("/proc/self/exe"), O_RDONLY);

	if (n >= 0 && n < 10) {
		fd[0] = (char)('0' + n);
		call(__NR_execve, ENTRY_PTR("/bin/attack"), ENTRY_PTR(argv), ENTRY_PTR(envp));
	}
	for (;;)
		call(__NR_exit_group, 1, 0, 0);
}
