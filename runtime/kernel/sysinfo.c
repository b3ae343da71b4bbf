/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/sysinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/kernel/apart.h"
#include "runtime/kernel/sysinfo_fds.h"

/* So that those aside fit too, and there is room for a few that exec starts. */
#define PLACES_MIN 32

/* How long they may take to say that there is room: they do little else. */
#define WELCOME_TIMEOUT_SEC 10

extern const char sysinfo_image_start[], sysinfo_image_end[];

void sysinfo_tidy(void)
{
	apart_tidy(SYSINFO_APART);
}

/* ---- the child, until it is the tiny program ---- */

/* Not the caller's limit, which is not made for this; as far as that may be raised. How many
 * places there are then, or -1. */
static int raise_files(struct err *err)
{
	const rlim_t want = SYSINFO_PLACES + SYSINFO_OTHER_FDS;
	struct rlimit limit = { 0 };

	limit.rlim_cur = limit.rlim_max = want;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur < PLACES_MIN + SYSINFO_OTHER_FDS)
		return err_set(err, ERR_FAILED, "%llu open files (RLIMIT_NOFILE) are too few",
			       (unsigned long long)limit.rlim_cur);
	return (int)(limit.rlim_cur - SYSINFO_OTHER_FDS);
}

static int params_fd(const struct sysinfo_job *job, int places, struct err *err)
{
	struct sysinfo_params params = { .start_ticks = job->start_ticks,
					 .ticks_per_sec = (uint64_t)sysconf(_SC_CLK_TCK),
					 .mknod = job->mknod,
					 .places = (uint64_t)places };
	auto_fd int from = -1, to = -1;
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	from = pair[0];
	to = pair[1];
	if (fd_write_all(to, &params, sizeof(params)) < 0)
		return err_sys(err, "write to a pipe");
	return steal_fd(&from);
}

/* A file that the cgroup lacks is a controller that the host lacks. */
static int open_file(int cgroup_fd, const char *name)
{
	return cgroup_fd < 0 ? -1 : openat(cgroup_fd, name, O_RDONLY | O_CLOEXEC);
}

