/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctlimits_change: other limits for a CT that runs. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/ct/ctlimits.h"
#include "runtime/ct/exec.h"
#include "runtime/spec/spec.h"

/* The kernel's own, where SHMPAGES no longer limits: SHMALL and SHMMAX (linux/shm.h). */
#define SHM_DEFAULT "18446744073692774399"

/* What fails tells by its exit code which part it was. */
static enum vz_exit part_of(const struct limits_effects *a, const struct limits_effects *b)
{
	if (a->memory_max != b->memory_max || a->swap_max != b->swap_max ||
	    a->memory_low != b->memory_low || a->memory_min != b->memory_min ||
	    a->pids_max != b->pids_max)
		return VZ_SET_UBC;
	if (a->cpu_weight != b->cpu_weight || a->cpu_quota_usec != b->cpu_quota_usec ||
	    a->cpu_burst_usec != b->cpu_burst_usec)
		return VZ_SET_CPU;
	if (a->cpus_limited || b->cpus_limited)
		return VZ_SET_CPUMASK;
	return a->nodes_limited || b->nodes_limited ? VZ_SET_NODEMASK : VZ_SET_IO;
}

static int change_cgroup(const struct ct *ct, const struct limits_effects *old,
			 const struct limits_effects *now, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_spec struct spec *spec = NULL;
	struct json_writer w = { .sb = &text };

	if (!limits_resources_differ(old, now))
		return 0;
	json_begin(&w, NULL, '{');
	limits_put_resources(&w, now, old);
	json_end(&w, '}');
	if (text.failed)
		return err_set(err, ENOMEM, "set the limits: out of memory");
	if (spec_parse_resources(text.text, text.len, "limits", &spec, err) < 0 ||
	    container_update(ct->vz->set, ct->id, &spec->lin.resources, err) < 0)
		return vz_fail(err, part_of(old, now));
	return 0;
}

/* ---- of its init, and of what that starts from now on ---- */

struct rlimit_row {
	int resource;
	const char *name;
	const struct limits_rlimit *old, *now;
};

static int change_rlimit(pid_t pid, const struct rlimit_row *row, struct err *err)
{
	const struct limits_rlimit *old = row->old, *now = row->now;
	struct rlimit64 value = { .rlim_cur = now->soft, .rlim_max = now->hard };

	if (!now->given || (old->given && old->soft == now->soft && old->hard == now->hard) ||
	    prlimit64(pid, (enum __rlimit_resource)row->resource, &value, NULL) == 0)
		return 0;
	err_sys(err, "set %s to %" PRIu64 ":%" PRIu64, row->name, now->soft, now->hard);
	return vz_fail(err, VZ_SET_UBC);
}

