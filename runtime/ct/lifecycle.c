/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of a CT that exists: start, stop, mount, destroy and what they are made of. */
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
#include "runtime/ct/compile.h"
#include "runtime/ct/ct.h"
#include "runtime/ct/ctnet.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/exec.h"
#include "runtime/ct/feature.h"
#include "runtime/ct/stop.h"
#include "runtime/ct/view.h"

#define STOP_TIMEOUT_MAX_SEC 86400
#define KILL_TIMEOUT_MSEC 30000

/* ---- what is there ---- */

/* The live container of the CT; *ret NULL where there is none. */
static int load_live(const struct ct *ct, struct container_state **ret, struct err *err)
{
	struct err why = { 0 };

	*ret = NULL;
	if (container_load(ct->vz->set, ct->id, ret, &why) == 0)
		return 0;
	if (why.code == ERR_NOT_FOUND)
		return 0;
	if (err)
		*err = why;
	return -1;
}

/* One that was created and never started is a leftover, not a running CT. */
static bool is_running(const struct container_state *live)
{
	return live && (live->status == STATUS_RUNNING || live->status == STATUS_PAUSED);
}

static int check_running(const struct ct *ct, bool *ret, struct err *err)
{
	auto_container_state struct container_state *live = NULL;

	if (load_live(ct, &live, err) < 0)
		return -1;
	*ret = is_running(live);
	return 0;
}

/* Removes what a container that ended, or was never started, left in the engine. */
static int clear_live(const struct ct *ct, struct err *err)
{
	if (container_delete(ct->vz->set, ct->id, true, err) < 0 && err->code != ERR_NOT_FOUND)
		return -1;
	return ctnet_down(ct, err);
}

int ct_status(const struct ct *ct, struct ct_status *ret, struct err *err)
{
	auto_container_state struct container_state *live = NULL;
	auto_free pid_t *pids = NULL;
	struct storage storage;
	struct err why;
	size_t n = 0;

	if (ct_storage(ct, false, &storage, err) < 0 || load_live(ct, &live, err) < 0)
		return -1;
	*ret = (struct ct_status){
		.exists = ct->has_conf && storage_exists(&storage),
		.mounted = storage_mounted(&storage),
		.running = is_running(live),
		.paused = live && live->status == STATUS_PAUSED,
	};
	if (ret->running && container_pids(ct->vz->set, ct->id, &pids, &n, &why) == 0)
		ret->processes = (int)n;
	return 0;
}

/* ---- mounting ---- */

static int check_private(const struct storage *storage, struct err *err)
{
	if (storage_exists(storage))
		return 0;
	return err_set(err, VZ_ERR(VZ_NO_PRIVATE), "container private area \"%s\" does not exist",
		       storage->private);
}

static int do_mount(const struct ct *ct, const struct storage *storage, struct err *err)
{
	if (storage_mount(storage, err) < 0)
		return vz_fail(err, VZ_CANNOT_MOUNT);
	vz_sayf(ct->vz, "Container is mounted");
	return 0;
}

static int do_umount(const struct ct *ct, const struct storage *storage, struct err *err)
{
	if (storage_umount(storage, false, err) < 0)
		return vz_fail(err, VZ_CANNOT_UMOUNT);
	vz_sayf(ct->vz, "Container is unmounted");
	return 0;
}

int ct_mount(struct ct *ct, struct err *err)
{
	struct storage storage;

	if (ct_storage(ct, true, &storage, err) < 0 || check_private(&storage, err) < 0)
		return -1;
	if (!storage_mounted(&storage))
		return do_mount(ct, &storage, err);
	vz_sayf(ct->vz, "Container is already mounted");
	return 0;
}

int ct_umount(struct ct *ct, struct err *err)
{
	struct storage storage;
	bool running;

	if (ct_storage(ct, false, &storage, err) < 0 || check_running(ct, &running, err) < 0)
		return -1;
	if (!storage_mounted(&storage))
		return err_set(err, VZ_ERR(VZ_NOT_MOUNTED), "CT is not mounted");
	if (running)
		return err_set(err, VZ_ERR(VZ_RUNNING), "Container is running -- stop it first");
	if (clear_live(ct, err) < 0)
		return -1;
	return do_umount(ct, &storage, err);
}

