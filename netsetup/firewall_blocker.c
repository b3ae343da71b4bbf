/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/firewall.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#include "netsetup/firewall_legacy.h"
#include "netsetup/firewall_table.h"
#include "netsetup/nfset.h"
#include "runtime/base/str.h"

#define NAME_SIZE 256 /* the kernel's NFT_NAME_MAXLEN */

/* A chain that others made and that ends in dropping what is forwarded. */
struct base {
	uint8_t family;
	char table[NAME_SIZE], chain[NAME_SIZE];
};

/* All chains in the kernel, as far as they matter. */
struct scan {
	struct firewall_forward ip, ip6; /* iptables' tables, kept in nftables */
	bool firewalld, firewalld_open;  /* the policy that firewall_blocker advises is there */
	struct base other;               /* anybody else's; family 0: none */
};

static bool is_ours(const char *table, uint8_t family)
{
	return str_eq(table, FIREWALL_TABLE) &&
	       (family == NFPROTO_INET || family == NFPROTO_BRIDGE);
}

static bool forwards_ip(struct nlattr *hook, uint8_t family)
{
	struct nlattr *parts[NFTA_HOOK_MAX + 1];

	return (family == NFPROTO_INET || family == NFPROTO_IPV4 || family == NFPROTO_IPV6) &&
	       hook && nla_parse_nested(parts, NFTA_HOOK_MAX, hook, NULL) == 0 &&
	       parts[NFTA_HOOK_HOOKNUM] &&
	       ntohl(nla_get_u32(parts[NFTA_HOOK_HOOKNUM])) == NF_INET_FORWARD;
}

static void see_base(struct scan *scan, uint8_t family, const char *table, const char *chain)
{
	bool iptables = str_eq(table, "filter") && str_eq(chain, "FORWARD");

	if (iptables && family == NFPROTO_IPV4) {
		scan->ip.drops = true;
	} else if (iptables && family == NFPROTO_IPV6) {
		scan->ip6.drops = true;
	} else if (!str_eq(table, "firewalld")) {
		scan->other.family = family;
		snprintf(scan->other.table, NAME_SIZE, "%s", table);
		snprintf(scan->other.chain, NAME_SIZE, "%s", chain);
	}
}

/* firewalld's chain may have no policy, and refuses by its last rule. */
static void see_name(struct scan *scan, uint8_t family, const char *table, const char *chain)
{
	if (str_eq(table, "firewalld")) {
		scan->firewalld = scan->firewalld || str_starts(chain, "filter_FORWARD");
		scan->firewalld_open =
			scan->firewalld_open || str_starts(chain, "filter_FWD_vzrun");
	} else if (str_eq(table, "filter") && family == NFPROTO_IPV4) {
		firewall_forward_name(&scan->ip, chain);
	} else if (str_eq(table, "filter") && family == NFPROTO_IPV6) {
		firewall_forward_name(&scan->ip6, chain);
	}
}

static void hear_chain(struct nlmsghdr *answer, void *data)
{
	const struct nfgenmsg *head = nlmsg_data(answer);
	struct nlattr *parts[NFTA_CHAIN_MAX + 1];
	const char *table, *chain;

	if (answer->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN) ||
	    nlmsg_parse(answer, sizeof(*head), parts, NFTA_CHAIN_MAX, NULL) < 0 ||
	    !parts[NFTA_CHAIN_TABLE] || !parts[NFTA_CHAIN_NAME])
		return;
	table = nla_get_string(parts[NFTA_CHAIN_TABLE]);
	chain = nla_get_string(parts[NFTA_CHAIN_NAME]);
	if (is_ours(table, head->nfgen_family))
		return;
	see_name(data, head->nfgen_family, table, chain);
	if (forwards_ip(parts[NFTA_CHAIN_HOOK], head->nfgen_family) && parts[NFTA_CHAIN_POLICY] &&
	    ntohl(nla_get_u32(parts[NFTA_CHAIN_POLICY])) == NF_DROP)
		see_base(data, head->nfgen_family, table, chain);
}

/* ---- the first rule of DOCKER-USER ---- */

struct first_rule {
	bool seen, accepts;
};

static bool is_accept(struct nlattr *data)
{
	struct nlattr *imm[NFTA_IMMEDIATE_MAX + 1], *value[NFTA_DATA_MAX + 1];
	struct nlattr *verdict[NFTA_VERDICT_MAX + 1];

	return data && nla_parse_nested(imm, NFTA_IMMEDIATE_MAX, data, NULL) == 0 &&
	       imm[NFTA_IMMEDIATE_DATA] &&
	       nla_parse_nested(value, NFTA_DATA_MAX, imm[NFTA_IMMEDIATE_DATA], NULL) == 0 &&
	       value[NFTA_DATA_VERDICT] &&
	       nla_parse_nested(verdict, NFTA_VERDICT_MAX, value[NFTA_DATA_VERDICT], NULL) == 0 &&
	       verdict[NFTA_VERDICT_CODE] &&
	       ntohl(nla_get_u32(verdict[NFTA_VERDICT_CODE])) == NF_ACCEPT;
}

