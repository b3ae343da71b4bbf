/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netpeer: who sends and takes real packets in the tests of networks, honest and forged ones.
 *
 *   netpeer serve PORT             TCP, IPv4 and IPv6: tells each who asks its address
 *   netpeer ask ADDRESS PORT       prints the answer of such a one; "nothing" when none comes in
 *                                  time, "refused"
 *   netpeer udp LINK SRC-MAC DST-MAC SRC DST [COUNT]
 *                                  UDP to the port 9 of DST, in a frame of its own making
 *   netpeer arp LINK SRC-MAC SENDER-MAC SENDER TARGET
 *                                  an ARP reply to all: SENDER is at SENDER-MAC
 *   netpeer advert LINK SRC-MAC SRC TARGET
 *                                  a neighbour advertisement to all: TARGET is at SRC-MAC
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define WAIT_MSEC 1500

__attribute__((noreturn)) static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- honest ones ---- */

__attribute__((noreturn)) static void serve(const char *port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)atoi(port)) };
	int one = 1, fd = socket(AF_INET6, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0)
		die("serve");
	for (;;) {
		char name[INET6_ADDRSTRLEN];
		struct sockaddr_in6 from;
		socklen_t len = sizeof(from);
		int peer = accept(fd, (void *)&from, &len);

		if (peer < 0)
			continue;
		inet_ntop(AF_INET6, &from.sin6_addr, name, sizeof(name));
		dprintf(peer, "%s\n", strncmp(name, "::ffff:", 7) == 0 ? name + 7 : name);
		close(peer);
	}
}

static int ask(const char *host, const char *port)
{
	const struct timeval wait = { .tv_sec = WAIT_MSEC / 1000,
				      .tv_usec = WAIT_MSEC % 1000 * 1000 };
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *to;
	char answer[128];
	ssize_t len;
	int fd;

	if (getaddrinfo(host, port, &hints, &to) != 0)
		die("address");
	fd = socket(to->ai_family, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		return puts(errno == ECONNREFUSED ? "refused" : "nothing") < 0;
	len = read(fd, answer, sizeof(answer));
	if (len <= 0)
		return puts("nothing") < 0;
	return fwrite(answer, (size_t)len, 1, stdout) != 1;
}

/* ---- forged ones ---- */

struct frame {
	uint8_t bytes[256];
	size_t len;
};

static void put(struct frame *frame, const void *bytes, size_t len)
{
	memcpy(frame->bytes + frame->len, bytes, len);
	frame->len += len;
}

static void put_mac(struct frame *frame, const char *text)
{
	unsigned int b[6];
	uint8_t mac[6];

	if (sscanf(text, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != 6)
		die("MAC");
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	put(frame, mac, sizeof(mac));
}

static void put_ether(struct frame *frame, const char *src, const char *dst, uint16_t type)
{
	put_mac(frame, dst);
	put_mac(frame, src);
	type = htons(type);
	put(frame, &type, sizeof(type));
}

static uint32_t sum(uint32_t sum, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? at[i] : (uint32_t)at[i] << 8;
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void put_ip(struct frame *frame, const char *src, const char *dst, size_t payload)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP };

	ip.tot_len = htons((uint16_t)(sizeof(ip) + payload));
	if (inet_pton(AF_INET, src, &ip.saddr) != 1 || inet_pton(AF_INET, dst, &ip.daddr) != 1)
		die("address");
	ip.check = folded(sum(0, &ip, sizeof(ip)));
	put(frame, &ip, sizeof(ip));
}

/* The sum of both addresses, which IPv6's checksums contain. */
static uint32_t put_ip6(struct frame *frame, const char *src, const char *dst, size_t payload,
			uint8_t proto)
{
	struct ip6_hdr ip = { .ip6_flow = htonl(6U << 28), .ip6_nxt = proto, .ip6_hlim = 255 };

	ip.ip6_plen = htons((uint16_t)payload);
	if (inet_pton(AF_INET6, src, &ip.ip6_src) != 1 ||
	    inet_pton(AF_INET6, dst, &ip.ip6_dst) != 1)
		die("address");
	put(frame, &ip, sizeof(ip));
	return sum(sum(proto + (uint32_t)payload, &ip.ip6_src, 16), &ip.ip6_dst, 16);
}

static int send_frame(const char *link, const struct frame *frame, int count)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(link) };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	for (int i = 0; i < count; i++)
		if (sendto(fd, frame->bytes, frame->len, 0, (void *)&to, sizeof(to)) < 0)
			die(link);
	return 0;
}

