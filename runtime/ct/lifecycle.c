/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of a CT that exists: start, stop, and what they are made of. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/container/watch.h"
#include "runtime/ct/action.h"
#include "runtime/ct/answers.h"
#include "runtime/ct/attend.h"
#include "runtime/ct/capability.h"
#include "runtime/ct/check.h"
#include "runtime/ct/cloudinit.h"
#include "runtime/ct/compile.h"
#include "runtime/ct/ct.h"
#include "runtime/ct/ctgraft.h"
#include "runtime/ct/ctlimits.h"
#include "runtime/ct/ctmount.h"
#include "runtime/ct/ctnet.h"
#include "runtime/ct/ctquota.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/exec.h"
#include "runtime/ct/identity.h"
#include "runtime/ct/inside.h"
#include "runtime/ct/lastrun.h"
#include "runtime/ct/live.h"
#include "runtime/ct/stop.h"
#include "runtime/ct/view.h"
#include "runtime/ct/wait.h"

#define KILL_TIMEOUT_MSEC 30000

int ct_status(const struct ct *ct, struct ct_status *ret, struct err *err)
{
	auto_container_state struct container_state *live = NULL;
	auto_free pid_t *pids = NULL;
	struct storage storage;
	struct err why;
	size_t n = 0;

	if (ct_storage(ct, false, &storage, err) < 0 || live_load(ct, &live, err) < 0)
		return -1;
	*ret = (struct ct_status){
		.exists = ct->has_conf && storage_exists(&storage),
		.mounted = storage_mounted(&storage),
		.running = live_is_running(live),
		.paused = live && live->status == STATUS_PAUSED,
	};
	if (ret->running && container_pids(ct->vz->set, ct->id, &pids, &n, &why) == 0)
		ret->processes = (int)n;
	return 0;
}

/* ---- start ---- */

static void unlaunch(const struct ct *ct)
{
	struct err why = { 0 };

	if (live_clear(ct, &why) < 0)
		log_warning("CT %s: %s, ignoring", ct->id, why.msg);
}

/* What a start reads from the conf before anything is made, and puts into the CT before its init
 * runs. */
struct outfit {
	const struct net_config *net; /* or NULL */
	const struct device_list *devices;
	const struct limits *limits; /* which hold before all this */
};

static int fit_out(const struct ct *ct, const struct outfit *outfit, struct err *err)
{
	if (ctgraft_up(ct, outfit->devices, err) < 0)
		return -1;
	if (outfit->net && ctnet_up(ct, outfit->net, err) < 0)
		return -1;
	ctlimits_say_cpu(ct, outfit->limits); /* in OpenVZ's order */
	return 0;
}

/* For a CT a limit that can't be had is an error, never a warning. */
static int create(const struct ct *ct, const struct container_settings *set,
		  const struct container_create_opts *base, int *ret_monitor, struct err *err)
{
	auto_strbuf struct strbuf args = { 0 };
	struct container_monitor monitor = { .log_fd = -1 };
	struct container_create_opts opts = *base;
	auto_spec struct spec *spec = NULL;
	int saved[3], rc;

	if (attend_args(ct, &args, err) < 0 ||
	    spec_parse(base->config, base->config_len, "compiled configuration", &spec, err) < 0)
		return -1;
	monitor.args = args.text;
	monitor.args_len = args.len;
	opts.monitor = &monitor;
	opts.ret_monitor = ret_monitor;
	if (exec_stdio_null(saved, err) < 0)
		return -1;
	rc = container_create(set, ct->id, spec, &opts, err);
	exec_stdio_restore(saved);
	return rc;
}

