/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who answers sysinfo(2) is killed, and its twin goes on: also one that was made while its
 * predecessor was in the midst of what poll had told it. */
#include "config.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/kernel/seccomp.h"
#include "runtime/kernel/sysinfo.h"

#define NAME "vzrun-sysinfo"
#define TRIES 1000
#define PAUSE_USEC 10000

static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sysinfo, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
static const struct seccomp_program program = { .filter = filter,
						.len = ARRAY_SIZE(filter),
						.notify = true };

/* ---- the processes of the test ---- */

static struct sockaddr_un address;

static socklen_t address_len(void)
{
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   strlen(address.sun_path + 1));
}

static int listen_somewhere(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	address.sun_family = AF_UNIX;
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "vzrun-test-%d", getpid());
	assert_return_code(fd, errno);
	assert_return_code(bind(fd, (struct sockaddr *)&address, address_len()), errno);
	assert_return_code(listen(fd, 8), errno);
	return fd;
}

/* One that calls: it does a step for each byte that it is sent, and answers with one. */
struct caller {
	pid_t pid;
	int fd;
};

static void next(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		_exit(0);
}

static void tell(int fd, bool good)
{
	if (write(fd, good ? "+" : "-", 1) != 1)
		_exit(1);
}

static void run_caller(int fd)
{
	int agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sysinfo info;
	struct err err;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	tell(fd, connect(agent, (struct sockaddr *)&address, address_len()) == 0 &&
			 sysinfo_await(agent, &err) == 0);
	next(fd);
	tell(fd, seccomp_install_notify(&program, agent, "{}", 2, &err) == 0);
	for (;;) {
		next(fd);
		tell(fd, sysinfo(&info) == 0);
	}
}

static void expect(const struct caller *caller, const char *what)
{
	struct pollfd ready = { .fd = caller->fd, .events = POLLIN };
	char byte = 0;

	if (poll(&ready, 1, TRIES * (PAUSE_USEC / 1000)) != 1)
		fail_msg("%s: no answer comes", what);
	assert_int_equal(read(caller->fd, &byte, 1), 1);
	if (byte != '+')
		fail_msg("%s: it failed", what);
}

static void ask(const struct caller *caller)
{
	assert_int_equal(write(caller->fd, ".", 1), 1);
}

static struct caller start_caller(void)
{
	struct caller caller;
	int pair[2];

	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), errno);
	caller.pid = fork();
	assert_return_code(caller.pid, errno);
	if (caller.pid == 0) {
		close(pair[0]);
		run_caller(pair[1]);
	}
	close(pair[1]);
	caller.fd = pair[0];
	expect(&caller, "connect");
	return caller;
}

static void end_caller(const struct caller *caller)
{
	kill(caller->pid, SIGKILL);
	proc_wait(caller->pid);
	close(caller->fd);
}

/* A container's init: in a user namespace of its own. */
static pid_t start_init(void)
{
	pid_t pid = fork();

	assert_return_code(pid, errno);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (unshare(CLONE_NEWUSER) == 0)
			for (;;)
				pause();
		_exit(1);
	}
	return pid;
}

static ino_t user_namespace(pid_t pid)
{
	char path[64];
	struct stat st = { 0 };

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	stat(path, &st);
	return st.st_ino;
}

/* ---- who answers ---- */

struct answerers {
	pid_t server, twin;
};

/* /proc/PID/stat: "PID (NAME) STATE PPID …" */
static bool read_stat(const char *pid, char *ret_state, pid_t *ret_parent)
{
	char path[64], text[256] = "", name[32];
	auto_fd int fd = -1;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
	       sscanf(text, "%*d (%31[^)]) %c %d", name, ret_state, ret_parent) == 3 &&
	       str_eq(name, NAME);
}

/* Others of that name may run on this machine. */
static bool has_socket(const char *pid, ino_t socket)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.20s/fd/4", pid); /* SYSINFO_FD_SOCKET */
	return stat(path, &st) == 0 && st.st_ino == socket;
}

static struct answerers look(ino_t socket)
{
	struct answerers ret = { 0 };
	pid_t pids[8], parents[8];
	size_t n = 0;
	auto_dir DIR *dir = opendir("/proc");

