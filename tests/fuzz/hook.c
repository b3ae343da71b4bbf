/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state that an OCI runtime gives its hooks, with whatever annotations an image brought along. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "netsetup/vznet/hook.h"
#include "runtime/base/mem.h"
#include "tests/fuzz/fuzz.h"

static void try_way(const uint8_t *data, size_t size, const char *way)
{
	char *ids[] = { (char *)(uintptr_t)way, NULL };
	struct args args = { .ids = ids, .n_ids = way ? 1 : 0 };
	struct hook hook = { 0 };
	struct err err = { 0 };

	if (hook_read((const char *)data, size, &args, &hook, &err) < 0) {
		fuzz_assert_message(&err);
	} else {
		fuzz_assert(args.config && args.config->id);
		fuzz_assert(hook.up || !hook.pid);
		fuzz_assert(!hook.pid || args.config->n_nics);
		for (size_t i = 0; hook.pid && i < args.config->n_nics; i++)
			fuzz_assert(args.config->nics[i].name[0]);
	}
	net_freep(&args.config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_way(data, size, NULL);
	try_way(data, size, "up");
	try_way(data, size, "down");
	return 0;
}
