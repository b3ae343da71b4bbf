/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is left of containers that are gone: state, cgroups, mounts, locks, loop devices. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/lock.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/cli/doctor.h"
#include "runtime/container/container.h"
#include "runtime/ct/ct.h"
#include "runtime/ct/ctmount.h"
#include "runtime/ct/idrange.h"
#include "runtime/ct/live.h"
#include "runtime/kernel/cgroup.h"

static void stale(struct doctor *doctor, const char *what, doctor_mend mend, const void *arg)
{
	if (what)
		doctor_stale(doctor, "leftover", what, mend, arg);
	else
		doctor->failed = true;
}

static bool is_ct(const struct doctor *doctor, const char *id)
{
	auto_free char *path = str_dupf("%s/%s.conf", doctor->vz->conf_dir, id);
	uint32_t ctid;

	return doctor->cts && ctid_parse(id, &ctid) && path && access(path, F_OK) == 0;
}

/* ---- state ---- */

static int mend_ct_state(const struct doctor *doctor, const void *arg, struct err *err)
{
	auto_ct struct ct *ct = NULL;
	bool running;

	if (ct_open(doctor->vz, arg, CT_LOCK, &ct, err) < 0 || live_check(ct, &running, err) < 0)
		return -1;
	return running ? 0 : live_clear(ct, err);
}

/* Without force: one that a command has finished meanwhile stays. */
static int mend_state(const struct doctor *doctor, const void *arg, struct err *err)
{
	return container_delete(doctor->set, arg, false, err);
}

/* Who creates one holds its lock: then it is no leftover. */
static bool is_at_work(const struct doctor *doctor, const char *id)
{
	auto_free char *path = str_dupf("%s/%s", doctor->set->root, id);
	auto_fd int dir = path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	auto_fd int lock = -1;

	if (dir < 0 || faccessat(dir, "lock", F_OK, 0) < 0)
		return false;
	lock = lock_open(dir, "lock", false, NULL);
	return lock < 0;
}

/* Does a process with a CT's ids live, in a cgroup that may be the CT's? The state that would say so
 * can't be read. */
static bool is_process_of(int proc, const char *pid, const char *id, uint32_t first_id)
{
	auto_free char *path = str_dupf("%s/cgroup", pid), *text = NULL;
	uint64_t start;
	struct stat st;
	char state;

	if (*pid < '1' || *pid > '9' || fstatat(proc, pid, &st, 0) < 0 || st.st_uid < first_id ||
	    st.st_uid - first_id >= IDRANGE_SIZE)
		return false;
	if (proc_stat((pid_t)strtol(pid, NULL, 10), &start, &state) < 0 || state == 'Z')
		return false;
	return path && fd_load_at(proc, path, 1U << 16, &text, NULL, NULL) == 0 && strstr(text, id);
}

static bool has_processes(const char *id, uint32_t first_id)
{
	auto_dir DIR *proc = opendir("/proc");

	for (struct dirent *entry; proc && (entry = readdir(proc));)
		if (is_process_of(dirfd(proc), entry->d_name, id, first_id))
			return true;
	return !proc;
}

/* Without its state.json it is what a killed create left. */
static int mend_damaged(const struct doctor *doctor, const void *arg, struct err *err)
{
	auto_free char *path = str_dupf("%s/%s/state.json", doctor->set->root, (const char *)arg);
	auto_ct struct ct *ct = NULL;
	struct storage storage;

	if (!path)
		return err_sys(err, "remove it");
	if (ct_open(doctor->vz, arg, CT_LOCK, &ct, err) < 0 ||
	    ct_storage(ct, true, &storage, err) < 0)
		return -1;
	if (has_processes(ct->id, storage.first_id)) {
		err_set(err, ERR_STATE, "processes with its ids still run");
		return err_hint(err, "end those of the users from %" PRIu32 " on",
				storage.first_id);
	}
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"%s\"", path);
	return live_clear(ct, err);
}

