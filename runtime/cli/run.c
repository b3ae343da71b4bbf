/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/run.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/helper.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/suggest.h"
#include "runtime/ct/ctid.h"
#include "runtime/kernel/systemd.h"

/* A --root is made absolute, because the program may leave its folder, and is never "/", which
 * is what an empty variable of the caller comes to. */
static int set_root(struct cli *cli, struct err *err)
{
	auto_free char *cwd = NULL, *joined = NULL;
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");

	if (!cli->global.root) {
		cli->set.root = CONTAINER_DEFAULT_ROOT;
		if (geteuid() == 0 || !runtime_dir)
			return 0;
		cli->set.root = cli->root_owned = path_join(runtime_dir, "vzrun");
	} else {
		if (cli->global.root[0] != '/')
			cwd = getcwd(NULL, 0);
		joined = path_join(cwd ? cwd : "/", cli->global.root);
		cli->set.root = cli->root_owned = joined ? path_clean(joined) : NULL;
	}
	if (!cli->set.root)
		return err_sys(err, "--root");
	if (str_eq(cli->set.root, "/"))
		return err_set(err, ERR_USAGE, "--root must not be \"/\"");
	return 0;
}

int run_set_globals(struct cli *cli, struct err *err)
{
	enum log_level level = LOG_LEVEL_WARNING;

	if (cli->global.log_level && log_level_parse(cli->global.log_level, &level, err) < 0)
		return -1;
	if (cli->global.debug)
		level = LOG_LEVEL_DEBUG;
	if (log_open(cli->global.log, cli->global.log_format == 1, level, err) < 0)
		return -1;
	cli->set.cgroup_manager = (enum cgroup_manager)cli->global.cgroup_manager;
	if (cli->global.systemd_cgroup)
		cli->set.cgroup_manager = CGROUP_MANAGER_SYSTEMD;
	cli->cts = cli->global.config || (!cli->global.root && geteuid() == 0);
	return set_root(cli, err);
}

static int check_args(const struct cli_command *command, int n, struct err *err)
{
	if (n < command->args_min)
		err_set(err, ERR_USAGE, "too few arguments");
	else if (command->args_max != CLI_ANY && n > command->args_max)
		err_set(err, ERR_USAGE, "too many arguments");
	else
		return 0;
	return err_hint(err, "usage: vzrun %s%s%s%s", command->name,
			command->options ? " [OPTION]..." : "", *command->args ? " " : "",
			command->args);
}

/* A guess without a lock, by the folder alone: the verb itself looks again. */
static bool is_live(const struct cli *cli, const char *id)
{
	auto_free char *dir = path_join(cli->set.root, id);

	return dir && container_check_id(id, NULL) == 0 && access(dir, F_OK) == 0;
}

/* Which container is meant: a live one of that id first, then a registered CT (DESIGN 1), but
 * for a CT's own verbs the other way round. */
static int resolve_id(struct cli *cli, struct err *err)
{
	bool ct_first = cli->command->flags & CLI_CT_FIRST;
	int found;

	cli->id = cli->args[0];
	if (!cli->cts)
		return container_check_id(cli->id, err);
	if (!ct_first && is_live(cli, cli->id))
		return 0;
	found = cmd_ct_find(cli, cli->args[0], &cli->id_owned, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return container_check_id(cli->id, err);
	cli->id = cli->id_owned;
	cli->is_ct = ct_first || !is_live(cli, cli->id);
	return 0;
}

#ifdef SYSTEMD_BY_TWIN
/* Without an id: about any of them. */
static bool uses_systemd(const struct cli *cli)
{
	auto_strv char **ids = NULL;

	if (cli->id || cli->set.cgroup_manager == CGROUP_MANAGER_SYSTEMD)
		return container_uses_systemd(&cli->set, cli->id);
	ids = container_list(&cli->set, NULL);
	for (size_t i = 0; ids && ids[i]; i++)
		if (container_uses_systemd(&cli->set, ids[i]))
			return true;
	return false;
}
#endif

/* This static program can't open libsystemd: its shared twin goes on, before anything is done.
 * Where that is missing a verb that cleans does without: the cgroup is removed all the same, and
 * unit_find warns that systemd was not told. */
static int become_shared(const struct cli *cli, struct err *err)
{
#ifdef SYSTEMD_BY_TWIN
	if (systemd_is_built() || !uses_systemd(cli))
		return 0;
	helper_become("vzrun-shared", err);
	if (!(cli->command->flags & CLI_CLEANS) || err->code != ERR_UNSUPPORTED)
		return -1;
	*err = (struct err){ 0 };
#endif
	(void)cli;
	(void)err;
	return 0;
}

/* A name that is nobody's, and near to that of a CT. Numbers are near to each other: of those none
 * is meant rather than another. */
static int hint_name(const struct cli *cli, struct err *err)
{
	auto_free char *conf_dir = vz_conf_dir(cli->global.config);
	auto_free char *names = conf_dir ? str_dupf("%s/../names", conf_dir) : NULL;
	auto_dir DIR *dir = names ? opendir(names) : NULL;
	auto_free char *best = NULL;
	struct suggest near;

	suggest_init(&near, cli->args[0], strlen(cli->args[0]));
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		unsigned int before = near.distance;

		if (entry->d_name[0] == '.' || ctid_check_name(entry->d_name, NULL) < 0)
			continue;
		suggest_offer(&near, entry->d_name);
		if (near.distance == before)
			continue;
		free(best);
		best = strdup(entry->d_name);
	}
	return best ? err_hint(err, "did you mean %s?", best) : -1;
}

int run_command(struct cli *cli, struct err *err)
{
	const struct cli_command *command = cli->command;
	uint32_t ctid;

	if (check_args(command, cli->args_n, err) < 0)
		return -1;
	if (command->flags & CLI_NEW_ID) {
		cli->id = cli->args[0];
		if (container_check_id(cli->id, err) < 0)
			return -1;
	}
	if ((command->flags & CLI_ID) && cli->args_n > 0 && resolve_id(cli, err) < 0)
		return -1;
	if ((command->flags & CLI_SYSTEMD) && become_shared(cli, err) < 0)
		return -1;
	cli->running = true;
	if (command->run(cli, err) == 0)
		return 0;
	if ((command->flags & CLI_ID) && cli->cts && cli->id && cli->id == cli->args[0] &&
	    !ctid_parse(cli->id, &ctid) &&
	    (err->code == ERR_NOT_FOUND || err->code == VZ_ERR(VZ_NO_CONF) ||
	     err->code == VZ_ERR(VZ_BAD_VALUE)))
		hint_name(cli, err);
	return -1;
}

void run_done(struct cli *cli)
{
	free(cli->id_owned);
	free(cli->root_owned);
}
