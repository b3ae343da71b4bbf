/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/cgroup_undo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup_file.h"

#define FILE_MAX (1U << 20)
/* One to write, one for what another file's write changed, one that finds all as it was. */
#define PASSES 3

/* The files with lines "KEY VALUES", a key being a device or "default", and the values that mean
 * that the device is not limited (cgroup-v2.rst, Interface Files of each controller). */
static const struct {
	const char *name, *none;
} keyed[] = {
	{ "dmem.low", "0" },
	{ "dmem.max", "max" },
	{ "dmem.min", "0" },
	{ "io.bfq.weight", "default" },
	{ "io.latency", "target=0" },
	{ "io.max", "rbps=max wbps=max riops=max wiops=max" },
	{ "io.weight", "default" },
	{ "misc.max", "max" },
	{ "rdma.max", "hca_handle=max hca_object=max" },
};

static const char *none_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keyed); i++)
		if (str_eq(name, keyed[i].name))
			return keyed[i].none;
	return NULL;
}

static bool has_key(char *const *lines, const char *line)
{
	size_t len = strcspn(line, " ");

	for (; *lines; lines++)
		if (strcspn(*lines, " ") == len && strncmp(*lines, line, len) == 0)
			return true;
	return false;
}

static bool has_line(char *const *lines, const char *line)
{
	for (; *lines; lines++)
		if (str_eq(*lines, line))
			return true;
	return false;
}

static char **keyed_lines(const char *none, const char *before, const char *now)
{
	auto_strv char **old = strv_split(before, "\n"), **new = strv_split(now, "\n");
	auto_strv char **ret = strv_split("", "\n");

	if (!old || !new || !ret)
		return NULL;
	for (char **line = old; *line; line++)
		if (!has_line(new, *line) && strv_add(&ret, *line) < 0)
			return NULL;
	for (char **line = new; *line; line++) {
		auto_free char *reset = NULL;

		if (has_key(old, *line))
			continue;
		reset = str_dupf("%.*s %s", (int)strcspn(*line, " "), *line, none);
		if (!reset || strv_add(&ret, reset) < 0)
			return NULL;
	}
	return steal_ptr(&ret);
}

char **cgroup_undo_lines(const char *name, const char *before, const char *now)
{
	auto_strv char **ret = NULL;
	const char *none = none_of(name);

	if (none)
		return keyed_lines(none, before, now);
	ret = strv_split("", "\n");
	/* An empty list, as of cpuset.cpus, is a line as well: nothing at all would not be a write. */
	if (ret && !str_eq(before, now) && strv_add(&ret, before) < 0)
		return NULL;
	return steal_ptr(&ret);
}

static bool is_noted(const struct cgroup_undo *undo, const char *name)
{
	for (size_t i = 0; i < undo->n; i++)
		if (str_eq(undo->file[i].name, name))
			return true;
	return false;
}

static void file_done(struct cgroup_undo_file *file)
{
	free(file->name);
	free(file->text);
	free(file->instead);
}

/* What an empty cpuset.cpus or cpuset.mems comes to is in the file beside it. */
static char *load_instead(int fd, const char *name, const char *text)
{
	char effective[64], *instead = NULL;

	if (!str_starts(name, "cpuset.") || !str_eq(text, "\n"))
		return NULL;
	snprintf(effective, sizeof(effective), "%s.effective", name);
	fd_load_at(fd, effective, FILE_MAX, &instead, NULL, NULL);
	return instead;
}

static int note(struct cgroup_undo *undo, int fd, const char *name, struct err *err)
{
	struct cgroup_undo_file file = { NULL, NULL, NULL }, *slot = NULL;

	if (is_noted(undo, name) || fd_load_at(fd, name, FILE_MAX, &file.text, NULL, NULL) < 0)
		return 0;
	file.name = strdup(name);
	file.instead = load_instead(fd, name, file.text);
	if (file.name)
		slot = mem_append(&undo->file, &undo->n, sizeof(*slot));
	if (slot) {
		*slot = file;
		return 0;
	}
	file_done(&file);
	errno = ENOMEM;
	return err_sys(err, "keep the old value of \"%s\"", name);
}

int cgroup_undo_note(struct cgroup_undo *undo, int fd, const char *name, struct err *err)
{
	/* To become idle and cease to be so resets the weight. */
	if (str_eq(name, "cpu.idle") && note(undo, fd, "cpu.weight", err) < 0)
		return -1;
	return note(undo, fd, name, err);
}

/* 1: it is as it was; 0: it was written; -1: it would not be. */
static int put_back(const struct cgroup_undo_file *file, int fd)
{
	auto_free char *now = NULL;
	auto_strv char **lines = NULL;
	int ret = 0;

	if (fd_load_at(fd, file->name, FILE_MAX, &now, NULL, NULL) == 0)
		lines = cgroup_undo_lines(file->name, file->text, now);
	if (!lines)
		return -1;
	if (!*lines || (file->instead && str_eq(now, file->instead)))
		return 1;
	for (char **line = lines; *line; line++)
		if (cgroup_file_write(fd, file->name, *line) < 0)
			ret = -1;
	if (ret < 0 && file->instead)
		ret = cgroup_file_write(fd, file->name, file->instead);
	return ret;
}

const char *cgroup_undo_apply(const struct cgroup_undo *undo, int fd)
{
	const char *refused = NULL;

	for (int pass = 0; pass < PASSES; pass++) {
		bool same = true;

		refused = NULL;
		for (size_t i = undo->n; i-- > 0;) {
			int done = put_back(&undo->file[i], fd);

			same &= done > 0;
			refused = done < 0 ? undo->file[i].name : refused;
		}
		if (same)
			return NULL;
	}
	return refused;
}

void cgroup_undo_done(struct cgroup_undo *undo)
{
	for (size_t i = 0; i < undo->n; i++)
		file_done(&undo->file[i]);
	free(undo->file);
	*undo = (struct cgroup_undo){ NULL, 0 };
}
