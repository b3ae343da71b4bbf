/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network as JSON, and the record of one: what is taken is written as it is read, all that net_check
 * promises holds, and more can be added to each of its lists. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "netsetup/net_check.h"
#include "netsetup/net_record.h"
#include "netsetup/options.h"
#include "tests/fuzz/fuzz.h"

static void check_nic(const struct net_nic *nic)
{
	fuzz_assert(net_kind_name(nic->kind));
	fuzz_assert(net_check_link_name(nic->name));
	fuzz_assert(!*nic->parent || net_check_link_name(nic->parent));
	fuzz_assert(!net_kind_is_pair(nic->kind) || net_check_link_name(nic->host_name));
	fuzz_assert(nic->n_addrs <= NET_ADDRS_MAX && nic->n_trunk <= NET_VLANS_MAX);
	for (size_t i = 0; i < nic->n_addrs; i++)
		fuzz_assert(nic->addrs[i].prefix <= addr_len(&nic->addrs[i]) * 8);
	for (size_t i = 0; i < nic->n_trunk; i++)
		fuzz_assert(nic->trunk[i] >= 1 && nic->trunk[i] <= 4094);
}

static void check(const struct net_config *config)
{
	fuzz_assert(config->id && *config->id && strlen(config->id) <= NET_ID_MAX);
	fuzz_assert(config->n_nics <= NET_NICS_MAX);
	for (size_t i = 0; i < config->n_nics; i++) {
		check_nic(&config->nics[i]);
		fuzz_assert(options_find_nic(config, config->nics[i].name) == &config->nics[i]);
	}
	for (size_t i = 0; i < config->n_open; i++)
		fuzz_assert(net_proto_name(config->open[i].proto) && config->open[i].port);
	for (size_t i = 0; i < config->n_publish; i++)
		fuzz_assert(net_proto_name(config->publish[i].proto) && config->publish[i].port &&
			    config->publish[i].host_port);
}

static void read_again(const struct net_config *config)
{
	auto_strbuf struct strbuf first = { 0 }, second = { 0 };
	auto_net struct net_config *again = NULL;
	struct err err = { 0 };

	net_emit(config, &first);
	fuzz_assert(!first.failed);
	fuzz_assert(net_parse(first.text, first.len, "net", &again, &err) == 0);
	net_emit(again, &second);
	fuzz_assert(strcmp(first.text, second.text) == 0);
}

/* Whoever parsed a config may go on with the options. */
static void add_more(struct net_config *config)
{
	struct err err = { 0 };

	for (size_t i = 0; i < config->n_nics; i++) {
		size_t before = config->nics[i].n_addrs;

		if (options_set_nic(&config->nics[i], "ip", "192.0.2.7/24+192.0.2.8/24", "ip",
				    &err) == 0)
			fuzz_assert(config->nics[i].n_addrs <= before + 2);
		options_set_nic(&config->nics[i], "trunk", "7+8", "trunk", &err);
	}
	options_add_publish(config, "80:80,81:81/udp", "publish", &err);
	options_add_open(config, "80,81/udp", "allow", &err);
	options_add_nic(config, NET_BRIDGED, "another0", "nic", &err);
	options_add_nic(config, NET_ROUTED, "another1", "nic", &err);
	options_del_nic(config, "another0", "nic", &err);
	options_netif_add(config, "another2,bridge=br0,trunk=9", "nic", &err);
}

static void try_record(const char *text, size_t len)
{
	auto_record struct net_record *record = NULL;
	struct err err = { 0 };

	if (net_record_parse(text, len, "record", &record, &err) < 0) {
		fuzz_assert_message(&err);
		return;
	}
	fuzz_assert(record->n_uplinks <= NET_RECORD_UPLINKS);
	for (size_t i = 0; i < record->n_uplinks; i++)
		fuzz_assert(memchr(record->uplinks[i].name, '\0', IFNAMSIZ));
	check(record->config);
	if (record->next)
		check(record->next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_net struct net_config *config = NULL;
	struct err err = { 0 };

	try_record((const char *)data, size);
	if (net_parse((const char *)data, size, "net", &config, &err) < 0) {
		fuzz_assert_message(&err);
		return 0;
	}
	check(config);
	read_again(config);
	add_more(config);
	return 0;
}
