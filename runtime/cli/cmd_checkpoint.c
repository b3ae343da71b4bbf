/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_checkpoint: criu's verbs, with runc's options. */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/cli/bundle.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/cmd_ct.h"

#define DEFAULT_IMAGES "checkpoint"

struct checkpoint_opts {
	struct criu_common_opts common;
	const char *parent_path, *page_server, *empty_ns;
	unsigned int status_fd;
	bool leave_running, pre_dump, tcp_skip_in_flight;
};

struct restore_opts {
	struct criu_common_opts common;
	const char *bundle, *empty_ns;
	struct container_create_opts create;
};

/* clang-format off */
#define COMMON_ROWS(at) \
	{ "auto-dedup", 0, CLI_FLAG, 0, at(common.auto_dedup), "", \
	  "let go of pages of an image that a later one has too" }, \
	{ "empty-ns", 0, CLI_TEXT, 0, at(empty_ns), "network", \
	  "leave what is in the network namespace to others" }, \
	{ "ext-unix-sk", 0, CLI_FLAG, 0, at(common.ext_unix_sk), "", \
	  "allow unix sockets whose other end is outside" }, \
	{ "file-locks", 0, CLI_FLAG, 0, at(common.file_locks), "", \
	  "keep locks of files" }, \
	{ "image-path", 0, CLI_TEXT, 0, at(common.image_path), "DIR", \
	  "the folder of the images (" DEFAULT_IMAGES ")" }, \
	{ "lazy-pages", 0, CLI_FLAG, 0, at(common.lazy_pages), "", \
	  "bring memory along when it is used (userfaultfd)" }, \
	{ "manage-cgroups-mode", 0, CLI_TEXT, 0, at(common.cgroups_mode), "MODE", \
	  "what criu does of cgroups itself: ignore (if not given), soft, full, strict" }, \
	{ "shell-job", 0, CLI_FLAG, 0, at(common.shell_job), "", \
	  "allow a session or terminal of outside" }, \
	{ "tcp-established", 0, CLI_FLAG, 0, at(common.tcp_established), "", \
	  "keep open TCP connections" }, \
	{ "work-path", 0, CLI_TEXT, 0, at(common.work_path), "DIR", \
	  "where criu's log goes (the image folder)" }

#define AT(member) offsetof(struct checkpoint_opts, member)
static const struct cli_option checkpoint_rows[] = {
	COMMON_ROWS(AT),
	{ "leave-running", 0, CLI_FLAG, 0, AT(leave_running), "",
	  "let the container run on" },
	{ "link-remap", 0, CLI_FLAG, 0, AT(common.link_remap), "",
	  "keep files that are open and have no name any more by a link" },
	{ "page-server", 0, CLI_TEXT, 0, AT(page_server), "ADDRESS:PORT",
	  "send the memory to a criu page-server there" },
	{ "parent-path", 0, CLI_TEXT, 0, AT(parent_path), "DIR",
	  "an earlier --pre-dump, as seen from the image folder" },
	{ "pre-dump", 0, CLI_FLAG, 0, AT(pre_dump), "",
	  "write the memory only, and let the container run on" },
	{ "status-fd", 0, CLI_COUNT, 0, AT(status_fd), "FD",
	  "criu writes a zero byte here once lazy pages can be asked for" },
	{ "tcp-skip-in-flight", 0, CLI_FLAG, 0, AT(tcp_skip_in_flight), "",
	  "leave out TCP connections that are not yet accepted" },
};
const struct cli_options cmd_checkpoint_options =
	CLI_OPTIONS(checkpoint_rows, struct checkpoint_opts);
#undef AT

