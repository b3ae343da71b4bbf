/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates, ports, NAT: what is of the container as a whole. NICs: options_nic.c. */
#include "config.h"

#include "netsetup/options.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "netsetup/net_check.h"

#define KBIT_MAX 10000000000ULL /* 10 Tbit/s */

int options_refuse(struct err *err, const char *what, const char *text, const char *why)
{
	char show[STR_SHOW_SIZE];

	return err_set(err, ERR_INPUT, "%s: %s %s", what, str_show(show, text), why);
}

/* ---- rates ---- */

static const struct unit {
	const char name[5];
	uint64_t kbit;
} units[] = { { "kbit", 1 }, { "mbit", 1000 }, { "gbit", 1000000 }, { "tbit", 1000000000 } };

int options_parse_kbit(const char *text, const char *what, uint64_t *ret_kbit, struct err *err)
{
	size_t digits = strspn(text, "0123456789");
	char number[21];
	uint64_t value;

	if (str_eq(text, "0") || str_eq(text, "unlimited")) {
		*ret_kbit = 0;
		return 0;
	}
	if (digits == 0 || digits >= sizeof(number))
		return options_refuse(err, what, text, "is no rate (like 512kbit, 30mbit, 1gbit)");
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (num_parse_u(number, what, UINT64_MAX, &value, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcasecmp(text + digits, units[i].name) != 0)
			continue;
		if (value == 0 || value > KBIT_MAX / units[i].kbit)
			return options_refuse(err, what, text, "is not in 1kbit…10tbit");
		*ret_kbit = value * units[i].kbit;
		return 0;
	}
	return options_refuse(err, what, text, "needs one of the units kbit, mbit, gbit, tbit");
}

/* "UP", "UP:SHARE"; the text is cut at the colon. */
static int parse_up(char *text, const char *what, struct net_rate *rate, struct err *err)
{
	char *share = strchr(text, ':');

	if (share)
		*share++ = '\0';
	if (options_parse_kbit(text, what, &rate->up_kbit, err) < 0)
		return -1;
	rate->up_share_kbit = 0;
	return share ? options_parse_kbit(share, what, &rate->up_share_kbit, err) : 0;
}

int options_parse_rate(const char *text, const char *what, struct net_rate *ret, struct err *err)
{
	auto_free char *copy = strdup(text);
	struct net_rate rate = *ret;
	char *down;

	if (!copy)
		return err_sys(err, "%s", what);
	down = strchr(copy, ',');
	if (down)
		*down++ = '\0';
	rate.down_kbit = 0;
	if (parse_up(copy, what, &rate, err) < 0 ||
	    (down && options_parse_kbit(down, what, &rate.down_kbit, err) < 0))
		return -1;
	if (rate.up_kbit && rate.up_share_kbit > rate.up_kbit)
		return options_refuse(err, what, text, "guarantees more than its limit");
	*ret = rate;
	return 0;
}

static void emit_kbit(uint64_t kbit, struct strbuf *out)
{
	size_t i = ARRAY_SIZE(units) - 1;

	while (i > 0 && kbit % units[i].kbit)
		i--;
	if (kbit)
		strbuf_addf(out, "%llu%s", (unsigned long long)(kbit / units[i].kbit),
			    units[i].name);
	else
		strbuf_add(out, "unlimited");
}

void options_emit_rate(const struct net_rate *rate, struct strbuf *out)
{
	if (!rate->up_kbit && !rate->up_share_kbit && !rate->down_kbit)
		return;
	emit_kbit(rate->up_kbit, out);
	if (rate->up_share_kbit) {
		strbuf_add_char(out, ':');
		emit_kbit(rate->up_share_kbit, out);
	}
	if (rate->down_kbit) {
		strbuf_add_char(out, ',');
		emit_kbit(rate->down_kbit, out);
	}
}

/* ---- NAT ---- */

static const char *const nat_names[] = {
	[NET_NAT_AUTO] = "auto",
	[NET_NAT_ON] = "on",
	[NET_NAT_OFF] = "off",
};

const char *options_nat_name(enum net_nat nat)
{
	return (size_t)nat < ARRAY_SIZE(nat_names) ? nat_names[nat] : "";
}

int options_parse_nat(const char *text, const char *what, enum net_nat *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(nat_names); i++) {
		if (!str_eq(text, nat_names[i]))
			continue;
		*ret = (enum net_nat)i;
		return 0;
	}
	return options_refuse(err, what, text, "is none of auto, on, off");
}

/* ---- ports ---- */

static int parse_proto(const char *text, const char *what, uint8_t *ret, struct err *err)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };

	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		if (strcasecmp(text, net_proto_name(protos[i])) != 0)
			continue;
		*ret = protos[i];
		return 0;
	}
	return options_refuse(err, what, text, "is none of tcp, udp, sctp");
}

