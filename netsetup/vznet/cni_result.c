/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ADD made, as the CNI specification wants it told ("Success result"). */
#include "config.h"

#include <stdio.h>
#include <sys/socket.h>

#include "netsetup/vznet/cmd.h"
#include "netsetup/vznet/cni.h"

#define GATEWAY4 "169.254.1.1" /* of a routed NIC: the host end itself */
#define GATEWAY6 "fe80::1"

/* "" where there is none. */
static const char *gateway(const struct net_nic *nic, int family, char buf[ADDR_TEXT_SIZE])
{
	const struct net_addr *addr = family == AF_INET6 ? &nic->gateway6 : &nic->gateway4;

	if (nic->kind == NET_ROUTED)
		return family == AF_INET6 ? GATEWAY6 : GATEWAY4;
	return addr->family ? addr_show(addr, buf) : "";
}

static bool has_family(const struct net_nic *nic, int family)
{
	for (size_t i = 0; i < nic->n_addrs; i++)
		if (nic->addrs[i].family == family)
			return true;
	return false;
}

static void put_interfaces(const struct cni *cni, const struct net_nic *nic, struct json_writer *w)
{
	char mac[ADDR_MAC_SIZE];

	json_begin(w, "interfaces", '[');
	json_begin(w, NULL, '{');
	json_put_str(w, "name", nic->host_name);
	json_put_str(w, "mac", addr_mac_show(nic->host_mac, mac));
	json_end(w, '}');
	json_begin(w, NULL, '{');
	json_put_str(w, "name", nic->name);
	json_put_str(w, "mac", addr_mac_show(nic->mac, mac));
	if (nic->mtu && cni_since(cni, "1.1.0"))
		json_put_uint(w, "mtu", nic->mtu);
	json_put_str(w, "sandbox", cni->netns);
	json_end(w, '}');
	json_end(w, ']');
}

/* A routed address is one host's, whatever prefix it was given with. */
static void put_ip(const struct cni *cni, const struct net_nic *nic, const struct net_addr *addr,
		   struct json_writer *w)
{
	unsigned int bits = addr_len(addr) * 8;
	char host[ADDR_TEXT_SIZE], text[ADDR_TEXT_SIZE + 8], buf[ADDR_TEXT_SIZE];
	const char *gw = gateway(nic, addr->family, buf);

	snprintf(text, sizeof(text), "%s/%u", addr_show(addr, host),
		 nic->kind == NET_ROUTED ? bits : addr->prefix);
	json_begin(w, NULL, '{');
	if (!cni_since(cni, "1.0.0"))
		json_put_str(w, "version", addr->family == AF_INET6 ? "6" : "4");
	json_put_str(w, "address", text);
	if (*gw)
		json_put_str(w, "gateway", gw);
	json_put_int(w, "interface", 1);
	json_end(w, '}');
}

static void put_routes(const struct net_nic *nic, struct json_writer *w)
{
	static const struct {
		int family;
		const char *all;
	} families[] = { { AF_INET, "0.0.0.0/0" }, { AF_INET6, "::/0" } };

	json_begin(w, "routes", '[');
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		char buf[ADDR_TEXT_SIZE];
		const char *gw = gateway(nic, families[i].family, buf);

		if (!*gw || !has_family(nic, families[i].family))
			continue;
		json_begin(w, NULL, '{');
		json_put_str(w, "dst", families[i].all);
		json_put_str(w, "gw", gw);
		json_end(w, '}');
	}
	json_end(w, ']');
}

int cni_result_print(const struct cni *cni, const struct net_config *config, struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };
	struct json_writer w = { .sb = &out, .pretty = true };
	const struct net_nic *nic = &config->nics[0];
	const struct json *dns = json_get(cni->conf, "dns");

	if (!dns && cni->ipam)
		dns = json_get(json_root(cni->ipam), "dns");
	json_begin(&w, NULL, '{');
	json_put_str(&w, "cniVersion", cni->version);
	put_interfaces(cni, nic, &w);
	json_begin(&w, "ips", '[');
	for (size_t i = 0; i < nic->n_addrs; i++)
		put_ip(cni, nic, &nic->addrs[i], &w);
	json_end(&w, ']');
	put_routes(nic, &w);
	if (dns)
		json_put_node(&w, "dns", dns);
	json_end(&w, '}');
	strbuf_add_char(&out, '\n');
	return cmd_print(&out, err);
}