#define AT(member) offsetof(struct restore_opts, member)
static const struct cli_option restore_rows[] = {
	COMMON_ROWS(AT),
	{ "bundle", 'b', CLI_TEXT, 0, AT(bundle), "DIR",
	  "the bundle; the current folder if not given" },
	{ "console-socket", 0, CLI_TEXT, 0, AT(create.console_socket), "SOCKET",
	  "send the terminal's master to this unix socket" },
	{ "detach", 'd', CLI_FLAG, 0, AT(create.detach), "",
	  "return as soon as it runs" },
	{ "no-pivot", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "",
	  "for callers of runc" },
	{ "no-subreaper", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "",
	  "for callers of runc" },
	{ "pid-file", 0, CLI_TEXT, 0, AT(create.pid_file), "FILE",
	  "write the pid of the container's init here" },
};
const struct cli_options cmd_restore_options = CLI_OPTIONS(restore_rows, struct restore_opts);
#undef AT
/* clang-format on */

/* A path that criu's process finds too: absolute. */
static int set_path(const char *given, const char *fallback, char **ret, struct err *err)
{
	const char *path = given ? given : fallback;
	auto_free char *cwd = path ? getcwd(NULL, 0) : NULL;

	if (!path)
		return 0;
	if (!cwd)
		return err_sys(err, "find the current folder");
	*ret = path_join(cwd, path);
	return *ret ? 0 : err_sys(err, "find the image folder");
}

static int check_empty_ns(const char *text, bool *ret, struct err *err)
{
	*ret = text != NULL;
	return !text || str_eq(text, "network") ?
		       0 :
		       err_set(err, ERR_USAGE, "--empty-ns: only \"network\" can be left empty");
}

/* What is a CT's besides its container, its network and what is mounted, would be left behind. */
static int refuse_ct(struct cli *cli, struct err *err)
{
	auto_free char *id = NULL;
	int found = cli->cts ? cmd_ct_find(cli, cli->id, &id, err) : 0;

	if (found <= 0)
		return found;
	return err_set(err, ERR_UNSUPPORTED,
		       "it is a CT: this version keeps no CT's memory (vzrun pause freezes it)");
}

int cmd_checkpoint(struct cli *cli, struct err *err)
{
	const struct checkpoint_opts *given = cli->opts;
	struct container_checkpoint_opts opts = {
		.common = given->common,
		.parent_path = given->parent_path,
		.page_server = given->page_server,
		.status_fd = given->status_fd,
		.leave_running = given->leave_running,
		.pre_dump = given->pre_dump,
		.tcp_skip_in_flight = given->tcp_skip_in_flight,
	};
	auto_free char *image = NULL, *work = NULL;

	if (refuse_ct(cli, err) < 0 ||
	    check_empty_ns(given->empty_ns, &opts.common.empty_net, err) < 0 ||
	    (given->status_fd && cmd_check_fds(given->status_fd, 1, "--status-fd", err) < 0) ||
	    set_path(given->common.image_path, DEFAULT_IMAGES, &image, err) < 0 ||
	    set_path(given->common.work_path, NULL, &work, err) < 0)
		return -1;
	opts.common.image_path = image;
	opts.common.work_path = work;
	return container_checkpoint(&cli->set, cli->id, &opts, err);
}

int cmd_restore(struct cli *cli, struct err *err)
{
	const struct restore_opts *given = cli->opts;
	struct container_restore_opts opts = { .common = given->common };
	struct container_create_opts create = given->create;
	auto_bundle struct bundle bundle = { 0 };
	auto_free char *image = NULL, *work = NULL;

	if (check_empty_ns(given->empty_ns, &opts.common.empty_net, err) < 0 ||
	    set_path(given->common.image_path, DEFAULT_IMAGES, &image, err) < 0 ||
	    set_path(given->common.work_path, NULL, &work, err) < 0 ||
	    bundle_load(&bundle, given->bundle, NULL, err) < 0 || cmd_check_free(cli, err) < 0)
		return -1;
	opts.common.image_path = image;
	opts.common.work_path = work;
	create.bundle = bundle.path;
	create.config = bundle.config;
	create.config_len = bundle.config_len;
	return container_restore(&cli->set, cli->id, bundle.spec, &create, &opts, &cli->status,
				 err);
}
