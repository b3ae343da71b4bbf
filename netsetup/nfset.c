/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/nfset.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netsetup/later.h"
#include "netsetup/netlink.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define PART_MAX 512     /* bytes of a message with one element, well counted */
#define ANSWER_ROOM 1024 /* what an answer takes of a socket's buffer */
#define BUFFER_MIN (64U << 10)

/* ---- elements ---- */

static size_t padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* The bytes behind an elem's key are zero. */
static void add_part(uint8_t *to, uint8_t *len, size_t max, const void *part, size_t part_len)
{
	size_t at = padded(*len), end = at + (at ? padded(part_len) : part_len);

	assert(end <= max);
	memcpy(to + at, part, part_len);
	*len = (uint8_t)end;
}

void nfset_key(struct nfset_elem *elem, const void *part, size_t len)
{
	add_part(elem->key, &elem->key_len, sizeof(elem->key), part, len);
}

void nfset_key_link(struct nfset_elem *elem, const char *name)
{
	char padded[IFNAMSIZ] = "";

	memcpy(padded, name, strnlen(name, sizeof(padded) - 1));
	nfset_key(elem, padded, sizeof(padded));
}

void nfset_key_port(struct nfset_elem *elem, uint16_t port)
{
	uint16_t wire = htons(port);

	nfset_key(elem, &wire, sizeof(wire));
}

void nfset_data(struct nfset_elem *elem, const void *part, size_t len)
{
	add_part(elem->data, &elem->data_len, sizeof(elem->data), part, len);
}

void nfset_data_port(struct nfset_elem *elem, uint16_t port)
{
	uint16_t wire = htons(port);

	nfset_data(elem, &wire, sizeof(wire));
}

int nfset_compare(const void *a, const void *b)
{
	const struct nfset_elem *x = a, *y = b;
	int diff = x->family - y->family;

	if (diff == 0)
		diff = strcmp(x->set, y->set);
	if (diff == 0)
		diff = x->key_len - y->key_len;
	if (diff == 0)
		diff = memcmp(x->key, y->key, x->key_len);
	if (diff == 0)
		diff = x->data_len - y->data_len;
	return diff ? diff : memcmp(x->data, y->data, x->data_len);
}

/* ---- messages ---- */

static struct nl_msg *new_message(int type, int flags, uint32_t seq, const struct nfgenmsg *head)
{
	struct nl_msg *msg = nlmsg_alloc_size(PART_MAX);
	struct nlmsghdr *at;

	/* A port of its own in it would make libnl open a list of them. */
	at = msg ? nlmsg_put(msg, 0, seq, type, 0, NLM_F_REQUEST | flags) : NULL;
	if (at && nlmsg_append(msg, (void *)(uintptr_t)head, sizeof(*head), NLMSG_ALIGNTO) == 0)
		return msg;
	netlink_msg_freep(&msg);
	return NULL;
}

