/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verb: edits, applies to a running CT, keeps. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "netsetup/options.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/access.h"
#include "runtime/ct/check.h"
#include "runtime/ct/ctgraft.h"
#include "runtime/ct/ctlimits.h"
#include "runtime/ct/ctnet.h"
#include "runtime/ct/ctquota.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/feature.h"
#include "runtime/ct/name.h"
#include "runtime/ct/set.h"
#include "runtime/ct/unsaved.h"

/* One `set`. Where parts are taken back, the confs are swapped. */
struct run {
	struct ct *ct;
	const struct set_opts *opts;
	struct conf *old;
	unsigned int parts, applied; /* bits 1 << SET_… */
	/* Where what runs is not what the file says (unsaved.h) ct->conf and old are what runs, and
	 * these the file's; else NULL. */
	struct conf *saved, *saved_old;
};

static void run_done(struct run *run)
{
	conf_freep(&run->old);
	conf_freep(&run->saved);
	conf_freep(&run->saved_old);
}
#define auto_run __attribute__((cleanup(run_done)))

/* ---- the parts: each makes the running CT as ct->conf says; old is what it was made by ---- */

typedef int (*apply_fn)(struct ct *ct, const struct conf *old, const struct set_opts *opts,
			struct err *err);

static int apply_dns(struct ct *ct, const struct conf *old, const struct set_opts *opts,
		     struct err *err)
{
	struct storage storage;

	(void)old;
	(void)opts;
	if (ct_storage(ct, true, &storage, err) < 0)
		return -1;
	return dist_set_dns(ct->root, storage.first_id, ct_get(ct, "NAMESERVER"),
			    ct_get(ct, "SEARCHDOMAIN"), err);
}

/* What --ipadd names is given anew even where the CT has it: OpenVZ's way to repair it. */
static int read_renewal(const struct set_opts *opts, struct net_config *again,
			struct ctnet_renewal *ret, struct err *err)
{
	*ret = (struct ctnet_renewal){ .again = again };
	for (char **at = opts->given; at && *at && !opts->ifname; at += 2) {
		bool adds = str_eq(at[0], "ipadd") || str_eq(at[0], "ip");

		if (adds && !options_ip_add(again, at[1], "--ipadd", err))
			return -1;
		if (str_eq(at[0], "ipdel") && str_eq(at[1], "all"))
			ret->all = true;
	}
	return 0;
}

static int apply_net(struct ct *ct, const struct conf *old, const struct set_opts *opts,
		     struct err *err)
{
	auto_net struct net_config *config = NULL, *again = calloc(1, sizeof(*again));
	struct ctnet_renewal renewal;

	(void)old;
	if (!again)
		return err_sys(err, "change the network");
	if (ctnet_read(ct, &config, err) < 0 || read_renewal(opts, again, &renewal, err) < 0)
		return -1;
	if (config && opts->skip_arpdetect)
		config->no_detect = true;
	return ctnet_change(ct, config, &renewal, err);
}

/* The running name, and the files that tell it: those of the network name it too. All or nothing. */
static int apply_hostname(struct ct *ct, const struct conf *old, const struct set_opts *opts,
			  struct err *err)
{
	auto_net struct net_config *config = NULL;
	const char *hostname = conf_get(ct->conf, "HOSTNAME"), *before = conf_get(old, "HOSTNAME");
	struct storage storage;
	struct err unused;

	(void)opts;
	if (!hostname) /* taken back to none: the files are the next start's */
		return 0;
	if (ct_storage(ct, true, &storage, err) < 0 || ctnet_read(ct, &config, err) < 0 ||
	    dist_set_hostname(ct->root, storage.first_id, hostname, err) < 0)
		return -1;
	if (container_set_hostname(ct->vz->set, ct->id, hostname, err) < 0) {
		if (before)
			dist_set_hostname(ct->root, storage.first_id, before, &unused);
		return -1;
	}
	ctnet_write_files(ct, storage.first_id, hostname, config);
	return 0;
}

static int apply_limits(struct ct *ct, const struct conf *old, const struct set_opts *opts,
			struct err *err)
{
	auto_free const char **keys = calloc(strv_len(opts->given) / 2 + 1, sizeof(*keys));
	size_t n = 0;