/* ---- start ---- */

/* What no one asked for by a limit of his own is asked for only where it can be had. */
static bool host_has(const char *controller)
{
	static const char *const files[] = { "/sys/fs/cgroup/cgroup.controllers",
					     "/sys/fs/cgroup/unified/cgroup.controllers" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		auto_free char *text = NULL;

		if (fd_load_at(AT_FDCWD, files[i], 4096, &text, NULL, NULL) == 0 &&
		    strstr(text, controller))
			return true;
	}
	return false;
}

static void unlaunch(const struct ct *ct)
{
	struct err why = { 0 };

	if (clear_live(ct, &why) < 0)
		log_warning("CT %s: %s, ignoring", ct->id, why.msg);
}

/* For a CT a limit that can't be had is an error, never a warning. */
static int launch(const struct ct *ct, const struct strbuf *config, bool sysinfo,
		  const struct net_config *net, struct err *err)
{
	struct container_settings set = *ct->vz->set;
	auto_spec struct spec *spec = NULL;
	struct container_create_opts opts = {
		.bundle = ct->private,
		.config = config->text,
		.config_len = config->len,
		.sysinfo = sysinfo,
	};
	int saved[3], rc;

	if (spec_parse(config->text, config->len, "compiled configuration", &spec, err) < 0)
		return -1;
	set.strict_limits = true;
	if (exec_stdio_null(saved, err) < 0)
		return -1;
	rc = container_create(&set, ct->id, spec, &opts, err);
	exec_stdio_restore(saved);
	if (rc < 0)
		return -1;
	if ((!net || ctnet_up(ct, net, err) == 0) && container_start(&set, ct->id, err) == 0)
		return 0;
	unlaunch(ct);
	return -1;
}

/* Where the listener for sysinfo(2) goes, in fresh memory; NULL where that feature is off. */
static int sysinfo_socket(const struct ct *ct, char **ret, struct err *err)
{
	bool on;

	if (feature_is_on(conf_get(ct->conf, "FEATURES"), "sysinfo", &on, err) < 0)
		return vz_fail(err, VZ_BAD_CONF);
	if (!on)
		return 0;
	*ret = container_sysinfo_socket(ct->vz->set, ct->id);
	return *ret ? 0 : err_sys(err, "start CT %s", ct->id);
}

static int run_init(const struct ct *ct, const struct storage *storage,
		    const struct net_config *net, struct err *err)
{
	const char *hostname = conf_get(ct->conf, "HOSTNAME");
	auto_free char *fallback = str_dupf("ct%s", ct->id), *socket = NULL;
	auto_strbuf struct strbuf config = { 0 };
	struct compile_input in = {
		.root = ct->root,
		.hostname = hostname ? hostname : fallback,
		.first_id = storage->first_id,
		.limit_pids = host_has("pids"),
		.count_memory = host_has("memory"),
		.lxcfs = view_lxcfs(ct->vz),
	};

	if (sysinfo_socket(ct, &socket, err) < 0)
		return -1;
	in.sysinfo_socket = socket;
	if (hostname && (dist_check_hostname(hostname, err) < 0 ||
			 dist_set_hostname(ct->root, storage->first_id, hostname, err) < 0))
		return -1;
	if (dist_set_dns(ct->root, storage->first_id, ct_get(ct, "NAMESERVER"),
			 ct_get(ct, "SEARCHDOMAIN"), err) < 0)
		return -1;
	ctnet_write_files(ct, storage->first_id, in.hostname, net);
	if (in.hostname)
		compile_spec(&in, &config);
	if (!in.hostname || config.failed)
		return err_set(err, ENOMEM, "start CT %s: out of memory", ct->id);
	return launch(ct, &config, socket, net, err);
}

