/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/inside.h"

#include <errno.h>
#include <stdlib.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/ct/capability.h"
#include "runtime/ct/compile.h"
#include "runtime/ct/ctlimits.h"
#include "runtime/ct/ctmount.h"
#include "runtime/ct/ctquota.h"
#include "runtime/ct/exec.h"
#include "runtime/ct/live.h"

static int need_running(const struct ct *ct, struct err *err)
{
	bool running;

	if (live_check(ct, &running, err) < 0)
		return -1;
	return running ? 0 : err_set(err, VZ_ERR(VZ_NOT_RUNNING), "Container is not running");
}

/* "a b c" in fresh memory. */
static char *join(char *const *words)
{
	auto_strbuf struct strbuf text = { 0 };

	for (; *words; words++)
		strbuf_addf(&text, "%s%s", text.len ? " " : "", *words);
	return strbuf_steal(&text);
}

int inside_exec(const struct ct *ct, enum inside_how how, char *const *words, int *ret_status,
		struct err *err)
{
	const char *shell = exec_shell(ct->root);
	auto_free char *line = NULL;
	const char *const by_shell[] = { shell, "-c", (line = join(words)), NULL };
	const char *const reads[] = { shell, NULL };
	const char *const *args = by_shell;

	if (need_running(ct, err) < 0)
		return -1;
	if (!line)
		return err_sys(err, "run a command");
	if (how == INSIDE_ARGS)
		args = (const char *const *)words;
	else if (str_eq(line, "-"))
		args = reads;
	return exec_here(ct->vz->set, ct->id, EXEC_COMMAND, args, ret_status, err);
}

int inside_enter(const struct ct *ct, char *const *words, int *ret_status, struct err *err)
{
	auto_free char *line = words ? join(words) : NULL;
	const char *const args[] = { exec_shell(ct->root), "-l", line ? "-c" : NULL, line, NULL };

	if (need_running(ct, err) < 0)
		return -1;
	if (words && !line)
		return err_sys(err, "run a command");
	vz_sayf(ct->vz, "entered into CT %s", ct->id);
	if (exec_here(ct->vz->set, ct->id, EXEC_LOGIN, args, ret_status, err) < 0)
		return -1;
	vz_sayf(ct->vz, "exited from CT %s", ct->id);
	return 0;
}

/* ---- without an init ---- */

/* The first process of a pid namespace is sent no signal that it has no handler for (signal(7),
 * pid_namespaces(7)), so what is run is its child: it can be interrupted, and all end with it. */
#define FIRST_PROCESS                    \
	"export HOME=/; exec 3<&0; "     \
	"\"$0\" \"$@\" <&3 3<&- & "      \
	"trap 'exit 143' HUP INT TERM; " \
	"exec 3<&-; wait $!"

static int compile(const struct ct *ct, const struct storage *storage, const char *const *args,
		   struct spec **ret, struct err *err)
{
	auto_ctlimits struct ctlimits *limits = NULL;
	auto_strbuf struct strbuf config = { 0 };
	auto_free const char **all = NULL;
	auto_free char *fallback = str_dupf("ct%s", ct->id);
	const char *const first[] = { "/bin/sh", "-c", FIRST_PROCESS };
	const size_t n_first = ARRAY_SIZE(first);
	size_t n = 0;
	const char *hostname = conf_get(ct->conf, "HOSTNAME");
	struct compile_input in = {
		.root = ct->root,
		.hostname = hostname ? hostname : fallback,
		.first_id = storage->first_id,
	};

	if (capability_read(conf_get(ct->conf, "CAPABILITY"), &in.caps, err) < 0)
		return vz_fail(err, VZ_BAD_CONF);
	if (guard_read(ct, &in.guard, err) < 0)
		return -1;
	while (args[n])
		n++;
	all = calloc(n_first + n + 1, sizeof(*all));
	if (!all || !fallback)
		return err_sys(err, "run a command");
	for (size_t i = 0; i < n_first + n; i++)
		all[i] = i < n_first ? first[i] : args[i - n_first];
	in.args = all;
	if (ctlimits_read(ct, ct->conf, &limits, err) < 0)
		return -1;
	in.limits = &limits->effects;
	compile_spec(&in, &config);
	if (config.failed)
		return err_set(err, ENOMEM, "run a command: out of memory");
	return spec_parse(config.text, config.len, "compiled configuration", ret, err);
}