	if (!keys)
		return err_sys(err, "set the limits");
	for (char **at = opts->given; *at; at += 2) {
		const struct set_row *row = set_find(at[0]);

		if (row && row->part == SET_LIMITS)
			keys[n++] = row->key;
	}
	return ctlimits_change(ct, old, keys, err);
}

static int apply_disk(struct ct *ct, const struct conf *old, const struct set_opts *opts,
		      struct err *err)
{
	(void)old;
	(void)opts;
	return ctquota_apply(ct, err);
}

static int apply_devices(struct ct *ct, const struct conf *old, const struct set_opts *opts,
			 struct err *err)
{
	(void)opts;
	return ctgraft_change_devices(ct, old, err);
}

static int apply_binds(struct ct *ct, const struct conf *old, const struct set_opts *opts,
		       struct err *err)
{
	(void)opts;
	return ctgraft_change_binds(ct, old, err);
}

static const apply_fn part_applies[SET_PARTS] = {
	[SET_NET] = apply_net,       [SET_DNS] = apply_dns,   [SET_HOSTNAME] = apply_hostname,
	[SET_LIMITS] = apply_limits, [SET_DISK] = apply_disk, [SET_DEVICES] = apply_devices,
	[SET_BINDS] = apply_binds,
};

static int apply_part(struct run *run, unsigned int part, struct err *err)
{
	bool whole = part == SET_HOSTNAME; /* or nothing: a failed one needs no undo */

	if (!part_applies[part])
		return 0;
	if (!whole)
		run->applied |= 1U << part;
	if (part_applies[part](run->ct, run->old, run->opts, err) < 0)
		return -1;
	run->applied |= 1U << part;
	return 0;
}

static int apply_parts(struct run *run, struct err *err)
{
	for (unsigned int part = 0; part < SET_PARTS; part++)
		if ((run->parts & 1U << part) && apply_part(run, part, err) < 0)
			return -1;
	return 0;
}

/* What was applied, and can't be kept or stays alone, is taken back, the last first. */
static void revert(struct run *run)
{
	struct conf *kept = run->ct->conf;
	struct err why = { 0 };

	run->ct->conf = run->old;
	run->old = kept;
	for (unsigned int part = SET_PARTS; part-- > 0;)
		if ((run->applied & 1U << part) &&
		    part_applies[part](run->ct, run->old, run->opts, &why) < 0)
			log_warning("CT %s: undo the change: %s, ignoring", run->ct->id, why.msg);
	run->old = run->ct->conf;
	run->ct->conf = kept;
}

/* ---- keeping it ---- */

static char *conf_text(const struct conf *conf, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	char *ret;

	conf_emit(conf, &text);
	ret = strbuf_steal(&text);
	if (!ret)
		err_sys(err, "read the configuration");
	return ret;
}

static bool same_value(const struct conf *a, const struct conf *b, const char *key)
{
	const char *x = conf_get(a, key), *y = conf_get(b, key);

	return str_eq(x ? x : "", y ? y : "");
}

/* Its link is there before the conf names it, so the name is never one that can't be found. One
 * that is missing is made, which a panel that wrote the conf itself counts on (Proxmox). */
static int link_name(const struct run *run, struct err *err)
{
	const char *name = conf_get(run->ct->conf, "NAME");
	uint32_t ctid;
	int found;

	if (!name || !*name)
		return 0;
	if (!same_value(run->ct->conf, run->old, "NAME"))
		return name_link(run->ct, name, err);
	found = ctid_find(run->ct->vz->conf_dir, name, &ctid, err);
	if (found)
		return found < 0 ? -1 : 0;
	return name_check(run->ct, name, err) < 0 ? -1 : name_link(run->ct, name, err);
}

static void forget_old_name(const struct run *run)
{
	struct err why;

	if (!same_value(run->ct->conf, run->old, "NAME") &&
	    name_unlink(run->ct, conf_get(run->old, "NAME"), &why) < 0)
		log_warning("CT %s: %s, ignoring", run->ct->id, why.msg);
}

