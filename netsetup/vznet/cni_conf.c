/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of a CNI network, and the model. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsetup/options.h"
#include "netsetup/vznet/cni_ipam.h"

/* The specification's own keys, and ours. */
static const char *const known[] = {
	"cniVersion",   "cniVersions", "name",    "type",     "disableCheck",  "disableGC",
	"capabilities", "args",        "dns",     "mode",     "bridge",        "mtu",
	"ipMasq",       "addresses",   "gateway", "gateway6", "runtimeConfig", "ipam",
};
static const char *const known_runtime[] = { "ips", "mac", "portMappings", "bandwidth" };
static const char *const known_bandwidth[] = { "ingressRate", "ingressBurst", "egressRate",
					       "egressBurst" };

static int refuse_field(const struct json *node, struct err *err)
{
	auto_strbuf struct strbuf value = { 0 };
	struct json_writer w = { .sb = &value };
	char where[128];

	json_put_node(&w, NULL, node);
	return err_set(err, CNI_ERR(CNI_BAD_FIELD), "config: the field \"%s\" is unknown (%.128s)",
		       json_where(node, where, sizeof(where)), value.text ? value.text : "");
}

/* A misspelt one would be a rule that is not kept. Those with a "/" are somebody's own (cni.dev/…). */
static int check_keys(const struct json *object, const char *const *keys, size_t n, struct err *err)
{
	json_for_each(child, object) {
		bool found = strchr(child->key, '/') != NULL;

		for (size_t i = 0; !found && i < n; i++)
			found = str_eq(child->key, keys[i]);
		if (!found)
			return refuse_field(child, err);
	}
	return 0;
}

static int check_fields(const struct json *conf, struct err *err)
{
	const struct json *runtime = json_get(conf, "runtimeConfig");
	const struct json *prev = json_get(conf, "prevResult");

	if (prev)
		return json_err(err, "config", prev,
				"vznet makes an interface, so it must be the first in its list");
	if (runtime && runtime->type != JSON_OBJECT)
		return json_err(err, "config", runtime, "must be an object");
	if (check_keys(conf, known, ARRAY_SIZE(known), err) < 0)
		return -1;
	return check_keys(runtime, known_runtime, ARRAY_SIZE(known_runtime), err);
}

/* ---- the NIC ---- */

static int read_mode(const struct cni *cni, const char **ret_bridge, struct err *err)
{
	const char *mode;
	bool bridged;
	char shown[STR_SHOW_SIZE];

	if (cni_text(cni->conf, "mode", &mode, err) < 0 ||
	    cni_text(cni->conf, "bridge", ret_bridge, err) < 0)
		return -1;
	bridged = mode && str_eq(mode, "bridge");
	if (mode && !bridged && !str_eq(mode, "routed"))
		return err_set(err, ERR_INPUT, "config: mode: %s is neither routed nor bridge",
			       str_show(shown, mode));
	if (bridged != (*ret_bridge && **ret_bridge))
		return err_set(err, ERR_INPUT,
			       "config: mode \"bridge\" and \"bridge\" go together");
	if (!bridged)
		*ret_bridge = NULL;
	return 0;
}

static struct net_nic *add_nic(const struct cni *cni, struct net_config *config, struct err *err)
{
	struct net_nic *nic;
	const char *bridge;

	if (read_mode(cni, &bridge, err) < 0)
		return NULL;
	nic = options_add_nic(config, bridge ? NET_BRIDGED : NET_ROUTED, cni->ifname, "CNI_IFNAME",
			      err);
	if (nic && bridge && options_set_nic(nic, "bridge", bridge, "config: bridge", err) < 0)
		return NULL;
	return nic;
}

static int add_addresses(struct net_nic *nic, const struct json *list, struct err *err)
{
	char where[128], what[160];

	if (list && list->type != JSON_ARRAY)
		return json_err(err, "config", list, "must be a list of addresses");
	json_for_each(child, list) {
		if (child->type != JSON_STRING)
			return json_err(err, "config", child, "must be an address");
		snprintf(what, sizeof(what), "config: %s", json_where(child, where, sizeof(where)));
		if (!*child->text)
			return err_set(err, ERR_INPUT, "%s is empty", what);
		if (options_set_nic(nic, "ip", child->text, what, err) < 0)
			return -1;
	}
	return 0;
}

