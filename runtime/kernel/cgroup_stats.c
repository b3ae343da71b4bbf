/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/cgroup_stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup_file.h"

#define FILE_MAX (1U << 20)
/* The longest of the files of "key value" lines, memory.stat, has less than half of it. */
#define LINES_SIZE 8192

/* NULL where there is no such file, or it can't be read (the cgroup may be going). */
static char *load(int fd, const char *file)
{
	char *text = NULL;

	fd_load_at(fd, file, FILE_MAX, &text, NULL, NULL);
	return text;
}

bool cgroup_stats_next(const char **text, char key[64], uint64_t *ret_value)
{
	while (**text) {
		const char *line = *text;
		size_t len = strcspn(line, "\n");

		*text += len + (line[len] == '\n');
		if (sscanf(line, "%63s %" SCNu64, key, ret_value) == 2)
			return true;
	}
	return false;
}

int cgroup_stats_value(int fd, const char *file, const char *key, uint64_t *ret)
{
	char text[LINES_SIZE], name[64];
	const char *at = text;

	if (cgroup_file_read(fd, file, text, sizeof(text)) < 0)
		return -1;
	while (cgroup_stats_next(&at, name, ret))
		if (str_eq(name, key))
			return 0;
	return -1;
}

/* A file that holds one number, or "max". */
static bool load_number(int fd, const char *file, uint64_t *ret)
{
	char text[32];

	if (cgroup_file_read(fd, file, text, sizeof(text)) < 0)
		return false;
	if (str_starts(text, "max")) {
		*ret = UINT64_MAX;
		return true;
	}
	return sscanf(text, "%" SCNu64, ret) == 1;
}

void cgroup_stats_read_usage(int fd, const char *name, struct cgroup_stats_usage *ret)
{
	char file[64];

	snprintf(file, sizeof(file), "%s.current", name);
	ret->given = load_number(fd, file, &ret->current);
	if (!ret->given)
		return;
	ret->max = UINT64_MAX;
	snprintf(file, sizeof(file), "%s.max", name);
	load_number(fd, file, &ret->max);
	snprintf(file, sizeof(file), "%s.peak", name);
	load_number(fd, file, &ret->peak);
	snprintf(file, sizeof(file), "%s.events", name);
	cgroup_stats_value(fd, file, "max", &ret->failures);
}

static void parse_psi_line(const char *line, struct cgroup_stats_psi_line *ret)
{
	unsigned int n[6];
	uint64_t total;

	if (sscanf(line, "%*s avg10=%u.%2u avg60=%u.%2u avg300=%u.%2u total=%" SCNu64, &n[0], &n[1],
		   &n[2], &n[3], &n[4], &n[5], &total) != 7)
		return;
	*ret = (struct cgroup_stats_psi_line){ true, n[0] * 100 + n[1], n[2] * 100 + n[3],
					       n[4] * 100 + n[5], total };
}

void cgroup_stats_parse_psi(const char *text, struct cgroup_stats_psi *ret)
{
	const char *full = strstr(text, "full ");

	*ret = (struct cgroup_stats_psi){ 0 };
	if (str_starts(text, "some "))
		parse_psi_line(text, &ret->some);
	if (full)
		parse_psi_line(full, &ret->full);
}

void cgroup_stats_read_psi(int fd, const char *file, struct cgroup_stats_psi *ret)
{
	char text[512];

	if (cgroup_file_read(fd, file, text, sizeof(text)) >= 0)
		cgroup_stats_parse_psi(text, ret);
}

struct row {
	const char *key;
	uint64_t *value;
};

/* The "key value" lines of a file that are asked for. False where there is no such file. */
static bool load_rows(int fd, const char *file, const struct row *rows, size_t n)
{
	auto_free char *text = load(fd, file);
	const char *at = text;
	char key[64];
	uint64_t value;

	while (at && cgroup_stats_next(&at, key, &value))
		for (size_t i = 0; i < n; i++)
			if (str_eq(key, rows[i].key))
				*rows[i].value = value;
	return text;
}

/* "50000 100000", "max 100000" */
static void load_quota(int fd, struct cgroup_stats_cpu *ret)
{
	auto_free char *text = load(fd, "cpu.max");
	char quota[24];

	ret->quota_usec = UINT64_MAX;
	ret->limited = text && sscanf(text, "%23s %" SCNu64, quota, &ret->period_usec) == 2 &&
		       (str_eq(quota, "max") || sscanf(quota, "%" SCNu64, &ret->quota_usec) == 1);
}

static void load_cpu(int fd, struct cgroup_stats_cpu *ret)
{
	const struct row rows[] = {
		{ "usage_usec", &ret->usage_usec },   { "user_usec", &ret->user_usec },
		{ "system_usec", &ret->system_usec }, { "nr_periods", &ret->periods },
		{ "nr_throttled", &ret->throttled },  { "throttled_usec", &ret->throttled_usec },
	};

	ret->given = load_rows(fd, "cpu.stat", rows, ARRAY_SIZE(rows));
	load_quota(fd, ret);
	cgroup_stats_read_psi(fd, "cpu.pressure", &ret->psi);
}

