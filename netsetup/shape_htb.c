/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/shape_htb.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

#include "netsetup/tc.h"

/* ---- numbers ---- */

#define BYTES_OF_KBIT 125
#define NO_LIMIT UINT64_C(125000000000) /* bytes/s: 1 Tbit/s */
#define NO_SHARE 100                    /* bytes/s: HTB knows no class without a rate */
#define TICK_NSEC 64                    /* PSCHED_SHIFT, the same since 2.6.31 */

/* What passes between two runs of the timer must be in the bucket, else it overflows and the rate
 * is not reached: 20 ms, which a busy host is late at times, and a frame. The bucket is the smaller
 * the better: over t seconds not more than rate × t and once the bucket passes. */
#define BURST_PER_SEC 50
#define BURST_FRAME 2000

/* HTB serves those that borrow in turns: more to who has the greater share. */
#define QUANTUM_PER_SEC 500
#define QUANTUM_MIN 1600
#define QUANTUM_MAX 200000

/* 0.2 s, but not less than one segment of the largest offload, which would never fit. */
#define QUEUE_PER_SEC 5
#define QUEUE_MIN 0x11000
#define QUEUE_MAX 0x1000000

/* fq_codel takes what waits longer than this for too much, at least two frames' time. */
#define TARGET_USEC 5000
#define TARGET_BYTES 3000

static uint64_t clamp(uint64_t value, uint64_t min, uint64_t max)
{
	return value < min ? min : value > max ? max : value;
}

static uint32_t ticks(uint64_t bytes, uint64_t rate)
{
	/* 32 bits of bytes: no overflow */
	return (uint32_t)clamp(bytes * 1000000000 / rate / TICK_NSEC, 1, UINT32_MAX);
}

static uint64_t bytes_per_sec(uint64_t kbit)
{
	return kbit > NO_LIMIT / BYTES_OF_KBIT ? NO_LIMIT : kbit * BYTES_OF_KBIT;
}

void shape_htb_reckon(const struct shape_htb_rates *rates, struct shape_htb_numbers *ret)
{
	uint64_t ceil = rates->ceil ? bytes_per_sec(rates->ceil) : NO_LIMIT;
	uint64_t rate = rates->share ? bytes_per_sec(rates->share) : NO_SHARE, burst;

	if (rate > ceil)
		rate = ceil;
	burst = rates->burst_bytes ? rates->burst_bytes :
				     clamp(ceil / BURST_PER_SEC + BURST_FRAME, 0, UINT32_MAX);
	*ret = (struct shape_htb_numbers){
		.rate = rate,
		.ceil = ceil,
		.buffer = ticks(burst, rate),
		.cbuffer = ticks(burst, ceil),
		.quantum = (uint32_t)clamp(rate / QUANTUM_PER_SEC, QUANTUM_MIN, QUANTUM_MAX),
		.queue_bytes = (uint32_t)clamp(ceil / QUEUE_PER_SEC, QUEUE_MIN, QUEUE_MAX),
		.target_usec = (uint32_t)clamp(TARGET_BYTES * UINT64_C(1000000) / ceil, TARGET_USEC,
					       UINT32_MAX / 2),
	};
}

/* ---- the qdisc ---- */

#define DIRECT_QUEUE 1000 /* packets that no class holds */

int shape_htb_add(struct nl_sock *sock, int ifindex, uint16_t class, bool replace)
{
	struct tc_at at = { .ifindex = ifindex, .parent = TC_H_ROOT, .handle = SHAPE_HTB_HANDLE };
	struct tc_htb_glob glob = { .version = 3, .rate2quantum = 10, .defcls = class };
	struct nl_msg *msg = tc_new(
		RTM_NEWQDISC, NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL), &at, "htb");
	struct nlattr *options;

	if (!msg)
		return -NLE_NOMEM;
	options = nla_nest_start(msg, TCA_OPTIONS);
	nla_put(msg, TCA_HTB_INIT, sizeof(glob), &glob);
	nla_put_u32(msg, TCA_HTB_DIRECT_QLEN, DIRECT_QUEUE);
	nla_nest_end(msg, options);
	return tc_send(sock, msg);
}

int shape_htb_del(struct nl_sock *sock, int ifindex)
{
	struct tc_at at = { .ifindex = ifindex, .parent = TC_H_ROOT, .handle = SHAPE_HTB_HANDLE };
	int rc = tc_send(sock, tc_new(RTM_DELQDISC, 0, &at, NULL));

	/* EINVAL: another's, with another handle */
	return rc == -NLE_OBJ_NOTFOUND || rc == -NLE_INVAL ? 0 : rc;
}

/* ---- classes ---- */

static struct tc_at at_class(const struct shape_htb_class *class)
{
	return (struct tc_at){ .ifindex = class->ifindex,
			       .parent =
				       class->parent ? SHAPE_HTB_HANDLE | class->parent : TC_H_ROOT,
			       .handle = SHAPE_HTB_HANDLE | class->minor };
}