static int save(const struct run *run, struct err *err)
{
	const struct ct *ct = run->ct;
	auto_free char *before = conf_text(run->old, err);
	auto_free char *after = before ? conf_text(ct->conf, err) : NULL;

	if (!after)
		return -1;
	if (path_mkdirs(ct->vz->conf_dir, 0755, err) < 0 || link_name(run, err) < 0)
		return -1;
	if (str_eq(before, after) && ct->has_conf) {
		vz_sayf(ct->vz, "No changes in CT configuration, not saving");
		return 0;
	}
	if (conf_save(ct->conf, ct->conf_path, err) < 0)
		return -1;
	forget_old_name(run);
	vz_sayf(ct->vz, "CT configuration saved to %s", ct->conf_path);
	return 0;
}

/* ---- the verb ---- */

static const struct set_row *next_given(char ***at)
{
	const struct set_row *row = set_find((*at)[0]);

	*at += 2;
	return row;
}

static int check_given(const struct set_opts *opts, bool running, struct err *err)
{
	char **at = opts->given;

	if (!at)
		return err_set(err, ERR_USAGE, "nothing to set (see vzrun help set)");
	while (*at) {
		const struct set_row *row = next_given(&at);

		if (!row)
			return err_set(err, ERR_USAGE, "nothing knows --%s", at[-2]);
		if ((row->flags & SET_SAVE) && !opts->save)
			return err_set(err, VZ_ERR(row->fails ? row->fails : VZ_BAD_OPTION),
				       "--%s needs --save", row->option);
		if ((row->flags & SET_STOPPED) && running)
			return err_set(err, VZ_ERR(VZ_RUNNING), "--%s: the CT is running",
				       row->option);
	}
	if (!opts->save && (opts->force || opts->mode == SET_MODE_RESTART))
		return err_set(err, VZ_ERR(VZ_BAD_OPTION), "%s makes no sense without --save",
			       opts->force ? "--force" : "--setmode restart");
	return 0;
}

/* Of a row's new value, is there something that only a start brings? */
static bool waits_for_start(const struct run *run, const struct set_row *row)
{
	if (row->key && str_eq(row->key, "FEATURES"))
		return feature_waits(conf_get(run->old, "FEATURES"),
				     conf_get(run->ct->conf, "FEATURES"));
	return row->part == SET_NEXT_START && !same_value(run->ct->conf, run->old, row->key);
}

static void warn_of_rest(const struct set_opts *opts)
{
	static const char text[] =
		"Some of the parameters could not be applied to a running container";

	if (!opts->openvz) {
		log_warning("%s (--setmode restart: restart it; --setmode ignore: no warning)",
			    text);
		return;
	}
	log_warning("WARNING: %s.", text);
	log_warning("\tPlease consider using --setmode option");
}

/* Is there something new that only a start brings? Says so. */
static bool needs_restart(const struct run *run)
{
	char **at = run->opts->given;
	bool found = false;

	while (*at) {
		const struct set_row *row = next_given(&at);

		if (!waits_for_start(run, row))
			continue;
		found = true;
		if (run->opts->mode == SET_MODE_NONE)
			log_warning("Unable to set %s on a running container", row->option);
	}
	if (found && run->opts->mode == SET_MODE_NONE)
		warn_of_rest(run->opts);
	return found;
}

static int restart(struct ct *ct, struct err *err)
{
	if (check_conf(ct, false, err) < 0)
		return -1;
	vz_sayf(ct->vz, "Restarting container");
	return ct_stop(ct, NULL, err) < 0 ? -1 : ct_start(ct, NULL, err);
}

static int apply_live(struct run *run, struct err *err)
{
	if (apply_parts(run, err) == 0)
		return 0;
	if (run->opts->save && run->opts->force) {
		log_warning("%s (kept all the same: --force)", err->msg);
		return 0;
	}
	revert(run);
	return run->opts->save ? err_hint(err, "not saving the configuration") : -1;
}

static void exchange_confs(struct run *run)
{
	struct conf *conf = run->ct->conf, *old = run->old;

	run->ct->conf = run->saved;
	run->old = run->saved_old;
	run->saved = conf;
	run->saved_old = old;
}

static int keep(struct run *run, bool running, struct err *err)
{
	int rc;

	if (!run->opts->save && run->parts == 1U << SET_PASSWORD)
		return 0;
	if (!run->opts->save) {
		vz_sayf(run->ct->vz,
			"WARNING: Settings were not saved to config %s(use --save flag)",
			running ? "and will be lost after CT restart " : "");
		return 0;
	}
	if (run->saved)
		exchange_confs(run);
	rc = save(run, err);
	if (run->saved)
		exchange_confs(run);
	if (rc < 0 && running)
		revert(run);
	return rc;
}

