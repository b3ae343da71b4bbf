/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/net_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netsetup/net_conflict.h"
#include "netsetup/net_json.h"
#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/lock.h"
#include "runtime/base/path.h"

#define RECORD_VERSION 1
#define RECORD_MAX_BYTES (16 << 20)
#define SUFFIX ".json"
#define LOCKS 64

void net_record_free(struct net_record *record)
{
	if (!record)
		return;
	net_freep(&record->config);
	net_freep(&record->next);
	free(record);
}

/* An id from outside never leads out of the folder. */
static int check_id(const char *id, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (*id && *id != '.' && !strchr(id, '/') && strlen(id) <= NET_ID_MAX)
		return 0;
	return err_set(err, ERR_INPUT, "the id %s can't be a file's name", str_show(shown, id));
}

static int open_dir(struct err *err)
{
	int fd = open(NET_STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_sys(err, "open \"%s\"", NET_STATE_DIR) : fd;
}

int net_record_lock(const char *id, struct err *err)
{
	unsigned int hash = 0;
	char name[sizeof(NET_STATE_DIR) + 32];
	int fd;

	if (check_id(id, err) < 0)
		return -1;
	for (const char *c = id; *c; c++)
		hash = hash * 31 + (unsigned char)*c;
	snprintf(name, sizeof(name), NET_STATE_DIR "/locks/%u", hash % LOCKS);
	if (access(NET_STATE_DIR "/locks", F_OK) < 0 &&
	    path_mkdirs(NET_STATE_DIR "/locks", 0700, err) < 0)
		return -1;
	fd = lock_open(AT_FDCWD, name, true, err);
	return fd < 0 ? err_wrap(err, "network of \"%s\"", id) : fd;
}

/* ---- writing ---- */

static void put_nics(struct json_writer *w, const struct net_record *record)
{
	json_begin(w, "ifindex", '[');
	for (size_t i = 0; i < record->config->n_nics; i++)
		json_put_int(w, NULL, record->ifindex[i]);
	json_end(w, ']');
}

static void put_uplinks(struct json_writer *w, const struct net_record *record)
{
	json_begin(w, "uplinks", '[');
	for (size_t i = 0; i < record->n_uplinks; i++) {
		json_begin(w, NULL, '{');
		json_put_int(w, "ifindex", record->uplinks[i].ifindex);
		json_put_str(w, "name", record->uplinks[i].name);
		json_end(w, '}');
	}
	json_end(w, ']');
}

int net_record_save(const struct net_record *record, struct err *err)
{
	char name[NET_ID_MAX + sizeof(SUFFIX)];
	auto_strbuf struct strbuf text = { 0 };
	struct json_writer w = { .sb = &text };
	auto_fd int dir = open_dir(err);

	if (dir < 0)
		return -1;
	json_begin(&w, NULL, '{');
	json_put_int(&w, "version", RECORD_VERSION);
	json_put_str(&w, "stage", record->stage == NET_STAGE_UP ? "up" : "making");
	put_nics(&w, record);
	put_uplinks(&w, record);
	net_json_put(&w, "config", record->config);
	if (record->next)
		net_json_put(&w, "next", record->next);
	json_end(&w, '}');
	strbuf_add_char(&text, '\n');
	if (text.failed)
		return err_set(err, ENOMEM, "write the network's record");
	snprintf(name, sizeof(name), "%s" SUFFIX, record->config->id);
	return fd_replace_file(dir, name, text.text, text.len, 0600, 0, err);
}

/* ---- reading ---- */

static int bad_record(const char *what, const char *member, struct err *err)
{
	return err_set(err, ERR_INPUT, "%s: \"%s\" is missing or wrong", what, member);
}

static int read_ifindexes(const struct json *node, struct net_record *record)
{
	size_t n = 0;
	int64_t value;

	json_for_each(child, node) {
		if (n == record->config->n_nics || json_int(child, 0, INT32_MAX, &value) < 0)
			return -1;
		record->ifindex[n++] = (int)value;
	}
	return 0;
}

static int read_uplinks(const struct json *node, struct net_record *record)
{
	json_for_each(child, node) {
		const struct json *name = json_get(child, "name"), *index;
		struct host_uplink *uplink = &record->uplinks[record->n_uplinks];
		int64_t value;

		if (record->n_uplinks == NET_RECORD_UPLINKS || !name || name->type != JSON_STRING ||
		    name->count >= IFNAMSIZ)
			return -1;
		index = json_get(child, "ifindex");
		if (!index || json_int(index, 0, INT32_MAX, &value) < 0)
			return -1;
		memcpy(uplink->name, name->text, name->count + 1);
		uplink->ifindex = (int)value;
		record->n_uplinks++;
	}
	return 0;
}

static int read_record(const struct json *root, const char *what, struct net_record *record,
		       struct err *err)
{
	const struct json *stage, *config, *next;
	int64_t version;

	if (root->type != JSON_OBJECT || !json_get(root, "version") ||
	    json_int(json_get(root, "version"), 1, INT32_MAX, &version) < 0)
		return bad_record(what, "version", err);
	if (version != RECORD_VERSION)
		return err_set(err, ERR_INPUT, "%s: version %lld, this program knows %d", what,
			       (long long)version, RECORD_VERSION);
	stage = json_get(root, "stage");
	config = json_get(root, "config");
	next = json_get(root, "next");
	if (!stage || stage->type != JSON_STRING)
		return bad_record(what, "stage", err);
	record->stage = str_eq(stage->text, "up") ? NET_STAGE_UP : NET_STAGE_MAKING;
	if (!config)
		return bad_record(what, "config", err);
	if (net_json_read(config, what, &record->config, err) < 0 ||
	    (next && net_json_read(next, what, &record->next, err) < 0))
		return -1;
	if (read_ifindexes(json_get(root, "ifindex"), record) < 0)
		return bad_record(what, "ifindex", err);
	if (read_uplinks(json_get(root, "uplinks"), record) < 0)
		return bad_record(what, "uplinks", err);
	return 0;
}

int net_record_parse(const char *text, size_t len, const char *what, struct net_record **ret,
		     struct err *err)
{
	auto_record struct net_record *record = calloc(1, sizeof(*record));
	auto_json struct json_doc *doc = NULL;

	if (!record)
		return err_sys(err, "read \"%s\"", what);
	if (json_parse(text, len, what, &doc, err) < 0 ||
	    read_record(json_root(doc), what, record, err) < 0)
		return -1;
	*ret = steal_ptr(&record);
	return 0;
}

int net_record_load(const char *id, struct net_record **ret, struct err *err)
{
	char path[sizeof(NET_STATE_DIR) + NET_ID_MAX + sizeof(SUFFIX) + 1];
	auto_free char *text = NULL;
	size_t len;

	if (check_id(id, err) < 0)
		return -1;
	snprintf(path, sizeof(path), NET_STATE_DIR "/%s" SUFFIX, id);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "\"%s\" has no network here", id);
	if (fd_load_at(AT_FDCWD, path, RECORD_MAX_BYTES, &text, &len, err) < 0)
		return -1;
	if (net_record_parse(text, len, path, ret, err) == 0)
		return 0;
	return err_hint(err, "the record of its network is damaged: stop it, then \"vzrun doctor "
			     "--repair\" removes it");
}

