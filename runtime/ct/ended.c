/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/ended.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/str.h"
#include "runtime/base/time.h"
#include "runtime/monitor/protocol.h"

#define RECORD_MAX_BYTES 65536

static const char *const names[] = {
	[ENDED_STOPPED] = "stopped", [ENDED_POWEROFF] = "poweroff", [ENDED_REBOOT] = "reboot",
	[ENDED_EXIT] = "exit",       [ENDED_SIGNAL] = "signal",     [ENDED_OOM] = "oom",
	[ENDED_UNKNOWN] = "unknown",
};

const char *ended_how_name(enum ended_how how)
{
	return names[how];
}

/* reboot(2) in a pid namespace: the init ends as by SIGHUP for RESTART, as by SIGINT for HALT and
 * POWER_OFF. No signal from inside can do that to it. */
void ended_of_status(uint32_t status, bool oom, struct ended *ret)
{
	int sig = status >= 256 && status < 512 ? (int)status - 256 : -1;

	ret->exit_code = status < 256 ? (int)status : -1;
	ret->signal = sig;
	if (status >= 512)
		ret->how = ENDED_UNKNOWN;
	else if (sig == SIGHUP)
		ret->how = ENDED_REBOOT;
	else if (sig == SIGINT)
		ret->how = ENDED_POWEROFF;
	else if (sig == SIGKILL && oom)
		ret->how = ENDED_OOM;
	else
		ret->how = sig >= 0 ? ENDED_SIGNAL : ENDED_EXIT;
}

static int open_folder(const struct container_settings *set, bool make, struct err *err)
{
	auto_free char *path = str_dupf("%s/" ENDED_FOLDER, set->root);
	int fd;

	if (!path)
		return err_sys(err, "open \"" ENDED_FOLDER "\"");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make) {
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_sys(err, "make folder \"%s\"", path);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd < 0 ? err_sys(err, "open \"%s\"", path) : fd;
}

static void emit(const char *id, const struct ended *ended, struct strbuf *text)
{
	struct json_writer w = { .sb = text };

	json_begin(&w, NULL, '{');
	json_put_int(&w, "version", 1);
	json_put_str(&w, "id", id);
	json_put_str(&w, "how", names[ended->how]);
	if (ended->exit_code >= 0)
		json_put_int(&w, "exitCode", ended->exit_code);
	if (ended->signal >= 0)
		json_put_int(&w, "signal", ended->signal);
	json_put_str(&w, "time", ended->time);
	json_put_uint(&w, "uptimeSec", ended->uptime_sec);
	json_put_bool(&w, "again", ended->again);
	json_put_uint(&w, "quick", ended->quick);
	json_put_uint(&w, "pidStart", ended->pid_start);
	json_end(&w, '}');
	strbuf_add_char(text, '\n');
}

int ended_save(const struct container_settings *set, const char *id, const struct ended *ended,
	       struct err *err)
{
	auto_fd int folder = open_folder(set, true, err);
	auto_free char *name = str_dupf("%s.json", id);
	auto_strbuf struct strbuf text = { 0 };

	if (folder < 0)
		return -1;
	emit(id, ended, &text);
	if (!name || text.failed)
		return err_set(err, ENOMEM, "write how it ended: out of memory");
	return fd_replace_file(folder, name, text.text, text.len, 0600, 0, err);
}

/* *ret stays as it is where the member is missing. */
static void read_int(const struct json *root, const char *key, int *ret)
{
	const struct json *node = json_get(root, key);
	int64_t value;

	if (node && json_int(node, 0, INT32_MAX, &value) == 0)
		*ret = (int)value;
}

static void read_uint(const struct json *root, const char *key, uint64_t *ret)
{
	const struct json *node = json_get(root, key);

	if (node)
		json_uint(node, UINT64_MAX, ret);
}

static const char *read_text(const struct json *root, const char *key)
{
	const struct json *node = json_get(root, key);

	return node && node->type == JSON_STRING ? node->text : "";
}

static void read_record(const struct json *root, struct ended *ret)
{
	const struct json *again = json_get(root, "again");
	int quick = 0;

	*ret = (struct ended){ .how = ENDED_UNKNOWN, .exit_code = -1, .signal = -1 };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(read_text(root, "how"), names[i]))
			ret->how = (enum ended_how)i;
	read_int(root, "exitCode", &ret->exit_code);
	read_int(root, "signal", &ret->signal);
	read_int(root, "quick", &quick);
	read_uint(root, "uptimeSec", &ret->uptime_sec);
	read_uint(root, "pidStart", &ret->pid_start);
	ret->quick = (unsigned int)quick;
	ret->again = again && again->type == JSON_BOOL && again->boolean;
	snprintf(ret->time, sizeof(ret->time), "%s", read_text(root, "time"));
}

bool ended_load(const struct container_settings *set, const char *id, struct ended *ret)
{
	auto_fd int folder = open_folder(set, false, NULL);
	auto_free char *name = str_dupf("%s.json", id), *text = NULL;
	auto_json struct json_doc *doc = NULL;
	size_t len;

	if (folder < 0 || !name ||
	    fd_load_at(folder, name, RECORD_MAX_BYTES, &text, &len, NULL) < 0 ||
	    json_parse(text, len, name, &doc, NULL) < 0)
		return false;
	read_record(json_root(doc), ret);
	return true;
}

void ended_remove(const struct container_settings *set, const char *id)
{
	auto_fd int folder = open_folder(set, false, NULL);
	auto_free char *name = str_dupf("%s.json", id);

	if (folder >= 0 && name)
		unlinkat(folder, name, 0);
}
