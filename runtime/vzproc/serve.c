/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/vzproc/serve.h"

#define FUSE_USE_VERSION 31

#include <errno.h>
#include <fuse.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "runtime/base/path.h"
#include "runtime/ct/ctid.h"
#include "runtime/vzproc/tree.h"

/* Of all that is open. */
#define OPEN_MAX 4096
#define OPEN_MAX_BYTES ((size_t)256 << 20)

struct served {
	const struct serve_opts *opts;
	size_t open_n, open_bytes;
};

/* What one reader sees. */
struct snapshot {
	size_t len;
	char *text;
};

static struct served *here(void)
{
	return fuse_get_context()->private_data;
}

static struct vz *load_vz(void)
{
	const struct serve_opts *opts = here()->opts;
	struct vz *vz = NULL;

	return vz_load(opts->vz_conf, opts->set, NULL, &vz, NULL) < 0 ? NULL : vz;
}

/* 0, or a negative errno. */
static int find(const struct vz *vz, const char *path, struct tree_node *ret)
{
	if (!tree_find(path, ret) || (ret->has_ctid && !texts_runs(vz, ret->ctid)))
		return -ENOENT;
	return 0;
}

static int op_getattr(const char *path, struct stat *st, struct fuse_file_info *file)
{
	auto_vz struct vz *vz = load_vz();
	struct tree_node node;
	int error = vz ? find(vz, path, &node) : -EIO;

	(void)file;
	if (error)
		return error;
	memset(st, 0, sizeof(*st));
	st->st_mode = node.row->mode;
	st->st_nlink = S_ISDIR(st->st_mode) ? 2 : 1;
	return 0;
}

static int fill_ids(const struct vz *vz, void *buf, fuse_fill_dir_t fill)
{
	auto_free uint32_t *ids = NULL;
	char name[CTID_SIZE];
	size_t n = 0;

	if (texts_ids(vz, &ids, &n, NULL) < 0)
		return -EIO;
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%u", ids[i]);
		if (fill(buf, name, NULL, 0, 0))
			return -ENOMEM;
	}
	return 0;
}

static int op_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t offset,
		      struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
	auto_vz struct vz *vz = load_vz();
	const struct tree_row *row = NULL;
	struct tree_node node;
	int error = vz ? find(vz, path, &node) : -EIO;

	(void)offset, (void)file, (void)flags;
	if (error)
		return error;
	if (fill(buf, ".", NULL, 0, 0) || fill(buf, "..", NULL, 0, 0))
		return -ENOMEM;
	while (!error && (row = tree_next(node.row, row))) {
		if (str_eq(tree_name(row), "*"))
			error = fill_ids(vz, buf, fill);
		else if (fill(buf, tree_name(row), NULL, 0, 0))
			error = -ENOMEM;
	}
	return error;
}

static int make_text(const struct vz *vz, const struct tree_node *node, struct snapshot *ret)
{
	auto_strbuf struct strbuf sb = { 0 };
	struct err why;

	if (node->row->make(vz, node->ctid, &sb, &why) < 0)
		return -EIO;
	ret->len = sb.len;
	ret->text = strbuf_steal(&sb);
	return ret->text ? 0 : -ENOMEM;
}

static int op_open(const char *path, struct fuse_file_info *file)
{
	struct served *served = here();
	auto_free struct snapshot *snapshot = NULL;
	auto_vz struct vz *vz = NULL;
	struct tree_node node;
	int error;

	if ((file->flags & O_ACCMODE) != O_RDONLY)
		return -EACCES;
	if (served->open_n >= OPEN_MAX || served->open_bytes >= OPEN_MAX_BYTES)
		return -ENFILE;
	snapshot = calloc(1, sizeof(*snapshot));
	vz = load_vz();
	if (!snapshot || !vz)
		return snapshot ? -EIO : -ENOMEM;
	error = find(vz, path, &node);
	if (!error)
		error = make_text(vz, &node, snapshot);
	if (error)
		return error;
	served->open_n++;
	served->open_bytes += snapshot->len;
	file->direct_io = 1; /* as procfs: the size is not known before */
	file->fh = (uint64_t)(uintptr_t)steal_ptr(&snapshot);
	return 0;
}

