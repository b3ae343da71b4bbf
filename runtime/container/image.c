/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/path.h"

#define IMAGE_VERSION 1
#define IMAGE_MAX_BYTES (4U << 20)
#define MOUNTINFO_MAX_BYTES (16U << 20)

void image_free(struct image *image)
{
	for (size_t i = 0; i < image->mounts_n; i++)
		free(image->mounts[i].target);
	for (size_t i = 0; i < ARRAY_SIZE(image->stdio); i++)
		free(image->stdio[i]);
	free(image->mounts);
	free(image);
}

const struct spec_mount *image_spec_bind(const struct spec *spec, const char *target)
{
	const struct spec_mount *found = NULL;

	for (size_t i = 0; i < spec->mounts_n; i++)
		if (spec->mounts[i].bind && !spec->mounts[i].remount &&
		    str_eq(spec->mounts[i].destination, target))
			found = &spec->mounts[i];
	return found;
}

const struct container_mount *image_graft(const struct container_mount *grafts, size_t n,
					  const char *target)
{
	for (size_t i = 0; i < n; i++)
		if (grafts[i].source && str_eq(grafts[i].target, target))
			return &grafts[i];
	return NULL;
}

bool image_is_outside(const char *stdio)
{
	return str_starts(stdio, "pipe:") || str_starts(stdio, "file[");
}

/* ---- looking ---- */

/* A line of mountinfo (proc(5)). */
struct line {
	const char *id, *dev, *root, *target, *type;
	char *options;
};

struct look {
	const struct spec *spec;
	const struct container_mount *grafts;
	size_t grafts_n;
	struct line *lines;
	size_t n;
	int root_fd; /* of the container */
};

/* "\040" → " " */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

static int parse_line(char *text, struct line *ret)
{
	char *field[6], *rest = text, *tail = strstr(text, " - ");

	for (size_t i = 0; i < ARRAY_SIZE(field); i++)
		field[i] = strsep(&rest, " ");
	if (!tail || !field[5])
		return -1;
	tail += 3;
	unescape(field[3]);
	unescape(field[4]);
	*ret = (struct line){ .id = field[0],
			      .dev = field[2],
			      .root = field[3],
			      .target = field[4],
			      .options = field[5],
			      .type = strsep(&tail, " ") };
	return 0;
}

static int parse_lines(char *text, struct look *look, struct err *err)
{
	for (char *line; (line = strsep(&text, "\n"));) {
		struct line *slot;

		if (!*line)
			continue;
		slot = mem_append(&look->lines, &look->n, sizeof(*slot));
		if (!slot || parse_line(line, slot) < 0)
			return err_set(err, slot ? ERR_FAILED : ENOMEM,
				       "read the container's mounts");
	}
	return 0;
}

static bool is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return str_eq(top, "/") ||
	       (strncmp(path, top, len) == 0 && (path[len] == '/' || !path[len]));
}

/* Does another mount of the container's show what this one shows? Then criu makes one of the
 * other. */
static bool is_shown(const struct look *look, const struct line *line)
{
	for (size_t i = 0; i < look->n; i++) {
		const struct line *other = &look->lines[i];

		if (other != line && str_eq(other->dev, line->dev) &&
		    is_below(line->root, other->root) &&
		    (!str_eq(other->root, line->root) || str_eq(other->target, "/")) &&
		    !image_spec_bind(look->spec, other->target))
			return true;
	}
	return false;
}

/* A file system that criu makes anew, contents and all. */
static bool is_dumped(const char *type)
{
	static const char *const types[] = { "proc",   "sysfs", "devpts",
					     "mqueue", "tmpfs", "binfmt_misc" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(types[i], type))
			return true;
	return false;
}

static bool is_outside(const struct look *look, const struct line *line)
{
	if (str_eq(line->target, "/"))
		return false;
	if (str_starts(line->type, "cgroup") || image_spec_bind(look->spec, line->target) ||
	    image_graft(look->grafts, look->grafts_n, line->target))
		return true;
	if (str_eq(line->root, "/") && is_dumped(line->type))
		return false;
	return !is_shown(look, line);
}

