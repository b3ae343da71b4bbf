/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tells of networks. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netsetup/firewall.h"
#include "netsetup/host.h"
#include "netsetup/net_check.h"
#include "netsetup/net_record.h"
#include "netsetup/options.h"
#include "netsetup/vznet/cmd.h"
#include "runtime/base/fd.h"
#include "runtime/base/json.h"

int cmd_print(const struct strbuf *text, struct err *err)
{
	if (text->failed)
		return err_set(err, ENOMEM, "write the result: out of memory");
	if (fd_write_all(STDOUT_FILENO, text->text, text->len) < 0)
		return err_sys(err, "write the result to stdout");
	return 0;
}

/* Those that the arguments name, else all. */
static int each(struct args *args, int (*show)(const char *id, void *data, struct err *err),
		void *data, struct err *err)
{
	auto_strv char **all = NULL;

	for (int i = 0; i < args->n_ids; i++)
		if (show(args->ids[i], data, err) < 0)
			return -1;
	if (args->n_ids)
		return 0;
	if (net_list(&all, err) < 0)
		return -1;
	for (char **id = all; *id; id++)
		/* One that went away meanwhile is none of all. */
		if (show(*id, data, err) < 0 && err->code != ERR_NOT_FOUND)
			return -1;
	return 0;
}

/* ---- show ---- */

static void put_addrs(const struct net_nic *nic, struct strbuf *out)
{
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < nic->n_addrs; i++)
		strbuf_addf(out, "    address %s\n", addr_show_prefix(&nic->addrs[i], text));
	if (nic->gateway4.family)
		strbuf_addf(out, "    gateway %s\n", addr_show(&nic->gateway4, text));
	if (nic->gateway6.family)
		strbuf_addf(out, "    gateway %s\n", addr_show(&nic->gateway6, text));
}

static void put_nic(const struct net_nic *nic, struct strbuf *out)
{
	char mac[ADDR_MAC_SIZE];

	strbuf_addf(out, "  %s: %s", nic->name, net_kind_name(nic->kind));
	if (*nic->host_name)
		strbuf_addf(out, ", %s on the host", nic->host_name);
	if (*nic->parent)
		strbuf_addf(out, ", %s %s", nic->kind == NET_BRIDGED ? "port of" : "above",
			    nic->parent);
	if (!addr_mac_is_zero(nic->mac))
		strbuf_addf(out, ", %s", addr_mac_show(nic->mac, mac));
	if (nic->mtu)
		strbuf_addf(out, ", MTU %u", nic->mtu);
	if (nic->vlan)
		strbuf_addf(out, ", VLAN %u", nic->vlan);
	strbuf_add_char(out, '\n');
	put_addrs(nic, out);
	if (nic->rate.up_kbit || nic->rate.up_share_kbit || nic->rate.down_kbit) {
		strbuf_add(out, "    rate ");
		options_emit_rate(&nic->rate, out);
		strbuf_add_char(out, '\n');
	}
}

static void put_config(const struct net_config *config, struct strbuf *out)
{
	strbuf_addf(out, "%s\n", config->id);
	for (size_t i = 0; i < config->n_nics; i++)
		put_nic(&config->nics[i], out);
	strbuf_addf(out, "  nat %s\n", options_nat_name(config->nat));
	for (size_t i = 0; i < config->n_publish; i++) {
		strbuf_add(out, "  publish ");
		options_emit_publish(&config->publish[i], out);
		strbuf_add_char(out, '\n');
	}
	if (config->guarded && !config->n_open)
		strbuf_add(out, "  allow none\n");
	for (size_t i = 0; config->guarded && i < config->n_open; i++) {
		strbuf_add(out, "  allow ");
		options_emit_port(&config->open[i], out);
		strbuf_add_char(out, '\n');
	}
	if (config->isolated)
		strbuf_add(out, "  isolated\n");
}

static int show_text(const char *id, void *data, struct err *err)
{
	auto_net struct net_config *config = NULL;

	if (net_load(id, &config, err) < 0)
		return -1;
	put_config(config, data);
	return 0;
}

static int show_json(const char *id, void *data, struct err *err)
{
	auto_net struct net_config *config = NULL;
	auto_strbuf struct strbuf text = { 0 };

	if (net_load(id, &config, err) < 0)
		return -1;
	net_emit(config, &text);
	if (text.failed)
		return err_set(err, ENOMEM, "show \"%s\": out of memory", id);
	json_put_raw(data, NULL, text.text);
	return 0;
}

