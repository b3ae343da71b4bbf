/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netsetup/net.h"
#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/dist_file.h"

#define HOSTS_FILE "/etc/hosts"

static const struct net_addr *first_addr(const struct net_config *net, int family)
{
	for (size_t i = 0; net && i < net->n_nics; i++)
		for (size_t j = 0; j < net->nics[i].n_addrs; j++)
			if (net->nics[i].addrs[j].family == family)
				return &net->nics[i].addrs[j];
	return NULL;
}

/* "10.0.0.1 web.example web" */
static void add_line(struct strbuf *out, const char *addr, const char *hostname)
{
	size_t label = strcspn(hostname, ".");

	strbuf_addf(out, "%s %s", addr, hostname);
	if (hostname[label])
		strbuf_addf(out, " %.*s", (int)label, hostname);
	strbuf_add_char(out, '\n');
}

static void add_lines(struct strbuf *out, const char *hostname, const struct net_config *net)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct net_addr *addr = first_addr(net, families[i]);
		char shown[ADDR_TEXT_SIZE];

		if (addr)
			add_line(out, addr_show(addr, shown), hostname);
	}
	if (out->len == 0)
		add_line(out, "127.0.1.1", hostname);
}

int dist_set_hosts(const char *root, uint32_t first_id, const char *hostname,
		   const struct net_config *net, struct err *err)
{
	auto_strbuf struct strbuf lines = { 0 };
	struct dist_tree tree;
	int rc;

	if (hostname)
		add_lines(&lines, hostname, net);
	if (lines.failed)
		return err_set(err, ENOMEM, "set the lines of " HOSTS_FILE ": out of memory");
	if (dist_file_open(&tree, root, first_id, err) < 0)
		return -1;
	rc = dist_file_set_block(&tree, HOSTS_FILE, lines.text, err);
	fd_closep(&tree.fd);
	return rc < 0 ? err_wrap(err, "set the lines of " HOSTS_FILE) : 0;
}