	assert_non_null(dir);
	for (struct dirent *entry; n < ARRAY_SIZE(pids) && (entry = readdir(dir));) {
		char state;

		if (*entry->d_name < '1' || *entry->d_name > '9' ||
		    !read_stat(entry->d_name, &state, &parents[n]) || state == 'Z' ||
		    !has_socket(entry->d_name, socket))
			continue;
		pids[n++] = atoi(entry->d_name);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (parents[i] == pids[j])
				ret = (struct answerers){ pids[j], pids[i] };
	return ret;
}

/* A pair with another twin than `old`, which stays for a while. */
static struct answerers wait_for_pair(ino_t socket, pid_t old)
{
	struct answerers pair = { 0 }, before;

	for (int i = 0; i < TRIES; i++) {
		before = pair;
		pair = look(socket);
		if (pair.twin && pair.twin != old && pair.twin == before.twin &&
		    pair.server == before.server)
			return pair;
		usleep(PAUSE_USEC);
	}
	fail_msg("there is no server with a new twin");
	return pair;
}

static void wait_for_state(pid_t pid, char wanted)
{
	char text[16], state = 0;
	pid_t parent;

	snprintf(text, sizeof(text), "%d", pid);
	for (int i = 0; i < TRIES && state != wanted; i++, usleep(PAUSE_USEC))
		if (!read_stat(text, &state, &parent))
			break;
	assert_int_equal(state, wanted);
}

/* It stands in sysinfo(2), which nobody has answered yet. */
static void wait_for_call(const struct caller *caller)
{
	char path[64];
	long nr = -1;

	snprintf(path, sizeof(path), "/proc/%d/syscall", caller->pid);
	for (int i = 0; i < TRIES && nr != SYS_sysinfo; i++, usleep(PAUSE_USEC)) {
		char text[32] = "";
		auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
			nr = strtol(text, NULL, 10);
	}
	assert_int_equal(nr, SYS_sysinfo);
}

/* ---- the test ---- */

static void start_answerers(pid_t init, int socket)
{
	auto_fd int pidfd = proc_pidfd_open(init);
	const struct sysinfo_job job = {
		.init_pidfd = pidfd,
		.cgroup_fd = -1,
		.socket_fd = socket,
		.first_fd = -1,
	};
	struct err err;

	for (int i = 0; i < TRIES && user_namespace(init) == user_namespace(getpid()); i++)
		usleep(PAUSE_USEC);
	assert_ok(sysinfo_start(&job, &err), &err);
}

/* Poll tells the server of two things at once: a new listener, which makes it renew its twin, and
 * a call by an older one, which is answered only then. The new twin has seen the same and must
 * not wait for that call, which is not there any more. */
static void a_twin_made_in_the_midst_waits_for_no_call_that_was(void **state)
{
	auto_fd int socket = -1;
	struct caller old, new;
	struct answerers first, second;
	struct stat st;
	pid_t init;

	NEED_ROOT;
	socket = listen_somewhere();
	assert_return_code(fstat(socket, &st), errno);
	init = start_init();
	start_answerers(init, socket);
	old = start_caller();
	ask(&old);
	expect(&old, "send the listener");
	ask(&old);
	expect(&old, "call");
	new = start_caller();
	first = wait_for_pair(st.st_ino, 0);
	kill(first.server, SIGSTOP);
	wait_for_state(first.server, 'T');
	ask(&old);
	wait_for_call(&old);
	ask(&new);
	expect(&new, "send another listener");
	kill(first.server, SIGCONT);
	expect(&old, "call a server that stood still");
	second = wait_for_pair(st.st_ino, first.twin);
	assert_int_equal(second.server, first.server);
	kill(second.server, SIGKILL);
	ask(&new);
	expect(&new, "call the twin");
	ask(&old);
	expect(&old, "call the twin by the older listener");
	end_caller(&new);
	end_caller(&old);
	kill(init, SIGKILL);
	proc_wait(init);
	for (int i = 0; i < TRIES && look(st.st_ino).twin; i++)
		usleep(PAUSE_USEC);
	sysinfo_tidy();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_twin_made_in_the_midst_waits_for_no_call_that_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
