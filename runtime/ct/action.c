/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/action.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/spawn.h"
#include "runtime/base/str.h"
#include "runtime/ct/exec.h"

const char *const action_names[ACTION_N] = {
	[ACTION_PREMOUNT] = "premount", [ACTION_MOUNT] = "mount",
	[ACTION_START] = "start",       [ACTION_STOP] = "stop",
	[ACTION_UMOUNT] = "umount",     [ACTION_POSTUMOUNT] = "postumount",
};

static int failed(const char *path, struct err *err)
{
	err_wrap(err, "action script \"%.300s\"", path);
	return vz_fail(err, VZ_SCRIPT);
}

/* 1: it is there; 0: not. */
static int find_script(const char *path, struct err *err)
{
	if (access(path, F_OK) == 0)
		return 1;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	err_sys(err, "look for it");
	return failed(path, err);
}

/* ---- on the host ---- */

static bool is_ours(const char *variable)
{
	static const char *const ours[] = { "VEID=", "VE_CONFFILE=", "VE_ROOT=", "VE_PRIVATE=" };

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (str_starts(variable, ours[i]))
			return true;
	return false;
}

static int add_variable(char ***env, const char *name, const char *value)
{
	auto_free char *text = str_dupf("%s=%s", name, value);

	return text ? strv_add(env, text) : -1;
}

/* Those after the scripts' own files: a script that sources its conf gets what that says. */
static char **host_env(const struct ct *ct)
{
	const struct {
		const char *name, *value;
	} rows[] = {
		{ "VEID", ct->id },
		{ "VE_CONFFILE", ct->conf_path },
		{ "VE_ROOT", ct->root },
		{ "VE_PRIVATE", ct->private },
	};
	auto_strv char **env = NULL;

	for (char *const *at = environ; at && *at; at++)
		if (!is_ours(*at) && strv_add(&env, *at) < 0)
			return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (add_variable(&env, rows[i].name, rows[i].value) < 0)
			return NULL;
	return steal_ptr(&env);
}

static int run_on_host(const struct ct *ct, const char *owner, const char *name, struct err *err)
{
	auto_free char *path = str_dupf("%s/%s.%s", ct->vz->conf_dir, owner, name);
	auto_strv char **env = path ? host_env(ct) : NULL;
	struct spawn spawn = { .path = path, .env = env, .input = -1, .interruptible = true };
	int found;

	if (!env)
		return err_sys(err, "run the script \"%s.%s\"", owner, name);
	found = find_script(path, err);
	if (found <= 0)
		return found;
	if (spawn_run(&spawn, err) == 0)
		return 0;
	if (err && err->code == EACCES)
		err_hint(err, "chmod 755 it");
	return failed(path, err);
}

int action_on_host(const struct ct *ct, enum action action, struct err *err)
{
	bool down = action == ACTION_UMOUNT || action == ACTION_POSTUMOUNT;
	const char *name = action_names[action];

	if (run_on_host(ct, down ? ct->id : "vps", name, err) < 0)
		return -1;
	return run_on_host(ct, down ? "vps" : ct->id, name, err);
}

bool action_any(const struct ct *ct, enum action action)
{
	const char *const owners[] = { "vps", ct->id };

	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		auto_free char *path =
			str_dupf("%s/%s.%s", ct->vz->conf_dir, owners[i], action_names[action]);

		if (!path || access(path, F_OK) == 0)
			return true;
	}
	return false;
}

int action_created(const struct ct *ct, struct err *err)
{
	return run_on_host(ct, "vps", "create", err);
}

int action_reinstalled(const struct ct *ct, struct err *err)
{
	return run_on_host(ct, "vps", "reinstall", err);
}

/* ---- inside ---- */

int action_inside(const struct ct *ct, enum action action, struct err *err)
{
	auto_free char *path = str_dupf("%s/%s.%s", ct->vz->conf_dir, ct->id, action_names[action]);
	auto_fd int input = -1;
	int found, status;

	if (!path)
		return err_sys(err, "run a script in it");
	found = find_script(path, err);
	if (found <= 0)
		return found;
	input = exec_open_script(path, err);
	if (input < 0 ||
	    exec_script(ct->vz->set, ct->id, exec_shell(ct->root), input, &status, err) < 0)
		return failed(path, err);
	if (status == 0)
		return 0;
	err_set(err, ERR_FAILED, "exit status %d", status);
	return failed(path, err);
}
