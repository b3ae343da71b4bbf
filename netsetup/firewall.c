/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/firewall.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "netsetup/firewall_elems.h"
#include "netsetup/firewall_nat.h"
#include "netsetup/firewall_table.h"
#include "netsetup/netlink.h"
#include "netsetup/nfset.h"
#include "runtime/base/fd.h"
#include "runtime/base/helper.h"
#include "runtime/base/lock.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"

#define LOCK NET_STATE_DIR "/nft.lock"

/* The sockets of one call. */
struct firewall {
	struct nl_sock *nft, *route; /* route: opened when it is needed */
	enum net_nat nat;
	bool changed; /* something, in the tables */
};

static void firewall_done(struct firewall *fw)
{
	if (fw->changed)
		nfset_close_later(&fw->nft);
	netlink_sock_freep(&fw->nft);
	netlink_sock_freep(&fw->route);
}
#define auto_firewall __attribute__((cleanup(firewall_done)))

static int firewall_open(struct firewall *fw, struct err *err)
{
	fw->nft = netlink_open(NETLINK_NETFILTER, err);
	if (!fw->nft)
		return err_hint(err, "does this kernel have nfnetlink?");
	return 0;
}

/* ---- elements of a config ---- */

static int ask_host(const struct net_nic *nic, const struct net_addr *addr, void *data,
		    struct err *err)
{
	struct firewall *fw = data;

	return firewall_nat_wanted(&fw->route, fw->nat, nic, addr, err);
}

/* What was added before: the host's networks may have changed since. */
static int ask_table(const struct net_nic *nic, const struct net_addr *addr, void *data,
		     struct err *err)
{
	struct firewall *fw = data;
	struct nfset_counter none;
	struct nfset_elem elem;

	(void)nic;
	if (fw->nat != NET_NAT_AUTO)
		return fw->nat == NET_NAT_ON;
	if (!addr_is_private(addr))
		return 0;
	firewall_elem_masq(&elem, addr);
	return nfset_get(fw->nft, FIREWALL_TABLE, &elem, &none, err);
}

static int make(struct firewall *fw, const struct net_config *config, bool removed,
		struct firewall_elems *ret, struct err *err)
{
	const struct firewall_source source = {
		.config = config,
		.removed = removed,
		.ask_masq = removed ? ask_table : ask_host,
		.data = fw,
	};

	if (!config)
		return 0;
	fw->nat = config->nat;
	return firewall_elems_make(&source, ret, err);
}

/* ---- changes ---- */

struct changes {
	struct nfset_change *list;
	size_t n;
};

static void changes_done(struct changes *changes)
{
	mem_free_ptr(&changes->list);
}
#define auto_changes __attribute__((cleanup(changes_done)))

static int add_change(struct changes *changes, const struct nfset_elem *elem, bool remove,
		      struct err *err)
{
	struct nfset_change *at = mem_append(&changes->list, &changes->n, sizeof(*at));

	if (!at)
		return err_sys(err, "change a container's firewall");
	at->elem = *elem;
	at->remove = remove;
	return 0;
}

static bool has(const struct firewall_elems *elems, const struct nfset_elem *elem)
{
	return elems->n && bsearch(elem, elems->list, elems->n, sizeof(*elem), nfset_compare);
}

/* A map's element goes by its key alone: that of another container stays. */
static int remove_one(struct firewall *fw, const struct nfset_elem *elem, struct changes *changes,
		      struct err *err)
{
	struct nfset_counter none;
	int there = 1;

	if (elem->data_len)
		there = nfset_get(fw->nft, FIREWALL_TABLE, elem, &none, err);
	return there > 0 ? add_change(changes, elem, true, err) : there;
}

static int removals(struct firewall *fw, const struct firewall_elems *from,
		    const struct firewall_elems *to, struct changes *changes, struct err *err)
{
	for (size_t i = 0; i < from->n; i++)
		if (!has(to, &from->list[i]) && remove_one(fw, &from->list[i], changes, err) < 0)
			return -1;
	return 0;
}

/* An element that every table of ours takes: without our tables it fails. */
static int add_marker(struct changes *changes, struct err *err)
{
	struct nfset_elem marker = { .family = NFPROTO_INET, .set = FIREWALL_FORMAT };
	uint32_t zero = 0;

	nfset_key(&marker, &zero, sizeof(zero));
	return add_change(changes, &marker, false, err);
}