int net_record_remove(const char *id, struct err *err)
{
	char path[sizeof(NET_STATE_DIR) + NET_ID_MAX + sizeof(SUFFIX ".new") + 1];

	if (check_id(id, err) < 0)
		return -1;
	snprintf(path, sizeof(path), NET_STATE_DIR "/%s" SUFFIX, id);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"%s\"", path);
	net_conflict_forget(id);
	/* One that a killed verb was writing. */
	snprintf(path, sizeof(path), NET_STATE_DIR "/%s" SUFFIX ".new", id);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"%s\"", path);
	return 0;
}

/* ---- what others may ask ---- */

int net_load(const char *id, struct net_config **ret, struct err *err)
{
	auto_record struct net_record *record = NULL;

	if (net_record_load(id, &record, err) < 0)
		return -1;
	*ret = steal_ptr(&record->config);
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_id(char ***ids, const char *name, struct err *err)
{
	auto_free char *id = NULL;

	if (*name == '.' || !str_ends(name, SUFFIX))
		return 0;
	id = strndup(name, strlen(name) - strlen(SUFFIX));
	if (!id || strv_add(ids, id) < 0)
		return err_sys(err, "list the networks");
	return 0;
}

int net_list(char ***ret, struct err *err)
{
	auto_dir DIR *dir = opendir(NET_STATE_DIR);
	auto_strv char **ids = calloc(1, sizeof(*ids));

	if (!ids || (!dir && errno != ENOENT))
		return err_sys(err, "list \"%s\"", NET_STATE_DIR);
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (add_id(&ids, entry->d_name, err) < 0)
			return -1;
	qsort(ids, strv_len(ids), sizeof(*ids), compare_texts);
	*ret = steal_ptr(&ids);
	return 0;
}
