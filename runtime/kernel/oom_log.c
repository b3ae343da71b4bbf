/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/oom_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"

/* The longest record (PRINTKRB_RECORD_MAX is 1024, with its escapes and keys 8192). */
#define RECORD_MAX 8192
#define FACILITY_KERNEL 0

static bool is_below(const char *path, const char *top, size_t len)
{
	return strncmp(path, top, len) == 0 && (path[len] == '/' || path[len] == ',');
}

/* The "PID" of ",task=COMM,pid=PID,uid=N" up to the end, or NULL; COMM may have commas. */
static const char *find_pid(const char *path)
{
	const char *at = strstr(path, ",task=");

	while (at && (at = strstr(at + 1, ",pid="))) {
		int used = 0;

		if (sscanf(at, ",pid=%*[0-9],uid=%*[0-9]%n", &used) == 0 && used > 0 &&
		    (at[used] == '\n' || !at[used]))
			return at + strlen(",pid=");
	}
	return NULL;
}

/* Whose limit was hit: the task's cgroup or one above; for the host's own lack none is named. */
static bool limit_is_above(const char *text, const char *path)
{
	static const char key[] = ",oom_memcg=", global[] = ",global_oom,task_memcg=";
	const char *limit = strstr(text, key), *all = strstr(text, global);

	if (!limit)
		return all && all + strlen(global) == path;
	if (strstr(limit + 1, key))
		return false;
	limit += strlen(key);
	if (str_starts(limit, "/,"))
		return true;
	return is_below(path, limit, strcspn(limit, ","));
}

/* "6,339,5140900,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=101,mems_allowed=0,
 * oom_memcg=/vzrun/101,task_memcg=/vzrun/101,task=dd,pid=9,uid=0". The kernel lets no program
 * write with its own facility. The name of a cgroup is its maker's, who may be in a container, and
 * stands before what is looked for: whose name says the same is not listened to. A long name also
 * cuts the record short, so all up to its end must be there, and the limit's own path, which comes
 * first, must be above the task's. */
bool oom_log_parse(const char *record, const char *cgroup, uint64_t *ret_usec)
{
	static const char key[] = ",task_memcg=";
	unsigned int priority;
	uint64_t usec;
	const char *text = strchr(record, ';'), *path;

	if (!text || sscanf(record, "%u,%*u,%" SCNu64 ",", &priority, &usec) != 2 ||
	    priority >> 3 != FACILITY_KERNEL || !str_starts(text + 1, "oom-kill:"))
		return false;
	path = strstr(text, key);
	if (!path || strstr(path + 1, key))
		return false;
	path += strlen(key);
	if (!is_below(path, cgroup, strlen(cgroup)) || !limit_is_above(text, path) ||
	    !find_pid(path))
		return false;
	*ret_usec = usec;
	return true;
}

pid_t oom_log_victim(const char *record)
{
	const char *pid = find_pid(record);

	return pid ? (pid_t)strtol(pid, NULL, 10) : 0;
}

/* The log's clock is about that of CLOCK_MONOTONIC. */
static struct timespec wall_clock(uint64_t usec)
{
	struct timespec now, up;
	int64_t ago, then;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_MONOTONIC, &up);
	ago = (int64_t)up.tv_sec * 1000000 + up.tv_nsec / 1000 - (int64_t)usec;
	then = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 - (ago > 0 ? ago : 0);
	return (struct timespec){ .tv_sec = then / 1000000, .tv_nsec = then % 1000000 * 1000 };
}

static int open_log(void)
{
	return open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/* False at the end. */
static bool next_record(int fd, char record[RECORD_MAX])
{
	while (fd >= 0) {
		ssize_t n = read(fd, record, RECORD_MAX - 1);

		if (n < 0 && (errno == EPIPE || errno == EINTR)) /* EPIPE: overwritten meanwhile */
			continue;
		if (n <= 0)
			return false;
		record[n] = '\0';
		return true;
	}
	return false;
}

void oom_log_open(struct oom_log *ret)
{
	*ret = (struct oom_log){ .fd = open_log() };
	if (ret->fd >= 0)
		lseek(ret->fd, 0, SEEK_END);
}

void oom_log_close(struct oom_log *log)
{
	fd_closep(&log->fd);
}

/* Every cgroup is below the root, whose path is "". */
bool oom_log_has(struct oom_log *log, pid_t pid)
{
	char record[RECORD_MAX];
	uint64_t usec;

	while (next_record(log->fd, record))
		if (oom_log_parse(record, "", &usec))
			log->victims[log->n++ % OOM_LOG_VICTIMS] = oom_log_victim(record);
	for (size_t i = 0; i < log->n && i < OOM_LOG_VICTIMS; i++)
		if (log->victims[i] == pid)
			return true;
	return false;
}

bool oom_log_last(const char *cgroup, struct timespec *ret)
{
	auto_fd int fd = open_log();
	char record[RECORD_MAX];
	bool found = false;
	uint64_t usec = 0;

	while (next_record(fd, record))
		found |= oom_log_parse(record, cgroup, &usec);
	if (found)
		*ret = wall_clock(usec);
	return found;
}
