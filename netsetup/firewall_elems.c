/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/firewall_elems.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/base/mem.h"

/* What is being made, and of what. The first failure stays in *err. */
struct maker {
	const struct firewall_source *source;
	const struct net_config *config;
	struct firewall_elems elems;
	struct err *err;
	bool failed;
};

void firewall_elems_done(struct firewall_elems *elems)
{
	mem_free_ptr(&elems->list);
	*elems = (struct firewall_elems){ 0 };
}

bool firewall_is_port(const struct net_nic *nic)
{
	return nic->kind == NET_BRIDGED && nic->parent[0];
}

bool firewall_is_routed(const struct net_nic *nic)
{
	return nic->kind == NET_ROUTED || (nic->kind == NET_BRIDGED && !nic->parent[0]);
}

static uint8_t table_of(const struct net_nic *nic)
{
	return firewall_is_port(nic) ? NFPROTO_BRIDGE : NFPROTO_INET;
}

static struct nfset_elem start(uint8_t family, const char *set)
{
	return (struct nfset_elem){ .family = family, .set = set };
}

static void add(struct maker *maker, const struct nfset_elem *elem)
{
	struct nfset_elem *slot;

	if (maker->failed)
		return;
	slot = mem_append(&maker->elems.list, &maker->elems.n, sizeof(*slot));
	if (slot)
		*slot = *elem;
	else
		maker->failed = true, err_sys(maker->err, "list a container's firewall");
}

static void add_link(struct maker *maker, const struct net_nic *nic, const char *set)
{
	struct nfset_elem elem = start(table_of(nic), set);

	nfset_key_link(&elem, nic->host_name);
	add(maker, &elem);
}

static const char *of_family(const struct net_addr *addr, const char *v4, const char *v6)
{
	return addr->family == AF_INET6 ? v6 : v4;
}

static void add_addr(struct maker *maker, const struct net_addr *addr, const char *set)
{
	struct nfset_elem elem = start(NFPROTO_INET, set);

	nfset_key(&elem, addr->bytes, addr_len(addr));
	add(maker, &elem);
}

/* ---- a NIC ---- */

void firewall_elem_traffic(struct nfset_elem *ret, const struct net_nic *nic, enum firewall_way way,
			   int family)
{
	uint16_t type = htons(family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP);
	uint8_t proto = family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	*ret = start(table_of(nic), way == FIREWALL_IN ? "traffic_in" : "traffic_out");
	nfset_key_link(ret, nic->host_name);
	/* In a bridge's table the family is always the bridge's. */
	if (firewall_is_port(nic))
		nfset_key(ret, &type, sizeof(type));
	else
		nfset_key(ret, &proto, sizeof(proto));
}

static void add_traffic(struct maker *maker, const struct net_nic *nic)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct nfset_elem elem;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		firewall_elem_traffic(&elem, nic, FIREWALL_IN, families[i]);
		add(maker, &elem);
		firewall_elem_traffic(&elem, nic, FIREWALL_OUT, families[i]);
		add(maker, &elem);
	}
}

static void add_mac(struct maker *maker, const struct net_nic *nic)
{
	struct nfset_elem elem = start(table_of(nic), "macs");

	nfset_key_link(&elem, nic->host_name);
	nfset_key(&elem, nic->mac, sizeof(nic->mac));
	add(maker, &elem);
}

static void add_source(struct maker *maker, const struct net_nic *nic, const struct net_addr *addr)
{
	struct nfset_elem elem = start(NFPROTO_BRIDGE, of_family(addr, "addrs4", "addrs6"));

	nfset_key_link(&elem, nic->host_name);
	nfset_key(&elem, addr->bytes, addr_len(addr));
	add(maker, &elem);
}

/* RFC 4291, 2.5.1 and appendix A: the one that the kernel gives a link of this MAC. Without it no
 * neighbour discovery. */
static void link_local(const uint8_t mac[6], struct net_addr *ret)
{
	*ret = (struct net_addr){ .family = AF_INET6, .prefix = 128, .bytes = { 0xfe, 0x80 } };
	memcpy(ret->bytes + 8, mac, 3);
	ret->bytes[8] ^= 2;
	ret->bytes[11] = 0xff;
	ret->bytes[12] = 0xfe;
	memcpy(ret->bytes + 13, mac + 3, 3);
}

static void add_port_sources(struct maker *maker, const struct net_nic *nic)
{
	struct net_addr local;

	if (nic->n_addrs == 0)
		return;
	link_local(nic->mac, &local);
	add_link(maker, nic, "addressed");
	add_source(maker, nic, &local);
	for (size_t i = 0; i < nic->n_addrs; i++)
		add_source(maker, nic, &nic->addrs[i]);
}

static void add_spoofing(struct maker *maker, const struct net_nic *nic)
{
	if (nic->kind != NET_ROUTED && !nic->mac_filter)
		return;
	add_link(maker, nic, "filtered");
	add_mac(maker, nic);
	if (firewall_is_port(nic))
		add_port_sources(maker, nic);
	else if (nic->kind == NET_ROUTED || nic->n_addrs)
		add_link(maker, nic, "routed");
}

static void add_open(struct maker *maker, const struct net_nic *nic)
{
	for (size_t i = 0; i < maker->config->n_open; i++) {
		struct nfset_elem elem = start(table_of(nic), "open");

		nfset_key_link(&elem, nic->host_name);
		nfset_key(&elem, &maker->config->open[i].proto, 1);
		nfset_key_port(&elem, maker->config->open[i].port);
		add(maker, &elem);
	}
}

/* ---- an address ---- */

