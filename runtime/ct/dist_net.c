/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/dist_file.h"
#include "runtime/ct/dist_services.h"
#include "runtime/ct/netfile.h"

#define NETWORKD_DIR "/etc/systemd/network"
#define NETWORKD_PROGRAM "/usr/lib/systemd/systemd-networkd"
#define NETWORKD_FIXED NETWORKD_DIR "/05-vzrun.network"
#define NETPLAN_DIR "/etc/netplan"
#define NETPLAN_NAME "90-vzrun.yaml"
#define PROFILES_DIR "/etc/NetworkManager/system-connections"

/* ---- a file of ours ---- */

/* A file of its own, where one of these is there. */
struct net_file {
	const char *dir, *program;
	const char *path;
	void (*emit)(const struct netfile_nics *nics, struct strbuf *out);
};

static void emit_no_wait(const struct netfile_nics *nics, struct strbuf *out)
{
	netfile_no_wait(nics, NETWORKD_FIXED, out);
}

/* networkd takes the first file that matches, before those that netplan makes in /run; the last
 * one of NetworkManager's and of cloud-init's counts. */
static const struct net_file net_files[] = {
	{ NETWORKD_DIR, NETWORKD_PROGRAM, NETWORKD_FIXED, netfile_networkd_fixed },
	{ NETWORKD_DIR, NETWORKD_PROGRAM, NETWORKD_DIR "/05-vzrun-dhcp4.network",
	  netfile_networkd_dhcp4 },
	{ NETWORKD_DIR, NETWORKD_PROGRAM, NETWORKD_DIR "/05-vzrun-dhcp6.network",
	  netfile_networkd_dhcp6 },
	{ NETWORKD_DIR, NETWORKD_PROGRAM, NETWORKD_DIR "/05-vzrun-dhcp.network",
	  netfile_networkd_dhcp },
	{ NETWORKD_DIR, NETWORKD_PROGRAM,
	  "/etc/systemd/system/systemd-networkd-wait-online.service.d/vzrun.conf", emit_no_wait },
	{ "/etc/NetworkManager", NULL, "/etc/NetworkManager/conf.d/99-vzrun.conf",
	  netfile_nm_conf },
	{ "/etc/cloud/cloud.cfg.d", NULL, "/etc/cloud/cloud.cfg.d/99-vzrun.cfg", netfile_cloud },
};

/* No text: there is to be none. */
static int set_file(const struct dist_tree *tree, const char *path, const struct strbuf *text,
		    mode_t mode, struct err *err)
{
	if (text->failed)
		return err_set(err, ENOMEM, "write \"%s\": out of memory", path);
	if (text->len == 0)
		return dist_file_remove(tree, path, NETFILE_MARK, err);
	return dist_file_write_mode(tree, path, text->text, mode, err);
}

static int set_net_file(const struct dist_tree *tree, const struct net_file *file,
			const struct netfile_nics *nics, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };

	if (dist_file_is_dir(tree, file->dir) ||
	    (file->program && dist_file_is_regular(tree, file->program)))
		file->emit(nics, &text);
	return set_file(tree, file->path, &text, 0644, err);
}

static int set_net_files(const struct dist_tree *tree, const struct netfile_nics *nics,
			 struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(net_files); i++)
		if (set_net_file(tree, &net_files[i], nics, rc < 0 ? NULL : err) < 0)
			rc = -1;
	return rc;
}

/* ---- netplan ---- */

/* Without a file of others' it does nothing, and with one of ours alone it would start networkd. */
static int set_netplan(const struct dist_tree *tree, const struct netfile_nics *nics,
		       struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_strv char **names = NULL;
	bool used = false;

	if (!dist_file_is_dir(tree, NETPLAN_DIR))
		return 0;
	if (dist_file_list(tree, NETPLAN_DIR, &names, err) < 0)
		return -1;
	for (char **name = names; *name; name++)
		used |= str_ends(*name, ".yaml") && !str_eq(*name, NETPLAN_NAME);
	if (used)
		netfile_netplan(nics, &text);
	return set_file(tree, NETPLAN_DIR "/" NETPLAN_NAME, &text, 0600, err);
}

