/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/str.h"

void doctor_done(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->n; i++) {
		free(doctor->list[i].text);
		free(doctor->list[i].mend);
	}
	mem_free_ptr(&doctor->list);
}

/* Names come from folders and from the kernel, which may hold anything. */
static char *clean(const char *text)
{
	auto_strbuf struct strbuf sb = { 0 };

	str_add_clean(&sb, text, strlen(text));
	return strbuf_steal(&sb);
}

void doctor_say(struct doctor *doctor, enum doctor_level level, const char *check, const char *mend,
		const char *fmt, ...)
{
	struct doctor_finding *at = mem_append(&doctor->list, &doctor->n, sizeof(*at));
	auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!at || !text) {
		doctor->n -= at ? 1 : 0;
		doctor->failed = true;
		return;
	}
	*at = (struct doctor_finding){ .level = level, .check = check, .text = clean(text) };
	if (mend)
		at->mend = clean(mend);
	if (!at->text || (mend && !at->mend))
		doctor->failed = true;
}

void doctor_stale(struct doctor *doctor, const char *check, const char *what, doctor_mend mend,
		  const void *arg)
{
	struct err why = { 0 };

	if (!doctor->repair) {
		doctor_say(doctor, DOCTOR_PROBLEM, check, "vzrun doctor --repair", "%s", what);
	} else if (mend(doctor, arg, &why) < 0) {
		doctor_say(doctor, DOCTOR_PROBLEM, check, NULL, "%s: not mended: %s", what,
			   why.msg);
	} else {
		doctor_say(doctor, DOCTOR_OK, check, NULL, "%s: mended", what);
		if (!doctor->failed)
			doctor->list[doctor->n - 1].mended = true;
	}
}