static int parse_number(const char *text, const char *what, uint16_t *ret, struct err *err)
{
	uint64_t value;

	if (num_parse_u(text, what, UINT16_MAX, &value, err) < 0)
		return -1;
	if (value == 0)
		return options_refuse(err, what, text, "is no port");
	*ret = (uint16_t)value;
	return 0;
}

/* Cuts "/proto" off. */
static int take_proto(char *text, const char *what, uint8_t *ret, struct err *err)
{
	char *slash = strrchr(text, '/');

	*ret = IPPROTO_TCP;
	if (!slash)
		return 0;
	*slash = '\0';
	return parse_proto(slash + 1, what, ret, err);
}

int options_parse_port(const char *text, const char *what, struct net_port *ret, struct err *err)
{
	auto_free char *copy = strdup(text);
	struct net_port port = { 0 };

	if (!copy)
		return err_sys(err, "%s", what);
	if (take_proto(copy, what, &port.proto, err) < 0 ||
	    parse_number(copy, what, &port.port, err) < 0)
		return -1;
	*ret = port;
	return 0;
}

void options_emit_port(const struct net_port *port, struct strbuf *out)
{
	const char *proto = net_proto_name(port->proto);

	strbuf_addf(out, "%u/%s", port->port, proto ? proto : "?");
}

/* "10.0.0.1", "[2001:db8::1]", without a prefix. "0.0.0.0", "[::]" and nothing: any. */
static int parse_at(char *text, const char *what, struct net_addr *ret, struct err *err)
{
	size_t len = strlen(text);
	bool v6 = *text == '[';

	if (len == 0 || str_eq(text, "0.0.0.0") || str_eq(text, "[::]"))
		return 0;
	if (strchr(text, '/') || (v6 && text[len - 1] != ']') || (!v6 && strchr(text, ':')))
		return options_refuse(err, what, text,
				      "is no address of this host (IPv6: in brackets)");
	if (v6)
		text[len - 1] = '\0';
	return addr_parse(text + v6, what, ret, err);
}

int options_parse_publish(const char *text, const char *what, struct net_publish *ret,
			  struct err *err)
{
	auto_free char *copy = strdup(text);
	struct net_publish publish = { 0 };
	char *inner, *outer;

	if (!copy)
		return err_sys(err, "%s", what);
	if (take_proto(copy, what, &publish.proto, err) < 0)
		return -1;
	inner = strrchr(copy, ':');
	if (!inner)
		return options_refuse(err, what, text,
				      "is not [HOST_IP:]HOST_PORT:PORT[/PROTOCOL]");
	*inner++ = '\0';
	outer = strrchr(copy, ':');
	if (outer)
		*outer++ = '\0';
	if ((outer && parse_at(copy, what, &publish.at, err) < 0) ||
	    parse_number(outer ? outer : copy, what, &publish.host_port, err) < 0 ||
	    parse_number(inner, what, &publish.port, err) < 0)
		return -1;
	*ret = publish;
	return 0;
}

void options_emit_publish(const struct net_publish *publish, struct strbuf *out)
{
	const char *proto = net_proto_name(publish->proto);
	char text[ADDR_TEXT_SIZE];

	if (publish->at.family)
		strbuf_addf(out, publish->at.family == AF_INET6 ? "[%s]:" : "%s:",
			    addr_show(&publish->at, text));
	strbuf_addf(out, "%u:%u/%s", publish->host_port, publish->port, proto ? proto : "?");
}

/* ---- lists ---- */

int options_add_publish(struct net_config *config, const char *text, const char *what,
			struct err *err)
{
	auto_strv char **parts = strv_split(text, ", \t\n");
	size_t n = config->n_publish;
	struct net_publish *list;

	if (!parts)
		return err_sys(err, "%s", what);
	list = reallocarray(config->publish, n + strv_len(parts) + 1, sizeof(*list));
	if (!list)
		return err_sys(err, "%s", what);
	config->publish = list;
	for (char **part = parts; *part; part++)
		if (options_parse_publish(*part, what, &list[n++], err) < 0)
			return -1;
	if (n > NET_PORTS_MAX)
		return err_set(err, ERR_INPUT, "%s: more than %d ports", what, NET_PORTS_MAX);
	config->n_publish = n;
	return 0;
}

int options_add_open(struct net_config *config, const char *text, const char *what, struct err *err)
{
	auto_strv char **parts = strv_split(text, ", \t\n");
	size_t n = config->n_open;
	struct net_port *list;

	if (!parts)
		return err_sys(err, "%s", what);
	list = reallocarray(config->open, n + strv_len(parts) + 1, sizeof(*list));
	if (!list)
		return err_sys(err, "%s", what);
	config->open = list;
	for (char **part = parts; *part; part++)
		if (options_parse_port(*part, what, &list[n++], err) < 0)
			return -1;
	if (n > NET_PORTS_MAX)
		return err_set(err, ERR_INPUT, "%s: more than %d ports", what, NET_PORTS_MAX);
	config->n_open = n;
	return 0;
}
