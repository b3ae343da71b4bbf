/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One setting of a NIC, by its key in NETIF. */
#include "config.h"

#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "netsetup/net_check.h"
#include "netsetup/net_json.h"
#include "netsetup/options.h"

struct value {
	const char *text, *what;
	struct err *err;
};
struct key {
	const char *name;
	int (*set)(struct net_nic *nic, const struct value *value);
};

static int parse_name(const struct value *value, char ret[IFNAMSIZ])
{
	if (*value->text && !net_check_link_name(value->text))
		return options_refuse(value->err, value->what, value->text,
				      "can't be an interface's name");
	strcpy(ret, value->text);
	return 0;
}

static int set_ifname(struct net_nic *nic, const struct value *value)
{
	if (!*value->text)
		return options_refuse(value->err, value->what, value->text,
				      "can't be an interface's name");
	return parse_name(value, nic->name);
}

static int set_parent(struct net_nic *nic, const struct value *value)
{
	return parse_name(value, nic->parent);
}

static int set_host_ifname(struct net_nic *nic, const struct value *value)
{
	return parse_name(value, nic->host_name);
}

static int set_type(struct net_nic *nic, const struct value *value)
{
	for (enum net_kind kind = NET_ROUTED; net_kind_name(kind); kind++) {
		if (!str_eq(value->text, net_kind_name(kind)))
			continue;
		if (kind == nic->kind)
			return 0;
		nic->kind = kind;
		nic->mode = 0;
		nic->mac_filter = kind == NET_BRIDGED;
		return 0;
	}
	return options_refuse(value->err, value->what, value->text,
			      "is none of routed, bridged, macvlan, ipvlan, physical");
}

static int parse_mac(const struct value *value, uint8_t ret[6])
{
	if (*value->text)
		return addr_mac_parse(value->text, value->what, ret, value->err);
	memset(ret, 0, 6);
	return 0;
}

static int set_mac(struct net_nic *nic, const struct value *value)
{
	return parse_mac(value, nic->mac);
}

static int set_host_mac(struct net_nic *nic, const struct value *value)
{
	return parse_mac(value, nic->host_mac);
}

static int set_mac_filter(struct net_nic *nic, const struct value *value)
{
	if (!str_eq(value->text, "on") && !str_eq(value->text, "off"))
		return options_refuse(value->err, value->what, value->text,
				      "is neither on nor off");
	nic->mac_filter = str_eq(value->text, "on");
	return 0;
}

static bool has_addr(const struct net_nic *nic, size_t n, const struct net_addr *addr)
{
	for (size_t i = 0; i < n; i++)
		if (addr_same(&nic->addrs[i], addr))
			return true;
	return false;
}

int options_add_addrs(struct net_nic *nic, const char *text, const char *what, struct err *err)
{
	auto_strv char **parts = strv_split(text, "+, \t\n");
	size_t n = nic->n_addrs;
	struct net_addr *addrs;

	if (!parts)
		return err_sys(err, "%s", what);
	addrs = reallocarray(nic->addrs, n + strv_len(parts) + 1, sizeof(*addrs));
	if (!addrs)
		return err_sys(err, "%s", what);
	nic->addrs = addrs;
	for (char **part = parts; *part; part++) {
		if (addr_parse_host(*part, what, &addrs[n], err) < 0)
			return -1;
		n += !has_addr(nic, n, &addrs[n]);
	}
	if (n > NET_ADDRS_MAX)
		return err_set(err, ERR_INPUT, "%s: more than %d addresses", what, NET_ADDRS_MAX);
	nic->n_addrs = n;
	return 0;
}

static int set_ip(struct net_nic *nic, const struct value *value)
{
	if (*value->text)
		return options_add_addrs(nic, value->text, value->what, value->err);
	nic->n_addrs = 0;
	return 0;
}

static int parse_gateway(const struct value *value, uint8_t family, struct net_addr *ret)
{
	struct net_addr addr = { 0 };

	if (*value->text && addr_parse(value->text, value->what, &addr, value->err) < 0)
		return -1;
	if (addr.family && addr.family != family)
		return options_refuse(value->err, value->what, value->text,
				      family == AF_INET ? "is no IPv4 address" :
							  "is no IPv6 address");
	if (addr.family && addr.prefix != addr_len(&addr) * 8)
		return options_refuse(value->err, value->what, value->text,
				      "must have no prefix length");
	*ret = addr;
	return 0;
}

/* vzctl's --gw takes IPv4 only; here the family tells. */
static int set_gw(struct net_nic *nic, const struct value *value)
{
	if (strchr(value->text, ':'))
		return parse_gateway(value, AF_INET6, &nic->gateway6);
	return parse_gateway(value, AF_INET, &nic->gateway4);
}

static int set_gw6(struct net_nic *nic, const struct value *value)
{
	return parse_gateway(value, AF_INET6, &nic->gateway6);
}

