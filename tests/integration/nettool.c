/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netsetup's calls as a program, for tests:
 *   nettool up|change NETNS     with the network as JSON on stdin
 *   nettool down ID
 *   nettool remove ID NETNS
 *   nettool show ID             the record's network
 *   nettool traffic ID          eight numbers: bytes in, packets in, bytes out, packets out, each v4, v6
 *   nettool forget ID
 * An error is one line on stderr, "CODE: TEXT", and status 1.
 */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netsetup/net.h"
#include "runtime/base/fd.h"
#include "runtime/base/str.h"

static int open_netns(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(err, "open \"%s\"", path) : fd;
}

static int apply(const char *verb, const char *path, struct err *err)
{
	auto_net struct net_config *config = NULL;
	auto_free char *text = NULL;
	auto_fd int netns = open_netns(path, err);
	size_t len;

	if (netns < 0 || fd_read_file(0, "stdin", 1 << 20, &text, &len, err) < 0 ||
	    net_parse(text, len, "stdin", &config, err) < 0)
		return -1;
	return str_eq(verb, "up") ? net_up(config, netns, err) : net_change(config, netns, err);
}

static int show(const char *id, struct err *err)
{
	auto_net struct net_config *config = NULL;
	auto_strbuf struct strbuf text = { 0 };

	if (net_load(id, &config, err) < 0)
		return -1;
	net_emit(config, &text);
	puts(text.text);
	return 0;
}

static int remove_net(const char *id, const char *path, struct err *err)
{
	auto_fd int netns = open_netns(path, err);

	return netns < 0 ? -1 : net_remove(id, netns, err);
}

static int traffic(const char *id, struct err *err)
{
	uint64_t all[8];
	struct net_traffic sum;

	if (net_traffic(id, &sum, err) < 0)
		return -1;
	memcpy(all, &sum, sizeof(all));
	for (int i = 0; i < 8; i++)
		printf("%" PRIu64 "%c", all[i], i < 7 ? ' ' : '\n');
	return 0;
}

static int run(int argc, char **argv, struct err *err)
{
	if (argc == 3 && (str_eq(argv[1], "up") || str_eq(argv[1], "change")))
		return apply(argv[1], argv[2], err);
	if (argc == 3 && str_eq(argv[1], "down"))
		return net_down(argv[2], err);
	if (argc == 4 && str_eq(argv[1], "remove"))
		return remove_net(argv[2], argv[3], err);
	if (argc == 3 && str_eq(argv[1], "show"))
		return show(argv[2], err);
	if (argc == 3 && str_eq(argv[1], "traffic"))
		return traffic(argv[2], err);
	if (argc == 3 && str_eq(argv[1], "forget"))
		return net_forget(argv[2], err);
	return err_set(err, ERR_USAGE, "wrong arguments");
}

int main(int argc, char **argv)
{
	struct err err;

	if (run(argc, argv, &err) == 0)
		return 0;
	fprintf(stderr, "%d: %s\n", err.code, err.msg);
	return 1;
}
