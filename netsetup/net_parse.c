/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/net_json.h"

#include <linux/if_link.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "netsetup/net_check.h"
#include "runtime/base/json.h"

struct reader {
	const char *what;
	struct err *err;
};

/* A member: where it goes, and what reads it. Null counts as absent. */
struct row {
	const char *key;
	int (*read)(const struct reader *r, const struct json *node, const struct row *row,
		    void *at);
	size_t at;
	uint64_t max; /* of a number */
};

static int expect(const struct reader *r, const struct json *node, enum json_type type)
{
	if (node->type == type)
		return 0;
	return json_err(r->err, r->what, node, "must be %s, not %s", json_type_name(type),
			json_type_name(node->type));
}

static const struct row *find_row(const struct row *rows, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].key, key))
			return &rows[i];
	return NULL;
}

/* A member that nothing knows is refused: what it asks for would be left out in silence. */
static int read_object(const struct reader *r, const struct json *node, const struct row *rows,
		       size_t n, void *at)
{
	if (expect(r, node, JSON_OBJECT) < 0)
		return -1;
	json_for_each(child, node) {
		const struct row *row = find_row(rows, n, child->key);

		if (!row)
			return json_err(r->err, r->what, child, "is unknown");
		if (child->type != JSON_NULL && row->read(r, child, row, (char *)at + row->at) < 0)
			return -1;
	}
	return 0;
}

/* ---- scalars ---- */

static int read_bool(const struct reader *r, const struct json *node, const struct row *row,
		     void *at)
{
	(void)row;
	if (expect(r, node, JSON_BOOL) < 0)
		return -1;
	*(bool *)at = node->boolean;
	return 0;
}

static int read_number(const struct reader *r, const struct json *node, uint64_t max, uint64_t *ret)
{
	if (json_uint(node, max, ret) < 0)
		return json_err(r->err, r->what, node, "must be a whole number of at most %llu",
				(unsigned long long)max);
	return 0;
}

static int read_u16(const struct reader *r, const struct json *node, const struct row *row,
		    void *at)
{
	uint64_t value;

	(void)row;
	if (read_number(r, node, UINT16_MAX, &value) < 0)
		return -1;
	*(uint16_t *)at = (uint16_t)value;
	return 0;
}

static int read_u32(const struct reader *r, const struct json *node, const struct row *row,
		    void *at)
{
	uint64_t value;

	(void)row;
	if (read_number(r, node, UINT32_MAX, &value) < 0)
		return -1;
	*(uint32_t *)at = (uint32_t)value;
	return 0;
}

static int read_kbit(const struct reader *r, const struct json *node, const struct row *row,
		     void *at)
{
	(void)row;
	return read_number(r, node, UINT64_MAX / 1000, at);
}

static int read_text(const struct reader *r, const struct json *node, const struct row *row,
		     void *at)
{
	char **text = at;

	(void)row;
	if (expect(r, node, JSON_STRING) < 0)
		return -1;
	*text = strdup(node->text);
	return *text ? 0 : err_sys(r->err, "read \"%s\"", r->what);
}

static int read_name(const struct reader *r, const struct json *node, const struct row *row,
		     void *at)
{
	char shown[STR_SHOW_SIZE];

	(void)row;
	if (expect(r, node, JSON_STRING) < 0)
		return -1;
	if (node->count >= IFNAMSIZ)
		return json_err(r->err, r->what, node, "%s is longer than an interface's name (%d)",
				str_show(shown, node->text), IFNAMSIZ - 1);
	memcpy(at, node->text, node->count + 1);
	return 0;
}

/* The error of addr's own parsers, which begins with where it is. */
static const char *where(const struct reader *r, const struct json *node, char buf[300])
{
	char path[128];

	snprintf(buf, 300, "%.150s: %s", r->what, json_where(node, path, sizeof(path)));
	return buf;
}

static int read_addr(const struct reader *r, const struct json *node, const struct row *row,
		     void *at)
{
	char buf[300];

	(void)row;
	if (expect(r, node, JSON_STRING) < 0)
		return -1;
	return addr_parse_host(node->text, where(r, node, buf), at, r->err);
}

/* A router may be known by its link-local address only. */
static int read_gateway(const struct reader *r, const struct json *node, const struct row *row,
			void *at)
{
	char buf[300];

	(void)row;
	if (expect(r, node, JSON_STRING) < 0)
		return -1;
	return addr_parse(node->text, where(r, node, buf), at, r->err);
}

static int read_mac(const struct reader *r, const struct json *node, const struct row *row,
		    void *at)
{
	char buf[300];

	(void)row;
	if (expect(r, node, JSON_STRING) < 0)
		return -1;
	return addr_mac_parse(node->text, where(r, node, buf), at, r->err);
}

/* ---- names of values ---- */

