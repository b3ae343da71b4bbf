/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/host_sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define PATH_SIZE 128
#define FILE_MAX_BYTES (4 << 20)

static void full_path(char buf[PATH_SIZE + 16], const char *path)
{
	snprintf(buf, PATH_SIZE + 16, "/proc/sys/%.*s", PATH_SIZE - 1, path);
}

int host_sysctl_read(const char *path, int *ret, struct err *err)
{
	char full[PATH_SIZE + 16], text[32];
	auto_fd int fd = -1;
	ssize_t n;

	full_path(full, path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return err_sys(err, "read \"%s\"", full);
	text[n] = '\0';
	*ret = atoi(text);
	return 0;
}

int host_sysctl_write(const char *path, int value, struct err *err)
{
	char full[PATH_SIZE + 16], text[16];

	full_path(full, path);
	snprintf(text, sizeof(text), "%d", value);
	return fd_write_kernel(AT_FDCWD, full, text, err);
}

static int append(int dirfd, const char *path, int old, int ours, struct err *err)
{
	auto_fd int fd =
		openat(dirfd, HOST_SYSCTLS, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	char line[PATH_SIZE + 32];
	int len = snprintf(line, sizeof(line), "%s %d %d\n", path, old, ours);

	if (fd < 0 || fd_write_all(fd, line, (size_t)len) < 0)
		return err_sys(err, "note the old value of \"%s\"", path);
	return 0;
}

int host_sysctl_set(int dirfd, const char *path, int value, struct err *err)
{
	int old;

	if (host_sysctl_read(path, &old, err) < 0)
		return -1;
	if (old == value)
		return 0;
	if (append(dirfd, path, old, value, err) < 0)
		return -1;
	return host_sysctl_write(path, value, err);
}

int host_sysctl_keep(int dirfd, const char *path, int value, struct err *err)
{
	return append(dirfd, path, value, value, err);
}

/* A link that is gone took its settings along. */
static int restore_line(const char *line, struct err *err)
{
	char path[PATH_SIZE];
	int old, ours, now;

	if (sscanf(line, "%127s %d %d", path, &old, &ours) != 3)
		return 0;
	if (host_sysctl_read(path, &now, err) < 0)
		return err->code == ENOENT ? 0 : -1;
	if ((now != ours && old != ours) || now == old)
		return 0;
	return host_sysctl_write(path, old, err);
}

/* What could not be put back stays noted; no line after another that failed is lost either. */
static int restore_lines(int dirfd, char **lines, struct err *err)
{
	auto_strbuf struct strbuf left = { 0 };
	size_t n = strv_len(lines);
	struct err first = { 0 }, why;

	for (size_t i = n; i > 0; i--) {
		if (restore_line(lines[i - 1], &why) == 0) {
			lines[i - 1][0] = '\0';
			continue;
		}
		if (!first.code)
			first = why;
	}
	if (!first.code)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (lines[i][0])
			strbuf_addf(&left, "%s\n", lines[i]);
	if (left.failed)
		return err_set(err, ENOMEM, "put the host's settings back");
	if (fd_replace_file(dirfd, HOST_SYSCTLS, left.text, left.len, 0600, 0, err) == 0)
		*err = first;
	return -1;
}

int host_sysctl_restore(int dirfd, struct err *err)
{
	auto_strv char **lines = NULL;
	auto_free char *text = NULL;

	if (fd_load_at(dirfd, HOST_SYSCTLS, FILE_MAX_BYTES, &text, NULL, err) < 0)
		return err->code == ENOENT ? 0 : -1;
	lines = strv_split(text, "\n");
	if (!lines)
		return err_sys(err, "put the host's settings back");
	if (restore_lines(dirfd, lines, err) < 0)
		return -1;
	if (unlinkat(dirfd, HOST_SYSCTLS, 0) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"%s\"", HOST_SYSCTLS);
	return 0;
}
