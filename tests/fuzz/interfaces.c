/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a CT's own files say of its NICs: /etc/network/interfaces, ifcfg files. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/ct/interfaces.h"
#include "tests/fuzz/fuzz.h"

static struct netfile_nic ours[] = { { .name = "venet0" }, { .name = "eth0", .dhcp4 = true } };

static char *edit(const char *text, size_t n_nics)
{
	struct netfile_nics nics = { .nic = ours, .n = n_nics };
	auto_strbuf struct strbuf out = { 0 };

	interfaces_edit(text, &nics, &out);
	return strbuf_steal(&out);
}

/* Nothing of ours is left after one edit, and a text that had no marks comes back, but for a
 * missing end of its last line. */
static void try_edit(const char *text)
{
	auto_free char *plain = edit(text, 0), *once = NULL, *twice = NULL, *back = NULL;
	size_t len = plain ? strlen(plain) : 0;

	fuzz_assert(plain);
	if (strstr(plain, "#vzrun "))
		return;
	once = edit(plain, 2);
	twice = once ? edit(once, 2) : NULL;
	back = once ? edit(once, 0) : NULL;
	fuzz_assert(once && twice && back);
	fuzz_assert(str_eq(once, twice));
	fuzz_assert(strncmp(plain, back, len) == 0 && (!back[len] || str_eq(back + len, "\n")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);
	auto_free char *device = netfile_ifcfg_device("ifcfg-a", text);
	auto_strv char **sources = interfaces_sources(text);

	try_edit(text);
	fuzz_assert(sources && device && !strpbrk(device, ":\n"));
	return 0;
}
