/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/unpack/unpack.h"

/* Each test has a folder with "t", where it unpacks to, and "out", which nothing may change. */
struct world {
	char dir[64];
	int dirfd, target;
	struct strbuf tar;
};

/* ---- an archive, member by member ---- */

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type;
	char link[100], magic[8], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

struct member {
	char type; /* 0 file, 1 hard link, 2 symbolic link, 3 char, 5 folder, 6 fifo, x pax */
	const char *name, *link, *content;
	unsigned int mode, uid, gid, major, minor;
	unsigned int mtime;
};

/* Digits up to the field's last byte, which stays zero. */
static void octal(char *field, size_t size, unsigned int value)
{
	for (size_t i = size - 1; i-- > 0; value /= 8)
		field[i] = (char)('0' + value % 8);
}

static void add(struct world *w, struct member m)
{
	struct ustar h = { .type = m.type, .magic = "ustar" };
	unsigned int len = m.content ? (unsigned int)strlen(m.content) : 0;
	static const char zeros[512];
	unsigned int sum = 0;

	memcpy(h.magic + 6, "00", 2);
	strncpy(h.name, m.name, sizeof(h.name) - 1);
	strncpy(h.link, m.link ? m.link : "", sizeof(h.link) - 1);
	octal(h.mode, sizeof(h.mode), m.mode ? m.mode : 0644);
	octal(h.uid, sizeof(h.uid), m.uid);
	octal(h.gid, sizeof(h.gid), m.gid);
	octal(h.size, sizeof(h.size), len);
	octal(h.mtime, sizeof(h.mtime), m.mtime);
	octal(h.major, sizeof(h.major), m.major);
	octal(h.minor, sizeof(h.minor), m.minor);
	memset(h.sum, ' ', sizeof(h.sum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += ((unsigned char *)&h)[i];
	octal(h.sum, sizeof(h.sum) - 1, sum);
	strbuf_add_mem(&w->tar, &h, sizeof(h));
	strbuf_add_mem(&w->tar, m.content ? m.content : "", len);
	strbuf_add_mem(&w->tar, zeros, (512 - len % 512) % 512);
}

#define ADD(w, type_, name_, ...) \
	add(w, (struct member){ .type = type_, .name = name_, ##__VA_ARGS__ })

/* One record "LEN KEY=VALUE\n" of an extended header, where LEN counts itself. */
static void add_pax(struct world *w, const char *key, const char *value)
{
	size_t body = strlen(key) + strlen(value) + 3, len = body + 2;
	auto_free char *record = NULL;

	len += len >= 100 ? 1 : 0;
	record = str_dupf("%zu %s=%s\n", len, key, value);
	assert_int_equal(strlen(record), len);
	ADD(w, 'x', "pax", .content = record);
}

static int unpack(struct world *w, struct err *err)
{
	static const char zeros[1024];
	auto_fd int fd = memfd_create("tar", MFD_CLOEXEC);

	strbuf_add_mem(&w->tar, zeros, sizeof(zeros));
	assert_int_equal(fd_write_all(fd, w->tar.text, w->tar.len), 0);
	lseek(fd, 0, SEEK_SET);
	return unpack_archive(fd, w->target, err);
}

static void assert_unpacks(struct world *w)
{
	struct err err = { 0 };

	if (unpack(w, &err) < 0)
		fail_msg("%s", err.msg);
}

static void assert_refused(struct world *w, const char *message)
{
	struct err err = { 0 };

	assert_int_equal(unpack(w, &err), -1);
	assert_string_equal(err.msg, message);
}

/* ---- the surroundings ---- */

/* A file system with all attributes: in the test VM the root has not. */
static const char *scratch_parent(void)
{
	struct statfs fs;

	return statfs("/var/lib/vz", &fs) == 0 ? "/var/lib/vz" : "/var/tmp";
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int fd;

	if (!w)
		return -1;
	*state = w;
	snprintf(w->dir, sizeof(w->dir), "%s/vztest-unpack.XXXXXX", scratch_parent());
	if (!mkdtemp(w->dir))
		return -1;
	w->dirfd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mkdirat(w->dirfd, "t", 0755);
	mkdirat(w->dirfd, "out", 0755);
	fd = openat(w->dirfd, "out/secret", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	fd_write_all(fd, "secret", 6);
	close(fd);
	w->target = openat(w->dirfd, "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

/* Whatever was unpacked: outside all is as it was. */
static int tear_down(void **state)
{
	struct world *w = *state;
	auto_free char *text = NULL, *command = NULL;
	struct stat st;
	int rc = 0;

	if (fstatat(w->dirfd, "out/secret", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (st.st_mode & 07777) != 0600 || st.st_nlink != 1 || st.st_uid != 0 ||
	    fd_load_at(w->dirfd, "out/secret", 100, &text, NULL, NULL) < 0 ||
	    !str_eq(text, "secret"))
		rc = -1;
	command = str_dupf("[ \"$(ls -A %s/out) $(ls -A %s)\" = 'secret out\nt' ]; rc=$?; "
			   "rm -rf %s; exit $rc",
			   w->dir, w->dir, w->dir);
	if (system(command) != 0)
		rc = -1;
	close(w->target);
	close(w->dirfd);
	strbuf_done(&w->tar);
	free(w);
	return rc;
}

static struct stat look(const struct world *w, const char *name)
{
	struct stat st = { 0 };

	assert_int_equal(fstatat(w->target, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static void assert_content(const struct world *w, const char *name, const char *expected)
{
	auto_free char *text = NULL;

	assert_int_equal(fd_load_at(w->target, name, 1000, &text, NULL, NULL), 0);
	assert_string_equal(text, expected);
}

static ssize_t attr(const struct world *w, const char *name, const char *key, void *buf,
		    size_t size)
{
	auto_free char *path = str_dupf("%s/t/%s", w->dir, name);

	return lgetxattr(path, key, buf, size);
}

/* ---- what is kept ---- */

static void file_has_content_owner_mode_and_time(void **state)
{
	struct world *w = *state;
	struct stat st;

	ADD(w, '0', "./bin/su", .content = "#!", .mode = 06755, .uid = 1, .gid = 65535,
	    .mtime = 12345);
	assert_unpacks(w);
	st = look(w, "bin/su");
	assert_int_equal(st.st_mode, S_IFREG | 06755);
	assert_int_equal(st.st_uid, 1);
	assert_int_equal(st.st_gid, 65535);
	assert_int_equal(st.st_mtim.tv_sec, 12345);
	assert_content(w, "bin/su", "#!");
	st = look(w, "bin"); /* made on the way */
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_int_equal(st.st_uid, 0);
}

static void folder_keeps_its_time_when_files_come_into_it(void **state)
{
	struct world *w = *state;
	struct stat st;

	ADD(w, '5', "./", .mode = 0711, .uid = 3, .mtime = 11);
	ADD(w, '5', "d/", .mode = 01777, .gid = 7, .mtime = 22);
	ADD(w, '0', "d/f", .mtime = 33);
	assert_unpacks(w);
	st = look(w, ".");
	assert_int_equal(st.st_mode, S_IFDIR | 0711);
	assert_int_equal(st.st_uid, 3);
	assert_int_equal(st.st_mtim.tv_sec, 11);
	st = look(w, "d");
	assert_int_equal(st.st_mode, S_IFDIR | 01777);
	assert_int_equal(st.st_gid, 7);
	assert_int_equal(st.st_mtim.tv_sec, 22);
}

static void links_and_nodes_are_made(void **state)
{
	struct world *w = *state;
	char target[32] = "";
	struct stat st;

	ADD(w, '0', "f", .content = "x");
	ADD(w, '1', "dir/hard", .link = "./f");
	ADD(w, '2', "soft", .link = "/etc/../../anywhere", .uid = 5);
	ADD(w, '1', "hard-to-soft", .link = "soft");
	ADD(w, '3', "dev/null", .mode = 0666, .major = 1, .minor = 3);
	ADD(w, '6', "fifo", .mode = 0600, .uid = 9);
	assert_unpacks(w);
	assert_int_equal(look(w, "f").st_nlink, 2);
	assert_int_equal(look(w, "dir/hard").st_ino, look(w, "f").st_ino);
	assert_int_equal(readlinkat(w->target, "soft", target, sizeof(target) - 1), 19);
	assert_string_equal(target, "/etc/../../anywhere");
	assert_int_equal(look(w, "soft").st_uid, 5);
	assert_true(S_ISLNK(look(w, "hard-to-soft").st_mode));
	st = look(w, "dev/null");
	assert_int_equal(st.st_mode, S_IFCHR | 0666);
	assert_int_equal(st.st_rdev, makedev(1, 3));
	st = look(w, "fifo");
	assert_int_equal(st.st_mode, S_IFIFO | 0600);
	assert_int_equal(st.st_uid, 9);
}

static void later_member_replaces_earlier(void **state)
{
	struct world *w = *state;

	ADD(w, '0', "a", .content = "one");
	ADD(w, '1', "b", .link = "a");
	ADD(w, '0', "b", .content = "two");
	assert_unpacks(w);
	assert_content(w, "a", "one");
	assert_content(w, "b", "two");
}

static void names_are_bytes(void **state)
{
	struct world *w = *state;

	ADD(w, '0', "caf\xe9");
	add_pax(w, "path", "sch\xc3\xb6n");
	ADD(w, '0', "x");
	assert_unpacks(w);
	look(w, "caf\xe9");
	look(w, "sch\xc3\xb6n");
}

static void user_attributes_are_kept_and_others_left_out(void **state)
{
	struct world *w = *state;
	char value[16] = "";

	add_pax(w, "SCHILY.xattr.user.color", "red");
	ADD(w, '0', "f");
	add_pax(w, "SCHILY.xattr.trusted.overlay.opaque", "y");
	ADD(w, '5', "d/");
	assert_unpacks(w);
	assert_int_equal(attr(w, "f", "user.color", value, sizeof(value)), 3);
	assert_string_equal(value, "red");
	assert_int_equal(attr(w, "d", "trusted.overlay.opaque", value, sizeof(value)), -1);
}

/* The attribute of version 3 grants to the root of one user namespace of another machine. The
 * value has zero bytes, so it comes in base64 (LIBARCHIVE.xattr). */
static void file_capability_is_kept_for_the_cts_root(void **state)
{
	struct world *w = *state;
	struct vfs_ns_cap_data caps = { 0 };

	add_pax(w, "LIBARCHIVE.xattr.security.capability", "AQAAAwAgAAAAAAAAAAAAAAAAAACghgEA");
	ADD(w, '0', "ping", .mode = 0755, .uid = 3);
	assert_unpacks(w);
	assert_int_equal(attr(w, "ping", "security.capability", &caps, sizeof(caps)),
			 XATTR_CAPS_SZ_2);
	assert_int_equal(caps.magic_etc, VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE);
	assert_int_equal(caps.data[0].permitted, 1 << CAP_NET_RAW);
}

static void acls_are_kept_by_number(void **state)
{
	struct world *w = *state;
	struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} entry[8];
	} acl;

	add_pax(w, "SCHILY.acl.access",
		"user::rw-,group::r--,mask::rwx,other::---,user:4711:rwx,user:12:r--");
	ADD(w, '0', "f", .mode = 0670);
	add_pax(w, "SCHILY.acl.default", "user::rwx,group::r-x,other::---");
	ADD(w, '5', "d/", .mode = 0750);
	assert_unpacks(w);
	assert_int_equal(attr(w, "f", "system.posix_acl_access", &acl, sizeof(acl)), 4 + 6 * 8);
	assert_int_equal(acl.entry[1].tag, 2);
	assert_int_equal(acl.entry[1].id, 12);
	assert_int_equal(acl.entry[1].perm, 4);
	assert_int_equal(acl.entry[2].id, 4711);
	assert_int_equal(acl.entry[2].perm, 7);
	assert_int_equal(look(w, "f").st_mode & 07777, 0670);
	assert_int_equal(attr(w, "d", "system.posix_acl_default", &acl, sizeof(acl)), 4 + 3 * 8);
}

/* GNU tar gives names, which only the tree itself can tell the numbers of. */
static void acls_by_name_are_those_of_the_tree(void **state)
{
	struct world *w = *state;
	struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} entry[8];
	} acl;

	add_pax(w, "SCHILY.acl.access",
		"user::rw-,user:joe:rw-,group::r--,group:adm:rwx,mask::rwx,other::---");
	ADD(w, '0', "f", .mode = 0670);
	add_pax(w, "SCHILY.acl.access",
		"user::rw-,user:nobodyknows:rwx,mask::rwx,group::r--,other::---");
	ADD(w, '0', "g", .mode = 0670);
	ADD(w, '0', "g"); /* without the ACL */
	ADD(w, '0', "etc/passwd", .content = "root:x:0:0::/:\njoey:x:1:1::/:\njoe:x:1234:1::/:\n");
	ADD(w, '0', "etc/group", .content = "joe:x:7:\nadm:x:4:");
	assert_unpacks(w);
	assert_int_equal(attr(w, "f", "system.posix_acl_access", &acl, sizeof(acl)), 4 + 6 * 8);
	assert_int_equal(acl.entry[1].id, 1234);
	assert_int_equal(acl.entry[1].perm, 6);
	assert_int_equal(acl.entry[3].id, 4);
	assert_int_equal(attr(w, "g", "system.posix_acl_access", &acl, sizeof(acl)), -1);
}

static void acl_of_an_unknown_name_is_refused(void **state)
{
	struct world *w = *state;

	add_pax(w, "SCHILY.acl.access", "user::rw-,user:joe:rwx,group::r--,mask::rwx,other::---");
	ADD(w, '0', "f", .mode = 0670);
	ADD(w, '2', "etc/passwd", .link = "/etc/passwd");
	assert_refused(w, "member \"f\": its ACL names \"joe\", which is not in etc/passwd");
}

/* ---- what is refused ---- */

static void absolute_path_is_refused(void **state)
{
	struct world *w = *state;

	ADD(w, '0', "/tmp/vztest-evil");
	assert_refused(w, "member \"/tmp/vztest-evil\": is an absolute path");
}

static void dotdot_is_refused(void **state)
{
	struct world *w = *state;

	ADD(w, '0', "../out/evil");
	assert_refused(w, "member \"../out/evil\": has \"..\" in its path");
}

static void dotdot_in_the_middle_is_refused(void **state)
{
	struct world *w = *state;

	ADD(w, '0', "a/../../out/evil");
	assert_refused(w, "member \"a/../../out/evil\": has \"..\" in its path");
}

static void path_through_a_link_is_refused(void **state)
{
	struct world *w = *state;

	ADD(w, '2', "a", .link = "../out");
	ADD(w, '0', "a/evil");
	assert_refused(w, "member \"a/evil\": passes through a symbolic link");
}

static void path_through_a_link_that_stays_inside_is_refused_too(void **state)
{
	struct world *w = *state;

	ADD(w, '5', "d/");
	ADD(w, '2', "a", .link = "d");
	ADD(w, '0', "a/b/c");
	assert_refused(w, "member \"a/b/c\": passes through a symbolic link");
}

static void path_through_a_file_is_refused(void **state)
{
	struct world *w = *state;

	ADD(w, '0', "a");
	ADD(w, '0', "a/b");
	assert_refused(w, "member \"a/b\": passes through what is no folder");
}

static void folder_is_not_replaced_by_a_link(void **state)
{
	struct world *w = *state;

	ADD(w, '5', "a/");
	ADD(w, '2', "a", .link = "../out");
	ADD(w, '0', "a/evil");
	assert_refused(w, "member \"a\": would replace a folder of the same name");
}

/* The folder's fd is remembered from the member before. */
static void folder_in_use_is_not_replaced_by_a_link(void **state)
{
	struct world *w = *state;

	ADD(w, '0', "a/b/f");
	ADD(w, '2', "a/b", .link = "../../out");
	ADD(w, '0', "a/b/evil");
	assert_refused(w, "member \"a/b\": would replace a folder of the same name");
}

static void link_is_not_taken_for_a_folder(void **state)
{
	struct world *w = *state;

	ADD(w, '2', "a", .link = "../out");
	ADD(w, '5', "a/", .mode = 0777);
	assert_refused(w, "member \"a/\": would replace a file of the same name");
}

static void root_is_not_replaced(void **state)
{
	struct world *w = *state;

	ADD(w, '2', "./", .link = "../out");
	assert_refused(w, "member \"./\": would replace the root itself");
}

static void file_is_not_written_through_a_link(void **state)
{
	struct world *w = *state;

	ADD(w, '2', "a", .link = "../out/secret");
	ADD(w, '0', "a", .content = "evil", .mode = 0777, .uid = 1);
	assert_unpacks(w); /* tear_down sees that the secret is as it was */
	assert_true(S_ISREG(look(w, "a").st_mode));
}

static void hard_link_to_the_outside_is_refused(void **state)
{
	struct world *w = *state;

	ADD(w, '1', "a", .link = "../out/secret");
	assert_refused(w, "member \"a\": is a hard link to \"../out/secret\", which: has \"..\" in "
			  "its path");
}

static void hard_link_by_absolute_path_is_refused(void **state)
{
	struct world *w = *state;

	ADD(w, '1', "a", .link = "/etc/shadow");
	assert_refused(w, "member \"a\": is a hard link to \"/etc/shadow\", which: is an absolute "
			  "path");
}

static void hard_link_through_a_link_is_refused(void **state)
{
	struct world *w = *state;

	ADD(w, '2', "a", .link = "../out");
	ADD(w, '1', "b", .link = "a/secret");
	assert_refused(w, "member \"b\": is a hard link to \"a/secret\", which: passes through a "
			  "symbolic link");
}

static void hard_link_to_a_folder_is_refused(void **state)
{
	struct world *w = *state;

	ADD(w, '5', "a/");
	ADD(w, '1', "a/b", .link = "a");
	assert_refused(w, "member \"a/b\": link it to \"a\": Operation not permitted");
}

/* A chmod of the second member must not reach the first one's target. */
static void mode_is_not_set_through_a_link(void **state)
{
	struct world *w = *state;

	ADD(w, '2', "a", .link = "../out/secret");
	ADD(w, '1', "b", .link = "a");
	ADD(w, '6', "b", .mode = 0777);
	assert_unpacks(w);
	assert_true(S_ISFIFO(look(w, "b").st_mode));
}

static void ids_beyond_the_range_are_refused(void **state)
{
	struct world *w = *state;

	ADD(w, '0', "f", .gid = 65536);
	assert_refused(w, "member \"f\": belongs to id 65536 (a container's end at 65535)");
}

static void odd_names_are_shown_on_one_line(void **state)
{
	struct world *w = *state;

	ADD(w, '0', "../a\n\"b");
	assert_refused(w, "member \"../a\\x0a\\\"b\": has \"..\" in its path");
}

static void truncated_archive_is_refused(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };
	auto_fd int fd = memfd_create("tar", MFD_CLOEXEC);

	ADD(w, '0', "f", .content = "x");
	assert_int_equal(fd_write_all(fd, w->tar.text, 512 + 1), 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(unpack_archive(fd, w->target, &err), -1);
	assert_true(str_starts(err.msg, "member \"f\": Truncated "));
}

static void what_is_no_archive_is_refused(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };
	auto_fd int fd = memfd_create("tar", MFD_CLOEXEC);

	assert_int_equal(unpack_archive(fd, w->target, &err), -1);
	assert_int_equal(fd_write_all(fd, "hello, this is no archive at all\n", 33), 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(unpack_archive(fd, w->target, &err), -1);
	assert_string_equal(err.msg, "Unrecognized archive format");
}

static void archive_without_members_is_refused(void **state)
{
	assert_refused(*state, "the archive is empty");
}

static void paths_are_cleaned(void **state)
{
	static const char *const rows[][2] = {
		{ "a", "a" },         { "./a", "a" },          { "a/", "a" },    { "./", "" },
		{ ".", "" },          { "a//b/./c", "a/b/c" }, { "...", "..." }, { "..a", "..a" },
		{ "a/..b", "a/..b" }, { "..", NULL },          { "a/..", NULL }, { "", NULL },
		{ "/", NULL },        { "./../a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *clean = unpack_check_path(rows[i][0], NULL);

		if (rows[i][1])
			assert_string_equal(clean, rows[i][1]);
		else
			assert_null(clean);
	}
}

#define ROOT_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_cleaned),
		ROOT_TEST(file_has_content_owner_mode_and_time),
		ROOT_TEST(folder_keeps_its_time_when_files_come_into_it),
		ROOT_TEST(links_and_nodes_are_made),
		ROOT_TEST(later_member_replaces_earlier),
		ROOT_TEST(names_are_bytes),
		ROOT_TEST(user_attributes_are_kept_and_others_left_out),
		ROOT_TEST(file_capability_is_kept_for_the_cts_root),
		ROOT_TEST(acls_are_kept_by_number),
		ROOT_TEST(acls_by_name_are_those_of_the_tree),
		ROOT_TEST(acl_of_an_unknown_name_is_refused),
		ROOT_TEST(absolute_path_is_refused),
		ROOT_TEST(dotdot_is_refused),
		ROOT_TEST(dotdot_in_the_middle_is_refused),
		ROOT_TEST(path_through_a_link_is_refused),
		ROOT_TEST(path_through_a_link_that_stays_inside_is_refused_too),
		ROOT_TEST(path_through_a_file_is_refused),
		ROOT_TEST(folder_is_not_replaced_by_a_link),
		ROOT_TEST(folder_in_use_is_not_replaced_by_a_link),
		ROOT_TEST(link_is_not_taken_for_a_folder),
		ROOT_TEST(root_is_not_replaced),
		ROOT_TEST(file_is_not_written_through_a_link),
		ROOT_TEST(hard_link_to_the_outside_is_refused),
		ROOT_TEST(hard_link_by_absolute_path_is_refused),
		ROOT_TEST(hard_link_through_a_link_is_refused),
		ROOT_TEST(hard_link_to_a_folder_is_refused),
		ROOT_TEST(mode_is_not_set_through_a_link),
		ROOT_TEST(ids_beyond_the_range_are_refused),
		ROOT_TEST(odd_names_are_shown_on_one_line),
		ROOT_TEST(truncated_archive_is_refused),
		ROOT_TEST(what_is_no_archive_is_refused),
		ROOT_TEST(archive_without_members_is_refused),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root, to make files of others and device nodes");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
