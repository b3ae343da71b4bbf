/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/net.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "netsetup/host.h"
#include "netsetup/net_apply.h"
#include "netsetup/net_check.h"
#include "netsetup/net_conflict.h"
#include "netsetup/net_detect.h"
#include "netsetup/net_record.h"
#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"

static void job_close(struct nic_job *job)
{
	rt_done(&job->host);
	rt_done(&job->inside);
}

static void job_done(struct nic_job *job)
{
	nic_lent_done(job);
	job_close(job);
}
#define auto_job __attribute__((cleanup(job_done)))

static int job_open(struct nic_job *job, struct err *err)
{
	if (rt_open(&job->host, -1, err) < 0)
		return -1;
	return job->netns_fd < 0 ? 0 : rt_open(&job->inside, job->netns_fd, err);
}

/* For undoing: libnl takes no answer on a socket over which it once failed to send. */
static void job_renew(struct nic_job *job)
{
	struct nic_job fresh = { .netns_fd = job->netns_fd };
	struct err why;

	if (job_open(&fresh, &why) < 0) {
		job_close(&fresh);
		return;
	}
	job_close(job);
	job->host = fresh.host;
	job->inside = fresh.inside;
	job->incomplete = false;
}

static int copy_config(const struct net_config *config, struct net_config **ret, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };

	net_emit(config, &text);
	if (text.failed)
		return err_set(err, ENOMEM, "copy the network of \"%s\"", config->id);
	return net_parse(text.text, text.len, "network", ret, err);
}

/* Clears away and forgets. */
static int drop(struct net_record *record, int netns_fd, bool links, struct err *err)
{
	auto_job struct nic_job job = { .netns_fd = netns_fd, .record = record };

	if (job_open(&job, err) < 0)
		return -1;
	net_clear(&job, links);
	nic_remove_rest(&job);
	if (!job.incomplete)
		return net_record_remove(record->config->id, err);
	record->stage = NET_STAGE_MAKING;
	return net_record_save(record, err);
}

/* ---- change ---- */

/* Of a change that failed, or whose verb was killed. */
static void go_back(struct nic_job *job)
{
	struct net_record *record = job->record;
	struct err why;
	int rc;

	job_renew(job);
	job->back = true;
	rc = net_apply(job, record->next, record->config, record->ifindex, &why);
	job->back = false;
	/* Then the record goes on naming both. */
	if (rc < 0) {
		log_warning("undo the change: %s, ignoring", why.msg);
		return;
	}
	net_freep(&record->next);
	record->next = NULL;
}

static bool is_routed(const struct net_config *config)
{
	for (size_t i = 0; i < config->n_nics; i++)
		if (config->nics[i].kind == NET_ROUTED && config->nics[i].n_addrs)
			return true;
	return false;
}

/* The uplinks are those of all that it ever had, until it has no routed address any more. */
static void let_go_uplinks(const struct net_config *from, const struct net_config *to)
{
	struct err why;

	if (is_routed(from) && !is_routed(to) && host_release(to->id, &why) < 0)
		log_warning("%s, ignoring", why.msg);
}

static int change(struct nic_job *job, struct err *err)
{
	struct net_record *record = job->record, changed;
	struct err why;

	if (net_apply_uplinks(job, record->next, err) < 0 ||
	    net_detect(record, record->config, record->next, err) < 0 ||
	    net_record_save(record, err) < 0)
		return -1;
	changed = *record;
	changed.config = record->next;
	changed.next = NULL;
	if (!is_routed(changed.config))
		changed.n_uplinks = 0;
	if (net_apply(job, record->config, record->next, changed.ifindex, err) < 0 ||
	    net_record_save(&changed, err) < 0) {
		go_back(job);
		net_record_save(record, NULL);
		return -1;
	}
	let_go_uplinks(record->config, changed.config);
	if (net_detect_start(&changed, record->config, -1, NULL, &why) < 0)
		log_warning("%s, ignoring", why.msg);
	return 0;
}

/* ---- duplicates ---- */

static void drop_addr(struct net_config *config, const struct net_addr *addr)
{
	for (size_t i = 0; i < config->n_nics; i++) {
		struct net_nic *nic = &config->nics[i];
		size_t kept = 0;

		for (size_t j = 0; j < nic->n_addrs; j++)
			if (nic->kind != NET_ROUTED || !addr_same(&nic->addrs[j], addr))
				nic->addrs[kept++] = nic->addrs[j];
		nic->n_addrs = kept;
	}
}

/* For who watches (net_conflict.h). */
static void note_conflict(const struct net_detect_found *found)
{
	struct net_conflict note;
	struct err why;

	addr_show(&found->conflict.addr, note.addr);
	addr_mac_show(found->conflict.mac, note.mac);
	snprintf(note.link, sizeof(note.link), "%s", found->link);
	if (net_conflict_note(found->record->config->id, &note, &why) < 0)
		log_warning("%s, ignoring", why.msg);
}