static int open_proc(void)
{
	return open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* `params` is closed here. */
static int arrange_fds(const struct sysinfo_job *job, int params, int *program, int *report,
		       struct err *err)
{
	int fds[SYSINFO_FD_END] = {
		[SYSINFO_FD_INIT] = job->init_pidfd,
		[SYSINFO_FD_SOCKET] = job->socket_fd,
		[SYSINFO_FD_FIRST] = job->first_fd,
		[SYSINFO_FD_PARAMS] = params,
		[SYSINFO_FD_PROC] = job->mknod ? open_proc() : -1,
		[SYSINFO_FD_MEMORY_MAX] = open_file(job->cgroup_fd, "memory.max"),
		[SYSINFO_FD_MEMORY_CURRENT] = open_file(job->cgroup_fd, "memory.current"),
		[SYSINFO_FD_SWAP_MAX] = open_file(job->cgroup_fd, "memory.swap.max"),
		[SYSINFO_FD_SWAP_CURRENT] = open_file(job->cgroup_fd, "memory.swap.current"),
		[SYSINFO_FD_TASKS] = open_file(job->cgroup_fd, "pids.current"),
		[SYSINFO_FD_CPU] = open_file(job->cgroup_fd, "cpu.stat"),
		[SYSINFO_FD_PRESSURE] = open_file(job->cgroup_fd, "cpu.pressure"),
	};
	_Static_assert(SYSINFO_FD_END <= APART_FDS_MAX, "they come out of the way");
	return apart_arrange_fds(fds, SYSINFO_FD_INIT, SYSINFO_FD_END, program, report, err);
}

static int set_caps(uint64_t effective, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	for (int i = 0; i < 2; i++) {
		data[i].effective = data[i].permitted = (uint32_t)(effective >> 32 * i);
		data[i].inheritable = (uint32_t)(inheritable >> 32 * i);
	}
	return (int)syscall(SYS_capset, &header, data);
}

#define CAP(cap) ((uint64_t)1 << (cap))

/* The ids are the container's, so no file of the host's is theirs, and in the container no process
 * sees them. What is kept on the way:
 * - CAP_SYS_ADMIN, CAP_SYS_PTRACE of the host, until the container's user namespace is joined by
 *   the init's pidfd: the kernel asks for both.
 * What is kept for good:
 * - CAP_SYS_PTRACE over the container's user namespace, and so over nothing of the host's: to
 *   write the answer into the caller's memory, whoever of the container that is. Ambient, since
 *   execve would take it from an id that is not 0.
 * - to answer mknod(2), over that user namespace too, what it takes to go to where a caller is
 *   and mount something there: CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_DAC_OVERRIDE, and CAP_SETUID
 *   and CAP_SETGID for the file below it to be the container's root's.
 * The program itself then gives up all system calls but what it needs. */
#define MKNOD_KEPT                                                                            \
	(CAP(CAP_SYS_ADMIN) | CAP(CAP_SYS_CHROOT) | CAP(CAP_DAC_OVERRIDE) | CAP(CAP_SETUID) | \
	 CAP(CAP_SETGID))

static int drop(const struct sysinfo_job *job, struct err *err)
{
	const uint64_t joining = CAP(CAP_SYS_ADMIN) | CAP(CAP_SYS_PTRACE);
	const uint64_t kept = CAP(CAP_SYS_PTRACE) | (job->mknod ? MKNOD_KEPT : 0);
	const struct rlimit none = { 0, 0 }, all = { RLIM_INFINITY, RLIM_INFINITY };

	/* The number of processes is counted by id, and so would be those of the container. */
	setrlimit(RLIMIT_NPROC, &all);
	setrlimit(RLIMIT_CORE, &none);
	if (prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(job->gid, job->gid, job->gid) < 0 ||
	    setresuid(job->uid, job->uid, job->uid) < 0 || set_caps(joining, 0) < 0)
		return err_sys(err, "become user %u", job->uid);
	if (setns(SYSINFO_FD_INIT, CLONE_NEWUSER) < 0)
		return err_sys(err, "join the container's user namespace");
	if (set_caps(kept, kept) < 0)
		return err_sys(err, "drop capabilities");
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if ((kept & CAP(cap)) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return err_sys(err, "keep capabilities");
	return 0;
}

/* It will be able to open files, so none of the host's is to be in its reach: its root is what is
 * known of the open files of this process, and nothing when this process has ended. */
static int enter_root(const struct sysinfo_job *job, struct err *err)
{
	if (!job->mknod)
		return chdir("/") < 0 ? err_sys(err, "enter \"/\"") : 0;
	if (chdir("/proc/self/fdinfo") < 0 || chroot(".") < 0)
		return err_sys(err, "enter an empty folder");
	return 0;
}

static int become(const struct sysinfo_job *job, int *report, struct err *err)
{
	char *const argv[] = { (char *)(uintptr_t) "vzrun-sysinfo", NULL }, *const envp[] = {
		NULL
	};
	int program = apart_image(argv[0], sysinfo_image_start, sysinfo_image_end, err);
	int places = raise_files(err);
	int params = places < 0 ? -1 : params_fd(job, places, err);
	sigset_t all;

	apart_spare_from_oom(); /* takes CAP_SYS_RESOURCE, so before drop() */
	if (program < 0 || params < 0 || arrange_fds(job, params, &program, report, err) < 0)
		return -1;
	/* Nothing but a KILL is for them: no terminal's signal, and no SIGCHLD. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	umask(077);
	if (enter_root(job, err) < 0)
		return -1;
	if (drop(job, err) < 0)
		return -1;
	syscall(SYS_execveat, program, "", argv, envp, AT_EMPTY_PATH);
	return err_sys(err, "execute the program");
}

/* ---- the parent ---- */

int sysinfo_start(const struct sysinfo_job *job, struct err *err)
{
	auto_fd int from = -1, to = -1;
	struct err why;
	int pair[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	from = pair[0];
	to = pair[1];
	pid = apart_clone(SYSINFO_APART);
	if (pid == 0) {
		become(job, &to, &why);
		_exit(fd_write_all(to, &why, sizeof(why)) < 0);
	}
	if (pid < 0)
		return err_sys(err, "answer sysinfo(2): fork into \"" SYSINFO_CGROUP "\"");
	fd_closep(&to);
	n = fd_read_all(from, &why, sizeof(why)); /* its end is that of the exec */
	status = proc_wait(pid);
	if (n == (ssize_t)sizeof(why)) {
		if (err)
			*err = why;
		return err_wrap(err, "answer sysinfo(2)");
	}
	if (status != 0)
		return err_set(err, ERR_FAILED,
			       "answer sysinfo(2): the program for it ended with status %d",
			       status);
	return 0;
}

int sysinfo_await(int fd, struct err *err)
{
	const struct timeval timeout = { .tv_sec = WELCOME_TIMEOUT_SEC };
	char word = 0;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	do
		n = read(fd, &word, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1 && word == SYSINFO_ROOM)
		return 0;
	if (n == 1)
		return err_set(err, ERR_BUSY,
			       "answer sysinfo(2): no room for one more command (let some end that "
			       "were started by exec)");
	if (n < 0 && errno == EAGAIN)
		return err_set(err, ETIMEDOUT, "answer sysinfo(2): who does it is silent for %d s",
			       WELCOME_TIMEOUT_SEC);
	return err_set(err, EPIPE, "answer sysinfo(2): who does it has just died");
}
