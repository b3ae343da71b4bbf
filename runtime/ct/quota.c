/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/quota.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"

#define COMMAND(command) QCMD(command, PRJQUOTA)
#define DEPTH_MAX 500

/* quotactl(2) for a file system that lacks this kind; ioctl(2) for one that knows no projects. */
static bool is_lacking(int why)
{
	return why == ENOSYS || why == ESRCH || why == ENOTTY || why == EOPNOTSUPP ||
	       why == ENOTSUP || why == ENOTBLK;
}

static int failed(const char *what, struct err *err)
{
	if (!is_lacking(errno))
		return err_sys(err, "%s", what);
	err_set(err, ERR_UNSUPPORTED, "%s: the file system has no project quotas", what);
	return err_hint(err,
			"ext4: tune2fs -O project,quota, and mount it with prjquota; xfs: mount "
			"it with prjquota; or without limits: DISK_QUOTA=\"no\" in vz.conf");
}

/* ---- whose a file is ---- */

static int tag_file(int fd, bool folder, uint32_t project)
{
	struct fsxattr attr;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &attr) < 0)
		return -1;
	if (attr.fsx_projid == project && (!folder || (attr.fsx_xflags & FS_XFLAG_PROJINHERIT)))
		return 0;
	attr.fsx_projid = project;
	if (folder)
		attr.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	return ioctl(fd, FS_IOC_FSSETXATTR, &attr);
}

static int tag_below(int fd, uint32_t project, unsigned int depth, struct err *err);

/* A container may exchange files meanwhile: what is opened is what was looked at, and nothing but a
 * file or a folder is. What is gone is no error. */
static int open_entry(int dirfd, const char *name, bool *ret_folder)
{
	auto_fd int path = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char self[FD_PATH_SIZE];
	struct stat st;

	if (path < 0 || fstat(path, &st) < 0)
		return -1;
	*ret_folder = S_ISDIR(st.st_mode);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
		errno = ENOENT;
		return -1;
	}
	return open(fd_path(self, path), O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static int tag_entry(int dirfd, const char *name, uint32_t project, unsigned int depth,
		     struct err *err)
{
	bool folder = false;
	auto_fd int fd = open_entry(dirfd, name, &folder);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "open \"%.64s\" to count it", name);
	if (tag_file(fd, folder, project) < 0)
		return failed("count the files of the CT", err);
	return folder ? tag_below(fd, project, depth + 1, err) : 0;
}

static int tag_below(int fd, uint32_t project, unsigned int depth, struct err *err)
{
	auto_dir DIR *dir = NULL;
	struct dirent *entry;
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = own < 0 ? NULL : fdopendir(own);
	if (!dir)
		return err_sys(err, "list a folder to count it");
	if (depth > DEPTH_MAX)
		return err_set(err, ERR_FAILED,
			       "count the files of the CT: more than %d folders in "
			       "each other",
			       DEPTH_MAX);
	while ((errno = 0, entry = readdir(dir)))
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, "..") &&
		    tag_entry(fd, entry->d_name, project, depth, err) < 0)
			return -1;
	return errno ? err_sys(err, "list a folder to count it") : 0;
}

int quota_tag(int fd, uint32_t project, struct err *err)
{
	struct fsxattr attr;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &attr) < 0)
		return failed("count the files of the CT", err);
	if (attr.fsx_projid == project && (attr.fsx_xflags & FS_XFLAG_PROJINHERIT))
		return 0;
	if (tag_below(fd, project, 0, err) < 0)
		return -1;
	return tag_file(fd, true, project) < 0 ? failed("count the files of the CT", err) : 0;
}

/* ---- limits ---- */

static int control(int fd, unsigned int command, uint32_t project, void *data)
{
	return (int)syscall(SYS_quotactl_fd, fd, command, project, data);
}

int quota_set(int fd, uint32_t project, const struct quota_limits *limits, struct err *err)
{
	struct if_dqblk block = {
		.dqb_bhardlimit = limits->hard_kib,
		.dqb_bsoftlimit = limits->soft_kib,
		.dqb_ihardlimit = limits->hard_inodes,
		.dqb_isoftlimit = limits->soft_inodes,
		.dqb_valid = QIF_LIMITS,
	};

	if (control(fd, COMMAND(Q_SETQUOTA), project, &block) < 0)
		return failed("set the disk quota", err);
	return 0;
}

int quota_set_grace(int fd, uint64_t seconds, struct err *err)
{
	struct if_dqinfo info = {
		.dqi_bgrace = seconds,
		.dqi_igrace = seconds,
		.dqi_valid = IIF_BGRACE | IIF_IGRACE,
	};

	if (control(fd, COMMAND(Q_SETINFO), 0, &info) < 0)
		return failed("set the grace time of disk quotas", err);
	return 0;
}

/* xfs has nothing for a project without files and limits. */
int quota_get(int fd, uint32_t project, struct quota_usage *ret, struct err *err)
{
	struct if_dqblk block = { 0 };

	if (control(fd, COMMAND(Q_GETQUOTA), project, &block) < 0 && errno != ENOENT)
		return failed("read the disk quota", err);
	*ret = (struct quota_usage){
		.kib = (block.dqb_curspace + 1023) / 1024,
		.inodes = block.dqb_curinodes,
		.limits = { block.dqb_bsoftlimit, block.dqb_bhardlimit, block.dqb_isoftlimit,
			    block.dqb_ihardlimit },
	};
	return 0;
}
