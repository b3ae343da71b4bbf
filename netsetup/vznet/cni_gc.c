/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/vznet/cni_gc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"

#define NOTES_DIR NET_STATE_DIR "/cni"
#define VALID "cni.dev/valid-attachments"
#define NOTE_PATH_SIZE (sizeof(NOTES_DIR) + 2 * (NET_ID_MAX + 1))

/* ---- notes ---- */

/* Another one's end may take the folder away in between. */
static int open_note(const char *dir, const char *path)
{
	int fd;

	do {
		if (mkdir(dir, 0700) < 0 && errno != EEXIST)
			return -1;
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	} while (fd < 0 && errno == ENOENT);
	return fd;
}

int cni_gc_note(const struct cni *cni, bool *ret_new, struct err *err)
{
	char dir[NOTE_PATH_SIZE], path[NOTE_PATH_SIZE];
	auto_fd int fd = -1;

	if (path_mkdirs(NOTES_DIR, 0700, err) < 0)
		return -1;
	snprintf(dir, sizeof(dir), NOTES_DIR "/%s", cni->name);
	snprintf(path, sizeof(path), NOTES_DIR "/%s/%s", cni->name, cni->id);
	fd = open_note(dir, path);
	if (fd < 0 && errno != EEXIST)
		return err_sys(err, "write \"%s\"", path);
	*ret_new = fd >= 0;
	return 0;
}

bool cni_gc_any(const char *network)
{
	char path[NOTE_PATH_SIZE];
	auto_dir DIR *dir = NULL;

	snprintf(path, sizeof(path), NOTES_DIR "/%s", network);
	dir = opendir(path);
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (*entry->d_name != '.')
			return true;
	return false;
}

void cni_gc_forget(const char *network, const char *id)
{
	char path[NOTE_PATH_SIZE];

	snprintf(path, sizeof(path), NOTES_DIR "/%s/%s", network, id);
	unlink(path);
	snprintf(path, sizeof(path), NOTES_DIR "/%s", network);
	rmdir(path); /* the last one's */
}

/* ---- what stays ---- */

static int add_valid(const struct cni *cni, const struct json *node, char ***ids, struct err *err)
{
	const char *container, *ifname;
	auto_free char *id = NULL;

	if (node->type != JSON_OBJECT)
		return json_err(err, "config", node, "must be an object");
	if (cni_text(node, "containerID", &container, err) < 0 ||
	    cni_text(node, "ifname", &ifname, err) < 0)
		return -1;
	if (!container || !ifname)
		return json_err(err, "config", node, "needs containerID and ifname");
	id = cni_make_id(cni->name, container, ifname);
	return id && strv_add(ids, id) == 0 ? 0 : err_sys(err, "read the attachments");
}

/* Without the list nothing would be valid: rather a mistake than a wish. */
static int read_valid(const struct cni *cni, char ***ids, struct err *err)
{
	const struct json *list = json_get(cni->conf, VALID);

	if (!list || list->type != JSON_ARRAY)
		return err_set(err, ERR_INPUT, "config: GC needs the list \"" VALID "\"");
	json_for_each(node, list)
		if (add_valid(cni, node, ids, err) < 0)
			return -1;
	return 0;
}

static bool has(char *const *ids, const char *id)
{
	for (; ids && *ids; ids++)
		if (str_eq(*ids, id))
			return true;
	return false;
}

/* ---- what goes ---- */

static int list_lost(const struct cni *cni, char *const *valid, char ***ret, struct err *err)
{
	char path[NOTE_PATH_SIZE];
	auto_dir DIR *dir = NULL;

	snprintf(path, sizeof(path), NOTES_DIR "/%s", cni->name);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, "list \"%s\"", path);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (*entry->d_name != '.' && !has(valid, entry->d_name) &&
		    strv_add(ret, entry->d_name) < 0)
			return err_sys(err, "list \"%s\"", path);
	return 0;
}

int cni_gc(const struct cni *cni, struct err *err)
{
	auto_strv char **valid = NULL, **lost = NULL;
	struct err why;
	int rc = 0;

	if (read_valid(cni, &valid, err) < 0 || list_lost(cni, valid, &lost, err) < 0)
		return -1;
	for (char **id = lost; id && *id; id++) {
		struct err *told = rc ? &why : err;

		if (net_remove(*id, -1, told) < 0 || net_forget(*id, told) < 0)
			rc = -1;
		else
			cni_gc_forget(cni->name, *id);
	}
	return rc;
}
