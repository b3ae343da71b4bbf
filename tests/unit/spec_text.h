/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec_text: config.json texts for the tests of spec, written with ' for ".
 */
#ifndef TESTS_UNIT_SPEC_TEXT_H
#define TESTS_UNIT_SPEC_TEXT_H

#include "runtime/base/str.h"
#include "runtime/spec/spec.h"
#include "tests/unit/unit.h"

/* Where in a good config.json the text is put. */
enum spec_text_place {
	WHOLE,     /* it is the document */
	TOP,       /* more members of the document */
	PROCESS,   /* more members of process, which has args and cwd */
	PROC_ONLY, /* all members of process */
	MOUNT,     /* the members of a mount */
	LINUX,     /* more members of linux, which has all namespaces but user and time */
	LIN_ONLY,  /* all members of linux */
	RESOURCES,
	SECCOMP,
};

#define SPEC_TEXT_TOP "{'ociVersion':'1.3.0','root':{'path':'rootfs'},"
#define SPEC_TEXT_NS                                                      \
	"'namespaces':[{'type':'pid'},{'type':'network'},{'type':'ipc'}," \
	"{'type':'uts'},{'type':'mount'},{'type':'cgroup'}]"

static inline char *spec_text(enum spec_text_place place, const char *text)
{
	static const struct {
		const char *before, *behind;
	} places[] = {
		[WHOLE] = { "", "" },
		[TOP] = { SPEC_TEXT_TOP, "}" },
		[PROCESS] = { SPEC_TEXT_TOP "'process':{'args':['sh'],'cwd':'/',", "}}" },
		[PROC_ONLY] = { SPEC_TEXT_TOP "'process':{", "}}" },
		[MOUNT] = { SPEC_TEXT_TOP "'mounts':[{", "}]}" },
		[LINUX] = { SPEC_TEXT_TOP "'linux':{" SPEC_TEXT_NS ",", "}}" },
		[LIN_ONLY] = { SPEC_TEXT_TOP "'linux':{", "}}" },
		[RESOURCES] = { SPEC_TEXT_TOP "'linux':{'resources':{", "}}}" },
		[SECCOMP] = { SPEC_TEXT_TOP "'linux':{'seccomp':{", "}}}" },
	};
	char *all = str_dupf("%s%s%s", places[place].before, text, places[place].behind);

	assert_non_null(all);
	for (char *at = all; *at; at++)
		if (*at == '\'')
			*at = '"';
	return all;
}

static inline struct spec *spec_from(enum spec_text_place place, const char *text)
{
	char *all = spec_text(place, text);
	struct spec *spec = NULL;
	struct err err;

	err.msg[0] = '\0';
	if (spec_parse(all, strlen(all), "config.json", &spec, &err) < 0)
		fail_msg("%s\n%s", err.msg, all);
	free(all);
	return spec;
}

/* The list holds these strings. */
#define assert_strv(v, ...)                                       \
	do {                                                      \
		const char *const want[] = { __VA_ARGS__, NULL }; \
		size_t at = 0;                                    \
		assert_non_null(v);                               \
		for (; want[at]; at++)                            \
			assert_string_equal((v)[at], want[at]);   \
		assert_null((v)[at]);                             \
	} while (0)

/* The number or boolean that may be absent is there, and is this. */
#define assert_opt(opt, want)                       \
	do {                                        \
		assert_true((opt).given);           \
		assert_true((opt).value == (want)); \
	} while (0)

#endif
