/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/faults/calls.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

typedef bool (*creates_fn)(const struct call *call);

/* Reads up to SIZE bytes, up to where the process's memory ends. Returns their number. */
static size_t memory_read(const struct call *call, uint64_t address, void *to, size_t size)
{
	const size_t page = 4096, first = page - address % page;
	struct iovec local = { .iov_base = to, .iov_len = size };
	struct iovec remote[2] = {
		{ .iov_base = (void *)(uintptr_t)address, .iov_len = first },
		{ .iov_base = (void *)(uintptr_t)(address + first), .iov_len = page },
	};
	ssize_t n;

	if (size < first)
		remote[0].iov_len = size;
	n = process_vm_readv(call->pid, &local, 1, remote, size > first ? 2 : 1, 0);
	return n < 0 ? 0 : (size_t)n;
}

static void fd_path(const struct call *call, uint64_t fd, char *path, size_t size)
{
	snprintf(path, size, "/proc/%d/fd/%d", (int)call->pid, (int)fd);
}

/* To a file of the kernel (a map, cgroup.procs) or on disk, not to stdio, a pipe or a socket. */
static bool writes_file(const struct call *call)
{
	char path[64];
	struct stat st;

	fd_path(call, call->args[0], path, sizeof(path));
	return call->args[0] > 2 && !stat(path, &st) && S_ISREG(st.st_mode);
}

static int socket_domain(const struct call *call)
{
	int domain = -1;
	socklen_t size = sizeof(domain);
	int pidfd = (int)syscall(SYS_pidfd_open, call->pid, 0);
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)call->args[0], 0);

	if (fd >= 0) {
		if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0)
			domain = -1;
		close(fd);
	}
	if (pidfd >= 0)
		close(pidfd);
	return domain;
}

static bool sends_netlink(const struct call *call)
{
	return socket_domain(call) == AF_NETLINK;
}

static bool flags_create(uint64_t flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

static bool open_creates(const struct call *call)
{
	return flags_create(call->args[1]);
}

static bool openat_creates(const struct call *call)
{
	return flags_create(call->args[2]);
}

static bool openat2_creates(const struct call *call)
{
	struct open_how how;

	return memory_read(call, call->args[2], &how, sizeof(how)) == sizeof(how) &&
	       flags_create(how.flags);
}

static bool first_is_one_of(const struct call *call, const uint64_t *set, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (call->args[0] == set[i])
			return true;
	}
	return false;
}

static bool prctl_sets(const struct call *call)
{
	static const uint64_t set[] = {
		PR_SET_PDEATHSIG,    PR_SET_DUMPABLE,        PR_SET_KEEPCAPS,
		PR_SET_SECCOMP,      PR_CAPBSET_DROP,        PR_SET_SECUREBITS,
		PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER, PR_CAP_AMBIENT,
	};

	return first_is_one_of(call, set, sizeof(set) / sizeof(set[0])) &&
	       !(call->args[0] == PR_CAP_AMBIENT && call->args[1] == PR_CAP_AMBIENT_IS_SET);
}

/* All but the questions that isatty() and the like ask. */
static bool ioctl_creates(const struct call *call)
{
	switch ((uint32_t)call->args[1]) {
	case TCGETS:
	case TIOCGWINSZ:
	case TIOCGPGRP:
	case FIONREAD:
		return false;
	default:
		return true;
	}
}

static bool fcntl_sets(const struct call *call)
{
	const uint64_t command = call->args[1];

	return command == F_OFD_SETLK || command == F_OFD_SETLKW || command == F_SETLK ||
	       command == F_SETLKW || command == F_ADD_SEALS;
}

static bool prlimit_sets(const struct call *call)
{
	return call->args[2] != 0;
}

static bool personality_sets(const struct call *call)
{
	return (uint32_t)call->args[0] != 0xffffffff;
}

/*
 * How to show the arguments, in order: s string, x number, f file descriptor, c struct clone_args,
 * - not at all.
 */
#define CALL(name, show, creates)                \
	{                                        \
		SYS_##name, #name, show, creates \
	}

