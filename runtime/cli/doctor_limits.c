/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's numbers that bound how many containers there can be. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/cli/doctor.h"

static bool read_number(const char *path, uint64_t *ret)
{
	auto_free char *text = NULL;

	if (fd_load_at(AT_FDCWD, path, 256, &text, NULL, NULL) < 0)
		return false;
	*ret = strtoull(text, NULL, 10);
	return true;
}

/* ---- what is enough for some hundred CTs ---- */

static void see_sysctls(struct doctor *doctor)
{
	static const struct {
		const char *name, *path;
		uint64_t enough;
		const char *what;
	} sysctls[] = {
		{ "fs.inotify.max_user_instances", "/proc/sys/fs/inotify/max_user_instances", 8192,
		  "all CTs together watch files by no more: a systemd takes some 20" },
		{ "fs.inotify.max_user_watches", "/proc/sys/fs/inotify/max_user_watches", 262144,
		  "all CTs together watch no more files" },
		{ "fs.nr_open", "/proc/sys/fs/nr_open", 1048576,
		  "no process may have more files open" },
		{ "kernel.keys.maxkeys", "/proc/sys/kernel/keys/maxkeys", 2000,
		  "a CT's root has no more keys: containers in it take one each" },
		{ "kernel.pid_max", "/proc/sys/kernel/pid_max", 131072,
		  "all CTs together have no more processes and threads" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sysctls); i++) {
		auto_free char *mend =
			str_dupf("sysctl -w %s=%" PRIu64, sysctls[i].name, sysctls[i].enough);
		uint64_t value;

		if (!read_number(sysctls[i].path, &value))
			continue;
		if (value < sysctls[i].enough)
			doctor_say(doctor, DOCTOR_WARNING, "limit", mend, "%s is %" PRIu64 ": %s",
				   sysctls[i].name, value, sysctls[i].what);
		else
			doctor_say(doctor, DOCTOR_OK, "limit", NULL, "%s is %" PRIu64,
				   sysctls[i].name, value);
	}
}

/* ---- what is used ---- */

static void see_use(struct doctor *doctor, const char *what, uint64_t used, uint64_t max,
		    const char *mend)
{
	if (max == 0)
		return;
	if (used >= max / 10 * 9)
		doctor_say(doctor, DOCTOR_PROBLEM, "limit", mend,
			   "%" PRIu64 " of %" PRIu64 " %s are used", used, max, what);
	else
		doctor_say(doctor, used >= max / 10 * 7 ? DOCTOR_WARNING : DOCTOR_OK, "limit",
			   used >= max / 10 * 7 ? mend : NULL,
			   "%" PRIu64 " of %" PRIu64 " %s are used", used, max, what);
}

static unsigned int count_inotify_of(int proc, const char *pid)
{
	auto_free char *path = str_dupf("%s/fd", pid);
	int fd = path ? openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	unsigned int n = 0;
	char target[32];

	if (fd >= 0 && !dir)
		close(fd);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		ssize_t len = readlinkat(fd, entry->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		n += str_eq(target, "anon_inode:inotify");
	}
	return n;
}

/* Root's, which all CTs' count as too (the kernel counts in each user namespace up to ours). */
static void see_inotify(struct doctor *doctor)
{
	auto_dir DIR *proc = opendir("/proc");
	uint64_t used = 0, max;

	if (!proc || !read_number("/proc/sys/fs/inotify/max_user_instances", &max))
		return;
	for (struct dirent *entry; (entry = readdir(proc));)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			used += count_inotify_of(dirfd(proc), entry->d_name);
	see_use(doctor, "inotify instances", used, max,
		"sysctl -w fs.inotify.max_user_instances=8192");
}

static void see_tasks(struct doctor *doctor)
{
	auto_free char *text = NULL;
	uint64_t pid_max, threads_max;
	unsigned int tasks;

	if (fd_load_at(AT_FDCWD, "/proc/loadavg", 256, &text, NULL, NULL) < 0 ||
	    sscanf(text, "%*s %*s %*s %*u/%u", &tasks) != 1 ||
	    !read_number("/proc/sys/kernel/pid_max", &pid_max) ||
	    !read_number("/proc/sys/kernel/threads-max", &threads_max))
		return;
	if (threads_max < pid_max)
		see_use(doctor, "threads", tasks, threads_max,
			"sysctl -w kernel.threads-max=4000000");
	else
		see_use(doctor, "process ids", tasks, pid_max, "sysctl -w kernel.pid_max=4194304");
}

static void see_files(struct doctor *doctor)
{
	auto_free char *text = NULL;
	uint64_t used, max;

	if (fd_load_at(AT_FDCWD, "/proc/sys/fs/file-nr", 256, &text, NULL, NULL) == 0 &&
	    sscanf(text, "%" SCNu64 " %*u %" SCNu64, &used, &max) == 2)
		see_use(doctor, "open files", used, max,
			"sysctl -w fs.file-max=9223372036854775807");
}

/* A line a user: "UID: USAGE KEYS/INSTANTIATED QKEYS/MAX QBYTES/MAX" (keyrings(7)). */
static void see_keys(struct doctor *doctor)
{
	auto_free char *text = NULL;
	auto_strv char **lines = NULL;
	size_t before = doctor->n;

	if (fd_load_at(AT_FDCWD, "/proc/key-users", 16U << 20, &text, NULL, NULL) < 0)
		return;
	lines = strv_split(text, "\n");
	for (char **line = lines; line && *line; line++) {
		unsigned int uid, used, max, bytes, max_bytes;

		if (sscanf(*line, "%u: %*u %*u/%*u %u/%u %u/%u", &uid, &used, &max, &bytes,
			   &max_bytes) != 5 ||
		    (used < max / 10 * 9 && bytes < max_bytes / 10 * 9))
			continue;
		doctor_say(doctor, DOCTOR_PROBLEM, "limit",
			   "sysctl -w kernel.keys.maxkeys=2000 kernel.keys.maxbytes=2000000",
			   "the user %u has %u of %u keys, %u of %u bytes", uid, used, max, bytes,
			   max_bytes);
	}
	if (doctor->n == before)
		doctor_say(doctor, DOCTOR_OK, "limit", NULL, "no user is short of keys");
}

void doctor_limits(struct doctor *doctor)
{
	see_sysctls(doctor);
	see_inotify(doctor);
	see_tasks(doctor);
	see_files(doctor);
	see_keys(doctor);
}
