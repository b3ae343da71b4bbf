/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/helper.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/minimal.h"

#define ORIGIN_ATTR "trusted.vzrun.archive"
#define ORIGIN_SIZE 128
#define NAME_BYTES 128
#define FOLDER_SIZE (NAME_BYTES + 16) /* with "@2" and the like */
#define TMP_SUFFIX ".tmp"

static const char *const suffixes[] = {
	".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tar.bz2", ".tbz2",
};

/* Where a template comes from. */
struct source {
	char *name;
	int fd; /* the archive, or busybox; -1: only what is unpacked already */
	bool builtin;
	char origin[ORIGIN_SIZE]; /* what tells this source from an older one */
};

static void source_done(struct source *src)
{
	free(src->name);
	fd_closep(&src->fd);
}
#define auto_source __attribute__((cleanup(source_done)))

static size_t stem_len(const char *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (str_ends(file, suffixes[i]))
			return strlen(file) - strlen(suffixes[i]);
	return strlen(file);
}

static bool is_file(const char *ostemplate)
{
	return strchr(ostemplate, '/') || ostemplate[stem_len(ostemplate)];
}

char *template_name(const char *ostemplate, struct err *err)
{
	static const char allowed[] = "0123456789-+_."
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const char *slash = strrchr(ostemplate, '/'), *base = slash ? slash + 1 : ostemplate;
	auto_free char *name = strndup(base, stem_len(base));
	char shown[STR_SHOW_SIZE];

	if (!name) {
		err_sys(err, "read the name of the template");
		return NULL;
	}
	if (!*name || *name == '.' || *name == '-' || name[strspn(name, allowed)] ||
	    str_ends(name, TMP_SUFFIX) || str_eq(name, "cache") || strlen(name) > NAME_BYTES) {
		err_set(err, ERR_INPUT, "%s can't be a template's name (letters, digits, \"-+_.\")",
			str_show(shown, name));
		return NULL;
	}
	return steal_ptr(&name);
}

/* The archive of a name in the cache; -1 with ENOENT where there is none. */
static int open_cached(const struct vz *vz, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		auto_free char *path = str_dupf("%s/%s%s", vz->cache_dir, name, suffixes[i]);
		int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

		if (fd >= 0 || !path || errno != ENOENT)
			return fd;
	}
	errno = ENOENT;
	return -1;
}

