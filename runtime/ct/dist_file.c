/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/dist_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/ct/usermap.h"

#define TEXT_MAX 1048576
#define NAMES_MAX 4096
#define BLOCK_BEGIN "# vzrun: begin"
#define BLOCK_END "# vzrun: end"

int dist_file_open(struct dist_tree *tree, const char *root, uint32_t first_id, struct err *err)
{
	tree->first_id = first_id;
	tree->fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return tree->fd < 0 ? err_sys(err, "open \"%s\"", root) : 0;
}

bool dist_file_is_dir(const struct dist_tree *tree, const char *path)
{
	auto_fd int fd = path_open_in(tree->fd, path, O_PATH | O_DIRECTORY, 0);

	return fd >= 0;
}

bool dist_file_exists(const struct dist_tree *tree, const char *path)
{
	auto_fd int fd = path_open_in(tree->fd, path, O_PATH | O_NOFOLLOW, 0);

	return fd >= 0;
}

/* O_PATH opens nothing: a fifo or a device has no say. -1: no regular file. */
static int find_regular(const struct dist_tree *tree, const char *path, int flags)
{
	auto_fd int fd = path_open_in(tree->fd, path, O_PATH | flags, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	return steal_fd(&fd);
}

bool dist_file_is_regular(const struct dist_tree *tree, const char *path)
{
	auto_fd int fd = find_regular(tree, path, 0);

	return fd >= 0;
}

static int load(const struct dist_tree *tree, const char *path, int flags, char **ret,
		struct err *err)
{
	auto_fd int found = find_regular(tree, path, flags), fd = -1;
	auto_free char *text = NULL;
	char name[FD_PATH_SIZE];
	size_t len;

	*ret = NULL;
	if (found < 0)
		return 0;
	/* A lease that a process in the CT took would hold it. */
	fd = open(fd_path(name, found), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "read \"%s\"", path);
	if (fd_read_file(fd, path, TEXT_MAX, &text, &len, err) < 0)
		return -1;
	if (strlen(text) != len)
		return err_set(err, ERR_FAILED, "\"%s\" is not a text", path);
	*ret = steal_ptr(&text);
	return 0;
}

int dist_file_load(const struct dist_tree *tree, const char *path, char **ret, struct err *err)
{
	return load(tree, path, 0, ret, err);
}

/* What is at the path may be anything, a link or a device too: a new file takes its place. */
static int replace_file(int rootfd, const char *path, const char *text, mode_t mode,
			struct err *err)
{
	auto_fd int parent = -1;
	const char *name;

	parent = path_make_parent_in(rootfd, path, &name, err);
	if (parent < 0)
		return -1;
	return fd_replace_untrusted(parent, name, text, strlen(text), mode, err);
}

/* With what the file has already nothing is copied up. */
static bool is_so(const struct dist_tree *tree, const char *path, const char *text, mode_t mode)
{
	auto_fd int fd = find_regular(tree, path, O_NOFOLLOW);
	auto_free char *old = NULL;
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) == mode &&
	       load(tree, path, O_NOFOLLOW, &old, NULL) == 0 && old && str_eq(old, text);
}

int dist_file_write_mode(const struct dist_tree *tree, const char *path, const char *text,
			 mode_t mode, struct err *err)
{
	int rc;

	if (is_so(tree, path, text, mode))
		return 0;
	if (usermap_enter(tree->first_id, err) < 0)
		return -1;
	rc = replace_file(tree->fd, path, text, mode, err);
	usermap_leave();
	return rc;
}

int dist_file_write(const struct dist_tree *tree, const char *path, const char *text,
		    struct err *err)
{
	auto_fd int fd = find_regular(tree, path, 0);
	struct stat st;
	mode_t mode = fd >= 0 && fstat(fd, &st) == 0 ? st.st_mode & 0777 : 0644;

	return dist_file_write_mode(tree, path, text, mode, err);
}

int dist_file_list(const struct dist_tree *tree, const char *dir, char ***ret, struct err *err)
{
	auto_strv char **names = strv_split("", "/");
	auto_fd int fd = path_open_in(tree->fd, dir, O_RDONLY | O_DIRECTORY, 0);
	auto_dir DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (stream)
		steal_fd(&fd);
	for (size_t n = 0; names && stream && n < NAMES_MAX && (entry = readdir(stream)); n++)
		if (strv_add(&names, entry->d_name) < 0)
			return err_sys(err, "list \"%s\"", dir);
	*ret = steal_ptr(&names);
	return *ret ? 0 : err_sys(err, "list \"%s\"", dir);
}

int dist_file_rename(const struct dist_tree *tree, const char *dir, const char *from,
		     const char *to, bool over, struct err *err)
{
	auto_fd int fd = path_open_in(tree->fd, dir, O_PATH | O_DIRECTORY, 0);
	int rc;

	if (fd < 0)
		return err_sys(err, "open \"%s\"", dir);
	if (usermap_enter(tree->first_id, err) < 0)
		return -1;
	rc = renameat2(fd, from, fd, to, over ? 0 : RENAME_NOREPLACE);
	if (rc < 0)
		err_sys(err, "rename \"%s/%s\" to \"%s\"", dir, from, to);
	usermap_leave();
	return rc;
}