/* "ro,nosuid,noatime" */
static uint64_t parse_attr(char *options)
{
	static const struct {
		const char *word;
		uint64_t attr;
	} words[] = {
		{ "ro", MOUNT_ATTR_RDONLY },
		{ "nosuid", MOUNT_ATTR_NOSUID },
		{ "nodev", MOUNT_ATTR_NODEV },
		{ "noexec", MOUNT_ATTR_NOEXEC },
		{ "nodiratime", MOUNT_ATTR_NODIRATIME },
		{ "noatime", MOUNT_ATTR_NOATIME },
		{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW },
	};
	uint64_t attr = 0;
	bool relatime = false;

	for (char *word; (word = strsep(&options, ","));) {
		relatime = relatime || str_eq(word, "relatime");
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (str_eq(word, words[i].word))
				attr |= words[i].attr;
	}
	if (!relatime && !(attr & MOUNT_ATTR_NOATIME))
		attr |= MOUNT_ATTR_STRICTATIME;
	return attr;
}

static int add_mount(const struct look *look, const struct line *line, struct image *image,
		     struct err *err)
{
	auto_fd int fd = path_open_in(look->root_fd, line->target, O_PATH | O_NOFOLLOW, 0);
	struct image_mount *mount;
	struct stat st = { 0 };

	if (fd >= 0 && fstat(fd, &st) < 0)
		return err_sys(err, "look at \"%.200s\"", line->target);
	mount = mem_append(&image->mounts, &image->mounts_n, sizeof(*mount));
	if (!mount || !(mount->target = strdup(line->target)))
		return err_sys(err, "look at the container's mounts");
	mount->kind = IMAGE_BIND;
	if (str_starts(line->type, "cgroup"))
		mount->kind = IMAGE_CGROUP;
	else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		mount->kind = IMAGE_NODE;
	mount->attr = parse_attr(line->options);
	mount->mode = st.st_mode;
	mount->rdev = st.st_rdev;
	mount->uid = st.st_uid;
	mount->gid = st.st_gid;
	return 0;
}

/* criu's key of a file that is on none of the container's mounts: "file[MOUNT:INODE]"; else "". */
static int find_key(const struct look *look, pid_t pid, int fd, char *ret, size_t size,
		    struct err *err)
{
	char path[48], *text, *at;
	auto_free char *info = NULL;
	unsigned long id;
	struct stat st;

	*ret = '\0';
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	if (stat(path, &st) < 0)
		return 0; /* closed, or no file */
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	if (fd_load_at(AT_FDCWD, path, IMAGE_MAX_BYTES, &info, NULL, err) < 0)
		return -1;
	text = strstr(info, "mnt_id:");
	id = text ? strtoul(text + strlen("mnt_id:"), &at, 10) : 0;
	for (size_t i = 0; i < look->n; i++)
		if (strtoul(look->lines[i].id, NULL, 10) == id)
			return 0;
	snprintf(ret, size, "file[%lx:%lx]", id, (unsigned long)st.st_ino);
	return 0;
}

static int look_at_stdio(const struct look *look, pid_t pid, struct image *image, struct err *err)
{
	char path[48], key[PATH_MAX];

	for (int i = 0; i < 3; i++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, i);
		n = readlink(path, key, sizeof(key) - 1);
		key[n < 0 ? 0 : n] = '\0';
		if (key[0] == '/' && find_key(look, pid, i, key, sizeof(key), err) < 0)
			return -1;
		image->stdio[i] = strdup(image_is_outside(key) ? key : "");
		if (!image->stdio[i])
			return err_sys(err, "look at the container's stdio");
	}
	return 0;
}

