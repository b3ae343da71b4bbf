/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/unpack/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <locale.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "runtime/base/str.h"

#define BLOCK_BYTES (64U << 10)

struct tarball {
	struct archive *archive;
	struct archive_entry *entry;
	locale_t utf8, before;
};

static int archive_err(const struct tarball *tar, struct err *err)
{
	const char *text = archive_error_string(tar->archive);

	return err_set(err, ERR_INPUT, "%s", text ? text : "the archive is damaged");
}

/* A filter that this build of the library lacks would run a program instead (ARCHIVE_WARN):
 * better to not know the format then. */
static int choose_formats(struct archive *archive)
{
	typedef int (*support)(struct archive *);
	const support filters[] = {
		archive_read_support_filter_bzip2,
		archive_read_support_filter_gzip,
		archive_read_support_filter_xz,
		archive_read_support_filter_zstd,
	};

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (filters[i](archive) != ARCHIVE_OK)
			return -1;
	return archive_read_support_format_tar(archive) == ARCHIVE_OK ? 0 : -1;
}

int tarball_open(int fd, struct tarball **ret, struct err *err)
{
	auto_tarball struct tarball *tar = calloc(1, sizeof(*tar));

	if (!tar)
		return err_sys(err, "read the archive");
	/* Names in an archive are UTF-8; in the C locale the library would refuse them. */
	tar->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (tar->utf8)
		tar->before = uselocale(tar->utf8);
	tar->archive = archive_read_new();
	if (!tar->archive)
		return err_set(err, ENOMEM, "read the archive: out of memory");
	if (choose_formats(tar->archive) < 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "libarchive is built without gzip, bzip2, xz or zstd");
	if (archive_read_open_fd(tar->archive, fd, BLOCK_BYTES) != ARCHIVE_OK)
		return archive_err(tar, err);
	*ret = steal_ptr(&tar);
	return 0;
}

void tarball_free(struct tarball *tar)
{
	if (tar->archive)
		archive_read_free(tar->archive);
	if (tar->utf8) {
		uselocale(tar->before);
		freelocale(tar->utf8);
	}
	free(tar);
}

static enum tarball_kind kind_of(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry) || archive_entry_hardlink_utf8(entry))
		return TARBALL_HARD_LINK;
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return TARBALL_FILE;
	case AE_IFDIR:
		return TARBALL_FOLDER;
	case AE_IFLNK:
		return TARBALL_SYMLINK;
	case AE_IFCHR:
		return TARBALL_CHAR;
	case AE_IFBLK:
		return TARBALL_BLOCK;
	case AE_IFIFO:
		return TARBALL_FIFO;
	default:
		return TARBALL_OTHER;
	}
}

static const char *link_of(struct archive_entry *entry, enum tarball_kind kind)
{
	const char *link = NULL;

	if (kind == TARBALL_HARD_LINK) {
		link = archive_entry_hardlink(entry);
		return link ? link : archive_entry_hardlink_utf8(entry);
	}
	if (kind == TARBALL_SYMLINK) {
		link = archive_entry_symlink(entry);
		return link ? link : archive_entry_symlink_utf8(entry);
	}
	return NULL;
}

int tarball_next(struct tarball *tar, struct tarball_member *ret, bool *ret_end, struct err *err)
{
	int rc = archive_read_next_header(tar->archive, &tar->entry);
	struct tarball_member m = { 0 };

	*ret_end = rc == ARCHIVE_EOF;
	if (rc == ARCHIVE_EOF)
		return 0;
	/* ARCHIVE_WARN: a field of the header makes no sense to the library. */
	if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
		return archive_err(tar, err);
	m.kind = kind_of(tar->entry);
	m.path = archive_entry_pathname(tar->entry);
	if (!m.path)
		m.path = archive_entry_pathname_utf8(tar->entry);
	m.link = link_of(tar->entry, m.kind);
	if (!m.path || (!m.link && (m.kind == TARBALL_HARD_LINK || m.kind == TARBALL_SYMLINK)))
		return err_set(err, ERR_INPUT, "a member's name is not readable");
	m.mode = archive_entry_perm(tar->entry) & 07777;
	m.uid = archive_entry_uid(tar->entry);
	m.gid = archive_entry_gid(tar->entry);
	m.device = makedev((unsigned int)archive_entry_rdevmajor(tar->entry),
			   (unsigned int)archive_entry_rdevminor(tar->entry));
	m.size = archive_entry_size(tar->entry);
	m.mtime.tv_sec = archive_entry_mtime(tar->entry);
	m.mtime.tv_nsec = archive_entry_mtime_nsec(tar->entry);
	archive_entry_xattr_reset(tar->entry);
	*ret = m;
	return 0;
}

int tarball_data(struct tarball *tar, struct tarball_piece *ret, bool *ret_end, struct err *err)
{
	int rc = archive_read_data_block(tar->archive, &ret->data, &ret->len, &ret->offset);

	*ret_end = rc == ARCHIVE_EOF;
	return rc == ARCHIVE_OK || rc == ARCHIVE_EOF ? 0 : archive_err(tar, err);
}

bool tarball_xattr(struct tarball *tar, const char **ret_name, const void **ret_value,
		   size_t *ret_len)
{
	return archive_entry_xattr_next(tar->entry, ret_name, ret_value, ret_len) == ARCHIVE_OK;
}

static uint16_t acl_tag(int tag)
{
	switch (tag) {
	case ARCHIVE_ENTRY_ACL_USER_OBJ:
		return ACL_USER_OBJ;
	case ARCHIVE_ENTRY_ACL_USER:
		return ACL_USER;
	case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
		return ACL_GROUP_OBJ;
	case ARCHIVE_ENTRY_ACL_GROUP:
		return ACL_GROUP;
	case ARCHIVE_ENTRY_ACL_MASK:
		return ACL_MASK;
	default:
		return ACL_OTHER;
	}
}

int tarball_acl(struct tarball *tar, bool is_default, struct tarball_acl *ret, size_t *ret_n,
		struct err *err)
{
	int want = is_default ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
	int type, perm, tag, id;
	const char *name;
	size_t n = 0;

	*ret_n = 0;
	if (archive_entry_acl_reset(tar->entry, want) == 0)
		return 0;
	while (archive_entry_acl_next(tar->entry, want, &type, &perm, &tag, &id, &name) ==
	       ARCHIVE_OK) {
		bool named = tag == ARCHIVE_ENTRY_ACL_USER || tag == ARCHIVE_ENTRY_ACL_GROUP;

		if (n == TARBALL_ACL_MAX)
			return err_set(err, ERR_INPUT, "more than %d ACL entries", TARBALL_ACL_MAX);
		ret[n++] = (struct tarball_acl){
			.tag = acl_tag(tag),
			.perm = (uint16_t)(perm & 7),
			.id = named && id >= 0 ? (uint32_t)id : UINT32_MAX,
			.name = named && id < 0 ? (name ? name : "") : NULL,
		};
	}
	*ret_n = n;
	return 0;
}
