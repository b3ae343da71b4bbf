/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/mount_legacy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/kernel/mount.h"

static unsigned long super_flags(const struct spec_mount *m)
{
	return (m->sync ? MS_SYNCHRONOUS : 0UL) | (m->dirsync ? MS_DIRSYNC : 0UL) |
	       (m->lazytime ? MS_LAZYTIME : 0UL);
}

/* mount(2) reads a page and cuts off what is longer. */
static int join_data(const struct spec_mount *m, struct strbuf *data, struct err *err)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);

	for (char *const *d = m->data; d && *d; d++)
		strbuf_addf(data, "%s%s", d == m->data ? "" : ",", *d);
	if (data->failed)
		return err_set(err, ENOMEM, "out of memory");
	if (data->len >= page_bytes)
		return err_set(err, ERR_INPUT,
			       "the file system's options are longer than %zu bytes",
			       page_bytes - 1);
	return 0;
}

/* What mount_new gives a mount before it is attached, for one that is. */
static int set_up(const struct spec_mount *m, int root_fd, struct err *err)
{
	auto_fd int fd = path_open_in(root_fd, m->destination, O_PATH, 0);

	if (fd < 0)
		return err_sys(err, "open it in the container");
	if (mount_set(fd, 0, m->attr_set | m->rec_attr_set, 0,
		      m->propagation & ~(unsigned long)MS_REC, -1) < 0)
		return err_sys(err, "set mount attributes");
	return 0;
}

int mount_legacy(const struct spec_mount *m, int root_fd, int target_fd, struct err *err)
{
	auto_strbuf struct strbuf data = { 0 };
	char target[FD_PATH_SIZE];

	if (m->tmpcopyup)
		return err_set(err, ERR_UNSUPPORTED,
			       "tmpcopyup: not with an option of more than 255 bytes");
	if (join_data(m, &data, err) < 0)
		return -1;
	if (mount(m->source ? m->source : m->type, fd_path(target, target_fd), m->type,
		  super_flags(m), data.text) < 0)
		return err_sys(err, "make file system \"%s\"", m->type);
	return set_up(m, root_fd, err);
}
