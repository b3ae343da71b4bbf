/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/shape.h"

#include "netsetup/netlink.h"
#include "netsetup/shape_htb.h"
#include "netsetup/shape_up.h"
#include "netsetup/tc.h"

/* ---- down: to the container ---- */

#define DOWN_CLASS 1

static const char down_rate[] = "the rate to the container";

static int set_class(struct nl_sock *sock, const struct shape_htb_class *class,
		     const struct shape_htb_rates *rates)
{
	int rc = shape_htb_set(sock, class, rates, false);

	return rc < 0 ? rc : shape_htb_set_queue(sock, class, rates);
}

static int set_down(struct nl_sock *sock, int ifindex, const struct net_rate *rate, struct err *err)
{
	const struct shape_htb_class class = { .ifindex = ifindex, .minor = DOWN_CLASS };
	const struct shape_htb_rates rates = { .share = rate->down_kbit,
					       .ceil = rate->down_kbit,
					       .burst_bytes = rate->burst_bytes };
	int rc = shape_htb_add(sock, ifindex, DOWN_CLASS, false);
	bool existed = rc == -NLE_EXIST;

	if (existed || rc == 0)
		rc = set_class(sock, &class, &rates);
	/* What is there has our handle only, or not even that. */
	if (existed && rc < 0 && rc != -NLE_NODEV && rc != -NLE_NOMEM) {
		shape_htb_del(sock, ifindex);
		rc = shape_htb_add(sock, ifindex, DOWN_CLASS, true);
		if (rc == 0)
			rc = set_class(sock, &class, &rates);
	}
	return rc < 0 ? tc_fail(err, rc, down_rate, "sch_htb") : 0;
}

static int apply_down(struct nl_sock *sock, int ifindex, const struct net_rate *rate,
		      struct err *err)
{
	int rc;

	if (rate->down_kbit)
		return set_down(sock, ifindex, rate, err);
	rc = shape_htb_del(sock, ifindex);
	return rc < 0 ? netlink_fail(err, rc, "remove", down_rate) : 0;
}

/* ---- up: from the container ---- */

static const char up_rate[] = "the rate from the container";

static struct shape_htb_class up_class(int up_ifindex, int ifindex)
{
	return (struct shape_htb_class){ .ifindex = up_ifindex,
					 .parent = SHAPE_UP_TOTAL,
					 .minor = shape_up_minor(ifindex) };
}

/* Where someone took away what is on the shared link, it is made again. */
static int set_up_class(struct nl_sock *sock, const struct shape_htb_class *class,
			const struct shape_htb_rates *rates, struct err *err)
{
	int rc = set_class(sock, class, rates);

	if (rc == -NLE_OBJ_NOTFOUND || rc == -NLE_INVAL) {
		if (shape_up_complete(sock, class->ifindex, err) < 0)
			return -1;
		rc = set_class(sock, class, rates);
	}
	return rc < 0 ? tc_fail(err, rc, up_rate, "sch_htb") : 0;
}

/* The class first: what is redirected before it has one would pass without a limit. */
static int set_up(struct nl_sock *sock, int ifindex, const struct net_rate *rate, struct err *err)
{
	const struct shape_htb_rates rates = { .share = rate->up_share_kbit,
					       .ceil = rate->up_kbit,
					       .burst_bytes = rate->burst_bytes };
	struct shape_htb_class class;
	int up_ifindex, other;

	if (shape_up_sharer(sock, ifindex, &other, err) < 0)
		return -1;
	if (other)
		return err_set(err, ERR_BUSY,
			       "%s: interface %d has the class of interface %d on \"" SHAPE_UP_LINK
			       "\" (try again: a new one has another)",
			       up_rate, other, ifindex);
	if (shape_up_make(sock, &up_ifindex, err) < 0)
		return -1;
	class = up_class(up_ifindex, ifindex);
	if (set_up_class(sock, &class, &rates, err) < 0)
		return -1;
	return tc_redirect(sock, ifindex, up_ifindex, err);
}

static bool has_up(const struct net_rate *rate)
{
	return rate->up_kbit || rate->up_share_kbit;
}

int shape_apply(struct nl_sock *sock, int ifindex, const struct net_rate *rate, struct err *err)
{
	if (apply_down(sock, ifindex, rate, err) < 0)
		return -1;
	if (has_up(rate))
		return set_up(sock, ifindex, rate, err);
	/* What passes meanwhile is in no class, so it has no limit. */
	if (tc_redirect_end(sock, ifindex, err) < 0)
		return -1;
	return shape_remove(sock, ifindex, err);
}

int shape_remove(struct nl_sock *sock, int ifindex, struct err *err)
{
	struct shape_htb_class class;
	int up_ifindex, other, rc;
	bool up;

	if (shape_up_find(sock, &up_ifindex, &up, err) < 0)
		return -1;
	if (!up_ifindex)
		return 0;
	if (shape_up_sharer(sock, ifindex, &other, err) < 0)
		return -1;
	if (other)
		return 0; /* by now it is the other's */
	class = up_class(up_ifindex, ifindex);
	rc = shape_htb_unset(sock, &class);
	return rc < 0 ? netlink_fail(err, rc, "remove", up_rate) : 0;
}

int shape_total(struct nl_sock *sock, uint64_t up_kbit, struct err *err)
{
	int up_ifindex, rc;
	bool up;

	if (shape_up_find(sock, &up_ifindex, &up, err) < 0)
		return -1;
	if (!up_ifindex && !up_kbit)
		return 0;
	if (shape_up_make(sock, &up_ifindex, err) < 0)
		return -1;
	rc = shape_up_set_total(sock, up_ifindex, up_kbit, false);
	return rc < 0 ? tc_fail(err, rc, "the total rate from the containers", "sch_htb") : 0;
}

/* ---- reading ---- */

static int read_class(struct nl_sock *sock, const struct shape_htb_class *class,
		      struct shape_htb_rates *ret, const char *what, struct err *err)
{
	int rc = shape_htb_read(sock, class, ret);

	/* EINVAL: no HTB there either */
	if (rc < 0 && rc != -NLE_OBJ_NOTFOUND && rc != -NLE_INVAL)
		return netlink_fail(err, rc, "read", what);
	return 0;
}

static int read_up(struct nl_sock *sock, int ifindex, struct shape_htb_rates *ret, struct err *err)
{
	struct shape_htb_class class;
	bool redirected, up;
	int up_ifindex;

	if (tc_is_redirected(sock, ifindex, &redirected, err) < 0 ||
	    shape_up_find(sock, &up_ifindex, &up, err) < 0)
		return -1;
	if (!redirected || !up_ifindex)
		return 0;
	class = up_class(up_ifindex, ifindex);
	return read_class(sock, &class, ret, up_rate, err);
}

int shape_read(struct nl_sock *sock, int ifindex, struct net_rate *ret, struct err *err)
{
	const struct shape_htb_class down_class = { .ifindex = ifindex, .minor = DOWN_CLASS };
	struct shape_htb_rates down = { 0 }, up = { 0 };

	if (read_class(sock, &down_class, &down, down_rate, err) < 0 ||
	    read_up(sock, ifindex, &up, err) < 0)
		return -1;
	*ret = (struct net_rate){ .up_kbit = up.ceil,
				  .up_share_kbit = up.share,
				  .down_kbit = down.ceil,
				  .burst_bytes =
					  up.burst_bytes ? up.burst_bytes : down.burst_bytes };
	return 0;
}
