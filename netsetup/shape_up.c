/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/shape_up.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/route/link.h>
#include <string.h>

#include "netsetup/netlink.h"
#include "netsetup/shape.h"
#include "netsetup/tc.h"
#include "runtime/base/bpf.h"
#include "runtime/base/fd.h"
#include "runtime/base/mem.h"

/* Minors 1 to 0xfffd: 0 is the qdisc itself, 0xffff the kernel's, 0xfffe the total. */
#define MINORS 0xfffd

uint16_t shape_up_minor(int ifindex)
{
	return (uint16_t)(((uint32_t)ifindex - 1) % MINORS + 1);
}

/* Indices are given in turn, so who has the same class is 65533 links older, or so many younger
 * where what a link left is removed very late. */
#define YOUNGER 4

int shape_up_sharer(struct nl_sock *sock, int ifindex, int *ret_other, struct err *err)
{
	int64_t other = shape_up_minor(ifindex), last = ifindex + INT64_C(1) * YOUNGER * MINORS;
	bool used;

	*ret_other = 0;
	for (; other <= last && other <= INT32_MAX; other += MINORS) {
		if (other == ifindex)
			continue;
		if (tc_is_redirected(sock, (int)other, &used, err) < 0)
			return -1;
		if (used)
			*ret_other = (int)other;
	}
	return 0;
}

/* A rate that is below the ceiling would need another class to borrow from. */
int shape_up_set_total(struct nl_sock *sock, int up_ifindex, uint64_t kbit, bool keep)
{
	const struct shape_htb_class total = { .ifindex = up_ifindex, .minor = SHAPE_UP_TOTAL };
	const struct shape_htb_rates rates = { .share = UINT64_MAX, .ceil = kbit };

	return shape_htb_set(sock, &total, &rates, keep);
}

/* ---- the classifier ---- */

/* As shape_up_minor: r0 = 1:((skb->ingress_ifindex - 1) % MINORS + 1). The redirection keeps where
 * the packet came in. */
static const struct bpf_insn classify[] = {
	{ .code = BPF_LDX | BPF_MEM | BPF_W,
	  .dst_reg = BPF_REG_0,
	  .src_reg = BPF_REG_1,
	  .off = offsetof(struct __sk_buff, ingress_ifindex) },
	{ .code = BPF_ALU | BPF_SUB | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
	{ .code = BPF_ALU | BPF_MOD | BPF_K, .dst_reg = BPF_REG_0, .imm = MINORS },
	{ .code = BPF_ALU | BPF_ADD | BPF_K, .dst_reg = BPF_REG_0, .imm = SHAPE_HTB_HANDLE + 1 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static const char classifying[] = "the classifier of \"" SHAPE_UP_LINK "\"";

static int add_filter(struct nl_sock *sock, int ifindex, int program)
{
	struct tc_at at = { .ifindex = ifindex,
			    .parent = SHAPE_HTB_HANDLE,
			    .handle = 1,
			    .info = TC_H_MAKE(1U << 16, htons(ETH_P_ALL)) };
	struct nl_msg *msg = tc_new(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &at, "bpf");
	struct nlattr *options;

	if (!msg)
		return -NLE_NOMEM;
	options = nla_nest_start(msg, TCA_OPTIONS);
	nla_put_u32(msg, TCA_BPF_FD, (uint32_t)program);
	nla_put_string(msg, TCA_BPF_NAME, "vzup");
	nla_nest_end(msg, options);
	return tc_send(sock, msg);
}

static int add_classifier(struct nl_sock *sock, int ifindex, struct err *err)
{
	const struct bpf_program program = { .type = BPF_PROG_TYPE_SCHED_CLS,
					     .name = "vzup",
					     .insn = classify,
					     .n = ARRAY_SIZE(classify) };
	auto_fd int fd = bpf_load(&program);
	int rc;

	if (fd < 0 && (errno == ENOSYS || errno == EINVAL))
		return err_set(err, ERR_UNSUPPORTED, "%s: the kernel lacks bpf(2)", classifying);
	if (fd < 0)
		return err_sys(err, "load %s", classifying);
	rc = add_filter(sock, ifindex, fd);
	return rc < 0 && rc != -NLE_EXIST ? tc_fail(err, rc, classifying, "cls_bpf") : 0;
}

/* ---- the link ---- */

int shape_up_find(struct nl_sock *sock, int *ret_ifindex, bool *ret_up, struct err *err)
{
	auto_nl_link struct rtnl_link *link = NULL;
	int rc = rtnl_link_get_kernel(sock, 0, SHAPE_UP_LINK, &link);
	const char *type;

	*ret_ifindex = 0;
	*ret_up = false;
	if (rc == -NLE_NODEV || rc == -NLE_OBJ_NOTFOUND)
		return 0;
	if (rc < 0)
		return netlink_fail(err, rc, "find the interface", SHAPE_UP_LINK);
	type = rtnl_link_get_type(link);
	if (!type || strcmp(type, "ifb") != 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "the interface \"" SHAPE_UP_LINK "\" is not of the kind ifb: "
			       "rename or remove it, rates need that name");
	*ret_ifindex = rtnl_link_get_ifindex(link);
	*ret_up = rtnl_link_get_flags(link) & IFF_UP;
	return 0;
}

static int add_link(struct nl_sock *sock)
{
	auto_nl_link struct rtnl_link *link = rtnl_link_alloc();
	int rc = link ? rtnl_link_set_type(link, "ifb") : -NLE_NOMEM;

	if (rc < 0)
		return rc;
	rtnl_link_set_name(link, SHAPE_UP_LINK);
	return rtnl_link_add(sock, link, NLM_F_CREATE | NLM_F_EXCL);
}

static int set_up(struct nl_sock *sock, int ifindex)
{
	auto_nl_link struct rtnl_link *link = rtnl_link_alloc(), *change = rtnl_link_alloc();

	if (!link || !change)
		return -NLE_NOMEM;
	rtnl_link_set_ifindex(link, ifindex);
	rtnl_link_set_flags(change, IFF_UP);
	return rtnl_link_change(sock, link, change, 0);
}

/* Each step may have been done by another one at the same time: that it is there already is no
 * error. Up comes last: who finds it up finds it complete. */
int shape_up_complete(struct nl_sock *sock, int up_ifindex, struct err *err)
{
	int rc = shape_htb_add(sock, up_ifindex, 0, false);

	if (rc < 0 && rc != -NLE_EXIST)
		return tc_fail(err, rc, "the rates of \"" SHAPE_UP_LINK "\"", "sch_htb");
	rc = shape_up_set_total(sock, up_ifindex, 0, true);
	if (rc < 0)
		return netlink_fail(err, rc, "make the total's class on", SHAPE_UP_LINK);
	if (add_classifier(sock, up_ifindex, err) < 0)
		return -1;
	rc = set_up(sock, up_ifindex);
	return rc < 0 ? netlink_fail(err, rc, "set up the interface", SHAPE_UP_LINK) : 0;
}

int shape_up_make(struct nl_sock *sock, int *ret_ifindex, struct err *err)
{
	bool up;
	int rc;

	if (shape_up_find(sock, ret_ifindex, &up, err) < 0)
		return -1;
	if (up)
		return 0;
	if (!*ret_ifindex) {
		rc = add_link(sock);
		if (rc < 0 && rc != -NLE_EXIST)
			return tc_fail(err, rc, "the interface \"" SHAPE_UP_LINK "\"", "ifb");
		if (shape_up_find(sock, ret_ifindex, &up, err) < 0)
			return -1;
	}
	return shape_up_complete(sock, *ret_ifindex, err);
}
