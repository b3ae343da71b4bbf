/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A listener reaches its agent whatever the filter forbids. */
#include "config.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/json.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"
#include "runtime/kernel/seccomp.h"

#define NUMBER BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ON(nr, answer) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, answer)

/* Any call kills but exit_group and getppid, which the agent answers. */
static struct sock_filter strict[] = {
	NUMBER,
	ON(SYS_exit_group, SECCOMP_RET_ALLOW),
	ON(SYS_getppid, SECCOMP_RET_USER_NOTIF),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};
static const struct seccomp_program program = { .filter = strict,
						.len = ARRAY_SIZE(strict),
						.notify = true };

/* Ends with what getppid returned, or with 100 where the listener could not be sent. */
static void filtered_process(const struct seccomp_program *p, int agent, const char *message)
{
	struct err err;
	long status = 100;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (seccomp_install_notify(p, agent, message, strlen(message), &err) == 0)
		status = syscall(SYS_getppid);
	syscall(SYS_exit_group, status);
}

static pid_t start(const struct seccomp_program *p, int agent, const char *message)
{
	pid_t pid = proc_clone(0, -1, NULL);

	assert_return_code(pid, errno);
	if (pid == 0)
		filtered_process(p, agent, message);
	close(agent);
	return pid;
}

static int receive(int sock, char *text, size_t size)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { text, size - 1 };
	struct msghdr msg = { .msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(sock, &msg, 0);
	int fd = -1;

	assert_return_code(n, errno);
	text[n] = '\0';
	if (CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static void answer(int listener, int64_t value)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp response = { .val = value };

	assert_return_code(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call), errno);
	assert_int_equal(call.data.nr, SYS_getppid);
	response.id = call.id;
	assert_return_code(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response), errno);
}

static void listener_arrives_though_every_call_kills(void **state)
{
	int pair[2], listener;
	char text[64], more;
	pid_t pid;

	(void)state;
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), errno);
	pid = start(&program, pair[1], "the message");
	listener = receive(pair[0], text, sizeof(text));
	assert_string_equal(text, "the message");
	assert_return_code(listener, 0);
	answer(listener, 42);
	assert_int_equal(proc_wait(pid), 42);
	/* One message a connection, then the end. */
	assert_int_equal(read(pair[0], &more, 1), 0);
	close(listener);
	close(pair[0]);
}

static void message_may_be_longer_than_the_socket_takes(void **state)
{
	size_t size = 1 << 20, got = 0;
	auto_free char *message = malloc(size + 1), *text = malloc(size + 1);
	int pair[2], listener;
	pid_t pid;

	(void)state;
	memset(message, 'x', size);
	message[size] = '\0';
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), errno);
	pid = start(&program, pair[1], message);
	listener = receive(pair[0], text, 4096);
	assert_return_code(listener, 0);
	got = strlen(text);
	while (got < size) {
		ssize_t n = read(pair[0], text + got, size - got);

		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_memory_equal(text, message, size);
	answer(listener, 7);
	assert_int_equal(proc_wait(pid), 7);
	close(listener);
	close(pair[0]);
}

static void agent_that_is_gone_is_an_error(void **state)
{
	int pair[2];

	(void)state;
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), errno);
	close(pair[0]);
	assert_int_equal(proc_wait(start(&program, pair[1], "m")), 100);
}

static void program_that_the_kernel_refuses_is_an_error(void **state)
{
	struct sock_filter bad[] = { NUMBER };
	const struct seccomp_program endless = { .filter = bad, .len = 1, .notify = true };
	int pair[2];
	char more;

	(void)state;
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), errno);
	assert_int_equal(proc_wait(start(&endless, pair[1], "m")), 100);
	assert_int_equal(read(pair[0], &more, 1), 0);
	close(pair[0]);
}

static void message_is_the_container_process_state(void **state)
{
	const struct seccomp_program with = { .listener_metadata = "a \"b\"" }, without = { 0 };
	auto_strbuf struct strbuf sb = { 0 };

	(void)state;
	seccomp_agent_message(&with, 4422, "{\"id\":\"c\"}", &sb);
	assert_string_equal(sb.text, "{\"ociVersion\":\"" SPEC_VERSION
				     "\",\"fds\":[\"seccompFd\"],\"pid\":4422,"
				     "\"metadata\":\"a \\\"b\\\"\",\"state\":{\"id\":\"c\"}}");
	strbuf_done(&sb);
	seccomp_agent_message(&without, 1, "{}", &sb);
	assert_string_equal(sb.text, "{\"ociVersion\":\"" SPEC_VERSION
				     "\",\"fds\":[\"seccompFd\"],\"pid\":1,\"state\":{}}");
}

static void agent_is_found_by_path(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/test_seccomp_notify.XXXXXX";
	struct seccomp_program p = { 0 };
	struct err err;
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/agent", dir);
	p.listener_path = addr.sun_path;
	assert_int_equal(seccomp_connect_agent(&p, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_return_code(bind(server, (struct sockaddr *)&addr, sizeof(addr)), errno);
	assert_return_code(listen(server, 1), errno);
	fd = seccomp_connect_agent(&p, &err);
	assert_return_code(fd, 0);
	close(fd);
	close(server);
	unlink(addr.sun_path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listener_arrives_though_every_call_kills),
		cmocka_unit_test(message_may_be_longer_than_the_socket_takes),
		cmocka_unit_test(agent_that_is_gone_is_an_error),
		cmocka_unit_test(program_that_the_kernel_refuses_is_an_error),
		cmocka_unit_test(message_is_the_container_process_state),
		cmocka_unit_test(agent_is_found_by_path),
	};

	return cmocka_run_group_tests_name("seccomp_notify", tests, NULL, NULL);
}
