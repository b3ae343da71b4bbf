/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/vminit/job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/vm/vminit/die.h"
#include "tests/vm/vminit/file.h"

#define PORT_TRIES 6000 /* of 5 ms: a busy host emulates slowly */
#define PORT_PAUSE_USEC 5000
#define CHUNK_BYTES 65536
#define STREAMS_MAX 2
#define OPEN_FILES_MAX 1048576 /* the hard limit that systemd gives */

/* What the job writes to a pipe goes to a port. The job does not get the port itself: it can't
 * be opened twice (as /dev/stdout is), nor handed to another user. */
struct stream {
	int from;
	int to;
	unsigned long long bytes;
};

struct run {
	struct stream streams[STREAMS_MAX];
	size_t stream_count;
	int status_port;
	int child_signals; /* signalfd of SIGCHLD */
	pid_t pid;
};

/* The device of a port shows up some time after its driver is loaded. -1 if there is none. */
static int port_open(const char *name, int tries)
{
	char device[PATH_MAX];

	for (; tries > 0; tries--, usleep(PORT_PAUSE_USEC))
		if (file_find_device("/sys/class/virtio-ports", "name", name, device) == 0)
			return open(device, O_RDWR | O_CLOEXEC);
	return -1;
}

/* Port "status" is the last of the ports, so once it is there, the others are. */
static void ports_open(struct run *run)
{
	static const char *const names[STREAMS_MAX] = { "out", "err" };

	run->status_port = port_open("status", PORT_TRIES);
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		run->streams[i].to = port_open(names[i], 1);
		if (run->streams[i].to >= 0)
			run->stream_count = i + 1;
	}
	if (run->status_port < 0 || run->stream_count == 0)
		die("find the virtio ports");
}

static void signals_watch(struct run *run)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, NULL))
		die("block SIGCHLD");
	run->child_signals = signalfd(-1, &child, SFD_CLOEXEC);
	if (run->child_signals < 0)
		die("make a signalfd");
}

static void __attribute__((noreturn)) job_exec(const struct job *job, int out, int err)
{
	struct rlimit files = { .rlim_cur = 1024, .rlim_max = OPEN_FILES_MAX };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setrlimit(RLIMIT_NOFILE, &files);
	setsid();
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	environ = job->env;
	if (chdir(job->cwd)) {
		dprintf(STDERR_FILENO, "vminit: chdir \"%s\": %m\n", job->cwd);
	} else {
		execvp(job->argv[0], job->argv);
		dprintf(STDERR_FILENO, "vminit: exec \"%s\": %m\n", job->argv[0]);
	}
	_exit(errno == ENOENT ? 127 : 126);
}

static void job_start(const struct job *job, struct run *run)
{
	int writers[STREAMS_MAX];

	for (size_t i = 0; i < run->stream_count; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC))
			die("make a pipe");
		run->streams[i].from = ends[0];
		writers[i] = ends[1];
	}
	run->pid = fork();
	if (run->pid < 0)
		die("fork");
	if (run->pid == 0)
		job_exec(job, writers[0], writers[run->stream_count - 1]);
	for (size_t i = 0; i < run->stream_count; i++)
		close(writers[i]);
}

/* Passes on what is there; 0 at the end or if nothing is there. */
static int stream_copy(struct stream *stream)
{
	static char chunk[CHUNK_BYTES];
	ssize_t size = read(stream->from, chunk, sizeof(chunk));

	if (size <= 0)
		return 0;
	for (ssize_t done = 0; done < size;) {
		ssize_t n = write(stream->to, chunk + done, (size_t)(size - done));

		if (n < 0)
			die("write to a port");
		done += n;
	}
	stream->bytes += (unsigned long long)size;
	return 1;
}

/* Collects every process that ended, orphans too. Returns 1 if the job is among them. */
static int reap(const struct run *run, int *ret_status)
{
	struct signalfd_siginfo info;
	int status, ended = 0;

	if (read(run->child_signals, &info, sizeof(info)) < 0)
		die("read from the signalfd");
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (pid != run->pid)
			continue;
		ended = 1;
		*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return ended;
}

/* What the job left running may hold the pipes open: only what is in them when the job ends
 * still counts as its output. */
static void streams_drain(struct run *run)
{
	for (size_t i = 0; i < run->stream_count; i++) {
		fcntl(run->streams[i].from, F_SETFL, O_NONBLOCK);
		while (stream_copy(&run->streams[i]))
			;
	}
}

/* Returns the job's exit status. */
static int job_wait(struct run *run)
{
	struct pollfd fds[STREAMS_MAX + 1] = { { .fd = run->child_signals, .events = POLLIN } };
	int status = 0, ended = 0;

	for (size_t i = 0; i < run->stream_count; i++)
		fds[i + 1] = (struct pollfd){ .fd = run->streams[i].from, .events = POLLIN };
	while (!ended) {
		if (poll(fds, 1 + run->stream_count, -1) < 0)
			die("poll");
		for (size_t i = 0; i < run->stream_count; i++)
			if (fds[i + 1].revents && !stream_copy(&run->streams[i]))
				fds[i + 1].fd = -1;
		if (fds[0].revents)
			ended = reap(run, &status);
	}
	streams_drain(run);
	return status;
}

static char **list_load(const char *folder, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return file_strings(path);
}

void job_load(struct job *ret_job, const char *folder)
{
	ret_job->argv = list_load(folder, "argv");
	ret_job->env = list_load(folder, "env");
	ret_job->cwd = list_load(folder, "cwd")[0];
}

void job_run(const struct job *job)
{
	struct run run = { 0 };
	int status;

	ports_open(&run);
	signals_watch(&run);
	dprintf(run.status_port, "started\n");
	job_start(job, &run);
	status = job_wait(&run);
	sync(); /* of the host's folders that it may write to */
	dprintf(run.status_port, "%d %llu %llu\n", status, run.streams[0].bytes,
		run.streams[1].bytes);
}
