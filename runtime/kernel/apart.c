/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/procfs.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#define PLACE_TRIES 8

#define TIDY_TRIES 1000
#define TIDY_USEC 1000

#define OOM_SCORE_ADJ "-1000"

static int open_place(const char *name)
{
	auto_free char *path = str_dupf("%s/%s", CGROUP_PARENT, name);
	auto_fd int host = path ? cgroup_open_host(NULL) : -1;

	if (host < 0 || (mkdirat(host, &CGROUP_PARENT[1], 0755) < 0 && errno != EEXIST) ||
	    (mkdirat(host, path + 1, 0755) < 0 && errno != EEXIST))
		return -1;
	return cgroup_open(path, NULL);
}

/* Another CT's end may remove the empty cgroup between its making and the clone: once more then. */
pid_t apart_clone(const char *name)
{
	pid_t pid = -1;

	for (int i = 0; i < PLACE_TRIES; i++) {
		auto_fd int place = open_place(name);

		if (place < 0 && errno != ENODEV && errno != ENOENT)
			return proc_clone(0, -1, NULL);
		pid = place < 0 ? -1 : proc_clone(0, place, NULL);
		if (pid >= 0 || (errno != ENODEV && errno != ENOENT))
			break;
	}
	if (pid < 0 && (errno == EACCES || errno == EBUSY || errno == EOPNOTSUPP))
		pid = proc_clone(0, -1, NULL);
	return pid;
}

/* One that has closed its files, so that who waited for that goes on, is still in its cgroup for a
 * moment. */
static bool only_ending(const char *path)
{
	auto_fd int fd = cgroup_open(path, NULL);
	auto_free pid_t *pids = NULL;
	size_t n = 0;

	if (fd < 0 || cgroup_pids(fd, &pids, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!proc_is_ending(pids[i]))
			return false;
	return true;
}

void apart_tidy(const char *name)
{
	auto_free char *path = str_dupf("%s/%s", CGROUP_PARENT, name);
	auto_fd int host = path ? cgroup_open_host(NULL) : -1;

	if (host < 0)
		return;
	for (int i = 0; i < TIDY_TRIES; i++) {
		if (unlinkat(host, path + 1, AT_REMOVEDIR) == 0 || errno != EBUSY ||
		    !only_ending(path))
			return;
		usleep(TIDY_USEC);
	}
}

void apart_spare_from_oom(void)
{
	auto_fd int procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (procfd < 0 || procfs_write(procfd, "self/oom_score_adj", OOM_SCORE_ADJ, NULL) < 0)
		log_debug("oom_score_adj stays as it is");
}

static int aside(int *fd)
{
	*fd = fcntl(*fd, F_DUPFD_CLOEXEC, APART_FDS_MAX);
	return *fd;
}

/* They come out of the way first: any may have the number of another. */
int apart_arrange_fds(int *fds, int first, int end, int *program, int *report, struct err *err)
{
	int keep[APART_FDS_MAX + 2], n = 0;

	for (int i = first; i < end; i++)
		if (fds[i] >= 0 && aside(&fds[i]) < 0)
			return err_sys(err, "arrange fds");
	if (aside(program) < 0 || aside(report) < 0)
		return err_sys(err, "arrange fds");
	for (int i = first; i < end; i++) {
		if (fds[i] >= 0 && dup2(fds[i], i) < 0)
			return err_sys(err, "arrange fds");
		keep[n++] = fds[i] >= 0 ? i : -1;
	}
	keep[n++] = *program;
	keep[n++] = *report;
	return fd_close_others(0, keep, (size_t)n, err);
}

int apart_image(const char *name, const char *start, const char *end, struct err *err)
{
	const unsigned int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	auto_fd int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before 6.3 every memfd may be executed */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || fd_write_all(fd, start, (size_t)(end - start)) < 0 || fchmod(fd, 0555) < 0 ||
	    fcntl(fd, F_ADD_SEALS, seals) < 0)
		return err_sys(err, "make the program \"%s\"", name);
	return steal_fd(&fd);
}
