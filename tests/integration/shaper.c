/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shaper: netsetup's rates on the command line, and senders that never pause, for the tests.
 *
 *   shaper set LINK UP SHARE DOWN [BURST]   kbit/s, bytes
 *   shaper get LINK                         prints "UP SHARE DOWN BURST"
 *   shaper remove IFINDEX
 *   shaper total UP
 *   shaper flood ADDRESS PORT [COUNT]       UDP messages of 1000 bytes
 */
#include "config.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netsetup/netlink.h"
#include "netsetup/shape.h"

static uint64_t number(char **argv, int i)
{
	return argv[i] ? strtoull(argv[i], NULL, 10) : 0;
}

static int set(struct nl_sock *sock, char **argv, struct err *err)
{
	struct net_rate rate = { 0 };

	rate.up_kbit = number(argv, 3);
	rate.up_share_kbit = number(argv, 4);
	rate.down_kbit = number(argv, 5);
	rate.burst_bytes = argv[5] ? (uint32_t)number(argv, 6) : 0;
	return shape_apply(sock, (int)if_nametoindex(argv[2]), &rate, err);
}

static int get(struct nl_sock *sock, const char *link, struct err *err)
{
	struct net_rate rate;

	if (shape_read(sock, (int)if_nametoindex(link), &rate, err) < 0)
		return -1;
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 "\n", rate.up_kbit,
	       rate.up_share_kbit, rate.down_kbit, rate.burst_bytes);
	return 0;
}

static int flood(const char *address, uint16_t port, uint64_t count)
{
	static const char message[1000];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return 1;
	for (uint64_t i = 0; !count || i < count; i++)
		sendto(fd, message, sizeof(message), 0, (struct sockaddr *)&to, sizeof(to));
	return 0;
}

static int run(struct nl_sock *sock, int argc, char **argv, struct err *err)
{
	if (argc > 3 && strcmp(argv[1], "set") == 0)
		return set(sock, argv, err);
	if (argc == 3 && strcmp(argv[1], "get") == 0)
		return get(sock, argv[2], err);
	if (argc == 3 && strcmp(argv[1], "remove") == 0)
		return shape_remove(sock, (int)number(argv, 2), err);
	if (argc == 3 && strcmp(argv[1], "total") == 0)
		return shape_total(sock, number(argv, 2), err);
	return err_set(err, ERR_USAGE, "see the top of shaper.c");
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct nl_sock *sock;
	int rc = -1;

	if (argc > 3 && strcmp(argv[1], "flood") == 0)
		return flood(argv[2], (uint16_t)number(argv, 3), number(argv, 4));
	sock = netlink_open(NETLINK_ROUTE, &err);
	if (sock)
		rc = run(sock, argc, argv, &err);
	if (rc < 0)
		fprintf(stderr, "%s\n", err.msg);
	netlink_sock_freep(&sock);
	return rc < 0;
}
