/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/overlay.h"
#include "runtime/ct/submount.h"
#include "runtime/ct/vz.h"

/* In the private area: a link with the template folder's name as its text. It belongs to the
 * data, which means nothing without it, so it goes where these are copied. */
#define TEMPLATE_LINK "template"

/* Behind the name of an area that is being made, and of one that is being removed. */
#define TMP ".tmp"
#define GONE ".destroyed"

struct layout {
	const char *name;
	int (*check)(const struct storage *storage, struct err *err);
	int (*fill)(const struct storage *storage, int dirfd, const char *template_folder,
		    struct err *err);
	int (*open)(const struct storage *storage, struct err *err); /* the fd of a mount */
};

/* ---- overlay ---- */

static int overlay_layout_check(const struct storage *storage, struct err *err)
{
	auto_free char *parent = vz_parent(storage->private);

	if (!parent)
		return err_sys(err, "look at \"%s\"", storage->private);
	if (vz_private_folder(parent, err) < 0 || vz_private_folder(storage->template_dir, err) < 0)
		return -1;
	if (overlay_check(storage->template_dir, err) < 0)
		return -1;
	return overlay_check(parent, err);
}

/* The top of the tree is the upper layer's: it gets the template's owner and mode. */
static int overlay_layout_fill(const struct storage *storage, int dirfd,
			       const char *template_folder, struct err *err)
{
	auto_free char *lower = path_join(storage->template_dir, template_folder);
	struct stat st;

	if (!lower || stat(lower, &st) < 0)
		return err_sys(err, "open the template \"%s\"", template_folder);
	if (symlinkat(template_folder, dirfd, TEMPLATE_LINK) < 0 ||
	    mkdirat(dirfd, OVERLAY_WORK, 0700) < 0 || mkdirat(dirfd, OVERLAY_UPPER, 0700) < 0 ||
	    fchownat(dirfd, OVERLAY_UPPER, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(dirfd, OVERLAY_UPPER, st.st_mode & 07777, 0) < 0)
		return err_sys(err, "make the private area");
	return 0;
}

/* The link may come from elsewhere with a private area: it chooses among the templates here,
 * nothing else. */
static int read_template(const struct storage *storage, char folder[NAME_MAX + 2], struct err *err)
{
	auto_free char *link = path_join(storage->private, TEMPLATE_LINK);
	ssize_t n = link ? readlink(link, folder, NAME_MAX + 1) : -1;
	char shown[STR_SHOW_SIZE];

	if (n < 0)
		return err_sys(err, "read which template \"%s\" is made from", storage->private);
	folder[n] = '\0';
	if (n <= NAME_MAX && !strchr(folder, '/') && !str_eq(folder, ".") && !str_eq(folder, ".."))
		return 0;
	return err_set(err, ERR_INPUT, "the link \"%s\" must name a template, %s does not", link,
		       str_show(shown, folder));
}

static int overlay_layout_open(const struct storage *storage, struct err *err)
{
	auto_free char *lower = NULL;
	char folder[NAME_MAX + 2];

	if (read_template(storage, folder, err) < 0)
		return -1;
	lower = path_join(storage->template_dir, folder);
	if (!lower)
		return err_sys(err, "mount the overlay");
	return overlay_open(&(struct overlay){ .lower = lower,
					       .private = storage->private,
					       .root = storage->root,
					       .source = storage->name,
					       .first_id = storage->first_id },
			    err);
}

/* ---- the table ---- */

static const struct layout layouts[] = {
	{ "overlay", overlay_layout_check, overlay_layout_fill, overlay_layout_open },
	{ "image", NULL, NULL, NULL },
	{ "dir", NULL, NULL, NULL },
};

static const struct layout *find_layout(const struct storage *storage, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		if (!str_eq(layouts[i].name, storage->layout))
			continue;
		if (layouts[i].fill)
			return &layouts[i];
		err_set(err, VZ_ERR(VZ_UNKNOWN_LAYOUT), "the layout \"%s\" is not built yet",
			storage->layout);
		return NULL;
	}
	err_set(err, VZ_ERR(VZ_UNKNOWN_LAYOUT), "unknown layout \"%.64s\"", storage->layout);
	err_hint(err, "layouts: overlay");
	return NULL;
}

int storage_check(const struct storage *storage, struct err *err)
{
	const struct layout *layout = find_layout(storage, err);

	return layout ? layout->check(storage, err) : -1;
}

/* ---- private areas ---- */

/* The folder that the area is in, opened; *ret_name is the area's name there. */
static int open_parent(const char *path, const char **ret_name, struct err *err)
{
	auto_free char *parent = vz_parent(path);
	int fd;

	if (!parent)
		return err_sys(err, "open the folder of \"%s\"", path);
	if (vz_private_folder(parent, err) < 0)
		return -1;
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open \"%s\"", parent);
	*ret_name = strrchr(path, '/') + 1;
	return fd;
}

bool storage_exists(const struct storage *storage)
{
	struct stat st;

	return lstat(storage->private, &st) == 0 && S_ISDIR(st.st_mode);
}

