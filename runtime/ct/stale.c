/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/stale.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/ct.h"

static const char conf_suffix[] = ".new"; /* of a conf that was being written */
static const char *const area_suffixes[] = { ".tmp", ".destroyed" }; /* storage.h */

typedef void (*look)(const struct vz *vz, int dirfd, const char *path, const char *name);

static void each(const struct vz *vz, const char *path, look at)
{
	auto_dir DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			at(vz, dirfd(dir), path, entry->d_name);
}

/* Before it is removed: that may take long. */
static void tell(const struct vz *vz, const char *what, const char *path, const char *name)
{
	vz_sayf(vz, "Removing %s %s/%s", what, path, name);
}

static void warn(const char *path, const char *name, const char *why)
{
	log_warning("remove \"%s/%s\": %s", path, name, why);
}

/* "101.tmp" → 101 for ".tmp". */
static bool stem(const char *name, const char *suffix, char ret[CTID_SIZE])
{
	size_t len = strlen(name), tail = strlen(suffix);

	if (!str_ends(name, suffix) || len - tail >= CTID_SIZE)
		return false;
	memcpy(ret, name, len - tail);
	ret[len - tail] = '\0';
	return ctid_parse(ret, &(uint32_t){ 0 });
}

/* ---- locks ---- */

/* The others are files for ever: "template-NAME", "idrange". */
static void look_at_lock(const struct vz *vz, int dirfd, const char *path, const char *name)
{
	bool cleared = false;
	char id[CTID_SIZE];
	struct err why;

	(void)dirfd;
	if (!stem(name, ".lck", id))
		return;
	if (vz_clear_lock(vz, id, &cleared, &why) < 0)
		warn(path, name, why.msg);
	else if (cleared)
		tell(vz, "stale lock", path, name);
}

void stale_locks(const struct vz *vz)
{
	each(vz, vz->lock_dir, look_at_lock);
}

/* ---- files of one CT ---- */

/* Under its lock: NULL where a verb is at work on it, or it is mounted. */
static struct ct *claim(const struct vz *vz, const char *id)
{
	auto_ct struct ct *ct = NULL;
	struct storage storage;
	struct err why;

	if (ct_open(vz, id, CT_LOCK | CT_NO_CONF | CT_ANY_CONF, &ct, &why) < 0 ||
	    ct_storage(ct, false, &storage, &why) < 0 || storage_mounted(&storage))
		return NULL;
	return steal_ptr(&ct);
}

static void look_at_conf(const struct vz *vz, int dirfd, const char *path, const char *name)
{
	char conf[CTID_SIZE + sizeof(".conf")], id[CTID_SIZE];
	size_t len = strlen(name), tail = strlen(conf_suffix);
	auto_ct struct ct *ct = NULL;

	if (!str_ends(name, conf_suffix) || len - tail >= sizeof(conf))
		return;
	memcpy(conf, name, len - tail);
	conf[len - tail] = '\0';
	if (!stem(conf, ".conf", id) || !(ct = claim(vz, id)))
		return;
	tell(vz, "half-written", path, name);
	if (unlinkat(dirfd, name, 0) < 0)
		warn(path, name, strerror(errno));
}

static void look_at_area(const struct vz *vz, int dirfd, const char *path, const char *name)
{
	char id[CTID_SIZE];
	struct err why;

	for (size_t i = 0; i < ARRAY_SIZE(area_suffixes); i++) {
		auto_ct struct ct *ct = NULL;

		if (!stem(name, area_suffixes[i], id) || !(ct = claim(vz, id)))
			continue;
		tell(vz, "unfinished", path, name);
		if (path_remove_tree(dirfd, name, &why) < 0)
			warn(path, name, why.msg);
	}
}

/* Where a CT that is no more was mounted: an empty folder, or it stays. */
static void look_at_root(const struct vz *vz, int dirfd, const char *path, const char *name)
{
	auto_ct struct ct *ct = NULL;

	if (!ctid_parse(name, &(uint32_t){ 0 }) || !(ct = claim(vz, name)) || ct->has_conf)
		return;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
		tell(vz, "empty", path, name);
}

static void look_at_name(const struct vz *vz, int dirfd, const char *path, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st.st_mode) ||
	    fstatat(dirfd, name, &st, 0) == 0 || errno != ENOENT)
		return;
	tell(vz, "name without a container", path, name);
	if (unlinkat(dirfd, name, 0) < 0)
		warn(path, name, strerror(errno));
}

/* The folder that a place's pattern has for all CTs, "/var/lib/vz/private" of
 * "/var/lib/vz/private/$VEID"; NULL where each has one of its own. */
static char *common_folder(const struct vz *vz, const char *key)
{
	static const char *const marks[] = { "/$VEID", "/${VEID}" };
	const char *pattern = vz_get(vz, key);
	size_t len = strlen(pattern);

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		size_t tail = strlen(marks[i]);

		if (!str_ends(pattern, marks[i]) || len == tail || memchr(pattern, '$', len - tail))
			continue;
		return strndup(pattern, len - tail);
	}
	return NULL;
}

void stale_files(const struct vz *vz)
{
	auto_free char *private = common_folder(vz, "VE_PRIVATE");
	auto_free char *root = common_folder(vz, "VE_ROOT");

	each(vz, vz->conf_dir, look_at_conf);
	each(vz, vz->names_dir, look_at_name);
	each(vz, private, look_at_area);
	each(vz, root, look_at_root);
}