static const struct row {
	uint64_t nr;
	const char *name;
	const char *show;
	creates_fn creates; /* NULL: always */
} rows[] = {
	/* processes */
	CALL(clone, "x", NULL),
	CALL(clone3, "c", NULL),
	CALL(fork, "", NULL),
	CALL(vfork, "", NULL),
	CALL(execve, "s", NULL),
	CALL(execveat, "fs", NULL),
	CALL(setsid, "", NULL),
	CALL(kill, "-x", NULL),
	CALL(pidfd_open, "", NULL),
	CALL(pidfd_getfd, "f", NULL),
	CALL(pidfd_send_signal, "fx", NULL),
	CALL(prctl, "x", prctl_sets),
	CALL(personality, "x", personality_sets),
	CALL(seccomp, "x", NULL),
	CALL(capset, "", NULL),
	CALL(keyctl, "x", NULL),
	CALL(setuid, "x", NULL),
	CALL(setgid, "x", NULL),
	CALL(setresuid, "xxx", NULL),
	CALL(setresgid, "xxx", NULL),
	CALL(setgroups, "x", NULL),
	CALL(setrlimit, "x", NULL),
	CALL(prlimit64, "-x", prlimit_sets),
	CALL(sched_setattr, "", NULL),
	CALL(sched_setaffinity, "", NULL),
	CALL(ioprio_set, "", NULL),
	CALL(set_mempolicy, "x", NULL),
	/* namespaces and mounts */
	CALL(unshare, "x", NULL),
	CALL(setns, "fx", NULL),
	CALL(sethostname, "s", NULL),
	CALL(setdomainname, "s", NULL),
	CALL(mount, "sss", NULL),
	CALL(umount2, "s", NULL),
	CALL(fsopen, "s", NULL),
	CALL(fspick, "fs", NULL),
	CALL(fsconfig, "-xs", NULL),
	CALL(fsmount, "f", NULL),
	CALL(open_tree, "fs", NULL),
	CALL(move_mount, "fsfs", NULL),
	CALL(mount_setattr, "fs", NULL),
	CALL(pivot_root, "ss", NULL),
	CALL(chroot, "s", NULL),
	CALL(chdir, "s", NULL),
	CALL(fchdir, "f", NULL),
	CALL(bpf, "x", NULL),
	/* files */
	CALL(open, "s", open_creates),
	CALL(openat, "fs", openat_creates),
	CALL(openat2, "fs", openat2_creates),
	CALL(creat, "s", NULL),
	CALL(mkdir, "s", NULL),
	CALL(mkdirat, "fs", NULL),
	CALL(mknod, "s", NULL),
	CALL(mknodat, "fs", NULL),
	CALL(symlink, "ss", NULL),
	CALL(symlinkat, "sfs", NULL),
	CALL(link, "ss", NULL),
	CALL(linkat, "fsfs", NULL),
	CALL(rename, "ss", NULL),
	CALL(renameat, "fsfs", NULL),
	CALL(renameat2, "fsfs", NULL),
	CALL(unlink, "s", NULL),
	CALL(unlinkat, "fs", NULL),
	CALL(rmdir, "s", NULL),
	CALL(write, "f", writes_file),
	CALL(pwrite64, "f", writes_file),
	CALL(writev, "f", writes_file),
	CALL(fsync, "f", NULL),
	CALL(fdatasync, "f", NULL),
	CALL(ftruncate, "f", NULL),
	CALL(fallocate, "f", NULL),
	CALL(sendfile, "f", writes_file),
	CALL(copy_file_range, "--f", NULL),
	CALL(chown, "s", NULL),
	CALL(lchown, "s", NULL),
	CALL(fchown, "f", NULL),
	CALL(fchownat, "fs", NULL),
	CALL(chmod, "s", NULL),
	CALL(fchmod, "f", NULL),
	CALL(fchmodat, "fs", NULL),
	CALL(setxattr, "ss", NULL),
	CALL(lsetxattr, "ss", NULL),
	CALL(fsetxattr, "fs", NULL),
	CALL(flock, "f", NULL),
	CALL(fcntl, "fx", fcntl_sets),
	CALL(ioctl, "fx", ioctl_creates),
	/* descriptors */
	CALL(pipe, "", NULL),
	CALL(pipe2, "", NULL),
	CALL(socket, "xx", NULL),
	CALL(socketpair, "xx", NULL),
	CALL(bind, "f", NULL),
	CALL(connect, "f", NULL),
	CALL(sendto, "f", sends_netlink),
	CALL(sendmsg, "f", sends_netlink),
	CALL(memfd_create, "s", NULL),
	CALL(timerfd_create, "", NULL),
	CALL(signalfd4, "", NULL),
	CALL(eventfd2, "", NULL),
	CALL(epoll_create1, "", NULL),
};

static const struct row *row_find(uint64_t nr)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].nr == nr)
			return &rows[i];
	}
	return NULL;
}

bool call_creates(const struct call *call)
{
	const struct row *row = row_find(call->nr);

	return row && (!row->creates || row->creates(call));
}

static void string_show(const struct call *call, uint64_t address, FILE *to)
{
	char text[256];
	size_t n = memory_read(call, address, text, sizeof(text) - 1);

	text[n] = '\0';
	fprintf(to, "\"%s\"", text);
}

static void fd_show(const struct call *call, uint64_t fd, FILE *to)
{
	char path[64], target[256];
	ssize_t n;

	if ((int)fd == AT_FDCWD) {
		fputc('.', to);
		return;
	}
	fd_path(call, fd, path, sizeof(path));
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	fprintf(to, "<%s>", target);
}

static void clone_args_show(const struct call *call, uint64_t address, FILE *to)
{
	uint64_t flags = 0;

	memory_read(call, address, &flags, sizeof(flags));
	fprintf(to, "%#llx", (unsigned long long)flags);
}

static void argument_show(const struct call *call, char how, uint64_t value, FILE *to)
{
	switch (how) {
	case 's':
		string_show(call, value, to);
		break;
	case 'x':
		fprintf(to, "%#llx", (unsigned long long)value);
		break;
	case 'f':
		fd_show(call, value, to);
		break;
	case 'c':
		clone_args_show(call, value, to);
		break;
	}
}

void call_describe(const struct call *call, char *text, size_t size)
{
	const struct row *row = row_find(call->nr);
	const char *separator = "";
	FILE *to;

	*text = '\0';
	to = row ? fmemopen(text, size, "w") : NULL;
	if (!to)
		return;
	fprintf(to, "%s(", row->name);
	for (int i = 0; row->show[i]; i++) {
		if (row->show[i] == '-')
			continue;
		fputs(separator, to);
		argument_show(call, row->show[i], call->args[i], to);
		separator = ", ";
	}
	fputc(')', to);
	fclose(to);
	text[size - 1] = '\0';
	for (; *text; text++) {
		if (*text == '\n')
			*text = ' ';
	}
}