/* Its place in the list, or -1. */
static int find_name(const struct reader *r, const struct json *node, const char *const *names)
{
	char shown[STR_SHOW_SIZE];

	if (expect(r, node, JSON_STRING) < 0)
		return -1;
	for (int i = 0; names[i]; i++)
		if (str_eq(names[i], node->text))
			return i;
	return json_err(r->err, r->what, node, "%s is unknown", str_show(shown, node->text));
}

static int read_nat(const struct reader *r, const struct json *node, const struct row *row,
		    void *at)
{
	int i = find_name(r, node, net_json_nat);

	(void)row;
	if (i < 0)
		return -1;
	*(enum net_nat *)at = (enum net_nat)i;
	return 0;
}

static int read_kind(const struct reader *r, const struct json *node, const struct row *row,
		     void *at)
{
	static const char *const names[] = { "routed", "bridged",  "macvlan",
					     "ipvlan", "physical", NULL };
	int i = find_name(r, node, names);

	(void)row;
	if (i < 0)
		return -1;
	*(enum net_kind *)at = (enum net_kind)i;
	return 0;
}

static int read_proto(const struct reader *r, const struct json *node, const struct row *row,
		      void *at)
{
	static const char *const names[] = { "tcp", "udp", "sctp", NULL };
	static const uint8_t values[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	int i = find_name(r, node, names);

	(void)row;
	if (i < 0)
		return -1;
	*(uint8_t *)at = values[i];
	return 0;
}

struct mode {
	enum net_kind kind;
	uint32_t value;
	const char *name;
};

static const struct mode modes[] = {
	{ NET_MACVLAN, MACVLAN_MODE_BRIDGE, "bridge" },
	{ NET_MACVLAN, MACVLAN_MODE_PRIVATE, "private" },
	{ NET_MACVLAN, MACVLAN_MODE_VEPA, "vepa" },
	{ NET_MACVLAN, MACVLAN_MODE_PASSTHRU, "passthru" },
	{ NET_IPVLAN, IPVLAN_MODE_L2, "l2" },
	{ NET_IPVLAN, IPVLAN_MODE_L3, "l3" },
	{ NET_IPVLAN, IPVLAN_MODE_L3S, "l3s" },
};

const char *net_json_mode_name(enum net_kind kind, uint32_t mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (modes[i].kind == kind && modes[i].value == mode)
			return modes[i].name;
	return "";
}

/* No two kinds have a mode of the same name. */
static int read_mode(const struct reader *r, const struct json *node, const struct row *row,
		     void *at)
{
	char shown[STR_SHOW_SIZE];

	(void)row;
	if (expect(r, node, JSON_STRING) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!str_eq(modes[i].name, node->text))
			continue;
		*(uint32_t *)at = modes[i].value;
		return 0;
	}
	return json_err(r->err, r->what, node, "%s is unknown", str_show(shown, node->text));
}

/* ---- lists and objects ---- */

/* Zeroed room for as many elements as the array has, in *(void **)at. */
static int make_room(const struct reader *r, const struct json *node, size_t max, size_t size,
		     void *at)
{
	void *room;

	if (expect(r, node, JSON_ARRAY) < 0)
		return -1;
	if (node->count > max)
		return json_err(r->err, r->what, node, "has more than %zu elements", max);
	room = calloc(node->count + 1, size);
	if (!room)
		return err_sys(r->err, "read \"%s\"", r->what);
	memcpy(at, &room, sizeof(room));
	return 0;
}

static int read_trunk(const struct reader *r, const struct json *node, const struct row *row,
		      void *at)
{
	struct net_nic *nic = at;

	if (make_room(r, node, NET_VLANS_MAX, sizeof(*nic->trunk), &nic->trunk) < 0)
		return -1;
	json_for_each(child, node)
		if (read_u16(r, child, row, &nic->trunk[nic->n_trunk++]) < 0)
			return -1;
	return 0;
}

static int read_addrs(const struct reader *r, const struct json *node, const struct row *row,
		      void *at)
{
	struct net_nic *nic = at;

	if (make_room(r, node, NET_ADDRS_MAX, sizeof(*nic->addrs), &nic->addrs) < 0)
		return -1;
	json_for_each(child, node)
		if (read_addr(r, child, row, &nic->addrs[nic->n_addrs++]) < 0)
			return -1;
	return 0;
}

#define ROW(key_, read_, type_, member_)                                   \
	{                                                                  \
		.key = key_, .read = read_, .at = offsetof(type_, member_) \
	}
/* One that needs more of the struct than one member. */
#define ROW_WHOLE(key_, read_)             \
	{                                  \
		.key = key_, .read = read_ \
	}

static int read_rate(const struct reader *r, const struct json *node, const struct row *row,
		     void *at)
{
	static const struct row rows[] = {
		ROW("upKbit", read_kbit, struct net_rate, up_kbit),
		ROW("upShareKbit", read_kbit, struct net_rate, up_share_kbit),
		ROW("downKbit", read_kbit, struct net_rate, down_kbit),
		ROW("burstBytes", read_u32, struct net_rate, burst_bytes),
	};

	(void)row;
	return read_object(r, node, rows, ARRAY_SIZE(rows), at);
}

