/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/lock.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/kernel/cgroup.h"

#define STATE_MAX_BYTES (4U << 20)

static const char *const status_names[] = {
	[STATUS_CREATING] = "creating", [STATUS_CREATED] = "created", [STATUS_RUNNING] = "running",
	[STATUS_PAUSED] = "paused",     [STATUS_STOPPED] = "stopped",
};

const char *container_status_name(enum container_status status)
{
	return status_names[status];
}

void container_state_free(struct container_state *state)
{
	free(state->id);
	free(state->bundle);
	free(state->rootfs);
	free(state->cgroup);
	free(state->unit);
	free(state->invocation);
	free(state->created);
	free(state->owner);
	free(state->annotations);
	strv_free(state->missing_controllers);
	free(state);
}

int container_check_id(const char *id, struct err *err)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";

	if (!*id || strlen(id) > 255 || id[strspn(id, allowed)] || id[0] == '.')
		return err_set(
			err, ERR_USAGE,
			"invalid container ID format: \"%.64s\" (letters, digits and _+-. only)",
			id);
	return 0;
}

/* ---- the folder ---- */

void state_dir_close(struct state_dir *dir)
{
	fd_closep(&dir->lock_fd);
	fd_closep(&dir->fd);
}

static int open_root(const struct container_settings *set)
{
	return open(set->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Is the folder that was opened still the one of that name? While one waits for its lock another
 * verb may remove it, and a third make a new one. */
static bool still_there(int root_fd, const char *id, int dir_fd)
{
	struct stat a, b;

	return fstatat(root_fd, id, &a, AT_SYMLINK_NOFOLLOW) == 0 && fstat(dir_fd, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

int state_dir_new(const struct container_settings *set, const char *id, struct state_dir *ret,
		  struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	auto_fd int root_fd = open_root(set);

	if (root_fd < 0) {
		if (path_mkdirs(set->root, 0711, err) < 0)
			return -1;
		root_fd = open_root(set);
		if (root_fd < 0)
			return err_sys(err, "open \"%s\"", set->root);
	}
	if (mkdirat(root_fd, id, 0700) < 0) {
		if (errno == EEXIST)
			return err_set(err, ERR_EXISTS, "container with id \"%s\" already exists",
				       id);
		return err_sys(err, "make folder \"%s/%s\"", set->root, id);
	}
	dir.fd = openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir.fd < 0)
		err_sys(err, "open \"%s/%s\"", set->root, id);
	else
		dir.lock_fd = lock_open(dir.fd, "lock", true, err);
	if (dir.lock_fd < 0) {
		unlinkat(root_fd, id, AT_REMOVEDIR);
		return -1;
	}
	if (!still_there(root_fd, id, dir.fd))
		return err_set(err, ERR_BUSY, "another command removed \"%s/%s\"", set->root, id);
	*ret = dir;
	dir = (struct state_dir){ -1, -1 };
	return 0;
}

static int not_there(const struct container_settings *set, const char *id, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "container does not exist: \"%s\" (no folder \"%s/%s\")",
		       id, set->root, id);
}

int state_dir_relock(const struct container_settings *set, const char *id, struct state_dir *dir,
		     struct err *err)
{
	auto_fd int root_fd = open_root(set), lock = lock_open(dir->fd, "lock", true, err);

	if (lock < 0 && err->code != ENOENT)
		return -1;
	if (lock < 0 || root_fd < 0 || !still_there(root_fd, id, dir->fd))
		return not_there(set, id, err);
	dir->lock_fd = steal_fd(&lock);
	return 0;
}

int state_dir_open(const struct container_settings *set, const char *id, bool lock,
		   struct state_dir *ret, struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	auto_fd int root_fd = -1;

	if (container_check_id(id, err) < 0)
		return -1;
	root_fd = open_root(set);
	if (root_fd >= 0)
		dir.fd = openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir.fd < 0)
		return errno == ENOENT || errno == ENOTDIR ?
			       not_there(set, id, err) :
			       err_sys(err, "open \"%s/%s\"", set->root, id);
	if (lock && state_dir_relock(set, id, &dir, err) < 0)
		return -1;
	*ret = dir;
	dir = (struct state_dir){ -1, -1 };
	return 0;
}

int state_dir_remove(const struct container_settings *set, const char *id, struct state_dir *dir,
		     struct err *err)
{
	static const char *const files[] = { "exec.sock",   "sysinfo.sock",   "monitor.sock",
					     "config.json", "state.json.new", "lock",
					     "state.json" };
	auto_fd int root_fd = open_root(set);

	if (root_fd < 0)
		return err_sys(err, "open \"%s\"", set->root);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(dir->fd, files[i], 0);
	if (unlinkat(root_fd, id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return path_remove_tree(root_fd, id, err); /* something unusual lies in it */
}

/* ---- state.json ---- */

static void emit_state(const struct container_state *state, struct json_writer *w)
{
	json_begin(w, NULL, '{');
	json_put_int(w, "version", STATE_VERSION);
	json_put_str(w, "id", state->id);
	json_put_str(w, "bundle", state->bundle);
	json_put_str(w, "rootfs", state->rootfs);
	json_put_str(w, "cgroup", state->cgroup);
	if (state->unit)
		json_put_str(w, "systemdUnit", state->unit);
	if (state->invocation)
		json_put_str(w, "systemdInvocation", state->invocation);
	json_put_str(w, "created", state->created);
	json_put_str(w, "owner", state->owner);
	json_put_int(w, "pid", state->pid);
	json_put_uint(w, "pidStart", state->pid_start);
	json_put_str(w, "status", status_names[state->status]);
	json_put_bool(w, "ownUserNamespace", state->own_userns);
	json_put_bool(w, "hooksAtStart", state->hooks_at_start);
	json_put_bool(w, "undoBySpec", state->undo_by_spec);
	json_put_bool(w, "callersKeyring", state->callers_keyring);
	json_put_bool(w, "sysinfo", state->answerer);
	if (state->missing_controllers) {
		json_begin(w, "missingControllers", '[');
		for (char **c = state->missing_controllers; *c; c++)
			json_put_str(w, NULL, *c);
		json_end(w, ']');
	}
	if (state->annotations)
		json_put_raw(w, "annotations", state->annotations);
	json_end(w, '}');
}

int state_save(const struct state_dir *dir, const struct container_state *state, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	struct json_writer w = { .sb = &text };

	emit_state(state, &w);
	strbuf_add_char(&text, '\n');
	if (text.failed)
		return err_set(err, ENOMEM, "write state.json: out of memory");
	return fd_replace_file(dir->fd, "state.json", text.text, text.len, 0600, 0, err);
}

static char *text_of(const struct json *root, const char *key)
{
	const struct json *node = json_get(root, key);

	return strdup(node && node->type == JSON_STRING ? node->text : "");
}

/* The same for a member that may not be there: then *ret stays NULL. */
static int optional_text_of(const struct json *root, const char *key, char **ret)
{
	if (!json_get(root, key))
		return 0;
	*ret = text_of(root, key);
	return *ret ? 0 : -1;
}

static bool bool_of(const struct json *root, const char *key)
{
	const struct json *node = json_get(root, key);

	return node && node->type == JSON_BOOL && node->boolean;
}

static enum container_status status_of(const struct json *root)
{
	const struct json *node = json_get(root, "status");

	for (size_t i = 0; node && node->type == JSON_STRING && i < ARRAY_SIZE(status_names); i++)
		if (str_eq(node->text, status_names[i]))
			return (enum container_status)i;
	return STATUS_CREATING;
}

static int state_of_json(const struct json *root, const char *id, struct container_state *state)
{
	const struct json *node;
	int64_t number;
	uint64_t start;

	state->id = strdup(id);
	state->bundle = text_of(root, "bundle");
	state->rootfs = text_of(root, "rootfs");
	state->cgroup = text_of(root, "cgroup");
	if (optional_text_of(root, "systemdUnit", &state->unit) < 0 ||
	    optional_text_of(root, "systemdInvocation", &state->invocation) < 0)
		return -1;
	state->created = text_of(root, "created");
	state->owner = text_of(root, "owner");
	state->status = status_of(root);
	node = json_get(root, "pid");
	if (node && json_int(node, 0, INT32_MAX, &number) == 0)
		state->pid = (pid_t)number;
	node = json_get(root, "pidStart");
	if (node && json_uint(node, UINT64_MAX, &start) == 0)
		state->pid_start = start;
	state->own_userns = bool_of(root, "ownUserNamespace");
	state->hooks_at_start = bool_of(root, "hooksAtStart");
	state->undo_by_spec = bool_of(root, "undoBySpec");
	state->callers_keyring = bool_of(root, "callersKeyring");
	state->answerer = bool_of(root, "sysinfo");
	json_for_each(name, json_get(root, "missingControllers"))
		if (name->type == JSON_STRING &&
		    strv_add(&state->missing_controllers, name->text) < 0)
			return -1;
	node = json_get(root, "annotations");
	if (node && node->type == JSON_OBJECT) {
		struct strbuf text = { 0 };
		struct json_writer w = { .sb = &text };

		json_put_node(&w, NULL, node);
		state->annotations = strbuf_steal(&text);
	}
	return state->id && state->bundle && state->rootfs && state->cgroup && state->created &&
			       state->owner ?
		       0 :
		       -1;
}

int state_read(const struct state_dir *dir, const char *id, struct container_state **ret,
	       struct err *err)
{
	auto_container_state struct container_state *state = calloc(1, sizeof(*state));
	auto_json struct json_doc *doc = NULL;
	auto_free char *text = NULL;
	const struct json *version;
	int64_t number = 0;
	size_t len;

	if (!state)
		return err_sys(err, "read state.json");
	if (faccessat(dir->fd, "state.json", F_OK, 0) < 0 && errno == ENOENT) {
		/* A create that has not come that far, or was killed before it did. */
		if (state_of_json(NULL, id, state) < 0)
			return err_set(err, ENOMEM, "read state.json: out of memory");
		*ret = steal_ptr(&state);
		return 0;
	}
	if (fd_load_at(dir->fd, "state.json", STATE_MAX_BYTES, &text, &len, err) < 0)
		return -1;
	if (json_parse(text, len, "state.json", &doc, err) < 0)
		return -1;
	version = json_get(json_root(doc), "version");
	if (!version || json_int(version, 1, INT32_MAX, &number) < 0 || number > STATE_VERSION)
		return err_set(err, ERR_UNSUPPORTED,
			       "state.json of \"%s\" is of a newer vzrun (version %d)", id,
			       (int)number);
	if (state_of_json(json_root(doc), id, state) < 0)
		return err_set(err, ENOMEM, "read state.json: out of memory");
	*ret = steal_ptr(&state);
	return 0;
}

/* ---- as it is now ---- */

static bool alive(const struct container_state *state)
{
	uint64_t start;
	char letter;

	return state->pid > 0 && proc_stat(state->pid, &start, &letter) == 0 &&
	       start == state->pid_start && letter != 'Z' && letter != 'X';
}

void state_refresh(struct container_state *state)
{
	auto_fd int cgroup = -1;

	if (!alive(state)) {
		/* One without a pid yet is being created, or was: who holds the lock tells. */
		if (state->pid > 0 || state->status != STATUS_CREATING)
			state->status = STATUS_STOPPED;
		state->pid = 0;
		return;
	}
	if ((state->status != STATUS_RUNNING && state->status != STATUS_CREATED) || !*state->cgroup)
		return;
	cgroup = cgroup_open(state->cgroup, NULL);
	if (cgroup >= 0 && cgroup_frozen(cgroup))
		state->status = STATUS_PAUSED;
}

int state_load(const struct state_dir *dir, const char *id, struct container_state **ret,
	       struct err *err)
{
	if (state_read(dir, id, ret, err) < 0)
		return -1;
	state_refresh(*ret);
	return 0;
}

int state_pidfd(const struct container_state *state, struct err *err)
{
	auto_fd int fd = -1;

	if (state->pid > 0) {
		fd = proc_pidfd_open(state->pid);
		if (fd < 0 && errno != ESRCH && errno != EINVAL)
			return err_sys(err, "open process %d", state->pid);
	}
	/* Checked after opening: the pid may have gone to another process before. */
	if (fd < 0 || !alive(state))
		return err_set(err, ESRCH, "container not running");
	return steal_fd(&fd);
}

int container_load(const struct container_settings *set, const char *id,
		   struct container_state **ret, struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };

	if (state_dir_open(set, id, false, &dir, err) < 0)
		return -1;
	return state_load(&dir, id, ret, err);
}

bool container_uses_systemd(const struct container_settings *set, const char *id)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	auto_container_state struct container_state *state = NULL;
	struct err err;

	if (set->cgroup_manager == CGROUP_MANAGER_SYSTEMD)
		return true;
	return state_dir_open(set, id, false, &dir, &err) == 0 &&
	       state_read(&dir, id, &state, &err) == 0 && state->unit;
}

int container_load_spec(const struct container_settings *set, const char *id, struct spec **ret,
			struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	auto_free char *text = NULL;
	size_t len;

	if (state_dir_open(set, id, false, &dir, err) < 0)
		return -1;
	if (fd_load_at(dir.fd, "config.json", SPEC_MAX_BYTES, &text, &len, err) < 0)
		return -1;
	return spec_parse(text, len, "config.json", ret, err);
}

void container_state_emit(const struct container_state *state, bool pretty, struct strbuf *sb)
{
	struct json_writer w = { .sb = sb, .pretty = pretty };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "ociVersion", SPEC_VERSION);
	json_put_str(&w, "id", state->id);
	json_put_int(&w, "pid", state->pid);
	json_put_str(&w, "status", status_names[state->status]);
	json_put_str(&w, "bundle", state->bundle);
	json_put_str(&w, "rootfs", state->rootfs);
	json_put_str(&w, "created", state->created);
	json_put_str(&w, "owner", state->owner);
	if (state->annotations)
		json_put_raw(&w, "annotations", state->annotations);
	if (state->missing_controllers) {
		json_begin(&w, "missingControllers", '[');
		for (char **c = state->missing_controllers; *c; c++)
			json_put_str(&w, NULL, *c);
		json_end(&w, ']');
	}
	json_end(&w, '}');
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **container_list(const struct container_settings *set, struct err *err)
{
	auto_strv char **ids = calloc(1, sizeof(*ids));
	auto_dir DIR *dir = opendir(set->root);
	struct dirent *entry;

	if (!ids || (!dir && errno != ENOENT)) {
		err_sys(err, "list \"%s\"", set->root);
		return NULL;
	}
	while (dir && (entry = readdir(dir))) {
		if (container_check_id(entry->d_name, NULL) < 0 ||
		    (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
			continue;
		if (strv_add(&ids, entry->d_name) < 0) {
			err_sys(err, "list \"%s\"", set->root);
			return NULL;
		}
	}
	qsort(ids, strv_len(ids), sizeof(*ids), by_name);
	return steal_ptr(&ids);
}
