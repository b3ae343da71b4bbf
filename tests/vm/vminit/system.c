/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/vminit/system.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/vm/vminit/die.h"
#include "tests/vm/vminit/file.h"

#define OPTIONS_9P "trans=virtio,version=9p2000.L,msize=512000,access=any,"
#define KEPT_MAX 16

struct mount_row {
	const char *type;
	const char *target;
	unsigned long flags;
	const char *options;
};

/* What the initramfs needs; moved to the new root later. */
static const struct mount_row early_mounts[] = {
	{ "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "devtmpfs", "/dev", MS_NOSUID, "mode=755" },
};

static const struct mount_row system_mounts[] = {
	{ "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666" },
	{ "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777" },
	{ "mqueue", "/dev/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755" },
	{ "tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777" },
	{ "cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC,
	  "nsdelegate,memory_recursiveprot" },
	{ "bpf", "/sys/fs/bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700" },
	{ "debugfs", "/sys/kernel/debug", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "tracefs", "/sys/kernel/tracing", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "securityfs", "/sys/kernel/security", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
};

/* A disk is known by the serial number that run gave it: "swap", or its file system's type. */
static const struct mount_row disk_mounts[] = {
	{ "ext4", "/var/lib/vz", 0, "usrquota,grpquota,prjquota" },
	{ "xfs", "/var/lib/vz-xfs", 0, "usrquota,grpquota,prjquota" },
};

static const struct {
	const char *target;
	const char *path;
} links[] = {
	{ "/proc/self/fd", "/dev/fd" },
	{ "/proc/self/fd/0", "/dev/stdin" },
	{ "/proc/self/fd/1", "/dev/stdout" },
	{ "/proc/self/fd/2", "/dev/stderr" },
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void mount_row(const char *source, const struct mount_row *row)
{
	file_make_folders(row->target);
	if (mount(source, row->target, row->type, row->flags, row->options))
		die("mount %s on \"%s\"", row->type, row->target);
}

static void modules_load(void)
{
	char path[PATH_MAX];

	for (char **name = file_strings("/modules/order"); *name; name++) {
		int fd;

		snprintf(path, sizeof(path), "/modules/%s", *name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			die("load module %s", *name);
		close(fd);
		unlink(path);
	}
}

/* The host's root below, a tmpfs above: whatever is written is gone with the VM. */
static void root_mount(void)
{
	static const struct mount_row rows[] = {
		{ "9p", "/host", MS_RDONLY, OPTIONS_9P "cache=loose" },
		{ "tmpfs", "/upper", 0, "mode=755,size=90%" },
	};

	mount_row("root", &rows[0]);
	mount_row("upper", &rows[1]);
	file_make_folders("/upper/data");
	file_make_folders("/upper/work");
	file_make_folders("/root");
	if (mount("root", "/root", "overlay", 0,
		  "lowerdir=/host,upperdir=/upper/data,workdir=/upper/work,redirect_dir=on"))
		die("mount the overlay over the host's root");
}

/* Mounts the new root over the initramfs, which can't be the old root of a pivot_root: what is
 * tested here must be able to pivot. */
static void root_switch(void)
{
	for (size_t i = 0; i < COUNT(early_mounts); i++) {
		char target[PATH_MAX];

		snprintf(target, sizeof(target), "/root%s", early_mounts[i].target);
		if (mount(early_mounts[i].target, target, NULL, MS_MOVE, NULL))
			die("move \"%s\" to the new root", early_mounts[i].target);
	}
	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		die("switch to the new root");
}

/* The host's folders that must stay visible, cloned before something is mounted over them. */
struct kept {
	char **folders;
	int fds[KEPT_MAX];
};

static void kept_clone(struct kept *kept)
{
	for (size_t i = 0; kept->folders[i]; i++) {
		if (i == KEPT_MAX) {
			errno = E2BIG;
			die("keep more than %d folders", KEPT_MAX);
		}
		kept->fds[i] =
			open_tree(AT_FDCWD, kept->folders[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (kept->fds[i] < 0)
			die("open the host's \"%s\"", kept->folders[i]);
	}
}

/* Puts back those that are covered now. */
static void kept_show(const struct kept *kept)
{
	for (size_t i = 0; kept->folders[i]; i++) {
		const char *folder = kept->folders[i];

		if (access(folder, F_OK) != 0) {
			file_make_folders(folder);
			if (move_mount(kept->fds[i], "", AT_FDCWD, folder, MOVE_MOUNT_F_EMPTY_PATH))
				die("show the host's \"%s\"", folder);
		}
		close(kept->fds[i]);
	}
}

static void system_mount(void)
{
	for (size_t i = 0; i < COUNT(system_mounts); i++)
		mount_row(system_mounts[i].type, &system_mounts[i]);
	for (size_t i = 0; i < COUNT(links); i++)
		if (symlink(links[i].target, links[i].path) && errno != EEXIST)
			die("link \"%s\"", links[i].path);
}

static void disk_find(const char *serial, char ret_device[PATH_MAX])
{
	if (file_find_device("/sys/block", "serial", serial, ret_device))
		die("find the %s disk", serial);
}

static void disks_mount(void)
{
	char device[PATH_MAX];

	for (size_t i = 0; i < COUNT(disk_mounts); i++) {
		disk_find(disk_mounts[i].type, device);
		mount_row(device, &disk_mounts[i]);
	}
	disk_find("swap", device);
	if (swapon(device, 0))
		die("use \"%s\" for swapping", device);
}

static void work_mount(char **folders)
{
	for (size_t i = 0; folders[i]; i++) {
		struct mount_row row = { "9p", folders[i], 0, OPTIONS_9P "cache=mmap" };
		char tag[32];

		snprintf(tag, sizeof(tag), "work%zu", i);
		mount_row(tag, &row);
	}
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		die("bring the loopback interface up");
	close(fd);
}

void system_start(char **kept_folders, char **work_folders)
{
	struct kept kept = { .folders = kept_folders };

	for (size_t i = 0; i < COUNT(early_mounts); i++)
		mount_row(early_mounts[i].type, &early_mounts[i]);
	modules_load();
	root_mount();
	root_switch();
	kept_clone(&kept);
	system_mount();
	disks_mount();
	kept_show(&kept);
	work_mount(work_folders);
	if (mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL))
		die("make all mounts shared");
	if (sethostname("testvm", strlen("testvm")))
		die("set the host name");
	loopback_up();
}