static int check_mode(const struct reader *r, const struct json *mode, const struct net_nic *nic)
{
	if (!mode || mode->type == JSON_NULL ||
	    str_eq(net_json_mode_name(nic->kind, nic->mode), mode->text))
		return 0;
	return json_err(r->err, r->what, mode, "being %s, \"%s\" has no mode \"%s\"",
			net_kind_name(nic->kind), nic->name, mode->text);
}

static int read_nic(const struct reader *r, const struct json *node, struct net_nic *nic)
{
	static const struct row rows[] = {
		ROW("kind", read_kind, struct net_nic, kind),
		ROW("name", read_name, struct net_nic, name),
		ROW("hostName", read_name, struct net_nic, host_name),
		ROW("mac", read_mac, struct net_nic, mac),
		ROW("hostMac", read_mac, struct net_nic, host_mac),
		ROW("parent", read_name, struct net_nic, parent),
		ROW("mode", read_mode, struct net_nic, mode),
		ROW("mtu", read_u32, struct net_nic, mtu),
		ROW("macFilter", read_bool, struct net_nic, mac_filter),
		ROW("vlan", read_u16, struct net_nic, vlan),
		ROW_WHOLE("trunk", read_trunk),
		ROW_WHOLE("addresses", read_addrs),
		ROW("gateway4", read_gateway, struct net_nic, gateway4),
		ROW("gateway6", read_gateway, struct net_nic, gateway6),
		ROW("dhcp4", read_bool, struct net_nic, dhcp4),
		ROW("dhcp6", read_bool, struct net_nic, dhcp6),
		ROW("rate", read_rate, struct net_nic, rate),
	};

	if (read_object(r, node, rows, ARRAY_SIZE(rows), nic) < 0)
		return -1;
	return check_mode(r, json_get(node, "mode"), nic);
}

static int read_nics(const struct reader *r, const struct json *node, const struct row *row,
		     void *at)
{
	struct net_config *config = at;

	(void)row;
	if (make_room(r, node, NET_NICS_MAX, sizeof(*config->nics), &config->nics) < 0)
		return -1;
	json_for_each(child, node)
		if (read_nic(r, child, &config->nics[config->n_nics++]) < 0)
			return -1;
	return 0;
}

static int read_open(const struct reader *r, const struct json *node, const struct row *row,
		     void *at)
{
	static const struct row rows[] = {
		ROW("protocol", read_proto, struct net_port, proto),
		ROW("port", read_u16, struct net_port, port),
	};
	struct net_config *config = at;

	(void)row;
	if (make_room(r, node, NET_PORTS_MAX, sizeof(*config->open), &config->open) < 0)
		return -1;
	json_for_each(child, node)
		if (read_object(r, child, rows, ARRAY_SIZE(rows), &config->open[config->n_open++]) <
		    0)
			return -1;
	return 0;
}

static int read_publish(const struct reader *r, const struct json *node, const struct row *row,
			void *at)
{
	static const struct row rows[] = {
		ROW("protocol", read_proto, struct net_publish, proto),
		ROW("address", read_addr, struct net_publish, at),
		ROW("hostPort", read_u16, struct net_publish, host_port),
		ROW("port", read_u16, struct net_publish, port),
	};
	struct net_config *config = at;

	(void)row;
	if (make_room(r, node, NET_PORTS_MAX, sizeof(*config->publish), &config->publish) < 0)
		return -1;
	json_for_each(child, node)
		if (read_object(r, child, rows, ARRAY_SIZE(rows),
				&config->publish[config->n_publish++]) < 0)
			return -1;
	return 0;
}

int net_json_read(const struct json *node, const char *what, struct net_config **ret,
		  struct err *err)
{
	static const struct row rows[] = {
		ROW("id", read_text, struct net_config, id),
		ROW_WHOLE("nics", read_nics),
		ROW("nat", read_nat, struct net_config, nat),
		ROW("isolated", read_bool, struct net_config, isolated),
		ROW("guarded", read_bool, struct net_config, guarded),
		ROW_WHOLE("open", read_open),
		ROW_WHOLE("publish", read_publish),
		ROW("neighbourDevices", read_text, struct net_config, neighbour_devs),
		ROW("skipDetect", read_bool, struct net_config, no_detect),
	};
	const struct reader r = { .what = what, .err = err };
	auto_net struct net_config *config = calloc(1, sizeof(*config));

	if (!config)
		return err_sys(err, "read \"%s\"", what);
	if (read_object(&r, node, rows, ARRAY_SIZE(rows), config) < 0)
		return -1;
	if (net_fill(config, err) < 0)
		return err_wrap(err, "%s", what);
	*ret = steal_ptr(&config);
	return 0;
}

int net_parse(const char *text, size_t len, const char *what, struct net_config **ret,
	      struct err *err)
{
	auto_json struct json_doc *doc = NULL;

	if (json_parse(text, len, what, &doc, err) < 0)
		return -1;
	return net_json_read(json_root(doc), what, ret, err);
}