static int op_read(const char *path, char *buf, size_t size, off_t offset,
		   struct fuse_file_info *file)
{
	const struct snapshot *snapshot = (const struct snapshot *)(uintptr_t)file->fh;
	size_t left;

	(void)path;
	if (offset < 0)
		return -EINVAL;
	if ((uint64_t)offset >= snapshot->len)
		return 0;
	left = snapshot->len - (size_t)offset;
	if (size > left)
		size = left;
	memcpy(buf, snapshot->text + offset, size);
	return (int)size;
}

static int op_release(const char *path, struct fuse_file_info *file)
{
	struct snapshot *snapshot = (struct snapshot *)(uintptr_t)file->fh;

	(void)path;
	here()->open_n--;
	here()->open_bytes -= snapshot->len;
	free(snapshot->text);
	free(snapshot);
	return 0;
}

/* The kernel remembers nothing: CTs come and go. */
static void *op_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
	(void)connection;
	config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
	return here();
}

static const struct fuse_operations operations = {
	.init = op_init,
	.getattr = op_getattr,
	.readdir = op_readdir,
	.open = op_open,
	.read = op_read,
	.release = op_release,
};

/* ---- the mount ---- */

static int prepare_mount_point(const char *path, struct err *err)
{
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs) == 0 && fs.f_type == FUSE_SUPER_MAGIC)
		return err_hint((err_set(err, ERR_EXISTS, "mount \"%s\": one is there", path), err),
				"umount it first");
	/* Whose server was killed: so it stays until it is unmounted, and busy or not it may go. */
	if (errno == ENOTCONN && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return err_sys(err, "unmount what a killed one left at \"%s\"", path);
	if (path_mkdirs(path, 0755, err) < 0)
		return -1;
	if (stat(path, &st) < 0)
		return err_sys(err, "look at \"%s\"", path);
	return S_ISDIR(st.st_mode) ? 0 : err_set(err, ENOTDIR, "\"%s\" is no folder", path);
}

static struct fuse *mount_it(struct served *served, struct err *err)
{
	const char *path = served->opts->mount_point;
	char name[] = "vzprocd",
	     options[] = "-ofsname=vzprocd,allow_other,default_permissions,nosuid,nodev,noexec",
	     *argv[] = { name, options, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(2, argv);
	struct fuse *fuse = fuse_new(&args, &operations, sizeof(operations), served);

	fuse_opt_free_args(&args);
	if (!fuse) {
		err_set(err, ERR_FAILED, "make a FUSE file system: libfuse3 refuses");
		return NULL;
	}
	if (fuse_mount(fuse, path) == 0)
		return fuse;
	err_sys(err, "mount \"%s\"", path);
	err_hint(err, "is the module fuse loaded, and /dev/fuse there?");
	fuse_destroy(fuse);
	return NULL;
}

int serve_run(const struct serve_opts *opts, struct err *err)
{
	struct served served = { .opts = opts };
	struct fuse *fuse;
	int error;

	if (prepare_mount_point(opts->mount_point, err) < 0)
		return -1;
	fuse = mount_it(&served, err);
	if (!fuse)
		return -1;
	error = fuse_daemonize(opts->foreground);
	if (!error)
		error = fuse_set_signal_handlers(fuse_get_session(fuse));
	if (!error)
		error = fuse_loop(
			fuse); /* one thread: no text takes long, and none waits for another */
	fuse_remove_signal_handlers(fuse_get_session(fuse));
	fuse_unmount(fuse);
	fuse_destroy(fuse);
	return error >= 0 ?
		       0 :
		       err_set(err, ERR_FAILED, "serve \"%s\": FUSE failed", opts->mount_point);
}