static int launch(const struct ct *ct, const struct strbuf *config, bool answerer,
		  const struct outfit *outfit, struct err *err)
{
	struct container_settings set = *ct->vz->set;
	struct watch watch = WATCH_INIT;
	struct container_create_opts opts = {
		.bundle = ct->private,
		.config = config->text,
		.config_len = config->len,
		.answerer = answerer,
	};

	set.strict_limits = true;
	if (create(ct, &set, &opts, &watch.fd, err) < 0)
		return -1;
	if (fit_out(ct, outfit, err) == 0 && ctquota_apply(ct, err) == 0 &&
	    container_start(&set, ct->id, err) == 0 && action_inside(ct, ACTION_START, err) == 0) {
		watch_release(&watch);
		return 0;
	}
	unlaunch(ct);
	watch_done(&watch);
	return -1;
}

/* Who answers sysinfo(2) opens the files of the cgroup once and can't open more later, so the
 * controller is asked for at once, by a value that is the kernel's default: a limit may come. */
static int read_limits(const struct ct *ct, bool sysinfo, struct ctlimits **ret, struct err *err)
{
	if (ctlimits_read(ct, ct->conf, ret, err) < 0)
		return -1;
	(*ret)->effects.count_memory = sysinfo && ctlimits_host_has("memory");
	return 0;
}

static int compile(const struct ct *ct, struct compile_input *in, const struct device_list *devices,
		   struct strbuf *config, struct err *err)
{
	auto_free struct spec_device_rule *rules = NULL;
	auto_free char *listener = container_answerer_socket(ct->vz->set, ct->id);

	if (capability_read(conf_get(ct->conf, "CAPABILITY"), &in->caps, err) < 0)
		return vz_fail(err, VZ_BAD_CONF);
	if (guard_read(ct, &in->guard, err) < 0)
		return -1;
	if (device_rules(devices, &rules, &in->rules_n, err) < 0)
		return -1;
	in->rules = rules;
	if (in->answer_sysinfo || in->answer_mknod)
		in->listener = listener;
	if (listener && in->hostname)
		compile_spec(in, config);
	if (!listener || !in->hostname || config->failed)
		return err_set(err, ENOMEM, "start CT %s: out of memory", ct->id);
	return 0;
}

static int run_init(const struct ct *ct, const struct storage *storage, struct outfit *outfit,
		    struct err *err)
{
	auto_ctlimits struct ctlimits *limits = NULL;
	const char *hostname = conf_get(ct->conf, "HOSTNAME");
	auto_free char *fallback = str_dupf("ct%s", ct->id);
	auto_strbuf struct strbuf config = { 0 };
	struct compile_input in = {
		.root = ct->root,
		.hostname = hostname ? hostname : fallback,
		.first_id = storage->first_id,
		.lxcfs = view_lxcfs(ct->vz),
		.console = true,
	};

	if (answers_read(ct, outfit->devices, &in, err) < 0 ||
	    read_limits(ct, in.answer_sysinfo, &limits, err) < 0)
		return -1;
	in.limits = &limits->effects;
	outfit->limits = &limits->limits;
	if (compile(ct, &in, outfit->devices, &config, err) < 0)
		return -1;
	if (hostname && dist_set_hostname(ct->root, storage->first_id, hostname, err) < 0)
		return -1;
	if (dist_set_dns(ct->root, storage->first_id, ct_get(ct, "NAMESERVER"),
			 ct_get(ct, "SEARCHDOMAIN"), err) < 0)
		return -1;
	ctnet_write_files(ct, storage->first_id, in.hostname, outfit->net);
	if (cloudinit_seed(ct->root, storage->first_id, in.hostname, err) < 0)
		return -1;
	return launch(ct, &config, in.answer_sysinfo || in.answer_mknod, outfit, err);
}

static int check_start(const struct ct *ct, bool force, struct err *err)
{
	bool running;

	if (live_check(ct, &running, err) < 0)
		return -1;
	if (running)
		return err_set(err, VZ_ERR(VZ_RUNNING), "Container is already running");
	return check_conf(ct, force, err);
}

