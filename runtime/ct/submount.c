/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/submount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/usermap.h"

int umount2(const char *target, int flags); /* sys/mount.h does not go with linux/mount.h */
#define UMOUNT_DETACH 2

#define MOUNTINFO "/proc/self/mountinfo"
#define MOUNTINFO_MAX (64U << 20)

void submount_list_done(struct submount_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->mount[i].point);
		free(list->mount[i].source);
		fd_closep(&list->mount[i].tree);
	}
	mem_free_ptr(&list->mount);
	list->n = 0;
}

static int open_root(const char *root, struct err *err)
{
	int fd = open(root, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_sys(err, "open \"%s\"", root) : fd;
}

/* ---- the kernel's table (proc(5), mountinfo) ---- */

struct row {
	const char *dev, *source, *point;
};

/* "\040" and the like, in place. */
static void unescape(char *text)
{
	char *out = text;

	while (*text) {
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*out++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 +
					(text[3] - '0'));
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* "36 35 98:0 /source /point …" */
static bool parse_row(char *line, struct row *ret)
{
	char *field[5];

	for (int i = 0; i < 5; i++)
		if (!(field[i] = strsep(&line, " ")))
			return false;
	unescape(field[3]);
	unescape(field[4]);
	*ret = (struct row){ field[2], field[3], field[4] };
	return true;
}

static int add(struct submount_list *list, const struct row *row, const char *point,
	       const char *root_dev)
{
	struct submount *slot = mem_append(&list->mount, &list->n, sizeof(*slot));
	bool own = root_dev && str_eq(row->dev, root_dev);

	if (!slot)
		return -1;
	slot->tree = -1;
	slot->point = strdup(point);
	slot->source = own ? strdup(row->source) : NULL;
	return slot->point && (!own || slot->source) ? 0 : -1;
}

static int read_rows(char *text, const char *root, struct submount_list *list)
{
	const char *root_dev = NULL;
	size_t len = strlen(root);
	char *line;

	while ((line = strsep(&text, "\n"))) {
		struct row row;

		if (!parse_row(line, &row) || !str_starts(row.point, root))
			continue;
		if (!row.point[len]) /* the last of several is on top */
			root_dev = row.dev;
		else if (row.point[len] == '/' && add(list, &row, row.point + len, root_dev) < 0)
			return -1;
	}
	return 0;
}

/* All mounts below the root; one comes behind what it is mounted on. */
static int read_table(int rootfd, struct submount_list *list, struct err *err)
{
	char path[FD_PATH_SIZE], root[PATH_MAX];
	ssize_t len = readlink(fd_path(path, rootfd), root, sizeof(root) - 1);
	auto_free char *text = NULL;

	if (len < 0)
		return err_sys(err, "list the mounts below its root");
	root[len] = '\0';
	if (fd_load_at(AT_FDCWD, MOUNTINFO, MOUNTINFO_MAX, &text, NULL, err) < 0)
		return -1;
	return read_rows(text, root, list) < 0 ? err_sys(err, "list the mounts below its root") : 0;
}

/* ---- take and put ---- */

static bool is_below(const char *path, const char *above)
{
	size_t len = strlen(above);

	return str_starts(path, above) && (path[len] == '/' || !path[len]);
}

static int clone_tree(int at, bool deep)
{
	return (int)syscall(SYS_open_tree, at, "",
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
				    (deep ? AT_RECURSIVE : 0));
}

static int map_ids(int tree, int userns, const char *point, struct err *err)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)userns,
	};
	char shown[STR_SHOW_SIZE];

	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		    sizeof(attr)) == 0)
		return 0;
	if (errno == EPERM) /* its ids are mapped already: by whom it was mounted, or by us */
		return 0;
	if (errno != EINVAL)
		return err_sys(err, "map the ids of \"%.200s\"", point);
	log_warning("what is mounted at %s can't map ids: its files are nobody's in the container",
		    str_show(shown, point));
	return 0;
}

/* A mount that is covered by another can't be found, nor was it seen before. */
static int take_one(int rootfd, struct submount *mount, int userns, struct err *err)
{
	auto_fd int at = mount->source ? -1 : path_open_in(rootfd, mount->point, O_PATH, 0);

	if (at < 0)
		return 0;
	mount->tree = clone_tree(at, true);
	if (mount->tree < 0)
		return err_sys(err, "copy the mount at \"%.200s\"", mount->point);
	return userns < 0 ? 0 : map_ids(mount->tree, userns, mount->point, err);
}

static int take_all(int rootfd, struct submount_list *list, int userns, struct err *err)
{
	const char *last = NULL;

	for (size_t i = 0; i < list->n; i++) {
		struct submount *mount = &list->mount[i];

		if (last && is_below(mount->point, last)) { /* it went along */
			mem_free_ptr(&mount->source);
			continue;
		}
		if (take_one(rootfd, mount, userns, err) < 0)
			return -1;
		if (mount->tree >= 0)
			last = mount->point;
	}
	return 0;
}

int submount_take(const char *root, uint32_t first_id, struct submount_list *ret, struct err *err)
{
	auto_fd int rootfd = open_root(root, err), userns = -1;
	auto_submounts struct submount_list list = { 0 };

	if (rootfd < 0 || read_table(rootfd, &list, err) < 0)
		return -1;
	if (list.n > 0 && first_id && (userns = usermap_open(first_id, err)) < 0)
		return -1;
	if (take_all(rootfd, &list, userns, err) < 0)
		return -1;
	*ret = list;
	list = (struct submount_list){ 0 };
	return 0;
}

static int put_one(int rootfd, const struct submount *mount, struct err *err)
{
	auto_fd int from = -1, own = -1;
	auto_fd int at = path_open_in(rootfd, mount->point, O_PATH, 0);

	if (mount->source) {
		from = path_open_in(rootfd, mount->source, O_PATH, 0);
		own = from < 0 ? -1 : clone_tree(from, false);
	}
	if (at < 0 || (mount->source && own < 0) ||
	    syscall(SYS_move_mount, mount->source ? own : mount->tree, "", at, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(err, "mount \"%.200s\" again", mount->point);
	return 0;
}

int submount_put(const char *root, const struct submount_list *list, struct err *err)
{
	auto_fd int rootfd = -1;

	if (list->n == 0)
		return 0;
	rootfd = open_root(root, err);
	if (rootfd < 0)
		return -1;
	for (size_t i = 0; i < list->n; i++) {
		const struct submount *mount = &list->mount[i];

		if ((mount->source || mount->tree >= 0) && put_one(rootfd, mount, err) < 0)
			return -1;
	}
	return 0;
}

int submount_release(const char *root, struct err *err)
{
	auto_fd int rootfd = open_root(root, err);
	auto_submounts struct submount_list list = { 0 };

	if (rootfd < 0 || read_table(rootfd, &list, err) < 0)
		return -1;
	for (size_t i = list.n; i > 0; i--) {
		auto_fd int at = path_open_in(rootfd, list.mount[i - 1].point, O_PATH, 0);
		char path[FD_PATH_SIZE];

		/* One that is not found any more went with another, or shows as busy below. */
		if (at >= 0 && umount2(fd_path(path, at), UMOUNT_DETACH) < 0 && errno != EINVAL)
			return err_sys(err, "unmount \"%s%s\"", root, list.mount[i - 1].point);
	}
	return 0;
}
