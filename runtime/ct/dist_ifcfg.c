/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/dist_services.h"

#define PREFIX "ifcfg-"
/* All who read such folders pass by what ends in ".orig". */
#define ASIDE ".vzrun.orig"

typedef void (*emit_fn)(const struct netfile_nic *nic, struct strbuf *out);

struct job {
	const struct dist_tree *tree;
	const struct netfile_nics *nics;
	const char *dir;
	emit_fn emit;
};

/* Of RHEL's network-functions. */
static bool is_ignored(const char *name)
{
	static const char *const ends[] = { "~",       ".bak",     ".old",    ".orig",
					    ".rpmnew", ".rpmorig", ".rpmsave" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_ends(name, ends[i]))
			return true;
	return false;
}

static int write_own(const struct job *job, const struct netfile_nic *nic, struct err *err)
{
	auto_free char *path = str_dupf("%s/" PREFIX "%s", job->dir, nic->name);
	auto_strbuf struct strbuf text = { 0 };

	job->emit(nic, &text);
	if (!path || text.failed)
		return err_set(err, ENOMEM, "write an ifcfg file: out of memory");
	return text.len > 0 ? dist_file_write_mode(job->tree, path, text.text, 0644, err) : 0;
}

static int bring_back(const struct job *job, const char *aside, const char *name, struct err *err)
{
	auto_free char *path = path_join(job->dir, name);

	if (path && dist_file_exists(job->tree, path))
		return 0;
	return dist_file_rename(job->tree, job->dir, aside, name, false, err);
}

/* A file of ours for a NIC that does not ask any more goes; others' files of our NICs are put
 * aside, and come back when there is room for them. */
static int handle(const struct job *job, const char *name, const char *path, struct err *err)
{
	auto_free char *text = NULL, *device = NULL, *other = NULL;
	size_t len = strlen(name) - strlen(ASIDE);
	bool aside = str_ends(name, ASIDE);
	const struct netfile_nic *nic;

	if (dist_file_load(job->tree, path, &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	other = aside ? str_dupf("%.*s", (int)len, name) : str_dupf("%s" ASIDE, name);
	device = netfile_ifcfg_device(aside && other ? other : name, text);
	if (!other || !device)
		return err_sys(err, "read \"%s\"", path);
	nic = netfile_find(job->nics, device);
	if (aside)
		return nic ? 0 : bring_back(job, name, other, err);
	if (str_starts(text, NETFILE_MARK))
		return nic && (nic->dhcp4 || nic->dhcp6) ?
			       0 :
			       dist_file_remove(job->tree, path, NETFILE_MARK, err);
	return nic ? dist_file_rename(job->tree, job->dir, name, other, true, err) : 0;
}

/* Those aside behind the others: what was ours is gone by then. */
static int handle_all(const struct job *job, char *const *names, bool aside, struct err *err)
{
	for (; *names; names++) {
		auto_free char *path = path_join(job->dir, *names);

		if (!path)
			return err_sys(err, "list \"%s\"", job->dir);
		if (!str_starts(*names, PREFIX) || str_ends(*names, ASIDE) != aside ||
		    (!aside && is_ignored(*names)))
			continue;
		if (handle(job, *names, path, err) < 0)
			return -1;
	}
	return 0;
}

static int set_dir(const struct job *job, struct err *err)
{
	auto_strv char **names = NULL;

	if (!dist_file_is_dir(job->tree, job->dir))
		return 0;
	if (dist_file_list(job->tree, job->dir, &names, err) < 0 ||
	    handle_all(job, names, false, err) < 0 || handle_all(job, names, true, err) < 0)
		return -1;
	for (size_t i = 0; i < job->nics->n; i++)
		if (write_own(job, &job->nics->nic[i], err) < 0)
			return -1;
	return 0;
}

int dist_services_ifcfg(const struct dist_tree *tree, const struct netfile_nics *nics,
			struct err *err)
{
	struct job rhel = { tree, nics, "/etc/sysconfig/network-scripts", netfile_ifcfg_rhel };
	struct job suse = { tree, nics, "/etc/sysconfig/network", netfile_ifcfg_suse };

	return set_dir(&rhel, err) < 0 ? -1 : set_dir(&suse, err);
}
