/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/kernel/copyup.h"
#include "runtime/kernel/mount_legacy.h"
#include "runtime/kernel/ns.h"

/* fsconfig(2) takes no longer value; such a mount goes by mount(2). */
#define FSCONFIG_VALUE_MAX 255

int mount_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return (int)syscall(SYS_open_tree, dirfd, path, flags | OPEN_TREE_CLOEXEC);
}

int mount_move(int tree, int target)
{
	return (int)syscall(SYS_move_mount, tree, "", target, "",
			    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int mount_set(int fd, unsigned int at_flags, uint64_t set, uint64_t clr, unsigned long propagation,
	      int userns_fd)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clr, .propagation = propagation };

	if (userns_fd >= 0) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (uint64_t)userns_fd;
	}
	/* The access time settings are one field, which is cleared as a whole. */
	if (set & MOUNT_ATTR__ATIME)
		attr.attr_clr |= MOUNT_ATTR__ATIME;
	return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | at_flags, &attr,
			    sizeof(attr));
}

/* ---- new file systems ---- */

static int fs_set(int fs, const char *option)
{
	const char *equals = strchr(option, '=');
	auto_free char *key = NULL;

	if (!equals)
		return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, option, NULL, 0);
	key = strndup(option, (size_t)(equals - option));
	if (!key)
		return -1;
	return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, equals + 1, 0);
}

/* The file system's own words for what went wrong wait on its fd ("e tmpfs: Bad value"). */
static int fs_error(int fs, const char *type, struct err *err)
{
	int saved = errno;
	char text[256];
	ssize_t n = read(fs, text, sizeof(text) - 1);

	errno = saved;
	err_sys(err, "make file system \"%s\"", type);
	if (n > 2 && text[0] == 'e') {
		text[n] = '\0';
		text[strcspn(text, "\n")] = '\0';
		err_hint(err, "%.200s", text + 2);
	}
	return -1;
}

int mount_new(const char *type, const char *source, char *const *data, uint64_t attr,
	      struct err *err)
{
	auto_fd int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return err_sys(err, "make file system \"%s\"", type);
	if (source && syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return fs_error(fs, type, err);
	for (; data && *data; data++)
		if (fs_set(fs, *data) < 0) {
			fs_error(fs, type, err);
			return err_wrap(err, "option \"%.64s\"", *data);
		}
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fs_error(fs, type, err);
	fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned int)attr);
	return fd < 0 ? fs_error(fs, type, err) : fd;
}

/* The options of a mount as parameters: its data, and super block flags by name. The list is
 * the caller's, its strings are not. */
static char **parameters(const struct spec_mount *m, char *label_option)
{
	size_t n = 0, room = 8;
	char **list;

	for (char *const *d = m->data; d && *d; d++)
		room++;
	list = calloc(room, sizeof(*list));
	if (!list)
		return NULL;
	for (char *const *d = m->data; d && *d; d++)
		list[n++] = *d;
	if (m->sync)
		list[n++] = (char *)(uintptr_t) "sync";
	if (m->dirsync)
		list[n++] = (char *)(uintptr_t) "dirsync";
	if (m->lazytime)
		list[n++] = (char *)(uintptr_t) "lazytime";
	if (label_option)
		list[n++] = label_option;
	return list;
}

static bool fits_fsconfig(const struct spec_mount *m)
{
	for (char *const *d = m->data; d && *d; d++)
		if (strlen(*d) > FSCONFIG_VALUE_MAX)
			return false;
	return !m->source || strlen(m->source) <= FSCONFIG_VALUE_MAX;
}

/* ---- destinations, in the child ---- */

/* What a container may be given below /proc: files that lxcfs makes, and the like. A mount on
 * anything else there could fake what labels and sysctls are written to (CVE-2019-16884). */
static const char *const proc_allowed[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/meminfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/uptime",
	"/proc/loadavg",
	"/proc/slabinfo",
	"/proc/net/dev",
	"/proc/sys/kernel/ns_last_pid",
	"/proc/sys/crypto/fips_enabled",
};

static int check_proc(const struct spec_mount *m, int tree, struct err *err)
{
	struct statfs fs;

	if (!str_starts(m->destination, "/proc"))
		return 0;
	if (str_eq(m->destination, "/proc")) {
		if (tree >= 0 && (fstatfs(tree, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC))
			return err_set(err, ERR_INPUT,
				       "what is bound to /proc must be a proc file system");
		if (tree < 0 && m->type && !str_eq(m->type, "proc"))
			return err_set(err, ERR_INPUT, "/proc must be of type proc");
		return 0;
	}
	if (m->destination[strlen("/proc")] != '/')
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(proc_allowed); i++)
		if (str_eq(m->destination, proc_allowed[i]))
			return 0;
	return err_set(err, ERR_INPUT, "a mount there is not allowed: it is inside /proc");
}

/* /proc and /sys are where masks and read-only paths lie: in an image they are folders, no links
 * by which they could be elsewhere (CVE-2019-19921, CVE-2023-28642). */
