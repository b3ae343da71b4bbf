/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small texts: mount options, lists of numbers, paths, sizes, signals, interfaces,
 * records of the kernel's log, what is shown in errors. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/json.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/kernel/net_stats.h"
#include "runtime/kernel/oom_log.h"
#include "runtime/spec/mount_options.h"
#include "runtime/spec/spec.h"
#include "tests/fuzz/fuzz.h"

static void try_options(const char *text)
{
	auto_strv char **options = strv_split(text, ",");
	struct spec_mount mount = { 0 };

	for (char **option = options; *option; option++)
		mount_options_apply(&mount, *option);
	fuzz_assert((mount.attr_set & mount.attr_clr & ~0x70ULL) == 0);
	fuzz_assert((mount.rec_attr_set & mount.rec_attr_clr & ~0x70ULL) == 0);
}

static void try_list(const char *text)
{
	unsigned char mask[SPEC_MAX_CPUS / 8];
	struct err err = { 0 };

	if (spec_parse_list(text, mask, SPEC_MAX_CPUS, &err) < 0) {
		fuzz_assert_message(&err);
		fuzz_assert(spec_parse_list(text, NULL, SPEC_MAX_CPUS, NULL) < 0);
		return;
	}
	fuzz_assert(strspn(text, "0123456789,-") == strlen(text));
	fuzz_assert(spec_parse_list(text, NULL, SPEC_MAX_CPUS, NULL) == 0);
	for (size_t i = 0; i < sizeof(mask); i++)
		if (mask[i])
			return;
	fuzz_assert(!"a list of nothing");
}

/* Cleaning twice changes nothing, and nothing is left to resolve. */
static void try_path(const char *text)
{
	auto_free char *clean = path_clean(text), *again = clean ? path_clean(clean) : NULL;

	fuzz_assert(clean && again && strcmp(clean, again) == 0);
	fuzz_assert(clean[0] == '/' && strlen(clean) <= strlen(text) + 1);
	fuzz_assert(!strstr(clean, "//") && !strstr(clean, "/../") && !strstr(clean, "/./"));
}

static void try_shown(const char *text)
{
	auto_strbuf struct strbuf sb = { 0 };
	auto_json struct json_doc *doc = NULL;
	char shown[STR_SHOW_SIZE];

	str_show(shown, text);
	fuzz_assert(strlen(shown) < sizeof(shown) && shown[0] == '"' && str_ends(shown, "\""));
	for (const char *c = shown; *c; c++)
		fuzz_assert((unsigned char)*c >= ' ' && *c != 0x7f);
	json_quote(&sb, text);
	fuzz_assert(json_parse(sb.text, sb.len, "text", &doc, NULL) == 0);
}

static void try_numbers(const char *text)
{
	struct err err = { 0 };
	uint64_t bytes = 0;
	int64_t value = 0;
	int sig = proc_signal_parse(text);

	fuzz_assert(sig >= -1 && sig <= 64);
	if (num_parse_size(text, "text", &bytes, &err) == 0)
		fuzz_assert(*text >= '0' && *text <= '9');
	if (num_parse(text, "text", -5, 1000, &value, &err) == 0)
		fuzz_assert(value >= -5 && value <= 1000);
}

static void try_link(const char *text)
{
	struct net_stats_link link;

	if (net_stats_parse(text, &link))
		fuzz_assert(link.name[0] && strlen(link.name) < IFNAMSIZ &&
			    !strpbrk(link.name, ":\n"));
}

static void try_record(const char *text)
{
	uint64_t usec;

	if (oom_log_parse(text, "/a", &usec))
		fuzz_assert(strstr(text, ";oom-kill:") && strstr(text, ",task_memcg=/a"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);

	try_options(text);
	try_list(text);
	try_path(text);
	try_shown(text);
	try_numbers(text);
	try_link(text);
	try_record(text);
	return 0;
}
