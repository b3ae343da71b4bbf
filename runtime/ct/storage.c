/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
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
/* Of one that was replaced. */
#define OLD ".old"
/* In an area that is to replace another and has not yet. */
#define UNUSED "unused"

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

/* Such a name is that of what goes with another's area. */
static int check_name(const struct storage *storage, struct err *err)
{
	static const char *const ours[] = { TMP, GONE, OLD };

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		if (!str_ends(storage->private, ours[i]))
			continue;
		err_set(err, ERR_INPUT, "private area \"%.300s\": no name may end in %s",
			storage->private, ours[i]);
		return err_hint(err, "rename it");
	}
	return 0;
}

int storage_check(const struct storage *storage, struct err *err)
{
	const struct layout *layout = find_layout(storage, err);

	if (check_name(storage, err) < 0)
		return -1;
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
	auto_free char *old = storage_kept(storage);

	return storage_exists(storage) || access(storage->root, F_OK) == 0 || !tmp || !gone ||
	       !old || access(tmp, F_OK) == 0 || access(gone, F_OK) == 0 || access(old, F_OK) == 0;
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

int storage_open(const struct storage *storage, struct err *err)
{
	const struct layout *layout = find_layout(storage, err);
	struct storage how = *storage;

	if (!layout || vz_private_parent(storage->root, err) < 0)
		return -1;
	if (mkdir(storage->root, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "make folder \"%s\"", storage->root);
	how.first_id = 0;
	return layout->open(&how, err);
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

/* Slaves: what the host unmounts meanwhile is not kept busy here. */
int storage_mount_alone(const struct storage *storage, struct err *err)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(err, "make a mount namespace");
	return storage_mount(storage, err);
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
static int furnish_tmp(const struct storage *storage, const struct storage_furnish *furnish,
		       struct err *err)
{
	auto_free char *tmp = str_dupf("%s" TMP, storage->private);
	struct storage how = *storage;
	auto_fd int fd = -1;

	if (!tmp)
		return err_sys(err, "mount the new private area");
	how.private = tmp;
	fd = storage_open(&how, err);
	return fd < 0 ? -1 : furnish->run(fd, furnish->arg, err);
}

/* An area that is complete but for its name. */
struct made {
	int parent; /* the folder it is in */
	const char *name;
	char *tmp, *old; /* names there */
};

static void made_done(struct made *made)
{
	fd_closep(&made->parent);
	free(made->tmp);
	free(made->old);
}
#define auto_made __attribute__((cleanup(made_done)))

static int open_made(const struct storage *storage, struct made *made, struct err *err)
{
	made->parent = open_parent(storage->private, &made->name, err);
	if (made->parent < 0)
		return -1;
	made->tmp = str_dupf("%s" TMP, made->name);
	made->old = str_dupf("%s" OLD, made->name);
	return made->tmp && made->old ? 0 : err_sys(err, "make \"%s\"", storage->private);
}

static void drop_made(const struct storage *storage, const struct made *made)
{
	path_remove_tree(made->parent, made->tmp, NULL);
	rmdir(storage->root);
}

static int make(const struct storage *storage, const char *template_folder,
		const struct storage_furnish *furnish, const struct made *made, struct err *err)
{
	const struct layout *layout = find_layout(storage, err);

	if (!layout || storage_umount(storage, true, err) < 0) /* of one that was killed */
		return -1;
	if (fill(storage, layout, made->parent, made->tmp, template_folder, err) == 0 &&
	    furnish_tmp(storage, furnish, err) == 0)
		return 0;
	drop_made(storage, made);
	return -1;
}

int storage_create(const struct storage *storage, const char *template_folder,
		   const struct storage_furnish *furnish, struct err *err)
{
	auto_made struct made made = { .parent = -1 };

	if (open_made(storage, &made, err) < 0 ||
	    make(storage, template_folder, furnish, &made, err) < 0)
		return -1;
	if (renameat(made.parent, made.tmp, made.parent, made.name) == 0)
		return 0;
	err_sys(err, "rename \"%s\"", made.tmp);
	drop_made(storage, &made);
	return -1;
}

/* ---- replacing one ---- */

char *storage_kept(const struct storage *storage)
{
	return str_dupf("%s" OLD, storage->private);
}

static bool has_mark(const char *area)
{
	auto_free char *mark = path_join(area, UNUSED);
	struct stat st;

	return mark && lstat(mark, &st) == 0;
}

/* The mark tells a new area that has not yet taken its place, which nobody misses, from an old
 * one. */
int storage_check_kept(const struct storage *storage, struct err *err)
{
	auto_free char *kept = storage_kept(storage);
	auto_made struct made made = { .parent = -1 };
	struct stat st;

	if (!kept || open_made(storage, &made, err) < 0)
		return kept ? -1 : err_sys(err, "look at \"%s\"", storage->private);
	if (has_mark(kept))
		return path_remove_tree(made.parent, made.old, err);
	if (lstat(kept, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "look at \"%s\"", kept);
	err_set(err, VZ_ERR(VZ_PRIVATE_EXISTS),
		"the old private area of an earlier reinstall is still in \"%.300s\"", kept);
	return err_hint(err, "remove it, or --skipbackup");
}

static int set_mark(const struct made *made, const char *area, bool set, struct err *err)
{
	auto_free char *mark = path_join(area, UNUSED);

	if (!mark)
		return err_sys(err, "mark \"%s\"", area);
	if (set && mkdirat(made->parent, mark, 0700) < 0)
		return err_sys(err, "make \"%s\"", mark);
	if (!set && unlinkat(made->parent, mark, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"%s\"", mark);
	return 0;
}

static int exchange(const struct made *made, const char *with, struct err *err)
{
	if (renameat2(made->parent, with, made->parent, made->name, RENAME_EXCHANGE) < 0)
		return err_sys(err, "exchange \"%s\" and \"%s\"", with, made->name);
	return 0;
}

/* An old one never has a name that the next verb clears away. */
static int swap_keeping(const struct made *made, struct err *err)
{
	if (set_mark(made, made->tmp, true, err) < 0)
		return -1;
	if (renameat2(made->parent, made->tmp, made->parent, made->old, RENAME_NOREPLACE) < 0)
		return err_sys(err, "rename \"%s\" to \"%s\"", made->tmp, made->old);
	if (exchange(made, made->old, err) == 0)
		return set_mark(made, made->name, false, err);
	path_remove_tree(made->parent, made->old, NULL);
	return -1;
}

int storage_replace(const struct storage *storage, const char *template_folder,
		    const struct storage_furnish *furnish, bool keep, struct err *err)
{
	auto_made struct made made = { .parent = -1 };

	/* The mark of one that was killed when it was done, or the area would count as unused once
	 * it is old. */
	if (open_made(storage, &made, err) < 0 || set_mark(&made, made.name, false, err) < 0 ||
	    make(storage, template_folder, furnish, &made, err) < 0)
		return -1;
	if (keep ? swap_keeping(&made, err) == 0 : exchange(&made, made.tmp, err) == 0)
		return keep ? 0 : path_remove_tree(made.parent, made.tmp, err);
	drop_made(storage, &made);
	return -1;
}

/* ---- removing one ---- */

static int destroy_private(const struct storage *storage, struct err *err)
{
	auto_made struct made made = { .parent = -1 };
	auto_free char *gone = NULL;

	if (open_made(storage, &made, err) < 0)
		return -1;
	gone = str_dupf("%s" GONE, made.name);
	if (!gone)
		return err_sys(err, "remove \"%s\"", storage->private);
	/* What an earlier destroy left first: its name is needed. */
	if (path_remove_tree(made.parent, made.tmp, err) < 0 ||
	    path_remove_tree(made.parent, made.old, err) < 0 ||
	    path_remove_tree(made.parent, gone, err) < 0)
		return -1;
	if (renameat(made.parent, made.name, made.parent, gone) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "rename \"%s\"", storage->private);
	return path_remove_tree(made.parent, gone, err);
}

int storage_destroy(const struct storage *storage, struct err *err)
{
	if (storage_umount(storage, true, err) < 0 || destroy_private(storage, err) < 0)
		return -1;
	if (rmdir(storage->root) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"%s\"", storage->root);
	return 0;
}