/* ---- profiles of NetworkManager ---- */

static char *profile_name(const char *nic)
{
	return str_dupf("vzrun-%s.nmconnection", nic);
}

static bool is_wanted(const struct netfile_nics *nics, const char *file_name)
{
	for (size_t i = 0; i < nics->n; i++) {
		auto_free char *name = profile_name(nics->nic[i].name);

		if (name && str_eq(name, file_name))
			return nics->nic[i].dhcp4 || nics->nic[i].dhcp6;
	}
	return false;
}

static int remove_profiles(const struct dist_tree *tree, const struct netfile_nics *nics,
			   struct err *err)
{
	auto_strv char **names = NULL;

	if (dist_file_list(tree, PROFILES_DIR, &names, err) < 0)
		return -1;
	for (char **name = names; *name; name++) {
		auto_free char *path = path_join(PROFILES_DIR, *name);

		if (!path)
			return err_sys(err, "list \"" PROFILES_DIR "\"");
		if (str_starts(*name, "vzrun-") && !is_wanted(nics, *name) &&
		    dist_file_remove(tree, path, NETFILE_MARK, err) < 0)
			return -1;
	}
	return 0;
}

static int set_profiles(const struct dist_tree *tree, const struct netfile_nics *nics,
			struct err *err)
{
	if (!dist_file_is_dir(tree, PROFILES_DIR))
		return 0;
	for (size_t i = 0; i < nics->n; i++) {
		auto_free char *name = profile_name(nics->nic[i].name);
		auto_free char *path = name ? path_join(PROFILES_DIR, name) : NULL;
		auto_strbuf struct strbuf text = { 0 };

		netfile_nm_profile(&nics->nic[i], &text);
		if (!path || text.failed)
			return err_set(err, ENOMEM, "write a profile: out of memory");
		/* It reads none that others may. */
		if (text.len > 0 && dist_file_write_mode(tree, path, text.text, 0600, err) < 0)
			return -1;
	}
	return remove_profiles(tree, nics, err);
}

/* ---- dhcpcd ---- */

static int set_dhcpcd(const struct dist_tree *tree, const struct netfile_nics *nics,
		      struct err *err)
{
	auto_strbuf struct strbuf line = { 0 };

	if (!dist_file_is_regular(tree, "/etc/dhcpcd.conf"))
		return 0;
	netfile_dhcpcd(nics, &line);
	if (line.failed)
		return err_set(err, ENOMEM, "edit \"/etc/dhcpcd.conf\": out of memory");
	return dist_file_set_block(tree, "/etc/dhcpcd.conf", line.text, err);
}

/* ---- all ---- */

/* What fails for one says nothing of the others. */
static int set_all(const struct dist_tree *tree, const struct netfile_nics *nics, struct err *err)
{
	static int (*const parts[])(const struct dist_tree *tree, const struct netfile_nics *nics,
				    struct err *err) = {
		set_net_files,          set_netplan,         set_profiles, set_dhcpcd,
		dist_services_ifupdown, dist_services_ifcfg,
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i](tree, nics, rc < 0 ? NULL : err) < 0)
			rc = -1;
	return rc;
}

int dist_set_net(const char *root, uint32_t first_id, const struct net_config *net, bool dns,
		 struct err *err)
{
	struct netfile_nics nics;
	struct dist_tree tree;
	int rc;

	if (netfile_nics(net, &nics, err) < 0)
		return -1;
	nics.dns = dns;
	rc = dist_file_open(&tree, root, first_id, err);
	if (rc == 0) {
		rc = set_all(&tree, &nics, err);
		fd_closep(&tree.fd);
	}
	free(nics.nic);
	return rc < 0 ? err_wrap(err, "keep its NICs from its network services") : 0;
}
