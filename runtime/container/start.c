/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/container/hooks.h"
#include "runtime/container/notify.h"
#include "runtime/container/state.h"
#include "runtime/container/sync.h"

/* The init of a created container waits at exec.sock; nobody waits there any more once the
 * program runs, whatever a start that was killed left in state.json. */
static int connect_init(const struct state_dir *dir)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	auto_fd int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/exec.sock", dir->fd);
	if (sock < 0 || connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -1;
	return steal_fd(&sock);
}

static int refuse(const struct container_state *state, struct err *err)
{
	switch (state->status) {
	case STATUS_RUNNING:
		return err_set(err, ERR_STATE, "cannot start an already running container");
	case STATUS_STOPPED:
		return err_set(err, ERR_STATE, "cannot start a container that has stopped");
	default:
		return err_set(err, ERR_STATE, "cannot start a container in the %s state",
			       container_status_name(state->status));
	}
}

/* The word to the init that waits behind sock, and what comes of it. */
static int let_go(const struct state_dir *dir, struct container_state *state, int sock,
		  struct err *err)
{
	struct sync_msg msg;

	state->status = STATUS_RUNNING;
	if (state_save(dir, state, err) < 0)
		return -1;
	if (sync_send(sock, SYNC_GO, 0) < 0)
		return err_sys(err, "tell the container's init");
	if (sync_expect(sock, SYNC_STARTED, &msg, "", err) < 0 ||
	    sync_expect(sock, SYNC_EOF, &msg, "the container's program", err) < 0)
		return -1;
	unlinkat(dir->fd, "exec.sock", 0);
	return 0;
}

/* What container_start holds. */
struct start {
	struct state_dir dir;
	struct container_state *state;
	struct spec *spec; /* where it has poststart hooks, else NULL */
	int sock, notify;
};

static void start_done(struct start *start)
{
	fd_closep(&start->sock);
	fd_closep(&start->notify);
	container_state_freep(&start->state);
	spec_freep(&start->spec);
	state_dir_close(&start->dir);
}

/* Without the lock: other verbs may come while a hook is at work. The spec was read before. */
static int run_hooks(const struct container_settings *set, struct start *start, struct err *err)
{
	const char *id = start->state->id;
	struct err lost;

	fd_closep(&start->dir.lock_fd);
	if (!start->spec || hooks_run(start->spec, HOOK_POSTSTART, start->state, err) == 0)
		return 0;
	/* config.md: a failed poststart hook takes the container down; this one, if it is still
	 * there. */
	if (state_dir_relock(set, id, &start->dir, &lost) == 0)
		container_kill(set, id, SIGKILL, true, NULL);
	return -1;
}

static int wait_ready(const struct container_settings *set, struct start *start, struct err *err)
{
	auto_fd int init = start->notify < 0 ? -1 : state_pidfd(start->state, NULL);

	if (init < 0)
		return 0;
	return notify_wait(start->notify, set->notify_socket, start->state->pid, init, err);
}

int container_start(const struct container_settings *set, const char *id, struct err *err)
{
	struct start start __attribute__((
		cleanup(start_done))) = { .dir = { -1, -1 }, .sock = -1, .notify = -1 };

	if (state_dir_open(set, id, true, &start.dir, err) < 0 ||
	    state_load(&start.dir, id, &start.state, err) < 0)
		return -1;
	if (start.state->status != STATUS_STOPPED && start.state->status != STATUS_PAUSED)
		start.sock = connect_init(&start.dir);
	if (start.sock < 0)
		return refuse(start.state, err);
	if (set->notify_socket && notify_listen(start.dir.fd, &start.notify, err) < 0)
		return -1;
	if (start.state->hooks_at_start && container_load_spec(set, id, &start.spec, err) < 0)
		return -1;
	if (let_go(&start.dir, start.state, start.sock, err) < 0)
		return -1;
	return run_hooks(set, &start, err) < 0 ? -1 : wait_ready(set, &start, err);
}
