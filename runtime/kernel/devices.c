/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/kernel/mount.h"

static const struct {
	char name[8];
	unsigned char major, minor;
} default_nodes[] = {
	{ "null", 1, 3 },   { "zero", 1, 5 },    { "full", 1, 7 },
	{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

static const struct {
	char name[8], target[16];
} default_links[] = {
	{ "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
};

/* A node to be made in a folder. */
struct node {
	const char *name, *host_path;
	mode_t mode; /* type and permissions */
	dev_t rdev;
	uid_t uid;
	gid_t gid;
};

static int same_node(int dirfd, const struct node *node)
{
	struct stat st;

	return fstatat(dirfd, node->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (st.st_mode & S_IFMT) == (node->mode & S_IFMT) && st.st_rdev == node->rdev;
}

/* Binds the host's node on an empty file. The host's path is the administrator's; what is
 * found there must be the device that was asked for. */
static int bind_node(int dirfd, const struct node *node, struct err *err)
{
	auto_fd int tree = mount_open_tree(AT_FDCWD, node->host_path, OPEN_TREE_CLONE), file = -1,
		    target = -1;
	struct stat st;

	if (tree < 0 || fstat(tree, &st) < 0)
		return err_sys(err, "open the host's \"%s\"", node->host_path);
	if (st.st_rdev != node->rdev || (st.st_mode & S_IFMT) != (node->mode & S_IFMT))
		return err_set(err, ERR_UNSUPPORTED, "the host's \"%s\" is another device",
			       node->host_path);
	file = openat(dirfd, node->name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		      0666);
	if (file < 0 && errno != EEXIST && errno != ENXIO)
		return err_sys(err, "make \"%s\"", node->name);
	target = openat(dirfd, node->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0 || mount_move(tree, target) < 0)
		return err_sys(err, "bind the host's \"%s\"", node->host_path);
	return 0;
}

static int make_node(int dirfd, const struct node *node, struct err *err)
{
	if (mknodat(dirfd, node->name, node->mode, node->rdev) < 0) {
		if (errno != EEXIST)
			return err_sys(err, "make node \"%s\"", node->name);
		if (!same_node(dirfd, node))
			return err_set(err, EEXIST,
				       "make node \"%s\": something else is in its place",
				       node->name);
	}
	/* By fd-relative name without following: in a folder that only this process sees. */
	if ((node->uid || node->gid) &&
	    fchownat(dirfd, node->name, node->uid, node->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "set the owner of \"%s\"", node->name);
	return 0;
}

static int make_or_bind(int dirfd, const struct node *node, bool bind_nodes, struct err *err)
{
	bool may_bind = !S_ISFIFO(node->mode);

	if (bind_nodes && may_bind)
		return bind_node(dirfd, node, err);
	if (make_node(dirfd, node, err) == 0)
		return 0;
	/* We are in a user namespace ourselves (rootless), or have no CAP_MKNOD. */
	return err->code == EPERM && may_bind ? bind_node(dirfd, node, err) : -1;
}

static bool in_spec(const struct spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->lin.devices_n; i++)
		if (str_starts(spec->lin.devices[i].path, "/dev/") &&
		    str_eq(spec->lin.devices[i].path + 5, name))
			return true;
	return false;
}

static int make_defaults(int dev_fd, const struct spec *spec, bool bind_nodes, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_nodes); i++) {
		char host[16] = "/dev/";
		struct node node = {
			.name = default_nodes[i].name,
			.host_path = strcat(host, default_nodes[i].name),
			.mode = S_IFCHR | 0666,
			.rdev = makedev(default_nodes[i].major, default_nodes[i].minor),
		};

		if (!in_spec(spec, node.name) && make_or_bind(dev_fd, &node, bind_nodes, err) < 0)
			return -1;
	}
	return 0;
}

static int make_links(int dev_fd, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_links); i++)
		if (symlinkat(default_links[i].target, dev_fd, default_links[i].name) < 0 &&
		    errno != EEXIST)
			return err_sys(err, "make link \"%s\"", default_links[i].name);
	return 0;
}

/* /dev/ptmx leads to the container's own devpts, whatever the image has there. */
static int make_ptmx(int dev_fd, struct err *err)
{
	if (symlinkat("pts/ptmx", dev_fd, "ptmx") == 0)
		return 0;
	if (errno == EEXIST && unlinkat(dev_fd, "ptmx", 0) == 0 &&
	    symlinkat("pts/ptmx", dev_fd, "ptmx") == 0)
		return 0;
	return err_sys(err, "make link \"ptmx\"");
}

static mode_t type_of(char type)
{
	return type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR;
}

static int make_listed(int root_fd, const struct spec_device *device, bool bind_nodes,
		       struct err *err)
{
	const char *name;
	auto_fd int parent = path_make_parent_in(root_fd, device->path, &name, err);
	struct node node = {
		.host_path = device->path,
		.mode = type_of(device->type) |
			(device->file_mode.given ? (mode_t)device->file_mode.value & 07777 : 0666),
		.rdev = device->type == 'p' ?
				0 :
				makedev((unsigned int)device->major, (unsigned int)device->minor),
		.uid = (uid_t)device->uid.value,
		.gid = (gid_t)device->gid.value,
	};

	if (parent < 0)
		return -1;
	node.name = name;
	return make_or_bind(parent, &node, bind_nodes, err);
}

int devices_make(int root_fd, const struct spec *spec, bool bind_nodes, struct err *err)
{
	auto_fd int dev_fd = -1;

	if (mount_dev_is_bound(spec))
		return 0;
	dev_fd = path_make_dir_in(root_fd, "/dev", 0755, err);
	if (dev_fd < 0)
		return -1;
	for (size_t i = 0; i < spec->lin.devices_n; i++)
		if (make_listed(root_fd, &spec->lin.devices[i], bind_nodes, err) < 0)
			return err_wrap(err, "device \"%.100s\"", spec->lin.devices[i].path);
	if (make_defaults(dev_fd, spec, bind_nodes, err) < 0 || make_links(dev_fd, err) < 0 ||
	    make_ptmx(dev_fd, err) < 0)
		return err_wrap(err, "fill /dev");
	return 0;
}
