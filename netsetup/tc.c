/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/tc.h"

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <netinet/in.h>
#include <netlink/attr.h>

#include "netsetup/netlink.h"

/* ---- requests ---- */

struct nl_msg *tc_new(int type, int flags, const struct tc_at *at, const char *kind)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags | NLM_F_REQUEST);
	struct tcmsg head = { .tcm_ifindex = at->ifindex,
			      .tcm_parent = at->parent,
			      .tcm_handle = at->handle,
			      .tcm_info = at->info };

	if (!msg)
		return NULL;
	nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO);
	if (kind)
		nla_put_string(msg, TCA_KIND, kind);
	return msg;
}

int tc_send(struct nl_sock *sock, struct nl_msg *msg)
{
	return msg ? nl_send_sync(sock, msg) : -NLE_NOMEM;
}

struct answer {
	tc_look look;
	void *arg;
	bool done;
};

static int see_object(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;
	struct nlattr *attrs[TCA_MAX + 1];

	if (nlmsg_parse(nlmsg_hdr(msg), sizeof(struct tcmsg), attrs, TCA_MAX, NULL) == 0 &&
	    answer->look)
		answer->look(attrs, answer->arg);
	return NL_OK;
}

static int see_end(struct nl_msg *msg, void *arg)
{
	(void)msg;
	((struct answer *)arg)->done = true;
	return NL_STOP;
}

/* NLM_F_ECHO: tc's answer to a question is a notice to all, which one gets oneself only so. */
int tc_get(struct nl_sock *sock, int type, const struct tc_at *at, tc_look look, void *arg)
{
	auto_nl_msg struct nl_msg *msg = tc_new(type, NLM_F_ECHO, at, NULL);
	struct answer answer = { .look = look, .arg = arg };
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int rc = -NLE_NOMEM;

	if (msg && cb) {
		nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, see_object, &answer);
		nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, see_end, &answer);
		rc = nl_send_auto(sock, msg);
		while (rc >= 0 && !answer.done)
			rc = nl_recvmsgs(sock, cb);
	}
	if (cb)
		nl_cb_put(cb);
	return rc < 0 ? rc : 0;
}

int tc_fail(struct err *err, int rc, const char *what, const char *module)
{
	/* ENOENT is the kernel's answer to a kind that it can't load; of links EOPNOTSUPP. */
	if (rc == -NLE_OBJ_NOTFOUND || rc == -NLE_OPNOTSUPP)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s: the kernel lacks %s (modprobe, or its configuration)", what,
			       module);
	return netlink_fail(err, rc, "set up", what);
}

/* ---- redirection ---- */

#define INGRESS_HANDLE TC_H_MAKE(TC_H_INGRESS, 0)
/* Also that of clsact, which whoever came first may have put there. */
#define INGRESS_FILTERS TC_H_MAKE(TC_H_INGRESS, TC_H_MIN_INGRESS)
#define FIRST_U32 0x80000800U /* 800::800, the first of the first table */
#define FIRST_PRIO 1

static const char redirecting[] = "the redirection of what the interface receives";

static struct tc_at ingress_of(int ifindex)
{
	return (struct tc_at){ .ifindex = ifindex,
			       .parent = TC_H_INGRESS,
			       .handle = INGRESS_HANDLE };
}

static int add_ingress(struct nl_sock *sock, int ifindex)
{
	struct tc_at at = ingress_of(ifindex);
	int rc = tc_send(sock, tc_new(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &at, "ingress"));

	return rc == -NLE_EXIST ? 0 : rc;
}

static void put_mirred(struct nl_msg *msg, int to_ifindex)
{
	struct tc_mirred parms = { .action = TC_ACT_STOLEN,
				   .eaction = TCA_EGRESS_REDIR,
				   .ifindex = (uint32_t)to_ifindex };
	struct nlattr *first = nla_nest_start(msg, 1), *options;

	nla_put_string(msg, TCA_ACT_KIND, "mirred");
	options = nla_nest_start(msg, TCA_ACT_OPTIONS);
	nla_put(msg, TCA_MIRRED_PARMS, sizeof(parms), &parms);
	nla_nest_end(msg, options);
	nla_nest_end(msg, first);
}

/* One key of no bits matches everything. A filter that is there is replaced at once. */
static int add_filter(struct nl_sock *sock, int ifindex, int to_ifindex)
{
	struct tc_at at = { .ifindex = ifindex,
			    .parent = INGRESS_FILTERS,
			    .handle = FIRST_U32,
			    .info = TC_H_MAKE(FIRST_PRIO << 16, htons(ETH_P_ALL)) };
	struct nl_msg *msg = tc_new(RTM_NEWTFILTER, NLM_F_CREATE, &at, "u32");
	/* The key, all zero, follows. */
	_Alignas(struct tc_u32_sel)
		uint8_t match[sizeof(struct tc_u32_sel) + sizeof(struct tc_u32_key)] = { 0 };
	struct tc_u32_sel *sel = (struct tc_u32_sel *)match;
	struct nlattr *options, *actions;

	if (!msg)
		return -NLE_NOMEM;
	sel->flags = TC_U32_TERMINAL;
	sel->nkeys = 1;
	options = nla_nest_start(msg, TCA_OPTIONS);
	nla_put(msg, TCA_U32_SEL, sizeof(match), match);
	actions = nla_nest_start(msg, TCA_U32_ACT);
	put_mirred(msg, to_ifindex);
	nla_nest_end(msg, actions);
	nla_nest_end(msg, options);
	return tc_send(sock, msg);
}

int tc_redirect(struct nl_sock *sock, int ifindex, int to_ifindex, struct err *err)
{
	int rc = add_ingress(sock, ifindex);

	if (rc < 0)
		return tc_fail(err, rc, redirecting, "sch_ingress");
	rc = add_filter(sock, ifindex, to_ifindex);
	return rc < 0 ? tc_fail(err, rc, redirecting, "cls_u32 or act_mirred") : 0;
}

int tc_redirect_end(struct nl_sock *sock, int ifindex, struct err *err)
{
	struct tc_at at = ingress_of(ifindex);
	int rc = tc_send(sock, tc_new(RTM_DELQDISC, 0, &at, NULL));

	/* EINVAL: the same answer where a link has never had one (sch_api.c, tc_get_qdisc) */
	if (rc < 0 && rc != -NLE_OBJ_NOTFOUND && rc != -NLE_INVAL)
		return netlink_fail(err, rc, "remove", redirecting);
	return 0;
}

int tc_is_redirected(struct nl_sock *sock, int ifindex, bool *ret, struct err *err)
{
	struct tc_at at = ingress_of(ifindex);
	int rc = tc_get(sock, RTM_GETQDISC, &at, NULL, NULL);

	if (rc < 0 && rc != -NLE_OBJ_NOTFOUND && rc != -NLE_INVAL && rc != -NLE_NODEV)
		return netlink_fail(err, rc, "read", redirecting);
	*ret = rc == 0;
	return 0;
}