static int look_at_all(struct look *look, pid_t pid, struct image *image, struct err *err)
{
	auto_free char *text = NULL;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	if (fd_load_at(AT_FDCWD, path, MOUNTINFO_MAX_BYTES, &text, NULL, err) < 0 ||
	    parse_lines(text, look, err) < 0)
		return -1;
	for (size_t i = 0; i < look->n; i++)
		if (is_outside(look, &look->lines[i]) &&
		    add_mount(look, &look->lines[i], image, err) < 0)
			return -1;
	return look_at_stdio(look, pid, image, err);
}

int image_look(const struct container_state *state, const struct spec *spec,
	       const struct container_mount *grafts, size_t grafts_n, struct image **ret,
	       struct err *err)
{
	auto_image struct image *image = calloc(1, sizeof(*image));
	struct look look = { .spec = spec, .grafts = grafts, .grafts_n = grafts_n };
	auto_fd int root = -1;
	char path[48];
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/root", state->pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!image || root < 0)
		return err_sys(err, "open the container's root");
	look.root_fd = root;
	rc = look_at_all(&look, state->pid, image, err);
	free(look.lines);
	if (rc < 0)
		return -1;
	*ret = steal_ptr(&image);
	return 0;
}

/* ---- the file ---- */

static const char *const kinds[] = {
	[IMAGE_NODE] = "node",
	[IMAGE_CGROUP] = "cgroup",
	[IMAGE_BIND] = "bind",
};

static void put_mount(struct json_writer *w, const struct image_mount *mount)
{
	json_begin(w, NULL, '{');
	json_put_str(w, "target", mount->target);
	json_put_str(w, "kind", kinds[mount->kind]);
	json_put_uint(w, "attr", mount->attr);
	if (mount->kind == IMAGE_NODE) {
		json_put_uint(w, "mode", mount->mode);
		json_put_uint(w, "major", major(mount->rdev));
		json_put_uint(w, "minor", minor(mount->rdev));
		json_put_uint(w, "uid", mount->uid);
		json_put_uint(w, "gid", mount->gid);
	}
	json_end(w, '}');
}

int image_save(int dir_fd, const struct image *image, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	struct json_writer w = { .sb = &text, .pretty = true };

	json_begin(&w, NULL, '{');
	json_put_uint(&w, "version", IMAGE_VERSION);
	json_begin(&w, "mounts", '[');
	for (size_t i = 0; i < image->mounts_n; i++)
		put_mount(&w, &image->mounts[i]);
	json_end(&w, ']');
	json_begin(&w, "stdio", '[');
	for (size_t i = 0; i < ARRAY_SIZE(image->stdio); i++)
		json_put_str(&w, NULL, image->stdio[i]);
	json_end(&w, ']');
	json_end(&w, '}');
	if (text.failed)
		return err_set(err, ENOMEM, "write " IMAGE_FILE ": out of memory");
	return fd_replace_file(dir_fd, IMAGE_FILE, text.text, text.len, 0600, 0, err);
}

static int bad(const struct json *node, struct err *err)
{
	return json_err(err, IMAGE_FILE, node, "is none of this version's");
}

/* Each number that is missing counts as bad. */
static int get_number(const struct json *node, const char *key, uint64_t max, uint64_t *ret)
{
	const struct json *number = json_get(node, key);

	return number ? json_uint(number, max, ret) : -1;
}

static int load_node(const struct json *node, struct image_mount *mount)
{
	uint64_t mode, maj, min, uid, gid;

	if (get_number(node, "mode", UINT32_MAX, &mode) < 0 ||
	    get_number(node, "major", UINT32_MAX, &maj) < 0 ||
	    get_number(node, "minor", UINT32_MAX, &min) < 0 ||
	    get_number(node, "uid", UINT32_MAX, &uid) < 0 ||
	    get_number(node, "gid", UINT32_MAX, &gid) < 0)
		return -1;
	mount->mode = (mode_t)mode;
	mount->rdev = makedev((unsigned int)maj, (unsigned int)min);
	mount->uid = (uid_t)uid;
	mount->gid = (gid_t)gid;
	return S_ISCHR(mount->mode) || S_ISBLK(mount->mode) ? 0 : -1;
}

