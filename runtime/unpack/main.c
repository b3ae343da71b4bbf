/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vzunpack: a helper program (runtime/base/helper.h): unpacks the archive on its first fd into
 * the folder on its second. It reads the archive's first byte when it can do nothing any more
 * but that.
 */
#include "config.h"

#include <locale.h>

#include "runtime/base/fd.h"
#include "runtime/base/helper.h"
#include "runtime/unpack/jail.h"
#include "runtime/unpack/unpack.h"

enum { ARCHIVE_FD = HELPER_FIRST_FD, FOLDER_FD };

/* For names in UTF-8. libc keeps what it reads from the host's files for it, which later it could
 * not, only as long as it is in use: to the end. */
static void use_utf8(void)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

	if (utf8)
		uselocale(utf8);
}

static int unpack(struct err *err)
{
	auto_fd int folder = FOLDER_FD, root = -1;

	use_utf8();
	if (jail_enter(folder, &root, err) < 0)
		return -1;
	fd_closep(&folder); /* a way out of the new root */
	return unpack_archive(ARCHIVE_FD, root, err);
}

#ifdef SANITIZED
/* The leak check at the end wants /proc and ptrace(2), which the jail has not. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

int main(void)
{
	struct err err;

	if (unpack(&err) == 0)
		return 0;
	helper_report(&err);
	return 1;
}
