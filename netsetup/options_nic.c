/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NICs: OpenVZ's NETIF, vzctl's --netif_add, --netdev_add and --ipadd. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "netsetup/net_check.h"
#include "netsetup/net_json.h"
#include "netsetup/options.h"

/* ---- the list of NICs ---- */

static void nic_done(struct net_nic *nic)
{
	free(nic->addrs);
	free(nic->trunk);
}

static void cut_nics(struct net_config *config, size_t n)
{
	while (config->n_nics > n)
		nic_done(&config->nics[--config->n_nics]);
}

struct net_nic *options_find_nic(const struct net_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_nics; i++)
		if (str_eq(config->nics[i].name, name))
			return &config->nics[i];
	return NULL;
}

struct net_nic *options_add_nic(struct net_config *config, enum net_kind kind, const char *name,
				const char *what, struct err *err)
{
	struct net_nic *nics, nic = { .kind = kind, .mac_filter = kind == NET_BRIDGED };

	if (options_set_nic(&nic, "ifname", name, what, err) < 0)
		return NULL;
	if (options_find_nic(config, name)) {
		options_refuse(err, what, name, "is there already");
		return NULL;
	}
	if (config->n_nics >= NET_NICS_MAX) {
		err_set(err, ERR_INPUT, "%s: more than %d NICs", what, NET_NICS_MAX);
		return NULL;
	}
	nics = reallocarray(config->nics, config->n_nics + 1, sizeof(*nics));
	if (!nics) {
		err_sys(err, "%s", what);
		return NULL;
	}
	config->nics = nics;
	nics[config->n_nics] = nic;
	return &nics[config->n_nics++];
}

static void remove_nic(struct net_config *config, struct net_nic *nic)
{
	size_t i = (size_t)(nic - config->nics);

	nic_done(nic);
	memmove(nic, nic + 1, (config->n_nics - i - 1) * sizeof(*nic));
	config->n_nics--;
}

int options_del_nic(struct net_config *config, const char *name, const char *what, struct err *err)
{
	struct net_nic *nic = options_find_nic(config, name);

	if (!nic)
		return options_refuse(err, what, name, "is no NIC of it");
	remove_nic(config, nic);
	return 0;
}

/* ---- NETIF ---- */

/* "key=value"; the text is cut at the sign. */
static int set_pair(struct net_nic *nic, char *pair, const char *what, struct err *err)
{
	char *value = strchr(pair, '=');

	if (!value)
		return options_refuse(err, what, pair, "is not KEY=VALUE");
	*value++ = '\0';
	return options_set_nic(nic, pair, value, what, err);
}

/* "ifname=eth0,…", ifname at any place. */
static int parse_one(struct net_config *config, const char *text, const char *what, struct err *err)
{
	auto_strv char **pairs = strv_split(text, ",");
	const char *name = NULL;
	struct net_nic *nic;

	if (!pairs)
		return err_sys(err, "%s", what);
	for (char **pair = pairs; *pair; pair++)
		if (str_starts(*pair, "ifname="))
			name = *pair + strlen("ifname=");
	if (!name)
		return options_refuse(err, what, text, "has no ifname=");
	nic = options_add_nic(config, NET_BRIDGED, name, what, err);
	if (!nic)
		return -1;
	for (char **pair = pairs; *pair; pair++)
		if (!str_starts(*pair, "ifname=") && set_pair(nic, *pair, what, err) < 0)
			return -1;
	return 0;
}

int options_parse_netif(struct net_config *config, const char *text, const char *what,
			struct err *err)
{
	auto_strv char **nics = strv_split(text, "; \t\n");
	size_t before = config->n_nics;

	if (!nics)
		return err_sys(err, "%s", what);
	for (char **nic = nics; *nic; nic++) {
		if (parse_one(config, *nic, what, err) == 0)
			continue;
		cut_nics(config, before);
		return -1;
	}
	return 0;
}

