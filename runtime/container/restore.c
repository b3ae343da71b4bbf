/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsetup/link.h"
#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/container/attach.h"
#include "runtime/container/criu.h"
#include "runtime/container/criu_opts.h"
#include "runtime/container/hooks.h"
#include "runtime/container/image.h"
#include "runtime/container/launch.h"
#include "runtime/container/unit.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/console.h"
#include "runtime/kernel/graft.h"
#include "runtime/kernel/mount.h"

/* The container is launched as `run` does it, but that its first process and all others are
 * criu's to make: in the container's cgroup and a cgroup namespace that begins there, with what
 * comes from the host laid out on a stage that nobody else sees. */

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data); /* sys/mount.h does not go with linux/mount.h */

struct restore {
	struct launch launch;
	const struct container_restore_opts *opts;
	struct image *image;
	struct criu_dirs dirs;
	char *stage, *root; /* of the host's: STATE/ID, STATE/ID/root */
	char **sources;     /* of each mount of the image: a name on the stage */
	int *trees;         /* what is mounted there, or -1: a node that is made there */
};

static void restore_done(struct restore *r)
{
	for (size_t i = 0; r->trees && i < r->image->mounts_n; i++)
		fd_closep(&r->trees[i]);
	free(r->trees);
	strv_free(r->sources);
	free(r->stage);
	free(r->root);
	image_freep(&r->image);
	criu_dirs_close(&r->dirs);
	launch_done(&r->launch);
}

/* ---- what comes from outside ---- */

/* Where a bind comes from: what lies at `rest` in `base`, a path of the host's. The rest may be the
 * container's doing, so its links lead nowhere but inside of the base. */
struct origin {
	char *base;
	const char *rest; /* of the mount's target; "": the base itself */
	bool mapped;      /* with the container's ids */
};

static void origin_done(struct origin *origin)
{
	free(origin->base);
}

/* By a bind mount of the spec at the target or above it. */
static void from_spec(const struct restore *r, const char *target, struct origin *ret)
{
	const struct spec *spec = r->launch.spec;
	const struct spec_mount *found = NULL;
	size_t len = 0;

	for (size_t i = 0; i < spec->mounts_n; i++) {
		const struct spec_mount *m = &spec->mounts[i];
		size_t n = strlen(m->destination);

		if (m->bind && !m->remount && n >= len && strncmp(target, m->destination, n) == 0 &&
		    (!target[n] || (target[n] == '/' && m->rbind))) {
			found = m;
			len = n;
		}
	}
	if (!found || !found->source || found->idmap)
		return;
	ret->base = path_join(r->launch.opts->bundle, found->source);
	ret->rest = target + len;
}

