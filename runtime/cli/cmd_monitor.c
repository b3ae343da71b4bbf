/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdint.h>

#include "runtime/base/str.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/ct/attend.h"
#include "runtime/monitor/protocol.h"

/* ID WORD STATUS PID-START: what a CT's monitor runs. */
static int attend(struct cli *cli, struct ct *ct, struct err *err)
{
	const char *word = cli->args[1], *text = cli->args[2];
	uint64_t status = MONITOR_NOT_KNOWN, start;

	if (!str_eq(text, "unknown") && num_parse_u(text, "STATUS", 511, &status, err) < 0)
		return -1;
	if (num_parse_u(cli->args[3], "START", UINT64_MAX, &start, err) < 0)
		return -1;
	if (str_eq(word, "again"))
		return attend_again(ct, start, err);
	if (!str_eq(word, "ended"))
		return err_set(err, ERR_USAGE, "\"%.64s\" is neither ended nor again", word);
	return attend_ended(ct, (uint32_t)status, start, &cli->status, err);
}

int cmd_monitor(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK | CT_WAIT | CT_NO_CONF | CT_ANY_CONF, attend, err);
}