static int additions(const struct firewall_elems *from, const struct firewall_elems *to,
		     struct changes *changes, struct err *err)
{
	if (add_marker(changes, err) < 0)
		return -1;
	for (size_t i = 0; i < to->n; i++)
		if (!has(from, &to->list[i]) && add_change(changes, &to->list[i], false, err) < 0)
			return -1;
	return 0;
}

/* Takes out the removals of what was gone already (before Linux 6.3 nothing removes "if it is
 * there"). Whether that was all that was refused. */
static bool drop_gone(struct changes *changes)
{
	size_t kept = 0;
	bool dropped = false, others = false;

	for (size_t i = 0; i < changes->n; i++) {
		const struct nfset_change *at = &changes->list[i];

		if (at->remove && at->error == ENOENT) {
			dropped = true;
			continue;
		}
		others = others || at->error;
		changes->list[kept++] = *at;
	}
	changes->n = kept;
	return dropped && !others;
}

static int commit(struct firewall *fw, struct changes *changes, struct err *err)
{
	while (nfset_commit(fw->nft, FIREWALL_TABLE, changes->list, changes->n, err) < 0)
		if (!drop_gone(changes))
			return -1;
	fw->changed = fw->changed || changes->n;
	return 0;
}

/* The first element that could not be added for that reason, or NULL. */
static const struct nfset_elem *not_added(const struct changes *changes, int why)
{
	for (size_t i = 0; i < changes->n; i++)
		if (!changes->list[i].remove && changes->list[i].error == why)
			return &changes->list[i].elem;
	return NULL;
}

/* ---- the tables ---- */

static int add_all(struct firewall *fw, const struct net_config *config, struct err *err)
{
	auto_elems struct firewall_elems elems = { 0 };
	auto_changes struct changes changes = { 0 };
	const struct firewall_elems none = { 0 };

	if (make(fw, config, false, &elems, err) < 0 || additions(&none, &elems, &changes, err) < 0)
		return -1;
	return commit(fw, &changes, err);
}

/* One container whose elements can't be had again does not keep the others from theirs. */
static int add_others(struct firewall *fw, const char *but, struct err *err)
{
	auto_strv char **ids = NULL;

	if (net_list(&ids, err) < 0)
		return -1;
	for (char **id = ids; id && *id; id++) {
		auto_net struct net_config *config = NULL;
		struct err why;

		if (str_eq(*id, but))
			continue;
		if (net_load(*id, &config, &why) < 0 || add_all(fw, config, &why) < 0)
			log_warning("firewall of \"%s\": %s, ignoring", *id, why.msg);
	}
	return 0;
}

/* ---- errors ---- */

static int unsupported(const struct nfset_elem *elem, struct err *err)
{
	if (elem->family != NFPROTO_BRIDGE)
		return err_set(err, ERR_FAILED,
			       "nftables' table \"%s\" has no set \"%s\" although vznft made it "
			       "(is vznft of another version?)",
			       FIREWALL_TABLE, elem->set);
	if (str_eq(elem->set, "guarded") || str_eq(elem->set, "open"))
		return err_set(err, ERR_UNSUPPORTED,
			       "guard a port of a bridge: this kernel tracks no connections there "
			       "(module nf_conntrack_bridge)");
	return err_set(err, ERR_UNSUPPORTED,
		       "filter a port of a bridge: this kernel's nftables can't "
		       "(CONFIG_NF_TABLES_BRIDGE, module nft_meta_bridge)");
}

static const char *proto_name(uint8_t proto, char buf[8])
{
	snprintf(buf, 8, "%u", proto);
	return proto == IPPROTO_TCP  ? "tcp" :
	       proto == IPPROTO_UDP  ? "udp" :
	       proto == IPPROTO_SCTP ? "sctp" :
				       buf;
}

/* From the end of the key of a published port: protocol, port. */
static int in_use(const struct nfset_elem *elem, struct err *err)
{
	const uint8_t *end = elem->key + elem->key_len;
	unsigned int port = (unsigned int)end[-4] << 8 | end[-3];
	char number[8];

	return err_set(err, EADDRINUSE,
		       "publish port %u/%s (%s): another container has it published", port,
		       proto_name(end[-8], number), str_ends(elem->set, "6") ? "IPv6" : "IPv4");
}

