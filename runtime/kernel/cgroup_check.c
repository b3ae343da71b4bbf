/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is found out before any limit is written. The kernel takes a limit that is above one of
 * the cgroups around it and lets the lower one rule, so the number that was asked for would be
 * a lie; and memory.max below what can't be dropped kills at once.
 */
#include "config.h"

#include "runtime/kernel/cgroup_limits.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup_file.h"
#include "runtime/kernel/cgroup_stats.h"

#define FILE_MAX (1U << 20)
#define LIST_SIZE 4096
#define NO_LIMIT UINT64_MAX
/* cpu.max, where only the quota is given to a cgroup that never had one. */
#define CPU_PERIOD_USEC 100000

/* ---- texts ---- */

/* A word is a number with the suffixes that the kernel takes (memparse), or "max". *at moves
 * behind it and the blanks that follow. False: neither, so the kernel will say what it thinks. */
static bool take_limit(const char **at, uint64_t *ret)
{
	static const char suffixes[] = "KMGTPE";
	const char *suffix;
	char *end;

	if (str_starts(*at, "max")) {
		*ret = NO_LIMIT;
		*at += 3;
	} else {
		if (!isdigit((unsigned char)**at))
			return false;
		*ret = strtoull(*at, &end, 0);
		suffix = *end ? strchr(suffixes, toupper((unsigned char)*end)) : NULL;
		*at = end + (suffix ? 1 : 0);
		for (; suffix && suffix >= suffixes; suffix--)
			*ret = *ret > UINT64_MAX >> 10 ? NO_LIMIT - 1 : *ret << 10;
	}
	*at += strspn(*at, " \n");
	return true;
}

static bool number_is_above(const char *value, const char *above, char *ret)
{
	uint64_t own, most;

	if (!take_limit(&value, &own) || !take_limit(&above, &most) || own == NO_LIMIT ||
	    own <= most)
		return false;
	snprintf(ret, CGROUP_CHECK_SHOWN, "%" PRIu64, most);
	return true;
}

/* "QUOTA [PERIOD]": what counts is the share. */
static bool cpu_max_is_above(const char *value, const char *above, char *ret)
{
	uint64_t own, own_period = CPU_PERIOD_USEC, most, period = CPU_PERIOD_USEC;
	const char *shown = above;

	if (!take_limit(&value, &own) || !take_limit(&above, &most) || own == NO_LIMIT ||
	    most == NO_LIMIT)
		return false;
	take_limit(&value, &own_period);
	take_limit(&above, &period);
	if ((unsigned __int128)own * period <= (unsigned __int128)most * own_period)
		return false;
	snprintf(ret, CGROUP_CHECK_SHOWN, "%.*s", (int)strcspn(shown, "\n"), shown);
	return true;
}

/* The line that begins with the same word, behind that word, or NULL. */
static const char *same_line(const char *text, const char *word, size_t len)
{
	for (; text && *text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, word, len) == 0 && text[len] == ' ')
			return text + len + 1;
	}
	return NULL;
}

/* In "a=1 b=2" what follows the name, or NULL. Without a name: the text. */
static const char *same_name(const char *line, const char *name, size_t len)
{
	while (len > 0 && *line && *line != '\n') {
		if (strncmp(line, name, len) == 0 && line[len] == '=')
			return line + len + 1;
		line += strcspn(line, " \n");
		line += *line == ' ';
	}
	return len > 0 ? NULL : line;
}

/* "8:0 rbps=1 wiops=max" (cgroup-v2.rst, nested keyed) and "NAME 1" (flat keyed). */
static bool keyed_is_above(const char *value, const char *above, char *ret)
{
	size_t key = strcspn(value, " ");
	const char *line = same_line(above, value, key), *word = value + key;

	for (word += strspn(word, " "); line && *word; word += strspn(word, " ")) {
		size_t all = strcspn(word, " "), name = strcspn(word, "= ");
		const char *most = same_name(line, word, name < all ? name : 0);

		if (most && number_is_above(word + (name < all ? name + 1 : 0), most, ret))
			return true;
		word += all;
	}
	return false;
}

/* cpuset: numbers that the other list does not have. */
static bool list_is_above(const char *value, const char *above, char *ret)
{
	unsigned char own[SPEC_MAX_CPUS / 8], most[SPEC_MAX_CPUS / 8];
	char list[LIST_SIZE];
	bool more = false;

	snprintf(list, sizeof(list), "%.*s", (int)strcspn(above, "\n"), above);
	if (spec_parse_list(value, own, SPEC_MAX_CPUS, NULL) < 0 ||
	    spec_parse_list(list, most, SPEC_MAX_CPUS, NULL) < 0)
		return false;
	for (size_t i = 0; i < sizeof(own); i++)
		more |= own[i] & ~most[i];
	if (more)
		snprintf(ret, CGROUP_CHECK_SHOWN, "%.*s", CGROUP_CHECK_SHOWN - 1, list);
	return more;
}

typedef bool (*compare_fn)(const char *value, const char *above, char *ret);

static bool is_cpuset(const char *file)
{
	return str_eq(file, "cpuset.cpus") || str_eq(file, "cpuset.mems");
}

