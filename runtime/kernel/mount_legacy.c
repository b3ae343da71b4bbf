/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/mount_legacy.h"

#include <sys/mount.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"

static const struct {
	uint64_t attr;
	unsigned long flag;
} flags_of_attr[] = {
	{ MOUNT_ATTR_RDONLY, MS_RDONLY },
	{ MOUNT_ATTR_NOSUID, MS_NOSUID },
	{ MOUNT_ATTR_NODEV, MS_NODEV },
	{ MOUNT_ATTR_NOEXEC, MS_NOEXEC },
	{ MOUNT_ATTR_NODIRATIME, MS_NODIRATIME },
	{ MOUNT_ATTR_NOATIME, MS_NOATIME },
	{ MOUNT_ATTR_STRICTATIME, MS_STRICTATIME },
};

static unsigned long legacy_flags(const struct spec_mount *m)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flags_of_attr); i++)
		if (m->attr_set & flags_of_attr[i].attr)
			flags |= flags_of_attr[i].flag;
	if (m->sync)
		flags |= MS_SYNCHRONOUS;
	if (m->dirsync)
		flags |= MS_DIRSYNC;
	return flags;
}

int mount_legacy(const struct spec_mount *m, int target_fd, struct err *err)
{
	auto_strbuf struct strbuf data = { 0 };
	char target[FD_PATH_SIZE];

	for (char *const *d = m->data; d && *d; d++)
		strbuf_addf(&data, "%s%s", d == m->data ? "" : ",", *d);
	if (data.failed)
		return err_set(err, ENOMEM, "out of memory");
	if (mount(m->source ? m->source : m->type, fd_path(target, target_fd), m->type,
		  legacy_flags(m), data.text) < 0)
		return err_sys(err, "make file system \"%s\"", m->type);
	return 0;
}