static int change_rlimits(pid_t pid, const struct limits_effects *old,
			  const struct limits_effects *now, struct err *err)
{
	const struct rlimit_row rows[] = {
		{ RLIMIT_NOFILE, "RLIMIT_NOFILE", &old->files, &now->files },
		{ RLIMIT_SIGPENDING, "RLIMIT_SIGPENDING", &old->signals, &now->signals },
		{ RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK", &old->locked, &now->locked },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (change_rlimit(pid, &rows[i], err) < 0)
			return -1;
	return 0;
}

static int change_oom(pid_t pid, const struct limits_effects *old, const struct limits_effects *now,
		      struct err *err)
{
	char path[64], text[16];

	if (old->oom_score_adj == now->oom_score_adj)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	snprintf(text, sizeof(text), "%d", now->oom_score_adj);
	if (fd_write_kernel(AT_FDCWD, path, text, err) < 0)
		return vz_fail(err, VZ_SET_UBC);
	return 0;
}

/* ---- shared memory ---- */

struct shm {
	char pages[24], bytes[24];
	uid_t owner; /* the CT's root */
	int pidfd;   /* of its init */
};

/* Whose the files are depends on the kernel: the host's root's, or (6.10) the CT's, and then
 * nobody else's. */
static int write_shm(const void *arg, int *ret_status, struct err *err)
{
	const struct shm *shm = arg;

	(void)ret_status;
	if (setns(shm->pidfd, CLONE_NEWIPC) < 0)
		return err_sys(err, "enter the CT's ipc namespace");
	if (access("/proc/sys/kernel/shmall", W_OK) < 0 && seteuid(shm->owner) < 0)
		return err_sys(err, "become the CT's root");
	if (fd_write_kernel(AT_FDCWD, "/proc/sys/kernel/shmall", shm->pages, err) < 0)
		return -1;
	return fd_write_kernel(AT_FDCWD, "/proc/sys/kernel/shmmax", shm->bytes, err);
}

/* The files are those of the ipc namespace that one is in, so a child goes there. */
static int write_shm_inside(const struct shm *shm, struct err *err)
{
	int unused;

	return exec_in_child(write_shm, shm, -1, &unused, err) < 0 ? vz_fail(err, VZ_SET_UBC) : 0;
}

static int change_shm(const struct ct *ct, int pidfd, const struct limits_effects *old,
		      const struct limits_effects *now, struct err *err)
{
	struct shm shm = { SHM_DEFAULT, SHM_DEFAULT, .pidfd = pidfd };
	struct storage storage;

	if (old->shm_pages == now->shm_pages)
		return 0;
	if (ct_storage(ct, true, &storage, err) < 0)
		return -1;
	shm.owner = storage.first_id;
	if (now->shm_pages >= 0) {
		snprintf(shm.pages, sizeof(shm.pages), "%" PRId64, now->shm_pages);
		snprintf(shm.bytes, sizeof(shm.bytes), "%" PRId64,
			 limit_pages_to_bytes(now->shm_pages));
	}
	return write_shm_inside(&shm, err);
}

/* ---- the whole ---- */

static void say(const struct ct *ct, const struct ctlimits *old, const struct ctlimits *now)
{
	const struct limits_effects *a = &old->effects, *b = &now->effects;

	if (limits_resources_differ(a, b) && part_of(a, b) == VZ_SET_UBC)
		vz_sayf(ct->vz, "UB limits were set successfully");
	if (a->cpu_weight != b->cpu_weight || a->cpu_quota_usec != b->cpu_quota_usec)
		ctlimits_say_cpu(ct, &now->limits);
	if (a->io_bytes != b->io_bytes)
		vz_sayf(ct->vz, "Set up iolimit: %" PRId64, b->io_bytes);
	if (a->io_operations != b->io_operations)
		vz_sayf(ct->vz, "Set up iopslimit: %" PRId64, b->io_operations);
}

/* A rate that goes is lifted where it was set. */
static int find_disk(const struct ct *ct, const struct limits_effects *old,
		     struct limits_effects *now, struct err *err)
{
	bool known = now->io_bytes > 0 || now->io_operations > 0;

	if (known || (old->io_bytes == now->io_bytes && old->io_operations == now->io_operations))
		return 0;
	return ctlimits_find_disk(ct, now, err);
}

static int change_processes(const struct ct *ct, const struct limits_effects *old,
			    const struct limits_effects *now, struct err *err)
{
	auto_container_state struct container_state *state = NULL;
	auto_fd int pidfd = -1;

	if (container_load(ct->vz->set, ct->id, &state, err) < 0)
		return -1;
	if (state->pid == 0)
		return 0;
	pidfd = proc_pidfd_open(state->pid);
	if (pidfd < 0)
		return err_sys(err, "open the CT's init");
	if (change_rlimits(state->pid, old, now, err) < 0 ||
	    change_oom(state->pid, old, now, err) < 0)
		return -1;
	return change_shm(ct, pidfd, old, now, err);
}

int ctlimits_change(const struct ct *ct, const struct conf *old_conf, const char *const *keys,
		    struct err *err)
{
	auto_ctlimits struct ctlimits *old = NULL, *now = NULL;

	if (ctlimits_read(ct, old_conf, &old, err) < 0 ||
	    ctlimits_read(ct, ct->conf, &now, err) < 0)
		return -1;
	for (; *keys; keys++) {
		limits_effects_forget(&old->effects, *keys);
		if (str_eq(*keys, "PHYSPAGES") && now->limits.memguarantee.value > 0)
			limits_effects_forget(&old->effects, "MEMGUARANTEE"); /* a part of it */
	}
	if (find_disk(ct, &old->effects, &now->effects, err) < 0 ||
	    change_cgroup(ct, &old->effects, &now->effects, err) < 0 ||
	    change_processes(ct, &old->effects, &now->effects, err) < 0)
		return -1;
	say(ct, old, now);
	return 0;
}
