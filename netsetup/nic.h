/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic: making, changing and removing one NIC. Not for use outside netsetup/.
 *
 * Each is done in two halves, with the firewall's in between, so that nothing passes unfiltered: nic_host
 * is the host's side (links, host routes: whatever tells that an address or a name is another's),
 * nic_inside the container's and what tells the world. Both go from one state to another and may be
 * repeated; going back is going from the new one to the old one.
 */
#ifndef NETSETUP_NIC_H
#define NETSETUP_NIC_H

#include "netsetup/net_record.h"
#include "netsetup/rt.h"

/* The alias of each host end is this and the id: whose it is. */
#define NIC_ALIAS "vzrun:"

struct nic_job {
	struct rt host, inside; /* inside.sock NULL: the namespace is gone */
	int netns_fd;           /* -1 likewise */
	struct net_record *record;
	bool incomplete; /* something could not be taken away */
	bool back;       /* a change is undone: what is to be made may not have been removed */
	/* Links whose namespace may be ending and take them along: nic_remove_rest deletes them. */
	int rest[NET_NICS_MAX];
	size_t n_rest;
	struct nic_lent *lent; /* links of the host that this job has moved, as they were */
	char bridge[IFNAMSIZ]; /* that was made on demand, for this job's undoing; "": none */
};

/* From one to the other, the same NIC (nic_same); `from` NULL: it is new. *ifindex: the host end's,
 * filled in as soon as it is there. */
struct nic_step {
	struct nic_job *job;
	const struct net_nic *from, *to;
	bool isolated, was_isolated; /* of the whole container */
	int *ifindex;
};

/* Whether one can become the other in place. */
bool nic_same(const struct net_nic *a, const struct net_nic *b);

int nic_host(const struct nic_step *step, struct err *err);
int nic_inside(const struct nic_step *step, struct err *err);

/* All of it is taken away, as far as it is there. ifindex: of the host end, which may be gone. links:
 * also those that its namespace would take along (waiting for the kernel's grace periods). What fails
 * is warned of. */
void nic_remove(struct nic_job *job, const struct net_nic *nic, int ifindex, bool links);
/* What nic_remove left, down, where the namespace can't be had (netns_fd -1): gone some 50 ms later, at the
 * latest, without anybody waiting. */
void nic_remove_rest(struct nic_job *job);

/* ---- kinds ---- */

int nic_routed_host(const struct nic_step *step, struct err *err);
int nic_routed_inside(const struct nic_step *step, struct err *err);
/* Addresses that are another's by now are taken out of the list: nothing of them is ours. */
void nic_routed_disown(struct nic_job *job, struct net_nic *nic, int ifindex);
void nic_routed_remove(struct nic_job *job, const struct net_nic *nic, int ifindex);

int nic_bridged_host(const struct nic_step *step, struct err *err);
/* A bridge that this job made, if nobody uses it. */
void nic_bridged_undo(struct nic_job *job);

int nic_child_host(const struct nic_step *step, struct err *err);
void nic_child_remove(struct nic_job *job, const struct net_nic *nic);

/* A link of the host that is about to be moved, and its way back within the same job: its addresses,
 * routes, MTU, and whether it was up, as far as the kernel takes them again. */
int nic_lent_note(struct nic_job *job, const struct rt_link *link, struct err *err);
void nic_lent_restore(struct nic_job *job, const char *name);
void nic_lent_done(struct nic_job *job);

/* ---- shared ---- */

/* The pair, made with its names, MACs and namespaces in one request; down. A host end of that name that
 * an earlier run of the id left is replaced. */
int nic_pair_make(const struct nic_step *step, uint32_t mtu, struct err *err);
/* The host must not learn routes from a container: before a link that reaches it is used. */
int nic_refuse_adverts(const char *host_name, struct err *err);
/* Whose the host end is. */
void nic_put_alias(struct nl_msg *msg, const struct nic_job *job);
/* Inside IFLA_AF_SPEC: the kernel gives the link no IPv6 address by itself. It has to be told while the
 * other end is down. */
void nic_put_no_address(struct nl_msg *msg);
/* The host end's ifindex if it is there and the id's, else 0. */
int nic_pair_find(struct nic_job *job, const struct net_nic *nic);

/* The link inside, by name. */
int nic_inside_find(const struct nic_step *step, struct rt_link *ret, struct err *err);

struct nic_gateways {
	const struct net_addr *v4, *v6; /* NULL: none */
};
/* Up, size, addresses, default routes. */
int nic_inside_change(const struct nic_step *step, const struct nic_gateways *from,
		      const struct nic_gateways *to, struct err *err);
/* The same with the gateways that the NIC names. */
int nic_inside_plain(const struct nic_step *step, struct err *err);

/* Whether the list has the address; with its prefix. */
bool nic_has_addr(const struct net_nic *nic, const struct net_addr *addr);
bool nic_has_family(const struct net_nic *nic, int family);

/* For what has to go on: it is warned of, and the record stays for the next attempt. */
void nic_left(struct nic_job *job, const struct err *why);

int nic_fail(struct rt *rt, const struct net_nic *nic, int rc, const char *doing, struct err *err);

#endif