/* One is an object, all are an array. */
int cmd_show(struct args *args, struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };
	struct json_writer w = { .sb = &out };

	if (!args->json) {
		if (each(args, show_text, &out, err) < 0)
			return -1;
		return out.len ? cmd_print(&out, err) : 0;
	}
	if (!args->n_ids)
		json_begin(&w, NULL, '[');
	if (each(args, show_json, &w, err) < 0)
		return -1;
	if (!args->n_ids)
		json_end(&w, ']');
	strbuf_add_char(&out, '\n');
	return cmd_print(&out, err);
}

static int list_id(const char *id, void *data, struct err *err)
{
	(void)err;
	strbuf_addf(data, "%s\n", id);
	return 0;
}

int cmd_list(struct args *args, struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };

	if (each(args, list_id, &out, err) < 0)
		return -1;
	return out.len ? cmd_print(&out, err) : 0;
}

/* ---- traffic ---- */

static const char *const families[] = { "ipv4", "ipv6" };

static int traffic_text(const char *id, void *data, struct err *err)
{
	struct net_traffic t = { 0 };

	if (net_traffic(id, &t, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		strbuf_addf(data,
			    "%s %s in %" PRIu64 " bytes %" PRIu64 " packets out %" PRIu64
			    " bytes %" PRIu64 " packets\n",
			    id, families[i], t.in_bytes[i], t.in_packets[i], t.out_bytes[i],
			    t.out_packets[i]);
	return 0;
}

static int traffic_json(const char *id, void *data, struct err *err)
{
	struct net_traffic t = { 0 };

	if (net_traffic(id, &t, err) < 0)
		return -1;
	json_begin(data, NULL, '{');
	json_put_str(data, "id", id);
	for (int i = 0; i < 2; i++) {
		json_begin(data, families[i], '{');
		json_put_uint(data, "inBytes", t.in_bytes[i]);
		json_put_uint(data, "inPackets", t.in_packets[i]);
		json_put_uint(data, "outBytes", t.out_bytes[i]);
		json_put_uint(data, "outPackets", t.out_packets[i]);
		json_end(data, '}');
	}
	json_end(data, '}');
	return 0;
}

int cmd_traffic(struct args *args, struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };
	struct json_writer w = { .sb = &out };

	if (!args->json) {
		if (each(args, traffic_text, &out, err) < 0)
			return -1;
		return out.len ? cmd_print(&out, err) : 0;
	}
	json_begin(&w, NULL, '[');
	if (each(args, traffic_json, &w, err) < 0)
		return -1;
	json_end(&w, ']');
	strbuf_add_char(&out, '\n');
	return cmd_print(&out, err);
}

/* ---- check ---- */

struct checkup {
	struct strbuf found;
};

static void check_link(struct checkup *c, const struct host_uplink *uplink, uint8_t family)
{
	int version = family == AF_INET6 ? 6 : 4;
	char path[96];
	auto_strbuf struct strbuf line = { 0 };
	auto_free char *text = NULL;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv%d/conf/%s/forwarding", version,
		 uplink->name);
	if (fd_load_at(AT_FDCWD, path, 64, &text, NULL, NULL) < 0 || *text != '0')
		return;
	strbuf_addf(&line,
		    "%s does not forward IPv%d (echo 1 >/proc/sys/net/ipv%d/conf/%s/forwarding)\n",
		    uplink->name, version, version, uplink->name);
	if (line.text && (!c->found.text || !strstr(c->found.text, line.text)))
		strbuf_add(&c->found, line.text);
}

/* The uplinks that were found when it came up: its addresses' routes lead to itself by now. */
static int check_id(const char *id, void *data, struct err *err)
{
	auto_record struct net_record *record = NULL;
	bool wanted[2] = { false };

	if (net_record_load(id, &record, err) < 0)
		return -1;
	for (size_t i = 0; i < record->config->n_nics; i++) {
		const struct net_nic *nic = &record->config->nics[i];

		for (size_t j = 0; nic->kind == NET_ROUTED && j < nic->n_addrs; j++)
			wanted[nic->addrs[j].family == AF_INET6] = true;
	}
	for (size_t i = 0; i < record->n_uplinks; i++) {
		if (wanted[0])
			check_link(data, &record->uplinks[i], AF_INET);
		if (wanted[1])
			check_link(data, &record->uplinks[i], AF_INET6);
	}
	return 0;
}

int cmd_check(struct args *args, struct err *err)
{
	auto_free char *blocker = firewall_blocker();
	struct checkup c = { 0 };
	int rc;

	if (blocker)
		strbuf_addf(&c.found, "%s\n", blocker);
	rc = each(args, check_id, &c, err);
	if (rc == 0 && c.found.len) {
		rc = cmd_print(&c.found, err);
		if (rc == 0)
			rc = err_set(err, ERR_FAILED,
				     "packets of containers are kept from passing");
	}
	strbuf_done(&c.found);
	return rc;
}