bool storage_has_traces(const struct storage *storage)
{
	auto_free char *tmp = str_dupf("%s" TMP, storage->private);
	auto_free char *gone = str_dupf("%s" GONE, storage->private);

	return storage_exists(storage) || access(storage->root, F_OK) == 0 || !tmp || !gone ||
	       access(tmp, F_OK) == 0 || access(gone, F_OK) == 0;
}

static int fill(const struct storage *storage, const struct layout *layout, int parent,
		const char *tmp, const char *template_folder, struct err *err)
{
	auto_fd int fd = -1;

	if (path_remove_tree(parent, tmp, err) < 0) /* of one that was killed */
		return -1;
	if (mkdirat(parent, tmp, 0700) < 0)
		return err_sys(err, "make folder \"%s\"", tmp);
	fd = openat(parent, tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open folder \"%s\"", tmp);
	return layout->fill(storage, fd, template_folder, err);
}

/* ---- mounting ---- */

bool storage_mounted(const struct storage *storage)
{
	struct statx stx;

	return statx(AT_FDCWD, storage->root, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &stx) == 0 &&
	       (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int storage_mount(const struct storage *storage, struct err *err)
{
	const struct layout *layout = find_layout(storage, err);
	auto_fd int fd = -1;

	if (!layout || vz_private_parent(storage->root, err) < 0)
		return -1;
	if (mkdir(storage->root, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "make folder \"%s\"", storage->root);
	fd = layout->open(storage, err);
	if (fd < 0)
		return -1;
	if (syscall(SYS_move_mount, fd, "", AT_FDCWD, storage->root, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, "mount it at \"%s\"", storage->root);
	return 0;
}

int storage_umount(const struct storage *storage, bool lazy, struct err *err)
{
	while (storage_mounted(storage)) {
		if (submount_release(storage->root, err) < 0)
			return -1;
		if (umount2(storage->root, UMOUNT_NOFOLLOW) == 0)
			continue;
		if (errno == EBUSY && lazy &&
		    umount2(storage->root, UMOUNT_NOFOLLOW | MNT_DETACH) == 0)
			continue;
		err_sys(err, "unmount \"%s\"", storage->root);
		return err_hint(err, "is a shell of the host in it?");
	}
	return 0;
}

/* ---- making one ---- */

/* Under its temporary name yet: it gets its own with all that makes it a CT. */
static int furnish_tmp(const struct storage *storage, storage_furnish furnish, struct err *err)
{
	auto_free char *tmp = str_dupf("%s" TMP, storage->private);
	struct storage how = *storage;
	struct err later;
	int rc;

	if (!tmp)
		return err_sys(err, "mount the new private area");
	how.private = tmp;
	how.first_id = 0;
	if (storage_mount(&how, err) < 0)
		return -1;
	rc = furnish(storage->root, err);
	if (storage_umount(&how, false, rc < 0 ? &later : err) < 0)
		return -1;
	return rc;
}

int storage_create(const struct storage *storage, const char *template_folder,
		   storage_furnish furnish, struct err *err)
{
	const struct layout *layout = find_layout(storage, err);
	auto_free char *tmp = NULL;
	auto_fd int parent = -1;
	const char *name;
	int rc;

	if (!layout)
		return -1;
	parent = open_parent(storage->private, &name, err);
	if (parent < 0)
		return -1;
	tmp = str_dupf("%s" TMP, name);
	if (!tmp)
		return err_sys(err, "make \"%s\"", storage->private);
	if (storage_umount(storage, true, err) < 0) /* of one that was killed */
		return -1;
	rc = fill(storage, layout, parent, tmp, template_folder, err);
	if (rc == 0)
		rc = furnish_tmp(storage, furnish, err);
	if (rc == 0 && renameat(parent, tmp, parent, name) < 0)
		rc = err_sys(err, "rename \"%s\"", tmp);
	if (rc < 0) {
		path_remove_tree(parent, tmp, NULL);
		rmdir(storage->root);
	}
	return rc;
}

static int destroy_private(const struct storage *storage, struct err *err)
{
	auto_free char *tmp = NULL, *gone = NULL;
	auto_fd int parent = -1;
	const char *name;

	parent = open_parent(storage->private, &name, err);
	if (parent < 0)
		return -1;
	tmp = str_dupf("%s" TMP, name);
	gone = str_dupf("%s" GONE, name);
	if (!tmp || !gone)
		return err_sys(err, "remove \"%s\"", storage->private);
	/* What an earlier destroy left first: its name is needed. */
	if (path_remove_tree(parent, tmp, err) < 0 || path_remove_tree(parent, gone, err) < 0)
		return -1;
	if (renameat(parent, name, parent, gone) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "rename \"%s\"", storage->private);
	return path_remove_tree(parent, gone, err);
}

int storage_destroy(const struct storage *storage, struct err *err)
{
	if (storage_umount(storage, true, err) < 0 || destroy_private(storage, err) < 0)
		return -1;
	if (rmdir(storage->root) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"%s\"", storage->root);
	return 0;
}
