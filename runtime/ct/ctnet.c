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

/* Is there a link of the host's that it has not yet? */
static bool borrows(const struct net_config *config, const struct net_config *old)
{
	for (size_t i = 0; config && i < config->n_nics; i++) {
		const struct net_nic *nic = &config->nics[i];
		bool had = false;

		for (size_t j = 0; old && j < old->n_nics; j++)
			had = had || (old->nics[j].kind == NET_PHYSICAL &&
				      str_eq(old->nics[j].parent, nic->parent));
		if (nic->kind == NET_PHYSICAL && !had)
			return true;
	}
	return false;
}

static int fail(const struct net_config *config, const struct net_config *old, struct err *err)
{
	if (err->code == EADDRINUSE)
		return vz_fail(err, VZ_IP_IN_USE);
	/* It is missing, or can't be moved. */
	if ((err->code == ENODEV || err->code == ERR_INPUT) && borrows(config, old))
		return vz_fail(err, VZ_NETDEV);
	return vz_fail(err, VZ_CANNOT_ADD_IP);
}

static bool is_among(const struct net_config *config, const struct net_addr *addr)
{
	for (size_t i = 0; config && i < config->n_nics; i++)
		for (size_t j = 0; j < config->nics[i].n_addrs; j++)
			if (addr_same(&config->nics[i].addrs[j], addr))
				return true;
	return false;
}

/* The routed addresses that one has and the other has not; `always`: though there is none. */
static void say_addresses(const struct ct *ct, const char *doing, bool always,
			  const struct net_config *has, const struct net_config *has_not)
{
	auto_strbuf struct strbuf text = { 0 };
	char shown[ADDR_TEXT_SIZE];

	for (size_t i = 0; has && i < has->n_nics; i++) {
		const struct net_nic *nic = &has->nics[i];

		for (size_t j = 0; nic->kind == NET_ROUTED && j < nic->n_addrs; j++)
			if (!is_among(has_not, &nic->addrs[j]))
				strbuf_addf(&text, "%s%s", text.len ? " " : "",
					    addr_show(&nic->addrs[j], shown));
	}
	if ((text.len > 0 || always) && !text.failed)
		vz_sayf(ct->vz, "%s IP address(es): %s", doing, text.len ? text.text : "");
}

int ctnet_up(const struct ct *ct, const struct net_config *config, struct err *err)
{
	auto_fd int netns = open_netns(ct, err);

	if (netns < 0)
		return -1;
	say_addresses(ct, "Adding", false, config, NULL);
	return net_up(config, netns, err) < 0 ? fail(config, NULL, err) : 0;
}

/* Takes those to be renewed out of what it is to have. False: there are none. */
static bool take_out(struct net_config *config, const struct net_config *old,
		     const struct ctnet_renewal *renewal)
{
	bool found = false;

	for (size_t i = 0; i < config->n_nics; i++) {
		struct net_nic *nic = &config->nics[i];
		size_t kept = 0;

		if (nic->kind != NET_ROUTED)
			continue;
		for (size_t j = 0; j < nic->n_addrs; j++) {
			const struct net_addr *addr = &nic->addrs[j];

			if (is_among(old, addr) && (renewal->all || is_among(renewal->again, addr)))
				found = true;
			else
				nic->addrs[kept++] = *addr;
		}
		nic->n_addrs = kept;
	}
	return found;
}

/* By two steps where something is to be renewed: `between` lacks it. */
static int change_by(const struct ct *ct, const struct net_config *old,
		     const struct net_config *config, const struct ctnet_renewal *renewal,
		     struct err *err)
{
	auto_net struct net_config *between = NULL;
	auto_fd int netns = open_netns(ct, err);
	bool renews;
	int rc;

	if (netns < 0 || (config && ctnet_read(ct, &between, err) < 0))
		return -1;
	renews = between && take_out(between, old, renewal);
	say_addresses(ct, renewal->all ? "Deleting all" : "Deleting", renewal->all, old, between);
	say_addresses(ct, "Adding", false, config, renews ? between : old);
	if (renews && net_change(between, netns, err) < 0)
		return fail(between, old, err);
	rc = config ? net_change(config, netns, err) : net_remove(ct->id, netns, err);
	return rc < 0 ? fail(config, old, err) : 0;
}

static int change(const struct ct *ct, const struct net_config *config,
		  const struct ctnet_renewal *renewal, struct err *err)
{
	auto_net struct net_config *old = NULL;

	if (net_load(ct->id, &old, err) == 0)
		return change_by(ct, old, config, renewal, err);
	if (err->code != ERR_NOT_FOUND)
		return -1;
	if (renewal->all)
		say_addresses(ct, "Deleting all", true, NULL, NULL);
	return config ? ctnet_up(ct, config, err) : 0;
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

int ctnet_change(const struct ct *ct, const struct net_config *config,
		 const struct ctnet_renewal *renewal, struct err *err)
{
	if (change(ct, config, renewal, err) < 0)
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
