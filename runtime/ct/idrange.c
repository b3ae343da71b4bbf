/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/idrange.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/ct/ctid.h"

/* Where ranges come from: ids that nobody else gives out. The first area lies above what
 * systemd takes for its containers (524288 to 0x6fffffff) and below what it reserves at the
 * top of 31 bits (systemd's UIDS-GIDS.md); the second, for hosts with more than 4000 CTs, above
 * useradd's default SUB_UID_MAX (600100000). */
static const struct {
	uint32_t first, last; /* both are the first id of a range */
} areas[] = {
	{ 0x70000000, 0x7ffc0000 },
	{ 0x23c50000, 0x6fff0000 },
};

void idrange_list_done(struct idrange_list *list)
{
	mem_free_ptr(&list->range);
	list->n = 0;
}

static int add(struct idrange_list *taken, uint64_t first, uint64_t size, struct err *err)
{
	struct idrange *slot;

	if (first > UINT32_MAX || size == 0)
		return 0;
	if (size > UINT32_MAX - first)
		size = UINT32_MAX - first;
	slot = mem_append(&taken->range, &taken->n, sizeof(*slot));
	if (!slot)
		return err_sys(err, "list the id ranges in use");
	*slot = (struct idrange){ (uint32_t)first, (uint32_t)size };
	return 0;
}

/* name:first:count */
static int add_subid_line(struct idrange_list *taken, char *line, struct err *err)
{
	char *first = strchr(line, ':'), *size = first ? strchr(first + 1, ':') : NULL;
	uint64_t first_id, count;

	if (!size)
		return 0;
	*size++ = '\0';
	if (num_parse_u(first + 1, "", UINT32_MAX, &first_id, NULL) < 0 ||
	    num_parse_u(size, "", UINT32_MAX, &count, NULL) < 0)
		return 0;
	return add(taken, first_id, count, err);
}

int idrange_add_subids(struct idrange_list *taken, const char *text, struct err *err)
{
	auto_strv char **lines = strv_split(text, "\n");

	if (!lines)
		return err_sys(err, "list the id ranges in use");
	for (char **line = lines; *line; line++)
		if (add_subid_line(taken, *line, err) < 0)
			return -1;
	return 0;
}

int idrange_add_conf(struct idrange_list *taken, const struct conf *conf, struct err *err)
{
	static const char *const keys[] = { "LOCAL_UID", "LOCAL_GID" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *value = conf_get(conf, keys[i]);
		uint64_t first;

		if (value && num_parse_u(value, keys[i], UINT32_MAX, &first, err) < 0)
			return -1;
		if (value && add(taken, first, IDRANGE_SIZE, err) < 0)
			return -1;
	}
	return 0;
}

static int add_subid_file(struct idrange_list *taken, const char *path, struct err *err)
{
	auto_free char *text = NULL;
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "open \"%s\"", path);
	if (fd_read_file(fd, path, CONF_MAX_BYTES, &text, NULL, err) < 0)
		return -1;
	return idrange_add_subids(taken, text, err);
}

/* One that has an error must not hold up all others: whatever looks like a range in it counts as
 * taken. *ret_found: without any its range, which may be in use, is not known. */
static int add_broken_conf(struct idrange_list *taken, const char *text, bool *ret_found,
			   struct err *err)
{
	static const char *const keys[] = { "LOCAL_UID=", "LOCAL_GID=" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (const char *at = text; (at = strstr(at, keys[i]));) {
			unsigned long long first;

			at += strlen(keys[i]);
			at += strspn(at, "\"' \t");
			first = strtoull(at, NULL, 10);
			if (add(taken, first, IDRANGE_SIZE, err) < 0)
				return -1;
			*ret_found = true;
		}
	return 0;
}

static int add_conf_file(struct idrange_list *taken, int dirfd, const char *dir, const char *name,
			 struct err *err)
{
	auto_free char *path = path_join(dir, name), *text = NULL;
	auto_conf struct conf *conf = NULL;
	auto_fd int fd = -1;
	bool found = false;
	struct err why;
	size_t len;

