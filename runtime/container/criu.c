/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

#define RESP_MAX_BYTES 4096
#define LOG_MAX_BYTES (64U << 20)
#define LOG_LEVEL 2 /* errors and warnings; criu writes megabytes with more */

/* criu itself calls tar, ip and iptables. */
static char path_env[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static const char *const places[] = { "/usr/local/sbin/criu", "/usr/local/bin/criu",
				      "/usr/sbin/criu", "/usr/bin/criu", NULL };

static const char *find_criu(struct err *err)
{
	for (const char *const *place = places; *place; place++)
		if (access(*place, X_OK) == 0)
			return *place;
	err_set(err, ERR_UNSUPPORTED, "the program criu is not here (install the package criu)");
	return NULL;
}

/* ---- criu's process ---- */

struct child {
	const struct criu_job *job;
	const char *program;
	int sock, report, go;
};

static int use_null(struct err *err)
{
	auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			return err_sys(err, "open /dev/null");
	return 0;
}

/* What it makes inherits the session keyring, which may not be the host's; and nothing that was
 * half made is to be waited for by a criu that nobody listens to any more. */
static int become_criu(const struct child *child, struct err *err)
{
	char number[16],
		*args[] = { (char *)(uintptr_t) "criu", (char *)(uintptr_t) "swrk", number, NULL };
	char *env[] = { path_env, NULL };
	sigset_t none;
	char go;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_sys(err, "prepare criu");
	if (read(child->go, &go, 1) != 1)
		return err_set(err, ERR_FAILED, "criu was not to start");
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS &&
	    errno != EPERM)
		return err_sys(err, "join a session keyring");
	if (fd_cloexec_from(3, err) < 0)
		return -1;
	if (child->job->prepare && child->job->prepare(child->job->arg, err) < 0)
		return -1;
	if (use_null(err) < 0 || fcntl(child->sock, F_SETFD, 0) < 0)
		return err_sys(err, "prepare criu");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(number, sizeof(number), "%d", child->sock);
	execve(child->program, args, env);
	return err_sys(err, "execute \"%s\"", child->program);
}

__attribute__((noreturn)) static void child_main(const struct child *child)
{
	struct err err = { 0 };

	become_criu(child, &err);
	_exit(fd_write_all(child->report, &err, sizeof(err)) < 0 ? 2 : 1);
}

/* ---- ours ---- */

struct talk {
	int sock, report, go;
	pid_t pid;
};

static int start(const struct criu_job *job, struct talk *ret, struct err *err)
{
	struct child child = { .job = job, .program = find_criu(err) };
	int pair[2], pipes[2], starts[2];

	if (!child.program)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
	    pipe2(pipes, O_CLOEXEC) < 0 || pipe2(starts, O_CLOEXEC) < 0)
		return err_sys(err, "make a pair of sockets");
	child.sock = pair[1];
	child.report = pipes[1];
	child.go = starts[0];
	ret->pid = proc_clone(0, -1, NULL);
	if (ret->pid == 0) {
		close(pair[0]);
		close(starts[1]);
		child_main(&child);
	}
	close(pair[1]);
	close(pipes[1]);
	close(starts[0]);
	ret->sock = pair[0];
	ret->report = pipes[0];
	ret->go = starts[1];
	return ret->pid < 0 ? err_sys(err, "start criu") : 0;
}

static int let_go(const struct criu_job *job, struct talk *talk, struct err *err)
{
	struct err why;

	if (job->place && job->place(job->arg, talk->pid, err) < 0)
		return -1;
	if (fd_write_all(talk->go, "", 1) < 0)
		return err_sys(err, "start criu");
	if (fd_read_all(talk->report, &why, sizeof(why)) != (ssize_t)sizeof(why))
		return 0;
	if (err)
		*err = why;
	return -1;
}

static int send_msg(const struct talk *talk, const struct strbuf *msg, struct err *err)
{
	if (msg->failed)
		return err_set(err, ENOMEM, "talk to criu: out of memory");
	if (send(talk->sock, msg->text, msg->len, MSG_NOSIGNAL) != (ssize_t)msg->len)
		return err_sys(err, "talk to criu");
	return 0;
}

