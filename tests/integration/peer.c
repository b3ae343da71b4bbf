/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer: who stands at the other end of vzrun in the tests.
 *
 *   peer terminal SOCKET      a --console-socket: takes one terminal, says what came, and passes
 *                             stdin and stdout through to it until nobody has it open
 *   peer pidfd SOCKET         a --pidfd-socket: prints the pid behind the fd that comes
 *   peer pty COLSxROWS CMD... runs CMD on a new terminal and passes stdin and stdout through to
 *                             it; SIGUSR1 makes it 111x33; ends with CMD's status
 *   peer notify SOCKET        a service manager's socket: prints what is said to it
 *   peer say SOCKET TEXT      says it there; "@" begins an abstract name
 *   peer reap CMD...          a subreaper: runs CMD, then says who ended as its child
 *   peer exchange A B         exchanges two names again and again
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FDS 4

static int die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- sockets ---- */

static socklen_t address(const char *path, struct sockaddr_un *addr)
{
	size_t len = strlen(path);

	if (len >= sizeof(addr->sun_path))
		die(path);
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(addr->sun_path, path, len);
	if (*path != '@')
		return sizeof(*addr);
	addr->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static int open_server(const char *path, int type)
{
	struct sockaddr_un addr;
	socklen_t len = address(path, &addr);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 8) < 0))
		die(path);
	return fd;
}

static int say(char **argv)
{
	struct sockaddr_un addr;
	socklen_t len = address(argv[0], &addr);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || !argv[1] ||
	    sendto(fd, argv[1], strlen(argv[1]), 0, (struct sockaddr *)&addr, len) < 0)
		die(argv[0]);
	return 0;
}

/* One message and its fds. The length of its text, 0 at the end. */
static size_t receive(int sock, char *text, size_t size, int fds[MAX_FDS], size_t *ret_fds)
{
	char control[CMSG_SPACE(MAX_FDS * sizeof(int))] __attribute__((aligned(8)));
	struct iovec part = { text, size - 1 };
	struct msghdr msg = { .msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	if (n < 0)
		die("recvmsg");
	text[n] = '\0';
	*ret_fds = cmsg ? (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
	if (cmsg)
		memcpy(fds, CMSG_DATA(cmsg), *ret_fds * sizeof(int));
	return (size_t)n;
}

static int accept_fd(const char *path)
{
	int conn = accept4(open_server(path, SOCK_STREAM), NULL, NULL, SOCK_CLOEXEC);
	int fds[MAX_FDS];
	char text[256];
	size_t n;

	if (conn < 0)
		die("accept");
	if (receive(conn, text, sizeof(text), fds, &n) == 0)
		exit(3); /* nothing was sent */
	printf("text %s fds %zu\n", text, n);
	return n == 1 ? fds[0] : die("no fd");
}

static int notify(char **argv)
{
	int sock = open_server(argv[0], SOCK_DGRAM), fds[MAX_FDS];
	char text[8192];
	size_t n, len;

	while ((len = receive(sock, text, sizeof(text), fds, &n)) > 0) {
		printf("%s%s%s\n", text, text[len - 1] == '\n' ? "" : "\n",
		       n > 0 ? ". with an fd" : ".");
		for (size_t i = 0; i < n; i++)
			close(fds[i]);
	}
	return 0;
}

static int pidfd(char **argv)
{
	char path[64], line[256];
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", accept_fd(argv[0]));
	info = fopen(path, "r");
	while (info && fgets(line, sizeof(line), info))
		if (strncmp(line, "Pid:", 4) == 0)
			printf("pid %d\n", atoi(line + 4));
	return 0;
}

/* ---- terminals ---- */

static volatile sig_atomic_t resize;

static void on_resize(int sig)
{
	(void)sig;
	resize = 1;
}

static int pump(int from, int to)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return 1;
	return n > 0 && write(to, buf, (size_t)n) == n;
}

/* Until the other end of the terminal is closed. */
static void relay(int master)
{
	const struct winsize size = { .ws_row = 33, .ws_col = 111 };
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN },
				 { .fd = master, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll");
		else if (resize) {
			resize = 0;
			ioctl(master, TIOCSWINSZ, &size);
			continue;
		}
		if (fds[0].revents && !pump(0, master))
			fds[0].fd = -1;
		if (fds[1].revents && !pump(master, 1))
			return;
	}
}

static int terminal(char **argv)
{
	struct winsize size = { 0 };
	int master = accept_fd(argv[0]);

	ioctl(master, TIOCGWINSZ, &size);
	printf("size %ux%u\n", size.ws_col, size.ws_row);
	relay(master);
	return 0;
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int pty(char **argv)
{
	const struct sigaction action = { .sa_handler = on_resize };
	struct winsize size = { 0 };
	int master, status;
	pid_t pid;

	if (sscanf(argv[0], "%hux%hu", &size.ws_col, &size.ws_row) != 2 || !argv[1])
		return 2;
	pid = forkpty(&master, NULL, NULL, &size);
	if (pid < 0)
		die("forkpty");
	if (pid == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	sigaction(SIGUSR1, &action, NULL);
	relay(master);
	return waitpid(pid, &status, 0) < 0 ? die("waitpid") : status_of(status);
}

/* ---- processes and names ---- */

static int reap(char **argv)
{
	int status, result = 1;
	pid_t pid, first;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		die("prctl");
	first = fork();
	if (first == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	while ((pid = wait(&status)) > 0)
		if (pid == first)
			result = status_of(status);
		else
			printf("reaped %d %d\n", pid, status_of(status));
	return result;
}

static int exchange(char **argv)
{
	if (!argv[1])
		return 2;
	while (renameat2(AT_FDCWD, argv[0], AT_FDCWD, argv[1], RENAME_EXCHANGE) == 0)
		;
	return die("renameat2");
}

static const struct {
	const char *name;
	int (*run)(char **argv);
} roles[] = {
	{ "exchange", exchange }, { "notify", notify }, { "pidfd", pidfd },       { "pty", pty },
	{ "reap", reap },         { "say", say },       { "terminal", terminal },
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; argc > 2 && i < sizeof(roles) / sizeof(*roles); i++)
		if (strcmp(argv[1], roles[i].name) == 0)
			return roles[i].run(argv + 2);
	fputs("peer: see the head of peer.c\n", stderr);
	return 2;
}