/* A mount script may have mounted it below the root file system, which holds it again. */
static bool is_below_root(const struct restore *r, const char *target)
{
	auto_fd int root = open(r->launch.state->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd int fd = root < 0 ? -1 : path_open_in(root, target, O_PATH | O_NOFOLLOW, 0);
	struct statx stx;

	return fd >= 0 && statx(fd, "", AT_EMPTY_PATH, 0, &stx) == 0 &&
	       (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static int find_bind(const struct restore *r, const char *target, struct origin *ret,
		     struct err *err)
{
	const struct criu_common_opts *common = &r->opts->common;
	const struct container_mount *graft = image_graft(common->grafts, common->grafts_n, target);

	from_spec(r, target, ret);
	if (!ret->base && graft) {
		ret->base = strdup(graft->source);
		ret->mapped = true;
	} else if (!ret->base && is_below_root(r, target)) {
		ret->base = strdup(r->launch.state->rootfs);
		ret->rest = target;
	} else if (!ret->base) {
		return err_set(
			err, ERR_INPUT,
			"mount \"%.200s\": it came from the host, and nothing says from where",
			target);
	}
	return ret->base ? 0 : err_sys(err, "restore");
}

static int open_origin(const struct origin *origin, int userns, struct err *err)
{
	auto_fd int base = -1, fd = -1;
	char path[FD_PATH_SIZE];

	if (!*origin->rest)
		return graft_open(origin->base, 0, userns, err);
	base = open(origin->base, O_PATH | O_CLOEXEC);
	fd = base < 0 ? -1 : path_open_in(base, origin->rest, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0)
		return err_sys(err, "open \"%.300s%.200s\"", origin->base, origin->rest);
	return graft_open(fd_path(path, fd), 0, userns, err);
}

static int open_bind(struct restore *r, size_t i, struct err *err)
{
	const struct spec_linux *lin = &r->launch.spec->lin;
	__attribute__((cleanup(origin_done))) struct origin origin = { .rest = "" };
	auto_fd int userns = -1;

	if (find_bind(r, r->image->mounts[i].target, &origin, err) < 0)
		return -1;
	if (origin.mapped) {
		userns = ns_user_fd(&lin->uid_mappings, &lin->gid_mappings, err);
		if (userns < 0)
			return -1;
	}
	r->trees[i] = open_origin(&origin, userns, err);
	if (r->trees[i] < 0 && origin.mapped && err->code == EINVAL)
		r->trees[i] = open_origin(&origin, -1, err);
	return r->trees[i] < 0 ? -1 : 0;
}

static int open_tree_of(struct restore *r, size_t i, struct err *err)
{
	char cgroup[PATH_MAX];

	switch (r->image->mounts[i].kind) {
	case IMAGE_NODE:
		return 0;
	case IMAGE_BIND:
		return open_bind(r, i, err);
	default:
		if (cgroup_full_path(r->launch.state->cgroup, cgroup, err) < 0)
			return -1;
		r->trees[i] = graft_open(cgroup, 0, -1, err);
		return r->trees[i] < 0 ? -1 : 0;
	}
}

/* Behind the making of the cgroup. */
static int find_sources(struct restore *r, struct err *err)
{
	size_t n = r->image->mounts_n;
	const struct launch *launch = &r->launch;

	r->stage = str_dupf("%s/%s", launch->set->root, launch->state->id);
	r->root = str_dupf("%s/root", r->stage ? r->stage : "");
	r->sources = calloc(n + 1, sizeof(*r->sources));
	r->trees = malloc((n + 1) * sizeof(*r->trees));
	if (!r->stage || !r->root || !r->sources || !r->trees)
		return err_sys(err, "restore");
	memset(r->trees, -1, (n + 1) * sizeof(*r->trees));
	for (size_t i = 0; i < n; i++) {
		r->sources[i] = str_dupf("%s/%zu", r->stage, i);
		if (!r->sources[i])
			return err_sys(err, "restore");
		if (open_tree_of(r, i, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- in criu's process ---- */

static int make_place(const struct image_mount *m, int tree, const char *path, struct err *err)
{
	struct stat st = { .st_mode = m->mode };
	int made;

	if (tree >= 0 && fstat(tree, &st) < 0)
		return err_sys(err, "look at what is mounted on \"%.200s\"", m->target);
	if (S_ISDIR(st.st_mode))
		made = mkdir(path, 0700);
	else
		made = tree >= 0 ? mknod(path, S_IFREG | 0600, 0) : mknod(path, m->mode, m->rdev);
	if (made < 0 ||
	    (tree < 0 && (chown(path, m->uid, m->gid) < 0 || chmod(path, m->mode & 07777) < 0)))
		return err_sys(err, "make a place for \"%.200s\"", m->target);
	return 0;
}

/* With the very attributes that it has inside, where they are locked then: criu, which sets them
 * once more in the container's user namespace, could not take one away, and nor can its root. */
static int stage_mount(const struct restore *r, size_t i, struct err *err)
{
	const struct image_mount *m = &r->image->mounts[i];
	const char *path = r->sources[i];
	auto_fd int node = -1, at = -1;
	int tree = r->trees[i];

	if (make_place(m, tree, path, err) < 0)
		return -1;
	if (tree < 0)
		tree = node = mount_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
	at = open(path, O_PATH | O_CLOEXEC);
	if (tree < 0 || at < 0 || mount_set(tree, 0, m->attr, MOUNT_ATTR__ATIME, 0, -1) < 0 ||
	    mount_move(tree, at) < 0)
		return err_sys(err, "mount \"%.200s\" on the stage", m->target);
	return 0;
}

static int stage_all(const struct restore *r, struct err *err)
{
	for (size_t i = 0; i < r->image->mounts_n; i++)
		if (stage_mount(r, i, err) < 0)
			return -1;
	return 0;
}

/* criu wants the root to be a mount by itself. What the host mounts later shows inside of what is a
 * slave, never the other way round. */
static int make_stage(const struct restore *r, struct err *err)
{
	auto_fd int rootfs = open(r->launch.state->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd int tree = -1, at = -1;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(err, "make a mount namespace");
	tree = rootfs < 0 ? -1 :
			    mount_open_tree(AT_FDCWD, r->launch.state->rootfs,
					    OPEN_TREE_CLONE | AT_RECURSIVE);
	if (tree < 0)
		return err_sys(err, "open the root file system \"%.300s\"",
			       r->launch.state->rootfs);
	if (mount("vzrun", r->stage, "tmpfs", 0, "mode=0711") < 0 || mkdir(r->root, 0755) < 0)
		return err_sys(err, "mount a stage on \"%.300s\"", r->stage);
	at = open(r->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0 || mount_move(tree, at) < 0)
		return err_sys(err, "mount the root file system on the stage");
	return stage_all(r, err);
}

/* What the container had as stdio from outside becomes what we have. */
static bool is_inherited(const struct restore *r, int fd)
{
	return image_is_outside(r->image->stdio[fd]);
}

#define INHERITED(fd) ((fd) + 100)
#define INHERITED_NETNS 103

static int pass_fds(const struct restore *r, struct err *err)
{
	int netns = r->launch.ns.fd[NS_NET];

	for (int fd = 0; fd < 3; fd++)
		if (is_inherited(r, fd) && dup2(fd, INHERITED(fd)) < 0)
			return err_sys(err, "pass stdio on");
	if (netns >= 0 && dup2(netns, INHERITED_NETNS) < 0)
		return err_sys(err, "pass the network namespace on");
	return 0;
}

/* criu 3.17 does not know of it; where the spec asks for it, all of the container's processes have
 * it from their ancestor, and get it again so. */
static int keep_privileges(const struct restore *r, struct err *err)
{
	if (r->launch.spec->process.no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, "set no_new_privs");
	return 0;
}

static int prepare(void *arg, struct err *err)
{
	const struct restore *r = arg;

	if (make_stage(r, err) < 0 || keep_privileges(r, err) < 0)
		return -1;
	if (r->launch.ns.new_cgroup && unshare(CLONE_NEWCGROUP) < 0)
		return err_sys(err, "make a cgroup namespace");
	return pass_fds(r, err);
}

/* ---- in ours ---- */

static int place(void *arg, pid_t pid, struct err *err)
{
	struct restore *r = arg;

	if (r->launch.cgroup_fd >= 0 && cgroup_join(r->launch.cgroup_fd, pid, err) < 0)
		return -1;
	unit_release(&r->launch);
	return 0;
}

/* In a child, so that we never leave our own network namespace. */
static int loopback_up(pid_t init, struct err *err)
{
	char path[48];
	auto_fd int netns = -1;
	pid_t pid;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", init);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	pid = netns < 0 ? -1 : proc_clone(0, -1, NULL);
	if (pid == 0)
		_exit(setns(netns, CLONE_NEWNET) < 0 || link_loopback_up(NULL) < 0);
	if (pid < 0)
		return err_sys(err, "enter the container's network namespace");
	return proc_wait(pid) == 0 ? 0 : err_set(err, ERR_FAILED, "set the link \"lo\" up");
}

static int set_up_namespaces(struct restore *r, pid_t pid, struct err *err)
{
	struct launch *launch = &r->launch;

	launch->state->pid = pid;
	if (proc_stat(pid, &launch->state->pid_start, NULL) < 0)
		return err_sys(err, "read the start time of process %d", pid);
	if (state_save(&launch->dir, launch->state, err) < 0)
		return -1;
	if (r->opts->common.empty_net && loopback_up(pid, err) < 0)
		return -1;
	if (hooks_run(launch->spec, HOOK_PRESTART, launch->state, err) < 0 ||
	    hooks_run(launch->spec, HOOK_CREATE_RUNTIME, launch->state, err) < 0)
		return -1;
	return r->opts->network ? r->opts->network(r->opts->arg, pid, err) : 0;
}

static int notify(void *arg, const char *what, pid_t pid, int fd, struct err *err)
{
	struct restore *r = arg;

	if (str_eq(what, "setup-namespaces"))
		return set_up_namespaces(r, pid, err);
	if (str_eq(what, "orphan-pts-master") && r->launch.console >= 0 && fd >= 0)
		return console_send(r->launch.console, fd, "/dev/ptmx", err);
	return 0;
}

static void put_inherited(struct strbuf *msg, const char *key, int fd)
{
	auto_strbuf struct strbuf part = { 0 };

	criu_msg_put_text(&part, 1, key);
	criu_msg_put(&part, 2, (uint64_t)fd);
	criu_msg_put_part(msg, CRIU_INHERIT_FD, &part);
}

static void put_mounts(const struct restore *r, struct strbuf *msg)
{
	for (size_t i = 0; i < r->image->mounts_n; i++) {
		auto_strbuf struct strbuf key = { 0 };

		strbuf_addf(&key, "mnt[%s]", r->image->mounts[i].target);
		if (key.failed)
			msg->failed = true;
		else
			criu_opts_put_external(msg, key.text, r->sources[i]);
	}
}

static int fill(const struct restore *r, struct strbuf *msg, struct err *err)
{
	if (criu_opts_put(msg, &r->opts->common, &r->dirs, err) < 0)
		return -1;
	criu_msg_put_text(msg, CRIU_ROOT, r->root);
	criu_msg_put(msg, CRIU_RST_SIBLING, 1);
	if (r->launch.spec->process.terminal)
		criu_msg_put(msg, CRIU_ORPHAN_PTS_MASTER, 1);
	put_mounts(r, msg);
	for (int fd = 0; fd < 3; fd++)
		if (is_inherited(r, fd))
			put_inherited(msg, r->image->stdio[fd], INHERITED(fd));
	if (r->launch.ns.fd[NS_NET] >= 0)
		put_inherited(msg, CRIU_OPTS_NETNS, INHERITED_NETNS);
	return 0;
}

static int undump(struct restore *r, struct err *err)
{
	auto_strbuf struct strbuf opts = { 0 };
	struct criu_job job = {
		.type = CRIU_RESTORE,
		.opts = &opts,
		.log = "restore.log",
		.work_fd = r->dirs.work,
		.prepare = prepare,
		.place = place,
		.notify = notify,
		.arg = r,
	};
	struct launch *launch = &r->launch;
	pid_t pid;

	if (fill(r, &opts, err) < 0 || criu_run(&job, &pid, err) < 0)
		return -1;
	launch->state->pid = pid;
	launch->pidfd = proc_pidfd_open(pid);
	if (launch->pidfd < 0 || proc_stat(pid, &launch->state->pid_start, NULL) < 0)
		return err_sys(err, "look at the restored process %d", pid);
	return 0;
}

/* The state is on disk, with the cgroup, before anything is in there: by that delete finds it. */
static int launch_restored(struct restore *r, struct err *err)
{
	struct launch *launch = &r->launch;
	const struct container_create_opts *create = launch->opts;

	launch->state->answerer = r->opts->answerer;
	if (launch_prepare_traces(launch, err) < 0 || find_sources(r, err) < 0 ||
	    state_save(&launch->dir, launch->state, err) < 0 || undump(r, err) < 0)
		return -1;
	launch->state->status = STATUS_RUNNING;
	if (state_save(&launch->dir, launch->state, err) < 0 ||
	    attach_announce(launch->state->pid, launch->pidfd, create->pid_file,
			    create->pidfd_socket, err) < 0)
		return -1;
	return hooks_run(launch->spec, HOOK_POSTSTART, launch->state, err);
}

static int follow(struct restore *r, struct attach *attach, int *ret_status, struct err *err)
{
	if (launch_restored(r, err) < 0) {
		launch_undo(&r->launch);
		return -1;
	}
	fd_closep(&r->launch.dir.lock_fd);
	if (r->launch.opts->detach)
		return 0;
	return attach_follow(attach, r->launch.state->pid, r->launch.pidfd, ret_status, err);
}

int container_restore(const struct container_settings *set, const char *id, const struct spec *spec,
		      const struct container_create_opts *create,
		      const struct container_restore_opts *opts, int *ret_status, struct err *err)
{
	struct restore r __attribute__((cleanup(restore_done))) = {
		.launch = LAUNCH_INIT,
		.opts = opts,
		.dirs = CRIU_DIRS_INIT,
	};
	auto_attach struct attach attach = ATTACH_INIT;

	r.launch.set = set;
	r.launch.spec = spec;
	r.launch.opts = create;
	r.launch.restores = true;
	*ret_status = 0;
	if (criu_dirs_open(&opts->common, false, &r.dirs, err) < 0 ||
	    image_load(r.dirs.image, &r.image, err) < 0 ||
	    image_lend(r.dirs.image, spec, err) < 0 ||
	    attach_init(&attach, false, !create->detach, err) < 0 ||
	    launch_prepare(&r.launch, id, err) < 0)
		return -1;
	if (follow(&r, &attach, ret_status, err) < 0)
		return -1;
	if (create->detach || create->keep)
		return 0;
	if (container_delete(set, id, true, err) == 0)
		return 0;
	return err->code == ERR_NOT_FOUND ? 0 : -1;
}