static int check_start(const struct ct *ct, const struct storage *storage, struct err *err)
{
	const char *disabled = ct_get(ct, "DISABLED");
	bool running;

	if (check_running(ct, &running, err) < 0)
		return -1;
	if (running)
		return err_set(err, VZ_ERR(VZ_RUNNING), "Container is already running");
	if (disabled && str_eq(disabled, "yes"))
		return err_set(err, VZ_ERR(VZ_DISABLED), "Container start disabled");
	return check_private(storage, err);
}

int ct_start(struct ct *ct, struct err *err)
{
	auto_net struct net_config *net = NULL;
	struct storage storage;

	if (ct_storage(ct, true, &storage, err) < 0 || check_start(ct, &storage, err) < 0 ||
	    ctnet_read(ct, &net, err) < 0)
		return -1;
	vz_sayf(ct->vz, "Starting container...");
	/* A container that crashed, or a verb that was killed, left these. A new mount also takes
	 * up what changed in the conf. */
	if (clear_live(ct, err) < 0)
		return -1;
	if (storage_mounted(&storage) && do_umount(ct, &storage, err) < 0)
		return -1;
	if (do_mount(ct, &storage, err) < 0)
		return -1;
	if (run_init(ct, &storage, net, err) < 0) {
		struct err later = { 0 };

		if (storage_umount(&storage, false, &later) < 0)
			log_warning("CT %s: %s, ignoring", ct->id, later.msg);
		return -1;
	}
	vz_sayf(ct->vz, "Container start in progress...");
	return 0;
}

/* ---- stop ---- */

static int stop_timeout(const struct ct *ct, int *ret_msec, struct err *err)
{
	const char *text = ct_get(ct, "STOP_TIMEOUT");
	int64_t seconds;

	if (num_parse(text, "STOP_TIMEOUT", 0, STOP_TIMEOUT_MAX_SEC, &seconds, err) < 0)
		return -1;
	if (seconds == 0) /* OpenVZ: the default */
		seconds = 120;
	*ret_msec = (int)seconds * 1000;
	return 0;
}

