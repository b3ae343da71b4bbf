/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: the network. */
#include "config.h"

#include "runtime/ct/set.h"

#include <stdlib.h>
#include <string.h>

#include "netsetup/options.h"
#include "runtime/base/str.h"
#include "runtime/ct/ctnet.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/netconf.h"

/* ---- keys that are lists of values ---- */

/* A model of that key alone. */
static struct net_config *read_key(const struct set_job *job, const char *key, struct err *err)
{
	auto_free char *what = str_dupf("%s: %s", job->ct->conf_path, key);
	auto_net struct net_config *config = calloc(1, sizeof(*config));
	const char *value = conf_get(job->ct->conf, key);

	if (!config || !what) {
		err_sys(err, "read %s", key);
		return NULL;
	}
	if (value && value[strspn(value, " \t")] &&
	    netconf_parse_key(config, key, value, what, err) < 0)
		return NULL;
	return steal_ptr(&config);
}

static int write_key(const struct set_job *job, const char *key, const struct strbuf *text,
		     struct err *err)
{
	if (text->failed)
		return err_set(err, ENOMEM, "set %s: out of memory", key);
	return conf_set(job->ct->conf, key, text->text ? text->text : "", err);
}

static int write_netif(const struct set_job *job, const struct net_config *config, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };

	options_emit_netif(config, &text);
	return write_key(job, "NETIF", &text, err);
}

/* ---- addresses ---- */

static bool has_addr(const struct net_nic *nic, const struct net_addr *addr, size_t *ret_at)
{
	for (size_t i = 0; i < nic->n_addrs; i++) {
		if (!addr_same(&nic->addrs[i], addr))
			continue;
		*ret_at = i;
		return true;
	}
	return false;
}

static int nic_ip_del(struct net_nic *nic, const char *value, const char *what, struct err *err)
{
	char shown[STR_SHOW_SIZE];
	struct net_addr addr;
	size_t at;

	if (str_eq(value, "all")) {
		nic->n_addrs = 0;
		return 0;
	}
	if (addr_parse(value, what, &addr, err) < 0)
		return -1;
	if (!has_addr(nic, &addr, &at))
		return err_set(err, ERR_INPUT, "%s: NIC %s does not have %s", what, nic->name,
			       str_show(shown, value));
	memmove(&nic->addrs[at], &nic->addrs[at + 1], (--nic->n_addrs - at) * sizeof(addr));
	return 0;
}

static int no_nic(const char *name, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	return err_set(err, ERR_INPUT, "--ifname: the CT's NETIF has no %s", str_show(shown, name));
}

/* With --ifname: of that NIC. */
static int edit_nic_ip(const struct set_job *job, const char *value, const char *what, bool add,
		       struct err *err)
{
	auto_net struct net_config *config = read_key(job, "NETIF", err);
	struct net_nic *nic = config ? options_find_nic(config, job->opts->ifname) : NULL;

	if (!config)
		return -1;
	if (!nic)
		return no_nic(job->opts->ifname, err);
	if (add ? options_set_nic(nic, "ip", value, what, err) < 0 :
		  nic_ip_del(nic, value, what, err) < 0)
		return -1;
	return write_netif(job, config, err);
}

/* One that it has is one host's whatever the prefix is: it gets the new prefix, in its place. */
static bool change_prefix(struct net_config *config, const struct net_addr *addr)
{
	size_t at;

	for (size_t i = 0; i < config->n_nics; i++) {
		if (!has_addr(&config->nics[i], addr, &at))
			continue;
		config->nics[i].addrs[at].prefix = addr->prefix;
		return true;
	}
	return false;
}

static int add_ips(struct net_config *config, const char *value, const char *what, struct err *err)
{
	auto_strv char **parts = strv_split(value, "+, \t\n");
	struct net_addr addr;

	if (!parts)
		return err_sys(err, "%s", what);
	for (char **part = parts; *part; part++)
		if (addr_parse_host(*part, what, &addr, err) < 0 ||
		    (!change_prefix(config, &addr) && !options_ip_add(config, *part, what, err)))
			return -1;
	return 0;
}

static int edit_ip(const struct set_job *job, const char *value, const char *what, bool add,
		   struct err *err)
{
	auto_net struct net_config *config = NULL;
	auto_strbuf struct strbuf text = { 0 };

	if (!*value)
		return err_set(err, ERR_INPUT, "%s is empty (ADDRESS)", what);
	if (job->opts->ifname)
		return edit_nic_ip(job, value, what, add, err);
	config = read_key(job, "IP_ADDRESS", err);
	if (!config)
		return -1;
	if (add ? add_ips(config, value, what, err) < 0 :
		  options_ip_del(config, value, what, err) < 0)
		return -1;
	netconf_emit_addrs(config, &text);
	return write_key(job, "IP_ADDRESS", &text, err);
}

