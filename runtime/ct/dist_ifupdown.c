/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/dist_services.h"
#include "runtime/ct/interfaces.h"

#define NETWORK_DIR "/etc/network"
#define FILE_PATH NETWORK_DIR "/interfaces"
#define FILES_MAX 64
#define DEPTH_MAX 8
#define DIR_NAMES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* Files that source each other come to an end, too. */
struct job {
	const struct dist_tree *tree;
	const struct netfile_nics *nics;
	unsigned int files;
};

static int no_memory(const char *path, struct err *err)
{
	return err_set(err, ENOMEM, "edit \"%s\": out of memory", path);
}

static int edit_sourced(struct job *job, const char *text, unsigned int depth, struct err *err);

static int edit_file(struct job *job, const char *path, unsigned int depth, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_free char *old = NULL;

	if (++job->files > FILES_MAX)
		return err_set(err, ERR_FAILED, FILE_PATH ": it sources more than %d files",
			       FILES_MAX);
	if (dist_file_load(job->tree, path, &old, err) < 0)
		return -1;
	if (!old)
		return 0;
	interfaces_edit(old, job->nics, &text);
	if (text.failed)
		return no_memory(path, err);
	if (!str_eq(text.text ? text.text : "", old) &&
	    dist_file_write(job->tree, path, text.text ? text.text : "", err) < 0)
		return -1;
	return edit_sourced(job, old, depth + 1, err);
}

/* "DIR/", for which run-parts' names count, or "DIR/PATTERN". */
static int edit_matching(struct job *job, const char *dir, const char *pattern, unsigned int depth,
			 struct err *err)
{
	auto_strv char **names = NULL;

	if (dist_file_list(job->tree, dir, &names, err) < 0)
		return -1;
	for (char **name = names; *name; name++) {
		auto_free char *path = path_join(dir, *name);

		if (!path)
			return no_memory(dir, err);
		if (*pattern ? fnmatch(pattern, *name, FNM_PERIOD) != 0 :
			       (*name)[strspn(*name, DIR_NAMES)] != '\0')
			continue;
		if (edit_file(job, path, depth, err) < 0)
			return -1;
	}
	return 0;
}

static int edit_sourced(struct job *job, const char *text, unsigned int depth, struct err *err)
{
	auto_strv char **sources = interfaces_sources(text);

	if (!sources)
		return no_memory(FILE_PATH, err);
	for (char **source = sources; *source && depth < DEPTH_MAX; source++) {
		auto_free char *path = path_join(NETWORK_DIR, *source);
		char *name = path ? strrchr(path, '/') : NULL;

		if (!name)
			return no_memory(*source, err);
		if (name[1] && !strpbrk(name, "*?[")) {
			if (edit_file(job, path, depth, err) < 0)
				return -1;
			continue;
		}
		*name = '\0';
		if (edit_matching(job, path, name + 1, depth, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the block ---- */

static bool is_enabled(const struct dist_tree *tree, const char *unit)
{
	auto_free char *path = str_dupf("/etc/systemd/system/multi-user.target.wants/%s", unit);

	return path && dist_file_exists(tree, path);
}

/* Two that ask for one NIC would get two addresses. */
static bool others_ask(const struct dist_tree *tree)
{
	return is_enabled(tree, "systemd-networkd.service") ||
	       is_enabled(tree, "NetworkManager.service");
}

/* Without a file its service fails, and what needs a network does not start: Alpine's rootfs, say,
 * has none. */
static bool lacks_file(const struct dist_tree *tree, const char *theirs)
{
	return !theirs[strspn(theirs, " \t\n")] &&
	       dist_file_is_regular(tree, "/etc/init.d/networking");
}

static void emit_block(const struct dist_tree *tree, const struct netfile_nics *nics,
		       const char *theirs, struct strbuf *out)
{
	/* Only Debian's has files there. */
	bool inet6 = dist_file_is_dir(tree, "/usr/lib/ifupdown") ||
		     dist_file_is_dir(tree, "/lib/ifupdown");

	if (nics->n > 0 && lacks_file(tree, theirs))
		strbuf_add(out, "auto lo\niface lo inet loopback\n");
	if (!others_ask(tree))
		interfaces_emit_dhcp(nics, inet6, out);
}

/* Our own block has no say while the rest is looked at, and goes behind all. */
static int set_main_file(struct job *job, struct err *err)
{
	auto_strbuf struct strbuf theirs = { 0 }, edited = { 0 }, block = { 0 };
	auto_free char *old = NULL;

	if (dist_file_load(job->tree, FILE_PATH, &old, err) < 0)
		return -1;
	dist_file_edit_block(old ? old : "", NULL, &theirs);
	emit_block(job->tree, job->nics, theirs.text ? theirs.text : "", &block);
	if (!old && !block.text)
		return 0;
	interfaces_edit(theirs.text ? theirs.text : "", job->nics, &edited);
	strbuf_done(&theirs);
	dist_file_edit_block(edited.text ? edited.text : "", block.text, &theirs);
	if (theirs.failed || edited.failed || block.failed)
		return no_memory(FILE_PATH, err);
	if (!str_eq(theirs.text ? theirs.text : "", old ? old : "") &&
	    dist_file_write(job->tree, FILE_PATH, theirs.text ? theirs.text : "", err) < 0)
		return -1;
	return edit_sourced(job, edited.text ? edited.text : "", 0, err);
}

int dist_services_ifupdown(const struct dist_tree *tree, const struct netfile_nics *nics,
			   struct err *err)
{
	struct job job = { .tree = tree, .nics = nics };

	return dist_file_is_dir(tree, NETWORK_DIR) ? set_main_file(&job, err) : 0;
}
