/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"
#include "runtime/container/notify.h"
#include "runtime/kernel/console.h"

/* All that a process can be sent but what the kernel raises for our own faults, SIGCHLD, and
 * SIGTSTP and its like, which stop us as they would any foreground program. */
static void forwarded(sigset_t *set)
{
	static const int ours[] = { SIGCHLD, SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT,
				    SIGTRAP, SIGSYS,  SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU };

	sigfillset(set);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigdelset(set, ours[i]);
}

int attach_init(struct attach *attach, bool terminal, bool follow, struct err *err)
{
	sigset_t set;

	if (terminal && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, attach->console) < 0)
		return err_sys(err, "make a socket pair");
	if (!follow)
		return 0;
	forwarded(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(err, "block signals");
	attach->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return attach->signal_fd < 0 ? err_sys(err, "watch signals") : 0;
}

void attach_done(struct attach *attach)
{
	if (attach->raw)
		tcsetattr(0, TCSANOW, &attach->saved);
	attach->raw = false;
	fd_closep(&attach->console[0]);
	fd_closep(&attach->console[1]);
	fd_closep(&attach->signal_fd);
	fd_closep(&attach->master);
}

int attach_console(struct attach *attach)
{
	return steal_fd(&attach->console[1]);
}

/* ---- the terminal ---- */

