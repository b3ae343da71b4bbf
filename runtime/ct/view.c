/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/view.h"

#include <fcntl.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/lxcfs.h"

static void note_missing(const char *lock_dir, const char *note)
{
	auto_fd int fd = -1;

	if (path_mkdirs(lock_dir, 0700, NULL) == 0)
		fd = open(note, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		log_warning("lxcfs is not running here, so in /proc a CT sees the host's memory, "
			    "processors and uptime (install the package lxcfs and start it; CTs "
			    "started after that see their own; this is said once)");
}

uint32_t view_lxcfs(const struct vz *vz)
{
	auto_free char *note = str_dupf("%s/lxcfs.missing", vz->lock_dir);
	uint32_t there = lxcfs_find();

	if (note && there)
		unlink(note);
	else if (note)
		note_missing(vz->lock_dir, note);
	return there;
}