static bool is_kernels(const struct spec_mount *m)
{
	return str_eq(m->destination, "/proc") || str_eq(m->destination, "/sys");
}

static int open_kernels(const struct mount_env *env, const struct spec_mount *m, struct err *err)
{
	auto_fd int fd = path_open_in(env->root_fd, m->destination, O_PATH | O_NOFOLLOW, 0);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return path_make_dir_in(env->root_fd, m->destination, 0755, err);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "open it in the container");
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_INPUT,
			       "it is no folder in the image, but a link or a file");
	return steal_fd(&fd);
}

/* Keeps the mount's fd for what is masked in it. */
static int remember(const struct mount_env *env, const struct spec_mount *m, int tree,
		    struct err *err)
{
	int *slot =
		str_eq(m->destination, "/proc") ? &env->made->proc_mount : &env->made->sys_mount;

	if (!is_kernels(m))
		return 0;
	fd_closep(slot);
	*slot = fcntl(tree, F_DUPFD_CLOEXEC, 3);
	return *slot < 0 ? err_sys(err, "keep its fd") : 0;
}

/* The place to mount on, made where it is missing. */
static int open_target(const struct mount_env *env, const struct spec_mount *m, bool is_dir,
		       struct err *err)
{
	int fd;

	if (is_kernels(m))
		return open_kernels(env, m, err);
	if (m->dest_nofollow || m->copy_symlink) {
		const char *name;
		auto_fd int parent = path_make_parent_in(env->root_fd, m->destination, &name, err);

		if (parent < 0)
			return -1;
		fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		return fd < 0 ? err_sys(err, "open it without following a link") : fd;
	}
	fd = path_open_in(env->root_fd, m->destination, O_PATH, 0);
	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return err_sys(err, "open it in the container");
	if (is_dir)
		return path_make_dir_in(env->root_fd, m->destination, 0755, err);
	return path_make_file_in(env->root_fd, m->destination, 0644, err);
}

/* ---- kinds of mounts ---- */

/* The kernel says no more than "invalid argument" to a folder on a file. */
static int hint_kinds(int target, bool is_dir, struct err *err)
{
	struct stat st;

	if (fstat(target, &st) == 0 && S_ISDIR(st.st_mode) != is_dir)
		err_hint(err, "the source is a %s and the destination a %s",
			 is_dir ? "folder" : "file", is_dir ? "file" : "folder");
	return -1;
}

/* Attaches a detached mount at the destination. The root itself can only be covered. */
static int attach(const struct mount_env *env, const struct spec_mount *m, int tree, bool is_dir,
		  struct err *err)
{
	auto_fd int target = open_target(env, m, is_dir, err);

	if (target < 0)
		return -1;
	if (mount_move(tree, target) < 0) {
		err_sys(err, "attach it");
		return hint_kinds(target, is_dir, err);
	}
	if (m->propagation) {
		bool deep = m->propagation & (unsigned long)MS_REC;

		if (mount_set(tree, deep ? AT_RECURSIVE : 0, 0, 0,
			      m->propagation & ~(unsigned long)MS_REC, -1) < 0)
			return err_sys(err, "set its propagation");
	}
	return remember(env, m, tree, err);
}

static int apply_remount(const struct mount_env *env, const struct spec_mount *m, struct err *err)
{
	auto_fd int fd = path_open_in(env->root_fd, m->destination, O_PATH, 0);

	if (fd < 0)
		return err_sys(err, "open it in the container");
	if (mount_set(fd, 0, m->attr_set, m->attr_clr, m->propagation & ~(unsigned long)MS_REC,
		      -1) < 0)
		return err_sys(err, "remount it");
	return 0;
}

/* A namespace of the host's keeps its sysfs, proc and mqueue from a user namespace below
 * (mount_namespaces(7)): then the host's own is bound, as runc does. */
static int bind_of_host(const char *path, uint64_t attr, struct err *err)
{
	auto_fd int tree = mount_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | AT_RECURSIVE);

	if (tree < 0)
		return err_sys(err, "bind the host's \"%s\"", path);
	if (mount_set(tree, AT_RECURSIVE, attr, 0, 0, -1) < 0)
		return err_sys(err, "set mount attributes of the host's \"%s\"", path);
	return steal_fd(&tree);
}

static const struct {
	const char *type, *host_path;
	enum spec_ns ns; /* the namespace that it shows */
} host_twins[] = {
	{ "sysfs", "/sys", NS_NET },
	{ "proc", "/proc", NS_PID },
	{ "mqueue", "/dev/mqueue", NS_IPC },
};

/* The host's is what the container would see anyway, or it is an error: the host's processes are
 * not for a container with a pid namespace of its own. */
static int new_or_bound(const struct mount_env *env, const struct spec_mount *m, char *const *data,
			struct err *err)
{
	uint64_t attr = m->attr_set | m->rec_attr_set;
	int fd = mount_new(m->type, m->source, data, attr, err);

