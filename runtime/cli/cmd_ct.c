/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_ct: no persistent containers yet, every name is an OCI container's. */
#include "config.h"

#include "runtime/cli/cmd_ct.h"

#include "runtime/base/str.h"

const struct cli_options cmd_ct_create_options, cmd_ct_list_options, cmd_ct_stop_options;

int cmd_ct_find(const struct cli *cli, const char *name, char **ret_id, struct err *err)
{
	(void)cli, (void)name, (void)ret_id, (void)err;
	return 0;
}

#define NOT_BUILT(verb)                                                                   \
	int verb(struct cli *cli, struct err *err)                                        \
	{                                                                                 \
		return err_set(err, ERR_NOT_FOUND, "CT \"%.64s\" does not exist",          \
			       cli->args_n > 0 ? cli->args[0] : "");                      \
	}

NOT_BUILT(cmd_ct_create)
NOT_BUILT(cmd_ct_start)
NOT_BUILT(cmd_ct_stop)
NOT_BUILT(cmd_ct_restart)
NOT_BUILT(cmd_ct_status)
NOT_BUILT(cmd_ct_enter)
NOT_BUILT(cmd_ct_destroy)
NOT_BUILT(cmd_ct_mount)
NOT_BUILT(cmd_ct_umount)
NOT_BUILT(cmd_ct_list)