static int ipadd(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	return edit_ip(job, value, what, true, err);
}

static int ipdel(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	return edit_ip(job, value, what, false, err);
}

/* ---- NICs ---- */

static int netif_add(const struct set_job *job, const char *value, const char *what,
		     struct err *err)
{
	auto_net struct net_config *config = read_key(job, "NETIF", err);

	if (!config || !options_netif_add(config, value, what, err))
		return -1;
	return write_netif(job, config, err);
}

static int netif_del(const struct set_job *job, const char *value, const char *what,
		     struct err *err)
{
	auto_net struct net_config *config = NULL;

	if (str_eq(value, "all"))
		return conf_set(job->ct->conf, "NETIF", "", err);
	config = read_key(job, "NETIF", err);
	if (!config || options_del_nic(config, value, what, err) < 0)
		return -1;
	return write_netif(job, config, err);
}

/* The words of NETDEV but for one, and perhaps a new one. */
static int rewrite_netdev(const struct set_job *job, const char *without, const char *added,
			  bool *ret_found, struct err *err)
{
	const char *old = conf_get(job->ct->conf, "NETDEV");
	auto_strv char **words = strv_split(old ? old : "", " \t");
	auto_strbuf struct strbuf text = { 0 };

	if (!words)
		return err_sys(err, "set NETDEV");
	for (char **word = words; *word; word++) {
		if (str_eq(*word, without))
			*ret_found = true;
		else
			strbuf_addf(&text, "%s%s", text.len ? " " : "", *word);
	}
	if (added)
		strbuf_addf(&text, "%s%s", text.len ? " " : "", added);
	return write_key(job, "NETDEV", &text, err);
}

static int netdev_add(const struct set_job *job, const char *value, const char *what,
		      struct err *err)
{
	auto_net struct net_config *config = read_key(job, "NETDEV", err);
	bool found = false;

	if (!config || !options_netdev_add(config, NET_PHYSICAL, value, what, err))
		return -1;
	return rewrite_netdev(job, value, value, &found, err);
}

static int netdev_del(const struct set_job *job, const char *value, const char *what,
		      struct err *err)
{
	char shown[STR_SHOW_SIZE];
	bool found = false;

	if (rewrite_netdev(job, value, NULL, &found, err) < 0)
		return -1;
	return found ? 0 :
		       err_set(err, ERR_INPUT, "%s: the CT's NETDEV has no %s", what,
			       str_show(shown, value));
}

/* Settings of the NIC that --ifname selects, by their keys in NETIF. */
static int set_nic(const struct set_job *job, const char *key, const char *value, const char *what,
		   struct err *err)
{
	auto_net struct net_config *config = NULL;
	struct net_nic *nic;

	if (!job->opts->ifname)
		return err_set(err, ERR_USAGE, "%s needs --ifname, which says of which NIC", what);
	config = read_key(job, "NETIF", err);
	if (!config)
		return -1;
	nic = options_find_nic(config, job->opts->ifname);
	if (!nic)
		return no_nic(job->opts->ifname, err);
	if (options_set_nic(nic, key, value, what, err) < 0)
		return -1;
	return write_netif(job, config, err);
}

/* The option's name is the key's. */
static int nic_key(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	return set_nic(job, what + strlen("--"), value, what, err);
}

/* What was given to it goes. */
static int dhcp(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	static const char *const given[] = { "ip", "gw", "gw6" };

	if (nic_key(job, value, what, err) < 0)
		return -1;
	for (size_t i = 0; str_eq(value, "yes") && i < ARRAY_SIZE(given); i++)
		if (set_nic(job, given[i], "", what, err) < 0)
			return -1;
	return 0;
}

static int trunk(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	if (set_nic(job, "trunk", "", what, err) < 0)
		return -1;
	return str_eq(value, "none") ? 0 : set_nic(job, "trunk", value, what, err);
}

static int rate(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	auto_net struct net_config *config = NULL;
	struct net_rate parsed = { 0 };
	struct net_nic *nic;

	if (netconf_parse_rate(value, what, &parsed, err) < 0)
		return -1;
	if (!job->opts->ifname)
		return conf_set(job->ct->conf, "RATE", value, err);
	config = read_key(job, "NETIF", err);
	if (!config)
		return -1;
	nic = options_find_nic(config, job->opts->ifname);
	if (!nic)
		return no_nic(job->opts->ifname, err);
	nic->rate = parsed;
	return write_netif(job, config, err);
}

/* ---- the CT as a whole ---- */

static int publish(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	auto_net struct net_config *config = read_key(job, "PUBLISH", err);
	auto_strbuf struct strbuf text = { 0 };

	if (!config || options_add_publish(config, value, what, err) < 0)
		return -1;
	netconf_emit_publish(config, &text);
	return write_key(job, "PUBLISH", &text, err);
}

