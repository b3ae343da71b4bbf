/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netfw: the firewall alone, for containers that the test made itself, in the network namespace
 * where it is started.
 *
 *   netfw add ID WORD...      gives the container its rules; the words are, in any order:
 *       nat isolated guarded open=PORT publish=PORT:PORT   of TCP
 *       routed LINK MAC, bridged LINK BRIDGE MAC           a NIC by its host end; behind it
 *       ADDRESS...                                         its addresses
 *   netfw remove ID WORD...   takes them away
 *   netfw traffic ID WORD...  prints "in BYTES PACKETS BYTES PACKETS out …", IPv4 first
 *   netfw blocker             prints what firewall_blocker says
 *   netfw measure PRESENT     the median of adding and of removing a container, in microseconds,
 *                             with so many others there
 */
#include "config.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "netsetup/firewall.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define NICS 4
#define ADDRS 8
#define PORTS 8
#define ROUNDS 201

struct ct {
	struct net_config config;
	struct net_nic nics[NICS];
	struct net_addr addrs[NICS][ADDRS];
	struct net_port open[PORTS];
	struct net_publish publish[PORTS];
};

/* No container but these: nothing is recorded. */
int __wrap_net_list(char ***ret, struct err *err);
int __wrap_net_list(char ***ret, struct err *err)
{
	(void)err;
	*ret = NULL;
	return 0;
}

int __wrap_net_load(const char *id, struct net_config **ret, struct err *err);
int __wrap_net_load(const char *id, struct net_config **ret, struct err *err)
{
	(void)ret;
	return err_set(err, ERR_NOT_FOUND, "no record of %s", id);
}

void __wrap_net_free(struct net_config *config);
void __wrap_net_free(struct net_config *config)
{
	(void)config;
}

static void must(int rc, const struct err *err)
{
	if (rc == 0)
		return;
	fprintf(stderr, "netfw: %s\n", err->msg);
	exit(1);
}

static struct net_nic *new_nic(struct ct *ct, const char *link, const char *mac)
{
	struct net_nic *nic = &ct->nics[ct->config.n_nics];
	struct err err;

	if (ct->config.n_nics == NICS)
		exit(2);
	nic->addrs = ct->addrs[ct->config.n_nics++];
	snprintf(nic->name, IFNAMSIZ, "eth%zu", ct->config.n_nics - 1);
	snprintf(nic->host_name, IFNAMSIZ, "%s", link);
	must(addr_mac_parse(mac, "MAC", nic->mac, &err), &err);
	nic->mac_filter = true;
	return nic;
}

static void add_addr(struct ct *ct, const char *text)
{
	struct net_nic *nic = &ct->nics[ct->config.n_nics - 1];
	struct err err;

	if (ct->config.n_nics == 0 || nic->n_addrs == ADDRS)
		exit(2);
	must(addr_parse(text, "address", &nic->addrs[nic->n_addrs++], &err), &err);
}

static void add_publish(struct ct *ct, const char *text)
{
	struct net_publish *publish = &ct->publish[ct->config.n_publish++];

	publish->proto = IPPROTO_TCP;
	if (sscanf(text, "%" SCNu16 ":%" SCNu16, &publish->host_port, &publish->port) != 2)
		exit(2);
}

static void add_word(struct ct *ct, char ***words)
{
	const char *word = *(*words)++;

	if (str_eq(word, "nat")) {
		ct->config.nat = NET_NAT_ON;
	} else if (str_eq(word, "isolated")) {
		ct->config.isolated = true;
	} else if (str_eq(word, "guarded")) {
		ct->config.guarded = true;
	} else if (str_starts(word, "open=")) {
		ct->open[ct->config.n_open++] =
			(struct net_port){ IPPROTO_TCP, (uint16_t)atoi(word + 5) };
	} else if (str_starts(word, "publish=")) {
		add_publish(ct, word + 8);
	} else if (str_eq(word, "routed")) {
		new_nic(ct, (*words)[0], (*words)[1])->kind = NET_ROUTED;
		*words += 2;
	} else if (str_eq(word, "bridged")) {
		struct net_nic *nic = new_nic(ct, (*words)[0], (*words)[2]);

		nic->kind = NET_BRIDGED;
		snprintf(nic->parent, IFNAMSIZ, "%s", (*words)[1]);
		*words += 3;
	} else {
		add_addr(ct, word);
	}
}

