/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/vminit/die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

void die(const char *fmt, ...)
{
	const char *reason = strerror(errno);
	va_list args;

	dprintf(STDERR_FILENO, "vminit: ");
	va_start(args, fmt);
	vdprintf(STDERR_FILENO, fmt, args);
	va_end(args);
	dprintf(STDERR_FILENO, ": %s\n", reason);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}