static int update_file(int rootfd, const char *path, const char *text, const struct stat *like,
		       struct err *err)
{
	auto_fd int parent = -1;
	const char *name;

	parent = path_make_parent_in(rootfd, path, &name, err);
	if (parent < 0)
		return -1;
	return fd_replace_like(parent, name, text, strlen(text), like, err);
}

int dist_file_update(const struct dist_tree *tree, const char *path, const char *text, mode_t mode,
		     struct err *err)
{
	auto_fd int old = find_regular(tree, path, O_NOFOLLOW);
	struct stat like = { .st_mode = mode, .st_uid = tree->first_id, .st_gid = tree->first_id };
	int rc;

	if (old >= 0 && fstat(old, &like) < 0)
		return err_sys(err, "look at \"%s\"", path);
	if (usermap_enter(tree->first_id, err) < 0)
		return -1;
	rc = update_file(tree->fd, path, text, &like, err);
	usermap_leave();
	return rc;
}

static int unlink_in(int rootfd, const char *path, struct err *err)
{
	auto_fd int parent = -1;
	const char *name;

	parent = path_make_parent_in(rootfd, path, &name, err);
	if (parent < 0)
		return -1;
	if (unlinkat(parent, name, 0) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"%s\"", path);
	return 0;
}

int dist_file_remove(const struct dist_tree *tree, const char *path, const char *beginning,
		     struct err *err)
{
	auto_free char *old = NULL;
	int rc;

	if (load(tree, path, O_NOFOLLOW, &old, NULL) < 0 || !old || !str_starts(old, beginning))
		return 0;
	if (usermap_enter(tree->first_id, err) < 0)
		return -1;
	rc = unlink_in(tree->fd, path, err);
	usermap_leave();
	return rc;
}

static int remove_matching(int dir_fd, const char *begin, const char *end, struct err *err)
{
	auto_dir DIR *dir = fdopendir(dir_fd);
	struct dirent *entry;

	if (!dir) {
		close(dir_fd);
		return err_sys(err, "list it");
	}
	while ((errno = 0, entry = readdir(dir)))
		if (str_starts(entry->d_name, begin) && str_ends(entry->d_name, end) &&
		    unlinkat(dirfd(dir), entry->d_name, 0) < 0 && errno != ENOENT &&
		    errno != EISDIR)
			return err_sys(err, "remove \"%s\"", entry->d_name);
	return errno ? err_sys(err, "list it") : 0;
}

int dist_file_remove_each(const struct dist_tree *tree, const char *folder, const char *begin,
			  const char *end, struct err *err)
{
	int fd = path_open_in(tree->fd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	int rc;

	if (fd < 0) /* none, or nothing that it would be read from */
		return 0;
	if (usermap_enter(tree->first_id, err) < 0) {
		close(fd);
		return -1;
	}
	rc = remove_matching(fd, begin, end, err);
	usermap_leave();
	return rc < 0 ? err_wrap(err, "%s", folder) : 0;
}

/* ---- blocks ---- */

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

static bool is_line(const char *line, const char *text)
{
	size_t len = strlen(text);

	return str_starts(line, text) && (line[len] == '\n' || !line[len]);
}

/* Behind the block that begins here; NULL: it has no end. */
static const char *behind_block(const char *begin)
{
	const char *line = next_line(begin);

	for (; *line && !is_line(line, BLOCK_BEGIN); line = next_line(line))
		if (is_line(line, BLOCK_END))
			return next_line(line);
	return NULL;
}

static void add_block(const char **block, struct strbuf *out)
{
	if (!*block)
		return;
	if (out->len > 0 && !out->failed && out->text[out->len - 1] != '\n')
		strbuf_add_char(out, '\n');
	strbuf_addf(out, BLOCK_BEGIN "\n%s" BLOCK_END "\n", *block);
	*block = NULL;
}

void dist_file_edit_block(const char *old, const char *block, struct strbuf *out)
{
	const char *next, *behind;

	for (const char *line = old; *line; line = next) {
		next = next_line(line);
		behind = is_line(line, BLOCK_BEGIN) ? behind_block(line) : NULL;
		if (behind) {
			add_block(&block, out);
			next = behind;
		} else if (!is_line(line, BLOCK_BEGIN) && !is_line(line, BLOCK_END)) {
			strbuf_add_mem(out, line, (size_t)(next - line));
		}
	}
	add_block(&block, out);
}

int dist_file_set_block(const struct dist_tree *tree, const char *path, const char *block,
			struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_free char *old = NULL;

	if (load(tree, path, 0, &old, err) < 0)
		return -1;
	dist_file_edit_block(old ? old : "", block, &text);
	if (text.failed)
		return err_set(err, ENOMEM, "edit \"%s\": out of memory", path);
	/* Without a block of ours in it or to go there, what lies there is none of our business. */
	if (!block && (!old || str_eq(old, text.text ? text.text : "")))
		return 0;
	return dist_file_write(tree, path, text.text ? text.text : "", err);
}