static void emit_macs(const struct net_nic *nic, struct strbuf *out)
{
	char mac[ADDR_MAC_SIZE];

	if (!addr_mac_is_zero(nic->mac))
		strbuf_addf(out, ",mac=%s", addr_mac_show(nic->mac, mac));
	if (*nic->host_name)
		strbuf_addf(out, ",host_ifname=%s", nic->host_name);
	if (!addr_mac_is_zero(nic->host_mac))
		strbuf_addf(out, ",host_mac=%s", addr_mac_show(nic->host_mac, mac));
}

static void emit_addrs(const struct net_nic *nic, struct strbuf *out)
{
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < nic->n_addrs; i++)
		strbuf_addf(out, "%s%s", i ? "+" : ",ip=", addr_show_prefix(&nic->addrs[i], text));
	if (nic->gateway4.family)
		strbuf_addf(out, ",gw=%s", addr_show(&nic->gateway4, text));
	if (nic->gateway6.family)
		strbuf_addf(out, ",gw6=%s", addr_show(&nic->gateway6, text));
	if (nic->dhcp4)
		strbuf_add(out, ",dhcp=yes");
	if (nic->dhcp6)
		strbuf_add(out, ",dhcp6=yes");
}

static void emit_number(const char *key, uint64_t value, const char *unit, struct strbuf *out)
{
	if (value)
		strbuf_addf(out, ",%s=%llu%s", key, (unsigned long long)value, unit);
}

static void emit_nic(const struct net_nic *nic, struct strbuf *out)
{
	strbuf_addf(out, "ifname=%s", nic->name);
	if (nic->kind != NET_BRIDGED)
		strbuf_addf(out, ",type=%s", net_kind_name(nic->kind));
	if (*nic->parent)
		strbuf_addf(out, ",%s=%s", nic->kind == NET_BRIDGED ? "bridge" : "parent",
			    nic->parent);
	emit_macs(nic, out);
	if (nic->kind == NET_BRIDGED && !nic->mac_filter)
		strbuf_add(out, ",mac_filter=off");
	emit_addrs(nic, out);
	emit_number("mtu", nic->mtu, "", out);
	emit_number("vlan", nic->vlan, "", out);
	for (size_t i = 0; i < nic->n_trunk; i++)
		strbuf_addf(out, "%s%u", i ? "+" : ",trunk=", nic->trunk[i]);
	if (*net_json_mode_name(nic->kind, nic->mode))
		strbuf_addf(out, ",mode=%s", net_json_mode_name(nic->kind, nic->mode));
	emit_number("rate_up", nic->rate.up_kbit, "kbit", out);
	emit_number("rate_share", nic->rate.up_share_kbit, "kbit", out);
	emit_number("rate_down", nic->rate.down_kbit, "kbit", out);
	emit_number("burst", nic->rate.burst_bytes, "", out);
}

void options_emit_netif(const struct net_config *config, struct strbuf *out)
{
	bool more = false;

	for (size_t i = 0; i < config->n_nics; i++) {
		if (config->nics[i].kind == NET_ROUTED)
			continue;
		if (more)
			strbuf_add_char(out, ';');
		emit_nic(&config->nics[i], out);
		more = true;
	}
}

/* ---- vzctl's options ---- */

/* An option as it was given, for errors. */
struct option {
	const char *text, *what;
	struct err *err;
};

/* The parts behind a name, empty ones too, by position or as KEY=VALUE. */
static int set_parts(struct net_nic *nic, char *rest, const char *const *positions, size_t n,
		     const struct option *from)
{
	for (size_t i = 0; rest; i++) {
		char *part = strsep(&rest, ",");

		if (strchr(part, '=')) {
			if (set_pair(nic, part, from->what, from->err) < 0)
				return -1;
			continue;
		}
		if (i >= n)
			return options_refuse(from->err, from->what, from->text,
					      "has too many parts");
		if (*part && options_set_nic(nic, positions[i], part, from->what, from->err) < 0)
			return -1;
	}
	return 0;
}