static int put_value(struct nl_msg *msg, int attr, const void *value, int len)
{
	struct nlattr *nest = nla_nest_start(msg, attr | NLA_F_NESTED);

	if (!nest || nla_put(msg, NFTA_DATA_VALUE, len, value) < 0)
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_elem(struct nl_msg *msg, const char *table, const struct nfset_elem *elem)
{
	struct nlattr *list, *one;

	if (nla_put_string(msg, NFTA_SET_ELEM_LIST_TABLE, table) < 0 ||
	    nla_put_string(msg, NFTA_SET_ELEM_LIST_SET, elem->set) < 0)
		return -1;
	list = nla_nest_start(msg, NFTA_SET_ELEM_LIST_ELEMENTS | NLA_F_NESTED);
	one = list ? nla_nest_start(msg, NFTA_LIST_ELEM | NLA_F_NESTED) : NULL;
	if (!one || put_value(msg, NFTA_SET_ELEM_KEY, elem->key, elem->key_len) < 0)
		return -1;
	if (elem->data_len && put_value(msg, NFTA_SET_ELEM_DATA, elem->data, elem->data_len) < 0)
		return -1;
	nla_nest_end(msg, one);
	nla_nest_end(msg, list);
	return 0;
}

static struct nl_msg *elem_message(int op, int flags, uint32_t seq, const char *table,
				   const struct nfset_elem *elem)
{
	const struct nfgenmsg head = { .nfgen_family = elem->family };
	auto_nl_msg struct nl_msg *msg =
		new_message(NFNL_SUBSYS_NFTABLES << 8 | op, flags, seq, &head);

	return msg && put_elem(msg, table, elem) == 0 ? steal_ptr(&msg) : NULL;
}

static void add_message(struct strbuf *batch, struct nl_msg *msg)
{
	if (msg)
		strbuf_add_mem(batch, nlmsg_hdr(msg), NLMSG_ALIGN(nlmsg_hdr(msg)->nlmsg_len));
	else
		batch->failed = true;
}

static void add_border(struct strbuf *batch, int type)
{
	const struct nfgenmsg head = { .res_id = htons(NFNL_SUBSYS_NFTABLES) };
	auto_nl_msg struct nl_msg *msg = new_message(type, 0, 0, &head);

	add_message(batch, msg);
}

/* The changes are numbered from 1; the last one is to be answered also when all is well. */
static void build(struct strbuf *batch, const char *table, const struct nfset_change *changes,
		  size_t n)
{
	add_border(batch, NFNL_MSG_BATCH_BEGIN);
	for (size_t i = 0; i < n; i++) {
		const struct nfset_change *at = &changes[i];
		int flags = (at->remove ? 0 : NLM_F_CREATE) | (i + 1 == n ? NLM_F_ACK : 0);
		auto_nl_msg struct nl_msg *msg =
			elem_message(at->remove ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM, flags,
				     (uint32_t)i + 1, table, &at->elem);

		add_message(batch, msg);
	}
	add_border(batch, NFNL_MSG_BATCH_END);
}

/* ---- talking ---- */

static int no_nftables(struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED,
		       "this kernel has no nftables (modules nfnetlink, nf_tables)");
}

/* The kernel refuses a request larger than the sender's buffer, and drops answers for which the
 * receiver's has no room. Beyond the limits of sysctl: that is CAP_NET_ADMIN's right. */
static void make_room(int fd, size_t request, size_t answers)
{
	int out = (int)(request + BUFFER_MIN), in = (int)(answers * ANSWER_ROOM + BUFFER_MIN);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &out, sizeof(out));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &in, sizeof(in));
	/* An answer need not repeat what was asked. */
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
}

struct nl_msg *nfset_request(int op, int flags, int family)
{
	const struct nfgenmsg head = { .nfgen_family = (uint8_t)family };

	return new_message(NFNL_SUBSYS_NFTABLES << 8 | op, flags, 1, &head);
}

int nfset_ask(struct nl_sock *sock, struct nl_msg *request, netlink_each *each, void *data,
	      struct err *err)
{
	const struct nlmsghdr *head = nlmsg_hdr(request);

	return netlink_ask(sock, head, head->nlmsg_len, each, data, err);
}

/* ---- a batch ---- */

struct verdict {
	struct nfset_change *changes;
	size_t n;
	int first; /* errno of what came first of all that was refused */
	bool done;
};

static void hear_change(struct nlmsghdr *answer, void *data)
{
	struct verdict *verdict = data;
	const struct nlmsgerr *said = nlmsg_data(answer);
	size_t at = answer->nlmsg_seq;

	if (answer->nlmsg_type != NLMSG_ERROR || nlmsg_datalen(answer) < (int)sizeof(*said))
		return;
	if (said->error == 0) {
		verdict->done = true;
		return;
	}
	if (!verdict->first)
		verdict->first = -said->error;
	if (at >= 1 && at <= verdict->n)
		verdict->changes[at - 1].error = -said->error;
}

static int refused(const struct verdict *verdict, struct err *err)
{
	for (size_t i = 0; i < verdict->n; i++) {
		const struct nfset_change *at = &verdict->changes[i];

		errno = at->error;
		if (errno)
			return err_sys(err, "%s an element of nftables' set \"%s\"",
				       at->remove ? "remove" : "add", at->elem.set);
	}
	if (verdict->first == EOPNOTSUPP)
		return no_nftables(err);
	errno = verdict->first;
	return err_sys(err, "change nftables' sets");
}

int nfset_commit(struct nl_sock *sock, const char *table, struct nfset_change *changes, size_t n,
		 struct err *err)
{
	auto_strbuf struct strbuf batch = { 0 };
	struct verdict verdict = { .changes = changes, .n = n };