/* It counts, and accepts, and does nothing else. */
static bool accepts_all(struct nlattr *exprs)
{
	struct nlattr *at, *parts[NFTA_EXPR_MAX + 1];
	bool accepts = false;
	int left;

	nla_for_each_nested(at, exprs, left)
	{
		if (nla_parse_nested(parts, NFTA_EXPR_MAX, at, NULL) < 0 || !parts[NFTA_EXPR_NAME])
			return false;
		if (nla_strcmp(parts[NFTA_EXPR_NAME], "counter") == 0)
			continue;
		accepts = nla_strcmp(parts[NFTA_EXPR_NAME], "immediate") == 0 &&
			  is_accept(parts[NFTA_EXPR_DATA]);
		if (!accepts)
			return false;
	}
	return accepts;
}

static void hear_rule(struct nlmsghdr *answer, void *data)
{
	struct first_rule *first = data;
	struct nlattr *parts[NFTA_RULE_MAX + 1];

	if (first->seen || answer->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
		return;
	first->seen = true;
	if (nlmsg_parse(answer, sizeof(struct nfgenmsg), parts, NFTA_RULE_MAX, NULL) == 0 &&
	    parts[NFTA_RULE_EXPRESSIONS])
		first->accepts = accepts_all(parts[NFTA_RULE_EXPRESSIONS]);
}

static void see_docker_user(struct nl_sock *sock, int family, struct firewall_forward *forward)
{
	auto_nl_msg struct nl_msg *msg = NULL;
	struct first_rule first = { 0 };

	if (!forward->drops || !forward->docker)
		return;
	msg = nfset_request(NFT_MSG_GETRULE, NLM_F_DUMP, family);
	if (!msg || nla_put_string(msg, NFTA_RULE_TABLE, "filter") < 0 ||
	    nla_put_string(msg, NFTA_RULE_CHAIN, "DOCKER-USER") < 0 ||
	    nfset_ask(sock, msg, hear_rule, &first, NULL) < 0)
		return;
	forward->docker_open = first.accepts;
}

/* ---- what to say ---- */

static char *say(const char *who, const char *command)
{
	return str_dupf("%s lets no forwarded packets pass, so containers reach only this host: "
			"run \"%s\"",
			who, command);
}

/* Also a packet that no table of ours drops must pass these. iptables: the program for it. */
static char *by_iptables(const struct firewall_forward *forward, const char *iptables)
{
	char command[64];

	if (!forward->drops || forward->docker_open)
		return NULL;
	if (forward->docker) {
		snprintf(command, sizeof(command), "%s -I DOCKER-USER -j ACCEPT", iptables);
		return say("docker's firewall", command);
	}
	if (forward->ufw)
		return say("ufw", "ufw default allow routed");
	snprintf(command, sizeof(command), "%s -P FORWARD ACCEPT", iptables);
	return say("a policy of iptables (FORWARD is DROP)", command);
}

static char *by_firewalld(void)
{
	return say("firewalld", "firewall-cmd --permanent --new-policy=vzrun && "
				"firewall-cmd --permanent --policy=vzrun --add-ingress-zone=ANY && "
				"firewall-cmd --permanent --policy=vzrun --add-egress-zone=ANY && "
				"firewall-cmd --permanent --policy=vzrun --set-target=ACCEPT && "
				"firewall-cmd --reload");
}

static char *by_other(const struct base *base)
{
	const char *family = base->family == NFPROTO_INET ? "inet" :
			     base->family == NFPROTO_IPV6 ? "ip6" :
							    "ip";
	auto_free char *who = str_dupf("the chain %s of nftables' table %s %s (policy drop)",
				       base->chain, family, base->table);
	auto_free char *command = str_dupf("nft 'add chain %s %s %s { policy accept; }'", family,
					   base->table, base->chain);

	return who && command ? say(who, command) : NULL;
}

static char *by_scan(struct nl_sock *sock, struct scan *scan)
{
	char *text;

	see_docker_user(sock, NFPROTO_IPV4, &scan->ip);
	see_docker_user(sock, NFPROTO_IPV6, &scan->ip6);
	text = by_iptables(&scan->ip, "iptables");
	if (!text)
		text = by_iptables(&scan->ip6, "ip6tables");
	if (!text && scan->firewalld && !scan->firewalld_open)
		text = by_firewalld();
	if (!text && scan->other.family)
		text = by_other(&scan->other);
	return text;
}

static char *by_legacy(void)
{
	struct firewall_forward ip, ip6;
	char *text;

	firewall_legacy_read(AF_INET, &ip);
	text = by_iptables(&ip, "iptables-legacy");
	if (text)
		return text;
	firewall_legacy_read(AF_INET6, &ip6);
	return by_iptables(&ip6, "ip6tables-legacy");
}

/* Chains only, no rules or elements of sets, which may be many. */
char *firewall_blocker(void)
{
	auto_nl_sock struct nl_sock *sock = netlink_open(NETLINK_NETFILTER, NULL);
	auto_nl_msg struct nl_msg *msg = nfset_request(NFT_MSG_GETCHAIN, NLM_F_DUMP, 0);
	struct scan scan = { 0 };
	char *text = NULL;

	if (sock && msg && nfset_ask(sock, msg, hear_chain, &scan, NULL) == 0)
		text = by_scan(sock, &scan);
	return text ? text : by_legacy();
}
