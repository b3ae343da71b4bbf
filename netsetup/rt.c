/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/rt.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "netsetup/netlink.h"

#define ROOM 16384

int rt_open(struct rt *rt, int netns_fd, struct err *err)
{
	int on = 1;

	rt->why[0] = '\0';
	rt->sock = netns_fd < 0 ? netlink_open(NETLINK_ROUTE, err) :
				  netlink_open_in(netns_fd, NETLINK_ROUTE, err);
	if (!rt->sock)
		return -1;
	/* Only the texts of errors depend on it. */
	setsockopt(nl_socket_get_fd(rt->sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(rt->sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return 0;
}

void rt_done(struct rt *rt)
{
	netlink_sock_freep(&rt->sock);
	rt->sock = NULL;
}

struct nl_msg *rt_msg(int type, int flags, const void *header, size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_size(ROOM);

	if (!msg)
		return NULL;
	if (nlmsg_put(msg, 0, 0, type, (int)len, NLM_F_REQUEST | NLM_F_ACK | flags))
		memcpy(nlmsg_data(nlmsg_hdr(msg)), header, len);
	return msg;
}

/* ---- answers ---- */

struct talk {
	struct rt *rt;
	rt_each *each;
	void *data;
	bool acked;
	int rc;
};

/* The attributes behind an error (struct nlmsgerr; the request is left out, NETLINK_CAP_ACK). */
static void keep_why(struct talk *talk, struct nlmsghdr *answer)
{
	const struct nlmsgerr *error = nlmsg_data(answer);
	int skip = (int)NLMSG_ALIGN(sizeof(*error)), len = (int)answer->nlmsg_len - NLMSG_HDRLEN;
	struct nlattr *why;

	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS) || len <= skip)
		return;
	if (!(answer->nlmsg_flags & NLM_F_CAPPED))
		skip += (int)NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (len <= skip)
		return;
	why = nla_find((struct nlattr *)((char *)nlmsg_data(answer) + skip), len - skip,
		       NLMSGERR_ATTR_MSG);
	if (why)
		nla_strlcpy(talk->rt->why, why, sizeof(talk->rt->why));
}

static void hear(struct nlmsghdr *answer, void *data)
{
	struct talk *talk = data;

	if (answer->nlmsg_type == NLMSG_ERROR) {
		talk->acked = true;
		talk->rc = ((struct nlmsgerr *)nlmsg_data(answer))->error;
		if (talk->rc < 0)
			keep_why(talk, answer);
	} else if (answer->nlmsg_type == NLMSG_DONE) {
		talk->acked = true;
	} else if (talk->each) {
		talk->each(answer, talk->data);
	}
}

int rt_ask(struct rt *rt, struct nl_msg *msg, rt_each *each, void *data)
{
	struct talk talk = { .rt = rt, .each = each, .data = data };
	struct err err = { 0 };
	int rc;

	rt->why[0] = '\0';
	if (!msg)
		return -ENOMEM;
	rc = netlink_ask(rt->sock, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, hear, &talk, &err);
	nlmsg_free(msg);
	if (rc < 0)
		return err.code > 0 && err.code < ERR_FAILED ? -err.code : -EIO;
	return talk.acked ? talk.rc : -EPROTO;
}

int rt_do(struct rt *rt, struct nl_msg *msg)
{
	return rt_ask(rt, msg, NULL, NULL);
}

int rt_fail(struct rt *rt, struct err *err, int rc, const char *doing, const char *what)
{
	errno = -rc;
	err_sys(err, "%s \"%s\"", doing, what);
	return rt->why[0] ? err_hint(err, "%s", rt->why) : -1;
}
