/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scratch: an empty folder for each test that wants one. With cmocka_unit_test_setup_teardown:
 * *state is a struct scratch.
 */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "tests/unit/unit.h"

struct scratch {
	char path[256];
	int fd;
};

static inline int scratch_new(void **state)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));
	const char *tmp = getenv("TMPDIR");

	if (!scratch)
		return -1;
	snprintf(scratch->path, sizeof(scratch->path), "%s/vzrun-unit.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(scratch->path))
		return -1;
	scratch->fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = scratch;
	return scratch->fd < 0 ? -1 : 0;
}

static inline int scratch_free(void **state)
{
	struct scratch *scratch = *state;
	struct err err;
	int rc = path_remove_tree(AT_FDCWD, scratch->path, &err);

	if (rc < 0)
		print_error("%s\n", err.msg);
	close(scratch->fd);
	free(scratch);
	return rc;
}

#define scratch_test(name) cmocka_unit_test_setup_teardown(name, scratch_new, scratch_free)

/* Whether something, be it a dangling link, has this name below the folder. */
static inline bool scratch_has(const struct scratch *scratch, const char *name)
{
	return faccessat(scratch->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

#endif
