/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/sysctl.h"

#include <errno.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/procfs.h"

static int apply_one(int procfd, const struct spec_pair *sysctl, struct err *err)
{
	auto_free char *path = str_dupf("sys/%s", sysctl->key);

	if (!path)
		return err_sys(err, "set the sysctl \"%s\"", sysctl->key);
	if (procfs_write(procfd, path, sysctl->value, err) == 0)
		return 0;
	err_wrap(err, "linux.sysctl");
	if (err && err->code == ENOENT)
		err_hint(err, "this kernel has no such sysctl in the container's namespaces");
	return -1;
}

int sysctl_apply(int procfd, const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->lin.sysctl_n; i++)
		if (apply_one(procfd, &spec->lin.sysctl[i], err) < 0)
			return -1;
	return 0;
}
