/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/net_json.h"

#include "netsetup/net_check.h"
#include "runtime/base/json.h"

const char *const net_json_nat[] = { "auto", "on", "off", NULL };

static void put_addr(struct json_writer *w, const char *key, const struct net_addr *addr)
{
	char text[ADDR_TEXT_SIZE];

	if (addr->family)
		json_put_str(w, key, addr_show_prefix(addr, text));
}

static void put_mac(struct json_writer *w, const char *key, const uint8_t mac[6])
{
	char text[ADDR_MAC_SIZE];

	if (!addr_mac_is_zero(mac))
		json_put_str(w, key, addr_mac_show(mac, text));
}

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	if (text && *text)
		json_put_str(w, key, text);
}

static void put_uint(struct json_writer *w, const char *key, uint64_t value)
{
	if (value)
		json_put_uint(w, key, value);
}

static void put_flag(struct json_writer *w, const char *key, bool value)
{
	if (value)
		json_put_bool(w, key, value);
}

static void put_rate(struct json_writer *w, const struct net_rate *rate)
{
	if (!rate->up_kbit && !rate->up_share_kbit && !rate->down_kbit && !rate->burst_bytes)
		return;
	json_begin(w, "rate", '{');
	put_uint(w, "upKbit", rate->up_kbit);
	put_uint(w, "upShareKbit", rate->up_share_kbit);
	put_uint(w, "downKbit", rate->down_kbit);
	put_uint(w, "burstBytes", rate->burst_bytes);
	json_end(w, '}');
}

static void put_lists(struct json_writer *w, const struct net_nic *nic)
{
	if (nic->n_trunk) {
		json_begin(w, "trunk", '[');
		for (size_t i = 0; i < nic->n_trunk; i++)
			json_put_uint(w, NULL, nic->trunk[i]);
		json_end(w, ']');
	}
	if (!nic->n_addrs)
		return;
	json_begin(w, "addresses", '[');
	for (size_t i = 0; i < nic->n_addrs; i++)
		put_addr(w, NULL, &nic->addrs[i]);
	json_end(w, ']');
}

static void put_nic(struct json_writer *w, const struct net_nic *nic)
{
	json_begin(w, NULL, '{');
	json_put_str(w, "kind", net_kind_name(nic->kind));
	json_put_str(w, "name", nic->name);
	put_text(w, "hostName", nic->host_name);
	put_mac(w, "mac", nic->mac);
	put_mac(w, "hostMac", nic->host_mac);
	put_text(w, "parent", nic->parent);
	if (nic->kind == NET_MACVLAN || nic->kind == NET_IPVLAN)
		json_put_str(w, "mode", net_json_mode_name(nic->kind, nic->mode));
	put_uint(w, "mtu", nic->mtu);
	put_flag(w, "macFilter", nic->mac_filter);
	put_uint(w, "vlan", nic->vlan);
	put_lists(w, nic);
	put_addr(w, "gateway4", &nic->gateway4);
	put_addr(w, "gateway6", &nic->gateway6);
	put_flag(w, "dhcp4", nic->dhcp4);
	put_flag(w, "dhcp6", nic->dhcp6);
	put_rate(w, &nic->rate);
	json_end(w, '}');
}

static void put_open(struct json_writer *w, const struct net_config *config)
{
	if (!config->n_open)
		return;
	json_begin(w, "open", '[');
	for (size_t i = 0; i < config->n_open; i++) {
		json_begin(w, NULL, '{');
		json_put_str(w, "protocol", net_proto_name(config->open[i].proto));
		json_put_uint(w, "port", config->open[i].port);
		json_end(w, '}');
	}
	json_end(w, ']');
}

static void put_publish(struct json_writer *w, const struct net_config *config)
{
	if (!config->n_publish)
		return;
	json_begin(w, "publish", '[');
	for (size_t i = 0; i < config->n_publish; i++) {
		const struct net_publish *at = &config->publish[i];

		json_begin(w, NULL, '{');
		json_put_str(w, "protocol", net_proto_name(at->proto));
		put_addr(w, "address", &at->at);
		json_put_uint(w, "hostPort", at->host_port);
		json_put_uint(w, "port", at->port);
		json_end(w, '}');
	}
	json_end(w, ']');
}

void net_json_put(struct json_writer *w, const char *key, const struct net_config *config)
{
	json_begin(w, key, '{');
	json_put_str(w, "id", config->id);
	json_begin(w, "nics", '[');
	for (size_t i = 0; i < config->n_nics; i++)
		put_nic(w, &config->nics[i]);
	json_end(w, ']');
	json_put_str(w, "nat", net_json_nat[config->nat]);
	put_flag(w, "isolated", config->isolated);
	put_flag(w, "guarded", config->guarded);
	put_open(w, config);
	put_publish(w, config);
	put_text(w, "neighbourDevices", config->neighbour_devs);
	put_flag(w, "skipDetect", config->no_detect);
	json_end(w, '}');
}

void net_emit(const struct net_config *config, struct strbuf *out)
{
	struct json_writer w = { .sb = out };

	net_json_put(&w, NULL, config);
}
