/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup_file.h"

/* Any cgroup.controllers or cgroup.type fits. */
#define SMALL_FILE 512
/* How often a parent may be removed by another verb between its making and its use. */
#define MAKE_TRIES 8

static const char *const usual_mount_points[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

static bool is_cgroup2(const char *path)
{
	struct statfs st;

	return statfs(path, &st) == 0 && (unsigned long)st.f_type == CGROUP2_SUPER_MAGIC;
}

/* proc(5), mountinfo: blanks and the like in a path are written as "\040". */
static void unescape(char *text)
{
	char *out = text;
	unsigned int c;
	int used;

	for (; *text; text++) {
		if (*text == '\\' && sscanf(text, "\\%3o%n", &c, &used) == 1 && used == 4) {
			*out++ = (char)c;
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

/* "36 35 0:30 / /mnt/v2 rw,relatime shared:9 - cgroup2 cgroup2 rw" */
static int search_mountinfo(char *ret)
{
	auto_file FILE *file = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		char *at = NULL;

		if (!strstr(line, " - cgroup2 "))
			continue;
		if (sscanf(line, "%*s %*s %*s / %ms", &at) == 1 && strlen(at) < PATH_MAX) {
			unescape(at);
			strcpy(ret, at);
			free(at);
			return 0;
		}
		free(at);
	}
	return -1;
}

int cgroup_mount_point(char *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(usual_mount_points); i++) {
		if (is_cgroup2(usual_mount_points[i])) {
			strcpy(ret, usual_mount_points[i]);
			return 0;
		}
	}
	if (search_mountinfo(ret) == 0)
		return 0;
	return err_set(err, ERR_UNSUPPORTED,
		       "no cgroup v2 hierarchy is mounted (mount -t cgroup2 none %s)",
		       usual_mount_points[0]);
}

static int open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int cgroup_open_host(struct err *err)
{
	char at[PATH_MAX];
	int fd;

	if (cgroup_mount_point(at, err) < 0)
		return -1;
	fd = open_folder(at);
	return fd < 0 ? err_sys(err, "open \"%s\"", at) : fd;
}

/* ---- paths ---- */

static bool goes_up(const char *path)
{
	for (; path; path = strchr(path, '/')) {
		path += strspn(path, "/");
		if (strncmp(path, "..", 2) == 0 && (path[2] == '/' || path[2] == '\0'))
			return true;
	}
	return false;
}

char *cgroup_path(const char *cgroups_path, const char *id, struct err *err)
{
	const char *below = cgroups_path && *cgroups_path ? cgroups_path : id;
	auto_free char *joined = path_join(CGROUP_PARENT, below);
	char *clean = joined ? path_clean(joined) : NULL;

	if (!clean) {
		err_sys(err, "cgroup path");
	} else if (goes_up(below)) {
		err_set(err, ERR_INPUT, "cgroup path \"%s\": \"..\" is not allowed", below);
	} else if (str_eq(clean, "/") || str_eq(clean, CGROUP_PARENT)) {
		err_set(err, ERR_INPUT, "cgroup path \"%s\" can't be a container's own", below);
	} else {
		return clean;
	}
	free(clean);
	return NULL;
}

int cgroup_full_path(const char *path, char *ret, struct err *err)
{
	size_t len;

	if (path[0] != '/' || path[1] == '\0' || goes_up(path))
		return err_set(err, ERR_INPUT, "\"%s\" is no path of a cgroup", path);
	if (cgroup_mount_point(ret, err) < 0)
		return -1;
	len = strlen(ret);
	if (len + strlen(path) >= PATH_MAX)
		return err_set(err, ENAMETOOLONG, "cgroup \"%s\": the path is too long", path);
	strcpy(ret + len, path);
	return 0;
}

/* Where a cgroup is, and what its parents would not give it. */
struct place {
	char full[PATH_MAX]; /* the mount point with the path behind it */
	size_t mount_len;
	uint32_t refused; /* controllers that a level has but would not pass on to its children */
	int refused_errno;
	char refused_at[256];
};

static const char *place_path(const struct place *place)
{
	return place->full + place->mount_len;
}

static int place_init(struct place *place, const char *path, struct err *err)
{
	if (cgroup_full_path(path, place->full, err) < 0)
		return -1;
	place->mount_len = strlen(place->full) - strlen(path);
	place->refused = 0;
	return 0;
}

int cgroup_open(const char *path, struct err *err)
{
	char full[PATH_MAX];
	int fd;

	if (cgroup_full_path(path, full, err) < 0)
		return -1;
	fd = open_folder(full);
	return fd < 0 ? err_sys(err, "open cgroup \"%s\"", path) : fd;
}

/* ---- making one ---- */

static void note_refusal(struct place *place, uint32_t controllers)
{
	place->refused |= controllers;
	place->refused_errno = errno;
	snprintf(place->refused_at, sizeof(place->refused_at), "%s", place_path(place));
}

/* One by one, where the write of all of them failed: on a hybrid host or in a container some may
 * be refused (EINVAL, ENOENT, EOPNOTSUPP), which matters only if they were asked for. But not
 * where processes are in the way (EBUSY): the kernel would take those controllers that know
 * threads, and make what is below unfit for processes. */
static void enable_each(int fd, char *names, struct place *place)
{
	char *save = NULL;

	if (errno == EBUSY) {
		for (char *plus = names; (plus = strchr(plus, '+')); plus++)
			*plus = ' ';
		note_refusal(place, cgroup_controllers_parse(names));
		return;
	}
	for (char *name = strtok_r(names, " ", &save); name; name = strtok_r(NULL, " ", &save))
		if (cgroup_file_write(fd, "cgroup.subtree_control", name) < 0)
			note_refusal(place, cgroup_controllers_parse(name + 1));
}

/* Offers the children of this level all that it has. A write that changes nothing would still
 * wait for every cgroup below that is just ending (cgroup_lock_and_drain_offline), so what is
 * as it should be is left alone; the kernel writes both lists in the same order. */
static void enable_all(int fd, struct place *place)
{
	char have[SMALL_FILE], on[SMALL_FILE], names[2 * SMALL_FILE], *save = NULL;
	size_t len = 0;

	if (cgroup_file_read(fd, "cgroup.controllers", have, sizeof(have)) < 0 ||
	    cgroup_file_read(fd, "cgroup.subtree_control", on, sizeof(on)) < 0 || str_eq(have, on))
		return;
	for (char *name = strtok_r(have, " \n", &save); name; name = strtok_r(NULL, " \n", &save))
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s+%s", len ? " " : "",
					name);
	if (len > 0 && cgroup_file_write(fd, "cgroup.subtree_control", names) < 0)
		enable_each(fd, names, place);
}

/* From the root down to the parent: makes what is missing and enables controllers. -1: errno. */
static int prepare_parents(struct place *place)
{
	char *slash = place->full + place->mount_len;

	for (;;) {
		char *next = strchr(slash + 1, '/');
		auto_fd int fd = -1;
		int made;

		*slash = '\0';
		fd = open_folder(place->full);
		if (fd >= 0)
			enable_all(fd, place);
		*slash = '/';
		if (fd < 0 || !next)
			return fd < 0 ? -1 : 0;
		*next = '\0';
		made = mkdir(place->full, 0755);
		*next = '/';
		if (made < 0 && errno != EEXIST)
			return -1;
		slash = next;
	}
}

/* 1 made, 0 it was there, -1 errno. Another verb may remove an empty parent under our hands. */
static int make(struct place *place)
{
	for (int i = 0; i < MAKE_TRIES; i++) {
		if (mkdir(place->full, 0755) == 0)
			return 1;
		if (errno == EEXIST)
			return 0;
		if (errno != ENOENT)
			return -1;
		if (prepare_parents(place) < 0 && errno != ENOENT)
			return -1;
	}
	errno = ENOENT;
	return -1;
}

/* One that was there before must hold nothing of somebody else's: it will be killed as a whole. */
static int check_unused(int fd, const char *path, struct err *err)
{
	char events[SMALL_FILE];

	if (cgroup_file_read(fd, "cgroup.events", events, sizeof(events)) < 0)
		return err_sys(err, "cgroup \"%s\"", path);
	if (cgroup_file_has_line(events, "populated 1"))
		return err_set(err, ERR_EXISTS, "cgroup \"%s\" holds processes already", path);
	if (cgroup_file_has_line(events, "frozen 1"))
		return err_set(err, ERR_EXISTS, "cgroup \"%s\" is frozen", path);
	return 0;
}

static uint32_t controllers_of(int fd)
{
	char text[SMALL_FILE];

	if (cgroup_file_read(fd, "cgroup.controllers", text, sizeof(text)) < 0)
		return 0;
	return cgroup_controllers_parse(text);
}

static const char *first_name(uint32_t controllers)
{
	return cgroup_controller_name((unsigned int)__builtin_ctz(controllers));
}

/* The host has it, but it does not come down to the cgroup. */
static int tell_refused(const struct place *place, uint32_t lack, struct err *err)
{
	const char *path = place_path(place);

	if (!(place->refused & lack))
		return err_set(err, ERR_UNSUPPORTED, "cgroup \"%s\" did not get the controller %s",
			       path, first_name(lack));
	err_set(err, place->refused_errno, "cgroup \"%s\": enable the controller %s in \"%s\": %s",
		path, first_name(lack & place->refused),
		place->refused_at[0] ? place->refused_at : "/", strerror(place->refused_errno));
	if (place->refused_errno == EBUSY)
		err_hint(err, "a cgroup that holds processes can't pass controllers on");
	return -1;
}

/* The host has it not. */
static int list_missing(uint32_t lack, bool strict, char ***ret_missing, struct err *err)
{
	auto_strv char **missing = NULL;

	if (strict && lack)
		return err_set(err, ERR_UNSUPPORTED, "cgroup v2 has no controller %s here (%s)",
			       first_name(lack), cgroup_why_missing(first_name(lack)));
	for (; lack; lack &= lack - 1)
		if (strv_add(&missing, first_name(lack)) < 0)
			return err_sys(err, "list the missing cgroup controllers");
	if (ret_missing)
		*ret_missing = steal_ptr(&missing);
	return 0;
}

static int host_controllers(uint32_t *ret, struct err *err)
{
	auto_fd int host = cgroup_open_host(err);

	if (host < 0)
		return -1;
	*ret = controllers_of(host);
	return 0;
}

/* Finds out what the cgroup `fd` lacks of what is wanted, enabling what the host has. */
static int get_controllers(struct place *place, int fd, uint32_t wanted, uint32_t *ret_lack,
			   struct err *err)
{
	uint32_t lack = wanted ? wanted & ~controllers_of(fd) : 0, host = 0;

	if (lack && host_controllers(&host, err) < 0)
		return -1;
	if (lack & host) {
		if (prepare_parents(place) < 0)
			return err_sys(err, "open the parents of cgroup \"%s\"", place_path(place));
		lack = wanted & ~controllers_of(fd);
		if (lack & host)
			return tell_refused(place, lack & host, err);
	}
	*ret_lack = lack;
	return 0;
}

/* With the parents as they should be, this is one statfs, mkdir and open, and an open, read and
 * close more where a controller is asked for. */
int cgroup_create(const char *path, const struct spec_resources *res, bool strict,
		  char ***ret_missing, struct err *err)
{
	auto_fd int fd = -1;
	struct place place;
	uint32_t lack = 0;
	int made;

	if (place_init(&place, path, err) < 0)
		return -1;
	made = make(&place);
	if (made < 0)
		return err_sys(err, "create cgroup \"%s\"", path);
	fd = open_folder(place.full);
	if (fd < 0) {
		err_sys(err, "open cgroup \"%s\"", path);
	} else if ((made || check_unused(fd, path, err) == 0) &&
		   get_controllers(&place, fd, res ? cgroup_wanted(res) : 0, &lack, err) == 0 &&
		   list_missing(lack, strict, ret_missing, err) == 0) {
		return steal_fd(&fd);
	}
	if (made && rmdir(place.full) < 0)
		log_warning("remove cgroup \"%s\": %s, ignoring", path, strerror(errno));
	return -1;
}

int cgroup_adopt(const char *path, const struct spec_resources *res, bool strict,
		 char ***ret_missing, struct err *err)
{
	auto_fd int fd = -1;
	struct place place;
	uint32_t lack = 0;

	if (place_init(&place, path, err) < 0)
		return -1;
	fd = open_folder(place.full);
	if (fd < 0)
		return err_sys(err, "open cgroup \"%s\"", path);
	if (get_controllers(&place, fd, cgroup_wanted(res), &lack, err) < 0 ||
	    list_missing(lack, strict, ret_missing, err) < 0)
		return -1;
	return steal_fd(&fd);
}

int cgroup_open_for(const char *path, const struct spec_resources *res, struct err *err)
{
	return cgroup_adopt(path, res, true, NULL, err);
}

/* ---- joining and handing over ---- */

int cgroup_join(int fd, pid_t pid, struct err *err)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	if (cgroup_file_write(fd, "cgroup.procs", text) == 0)
		return 0;
	err_sys(err, "move process %d into the cgroup", (int)pid);
	return cgroup_hint_join(fd, err);
}