static void load_memory(int fd, struct cgroup_stats *ret)
{
	struct cgroup_stats_memory_events *events = &ret->memory_events;
	const struct row rows[] = {
		{ "low", &events->low },           { "high", &events->high },
		{ "max", &events->max },           { "oom", &events->oom },
		{ "oom_kill", &events->oom_kill }, { "oom_group_kill", &events->oom_group_kill },
	};

	cgroup_stats_read_usage(fd, "memory", &ret->memory);
	cgroup_stats_read_usage(fd, "memory.swap", &ret->swap);
	load_rows(fd, "memory.events", rows, ARRAY_SIZE(rows));
	ret->memory_high = UINT64_MAX;
	load_number(fd, "memory.high", &ret->memory_high);
	cgroup_stats_read_psi(fd, "memory.pressure", &ret->memory_psi);
}

/* A file that holds one line. */
static char *load_line(int fd, const char *file)
{
	char *text = load(fd, file);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

bool cgroup_stats_parse_io(const char *line, struct cgroup_stats_io *ret)
{
	int used = 0;

	*ret = (struct cgroup_stats_io){ 0 };
	return sscanf(line, "%" SCNu32 ":%" SCNu32 "%n", &ret->major, &ret->minor, &used) == 2 &&
	       sscanf(line + used,
		      " rbytes=%" SCNu64 " wbytes=%" SCNu64 " rios=%" SCNu64 " wios=%" SCNu64
		      " dbytes=%" SCNu64 " dios=%" SCNu64,
		      &ret->read_bytes, &ret->write_bytes, &ret->reads, &ret->writes,
		      &ret->discard_bytes, &ret->discards) == 6;
}

static int load_io(int fd, struct cgroup_stats *stats, struct err *err)
{
	auto_free char *text = load(fd, "io.stat");
	const char *line = text;
	struct cgroup_stats_io one, *slot;

	stats->io_given = text;
	for (; line && *line; line += *line == '\n') {
		if (cgroup_stats_parse_io(line, &one)) {
			slot = mem_append(&stats->io, &stats->io_n, sizeof(one));
			if (!slot)
				return err_sys(err, "read io.stat");
			*slot = one;
		}
		line += strcspn(line, "\n");
	}
	cgroup_stats_read_psi(fd, "io.pressure", &stats->io_psi);
	return 0;
}

static int add_hugetlb(int fd, const char *file, struct cgroup_stats *stats, struct err *err)
{
	struct cgroup_stats_hugetlb *slot;
	char name[64];
	int len = 0;

	/* "hugetlb.2MB.current"; "hugetlb.2MB.rsvd.current" counts what is only reserved. */
	sscanf(file, "hugetlb.%*15[0-9A-Z].current%n", &len);
	if (len == 0 || file[len])
		return 0;
	slot = mem_append(&stats->hugetlb, &stats->hugetlb_n, sizeof(*slot));
	if (!slot)
		return err_sys(err, "read hugetlb's files");
	sscanf(file, "hugetlb.%15[0-9A-Z]", slot->size);
	snprintf(name, sizeof(name), "hugetlb.%s", slot->size);
	cgroup_stats_read_usage(fd, name, &slot->usage);
	return 0;
}

static int load_hugetlb(int fd, struct cgroup_stats *stats, struct err *err)
{
	int dirfd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *dir = dirfd < 0 ? NULL : fdopendir(dirfd);
	const struct dirent *entry;

	if (!dir) {
		fd_closep(&dirfd);
		return err_sys(err, "read the cgroup");
	}
	while ((entry = readdir(dir)))
		if (add_hugetlb(fd, entry->d_name, stats, err) < 0)
			return -1;
	return 0;
}

int cgroup_stats_read(int fd, bool brief, struct cgroup_stats *ret, struct err *err)
{
	auto_cgroup_stats struct cgroup_stats stats = { 0 };

	load_cpu(fd, &stats.cpu);
	cgroup_stats_read_usage(fd, "pids", &stats.pids);
	load_memory(fd, &stats);
	if (load_io(fd, &stats, err) < 0)
		return -1;
	if (!brief) {
		stats.memory_stat = load(fd, "memory.stat");
		stats.cpus = load_line(fd, "cpuset.cpus.effective");
		stats.mems = load_line(fd, "cpuset.mems.effective");
		if (load_hugetlb(fd, &stats, err) < 0)
			return -1;
	}
	*ret = stats;
	stats = (struct cgroup_stats){ 0 };
	return 0;
}

void cgroup_stats_done(struct cgroup_stats *stats)
{
	free(stats->memory_stat);
	free(stats->cpus);
	free(stats->mems);
	free(stats->io);
	free(stats->hugetlb);
}