static void read_words(struct ct *ct, char **words)
{
	*ct = (struct ct){ .config = { .id = *words, .nat = NET_NAT_OFF } };
	ct->config.nics = ct->nics;
	ct->config.open = ct->open;
	ct->config.publish = ct->publish;
	for (words++; *words;)
		add_word(ct, &words);
}

static int show_traffic(const struct ct *ct)
{
	struct net_traffic t = { 0 };
	struct err err;

	must(firewall_traffic(&ct->config, &t, &err), &err);
	printf("in %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, t.in_bytes[0], t.in_packets[0],
	       t.in_bytes[1], t.in_packets[1]);
	printf(" out %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", t.out_bytes[0],
	       t.out_packets[0], t.out_bytes[1], t.out_packets[1]);
	return 0;
}

static int show_blocker(void)
{
	auto_free char *text = firewall_blocker();

	puts(text ? text : "none");
	return 0;
}

/* ---- measuring ---- */

static void numbered(struct ct *ct, char id[16], unsigned int n)
{
	char link[32], mac[32], v4[32], v6[32], port[32];
	char *words[] = {
		id, (char[]){ "nat" }, (char[]){ "routed" }, link, mac, v4, v6, port, NULL
	};

	snprintf(id, 16, "%u", n);
	snprintf(link, sizeof(link), "venet%u", n);
	snprintf(mac, sizeof(mac), "02:00:00:00:%02x:%02x", n >> 8 & 255, n & 255);
	snprintf(v4, sizeof(v4), "10.1.%u.%u", n >> 8 & 255, n & 255);
	snprintf(v6, sizeof(v6), "fd00::%x", n);
	snprintf(port, sizeof(port), "publish=%u:80", 10000 + n);
	read_words(ct, words);
}

static double now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int measure(unsigned int present)
{
	static double adds[ROUNDS], removes[ROUNDS];
	struct ct ct;
	struct err err;
	char id[16];

	for (unsigned int i = 0; i < present; i++) {
		numbered(&ct, id, 2 + i);
		must(firewall_change(NULL, &ct.config, &err), &err);
	}
	numbered(&ct, id, 1);
	must(firewall_change(NULL, &ct.config, &err), &err);
	must(firewall_change(&ct.config, NULL, &err), &err);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		double start = now_usec();

		must(firewall_change(NULL, &ct.config, &err), &err);
		adds[i] = now_usec() - start;
		start = now_usec();
		must(firewall_change(&ct.config, NULL, &err), &err);
		removes[i] = now_usec() - start;
	}
	qsort(adds, ROUNDS, sizeof(*adds), by_value);
	qsort(removes, ROUNDS, sizeof(*removes), by_value);
	printf("%u present: add %.0f us, remove %.0f us\n", present, adds[ROUNDS / 2],
	       removes[ROUNDS / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	struct ct ct;
	struct err err;

	if (str_eq(verb, "blocker"))
		return show_blocker();
	if (argc < 3)
		return 2;
	if (str_eq(verb, "measure"))
		return measure((unsigned int)atoi(argv[2]));
	read_words(&ct, argv + 2);
	if (str_eq(verb, "traffic"))
		return show_traffic(&ct);
	if (str_eq(verb, "add"))
		must(firewall_change(NULL, &ct.config, &err), &err);
	else
		must(firewall_change(&ct.config, NULL, &err), &err);
	return 0;
}