/* In the CT, not by the host's ssh-keygen: its version knows which its sshd takes. */
static void make_host_keys(const struct ct *ct, const struct storage *storage)
{
	static const char *const args[] = { "/usr/bin/ssh-keygen", "-A", NULL };
	struct err why = { 0 };
	int status = 0;

	if (!identity_lacks_host_keys(ct->root))
		return;
	if (inside_alone(ct, storage, args, &status, &why) < 0)
		log_warning("CT %s: make SSH host keys: %s, ignoring", ct->id, why.msg);
	else if (status != 0)
		log_warning("CT %s: ssh-keygen -A: exit status %d, ignoring", ct->id, status);
}

/* A container that crashed, or a verb that was killed, left these. A new mount also takes up what
 * changed in the conf. */
static int mount_for_start(const struct ct *ct, const struct storage *storage, bool skip_remount,
			   struct err *err)
{
	bool mounted = storage_mounted(storage);

	if (live_clear(ct, err) < 0)
		return -1;
	if (mounted && !skip_remount && ctmount_down(ct, storage, err) < 0)
		return -1;
	if (ctquota_prepare(ct, err) < 0)
		return -1;
	if (mounted && skip_remount)
		return ctmount_hand_over(ct, storage, err);
	return ctmount_for_start(ct, storage, err);
}

static int start(struct ct *ct, const struct ct_start_opts *opts, struct err *err)
{
	auto_net struct net_config *net = NULL;
	auto_device_list struct device_list devices = { 0 };
	struct outfit outfit = { .devices = &devices };
	struct storage storage;

	if (ct_storage(ct, true, &storage, err) < 0 || check_start(ct, opts->force, err) < 0 ||
	    ctnet_read(ct, &net, err) < 0 || ctgraft_devices(ct, ct->conf, &devices, err) < 0)
		return -1;
	outfit.net = net;
	vz_sayf(ct->vz, "Starting container...");
	if (mount_for_start(ct, &storage, opts->skip_remount, err) < 0)
		return -1;
	make_host_keys(ct, &storage);
	if (run_init(ct, &storage, &outfit, err) == 0)
		return 0;
	ctmount_undo(ct, &storage);
	return -1;
}

int ct_start(struct ct *ct, const struct ct_start_opts *opts, struct err *err)
{
	static const struct ct_start_opts none;

	if (!opts)
		opts = &none;
	if (start(ct, opts, err) < 0)
		return -1;
	lastrun_set(ct);
	vz_sayf(ct->vz, "Container start in progress...");
	if (!opts->wait)
		return 0;
	vz_unlock(ct->vz, ct->id, &ct->lock);
	return wait_booted(ct, err);
}

/* ---- stop ---- */

static int stop_timeout(const struct ct *ct, int at_most_sec, int *ret_msec, struct err *err)
{
	const char *text = ct_get(ct, "STOP_TIMEOUT");
	int64_t seconds;

	if (num_parse(text, "STOP_TIMEOUT", 0, STOP_TIMEOUT_MAX_SEC, &seconds, err) < 0)
		return -1;
	if (seconds == 0) /* OpenVZ: the default */
		seconds = 120;
	if (at_most_sec > 0 && seconds > at_most_sec)
		seconds = at_most_sec;
	*ret_msec = (int)seconds * 1000;
	return 0;
}

static int thaw(const struct ct *ct, struct err *err)
{
	auto_container_state struct container_state *live = NULL;

	if (live_load(ct, &live, err) < 0)
		return -1;
	return live && live->status == STATUS_PAUSED ? container_resume(ct->vz->set, ct->id, err) :
						       0;
}

/* Shuts down and waits; *ret_ended tells whether that was enough. */
static int shut_down(const struct ct *ct, int at_most_sec, bool *ret_ended, struct err *err)
{
	int timeout_msec, ended;

	if (stop_timeout(ct, at_most_sec, &timeout_msec, err) < 0 || thaw(ct, err) < 0)
		return -1;
	if (stop_request(ct->vz->set, ct->id, err) < 0)
		return -1;
	ended = container_wait(ct->vz->set, ct->id, timeout_msec, err);
	*ret_ended = ended > 0;
	return ended < 0 ? -1 : 0;
}

