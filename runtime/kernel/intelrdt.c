/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/intelrdt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#ifndef RDTGROUP_SUPER_MAGIC
#define RDTGROUP_SUPER_MAGIC 0x7655821
#endif

#define RESCTRL "/sys/fs/resctrl"
#define SCHEMATA_MAX_BYTES 65536

int intelrdt_open(struct err *err)
{
	auto_fd int fd = open(RESCTRL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == RDTGROUP_SUPER_MAGIC)
		return steal_fd(&fd);
	return err_set(err, ERR_UNSUPPORTED,
		       "linux.intelRdt: resctrl is not mounted at \"" RESCTRL "\" (does this "
		       "processor and kernel have it?)");
}

/* ---- schemata ---- */

/* A piece of a longer text. */
struct piece {
	const char *at;
	size_t len;
};

static struct piece trimmed(const char *start, const char *end)
{
	while (start < end && isspace((unsigned char)*start))
		start++;
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	return (struct piece){ start, (size_t)(end - start) };
}

/* Takes what stands before the separator (or the end) off *text. */
static struct piece take(struct piece *text, char separator)
{
	const char *end = text->at + text->len;
	const char *found = memchr(text->at, separator, text->len);
	struct piece piece = trimmed(text->at, found ? found : end);

	text->at = found ? found + 1 : end;
	text->len = (size_t)(end - text->at);
	return piece;
}