int cgroup_hint_join(int fd, struct err *err)
{
	char type[SMALL_FILE] = "";

	if (!err || (err->code != EBUSY && err->code != EOPNOTSUPP && err->code != EACCES))
		return -1;
	if (err->code == EACCES)
		return err_hint(err,
				"it takes the right to move processes in the cgroup above ours and "
				"that one; a user has it with systemd-run --user --scope");
	if (err->code == EBUSY)
		return err_hint(err, "a cgroup that passes controllers on can't hold processes");
	if (cgroup_file_read(fd, "cgroup.type", type, sizeof(type)) > 0) {
		type[strcspn(type, "\n")] = '\0';
		err_hint(err, "its type is \"%s\": a parent is threaded", type);
	}
	return -1;
}

/* What kernels before 4.15 would list, and what every kernel since lists. */
#define DELEGATE_DEFAULT "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n"

int cgroup_delegate(int fd, uid_t uid, gid_t gid, struct err *err)
{
	char files[4096], *save = NULL;

	if (cgroup_file_read(AT_FDCWD, "/sys/kernel/cgroup/delegate", files, sizeof(files)) < 0)
		strcpy(files, DELEGATE_DEFAULT);
	if (fchown(fd, uid, gid) < 0)
		return err_sys(err, "give the cgroup to user %u", uid);
	for (char *name = strtok_r(files, "\n", &save); name; name = strtok_r(NULL, "\n", &save)) {
		/* Files of controllers that the cgroup does not have are listed too. */
		if (fchownat(fd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return err_sys(err, "give the cgroup's \"%s\" to user %u", name, uid);
	}
	return 0;
}