/* What the runtime asks for by CNI_ARGS: IP=ADDRESS[,ADDRESS], MAC=…. */
static int set_args(const struct cni *cni, struct net_nic *nic, struct err *err)
{
	auto_free char *ip = NULL, *mac = NULL;
	auto_strv char **ips = NULL;

	if (cni_arg("IP", &ip, err) < 0 || cni_arg("MAC", &mac, err) < 0)
		return -1;
	ips = strv_split(ip ? ip : "", ",");
	if (!ips)
		return err_sys(err, "read CNI_ARGS");
	for (char **one = ips; *one && !cni_ipam_wanted(cni); one++)
		if (options_set_nic(nic, "ip", *one, "CNI_ARGS: IP", err) < 0)
			return -1;
	return mac ? options_set_nic(nic, "mac", mac, "CNI_ARGS: MAC", err) : 0;
}

static int set_texts(const struct cni *cni, struct net_nic *nic, struct err *err)
{
	static const struct {
		const char *key, *option;
	} texts[] = { { "gateway", "gw" }, { "gateway6", "gw6" } };
	const char *value;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (cni_text(cni->conf, texts[i].key, &value, err) < 0)
			return -1;
		if (value && options_set_nic(nic, texts[i].option, value, texts[i].key, err) < 0)
			return -1;
	}
	if (cni_text(json_get(cni->conf, "runtimeConfig"), "mac", &value, err) < 0)
		return -1;
	return value ? options_set_nic(nic, "mac", value, "config: runtimeConfig.mac", err) : 0;
}

static int set_nic(const struct cni *cni, struct net_nic *nic, struct err *err)
{
	const struct json *runtime = json_get(cni->conf, "runtimeConfig");
	const struct json *mtu = json_get(cni->conf, "mtu");
	int64_t value;

	if (mtu && json_int(mtu, 0, 65535, &value) < 0)
		return json_err(err, "config", mtu, "must be a number of bytes, 0 to 65535");
	if (mtu)
		nic->mtu = (uint32_t)value;
	if (add_addresses(nic, json_get(cni->conf, "addresses"), err) < 0)
		return -1;
	/* Those that the runtime asks for are the ipam plugin's business, where there is one. */
	if (!cni_ipam_wanted(cni) && add_addresses(nic, json_get(runtime, "ips"), err) < 0)
		return -1;
	if (cni->ipam && cni_ipam_apply(json_root(cni->ipam), nic, err) < 0)
		return -1;
	if (set_args(cni, nic, err) < 0)
		return -1;
	return set_texts(cni, nic, err);
}

/* ---- how fast ---- */

#define BITS_OF_KBIT 1000

static int read_bits(const struct json *bandwidth, const char *key, uint64_t *ret, struct err *err)
{
	const struct json *node = json_get(bandwidth, key);
	int64_t bits = 0;

	if (node && json_int(node, 0, INT64_MAX, &bits) < 0)
		return json_err(err, "config", node, "must be a number of bits");
	*ret = (uint64_t)bits;
	return 0;
}

/* One way: a rate in kbit/s, rounded up, as 0 would be no limit; a burst in bytes, at most what a bucket
 * holds. */
static int read_way(const struct json *bandwidth, const char *rate, const char *burst,
		    uint64_t *ret_kbit, uint32_t *burst_bytes, struct err *err)
{
	uint64_t bits, burst_bits;

	if (read_bits(bandwidth, rate, &bits, err) < 0 ||
	    read_bits(bandwidth, burst, &burst_bits, err) < 0)
		return -1;
	if (burst_bits && !bits)
		return json_err(err, "config", bandwidth, "%s needs %s", burst, rate);
	*ret_kbit = bits / BITS_OF_KBIT + (bits % BITS_OF_KBIT != 0);
	burst_bits = burst_bits / 8 + (burst_bits % 8 != 0);
	if (burst_bits > UINT32_MAX)
		burst_bits = UINT32_MAX;
	if (*burst_bytes < burst_bits)
		*burst_bytes = (uint32_t)burst_bits;
	return 0;
}