static const char *get_text(const struct json *node)
{
	return node && node->type == JSON_STRING ? node->text : NULL;
}

static int load_mount(const struct json *node, struct image *image, struct err *err)
{
	const char *target = get_text(json_get(node, "target"));
	const char *kind = get_text(json_get(node, "kind"));
	struct image_mount *mount;
	uint64_t attr;
	size_t i = 0;

	while (kind && i < ARRAY_SIZE(kinds) && !str_eq(kind, kinds[i]))
		i++;
	if (!target || target[0] != '/' || !kind || i == ARRAY_SIZE(kinds) ||
	    get_number(node, "attr", UINT32_MAX, &attr) < 0)
		return bad(node, err);
	mount = mem_append(&image->mounts, &image->mounts_n, sizeof(*mount));
	if (!mount || !(mount->target = strdup(target)))
		return err_sys(err, "read " IMAGE_FILE);
	mount->kind = (enum image_kind)i;
	mount->attr = attr;
	return mount->kind == IMAGE_NODE && load_node(node, mount) < 0 ? bad(node, err) : 0;
}

static int load(const struct json *root, struct image *image, struct err *err)
{
	uint64_t version;
	size_t i = 0;

	if (get_number(root, "version", IMAGE_VERSION, &version) < 0)
		return bad(root, err);
	json_for_each(mount, json_get(root, "mounts"))
		if (load_mount(mount, image, err) < 0)
			return -1;
	json_for_each(link, json_get(root, "stdio")) {
		if (i == ARRAY_SIZE(image->stdio) || !get_text(link))
			return bad(link, err);
		image->stdio[i] = strdup(link->text);
		if (!image->stdio[i++])
			return err_sys(err, "read " IMAGE_FILE);
	}
	return i == ARRAY_SIZE(image->stdio) ? 0 : bad(root, err);
}

int image_load(int dir_fd, struct image **ret, struct err *err)
{
	auto_image struct image *image = calloc(1, sizeof(*image));
	auto_json struct json_doc *doc = NULL;
	auto_free char *text = NULL;
	size_t len;

	if (!image)
		return err_sys(err, "read " IMAGE_FILE);
	if (faccessat(dir_fd, IMAGE_FILE, F_OK, 0) < 0)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no checkpoint of vzrun's (no file " IMAGE_FILE ")");
	if (fd_load_at(dir_fd, IMAGE_FILE, IMAGE_MAX_BYTES, &text, &len, err) < 0 ||
	    json_parse(text, len, IMAGE_FILE, &doc, err) < 0 ||
	    load(json_root(doc), image, err) < 0)
		return -1;
	*ret = steal_ptr(&image);
	return 0;
}

static int lend_files(DIR *dir, gid_t gid, struct err *err)
{
	int dir_fd = dirfd(dir);
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		auto_fd int fd = -1;
		struct stat st;

		if (fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		fd = openat(dir_fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || fchown(fd, (uid_t)-1, gid) < 0 || fchmod(fd, 0640) < 0)
			return err_sys(err, "lend \"%s\" to the container's root", entry->d_name);
	}
	return 0;
}

int image_lend(int dir_fd, const struct spec *spec, struct err *err)
{
	const struct spec_id_maps *maps = &spec->lin.gid_mappings;
	auto_dir DIR *dir = NULL;
	auto_fd int fd = -1;
	gid_t gid = 0;

	for (size_t i = 0; i < maps->n; i++)
		if (maps->map[i].container_id == 0)
			gid = maps->map[i].host_id;
	if (!spec_ns_new(spec, NS_USER) || gid == 0)
		return 0;
	fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fchown(fd, (uid_t)-1, gid) < 0 || fchmod(fd, 0710) < 0)
		return err_sys(err, "lend the images to the container's root");
	dir = fdopendir(fd);
	if (!dir)
		return err_sys(err, "list the images");
	steal_fd(&fd);
	return lend_files(dir, gid, err);
}
