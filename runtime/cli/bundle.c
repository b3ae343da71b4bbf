/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/bundle.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"

static int load_text(struct bundle *bundle, const char *config, struct err *err)
{
	auto_free char *path = NULL;

	if (!config) {
		config = path = path_join(bundle->path, "config.json");
		if (!path)
			return err_sys(err, "read config.json");
	}
	if (fd_load_at(AT_FDCWD, config, SPEC_MAX_BYTES, &bundle->config, &bundle->config_len,
		       err) == 0)
		return 0;
	if (err && err->code == ENOENT)
		err->code = ERR_NOT_FOUND;
	return -1;
}

int bundle_load(struct bundle *bundle, const char *dir, const char *config, struct err *err)
{
	if (!dir)
		dir = ".";
	bundle->path = realpath(dir, NULL);
	if (!bundle->path)
		return err_sys(err, "bundle \"%.256s\"", dir);
	if (load_text(bundle, config, err) < 0)
		return -1;
	return spec_parse(bundle->config, bundle->config_len, config ? config : "config.json",
			  &bundle->spec, err);
}

void bundle_done(struct bundle *bundle)
{
	spec_freep(&bundle->spec);
	mem_free_ptr(&bundle->config);
	mem_free_ptr(&bundle->path);
}
