/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/container/criu.h"
#include "runtime/container/criu_opts.h"
#include "runtime/container/image.h"
#include "runtime/container/state.h"
#include "runtime/kernel/cgroup.h"

struct checkpoint {
	const struct container_checkpoint_opts *opts;
	struct state_dir dir;
	struct container_state *state;
	struct spec *spec;
	struct image *image;
	struct criu_dirs dirs;
	int status_fd; /* for criu, or -1 */
};

static void checkpoint_done(struct checkpoint *cp)
{
	criu_dirs_close(&cp->dirs);
	image_freep(&cp->image);
	spec_freep(&cp->spec);
	container_state_freep(&cp->state);
	state_dir_close(&cp->dir);
}

static int check_state(const struct container_state *state, struct err *err)
{
	if (state->status == STATUS_RUNNING || state->status == STATUS_PAUSED)
		return 0;
	return err_set(err, ERR_STATE, "cannot checkpoint a container that is %s",
		       container_status_name(state->status));
}

/* ADDRESS:PORT */
static int put_page_server(struct strbuf *msg, const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	auto_free char *address = colon ? strndup(text, (size_t)(colon - text)) : NULL;
	auto_strbuf struct strbuf part = { 0 };
	int64_t port;

	if (!colon)
		return err_set(err, ERR_USAGE, "--page-server: use ADDRESS:PORT");
	if (!address)
		return err_sys(err, "--page-server");
	if (num_parse(colon + 1, "--page-server: the port", 1, 65535, &port, err) < 0)
		return -1;
	criu_msg_put_text(&part, 1, address);
	criu_msg_put(&part, 2, (uint64_t)port);
	criu_msg_put_part(msg, CRIU_PAGE_SERVER, &part);
	return 0;
}

/* Sockets, pipes and namespaces go by "net[INODE]". */
static int put_netns(const struct checkpoint *cp, struct strbuf *msg, struct err *err)
{
	char path[48], key[48];
	struct stat st;

	if (!cp->spec->lin.ns[NS_NET].path)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", cp->state->pid);
	if (stat(path, &st) < 0)
		return err_sys(err, "look at \"%s\"", path);
	snprintf(key, sizeof(key), "net[%ju]", (uintmax_t)st.st_ino);
	criu_opts_put_external(msg, key, CRIU_OPTS_NETNS);
	return 0;
}

static void put_outside(const struct image *image, struct strbuf *msg)
{
	for (size_t i = 0; i < ARRAY_SIZE(image->stdio); i++)
		if (str_starts(image->stdio[i], "file["))
			criu_msg_put_text(msg, CRIU_EXTERNAL, image->stdio[i]);
	for (size_t i = 0; i < image->mounts_n; i++) {
		auto_strbuf struct strbuf key = { 0 };

		strbuf_addf(&key, "mnt[%s]", image->mounts[i].target);
		if (key.failed)
			msg->failed = true;
		else
			criu_opts_put_external(msg, key.text, image->mounts[i].target);
	}
}

/* By the freezer nothing that is in the container is missed, and what is paused is woken for it. */
static int put_freezer(const struct checkpoint *cp, struct strbuf *msg, struct err *err)
{
	char path[PATH_MAX];

	if (!*cp->state->cgroup)
		return 0;
	if (cgroup_full_path(cp->state->cgroup, path, err) < 0)
		return -1;
	criu_msg_put_text(msg, CRIU_FREEZE_CGROUP, path);
	return 0;
}

static int fill(const struct checkpoint *cp, struct strbuf *msg, struct err *err)
{
	const struct container_checkpoint_opts *opts = cp->opts;

	if (criu_opts_put(msg, &opts->common, &cp->dirs, err) < 0)
		return -1;
	criu_msg_put(msg, CRIU_PID, (uint64_t)cp->state->pid);
	criu_msg_put_text(msg, CRIU_ROOT, cp->state->rootfs);
	if (opts->leave_running)
		criu_msg_put(msg, CRIU_LEAVE_RUNNING, 1);
	if (opts->pre_dump)
		criu_msg_put(msg, CRIU_TRACK_MEM, 1);
	if (opts->tcp_skip_in_flight)
		criu_msg_put(msg, CRIU_TCP_SKIP_IN_FLIGHT, 1);
	if (opts->parent_path)
		criu_msg_put_text(msg, CRIU_PARENT_IMG, opts->parent_path);
	if (cp->status_fd >= 0)
		criu_msg_put(msg, CRIU_STATUS_FD, (uint64_t)cp->status_fd);
	if (cp->spec->process.terminal)
		criu_msg_put(msg, CRIU_ORPHAN_PTS_MASTER, 1);
	put_outside(cp->image, msg);
	if (opts->page_server && put_page_server(msg, opts->page_server, err) < 0)
		return -1;
	return put_netns(cp, msg, err) < 0 ? -1 : put_freezer(cp, msg, err);
}

static int pass_status_fd(void *arg, struct err *err)
{
	const struct checkpoint *cp = arg;

	if (cp->status_fd >= 0 && fcntl(cp->status_fd, F_SETFD, 0) < 0)
		return err_sys(err, "--status-fd");
	return 0;
}

static int notify(void *arg, const char *what, pid_t pid, int fd, struct err *err)
{
	const struct checkpoint *cp = arg;

	(void)pid;
	(void)fd;
	if (!str_eq(what, "post-dump") || !cp->opts->done)
		return 0;
	return cp->opts->done(cp->opts->arg, err);
}

static int prepare(struct checkpoint *cp, const struct container_settings *set, const char *id,
		   struct err *err)
{
	const struct criu_common_opts *common = &cp->opts->common;

	if (state_dir_open(set, id, true, &cp->dir, err) < 0 ||
	    state_load(&cp->dir, id, &cp->state, err) < 0 || check_state(cp->state, err) < 0 ||
	    container_load_spec(set, id, &cp->spec, err) < 0)
		return -1;
	if (image_look(cp->state, cp->spec, common->grafts, common->grafts_n, &cp->image, err) < 0)
		return -1;
	if (criu_dirs_open(common, true, &cp->dirs, err) < 0)
		return -1;
	return cp->opts->pre_dump ? 0 : image_save(cp->dirs.image, cp->image, err);
}

static int dump(struct checkpoint *cp, struct err *err)
{
	auto_strbuf struct strbuf opts = { 0 };
	struct criu_job job = {
		.type = cp->opts->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP,
		.opts = &opts,
		.log = "dump.log",
		.work_fd = cp->dirs.work,
		.prepare = pass_status_fd,
		.notify = notify,
		.arg = cp,
	};

	return fill(cp, &opts, err) < 0 ? -1 : criu_run(&job, NULL, err);
}

int container_checkpoint(const struct container_settings *set, const char *id,
			 const struct container_checkpoint_opts *opts, struct err *err)
{
	struct checkpoint cp __attribute__((cleanup(checkpoint_done))) = {
		.opts = opts,
		.dir = { -1, -1 },
		.dirs = CRIU_DIRS_INIT,
		.status_fd = opts->status_fd > 2 ? (int)opts->status_fd : -1,
	};

	if (prepare(&cp, set, id, err) < 0 || dump(&cp, err) < 0)
		return -1;
	if (opts->leave_running || opts->pre_dump)
		return 0;
	state_dir_close(&cp.dir);
	return container_delete(set, id, true, err);
}