/* What is published at that place of the host, whatever it leads to. */
static bool is_same_place(const struct net_publish *a, const struct net_publish *b)
{
	return a->proto == b->proto && a->host_port == b->host_port &&
	       a->at.family == b->at.family && (a->at.family == 0 || addr_same(&a->at, &b->at));
}

static int publish_del(const struct set_job *job, const char *value, const char *what,
		       struct err *err)
{
	auto_net struct net_config *config = NULL;
	auto_strbuf struct strbuf text = { 0 };
	char shown[STR_SHOW_SIZE];
	struct net_publish gone;
	size_t kept = 0, n;

	if (str_eq(value, "all"))
		return conf_set(job->ct->conf, "PUBLISH", "", err);
	config = read_key(job, "PUBLISH", err);
	if (!config || options_parse_publish(value, what, &gone, err) < 0)
		return -1;
	n = config->n_publish;
	for (size_t i = 0; i < n; i++)
		if (!is_same_place(&config->publish[i], &gone))
			config->publish[kept++] = config->publish[i];
	config->n_publish = kept;
	if (kept == n)
		return err_set(err, ERR_INPUT, "%s: %s is not published", what,
			       str_show(shown, value));
	netconf_emit_publish(config, &text);
	return write_key(job, "PUBLISH", &text, err);
}

/* A value that is kept as it was given. */
static int net_key(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	auto_net struct net_config *config = calloc(1, sizeof(*config));

	if (!config)
		return err_sys(err, "%s", what);
	if (netconf_parse_key(config, job->row->key, value, what, err) < 0)
		return -1;
	return conf_set(job->ct->conf, job->row->key, value, err);
}

/* ---- names ---- */

static int dns(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	(void)what;
	if (conf_set(job->ct->conf, job->row->key, value, err) < 0)
		return -1;
	return dist_check_dns(conf_get(job->ct->conf, "NAMESERVER"),
			      conf_get(job->ct->conf, "SEARCHDOMAIN"), err);
}

/* ---- the table ---- */

/* clang-format off */
const struct set_row set_net_rows[] = {
	{ "netif_del", netif_del, "NETIF", SET_NET, 0, 0 },
	{ "netif_add", netif_add, "NETIF", SET_NET, 0, 0 },
	{ "netdev_del", netdev_del, "NETDEV", SET_NET, 0, VZ_NETDEV },
	{ "netdev_add", netdev_add, "NETDEV", SET_NET, 0, VZ_NETDEV },
	{ "ipdel", ipdel, "IP_ADDRESS", SET_NET, 0, 0 },
	{ "dhcp", dhcp, "NETIF", SET_NET, 0, 0 },
	{ "dhcp6", dhcp, "NETIF", SET_NET, 0, 0 },
	{ "ipadd", ipadd, "IP_ADDRESS", SET_NET, 0, 0 },
	{ "ip", ipadd, "IP_ADDRESS", SET_NET, 0, 0 },
	{ "mac", nic_key, "NETIF", SET_NET, 0, 0 },
	{ "host_ifname", nic_key, "NETIF", SET_NET, 0, 0 },
	{ "host_mac", nic_key, "NETIF", SET_NET, 0, 0 },
	{ "bridge", nic_key, "NETIF", SET_NET, 0, 0 },
	{ "mac_filter", nic_key, "NETIF", SET_NET, 0, 0 },
	{ "gw", nic_key, "NETIF", SET_NET, 0, 0 },
	{ "gw6", nic_key, "NETIF", SET_NET, 0, 0 },
	{ "mtu", nic_key, "NETIF", SET_NET, 0, 0 },
	{ "vlan", nic_key, "NETIF", SET_NET, 0, 0 },
	{ "trunk", trunk, "NETIF", SET_NET, 0, 0 },
	{ "rate", rate, "RATE", SET_NET, 0, 0 },
	{ "publish_del", publish_del, "PUBLISH", SET_NET, 0, 0 },
	{ "publish", publish, "PUBLISH", SET_NET, 0, 0 },
	{ "nat", net_key, "NAT", SET_NET, 0, 0 },
	{ "allow", net_key, "ALLOW", SET_NET, 0, 0 },
	{ "isolate", net_key, "ISOLATE", SET_NET, 0, 0 },
	{ "nameserver", dns, "NAMESERVER", SET_DNS, SET_JOINED, VZ_BAD_DNS },
	{ "searchdomain", dns, "SEARCHDOMAIN", SET_DNS, SET_JOINED, VZ_BAD_SEARCHDOMAIN },
	{ "", NULL, NULL, 0, 0, 0 },
};
/* clang-format on */