/* Only from the run that was asked for: its links are still the same. */
static int withdraw(const struct net_detect_found *found, struct err *err)
{
	const char *id = found->record->config->id;
	auto_fd int lock = net_record_lock(id, err);
	auto_record struct net_record *record = NULL;
	auto_job struct nic_job job = { .netns_fd = found->netns_fd };

	if (lock < 0 || net_record_load(id, &record, err) < 0)
		return -1;
	if (memcmp(record->ifindex, found->record->ifindex, sizeof(record->ifindex)) != 0)
		return 0;
	note_conflict(found);
	job.record = record;
	if (copy_config(record->config, &record->next, err) < 0 || job_open(&job, err) < 0)
		return -1;
	drop_addr(record->next, &found->conflict.addr);
	return change(&job, err);
}

/* In a process of its own, which has no stderr: the host's log tells. */
static void on_conflict(const struct net_detect_found *found)
{
	char addr[ADDR_TEXT_SIZE], mac[ADDR_MAC_SIZE];
	struct err err = { .msg = "it is withdrawn" };

	withdraw(found, &err);
	syslog(LOG_DAEMON | LOG_WARNING, "vzrun: %s: the address %s is used by %s on \"%s\": %s",
	       found->record->config->id, addr_show(&found->conflict.addr, addr),
	       addr_mac_show(found->conflict.mac, mac), found->link, err.msg);
}

/* ---- up ---- */

static bool is_alive(struct net_record *record)
{
	auto_job struct nic_job job = { .netns_fd = -1, .record = record };
	bool pairs = false;
	struct err err;

	if (job_open(&job, &err) < 0)
		return true;
	for (size_t i = 0; i < record->config->n_nics; i++) {
		const struct net_nic *nic = &record->config->nics[i];

		if (!net_kind_is_pair(nic->kind))
			continue;
		pairs = true;
		if (nic_pair_find(&job, nic) || job.incomplete)
			return true;
	}
	return !pairs;
}

/* Of a verb that was killed, most likely in the same namespace, or of a container whose own is gone. */
static int clear_leftover(const char *id, int netns_fd, struct err *err)
{
	auto_record struct net_record *record = NULL;

	if (net_record_load(id, &record, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	if (record->stage == NET_STAGE_UP && is_alive(record))
		return err_set(err, EEXIST, "\"%s\" has a network already", id);
	return drop(record, record->stage == NET_STAGE_UP ? -1 : netns_fd, true, err);
}

int net_drop_leftover(const char *id, struct err *err)
{
	auto_fd int lock = net_record_lock(id, err);

	return lock < 0 ? -1 : clear_leftover(id, -1, err);
}

static int make(struct nic_job *job, struct err *err)
{
	struct net_record *record = job->record;

	if (net_apply_uplinks(job, record->config, err) < 0 || net_record_save(record, err) < 0)
		return -1;
	if (net_apply(job, NULL, record->config, record->ifindex, err) == 0) {
		record->stage = NET_STAGE_UP;
		if (net_record_save(record, err) == 0)
			return 0;
	}
	job_renew(job);
	net_clear(job, true);
	if (!job->incomplete)
		net_record_remove(record->config->id, NULL);
	return -1;
}

int net_up(const struct net_config *config, int netns_fd, struct err *err)
{
	auto_record struct net_record *record = calloc(1, sizeof(*record));
	auto_job struct nic_job job = { .netns_fd = netns_fd, .record = record };
	auto_fd int lock = net_record_lock(config->id, err);
	struct err why;

	if (lock < 0)
		return -1;
	if (!record)
		return err_sys(err, "make the network of \"%s\"", config->id);
	net_conflict_forget(config->id);
	if (clear_leftover(config->id, netns_fd, err) < 0 ||
	    copy_config(config, &record->config, err) < 0 || job_open(&job, err) < 0 ||
	    make(&job, err) < 0)
		return err_wrap(err, "network of \"%s\"", config->id);
	if (net_detect_start(record, NULL, netns_fd, on_conflict, &why) < 0)
		log_warning("%s, ignoring", why.msg);
	return 0;
}

/* ---- down ---- */

static int take_down(const char *id, int netns_fd, bool links, struct err *err)
{
	auto_fd int lock = net_record_lock(id, err);
	auto_record struct net_record *record = NULL;

	if (lock < 0)
		return -1;
	if (net_record_load(id, &record, err) < 0)
		return err->code == ERR_NOT_FOUND ? net_record_remove(id, err) : -1;
	return drop(record, netns_fd, links || record->stage != NET_STAGE_UP, err);
}

int net_down(const char *id, struct err *err)
{
	return take_down(id, -1, false, err);
}

int net_remove(const char *id, int netns_fd, struct err *err)
{
	return take_down(id, netns_fd, true, err);
}

/* ---- what there is to call ---- */

int net_hold(const char *id, struct err *err)
{
	return net_record_lock(id, err);
}

int net_change(const struct net_config *config, int netns_fd, struct err *err)
{
	auto_fd int lock = net_record_lock(config->id, err);

	return lock < 0 ? -1 : net_change_held(config, netns_fd, err);
}

int net_change_held(const struct net_config *config, int netns_fd, struct err *err)
{
	auto_record struct net_record *record = NULL;
	auto_job struct nic_job job = { .netns_fd = netns_fd };

	if (net_record_load(config->id, &record, err) < 0)
		return -1;
	job.record = record;
	if (job_open(&job, err) < 0)
		return -1;
	if (record->next)
		go_back(&job);
	if (copy_config(config, &record->next, err) < 0 || change(&job, err) < 0)
		return err_wrap(err, "network of \"%s\"", config->id);
	return 0;
}
