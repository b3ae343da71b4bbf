/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/netfile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "netsetup/net.h"

/* ---- the NICs ---- */

/* To shells, YAML, and the patterns of systemd and NetworkManager just a word. */
static bool is_plain(const char *name)
{
	if (!isalnum((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

int netfile_nics(const struct net_config *net, struct netfile_nics *ret, struct err *err)
{
	struct netfile_nics nics = { .all_fixed = true };
	size_t n = net ? net->n_nics : 0;

	nics.nic = calloc(n + 1, sizeof(*nics.nic));
	if (!nics.nic)
		return err_sys(err, "list the NICs");
	for (size_t i = 0; i < n; i++) {
		const struct net_nic *nic = &net->nics[i];
		bool asks = nic->dhcp4 || nic->dhcp6;

		if (asks || nic->n_addrs == 0)
			nics.all_fixed = false;
		if ((asks || nic->n_addrs > 0) && is_plain(nic->name))
			nics.nic[nics.n++] = (struct netfile_nic){
				.name = nic->name,
				.dhcp4 = nic->dhcp4,
				.dhcp6 = nic->dhcp6,
			};
	}
	*ret = nics;
	return 0;
}

const struct netfile_nic *netfile_find(const struct netfile_nics *nics, const char *name)
{
	for (size_t i = 0; i < nics->n; i++)
		if (str_eq(nics->nic[i].name, name))
			return &nics->nic[i];
	return NULL;
}

static bool is_fixed(const struct netfile_nic *nic)
{
	return !nic->dhcp4 && !nic->dhcp6;
}

/* Those that ask in this way, with a text before each but the first ("" for that). How many. */
static size_t add_names(const struct netfile_nics *nics, bool dhcp4, bool dhcp6, const char *before,
			const char *between, struct strbuf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < nics->n; i++) {
		const struct netfile_nic *nic = &nics->nic[i];

		if (nic->dhcp4 == dhcp4 && nic->dhcp6 == dhcp6)
			strbuf_addf(out, "%s%s%s", n++ ? between : "", before, nic->name);
	}
	return n;
}

/* ---- systemd-networkd ---- */

static void networkd(const struct netfile_nics *nics, bool dhcp4, bool dhcp6, const char *what,
		     struct strbuf *out)
{
	auto_strbuf struct strbuf names = { 0 };

	if (!add_names(nics, dhcp4, dhcp6, "", " ", &names))
		return;
	out->failed |= names.failed;
	strbuf_addf(out, NETFILE_MARK "[Match]\nName=%s\n\n%s\n", names.text, what);
}

void netfile_networkd_fixed(const struct netfile_nics *nics, struct strbuf *out)
{
	networkd(nics, false, false, "[Link]\nUnmanaged=yes", out);
}

void netfile_networkd_dhcp4(const struct netfile_nics *nics, struct strbuf *out)
{
	networkd(nics, true, false, "[Network]\nDHCP=ipv4", out);
}

void netfile_networkd_dhcp6(const struct netfile_nics *nics, struct strbuf *out)
{
	networkd(nics, false, true, "[Network]\nDHCP=ipv6", out);
}

void netfile_networkd_dhcp(const struct netfile_nics *nics, struct strbuf *out)
{
	networkd(nics, true, true, "[Network]\nDHCP=yes", out);
}

void netfile_no_wait(const struct netfile_nics *nics, const char *flag, struct strbuf *out)
{
	if (nics->n > 0 && nics->all_fixed)
		strbuf_addf(out, NETFILE_MARK "[Unit]\nConditionPathExists=!%s\n", flag);
}

/* ---- NetworkManager ---- */

/* Both lists: "except:" in the one of another file would win over our part of it, and old
 * versions know only the first. "+=": there may be a list already. */
void netfile_nm_conf(const struct netfile_nics *nics, struct strbuf *out)
{
	auto_strbuf struct strbuf names = { 0 };
	size_t n = add_names(nics, false, false, "interface-name:", ",", &names);

	out->failed |= names.failed;
	if (n == 0 && (nics->n == 0 || !nics->dns))
		return;
	strbuf_add(out, NETFILE_MARK);
	if (nics->dns)
		strbuf_add(out, "[main]\ndns=none\n");
	if (n > 0)
		strbuf_addf(out,
			    "[keyfile]\nunmanaged-devices+=%s\n"
			    "[device-vzrun]\nmatch-device=%s\nmanaged=0\n",
			    names.text, names.text);
}

/* The priority: before any profile that a template came with. */
void netfile_nm_profile(const struct netfile_nic *nic, struct strbuf *out)
{
	if (is_fixed(nic))
		return;
	strbuf_addf(out,
		    NETFILE_MARK "[connection]\nid=vzrun-%s\ntype=ethernet\ninterface-name=%s\n"
				 "autoconnect-priority=999\n\n[ipv4]\nmethod=%s\n\n[ipv6]\n"
				 "method=auto\n",
		    nic->name, nic->name, nic->dhcp4 ? "auto" : "disabled");
}

/* ---- netplan, cloud-init ---- */

static const char *yes(bool on)
{
	return on ? "true" : "false";
}

/* "optional": a newer netplan has the boot wait for each other one. */
void netfile_netplan(const struct netfile_nics *nics, struct strbuf *out)
{
	if (nics->n == 0)
		return;
	strbuf_add(out, NETFILE_MARK "network:\n  version: 2\n  ethernets:\n");
	for (size_t i = 0; i < nics->n; i++) {
		const struct netfile_nic *nic = &nics->nic[i];

		strbuf_addf(out, "    \"%s\":\n      dhcp4: %s\n      dhcp6: %s\n", nic->name,
			    yes(nic->dhcp4), yes(nic->dhcp6));
		if (is_fixed(nic))
			strbuf_add(out, "      accept-ra: false\n      optional: true\n");
	}
}

void netfile_cloud(const struct netfile_nics *nics, struct strbuf *out)
{
	if (nics->n > 0)
		strbuf_add(out, NETFILE_MARK "network:\n  config: disabled\n");
}

/* ---- ifcfg ---- */

void netfile_ifcfg_rhel(const struct netfile_nic *nic, struct strbuf *out)
{
	if (is_fixed(nic))
		return;
	strbuf_addf(out, NETFILE_MARK "DEVICE=%s\nTYPE=Ethernet\nONBOOT=yes\nBOOTPROTO=%s\n",
		    nic->name, nic->dhcp4 ? "dhcp" : "none");
	if (nic->dhcp6)
		strbuf_add(out, "IPV6INIT=yes\nDHCPV6C=yes\n");
}

void netfile_ifcfg_suse(const struct netfile_nic *nic, struct strbuf *out)
{
	if (is_fixed(nic))
		return;
	strbuf_addf(out, NETFILE_MARK "STARTMODE='auto'\nBOOTPROTO='dhcp%s'\n",
		    nic->dhcp4 && nic->dhcp6 ? "" :
		    nic->dhcp4               ? "4" :
					       "6");
}

/* The value of "DEVICE=eth0", "DEVICE='eth0'"; how long it is, 0 for another line. */
static size_t device_value(const char *line, const char **ret)
{
	line += strspn(line, " \t");
	if (!str_starts(line, "DEVICE="))
		return 0;
	line += strlen("DEVICE=");
	line += strspn(line, "\"'");
	*ret = line;
	return strcspn(line, "\"' \t\r\n#");
}

char *netfile_ifcfg_device(const char *file_name, const char *text)
{
	const char *value = file_name + (str_starts(file_name, "ifcfg-") ? strlen("ifcfg-") : 0);
	const char *range = strstr(value, "-range"), *found, *end;
	size_t len = range ? (size_t)(range - value) : strlen(value), found_len;

	/* The last one counts, as in a shell. */
	for (const char *line = text; *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		found_len = device_value(line, &found);
		if (found_len == 0)
			continue;
		value = found;
		len = found_len;
	}
	end = memchr(value, ':', len);
	return str_dupf("%.*s", (int)(end ? end - value : (ptrdiff_t)len), value);
}

/* ---- dhcpcd ---- */

void netfile_dhcpcd(const struct netfile_nics *nics, struct strbuf *out)
{
	auto_strbuf struct strbuf names = { 0 };

	if (!add_names(nics, false, false, "", " ", &names))
		return;
	out->failed |= names.failed;
	strbuf_addf(out, "denyinterfaces %s\n", names.text);
}
