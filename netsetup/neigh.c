/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/neigh.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netlink/route/neighbour.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "netsetup/neigh_frame.h"
#include "netsetup/netlink.h"
#include "runtime/base/fd.h"
#include "runtime/base/mem.h"

/* ---- proxy entries ---- */

static struct rtnl_neigh *make_proxy(int ifindex, const struct net_addr *addr)
{
	struct rtnl_neigh *neigh = rtnl_neigh_alloc();
	struct nl_addr *dst = nl_addr_build(addr->family, addr->bytes, addr_len(addr));

	if (neigh && dst) {
		rtnl_neigh_set_ifindex(neigh, ifindex);
		rtnl_neigh_set_flags(neigh, NTF_PROXY);
		rtnl_neigh_set_dst(neigh, dst);
	} else if (neigh) {
		rtnl_neigh_put(neigh);
		neigh = NULL;
	}
	if (dst)
		nl_addr_put(dst);
	return neigh;
}

int neigh_proxy_add(struct nl_sock *sock, int ifindex, const struct net_addr *addr, struct err *err)
{
	struct rtnl_neigh *neigh = make_proxy(ifindex, addr);
	char text[ADDR_TEXT_SIZE];
	int rc = -NLE_NOMEM;

	if (neigh) {
		rc = rtnl_neigh_add(sock, neigh, NLM_F_CREATE);
		rtnl_neigh_put(neigh);
	}
	if (rc < 0 && rc != -NLE_EXIST)
		return netlink_fail(err, rc, "answer neighbours for", addr_show(addr, text));
	return 0;
}

int neigh_proxy_del(struct nl_sock *sock, int ifindex, const struct net_addr *addr, struct err *err)
{
	struct rtnl_neigh *neigh = make_proxy(ifindex, addr);
	char text[ADDR_TEXT_SIZE];
	int rc = -NLE_NOMEM;

	if (neigh) {
		rc = rtnl_neigh_delete(sock, neigh, 0);
		rtnl_neigh_put(neigh);
	}
	if (rc < 0 && rc != -NLE_OBJ_NOTFOUND && rc != -NLE_NODEV)
		return netlink_fail(err, rc, "stop answering neighbours for",
				    addr_show(addr, text));
	return 0;
}

/* ---- packet sockets ---- */

struct port {
	const char *link;
	int ifindex;
	uint8_t mac[6];
	int fds[2]; /* v4, v6; -1 where not needed */
};

static void port_done(struct port *port)
{
	fd_closep(&port->fds[0]);
	fd_closep(&port->fds[1]);
}
#define auto_port __attribute__((cleanup(port_done)))

static int query(int fd, unsigned long request, struct ifreq *req, const char *link)
{
	memset(req, 0, sizeof(*req));
	if (strlen(link) >= sizeof(req->ifr_name)) {
		errno = ENODEV;
		return -1;
	}
	strcpy(req->ifr_name, link);
	return ioctl(fd, request, req);
}

/* Fills in what the link is, which must be Ethernet with neighbours, and up. */
static int find_link(struct port *port, struct err *err)
{
	auto_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req;

	if (fd < 0 || query(fd, SIOCGIFINDEX, &req, port->link) < 0)
		return err_sys(err, "find the interface \"%s\"", port->link);
	port->ifindex = req.ifr_ifindex;
	if (query(fd, SIOCGIFHWADDR, &req, port->link) < 0)
		return err_sys(err, "read the MAC of the interface \"%s\"", port->link);
	if (req.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return err_set(err, ERR_UNSUPPORTED,
			       "the interface \"%s\" has no neighbours: it is not Ethernet",
			       port->link);
	memcpy(port->mac, req.ifr_hwaddr.sa_data, 6);
	if (query(fd, SIOCGIFFLAGS, &req, port->link) < 0)
		return err_sys(err, "read the flags of the interface \"%s\"", port->link);
	if (req.ifr_flags & IFF_NOARP)
		return err_set(err, ERR_UNSUPPORTED,
			       "the interface \"%s\" has no neighbours: ARP is off there",
			       port->link);
	if (!(req.ifr_flags & IFF_UP))
		return err_set(err, ENETDOWN, "the interface \"%s\" is down", port->link);
	return 0;
}

/* Neighbour solicitations and advertisements, the start of them. With ARP all is let in. */
static int filter_nd(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + 40),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_SOLICIT, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 2048),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* Advertisements and other hosts' probes come by multicast, which the link passes on only to
 * who has joined; the kernel itself has not where it has no IPv6 there. */
static int join_multicast(int fd, int ifindex)
{
	struct packet_mreq join = { .mr_ifindex = ifindex, .mr_type = PACKET_MR_ALLMULTI };

	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &join, sizeof(join));
}

/* The socket hears nothing before bind, so nothing that the filter would not let in. listen: else
 * it never hears. */
static int open_socket(const struct port *port, int protocol, bool listen)
{
	auto_fd int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(listen ? protocol : 0),
				  .sll_ifindex = port->ifindex };

	if (fd < 0)
		return -1;
	if (listen && protocol == ETH_P_IPV6 &&
	    (filter_nd(fd) < 0 || join_multicast(fd, port->ifindex) < 0))
		return -1;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	return steal_fd(&fd);
}

static int *socket_of(struct port *port, const struct net_addr *addr)
{
	return &port->fds[addr->family == AF_INET ? 0 : 1];
}

