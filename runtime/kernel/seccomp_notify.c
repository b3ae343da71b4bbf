/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/mem.h"

#define SEND_TIMEOUT_SEC 10

int seccomp_connect_agent(const struct seccomp_program *program, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	auto_fd int fd = -1;

	if (strlen(program->listener_path) >= sizeof(addr.sun_path))
		return err_set(err, ENAMETOOLONG,
			       "connect to the seccomp agent \"%.64s…\": path too long",
			       program->listener_path);
	strcpy(addr.sun_path, program->listener_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(err, "connect to the seccomp agent \"%s\"", addr.sun_path);
	return steal_fd(&fd);
}

void seccomp_agent_message(const struct seccomp_program *program, pid_t pid, const char *state_json,
			   struct strbuf *sb)
{
	struct json_writer w = { .sb = sb };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "ociVersion", SPEC_VERSION);
	json_begin(&w, "fds", '[');
	json_put_str(&w, NULL, "seccompFd");
	json_end(&w, ']');
	json_put_int(&w, "pid", pid);
	if (program->listener_metadata)
		json_put_str(&w, "metadata", program->listener_metadata);
	json_put_raw(&w, "state", state_json);
	json_end(&w, '}');
}

/* ---- loading with a listener ----
 *
 * The filter may forbid every call by which the listener could be handed on, or make it wait
 * for an agent who has no listener yet. So a second thread, which the filter does not cover,
 * sends it; the two talk through memory alone. A thread, not a process: it leaves no zombie to
 * an init that does not wait, and execve(2) ends it.
 */

#define NOT_LOADED_YET (-1)
#define LOAD_FAILED (-2)
#define SENT_NOT_YET (-1)

struct handover {
	int agent;
	const char *message;
	size_t message_len;
	atomic_int listener; /* fd, NOT_LOADED_YET, LOAD_FAILED */
	atomic_int sent;     /* 0, SENT_NOT_YET, or the errno of sending */
};

static int send_message(struct handover *h, int listener)
{
	struct timeval timeout = { .tv_sec = SEND_TIMEOUT_SEC };
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct iovec part = { (void *)(uintptr_t)h->message, h->message_len };
	struct msghdr msg = { .msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &listener, sizeof(int));
	setsockopt(h->agent, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	while (part.iov_len > 0) {
		ssize_t n = sendmsg(h->agent, &msg, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		part.iov_base = (char *)part.iov_base + n;
		part.iov_len -= (size_t)n;
		msg.msg_control = NULL; /* the fd goes with the first part only */
		msg.msg_controllen = 0;
	}
	return 0;
}

static void *sender(void *arg)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	struct handover *h = arg;
	int listener, error = 0;

	/* Polled: waking us would take the other thread a system call. */
	while ((listener = atomic_load(&h->listener)) == NOT_LOADED_YET)
		nanosleep(&pause, NULL);
	if (listener >= 0) {
		error = send_message(h, listener);
		close(listener);
	}
	/* "It MUST be closed after sending a seccomp state": other copies of the fd too. */
	shutdown(h->agent, SHUT_RDWR);
	close(h->agent);
	atomic_store(&h->sent, error);
	return NULL;
}

/* No system call from the load on: each could be one that the filter kills for. 0 or errno. */
static int load_and_wait(struct handover *h, struct sock_fprog *fprog, unsigned int flags)
{
	long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, fprog);
	int error = rc < 0 ? errno : 0, sent;

	atomic_store(&h->listener, rc < 0 ? LOAD_FAILED : (int)rc);
	do
		sent = atomic_load(&h->sent);
	while (sent == SENT_NOT_YET);
	return error ? error : sent;
}

int seccomp_install_notify(const struct seccomp_program *program, int agent, const char *message,
			   size_t message_len, struct err *err)
{
	struct sock_fprog fprog = { .len = program->len, .filter = program->filter };
	struct handover h = { .agent = agent,
			      .message = message,
			      .message_len = message_len,
			      .listener = NOT_LOADED_YET,
			      .sent = SENT_NOT_YET };
	pthread_t thread;
	int error = pthread_create(&thread, NULL, sender, &h);

	if (error == 0) {
		pthread_detach(thread);
		error = load_and_wait(&h, &fprog,
				      program->flags | SECCOMP_FILTER_FLAG_NEW_LISTENER);
	} else {
		close(agent);
	}
	errno = error;
	return error ? err_sys(err, "hand the seccomp listener to its agent") : 0;
}