/* What the host routes to a port of a bridge of its own leaves by the bridge: by its address. */
static void add_addr_guard(struct maker *maker, const struct net_addr *addr)
{
	add_addr(maker, addr, of_family(addr, "guarded4", "guarded6"));
	for (size_t i = 0; i < maker->config->n_open; i++) {
		struct nfset_elem elem = start(NFPROTO_INET, of_family(addr, "open4", "open6"));

		nfset_key(&elem, addr->bytes, addr_len(addr));
		nfset_key(&elem, &maker->config->open[i].proto, 1);
		nfset_key_port(&elem, maker->config->open[i].port);
		add(maker, &elem);
	}
}

void firewall_elem_masq(struct nfset_elem *ret, const struct net_addr *addr)
{
	*ret = start(NFPROTO_INET, of_family(addr, "masq4", "masq6"));
	nfset_key(ret, addr->bytes, addr_len(addr));
}

static void add_masq(struct maker *maker, const struct net_nic *nic, const struct net_addr *addr)
{
	int wanted = maker->failed ?
			     0 :
			     maker->source->ask_masq(nic, addr, maker->source->data, maker->err);
	struct nfset_elem elem;

	firewall_elem_masq(&elem, addr);
	if (wanted > 0)
		add(maker, &elem);
	maker->failed = maker->failed || wanted < 0;
}

static void add_addrs(struct maker *maker, const struct net_nic *nic)
{
	for (size_t i = 0; i < nic->n_addrs; i++) {
		const struct net_addr *addr = &nic->addrs[i];

		add_addr(maker, addr, of_family(addr, "members4", "members6"));
		if (maker->config->isolated)
			add_addr(maker, addr, of_family(addr, "isolated4", "isolated6"));
		if (maker->config->guarded && firewall_is_port(nic))
			add_addr_guard(maker, addr);
		add_masq(maker, nic, addr);
	}
}

/* ---- all of it ---- */

static void check_policy(struct maker *maker, const struct net_nic *nic)
{
	const struct net_config *config = maker->config;

	if (maker->source->removed || (!config->guarded && !config->isolated))
		return;
	maker->failed = true;
	err_set(maker->err, ERR_INPUT,
		"interface \"%s\": its packets don't pass this host's firewall, so the container "
		"can't be %s (use a routed or bridged one)",
		nic->name, config->guarded ? "guarded" : "isolated");
}

static void add_nic(struct maker *maker, const struct net_nic *nic)
{
	const struct net_config *config = maker->config;

	if (!firewall_is_port(nic) && !firewall_is_routed(nic)) {
		check_policy(maker, nic);
		return;
	}
	add_link(maker, nic, "links");
	add_spoofing(maker, nic);
	add_traffic(maker, nic);
	if (config->isolated)
		add_link(maker, nic, "isolated");
	if (config->guarded) {
		add_link(maker, nic, "guarded");
		add_open(maker, nic);
	}
	add_addrs(maker, nic);
}

/* The container's first address of the family that this host can send to. */
static const struct net_addr *first_addr(const struct net_config *config, int family)
{
	for (size_t i = 0; i < config->n_nics; i++) {
		const struct net_nic *nic = &config->nics[i];

		if (!firewall_is_port(nic) && !firewall_is_routed(nic))
			continue;
		for (size_t k = 0; k < nic->n_addrs; k++)
			if (nic->addrs[k].family == family)
				return &nic->addrs[k];
	}
	return NULL;
}

static bool add_published(struct maker *maker, const struct net_publish *publish, int family)
{
	const struct net_addr *to = first_addr(maker->config, family);
	bool any = publish->at.family == 0;
	struct nfset_elem elem;

	if (!to || (!any && publish->at.family != family))
		return false;
	elem = start(NFPROTO_INET, any ? of_family(to, "publish4", "publish6") :
					 of_family(to, "publish_at4", "publish_at6"));
	if (!any)
		nfset_key(&elem, publish->at.bytes, addr_len(&publish->at));
	nfset_key(&elem, &publish->proto, 1);
	nfset_key_port(&elem, publish->host_port);
	nfset_data(&elem, to->bytes, addr_len(to));
	nfset_data_port(&elem, publish->port);
	add(maker, &elem);
	return true;
}

static void add_publish(struct maker *maker, const struct net_publish *publish)
{
	bool v4 = add_published(maker, publish, AF_INET);
	bool v6 = add_published(maker, publish, AF_INET6);

	if (v4 || v6 || maker->failed || maker->source->removed)
		return;
	maker->failed = true;
	err_set(maker->err, ERR_INPUT,
		"publish port %u: the container has no%s address on a routed or bridged interface",
		publish->host_port,
		publish->at.family == AF_INET  ? " IPv4" :
		publish->at.family == AF_INET6 ? " IPv6" :
						 "");
}

static void sort(struct firewall_elems *elems)
{
	size_t kept = 0;

	if (elems->n)
		qsort(elems->list, elems->n, sizeof(*elems->list), nfset_compare);
	for (size_t i = 0; i < elems->n; i++)
		if (i == 0 || nfset_compare(&elems->list[i], &elems->list[kept - 1]) != 0)
			elems->list[kept++] = elems->list[i];
	elems->n = kept;
}

int firewall_elems_make(const struct firewall_source *source, struct firewall_elems *ret,
			struct err *err)
{
	const struct net_config *config = source->config;
	struct maker maker = { .source = source, .config = config, .err = err };

	for (size_t i = 0; i < config->n_nics && !maker.failed; i++)
		add_nic(&maker, &config->nics[i]);
	for (size_t i = 0; i < config->n_publish && !maker.failed; i++)
		add_publish(&maker, &config->publish[i]);
	if (maker.failed) {
		firewall_elems_done(&maker.elems);
		return -1;
	}
	sort(&maker.elems);
	*ret = maker.elems;
	return 0;
}
