/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of our tables of nftables that no record accounts for. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/msg.h>
#include <string.h>

#include "netsetup/firewall_elems.h"
#include "netsetup/firewall_table.h"
#include "netsetup/net_record.h"
#include "netsetup/net_stale.h"
#include "netsetup/netlink.h"
#include "netsetup/nfset.h"
#include "runtime/base/str.h"

#define IS(answer, kind) ((answer)->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | (kind)))

/* What the kernel has. The elements of a dump are those of one set. */
struct scan {
	char **sets;     /* names, of both families in turn */
	const char *set; /* whose elements are read */
	uint8_t family;
	struct nfset_change *list;
	size_t n;
	bool failed;
};

static void scan_done(struct scan *scan)
{
	strv_freep(&scan->sets);
	mem_free_ptr(&scan->list);
}

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "look for stale elements of nftables: out of memory");
}

/* Sets that are written out in a rule are not filled by us. */
static bool is_named(struct nlattr *flags)
{
	return !flags || !(ntohl(nla_get_u32(flags)) & NFT_SET_ANONYMOUS);
}

static void hear_set(struct nlmsghdr *answer, void *data)
{
	struct nlattr *parts[NFTA_SET_MAX + 1];
	struct scan *scan = data;

	if (!IS(answer, NFT_MSG_NEWSET) ||
	    nlmsg_parse(answer, sizeof(struct nfgenmsg), parts, NFTA_SET_MAX, NULL) < 0 ||
	    !parts[NFTA_SET_TABLE] || !parts[NFTA_SET_NAME] ||
	    nla_strcmp(parts[NFTA_SET_TABLE], FIREWALL_TABLE) != 0)
		return;
	if (is_named(parts[NFTA_SET_FLAGS]) &&
	    nla_strcmp(parts[NFTA_SET_NAME], FIREWALL_FORMAT) != 0 &&
	    strv_add(&scan->sets, nla_get_string(parts[NFTA_SET_NAME])) < 0)
		scan->failed = true;
}

static bool read_key(struct nlattr *key, struct nfset_elem *ret)
{
	struct nlattr *parts[NFTA_DATA_MAX + 1];

	if (!key || nla_parse_nested(parts, NFTA_DATA_MAX, key, NULL) < 0 ||
	    !parts[NFTA_DATA_VALUE] || nla_len(parts[NFTA_DATA_VALUE]) > NFSET_KEY_MAX)
		return false;
	nfset_key(ret, nla_data(parts[NFTA_DATA_VALUE]), (size_t)nla_len(parts[NFTA_DATA_VALUE]));
	return true;
}

static void hear_elems(struct nlmsghdr *answer, void *data)
{
	struct nlattr *list[NFTA_SET_ELEM_LIST_MAX + 1], *one[NFTA_SET_ELEM_MAX + 1], *at;
	struct scan *scan = data;
	int left;

	if (!IS(answer, NFT_MSG_NEWSETELEM) ||
	    nlmsg_parse(answer, sizeof(struct nfgenmsg), list, NFTA_SET_ELEM_LIST_MAX, NULL) < 0 ||
	    !list[NFTA_SET_ELEM_LIST_ELEMENTS])
		return;
	nla_for_each_nested(at, list[NFTA_SET_ELEM_LIST_ELEMENTS], left)
	{
		struct nfset_elem elem = { .set = scan->set, .family = scan->family };
		struct nfset_change *slot;

		if (nla_parse_nested(one, NFTA_SET_ELEM_MAX, at, NULL) < 0 ||
		    !read_key(one[NFTA_SET_ELEM_KEY], &elem))
			continue;
		slot = mem_append(&scan->list, &scan->n, sizeof(*slot));
		if (slot)
			*slot = (struct nfset_change){ .elem = elem, .remove = true };
		else
			scan->failed = true;
	}
}