static int parse_yes(const struct value *value, bool *ret)
{
	if (!str_eq(value->text, "yes") && !str_eq(value->text, "no"))
		return options_refuse(value->err, value->what, value->text,
				      "is neither yes nor no");
	*ret = str_eq(value->text, "yes");
	return 0;
}

static int set_dhcp(struct net_nic *nic, const struct value *value)
{
	return parse_yes(value, &nic->dhcp4);
}

static int set_dhcp6(struct net_nic *nic, const struct value *value)
{
	return parse_yes(value, &nic->dhcp6);
}

static int set_mtu(struct net_nic *nic, const struct value *value)
{
	uint64_t mtu;

	if (num_parse_u(value->text, value->what, 65535, &mtu, value->err) < 0)
		return -1;
	nic->mtu = (uint32_t)mtu;
	return 0;
}

static int parse_vlan(const char *text, const struct value *value, uint16_t *ret)
{
	uint64_t vlan;

	if (num_parse_u(text, value->what, 4094, &vlan, value->err) < 0)
		return -1;
	*ret = (uint16_t)vlan;
	return 0;
}

static int set_vlan(struct net_nic *nic, const struct value *value)
{
	return parse_vlan(value->text, value, &nic->vlan);
}

static int set_trunk(struct net_nic *nic, const struct value *value)
{
	auto_strv char **parts = strv_split(value->text, "+, \t\n");
	size_t n = *value->text ? nic->n_trunk : 0;
	uint16_t *trunk;

	if (!parts)
		return err_sys(value->err, "%s", value->what);
	trunk = reallocarray(nic->trunk, n + strv_len(parts) + 1, sizeof(*trunk));
	if (!trunk)
		return err_sys(value->err, "%s", value->what);
	nic->trunk = trunk;
	for (char **part = parts; *part; part++) {
		if (parse_vlan(*part, value, &trunk[n]) < 0)
			return -1;
		if (trunk[n++] == 0)
			return options_refuse(value->err, value->what, *part, "is no VLAN");
	}
	nic->n_trunk = n;
	return 0;
}

static int set_mode(struct net_nic *nic, const struct value *value)
{
	for (uint32_t mode = 0; mode <= MACVLAN_MODE_PASSTHRU; mode++) {
		if (!*value->text || !str_eq(net_json_mode_name(nic->kind, mode), value->text))
			continue;
		nic->mode = mode;
		return 0;
	}
	if (nic->kind != NET_MACVLAN && nic->kind != NET_IPVLAN)
		return options_refuse(value->err, value->what, value->text,
				      "is for macvlan and ipvlan only");
	return options_refuse(value->err, value->what, value->text,
			      nic->kind == NET_MACVLAN ?
				      "is none of bridge, private, vepa, passthru" :
				      "is none of l2, l3, l3s");
}

static int set_rate_up(struct net_nic *nic, const struct value *value)
{
	return options_parse_kbit(value->text, value->what, &nic->rate.up_kbit, value->err);
}

static int set_rate_share(struct net_nic *nic, const struct value *value)
{
	return options_parse_kbit(value->text, value->what, &nic->rate.up_share_kbit, value->err);
}

static int set_rate_down(struct net_nic *nic, const struct value *value)
{
	return options_parse_kbit(value->text, value->what, &nic->rate.down_kbit, value->err);
}

static int set_burst(struct net_nic *nic, const struct value *value)
{
	uint64_t bytes;

	if (num_parse_size(value->text, value->what, &bytes, value->err) < 0)
		return -1;
	if (bytes > UINT32_MAX)
		return options_refuse(value->err, value->what, value->text, "is 4 GiB or more");
	nic->rate.burst_bytes = (uint32_t)bytes;
	return 0;
}

static const struct key keys[] = {
	{ "ifname", set_ifname },
	{ "type", set_type },
	{ "bridge", set_parent },
	{ "parent", set_parent },
	{ "mac", set_mac },
	{ "host_ifname", set_host_ifname },
	{ "host_mac", set_host_mac },
	{ "mac_filter", set_mac_filter },
	{ "ip", set_ip },
	{ "gw", set_gw },
	{ "gw6", set_gw6 },
	{ "dhcp", set_dhcp },
	{ "dhcp6", set_dhcp6 },
	{ "mtu", set_mtu },
	{ "vlan", set_vlan },
	{ "trunk", set_trunk },
	{ "mode", set_mode },
	{ "rate_up", set_rate_up },
	{ "rate_share", set_rate_share },
	{ "rate_down", set_rate_down },
	{ "burst", set_burst },
};

int options_set_nic(struct net_nic *nic, const char *key, const char *value, const char *what,
		    struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(keys[i].name, key))
			return keys[i].set(nic, &(struct value){ value, what, err });
	return options_refuse(err, what, key, "is no setting of a NIC");
}