static int port_open(struct port *port, const struct net_addr *addrs, size_t n, bool listen,
		     struct err *err)
{
	if (find_link(port, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int *fd = socket_of(port, &addrs[i]);

		if (*fd < 0)
			*fd = open_socket(port, addrs[i].family == AF_INET ? ETH_P_ARP : ETH_P_IPV6,
					  listen);
		if (*fd < 0)
			return err_sys(err, "open a packet socket on the interface \"%s\"",
				       port->link);
	}
	return 0;
}

/* What a full queue drops is sent again in the next round. */
static int port_send(struct port *port, const struct net_addr *addr, const uint8_t *frame,
		     size_t len, struct err *err)
{
	if (send(*socket_of(port, addr), frame, len, 0) >= 0 || errno == ENOBUFS || errno == EAGAIN)
		return 0;
	return err_sys(err, "send on the interface \"%s\"", port->link);
}

int neigh_announce(const char *link, const struct net_addr *addr, struct err *err)
{
	auto_port struct port port = { .link = link, .fds = { -1, -1 } };
	uint8_t frame[NEIGH_FRAME_MAX];

	if (port_open(&port, addr, 1, false, err) < 0)
		return -1;
	return port_send(&port, addr, frame, neigh_frame_announce(frame, addr, port.mac), err);
}

/* ---- probing ---- */

#define ROUNDS 3          /* RFC 5227's PROBE_NUM */
#define FRAMES_AT_ONCE 64 /* read before the clock is looked at */

struct probe {
	struct port *port;
	const struct net_addr *addrs;
	size_t n, sent;
	int64_t start_nsec, time_nsec;
};

static int64_t now_nsec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* When the i-th frame is due: all rounds are spread evenly over three quarters of the time, the
 * last quarter is for answers. A burst of a thousand would fill the queues of switches and of
 * who answers. */
static int64_t due_nsec(const struct probe *probe, size_t i)
{
	return probe->time_nsec / 4 * 3 / (int64_t)(ROUNDS * probe->n) * (int64_t)i;
}

static int send_due(struct probe *probe, int64_t passed_nsec, struct err *err)
{
	while (probe->sent < ROUNDS * probe->n && due_nsec(probe, probe->sent) <= passed_nsec) {
		const struct net_addr *addr = &probe->addrs[probe->sent % probe->n];
		uint8_t frame[NEIGH_FRAME_MAX];
		size_t len = neigh_frame_probe(frame, addr, probe->port->mac);

		if (port_send(probe->port, addr, frame, len, err) < 0)
			return -1;
		probe->sent++;
	}
	return 0;
}

/* Our own frames, which a bridge may return, are no conflict. */
static bool is_conflict(const struct probe *probe, const struct neigh_claim *claim)
{
	if (memcmp(claim->mac, probe->port->mac, 6) == 0)
		return false;
	for (size_t i = 0; i < probe->n; i++)
		if (addr_same(&probe->addrs[i], &claim->addr))
			return true;
	return false;
}

static bool hear(const struct probe *probe, int fd, struct neigh_conflict *ret)
{
	for (int i = 0; i < FRAMES_AT_ONCE; i++) {
		uint8_t frame[2048];
		struct sockaddr_ll from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t len =
			recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &from_len);
		struct neigh_claim claim;

		if (len < 0)
			return false;
		if (from.sll_pkttype != PACKET_OUTGOING &&
		    neigh_frame_read(frame, (size_t)len, &claim) && is_conflict(probe, &claim)) {
			ret->addr = claim.addr;
			memcpy(ret->mac, claim.mac, 6);
			return true;
		}
	}
	return false;
}

/* Until something comes, the next frame is due, or the end. */
static int wait_next(const struct probe *probe, int64_t passed_nsec, struct err *err)
{
	struct pollfd polled[2] = { { probe->port->fds[0], POLLIN, 0 },
				    { probe->port->fds[1], POLLIN, 0 } };
	int64_t until =
		probe->sent < ROUNDS * probe->n ? due_nsec(probe, probe->sent) : probe->time_nsec;

	if (poll(polled, 2, (int)((until - passed_nsec) / 1000000 + 1)) < 0 && errno != EINTR)
		return err_sys(err, "listen on the interface \"%s\"", probe->port->link);
	if ((polled[0].revents | polled[1].revents) & POLLERR)
		return err_set(err, ENETDOWN, "the interface \"%s\" went down", probe->port->link);
	return 0;
}

int neigh_probe(const char *link, const struct net_addr *addrs, size_t n, int timeout_msec,
		struct neigh_conflict *ret, struct err *err)
{
	auto_port struct port port = { .link = link, .fds = { -1, -1 } };
	struct probe probe = { .port = &port,
			       .addrs = addrs,
			       .n = n,
			       .start_nsec = now_nsec(),
			       .time_nsec = timeout_msec * INT64_C(1000000) };
	int64_t passed = 0;

	if (n == 0)
		return 0;
	if (port_open(&port, addrs, n, true, err) < 0)
		return -1;
	for (; passed < probe.time_nsec; passed = now_nsec() - probe.start_nsec) {
		if (send_due(&probe, passed, err) < 0 || wait_next(&probe, passed, err) < 0)
			return -1;
		if (hear(&probe, port.fds[0], ret) || hear(&probe, port.fds[1], ret))
			return 1;
	}
	return 0;
}
