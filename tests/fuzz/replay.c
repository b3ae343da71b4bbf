/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fuzz target's main for make check: every file of tests/fuzz/corpus/NAME, NAME being the
 * program's, and the files that are named as arguments. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "tests/fuzz/fuzz.h"

#define FILE_MAX (1 << 20)

static int replay(int dirfd, const char *name)
{
	auto_free char *text = NULL;
	size_t len;
	struct err err;

	if (fd_load_at(dirfd, name, FILE_MAX, &text, &len, &err) < 0) {
		printf("not ok - %s\n", err.msg);
		return -1;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)text, len);
	printf("ok - %s\n", name);
	return 0;
}

static int replay_corpus(const char *program)
{
	const char *srcdir = getenv("srcdir"), *slash = strrchr(program, '/');
	auto_free char *path = str_dupf("%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".",
					slash ? slash + 1 : program);
	auto_dir DIR *dir = path ? opendir(path) : NULL;
	const struct dirent *entry;
	int n = 0, rc = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		rc |= replay(dirfd(dir), entry->d_name);
		n++;
	}
	if (!n) {
		printf("Bail out! nothing in %s\n", path ? path : program);
		rc = -1;
	}
	printf("1..%d\n", n);
	return rc;
}

int main(int argc, char **argv)
{
	int rc = 0;

	if (argc == 1)
		return replay_corpus(argv[0]) ? 1 : 0;
	for (int i = 1; i < argc; i++)
		rc |= replay(AT_FDCWD, argv[i]);
	return rc ? 1 : 0;
}