static int udp(char **args, int count)
{
	struct udphdr udp = { .source = htons(9), .dest = htons(9), .len = htons(sizeof(udp)) };
	struct frame frame = { .len = 0 };
	int v6 = strchr(args[3], ':') != NULL;

	put_ether(&frame, args[1], args[2], v6 ? ETH_P_IPV6 : ETH_P_IP);
	if (v6)
		udp.check = folded(sum(put_ip6(&frame, args[3], args[4], sizeof(udp), IPPROTO_UDP),
				       &udp, sizeof(udp)));
	else
		put_ip(&frame, args[3], args[4], sizeof(udp)); /* no checksum is none */
	put(&frame, &udp, sizeof(udp));
	return send_frame(args[0], &frame, count);
}

static int arp(char **args)
{
	const struct arphdr head = { .ar_hrd = htons(ARPHRD_ETHER),
				     .ar_pro = htons(ETH_P_IP),
				     .ar_hln = 6,
				     .ar_pln = 4,
				     .ar_op = htons(ARPOP_REPLY) };
	struct frame frame = { .len = 0 };
	struct in_addr sender, target;

	if (inet_pton(AF_INET, args[3], &sender) != 1 || inet_pton(AF_INET, args[4], &target) != 1)
		die("address");
	put_ether(&frame, args[1], "ff:ff:ff:ff:ff:ff", ETH_P_ARP);
	put(&frame, &head, sizeof(head));
	put_mac(&frame, args[2]);
	put(&frame, &sender, sizeof(sender));
	put_mac(&frame, "ff:ff:ff:ff:ff:ff");
	put(&frame, &target, sizeof(target));
	return send_frame(args[0], &frame, 1);
}

static int advert(char **args)
{
	struct {
		struct nd_neighbor_advert advert;
		uint8_t option[2], mac[6];
	} body = { .option = { ND_OPT_TARGET_LINKADDR, 1 } };
	struct frame frame = { .len = 0 };
	uint32_t addresses;

	body.advert.nd_na_type = ND_NEIGHBOR_ADVERT;
	body.advert.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
	if (inet_pton(AF_INET6, args[3], &body.advert.nd_na_target) != 1)
		die("address");
	put_ether(&frame, args[1], "33:33:00:00:00:01", ETH_P_IPV6);
	memcpy(body.mac, frame.bytes + 6, sizeof(body.mac));
	addresses = put_ip6(&frame, args[2], "ff02::1", sizeof(body), IPPROTO_ICMPV6);
	body.advert.nd_na_cksum = folded(sum(addresses, &body, sizeof(body)));
	put(&frame, &body, sizeof(body));
	return send_frame(args[0], &frame, 1);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";

	if (strcmp(verb, "serve") == 0)
		serve(argv[2]);
	if (strcmp(verb, "ask") == 0 && argc == 4)
		return ask(argv[2], argv[3]);
	if (strcmp(verb, "udp") == 0 && argc >= 7)
		return udp(argv + 2, argc > 7 ? atoi(argv[7]) : 1);
	if (strcmp(verb, "arp") == 0 && argc == 7)
		return arp(argv + 2);
	if (strcmp(verb, "advert") == 0 && argc == 6)
		return advert(argv + 2);
	fprintf(stderr, "netpeer: wrong arguments\n");
	return 2;
}
