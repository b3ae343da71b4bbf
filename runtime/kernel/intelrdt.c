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

/* The next piece of *at up to the separator, without surrounding spaces. */
static size_t next_piece(const char **at, char separator, const char **ret)
{
	const char *start = *at, *end = start;

	while (*end && *end != separator && *end != '\n')
		end++;
	*at = *end == separator ? end + 1 : end;
	start += strspn(start, " \t");
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	*ret = start;
	return end > start ? (size_t)(end - start) : 0;
}

static void skip_zeros(const char **text, size_t *len)
{
	while (*len > 1 && **text == '0') {
		(*text)++;
		(*len)--;
	}
}

/* "0=0ff" and "0=FF" are the same. */
static bool same_value(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *a_eq = memchr(a, '=', a_len), *b_eq = memchr(b, '=', b_len);
	size_t id = a_eq ? (size_t)(a_eq - a) + 1 : 0;

	if (!a_eq || !b_eq || id != (size_t)(b_eq - b) + 1 || memcmp(a, b, id) != 0)
		return false;
	a += id, a_len -= id, b += id, b_len -= id;
	skip_zeros(&a, &a_len);
	skip_zeros(&b, &b_len);
	return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

static bool line_has(const char *line, const char *value, size_t value_len)
{
	const char *other;
	size_t len;

	while ((len = next_piece(&line, ';', &other)) > 0)
		if (same_value(value, value_len, other, len))
			return true;
	return false;
}

static bool line_holds(const char *have, const char *want)
{
	const char *value;
	size_t len;

	while ((len = next_piece(&want, ';', &value)) > 0)
		if (!line_has(have, value, len))
			return false;
	return true;
}

bool intelrdt_holds(const char *schemata, const char *line)
{
	const char *name, *other;
	size_t name_len = next_piece(&line, ':', &name);

	while (*schemata) {
		const char *values = schemata;
		size_t len = next_piece(&values, ':', &other);

		if (len == name_len && memcmp(name, other, len) == 0)
			return line_holds(values, line);
		schemata += strcspn(schemata, "\n");
		schemata += *schemata == '\n';
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