/* A killed init ends at once, unless someone outside never reaps what he put into it. */
static int kill_all(const struct ct *ct, struct err *err)
{
	int ended;

	if (container_kill(ct->vz->set, ct->id, SIGKILL, true, err) < 0 && err->code != ERR_STATE)
		return -1;
	ended = container_wait(ct->vz->set, ct->id, KILL_TIMEOUT_MSEC, err);
	if (ended == 0)
		return err_set(err, ERR_FAILED, "its init was killed and does not end");
	return ended < 0 ? -1 : 0;
}

static int end_processes(const struct ct *ct, const struct ct_stop_opts *opts, struct err *err)
{
	bool ended = false;

	if (!opts->fast) {
		vz_sayf(ct->vz, "Stopping container ...");
		if (shut_down(ct, opts->at_most_sec, &ended, err) < 0) {
			log_warning("shut down CT %s: %s", ct->id, err->msg);
			ended = false;
		}
	}
	if (ended)
		return 0;
	vz_sayf(ct->vz, "Killing container ...");
	return kill_all(ct, err);
}

/* Nothing runs in a paused one. */
static int run_stop_script(const struct ct *ct, struct err *err)
{
	return thaw(ct, err) < 0 ? -1 : action_inside(ct, ACTION_STOP, err);
}

/* By mount scripts it may hold what umount scripts take away; they run when it is unmounted. */
static int leave(const struct ct *ct, const struct storage *storage, bool skip_umount,
		 struct err *err)
{
	if (!storage_mounted(storage))
		return 0;
	if (!skip_umount)
		return ctmount_down(ct, storage, err);
	return ctmount_take_back(storage, err) < 0 ? vz_fail(err, VZ_CANNOT_MOUNT) : 0;
}

static int stop(const struct ct *ct, const struct ct_stop_opts *opts, struct err *err)
{
	auto_container_state struct container_state *live = NULL;
	auto_watch struct watch watch = WATCH_INIT;
	auto_fd int netns = -1;

	if (!opts->fast && run_stop_script(ct, err) < 0)
		return -1;
	watch_claim(ct->vz->set, ct->id, &watch);
	netns = ctnet_hold(ct);
	if (live_load(ct, &live, err) < 0 || end_processes(ct, opts, err) < 0 ||
	    ctnet_give_back(ct, netns, err) < 0 || live_clear(ct, err) < 0)
		return vz_fail(err, VZ_CANNOT_STOP);
	attend_stopped(ct, live);
	watch_done(&watch);
	vz_sayf(ct->vz, "Container was stopped");
	return 0;
}

int ct_stop(struct ct *ct, const struct ct_stop_opts *opts, struct err *err)
{
	static const struct ct_stop_opts none;
	auto_container_state struct container_state *live = NULL;
	struct storage storage;
	bool running;

	if (!opts)
		opts = &none;
	if (ct_storage(ct, false, &storage, err) < 0 || live_load(ct, &live, err) < 0)
		return -1;
	running = live_is_running(live);
	if (running && stop(ct, opts, err) < 0)
		return -1;
	if (!opts->host_ends)
		lastrun_clear(ct);
	if (running)
		return leave(ct, &storage, opts->skip_umount, err);
	/* Its init has ended and the monitor was not here yet: what it would do is done now, and it
	 * does not start the CT again. */
	if (live && live_clear(ct, err) < 0)
		return vz_fail(err, VZ_CANNOT_STOP);
	attend_stopped(ct, live);
	if (live && leave(ct, &storage, opts->skip_umount, err) < 0)
		return -1;
	log_warning("Unable to stop: container is not running");
	return 0;
}