	if (!path)
		return err_sys(err, "read \"%s\"", name);
	fd = conf_open(dirfd, name, path, &why);
	if (fd < 0 && why.code == ENOENT) /* destroyed at this moment */
		return 0;
	if (fd < 0) {
		if (err)
			*err = why;
		return -1;
	}
	if (fd_read_file(fd, path, CONF_MAX_BYTES, &text, &len, err) < 0)
		return -1;
	if (conf_parse(text, len, path, &conf, err) < 0) {
		if (add_broken_conf(taken, text, &found, &why) < 0 || !found)
			return -1;
		if (err)
			log_warning("%s", err->msg);
		return 0;
	}
	return idrange_add_conf(taken, conf, err) < 0 ? err_wrap(err, "%s", path) : 0;
}

int idrange_add_host(struct idrange_list *taken, const char *conf_dir, uint32_t except,
		     struct err *err)
{
	auto_dir DIR *dir = opendir(conf_dir);
	struct dirent *entry;
	uint32_t ctid;

	if (!dir)
		return err_sys(err, "open \"%s\"", conf_dir);
	if (add_subid_file(taken, "/etc/subuid", err) < 0 ||
	    add_subid_file(taken, "/etc/subgid", err) < 0)
		return -1;
	while ((errno = 0, entry = readdir(dir)))
		if (ctid_of_conf_name(entry->d_name, &ctid) && ctid != except &&
		    add_conf_file(taken, dirfd(dir), conf_dir, entry->d_name, err) < 0)
			return -1;
	return errno ? err_sys(err, "list \"%s\"", conf_dir) : 0;
}

/* One bit for each range of an area. */
static void mark(unsigned char *bits, uint32_t area, uint32_t slots, const struct idrange *taken)
{
	uint64_t from = taken->first, to = from + taken->size - 1;
	uint64_t end = area + (uint64_t)slots * IDRANGE_SIZE - 1;

	if (to < area || from > end)
		return;
	from = from < area ? 0 : (from - area) / IDRANGE_SIZE;
	to = (to > end ? end : to) - area;
	for (uint64_t i = from; i <= to / IDRANGE_SIZE; i++)
		bits[i / 8] |= (unsigned char)(1U << (i % 8));
}

static int pick_in(const struct idrange_list *taken, uint32_t area, uint32_t slots,
		   uint32_t *ret_first)
{
	auto_free unsigned char *bits = calloc(slots / 8 + 1, 1);

	if (!bits)
		return -1;
	for (size_t i = 0; i < taken->n; i++)
		mark(bits, area, slots, &taken->range[i]);
	for (uint32_t i = 0; i < slots; i++) {
		if (!(bits[i / 8] & (1U << (i % 8)))) {
			*ret_first = area + i * IDRANGE_SIZE;
			return 0;
		}
	}
	return -1;
}

int idrange_pick(const struct idrange_list *taken, uint32_t *ret_first, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		uint32_t slots = (areas[i].last - areas[i].first) / IDRANGE_SIZE + 1;

		if (pick_in(taken, areas[i].first, slots, ret_first) == 0)
			return 0;
	}
	return err_set(err, ERR_FAILED, "no range of %u ids is left for another container",
		       IDRANGE_SIZE);
}

bool idrange_is_free(const struct idrange_list *taken, uint32_t first)
{
	uint64_t end = (uint64_t)first + IDRANGE_SIZE;

	for (size_t i = 0; i < taken->n; i++) {
		const struct idrange *range = &taken->range[i];

		if (range->first < end && (uint64_t)range->first + range->size > first)
			return false;
	}
	return true;
}

int idrange_parse(const char *text, const char *what, uint32_t *ret_first, struct err *err)
{
	int64_t first;

	if (num_parse(text, what, IDRANGE_SIZE, (int64_t)UINT32_MAX - IDRANGE_SIZE, &first, err) <
	    0)
		return -1;
	*ret_first = (uint32_t)first;
	return 0;
}

int idrange_of_conf(const struct conf *conf, uint32_t *ret_first, struct err *err)
{
	const char *uid = conf_get(conf, "LOCAL_UID"), *gid = conf_get(conf, "LOCAL_GID");

	if (!uid)
		return err_set(err, ERR_INPUT, "its conf has no LOCAL_UID: which ids are its own?");
	if (gid && !str_eq(uid, gid))
		return err_set(err, ERR_INPUT, "LOCAL_UID and LOCAL_GID in its conf differ");
	return idrange_parse(uid, "LOCAL_UID in its conf", ret_first, err);
}

int idrange_set(struct conf *conf, uint32_t first, struct err *err)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, first);
	if (conf_set(conf, "LOCAL_UID", text, err) < 0)
		return -1;
	return conf_set(conf, "LOCAL_GID", text, err);
}