/* The fd that came along, or -1. */
static int take_fd(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len >= CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static int receive(const struct talk *talk, struct criu_resp *ret, int *ret_fd, struct err *err)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	char data[RESP_MAX_BYTES];
	struct iovec part = { data, sizeof(data) };
	struct msghdr msg = { .msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control.room) };
	ssize_t n;

	do
		n = recvmsg(talk->sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, "listen to criu");
	*ret_fd = take_fd(&msg);
	if (n == 0)
		return err_set(err, ERR_FAILED, "criu ended without an answer");
	if (criu_msg_parse(data, (size_t)n, ret) < 0)
		return err_set(err, ERR_FAILED, "criu said what is no answer");
	return 0;
}

/* Notifications are answered; the first error of what they did is what is told in the end. */
static int converse(const struct criu_job *job, const struct talk *talk, struct criu_resp *ret,
		    struct err *err)
{
	struct err first = { 0 };

	for (;;) {
		auto_strbuf struct strbuf answer = { 0 };
		auto_fd int fd = -1;
		int rc = 0;

		if (receive(talk, ret, &fd, err) < 0)
			break;
		if (ret->type != CRIU_NOTIFY)
			return first.code ? (*err = first, -1) : 0;
		if (job->notify)
			rc = job->notify(job->arg, ret->script, (pid_t)ret->pid, fd,
					 first.code ? NULL : &first);
		criu_msg_go_on(&answer, rc == 0);
		if (send_msg(talk, &answer, err) < 0)
			break;
	}
	if (first.code)
		*err = first;
	return -1;
}

/* "(00.003) Error (criu/x.c:12): text" */
static const char *first_error(char *log)
{
	char *line, *text;

	for (char *rest = log; (line = strsep(&rest, "\n"));) {
		text = strstr(line, "Error (");
		if (!text || text - line > 24)
			continue;
		line = strstr(text, "): ");
		return line ? line + 3 : text;
	}
	return NULL;
}

static int failed(const struct criu_job *job, const struct criu_resp *resp, struct err *err)
{
	auto_free char *log = NULL;
	const char *text = NULL;
	char link[FD_PATH_SIZE], folder[256];
	ssize_t n;

	if (fd_load_at(job->work_fd, job->log, LOG_MAX_BYTES, &log, NULL, NULL) == 0)
		text = first_error(log);
	if (!text)
		text = *resp->text ? resp->text : "no reason told";
	n = readlink(fd_path(link, job->work_fd), folder, sizeof(folder) - 1);
	folder[n < 0 ? 0 : n] = '\0';
	err_set(err, ERR_FAILED, "criu: %.240s", text);
	return err_hint(err, "see \"%.120s/%s\"", folder, job->log);
}

static int ask(const struct criu_job *job, struct talk *talk, struct criu_resp *resp,
	       struct err *err)
{
	auto_strbuf struct strbuf opts = { 0 }, msg = { 0 };

	strbuf_add_mem(&opts, job->opts->text, job->opts->len);
	opts.failed = opts.failed || job->opts->failed;
	criu_msg_put_text(&opts, CRIU_LOG_FILE, job->log);
	criu_msg_put(&opts, CRIU_LOG_LEVEL, LOG_LEVEL);
	criu_msg_put(&opts, CRIU_NOTIFY_SCRIPTS, 1);
	criu_msg_request(&msg, job->type, &opts);
	if (let_go(job, talk, err) < 0 || send_msg(talk, &msg, err) < 0)
		return -1;
	if (converse(job, talk, resp, err) < 0)
		return -1;
	return resp->success && resp->type == (int)job->type ? 0 : failed(job, resp, err);
}

int criu_run(const struct criu_job *job, pid_t *ret_pid, struct err *err)
{
	struct talk talk = { -1, -1, -1, 0 };
	struct criu_resp resp = { 0 };
	int rc = start(job, &talk, err);

	if (rc == 0)
		rc = ask(job, &talk, &resp, err);
	fd_closep(&talk.sock);
	fd_closep(&talk.report);
	fd_closep(&talk.go);
	if (talk.pid > 0)
		proc_wait(talk.pid);
	if (rc == 0 && ret_pid)
		*ret_pid = (pid_t)resp.pid;
	return rc;
}