	for (size_t i = 0; i < n; i++)
		changes[i].error = 0;
	if (n == 0)
		return 0;
	build(&batch, table, changes, n);
	if (batch.failed)
		return err_set(err, ENOMEM, "change nftables' sets: out of memory");
	make_room(nl_socket_get_fd(sock), batch.len, n);
	if (netlink_ask(sock, batch.text, batch.len, hear_change, &verdict, err) < 0)
		return -1;
	if (verdict.first)
		return refused(&verdict, err);
	if (!verdict.done)
		return err_set(err, ENOBUFS, "change nftables' sets: no answer came");
	return 0;
}

/* ---- the end of a socket ---- */

void nfset_close_later(struct nl_sock **sock)
{
	bool cloned;

	if (later_child(nl_socket_get_fd(*sock), &cloned))
		_exit(0);
	netlink_sock_freep(sock);
	*sock = NULL;
}

/* ---- one element ---- */

struct found {
	const struct nfset_elem *wanted;
	struct nfset_counter counter;
	int error;
	bool there;
};

static bool has_data(struct nlattr *data, const struct nfset_elem *wanted)
{
	struct nlattr *parts[NFTA_DATA_MAX + 1];

	return data && nla_parse_nested(parts, NFTA_DATA_MAX, data, NULL) == 0 &&
	       parts[NFTA_DATA_VALUE] && nla_len(parts[NFTA_DATA_VALUE]) == wanted->data_len &&
	       memcmp(nla_data(parts[NFTA_DATA_VALUE]), wanted->data, wanted->data_len) == 0;
}

static void read_counter(struct nlattr *expr, struct nfset_counter *ret)
{
	struct nlattr *parts[NFTA_EXPR_MAX + 1], *values[NFTA_COUNTER_MAX + 1];

	if (nla_parse_nested(parts, NFTA_EXPR_MAX, expr, NULL) < 0 || !parts[NFTA_EXPR_NAME] ||
	    !parts[NFTA_EXPR_DATA] || nla_strcmp(parts[NFTA_EXPR_NAME], "counter") != 0)
		return;
	if (nla_parse_nested(values, NFTA_COUNTER_MAX, parts[NFTA_EXPR_DATA], NULL) < 0 ||
	    !values[NFTA_COUNTER_BYTES] || !values[NFTA_COUNTER_PACKETS])
		return;
	ret->bytes = be64toh(nla_get_u64(values[NFTA_COUNTER_BYTES]));
	ret->packets = be64toh(nla_get_u64(values[NFTA_COUNTER_PACKETS]));
}

static void read_elem(struct nlmsghdr *answer, struct found *found)
{
	struct nlattr *list[NFTA_SET_ELEM_LIST_MAX + 1], *one[NFTA_SET_ELEM_MAX + 1], *at;
	int left;

	if (nlmsg_parse(answer, sizeof(struct nfgenmsg), list, NFTA_SET_ELEM_LIST_MAX, NULL) < 0 ||
	    !list[NFTA_SET_ELEM_LIST_ELEMENTS])
		return;
	nla_for_each_nested(at, list[NFTA_SET_ELEM_LIST_ELEMENTS], left)
	{
		if (nla_parse_nested(one, NFTA_SET_ELEM_MAX, at, NULL) < 0)
			continue;
		found->there = found->wanted->data_len == 0 ||
			       has_data(one[NFTA_SET_ELEM_DATA], found->wanted);
		if (one[NFTA_SET_ELEM_EXPR])
			read_counter(one[NFTA_SET_ELEM_EXPR], &found->counter);
	}
}

static void hear_elem(struct nlmsghdr *answer, void *data)
{
	struct found *found = data;
	const struct nlmsgerr *said = nlmsg_data(answer);

	if (answer->nlmsg_type == NLMSG_ERROR && nlmsg_datalen(answer) >= (int)sizeof(*said)) {
		found->error = -said->error;
	} else if (answer->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM)) {
		read_elem(answer, found);
	}
}

int nfset_get(struct nl_sock *sock, const char *table, const struct nfset_elem *elem,
	      struct nfset_counter *ret, struct err *err)
{
	auto_nl_msg struct nl_msg *msg = elem_message(NFT_MSG_GETSETELEM, 0, 1, table, elem);
	struct found found = { .wanted = elem };

	if (!msg)
		return err_set(err, ENOMEM, "ask for an element of nftables: out of memory");
	if (nfset_ask(sock, msg, hear_elem, &found, err) < 0)
		return -1;
	if (found.error == EOPNOTSUPP)
		return no_nftables(err);
	errno = found.error;
	if (errno && errno != ENOENT)
		return err_sys(err, "ask for an element of nftables' set \"%s\"", elem->set);
	*ret = found.counter;
	return found.there;
}