static int receive_master(struct attach *attach, struct err *err)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char text[64];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *head;

	if (recvmsg(attach->console[0], &msg, MSG_CMSG_CLOEXEC) <= 0)
		return err_set(err, ERR_FAILED, "the container sent no terminal");
	head = CMSG_FIRSTHDR(&msg);
	if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int)))
		return err_set(err, ERR_FAILED, "the container sent no terminal");
	memcpy(&attach->master, CMSG_DATA(head), sizeof(int));
	if (fcntl(attach->master, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return err_sys(err, "set up the terminal");
	return 0;
}

static void copy_size(struct attach *attach)
{
	struct winsize size;

	if (attach->master >= 0 && ioctl(0, TIOCGWINSZ, &size) == 0)
		ioctl(attach->master, TIOCSWINSZ, &size);
}

static int open_terminal(struct attach *attach, struct err *err)
{
	struct termios raw;

	if (receive_master(attach, err) < 0)
		return -1;
	copy_size(attach);
	if (tcgetattr(0, &attach->saved) < 0)
		return 0; /* our stdin is no terminal: bytes pass through as they are */
	raw = attach->saved;
	cfmakeraw(&raw);
	attach->raw = tcsetattr(0, TCSANOW, &raw) == 0;
	return 0;
}

/* What came from our stdin and the terminal has not taken yet. */
struct input {
	char buf[4096];
	size_t at, len;
	bool ended; /* stdin has no more, or there is nobody to give it to */
};

static bool is_empty(const struct input *in)
{
	return in->at == in->len;
}

static void input_read(struct input *in)
{
	ssize_t n = read(0, in->buf, sizeof(in->buf));

	if (n > 0) {
		in->at = 0;
		in->len = (size_t)n;
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		in->ended = true;
	}
}

/* As much as the terminal takes without making us wait: a program that writes before it reads
 * waits for us in turn. */
static void input_write(struct input *in, int master)
{
	ssize_t n = write(master, in->buf + in->at, in->len - in->at);

	if (n >= 0)
		in->at += (size_t)n;
	else if (errno != EINTR && errno != EAGAIN)
		*in = (struct input){ .ended = true };
}

/* Copies what the terminal has to our stdout. False: no more will come. */
static bool output_copy(int master)
{
	char buf[4096];
	ssize_t n = read(master, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	return n > 0 && fd_write_all(1, buf, (size_t)n) == 0;
}

/* ---- waiting ---- */

static void forward_signals(struct attach *attach, int pidfd)
{
	struct signalfd_siginfo info;

	while (read(attach->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGWINCH && attach->master >= 0)
			copy_size(attach);
		else
			proc_pidfd_signal(pidfd, (int)info.ssi_signo);
	}
}

enum { AT_CHILD, AT_SIGNAL, AT_INPUT, AT_TERMINAL, AT_NOTIFY, AT_N };

/* What to wait for: more of stdin only when the terminal has taken all there was. */
static void choose(struct pollfd *fds, const struct input *in)
{
	fds[AT_INPUT].fd = !in->ended && is_empty(in) ? 0 : -1;
	fds[AT_TERMINAL].events = is_empty(in) ? POLLIN : POLLIN | POLLOUT;
}

static void serve_terminal(struct pollfd *fds, struct input *in)
{
	struct pollfd *terminal = &fds[AT_TERMINAL];

	if (fds[AT_INPUT].revents)
		input_read(in);
	if (!is_empty(in) && (fds[AT_INPUT].revents || terminal->revents & POLLOUT))
		input_write(in, terminal->fd);
	if ((terminal->revents & ~POLLOUT) && !output_copy(terminal->fd)) {
		terminal->fd = -1; /* EIO: nobody has the other end open */
		*in = (struct input){ .ended = true };
	}
}

static int follow_loop(struct attach *attach, int pidfd, struct err *err)
{
	struct pollfd fds[AT_N] = {
		[AT_CHILD] = { .fd = pidfd, .events = POLLIN },
		[AT_SIGNAL] = { .fd = attach->signal_fd, .events = POLLIN },
		[AT_INPUT] = { .fd = -1, .events = POLLIN },
		[AT_TERMINAL] = { .fd = attach->master, .events = POLLIN },
		[AT_NOTIFY] = { .fd = attach->notify_fd, .events = POLLIN },
	};
	struct input in = { .ended = attach->master < 0 };

	for (;;) {
		choose(fds, &in);
		if (poll(fds, AT_N, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(err, "wait for the container");
		}
		if (fds[AT_SIGNAL].revents)
			forward_signals(attach, pidfd);
		serve_terminal(fds, &in);
		if (fds[AT_NOTIFY].revents && notify_take(attach->notify_fd)) {
			notify_tell(attach->notify_socket, 0); /* we are the main process */
			fds[AT_NOTIFY].fd = -1;
		}
		/* What it wrote last is still in the terminal when it has ended. */
		if (fds[AT_CHILD].revents && !(fds[AT_TERMINAL].revents & POLLIN))
			return 0;
	}
}

int attach_follow(struct attach *attach, pid_t pid, int pidfd, int *ret_status, struct err *err)
{
	if (attach->console[0] >= 0 && open_terminal(attach, err) < 0)
		return -1;
	if (follow_loop(attach, pidfd, err) < 0)
		return -1;
	*ret_status = proc_wait(pid);
	if (*ret_status < 0)
		return err_sys(err, "wait for the container");
	return 0;
}

/* ---- telling others ---- */

static int write_pid_file(const char *path, pid_t pid, struct err *err)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", pid);
	auto_free char *dir = NULL;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	auto_fd int dir_fd = -1;

	dir = slash ? strndup(path, (size_t)(name - path)) : strdup(".");
	dir_fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir_fd < 0)
		return err_sys(err, "--pid-file: open the folder of \"%s\"", path);
	if (fd_replace_file(dir_fd, name, text, (size_t)len, 0644, 0, err) < 0)
		return err_wrap(err, "--pid-file");
	return 0;
}

static int send_pidfd(const char *path, int pidfd, struct err *err)
{
	auto_fd int sock = console_connect(path, err);

	if (sock < 0 || console_send(sock, pidfd, "pidfd", err) < 0)
		return err_wrap(err, "--pidfd-socket");
	return 0;
}

int attach_announce(pid_t pid, int pidfd, const char *pid_file, const char *pidfd_socket,
		    struct err *err)
{
	if (pid_file && write_pid_file(pid_file, pid, err) < 0)
		return -1;
	if (pidfd_socket && send_pidfd(pidfd_socket, pidfd, err) < 0)
		return -1;
	return 0;
}
