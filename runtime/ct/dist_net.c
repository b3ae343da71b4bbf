/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "netsetup/net.h"
#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/dist_file.h"

#define INTERFACES_FILE "/etc/network/interfaces"
#define MARK "# Written by vzrun: the host gives venet0 its addresses.\n"

/* A file of its own, where one of these is there. */
struct net_file {
	const char *dir, *program;
	const char *path, *text;
};

static const struct net_file net_files[] = {
	{
		.dir = "/etc/systemd/network",
		.program = "/usr/lib/systemd/systemd-networkd",
		.path = "/etc/systemd/network/05-vzrun-venet0.network",
		.text = MARK "[Match]\nName=venet0\n\n[Link]\nUnmanaged=yes\n",
	},
	{
		.dir = "/etc/NetworkManager",
		.path = "/etc/NetworkManager/conf.d/05-vzrun.conf",
		/* "+=": its own NetworkManager.conf may have a list already. */
		.text = MARK "[keyfile]\nunmanaged-devices+=interface-name:venet0\n",
	},
	{
		.dir = "/etc/sysconfig/network-scripts",
		.path = "/etc/sysconfig/network-scripts/ifcfg-venet0",
		.text = MARK "DEVICE=venet0\nONBOOT=no\nNM_CONTROLLED=no\nBOOTPROTO=none\n",
	},
};

static bool is_routed(const struct net_config *net)
{
	for (size_t i = 0; net && i < net->n_nics; i++)
		if (net->nics[i].kind == NET_ROUTED && net->nics[i].n_addrs > 0)
			return true;
	return false;
}

static int set_file(const struct dist_tree *tree, const struct net_file *file, bool routed,
		    struct err *err)
{
	if (!routed)
		return dist_file_remove(tree, file->path, MARK, err);
	if (!dist_file_is_dir(tree, file->dir) &&
	    !(file->program && dist_file_is_regular(tree, file->program)))
		return 0;
	return dist_file_write(tree, file->path, file->text, err);
}

/* "auto eth0 venet0", "iface venet0 inet static" */
static bool line_names_venet0(const char *line)
{
	auto_strv char **word = strv_split(line, " \t");

	if (!word || !word[0])
		return false;
	if (!str_eq(word[0], "auto") && !str_eq(word[0], "iface") && !str_starts(word[0], "allow-"))
		return false;
	for (char **w = word + 1; *w; w++)
		if (str_eq(*w, "venet0"))
			return true;
	return false;
}

/* ifupdown touches what its file lists and nothing else, so the best line for venet0 is none: also
 * of an "inet manual" one Debian's ifdown flushes the addresses. Its owner's file is for him
 * to change. */
static int check_ifupdown(const struct dist_tree *tree, struct err *err)
{
	auto_free char *text = NULL;
	char *rest, *line;

	if (dist_file_load(tree, INTERFACES_FILE, &text, err) < 0)
		return -1;
	rest = text;
	while (rest && (line = strsep(&rest, "\n")))
		if (line_names_venet0(line))
			return err_set(err, ERR_FAILED,
				       "its " INTERFACES_FILE " lists venet0 and may take its "
				       "addresses away: remove it there");
	return 0;
}

int dist_set_net(const char *root, uint32_t first_id, const struct net_config *net, struct err *err)
{
	bool routed = is_routed(net);
	struct dist_tree tree;
	int rc = 0;

	if (dist_file_open(&tree, root, first_id, err) < 0)
		return -1;
	/* What fails for one says nothing of the others. */
	for (size_t i = 0; i < ARRAY_SIZE(net_files); i++)
		if (set_file(&tree, &net_files[i], routed, rc < 0 ? NULL : err) < 0)
			rc = err_wrap(rc < 0 ? NULL : err, "keep venet0 from its network service");
	if (routed && check_ifupdown(&tree, rc < 0 ? NULL : err) < 0)
		rc = -1;
	fd_closep(&tree.fd);
	return rc;
}
