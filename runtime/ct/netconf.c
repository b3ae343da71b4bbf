/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/netconf.h"

#include <stdlib.h>
#include <string.h>

#include "netsetup/options.h"
#include "runtime/base/str.h"

#define BLANKS " \t"
#define V7_KBIT_MAX 1000000000ULL

int netconf_parse_bool(const char *text, const char *what, bool *ret, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (str_eq(text, "yes") || str_eq(text, "on"))
		*ret = true;
	else if (str_eq(text, "no") || str_eq(text, "off"))
		*ret = false;
	else
		return err_set(err, ERR_INPUT, "%s: %s is neither yes nor no", what,
			       str_show(shown, text));
	return 0;
}

/* ---- Virtuozzo's rates ---- */

/* "DEV:CLASS:KBIT"; our own text has one colon at most. */
static bool is_v7_rate(const char *text)
{
	const char *first = strchr(text, ':');

	return first && strchr(first + 1, ':');
}

/* Of class 1, which is all addresses, or of all classes ("*"); other classes have no like here. */
static int parse_v7(const char *text, const char *what, uint64_t *ret_kbit, struct err *err)
{
	auto_strv char **words = strv_split(text, BLANKS);

	if (!words)
		return err_sys(err, "%s", what);
	for (char **word = words; *word; word++) {
		auto_strv char **part = strv_split(*word, ":");
		char shown[STR_SHOW_SIZE];

		if (!part)
			return err_sys(err, "%s", what);
		if (strv_len(part) != 3)
			return err_set(err, ERR_INPUT, "%s: %s is not of the form DEV:CLASS:KBIT",
				       what, str_show(shown, *word));
		if (!str_eq(part[1], "1") && !str_eq(part[1], "*"))
			continue;
		return num_parse_u(part[2], what, V7_KBIT_MAX, ret_kbit, err);
	}
	return 0;
}

int netconf_parse_rate(const char *text, const char *what, struct net_rate *ret, struct err *err)
{
	struct net_rate rate = *ret;

	if (!is_v7_rate(text))
		return options_parse_rate(text, what, ret, err);
	rate.up_kbit = rate.down_kbit = 0;
	if (parse_v7(text, what, &rate.up_share_kbit, err) < 0)
		return -1;
	*ret = rate;
	return 0;
}

/* ---- keys ---- */

static int parse_netdev(struct net_config *config, const char *value, const char *what,
			struct err *err)
{
	auto_strv char **words = strv_split(value, BLANKS);

	if (!words)
		return err_sys(err, "%s", what);
	for (char **word = words; *word; word++)
		if (!options_netdev_add(config, NET_PHYSICAL, *word, what, err))
			return -1;
	return 0;
}

static int parse_allow(struct net_config *config, const char *value, const char *what,
		       struct err *err)
{
	if (str_eq(value, "all"))
		return 0;
	config->guarded = true;
	return str_eq(value, "none") ? 0 : options_add_open(config, value, what, err);
}

static int parse_neighbours(struct net_config *config, const char *value, const char *what,
			    struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (!str_eq(value, "detect") && !str_eq(value, "all") &&
	    (!str_starts(value, "list:") || !value[strlen("list:")]))
		return err_set(err, ERR_INPUT, "%s: %s is none of detect, all, \"list:DEV ...\"",
			       what, str_show(shown, value));
	free(config->neighbour_devs);
	config->neighbour_devs = strdup(value);
	return config->neighbour_devs ? 0 : err_sys(err, "%s", what);
}

int netconf_parse_key(struct net_config *config, const char *key, const char *value,
		      const char *what, struct err *err)
{
	if (str_eq(key, "IP_ADDRESS"))
		return options_ip_add(config, value, what, err) ? 0 : -1;
	if (str_eq(key, "NETIF"))
		return options_parse_netif(config, value, what, err);
	if (str_eq(key, "NETDEV"))
		return parse_netdev(config, value, what, err);
	if (str_eq(key, "PUBLISH"))
		return options_add_publish(config, value, what, err);
	if (str_eq(key, "NAT"))
		return options_parse_nat(value, what, &config->nat, err);
	if (str_eq(key, "ALLOW"))
		return parse_allow(config, value, what, err);
	if (str_eq(key, "ISOLATE"))
		return netconf_parse_bool(value, what, &config->isolated, err);
	if (str_eq(key, "NEIGHBOUR_DEVS"))
		return parse_neighbours(config, value, what, err);
	if (str_eq(key, "SKIP_ARPDETECT"))
		return netconf_parse_bool(value, what, &config->no_detect, err);
	return 0;
}

/* ---- the conf as a whole ---- */