/* Of 32 bits; what does not fit stands in an attribute of its own beside. */
static void put_rate(struct nl_msg *msg, struct tc_ratespec *spec, uint64_t rate, int attr64)
{
	spec->linklayer = TC_LINKLAYER_ETHERNET; /* else the kernel wants a table */
	spec->rate = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;
	if (rate > UINT32_MAX)
		nla_put_u64(msg, attr64, rate);
}

int shape_htb_set(struct nl_sock *sock, const struct shape_htb_class *class,
		  const struct shape_htb_rates *rates, bool keep)
{
	struct tc_at at = at_class(class);
	struct nl_msg *msg =
		tc_new(RTM_NEWTCLASS, NLM_F_CREATE | (keep ? NLM_F_EXCL : 0), &at, "htb");
	struct shape_htb_numbers n;
	struct tc_htb_opt opt = { 0 };
	struct nlattr *options;
	int rc;

	if (!msg)
		return -NLE_NOMEM;
	shape_htb_reckon(rates, &n);
	opt.buffer = n.buffer;
	opt.cbuffer = n.cbuffer;
	opt.quantum = n.quantum;
	options = nla_nest_start(msg, TCA_OPTIONS);
	put_rate(msg, &opt.rate, n.rate, TCA_HTB_RATE64);
	put_rate(msg, &opt.ceil, n.ceil, TCA_HTB_CEIL64);
	nla_put(msg, TCA_HTB_PARMS, sizeof(opt), &opt);
	nla_nest_end(msg, options);
	rc = tc_send(sock, msg);
	return keep && rc == -NLE_EXIST ? 0 : rc;
}

int shape_htb_unset(struct nl_sock *sock, const struct shape_htb_class *class)
{
	struct tc_at at = at_class(class);
	int rc;

	at.parent = 0; /* whatever it was */
	rc = tc_send(sock, tc_new(RTM_DELTCLASS, 0, &at, NULL));
	return rc == -NLE_OBJ_NOTFOUND || rc == -NLE_INVAL ? 0 : rc;
}

/* ---- their queues ---- */

static int set_codel(struct nl_sock *sock, const struct tc_at *at,
		     const struct shape_htb_numbers *n)
{
	struct nl_msg *msg = tc_new(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, at, "fq_codel");
	struct nlattr *options;

	if (!msg)
		return -NLE_NOMEM;
	options = nla_nest_start(msg, TCA_OPTIONS);
	nla_put_u32(msg, TCA_FQ_CODEL_TARGET, n->target_usec);
	nla_put_u32(msg, TCA_FQ_CODEL_INTERVAL, 100000 + n->target_usec);
	nla_nest_end(msg, options);
	return tc_send(sock, msg);
}

static int set_plain(struct nl_sock *sock, const struct tc_at *at,
		     const struct shape_htb_numbers *n)
{
	struct nl_msg *msg = tc_new(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, at, "bfifo");
	struct tc_fifo_qopt opt = { .limit = n->queue_bytes };

	if (!msg)
		return -NLE_NOMEM;
	nla_put(msg, TCA_OPTIONS, sizeof(opt), &opt);
	return tc_send(sock, msg);
}

int shape_htb_set_queue(struct nl_sock *sock, const struct shape_htb_class *class,
			const struct shape_htb_rates *rates)
{
	struct tc_at at = { .ifindex = class->ifindex, .parent = SHAPE_HTB_HANDLE | class->minor };
	struct shape_htb_numbers n;
	int rc;

	shape_htb_reckon(rates, &n);
	rc = set_codel(sock, &at, &n);
	return rc == -NLE_OBJ_NOTFOUND ? set_plain(sock, &at, &n) : rc;
}

/* ---- reading ---- */

static uint64_t read_rate(const struct tc_ratespec *spec, const struct nlattr *attr64)
{
	return attr64 ? nla_get_u64(attr64) : spec->rate;
}

static void look(struct nlattr **attrs, void *arg)
{
	struct nlattr *htb[TCA_HTB_MAX + 1];
	struct shape_htb_rates *ret = arg;
	struct tc_htb_opt opt;
	uint64_t rate, ceil;

	if (!attrs[TCA_OPTIONS] ||
	    nla_parse_nested(htb, TCA_HTB_MAX, attrs[TCA_OPTIONS], NULL) < 0 ||
	    !htb[TCA_HTB_PARMS] ||
	    nla_memcpy(&opt, htb[TCA_HTB_PARMS], sizeof(opt)) < (int)sizeof(opt))
		return;
	rate = read_rate(&opt.rate, htb[TCA_HTB_RATE64]);
	ceil = read_rate(&opt.ceil, htb[TCA_HTB_CEIL64]);
	ret->share = rate / BYTES_OF_KBIT;
	ret->ceil = ceil >= NO_LIMIT ? 0 : ceil / BYTES_OF_KBIT;
	ret->burst_bytes = (uint32_t)((double)opt.cbuffer * TICK_NSEC * (double)ceil / 1e9 + 0.5);
}

int shape_htb_read(struct nl_sock *sock, const struct shape_htb_class *class,
		   struct shape_htb_rates *ret)
{
	struct tc_at at = at_class(class);

	*ret = (struct shape_htb_rates){ 0 };
	return tc_get(sock, RTM_GETTCLASS, &at, look, ret);
}
