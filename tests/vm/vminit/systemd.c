/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/vminit/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/vm/vminit/die.h"
#include "tests/vm/vminit/file.h"

#define UNIT "vminit-job.service"
#define UNIT_FOLDER "/run/systemd/system"

/* What the host starts at boot is nothing for the VM: its services, its disks, and much that
 * takes seconds (udev, the journal, temporary files). These get another name in the
 * layer above the host's root, so of Debian's units only those start that the job asks for. */
static const char *const hidden[] = {
	"/.dockerenv", /* the host may be a container, the VM is none */
	"/etc/systemd/system",
	"/etc/systemd/system-generators",
	"/lib/systemd/system-generators",
	"/lib/systemd/system/local-fs.target.wants",
	"/lib/systemd/system/sockets.target.wants",
	"/lib/systemd/system/sysinit.target.wants",
	"/lib/systemd/system/timers.target.wants",
	"/usr/local/lib/systemd/system",
};

static void hide(const char *path)
{
	char other[PATH_MAX];

	snprintf(other, sizeof(other), "%s.hidden", path);
	if (rename(path, other) && errno != ENOENT)
		die("rename \"%s\"", path);
}

/* systemd sets the host's name otherwise. */
static void host_name_keep(void)
{
	int fd = open("/etc/hostname", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || dprintf(fd, "testvm\n") < 0)
		die("write /etc/hostname");
	close(fd);
}

int systemd_clone_initramfs(void)
{
	int fd = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0)
		die("clone the initramfs");
	return fd;
}

void systemd_exec(char *program, int initramfs)
{
	char *argv[] = { program, "--unit=" UNIT, "--log-target=console", NULL };

	file_make_folders(SYSTEMD_INITRAMFS);
	if (move_mount(initramfs, "", AT_FDCWD, SYSTEMD_INITRAMFS, MOVE_MOUNT_F_EMPTY_PATH))
		die("mount the initramfs on " SYSTEMD_INITRAMFS);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		hide(hidden[i]);
	host_name_keep();
	file_make_folders("/etc/systemd/system");
	file_make_folders(UNIT_FOLDER);
	if (symlink(SYSTEMD_INITRAMFS "/" UNIT, UNIT_FOLDER "/" UNIT))
		die("link " UNIT);
	execv(program, argv);
	die("exec \"%s\"", program);
}