/* The specification's directions are the container's: what enters it is ingress. */
static int set_bandwidth(const struct cni *cni, struct net_nic *nic, struct err *err)
{
	const struct json *bandwidth = json_get(json_get(cni->conf, "runtimeConfig"), "bandwidth");
	struct net_rate *rate = &nic->rate;

	if (!bandwidth || bandwidth->type == JSON_NULL)
		return 0;
	if (bandwidth->type != JSON_OBJECT)
		return json_err(err, "config", bandwidth, "must be an object");
	if (check_keys(bandwidth, known_bandwidth, ARRAY_SIZE(known_bandwidth), err) < 0 ||
	    read_way(bandwidth, "ingressRate", "ingressBurst", &rate->down_kbit, &rate->burst_bytes,
		     err) < 0)
		return -1;
	return read_way(bandwidth, "egressRate", "egressBurst", &rate->up_kbit, &rate->burst_bytes,
			err);
}

/* ---- all ---- */

static int set_nat(const struct cni *cni, struct net_config *config, struct err *err)
{
	const struct json *masq = json_get(cni->conf, "ipMasq");

	if (masq && masq->type != JSON_BOOL)
		return json_err(err, "config", masq, "must be true or false");
	config->nat = masq && masq->boolean ? NET_NAT_ON : NET_NAT_OFF;
	return 0;
}

static int read_port(const struct json *map, const char *key, int64_t *ret, struct err *err)
{
	const struct json *node = json_get(map, key);

	if (!node || json_int(node, 1, UINT16_MAX, ret) < 0)
		return json_err(err, "config", node ? node : map, "%s must be a port", key);
	return 0;
}

static int add_port(struct net_config *config, const struct json *map, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	int64_t host_port, port;
	const char *proto, *ip;

	if (map->type != JSON_OBJECT)
		return json_err(err, "config", map, "must be an object");
	if (read_port(map, "hostPort", &host_port, err) < 0 ||
	    read_port(map, "containerPort", &port, err) < 0 ||
	    cni_text(map, "protocol", &proto, err) < 0 || cni_text(map, "hostIP", &ip, err) < 0)
		return -1;
	if (ip && *ip)
		strbuf_addf(&text, strchr(ip, ':') ? "[%s]:" : "%s:", ip);
	strbuf_addf(&text, "%d:%d", (int)host_port, (int)port);
	if (proto && *proto)
		strbuf_addf(&text, "/%s", proto);
	if (text.failed)
		return err_set(err, ENOMEM, "read the config");
	return options_add_publish(config, text.text, "config: portMappings", err);
}

static int set_ports(const struct cni *cni, struct net_config *config, struct err *err)
{
	const struct json *list = json_get(json_get(cni->conf, "runtimeConfig"), "portMappings");

	if (list && list->type != JSON_ARRAY && list->type != JSON_NULL)
		return json_err(err, "config", list, "must be a list");
	json_for_each(map, list)
		if (add_port(config, map, err) < 0)
			return -1;
	return 0;
}

static int read_config(const struct cni *cni, struct net_config *config, struct err *err)
{
	struct net_nic *nic;

	if (check_fields(cni->conf, err) < 0 || set_nat(cni, config, err) < 0 ||
	    set_ports(cni, config, err) < 0)
		return -1;
	nic = add_nic(cni, config, err);
	if (!nic || set_nic(cni, nic, err) < 0 || set_bandwidth(cni, nic, err) < 0)
		return -1;
	if (nic->kind == NET_ROUTED && !nic->n_addrs)
		return err_set(err, ERR_INPUT,
			       "config: no addresses (\"ipam\", \"addresses\", "
			       "\"runtimeConfig\" with \"ips\", CNI_ARGS with IP=)");
	return net_fill(config, err);
}

int cni_conf_read(const struct cni *cni, struct net_config **ret, struct err *err)
{
	auto_net struct net_config *config = calloc(1, sizeof(*config));

	if (config)
		config->id = strdup(cni->id);
	if (!config || !config->id)
		return err_sys(err, "read the config");
	if (read_config(cni, config, err) < 0)
		return -1;
	*ret = steal_ptr(&config);
	return 0;
}

int cni_conf_check(const struct cni *cni, const char **ret_bridge, struct err *err)
{
	return check_fields(cni->conf, err) < 0 ? -1 : read_mode(cni, ret_bridge, err);
}