	if (fd >= 0 || err->code != EPERM)
		return fd;
	for (size_t i = 0; i < ARRAY_SIZE(host_twins); i++)
		if (str_eq(m->type, host_twins[i].type) && !env->lin->ns[host_twins[i].ns].given)
			return bind_of_host(host_twins[i].host_path, attr, err);
	err_hint(err, "is the host's own covered or read-only in places?");
	return fd;
}

static int finish_new(const struct mount_env *env, const struct spec_mount *m, int fd,
		      struct err *err)
{
	if (m->tmpcopyup) {
		auto_fd int from =
			path_open_in(env->root_fd, m->destination, O_RDONLY | O_DIRECTORY, 0);

		if (from >= 0 && copyup_tree(from, fd, err) < 0)
			return -1;
	}
	return attach(env, m, fd, true, err);
}

static int apply_new(const struct mount_env *env, const struct spec_mount *m, struct err *err)
{
	auto_free char *label = env->label ? str_dupf("context=%s", env->label) : NULL;
	auto_free char **data = NULL;
	auto_fd int fd = -1;

	if (!m->type)
		return err_set(err, ERR_INPUT, "the mount has neither a type nor a bind option");
	if (!fits_fsconfig(m)) {
		auto_fd int target = -1;

		if (is_kernels(m) || env->label)
			return err_set(
				err, ERR_UNSUPPORTED,
				"an option of more than %d bytes: not here, and not with mountLabel",
				FSCONFIG_VALUE_MAX);
		target = open_target(env, m, true, err);
		return target < 0 ? -1 : mount_legacy(m, env->root_fd, target, err);
	}
	data = parameters(m, label);
	if (!data)
		return err_sys(err, "prepare its options");
	fd = new_or_bound(env, m, data, err);
	return fd < 0 ? -1 : finish_new(env, m, fd, err);
}

bool mount_is_cgroup(const struct spec_mount *m)
{
	return m->type && (str_eq(m->type, "cgroup") || str_eq(m->type, "cgroup2"));
}

/* The hierarchy as the container's own namespace shows it, else just the container's own cgroup (CVE-2023-25809: never the host's, writable). */
static int apply_cgroup(const struct mount_env *env, const struct spec_mount *m, struct err *err)
{
	auto_fd int fd = -1;

	if (env->cgroup_ns) {
		fd = mount_new("cgroup2", "cgroup", NULL, m->attr_set, err);
	} else if (env->cgroup_tree >= 0) {
		fd = fcntl(env->cgroup_tree, F_DUPFD_CLOEXEC, 3);
		if (fd < 0 || mount_set(fd, 0, m->attr_set, 0, 0, -1) < 0)
			return err_sys(err, "bind the container's cgroup");
	} else {
		fd = mount_new("cgroup2", "cgroup", NULL, m->attr_set | MOUNT_ATTR_RDONLY, err);
	}
	return fd < 0 ? -1 : attach(env, m, fd, true, err);
}

static int apply_symlink(const struct mount_env *env, const struct spec_mount *m, int tree,
			 struct err *err)
{
	char text[4096];
	const char *name;
	ssize_t len = readlinkat(tree, "", text, sizeof(text) - 1);
	auto_fd int parent = -1;

	if (len < 0)
		return err_sys(err, "read the source link");
	text[len] = '\0';
	parent = path_make_parent_in(env->root_fd, m->destination, &name, err);
	if (parent < 0)
		return -1;
	if (symlinkat(text, parent, name) < 0 && errno != EEXIST)
		return err_sys(err, "copy the link");
	return 0;
}

static int apply_bind(const struct mount_env *env, const struct spec_mount *m, int tree,
		      struct err *err)
{
	struct stat st;

	if (fstat(tree, &st) < 0)
		return err_sys(err, "stat the source");
	if (m->copy_symlink && S_ISLNK(st.st_mode))
		return apply_symlink(env, m, tree, err);
	return attach(env, m, tree, S_ISDIR(st.st_mode), err);
}

static int apply_one(const struct mount_env *env, const struct spec_mount *m, int tree,
		     struct err *err)
{
	if (check_proc(m, tree, err) < 0)
		return -1;
	if (m->remount)
		return apply_remount(env, m, err);
	if (tree >= 0)
		return apply_bind(env, m, tree, err);
	if (mount_is_cgroup(m))
		return apply_cgroup(env, m, err);
	return apply_new(env, m, err);
}

int mount_apply(const struct mount_env *env, const struct spec *spec,
		const struct mount_sources *src, struct err *err)
{
	for (size_t i = 0; i < spec->mounts_n; i++)
		if (apply_one(env, &spec->mounts[i], src->list[i], err) < 0)
			return err_wrap(err, "mount \"%.100s\"", spec->mounts[i].destination);
	return 0;
}

bool mount_dev_is_bound(const struct spec *spec)
{
	bool bound = false;

	for (size_t i = 0; i < spec->mounts_n; i++)
		if (str_eq(spec->mounts[i].destination, "/dev"))
			bound = spec->mounts[i].bind;
	return bound;
}
