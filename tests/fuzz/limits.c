/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CT's conf and the limits in it: what is taken can be written and read again, and comes to a
 * document that the engine takes. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/ct/conf.h"
#include "runtime/ct/limits_effects.h"
#include "runtime/spec/spec.h"
#include "tests/fuzz/fuzz.h"

static const struct limits_host host = { .cpus = 4 };

static const char *get(const void *of, const char *key)
{
	return conf_get(of, key);
}

static void try_document(const struct limits *limits)
{
	const struct limits_host_facts facts = { 1000000, 1048576, "0-3", "0-1", "2-3" };
	auto_strbuf struct strbuf text = { 0 };
	auto_spec struct spec *spec = NULL;
	struct json_writer w = { .sb = &text };
	struct limits_effects effects;
	struct err err = { 0 };

	if (limits_effects_of(limits, &facts, &effects, &err) < 0) {
		fuzz_assert_message(&err);
		return;
	}
	json_begin(&w, NULL, '{');
	limits_put_resources(&w, &effects, NULL);
	json_end(&w, '}');
	fuzz_assert(!text.failed);
	if (spec_parse_resources(text.text, text.len, "limits", &spec, &err) < 0)
		fuzz_fail(err.msg, __FILE__, __LINE__);
	fuzz_assert(effects.memory_max < 0 || effects.memory_low <= effects.memory_max);
	fuzz_assert(effects.oom_score_adj <= 0 && effects.oom_score_adj >= -999);
}

/* What vzctl would write means the same. */
static void try_row(const struct limits_row *row, const char *value)
{
	struct limits limits = { 0 }, again = { 0 };
	auto_strbuf struct strbuf text = { 0 }, twice = { 0 };

	if (limits_parse_key(&limits, &host, row, value, "KEY", NULL) < 0)
		return;
	limits_emit_key(&limits, row, value, &text);
	fuzz_assert(!text.failed && text.text);
	fuzz_assert(limits_parse_key(&again, &host, row, text.text, "KEY", NULL) == 0);
	limits_emit_key(&again, row, text.text, &twice);
	fuzz_assert(str_eq(text.text, twice.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);
	auto_conf struct conf *conf = NULL;
	static bool quiet;
	struct err err = { 0 };
	struct limits limits;

	/* Warnings of numbers too large would be all that is seen. */
	if (!quiet)
		log_open("/dev/null", false, LOG_LEVEL_ERROR, NULL);
	quiet = true;
	if (conf_parse(text, strlen(text), "conf", &conf, &err) < 0) {
		fuzz_assert_message(&err);
		return 0;
	}
	for (size_t i = 0; i < LIMITS_ROWS; i++)
		if (conf_get(conf, limits_rows[i].key))
			try_row(&limits_rows[i], conf_get(conf, limits_rows[i].key));
	if (limits_read(get, conf, "conf", &host, &limits, &err) < 0)
		fuzz_assert_message(&err);
	else
		try_document(&limits);
	return 0;
}