static void see_damaged(struct doctor *doctor, const char *id, const struct err *why)
{
	auto_free char *text = str_dupf("the state of \"%s\" can't be read: %s", id, why->msg);
	auto_free char *how = str_dupf("end its processes, and rm -r %s/%s", doctor->set->root, id);

	if (!text || !how)
		doctor->failed = true;
	else if (why->code != ERR_UNSUPPORTED && is_ct(doctor, id))
		stale(doctor, text, mend_damaged, id);
	else
		doctor_say(doctor, DOCTOR_PROBLEM, "leftover",
			   why->code == ERR_UNSUPPORTED ? NULL : how, "%s", text);
}

static void see_state(struct doctor *doctor, const char *id)
{
	auto_container_state struct container_state *state = NULL;
	auto_free char *text = NULL;
	struct err why = { 0 };

	if (container_load(doctor->set, id, &state, &why) < 0) {
		if (why.code != ERR_NOT_FOUND)
			see_damaged(doctor, id, &why);
	} else if (state->status == STATUS_STOPPED && is_ct(doctor, id)) {
		text = str_dupf("CT %s ended by itself and still has its state in \"%s\"", id,
				doctor->set->root);
		stale(doctor, text, mend_ct_state, id);
	} else if (state->status == STATUS_CREATING && state->pid == 0 && !*state->bundle &&
		   !is_at_work(doctor, id)) {
		text = str_dupf("a command that created \"%s\" was killed", id);
		stale(doctor, text, mend_state, id);
	}
}

static void see_states(struct doctor *doctor)
{
	struct err why = { 0 };
	auto_strv char **ids = container_list(doctor->set, &why);

	if (!ids)
		doctor_say(doctor, DOCTOR_PROBLEM, "leftover", NULL, "%s", why.msg);
	for (char **id = ids; id && *id; id++)
		see_state(doctor, *id);
}

/* ---- cgroups ---- */

static bool has_state(const struct doctor *doctor, const char *id)
{
	auto_free char *path = str_dupf("%s/%s", doctor->set->root, id);

	return !path || access(path, F_OK) == 0;
}

static int mend_cgroup(const struct doctor *doctor, const void *arg, struct err *err)
{
	auto_free char *path = str_dupf(CGROUP_PARENT "/%s", (const char *)arg);
	auto_ct struct ct *ct = NULL;

	if (!path)
		return err_sys(err, "remove a cgroup");
	if (ct_open(doctor->vz, arg, CT_LOCK | CT_ANY_CONF, &ct, err) < 0)
		return -1;
	return has_state(doctor, arg) ? 0 : cgroup_remove(path, err);
}

static void see_cgroup(struct doctor *doctor, const char *id)
{
	auto_free char *path = str_dupf(CGROUP_PARENT "/%s", id), *text = NULL;
	auto_fd int fd = path ? cgroup_open(path, NULL) : -1;
	auto_free pid_t *pids = NULL;
	size_t n = 0;

	if (fd < 0 || cgroup_pids(fd, &pids, &n, NULL) < 0)
		return;
	if (n > 0) {
		doctor_say(doctor, DOCTOR_PROBLEM, "leftover",
			   "end them, if nobody needs them: kill",
			   "%zu processes run in the cgroup %s, which is of no container", n, path);
		return;
	}
	text = str_dupf("the cgroup %s is of no container", path);
	stale(doctor, text, mend_cgroup, id);
}

/* Containers of any --root, and of any cgroupsPath, have theirs there too: only a CT's is ours. */
static void see_cgroups(struct doctor *doctor)
{
	int fd = cgroup_open(CGROUP_PARENT, NULL);
	auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !dir)
		close(fd);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		const char *id = entry->d_name;

		if (entry->d_type == DT_DIR && container_check_id(id, NULL) == 0 &&
		    is_ct(doctor, id) && !has_state(doctor, id))
			see_cgroup(doctor, id);
	}
}

/* ---- mounts ---- */

static int mend_mount(const struct doctor *doctor, const void *arg, struct err *err)
{
	const struct ct *ct = arg;
	struct storage storage;
	bool running;

	(void)doctor;
	if (live_check(ct, &running, err) < 0 || ct_storage(ct, true, &storage, err) < 0)
		return -1;
	return running ? 0 : storage_umount(&storage, true, err);
}

