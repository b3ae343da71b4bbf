/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path: names, and the one way to resolve a path inside an untrusted root.
 *
 * Whatever belongs to a container is resolved by openat2(2) with RESOLVE_IN_ROOT from an fd of
 * its root, once, and then handled by fd: links inside lead no further than the root, and a
 * name exchanged in between changes nothing that was opened.
 */
#ifndef RUNTIME_BASE_PATH_H
#define RUNTIME_BASE_PATH_H

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/base/err.h"

/* Opens `path` inside rootfd; links resolve within it, magic links are refused.
 * mode counts with O_CREAT. The fd (close-on-exec), or -1 with errno alone: the caller words
 * the error. */
int path_open_in(int rootfd, const char *path, int flags, mode_t mode);

/* The folder at `path` inside rootfd as an O_PATH fd; what is missing on the way is made with
 * `mode`, also where a link inside points to nothing. -1: err. */
int path_make_dir_in(int rootfd, const char *path, mode_t mode, struct err *err);

/* The parent folder of `path` inside rootfd (made where missing, 0755) as an O_PATH fd, and the
 * last component, which points into `path`; a path without one ("/", "..") is refused. */
int path_make_parent_in(int rootfd, const char *path, const char **ret_name, struct err *err);

/* An O_PATH fd of the file at `path`; an empty regular file is made where nothing is, and where
 * a link inside points to nothing. */
int path_make_file_in(int rootfd, const char *path, mode_t mode, struct err *err);

/* Makes a host folder and its missing parents (trusted path). */
int path_mkdirs(const char *path, mode_t mode, struct err *err);

/* "/a//b/./c/../d" → "/a/b/d" in fresh memory, always absolute; ".." at the top stays there.
 * NULL: ENOMEM. */
char *path_clean(const char *path);

/* The same into the caller's storage of strlen(path) + 2 bytes. Returns how many ".." led above
 * the top: 0 for a path that stays below it. */
size_t path_clean_into(char *out, const char *path);

/* dir/name in fresh memory; a name that is absolute stands alone. NULL: ENOMEM. */
char *path_join(const char *dir, const char *name);

/* Removes a file, or a folder and all below it (however deep), by fd, without following a link
 * or crossing into another mount: what is mounted there stays, and is an error. The name need
 * not exist. */
int path_remove_tree(int dirfd, const char *name, struct err *err);

#endif
