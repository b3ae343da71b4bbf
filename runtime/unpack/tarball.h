/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tarball: reading a tar archive, plain or compressed by gzip, bzip2, xz or zstd, with
 * libarchive. What a member says is handed on as it is: nothing in it may be trusted (unpack.c
 * checks it).
 */
#ifndef RUNTIME_UNPACK_TARBALL_H
#define RUNTIME_UNPACK_TARBALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "runtime/base/err.h"
#include "runtime/base/mem.h"

enum tarball_kind {
	TARBALL_FILE,
	TARBALL_FOLDER,
	TARBALL_SYMLINK,
	TARBALL_HARD_LINK,
	TARBALL_CHAR,
	TARBALL_BLOCK,
	TARBALL_FIFO,
	TARBALL_OTHER /* nothing that a tar archive has */
};

/* Texts are valid until the next member is read. */
struct tarball_member {
	const char *path; /* bytes as in the archive; never NULL */
	const char *link; /* what a link of either kind names; never NULL for these */
	enum tarball_kind kind;
	mode_t mode; /* 07777 */
	int64_t uid, gid;
	dev_t device;
	int64_t size;
	struct timespec mtime;
};

/* One entry of a POSIX ACL: tags and permissions are the kernel's (posix_acl.h). */
struct tarball_acl {
	uint16_t tag, perm;
	uint32_t id;
	const char
		*name; /* where the archive gives no number: a user's or group's name, else NULL */
};
#define TARBALL_ACL_MAX 1024

struct tarball;

/* Begins to read from fd, which stays the caller's. ERR_INPUT: it is no such archive;
 * ERR_UNSUPPORTED: libarchive can't read one of the formats. */
int tarball_open(int fd, struct tarball **ret, struct err *err);
void tarball_free(struct tarball *tar);
MEM_DEFINE_CLEANUP(struct tarball, tarball_free)
#define auto_tarball __attribute__((cleanup(tarball_freep)))

/* The next member; *ret_end at the end, where *ret is not written. */
int tarball_next(struct tarball *tar, struct tarball_member *ret, bool *ret_end, struct err *err);

/* A piece of a file's content and its place in it; what no piece covers is a hole. */
struct tarball_piece {
	const void *data;
	size_t len;
	int64_t offset;
};
int tarball_data(struct tarball *tar, struct tarball_piece *ret, bool *ret_end, struct err *err);

/* The next extended attribute of the present member; false after the last. */
bool tarball_xattr(struct tarball *tar, const char **ret_name, const void **ret_value,
		   size_t *ret_len);

/* The present member's access or default ACL, with the entries that the mode stands for;
 * *ret_n is 0 where it has none. More than TARBALL_ACL_MAX are an error. */
int tarball_acl(struct tarball *tar, bool is_default, struct tarball_acl *ret, size_t *ret_n,
		struct err *err);

#endif
