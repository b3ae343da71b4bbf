/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_spec: what the OCI specification looks like here: a config.json to begin with, features. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/output.h"

struct spec_opts {
	const char *bundle, *file;
	bool rootless;
};

static const struct cli_option spec_rows[] = {
	{ "bundle", 'b', CLI_TEXT, 0, offsetof(struct spec_opts, bundle), "DIR",
	  "where to write config.json; the current folder if not given" },
	{ "file", 'f', CLI_TEXT, 0, offsetof(struct spec_opts, file), "FILE",
	  "another name for it, in the bundle unless absolute" },
	{ "rootless", 0, CLI_FLAG, 0, offsetof(struct spec_opts, rootless), "",
	  "for a container of the user who calls, with a user namespace" },
};
const struct cli_options cmd_spec_options = CLI_OPTIONS(spec_rows, struct spec_opts);

/* What is there was perhaps edited: it stays. */
static int write_new(const char *path, const struct strbuf *sb, struct err *err)
{
	auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

	if (fd < 0) {
		err_sys(err, "write \"%.256s\"", path);
		return errno == EEXIST ? err_hint(err, "remove it first") : -1;
	}
	if (fd_write_all(fd, sb->text, sb->len) == 0)
		return 0;
	err_sys(err, "write \"%.256s\"", path);
	unlink(path);
	return -1;
}

int cmd_spec(struct cli *cli, struct err *err)
{
	const struct spec_opts *opts = cli->opts;
	auto_free char *path = path_join(opts->bundle ? opts->bundle : ".",
					 opts->file ? opts->file : "config.json");
	auto_strbuf struct strbuf sb = { 0 };

	spec_default(opts->rootless, &sb);
	if (!path || sb.failed) {
		errno = ENOMEM;
		return err_sys(err, "spec");
	}
	return write_new(path, &sb, err);
}

int cmd_features(struct cli *cli, struct err *err)
{
	auto_strbuf struct strbuf sb = { 0 };

	(void)cli;
	spec_features(&sb);
	return output_write(&sb, err);
}