static int explain(const struct changes *changes, struct err *err)
{
	const struct nfset_elem *elem = not_added(changes, ENOENT);

	if (elem)
		return unsupported(elem, err);
	elem = not_added(changes, EBUSY);
	if (!elem)
		elem = not_added(changes, EEXIST);
	return elem && elem->data_len ? in_use(elem, err) : -1;
}

/* ---- what there is to call ---- */

/* anew: what both have is added too. *ret_missing: a set is not there. */
static int attempt(struct firewall *fw, const struct net_config *from, const struct net_config *to,
		   bool anew, bool *ret_missing, struct err *err)
{
	auto_elems struct firewall_elems a = { 0 }, b = { 0 };
	auto_changes struct changes changes = { 0 };
	const struct firewall_elems none = { 0 };

	*ret_missing = false;
	if (make(fw, from, true, &a, err) < 0 || make(fw, to, false, &b, err) < 0 ||
	    removals(fw, &a, &b, &changes, err) < 0)
		return -1;
	if (to && additions(anew ? &none : &a, &b, &changes, err) < 0)
		return -1;
	if (commit(fw, &changes, err) == 0)
		return 0;
	*ret_missing = not_added(&changes, ENOENT);
	return explain(&changes, err);
}

/* The tables were missing, or those of an older program. Whoever comes first makes them, and what
 * was in them, with a lock: the others wait for all of it. */
static int change_anew(struct firewall *fw, const struct net_config *from,
		       const struct net_config *to, struct err *err)
{
	auto_fd int lock = -1;
	bool missing;
	int rc;

	if (path_mkdirs(NET_STATE_DIR, 0755, err) < 0)
		return -1;
	lock = lock_open(AT_FDCWD, LOCK, true, err);
	if (lock < 0)
		return -1;
	rc = attempt(fw, from, to, true, &missing, err);
	if (!missing)
		return rc;
	if (helper_run("vznft", HELPER_ALONE, NULL, 0, err) < 0 || add_others(fw, to->id, err) < 0)
		return -1;
	return attempt(fw, from, to, true, &missing, err);
}

int firewall_change(const struct net_config *from, const struct net_config *to, struct err *err)
{
	auto_firewall struct firewall fw = { 0 };
	bool missing;
	int rc;

	if (firewall_open(&fw, err) < 0)
		return -1;
	rc = attempt(&fw, from, to, false, &missing, err);
	return missing ? change_anew(&fw, from, to, err) : rc;
}

static int add_counter(struct firewall *fw, const struct nfset_elem *elem, uint64_t *bytes,
		       uint64_t *packets, struct err *err)
{
	struct nfset_counter counter;

	if (nfset_get(fw->nft, FIREWALL_TABLE, elem, &counter, err) < 0)
		return -1;
	*bytes += counter.bytes;
	*packets += counter.packets;
	return 0;
}

static int nic_traffic(struct firewall *fw, const struct net_nic *nic, struct net_traffic *sum,
		       struct err *err)
{
	for (int i = 0; i < 2; i++) {
		int family = i ? AF_INET6 : AF_INET;
		struct nfset_elem in, out;

		firewall_elem_traffic(&in, nic, FIREWALL_IN, family);
		firewall_elem_traffic(&out, nic, FIREWALL_OUT, family);
		if (add_counter(fw, &in, &sum->in_bytes[i], &sum->in_packets[i], err) < 0 ||
		    add_counter(fw, &out, &sum->out_bytes[i], &sum->out_packets[i], err) < 0)
			return -1;
	}
	return 0;
}

int firewall_traffic(const struct net_config *config, struct net_traffic *ret, struct err *err)
{
	auto_firewall struct firewall fw = { 0 };
	struct net_traffic sum = *ret;

	if (firewall_open(&fw, err) < 0)
		return -1;
	for (size_t i = 0; i < config->n_nics; i++) {
		const struct net_nic *nic = &config->nics[i];

		if ((firewall_is_port(nic) || firewall_is_routed(nic)) &&
		    nic_traffic(&fw, nic, &sum, err) < 0)
			return -1;
	}
	*ret = sum;
	return 0;
}
