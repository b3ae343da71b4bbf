/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/net_check.h"

#include <ctype.h>
#include <linux/if_link.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/json.h"
#include "runtime/base/str.h"

#define MTU_MIN 68      /* RFC 791 */
#define MTU_MIN_V6 1280 /* RFC 8200, 5 */
#define MTU_MAX 65535
#define VLAN_MAX 4094

bool net_check_link_name(const char *name)
{
	if (!*name || strnlen(name, IFNAMSIZ) >= IFNAMSIZ || str_eq(name, ".") ||
	    str_eq(name, ".."))
		return false;
	for (const char *c = name; *c; c++)
		if (*c == '/' || *c == ':' || *c == '%' || !isgraph((unsigned char)*c))
			return false;
	return true;
}

bool net_kind_is_pair(enum net_kind kind)
{
	return kind == NET_ROUTED || kind == NET_BRIDGED;
}

const char *net_kind_name(enum net_kind kind)
{
	static const char *const names[] = {
		[NET_ROUTED] = "routed", [NET_BRIDGED] = "bridged",   [NET_MACVLAN] = "macvlan",
		[NET_IPVLAN] = "ipvlan", [NET_PHYSICAL] = "physical",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : NULL;
}

const char *net_proto_name(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return NULL;
	}
}

/* ---- one NIC ---- */