static bool same_text(struct piece a, struct piece b)
{
	return a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

static struct piece without_zeros(struct piece number)
{
	while (number.len > 1 && *number.at == '0') {
		number.at++;
		number.len--;
	}
	return number;
}

/* "0=0ff" and "0= FF" are the same. */
static bool same_value(struct piece a, struct piece b)
{
	struct piece a_id = take(&a, '='), b_id = take(&b, '=');

	if (!same_text(a_id, b_id) || a.len == 0 || b.len == 0)
		return false;
	return same_text(without_zeros(trimmed(a.at, a.at + a.len)),
			 without_zeros(trimmed(b.at, b.at + b.len)));
}

static bool line_has(struct piece values, struct piece value)
{
	while (values.len > 0)
		if (same_value(take(&values, ';'), value))
			return true;
	return false;
}

static bool line_holds(struct piece have, struct piece want)
{
	while (want.len > 0)
		if (!line_has(have, take(&want, ';')))
			return false;
	return true;
}

bool intelrdt_holds(const char *schemata, const char *line)
{
	struct piece rest = { schemata, strlen(schemata) }, want = { line, strlen(line) };
	struct piece resource = take(&want, ':');

	while (rest.len > 0) {
		struct piece have = take(&rest, '\n');

		if (same_text(take(&have, ':'), resource))
			return line_holds(have, want);
	}
	return false;
}

/* ---- groups ---- */

static bool has_schema(const struct spec_intel_rdt *rdt)
{
	return rdt->l3_cache_schema || rdt->mem_bw_schema || (rdt->schemata && *rdt->schemata);
}

/* "/" is the default group, resctrl's root. */
static const char *group_name(const struct spec_intel_rdt *rdt, const char *id)
{
	if (!rdt->clos_id)
		return id;
	return str_eq(rdt->clos_id, "/") ? "." : rdt->clos_id;
}

static char *monitor_path(const struct spec_intel_rdt *rdt, const char *id)
{
	return str_dupf("%s/mon_groups/%s", group_name(rdt, id), id);
}

/* Adds what resctrl itself says about the failure. */
static int explain(int resctrl, struct err *err)
{
	auto_free char *status = NULL;

	if (fd_load_at(resctrl, "info/last_cmd_status", 4096, &status, NULL, NULL) == 0) {
		status[strcspn(status, "\n")] = '\0';
		if (*status && !str_eq(status, "ok"))
			err_hint(err, "%.128s", status);
	}
	return err_wrap(err, "linux.intelRdt");
}

static int add_task(int resctrl, const char *group, pid_t pid, struct err *err)
{
	auto_free char *path = str_dupf("%s/tasks", group);
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if (!path)
		return err_sys(err, "linux.intelRdt");
	return fd_write_kernel(resctrl, path, text, err) < 0 ? explain(resctrl, err) : 0;
}

/* One line a write, which the kernel takes or refuses as a whole. */
static int write_line(int resctrl, const char *group, const char *line, struct err *err)
{
	auto_free char *path = str_dupf("%s/schemata", group), *text = str_dupf("%s\n", line);

	if (!path || !text)
		return err_sys(err, "linux.intelRdt");
	return fd_write_kernel(resctrl, path, text, err) < 0 ? explain(resctrl, err) : 0;
}

/* A group that was there before must be what the spec asks for. */
static int check_schemata(int resctrl, const char *group, const struct spec_intel_rdt *rdt,
			  struct err *err)
{
	const char *const asked[] = { rdt->l3_cache_schema, rdt->mem_bw_schema };
	auto_free char *path = str_dupf("%s/schemata", group);
	auto_free char *have = NULL;

	if (!path)
		return err_sys(err, "linux.intelRdt");
	if (fd_load_at(resctrl, path, SCHEMATA_MAX_BYTES, &have, NULL, err) < 0)
		return err_wrap(err, "linux.intelRdt");
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
		if (asked[i] && !intelrdt_holds(have, asked[i]))
			return err_set(err, ERR_STATE,
				       "linux.intelRdt: the group \"%s\" exists with another value "
				       "than \"%.64s\"",
				       group, asked[i]);
	return 0;
}

/* "The runtimes MUST write l3CacheSchema first and memBwSchema last", `schemata` after both. */
static int set_schemata(int resctrl, const char *group, const struct spec_intel_rdt *rdt, bool made,
			struct err *err)
{
	if (!made && check_schemata(resctrl, group, rdt, err) < 0)
		return -1;
	if (made && rdt->l3_cache_schema &&
	    write_line(resctrl, group, rdt->l3_cache_schema, err) < 0)
		return -1;
	if (made && rdt->mem_bw_schema && write_line(resctrl, group, rdt->mem_bw_schema, err) < 0)
		return -1;
	for (char *const *line = rdt->schemata; line && *line; line++)
		if (write_line(resctrl, group, *line, err) < 0)
			return -1;
	return 0;
}

/* *ret_made: it was not there before. */
static int make_group(int resctrl, const struct spec_intel_rdt *rdt, const char *id, bool *ret_made,
		      struct err *err)
{
	const char *group = group_name(rdt, id);
	struct stat st;

	if (rdt->clos_id && !has_schema(rdt)) {
		if (fstatat(resctrl, group, &st, 0) == 0)
			return 0;
		return err_sys(err, "linux.intelRdt: the group \"%s\"", group);
	}
	*ret_made = mkdirat(resctrl, group, 0755) == 0;
	if (*ret_made || (errno == EEXIST && rdt->clos_id))
		return set_schemata(resctrl, group, rdt, *ret_made, err);
	err_sys(err, "make the group \"%s\"", group);
	return explain(resctrl, err);
}

static int make_monitor(int resctrl, const struct spec_intel_rdt *rdt, const char *id,
			bool *ret_made, struct err *err)
{
	auto_free char *path = monitor_path(rdt, id);

	if (!rdt->enable_monitoring)
		return 0;
	*ret_made = path && mkdirat(resctrl, path, 0755) == 0;
	if (*ret_made)
		return 0;
	err_sys(err, "make the monitoring group \"%s\"", id);
	return explain(resctrl, err);
}

int intelrdt_join(int resctrl, const struct spec_intel_rdt *rdt, const char *id, pid_t pid,
		  struct err *err)
{
	auto_free char *monitor = monitor_path(rdt, id);

	if (!monitor)
		return err_sys(err, "linux.intelRdt");
	if (add_task(resctrl, group_name(rdt, id), pid, err) < 0)
		return -1;
	return rdt->enable_monitoring ? add_task(resctrl, monitor, pid, err) : 0;
}

int intelrdt_apply(int resctrl, const struct spec_intel_rdt *rdt, const char *id, pid_t pid,
		   struct err *err)
{
	auto_free char *monitor = monitor_path(rdt, id);
	bool made_group = false, made_monitor = false;

	if (!monitor)
		return err_sys(err, "linux.intelRdt");
	if (make_group(resctrl, rdt, id, &made_group, err) == 0 &&
	    make_monitor(resctrl, rdt, id, &made_monitor, err) == 0 &&
	    intelrdt_join(resctrl, rdt, id, pid, err) == 0)
		return 0;
	if (made_monitor && unlinkat(resctrl, monitor, AT_REMOVEDIR) < 0)
		log_warning("remove \"%s\": %s, ignoring", monitor, strerror(errno));
	if (made_group && unlinkat(resctrl, group_name(rdt, id), AT_REMOVEDIR) < 0)
		log_warning("remove the group \"%s\": %s, ignoring", group_name(rdt, id),
			    strerror(errno));
	return -1;
}

int intelrdt_remove(int resctrl, const struct spec_intel_rdt *rdt, const char *id, struct err *err)
{
	auto_free char *monitor = monitor_path(rdt, id);

	if (!monitor)
		return err_sys(err, "linux.intelRdt");
	if (rdt->enable_monitoring && unlinkat(resctrl, monitor, AT_REMOVEDIR) < 0 &&
	    errno != ENOENT)
		return err_sys(err, "linux.intelRdt: remove \"%s\"", monitor);
	if (!rdt->clos_id && unlinkat(resctrl, id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(err, "linux.intelRdt: remove the group \"%s\"", id);
	return 0;
}