struct net_nic *options_netif_add(struct net_config *config, const char *text, const char *what,
				  struct err *err)
{
	static const char *const positions[] = { "mac", "host_ifname", "host_mac", "bridge" };
	auto_free char *copy = strdup(text);
	char *rest = copy;
	const char *name;
	struct net_nic *nic;

	if (!copy) {
		err_sys(err, "%s", what);
		return NULL;
	}
	name = strsep(&rest, ",");
	nic = options_add_nic(config, NET_BRIDGED, name, what, err);
	if (!nic || set_parts(nic, rest, positions, ARRAY_SIZE(positions),
			      &(struct option){ text, what, err }) == 0)
		return nic;
	cut_nics(config, config->n_nics - 1);
	return NULL;
}

struct net_nic *options_netdev_add(struct net_config *config, enum net_kind kind, const char *text,
				   const char *what, struct err *err)
{
	static const char *const positions[] = { "mode" };
	auto_free char *copy = strdup(text);
	char *rest = copy;
	const char *parent, *name = NULL;
	struct net_nic *nic;

	if (!copy) {
		err_sys(err, "%s", what);
		return NULL;
	}
	parent = strsep(&rest, ",");
	if (rest && !memchr(rest, '=', strcspn(rest, ",")))
		name = strsep(&rest, ",");
	if (!name || !*name)
		name = kind == NET_PHYSICAL ? parent : "eth0";
	nic = options_add_nic(config, kind, name, what, err);
	if (!nic)
		return NULL;
	if (options_set_nic(nic, "parent", parent, what, err) == 0 &&
	    set_parts(nic, rest, positions, kind == NET_PHYSICAL ? 0 : 1,
		      &(struct option){ text, what, err }) == 0)
		return nic;
	cut_nics(config, config->n_nics - 1);
	return NULL;
}

/* ---- routed addresses ---- */

static struct net_nic *first_routed(const struct net_config *config)
{
	for (size_t i = 0; i < config->n_nics; i++)
		if (config->nics[i].kind == NET_ROUTED)
			return &config->nics[i];
	return NULL;
}

struct net_nic *options_ip_add(struct net_config *config, const char *text, const char *what,
			       struct err *err)
{
	struct net_nic *nic = first_routed(config);
	size_t before = config->n_nics;

	if (!nic)
		nic = options_add_nic(config, NET_ROUTED, "venet0", what, err);
	if (!nic || options_add_addrs(nic, text, what, err) == 0)
		return nic;
	cut_nics(config, before);
	return NULL;
}

static int del_addr(struct net_config *config, const struct net_addr *addr)
{
	for (size_t i = 0; i < config->n_nics; i++) {
		struct net_nic *nic = &config->nics[i];

		for (size_t j = 0; nic->kind == NET_ROUTED && j < nic->n_addrs; j++) {
			if (!addr_same(&nic->addrs[j], addr))
				continue;
			memmove(&nic->addrs[j], &nic->addrs[j + 1],
				(--nic->n_addrs - j) * sizeof(*nic->addrs));
			return 0;
		}
	}
	return -1;
}

static void drop_empty(struct net_config *config, bool all)
{
	size_t i = config->n_nics;

	while (i-- > 0)
		if (config->nics[i].kind == NET_ROUTED && (all || !config->nics[i].n_addrs))
			remove_nic(config, &config->nics[i]);
}

int options_ip_del(struct net_config *config, const char *text, const char *what, struct err *err)
{
	auto_strv char **parts = strv_split(text, ", \t\n");
	struct net_addr addr;

	if (!parts)
		return err_sys(err, "%s", what);
	for (char **part = parts; *part && !str_eq(text, "all"); part++) {
		if (addr_parse(*part, what, &addr, err) < 0)
			return -1;
		if (del_addr(config, &addr) < 0)
			return options_refuse(err, what, *part, "is no routed address of it");
	}
	drop_empty(config, str_eq(text, "all"));
	return 0;
}
