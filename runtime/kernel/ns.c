/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/ns.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"

/* Joining order: the user namespace first, for it gives the right to the others. */
static const enum spec_ns join_order[] = { NS_USER, NS_CGROUP, NS_IPC, NS_UTS,
					   NS_NET,  NS_MOUNT,  NS_TIME };

static int open_ns(enum spec_ns kind, const char *path, struct err *err)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	int flag;

	if (fd < 0)
		return err_sys(err, "open the %s namespace \"%s\"", spec_ns_names[kind].spec, path);
	flag = ioctl(fd, NS_GET_NSTYPE);
	if (flag < 0)
		return err_set(err, ERR_INPUT, "\"%s\" is no namespace", path);
	if ((unsigned int)flag != spec_ns_names[kind].flag)
		return err_set(err, ERR_INPUT, "\"%s\" is no %s namespace", path,
			       spec_ns_names[kind].spec);
	return steal_fd(&fd);
}

bool ns_is_own(enum spec_ns kind, int fd)
{
	char path[32];
	auto_fd int own = -1;
	struct stat a, b;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", spec_ns_names[kind].proc);
	own = open(path, O_RDONLY | O_CLOEXEC);
	return own >= 0 && fstat(own, &a) == 0 && fstat(fd, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

/* user_namespaces(7): the initial one maps all ids to themselves. */
bool ns_user_is_initial(void)
{
	auto_free char *text = NULL;
	unsigned int inside, outside, count;

	return fd_load_at(AT_FDCWD, "/proc/self/uid_map", 65536, &text, NULL, NULL) < 0 ||
	       (sscanf(text, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 &&
		outside == 0 && count == UINT32_MAX);
}

static void plan_new(struct ns_plan *plan, enum spec_ns kind)
{
	uint64_t flag = spec_ns_names[kind].flag;

	if (kind == NS_CGROUP)
		plan->new_cgroup = true;
	else if (kind == NS_TIME)
		plan->new_time = true;
	else
		plan->clone_flags |= flag;
}

int ns_plan_init(struct ns_plan *plan, const struct spec *spec, struct err *err)
{
	*plan = (struct ns_plan){ 0 };
	for (int kind = 0; kind < NS_KINDS; kind++)
		plan->fd[kind] = -1;
	for (int kind = 0; kind < NS_KINDS; kind++) { /* NS_USER comes first */
		const struct spec_namespace *ns = &spec->lin.ns[kind];

		if (!ns->given)
			continue;
		if (!ns->path) {
			plan_new(plan, (enum spec_ns)kind);
			continue;
		}
		plan->fd[kind] = open_ns((enum spec_ns)kind, ns->path, err);
		if (plan->fd[kind] < 0)
			return -1;
		/* setns(2) into the user namespace one is in fails: it is as if not listed. */
		if (kind == NS_USER && ns_is_own(NS_USER, plan->fd[kind]))
			fd_closep(&plan->fd[kind]);
		else if (kind == NS_USER)
			plan->join_user = true;
	}
	plan->new_user = (plan->clone_flags & CLONE_NEWUSER) != 0;
	return 0;
}

void ns_plan_done(struct ns_plan *plan)
{
	for (int kind = 0; kind < NS_KINDS; kind++)
		fd_closep(&plan->fd[kind]);
}

int ns_join_pid(const struct ns_plan *plan, struct err *err)
{
	if (plan->fd[NS_PID] >= 0 && setns(plan->fd[NS_PID], CLONE_NEWPID) < 0)
		return err_sys(err, "join the pid namespace");
	return 0;
}

int ns_leave_pid(const struct ns_plan *plan, struct err *err)
{
	auto_fd int own = -1;

	if (plan->fd[NS_PID] < 0)
		return 0;
	own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (own < 0 || setns(own, CLONE_NEWPID) < 0)
		return err_sys(err, "return to this process's pid namespace");
	return 0;
}

static int write_map(int proc_fd, const char *name, const struct spec_id_maps *maps,
		     struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };

	for (size_t i = 0; i < maps->n; i++)
		strbuf_addf(&text, "%u %u %u\n", maps->map[i].container_id, maps->map[i].host_id,
			    maps->map[i].size);
	if (text.failed || !text.text)
		return err_set(err, ERR_INPUT, "write %s: the user namespace needs a mapping",
			       name);
	return fd_write_kernel(proc_fd, name, text.text, err);
}

int ns_join_user(struct ns_plan *plan, struct err *err)
{
	if (setns(plan->fd[NS_USER], CLONE_NEWUSER) < 0)
		return err_sys(err, "join the user namespace");
	fd_closep(&plan->fd[NS_USER]);
	return 0;
}

int ns_write_maps(pid_t pid, const struct spec_id_maps *uid, const struct spec_id_maps *gid,
		  struct err *err)
{
	char path[32];
	auto_fd int proc_fd = -1;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return err_sys(err, "open \"%s\"", path);
	if (write_map(proc_fd, "uid_map", uid, err) < 0)
		return -1;
	return write_map(proc_fd, "gid_map", gid, err);
}

int ns_enter(const struct ns_plan *plan, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(join_order); i++) {
		enum spec_ns kind = join_order[i];

		if (plan->fd[kind] >= 0 && setns(plan->fd[kind], (int)spec_ns_names[kind].flag) < 0)
			return err_sys(err, "join the %s namespace", spec_ns_names[kind].spec);
	}
	return 0;
}

int ns_become_root(struct err *err)
{
	/* Raw calls: glibc's would signal threads that are not there. setgroups first, while
	 * the group ids still allow it. EPERM: the map was written with setgroups denied. */
	if (syscall(SYS_setgroups, 0, NULL) < 0 && errno != EPERM)
		return err_sys(err, "drop supplementary groups");
	if (syscall(SYS_setresgid, 0, 0, 0) < 0)
		return err_sys(err, "become group 0 of the user namespace (is gid 0 mapped?)");
	if (syscall(SYS_setresuid, 0, 0, 0) < 0)
		return err_sys(err, "become user 0 of the user namespace (is uid 0 mapped?)");
	return 0;
}

static void add_offset(struct strbuf *text, const char *clock,
		       const struct spec_time_offset *offset)
{
	if (offset->given)
		strbuf_addf(text, "%s %lld %u\n", clock, (long long)offset->secs, offset->nanosecs);
}

int ns_enter_time(int proc_fd, const struct spec *spec, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_fd int fd = -1;

	if (unshare(CLONE_NEWTIME) < 0)
		return err_sys(err, "make a time namespace");
	add_offset(&text, "monotonic", &spec->lin.monotonic);
	add_offset(&text, "boottime", &spec->lin.boottime);
	if (text.failed)
		return err_set(err, ENOMEM, "make a time namespace: out of memory");
	if (text.text && fd_write_kernel(proc_fd, "self/timens_offsets", text.text, err) < 0)
		return -1;
	fd = openat(proc_fd, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWTIME) < 0)
		return err_sys(err, "enter the time namespace");
	return 0;
}

