/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dist_file: small text files of a CT's, read and replaced from outside. Whatever lies at a path
 * may be planted: paths resolve within the root, only regular files are read, and a new file
 * takes the place of what is there, as the CT's root.
 */
#ifndef RUNTIME_CT_DIST_FILE_H
#define RUNTIME_CT_DIST_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"

struct dist_tree {
	int fd; /* of its root, O_PATH */
	uint32_t first_id;
};

/* The caller closes tree->fd (auto_fd does not reach into it: fd_closep(&tree.fd)). */
int dist_file_open(struct dist_tree *tree, const char *root, uint32_t first_id, struct err *err);

/* Is there a folder, or a regular file, at the path? */
bool dist_file_is_dir(const struct dist_tree *tree, const char *path);
/* Is there anything, a link that leads nowhere too? */
bool dist_file_exists(const struct dist_tree *tree, const char *path);
bool dist_file_is_regular(const struct dist_tree *tree, const char *path);

/* The file as it is to be; nothing is written where it is so already. A regular file that is there
 * keeps its mode, a new one gets 0644. */
int dist_file_write(const struct dist_tree *tree, const char *path, const char *text,
		    struct err *err);
/* With this mode, whatever is there. */
int dist_file_write_mode(const struct dist_tree *tree, const char *path, const char *text,
			 mode_t mode, struct err *err);

/* The same with owner and permissions kept, or where there is none as the CT's root and with
 * `mode`; it lasts through a power cut. For what is secret. */
int dist_file_update(const struct dist_tree *tree, const char *path, const char *text, mode_t mode,
		     struct err *err);

/* What a regular file (or one that a link inside leads to) has; *ret NULL where there is none. */
int dist_file_load(const struct dist_tree *tree, const char *path, char **ret, struct err *err);

/* The names in a folder, a strv in fresh memory, the first thousands of them; an empty one where there is
 * no folder. ENOMEM. */
int dist_file_list(const struct dist_tree *tree, const char *dir, char ***ret, struct err *err);

/* Another name for a file of that folder; what has it is replaced only if `over`. */
int dist_file_rename(const struct dist_tree *tree, const char *dir, const char *from,
		     const char *to, bool over, struct err *err);

/* Removes a regular file that begins with this text; all else stays. */
int dist_file_remove(const struct dist_tree *tree, const char *path, const char *beginning,
		     struct err *err);

/* Removes each file in the folder (no link) whose name begins and ends so. */
int dist_file_remove_each(const struct dist_tree *tree, const char *folder, const char *begin,
			  const char *end, struct err *err);

/* Lines of ours in a file that others write too, between two marks. NULL: none. */
int dist_file_set_block(const struct dist_tree *tree, const char *path, const char *block,
			struct err *err);

/* What that makes of a text. A mark without its other one is dropped alone. Pure. */
void dist_file_edit_block(const char *old, const char *block, struct strbuf *out);

#endif