/* Size and time, as tools that compare files do; a copy with cp -p counts as the same. */
static int set_origin(struct source *src, struct err *err)
{
	struct stat st;

	if (fstat(src->fd, &st) < 0)
		return err_sys(err, "look at the archive");
	if (!S_ISREG(st.st_mode))
		return err_set(err, VZ_ERR(VZ_NO_TEMPLATE), "the archive is no regular file");
	snprintf(src->origin, sizeof(src->origin), "%d %lld %lld.%09ld",
		 src->builtin ? MINIMAL_REVISION : 0, (long long)st.st_size,
		 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return 0;
}

static int source_open(const struct vz *vz, const char *ostemplate, struct source *src,
		       struct err *err)
{
	src->name = template_name(ostemplate, err);
	if (!src->name)
		return -1;
	if (is_file(ostemplate) && (strchr(ostemplate, '/') || access(ostemplate, F_OK) == 0))
		src->fd = open(ostemplate, O_RDONLY | O_CLOEXEC);
	else
		src->fd = open_cached(vz, src->name);
	if (src->fd >= 0)
		return set_origin(src, err);
	if (errno != ENOENT || is_file(ostemplate)) {
		err_sys(err, "open the template \"%s\"", ostemplate);
		return vz_fail(err, VZ_NO_TEMPLATE);
	}
	if (!str_eq(src->name, MINIMAL_NAME))
		return 0;
	src->builtin = true;
	src->fd = minimal_open_busybox(err);
	return src->fd < 0 ? -1 : set_origin(src, err);
}

/* "debian-12", "debian-12@2", … */
static void folder_name(char buf[FOLDER_SIZE], const char *name, unsigned int version)
{
	if (version == 1)
		snprintf(buf, FOLDER_SIZE, "%s", name);
	else
		snprintf(buf, FOLDER_SIZE, "%s@%u", name, version);
}

/* The folder of this source: one that is there (*ret_found), or the name for a new one. Without
 * an archive the newest folder is meant. */
static int find_folder(int dirfd, const struct source *src, char ret[FOLDER_SIZE], bool *ret_found,
		       struct err *err)
{
	char origin[ORIGIN_SIZE], path[FD_PATH_SIZE], newest[FOLDER_SIZE] = "";

	*ret_found = false;
	for (unsigned int version = 1;; version++) {
		auto_fd int fd = -1;
		ssize_t len;

		folder_name(ret, src->name, version);
		fd = openat(dirfd, ret, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			break;
		if (fd < 0)
			return err_sys(err, "open the template's folder \"%s\"", ret);
		len = getxattr(fd_path(path, fd), ORIGIN_ATTR, origin, sizeof(origin) - 1);
		origin[len < 0 ? 0 : len] = '\0';
		*ret_found = src->fd >= 0 && str_eq(origin, src->origin);
		if (*ret_found)
			return 0;
		memcpy(newest, ret, FOLDER_SIZE);
	}
	if (src->fd < 0 && *newest) {
		memcpy(ret, newest, FOLDER_SIZE);
		*ret_found = true;
	}
	return 0;
}

/* What can be started has an init. Links in it resolve within the tree. */
static int check_tree(int fd, struct err *err)
{
	auto_fd int init = path_open_in(fd, "/sbin/init", O_PATH, 0);

	if (init >= 0)
		return 0;
	err_sys(err, "look for /sbin/init in the template");
	return vz_fail(err, VZ_BAD_TEMPLATE);
}

static int fill(const struct source *src, int fd, struct err *err)
{
	const int fds[] = { src->fd, fd };
	int rc = src->builtin ? minimal_build(src->fd, fd, err) :
				helper_run("vzunpack", HELPER_ALONE, fds, ARRAY_SIZE(fds), err);

	if (rc < 0 || check_tree(fd, err) < 0)
		return -1;
	if (fsetxattr(fd, ORIGIN_ATTR, src->origin, strlen(src->origin), 0) < 0)
		return err_sys(err, "mark the template's folder");
	/* On disk before it gets its name: after a power cut it is whole, or not there. */
	return syncfs(fd) < 0 ? err_sys(err, "write the template to disk") : 0;
}

static int make_tmp(int dirfd, const char *tmp, const struct source *src, struct err *err)
{
	auto_fd int fd = -1;

	if (path_remove_tree(dirfd, tmp, err) < 0) /* of one that was killed */
		return -1;
	if (mkdirat(dirfd, tmp, 0755) < 0 || fchmodat(dirfd, tmp, 0755, 0) < 0)
		return err_sys(err, "make folder \"%s\"", tmp);
	fd = openat(dirfd, tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open \"%s\"", tmp);
	return fill(src, fd, err);
}

/* Under the template's lock. */
static int make_folder(int dirfd, const struct source *src, const char *folder, struct err *err)
{
	char tmp[FOLDER_SIZE + sizeof(TMP_SUFFIX)];
	int rc;

	snprintf(tmp, sizeof(tmp), "%s" TMP_SUFFIX, folder);
	rc = make_tmp(dirfd, tmp, src, err);
	if (rc == 0 && renameat(dirfd, tmp, dirfd, folder) < 0)
		rc = err_sys(err, "rename \"%s\"", tmp);
	if (rc == 0)
		return 0;
	path_remove_tree(dirfd, tmp, NULL);
	return err_wrap(err, "unpack the template \"%s\"", src->name);
}

static int make_locked(const struct vz *vz, int dirfd, const struct source *src,
		       char folder[FOLDER_SIZE], struct err *err)
{
	auto_free char *lock_name = str_dupf("template-%s", src->name);
	auto_fd int lock = -1;
	bool found;

	if (!lock_name)
		return err_sys(err, "unpack the template");
	lock = vz_lock(vz, lock_name, true, err);
	if (lock < 0 || find_folder(dirfd, src, folder, &found, err) < 0)
		return -1;
	if (found) /* another create made it while this one waited */
		return 0;
	log_info("Unpacking template %s",
		 src->name); /* of vzctl's create panels compare the lines */
	return make_folder(dirfd, src, folder, err);
}

int template_get(const struct vz *vz, const char *ostemplate, char **ret_folder, char **ret_name,
		 struct err *err)
{
	auto_source struct source src = { .fd = -1 };
	char folder[FOLDER_SIZE] = "";
	auto_fd int dirfd = -1;
	bool found;

	if (vz_private_folder(vz->template_dir, err) < 0 ||
	    source_open(vz, ostemplate, &src, err) < 0)
		return -1;
	dirfd = open(vz->template_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_sys(err, "open \"%s\"", vz->template_dir);
	if (find_folder(dirfd, &src, folder, &found, err) < 0)
		return -1;
	if (!found && src.fd < 0)
		return err_set(
			err, VZ_ERR(VZ_NO_TEMPLATE),
			"cached OS template %s/%s.tar.gz not found (nor another archive %s.tar.*)",
			vz->cache_dir, src.name, src.name);
	if (!found && make_locked(vz, dirfd, &src, folder, err) < 0)
		return -1;
	*ret_folder = strdup(folder);
	if (!*ret_folder)
		return err_sys(err, "find the template");
	*ret_name = steal_ptr(&src.name);
	return 0;
}