/* How the file's values compare, or NULL: no limit, or none that those above share in. */
static compare_fn compare_of(const char *file)
{
	static const char *const keyed[] = { "io.max", "rdma.max", "misc.max", "dmem.max" };

	if (is_cpuset(file))
		return list_is_above;
	if (str_eq(file, "cpu.max"))
		return cpu_max_is_above;
	for (size_t i = 0; i < ARRAY_SIZE(keyed); i++)
		if (str_eq(file, keyed[i]))
			return keyed_is_above;
	if (str_ends(file, ".max") || str_ends(file, ".high"))
		return number_is_above;
	return NULL;
}

bool cgroup_check_is_above(const char *file, const char *value, const char *above,
			   char ret[CGROUP_CHECK_SHOWN])
{
	compare_fn compare = compare_of(file);

	return compare && compare(value, above, ret);
}

/* ---- the cgroups above ---- */

/* *ret becomes the cgroup above; -1: there is none, or it is not to be seen. */
static int open_above(int fd, int *ret, struct err *err)
{
	auto_fd int up = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat here, there;

	if (up < 0 && errno == EACCES) {
		*ret = -1;
		return 0;
	}
	if (up < 0 || fstat(fd, &here) < 0 || fstat(up, &there) < 0)
		return err_sys(err, "open the cgroup above");
	*ret = here.st_dev == there.st_dev && here.st_ino != there.st_ino ? steal_fd(&up) : -1;
	return 0;
}

static int tell_above(int up, const struct cgroup_write *write, const char *file, const char *most,
		      struct err *err)
{
	char link[48], path[PATH_MAX] = "";
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", up);
	len = readlink(link, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	return err_set(err, ERR_INPUT,
		       "linux.resources.%s: \"%s\" for %s is above the limit of the cgroup around "
		       "it (\"%s/%s\" is %s)",
		       write->member, write->value, write->file, path, file, most);
}

/* The root has no such files, and neither has what does not pass the controller on. */
static int check_against(int up, const struct cgroup_write *write, struct err *err)
{
	char file[NAME_MAX + 1], most[CGROUP_CHECK_SHOWN];
	auto_free char *text = NULL;
	struct err why;

	snprintf(file, sizeof(file), "%s%s", write->file,
		 is_cpuset(write->file) ? ".effective" : "");
	if (fd_load_at(up, file, FILE_MAX, &text, NULL, &why) < 0) {
		if (why.code == ENOENT || why.code == ENODEV || why.code == EACCES)
			return 0;
		return err_set(err, why.code, "the cgroup above: %s", why.msg);
	}
	if (cgroup_check_is_above(write->file, write->value, text, most))
		return tell_above(up, write, file, most, err);
	return 0;
}

static int check_write(int fd, const struct cgroup_write *write, struct err *err)
{
	auto_fd int up = -1;
	int next;

	if (open_above(fd, &up, err) < 0)
		return -1;
	while (up >= 0) {
		if (check_against(up, write, err) < 0 || open_above(up, &next, err) < 0)
			return -1;
		close(up);
		up = next;
	}
	return 0;
}

/* ---- what is in use ---- */

/* File pages and caches are given back to the kernel when a limit is set; the rest stays. */
static uint64_t droppable(int fd)
{
	static const char *const keys[] = { "active_file", "inactive_file", "slab_reclaimable" };
	uint64_t sum = 0, value;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (cgroup_stats_value(fd, "memory.stat", keys[i], &value) == 0)
			sum += value;
	return sum;
}

static int refuse_use(const char *member, uint64_t limit, uint64_t used, const char *kind,
		      struct err *err)
{
	return err_set(err, ERR_FAILED,
		       "linux.resources.%s: %" PRIu64 " is below what is in use (%" PRIu64 "%s)",
		       member, limit, used, kind);
}

static int check_use(int fd, const struct cgroup_write *write, bool strict, struct err *err)
{
	const char *value = write->value, *now;
	uint64_t limit, used, drop;
	char text[64];

	now = text;
	if (!take_limit(&value, &limit) ||
	    cgroup_file_read(fd, "memory.current", text, sizeof(text)) < 0 ||
	    !take_limit(&now, &used) || used <= limit)
		return 0;
	if (strict)
		return refuse_use(write->member, limit, used, ", checkBeforeUpdate", err);
	drop = droppable(fd);
	used -= drop < used ? drop : used;
	if (used <= limit)
		return 0;
	return refuse_use(write->member, limit, used, " besides files' pages", err);
}

/* checkBeforeUpdate looks at memory and swap together, too (as runc). */
static int check_swap_use(int fd, const struct spec_memory *memory, struct err *err)
{
	struct cgroup_write both = { .member = "memory.swap" };
	char value[24];

	if (memory->swap.value <= 0)
		return 0;
	snprintf(value, sizeof(value), "%" PRId64, memory->swap.value);
	both.value = value;
	return check_use(fd, &both, true, err);
}

int cgroup_check_plan(int fd, const struct cgroup_plan *plan, const struct spec_memory *memory,
		      struct err *err)
{
	bool strict = memory->check_before_update.given && memory->check_before_update.value;

	for (size_t i = 0; i < plan->n; i++) {
		const struct cgroup_write *write = &plan->write[i];

		if (compare_of(write->file) && check_write(fd, write, err) < 0)
			return -1;
		if (str_eq(write->file, "memory.max") && check_use(fd, write, strict, err) < 0)
			return -1;
	}
	return strict ? check_swap_use(fd, memory, err) : 0;
}
