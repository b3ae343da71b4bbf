/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/lastrun.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"

static char *mark_of(const struct ct *ct)
{
	return str_dupf("%s/%s.running", ct->vz->lock_dir, ct->id);
}

static int make(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

void lastrun_set(const struct ct *ct)
{
	auto_free char *path = mark_of(ct);
	auto_fd int fd = path ? make(path) : -1;

	if (fd < 0 && path && errno == ENOENT && path_mkdirs(ct->vz->lock_dir, 0700, NULL) == 0)
		fd = make(path);
	if (fd < 0)
		log_warning("CT %s: after a power cut nobody will know that it ran: \"%s\": %s",
			    ct->id, path ? path : "", strerror(errno));
}

void lastrun_clear(const struct ct *ct)
{
	auto_free char *path = mark_of(ct);

	if (!path || (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR))
		log_warning("CT %s: it will be started with the host, as if it ran: \"%s\": %s",
			    ct->id, path ? path : "", strerror(errno));
}

bool lastrun_get(const struct ct *ct)
{
	auto_free char *path = mark_of(ct);

	return path && access(path, F_OK) == 0;
}

int lastrun_sync(const struct vz *vz, struct err *err)
{
	auto_fd int fd = open(vz->lock_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, "write down which containers ran, in \"%s\"", vz->lock_dir);
	return 0;
}
