/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where CTs' data is: what its file system can do, and whose ids it has. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/cli/doctor.h"
#include "runtime/ct/ct.h"
#include "runtime/ct/idrange.h"
#include "runtime/ct/overlay.h"
#include "runtime/ct/quota.h"

/* The folder, or the nearest above it that is there. */
static char *nearest(const char *path)
{
	char *at = strdup(path);

	while (at && access(at, F_OK) < 0 && str_eq(at, "/") == false) {
		char *above = vz_parent(at);

		free(at);
		at = above;
	}
	return at;
}

static void see_owner(struct doctor *doctor, const char *path)
{
	auto_free char *mend = str_dupf("chown 0:0 %s && chmod 700 %s", path, path);
	struct stat st;

	if (stat(path, &st) < 0 || (st.st_uid == 0 && !(st.st_mode & 077)))
		return;
	doctor_say(doctor, DOCTOR_PROBLEM, "storage", mend,
		   "\"%s\" is not root's alone: below it are containers' setuid files", path);
}

static void see_idmap(struct doctor *doctor, const char *path)
{
	struct err why = { 0 };

	if (overlay_check(path, &why) < 0)
		doctor_say(doctor, DOCTOR_PROBLEM, "storage",
			   "keep it on ext4, xfs or btrfs, and name it in vz.conf", "%s", why.msg);
	else
		doctor_say(doctor, DOCTOR_OK, "storage", NULL, "\"%s\" can be mapped to ids", path);
}

/* What overlayfs wants of the layer that is written to (overlayfs.rst): its attributes, and that it
 * is none itself. */
static void see_upper(struct doctor *doctor, const char *path)
{
	const char *mend = "keep it on ext4, xfs or btrfs, and name it in vz.conf";
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		doctor_say(doctor, DOCTOR_PROBLEM, "storage", mend, "\"%s\": %s", path,
			   strerror(errno));
	else if (fs.f_type == OVERLAYFS_SUPER_MAGIC ||
		 (getxattr(path, "trusted.overlay.opaque", NULL, 0) < 0 && errno != ENODATA))
		doctor_say(doctor, DOCTOR_PROBLEM, "storage", mend,
			   "no overlay can be written to \"%s\": its file system keeps no trusted "
			   "attributes",
			   path);
	else if (fs.f_bavail < fs.f_blocks / 20)
		doctor_say(doctor, DOCTOR_WARNING, "storage", "remove what is not needed there",
			   "less than 5 %% of the disk of \"%s\" is free", path);
	else
		doctor_say(doctor, DOCTOR_OK, "storage", NULL,
			   "an overlay can be written to \"%s\"", path);
}

static void see_quota(struct doctor *doctor, const char *path)
{
	auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct quota_usage usage;
	struct err why = { 0 };

	if (fd < 0)
		return;
	if (quota_get(fd, 1, &usage, &why) == 0 || why.code == ENOENT)
		doctor_say(doctor, DOCTOR_OK, "quota", NULL, "\"%s\" has project quotas", path);
	else
		doctor_say(doctor, DOCTOR_WARNING, "quota",
			   "mount it with prjquota; ext4: tune2fs -O project,quota before",
			   "DISKSPACE can't be limited in \"%s\": its file system has no project "
			   "quotas",
			   path);
}

/* ---- ids ---- */

static void see_range(struct doctor *doctor, uint32_t ctid)
{
	auto_free char *path = str_dupf("%s/%" PRIu32 ".conf", doctor->vz->conf_dir, ctid);
	auto_free char *mend =
		str_dupf("vzrun unregister %" PRIu32 ", and vzrun register it again", ctid);
	auto_idrange_list struct idrange_list taken = { 0 };
	auto_conf struct conf *conf = NULL;
	struct err why = { 0 };
	uint32_t first;

	if (!path || conf_load(path, &conf, &why) < 0) {
		doctor_say(doctor, DOCTOR_PROBLEM, "conf", NULL, "%s", why.msg);
		return;
	}
	if (idrange_of_conf(conf, &first, &why) < 0)
		doctor_say(doctor, DOCTOR_PROBLEM, "ids", mend, "CT %" PRIu32 ": %s", ctid,
			   why.msg);
	else if (idrange_add_host(&taken, doctor->vz->conf_dir, ctid, &why) == 0 &&
		 !idrange_is_free(&taken, first))
		doctor_say(doctor, DOCTOR_PROBLEM, "ids", mend,
			   "the ids of CT %" PRIu32 " from %" PRIu32 " on are another CT's too, "
			   "or a user's in /etc/subuid or /etc/subgid",
			   ctid, first);
}

static void see_ranges(struct doctor *doctor)
{
	auto_free uint32_t *ids = NULL;
	size_t n = 0, before = doctor->n;
	struct err why = { 0 };

	if (access(doctor->vz->conf_dir, F_OK) < 0)
		return;
	if (ct_list(doctor->vz, &ids, &n, &why) < 0) {
		doctor_say(doctor, DOCTOR_PROBLEM, "conf", NULL, "%s", why.msg);
		return;
	}
	for (size_t i = 0; i < n; i++)
		see_range(doctor, ids[i]);
	if (doctor->n == before)
		doctor_say(doctor, DOCTOR_OK, "ids", NULL, "%zu CTs, each with ids of its own", n);
}

void doctor_storage(struct doctor *doctor)
{
	auto_free char *private = NULL, *parent = NULL, *there = NULL, *template = NULL;
	struct err why = { 0 };

	private = vz_expand(vz_get(doctor->vz, "VE_PRIVATE"), "VE_PRIVATE", 1, &why);
	parent = private ? vz_parent(private) : NULL;
	there = parent ? nearest(parent) : NULL;
	template = nearest(doctor->vz->template_dir);
	if (!there || !template) {
		doctor_say(doctor, DOCTOR_PROBLEM, "storage", NULL, "%s", why.msg);
		return;
	}
	if (str_eq(there, parent))
		see_owner(doctor, there);
	if (str_eq(template, doctor->vz->template_dir))
		see_owner(doctor, template);
	see_idmap(doctor, there);
	see_idmap(doctor, template);
	see_upper(doctor, there);
	see_quota(doctor, there);
	see_ranges(doctor);
}