int ns_user_fd(const struct spec_id_maps *uid, const struct spec_id_maps *gid, struct err *err)
{
	char path[48];
	int fd = -1, pair[2], rc;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	pid = proc_clone(CLONE_NEWUSER, -1, NULL);
	if (pid == 0) {
		char c;

		close(pair[1]);
		_exit(read(pair[0], &c, 1) < 0); /* lives until its parent is done, or gone */
	}
	close(pair[0]);
	if (pid < 0) {
		close(pair[1]);
		return err_sys(err, "make a user namespace for idmapped mounts");
	}
	rc = ns_write_maps(pid, uid, gid, err);
	if (rc == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			err_sys(err, "open \"%s\"", path);
	}
	close(pair[1]);
	proc_wait(pid);
	return fd;
}

/* ---- who is in a pid namespace ---- */

static int open_pid_ns(int proc_fd, const char *pid)
{
	char path[64];

	snprintf(path, sizeof(path), "%.32s/ns/pid", pid);
	return openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
}

/* Is the namespace behind fd, which is closed, the wanted one or below it? */
static bool is_below(int fd, const struct stat *wanted)
{
	struct stat st;

	while (fd >= 0) {
		auto_fd int at = fd;

		if (fstat(at, &st) == 0 && st.st_ino == wanted->st_ino &&
		    st.st_dev == wanted->st_dev)
			return true;
		fd = ioctl(at, NS_GET_PARENT); /* -1: it is out of our sight */
	}
	return false;
}

static int list_below(DIR *proc, const struct stat *wanted, pid_t **list, size_t *n)
{
	struct dirent *entry;
	size_t room = 0;

	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !is_below(open_pid_ns(dirfd(proc), entry->d_name), wanted))
			continue;
		if (*n == room) {
			pid_t *more = reallocarray(*list, room + 64, sizeof(**list));

			if (!more)
				return -1;
			*list = more;
			room += 64;
		}
		(*list)[(*n)++] = (pid_t)strtol(entry->d_name, NULL, 10);
	}
	return 0;
}

int ns_pids(pid_t member, pid_t **ret, size_t *ret_n, struct err *err)
{
	auto_dir DIR *proc = opendir("/proc");
	auto_free pid_t *list = NULL;
	auto_fd int ns = -1;
	char pid[16];
	struct stat wanted;
	size_t n = 0;

	snprintf(pid, sizeof(pid), "%d", member);
	ns = proc ? open_pid_ns(dirfd(proc), pid) : -1;
	if (ns < 0 || fstat(ns, &wanted) < 0)
		return err_sys(err, "open the pid namespace of process %d", member);
	if (list_below(proc, &wanted, &list, &n) < 0)
		return err_sys(err, "list processes");
	*ret = steal_ptr(&list);
	*ret_n = n;
	return 0;
}

/* "NSpid:\t4711\t1": its numbers from our namespace down to its own. */
bool ns_is_first(pid_t pid)
{
	char path[64], text[4096];
	const char *line, *last;
	auto_fd int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	line = strstr(text, "\nNSpid:\t");
	if (!line)
		return false;
	line += strlen("\nNSpid:\t");
	last = memrchr(line, '\t', strcspn(line, "\n"));
	return last && strncmp(last, "\t1\n", 3) == 0;
}