static int ask_elems(struct nl_sock *sock, struct scan *scan, const char *set, struct err *err)
{
	auto_nl_msg struct nl_msg *msg =
		nfset_request(NFT_MSG_GETSETELEM, NLM_F_DUMP, scan->family);

	scan->set = set;
	if (!msg || nla_put_string(msg, NFTA_SET_ELEM_LIST_TABLE, FIREWALL_TABLE) < 0 ||
	    nla_put_string(msg, NFTA_SET_ELEM_LIST_SET, set) < 0)
		return no_memory(err);
	return nfset_ask(sock, msg, hear_elems, scan, err);
}

static int read_family(struct nl_sock *sock, struct scan *scan, uint8_t family, struct err *err)
{
	auto_nl_msg struct nl_msg *msg = nfset_request(NFT_MSG_GETSET, NLM_F_DUMP, family);
	size_t from = strv_len(scan->sets);

	scan->family = family;
	if (!msg)
		return no_memory(err);
	if (nfset_ask(sock, msg, hear_set, scan, err) < 0)
		return -1;
	for (size_t i = from; scan->sets && scan->sets[i]; i++)
		if (ask_elems(sock, scan, scan->sets[i], err) < 0)
			return -1;
	return scan->failed ? no_memory(err) : 0;
}

/* ---- what the records account for ---- */

/* Whether an address is masqueraded has been asked at another time. */
static int may_be(const struct net_nic *nic, const struct net_addr *addr, void *data,
		  struct err *err)
{
	(void)nic;
	(void)addr;
	(void)data;
	(void)err;
	return 1;
}

/* The key decides: a map's data is left out. */
static int compare_keys(const void *a, const void *b)
{
	struct nfset_elem x = *(const struct nfset_elem *)a, y = *(const struct nfset_elem *)b;

	x.data_len = y.data_len = 0;
	return nfset_compare(&x, &y);
}

static void keep(struct scan *scan, const struct firewall_elems *elems)
{
	size_t kept = 0;

	for (size_t i = 0; i < scan->n; i++)
		if (!elems->n || !bsearch(&scan->list[i].elem, elems->list, elems->n,
					  sizeof(*elems->list), compare_keys))
			scan->list[kept++] = scan->list[i];
	scan->n = kept;
}

static int account(struct scan *scan, const struct net_config *config, struct err *err)
{
	auto_elems struct firewall_elems elems = { 0 };
	const struct firewall_source source = {
		.config = config,
		.removed = true,
		.ask_masq = may_be,
	};

	if (!config)
		return 0;
	if (firewall_elems_make(&source, &elems, err) < 0)
		return -1;
	keep(scan, &elems);
	return 0;
}

/* Read after the elements: a record is written before, and removed after them. */
static int account_all(struct scan *scan, struct err *err)
{
	auto_strv char **ids = NULL;

	if (net_list(&ids, err) < 0)
		return -1;
	for (char **id = ids; *id; id++) {
		auto_record struct net_record *record = NULL;
		struct err why = { 0 };

		if (net_record_load(*id, &record, &why) < 0) {
			if (why.code == ERR_NOT_FOUND)
				continue;
			if (err)
				*err = why;
			return -1;
		}
		if (account(scan, record->config, err) < 0 || account(scan, record->next, err) < 0)
			return -1;
	}
	return 0;
}

/* One by one: what has gone meanwhile is no error, and keeps no other. */
static int take_out(struct nl_sock *sock, struct scan *scan, struct err *err)
{
	struct err why = { 0 };

	for (size_t i = 0; i < scan->n; i++) {
		if (nfset_commit(sock, FIREWALL_TABLE, &scan->list[i], 1, &why) == 0 ||
		    why.code == ENOENT)
			continue;
		if (err)
			*err = why;
		return -1;
	}
	return 0;
}

int net_stale_elems(bool remove, size_t *ret_n, struct err *err)
{
	auto_nl_sock struct nl_sock *sock = netlink_open(NETLINK_NETFILTER, err);
	__attribute__((cleanup(scan_done))) struct scan scan = { 0 };

	if (!sock)
		return -1;
	if (read_family(sock, &scan, NFPROTO_INET, err) < 0 ||
	    read_family(sock, &scan, NFPROTO_BRIDGE, err) < 0 || account_all(&scan, err) < 0)
		return -1;
	*ret_n = scan.n;
	return remove ? take_out(sock, &scan, err) : 0;
}
