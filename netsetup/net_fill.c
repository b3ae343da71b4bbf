/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a container's network leaves to us: names and MACs, the same at each start. */
#include "config.h"

#include "netsetup/net.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netsetup/net_check.h"
#include "runtime/base/fd.h"
#include "runtime/base/str.h"

void net_free(struct net_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->n_nics; i++) {
		free(config->nics[i].trunk);
		free(config->nics[i].addrs);
	}
	free(config->id);
	free(config->nics);
	free(config->open);
	free(config->publish);
	free(config->neighbour_devs);
	free(config);
}

/* ---- hashes ---- */

#define HASH_START 0xcbf29ce484222325ULL

/* FNV-1a. The NUL counts, so that "a" + "bc" is not "ab" + "c". */
static uint64_t hash_add(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
	while (*text++);
	return hash;
}

/* FNV's upper bits depend little on the last bytes. */
static uint64_t hash_end(uint64_t hash)
{
	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdULL;
	return hash ^ hash >> 33;
}

/* Two hosts on one wire have containers of the same id. */
static const char *machine_id(char buf[64])
{
	auto_fd int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : fd_read_all(fd, buf, 63);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static uint64_t hash_nic(const struct net_config *config, const char *name)
{
	char machine[64];
	uint64_t hash = hash_add(HASH_START, machine_id(machine));

	return hash_end(hash_add(hash_add(hash, config->id), name));
}

/* ---- MACs ---- */

/* OpenVZ's vendor number. */
static void fill_mac(const struct net_config *config, struct net_nic *nic)
{
	uint64_t hash;

	if (!addr_mac_is_zero(nic->mac) || nic->kind == NET_IPVLAN || nic->kind == NET_PHYSICAL)
		return;
	hash = hash_nic(config, nic->name);
	memcpy(nic->mac, (const uint8_t[]){ 0x00, 0x18, 0x51 }, 3);
	memcpy(nic->mac + 3, &hash, 3);
}

/* A bridge takes the lowest MAC of its ports: this one is high, so that the bridge's does not change
 * when a container comes or goes. It is one of those that anyone may use. */
static void fill_host_mac(const struct net_config *config, struct net_nic *nic)
{
	uint64_t hash;

	if (!addr_mac_is_zero(nic->host_mac) || !net_kind_is_pair(nic->kind))
		return;
	hash = ~hash_nic(config, nic->name) >> 16;
	nic->host_mac[0] = 0xfe;
	memcpy(nic->host_mac + 1, &hash, 5);
}

void net_fill_link_mac(const char *name, uint8_t ret[6])
{
	char machine[64];
	uint64_t hash = hash_end(hash_add(hash_add(HASH_START, machine_id(machine)), name));

	ret[0] = 0x02;
	memcpy(ret + 1, &hash, 5);
}

/* ---- names ---- */

/* A CT's id. Seven digits leave room for "venet", a dot and a NIC's number. */
static bool is_number(const char *id)
{
	size_t len = strspn(id, "0123456789");

	return len > 0 && len <= 7 && !id[len];
}

/* N of "ethN", so that adding and removing others renames nothing; else the position. */
static size_t nic_number(const struct net_config *config, const struct net_nic *nic)
{
	const char *digits = nic->name + strlen("eth");
	size_t len = str_starts(nic->name, "eth") ? strspn(digits, "0123456789") : 0;

	if (len > 0 && len <= 2 && !digits[len])
		return (size_t)atoi(digits);
	return (size_t)(nic - config->nics);
}

static bool is_name_taken(const struct net_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_nics; i++)
		if (str_eq(config->nics[i].host_name, name))
			return true;
	return false;
}

/* The try-th choice, as "eth1" and the second one may want the same number. At most 15 bytes. */
static void make_name(const struct net_config *config, const struct net_nic *nic, size_t try,
		      char buf[IFNAMSIZ])
{
	size_t number = try ? NET_NICS_MAX +
	try : nic_number(config, nic)
		;

	if (!is_number(config->id))
		snprintf(buf, IFNAMSIZ, "vz%08x.%zu",
			 (unsigned int)(hash_end(hash_add(HASH_START, config->id)) >> 32),
			 number % 1000);
	else if (nic->kind == NET_BRIDGED)
		snprintf(buf, IFNAMSIZ, "veth%s.%zu", config->id, number % 1000);
	else if (try)
		snprintf(buf, IFNAMSIZ, "venet%s.%zu", config->id, try % 100);
	else
		snprintf(buf, IFNAMSIZ, "venet%s", config->id);
}

static void fill_name(const struct net_config *config, struct net_nic *nic)
{
	char name[IFNAMSIZ] = "";
	size_t try = 0;

	if (*nic->host_name || !net_kind_is_pair(nic->kind))
		return;
	do
		make_name(config, nic, try++, name);
	while (is_name_taken(config, name));
	memcpy(nic->host_name, name, sizeof(name));
}

int net_fill(struct net_config *config, struct err *err)
{
	if (net_check(config, err) < 0)
		return -1;
	for (size_t i = 0; i < config->n_nics; i++) {
		struct net_nic *nic = &config->nics[i];

		fill_name(config, nic);
		fill_mac(config, nic);
		fill_host_mac(config, nic);
		if (nic->kind == NET_MACVLAN && !nic->mode)
			nic->mode = MACVLAN_MODE_BRIDGE;
	}
	return net_check_unique(config, err);
}
