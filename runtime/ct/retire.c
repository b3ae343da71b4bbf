/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/retire.h"

#include <errno.h>
#include <stdio.h>

#include "runtime/base/str.h"
#include "runtime/ct/action.h"
#include "runtime/ct/name.h"

static int retire(const struct ct *ct, const char *suffix, struct err *err)
{
	auto_free char *from = str_dupf("%s/%s.%s", ct->vz->conf_dir, ct->id, suffix);
	auto_free char *to = from ? str_dupf("%s.destroyed", from) : NULL;

	if (!to)
		return err_sys(err, "retire the configuration");
	if (rename(from, to) < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_sys(err, "rename \"%s\"", from);
	return 0;
}

int retire_scripts(const struct ct *ct, struct err *err)
{
	if (name_unlink(ct, conf_get(ct->conf, "NAME"), err) < 0)
		return -1;
	for (size_t i = 0; i < ACTION_N; i++)
		if (retire(ct, action_names[i], err) < 0)
			return -1;
	return 0;
}

int retire_conf(const struct ct *ct, struct err *err)
{
	return retire_scripts(ct, err) < 0 ? -1 : retire(ct, "conf", err);
}
