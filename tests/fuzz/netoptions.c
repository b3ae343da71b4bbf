/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people and configuration files write for a network. What is taken is written as it is read; what is
 * refused changes nothing. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "netsetup/net_check.h"
#include "netsetup/options.h"
#include "tests/fuzz/fuzz.h"

static struct net_config *new_config(void)
{
	struct net_config *config = calloc(1, sizeof(*config));

	fuzz_assert(config && (config->id = strdup("101")));
	return config;
}

static void try_rate(const char *text)
{
	struct net_rate rate = { .burst_bytes = 7 }, again = { .burst_bytes = 7 };
	auto_strbuf struct strbuf out = { 0 };
	struct err err = { 0 };

	if (options_parse_rate(text, "--rate", &rate, &err) < 0) {
		fuzz_assert_message(&err);
		fuzz_assert(memcmp(&rate, &again, sizeof(rate)) == 0);
		return;
	}
	fuzz_assert(!rate.up_kbit || rate.up_share_kbit <= rate.up_kbit);
	options_emit_rate(&rate, &out);
	if (!out.len)
		return;
	fuzz_assert(options_parse_rate(out.text, "--rate", &again, &err) == 0);
	fuzz_assert(memcmp(&rate, &again, sizeof(rate)) == 0);
}

static void try_ports(const char *text)
{
	auto_net struct net_config *config = new_config();
	auto_strbuf struct strbuf out = { 0 }, second = { 0 };
	struct net_publish publish, again;
	struct err err = { 0 };

	if (options_add_open(config, text, "--allow", &err) < 0) {
		fuzz_assert_message(&err);
		fuzz_assert(!config->n_open);
	}
	if (options_add_publish(config, text, "--publish", &err) < 0) {
		fuzz_assert_message(&err);
		fuzz_assert(!config->n_publish);
	}
	if (options_parse_publish(text, "--publish", &publish, &err) < 0)
		return;
	options_emit_publish(&publish, &out);
	fuzz_assert(options_parse_publish(out.text, "--publish", &again, &err) == 0);
	options_emit_publish(&again, &second);
	fuzz_assert(strcmp(out.text, second.text) == 0);
}

static void try_netif(const char *text)
{
	auto_net struct net_config *config = new_config(), *again = new_config();
	auto_strbuf struct strbuf first = { 0 }, second = { 0 };
	struct err err = { 0 };

	if (options_parse_netif(config, text, "NETIF", &err) < 0) {
		fuzz_assert_message(&err);
		fuzz_assert(!config->n_nics);
		return;
	}
	options_emit_netif(config, &first);
	if (!first.len)
		return;
	fuzz_assert(!first.failed);
	fuzz_assert(options_parse_netif(again, first.text, "NETIF", &err) == 0);
	options_emit_netif(again, &second);
	fuzz_assert(strcmp(first.text, second.text) == 0);
}

static void try_devices(const char *text)
{
	static const enum net_kind kinds[] = { NET_PHYSICAL, NET_MACVLAN, NET_IPVLAN };
	auto_net struct net_config *config = new_config();
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t before = config->n_nics;

		if (!options_netdev_add(config, kinds[i], text, "--netdev_add", &err)) {
			fuzz_assert_message(&err);
			fuzz_assert(config->n_nics == before);
		}
	}
	if (!options_netif_add(config, text, "--netif_add", &err))
		fuzz_assert_message(&err);
	for (size_t i = 0; i < config->n_nics; i++)
		fuzz_assert(net_check_link_name(config->nics[i].name));
	if (net_fill(config, &err) < 0)
		fuzz_assert_message(&err);
}

/* Given, given again, and taken away. */
static void try_addresses(const char *text)
{
	auto_net struct net_config *config = new_config();
	struct err err = { 0 };
	const struct net_nic *nic = options_ip_add(config, text, "--ipadd", &err);
	size_t n;

	if (!nic) {
		fuzz_assert_message(&err);
		fuzz_assert(!config->n_nics);
		return;
	}
	n = nic->n_addrs;
	nic = options_ip_add(config, text, "--ipadd", &err);
	fuzz_assert(nic && nic->n_addrs == n);
	if (n)
		fuzz_assert(options_ip_del(config, "all", "--ipdel", &err) == 0);
	fuzz_assert(!n || !config->n_nics);
}

/* "KEY VALUE" in each line, on NICs of each kind. */
static void try_keys(const char *text)
{
	auto_strv char **lines = strv_split(text, "\n");
	auto_net struct net_config *config = new_config();
	struct err err = { 0 };

	for (enum net_kind kind = NET_ROUTED; net_kind_name(kind); kind++)
		fuzz_assert(
			options_add_nic(config, kind, net_kind_name(kind), "--netif_add", &err));
	for (char **line = lines; line && *line; line++) {
		char *value = strchr(*line, ' ');

		if (!value)
			continue;
		*value++ = '\0';
		for (size_t i = 0; i < config->n_nics; i++)
			if (options_set_nic(&config->nics[i], *line, value, *line, &err) < 0)
				fuzz_assert_message(&err);
	}
	if (net_fill(config, &err) < 0)
		fuzz_assert_message(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);
	enum net_nat nat = NET_NAT_AUTO;
	struct err err = { 0 };

	try_rate(text);
	try_ports(text);
	try_netif(text);
	try_devices(text);
	try_addresses(text);
	try_keys(text);
	if (options_parse_nat(text, "--nat", &nat, &err) == 0)
		fuzz_assert(strcmp(options_nat_name(nat), text) == 0);
	return 0;
}