/* In a child: nothing is left of it in the verb's process. */
struct alone {
	const struct ct *ct;
	const struct spec *spec;
	bool quiet;
};

static int run_container(const void *arg, int *ret_status, struct err *err)
{
	const struct alone *alone = arg;
	struct container_create_opts opts = { .bundle = alone->ct->private };
	int saved[3];

	if (alone->quiet && exec_stdio_null(saved, err) < 0)
		return -1;
	return container_run(alone->ct->vz->set, alone->ct->id, alone->spec, &opts, ret_status,
			     err);
}

static int run_args(const struct ct *ct, const struct storage *storage, const char *const *args,
		    int input, bool quiet, int *ret_status, struct err *err)
{
	auto_spec struct spec *spec = NULL;
	struct alone alone = { .ct = ct, .quiet = quiet };

	if (live_clear(ct, err) < 0 || compile(ct, storage, args, &spec, err) < 0)
		return -1;
	alone.spec = spec;
	return exec_in_child(run_container, &alone, input, ret_status, err);
}

int inside_alone(const struct ct *ct, const struct storage *storage, const char *const *args,
		 int *ret_status, struct err *err)
{
	return run_args(ct, storage, args, -1, true, ret_status, err);
}

int inside_held(const struct ct *ct, const struct storage *storage,
		int (*run)(const void *arg, struct err *err), const void *arg, struct err *err)
{
	static const char *const args[] = { "/bin/true", NULL };
	struct container_create_opts opts = { .bundle = ct->private };
	auto_spec struct spec *spec = NULL;
	struct err later;
	int saved[3], rc;

	if (live_clear(ct, err) < 0 || compile(ct, storage, args, &spec, err) < 0 ||
	    exec_stdio_null(saved, err) < 0)
		return -1;
	rc = container_create(ct->vz->set, ct->id, spec, &opts, err);
	exec_stdio_restore(saved);
	if (rc == 0)
		rc = run(arg, err);
	return live_clear(ct, rc < 0 ? &later : err) < 0 ? -1 : rc;
}

/* What is mounted for the host is that again behind it. Otherwise the host never sees a mount. */
static int script_stopped(const struct ct *ct, int input, int *ret_status, struct err *err)
{
	struct storage storage;
	const char *args[] = { NULL, NULL };
	struct err why;
	bool mounted;
	int rc;

	if (ct_storage(ct, true, &storage, err) < 0 || ctmount_check(&storage, err) < 0 ||
	    ctquota_prepare(ct, err) < 0)
		return -1;
	mounted = storage_mounted(&storage);
	if ((mounted ? ctmount_hand_over(ct, &storage, err) : storage_mount_alone(&storage, err)) <
	    0)
		return vz_fail(err, VZ_CANNOT_MOUNT);
	args[0] = exec_shell(ct->root);
	rc = ctquota_apply(ct, err) < 0 ?
		     -1 :
		     run_args(ct, &storage, args, input, false, ret_status, err);
	if ((mounted ? ctmount_take_back(&storage, &why) : storage_umount(&storage, false, &why)) <
	    0)
		log_warning("CT %s: %s, ignoring", ct->id, why.msg);
	return rc;
}

int inside_script(const struct ct *ct, const char *path, int *ret_status, struct err *err)
{
	auto_fd int input = exec_open_script(path, err);
	bool running;

	if (input < 0)
		return vz_fail(err, VZ_NO_SCRIPT);
	if (live_check(ct, &running, err) < 0)
		return -1;
	if (!running)
		return script_stopped(ct, input, ret_status, err);
	return exec_script(ct->vz->set, ct->id, exec_shell(ct->root), input, ret_status, err);
}
