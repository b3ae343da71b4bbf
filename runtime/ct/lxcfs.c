/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/lxcfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"

#define MOUNTINFO_MAX_BYTES (16U << 20)

const char *const lxcfs_files[LXCFS_FILES] = {
	"/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo",
	"/proc/stat",    "/proc/swaps",     "/proc/uptime",  "/sys/devices/system/cpu/online",
};

/* A line of mountinfo behind its " - ": the type, the source, the super block's options. The
 * type's second half is the daemon's own word, and so could be any user's: user_id is not.
 * Without allow_other a container's users could not read it. */
static bool is_lxcfs(const char *type)
{
	const char *options = strrchr(type, ' ');

	return str_starts(type, "fuse.lxcfs ") && options && strstr(options, ",user_id=0,") &&
	       strstr(options, ",allow_other");
}

/* Is it the mount at LXCFS_DIR? "36 35 98:0 /root /point …": of several the last is on top. */
static bool is_at_dir(const char *line)
{
	static const char point[] = LXCFS_DIR " ";

	for (int field = 0; field < 4 && line; field++) {
		line = strchr(line, ' ');
		line = line ? line + 1 : NULL;
	}
	return line && str_starts(line, point);
}

static bool is_mounted(void)
{
	auto_free char *text = NULL;
	char *rest, *line;
	bool found = false;

	if (fd_load_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX_BYTES, &text, NULL, NULL) <
	    0)
		return false;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		const char *type = strstr(line, " - ");

		if (type && is_at_dir(line))
			found = is_lxcfs(type + 3);
	}
	return found;
}

/* Asks the daemon: a dead one is an error at once, but one that is stopped answers never. */
static uint32_t ask(void)
{
	uint32_t there = 0;
	struct stat st;

	for (unsigned int i = 0; i < LXCFS_FILES; i++) {
		char path[128];

		snprintf(path, sizeof(path), LXCFS_DIR "%s", lxcfs_files[i]);
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			there |= 1U << i;
	}
	return there;
}

/* In a child, which nobody waits for where it hangs in the kernel: it has no fd of ours, so no
 * lock of ours either. */
static uint32_t ask_in_child(void)
{
	struct pollfd pfd = { .events = POLLIN };
	auto_fd int from = -1, to = -1;
	uint32_t there = 0;
	int pair[2], n;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return 0;
	from = pair[0];
	to = pair[1];
	pid = proc_clone(0, -1, NULL);
	if (pid == 0) {
		if (fd_close_others(0, &to, 1, NULL) < 0)
			_exit(1);
		there = ask();
		_exit(fd_write_all(to, &there, sizeof(there)) < 0);
	}
	fd_closep(&to);
	if (pid < 0)
		return 0;
	pfd.fd = from;
	do
		n = poll(&pfd, 1, LXCFS_WAIT_MSEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		kill(pid, SIGKILL);
		return 0;
	}
	if (fd_read_all(from, &there, sizeof(there)) != (ssize_t)sizeof(there))
		there = 0;
	proc_wait(pid);
	return there;
}

uint32_t lxcfs_find(void)
{
	uint32_t there;

	if (!is_mounted())
		return 0;
	there = ask_in_child();
	if (there == 0)
		log_warning("lxcfs is mounted at \"%s\" and does not answer", LXCFS_DIR);
	return there;
}
