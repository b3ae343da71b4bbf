/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/criu_opts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"

void criu_dirs_close(struct criu_dirs *dirs)
{
	fd_closep(&dirs->image);
	fd_closep(&dirs->work);
}

static int open_dir(const char *path, bool make, struct err *err)
{
	int fd;

	if (make && path_mkdirs(path, 0700, err) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "open the folder \"%.300s\"", path) : fd;
}

/* Images hold the memory and the credentials of processes: who could write them could make the
 * host's root run anything, and who owns the folder could read what is put there. */
static int check_owner(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "look at \"%.300s\"", path);
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(err, ERR_INPUT,
			       "the folder \"%.300s\" is not ours alone to write: nothing is put "
			       "there or restored from there (chown root, chmod go-w)",
			       path);
	return 0;
}

int criu_dirs_open(const struct criu_common_opts *opts, bool make, struct criu_dirs *ret,
		   struct err *err)
{
	const char *work = opts->work_path ? opts->work_path : opts->image_path;

	ret->image = open_dir(opts->image_path, make, err);
	if (ret->image < 0 || check_owner(ret->image, opts->image_path, err) < 0)
		return -1;
	ret->work = open_dir(work, true, err);
	return ret->work < 0 ? -1 : check_owner(ret->work, work, err);
}

static int put_cgroups(struct strbuf *msg, const char *mode, struct err *err)
{
	static const struct {
		char name[8];
		enum criu_cgroups value;
	} modes[] = {
		{ "ignore", CRIU_CGROUPS_IGNORE },
		{ "soft", CRIU_CGROUPS_SOFT },
		{ "full", CRIU_CGROUPS_FULL },
		{ "strict", CRIU_CGROUPS_STRICT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!str_eq(mode ? mode : "ignore", modes[i].name))
			continue;
		criu_msg_put(msg, CRIU_MANAGE_CGROUPS, 1);
		criu_msg_put(msg, CRIU_MANAGE_CGROUPS_MODE, modes[i].value);
		return 0;
	}
	return err_set(err, ERR_USAGE, "unknown mode of cgroups \"%.32s\"", mode);
}

int criu_opts_put(struct strbuf *msg, const struct criu_common_opts *opts,
		  const struct criu_dirs *dirs, struct err *err)
{
	const struct {
		bool given;
		enum criu_opt member;
	} flags[] = {
		{ opts->tcp_established, CRIU_TCP_ESTABLISHED },
		{ opts->ext_unix_sk, CRIU_EXT_UNIX_SK },
		{ opts->shell_job, CRIU_SHELL_JOB },
		{ opts->file_locks, CRIU_FILE_LOCKS },
		{ opts->auto_dedup, CRIU_AUTO_DEDUP },
		{ opts->lazy_pages, CRIU_LAZY_PAGES },
		{ opts->link_remap, CRIU_LINK_REMAP },
		{ true, CRIU_AUTO_EXT_MNT },
		{ true, CRIU_EXT_SHARING },
		{ true, CRIU_EXT_MASTERS },
	};

	criu_msg_put(msg, CRIU_IMAGES_DIR_FD, (uint64_t)dirs->image);
	criu_msg_put(msg, CRIU_WORK_DIR_FD, (uint64_t)dirs->work);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].given)
			criu_msg_put(msg, flags[i].member, 1);
	if (opts->empty_net)
		criu_msg_put(msg, CRIU_EMPTY_NS, CLONE_NEWNET);
	return put_cgroups(msg, opts->cgroups_mode, err);
}

void criu_opts_put_external(struct strbuf *msg, const char *key, const char *value)
{
	auto_strbuf struct strbuf text = { 0 };

	strbuf_addf(&text, "%s:%s", key, value);
	if (text.failed)
		msg->failed = true;
	else
		criu_msg_put_text(msg, CRIU_EXTERNAL, text.text);
}
