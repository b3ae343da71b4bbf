/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/pool.h"
#include "runtime/base/str.h"
#include "runtime/ct/bootplan.h"
#include "runtime/ct/ct.h"
#include "runtime/ct/hostcpu.h"
#include "runtime/ct/lastrun.h"
#include "runtime/ct/live.h"
#include "runtime/ct/stale.h"

#define BOOT_LOCK "boot"
#define SHUTDOWN_LOCK "shutdown"
#define MARK "booted" /* in LOCKDIR: the kernel's id of the boot */
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

#define RETRY_USEC 100000
#define LOCK_WAIT_MSEC 30000  /* for another verb on the same CT, or another boot */
#define SLOW_START_MSEC 10000 /* a start that takes longer holds no other back */
#define SLOW_STOP_MSEC 300    /* it mostly waits, unless they are to go one by one */
#define FORCE_SEC 60          /* to kill what is left, and clear away behind it */
#define ROUNDS_DOWN 2         /* a start that had begun may end behind the first */

struct boot {
	const struct vz *vz;
	struct vz at_work; /* the same, for the processes that do it */
	const struct boot_opts *opts;
	const char *done, *not_done; /* "was started" */
	int64_t until_msec;
	struct bootplan_ct *list;
	size_t n;
	bool *ended_well; /* of each in the list */
	struct boot_result result;
};

static void boot_done(struct boot *boot)
{
	free(boot->list);
	free(boot->ended_well);
}
#define auto_boot __attribute__((cleanup(boot_done)))

/* ---- was it done? ---- */

static int read_boot_id(char **ret, struct err *err)
{
	return fd_load_at(AT_FDCWD, BOOT_ID, 64, ret, NULL, err);
}

