/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/unpack/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/capability.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/kernel/mount.h"
#include "runtime/kernel/rootfs.h"

/* A device node may be made (an image has some) but not opened; what is setuid or a program
 * does nothing here. */
#define ATTRIBUTES (MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID)

static int enter_root(int dirfd, int *ret_root, struct err *err)
{
	auto_fd int tree = mount_open_tree(dirfd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);

	/* Private, or pivot_root(2) refuses it: the host's mounts are shared where systemd runs. */
	if (tree < 0 || mount_set(tree, 0, ATTRIBUTES, 0, MS_PRIVATE, -1) < 0)
		return err_sys(err, "open the template's folder as a mount");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return err_sys(err, "make namespaces for the unpacking");
	if (rootfs_attach(tree, NULL, err) < 0 || rootfs_enter(tree, false, err) < 0)
		return -1;
	*ret_root = steal_fd(&tree);
	return 0;
}

/* Kept: to give files to any owner (CHOWN), to work in folders that are not root's
 * (DAC_OVERRIDE, FOWNER), setuid and setgid bits of others' files (FSETID), device nodes
 * (MKNOD), file capabilities (SETFCAP). Not kept, above all: SYS_ADMIN, SYS_CHROOT, SYS_PTRACE,
 * NET_*, DAC_READ_SEARCH, which opens files by handle. */
static const cap_value_t kept[] = { CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,
				    CAP_FSETID, CAP_MKNOD,        CAP_SETFCAP };

static int drop_caps(struct err *err)
{
	cap_t caps = cap_init();
	int rc = -1;

	if (caps && cap_set_flag(caps, CAP_PERMITTED, ARRAY_SIZE(kept), kept, CAP_SET) == 0 &&
	    cap_set_flag(caps, CAP_EFFECTIVE, ARRAY_SIZE(kept), kept, CAP_SET) == 0)
		rc = cap_set_proc(caps);
	if (rc < 0)
		err_sys(err, "drop capabilities");
	cap_free(caps);
	return rc;
}

static const int allowed[] = {
	/* files, by fd; paths are resolved by openat2 */
	SCMP_SYS(close),
	SCMP_SYS(fallocate),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat),
	SCMP_SYS(fchown),
	SCMP_SYS(fchownat),
	SCMP_SYS(fcntl),
	SCMP_SYS(fgetxattr),
	SCMP_SYS(fsetxattr),
	SCMP_SYS(fstat),
	SCMP_SYS(ftruncate),
	SCMP_SYS(linkat),
	SCMP_SYS(lseek),
	SCMP_SYS(mkdirat),
	SCMP_SYS(mknodat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(openat),
	SCMP_SYS(openat2),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(read),
	SCMP_SYS(readlinkat),
	SCMP_SYS(readv),
	SCMP_SYS(statx),
	SCMP_SYS(symlinkat),
	SCMP_SYS(unlinkat),
	SCMP_SYS(utimensat),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	/* memory, time, the end */
	SCMP_SYS(brk),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(madvise),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(prlimit64),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(tgkill),
	SCMP_SYS(time),
};

/* The others don't exist here, so a library that likes a newer one takes the older. */
static int filter_calls(struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc = filter ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(allowed); i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (rc == 0)
		rc = seccomp_load(filter); /* sets no_new_privs */
	seccomp_release(filter);
	if (rc == 0)
		return 0;
	errno = -rc;
	return err_sys(err, "filter system calls");
}

int jail_enter(int dirfd, int *ret_root, struct err *err)
{
	auto_fd int root = -1;

	if (enter_root(dirfd, &root, err) < 0 || drop_caps(err) < 0)
		return -1;
	if (proc_close_to_others(err) < 0 || filter_calls(err) < 0)
		return -1;
	*ret_root = steal_fd(&root);
	return 0;
}
