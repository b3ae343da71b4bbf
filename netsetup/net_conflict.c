/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/net_conflict.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/path.h"

#define CONFLICTS_MAX_BYTES (1U << 20)
#define PATH_SIZE (sizeof(NET_CONFLICT_DIR) + NET_ID_MAX + 1)

/* False for an id that could lead out of the folder. */
static bool path_of(const char *id, char path[PATH_SIZE])
{
	if (!*id || *id == '.' || strchr(id, '/') || strlen(id) > NET_ID_MAX)
		return false;
	snprintf(path, PATH_SIZE, NET_CONFLICT_DIR "/%s", id);
	return true;
}

int net_conflict_note(const char *id, const struct net_conflict *conflict, struct err *err)
{
	char path[PATH_SIZE];
	auto_strbuf struct strbuf line = { 0 };
	struct json_writer w = { .sb = &line };
	auto_fd int fd = -1;

	if (!path_of(id, path))
		return err_set(err, ERR_INPUT, "the id can't be a file's name");
	if (path_mkdirs(NET_CONFLICT_DIR, 0700, err) < 0)
		return -1;
	json_begin(&w, NULL, '{');
	json_put_str(&w, "address", conflict->addr);
	json_put_str(&w, "mac", conflict->mac);
	json_put_str(&w, "link", conflict->link);
	json_end(&w, '}');
	strbuf_add_char(&line, '\n');
	if (line.failed)
		return err_set(err, ENOMEM, "write \"%s\"", path);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fd_write_all(fd, line.text, line.len) < 0)
		return err_sys(err, "write \"%s\"", path);
	return 0;
}

static void copy_text(const struct json *object, const char *key, char *buf, size_t size)
{
	const struct json *node = json_get(object, key);

	snprintf(buf, size, "%s", node && node->type == JSON_STRING ? node->text : "");
}

static int parse_line(const char *line, size_t len, const char *what, struct net_conflict *ret,
		      struct err *err)
{
	auto_json struct json_doc *doc = NULL;

	if (json_parse(line, len, what, &doc, err) < 0)
		return -1;
	copy_text(json_root(doc), "address", ret->addr, sizeof(ret->addr));
	copy_text(json_root(doc), "mac", ret->mac, sizeof(ret->mac));
	copy_text(json_root(doc), "link", ret->link, sizeof(ret->link));
	return 0;
}

int net_conflict_load(const char *id, struct net_conflict **ret, size_t *ret_n, struct err *err)
{
	auto_free struct net_conflict *list = NULL;
	auto_free char *text = NULL;
	char path[PATH_SIZE];
	size_t n = 0;

	*ret = NULL;
	*ret_n = 0;
	if (!path_of(id, path) || (access(path, F_OK) < 0 && errno == ENOENT))
		return 0;
	if (fd_load_at(AT_FDCWD, path, CONFLICTS_MAX_BYTES, &text, NULL, err) < 0)
		return err->code == ENOENT ? 0 : -1;
	for (const char *at = text, *end; (end = strchr(at, '\n')); at = end + 1) {
		struct net_conflict *conflict = mem_append(&list, &n, sizeof(*conflict));

		if (!conflict)
			return err_sys(err, "read \"%s\"", path);
		if (parse_line(at, (size_t)(end - at), path, conflict, err) < 0)
			return -1;
	}
	*ret = steal_ptr(&list);
	*ret_n = n;
	return 0;
}

void net_conflict_forget(const char *id)
{
	char path[PATH_SIZE];

	if (path_of(id, path))
		unlink(path);
}