/* Shuts down and waits; *ret_ended tells whether that was enough. */
static int shut_down(const struct ct *ct, bool *ret_ended, struct err *err)
{
	auto_container_state struct container_state *live = NULL;
	int timeout_msec, ended;

	if (stop_timeout(ct, &timeout_msec, err) < 0 || load_live(ct, &live, err) < 0)
		return -1;
	if (live && live->status == STATUS_PAUSED && container_resume(ct->vz->set, ct->id, err) < 0)
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

static int end_processes(const struct ct *ct, bool fast, struct err *err)
{
	bool ended = false;

	if (!fast) {
		if (shut_down(ct, &ended, err) < 0) {
			log_warning("shut down CT %s: %s", ct->id, err->msg);
			ended = false;
		}
		if (!ended)
			vz_sayf(ct->vz, "Killing container ...");
	}
	return ended ? 0 : kill_all(ct, err);
}

int ct_stop(struct ct *ct, bool fast, struct err *err)
{
	struct storage storage;
	bool running;

	if (ct_storage(ct, false, &storage, err) < 0 || check_running(ct, &running, err) < 0)
		return -1;
	if (!running) {
		log_warning("Container is not running");
		return 0;
	}
	vz_sayf(ct->vz, "Stopping container ...");
	if (end_processes(ct, fast, err) < 0 || clear_live(ct, err) < 0)
		return vz_fail(err, VZ_CANNOT_STOP);
	vz_sayf(ct->vz, "Container was stopped");
	return storage_mounted(&storage) ? do_umount(ct, &storage, err) : 0;
}

/* ---- destroy ---- */

/* names/NAME, if it is this CT's. */
static int unlink_name(const struct ct *ct, struct err *err)
{
	const char *name = conf_get(ct->conf, "NAME");
	auto_free char *path = name ? str_dupf("%s/%s", ct->vz->names_dir, name) : NULL;
	uint32_t ctid;
	int found;

	if (!name || ctid_check_name(name, NULL) < 0)
		return 0;
	found = path ? ctid_find(ct->vz->conf_dir, name, &ctid, err) :
		       err_sys(err, "forget its name");
	if (found < 0)
		return -1;
	if (found && ctid == ct->ctid && unlink(path) < 0)
		return err_sys(err, "remove \"%s\"", path);
	return 0;
}

/* The conf, and scripts beside it, are kept as *.destroyed, as OpenVZ does. */
static int retire_conf(const struct ct *ct, struct err *err)
{
	static const char *const suffixes[] = { "start",    "stop",       "mount", "umount",
						"premount", "postumount", "conf" };

	if (unlink_name(ct, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		auto_free char *from = str_dupf("%s/%s.%s", ct->vz->conf_dir, ct->id, suffixes[i]);
		auto_free char *to = from ? str_dupf("%s.destroyed", from) : NULL;

		if (!to)
			return err_sys(err, "retire the configuration");
		if (rename(from, to) < 0 && errno != ENOENT && errno != ENOTDIR)
			return err_sys(err, "rename \"%s\"", from);
	}
	return 0;
}

/* A conf that was being written when its verb was killed. */
static char *half_conf(const struct ct *ct)
{
	return str_dupf("%s.new", ct->conf_path);
}

static void remove_files(const struct ct *ct)
{
	auto_free char *dump = str_dupf("%s/Dump.%s", ct->vz->dump_dir, ct->id);
	auto_free char *half = half_conf(ct);

	if (dump)
		unlink(dump);
	if (half)
		unlink(half);
}

static bool is_anything_there(const struct ct *ct, const struct storage *storage)
{
	auto_container_state struct container_state *live = NULL;
	auto_free char *half = half_conf(ct);
	struct err why;

	return ct->has_conf || storage_has_traces(storage) || (half && access(half, F_OK) == 0) ||
	       (load_live(ct, &live, &why) == 0 && live);
}

int ct_destroy(struct ct *ct, struct err *err)
{
	struct storage storage;
	bool running;

	if (ct_storage(ct, false, &storage, err) < 0 || check_running(ct, &running, err) < 0)
		return -1;
	if (running)
		return err_set(err, VZ_ERR(VZ_RUNNING),
			       "Container is currently running. Stop it first.");
	if (!is_anything_there(ct, &storage)) {
		vz_lock_remove(ct->vz, ct->id);
		return err_set(err, VZ_ERR(VZ_NO_CONF), "Container %s does not exist", ct->id);
	}
	vz_sayf(ct->vz, "Destroying container private area: %s", storage.private);
	if (clear_live(ct, err) < 0 || net_forget(ct->id, err) < 0)
		return -1;
	if (storage_destroy(&storage, err) < 0)
		return vz_fail(err, VZ_CANNOT_DELETE);
	remove_files(ct);
	if (retire_conf(ct, err) < 0) /* last: as long as it is there, destroy can be repeated */
		return -1;
	vz_lock_remove(ct->vz, ct->id);
	vz_sayf(ct->vz, "Container private area was destroyed");
	return 0;
}

/* ---- enter ---- */

/* A login shell: bash where there is one. */
static const char *find_shell(const struct ct *ct)
{
	auto_fd int root = open(ct->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd int bash = root < 0 ? -1 : path_open_in(root, "/bin/bash", O_PATH, 0);

	return bash >= 0 ? "/bin/bash" : "/bin/sh";
}

int ct_enter(const struct ct *ct, int *ret_status, struct err *err)
{
	const char *const args[] = { find_shell(ct), "-l", NULL };
	bool running;

	if (check_running(ct, &running, err) < 0)
		return -1;
	if (!running)
		return err_set(err, VZ_ERR(VZ_NOT_RUNNING), "Container is not running");
	vz_sayf(ct->vz, "entered into CT %s", ct->id);
	if (exec_here(ct->vz->set, ct->id, args, ret_status, err) < 0)
		return -1;
	vz_sayf(ct->vz, "exited from CT %s", ct->id);
	return 0;
}