static int set_mark(const struct vz *vz, struct err *err)
{
	auto_fd int dir = open(vz->lock_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_free char *id = NULL;

	if (dir < 0)
		return err_sys(err, "open \"%s\"", vz->lock_dir);
	if (read_boot_id(&id, err) < 0)
		return -1;
	return fd_replace_file(dir, MARK, id, strlen(id), 0600, 0, err);
}

static void clear_mark(const struct vz *vz)
{
	auto_free char *path = str_dupf("%s/" MARK, vz->lock_dir);

	if (path)
		unlink(path);
}

bool boot_is_up(const struct vz *vz)
{
	auto_free char *path = str_dupf("%s/" MARK, vz->lock_dir), *id = NULL, *of_mark = NULL;

	return path && fd_load_at(AT_FDCWD, path, 64, &of_mark, NULL, NULL) == 0 &&
	       read_boot_id(&id, NULL) == 0 && str_eq(id, of_mark);
}

/* ---- what both ways have in common ---- */

static int take_lock(const struct vz *vz, const char *name, int64_t until_msec, struct err *err)
{
	for (;;) {
		int fd = vz_lock(vz, name, false, err);

		if (fd >= 0 || err->code != VZ_ERR(VZ_LOCKED))
			return fd;
		if (pool_now_msec() >= until_msec)
			return err_set(err, VZ_ERR(VZ_LOCKED),
				       "another boot or shutdown of the containers is at work");
		usleep(RETRY_USEC);
	}
}

static void prepare(struct boot *boot, const struct vz *vz, const struct boot_opts *opts,
		    int default_sec)
{
	int64_t sec = opts->timeout_sec ? opts->timeout_sec : default_sec;

	boot->vz = vz;
	boot->opts = opts;
	boot->at_work = *vz;
	boot->at_work.say = opts->say;
	boot->until_msec = pool_now_msec() + sec * 1000;
}

static int slots(const struct boot *boot, unsigned int *ret, struct err *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	*ret = boot->opts->parallel;
	return *ret ? 0 :
		      bootplan_parallel(vz_get(boot->vz, "VE_PARALLEL"),
					processors > 0 ? (unsigned int)processors : 1, ret, err);
}

static void fail(struct boot *boot, const char *id, const struct err *why)
{
	log_warning("Container %s %s: %s", id, boot->not_done, why->msg);
	boot->result.failed++;
}

/* Which of the registered CTs are to be in the list? 1 yes, 0 no, -1. */
typedef int (*choose)(struct boot *boot, const struct ct *ct, struct err *err);

static int add(struct boot *boot, const struct ct *ct, struct err *err)
{
	struct bootplan_ct *slot = mem_append(&boot->list, &boot->n, sizeof(*slot));

	if (!slot)
		return err_sys(err, "list the containers");
	slot->ctid = ct->ctid;
	memcpy(slot->id, ct->id, sizeof(slot->id));
	slot->order = bootplan_order(ct_get(ct, "BOOTORDER"));
	return 0;
}

/* One that can't be read is a failure of its own. */
static int list_one(struct boot *boot, uint32_t ctid, unsigned int flags, choose wanted,
		    struct err *err)
{
	auto_ct struct ct *ct = NULL;
	char id[CTID_SIZE];
	struct err why = { 0 };
	int rc;

	snprintf(id, sizeof(id), "%" PRIu32, ctid);
	rc = ct_open(boot->vz, id, flags, &ct, &why);
	if (rc < 0 && why.code == VZ_ERR(VZ_NO_CONF)) /* it has just been destroyed */
		return 0;
	if (rc == 0)
		rc = wanted(boot, ct, &why);
	if (rc < 0)
		fail(boot, id, &why);
	return rc > 0 ? add(boot, ct, err) : 0;
}

static int list_all(struct boot *boot, unsigned int flags, choose wanted, bool down,
		    struct err *err)
{
	auto_free uint32_t *ids = NULL;
	size_t n;

	boot->n = 0;
	free(boot->list);
	free(boot->ended_well);
	boot->list = NULL;
	boot->ended_well = NULL;
	if (ct_list(boot->vz, &ids, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (list_one(boot, ids[i], flags, wanted, err) < 0)
			return -1;
	bootplan_sort(boot->list, boot->n, down);
	boot->ended_well = calloc(boot->n + 1, sizeof(*boot->ended_well));
	return boot->ended_well ? 0 : err_sys(err, "list the containers");
}

/* In the process that does it. Another verb's lock is waited for. */
static int open_ct(const struct boot *boot, const char *id, unsigned int flags, int64_t until_msec,
		   struct ct **ret, struct err *err)
{
	while (ct_open(&boot->at_work, id, flags, ret, err) < 0) {
		if (err->code != VZ_ERR(VZ_LOCKED) || pool_now_msec() >= until_msec)
			return -1;
		usleep(RETRY_USEC);
	}
	return 0;
}

static void note_end(void *arg, size_t job, const struct err *err)
{
	struct boot *boot = arg;

	boot->ended_well[job] = !err;
	if (err) {
		fail(boot, boot->list[job].id, err);
		return;
	}
	boot->result.done++;
	vz_sayf(boot->vz, "Container %s %s", boot->list[job].id, boot->done);
}

/* ---- up ---- */

static int is_to_start(struct boot *boot, const struct ct *ct, struct err *err)
{
	bool running;

	(void)boot;
	if (!bootplan_wants(ct_get(ct, "ONBOOT"), ct_get(ct, "DISABLED"), lastrun_get(ct)))
		return 0;
	return live_check(ct, &running, err) < 0 ? -1 : !running;
}

static int start_one(struct boot *boot, const char *id, struct err *err)
{
	auto_ct struct ct *ct = NULL;
	bool running;

	if (vz_is_locked(boot->vz, SHUTDOWN_LOCK))
		return err_set(err, ECANCELED, "the host goes down");
	if (open_ct(boot, id, CT_LOCK, pool_now_msec() + LOCK_WAIT_MSEC, &ct, err) < 0 ||
	    live_check(ct, &running, err) < 0)
		return -1;
	return running ? 0 : ct_start(ct, NULL, err);
}

static int run_start(void *arg, size_t job, struct err *err)
{
	struct boot *boot = arg;
	const char *id = boot->list[job].id;
	int rc;

	boot->opts->begin(&boot->at_work, id);
	rc = start_one(boot, id, err);
	boot->opts->end(rc < 0 ? err : NULL);
	return rc;
}

static int start_all(struct boot *boot, struct err *err)
{
	struct pool pool = {
		.jobs = boot->n,
		.slow_msec = SLOW_START_MSEC,
		.deadline_msec = boot->until_msec,
		.leave = true,
		.arg = boot,
		.run = run_start,
		.ended = note_end,
	};

	return slots(boot, &pool.slots, err) < 0 ? -1 : pool_run(&pool, err);
}

/* No reason to keep CTs from running. */
static void weigh_host(const struct vz *vz)
{
	struct err why = { 0 };

	if (hostcpu_restore(vz, &why) < 0)
		log_warning("%s, ignoring", why.msg);
}

int boot_up(const struct vz *vz, const struct boot_opts *opts, struct boot_result *ret,
	    struct err *err)
{
	auto_boot struct boot boot = { .done = "was started", .not_done = "was not started" };
	auto_fd int lock = -1;

	prepare(&boot, vz, opts, BOOT_TIMEOUT_SEC);
	lock = take_lock(vz, BOOT_LOCK, pool_now_msec() + LOCK_WAIT_MSEC, err);
	if (lock < 0)
		return -1;
	stale_locks(vz);
	weigh_host(vz);
	if (list_all(&boot, 0, is_to_start, false, err) < 0 || start_all(&boot, err) < 0)
		return -1;
	stale_files(vz);
	if (lastrun_sync(vz, err) < 0 || set_mark(vz, err) < 0)
		return -1;
	vz_unlock(vz, BOOT_LOCK, &lock);
	*ret = boot.result;
	return 0;
}

/* ---- down ---- */

static int read_timeout(const struct vz *vz, int *ret_sec, struct err *err)
{
	const char *text = vz_get(vz, "VZ_STOP_TIMEOUT");
	int64_t sec = 0;

	if (text && *text &&
	    num_parse(text, "VZ_STOP_TIMEOUT", 0, SHUTDOWN_TIMEOUT_MAX, &sec, err) < 0)
		return -1;
	*ret_sec = sec ? (int)sec : SHUTDOWN_TIMEOUT_SEC;
	return 0;
}

/* The one that runs now is the one to come back; one that has ended by itself is not. */
static int is_to_stop(struct boot *boot, const struct ct *ct, struct err *err)
{
	auto_container_state struct container_state *live = NULL;
	struct storage storage;

	(void)boot;
	if (live_load(ct, &live, err) < 0 || ct_storage(ct, false, &storage, err) < 0)
		return -1;
	if (live_is_running(live))
		lastrun_set(ct);
	else if (live && live->status == STATUS_STOPPED)
		lastrun_clear(ct);
	return live || storage_mounted(&storage);
}

static int stop_ct(struct ct *ct, const struct ct_stop_opts *opts, struct err *err)
{
	struct storage storage;
	bool running;

	if (live_check(ct, &running, err) < 0)
		return -1;
	if (running)
		return ct_stop(ct, opts, err);
	if (live_clear(ct, err) < 0 || ct_storage(ct, false, &storage, err) < 0)
		return -1;
	return storage_mounted(&storage) ? ct_umount(ct, err) : 0;
}

static int stop_one(const struct boot *boot, const char *id, struct err *err)
{
	int64_t left = boot->until_msec - pool_now_msec();
	struct ct_stop_opts opts = { .host_ends = true };
	auto_ct struct ct *ct = NULL;

	if (open_ct(boot, id, CT_LOCK | CT_ANY_CONF, boot->until_msec, &ct, err) < 0)
		return -1;
	opts.at_most_sec = left < 1000 ? 1 : (int)(left / 1000);
	return stop_ct(ct, &opts, err);
}

/* Whoever holds its lock has had his time. */
static int force_one(const struct boot *boot, const char *id, struct err *err)
{
	static const struct ct_stop_opts fast = { .fast = true, .host_ends = true };
	auto_ct struct ct *ct = NULL;

	if (open_ct(boot, id, CT_LOCK | CT_ANY_CONF, 0, &ct, err) < 0 &&
	    (err->code != VZ_ERR(VZ_LOCKED) || open_ct(boot, id, CT_ANY_CONF, 0, &ct, err) < 0))
		return -1;
	return stop_ct(ct, &fast, err);
}

static int run_down(struct boot *boot, const char *id,
		    int (*stop)(const struct boot *boot, const char *id, struct err *err),
		    struct err *err)
{
	int rc;

	boot->opts->begin(&boot->at_work, id);
	rc = stop(boot, id, err);
	boot->opts->end(rc < 0 ? err : NULL);
	return rc;
}

static int run_stop(void *arg, size_t job, struct err *err)
{
	struct boot *boot = arg;

	return run_down(boot, boot->list[job].id, stop_one, err);
}

static int run_force(void *arg, size_t job, struct err *err)
{
	struct boot *boot = arg;

	return run_down(boot, boot->list[job].id, force_one, err);
}

/* It gets its second chance by force, so it has not failed yet. */
static void note_unclean(void *arg, size_t job, const struct err *err)
{
	struct boot *boot = arg;

	if (!err)
		note_end(arg, job, NULL);
	else
		log_warning("Container %s did not shut down: %s", boot->list[job].id, err->msg);
}

static void keep_unclean(struct boot *boot)
{
	size_t n = 0;

	for (size_t i = 0; i < boot->n; i++)
		if (!boot->ended_well[i])
			boot->list[n++] = boot->list[i];
	boot->n = n;
	memset(boot->ended_well, 0, n * sizeof(*boot->ended_well));
}

static int stop_all(struct boot *boot, struct err *err)
{
	struct pool pool = {
		.jobs = boot->n,
		.slow_msec = SLOW_STOP_MSEC,
		.deadline_msec = boot->until_msec,
		.arg = boot,
		.run = run_stop,
		.ended = note_unclean,
	};
	struct err why;

	if (slots(boot, &pool.slots, err) < 0)
		return -1;
	if (pool.slots == 1)
		pool.slow_msec = SLOW_START_MSEC;
	if (pool_run(&pool, &why) < 0) /* by force, then */
		log_warning("%s, ignoring", why.msg);
	keep_unclean(boot);
	pool.jobs = boot->n;
	pool.run = run_force;
	pool.ended = note_end;
	pool.deadline_msec = pool_now_msec() + FORCE_SEC * 1000;
	return pool_run(&pool, err);
}

/* A boot begins no start any more, but has to end those at work. */
static int evict_boot(const struct boot *boot, struct err *err)
{
	int64_t now = pool_now_msec();
	int64_t until = now + (boot->until_msec - now) / 2;

	return take_lock(boot->vz, BOOT_LOCK, until < now ? now : until, err);
}

static int down(struct boot *boot, struct err *err)
{
	struct err why;

	for (int i = 0; i < ROUNDS_DOWN; i++) {
		boot->result.failed = 0;
		if (list_all(boot, CT_ANY_CONF, is_to_stop, true, err) < 0)
			return -1;
		if (lastrun_sync(boot->vz, &why) < 0) /* they are to be stopped all the same */
			log_warning("%s, ignoring", why.msg);
		if (boot->n == 0)
			break;
		if (stop_all(boot, err) < 0)
			return -1;
	}
	return 0;
}

int boot_down(const struct vz *vz, const struct boot_opts *opts, struct boot_result *ret,
	      struct err *err)
{
	auto_boot struct boot boot = { .done = "was stopped", .not_done = "was not stopped" };
	auto_fd int lock = -1, boot_lock = -1;
	int sec;

	if (read_timeout(vz, &sec, err) < 0)
		return -1;
	prepare(&boot, vz, opts, sec);
	lock = take_lock(vz, SHUTDOWN_LOCK, boot.until_msec, err);
	if (lock < 0)
		return -1;
	boot_lock = evict_boot(&boot, err);
	if (boot_lock < 0 && err->code != VZ_ERR(VZ_LOCKED))
		return -1;
	if (down(&boot, err) < 0)
		return -1;
	clear_mark(vz);
	vz_unlock(vz, BOOT_LOCK, &boot_lock);
	vz_unlock(vz, SHUTDOWN_LOCK, &lock);
	*ret = boot.result;
	return 0;
}