/* Each limit is written, even one that is as it was when the CT was started. */
static int reset_limits(struct ct *ct, const struct set_opts *opts, struct err *err)
{
	auto_free const char **keys = NULL;
	struct ct_status status;
	size_t n = 0;

	if (opts->given || opts->save)
		return err_set(err, VZ_ERR(VZ_BAD_OPTION), "Error: option --reset_ub is exclusive");
	if (ct_status(ct, &status, err) < 0)
		return -1;
	if (!status.running)
		return err_set(err, VZ_ERR(VZ_NOT_RUNNING), "Container is not running");
	for (const struct set_row *row = set_limits_rows; *row->option; row++)
		n++;
	keys = calloc(n + 1, sizeof(*keys));
	if (!keys)
		return err_sys(err, "set the limits");
	n = 0;
	for (const struct set_row *row = set_limits_rows; *row->option; row++)
		if (row->part == SET_LIMITS)
			keys[n++] = row->key;
	return ctlimits_change(ct, ct->conf, keys, err);
}

/* OpenVZ does so with whatever is set of a running CT; for a password panels wait for the word. */
static int refresh_limits(const struct run *run, struct err *err)
{
	static const char *const keys[] = { "PHYSPAGES", "SWAPPAGES", NULL };
	const unsigned int password = 1U << SET_PASSWORD, limits = 1U << SET_LIMITS;

	if (!run->opts->openvz || (run->parts & (password | limits)) != password ||
	    !conf_get(run->ct->conf, keys[0]))
		return 0;
	return ctlimits_change(run->ct, run->ct->conf, keys, err);
}

/* Both what runs and what is in the file are changed, each from what it was. */
static int edit_confs(struct run *run, bool running, struct err *err)
{
	struct ct *ct = run->ct;
	bool differs = false;

	run->old = conf_copy(ct->conf, ct->conf_path, err);
	if (!run->old || (running && unsaved_load(ct, run->old, &differs, err) < 0))
		return -1;
	if (differs) {
		run->saved_old = conf_copy(ct->conf, ct->conf_path, err);
		if (!run->saved_old || unsaved_edit_file(ct, run->opts, err) < 0)
			return -1;
		run->saved = ct->conf;
		ct->conf = conf_copy(run->old, ct->conf_path, err);
		if (!ct->conf) {
			ct->conf = run->saved;
			run->saved = NULL;
			return -1;
		}
	}
	return set_edit(ct, run->opts, &run->parts, err);
}

/* It is done by now: what can't be noted is no reason to fail. */
static void note_unsaved(const struct run *run)
{
	const struct conf *after = run->saved ? run->saved : run->ct->conf;
	const struct conf *before = run->saved_old ? run->saved_old : run->old;
	struct err why = { 0 };

	if (unsaved_store(run->ct, run->ct->conf, run->opts->save ? after : before, &why) < 0)
		log_warning("CT %s: %s, ignoring", run->ct->id, why.msg);
}

int set_apply(struct ct *ct, const struct set_opts *opts, struct err *err)
{
	auto_run struct run run = { .ct = ct, .opts = opts };
	struct ct_status status;
	bool restarts = false;

	if (opts->reset_ub)
		return reset_limits(ct, opts, err);
	if (ct_status(ct, &status, err) < 0 || check_given(opts, status.running, err) < 0 ||
	    edit_confs(&run, status.running, err) < 0)
		return -1;
	if (status.running) {
		restarts = needs_restart(&run) && opts->mode == SET_MODE_RESTART;
		if (!restarts && apply_live(&run, err) < 0)
			return -1;
	}
	/* What can't be taken back comes behind all that can. */
	if (access_apply(ct, opts, err) < 0 || (status.running && refresh_limits(&run, err) < 0)) {
		revert(&run);
		return -1;
	}
	if (keep(&run, status.running && !restarts, err) < 0)
		return -1;
	if (restarts) {
		if (run.saved) /* a start takes the file's */
			exchange_confs(&run);
		return restart(ct, err);
	}
	if (status.running)
		note_unsaved(&run);
	return 0;
}
