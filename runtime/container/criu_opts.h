/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * criu_opts: what a checkpoint and a restore tell criu alike, and the folders they work in.
 */
#ifndef RUNTIME_CONTAINER_CRIU_OPTS_H
#define RUNTIME_CONTAINER_CRIU_OPTS_H

#include "runtime/container/container.h"
#include "runtime/container/criu_msg.h"

/* The key of a network namespace that the spec gives by path: it is not criu's to make. */
#define CRIU_OPTS_NETNS "extRootNetNS"

struct criu_dirs {
	int image, work;
};
#define CRIU_DIRS_INIT \
	{              \
		-1, -1 \
	}
/* make: the image folder too, where it is missing. */
int criu_dirs_open(const struct criu_common_opts *opts, bool make, struct criu_dirs *ret,
		   struct err *err);
void criu_dirs_close(struct criu_dirs *dirs);
#define auto_criu_dirs __attribute__((cleanup(criu_dirs_close)))

int criu_opts_put(struct strbuf *msg, const struct criu_common_opts *opts,
		  const struct criu_dirs *dirs, struct err *err);

/* "mnt[KEY]:VALUE" and the like */
void criu_opts_put_external(struct strbuf *msg, const char *key, const char *value);

#endif