static int bad(const struct net_nic *nic, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int bad(const struct net_nic *nic, struct err *err, const char *fmt, ...)
{
	char text[200], shown[STR_SHOW_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(err, ERR_INPUT, "NIC %s: %s", str_show(shown, nic->name), text);
}

static int check_name(const struct net_nic *nic, const char *what, const char *name,
		      struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (!*name || net_check_link_name(name))
		return 0;
	return bad(nic, err, "the %s %s can't be an interface's name", what, str_show(shown, name));
}

static int check_names(const struct net_nic *nic, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (!net_kind_name(nic->kind))
		return bad(nic, err, "%d is no kind of NIC", (int)nic->kind);
	if (!net_check_link_name(nic->name))
		return err_set(err, ERR_INPUT, "NIC %s: that can't be an interface's name",
			       str_show(shown, nic->name));
	if (str_eq(nic->name, "lo"))
		return bad(nic, err, "each container has an interface of this name already");
	if (check_name(nic, "host name", nic->host_name, err) < 0 ||
	    check_name(nic, "parent", nic->parent, err) < 0)
		return -1;
	if (*nic->host_name && !net_kind_is_pair(nic->kind))
		return bad(nic, err, "being %s, it has no end on the host, so no host name",
			   net_kind_name(nic->kind));
	return 0;
}

static int check_parent(const struct net_nic *nic, struct err *err)
{
	if (nic->kind == NET_ROUTED && *nic->parent)
		return bad(nic, err, "a routed one has no parent (\"%s\")", nic->parent);
	if (!net_kind_is_pair(nic->kind) && !*nic->parent)
		return bad(nic, err, "being %s, it needs the host's interface as its parent",
			   net_kind_name(nic->kind));
	return 0;
}

static int check_mode(const struct net_nic *nic, struct err *err)
{
	switch (nic->kind) {
	case NET_MACVLAN:
		if (nic->mode <= MACVLAN_MODE_PASSTHRU && __builtin_popcount(nic->mode) <= 1)
			return 0;
		break;
	case NET_IPVLAN:
		if (nic->mode <= IPVLAN_MODE_L3S)
			return 0;
		break;
	default:
		if (!nic->mode)
			return 0;
	}
	return bad(nic, err, "being %s, it has no mode %u", net_kind_name(nic->kind), nic->mode);
}

static int check_macs(const struct net_nic *nic, struct err *err)
{
	char shown[ADDR_MAC_SIZE];

	if ((nic->mac[0] | nic->host_mac[0]) & 1)
		return bad(nic, err, "%s is a multicast MAC address",
			   addr_mac_show(nic->mac[0] & 1 ? nic->mac : nic->host_mac, shown));
	if (nic->kind == NET_IPVLAN && !addr_mac_is_zero(nic->mac))
		return bad(nic, err, "an ipvlan one has its parent's MAC address, not %s",
			   addr_mac_show(nic->mac, shown));
	if (nic->kind == NET_PHYSICAL && !addr_mac_is_zero(nic->mac))
		return bad(nic, err, "a physical one keeps its MAC address");
	if (!net_kind_is_pair(nic->kind) && !addr_mac_is_zero(nic->host_mac))
		return bad(nic, err, "being %s, it has no end on the host, so no host MAC address",
			   net_kind_name(nic->kind));
	return 0;
}

static bool has_family(const struct net_nic *nic, int family)
{
	for (size_t i = 0; i < nic->n_addrs; i++)
		if (nic->addrs[i].family == family)
			return true;
	return false;
}

static int check_mtu(const struct net_nic *nic, struct err *err)
{
	uint32_t min = has_family(nic, AF_INET6) ? MTU_MIN_V6 : MTU_MIN;

	if (nic->mtu && (nic->mtu < min || nic->mtu > MTU_MAX))
		return bad(nic, err, "the MTU %u is not in %u…%u", nic->mtu, min, MTU_MAX);
	return 0;
}

static int check_trunk(const struct net_nic *nic, struct err *err)
{
	if (nic->n_trunk > NET_VLANS_MAX)
		return bad(nic, err, "more than %d VLANs", NET_VLANS_MAX);
	for (size_t i = 0; i < nic->n_trunk; i++) {
		uint16_t vlan = nic->trunk[i];

		if (!vlan || vlan > VLAN_MAX)
			return bad(nic, err, "the VLAN %u is not in 1…%d", vlan, VLAN_MAX);
		for (size_t j = 0; j < i; j++)
			if (nic->trunk[j] == vlan)
				return bad(nic, err, "the VLAN %u is given twice", vlan);
		if (vlan == nic->vlan)
			return bad(nic, err, "the VLAN %u is both tagged and untagged", vlan);
	}
	return 0;
}

static int check_vlans(const struct net_nic *nic, struct err *err)
{
	if (nic->vlan > VLAN_MAX)
		return bad(nic, err, "the VLAN %u is not in 1…%d", nic->vlan, VLAN_MAX);
	if ((nic->vlan || nic->n_trunk) && (nic->kind != NET_BRIDGED || !*nic->parent))
		return bad(nic, err, "VLANs need a bridge as its parent");
	if (nic->mac_filter && nic->kind != NET_BRIDGED)
		return bad(nic, err, "only a bridged one has a MAC filter");
	return check_trunk(nic, err);
}

static int check_gateway(const struct net_nic *nic, const struct net_addr *gateway, int family,
			 struct err *err)
{
	char shown[ADDR_TEXT_SIZE];

	if (!gateway->family)
		return 0;
	addr_show(gateway, shown);
	if (nic->kind == NET_ROUTED)
		return bad(nic, err, "the gateway of a routed one is the host, not %s", shown);
	if (gateway->family != family)
		return bad(nic, err, "%s is no IPv%d gateway", shown, family == AF_INET ? 4 : 6);
	if (!has_family(nic, family))
		return bad(nic, err, "the gateway %s needs an address of its family", shown);
	return 0;
}

static int check_addrs(const struct net_nic *nic, struct err *err)
{
	if (nic->n_addrs > NET_ADDRS_MAX)
		return bad(nic, err, "more than %d addresses", NET_ADDRS_MAX);
	for (size_t i = 0; i < nic->n_addrs; i++) {
		const struct net_addr *addr = &nic->addrs[i];

		if ((addr->family != AF_INET && addr->family != AF_INET6) ||
		    addr->prefix > addr_len(addr) * 8)
			return bad(nic, err, "address %zu is none", i + 1);
	}
	if (check_gateway(nic, &nic->gateway4, AF_INET, err) < 0)
		return -1;
	return check_gateway(nic, &nic->gateway6, AF_INET6, err);
}

/* The filter of a port takes any source where it has no address, and else only those. */
static int check_dhcp(const struct net_nic *nic, struct err *err)
{
	char shown[ADDR_TEXT_SIZE];

	if (!nic->dhcp4 && !nic->dhcp6)
		return 0;
	if (nic->kind == NET_ROUTED)
		return bad(nic, err, "a routed one has no DHCP");
	if (nic->n_addrs)
		return bad(nic, err, "it has DHCP, so it can't be given %s",
			   addr_show(&nic->addrs[0], shown));
	return 0;
}

static int check_rate(const struct net_nic *nic, struct err *err)
{
	const struct net_rate *rate = &nic->rate;

	if (!net_kind_is_pair(nic->kind) &&
	    (rate->up_kbit || rate->up_share_kbit || rate->down_kbit))
		return bad(nic, err, "being %s, it has no end on the host, where rates are kept",
			   net_kind_name(nic->kind));
	if (rate->up_kbit && rate->up_share_kbit > rate->up_kbit)
		return bad(nic, err, "the share of %llu kbit/s is above the rate of %llu kbit/s",
			   (unsigned long long)rate->up_share_kbit,
			   (unsigned long long)rate->up_kbit);
	return 0;
}

static int check_nic(const struct net_nic *nic, struct err *err)
{
	if (check_names(nic, err) < 0 || check_parent(nic, err) < 0 || check_mode(nic, err) < 0 ||
	    check_macs(nic, err) < 0 || check_addrs(nic, err) < 0 || check_dhcp(nic, err) < 0 ||
	    check_mtu(nic, err) < 0 || check_vlans(nic, err) < 0)
		return -1;
	return check_rate(nic, err);
}

/* ---- the whole ---- */

static int check_id(const char *id, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (!id || !*id)
		return err_set(err, ERR_INPUT, "the network's id is missing");
	if (strlen(id) > NET_ID_MAX)
		return err_set(err, ERR_INPUT, "the id %s is longer than %d bytes",
			       str_show(shown, id), NET_ID_MAX);
	if (*id == '.' || strchr(id, '/'))
		return err_set(err, ERR_INPUT, "the id %s can't be a file's name",
			       str_show(shown, id));
	for (const char *c = id; *c; c++)
		if (iscntrl((unsigned char)*c))
			return err_set(err, ERR_INPUT, "the id %s has control characters",
				       str_show(shown, id));
	/* Its record would be another one's. */
	if (!json_can_say(id))
		return err_set(err, ERR_INPUT, "the id %s is no UTF-8", str_show(shown, id));
	return 0;
}

static bool config_has_family(const struct net_config *config, int family)
{
	for (size_t i = 0; i < config->n_nics; i++)
		if (net_kind_is_pair(config->nics[i].kind) && has_family(&config->nics[i], family))
			return true;
	return false;
}

static int check_port(const char *what, uint8_t proto, uint16_t port, struct err *err)
{
	if (!net_proto_name(proto))
		return err_set(err, ERR_INPUT, "%s: the protocol %u has no ports here", what,
			       proto);
	if (!port)
		return err_set(err, ERR_INPUT, "%s: 0 is no port", what);
	return 0;
}

/* Whether the host would have to give the same port to two. */
static bool clash(const struct net_publish *a, const struct net_publish *b)
{
	return a->proto == b->proto && a->host_port == b->host_port &&
	       (!a->at.family || !b->at.family || addr_same(&a->at, &b->at));
}

static int check_publish(const struct net_config *config, size_t i, struct err *err)
{
	const struct net_publish *at = &config->publish[i];
	int family = at->at.family;

	if (check_port("publish", at->proto, at->host_port, err) < 0 ||
	    check_port("publish", at->proto, at->port, err) < 0)
		return -1;
	if (family && !config_has_family(config, family))
		return err_set(err, ERR_INPUT, "publish %u/%s: the container has no IPv%d address",
			       at->host_port, net_proto_name(at->proto), family == AF_INET ? 4 : 6);
	for (size_t j = 0; j < i; j++)
		if (clash(at, &config->publish[j]))
			return err_set(err, ERR_INPUT, "publish: port %u/%s is given twice",
				       at->host_port, net_proto_name(at->proto));
	return 0;
}

static int check_ports(const struct net_config *config, struct err *err)
{
	if (config->n_open > NET_PORTS_MAX || config->n_publish > NET_PORTS_MAX)
		return err_set(err, ERR_INPUT, "more than %d ports", NET_PORTS_MAX);
	for (size_t i = 0; i < config->n_open; i++)
		if (check_port("open", config->open[i].proto, config->open[i].port, err) < 0)
			return -1;
	if (config->n_publish && !config_has_family(config, AF_INET) &&
	    !config_has_family(config, AF_INET6))
		return err_set(err, ERR_INPUT,
			       "publish: the container has no address to publish ports of");
	for (size_t i = 0; i < config->n_publish; i++)
		if (check_publish(config, i, err) < 0)
			return -1;
	return 0;
}

static int check_neighbour_devs(const char *text, struct err *err)
{
	auto_strv char **names = NULL;
	char shown[STR_SHOW_SIZE];

	if (!text || str_eq(text, "detect") || str_eq(text, "all"))
		return 0;
	if (!str_starts(text, "list:"))
		return err_set(err, ERR_INPUT,
			       "neighbour devices: %s is not \"detect\", \"all\" or \"list:NAME…\"",
			       str_show(shown, text));
	names = strv_split(text + strlen("list:"), " ,");
	if (!names)
		return err_sys(err, "check the neighbour devices");
	for (char **name = names; *name; name++)
		if (!net_check_link_name(*name))
			return err_set(err, ERR_INPUT,
				       "neighbour devices: %s can't be an interface's name",
				       str_show(shown, *name));
	return 0;
}

int net_check(const struct net_config *config, struct err *err)
{
	if (check_id(config->id, err) < 0)
		return -1;
	if (config->n_nics > NET_NICS_MAX)
		return err_set(err, ERR_INPUT, "more than %d NICs", NET_NICS_MAX);
	for (size_t i = 0; i < config->n_nics; i++)
		if (check_nic(&config->nics[i], err) < 0)
			return -1;
	if (config->nat > NET_NAT_OFF)
		return err_set(err, ERR_INPUT, "NAT: %d is no choice", (int)config->nat);
	if (check_ports(config, err) < 0)
		return -1;
	return check_neighbour_devs(config->neighbour_devs, err);
}

/* ---- no two of a kind ---- */

static int compare_addrs(const void *a, const void *b)
{
	const struct net_addr *one = a, *two = b;

	if (one->family != two->family)
		return one->family - two->family;
	return memcmp(one->bytes, two->bytes, sizeof(one->bytes));
}

/* A container can have thousands: sorted, so that duplicates are neighbours. */
static int check_unique_addrs(const struct net_config *config, struct err *err)
{
	auto_free struct net_addr *all = NULL;
	char shown[ADDR_TEXT_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < config->n_nics; i++)
		n += config->nics[i].n_addrs;
	all = calloc(n + 1, sizeof(*all));
	if (!all)
		return err_sys(err, "check the addresses");
	n = 0;
	for (size_t i = 0; i < config->n_nics; i++)
		for (size_t j = 0; j < config->nics[i].n_addrs; j++)
			all[n++] = config->nics[i].addrs[j];
	qsort(all, n, sizeof(*all), compare_addrs);
	for (size_t i = 1; i < n; i++)
		if (addr_same(&all[i - 1], &all[i]))
			return err_set(err, ERR_INPUT, "the address %s is given twice",
				       addr_show(&all[i], shown));
	return 0;
}

static bool same_mac(const uint8_t a[6], const uint8_t b[6])
{
	return !addr_mac_is_zero(a) && memcmp(a, b, 6) == 0;
}

static int check_two(const struct net_nic *a, const struct net_nic *b, struct err *err)
{
	char shown[ADDR_MAC_SIZE];

	if (str_eq(a->name, b->name))
		return err_set(err, ERR_INPUT, "two NICs have the name \"%s\"", a->name);
	if (*a->host_name && str_eq(a->host_name, b->host_name))
		return err_set(err, ERR_INPUT, "two NICs have the host name \"%s\"", a->host_name);
	if (same_mac(a->mac, b->mac) || same_mac(a->host_mac, b->host_mac))
		return bad(b, err, "its MAC address %s is also that of \"%s\"",
			   addr_mac_show(same_mac(a->mac, b->mac) ? b->mac : b->host_mac, shown),
			   a->name);
	if (a->kind == NET_PHYSICAL && b->kind == NET_PHYSICAL && str_eq(a->parent, b->parent))
		return bad(b, err, "the host's \"%s\" is already \"%s\"", b->parent, a->name);
	return 0;
}

int net_check_unique(const struct net_config *config, struct err *err)
{
	char shown[ADDR_MAC_SIZE];

	for (size_t i = 0; i < config->n_nics; i++) {
		const struct net_nic *nic = &config->nics[i];

		if (same_mac(nic->mac, nic->host_mac))
			return bad(nic, err, "both ends have the MAC address %s",
				   addr_mac_show(nic->mac, shown));
		for (size_t j = 0; j < i; j++)
			if (check_two(&config->nics[j], nic, err) < 0)
				return -1;
	}
	return check_unique_addrs(config, err);
}
