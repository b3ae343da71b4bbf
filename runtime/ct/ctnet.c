/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/ctnet.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/netconf.h"

int ctnet_read(const struct ct *ct, struct net_config **ret, struct err *err)
{
	struct netconf_source from = {
		.id = ct->id,
		.conf = ct->conf,
		.global = ct->vz->conf,
		.path = ct->conf_path,
		.global_path = ct->vz->conf_path,
	};

	return netconf_read(&from, ret, err);
}

/* Of the CT's init. That the pidfd's process still lives behind the open says that the pid was
 * not reused before it. */
static int open_netns(const struct ct *ct, struct err *err)
{
	auto_container_state struct container_state *live = NULL;
	auto_fd int pidfd = -1, netns = -1;
	char path[48];

	if (container_load(ct->vz->set, ct->id, &live, err) < 0)
		return -1;
	if (live->pid <= 0)
		return err_set(err, VZ_ERR(VZ_NOT_RUNNING), "Container is not running");
	snprintf(path, sizeof(path), "/proc/%d/ns/net", live->pid);
	pidfd = proc_pidfd_open(live->pid);
	if (pidfd >= 0)
		netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0 || proc_pidfd_signal(pidfd, 0) < 0)
		return err_sys(err, "open the CT's network namespace");
	return steal_fd(&netns);
}

static int fail(struct err *err)
{
	return vz_fail(err, err->code == EADDRINUSE ? VZ_IP_IN_USE : VZ_CANNOT_ADD_IP);
}

static bool is_among(const struct net_config *config, const struct net_addr *addr)
{
	for (size_t i = 0; config && i < config->n_nics; i++)
		for (size_t j = 0; j < config->nics[i].n_addrs; j++)
			if (addr_same(&config->nics[i].addrs[j], addr))
				return true;
	return false;
}

/* The routed addresses that one has and the other has not. */
static void say_addresses(const struct ct *ct, const char *doing, const struct net_config *has,
			  const struct net_config *has_not)
{
	auto_strbuf struct strbuf text = { 0 };
	char shown[ADDR_TEXT_SIZE];

	for (size_t i = 0; has && i < has->n_nics; i++) {
		const struct net_nic *nic = &has->nics[i];

		for (size_t j = 0; nic->kind == NET_ROUTED && j < nic->n_addrs; j++)
			if (!is_among(has_not, &nic->addrs[j]))
				strbuf_addf(&text, " %s", addr_show(&nic->addrs[j], shown));
	}
	if (text.len > 0 && !text.failed)
		vz_sayf(ct->vz, "%s IP address(es):%s", doing, text.text);
}

int ctnet_up(const struct ct *ct, const struct net_config *config, struct err *err)
{
	auto_fd int netns = open_netns(ct, err);

	if (netns < 0)
		return -1;
	say_addresses(ct, "Adding", config, NULL);
	return net_up(config, netns, err) < 0 ? fail(err) : 0;
}

static int change(const struct ct *ct, const struct net_config *config, struct err *err)
{
	auto_net struct net_config *old = NULL;
	auto_fd int netns = -1;
	int rc;

	if (net_load(ct->id, &old, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		return config ? ctnet_up(ct, config, err) : 0;
	}
	netns = open_netns(ct, err);
	if (netns < 0)
		return -1;
	say_addresses(ct, "Deleting", old, config);
	say_addresses(ct, "Adding", config, old);
	rc = config ? net_change(config, netns, err) : net_remove(ct->id, netns, err);
	return rc < 0 ? fail(err) : 0;
}

/* Whoever has root in the CT can plant what keeps these from being written, and harms its own names
 * by that; it is no reason to refuse anything. */
void ctnet_write_files(const struct ct *ct, uint32_t first_id, const char *hostname,
		       const struct net_config *config)
{
	bool named = conf_get(ct->conf, "HOSTNAME") || config;
	struct err why = { 0 };

	if (dist_set_hosts(ct->root, first_id, named ? hostname : NULL, config, &why) < 0)
		log_warning("CT %s: %s, ignoring", ct->id, why.msg);
	if (dist_set_net(ct->root, first_id, config, ct_get(ct, "NAMESERVER") != NULL, &why) < 0)
		log_warning("CT %s: %s, ignoring", ct->id, why.msg);
}

/* Without a HOSTNAME in the conf the name it runs with is its spec's. */
static void rewrite_files(const struct ct *ct, const struct net_config *config)
{
	const char *hostname = conf_get(ct->conf, "HOSTNAME");
	auto_spec struct spec *spec = NULL;
	struct storage storage;
	struct err why = { 0 };

	if (ct_storage(ct, true, &storage, &why) < 0 ||
	    container_load_spec(ct->vz->set, ct->id, &spec, &why) < 0)
		log_warning("CT %s: write its network files: %s, ignoring", ct->id, why.msg);
	else
		ctnet_write_files(ct, storage.first_id, hostname ? hostname : spec->hostname,
				  config);
}

int ctnet_change(const struct ct *ct, const struct net_config *config, struct err *err)
{
	if (change(ct, config, err) < 0)
		return -1;
	rewrite_files(ct, config);
	return 0;
}

/* A CT without a network costs one look. */
static bool has_record(const struct ct *ct)
{
	auto_free char *record = str_dupf(NET_STATE_DIR "/%s.json", ct->id);

	return !record || access(record, F_OK) == 0;
}

int ctnet_hold(const struct ct *ct)
{
	auto_net struct net_config *config = NULL;

	if (!has_record(ct) || net_load(ct->id, &config, NULL) < 0)
		return -1;
	for (size_t i = 0; i < config->n_nics; i++)
		if (config->nics[i].kind == NET_PHYSICAL)
			return open_netns(ct, NULL);
	return -1;
}

int ctnet_give_back(const struct ct *ct, int netns, struct err *err)
{
	return netns < 0 ? 0 : net_remove(ct->id, netns, err);
}

int ctnet_down(const struct ct *ct, struct err *err)
{
	return has_record(ct) ? net_down(ct->id, err) : 0;
}
