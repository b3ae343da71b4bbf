/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes, changes and removes networks. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "netsetup/netlink.h"
#include "netsetup/shape.h"
#include "netsetup/vznet/cmd.h"
#include "netsetup/vznet/netns.h"
#include "runtime/base/fd.h"

int cmd_new_config(struct args *args, const char *id, struct err *err)
{
	args->config = calloc(1, sizeof(*args->config));
	if (args->config)
		args->config->id = strdup(id);
	return args->config && args->config->id ? 0 : err_sys(err, "read the network");
}

/* -1 with *err; *ret -1: none was named. */
static int open_netns(const struct args *args, int *ret, struct err *err)
{
	*ret = -1;
	if (args->netns && args->pid)
		return err_set(err, ERR_USAGE, "--netns and --pid mean the same: give one");
	if (!args->netns && !args->pid)
		return 0;
	*ret = args->netns ? netns_open(args->netns, err) : netns_open_pid(args->pid, err);
	return *ret < 0 ? -1 : 0;
}

static int need_netns(const struct args *args, int *ret, struct err *err)
{
	if (open_netns(args, ret, err) < 0)
		return -1;
	return *ret < 0 ? err_set(err, ERR_USAGE,
				  "which network namespace? (--netns PATH or --pid N)") :
			  0;
}

int cmd_up(struct args *args, struct err *err)
{
	auto_fd int netns = -1;

	if (!args->config->n_nics)
		return err_set(err, ERR_USAGE,
			       "nothing to make (--ipadd, --netif_add, --netdev_add, --macvlan, "
			       "--ipvlan or --json)");
	if (need_netns(args, &netns, err) < 0 || net_fill(args->config, err) < 0)
		return -1;
	return net_up(args->config, netns, err);
}

int cmd_change(struct args *args, struct err *err)
{
	auto_fd int netns = -1;

	if (need_netns(args, &netns, err) < 0 || net_fill(args->config, err) < 0)
		return -1;
	return args->hold < 0 ? net_change(args->config, netns, err) :
				net_change_held(args->config, netns, err);
}

int cmd_down(struct args *args, struct err *err)
{
	auto_fd int netns = -1;

	if (open_netns(args, &netns, err) < 0)
		return -1;
	return net_remove(args->ids[0], netns, err);
}

int cmd_forget(struct args *args, struct err *err)
{
	auto_net struct net_config *config = NULL;

	if (net_load(args->ids[0], &config, err) == 0)
		return err_set(err, ERR_STATE, "it has a network (vznet down %s comes first)",
			       args->ids[0]);
	if (err->code != ERR_NOT_FOUND)
		return -1;
	return net_forget(args->ids[0], err);
}

int cmd_rate(struct args *args, struct err *err)
{
	auto_nl_sock struct nl_sock *sock = NULL;

	if (!args->total_given)
		return err_set(err, ERR_USAGE, "which rate? (--total RATE)");
	sock = netlink_open(NETLINK_ROUTE, err);
	return sock ? shape_total(sock, args->total_kbit, err) : -1;
}
