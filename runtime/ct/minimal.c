/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/minimal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"

#define APPLETS_MAX_BYTES (1U << 20)

static const char *const busybox_paths[] = { "/bin/busybox", "/usr/bin/busybox", "/sbin/busybox" };

static const struct {
	const char *path;
	mode_t mode;
} folders[] = {
	{ "bin", 0755 },      { "dev", 0755 },       { "etc", 0755 },       { "etc/init.d", 0755 },
	{ "home", 0755 },     { "mnt", 0755 },       { "opt", 0755 },       { "proc", 0555 },
	{ "root", 0700 },     { "run", 0755 },       { "sbin", 0755 },      { "srv", 0755 },
	{ "sys", 0555 },      { "tmp", 01777 },      { "usr", 0755 },       { "usr/bin", 0755 },
	{ "usr/sbin", 0755 }, { "var", 0755 },       { "var/cache", 0755 }, { "var/lib", 0755 },
	{ "var/log", 0755 },  { "var/spool", 0755 }, { "var/tmp", 01777 },
};

static const struct {
	const char *path;
	mode_t mode;
	const char *text;
} files[] = {
	{ "etc/group", 0644, "root:x:0:\ntty:x:5:\nusers:x:100:\nnogroup:x:65534:\n" },
	{ "etc/hostname", 0644, "minimal\n" },
	{ "etc/hosts", 0644, "127.0.0.1\tlocalhost\n::1\tlocalhost\n" },
	{ "etc/init.d/rcS", 0755,
	  "#!/bin/sh\n"
	  "# Runs once, when the container starts.\n"
	  "mkdir -p /run/lock\n"
	  "for script in /etc/init.d/S*; do\n"
	  "\t[ ! -x \"$script\" ] || \"$script\" start\n"
	  "done\n" },
	{ "etc/init.d/rcK", 0755,
	  "#!/bin/sh\n"
	  "# Runs once, when the container stops.\n"
	  "for script in /etc/init.d/S*; do\n"
	  "\t[ ! -x \"$script\" ] || \"$script\" stop\n"
	  "done\n" },
	{ "etc/inittab", 0644,
	  "::sysinit:/etc/init.d/rcS\n"
	  "::shutdown:/etc/init.d/rcK\n" },
	{ "etc/os-release", 0644,
	  "ID=vzrun-minimal\n"
	  "NAME=\"vzrun minimal\"\n"
	  "PRETTY_NAME=\"vzrun minimal (busybox)\"\n" },
	{ "etc/passwd", 0644,
	  "root:x:0:0:root:/root:/bin/sh\n"
	  "nobody:x:65534:65534:nobody:/:/bin/false\n" },
	{ "etc/profile", 0644,
	  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
	  "export PATH\n" },
	{ "etc/shadow", 0600, "root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n" },
};

int minimal_open_busybox(struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(busybox_paths); i++) {
		int fd = open(busybox_paths[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			return fd;
		if (errno != ENOENT)
			return err_sys(err, "open \"%s\"", busybox_paths[i]);
	}
	err_set(err, ERR_NOT_FOUND, "the template \"" MINIMAL_NAME "\" needs busybox");
	return err_hint(err, "Debian: apt-get install busybox-static");
}

/* The folder is new and only root's, so names in it can be trusted. */
static int make_folders(int dirfd, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdirat(dirfd, folders[i].path, 0700) < 0 ||
		    fchmodat(dirfd, folders[i].path, folders[i].mode, 0) < 0)
			return err_sys(err, "make folder \"%s\"", folders[i].path);
	if (symlinkat("/run", dirfd, "var/run") < 0)
		return err_sys(err, "make link \"var/run\"");
	return 0;
}

static int make_file(int dirfd, const char *path, mode_t mode, struct err *err)
{
	auto_fd int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, mode) < 0)
		return err_sys(err, "make \"%s\"", path);
	return steal_fd(&fd);
}

static int make_files(int dirfd, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		auto_fd int fd = make_file(dirfd, files[i].path, files[i].mode, err);

		if (fd < 0)
			return -1;
		if (fd_write_all(fd, files[i].text, strlen(files[i].text)) < 0)
			return err_sys(err, "write \"%s\"", files[i].path);
	}
	return 0;
}

static int copy_busybox(int busybox_fd, int dirfd, struct err *err)
{
	auto_fd int fd = make_file(dirfd, "bin/busybox", 0755, err);
	off_t at = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = sendfile(fd, busybox_fd, &at, 1U << 20)) > 0)
		;
	return n < 0 ? err_sys(err, "copy busybox") : 0;
}

/* In the child: only the tree's own busybox can be found from here. */
static void run_busybox(int dirfd, int out)
{
	static const char *const args[] = { "busybox", "--list-full", NULL };

	if (fchdir(dirfd) == 0 && chroot(".") == 0 && dup2(out, STDOUT_FILENO) >= 0)
		execve("/bin/busybox", (char **)(uintptr_t)args, NULL);
	_exit(errno == ENOENT ? 127 : 126);
}

/* "bin/sh\nsbin/init\n…", from the program itself; running it in its new root shows at the same
 * time that it needs no library there. */
static int list_applets(int dirfd, char **ret, struct err *err)
{
	auto_fd int from = -1, to = -1;
	int pair[2], status, rc;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	from = pair[0];
	to = pair[1];
	pid = proc_clone(0, -1, NULL);
	if (pid == 0)
		run_busybox(dirfd, to);
	fd_closep(&to);
	if (pid < 0)
		return err_sys(err, "run busybox");
	rc = fd_read_file(from, "busybox --list-full", APPLETS_MAX_BYTES, ret, NULL, err);
	fd_closep(&from);
	status = proc_wait(pid);
	if (rc == 0 && status == 127) {
		mem_free_ptr(ret);
		err_set(err, ERR_UNSUPPORTED, "the host's busybox is not static");
		return err_hint(err, "Debian: apt-get install busybox-static");
	}
	if (rc == 0 && status != 0) {
		mem_free_ptr(ret);
		return err_set(err, ERR_FAILED, "busybox --list-full ended with status %d", status);
	}
	return rc;
}

static int make_applets(int dirfd, struct err *err)
{
	auto_free char *list = NULL;
	char *save = NULL;

	if (list_applets(dirfd, &list, err) < 0)
		return -1;
	for (char *path = strtok_r(list, "\n", &save); path; path = strtok_r(NULL, "\n", &save)) {
		if (!strchr(path, '/')) /* linuxrc, for initial RAM disks */
			continue;
		if (symlinkat("/bin/busybox", dirfd, path) < 0 && errno != EEXIST)
			return err_sys(err, "make link \"%s\"", path);
	}
	return 0;
}

int minimal_build(int busybox_fd, int dirfd, struct err *err)
{
	if (make_folders(dirfd, err) < 0 || make_files(dirfd, err) < 0 ||
	    copy_busybox(busybox_fd, dirfd, err) < 0)
		return -1;
	return make_applets(dirfd, err);
}
