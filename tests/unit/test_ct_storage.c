/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Templates, private areas and their mounts, without a container. */
#include "config.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/ct/storage.h"
#include "runtime/ct/template.h"
#include "runtime/ct/usermap.h"

#define FIRST 1879048192U

struct world {
	char dir[64];
	int dirfd;
	struct vz *vz;
	char *private, *root;
	struct storage storage;
};

static const char *scratch_parent(void)
{
	struct statfs fs;

	return statfs("/var/lib/vz", &fs) == 0 ? "/var/lib/vz" : "/var/tmp";
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	auto_free char *path = NULL, *text = NULL;
	auto_fd int fd = -1;

	if (!w)
		return -1;
	*state = w;
	snprintf(w->dir, sizeof(w->dir), "%s/vztest-storage.XXXXXX", scratch_parent());
	if (!mkdtemp(w->dir) || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	w->dirfd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	text = str_dupf("TEMPLATE=%s/template\nVE_PRIVATE=%s/private/$VEID\n"
			"VE_ROOT=%s/root/$VEID\nLOCKDIR=%s/lock\n",
			w->dir, w->dir, w->dir, w->dir);
	fd = openat(w->dirfd, "vz.conf", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd_write_all(fd, text, strlen(text)) < 0)
		return -1;
	path = str_dupf("%s/vz.conf", w->dir);
	if (vz_load(path, NULL, NULL, &w->vz, NULL) < 0)
		return -1;
	w->private = vz_expand(vz_get(w->vz, "VE_PRIVATE"), "VE_PRIVATE", 101, NULL);
	w->root = vz_expand(vz_get(w->vz, "VE_ROOT"), "VE_ROOT", 101, NULL);
	w->storage = (struct storage){ .private = w->private,
				       .root = w->root,
				       .template_dir = w->vz->template_dir,
				       .layout = "overlay",
				       .name = "101",
				       .first_id = FIRST };
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	auto_free char *command = str_dupf("rm -rf --one-file-system %s", w->dir);

	usermap_leave();
	storage_umount(&w->storage, true, NULL);
	if (system(command) != 0)
		return -1;
	close(w->dirfd);
	vz_free(w->vz);
	free(w->private);
	free(w->root);
	free(w);
	return 0;
}

/* The call takes &ok_err. */
#define OK(call)                                    \
	do {                                        \
		struct err ok_err = { 0 };          \
		if ((call) < 0)                     \
			fail_msg("%s", ok_err.msg); \
	} while (0)

/* As the owner on disk, before the area has its name. */
static int furnish(int tree, const void *arg, struct err *err)
{
	auto_fd int fd = openat(tree, "furnished", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	(void)arg;
	return fd < 0 ? err_sys(err, "furnish it") : 0;
}

static void create(struct world *w)
{
	auto_free char *folder = NULL, *name = NULL;

	OK(template_get(w->vz, "minimal", &folder, &name, &ok_err));
	assert_string_equal(folder, "minimal");
	OK(storage_create(&w->storage, folder, &(struct storage_furnish){ .run = furnish },
			  &ok_err));
}

static struct stat look(const struct world *w, const char *path)
{
	struct stat st = { 0 };

	if (fstatat(w->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("no %s", path);
	return st;
}

static bool exists(const struct world *w, const char *path)
{
	struct stat st;

	return fstatat(w->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void minimal_template_has_an_init(void **state)
{
	struct world *w = *state;
	auto_free char *folder = NULL, *name = NULL;
	struct stat st;

	OK(template_get(w->vz, "minimal", &folder, &name, &ok_err));
	assert_string_equal(name, "minimal");
	st = look(w, "template/minimal/bin/busybox");
	assert_int_equal(st.st_mode, S_IFREG | 0755);
	assert_true(S_ISLNK(look(w, "template/minimal/sbin/init").st_mode));
	assert_int_equal(look(w, "template/minimal/tmp").st_mode, S_IFDIR | 01777);
	assert_int_equal(look(w, "template").st_mode, S_IFDIR | 0700);
	assert_false(exists(w, "template/minimal.tmp"));
}

static void mounted_ct_has_its_ids_and_disk_has_plain_ones(void **state)
{
	struct world *w = *state;
	struct statvfs vfs;
	struct stat st;
	int fd;

	create(w);
	assert_int_equal(look(w, "private").st_mode, S_IFDIR | 0700);
	assert_false(storage_mounted(&w->storage));
	assert_int_equal(look(w, "private/101/upper/furnished").st_uid, 0);
	OK(storage_mount(&w->storage, &ok_err));
	assert_true(storage_mounted(&w->storage));
	assert_int_equal(look(w, "root/101/furnished").st_uid, FIRST);
	assert_int_equal(look(w, "root").st_mode, S_IFDIR | 0700);
	assert_int_equal(look(w, "root/101").st_uid, FIRST);
	assert_int_equal(look(w, "root/101/bin/busybox").st_uid, FIRST);
	assert_int_equal(statvfs(w->root, &vfs), 0);
	assert_false(vfs.f_flag & ST_RDONLY);
	assert_true(vfs.f_flag & ST_NODEV);
	OK(usermap_enter(FIRST + 1000, &ok_err));
	fd = openat(w->dirfd, "root/101/home/file", O_WRONLY | O_CREAT | O_CLOEXEC, 04755);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(renameat(w->dirfd, "root/101/etc", w->dirfd, "root/101/etc2"), 0);
	usermap_leave();
	st = look(w, "private/101/upper/home/file");
	assert_int_equal(st.st_uid, 1000);
	assert_int_equal(st.st_gid, 1000);
	assert_true(exists(w, "root/101/etc2/passwd"));
	assert_false(exists(w, "root/101/etc"));
	assert_true(exists(w, "template/minimal/etc/passwd"));
	/* The host's root has no id there. */
	fd = openat(w->dirfd, "root/101/home/root", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(fd, -1);
}

static void chown_of_a_template_file_copies_no_data(void **state)
{
	struct world *w = *state;

	create(w);
	OK(storage_mount(&w->storage, &ok_err));
	assert_int_equal(fchownat(w->dirfd, "root/101/bin/busybox", FIRST + 7, FIRST + 7, 0), 0);
	/* 512-byte blocks: one for the attributes at most */
	assert_true(look(w, "private/101/upper/bin/busybox").st_blocks < 100);
	assert_int_equal(look(w, "private/101/upper/bin/busybox").st_uid, 7);
	assert_int_equal(look(w, "template/minimal/bin/busybox").st_uid, 0);
}

static void template_link_names_a_template_only(void **state)
{
	static const char *const texts[] = { ".",          "..",       "/",          "/etc",
					     "../private", "minimal/", "minimal/etc" };
	struct world *w = *state;
	auto_free char *link = str_dupf("%s/template", w->private);
	char longest[NAME_MAX + 2];

	create(w);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_free char *text = str_dupf(
			"the link \"%s\" must name a template, \"%s\" does not", link, texts[i]);
		struct err err = { 0 };

		assert_int_equal(unlink(link), 0);
		assert_int_equal(symlink(texts[i], link), 0);
		assert_int_equal(storage_mount(&w->storage, &err), -1);
		assert_string_equal(err.msg, text);
		assert_false(storage_mounted(&w->storage));
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[NAME_MAX + 1] = '\0';
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(longest, link), 0);
	assert_int_equal(storage_mount(&w->storage, NULL), -1);
}

static void mounting_again_shows_the_same_data(void **state)
{
	struct world *w = *state;
	int fd;

	create(w);
	OK(storage_mount(&w->storage, &ok_err));
	OK(usermap_enter(FIRST, &ok_err));
	fd = openat(w->dirfd, "root/101/home/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	usermap_leave();
	close(fd);
	OK(storage_umount(&w->storage, false, &ok_err));
	assert_false(storage_mounted(&w->storage));
	assert_false(exists(w, "root/101/home/file"));
	OK(storage_umount(&w->storage, false, &ok_err)); /* not mounted: fine */
	OK(storage_mount(&w->storage, &ok_err));
	assert_true(exists(w, "root/101/home/file"));
}

static void mount_in_use_is_unmounted_lazily_only(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };
	auto_fd int fd = -1;

	create(w);
	OK(storage_mount(&w->storage, &ok_err));
	fd = open(w->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(storage_umount(&w->storage, false, &err), -1);
	assert_non_null(strstr(err.msg, "Device or resource busy"));
	OK(storage_umount(&w->storage, true, &ok_err));
	assert_false(storage_mounted(&w->storage));
}

static void destroy_leaves_nothing(void **state)
{
	struct world *w = *state;

	create(w);
	OK(storage_mount(&w->storage, &ok_err));
	assert_int_equal(mkdirat(w->dirfd, "private/101.tmp", 0700), 0);
	assert_int_equal(mkdirat(w->dirfd, "private/101.destroyed", 0700), 0);
	OK(storage_destroy(&w->storage, &ok_err));
	assert_false(storage_exists(&w->storage));
	assert_false(exists(w, "private/101.tmp"));
	assert_false(exists(w, "private/101.destroyed"));
	assert_false(exists(w, "root/101"));
	OK(storage_destroy(&w->storage, &ok_err)); /* again: fine */
}

static void half_made_area_of_a_killed_create_is_replaced(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdirat(w->dirfd, "private", 0700), 0);
	assert_int_equal(mkdirat(w->dirfd, "private/101.tmp", 0700), 0);
	assert_int_equal(mkdirat(w->dirfd, "private/101.tmp/upper", 0700), 0);
	create(w);
	assert_true(storage_exists(&w->storage));
	assert_false(exists(w, "private/101.tmp"));
}

static void layouts_that_are_not_built_are_refused(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };

	w->storage.layout = "image";
	assert_int_equal(storage_check(&w->storage, &err), -1);
	assert_string_equal(err.msg, "the layout \"image\" is not built yet");
	w->storage.layout = "ramdisk";
	assert_int_equal(storage_check(&w->storage, &err), -1);
	assert_int_equal(err.code, VZ_ERR(VZ_UNKNOWN_LAYOUT));
	w->storage.layout = "overlay";
	OK(storage_check(&w->storage, &ok_err));
}

/* Without id maps there is no safe way to share a template: nothing else is tried. */
static void file_system_without_id_maps_is_refused(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };
	auto_free char *lower = str_dupf("%s/o/lower", w->dir), *data = NULL;

	assert_int_equal(mkdirat(w->dirfd, "o", 0700), 0);
	assert_int_equal(mkdirat(w->dirfd, "o/lower", 0700), 0);
	assert_int_equal(mkdirat(w->dirfd, "o/other", 0700), 0);
	assert_int_equal(mkdirat(w->dirfd, "private", 0700), 0);
	data = str_dupf("lowerdir=%s:%s/o/other", lower, w->dir);
	assert_int_equal(mount("overlay", lower, "overlay", 0, data), 0);
	w->storage.template_dir = lower;
	assert_int_equal(storage_check(&w->storage, &err), -1);
	assert_int_equal(umount2(lower, MNT_DETACH), 0);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "can't map ids (keep it on ext4, xfs or btrfs, or use "
					"--layout image)"));
}

static void open_folder_is_refused(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };

	assert_int_equal(mkdirat(w->dirfd, "private", 0755), 0);
	assert_int_equal(storage_check(&w->storage, &err), -1);
	assert_non_null(strstr(err.msg, "must be root's alone"));
}

static void run(const struct world *w, const char *command)
{
	auto_free char *full = str_dupf("cd %s && { %s; }", w->dir, command);

	assert_int_equal(system(full), 0);
}

static void assert_folder(struct world *w, const char *ostemplate, const char *expected)
{
	auto_free char *folder = NULL, *name = NULL;

	OK(template_get(w->vz, ostemplate, &folder, &name, &ok_err));
	assert_string_equal(folder, expected);
}

static void replaced_archive_gets_a_folder_of_its_own(void **state)
{
	struct world *w = *state;
	auto_free char *file = str_dupf("%s/my.tar.gz", w->dir);

	run(w, "mkdir -m 700 template && mkdir -p template/cache t/sbin && touch t/sbin/init");
	run(w,
	    "tar -C t -czf template/cache/tiny.tar.gz . && cp -p template/cache/tiny.tar.gz my.tar.gz");
	assert_folder(w, "tiny", "tiny");
	assert_folder(w, "tiny", "tiny");
	assert_folder(w, "tiny.tar.gz", "tiny");
	assert_folder(w, file, "my");
	run(w, "touch t/new && tar -C t -czf template/cache/tiny.tar.gz .");
	assert_folder(w, "tiny", "tiny@2");
	assert_true(exists(w, "template/tiny@2/new"));
	assert_false(exists(w, "template/tiny/new"));
	run(w, "rm template/cache/tiny.tar.gz");
	assert_folder(w, "tiny", "tiny@2"); /* no archive any more: the newest */
}

static void all_compressions_are_read(void **state)
{
	struct world *w = *state;

	run(w, "mkdir -m 700 template && mkdir -p template/cache t/sbin && touch t/sbin/init");
	run(w,
	    "cd t && tar -cf ../template/cache/plain.tar . && tar -czf ../template/cache/gz.tar.gz . && "
	    "tar -cJf ../template/cache/xz.tar.xz . && tar -cjf ../template/cache/bz.tar.bz2 . && "
	    "tar --zstd -cf ../template/cache/zst.tar.zst .");
	assert_folder(w, "plain", "plain");
	assert_folder(w, "gz", "gz");
	assert_folder(w, "xz", "xz");
	assert_folder(w, "bz", "bz");
	assert_folder(w, "zst", "zst");
	run(w, "for t in plain gz xz bz zst; do [ -f template/$t/sbin/init ] || exit 1; done");
}

static void bad_templates_leave_nothing(void **state)
{
	struct world *w = *state;
	auto_free char *folder = NULL, *name = NULL;
	struct err err = { 0 };

	run(w, "mkdir -m 700 template && mkdir template/cache t && touch t/x");
	run(w,
	    "tar -C t -cf template/cache/noinit.tar . && head -c 700 /dev/urandom >template/cache/junk.tar.gz");
	assert_int_equal(template_get(w->vz, "noinit", &folder, &name, &err), -1);
	assert_int_equal(err.code, VZ_ERR(VZ_BAD_TEMPLATE));
	assert_int_equal(template_get(w->vz, "junk", &folder, &name, &err), -1);
	assert_int_equal(err.code, ERR_INPUT);
	assert_int_equal(template_get(w->vz, "nothere", &folder, &name, &err), -1);
	assert_int_equal(err.code, VZ_ERR(VZ_NO_TEMPLATE));
	assert_int_equal(template_get(w->vz, "../x", &folder, &name, &err), -1);
	assert_int_equal(template_get(w->vz, "a b", &folder, &name, &err), -1);
	assert_int_equal(template_get(w->vz, "", &folder, &name, &err), -1);
	run(w, "[ \"$(ls template)\" = cache ]");
}

static void name_of_a_template_is_its_files_stem(void **state)
{
	auto_free char *a = template_name("/a/debian-12.tar.zst", NULL);
	auto_free char *b = template_name("debian-12", NULL);

	(void)state;
	assert_string_equal(a, "debian-12");
	assert_string_equal(b, "debian-12");
	assert_null(template_name("/a/", NULL));
	assert_null(template_name("a@2", NULL));
	assert_null(template_name(".tar", NULL));
	assert_null(template_name("cache", NULL));
	assert_null(template_name("x.tmp", NULL));
}

#define ROOT_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_of_a_template_is_its_files_stem),
		ROOT_TEST(minimal_template_has_an_init),
		ROOT_TEST(mounted_ct_has_its_ids_and_disk_has_plain_ones),
		ROOT_TEST(chown_of_a_template_file_copies_no_data),
		ROOT_TEST(template_link_names_a_template_only),
		ROOT_TEST(mounting_again_shows_the_same_data),
		ROOT_TEST(mount_in_use_is_unmounted_lazily_only),
		ROOT_TEST(destroy_leaves_nothing),
		ROOT_TEST(half_made_area_of_a_killed_create_is_replaced),
		ROOT_TEST(layouts_that_are_not_built_are_refused),
		ROOT_TEST(file_system_without_id_maps_is_refused),
		ROOT_TEST(open_folder_is_refused),
		ROOT_TEST(replaced_archive_gets_a_folder_of_its_own),
		ROOT_TEST(all_compressions_are_read),
		ROOT_TEST(bad_templates_leave_nothing),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root, to mount and to make files of others");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