/* In this order: addresses make the routed NIC. Those with `global` may stand in vz.conf. */
static const struct {
	char key[16];
	bool global;
} keys[] = {
	{ "IP_ADDRESS", false },
	{ "NETIF", false },
	{ "NETDEV", false },
	{ "PUBLISH", false },
	{ "NAT", true },
	{ "ALLOW", true },
	{ "ISOLATE", true },
	{ "NEIGHBOUR_DEVS", true },
	{ "SKIP_ARPDETECT", true },
};

/* The value and where it stands ("/etc/vz/conf/101.conf: RATE", in fresh memory); NULL: nowhere. */
static const char *find(const struct netconf_source *from, const char *key, bool global,
			const char **ret_path)
{
	const char *value = conf_get(from->conf, key);

	*ret_path = from->path;
	if (!value && global) {
		value = conf_get(from->global, key);
		*ret_path = from->global_path;
	}
	return value && value[strspn(value, BLANKS)] ? value : NULL;
}

static int read_key(const struct netconf_source *from, struct net_config *config, const char *key,
		    bool global, struct err *err)
{
	const char *path, *value = find(from, key, global, &path);
	auto_free char *what = NULL;

	if (!value)
		return 0;
	what = str_dupf("%s: %s", path, key);
	if (!what)
		return err_sys(err, "read %s", key);
	return netconf_parse_key(config, key, value, what, err);
}

static int read_rate_key(const struct netconf_source *from, const char *key, struct net_rate *ret,
			 struct err *err)
{
	const char *path, *value = find(from, key, true, &path);
	auto_free char *what = NULL;

	if (!value)
		return 0;
	what = str_dupf("%s: %s", path, key);
	return what ? netconf_parse_rate(value, what, ret, err) : err_sys(err, "read %s", key);
}

static int read_yes(const struct netconf_source *from, const char *key, bool *ret, struct err *err)
{
	const char *path, *value = find(from, key, true, &path);
	auto_free char *what = NULL;

	if (!value)
		return 0;
	what = str_dupf("%s: %s", path, key);
	return what ? netconf_parse_bool(value, what, ret, err) : err_sys(err, "read %s", key);
}

/* Virtuozzo's: RATE is what the CT gets at least; RATEBOUND makes it the most, too; else it may
 * borrow up to TOTALRATE. */
static int bound_v7(const struct netconf_source *from, struct net_rate *rate, struct err *err)
{
	struct net_rate total = { 0 };
	bool shaping = true, bound = false;

	if (read_yes(from, "TRAFFIC_SHAPING", &shaping, err) < 0 ||
	    read_yes(from, "RATEBOUND", &bound, err) < 0 ||
	    read_rate_key(from, "TOTALRATE", &total, err) < 0)
		return -1;
	if (!shaping)
		*rate = (struct net_rate){ 0 };
	else if (bound)
		rate->up_kbit = rate->up_share_kbit;
	else if (total.up_share_kbit >= rate->up_share_kbit)
		rate->up_kbit = total.up_share_kbit;
	return 0;
}

static int read_rate(const struct netconf_source *from, struct net_rate *ret, struct err *err)
{
	const char *path, *value = find(from, "RATE", true, &path);

	if (read_rate_key(from, "RATE", ret, err) < 0)
		return -1;
	return value && is_v7_rate(value) ? bound_v7(from, ret, err) : 0;
}

static int read_all(const struct netconf_source *from, struct net_config *config, struct err *err)
{
	struct net_rate rate = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (read_key(from, config, keys[i].key, keys[i].global, err) < 0)
			return -1;
	if (read_rate(from, &rate, err) < 0)
		return -1;
	for (size_t i = 0; i < config->n_nics; i++)
		if (config->nics[i].kind == NET_ROUTED)
			config->nics[i].rate = rate;
	return 0;
}

int netconf_read(const struct netconf_source *from, struct net_config **ret, struct err *err)
{
	auto_net struct net_config *config = calloc(1, sizeof(*config));

	if (!config || !(config->id = strdup(from->id)))
		return err_sys(err, "read the network of CT %s", from->id);
	if (read_all(from, config, err) < 0)
		return -1;
	*ret = NULL;
	if (config->n_nics == 0)
		return 0;
	if (net_fill(config, err) < 0)
		return err_wrap(err, "%s", from->path);
	*ret = steal_ptr(&config);
	return 0;
}

/* ---- writing ---- */

void netconf_emit_addrs(const struct net_config *config, struct strbuf *out)
{
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < config->n_nics; i++) {
		const struct net_nic *nic = &config->nics[i];

		for (size_t j = 0; nic->kind == NET_ROUTED && j < nic->n_addrs; j++)
			strbuf_addf(out, "%s%s", out->len ? " " : "",
				    addr_show_prefix(&nic->addrs[j], text));
	}
}

void netconf_emit_publish(const struct net_config *config, struct strbuf *out)
{
	for (size_t i = 0; i < config->n_publish; i++) {
		if (i > 0)
			strbuf_add_char(out, ' ');
		options_emit_publish(&config->publish[i], out);
	}
}