/* What is mounted for the host (vzrun mount) is nobody's mistake. */
static void see_mount(struct doctor *doctor, uint32_t ctid)
{
	unsigned int flags = CT_ANY_CONF | (doctor->repair ? CT_LOCK : 0);
	auto_ct struct ct *ct = NULL;
	auto_free char *text = NULL;
	char id[CTID_SIZE];
	struct storage storage;
	struct err why = { 0 };
	bool running;

	snprintf(id, sizeof(id), "%" PRIu32, ctid);
	if (ct_open(doctor->vz, id, flags, &ct, &why) < 0 || live_check(ct, &running, &why) < 0 ||
	    running || ct_storage(ct, true, &storage, &why) < 0 || !storage_mounted(&storage) ||
	    !ctmount_ids(&storage))
		return;
	text = str_dupf("\"%s\" is mounted for CT %s, which does not run", ct->root, id);
	stale(doctor, text, mend_mount, ct);
}

static void see_mounts(struct doctor *doctor)
{
	auto_free uint32_t *ids = NULL;
	size_t n = 0;

	if (ct_list(doctor->vz, &ids, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		see_mount(doctor, ids[i]);
}

/* ---- locks ---- */

static int mend_lock(const struct doctor *doctor, const void *arg, struct err *err)
{
	bool cleared;

	return vz_clear_lock(doctor->vz, arg, &cleared, err);
}

static void see_lock(struct doctor *doctor, const char *file)
{
	auto_free char *name = NULL, *text = NULL;
	uint32_t ctid;

	if (!str_ends(file, ".lck"))
		return;
	name = strndup(file, strlen(file) - strlen(".lck"));
	/* The others than CTs' stay, and lock nobody out. */
	if (name && (!ctid_parse(name, &ctid) || !vz_lock_is_stale(doctor->vz, name)))
		return;
	text = str_dupf("the lock file %s/%s is of no process", doctor->vz->lock_dir, file);
	if (name)
		stale(doctor, text, mend_lock, name);
	else
		doctor->failed = true;
}

static void see_locks(struct doctor *doctor)
{
	auto_dir DIR *dir = opendir(doctor->vz->lock_dir);

	for (struct dirent *entry; dir && (entry = readdir(dir));)
		see_lock(doctor, entry->d_name);
}

/* ---- loop devices ---- */

static int mend_loop(const struct doctor *doctor, const void *arg, struct err *err)
{
	auto_fd int fd = open(arg, O_RDONLY | O_CLOEXEC);

	(void)doctor;
	if (fd < 0 || ioctl(fd, LOOP_CLR_FD, 0) < 0)
		return errno == ENXIO ? 0 : err_sys(err, "detach \"%s\"", (const char *)arg);
	return 0;
}

/* One on a file of a CT's that is removed: nobody can mount it by name again. */
static void see_loop(struct doctor *doctor, const char *name, const char *private)
{
	auto_free char *path = str_dupf("/sys/block/%s/loop/backing_file", name), *file = NULL;
	auto_free char *device = str_dupf("/dev/%s", name), *text = NULL;

	if (!path || !device || fd_load_at(AT_FDCWD, path, PATH_MAX, &file, NULL, NULL) < 0)
		return;
	file[strcspn(file, "\n")] = '\0';
	if (!str_starts(file, private) || !str_ends(file, " (deleted)"))
		return;
	text = str_dupf("%s is on a file of a CT that is gone: %s", device, file);
	stale(doctor, text, mend_loop, device);
}

static void see_loops(struct doctor *doctor)
{
	auto_free char *area = vz_expand(vz_get(doctor->vz, "VE_PRIVATE"), "VE_PRIVATE", 1, NULL);
	auto_free char *parent = area ? vz_parent(area) : NULL;
	auto_free char *private = parent ? str_dupf("%s/", parent) : NULL;
	auto_dir DIR *dir = opendir("/sys/block");

	for (struct dirent *entry; private && dir && (entry = readdir(dir));)
		if (str_starts(entry->d_name, "loop"))
			see_loop(doctor, entry->d_name, private);
}

void doctor_leftover(struct doctor *doctor)
{
	size_t before = doctor->n;

	see_states(doctor);
	if (doctor->cts) {
		see_mounts(doctor);
		see_cgroups(doctor);
		see_locks(doctor);
		see_loops(doctor);
	}
	if (doctor->n == before)
		doctor_say(doctor, DOCTOR_OK, "leftover", NULL,
			   "nothing is left of containers that are gone");
}
