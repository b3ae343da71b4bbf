/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook: vznet as a hook of an OCI runtime (runtime-spec config.md, "POSIX-platform Hooks"): the
 * container's state comes on stdin, what network it wants in its annotations.
 */
#include "config.h"

#include "netsetup/vznet/hook.h"

#include <unistd.h>

#include "netsetup/vznet/cmd.h"
#include "netsetup/vznet/netns.h"
#include "runtime/base/fd.h"

#define STATE_MAX_BYTES (16U << 20)

static int hook_up(const struct args *args, pid_t pid, struct err *err)
{
	auto_fd int netns = netns_open_pid(pid, err);

	return netns < 0 ? -1 : net_up(args->config, netns, err);
}

int cmd_hook(struct args *args, struct err *err)
{
	auto_free char *text = NULL;
	struct hook hook;
	size_t len;

	if (fd_read_file(STDIN_FILENO, "the state on stdin", STATE_MAX_BYTES, &text, &len, err) <
		    0 ||
	    hook_read(text, len, args, &hook, err) < 0)
		return -1;
	if (hook.up)
		return hook.pid ? hook_up(args, hook.pid, err) : 0;
	/* Who comes by this id next is another container. */
	if (net_remove(args->config->id, -1, err) < 0)
		return -1;
	return net_forget(args->config->id, err);
}
