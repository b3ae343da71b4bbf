/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/usermap.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"
#include "runtime/ct/idrange.h"

static int write_maps(pid_t pid, uint32_t first, struct err *err)
{
	static const char *const files[] = { "uid_map", "gid_map" };
	char path[64], map[64];

	snprintf(map, sizeof(map), "0 %" PRIu32 " %u\n", first, IDRANGE_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		if (fd_write_kernel(AT_FDCWD, path, map, err) < 0)
			return -1;
	}
	return 0;
}

static int open_ns(pid_t pid, uint32_t first, struct err *err)
{
	char path[64];
	int fd;

	if (write_maps(pid, first, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open \"%s\"", path);
	return fd;
}

int usermap_open(uint32_t first, struct err *err)
{
	int pair[2], fd;
	pid_t pid;

	/* The child is root on the host for a moment, in a user namespace whose owner is any root. */
	if (proc_close_to_others(err) < 0)
		return -1;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	pid = proc_clone(CLONE_NEWUSER, -1, NULL);
	if (pid == 0) { /* ends with its parent's end of the pipe */
		char c;

		close(pair[1]);
		_exit(read(pair[0], &c, 1) < 0);
	}
	close(pair[0]);
	if (pid < 0) {
		close(pair[1]);
		return err_sys(err, "make a user namespace");
	}
	fd = open_ns(pid, first, err);
	close(pair[1]);
	proc_wait(pid);
	return fd;
}

/* setfsuid(2) away from 0 takes the file system capabilities out of the effective set. */
static int raise_effective(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted;
	return (int)syscall(SYS_capset, &head, data);
}

int usermap_enter(uint32_t first, struct err *err)
{
	setfsgid(first);
	setfsuid(first);
	/* These two report no failure but by what they return the next time. */
	if ((uint32_t)setfsuid(first) != first || (uint32_t)setfsgid(first) != first) {
		usermap_leave();
		return err_set(err, ERR_FAILED, "take the file system ids %" PRIu32, first);
	}
	if (raise_effective() < 0) {
		err_sys(err, "raise the capabilities");
		usermap_leave();
		return -1;
	}
	return 0;
}

void usermap_leave(void)
{
	setfsuid(geteuid());
	setfsgid(getegid());
}
